from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from evaluation_tools import made_up_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.forecast.evaluation import conformal
from tasks.forecast.evaluation.conformal import Acceptance
from tasks.forecast.evaluation.frames import QUANTILES
from tasks.forecast.evaluation.measures import inside80

FEW = settings(max_examples=25, deadline=None)
BOUNDS = (100.0, 1000.0)
RULE = Acceptance(0.75, 0.85, 400)


def narrowed(pairs: pl.DataFrame, by: float) -> pl.DataFrame:
    middle = pl.col("q50")
    return pairs.with_columns((middle + by * (pl.col(q) - middle)).alias(q) for q in QUANTILES)


@pytest.mark.parametrize("width", [0.3, 3.0])
def test_too_narrow_and_too_wide_intervals_cover_as_they_say_on_new_data(width: float) -> None:
    """Exchangeable data: the guarantee of split-conformal holds, up to Monte Carlo error."""
    fitted = conformal.split(narrowed(made_up_pairs(5, 60, 30, 2), width), ())
    new = narrowed(made_up_pairs(6, 60, 30, 2), width)
    before = new.select(inside80().mean()).item()
    after = conformal.scaled(new, fitted, ()).select(inside80().mean()).item()
    # Standard error of both samples together: √(2 · 0.8 · 0.2 / 3 600).
    assert after == pytest.approx(0.8, abs=3 * (2 * 0.16 / 3600) ** 0.5)
    assert abs(before - 0.8) > 0.15


def test_coverage_over_many_small_calibrations_is_at_least_nominal() -> None:
    """n = 9 scores: ⌈10·0.8⌉ = 8th of 9, so the coverage of a new one is 8/10 exactly."""
    scores = np.random.default_rng(3).exponential(size=(20_000, 10))
    expression = conformal.finite_sample_quantile(pl.col("s"), 0.8)
    quantile = (
        pl.DataFrame({"g": np.repeat(np.arange(20_000), 9), "s": scores[:, :9].ravel()})
        .group_by("g")
        .agg(expression.alias("q"))
        .sort("g")["q"]
        .to_numpy()
    )
    assert (scores[:, 9] <= quantile).mean() == pytest.approx(0.8, abs=3 * (0.16 / 20_000) ** 0.5)


