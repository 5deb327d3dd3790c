"""The forecast of a run: the flow on the panel's axes, held to its record, and kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.declared import read_declared
from tasks.errors import NotFound, WrongUse
from tasks.forecast import dimensioning, keeping, pupils
from tasks.forecast.declared import Declared
from tasks.forecast.dimensioning import Dimensioning
from tasks.forecast.panel import Panel, build
from tasks.forecast.population import alternatives, cohort_factors
from tasks.forecast.summary import aggregate, describe
from tasks.forecast.types import Array, Axes, Forecast, WorkingLife
from tasks.settings import Project

pytestmark = pytest.mark.usefixtures("tested_once")
Frames = dict[str, pl.DataFrame]
HOW = {"county": "50", "seed": 5, "draws": 60, "horizon": 5}


@pytest.fixture(scope="module")
def declared() -> Declared:
    return read_declared(Project().reference / "rules")


@pytest.fixture(scope="module")
def made(frames: Frames, declared: Declared) -> Dimensioning:
    return dimensioning.forecast(frames, declared, **HOW)  # type: ignore[arg-type]


def total(forecast: Forecast) -> np.ndarray:
    return forecast.progression.sum(axis=(1, 2), dtype=np.float64)


def test_pupils_are_whole_and_near_what_was_counted(made: Dimensioning, panel: Panel) -> None:
    people = made.forecast.progression
    assert people.dtype == np.float32
    assert people.min() >= 0
    assert np.array_equal(people, np.round(people))
    assert made.forecast.axes.years == (2026, 2027, 2028, 2029, 2030)
    assert total(made.forecast)[:, 0].mean() == pytest.approx(panel.pupils[-1].sum(), rel=0.06)
    by_area = people[..., 0].mean(axis=0).sum(axis=1)
    counted = panel.pupils[-1].sum(axis=1)
    big = counted > 100
    assert np.quantile(np.abs(by_area[big] / counted[big] - 1), (0.5, 0.9)).max() < 0.2


def test_draws_are_nested_and_seeds_differ(
    frames: Frames, declared: Declared, panel: Panel
) -> None:
    flow = pupils.build(frames, "50", declared.flow, 3)
    how = {"weights": (0.6, 0.2, 0.2), "sigma": 0.01, "key": (5, "50"), "horizon": 3}
    many = pupils.drawn(flow, panel, draws=30, **how)  # type: ignore[arg-type]
    few = pupils.drawn(flow, panel, draws=21, **how)  # type: ignore[arg-type]
    assert many[:21].tobytes() == few.tobytes()
    other = pupils.drawn(flow, panel, draws=21, **how | {"key": (6, "50")})  # type: ignore[arg-type]
    assert not np.array_equal(other, few)
    shorter = pupils.build(frames, "50", declared.flow, 2)
    early = pupils.drawn(shorter, panel, draws=21, **how | {"horizon": 2})  # type: ignore[arg-type]
    assert np.array_equal(early, few[..., :2]), "a longer horizon keeps the years both have"


def test_intervals_widen_with_the_horizon(frames: Frames, declared: Declared) -> None:
    long = dimensioning.forecast(
        frames, declared, county="50", seed=5, draws=150, horizon=12
    ).forecast
    sums = total(long)
    width = np.quantile(sums, 0.9, axis=0) - np.quantile(sums, 0.1, axis=0)
    assert width[0] < width[4] < width[11]


def test_the_same_seed_gives_the_same_bytes(frames: Frames, declared: Declared) -> None:
    how = HOW | {"draws": 20, "horizon": 2}
    first, again = (
        dimensioning.forecast(frames, declared, **how).forecast  # type: ignore[arg-type]
        for _ in range(2)
    )
    assert first.progression.tobytes() == again.progression.tobytes()
    assert first.applicants.tobytes() == again.applicants.tobytes()


def test_merging_two_regions_gives_the_sum(made: Dimensioning) -> None:
    panel, forecast = made.panel, made.forecast
    homes, areas = panel.membership(), panel.programme_groups()
    merged = np.concatenate([homes[:1] + homes[1:2], homes[2:]])
    apart = aggregate(forecast.progression, areas, homes)
    together = aggregate(forecast.progression, areas, merged)
    assert np.array_equal(together[:, :, 0], apart[:, :, 0] + apart[:, :, 1])
    assert np.array_equal(apart.sum(axis=(1, 2)), total(forecast))


@pytest.mark.parametrize("chunk", [1, 13, 60])
def test_sums_do_not_depend_on_chunks(made: Dimensioning, chunk: int) -> None:
    groups = (made.panel.programme_groups(), made.panel.membership())
    for quantity in (made.forecast.progression, made.forecast.applicants):
        whole = aggregate(quantity, *groups)
        assert whole.tobytes() == aggregate(quantity, *groups, chunk=chunk).tobytes()


def test_a_county_without_transitions_is_told_what_to_send(
    frames: Frames, declared: Declared
) -> None:
    without = frames | {"flow.transitions": frames["flow.transitions"].clear()}
    with pytest.raises(NotFound, match="county_transitions"):
        dimensioning.forecast(without, declared, **HOW)  # type: ignore[arg-type]


def test_pupils_of_a_home_that_is_not_the_countys_are_from_elsewhere(
    frames: Frames, declared: Declared
) -> None:
    guests = (
        frames["pupils"]
        .filter(pl.col("programme_area_code") == "STUSP1----", pl.col("pupils") > 0)
        .group_by("school_year_start")
        .first()
        .select(frames["pupils"].columns)
        .with_columns(
            pl.lit("4601").alias("home_municipality_code"), pl.lit(9, pl.Int64).alias("pupils")
        )
    )
    both = pl.concat([frames["pupils"], guests])
    more = frames | {"pupils": both, "flow.pupils": both}
    flow = pupils.build(more, "50", declared.flow, 1)
    counted = build(more)
    people = pupils.drawn(
        flow, counted, weights=(1, 0, 0), sigma=0.0, key=(1, "50"), draws=20, horizon=1
    )
    assert counted.homes[-1] == "9999"
    assert 4 < people[:, :, -1].sum(axis=(1, 2)).mean() < 20


def test_an_area_with_places_and_no_pupils_has_none(
    frames: Frames, declared: Declared, panel: Panel
) -> None:
    gone = pl.col("programme_area_code") != "HSTAN3----"
    fewer = frames | {"flow.pupils": frames["flow.pupils"].filter(gone)}
    flow = pupils.build(fewer, "50", declared.flow, 1)
    people = pupils.drawn(
        flow, panel, weights=(1, 0, 0), sigma=0.0, key=(1, "50"), draws=10, horizon=1
    )
    assert people.shape[1] == len(panel.areas)
    assert people[:, panel.areas.index("HSTAN3----")].sum() == 0
    assert people[:, panel.areas.index("STUSP1----")].sum() > 0


@given(stretch=st.floats(0.5, 3.0), factor=st.floats(0.8, 1.25), seed=st.integers(0, 50))
@settings(max_examples=25, deadline=None)
def test_a_programme_is_stretched_by_exactly_what_it_was_found_for(
    stretch: float, factor: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    panel = three_areas()
    people = rng.poisson(400, (50, 3, 4, 2)).astype(np.float32)
    ones = np.ones((2, 2))
    found = pupils.held(people.copy(), panel, ones * factor, ones * stretch, np.ones((1, 2, 2)))
    groups = panel.programme_groups()
    before, after = (np.einsum("pa,dahy->dpy", groups, x) for x in (people * factor, found))
    middle = before.mean(axis=0)
    # Rounding leaves at most half a person an area.
    np.testing.assert_allclose(after, middle + stretch * (before - middle), atol=1.6)
    assert np.array_equal(found, np.round(found))


def three_areas() -> Panel:
    return Panel(
        areas=("HSHEA2----", "HSHSF1----", "STUSP1----"),
        programme=("HS", "HS", "ST"),
        level=np.array([2, 1, 1]),
        homes=("a", "b", "c", "d"),
        region=("x", "x", "y", "y"),
        years=(2025,),
        pupils=np.zeros((1, 3, 4)),
        population_years=(2025,),
        registered=2025,
        ages=(15,),
        population=np.zeros((3, 4, 1, 1)),
    )


def test_cohort_factors_start_after_the_last_registered_year() -> None:
    score, factor = cohort_factors((2024, 2026, 2028), 2026, 0.1, 1, "50", range(400))
    assert (factor[:, :2] == 1).all()
    assert 0.1 < np.log(factor[:, 2]).std() < 0.18
    lives_in = alternatives(score, (0.6, 0.2, 0.2))
    assert np.bincount(lives_in)[1:] == pytest.approx([80, 80], abs=30)


def test_describe_orders_its_parts() -> None:
    mean, low, high = describe(np.random.default_rng(1).normal(100, 10, (500, 3, 4)))
    assert (low < mean).all()
    assert (mean < high).all()


def life(draws: int, axes: Axes) -> WorkingLife:
    rng = np.random.default_rng(2)
    share = np.zeros((2, len(axes.municipalities)))
    share[0, :2], share[1, 2:4] = (0.25, 0.75), (0.5, 0.5)
    shape = (draws, 2, 2, 2)
    need = rng.gamma(2, 3, shape).astype(np.float32)
    need[..., 1] = np.nan
    return WorkingLife(
        ("HSHEA2----", "XXXXX2----"),
        ("intake-a", "intake-b"),
        share,
        axes.years[:2],
        rng.gamma(2, 3, shape).astype(np.float32),
        need,
    )


def test_what_a_run_keeps_gives_the_forecast_back(made: Dimensioning) -> None:
    for working_life in (None, life(60, made.forecast.axes)):
        ours = replace(made.forecast, working_life=working_life)
        back = keeping.forecast(keeping.tables(ours))
        assert back.axes == ours.axes
        for name in ("progression", "applicants_per_pupil"):
            assert getattr(back, name).tobytes() == getattr(ours, name).tobytes()
        if working_life is None:
            assert back.working_life is None
        else:
            np.testing.assert_array_equal(back.demand, ours.demand)
            np.testing.assert_array_equal(back.intake_need, ours.intake_need)


def test_need_is_laid_on_homes_and_unknown_is_not_nobody(made: Dimensioning) -> None:
    axes = made.forecast.axes
    forecast = replace(made.forecast, working_life=life(60, axes))
    needed: Array = forecast.demand
    assert needed.shape == forecast.progression.shape
    area = axes.programme_areas.index("HSHEA2----")
    wanted = forecast.working_life.demand[:, 0, 0]  # type: ignore[union-attr]
    np.testing.assert_allclose(needed[:, area, :2, :2].sum(axis=1), wanted, rtol=1e-5)
    assert np.isnan(needed[:, area, 5:]).all(), "homes of no region"
    assert np.isnan(needed[:, area, :, 2:]).all(), "years that are not known"
    assert np.isnan(np.delete(needed, area, axis=1)).all(), "areas that nobody recruits from"
    assert np.isnan(forecast.intake_need[:, area, :2, 1]).all()
    fewer = forecast.draws(7)
    np.testing.assert_array_equal(fewer.demand, needed[:7])


def test_without_working_life_nobody_is_said_to_be_needed(made: Dimensioning) -> None:
    with pytest.raises(NotFound, match="working_life_notes"):
        _ = made.forecast.demand
    with pytest.raises(WrongUse, match="fra 1 til 60"):
        made.forecast.draws(61)


def test_shapes_are_held(made: Dimensioning) -> None:
    with pytest.raises(ValueError, match="progression"):
        replace(made.forecast, progression=made.forecast.progression[:, :3])
    with pytest.raises(ValueError, match="applicants_per_pupil"):
        replace(
            made.forecast, applicants_per_pupil=made.forecast.applicants_per_pupil.astype(float)
        )
