from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from labour_tools import COUNTY, declared, made_up

from tasks.forecast.evaluation.frames import Forecaster, Known, wide
from tasks.forecast.labour.forecaster import Employment, series_of

MODEL: Forecaster = Employment(declared(), COUNTY, seed=3, draws=300)
SERIES = wide(
    made_up(31)["employed_by_area_industry"].select(
        pl.concat_str("area_code", "industry_code", separator="|").alias("unit"),
        pl.col("year").alias("period"),
        pl.col("employed").alias("value"),
    )
)


def test_figures_stand_in_their_cells() -> None:
    data = series_of(Known(SERIES))
    unit = SERIES.units.index("intake-b|86-88")
    np.testing.assert_array_equal(
        data.industry[:, data.industries.index("86-88"), data.regions.index("intake-b")],
        SERIES.values[unit],
    )


def test_what_comes_after_the_origin_changes_nothing() -> None:
    later = SERIES.values.copy()
    later[:, SERIES.periods.index(2022) :] *= 5
    seen = MODEL.forecast(Known(SERIES).until(2021), (1, 3))
    other = MODEL.forecast(
        Known(type(SERIES)(SERIES.units, SERIES.periods, later)).until(2021), (1, 3)
    )
    assert seen.values.tobytes() == other.values.tobytes()
    assert seen.units == SERIES.units


def test_horizons_are_those_asked_for() -> None:
    both = MODEL.forecast(Known(SERIES), (1, 4)).values
    np.testing.assert_allclose(MODEL.forecast(Known(SERIES), (4,)).values[..., 0], both[..., 1])
    spread = np.log(both).std(axis=0)
    assert (spread[:, 1] > spread[:, 0]).all()
    assert (spread[:, 0] > 0).all()
    middle = np.median(both[..., 0], axis=0)
    assert middle == pytest.approx(SERIES.values[:, -1], rel=0.08)


def test_a_unit_without_a_last_value_is_not_forecast_and_a_hole_is_no_fall() -> None:
    values = SERIES.values.copy()
    values[0, -1] = np.nan
    values[1, 3] = np.nan
    known = Known(type(SERIES)(SERIES.units, SERIES.periods, values))
    told = MODEL.forecast(known, (1,)).values
    assert np.isnan(told[:, 0]).all()
    assert not np.isnan(told[:, 1:]).any()
    data = series_of(known)
    region, industry = SERIES.units[1].split("|")
    path = data.industry[:, data.industries.index(industry), data.regions.index(region)]
    assert path[3] == path[2]
