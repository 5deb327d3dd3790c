"""Measures of forecasts against outcomes, for any grouping of pairs, without a loop over groups.

References: Hyndman & Koehler (2006) for MASE; Bracher, Ray, Gneiting & Reich (2021) for the
weighted interval score; Wilson (1927) for the interval of a share.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import polars as pl

from tasks.forecast.evaluation.frames import LEVELS, QUANTILES
from tasks.forecast.types import Float

CONFIDENCE = 0.95
# Fewer units than this have no order worth the name.
LEAST_RANKED = 3

ERROR = pl.col("q50") - pl.col("actual")
# Interval of nominal coverage 1 − α: its lower and upper quantile.
INTERVALS: tuple[tuple[float, str, str], ...] = tuple(
    (round(2 * low, 6), QUANTILES[i], QUANTILES[len(LEVELS) - 1 - i])
    for i, low in enumerate(LEVELS)
    if low < 0.5
)
_ALPHA80, LOW80, HIGH80 = next(found for found in INTERVALS if found[0] == 0.2)


def wis() -> pl.Expr:
    """Weighted interval score of a row of pairs, in the unit of the series; the less the better.

    WIS = (½·|y − m| + Σ_k α_k/2·IS_k) / (K + ½), where IS of an interval [l, u] is
    (u − l) + 2/α·(l − y)⁺ + 2/α·(y − u)⁺ (Bracher et al. 2021, equations 1 and 2). It is the mean
    pinball loss of the quantiles times two, at least 0, and |error| where all quantiles are equal.
    Null where there are no intervals.
    """
    y = pl.col("actual")
    score = (y - pl.col("q50")).abs() / 2
    for alpha, low, high in INTERVALS:
        below = (pl.col(low) - y).clip(lower_bound=0)
        above = (y - pl.col(high)).clip(lower_bound=0)
        score = score + alpha / 2 * (pl.col(high) - pl.col(low)) + below + above
    return score / (len(INTERVALS) + 0.5)


def inside80() -> pl.Expr:
    """Whether the outcome lies in the nominal 80 per cent interval; null where there is none."""
    # One bound alone would decide some of the outcomes, and only those outside.
    both = pl.col(LOW80).is_not_null() & pl.col(HIGH80).is_not_null()
    return pl.when(both).then(pl.col("actual").is_between(pl.col(LOW80), pl.col(HIGH80)))


def wilson(hits: pl.Expr, n: pl.Expr, confidence: float = CONFIDENCE) -> tuple[pl.Expr, pl.Expr]:
    """Bounds of a share by Wilson's score interval.

    (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n). It takes the hits as independent: outcomes
    of one origin are not, so the true interval is wider.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = hits / n
    middle = p + z**2 / (2 * n)
    half = z * (p * (1 - p) / n + z**2 / (4 * n**2)).clip(lower_bound=0).sqrt()
    scale = 1 + z**2 / n
    return (middle - half) / scale, (middle + half) / scale


