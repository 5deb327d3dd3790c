"""Files that say what cannot be: capacity, applicants, NAV's delivery."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from corpus_damages import Change
from corpus_xlsx import in_book

# orgnr;skole;programomraade;trinn;klasser;plasser;tilbudsform;gyldig_fra;konstruert
Table = list[list[str]]


def table(edit: Callable[[Table], Any]) -> Change:
    """A delimited file after something was done to its rows; the header is row 0."""

    def change(body: bytes) -> bytes:
        rows = [line.split(";") for line in body.decode("utf-8-sig").splitlines()]
        edit(rows)
        return ("\ufeff" + "\n".join(";".join(row) for row in rows) + "\n").encode()

    return change


def column(name: str, value: str | Callable[[str], str], most: int | None = None) -> Change:
    """Other values in a column, in the first rows or in all."""

    def edit(rows: Table) -> None:
        at = rows[0].index(name)
        for row in rows[1 : most and most + 1]:
            row[at] = value(row[at]) if callable(value) else value

    return table(edit)


CAPACITY: dict[str, Change] = {
    "negative places": column("plasser", lambda v: f"-{v}"),
    "one negative figure": column("plasser", "-1", 1),
    "places a hundred times": column("plasser", lambda v: f"{v}00"),
    "half a place": column("plasser", "12,5", 1),
    "places in words": column("plasser", "full", 1),
    "no places": column("plasser", "", 1),
    "nothing but zero": table(lambda r: [x.__setitem__(slice(4, 6), ["0", "0"]) for x in r[1:]]),
    "a third of a class": column("klasser", "0,33"),
    "classes and places changed places": table(
        lambda r: [x.__setitem__(slice(4, 6), x[4:6][::-1]) for x in r[1:]]
    ),
    "a level that never was": column("trinn", "9"),
    "a level that is another": column("trinn", lambda v: str(4 - int(v))),
    "programme areas that never were": column("programomraade", "QQQQQ9----"),
    "a school that never was": column("orgnr", "999999998", 30),
    "a form that never was": column("tilbudsform", "drømt"),
    "a day to come": column("gyldig_fra", "2099-08-01"),
    "a day of no calendar": column("gyldig_fra", "2026-02-31", 1),
    "days in another form": column("gyldig_fra", "01.08.2025"),
    "a row twice": table(lambda r: r.append(r[1])),
    "a row twice with another figure": table(lambda r: r.append([*r[1][:5], "7", *r[1][6:]])),
    "one row alone": table(lambda r: r.__delitem__(slice(2, None))),
    "a third of the rows": table(lambda r: r.__delitem__(slice(len(r) // 3, None))),
    "one school alone": table(
        lambda r: r.__setitem__(slice(1, None), [x for x in r[1:] if x[0] == r[1][0]])
    ),
}
APPLICANTS: dict[str, Change] = {
    "a year of another file": column("soknadsaar", "2019"),
    "a priority that never was": column("prioritet", "11", 1),
    "programme areas of another form": column("programomraade", "qqqqq", 1),
    "a municipality of another form": column("bostedskommune", "Oslo", 1),
    "no numbers": column("fodselsnummer", ""),
    "one number for all": column("fodselsnummer", "01810286667"),
    "numbers of another form": column("fodselsnummer", "0181028666X"),
    "a column more": table(
        lambda r: [x.append("karakterer" if n == 0 else "5") for n, x in enumerate(r)]
    ),
    "a column less": table(lambda r: [x.pop() for x in r]),
}


def _in_tables(change: Callable[[Any, Any], None]) -> Change:
    """Every figure of the two first sheets, with the row that it stands in."""

    def edit(book: Any) -> None:
        for sheet in book.worksheets[:2]:
            for row in sheet.iter_rows(min_row=3):
                for cell in row:
                    if isinstance(cell.value, (int, float)):
                        change(cell, row)

    return in_book(edit)


def _figures(put: Callable[[float], Any]) -> Change:
    """The counts, which stand in the columns H and Q."""

    def change(cell: Any, row: Any) -> None:
        if cell.column_letter in "HQ":
            cell.value = put(cell.value)

    return _in_tables(change)


def _months(value: int) -> Change:
    def change(cell: Any, row: Any) -> None:
        if cell.column_letter in "CL":
            cell.value = value

    return _in_tables(change)


def _texts(pattern: str, by: str) -> Change:
    def edit(book: Any) -> None:
        for sheet in book.worksheets[:2]:
            for row in sheet.iter_rows(min_row=3):
                for cell in row:
                    if isinstance(cell.value, str):
                        cell.value = re.sub(pattern, by, cell.value)

    return in_book(edit)


UNEMPLOYED: dict[str, Change] = {
    "negative figures": _figures(lambda v: -v),
    "figures a thousand times": _figures(lambda v: v * 1000),
    "nothing but zero": _figures(lambda v: 0),
    "everything hidden": _figures(lambda v: "*"),
    "half a person": _figures(lambda v: v + 0.5),
    "women more than all": _figures(lambda v: v % 97),
    "per cent for persons": _figures(lambda v: v / 1000),
    "a month to come": _months(209910),
    "a month that is none": _months(202513),
    "a month of another form": _months(45000),
    "a county that never was": _texts("^50 .*", "98 Atlantis"),
    "a county without a number": _texts("^50 ", ""),
    "a sex that never was": _texts("^Kvinner$", "Kvinne"),
    "a status that never was": _texts("^Helt ledige$", "Fullstendig ledige"),
    "the country twice": _texts("^50 .*", "Landet"),
}
