from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labour_tools import COUNTY, declared, made_up

from tasks.forecast.labour import openings, replacement
from tasks.forecast.labour.expansion import expansion_demand
from tasks.forecast.labour.frames import build

RULES = declared()
DATA = build(made_up(4), COUNTY)
EDGES = (15, 25, 40, 55, 67, 75)
BANDS = st.lists(st.floats(0, 5000), min_size=5, max_size=5)


@given(bands=BANDS)
@settings(max_examples=80, deadline=None)
@pytest.mark.parametrize("smooth", [True, False])
def test_single_years_give_the_bands_back(bands: list[float], smooth: bool) -> None:
    single = replacement.single_years(np.array(bands), EDGES, smooth=smooth)
    assert single.shape == (60,)
    assert (single >= 0).all()
    starts = [e - 15 for e in EDGES[:-1]]
    np.testing.assert_allclose(np.add.reduceat(single, starts), bands, rtol=1e-6, atol=1e-6)


def test_exit_rates_find_the_survivors_they_were_made_with() -> None:
    stay = np.linspace(1.0, 0.85, 59)
    single = np.empty((6, 60))
    single[0] = np.linspace(100, 40, 60)
    for t in range(1, 6):
        single[t, 0] = 100
        single[t, 1:] = single[t - 1, :-1] * stay
    q = replacement.exit_rates(single)
    np.testing.assert_allclose(q[:-1], 1 - stay, atol=1e-12)
    assert q[-1] == 1


def test_a_growing_cohort_is_no_negative_exit() -> None:
    single = np.array([[10.0, 10, 10], [10, 15, 5]])
    assert replacement.exit_rates(single).tolist() == [0.0, 0.5, 1.0]


@given(rates=st.lists(st.floats(0, 1), min_size=6, max_size=6), first=st.integers(0, 5))
@settings(max_examples=80, deadline=None)
def test_pooled_rates_do_not_fall_and_keep_the_leavers(rates: list[float], first: int) -> None:
    given_rates, weight = np.array([rates]), np.array([[5.0, 4, 3, 2, 1, 1]])
    out = replacement.rising(given_rates, weight, first)
    assert (np.diff(out[0, first:]) >= -1e-9).all()
    np.testing.assert_array_equal(out[0, :first], given_rates[0, :first])
    assert (out * weight).sum() == pytest.approx((given_rates * weight).sum(), abs=1e-9)


def test_parts_add_up_and_the_cap_holds() -> None:
    found = replacement.estimate(DATA, RULES)
    np.testing.assert_allclose(found.retirement + found.switching, found.rate)
    assert (found.rate <= RULES.replacement_cap).all()
    low = replace(RULES, replacement_cap=0.01)
    cut = replacement.estimate(DATA, low)
    assert cut.capped.sum() > 0
    assert cut.rate.max() == pytest.approx(0.01)
    np.testing.assert_allclose(cut.uncapped, found.uncapped)
    np.testing.assert_allclose(cut.retirement + cut.switching, cut.rate)
    np.testing.assert_array_equal(cut.capped > 0, cut.uncapped > 0.01 + 1e-12)


