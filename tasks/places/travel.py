"""How long the way to school is: an editable table, and the great circle where it has no row."""

from __future__ import annotations

import numpy as np
import polars as pl

from tasks.errors import ConfigurationError
from tasks.forecast.types import Float
from tasks.places.rules import Travel
from tasks.places.types import Bool

EARTH_KM = 6371.0088


def great_circle_km(a: Float, b: Float) -> Float:
    """Distances `[a, b]` in km between points (degrees: latitude, longitude), by the haversine.

    Sinnott 1984, "Virtues of the haversine"; the earth's mean radius is that of IUGG.
    """
    p, q = np.radians(a)[:, None, :], np.radians(b)[None, :, :]
    half = np.sin((q - p) / 2) ** 2
    chord = half[..., 0] + np.cos(p[..., 0]) * np.cos(q[..., 0]) * half[..., 1]
    result: Float = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(chord, 0, 1)))
    return result


def minutes(
    homes: tuple[str, ...],
    schools: tuple[str, ...],
    table: pl.DataFrame,
    centres: pl.DataFrame,
    rules: Travel,
) -> tuple[Float, Bool]:
    """Minutes one way `[home municipality, school municipality]`, and which are the fallback.

    Args:
        homes: Municipality codes.
        schools: Municipality codes.
        table: `home_municipality_code`, `school_municipality_code`, `minutes`.
        centres: `municipality_code`, `latitude`, `longitude`.
        rules: Speed and detour of the fallback.

    Raises:
        ConfigurationError: A municipality has neither minutes nor a centre.
    """
    place = dict(
        zip(
            centres.get_column("municipality_code").to_list(),
            centres.select("latitude", "longitude").cast(pl.Float64).to_numpy(),
            strict=True,
        )
    )
    if missing := sorted({*homes, *schools} - set(place)):
        raise ConfigurationError(
            subject="data/reference/municipality_centre.csv",
            expected="et sted for hver kommune",
            got=f"ingen rad for {', '.join(missing)}",
            remedy="legg til en rad med bredde og lengde for kommunen",
        )
    km = great_circle_km(np.array([place[h] for h in homes]), np.array([place[s] for s in schools]))
    found = km * rules.detour / rules.speed_km_h * 60
    fallback = np.ones(found.shape, dtype=np.bool_)
    rows, columns = {h: i for i, h in enumerate(homes)}, {s: i for i, s in enumerate(schools)}
    known = table.filter(
        pl.col("home_municipality_code").is_in(list(rows)),
        pl.col("school_municipality_code").is_in(list(columns)),
    )
    at = (
        known.get_column("home_municipality_code").replace_strict(rows, return_dtype=pl.Int64),
        known.get_column("school_municipality_code").replace_strict(columns, return_dtype=pl.Int64),
    )
    index = (at[0].to_numpy(), at[1].to_numpy())
    found[index] = known.get_column("minutes").cast(pl.Float64).to_numpy()
    fallback[index] = False
    return found, fallback


def share_beyond(minutes_: Float, attending: Float, living: Float, limit: float) -> Float:
    """Share of a home region's pupils at a school who have a long way.

    By where those who go there today live; where nobody does, by where the region's pupils live.

    Args:
        minutes_: `[home, school]`.
        attending: `[home, school]` pupils at the newest count.
        living: `[home region, home]` pupils who live there; 0 outside the region.
        limit: Minutes.

    Returns:
        `[home region, school]`.
    """
    long = (minutes_ > limit).astype(np.float64)
    inside = (living > 0).astype(np.float64)
    going, far = inside @ attending, inside @ (attending * long)
    # One person more spread as the region lives keeps few pupils from deciding alone.
    mix = living / np.maximum(living.sum(axis=1, keepdims=True), 1e-12)
    result: Float = (far + mix @ long) / (going + 1)
    return result
