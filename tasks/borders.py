"""Puts the way from every year's municipal borders to today's into the build, for marts to join."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from tasks import regions, transform, warehouse
from tasks.errors import ConfigurationError

if TYPE_CHECKING:
    import duckdb

CARRY = "reference.municipality_carry"
OWN_REGIONS = "reference.own_region"
NEEDS = (
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
    if set(NEEDS) - set(warehouse.tables(con)):
        return False
    municipalities = warehouse.frame(
        con, "select municipality_code, valid_from, valid_to from staging.municipality"
    )
    intake = _intake(con)
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


def load_own_regions(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Give own regions their codes: `reference.own_region` gets `region_code`.

    Without the municipalities there are no own regions, and what reads them is skipped.

    Raises:
        ConfigurationError: names every line that is wrong, and the code that took over.
    """
    if {*NEEDS, OWN_REGIONS} - set(warehouse.tables(con)):
        transform.drop(con, OWN_REGIONS)
        return
    members = warehouse.frame(con, f"select region, municipality_code from {OWN_REGIONS}")
    municipalities = warehouse.frame(
        con, "select municipality_code, valid_from, valid_to from staging.municipality"
    )
    today = _codes_on(municipalities, as_of, _intake(con)["municipality_code"])
    known = pl.col("municipality_code").is_in(today) & pl.col("region").is_not_null()
    wrong = members.filter(known.not_() | known.is_null())
    if wrong.is_empty():
        warehouse.load_frame(con, OWN_REGIONS, regions.own_regions(members))
        return
    changes = warehouse.frame(con, "select old_code, new_code from staging.municipality_change")
    became = dict(changes.unique("old_code", keep="last").iter_rows())
    lines = [
        f"«{region or 'uten navn'}»: {code or 'uten kommunenummer'}"
        + (f" (nå {became[code]})" if code in became else "")
        for region, code in wrong.iter_rows()
    ]
    raise ConfigurationError(
        subject="data/reference/own_region.csv",
        expected="region og kommunenummer som gjelder i dag på hver linje",
        got="; ".join(lines),
        remedy="rett linjene; kommunenumrene står i tabellen mart.municipality",
    )


def _intake(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The intake regions' municipalities: the county, as the plan knows it."""
    return warehouse.frame(
        con,
        "select region_code, municipality_code from reference.region_membership "
        "join reference.regions using (region_code) where regions.kind = 'intake'",
    )


def _codes_on(municipalities: pl.DataFrame, day: date, county: pl.Series) -> list[str]:
    """Codes in use on a day, in the counties (first two digits) that the intake regions lie in."""
    counties = county.str.head(2).unique().to_list()
    in_use = municipalities.filter(
        pl.col("valid_from") <= day,
        pl.col("valid_to").is_null() | (pl.col("valid_to") > day),
        pl.col("municipality_code").str.head(2).is_in(counties),
    )
    return in_use["municipality_code"].unique().sort().to_list()
