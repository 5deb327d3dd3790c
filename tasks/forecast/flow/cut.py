"""What the student flow would have read at an earlier count: for backtests and explanations."""

from __future__ import annotations

import polars as pl

from tasks.forecast.flow.cohort import ALTERNATIVES
from tasks.forecast.flow.evidence import Frames

# The column that tells when a row was there: a year, or a day in it.
_YEAR = {
    "pupils": pl.col("school_year_start"),
    # Told by the count of the autumn after.
    "transitions": pl.col("next_counted_on").dt.year(),
    "contracts": pl.col("counted_on").dt.year(),
    "placement": pl.col("counted_on").dt.year(),
    "certificates": pl.col("year"),
    "adult_modules": pl.col("year"),
    "college": pl.col("year"),
    # Asked for the intake of the year after.
    "intention": pl.col("round") - 1,
}


def until(frames: Frames, count: int) -> dict[str, pl.DataFrame]:
    """The frames as they were when the pupils of one autumn were the last that had been counted.

    Rows are those of the published night, later revisions with them. Registered population is kept
    to the January after the count, and what was counted later stands in the projection's place:
    the edition of that time is not in the frames. Structure (programme areas, trades, regions)
    and the published completion of apprentices are as they are.

    Args:
        frames: As for `assemble.build`.
        count: Start year of the last school year counted.
    """
    kept = {
        name: frame.filter(_YEAR[name] <= count) if name in _YEAR else frame
        for name, frame in frames.items()
    }
    kept["population"] = _projected_after(frames["population"], count + 1)
    return kept


def _projected_after(population: pl.DataFrame, last: int) -> pl.DataFrame:
    """Registered years beyond the last stand as all three alternatives of a projection."""
    later = (pl.col("basis") == "registered") & (pl.col("year") > last)
    counted = population.filter(later).with_columns(pl.lit("projected").alias("basis"))
    return pl.concat(
        [
            population.filter(~later),
            *(
                counted.with_columns(pl.lit(alternative).alias("alternative"))
                for alternative in ALTERNATIVES
            ),
        ]
    )
