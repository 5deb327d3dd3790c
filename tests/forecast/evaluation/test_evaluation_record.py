from __future__ import annotations

import polars as pl
import pytest
from evaluation_tools import made_up_pairs

from tasks.forecast.evaluation import measures, record
from tasks.rules import read_standards
from tasks.settings import Project

STANDARDS = read_standards(Project().reference / "rules")


def rivals(units: int = 8) -> pl.DataFrame:
    """A model with intervals, and two benchmarks that miss by 2 and 30 per cent."""
    own = made_up_pairs(4, units, 12, 3, spread=0.05)
    points = [
        own.with_columns(
            pl.lit(name).alias("model"),
            (pl.col("actual") * by).alias("q50"),
            *(pl.lit(None, pl.Float64).alias(q) for q in ("q05", "q10", "q90", "q95")),
        )
        for name, by in (("a", 1.02), ("b", 1.3))
    ]
    return pl.concat([own, *points])


def test_every_unit_and_all_of_them_have_a_row_per_model_and_horizon() -> None:
    found = record.rows(rivals(), "m", STANDARDS, constructed=False)
    assert dict(found.schema) == record.RECORD
    assert found.height == (8 + 1) * 3 * 3
    assert found["unit"].n_unique() == 9
    whole = found.filter(pl.col("unit") == record.ALL, pl.col("model") == "m")
    expected = measures.table(rivals().filter(pl.col("model") == "m")).sort("horizon")
    assert whole["mape"].to_list() == pytest.approx(expected["mape"].to_list(), abs=1e-6)
    assert whole["n"].to_list() == [96] * 3


def test_a_series_of_one_unit_is_not_told_twice() -> None:
    found = record.rows(rivals(1), "m", STANDARDS, constructed=True)
    assert found["unit"].unique().to_list() == [record.ALL]
    assert found["constructed"].all()


def test_parts_are_forecast_by_what_the_series_is() -> None:
    found = record.rows(rivals(), "m", STANDARDS, constructed=False)
    assert found["used"].unique().to_list() == ["a"]
    assert found["reason"].n_unique() == 1
    assert set(found["benchmark"]) == {"a"}


def test_the_benchmark_is_shown_at_the_rows_own_horizon() -> None:
    found = record.rows(rivals(), "m", STANDARDS, constructed=False)
    its = found.filter(pl.col("model") == "a").select("unit", "horizon", "mape")
    both = found.join(its, on=["unit", "horizon"], suffix="_its")
    assert both["benchmark_mape"].to_list() == both["mape_its"].to_list()


def test_only_the_models_intervals_of_all_units_are_scaled() -> None:
    found = record.rows(rivals(), "m", STANDARDS, constructed=False)
    scaled = found.filter(pl.col("n_scaled").is_not_null())
    assert scaled.select("unit", "model").unique().rows() == [(record.ALL, "m")]
    assert scaled["coverage_accepted"].null_count() == 0
    assert (scaled["coverage_low"] <= scaled["coverage80_scaled"]).all()
    assert (scaled["coverage80_scaled"] <= scaled["coverage_high"]).all()


def test_nothing_to_measure_gives_no_rows() -> None:
    empty = rivals().clear()
    found = record.rows(empty, "m", STANDARDS, constructed=False)
    assert found.is_empty()
    assert dict(found.schema) == record.RECORD


def test_scaling_is_of_the_model_and_of_every_size_class() -> None:
    found = record.scaling(rivals(40), "m", STANDARDS)
    assert dict(found.schema) == record.SCALING
    assert found["model"].unique().to_list() == ["m"]
    assert found.select("horizon", "size_class").n_unique() == found.height == 9
    # The made-up intervals are those of the noise, so little is to be changed.
    assert found["factor"].to_list() == pytest.approx([1] * 9, abs=0.35)
