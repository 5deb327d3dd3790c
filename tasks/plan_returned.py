"""The workbook of a plan as it comes back from a meeting: what is set by hand in it.

Rows are known by school and code, so that they may be sorted; columns by their heads. All that is
wrong is told at once, by sheet and cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.errors import WrongUse
from tasks.forms import stamp
from tasks.forms.cells import MERGED, UNCALCULATED, Raw, plain
from tasks.forms.codes import folded
from tasks.forms.grid import Grid
from tasks.forms.opening import Opened, Unreadable, open_workbook
from tasks.plans import Stored
from tasks.publish import classes_sheet, classes_workbook
from tasks.publish.classes_sheet import AREA, CODE, NEW, ORGANISATION, PLANNED, REASON, SCHOOL

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

Pair = tuple[str, str]
_NEEDED = (SCHOOL, AREA, PLANNED, NEW, REASON, ORGANISATION, CODE)
# The head stands no further down, even where rows were put in above it.
_HEAD_WITHIN = 40
_MOST_ROWS = 5000
# Mistakes that are shown; a file with more is mended in rounds.
_SHOWN = 40
_NEW_FILE = "skriv arbeidsboken på nytt med «tilbudsplan plan export», og før inn endringene der"
_SIGNS = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_ODD = {
    UNCALCULATED: "cellen har en formel uten utregnet verdi; skriv verdien selv",
    MERGED: "cellen er slått sammen med andre; del den opp",
}


class Refused(WrongUse):
    """A workbook that cannot be taken back; nothing of it is.

    Args:
        path: The file.
        mistakes: One line each, with sheet and cell.
    """

    def __init__(self, path: Path, mistakes: Sequence[str]) -> None:
        self.path = path
        self.mistakes = tuple(mistakes)
        super().__init__(
            subject=str(path),
            expected="en arbeidsbok fra «tilbudsplan plan export», fylt ut i de gule kolonnene",
            got="1 feil" if len(mistakes) == 1 else f"{len(mistakes)} feil",
            remedy="rett det som står under, lagre, og les inn på nytt. Ingenting er lagret",
        )

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.path, self.mistakes)

    def __str__(self) -> str:
        more = len(self.mistakes) - _SHOWN
        left = [f"  - og {more} til"] if more > 0 else []
        return "\n".join(
            [super().__str__(), *(f"  - {line}" for line in self.mistakes[:_SHOWN]), *left]
        )


@dataclass(frozen=True)
class _Row:
    """A row as it stands in the sheet."""

    number: int
    pair: Pair
    name: str
    planned: Raw
    new: Raw
    reason: Raw


@dataclass(frozen=True)
class Returned:
    """A workbook that was opened, and the plan that it says it is of."""

    path: Path
    opened: Opened
    plan: str
    made_of: str


def open_file(path: Path) -> Returned:
    """Open a workbook that came back.

    Raises:
        WrongUse: There is no such file, or it is no workbook of a plan.
    """
    try:
        opened = open_workbook(path.read_bytes())
    except OSError as error:
        raise _unreadable(path, "ingen fil som kan leses", "se etter hvor den ligger") from error
    except Unreadable as error:
        raise _unreadable(path, f"noe annet: {error.reason}", error.remedy) from error
    names = (classes_workbook.PLAN, classes_workbook.MADE_OF)
    for told in stamp.read(opened.written, classes_workbook.MAGIC, names):
        if all(told.values()):
            return Returned(path, opened, *told.values())
    raise _unreadable(path, "en arbeidsbok som ikke er av en plan", _NEW_FILE)


def read(returned: Returned, stored: Stored) -> dict[Pair, tuple[float, str]]:
    """What is set by hand: number of classes and reason, by organisation number and code.

    Args:
        returned: The workbook.
        stored: The plan that it says it is of.

    Raises:
        WrongUse: It is of another plan of that name, or the sheet or a column is gone.
        Refused: Everything that is wrong in its rows.
    """
    path = returned.path
    if returned.made_of != classes_workbook.made_of(stored):
        raise _unreadable(path, f"en arbeidsbok av en annen plan enn {stored.id} er", _NEW_FILE)
    sheet, head, columns = _table(returned)
    rows = list(_rows(Grid(returned.opened, sheet), head, columns))
    mistakes = list(_strange(rows, stored, sheet.title))
    found: dict[Pair, tuple[float, str]] = {}
    step = classes_workbook.step(stored)
    for row in rows:
        told = _told(row, step)
        mistakes += [f"{sheet.title}, rad {row.number} ({row.name}): {m}" for m in told.mistakes]
        if told.classes is not None:
            found[row.pair] = told.classes, told.reason
    if mistakes:
        raise Refused(path, mistakes)
    return found


def _unreadable(path: Path, got: str, remedy: str) -> WrongUse:
    expected = "en arbeidsbok fra «tilbudsplan plan export»"
    return WrongUse(subject=str(path), expected=expected, got=got, remedy=remedy)


def _table(returned: Returned) -> tuple[Worksheet, int, dict[str, int]]:
    """The sheet, the row of the head and the columns by title; it may have another name."""
    best: dict[str, int] = {}
    sheets = returned.opened.written.worksheets
    named = [s for s in sheets if s.title == classes_sheet.SHEET]
    for sheet in (*named, *(s for s in sheets if s not in named)):
        for row in range(1, min(sheet.max_row, _HEAD_WITHIN) + 1):
            by_text = {
                folded(text): column
                for column in range(1, min(sheet.max_column, 3 * len(_NEEDED)) + 1)
                if (text := plain(sheet.cell(row, column).value))
            }
            columns = {
                title: by_text[folded(title)] for title in _NEEDED if folded(title) in by_text
            }
            if len(columns) == len(_NEEDED):
                return sheet, row, columns
            best = max(best, columns, key=len)
    gone = ", ".join(f"«{title}»" for title in _NEEDED if title not in best)
    raise _unreadable(returned.path, f"ingen tabell med kolonnen {gone}", _NEW_FILE)


def _rows(grid: Grid, head: int, columns: dict[str, int]) -> Iterator[_Row]:
    for number in range(head + 1, min(grid.last_row, head + _MOST_ROWS) + 1):
        told = {title: grid.at(number, column) for title, column in columns.items()}
        if not any(plain(value) for value in told.values()):
            continue
        pair = plain(told[ORGANISATION]), plain(told[CODE])
        name = f"{plain(told[SCHOOL])}, {plain(told[AREA])}"
        yield _Row(number, pair, name, told[PLANNED], told[NEW], told[REASON])


def _strange(rows: Sequence[_Row], stored: Stored, sheet: str) -> Iterator[str]:
    """Rows that are added, gone, there twice, or whose plan is no longer the plan's."""
    pairs = classes_workbook.pairs(stored)
    planned = {
        (school, area): (f"{name}, {called}", classes)
        for school, area, name, called, classes in pairs.select(
            "organisation_number", "programme_area_code", "school", "programme_area", "classes"
        ).iter_rows()
    }
    seen: dict[Pair, int] = {}
    for row in rows:
        where = f"{sheet}, rad {row.number} ({row.name})"
        if row.pair not in planned:
            yield f"{where}: tilbudet er ikke i planen; fjern raden"
        elif row.pair in seen:
            yield f"{where}: tilbudet står også i rad {seen[row.pair]}; fjern den ene"
        elif _number(row.planned) != planned[row.pair][1]:
            yield (
                f"{where}: «{PLANNED}» skal være {_shown(planned[row.pair][1])}, men er "
                f"{plain(row.planned) or 'tom'}; sett tallet tilbake, og skriv det nye i «{NEW}»"
            )
        seen.setdefault(row.pair, row.number)
    for pair, (name, _) in planned.items():
        if pair not in seen:
            yield f"{sheet}: raden for {name} ({pair[0]} {pair[1]}) mangler; sett den inn igjen"


