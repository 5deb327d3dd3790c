"""What the intake simulator reads of the published night: frames, their rows in a fixed order."""

from __future__ import annotations

from datetime import date

import polars as pl

from tasks import warehouse
from tasks.errors import NotFound
from tasks.settings import Rooms

SOURCES = {
    "intake": "mart.intake_by_school_programme_area",
    "municipality_centre": "reference.municipality_centre",
    "travel_minutes": "reference.travel_minutes",
    "limits": "mart.admission_point_limit_by_school",
    "places": "mart.places_by_school_programme_area",
    "points": "mart.lower_secondary_points_by_county",
    "programme_areas": "mart.programme_area",
    "programmes": "mart.programme",
    "pupils": "restricted.pupils_by_school_programme_area",
}
REGIONS = "mart.region_membership"
READS = frozenset({*SOURCES.values(), REGIONS})


def read(rooms: Rooms, on: date) -> dict[str, pl.DataFrame]:
    """The frames of `tasks.places.intake.evidence`, and `limits` to hold the intake against.

    Args:
        rooms: Folders of the installation.
        on: Regions are those valid on this date.

    Raises:
        NotFound: No night has been published, or a table is missing from it.
    """
    connection = warehouse.connect_internal(rooms)
    try:
        missing = sorted(READS - set(warehouse.tables(connection)))
        if missing:
            raise NotFound(
                subject="det publiserte varehuset",
                expected="alle tabellene som inntakssimuleringen leser",
                got=f"ingen {', '.join(missing)}",
                remedy="kjør «tilbudsplan ingest» og se «tilbudsplan status»",
            )
        frames: dict[str, pl.DataFrame] = {
            name: connection.sql(f"select * from {table} order by all").pl()
            for name, table in SOURCES.items()
        }
        frames["regions"] = connection.sql(
            f"select * from {REGIONS} where valid_from <= $day "
            "and (valid_to is null or valid_to > $day) order by all",
            params={"day": on},
        ).pl()
    finally:
        connection.close()
    return frames