@FEW
@given(st.lists(st.floats(0, 100), min_size=1, max_size=30), st.sampled_from([0.5, 0.8, 0.9]))
def test_finite_sample_quantile_is_its_definition(scores: list[float], coverage: float) -> None:
    found = (
        pl.DataFrame({"s": scores})
        .select(conformal.finite_sample_quantile(pl.col("s"), coverage))
        .item()
    )
    rank = -int(-(len(scores) + 1) * coverage // 1)
    assert found == (sorted(scores)[rank - 1] if rank <= len(scores) else None)
    assert (found is None) == (len(scores) < conformal.least_scores(coverage))


def test_the_factor_is_the_least_that_covers(pairs: pl.DataFrame) -> None:
    """Scaled by a class's factor, exactly the rank's number of its own outcomes are inside."""
    factors = conformal.split(pairs, ())
    inside = (
        conformal.scaled(pairs, factors, ())
        .group_by("horizon")
        .agg(inside80().sum().alias("inside"))
    )
    n = pairs.height // 3
    # The outcome on the edge may fall either way in floating point.
    assert all(n * 0.8 - 1 <= hits <= (n + 1) * 0.8 + 1 for hits in inside["inside"])


def test_no_width_cannot_be_stretched(pairs: pl.DataFrame) -> None:
    flat = narrowed(pairs, 0.0)
    factors = conformal.split(flat, BOUNDS)
    assert factors["factor"].null_count() == factors.height
    assert conformal.scaled(flat, factors, BOUNDS)["q10"].null_count() == flat.height


@FEW
@given(st.integers(0, 10_000), st.floats(0.01, 20))
def test_stretched_draws_keep_order_and_stay_above_zero(seed: int, factor: float) -> None:
    draws = np.random.default_rng(seed).poisson(5, (41, 3, 2)).astype(float)
    found = conformal.stretch(draws, np.full((3, 2), factor))
    assert (found >= 0).all()
    assert np.median(found, axis=0) == pytest.approx(np.median(draws, axis=0))
    order = np.argsort(draws, axis=0, kind="stable")
    assert (np.diff(np.take_along_axis(found, order, axis=0), axis=0) >= 0).all()
    one = conformal.stretch(draws, np.ones((3, 2)))
    assert one == pytest.approx(draws)


def test_size_classes_are_by_what_was_known_at_the_origin() -> None:
    frame = pl.DataFrame({"last": [0.0, 99.9, 100.0, 5000.0], "actual": [1e6] * 4})
    assert frame.select(conformal.size_class(BOUNDS))["size_class"].to_list() == [0, 0, 1, 2]


def test_acceptance_is_exact_with_many_and_lenient_with_few() -> None:
    many = made_up_pairs(9, 30, 20, 1)
    row = conformal.accepted(many, RULE).row(0, named=True)
    assert (row["n"], row["strict"], row["accepted"]) == (600, True, True)
    narrow = conformal.accepted(narrowed(many, 0.5), RULE).row(0, named=True)
    assert (narrow["strict"], narrow["accepted"]) == (True, False)
    few = many.head(20).with_columns(
        pl.when(pl.int_range(pl.len()) < 13).then("q50").otherwise(0.0).alias("actual")
    )
    lenient = conformal.accepted(few, RULE).row(0, named=True)
    assert (lenient["n"], lenient["coverage"], lenient["strict"]) == (20, 65, False)
    assert lenient["accepted"]  # 65 % of 20 is no proof against 80 %
    hopeless = conformal.accepted(narrowed(many, 0.0).head(20), RULE).row(0, named=True)
    assert not hopeless["accepted"]
    points = many.with_columns(pl.lit(None, pl.Float64).alias("q10"))
    assert conformal.accepted(points, RULE).row(0, named=True)["accepted"] is None


def test_a_hit_without_an_interval_is_no_score(pairs: pl.DataFrame) -> None:
    """Else exact hits of points would shrink the intervals of others to nothing."""
    bare = pairs.with_columns(
        pl.col("q50").alias("actual"),
        *(pl.lit(None, pl.Float64).alias(q) for q in QUANTILES if q != "q50"),
    )
    assert bare.select(conformal.score().alias("s"))["s"].null_count() == pairs.height
    assert conformal.split(bare, ()).is_empty()


def test_factors_are_looked_up_by_size_and_horizon() -> None:
    pairs = made_up_pairs(12, 40, 10, 2)
    factors = conformal.split(pairs, BOUNDS)
    assert factors.height == 6
    last = np.array([50.0, 100.0, 5000.0])
    found = conformal.lookup(factors, last, (1, 2, 3), BOUNDS)
    for unit, size in enumerate((0, 1, 2)):
        for horizon in (1, 2):
            one = factors.filter(pl.col("horizon") == horizon, pl.col("size_class") == size)
            assert found[unit, horizon - 1] == one["factor"].item()
    assert np.isnan(found[:, 2]).all()  # nothing was tested three years ahead


def test_stretched_by_the_looked_up_factors_draws_cover_as_the_pairs_do() -> None:
    """Draws in, draws out: what a run does with its simulation comes to what was measured."""
    pairs = narrowed(made_up_pairs(13, 60, 20, 1), 0.4)
    factors = conformal.split(pairs, ())
    rng = np.random.default_rng(1)
    new = pairs.sample(fraction=1, shuffle=True, seed=1)
    middle = new["q50"].to_numpy()
    sigma = (new["q90"].to_numpy() / middle - 1) / 1.2816
    draws = middle * (1 + sigma * rng.standard_normal((999, len(middle))))
    factor = conformal.lookup(factors, new["last"].to_numpy(), (1,), ())[:, 0]
    low, high = np.quantile(conformal.stretch(draws, factor), (0.1, 0.9), axis=0)
    actual = new["actual"].to_numpy()
    assert ((low <= actual) & (actual <= high)).mean() == pytest.approx(0.8, abs=0.03)
