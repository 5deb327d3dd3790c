from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_tools import COUNTY, county, rules

from tasks.errors import WrongUse
from tasks.places.intake.applicants import counts, draw
from tasks.places.intake.simulate import simulate
from tasks.places.intake.types import MEASURES, Result

SEEDS = st.integers(0, 10_000)
ARRAYS = ("measures", "wished", "admitted", "limit")


def same(one: Result, other: Result, draws: int | None = None) -> bool:
    return all(
        getattr(one, name)[:draws].tobytes() == getattr(other, name)[:draws].tobytes()
        for name in ARRAYS
    )


def share(result: Result, measure: str, number: int = 0) -> float:
    """Of the county's applicants on all levels, over all draws."""
    met = result.measures[:, number, :, -1, MEASURES.index(measure)].sum()
    return float(met / result.measures[:, number, :, -1, 0].sum())


def test_the_same_seed_gives_the_same_bytes_whatever_threads_draws_and_plans() -> None:
    plan, app = county(1)
    more = plan.with_places(plan.places + 2)
    rule = rules()
    kept = {"seed": 9, "county": COUNTY}
    [one] = simulate([plan], app, rule, draws=5, threads=1, **kept)
    other, wider = simulate([plan, more], app, rule, draws=5, threads=4, **kept)
    [short] = simulate([plan], app, rule, draws=2, **kept)
    [alone] = simulate([more], app, rule, draws=5, **kept)
    assert same(one, other)
    assert same(short, one, 2)
    assert same(wider, alone)
    assert not same(one, wider)
    [another] = simulate([plan], app, rule, draws=5, seed=10, county=COUNTY)
    assert not same(one, another)


def test_places_do_not_change_who_applies() -> None:
    plan, app = county(2)
    closed = plan.with_places(np.where(np.arange(plan.count) % 3, plan.places, 0))
    one, other = (draw(app, p, rules(), seed=4, county=COUNTY, number=3) for p in (plan, closed))
    for name in ("choices", "home", "points", "order", "taste", "special", "turning_down"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.integers(1, 12))
def test_more_places_never_cost_anybody_a_programme(seed: int, more: int) -> None:
    """Draw by draw in the first round, where no place is given by skill."""
    plan, app = county(seed, 0.8)
    places = plan.places.copy()
    places[np.random.default_rng(seed).integers(0, plan.count, 3)] += more
    rule = rules(quotas={}, rounds=1)
    before, after = simulate(
        [plan, plan.with_places(places)], app, rule, seed=seed, county=COUNTY, draws=3
    )
    for measure in ("first_programme", "one_of_three"):
        at = MEASURES.index(measure)
        assert (after.measures[..., at] >= before.measures[..., at]).all()


@pytest.mark.parametrize("seed", [3, 17])
def test_more_places_do_not_lower_first_choices_in_expectation(seed: int) -> None:
    plan, app = county(seed, 0.7)
    results = simulate(
        [plan.with_places(plan.places + k) for k in (0, 1, 3)],
        app, rules(), seed=seed, county=COUNTY, draws=20,
    )  # fmt: skip
    for measure in ("first_programme", "first_school", "one_of_three"):
        shares = [share(r, measure, number=1) for r in results]
        assert shares == sorted(shares)
        assert shares[2] > shares[0] + 0.02


def test_twice_the_county_has_the_same_shares() -> None:
    rule = rules(points_sd=8.0, points_offer_sd=0.0)
    plan, app = county(6)
    double = plan.with_places(plan.places * 4)
    four = replace(app, expected=app.expected * 4)
    small = simulate([plan], app, rule, seed=1, county=COUNTY, draws=40)[0]
    large = simulate([double], four, rule, seed=1, county=COUNTY, draws=12)[0]
    for measure in ("first_programme", "first_school", "one_of_three", "out_of_region"):
        assert share(large, measure) == pytest.approx(share(small, measure), abs=0.06)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_measures_and_places_add_up(seed: int) -> None:
    plan, app = county(seed, 0.8)
    result = simulate([plan], app, rules(), seed=seed, county=COUNTY, draws=2)[0]
    by_name = {m: result.measures[..., k] for k, m in enumerate(MEASURES)}
    assert (by_name["one_of_three"] + by_name["without"] == by_name["applicants"]).all()
    for fewer, more in (
        ("first_school", "first_programme"),
        ("first_programme", "one_of_three"),
        ("out_of_region", "one_of_three"),
        ("long_travel", "one_of_three"),
        ("sent_out_of_region", "out_of_region"),
        ("sent_far", "long_travel"),
    ):
        assert (by_name[fewer] <= by_name[more]).all()
    missed = by_name["applicants"] - by_name["first_programme"]
    assert (by_name["other_programme"] == missed).all()
    assert (by_name["away"] >= by_name["long_travel"]).all()
    assert (by_name["away"] <= by_name["long_travel"] + by_name["out_of_region"]).all()
    elsewhere = by_name["one_of_three"] - by_name["first_school"]
    assert (by_name["sent_out_of_region"] <= elsewhere).all()
    assert (result.measures[..., :-1, :].sum(axis=3) == result.measures[..., -1, :]).all()
    assert (result.empty >= 0).all()
    assert (result.measures[:, 0, :, -1, 0] > result.measures[:, 1, :, -1, 0]).any()


