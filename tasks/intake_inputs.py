"""What the intake simulator reads of the published night: frames, their rows in a fixed order."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from tasks import warehouse
from tasks.errors import NotFound
from tasks.settings import Rooms

SOURCES = {
    "intake": "mart.intake_by_school_programme_area",
    "limits": "mart.admission_point_limit_by_school",
    "places": "mart.places_by_school_programme_area",
    "points": "mart.lower_secondary_points_by_county",
    "programme_areas": "mart.programme_area",
    "programmes": "mart.programme",
    "pupils": "restricted.pupils_by_school_programme_area",
}
REGIONS = "mart.region_membership"
EDITED = ("municipality_centre", "travel_minutes")
READS = frozenset({*SOURCES.values(), REGIONS})


def read(rooms: Rooms, reference: Path, on: date) -> dict[str, pl.DataFrame]:
    """The frames of `tasks.places.intake.evidence`, and `limits` to hold the intake against.

    Args:
        rooms: Folders of the installation.
        reference: Where minutes of travel and centres of municipalities lie; a change of them
            counts at once, as in the plan.
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
    for name in EDITED:
        frames[name] = pl.read_csv(reference / f"{name}.csv", infer_schema=False)
    return frames
