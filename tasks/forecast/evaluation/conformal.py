"""Intervals that cover what they say: split-conformal scaling per horizon and size class.

An interval of a simulation is stretched round its median by the factor that would have made it
cover on outcomes of the past (Lei et al. 2018, locally weighted split conformal; Romano et al. 2019
for scores relative to quantiles). The guarantee, coverage of at least 1 − α, holds where
calibration and use are exchangeable. Years are not, and outcomes of one year share its shocks:
`by_year` lets a year have one vote, and `docs/method/evaluation.md` tells what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import polars as pl

from tasks.forecast.evaluation.frames import QUANTILES
from tasks.forecast.evaluation.measures import HIGH80, LOW80, inside80, wilson
from tasks.forecast.types import Float

KEYS = ("horizon", "size_class")


def size_class(bounds: Sequence[float]) -> pl.Expr:
    """Number of a pair's size class, by its value at the origin; 0 is below the first bound."""
    found = pl.lit(0, pl.Int64)
    for bound in bounds:
        found = found + (pl.col("last") >= bound).cast(pl.Int64)
    return found.alias("size_class")


def score() -> pl.Expr:
    """How many half-intervals the outcome lies from the median.

    (y − m)/(u − m) above it, (m − y)/(m − l) below, with l and u the 80 per cent interval. Infinite
    where the interval has no width on that side: no factor would reach the outcome. Null where
    there is no interval.
    """
    error = pl.col("actual") - pl.col("q50")
    half = (
        pl.when(error > 0)
        .then(pl.col(HIGH80) - pl.col("q50"))
        .otherwise(pl.col("q50") - pl.col(LOW80))
    )
    known = pl.col(LOW80).is_not_null() & pl.col(HIGH80).is_not_null()
    return pl.when(known).then(
        pl.when(error == 0)
        .then(0.0)
        .when(half > 0)
        .then(error.abs() / half)
        .otherwise(float("inf"))
    )


def finite_sample_quantile(values: pl.Expr, coverage: float) -> pl.Expr:
    """The ⌈(n + 1)·coverage⌉-th smallest value; null where n is too small for it to exist."""
    n = values.count()
    # 1e-9: 0.8 · 5 is a hair above 4 in binary.
    rank = ((n + 1) * coverage - 1e-9).ceil().cast(pl.Int64)
    return pl.when(rank <= n).then(values.sort(nulls_last=True).get(rank - 1, null_on_oob=True))


def least_scores(coverage: float) -> int:
    """The fewest scores from which a factor can be found: the least n with ⌈(n + 1)·c⌉ ≤ n."""
    return ceil(coverage / (1 - coverage) - 1e-9)


def split(
    pairs: pl.DataFrame, bounds: Sequence[float], coverage: float = 0.8, by: Sequence[str] = ()
) -> pl.DataFrame:
    """Split-conformal factors: that cover on these pairs, each outcome counted as one.

    What runs use counts years instead (`by_year.fit`); this is what it is held against.

    Args:
        pairs: `PAIRS` with intervals.
        bounds: Lower bounds of the size classes above the first.
        coverage: Nominal coverage.
        by: Groups beside horizon and size class, such as `series`.

    Returns:
        Grain `by` × horizon × size class: `factor`, `n` scores. The factor is null where there are
        fewer than `least_scores`, or where no finite one would do.
    """
    keys = [*by, *KEYS]
    scored = pairs.with_columns(size_class(bounds), score().alias("score")).filter(
        pl.col("score").is_not_null()
    )
    return (
        scored.group_by(keys)
        .agg(
            finite_sample_quantile(pl.col("score"), coverage).alias("factor"),
            pl.len().cast(pl.Int64).alias("n"),
        )
        .with_columns(
            pl.when(pl.col("factor").is_finite()).then("factor").alias("factor"),
        )
        .sort(keys)
    )


