"""Travel between home and school: a table that planners edit, and a marked fallback."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from tasks.errors import ConfigurationError
from tasks.forecast.types import Float
from tasks.places.intake.types import Bool, IntakeRules

EARTH_KM = 6371.0


def great_circle(here: Float, there: Float) -> Float:
    """Kilometres `[here, there]` between places in degrees `[place, (north, east)]` (haversine)."""
    one, other = np.radians(here)[:, None], np.radians(there)[None]
    half = (
        np.sin((other[..., 0] - one[..., 0]) / 2) ** 2
        + np.cos(one[..., 0])
        * np.cos(other[..., 0])
        * np.sin((other[..., 1] - one[..., 1]) / 2) ** 2
    )
    distance: Float = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return distance


def minutes(
    centres: pl.DataFrame,
    table: pl.DataFrame | None,
    homes: Sequence[str],
    schools: Sequence[str],
    school_municipality: Sequence[str],
    rules: IntakeRules,
) -> tuple[Float, Bool]:
    """Minutes one way `[home, school]`, and whether they are the fallback.

    fallback = max(least, 60 · detour · great circle / speed), between centres of municipalities.

    Args:
        centres: `municipality_code, latitude, longitude`.
        table: `home_municipality_code, organisation_number, minutes`, or None.
        homes: Municipalities; one without a centre (`9999`) is as far away as the farthest.
        schools: Organisation numbers.
        school_municipality: Municipality of each school.
        rules: Speed, detour and least minutes.

    Raises:
        ConfigurationError: A school lies in a municipality without a centre.
    """
    place = {
        code: (float(north), float(east))
        for code, north, east in centres.select(
            "municipality_code", "latitude", "longitude"
        ).iter_rows()
    }
    missing = sorted(set(school_municipality) - set(place))
    if missing:
        raise ConfigurationError(
            subject="reisetid i inntakssimuleringen",
            expected="et sted for hver kommune med skole",
            got=f"ingen for {', '.join(missing)}",
            remedy="legg til kommunene i municipality_centre.csv",
        )
    nowhere = (np.nan, np.nan)
    km = great_circle(
        np.array([place.get(h, nowhere) for h in homes]),
        np.array([place[m] for m in school_municipality]),
    )
    found = np.maximum(rules.least_minutes, 60 * rules.detour * km / rules.speed)
    found = np.where(np.isnan(found), np.nanmax(found, initial=rules.least_minutes), found)
    if table is None:
        return found, np.ones(found.shape, np.bool_)
    known = _known(table, homes, schools)
    estimated = np.isnan(known)
    return np.where(estimated, found, known), estimated


def _known(table: pl.DataFrame, homes: Sequence[str], schools: Sequence[str]) -> Float:
    """Minutes that the table has `[home, school]`; NaN where it has none."""
    key = ["home_municipality_code", "organisation_number"]
    pairs = pl.DataFrame(
        [(home, school) for home in homes for school in schools],
        schema=dict.fromkeys(key, pl.String),
        orient="row",
    )
    rows = table.select(
        *(pl.col(k).cast(pl.String) for k in key), pl.col("minutes").cast(pl.Float64)
    ).unique(subset=key, keep="last")
    found = pairs.join(rows, on=key, how="left", maintain_order="left")["minutes"]
    minutes_of: Float = found.fill_null(float("nan")).to_numpy().reshape(len(homes), len(schools))
    return minutes_of
