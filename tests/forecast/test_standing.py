"""Law 6 and the intervals: what a forecast goes by, by its record."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tasks.forecast import standing
from tasks.forecast.evaluation.benchmarks import LAST_VALUE, LINEAR_TREND
from tasks.forecast.evaluation.frames import PAIRS, QUANTILES
from tasks.forecast.evaluation.record import CLASS_HITS, RECORD, SCALING
from tasks.forecast.evaluation.series import Tested as Record

COUNTED = np.array([[90.0, 100.0, 110.0], [2000.0, 2000.0, 2000.0]])
EXPECTED = np.array([[100.0, 120.0, 90.0, 80.0], [2200.0, 2100.0, 2000.0, 1900.0]])
AHEAD = (1, 2, 3, 4)
BOUNDS = (100.0, 1000.0)


def a_record(used: str, *horizons: int, factors: object = None) -> Record:
    pairs = pl.DataFrame(
        [
            {
                "model": used,
                "unit": unit,
                "horizon": h,
                "actual": actual,
                "q50": actual * np.exp(0.1 * h),
            }
            for h in horizons
            for unit, actual in (("a", 100.0), ("b", 2000.0))
        ]
    )
    told = {"unit": "*", "used": used, "reason": "fordi"}
    rows = [told | {"horizon": h, "is_model": True} for h in horizons]
    # A benchmark has been tested further on its own, which says nothing of the model there.
    rows += [told | {"horizon": h + 3, "is_model": False} for h in horizons]
    scaling = pl.DataFrame(factors or [], schema={k: SCALING[k] for k in SCALING}, orient="row")
    return Record(
        pl.DataFrame(schema={k: v for k, v in PAIRS.items() if k not in QUANTILES}).clear()
        if not horizons
        else pairs,
        pl.DataFrame(
            rows, schema={k: RECORD[k] for k in ("unit", "horizon", "used", "reason", "is_model")}
        ),
        scaling,
        pl.DataFrame(schema=CLASS_HITS),
    )


def of(test: Record | None) -> standing.Standing:
    return standing.of(
        test, "modell", counted=COUNTED, expected=EXPECTED, horizons=AHEAD, bounds=BOUNDS
    )


def test_a_model_that_won_is_left_as_it_is() -> None:
    found = of(a_record("modell", 1))
    assert (found.used, found.reason) == ("modell", "fordi")
    assert (found.factor == 1).all()
    assert (found.spread == 0).all()
    assert (found.stretch == 1).all()
    assert (found.tested_to, found.calibrated_to) == (1, 0)


@pytest.mark.parametrize("test", [None, a_record("modell")])
def test_no_model_without_a_record(test: Record | None) -> None:
    found = of(test)
    assert found.used == LAST_VALUE
    np.testing.assert_allclose((EXPECTED * found.factor)[:, 0], COUNTED[:, -1])
    assert found.reason == standing.NOT_TESTED


def test_a_benchmark_gives_the_level_and_the_model_what_comes_after_the_record() -> None:
    found = of(a_record(LINEAR_TREND, 1))
    forecast = EXPECTED * found.factor
    np.testing.assert_allclose(forecast[:, 0], [120.0, 2000.0])
    # Beyond one year nothing was tested: the model's change from there.
    np.testing.assert_allclose(forecast[:, 1:] / forecast[:, :1], EXPECTED[:, 1:] / EXPECTED[:, :1])
    further = of(a_record(LINEAR_TREND, 1, 2))
    np.testing.assert_allclose((EXPECTED * further.factor)[:, 1], [130.0, 2000.0])


def test_a_benchmarks_errors_are_drawn_and_grow_beyond_the_record() -> None:
    found = of(a_record(LAST_VALUE, 1, 2))
    assert found.spread[0] == pytest.approx([0.1, 0.2, 0.2 * np.sqrt(1.5), 0.2 * np.sqrt(2)])
    assert (found.stretch == 1).all()


def test_intervals_are_stretched_by_size_and_horizon_and_never_shrunk_untested() -> None:
    factors = [
        ("s", "modell", 1, 1, 0.7, 9),
        ("s", "modell", 1, 2, 1.6, 9),
        ("s", "modell", 2, 1, 1.3, 9),
        ("s", "modell", 2, 2, None, 1),
    ]
    found = of(a_record("modell", 1, 2, factors=factors))
    assert found.stretch[0].tolist() == [0.7, 1.3, 1.3, 1.3]
    # Its size class has no factor at two years: the widest of the others, and then that.
    assert found.stretch[1].tolist() == [1.6, 1.3, 1.3, 1.3]
    assert found.calibrated_to == 2
    short = of(a_record("modell", 1, factors=factors[:1]))
    assert short.stretch[0].tolist() == [0.7, 1.0, 1.0, 1.0]
    assert short.stretch[1].tolist() == [1.0, 1.0, 1.0, 1.0]
