from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from evaluation_tools import assert_obeys, bitemporal
from scipy import stats

from tasks.forecast.evaluation import benchmarks, models, origins
from tasks.forecast.evaluation.frames import LEVELS, Forecaster, Known, Wide
from tasks.forecast.evaluation.measures import inside80, table

BANDS = ((6, 12), (13, 15), (16, 19))


def aged(units: int, periods: int, growth: float, seed: int = 1) -> np.ndarray:
    """`[unit, age 0–19, period]`: births of chance size, every cohort growing `growth` a year."""
    rng = np.random.default_rng(seed)
    counts = np.zeros((units, 20, periods + 20))
    counts[:, 0] = rng.integers(800, 1200, (units, periods + 20))
    for year in range(1, periods + 20):
        counts[:, 1:, year] = counts[:, :-1, year - 1] * growth
    return counts[:, :, 20:]


def known(counts: np.ndarray, first: int, last: int, kept: list[tuple[int, int]]) -> Known:
    """A cohort of ages, with the sums of the kept bands beside."""
    names = [f"u{i}" for i in range(len(counts))]
    periods = tuple(range(2000, 2000 + counts.shape[2]))
    units = tuple(sorted(f"{name}|{low}" for name in names for low, _ in kept))
    sums = {
        f"{name}|{low}": counts[i, low : high + 1].sum(axis=0)
        for i, name in enumerate(names)
        for low, high in kept
    }
    others = {models.AGES: Wide(units, periods, np.array([sums[unit] for unit in units]))}
    return Known(Wide(tuple(names), periods, counts[:, first : last + 1].sum(axis=1)), others)


@pytest.mark.parametrize("horizon", [1, 3, 6])
def test_ageing_is_exact_where_every_cohort_grows_alike(horizon: int) -> None:
    counts = aged(3, 12, 1.01)
    single = known(counts, 16, 18, [(a, a) for a in range(20)])
    past = single.until(2011 - horizon)
    found = models.Ageing(16, 18, 3, 50.0).forecast(past, (horizon,)).values[0, :, 0]
    assert found == pytest.approx(single.series.values[:, -1], rel=1e-9)


def test_ageing_has_no_forecast_beyond_the_youngest_age() -> None:
    counts = aged(2, 8, 1.0)
    some = known(counts, 16, 18, [(a, a) for a in range(14, 20)])
    points = models.Ageing(16, 18, 3, 50.0).forecast(some, (1, 2, 3)).values[0]
    assert np.isfinite(points[:, :2]).all()
    assert np.isnan(points[:, 2]).all()


def test_bands_share_out_their_ages() -> None:
    model = models.BandAgeing(BANDS, 5, 0.0)
    # 16–19 in a year are 15–18 now: one of three ages, and three of four.
    assert model.shares(1) == pytest.approx([0, 1 / 3, 3 / 4])
    assert model.shares(6) == pytest.approx([3 / 7, 1 / 3, 0])
    assert np.isnan(model.shares(11)).all()


def test_band_ageing_is_exact_where_cohorts_are_of_one_size() -> None:
    counts = np.ones((2, 20, 20)) * np.array([100.0, 7.0])[:, None, None]
    counts *= 1.02 ** np.arange(20)
    history = known(counts, 16, 19, list(BANDS))
    past = history.until(2013)
    points = models.BandAgeing(BANDS, 5, 0.0).forecast(past, (1, 3, 6)).values[0]
    # The correction is the growth of h years, as it has been.
    assert points == pytest.approx(history.series.values[:, [14, 16, 19]], rel=1e-9)


def test_ageing_follows_waves_that_no_benchmark_sees() -> None:
    counts = aged(4, 26, 1.0, seed=5)
    frame = pl.concat(
        [
            bitemporal(counts[:, 16:20].sum(axis=1)),
            *(
                bitemporal(counts[:, low : high + 1].sum(axis=1), series="a").with_columns(
                    (pl.col("unit") + f"|{low}").alias("unit")
                )
                for low, high in BANDS
            ),
        ]
    )
    model = models.BandAgeing(BANDS, 5, 50.0)
    pairs = origins.rolling(
        frame, "s", [model, *benchmarks.benchmarks(4)], others={models.AGES: "a"}, least=10
    )
    mape = table(pairs, ("model",)).sort("mape")
    assert mape["model"][0] == model.name


@pytest.mark.parametrize("phi", [0.0, 0.6, 1.0])
def test_damping(phi: float) -> None:
    values = 100 * 1.1 ** np.arange(8.0)[None]
    found = models.DampedTrend(phi, 5).forecast(
        Known(Wide(("u",), tuple(range(8)), values)), (1, 2)
    )
    sums = [phi, phi + phi**2]
    assert found.values[0, 0] == pytest.approx([values[0, -1] * 1.1**s for s in sums])