def test_a_place_out_of_the_region_is_away_unless_the_county_competes_alike() -> None:
    plan, app = county(5, 0.8)
    near = replace(app, minutes=np.full_like(app.minutes, 5.0))
    wide = replace(plan, county_wide=np.ones_like(plan.county_wide))
    none = replace(plan, county_wide=np.zeros_like(plan.county_wide))
    away, out = (MEASURES.index(m) for m in ("away", "out_of_region"))
    for offers, counted in ((none, True), (wide, False)):
        found = simulate([offers], near, rules(), seed=1, county=COUNTY, draws=2)[0].measures
        assert found[..., out].sum() > 0
        assert (found[..., away] == found[..., out] * counted).all()


def test_a_limit_is_there_only_where_somebody_was_refused() -> None:
    plan, app = county(4)
    wide = plan.with_places(np.full(plan.count, 500))
    tight, loose = simulate([plan, wide], app, rules(), seed=2, county=COUNTY, draws=4)
    assert np.isfinite(tight.limit).any()
    assert np.isnan(loose.limit).all()
    assert share(loose, "first_school") == 1.0


def test_first_choices_are_drawn_with_the_declared_mean_and_spread() -> None:
    _, app = county(7)
    app = replace(app, area_spread=np.full_like(app.area_spread, 0.04))
    drawn = np.stack([counts(app, 3, COUNTY, d).sum(axis=1) for d in range(600)])
    mean = app.expected.sum(axis=1)
    assert drawn.mean(axis=0) == pytest.approx(mean, rel=0.06)
    ratio = drawn.var(axis=0) / (mean + 0.04 * mean**2)
    assert ratio.mean() == pytest.approx(1, abs=0.08)


def test_a_drawn_forecast_is_followed_draw_by_draw() -> None:
    plan, app = county(7)
    forecast = np.stack([app.expected * k for k in (0.5, 1.0, 2.0)])
    ahead = replace(app, expected=forecast)
    for number in range(3):
        drawn = counts(ahead, 3, COUNTY, number)
        assert (np.abs(drawn - forecast[number]) < 1).all()
    result = simulate([plan], ahead, rules(), seed=1, county=COUNTY, draws=3)[0]
    people = result.measures[:, 0, :, -1, 0].sum(axis=1)
    assert people[2] > 1.8 * people[1] > 3 * people[0]


def test_applicants_choose_as_they_are_declared_to() -> None:
    plan, app = county(10)
    many = replace(app, expected=app.expected * 40)
    rule = rules(special=(0.1, 0.2, 0.3), points_offer_sd=0.0, points_programme_sd=0.0)
    people = draw(many, plan, rule, seed=1, county=COUNTY, number=0)
    first, second, third = people.choices.T
    assert not ((second == first) | (third == first)).any()
    assert not ((third >= 0) & (third == second)).any()
    assert not ((second < 0) & (third >= 0)).any()
    assert (second >= 0).mean() == pytest.approx(0.7, abs=0.02)
    assert (third[second >= 0] >= 0).mean() == pytest.approx(0.7, abs=0.02)
    for choice in (second, third):
        assert (plan.levels[choice[choice >= 0]] == plan.levels[first[choice >= 0]]).all()
        counts_of = np.bincount(choice[(choice >= 0) & (first == 0)], minlength=len(plan.areas))
        likely = app.next_choice[0]
        assert counts_of[likely > 0] / counts_of.sum() == pytest.approx(
            likely[likely > 0], abs=0.05
        )
    for level, declared in enumerate(rule.special, 1):
        here = plan.levels[first] == level
        assert people.special[here].mean() == pytest.approx(declared, abs=0.02)
    for area in range(3):
        mine = people.points[first == area]
        assert mine.mean() == pytest.approx(app.points_mean[area], abs=0.6)
    assert people.points.min() >= rule.points_range[0]
    assert people.points.max() <= rule.points_range[1]
    assert (np.diff(people.points[np.argsort(people.order)]) <= 0).all()


def test_places_that_are_no_places_are_refused() -> None:
    plan, app = county(1)
    for wrong in (plan.places[:-1], plan.places - 100, plan.places + 0.5):
        with pytest.raises(WrongUse, match="plasser"):
            plan.with_places(wrong)
    with pytest.raises(WrongUse, match="trekning"):
        simulate([plan], app, rules(), seed=1, county=COUNTY, draws=0)
    with pytest.raises(WrongUse, match="planer"):
        simulate([], app, rules(), seed=1, county=COUNTY, draws=1)
