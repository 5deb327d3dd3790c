"""What the parts of a plan's document share: the plan as it was read, its goals in words, cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from tasks.places.rules import Goal
from tasks.publish import formats, model
from tasks.publish.model import Cell, Column, Table
from tasks.publish.parts import Row
from tasks.publish.tables import Run

PLAN = "planen"
THIS_YEAR = "i_aar"
EMPTY = "tomme_plasser"
# A goal's name and unit where it heads a row; less is better in all of them.
GOALS = {
    "udekket_behov": ("Udekket behov", "personer"),
    "uten_laereplass": ("Uten læreplass", "søkere"),
    "forstevalg": ("Uten førstevalget", "elever"),
    "reise": ("Lang reise eller utenfor regionen", "elever"),
    "kostnad": ("Kostnad", "mill. kroner"),
    "endring_fra_i_aar": ("Endring fra i år", "klasser"),
    EMPTY: ("Tomme plasser", "plasser"),
}
SOURCE = "Kilde: planen slik den er lagret, egne beregninger."
INTAKE_SOURCE = "Kilde: inntakssimuleringen av planen, egne beregninger på trukne søkere."
_PARTS = ("mean", "p10", "p90")
SMALL = "<5 er et anslag over null og under fem personer."


@dataclass(frozen=True)
class Front:
    """Two goals against each other.

    Attributes:
        bounded: The goal with a limit.
        minimised: The other goal.
        points: Table `tradeoff`.
    """

    bounded: Goal
    minimised: Goal
    points: pl.DataFrame


@dataclass(frozen=True)
class Proposal:
    """A plan as it is told of.

    Attributes:
        id: Its name.
        manifest: What made it.
        tables: Its own, by name.
        intake: Tables of its intake; none where it was not run through it.
        intake_manifest: What made them.
        run: The run that it is made of.
        fronts: Pairs of its goals against each other; none where nobody has asked.
    """

    id: str
    manifest: Mapping[str, Any]
    tables: Mapping[str, pl.DataFrame]
    intake: Mapping[str, pl.DataFrame]
    intake_manifest: Mapping[str, Any]
    run: Run
    fronts: tuple[Front, ...] = ()

    @cached_property
    def names(self) -> dict[str, str]:
        """The plan and its alternatives, by code, in the order that they are shown."""
        return dict(self.tables["alternatives"].select("alternative", "alternative_name").rows())

    @cached_property
    def reckoned(self) -> dict[tuple[str, str], float]:
        """What each of them gives by the plan's own reckoning, by plan and goal."""
        rows = self.tables["alternatives"].select("alternative", "goal", "value").rows()
        return {(plan, goal): value for plan, goal, value in rows}

    @cached_property
    def order(self) -> list[str]:
        """Goals in the order that the plan was made by."""
        own = self.tables["alternatives"].filter(alternative=PLAN)
        return own.get_column("goal").to_list()

    @cached_property
    def found(self) -> dict[tuple[str, str], Row]:
        """What the intake finds of goals and empty places, by plan and goal."""
        if not self.intake:
            return {}
        rows = self.intake["intake_beside"].iter_rows(named=True)
        return {(row["plan"], row["goal"]): row for row in rows}

    @cached_property
    def offers(self) -> pl.DataFrame:
        """Grain: school × programme area; the plan's classes with what the intake finds of each."""
        key = ["organisation_number", "programme_area_code"]
        classes = self.tables["classes"].with_columns(
            pl.col("programme_area_code").str.slice(0, 2).alias("programme_code")
        )
        figures = [f"{what}_{part}" for what in ("wished", "empty") for part in _PARTS]
        if not self.intake:
            missing = [pl.lit(None, pl.Float64).alias(name) for name in figures]
            return classes.with_columns(missing)
        last = pl.col("round") == pl.col("round").max()
        mine = self.intake["intake_offers"].filter(pl.col("plan") == PLAN, last)
        return classes.join(mine.select(*key, *figures), on=key, how="left", maintain_order="left")

    @property
    def principles(self) -> list[Row]:
        """The county's principles that the plan was made under, in the order of their numbers."""
        told: list[Row] = self.manifest.get("principles", {}).get("principle", [])
        return told

    def region(self, code: str) -> str:
        """Name of an intake region; the code itself where nobody has named it."""
        return self.run.regions.get(code, code)


def shown(goal: str, value: float | None) -> str:
    """A goal's value with the digits that it is read with, in the unit of `GOALS`."""
    if value is None:
        return formats.MISSING
    if goal == "kostnad":
        return formats.decimal(value / 1e6)
    return formats.decimal(value) if goal == "endring_fra_i_aar" else formats.whole(value)


def scaled(goal: str, value: float) -> float:
    """A goal's value as it is drawn, in the unit of `GOALS`."""
    return value / 1e6 if goal == "kostnad" else value


def cell(goal: str, value: float | None, tone: str = "") -> Cell:
    """A goal's value in a table."""
    return Cell(shown(goal, value), value, tone)


def spread(row: Row | None, prefix: str = "") -> str:
    """A mean of places or persons with its interval, `1 235 (1 100–1 300)`.

    Args:
        row: With `mean`, `p10` and `p90`, each with the prefix before it; None: not reckoned.
        prefix: What the three are of.
    """
    return _spread(row, prefix, formats.whole)


def persons(row: Row | None, prefix: str = "") -> str:
    """The same of few persons: those under five as `<5`."""
    return _spread(row, prefix, formats.estimate)


def share(row: Row) -> str:
    """A share of applicants with its interval, `92,3 % (91,7–92,9)`."""
    if row["share_mean"] is None:
        return formats.MISSING
    low, high = (formats.decimal(100 * row[f"share_{part}"]) for part in ("p10", "p90"))
    return f"{formats.share(row['share_mean'], 1)} ({low}–{high})"


def _spread(row: Row | None, prefix: str, show: Callable[[float | None], str]) -> str:
    if row is None or row[f"{prefix}mean"] is None:
        return formats.MISSING
    middle, low, high = (show(row[f"{prefix}{part}"]) for part in _PARTS)
    return middle if middle == low == high else f"{middle} ({low}–{high})"


def table(
    name: str,
    title: str,
    columns: tuple[Column, ...],
    rows: list[list[Cell]],
    *,
    notes: tuple[str, ...] = (),
    source: str = SOURCE,
    total: bool = False,
    folded: str = "",
) -> Table:
    """A table of the page; the plan's figures have no workbook of their own."""
    return Table(name, title, "", columns, rows, source, notes, total, folded=folded)


def classes(value: float) -> Cell:
    """Classes, and `–` where there are none."""
    return model.text("–") if value == 0 else model.classes(value)


def change(value: float) -> Cell:
    """A change in classes with its sign."""
    sign = "+" if value > 0 else ""
    return Cell(f"{sign}{model.classes(value).text}", value)


def fill(pupils: float, places: float) -> Cell:
    """How full classes are."""
    return model.percent(100 * pupils / places, 0) if places else model.text(formats.MISSING)
