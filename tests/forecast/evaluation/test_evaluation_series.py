"""The series of the track record, made of a run's frames and tested on them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tasks.declared import read_declared
from tasks.forecast.evaluation import record, series
from tasks.forecast.evaluation.benchmarks import KERNELS
from tasks.forecast.evaluation.frames import Known, Wide
from tasks.forecast.evaluation.pupils import PUPILS, FlowDraws, PupilFlow, ratios
from tasks.forecast.evaluation.series import (
    APPLICANTS_PER_PROGRAMME,
    PERSONS,
    PUPILS_PER_PROGRAMME,
    PUPILS_PER_REGION,
    SERIES,
    Given,
)
from tasks.forecast.marts import FLOW, of
from tasks.settings import Project

Frames = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def given(frames: Frames) -> Given:
    return Given(frames, read_declared(Project().reference / "rules"), "50")


@pytest.fixture(scope="module")
def found(given: Given) -> dict[str, series.Tested]:
    return series.in_a_run(given)


def test_a_run_tests_what_its_figures_rest_on(found: dict[str, series.Tested]) -> None:
    assert set(found) == {
        PERSONS,
        PUPILS_PER_PROGRAMME,
        PUPILS_PER_REGION,
        APPLICANTS_PER_PROGRAMME,
        series.CERTIFICATES,
    }
    rows = found[PUPILS_PER_PROGRAMME].rows
    assert dict(rows.schema) == record.RECORD
    own = rows.filter(pl.col("is_model"))
    assert set(own["model"]) == {"elevstrøm"}
    assert set(own["horizon"]) == {1}, "three counts hold one year ahead"
    whole = own.filter(pl.col("unit") == "*")
    assert whole["n_origins"].to_list() == [1]
    assert (whole["as_known"] == 0).all()
    assert len(own) - 1 == whole["n"][0], "each programme has a record of its own"
    assert rows["constructed"].all()


def test_what_is_used_is_the_model_or_a_benchmark_that_won(
    found: dict[str, series.Tested],
) -> None:
    for test in (found[PUPILS_PER_PROGRAMME], found[APPLICANTS_PER_PROGRAMME]):
        (used,) = test.rows["used"].unique()
        errors = dict(
            test.rows.filter(pl.col("unit") == "*", pl.col("horizon") == 1)
            .select("model", "mape")
            .iter_rows()
        )
        assert used in {*KERNELS, "elevstrøm", "søkere per elev"}
        assert errors[used] == min(errors.values())


def test_regions_add_up_to_their_programme(found: dict[str, series.Tested]) -> None:
    """Medians of sums are not sums of medians, but near; outcomes add up exactly."""
    model = pl.col("model") == "elevstrøm"
    whole = found[PUPILS_PER_PROGRAMME].pairs.filter(model)
    parts = found[PUPILS_PER_REGION].pairs.filter(model)
    summed = (
        parts.with_columns(pl.col("unit").str.head(2))
        .group_by("unit", "origin", "horizon")
        .agg(pl.col("actual", "q50").sum())
    )
    both = whole.join(summed, on=["unit", "origin", "horizon"], suffix="_parts")
    assert len(both) == len(whole)
    assert both["actual"].to_list() == both["actual_parts"].to_list()
    assert (both["q50_parts"] / both["q50"]).to_list() == pytest.approx([1.0] * len(both), abs=0.02)
    assert set(found[PUPILS_PER_REGION].rows["used"]) == {series.THE_PROGRAMMES}


def test_cohorts_go_by_the_official_projection(found: dict[str, series.Tested]) -> None:
    rows = found[PERSONS].rows
    assert set(rows["used"]) == {series.OFFICIAL}
    assert rows.filter(pl.col("is_model"))["horizon"].max() >= 3


def test_a_series_without_figures_has_no_test(given: Given) -> None:
    empty = given.frames["applicants"].clear()
    fewer = replace(given, frames=dict(given.frames) | {"applicants": empty})
    assert APPLICANTS_PER_PROGRAMME not in series.in_a_run(fewer)


def test_the_flow_knows_nothing_after_the_origin(given: Given) -> None:
    """Pupils of the outcome changed tenfold leave the forecast as it was."""
    rows = given.frames["pupils"]
    later = pl.col("school_year_start") == 2025
    changed = rows.with_columns(
        pl.when(later).then(pl.col("pupils") * 10).otherwise("pupils").alias("pupils")
    )
    known = pupils_known(given)
    ours, theirs = (
        PupilFlow(
            FlowDraws(of(frames, FLOW), given.declared.flow, "50", years=1, draws=10)
        ).forecast(known, (1,))
        for frames in (given.frames, dict(given.frames) | {"flow.pupils": changed})
    )
    assert ours.values.tobytes() == theirs.values.tobytes()
    assert np.isfinite(ours.values).all()


def pupils_known(given: Given, origin: int = 2024) -> Known:
    name = PUPILS_PER_PROGRAMME
    rows = given.frames["pupils"].with_columns(pl.lit(series.ONE_VINTAGE).alias("known_from"))
    one = SERIES[name].make(given, rows)
    units = sorted(one.frame["unit"].unique())
    values = (
        one.frame.pivot("period", index="unit", values="value")
        .sort("unit")
        .drop("series", "known_from", strict=False)
    )
    periods = tuple(p for p in (2023, 2024, 2025) if p <= origin)
    wide = Wide(tuple(units), periods, values.select(str(p) for p in periods).to_numpy())
    return Known(wide)


def test_ratios_are_of_sums_and_spread_as_years_differ() -> None:
    applicants = Wide(
        ("A", "B", "C"),
        (2024, 2025, 2026),
        np.array([[110.0, 132.0, 140.0], [50.0, 50.0, 60.0], [np.nan, np.nan, np.nan]]),
    )
    pupils = Wide(
        ("A", "B", "C"),
        (2023, 2024, 2025),
        np.array([[100.0, 100.0, 120.0], [50.0, 50.0, 50.0], [10.0, 10.0, 10.0]]),
    )
    ratio, spread = ratios(Known(applicants, {PUPILS: pupils}), 3)
    # 2024 and 2025 have both; a programme without applicants has the ratio of all that have.
    assert ratio == pytest.approx([242 / 220, 1.0, 342 / 320])
    assert spread == pytest.approx(0.0, abs=1e-9)
    uneven = replace(applicants, values=applicants.values * np.array([[1.0, 1.2, 1.0]]))
    assert ratios(Known(uneven, {PUPILS: pupils}), 3)[1] == pytest.approx(0.129, abs=0.01)
    only = ratios(Known(applicants, {PUPILS: pupils}), 1)
    assert only[0][:2] == pytest.approx([1.1, 1.0])
    assert only[1] == 0.0
    assert np.isnan(ratios(Known(applicants.until(2024), {PUPILS: pupils.until(2023)}), 3)[0]).all()
