"""What a yearly run reads of the published night: frames, their rows in a fixed order."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from tasks import warehouse
from tasks.errors import NotFound
from tasks.settings import Rooms

if TYPE_CHECKING:
    import duckdb

SOURCES = {
    "cohort": "mart.cohort_by_municipality_year",
    "pupils": "restricted.pupils_by_school_programme_area",
    "applicants": "mart.applicants_by_county_programme",
    "places": "mart.places_by_school_programme_area",
    "contracts": "mart.apprentice_contracts_by_county_programme",
    "placement": "mart.apprentice_placement_by_county",
    "programme_areas": "mart.programme_area",
    "programmes": "mart.programme",
    "schools": "mart.pupils_by_school_year",
    "vintages": "audit.vintage",
}
# What the student flow and the labour market read, by what they call it.
_FLOW = {
    "programme_areas": "mart.programme_area",
    "transitions": "mart.transition_by_programme_area",
    "contracts": "mart.apprentice_contracts_by_area_trade_contract_type",
    "certificates": "mart.certificates_by_area_trade_route",
    "placement": "mart.apprentice_placement_by_trade",
    "intention": "mart.apprentice_intention_by_area_trade",
    "adult_modules": "mart.adult_modules_by_area_trade",
    "college": "mart.vocational_college_by_campus_programme",
    "completion": "mart.apprentice_completion_by_county",
    "pupils": "restricted.pupils_by_school_programme_area",
    "population": "mart.cohort_by_municipality_year",
}
_LABOUR = {
    name: f"{schema}.{name}"
    for schema, names in {
        "mart": (
            "employed_by_area_industry",
            "employed_by_area_occupation",
            "employed_by_area_occupation_age",
            "employed_by_occupation",
            "employed_by_occupation_education_level",
            "occupation_programme_area",
            "cohort_by_municipality_year",
            "region_membership",
            "unemployed_by_area_month",
            "labour_market_by_county_occupation_month",
            "enterprise_survey_by_county",
            "enterprise_survey_by_occupation_group",
            "labour_shortage_by_county_occupation",
        ),
        "reference": ("crosswalk_industry_occupation",),
    }.items()
    for name in names
}
# Every frame of a run that is a whole table, by its name in the run.
NAMED = {
    **SOURCES,
    **{f"flow.{name}": table for name, table in _FLOW.items()},
    **{f"labour.{name}": table for name, table in _LABOUR.items()},
}
NIGHT = "audit.night"
_TRADES = "reference.crosswalk_trade_programme_area"
_REGIONS = "mart.region_membership"
_OF_REGIONS = ("regions", "flow.regions")
# Every table that a plan stands on.
READS = frozenset(
    {
        *NAMED.values(),
        _TRADES,
        NIGHT,
        _REGIONS,
    }
)
PUPILS = SOURCES["pupils"]


def read(rooms: Rooms, on: date) -> dict[str, pl.DataFrame]:
    """The frames that a run reads from the published night, rows in a fixed order.

    Args:
        rooms: Folders of the installation.
        on: Regions are those valid on this date.

    Raises:
        NotFound: No night has been published, or a mart is missing from it.
    """
    return read_night(rooms, on)[1]


def read_night(rooms: Rooms, on: date) -> tuple[dict[str, str], dict[str, pl.DataFrame]]:
    """The same, and before it which night they are of: its id, date and profile."""
    connection = warehouse.connect_internal(rooms)
    try:
        return night_of(connection), frames_of(connection, on)
    finally:
        connection.close()


def night_of(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The night that a file holds: `night` (its id), `as_of`, `profile`; empty if it says none."""
    if not warehouse.has(connection, NIGHT):
        return {}
    rows = connection.sql(f"select * from {NIGHT}").pl().to_dicts()
    return {name: str(value) for row in rows[:1] for name, value in row.items()}


def frames_of(connection: duckdb.DuckDBPyConnection, on: date) -> dict[str, pl.DataFrame]:
    """The frames that a run reads of a night, rows in a fixed order.

    Raises:
        NotFound: A mart is missing from it.
    """
    check_whole(connection)
    # Several names may stand for one table; it is read once.
    once = {
        table: connection.sql(f"select * from {table} order by all").pl()
        for table in dict.fromkeys(NAMED.values())
    }
    frames = {name: once[table] for name, table in NAMED.items()}
    frames["flow.trade_areas"] = connection.sql(
        "select distinct trade_code, target_code as programme_area_code "
        f"from {_TRADES} where target_kind = 'programme_area' order by all"
    ).pl()
    frames["regions"] = connection.sql(
        f"select * from {_REGIONS} "
        "where valid_from <= $day and (valid_to is null or valid_to > $day) order by all",
        params={"day": on},
    ).pl()
    frames["flow.regions"] = frames["regions"]
    return frames


def table_of(frame: str) -> str:
    """The table that a frame is read from."""
    return {**NAMED, "flow.trade_areas": _TRADES, **dict.fromkeys(_OF_REGIONS, _REGIONS)}[frame]


def check_whole(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse a night that lacks a table that a plan reads.

    Raises:
        NotFound: Naming the tables.
    """
    missing = sorted(READS - set(warehouse.tables(connection)))
    if missing:
        raise NotFound(
            subject="det publiserte varehuset",
            expected="alle tabellene en plan leser",
            got=f"ingen {', '.join(missing)}",
            remedy="kjør «tilbudsplan ingest» og se «tilbudsplan status»",
        )
