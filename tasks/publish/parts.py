"""What the figures share: rows of the county, interval cells, drawing for both page widths."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from tasks.publish import formats, model
from tasks.publish.model import Cell, Column, Figure, Table
from tasks.publish.svg import Spec, draw
from tasks.publish.tables import Run

Row = dict[str, Any]

INTERVAL = "80 %-intervall"
ROUNDING = "Avrunding kan gi avvik på 1 mellom summer og deler."
ASSESSED = (
    Column("mangel", "percent", "Sannsynlighet for"),
    Column("balanse", "percent", "Sannsynlighet for"),
    Column("overskudd", "percent", "Sannsynlighet for"),
    Column("Vurdering", "text"),
    Column("Fordi", "text"),
)
_CHANCES = {"mangel": "p_shortage", "balanse": "p_balance", "overskudd": "p_surplus"}
_REASONS = {"mangel": "behovet er for stort", "overskudd": "minst én klasse å spare"}


def figure(
    name: str,
    title: str,
    subtitle: str,
    description: str,
    spec: Callable[[bool], Spec],
    table: Table,
    remarks: tuple[str, ...] = (),
) -> Figure:
    """Draw a chart for a wide and a narrow page, and put words and figures with it."""
    wide, narrow = (
        draw(spec(small), f"{name}-{size}", title, description)
        for small, size in ((False, "bred"), (True, "smal"))
    )
    return Figure(name, title, subtitle, description, wide, narrow, table, remarks)


def bounds(low: float, high: float) -> list[Cell]:
    """The two ends of an interval of expected persons."""
    return [model.estimate(low), model.estimate(high)]


def assessed(run: Run, row: Row) -> list[Cell]:
    """Cells of the columns `ASSESSED`: probabilities, assessment, and why."""
    rules = run.manifest["parameters"]["rules"]
    return [
        *(model.percent(_chance(row[name], rules), 0) for name in _CHANCES.values()),
        model.text(row["assessment"], row["assessment"]),
        model.text(reason(row, rules)),
    ]


def reason(row: Row, rules: Mapping[str, float]) -> str:
    """Why a row of `places` is assessed as it is, in a few words; which way an open one leans.

    Args:
        row: A row of `places`.
        rules: `balance_band` and `certainty` of the run.
    """
    if told := _REASONS.get(row["assessment"]):
        return told
    if row["assessment"] == "balanse":
        idle = row["p_no_class_to_spare"] > row["p_balance"] / 2
        return (
            "ingen hel klasse å spare"
            if idle
            else f"innenfor {formats.share(rules['balance_band'])}"
        )
    likely = max(_CHANCES, key=lambda name: float(row[_CHANCES[name]]))
    chance = formats.percent(_chance(row[_CHANCES[likely]], rules), 0)
    return f"spriker, heller mot {likely} ({chance})"


def _chance(probability: float, rules: Mapping[str, float]) -> float:
    """A probability in whole per cent, never rounded up to the one that would have settled it."""
    chance = 100 * probability
    certain = 100 * rules["certainty"]
    return math.floor(chance) if certain - 1 < chance < certain else round(chance)


def county_rows(run: Run, name: str, **where: str) -> dict[str, Row]:
    """The county's rows of a table, by programme code."""
    frame = run.frames[name].filter(pl.col("region_code") == run.county)
    for column, value in where.items():
        frame = frame.filter(pl.col(column) == value)
    return {r["programme_code"]: r for r in frame.iter_rows(named=True)}


def described(rows: list[Row]) -> str:
    """A row layout in words: each name with its note."""
    return "; ".join(f"{r['name']}: {r['note']}" for r in rows) + "."