@given(seed=st.integers(0, 1000), moved=st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_an_older_profile_never_means_fewer_leavers(seed: int, moved: float) -> None:
    rates = replacement.estimate(DATA, RULES).band_rates
    profile = np.random.default_rng(seed).dirichlet(np.ones(5), len(rates))
    older = profile.copy()
    older[:, 4] += moved * profile[:, 3]
    older[:, 3] -= moved * profile[:, 3]
    before, after = ((p * rates).sum(axis=1) for p in (profile, older))
    assert (after >= before - 1e-12).all()


def test_a_region_with_older_people_has_more_leavers() -> None:
    before = replacement.estimate(DATA, RULES)
    older = DATA.group_age.copy()
    moved = older[:, 0, 1] * 0.5
    older[:, 0, 1] -= moved
    older[:, 0, 4] += moved
    after = replacement.estimate(replace(DATA, group_age=older), RULES)
    assert (after.uncapped[:, 0] > before.uncapped[:, 0]).all()
    assert (after.retirement[:, 0] > before.retirement[:, 0]).all()
    np.testing.assert_allclose(after.uncapped[:, 1], before.uncapped[:, 1])


def test_an_ageing_county_has_more_leavers_and_a_still_one_as_many() -> None:
    found = replacement.estimate(DATA, RULES, 12)
    np.testing.assert_array_equal(found.ageing[..., 0], 1)
    still = replace(DATA, population=np.ones_like(DATA.population))
    np.testing.assert_allclose(replacement.estimate(still, RULES, 12).ageing, 1)
    old = DATA.population.copy()
    place = DATA.population_years.index(2026)
    for year in range(place + 1, old.shape[-1]):
        old[:, :, 60:75, year] = old[:, :, 60:75, place] * 1.05 ** (year - place)
        old[:, :, 15:60, year] = old[:, :, 15:60, place]
    grown = replacement.estimate(replace(DATA, population=old), RULES, 12).ageing
    assert (np.diff(grown, axis=-1) > 0).all()
    late = np.ones_like(DATA.population)
    late[:, :, 60:75, DATA.population_years.index(2028) :] = 2
    jump = replacement.estimate(replace(DATA, population=late), RULES, 4).ageing
    # Those who leave from the fourth quarter of 2027 on are counted in January 2028.
    np.testing.assert_allclose(jump[..., :2], 1)
    assert (jump[..., 2:] > 1).all()
    # By hand: the last band's part grows by 1.05 a year, and shares are set to sum to one.
    nation = replacement._band_sum(
        replacement.single_years(DATA.to_occupations(DATA.national[-1]), EDGES),
        DATA.county_edges,
        15,
    )
    profile = replacement.age_profile(DATA, nation)[0, 0]
    moved = profile * np.array([1, 1, 1, 1, 1.05**3])
    q = found.band_rates[0]
    wanted = (moved / moved.sum() * q).sum() / (profile * q).sum()
    assert grown[0, 0, 3] == pytest.approx(wanted)


def test_rates_rise_with_age_from_the_retirement_age_on() -> None:
    rates = replacement.estimate(DATA, RULES).band_rates
    assert (np.diff(rates[:, 3:], axis=1) >= -1e-12).all()


def test_a_closed_region_has_the_ages_of_the_county() -> None:
    closed = DATA.group_age.copy()
    closed[:, 0, 2] = np.nan
    nation = np.ones((len(DATA.occupations), 5))
    profile = replacement.age_profile(replace(DATA, group_age=closed), nation)
    county = DATA.group_age_county / DATA.group_age_county.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(profile[:, 0], county[DATA.group_of])
    np.testing.assert_allclose(profile.sum(axis=-1), 1)


def test_the_band_error_is_nothing_when_both_ways_agree_and_something_when_not() -> None:
    found = replacement.estimate(DATA, RULES)
    assert (found.band_error > 0).all()
    assert (found.spread >= found.band_error).all()
    flat = np.full(DATA.national.shape, 10.0) * np.diff(DATA.national_edges)
    flat[..., -1] = flat[..., -1] * 1e-9
    even = replacement.estimate(replace(DATA, national=flat), RULES)
    assert even.yearly == pytest.approx(0, abs=1e-6)


@given(seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_openings_are_never_below_zero_and_leavers_never_above_the_cap(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = replacement.estimate(DATA, RULES, 4)
    shape = found.rate.shape
    growth = np.ones((6, 2, len(DATA.groups), 5), np.float32)
    growth[..., 1:] = rng.uniform(0.5, 1.5, (6, 2, len(DATA.groups), 4))
    employed = openings.of_occupations(growth, rng.uniform(0, 900, shape), DATA.group_of)
    signed = expansion_demand(employed)
    factor = openings.replacement_factor(np.full(shape[0], 0.4), (seed, COUNTY, range(6)))
    leave = openings.replacement_demand(employed, found, factor, RULES.replacement_cap)
    jobs = openings.openings(signed, leave)
    assert (jobs >= 0).all()
    assert (leave <= RULES.replacement_cap * employed[..., :-1] * 1.0001).all()
    full = signed + leave
    np.testing.assert_array_equal(jobs[full > 0], full[full > 0])
    assert (signed < 0).any()


def test_leavers_follow_the_ageing_of_their_year() -> None:
    found = replacement.estimate(DATA, RULES, 3)
    older = replace(found, ageing=found.ageing * np.array([1.0, 1.5, 0.5]))
    employed = np.full((2, *found.rate.shape, 4), 100, np.float32)
    one = np.ones((2, len(found.rate)), np.float32)
    plain, moved = (openings.replacement_demand(employed, r, one, 1.0) for r in (found, older))
    np.testing.assert_allclose(
        moved / plain, np.broadcast_to([1, 1.5, 0.5], plain.shape), rtol=1e-5
    )
    np.testing.assert_allclose(plain[0, ..., 0], 100 * found.rate, rtol=1e-5)


def test_the_factor_has_mean_one() -> None:
    factor = openings.replacement_factor(np.array([0.1, 0.4]), (1, COUNTY, range(20_000)))
    np.testing.assert_allclose(factor.mean(axis=0), 1, atol=0.01)
