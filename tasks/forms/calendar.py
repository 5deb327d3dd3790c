"""Rounds with their deadlines, regions, and which regions have a forum: small reference files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from tasks import dates, regions
from tasks.errors import ConfigurationError, NotFound

ROUNDS = "form_round.csv"
OWN = "own_region.csv"
FORUMS = "forum.csv"
COUNTIES = "county_name.csv"


@dataclass(frozen=True)
class Round:
    """One round of one form: `name` is the year whose offers it is about."""

    form: str
    name: str
    opens: date
    deadline: date

    @property
    def year(self) -> int:
        """The year that fields with `from_round` are counted from."""
        return int(self.name)


@dataclass(frozen=True)
class Region:
    """A set of municipalities that a form may be written for."""

    code: str
    name: str
    kind: str
    municipalities: frozenset[str]
    has_forum: bool


def rounds(folder: Path) -> list[Round]:
    """Every round of every form, by form and deadline.

    Raises:
        ConfigurationError: a row cannot be used.
    """
    found = []
    for line, row in enumerate(_table(folder / ROUNDS).iter_rows(named=True), start=2):
        try:
            opens, deadline = (date.fromisoformat(row[name]) for name in ("opens", "deadline"))
            one = Round(row["form"], str(int(row["round"])), opens, deadline)
        except (KeyError, TypeError, ValueError) as error:
            raise _unusable(folder / ROUNDS, f"linje {line}: {error}") from error
        if opens > deadline:
            raise _unusable(folder / ROUNDS, f"linje {line}: åpner etter fristen")
        found.append(one)
    return sorted(found, key=lambda one: (one.form, one.deadline))


def choose_round(known: list[Round], form: str, name: str | None, today: date) -> Round:
    """The round of a name; without one, the first whose deadline is not past.

    Raises:
        NotFound: there is no such round of the form.
    """
    own = [one for one in known if one.form == form]
    for one in own:
        if one.name == name or (name is None and one.deadline >= today):
            return one
    raise NotFound(
        subject=f"runde for skjemaet {form}",
        expected=f"en av {', '.join(one.name for one in own) or 'ingen'}",
        got=f"«{name}»" if name else f"ingen med frist etter {dates.day(today)}",
        remedy=f"velg en av dem med --round, eller før runden i data/reference/{ROUNDS}",
    )


def known_regions(folder: Path, today: date) -> dict[str, Region]:
    """The regions that hold on a day, by code.

    Raises:
        ConfigurationError: a reference file cannot be used.
    """
    declared = _table(folder / "regions.csv")
    members = regions.membership(declared, _table(folder / "region_membership.csv"), today)
    forums = _table(folder / FORUMS)
    if wrong := set(forums["has_forum"]) - {"true", "false"}:
        raise _unusable(folder / FORUMS, f"has_forum: {', '.join(map(str, wrong))}")
    with_forum = set(forums.filter(has_forum="true")["region_code"])
    found = members.group_by("region_code", "name", "kind", maintain_order=True).agg(
        "municipality_code"
    )
    own = regions.own_regions(_table(folder / OWN).drop_nulls(["region", "municipality_code"]))
    named = own.group_by("region_code", "region", maintain_order=True).agg("municipality_code")
    return {
        code: Region(code, name, kind, frozenset(codes), code in with_forum)
        for code, name, kind, codes in [
            *found.iter_rows(),
            *((code, name, "own", codes) for code, name, codes in named.iter_rows()),
        ]
    }


def choose_region(known: dict[str, Region], code: str) -> Region:
    """The region of a code.

    Raises:
        NotFound: there is none today.
    """
    if code not in known:
        raise NotFound(
            subject="region",
            expected=f"en av {', '.join(known)}",
            got=f"«{code}»",
            remedy="velg en av dem, eller før regionen i data/reference/regions.csv",
        )
    return known[code]


def county_name(folder: Path, code: str, today: date) -> str:
    """The county's name on a day.

    Raises:
        ConfigurationError: it has none in `county_name.csv`.
    """
    day = today.isoformat()
    for row in _table(folder / COUNTIES).filter(county_code=code).iter_rows(named=True):
        if (row["valid_from"] or "") <= day < (row["valid_to"] or "9999"):
            return str(row["name"])
    raise _unusable(folder / COUNTIES, f"ikke noe navn for fylket {code} {dates.day(today)}")


def _table(path: Path) -> pl.DataFrame:
    try:
        return pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _unusable(path, str(error)) from error


def _unusable(path: Path, got: str) -> ConfigurationError:
    return ConfigurationError(
        subject=str(path),
        expected="en CSV-fil med kolonnene som står i docs/forms.md",
        got=got,
        remedy="rett filen",
    )
