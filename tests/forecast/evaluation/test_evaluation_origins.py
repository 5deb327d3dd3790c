from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from evaluation_tools import bitemporal
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.errors import WrongUse
from tasks.forecast.evaluation import benchmarks, models, origins
from tasks.forecast.evaluation.frames import AS_KNOWN, AS_REVISED, Draws, Known, wide

FEW = settings(max_examples=15, deadline=None)
LAST = benchmarks.Benchmark(benchmarks.LAST_VALUE)
FORECASTERS = (
    *benchmarks.benchmarks(3),
    models.WithErrors(models.DampedTrend(0.8, 5), least=3, bounds=(100,)),
    models.BestOfPast((LAST, models.DampedTrend(1.0, 5, name="trend")), least=3),
)


def vintages(values: np.ndarray, revised: np.ndarray, from_period: int) -> pl.DataFrame:
    """A vintage a year from `from_period`, telling all years before it; the newest revises."""
    years = range(from_period, values.shape[1])
    told = [bitemporal(values[:, : y + 1], known=date(2001 + y, 2, 1)) for y in years]
    return pl.concat([*told[:-1], bitemporal(revised, known=date(2001 + years[-1], 2, 1))])


@pytest.fixture
def frame() -> pl.DataFrame:
    values = np.random.default_rng(2).integers(50, 500, (3, 12)).astype(float)
    return vintages(values, values + 1, 8)


def test_origins_are_as_known_from_the_first_vintage_on(frame: pl.DataFrame) -> None:
    found = list(origins.origins(frame, "s"))
    assert [o for o, _, basis in found if basis == AS_REVISED] == list(range(2000, 2008))
    assert [(o, on) for o, on, basis in found if basis == AS_KNOWN] == [
        (year, date(year + 1, 2, 1)) for year in range(2008, 2012)
    ]


def test_one_vintage_says_as_revised() -> None:
    alone = bitemporal(np.ones((1, 9)))
    assert {basis for _, _, basis in origins.origins(alone, "s")} == {AS_REVISED}
    pairs = origins.rolling(alone, "s", [LAST], horizons=(1,))
    assert pairs["basis"].unique().to_list() == [AS_REVISED]
    assert pairs["known_on"].null_count() == pairs.height


def test_the_forecast_stands_on_what_was_known_and_the_outcome_on_the_newest(
    frame: pl.DataFrame,
) -> None:
    pairs = origins.rolling(frame, "s", [LAST], horizons=(1, 2))
    newest = origins.latest(frame)
    one = pairs.filter(pl.col("origin") == 2009, pl.col("horizon") == 2, pl.col("unit") == "u01")
    then = origins.as_known(frame, date(2010, 2, 1))

    def value(of: pl.DataFrame, period: int) -> float:
        return of.filter(pl.col("unit") == "u01", pl.col("period") == period)["value"].item()

    assert one["q50"].item() == one["last"].item() == value(then, 2009)
    assert one["actual"].item() == value(newest, 2011)
    assert value(newest, 2009) == value(then, 2009) + 1  # was revised since


@FEW
@given(st.integers(0, 10_000), st.integers(2005, 2009))
def test_nothing_from_after_the_origin_leaks(seed: int, origin: int) -> None:
    """Other futures and later revisions give the same forecasts to the last bit."""
    rng = np.random.default_rng(seed)
    values = rng.integers(50, 500, (3, 12)).astype(float)
    revised = rng.integers(50, 500, (3, 12)).astype(float)
    future = values.copy()
    future[:, origin - 1999 :] = rng.integers(50, 500, (3, 2011 - origin))
    forecasts = [
        origins.rolling(vintages(known, revised, 4), "s", FORECASTERS, horizons=(1, 2))
        .filter(pl.col("origin") == origin)
        .drop("actual")
        for known in (values, future)
    ]
    assert forecasts[0].height == 3 * len(FORECASTERS) * min(2, 2011 - origin)
    assert forecasts[0].equals(forecasts[1])


def test_the_other_series_ends_at_the_origin_too() -> None:
    values = np.arange(24.0).reshape(2, 12)
    frame = pl.concat([bitemporal(values), bitemporal(values, series="o")])
    seen: list[tuple[int, int]] = []

    class Spy:
        name = "spion"

        def forecast(self, known: Known, horizons: tuple[int, ...]) -> Draws:
            seen.append((known.origin, known.others["alt"].periods[-1]))
            points = np.ones((1, len(known.series.units), len(horizons)))
            return Draws(known.series.units, horizons, points)

    origins.rolling(frame, "s", [Spy()], others={"alt": "o"})
    assert seen
    assert all(mine == other for mine, other in seen)


def test_editions_are_held_against_what_was_registered() -> None:
    registered = bitemporal(np.array([[100.0, 110, 120, 130]]), first=2022)
    edition = bitemporal(np.array([[100.0, 111, 118, 140, 150]]), 2022, known=date(2022, 6, 1))
    pairs = origins.of_editions(edition, registered, "s", "framskriving").sort("horizon")
    assert pairs["horizon"].to_list() == [1, 2, 3]
    assert pairs["q50"].to_list() == [111, 118, 140]
    assert pairs["actual"].to_list() == [110, 120, 130]
    assert pairs["last"].to_list() == [100] * 3
    assert pairs["known_on"].unique().to_list() == [date(2022, 6, 1)]


def test_two_values_of_one_period_are_refused() -> None:
    doubled = pl.concat([bitemporal(np.ones((1, 2)))] * 2).select("unit", "period", "value")
    with pytest.raises(WrongUse, match="én verdi"):
        wide(doubled)


def test_draws_stand_for_a_quantile_function() -> None:
    levels = (0.1, 0.5, 0.9)
    quantiles = np.array([10.0, 20, 40])[:, None, None]
    drawn = Draws.of_quantiles(("u",), (1,), levels, quantiles, count=4001)
    assert drawn.quantiles(levels).ravel() == pytest.approx([10, 20, 40], rel=2e-3)
    assert (np.diff(drawn.values[:, 0, 0]) >= 0).all()


class Foresees:
    """A model that has a figure for every unit, also for one that had none yet."""

    name = "ser alt"

    def forecast(self, known: Known, horizons: tuple[int, ...]) -> Draws:
        units = known.series.units
        return Draws(units, horizons, np.full((1, len(units), len(horizons)), 2.0))


def test_a_unit_without_a_value_at_the_origin_is_no_trial_of_a_model() -> None:
    """Nothing can be held beside it: no benchmark says anything of it."""
    values = np.full((2, 9), 5.0)
    values[1, :8] = np.nan
    pairs = origins.rolling(bitemporal(values), "s", [LAST, Foresees()], horizons=(1,), least=2)
    assert pairs["unit"].unique().to_list() == ["u00"]
    assert pairs["model"].n_unique() == 2
    assert pairs["last"].null_count() == 0
