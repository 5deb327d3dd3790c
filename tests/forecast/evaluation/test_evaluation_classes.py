from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from evaluation_tools import made_up_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.forecast.evaluation import classes
from tasks.forecast.evaluation.classes import DOWN, OPEN, SAME, UP, Change
from tasks.forecast.evaluation.frames import LEVELS, QUANTILES

RULE = Change(0.05, 0.8)
FEW = settings(max_examples=50, deadline=None)


def one(quantiles: list[float], last: float, actual: float = 0.0) -> pl.DataFrame:
    return pl.DataFrame(
        {"last": [last], "actual": [actual], **dict(zip(QUANTILES, quantiles, strict=True))},
        schema_overrides=dict.fromkeys(("last", "actual", *QUANTILES), pl.Float64),
    )


@FEW
@given(
    st.lists(st.floats(0, 1e4), min_size=7, max_size=7).map(sorted),
    st.floats(-10, 2e4),
)
def test_the_share_below_is_linear_between_kept_quantiles(
    quantiles: list[float], level: float
) -> None:
    found = one(quantiles, 1.0).select(
        classes.below(pl.lit(level)).alias("below"),
        classes.below(pl.lit(level), at=True).alias("at"),
    )
    below, at = found["below"].item(), found["at"].item()
    assert LEVELS[0] - 1e-9 <= below <= at <= LEVELS[-1] + 1e-9
    if len(set(quantiles)) == 7:
        expected = np.interp(level, quantiles, LEVELS)
        assert below == pytest.approx(expected, abs=1e-6)
        assert at == pytest.approx(expected, abs=1e-6)


@FEW
@given(st.floats(1, 1e4), st.floats(0.2, 5), st.floats(0.001, 1), st.floats(0.01, 100))
def test_the_class_does_not_depend_on_the_unit_of_measure(
    last: float, growth: float, spread: float, scale: float
) -> None:
    z = np.array([-1.645, -1.2816, -0.6745, 0, 0.6745, 1.2816, 1.645])
    quantiles = last * growth * np.exp(spread * z)
    told = [
        one(list(quantiles * by), last * by).select(classes.announced(RULE)).item()
        for by in (1.0, scale)
    ]
    # An outcome on the very edge of a band may fall either way in floating point.
    edges = [abs(growth / (1 + sign * 0.05) - 1) for sign in (-1, 1)]
    assert told[0] == told[1] or min(edges) < 1e-6


@pytest.mark.parametrize(
    ("middle", "half", "told"),
    [(100.0, 2.0, SAME), (80.0, 5.0, DOWN), (120.0, 5.0, UP), (100.0, 30.0, OPEN), (96, 9, OPEN)],
)
def test_a_class_is_announced_where_it_is_likely_enough(
    middle: float, half: float, told: str
) -> None:
    quantiles = [middle + half * s for s in (-1.3, -1, -0.5, 0, 0.5, 1, 1.3)]
    assert one(quantiles, 100.0).select(classes.announced(RULE)).item() == told


def test_no_class_is_announced_on_a_tail_that_was_not_kept() -> None:
    """With 0.05 unknown below, «som før» has at most 0.79 of what is known up to 0.84."""
    quantiles = [96.0, 97.0, 99.0, 100.0, 103.0, 107.0, 109.0]
    frame = one(quantiles, 100.0)
    at_edge = frame.select(classes.below(pl.lit(105.0), at=True)).item()
    assert at_edge == pytest.approx(0.825)
    assert frame.select(classes.announced(RULE)).item() == OPEN


def test_points_announce_nothing() -> None:
    bare = one([100.0] * 7, 100.0).with_columns(pl.lit(None, pl.Float64).alias("q05"))
    assert bare.select(classes.announced(RULE)).item() is None
    assert classes.summary(bare.with_columns(s=pl.lit("s")), RULE, ("s",)).is_empty()


@pytest.mark.parametrize(
    ("actual", "told"), [(94.9, DOWN), (95.0, SAME), (105.0, SAME), (105.1, UP), (0.0, DOWN)]
)
def test_the_outcome_has_a_class_of_its_own(actual: float, told: str) -> None:
    frame = one([1.0] * 7, 100.0, actual)
    assert frame.select(classes.came_true(RULE)).item() == told


def test_every_case_is_in_one_cell_and_the_diagonal_is_what_is_right() -> None:
    pairs = made_up_pairs(2, 20, 12, 3, spread=0.02)
    cells = classes.matrix(pairs, RULE)
    told = classes.summary(pairs, RULE)
    assert cells.height == 3 * 4 * 3
    sums = cells.group_by("horizon").agg(pl.col("n").sum()).sort("horizon")
    assert sums["n"].to_list() == told["n"].to_list() == [240] * 3
    right = (
        cells.filter(pl.col("forecast_class") == pl.col("outcome_class"))
        .group_by("horizon")
        .agg(pl.col("n").sum())
        .sort("horizon")["n"]
    )
    assert (100 * right / told["n_given"]).to_list() == pytest.approx(told["right"].to_list())
    shares = cells.group_by("horizon", "forecast_class").agg(
        pl.col("share").sum(), pl.col("share").null_count().alias("nulls"), pl.col("n").sum()
    )
    assert shares.filter(pl.col("n") > 0)["share"].to_list() == pytest.approx(
        [100.0] * shares.filter(pl.col("n") > 0).height
    )
    # Never announced, so there is nothing to have a share of.
    assert shares.filter(pl.col("n") == 0)["nulls"].to_list() == [3] * (
        shares.filter(pl.col("n") == 0).height
    )


def test_what_is_said_with_80_per_cent_is_right_that_often_where_intervals_are() -> None:
    """Forecasts whose quantiles are the truth: a class announced at 0.8 is right at least so."""
    pairs = made_up_pairs(11, 300, 40, 1, spread=0.04)
    row = classes.summary(pairs, RULE, ("series",)).row(0, named=True)
    assert row["n_given"] > 1000
    assert row["right_high"] >= 80
