from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.errors import NotFound, WrongUse
from tasks.forecast.panel import Panel
from tasks.forecast.rates import estimate, shrunk
from tasks.forecast.simulate import Errors, alternatives, cohort_factors, simulate
from tasks.forecast.summary import aggregate, describe
from tasks.forecast.types import Axes, Forecast, Rules

EXACT = Errors(cohort=0.0, pupils=0.0, applicants=0.0)
laws = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def drawn(panel: Panel, rules: Rules, errors: Errors, **options: Any) -> Forecast:
    chosen: dict[str, Any] = {"county": "50", "seed": 5, "draws": 60, "horizon": 6} | options
    return simulate(panel, rules, errors, np.ones(len(panel.programmes)), **chosen)


def total(forecast: Forecast) -> np.ndarray:
    return forecast.progression.sum(axis=(1, 2), dtype=np.float64)


@pytest.mark.parametrize("options", [{"chunk": 1}, {"chunk": 7}, {"threads": 1}, {"threads": 4}])
def test_chunks_and_threads_do_not_change_a_byte(
    panel: Panel, rules: Rules, errors: Errors, options: dict[str, int]
) -> None:
    ours = drawn(panel, rules, errors, draws=30)
    other = drawn(panel, rules, errors, draws=30, **options)
    for name in ("applicants", "progression", "intake_need"):
        assert getattr(ours, name).tobytes() == getattr(other, name).tobytes()


def test_draws_are_nested_and_seeds_differ(panel: Panel, rules: Rules, errors: Errors) -> None:
    many, few = drawn(panel, rules, errors, draws=80), drawn(panel, rules, errors, draws=55)
    assert many.draws(55).progression.tobytes() == few.progression.tobytes()
    assert many.draws(55).applicants.tobytes() == few.applicants.tobytes()
    assert many.draws(55).draws(10).progression.tobytes() == few.draws(10).progression.tobytes()
    assert not np.array_equal(drawn(panel, rules, errors, seed=6).progression, few.progression)


def test_a_longer_horizon_keeps_the_years_both_have(
    panel: Panel, rules: Rules, errors: Errors
) -> None:
    short, long = drawn(panel, rules, errors, horizon=4), drawn(panel, rules, errors, horizon=15)
    assert np.array_equal(short.progression, long.progression[..., :4])


@given(seed=st.integers(0, 10_000), size=st.floats(0.05, 3.0))
@laws
def test_nobody_is_invented_on_the_way(
    small_panel: Panel, rules: Rules, seed: int, size: float
) -> None:
    panel = replace(small_panel, pupils=np.round(small_panel.pupils * size))
    pupils = drawn(panel, rules, EXACT, seed=seed).progression
    before = np.concatenate(
        [np.broadcast_to(panel.pupils[-1], (60, *panel.pupils[-1].shape))[..., None], pupils], -1
    )
    origins = np.unique(panel.origins)
    targets = np.unique(panel.targets)
    had = before[:, origins][..., :-1].sum(axis=1)
    moved_on = pupils[:, targets].sum(axis=1)
    assert (moved_on <= had).all(), "more pupils went on than there were, in some home"
    assert np.array_equal(pupils, np.round(pupils))
    assert pupils.min() >= 0


@given(factor=st.floats(2.0, 6.0))
@laws
def test_scaling_the_population_scales_the_result(
    small_panel: Panel, rules: Rules, factor: float
) -> None:
    panel = replace(small_panel, pupils=small_panel.pupils * 20.0)
    bigger = replace(panel, pupils=panel.pupils * factor, population=panel.population * factor)
    ours = total(drawn(panel, rules, EXACT, draws=80)).mean(axis=0)
    theirs = total(drawn(bigger, rules, EXACT, draws=80)).mean(axis=0)
    assert theirs / ours == pytest.approx(np.full(6, factor), rel=0.02)


def test_more_children_give_more_entrants_in_the_same_share(
    small_panel: Panel, rules: Rules
) -> None:
    late = [i for i, y in enumerate(small_panel.population_years) if y > small_panel.registered]
    population = small_panel.population.copy()
    population[..., late] *= 1.5
    panel = replace(small_panel, population=population)
    first = small_panel.open_areas
    ours = drawn(small_panel, rules, EXACT, draws=300).progression[:, first]
    more = drawn(panel, rules, EXACT, draws=300).progression[:, first]
    change = more.mean(axis=0).sum(axis=(0, 1)) / ours.mean(axis=0).sum(axis=(0, 1))
    assert change[0] == pytest.approx(1, abs=0.001), "the first year's cohort is registered"
    assert change[1:] == pytest.approx(np.full(5, 1.5), rel=0.03)


def test_expectation_follows_the_counts(panel: Panel, rules: Rules) -> None:
    """With constant counts, constant cohorts and one rate for all homes, nothing drifts."""
    counts = np.round(np.repeat(panel.pupils.mean(axis=0, keepdims=True) * 10, 3, axis=0))
    steady = replace(panel, pupils=counts, population=np.full_like(panel.population, 900))
    forecast = drawn(steady, replace(rules, kappa=1e7), EXACT, draws=100, horizon=5)
    assert total(forecast).mean(axis=0) == pytest.approx(np.full(5, counts[-1].sum()), rel=0.02)


def test_intervals_widen_with_the_horizon(panel: Panel, rules: Rules, errors: Errors) -> None:
    sums = total(drawn(panel, rules, errors, draws=400, horizon=15))
    width = np.quantile(sums, 0.9, axis=0) - np.quantile(sums, 0.1, axis=0)
    assert width[0] < width[4] < width[9] < width[14]
    narrow = total(drawn(panel, rules, EXACT, draws=400, horizon=15))
    assert narrow[:, 14].std() < sums[:, 14].std()


