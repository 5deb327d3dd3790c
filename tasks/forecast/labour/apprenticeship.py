"""Contracts per applicant, by programme, as the Directorate for Education publishes them."""

from __future__ import annotations

import numpy as np
import polars as pl

from tasks.errors import NotFound
from tasks.forecast.labour.frames import Frames
from tasks.forecast.labour.indicators import PERCENTILES, apprenticeship_coverage

ALL = "*"


def coverage_by_programme(frames: Frames, key: tuple[int, str, int]) -> pl.DataFrame:
    """Apprenticeship coverage at the newest count, by programme and in all (`*`).

    Args:
        frames: `apprentice_applicants_by_county_programme`.
        key: Seed, county, number of draws.

    Returns:
        One row a programme: `programme_code`, `counted_on`, `applicants`, `contracts` (persons),
        `coverage`, `coverage_p10`, `coverage_p50`, `coverage_p90` (shares). A programme whose
        figures are closed has null.

    Raises:
        NotFound: Nothing is published for the county.
    """
    seed, county, draws = key
    frame = frames.get("apprentice_applicants_by_county_programme", pl.DataFrame())
    mine = frame.filter(pl.col("county_code") == county) if len(frame) else frame
    if mine.is_empty():
        raise NotFound(
            subject="dekning av læreplasser",
            expected=f"søkere og kontrakter i fylke {county}",
            got="ingen rader",
            remedy="hent Utdanningsdirektoratets tall på nytt, og se «tilbudsplan status»",
        )
    # A share is a count's own: all programmes at the same date, or a programme would be compared
    # with another time of the year.
    newest = mine.filter(pl.col("counted_on") == pl.col("counted_on").max()).sort("programme_code")
    asked = newest.get_column("applicants").cast(pl.Float64).fill_null(0).to_numpy()
    got = newest.get_column("with_contract").cast(pl.Float64)
    told = got.is_not_null().to_numpy() & (asked > 0)
    share = apprenticeship_coverage(
        got.fill_null(0).to_numpy(), np.where(told, asked, 0.0), (seed, county, range(draws))
    )
    ends = np.full((len(PERCENTILES), len(newest)), np.nan)
    ends[:, told] = np.quantile(share[:, told], PERCENTILES, axis=0)
    return newest.select(
        "programme_code",
        "counted_on",
        "applicants",
        pl.col("with_contract").alias("contracts"),
        pl.when(pl.col("applicants") > 0)
        .then(pl.col("with_contract") / pl.col("applicants"))
        .alias("coverage"),
    ).with_columns(
        pl.Series(f"coverage_{name}", values, pl.Float64).fill_nan(None)
        for name, values in zip(("p10", "p50", "p90"), ends, strict=True)
    )