def table(pairs: pl.DataFrame, by: Sequence[str] = ("series", "model", "horizon")) -> pl.DataFrame:
    """The measures of every group of pairs.

    Args:
        pairs: `PAIRS` of `origins.rolling`.
        by: What a row of the result is.

    Returns:
        Grain `by`, sorted by it:

        - `n` pairs, `n_origins` origins, `as_known` share of pairs known as then
        - `mape` Σ|e| / Σ|y|, per cent (size-weighted), `bias` Σe / Σ|y|, per cent (above 0: too
          high)
        - `mase` mean of |e| / step over pairs with a step above 0
        - `wis` mean over pairs with intervals, in the unit of the series, and `relative_wis` in
          per cent of the mean outcome of the same pairs
        - `n_intervals`, `coverage80` share inside the 80 per cent interval, per cent, with
          Wilson's `coverage_low` and `coverage_high`
        - `direction_hits` share of pairs whose forecast and outcome moved that went the same way,
          per cent, `n_direction` of how many
        - `rank_correlation` mean over origins of Spearman's correlation between forecast and
          actual growth over units, where there are at least three
    """
    covered = inside80()
    moved = (pl.col("q50") != pl.col("last")) & (pl.col("actual") != pl.col("last"))
    same = (pl.col("q50") > pl.col("last")) == (pl.col("actual") > pl.col("last"))
    size = pl.col("actual").abs().sum()
    scaled = pl.when(pl.col("step") > 0).then(ERROR.abs() / pl.col("step"))
    scored = wis()
    found = pairs.group_by(by).agg(
        pl.len().cast(pl.Int64).alias("n"),
        pl.col("origin").n_unique().cast(pl.Int64).alias("n_origins"),
        (pl.col("basis") == "as_known").mean().alias("as_known"),
        (100 * ERROR.abs().sum() / size).alias("mape"),
        (100 * ERROR.sum() / size).alias("bias"),
        scaled.mean().alias("mase"),
        scored.mean().alias("wis"),
        (100 * scored.sum() / pl.col("actual").abs().filter(scored.is_not_null()).sum()).alias(
            "relative_wis"
        ),
        covered.count().cast(pl.Int64).alias("n_intervals"),
        covered.sum().cast(pl.Int64).alias("_inside"),
        moved.sum().cast(pl.Int64).alias("n_direction"),
        (100 * same.filter(moved).mean()).alias("direction_hits"),
    )
    low, high = wilson(pl.col("_inside"), pl.col("n_intervals"))
    some = pl.col("n_intervals") > 0
    return (
        found.with_columns(
            pl.when(some).then(100 * pl.col("_inside") / pl.col("n_intervals")).alias("coverage80"),
            pl.when(some).then(100 * low).alias("coverage_low"),
            pl.when(some).then(100 * high).alias("coverage_high"),
            pl.col("relative_wis").fill_nan(None),
        )
        .drop("_inside")
        .join(_rank_correlation(pairs, by), on=list(by), how="left", nulls_equal=True)
        .sort(by)
    )


def _rank_correlation(pairs: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    grown = pairs.filter(pl.col("last") > 0).select(
        *by,
        *(() if "origin" in by else ("origin",)),
        *(() if "horizon" in by else ("horizon",)),
        (pl.col("q50") / pl.col("last")).alias("forecast"),
        (pl.col("actual") / pl.col("last")).alias("outcome"),
    )
    keys = list(dict.fromkeys([*by, "origin", "horizon"]))
    return (
        grown.group_by(keys)
        .agg(
            pl.corr("forecast", "outcome", method="spearman").fill_nan(None).alias("rank"),
            pl.len().alias("units"),
        )
        .filter(pl.col("units") >= LEAST_RANKED)
        .group_by(by)
        .agg(pl.col("rank").mean().alias("rank_correlation"))
    )


def class_hits(
    pairs: pl.DataFrame, forecast: str, outcome: str, by: Sequence[str] = ()
) -> pl.DataFrame:
    """How often each class that was forecast came true as each class.

    Args:
        pairs: One row per case, with a column of classes as forecast and one as they came.
        forecast: The first of them; null is a case that was left open (`uavklart`).
        outcome: The second.
        by: Groups.

    Returns:
        Grain `by` × forecast class × actual class: `n`, `share` of the forecast class, per cent.
        The share on the diagonal is how far an announced class can be trusted.
    """
    keys = [*by, forecast]
    return (
        pairs.group_by([*keys, outcome])
        .agg(pl.len().cast(pl.Int64).alias("n"))
        .with_columns((100 * pl.col("n") / pl.col("n").sum().over(keys)).alias("share"))
        .sort([*keys, outcome], nulls_last=True)
    )


def crps(draws: Float, actual: Float) -> Float:
    """Continuous ranked probability score: E|X − y| − ½·E|X − X′| (Gneiting & Raftery 2007).

    Args:
        draws: `[draw, …]`.
        actual: `[…]`.

    Returns:
        `[…]`, in the unit of the series; |error| where there is one draw.
    """
    ordered = np.sort(draws, axis=0)
    count = len(ordered)
    weight = (2 * np.arange(1, count + 1) - count - 1).reshape(-1, *[1] * actual.ndim)
    spread = (weight * ordered).sum(axis=0) / count**2
    found: Float = np.abs(draws - actual).mean(axis=0) - spread
    return found
