"""Puts the way from every year's municipal borders to today's into the build, for marts to join."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from tasks import regions, warehouse

if TYPE_CHECKING:
    import duckdb

CARRY = "reference.municipality_carry"
_FIGURES = (
    "staging.population_by_municipality",
    "staging.population_projection_by_municipality",
)
_READS = (
    "staging.municipality",
    "staging.municipality_change",
    "reference.municipality_split_weights",
    "reference.region_membership",
)


def load_carry(con: duckdb.DuckDBPyConnection, as_of: date) -> bool:
    """Make `reference.municipality_carry`: year, from_code, to_code, weight (DECIMAL(18, 9)).

    From the borders of every year that there are figures for to those of the night's year, for
    municipalities that belong to a region.

    Returns:
        False where what it is made of is not there; the marts that read it are then skipped.

    Raises:
        ConfigurationError: a split has no declared shares (see `regions.carry`).
    """
    present = set(warehouse.tables(con))
    figures = [table for table in _FIGURES if table in present]
    if not figures or not present.issuperset(_READS):
        return False
    years = {int(year) for table in figures for year in _distinct(con, table, "year")}
    links = regions.carry(
        warehouse.frame(con, "select old_code, new_code, changed_on from " + _READS[1]),
        warehouse.frame(con, "select old_code, new_code, change_date, weight from " + _READS[2]),
        years,
        as_of.year,
        municipalities=warehouse.frame(
            con, "select municipality_code, valid_from, valid_to from " + _READS[0]
        ),
        into=_distinct(con, _READS[3], "municipality_code"),
    )
    warehouse.load_frame(con, CARRY, links.sort(pl.all()))
    return True


def _distinct(con: duckdb.DuckDBPyConnection, table: str, column: str) -> list[str]:
    found = con.execute(f"select distinct {column}::varchar from {table} order by 1").fetchall()
    return [value for (value,) in found]
