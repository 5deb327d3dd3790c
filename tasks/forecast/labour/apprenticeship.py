"""Contracts per applicant: by programme as published, by programme area as the county counts."""

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


def coverage_by_area(
    placement: pl.DataFrame, trade_areas: pl.DataFrame, key: tuple[int, str, int]
) -> pl.DataFrame:
    """Apprenticeship coverage at the newest count, by the area of Vg2 that the trades build on.

    A trade whose applicants or contracts are closed is left out of both: the share is of those that
    are open, and the table says how many trades that is.

    Args:
        placement: `trade_code`, `counted_on`, `applicants`, `with_contract`; the county's own.
        trade_areas: `trade_code`, `programme_area_code`.
        key: Seed, county, number of draws.

    Returns:
        One row an area, and `*` for all: `programme_area_code`, `counted_on`, `trades` (with open
        figures), `closed_trades`, `applicants`, `contracts` (persons), `coverage`, `coverage_p10`,
        `coverage_p50`, `coverage_p90` (shares). Null where every trade of the area is closed.
    """
    seed, county, draws = key
    newest = placement.filter(pl.col("counted_on") == pl.col("counted_on").max()).join(
        trade_areas, on="trade_code"
    )
    is_open = pl.col("applicants").is_not_null() & pl.col("with_contract").is_not_null()
    every = newest.with_columns(pl.lit(ALL).alias("programme_area_code"))
    rows = (
        pl.concat([newest, every])
        .group_by("programme_area_code", "counted_on")
        .agg(
            is_open.sum().cast(pl.Int64).alias("trades"),
            (~is_open).sum().cast(pl.Int64).alias("closed_trades"),
            pl.col("applicants").filter(is_open).sum().cast(pl.Int64),
            pl.col("with_contract").filter(is_open).sum().cast(pl.Int64).alias("contracts"),
        )
        .sort("programme_area_code")
    )
    got, asked = (
        rows.get_column(n).cast(pl.Float64).to_numpy() for n in ("contracts", "applicants")
    )
    drawn = apprenticeship_coverage(got, asked, (seed, county, range(draws)))
    ends = np.full((len(PERCENTILES), len(rows)), np.nan)
    ends[:, asked > 0] = np.quantile(drawn[:, asked > 0], PERCENTILES, axis=0)
    some = pl.col("applicants") > 0
    return rows.with_columns(
        pl.when(some).then(pl.col("contracts") / pl.col("applicants")).alias("coverage"),
        *(
            pl.Series(f"coverage_{name}", values, pl.Float64).fill_nan(None)
            for name, values in zip(("p10", "p50", "p90"), ends, strict=True)
        ),
    ).with_columns(pl.when(some).then(pl.col("applicants", "contracts")))
