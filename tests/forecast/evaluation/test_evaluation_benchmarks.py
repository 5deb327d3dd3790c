from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from evaluation_tools import bitemporal
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.forecast.evaluation import benchmarks
from tasks.forecast.evaluation.benchmarks import (
    CONSTANT_SHARES,
    KERNELS,
    LAST_VALUE,
    LINEAR_TREND,
    MEAN_RATIO,
)

FEW = settings(max_examples=25, deadline=None)


def long(values: np.ndarray) -> pl.DataFrame:
    return bitemporal(values).select("unit", "period", "value")


@FEW
@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(6, 10))
def test_benchmarks_are_those_of_a_naive_loop(seed: int, units: int, periods: int) -> None:
    values = np.random.default_rng(seed).integers(1, 1000, (units, periods)).astype(float)
    ahead = (1, 3)
    frame, origin = long(values), 2000 + periods - 1
    found = {name: benchmarks.forecast(frame, name, origin, ahead) for name in KERNELS}
    total = np.polyval(np.polyfit(range(-4, 1), values[:, -5:].sum(axis=0), 1), ahead)
    for number in range(units):
        series = values[number]
        ratio = series[-5:].sum() / series[-6:-1].sum()
        line = np.polyval(np.polyfit(range(-4, 1), series[-5:], 1), ahead)
        expected = {
            LAST_VALUE: [series[-1]] * 2,
            MEAN_RATIO: [series[-1] * ratio**h for h in ahead],
            LINEAR_TREND: np.maximum(line, 0),
            CONSTANT_SHARES: np.maximum(total, 0) * series[-1] / values[:, -1].sum(),
        }
        for name, points in expected.items():
            mine = found[name].filter(pl.col("unit") == f"u{number:02d}")["forecast"].to_list()
            assert mine == pytest.approx(list(points)), name


@FEW
@given(st.integers(0, 10_000), st.sampled_from(sorted(KERNELS)))
def test_nothing_after_the_origin_is_looked_at(seed: int, name: str) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(1, 1000, (3, 10)).astype(float)
    other = values.copy()
    other[:, 7:] = rng.integers(1, 1000, (3, 3))
    assert benchmarks.forecast(long(values), name, 2006, (1, 2)).equals(
        benchmarks.forecast(long(other), name, 2006, (1, 2))
    )


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_scaling_scales_and_holes_stay_holes(name: str) -> None:
    values = np.random.default_rng(4).integers(50, 1000, (4, 8)).astype(float)
    values[1, -1] = np.nan  # ended before the origin
    values[2, 3] = np.nan  # a hole in the window
    points = KERNELS[name](values, (1, 4))
    assert np.isnan(points[1]).all()
    assert np.isfinite(points[[0, 2, 3]]).all()
    assert KERNELS[name](7 * values, (1, 4)) == pytest.approx(7 * points, nan_ok=True)


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_a_series_that_stands_still_is_forecast_to_stand_still(name: str) -> None:
    values = np.repeat([[10.0], [30.0]], 7, axis=1)
    assert KERNELS[name](values, (1, 2, 6)) == pytest.approx(np.repeat(values[:, :1], 3, axis=1))


def test_one_value_is_enough_for_all() -> None:
    for kernel in KERNELS.values():
        assert kernel(np.array([[5.0], [0.0]]), (1,)) == pytest.approx(np.array([[5.0], [0.0]]))


def test_shares_of_one_unit_are_no_benchmark() -> None:
    assert [b.name for b in benchmarks.benchmarks(1)] == [LAST_VALUE, MEAN_RATIO, LINEAR_TREND]
    assert len(benchmarks.benchmarks(2)) == 4