def test_held_years_stay_at_the_last_count(panel: Panel, rules: Rules) -> None:
    held = drawn(panel, rules, replace(EXACT, hold_years=1), draws=200)
    by_area = held.progression[..., 0].mean(axis=0).sum(axis=1)
    assert by_area == pytest.approx(panel.pupils[-1].sum(axis=1), rel=0.05, abs=1.5)
    assert not np.allclose(total(held)[:, 1], total(held)[:, 0])


def test_merging_two_regions_gives_the_sum(panel: Panel, rules: Rules, errors: Errors) -> None:
    forecast = drawn(panel, rules, errors)
    homes, areas = panel.membership(), panel.programme_groups()
    merged = np.concatenate([homes[:1] + homes[1:2], homes[2:]])
    apart = aggregate(forecast.progression, areas, homes)
    together = aggregate(forecast.progression, areas, merged)
    assert np.array_equal(together[:, :, 0], apart[:, :, 0] + apart[:, :, 1])
    assert np.array_equal(together[:, :, 1:], apart[:, :, 2:])
    assert np.array_equal(apart.sum(axis=(1, 2)), total(forecast))


@pytest.mark.parametrize("chunk", [1, 13, 60])
def test_sums_do_not_depend_on_chunks(
    panel: Panel, rules: Rules, errors: Errors, chunk: int
) -> None:
    forecast = drawn(panel, rules, errors)
    groups = (panel.programme_groups(), panel.membership())
    for quantity in (forecast.progression, forecast.applicants):
        whole = aggregate(quantity, *groups)
        assert whole.tobytes() == aggregate(quantity, *groups, chunk=chunk).tobytes()


def test_describe_orders_its_parts() -> None:
    mean, low, high = describe(np.random.default_rng(1).normal(100, 10, (500, 3, 4)))
    assert (low < mean).all()
    assert (mean < high).all()


def test_shares_are_shares(panel: Panel, rules: Rules) -> None:
    rates = estimate(panel, rules)
    leaving = np.zeros(rates.evidence.shape)
    np.add.at(leaving, rates.edge_origin, rates.progression)
    assert rates.progression.min() >= 0
    assert leaving.max() <= 1 + 1e-9
    assert min(rates.dispersion) >= 1


@given(kappa=st.floats(0.1, 1e5))
@laws
def test_shrinkage_lies_between_home_and_county(small_panel: Panel, kappa: float) -> None:
    count = small_panel.pupils.sum(axis=0)[small_panel.open_areas]
    base = np.full((1, len(small_panel.homes)), 300.0)
    rate = shrunk(count, base, small_panel, kappa)
    own, county = count / base, (count.sum(axis=1) / base.sum())[:, None]
    groups = small_panel.membership()
    region = (count @ groups.T) / (base @ groups.T) @ groups
    low = np.minimum(np.minimum(own, county), region)
    high = np.maximum(np.maximum(own, county), region)
    assert (rate >= low - 1e-12).all()
    assert (rate <= high + 1e-12).all()


def test_cohort_error_is_a_walk_with_mean_one_after_the_last_registered_year() -> None:
    _, factor = cohort_factors((2024, 2026, 2027, 2030), 2026, 0.1, 1, "50", range(4000))
    assert (factor[:, :2] == 1).all()
    assert factor.mean(axis=0) == pytest.approx(np.ones(4), abs=0.011)
    assert np.log(factor[:, 2:]).std(axis=0) == pytest.approx([0.1, 0.2], rel=0.05)


def test_alternatives_come_in_their_weights() -> None:
    scores = np.random.default_rng(2).standard_normal(4000)
    chosen = alternatives(scores, (0.6, 0.3, 0.1))
    shares = np.bincount(chosen, minlength=3) / 4000
    assert shares == pytest.approx([0.6, 0.3, 0.1], abs=0.03)


def test_demand_is_refused_and_not_zero(panel: Panel, rules: Rules, errors: Errors) -> None:
    forecast = drawn(panel, rules, errors, draws=2, horizon=1)
    with pytest.raises(NotFound, match="arbeidslivets behov"):
        _ = forecast.demand


@pytest.mark.parametrize("k", [0, -1, 61])
def test_more_draws_than_there_are_is_wrong_use(
    panel: Panel, rules: Rules, errors: Errors, k: int
) -> None:
    with pytest.raises(WrongUse, match="trekninger"):
        drawn(panel, rules, errors, horizon=1).draws(k)


def test_a_forecast_off_its_axes_is_refused() -> None:
    axes = Axes(("HSHSF1----",), ("5001",), (2026,))
    right, wrong = np.zeros((3, 1, 1, 1), np.float32), np.zeros((3, 1, 1, 2), np.float32)
    with pytest.raises(ValueError, match="intake_need"):
        Forecast(axes, right, right, wrong)
    with pytest.raises(ValueError, match="applicants"):
        Forecast(axes, right.astype(np.float64), right, right)


def test_beyond_the_projection_is_refused(panel: Panel, rules: Rules, errors: Errors) -> None:
    with pytest.raises(NotFound, match="kullet som begynner på Vg1"):
        drawn(panel, rules, errors, horizon=16)


def test_one_year_of_counts_is_too_little(panel: Panel, rules: Rules) -> None:
    with pytest.raises(NotFound, match="to skoleår på rad"):
        estimate(panel.until(panel.years[0]), rules)
