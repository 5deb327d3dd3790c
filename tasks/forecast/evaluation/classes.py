"""Classes of change that a planner acts on: announced where they are likely enough, else open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from tasks.forecast.evaluation.frames import LEVELS, QUANTILES
from tasks.forecast.evaluation.measures import class_hits, wilson

DOWN, SAME, UP, OPEN = "ned", "som før", "opp", "uavklart"
ANNOUNCED = (DOWN, SAME, UP)
FORECAST, OUTCOME = "forecast_class", "outcome_class"


@dataclass(frozen=True)
class Change:
    """What counts as a change, and how sure one must be to say so.

    Attributes:
        band: A change of at most this share of the value at the origin is none.
        certainty: Least probability with which a class is announced.
    """

    band: float
    certainty: float


def below(level: pl.Expr, *, at: bool = False) -> pl.Expr:
    """Share of the forecast below a level, linear between the kept quantiles.

    Of the tails beyond the outermost quantiles nothing is known but their mass, so F is held
    between their probabilities: no class is announced on a tail that was never kept. Null where
    there are no intervals.

    Args:
        level: In the unit of the series.
        at: Whether what lies at the level itself is counted: quantiles may be equal.
    """
    found = pl.lit(LEVELS[0])
    for (low, q), (high, r) in pairwise(zip(LEVELS, QUANTILES, strict=True)):
        width = pl.col(r) - pl.col(q)
        part = (
            pl.when(width > 0)
            .then(((level - pl.col(q)) / width).clip(0, 1))
            .otherwise(((level >= pl.col(r)) if at else (level > pl.col(r))).cast(pl.Float64))
        )
        found = found + (high - low) * part
    return found


def announced(rule: Change) -> pl.Expr:
    """The class of a row of pairs that is likely enough, else `OPEN`; null without intervals.

    P(ned) = F(y₀(1 − b)), P(opp) = 1 − F(y₀(1 + b)), P(som før) what is between, with y₀ the
    value at the origin and b the band.
    """
    low = below(pl.col("last") * (1 - rule.band))
    high = below(pl.col("last") * (1 + rule.band), at=True)
    # 1e-9: probabilities are sums of levels, and 0.8 is not one in binary.
    least = rule.certainty - 1e-9
    known = pl.all_horizontal(pl.col(q).is_not_null() for q in QUANTILES)
    return pl.when(known).then(
        pl.when(low >= least)
        .then(pl.lit(DOWN))
        .when(1 - high >= least)
        .then(pl.lit(UP))
        .when(high - low >= least)
        .then(pl.lit(SAME))
        .otherwise(pl.lit(OPEN))
    )


def came_true(rule: Change) -> pl.Expr:
    """The class that the outcome of a row of pairs belongs to."""
    actual, last = pl.col("actual"), pl.col("last")
    return (
        pl.when(actual < last * (1 - rule.band))
        .then(pl.lit(DOWN))
        .when(actual > last * (1 + rule.band))
        .then(pl.lit(UP))
        .otherwise(pl.lit(SAME))
    )


def matrix(
    pairs: pl.DataFrame, rule: Change, by: Sequence[str] = ("series", "model", "horizon")
) -> pl.DataFrame:
    """How often each announced class came true as each.

    Args:
        pairs: `PAIRS`; those without intervals announce nothing and are not counted.
        rule: Band and certainty.
        by: What a matrix is of.

    Returns:
        Grain `by` × `forecast_class` (`uavklart` with them) × `outcome_class`, every cell: `n`, and
        `share` of the forecast class, per cent (null where it was never announced).
    """
    classed = _classed(pairs, rule)
    counted = class_hits(classed, FORECAST, OUTCOME, by)
    cells = (
        classed.select(by)
        .unique()
        .join(pl.DataFrame({FORECAST: [*ANNOUNCED, OPEN]}), how="cross")
        .join(pl.DataFrame({OUTCOME: ANNOUNCED}), how="cross")
    )
    keys = [*by, FORECAST, OUTCOME]
    some = pl.col("n").sum().over(*by, FORECAST) > 0
    return (
        cells.join(counted, on=keys, how="left")
        .with_columns(pl.col("n").fill_null(0))
        .with_columns(pl.when(some).then(pl.col("share").fill_null(0.0)).alias("share"))
        .sort(keys)
    )


def summary(
    pairs: pl.DataFrame, rule: Change, by: Sequence[str] = ("series", "model", "horizon")
) -> pl.DataFrame:
    """How often a class was announced, and how often it then was right.

    Returns:
        Grain `by`: `n` pairs with intervals, `n_given` with a class, `given` their share; `right`
        the share of those that came true, with Wilson's `right_low` and `right_high`; `commonest`
        the share of the class that came true most often: what always saying it would have given.
        Shares in per cent.
    """
    given = pl.col(FORECAST) != OPEN
    hit = pl.col(FORECAST) == pl.col(OUTCOME)
    found = (
        _classed(pairs, rule)
        .group_by(by)
        .agg(
            pl.len().cast(pl.Int64).alias("n"),
            given.sum().cast(pl.Int64).alias("n_given"),
            (given & hit).sum().cast(pl.Int64).alias("_right"),
            (100 * pl.col(OUTCOME).unique_counts().max() / pl.len()).alias("commonest"),
        )
    )
    low, high = wilson(pl.col("_right"), pl.col("n_given"))
    some = pl.col("n_given") > 0
    right = pl.col("_right") / pl.col("n_given")
    return found.select(
        *by,
        "n",
        "n_given",
        (100 * pl.col("n_given") / pl.col("n")).alias("given"),
        *(
            pl.when(some).then(100 * share).alias(name)
            for name, share in (("right", right), ("right_low", low), ("right_high", high))
        ),
        "commonest",
    ).sort(by)


def _classed(pairs: pl.DataFrame, rule: Change) -> pl.DataFrame:
    return pairs.with_columns(
        announced(rule).alias(FORECAST), came_true(rule).alias(OUTCOME)
    ).filter(pl.col(FORECAST).is_not_null())