def scaled(
    pairs: pl.DataFrame, factors: pl.DataFrame, bounds: Sequence[float], by: Sequence[str] = ()
) -> pl.DataFrame:
    """Pairs with every quantile stretched round the median, none below 0.

    Where there is no factor the quantiles become null: an interval that nothing speaks for is not
    shown as calibrated.
    """
    keys = [*by, *KEYS]
    joined = pairs.with_columns(size_class(bounds)).join(
        factors.select(*keys, "factor"), on=keys, how="left"
    )
    middle = pl.col("q50")
    return joined.with_columns(
        (middle + pl.col("factor") * (pl.col(q) - middle)).clip(lower_bound=0).alias(q)
        for q in QUANTILES
        if q != "q50"
    ).select(pairs.columns)


def lookup(
    factors: pl.DataFrame, last: Float, horizons: Sequence[int], bounds: Sequence[float]
) -> Float:
    """The factor of every cell of a forecast, for `stretch`.

    Args:
        factors: `by_year.fit` of one series and model.
        last: `[unit]`, values at the origin, which give the size classes.
        horizons: Periods ahead of the forecast's last axis.
        bounds: Lower bounds of the size classes above the first.

    Returns:
        `[unit, horizon]`; NaN where no factor was found: such a cell is not calibrated, and whoever
        leaves it as it is must say so.
    """
    known = {
        (row["horizon"], row["size_class"]): row["factor"] for row in factors.iter_rows(named=True)
    }
    sizes = np.searchsorted(np.asarray(bounds), last, side="right")
    table = np.array(
        [[known.get((h, size)) for h in horizons] for size in range(len(bounds) + 1)], np.float64
    )
    found: Float = table[sizes]
    return found


def stretch(draws: Float, factor: Float) -> Float:
    """Draws stretched round their median, none below 0.

    x′ = max(0, m + λ·(x − m)). It is rising in x, so the order of draws, and with it every path
    through horizons and units, stays; the median stays where it is at least 0.

    Args:
        draws: `[draw, …]`.
        factor: λ, broadcast to `[…]`, above 0; 1 leaves a cell as it is.
    """
    middle = np.median(draws, axis=0)
    found: Float = np.maximum(middle + factor * (draws - middle), 0)
    return found


@dataclass(frozen=True)
class Acceptance:
    """What an interval may cover, and from how many outcomes that is asked exactly.

    Attributes:
        low: Least share.
        high: Greatest share.
        least_outcomes: From this many outcomes the share itself must lie between them; with fewer,
            Wilson's interval must overlap them.
    """

    low: float
    high: float
    least_outcomes: int


def accepted(pairs: pl.DataFrame, rule: Acceptance, by: Sequence[str] = ()) -> pl.DataFrame:
    """Whether 80 per cent intervals cover what they say, on pairs they were not fitted on.

    Returns:
        Grain `by` (one row where it is empty): `n` outcomes with an interval, `coverage`, Wilson's
        `low` and `high` (all in per cent), `strict` (the share itself is asked) and `accepted`;
        null where there is no interval.
    """
    counted = pairs.with_columns(inside80().alias("_in")).filter(pl.col("_in").is_not_null())
    sums = [pl.col("_in").sum().cast(pl.Int64).alias("_hits"), pl.len().cast(pl.Int64).alias("n")]
    found = counted.group_by(by).agg(sums).sort(by) if by else counted.select(sums)
    low, high = wilson(pl.col("_hits"), pl.col("n"))
    share = pl.col("_hits") / pl.col("n")
    strict = pl.col("n") >= rule.least_outcomes
    exact = share.is_between(rule.low, rule.high)
    overlap = (low <= rule.high) & (high >= rule.low)
    some = pl.col("n") > 0
    return found.select(
        *by,
        "n",
        pl.when(some).then(100 * share).alias("coverage"),
        pl.when(some).then(100 * low).alias("low"),
        pl.when(some).then(100 * high).alias("high"),
        strict.alias("strict"),
        pl.when(some).then(pl.when(strict).then(exact).otherwise(overlap)).alias("accepted"),
    )
