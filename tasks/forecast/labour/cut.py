"""What the labour market would have been estimated from a year or more ago."""

from __future__ import annotations

import polars as pl

from tasks.forecast.flow import cut
from tasks.forecast.labour.frames import Frames

_COUNTED = (
    "employed_by_area_industry",
    "employed_by_area_occupation",
    "employed_by_area_occupation_age",
    "employed_by_occupation",
    "employed_by_occupation_education_level",
)
_POPULATION = "cohort_by_municipality_year"


def until(frames: Frames, year: int) -> dict[str, pl.DataFrame]:
    """The frames as they were when the fourth quarter of one year was the last that was counted.

    Later revisions stand with the figures, and population that was counted later stands in the
    projection's place (`flow.cut.until`). Crosswalks and regions are as they are.

    Args:
        frames: As for `frames.build`.
        year: Last year of employment.
    """
    kept = {
        name: frame.filter(pl.col("year") <= year) if name in _COUNTED else frame
        for name, frame in frames.items()
    }
    if _POPULATION in kept:
        kept |= {_POPULATION: cut.until({"population": kept[_POPULATION]}, year)["population"]}
    return kept
