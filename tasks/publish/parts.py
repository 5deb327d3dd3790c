"""What the figures share: rows of the county, interval cells, drawing for both page widths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from tasks.publish import model
from tasks.publish.model import Cell, Figure, Table
from tasks.publish.svg import Spec, draw
from tasks.publish.tables import Run

Row = dict[str, Any]

INTERVAL = "80 %-intervall"


def figure(
    name: str,
    title: str,
    subtitle: str,
    description: str,
    spec: Callable[[bool], Spec],
    table: Table,
) -> Figure:
    """Draw a chart for a wide and a narrow page, and put words and figures with it."""
    wide, narrow = (
        draw(spec(small), f"{name}-{size}", title, description)
        for small, size in ((False, "bred"), (True, "smal"))
    )
    return Figure(name, title, subtitle, description, wide, narrow, table)


def bounds(low: float, high: float) -> list[Cell]:
    """The two ends of an interval of expected persons."""
    return [model.estimate(low), model.estimate(high)]


def county_rows(run: Run, name: str, **where: str) -> dict[str, Row]:
    """The county's rows of a table, by programme code."""
    frame = run.frames[name].filter(pl.col("region_code") == run.county)
    for column, value in where.items():
        frame = frame.filter(pl.col(column) == value)
    return {r["programme_code"]: r for r in frame.iter_rows(named=True)}


def described(rows: list[Row]) -> str:
    """A row layout in words: each name with its note."""
    return "; ".join(f"{r['name']}: {r['note']}" for r in rows) + "."
