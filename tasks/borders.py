"""Puts the way from every year's municipal borders to today's into the build, for marts to join."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from tasks import regions, warehouse

if TYPE_CHECKING:
    import duckdb

CARRY = "reference.municipality_carry"
_NEEDS = (
    "staging.municipality",
    "staging.municipality_change",
    "reference.municipality_split_weights",
    "reference.regions",
    "reference.region_membership",
)


def load_carry(con: duckdb.DuckDBPyConnection, as_of: date) -> bool:
    """Make `reference.municipality_carry`: year, from_code, to_code, weight (DECIMAL(18, 9)).

    Years run from the first whose municipalities are staged to that of the night, whose borders on
    1 January are today's. Only what ends in a municipality of the intake regions is carried.

    Returns:
        False where what it is made of is not there; the marts that read it are then skipped.

    Raises:
        ConfigurationError: the intake regions do not cover the county's municipalities once, or a
            split has no declared shares (see `regions.carry`).
    """
    if set(_NEEDS) - set(warehouse.tables(con)):
        return False
    municipalities = warehouse.frame(
        con, "select municipality_code, valid_from, valid_to from staging.municipality"
    )
    intake = warehouse.frame(
        con,
        "select region_code, municipality_code from reference.region_membership "
        "join reference.regions using (region_code) where regions.kind = 'intake'",
    )
    today = _codes_on(municipalities, date(as_of.year, 1, 1), intake["municipality_code"])
    regions.check_partition(intake, today)
    first = municipalities["valid_from"].min()
    start = first.year if isinstance(first, date) else as_of.year
    links = regions.carry(
        warehouse.frame(
            con, "select old_code, new_code, changed_on from staging.municipality_change"
        ),
        warehouse.frame(
            con,
            "select old_code, new_code, change_date, weight "
            "from reference.municipality_split_weights",
        ),
        range(start, as_of.year + 1),
        as_of.year,
        municipalities=municipalities,
        into=today,
    )
    warehouse.load_frame(con, CARRY, links.sort(pl.all()))
    return True


def _codes_on(municipalities: pl.DataFrame, day: date, county: pl.Series) -> list[str]:
    """Codes in use on a day, in the counties (first two digits) that the intake regions lie in."""
    counties = county.str.head(2).unique().to_list()
    in_use = municipalities.filter(
        pl.col("valid_from") <= day,
        pl.col("valid_to").is_null() | (pl.col("valid_to") > day),
        pl.col("municipality_code").str.head(2).is_in(counties),
    )
    return in_use["municipality_code"].unique().sort().to_list()