@dataclass(frozen=True)
class _Told:
    """What a row sets: nothing where `classes` is None."""

    classes: float | None
    reason: str
    mistakes: tuple[str, ...]


def _told(row: _Row, step: float) -> _Told:
    cells = ((NEW, row.new), (REASON, row.reason))
    odd = [f"«{t}»: {_ODD[v]}" for t, v in cells if isinstance(v, str) and v in _ODD]
    if odd:
        return _Told(None, "", tuple(odd))
    text, reason = plain(row.new), plain(row.reason)
    if not text:
        alone = f"det står en begrunnelse, men ikke noe tall i «{NEW}»"
        return _Told(None, "", (f"{alone}; skriv tallet, eller tøm begge",) if reason else ())
    classes = _number(row.new)
    mistakes = []
    if classes is None or classes < 0 or classes % step:
        which = (
            "hele eller halve klasser, ikke under 0" if step < 1 else "hele klasser, ikke under 0"
        )
        mistakes.append(f"«{NEW}» er «{text}»; skriv {which}, eller tøm cellen")
    if not reason:
        mistakes.append(f"«{REASON}» mangler; skriv hvorfor tallet er satt for hånd")
    if len(reason) > classes_sheet.LONGEST_REASON:
        mistakes.append(f"«{REASON}» er på {len(reason)} tegn; kort den ned")
    return _Told(None if mistakes else classes, reason, tuple(mistakes))


def _number(raw: Raw) -> float | None:
    """A number, or a text that is one with comma or point; None where it is none."""
    if isinstance(raw, bool):
        return None
    text = plain(raw).replace("−", "-")
    return float(text.replace(",", ".")) if _SIGNS.fullmatch(text) else None


def _shown(classes: float) -> str:
    return f"{classes:g}".replace(".", ",")
