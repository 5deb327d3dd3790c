"""Simulated admission limits against the published ones."""

from __future__ import annotations

import numpy as np
import polars as pl

from tasks.errors import NotFound
from tasks.forecast.types import Float

VG1 = "Vg1"
KEY = ["organisation_number", "programme_code"]
QUARTILES = (0.25, 0.5, 0.75)


def published(limits: pl.DataFrame, year: int) -> pl.DataFrame:
    """One row per school × programme on Vg1: `real` points, null where everybody was let in.

    Lines within a programme (dance and drama; courses to two competences) share places in the
    county's capacity file. The line that carries the programme's own name is taken, and where none
    does, the one that was easiest to get into.

    Args:
        limits: `organisation_number, school, intake_region_code, programme_code, programme, offer,
            level_name, year, points, is_open`.
        year: The intake.

    Raises:
        NotFound: No limits are published for that year.
    """
    rows = limits.filter(pl.col("year") == year, pl.col("level_name") == VG1)
    if rows.is_empty():
        raise NotFound(
            subject=f"poenggrenser for {year}",
            expected="minst én poenggrense for Vg1",
            got="ingen",
            remedy="velg et år som er publisert",
        )
    own = (pl.col("offer") == pl.col("programme")).alias("own")
    easiest = pl.when("is_open").then(0.0).otherwise("points").alias("easiest")
    return (
        rows.with_columns(own, easiest)
        .sort(*KEY, pl.col("own").not_(), "easiest", "offer")
        .unique(subset=KEY, keep="first", maintain_order=True)
        .select(
            *KEY,
            "school",
            "intake_region_code",
            pl.when("is_open").then(None).otherwise("points").alias("real"),
        )
    )


def compared(simulated: pl.DataFrame, limits: pl.DataFrame, year: int) -> pl.DataFrame:
    """The first round's limits beside the published ones, one row per school × programme.

    Columns of `published`, `places`, `wished_mean`, `p_limited`, `limit_p10`, `limit_p50`,
    `limit_p90`; `programme_median`, the median of the programme's other published limits, a
    benchmark that knows this year's limits of everybody else; `miss` and `benchmark_miss`, points
    simulated or benchmark less published, where both have a limit; `p_limited_others`, the share
    of the programme's other offers that had one.

    Args:
        simulated: `tables.offers(result, 1)`.
        limits: As `published`.
        year: The intake.
    """
    real = published(limits, year)
    real = real.with_columns(_others(real))
    mine = simulated.filter(pl.col("level") == 1).drop("round", "level", "programme_area_code")
    return (
        real.join(mine, on=KEY, how="inner")
        .with_columns(
            (pl.col("limit_p50") - pl.col("real")).alias("miss"),
            (pl.col("programme_median") - pl.col("real")).alias("benchmark_miss"),
        )
        .sort("programme_code", "school")
    )


def _others(real: pl.DataFrame) -> list[pl.Series]:
    """Median limit and share with a limit among the programme's other offers."""
    programme, value = real["programme_code"].to_numpy(), real["real"].to_numpy()
    same = programme[:, None] == programme
    np.fill_diagonal(same, False)
    known = np.where(same & np.isfinite(value), value, np.nan)
    medians = [
        float(np.median(row[np.isfinite(row)])) if np.isfinite(row).any() else None for row in known
    ]
    count = same.sum(axis=1)
    share = np.divide(
        np.isfinite(known).sum(axis=1), count, out=np.full(len(count), np.nan), where=count > 0
    )
    return [
        pl.Series("programme_median", medians, pl.Float64),
        pl.Series("p_limited_others", share).fill_nan(None),
    ]


def summary(rows: pl.DataFrame, by: str | None = None) -> pl.DataFrame:
    """How far off, in all or by a column of `compared`.

    Columns `offers`; `limits` (published with one); `simulated` (of those, with a simulated limit
    in some draw); `miss_q1, miss_q2, miss_q3` (quartiles of simulated less published points);
    `absolute` and `benchmark_absolute` (mean absolute miss, where all three have a limit);
    `inside` (share of published limits within the simulated 80 per cent interval); `brier` and
    `benchmark_brier` (mean squared error of the chance of a limit, where both are known).
    """
    groups = rows.with_columns(pl.lit("*").alias("all"))
    key = by or "all"
    both = pl.col("miss").is_not_null() & pl.col("benchmark_miss").is_not_null()
    closed = pl.col("real").is_not_null().cast(pl.Float64)
    known = pl.col("p_limited_others").is_not_null()
    inside = pl.col("real").is_between("limit_p10", "limit_p90")
    return (
        groups.group_by(key)
        .agg(
            pl.len().alias("offers"),
            pl.col("real").count().alias("limits"),
            pl.col("miss").count().alias("simulated"),
            *(
                pl.col("miss").quantile(q, "linear").alias(f"miss_q{n}")
                for n, q in enumerate(QUARTILES, 1)
            ),
            pl.col("miss").filter(both).abs().mean().alias("absolute"),
            pl.col("benchmark_miss").filter(both).abs().mean().alias("benchmark_absolute"),
            inside.filter(pl.col("miss").is_not_null()).mean().alias("inside"),
            ((pl.col("p_limited") - closed) ** 2).filter(known).mean().alias("brier"),
            ((pl.col("p_limited_others") - closed) ** 2)
            .filter(known)
            .mean()
            .alias("benchmark_brier"),
        )
        .sort(key)
    )


def explained(rows: pl.DataFrame) -> dict[str, float]:
    """Rank correlations (Spearman) of the miss with what might explain it; NaN: no spread.

    `real` (limits are drawn towards the middle), `pressure` (first wishes over places), `places`
    (small offers are lotteries).
    """
    known = rows.filter(pl.col("miss").is_not_null()).with_columns(
        (pl.col("wished_mean") / pl.col("places")).alias("pressure")
    )
    miss = known["miss"].to_numpy()
    return {
        name: _spearman(miss, known[name].to_numpy()) for name in ("real", "pressure", "places")
    }


def _spearman(one: Float, other: Float) -> float:
    if len(one) < 2:
        return float("nan")
    first, second = (pl.Series(v).rank().to_numpy() for v in (one, other))
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.corrcoef(first, second)[0, 1])