def test_the_best_of_the_past_is_taken_per_horizon() -> None:
    rising = np.tile(100 * 1.05 ** np.arange(10.0), (2, 1))
    series = Known(Wide(("a", "b"), tuple(range(10)), rising))
    last = benchmarks.Benchmark(benchmarks.LAST_VALUE)
    ratio = benchmarks.Benchmark(benchmarks.MEAN_RATIO)
    best = models.BestOfPast((last, ratio), least=3)
    assert np.array_equal(
        best.forecast(series, (1, 3)).values, ratio.forecast(series, (1, 3)).values
    )
    # Nothing to compare yet: the plainest.
    early = series.until(2)
    assert np.array_equal(best.forecast(early, (1,)).values, last.forecast(early, (1,)).values)


def test_intervals_from_past_errors_cover_and_widen_with_the_horizon() -> None:
    rng = np.random.default_rng(7)
    walks = 1000 * np.exp(0.05 * rng.standard_normal((30, 40)).cumsum(axis=1))
    model = models.WithErrors(benchmarks.Benchmark(benchmarks.LAST_VALUE), least=3)
    pairs = origins.rolling(bitemporal(walks), "s", [model], horizons=(1, 4), least=15)
    covered = pairs.group_by("horizon").agg(inside80().mean().alias("in")).sort("horizon")
    # Walks of one unit overlap at four years ahead, so its error is the larger one.
    assert covered["in"].to_list() == pytest.approx([0.8, 0.8], abs=0.06)
    width = pairs.group_by("horizon").agg((pl.col("q90") / pl.col("q10")).log().mean())
    one, four = width.sort("horizon")["q90"]
    assert four / one == pytest.approx(2, rel=0.15)


def test_student_is_the_tabled_distribution() -> None:
    freedom = np.array([1.0, 2.0, 5.0, 30.0])
    exact = stats.t.ppf(np.array(LEVELS)[:, None], freedom)
    found = models.student(LEVELS, freedom)
    assert found[:, 1:] == pytest.approx(exact[:, 1:], rel=0.01, abs=1e-12)
    assert found[:, 0] == pytest.approx(exact[:, 0], rel=0.05, abs=1e-12)


def test_before_any_error_is_known_there_is_no_interval() -> None:
    series = Known(Wide(("u",), (2000, 2001, 2002), np.array([[5.0, 6.0, 7.0]])))
    model = models.WithErrors(benchmarks.Benchmark(benchmarks.LAST_VALUE), least=3)
    drawn = model.forecast(series, (1,))
    assert drawn.values.tolist() == [[[7.0]]]
    assert np.isnan(drawn.quantiles()[0]).all()


def test_a_horizon_without_past_errors_has_a_point_and_no_interval() -> None:
    values = np.array([[5.0, 6.0, 7.0, 9.0]])
    series = Known(Wide(("u",), (2000, 2001, 2002, 2003), values))
    model = models.WithErrors(benchmarks.Benchmark(benchmarks.LAST_VALUE), least=3)
    quantiles = model.forecast(series, (1, 2)).quantiles()
    assert np.isfinite(quantiles[:, 0, 0]).all()
    assert quantiles[3, 0, 1] == 9
    assert np.isnan(np.delete(quantiles[:, 0, 1], 3)).all()


LAST = benchmarks.Benchmark(benchmarks.LAST_VALUE)
SINGLE = [(age, age) for age in range(20)]
MODELS = [
    *((benchmark, SINGLE) for benchmark in benchmarks.benchmarks(2)),
    (models.DampedTrend(0.8, 5), SINGLE),
    (models.BestOfPast((LAST, models.DampedTrend(1.0, 5)), 3), SINGLE),
    (models.Ageing(16, 19, 3, 50.0), SINGLE),
    (models.BandAgeing(BANDS, 3, 50.0), list(BANDS)),
    (models.WithErrors(models.Ageing(16, 19, 3, 50.0), 5, (100,)), SINGLE),
    (models.WithErrors(LAST, 3), SINGLE),
]


@pytest.mark.parametrize(("model", "kept"), MODELS, ids=lambda value: getattr(value, "name", ""))
def test_every_model_obeys_the_laws_of_forecasters(
    model: Forecaster, kept: list[tuple[int, int]]
) -> None:
    assert_obeys(model, known(aged(3, 14, 1.01, seed=9), 16, 19, kept), (1, 3, 6))
