from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labour_tools import COUNTY, declared, made_up

from tasks.forecast import streams
from tasks.forecast.labour import expansion, staffing
from tasks.forecast.labour.frames import build
from tasks.forecast.streams import Block

RULES = declared()
DATA = build(made_up(2), COUNTY)
SAID = expansion.members(DATA, RULES, DATA.years[-1], 12)
MODEL = expansion.ensemble(expansion.backtest(DATA, RULES), SAID, DATA)


def test_a_damped_trend_dies_out_and_no_damping_is_a_straight_line_in_logs() -> None:
    history = 100 * 1.03 ** np.arange(8)[:, None]
    straight = expansion.damped_log_trend(history, 6, 1.0, 5)
    np.testing.assert_allclose(straight[:, 0], history[-1] * 1.03 ** np.arange(1, 7))
    damped = expansion.damped_log_trend(history, 60, 0.8, 5)
    np.testing.assert_allclose(damped[-1, 0], history[-1, 0] * 1.03 ** (0.8 / 0.2), rtol=1e-4)
    np.testing.assert_allclose(expansion.damped_log_trend(history, 3, 0.0, 5)[:, 0], history[-1, 0])


def test_the_driver_is_the_formula_for_a_single_service() -> None:
    grown = expansion.driver(DATA, RULES, DATA.years[-1], 10)
    (school,) = [s for s in RULES.services if s.name == "school"]
    use = np.einsum("krat,a->krt", DATA.population, school.by_age(DATA.population.shape[2]))
    base = DATA.population_years.index(DATA.years[-1] + 1)
    place = DATA.industries.index("85")
    np.testing.assert_allclose(grown[:, place], use[..., base + 1 : base + 11] / use[..., [base]])
    assert np.isnan(grown[:, DATA.industries.index("10-33")]).all()


@given(factor=st.floats(0.2, 5))
@settings(max_examples=10, deadline=None)
def test_the_driver_does_not_see_the_size_of_the_population(factor: float) -> None:
    scaled = replace(DATA, population=DATA.population * factor)
    np.testing.assert_allclose(
        expansion.driver(scaled, RULES, 2025, 8), expansion.driver(DATA, RULES, 2025, 8), rtol=1e-9
    )


def test_weights_sum_to_one_over_the_members_an_industry_has() -> None:
    np.testing.assert_allclose(MODEL.weights.sum(axis=0), 1)
    assert MODEL.weights[-1, DATA.industries.index("10-33")] == 0
    assert MODEL.weights[-1, DATA.industries.index("86-88")] > 0
    assert (MODEL.outcomes > 0).all()


def test_the_better_member_counts_more_and_none_tested_is_equal() -> None:
    errors = np.zeros((3, 3, *DATA.industry.shape[1:], 2))
    errors[:, 0], errors[:, 1], errors[:, 2] = 0.1, 0.2, 0.4
    weights = expansion.ensemble(errors, SAID, DATA).weights
    place = DATA.industries.index("86-88")
    np.testing.assert_allclose(weights[:, place], np.array([16, 4, 1]) / 21)
    empty = expansion.ensemble(errors[:0], SAID, DATA)
    np.testing.assert_allclose(empty.weights[:, place], 1 / 3)
    np.testing.assert_allclose(empty.weights[:, DATA.industries.index("10-33")], [0.5, 0.5, 0])
    assert (empty.outcomes == 0).all()
    assert (empty.common + empty.regional > 0).all()


def test_errors_count_by_their_horizon_and_the_size_of_the_region() -> None:
    place = DATA.industries.index("10-33")
    errors = np.full((2, 3, *DATA.industry.shape[1:], 2), np.nan)
    errors[:, 0] = 0.1 * np.sqrt([1, 2])
    errors[:, 1, :, 0], errors[:, 1, :, 1] = 0.12, 0.05
    size = DATA.industry[-1, place] / DATA.industry[-1, place].sum()
    other = size[0] * (0.12**2 + 0.12**2 / 2) / 2 + size[1] * (0.05**2 + 0.05**2 / 2) / 2
    weights = expansion.ensemble(errors, SAID, DATA).weights[:, place]
    np.testing.assert_allclose(weights, np.array([other, 0.01, 0]) / (other + 0.01))


def test_a_backtest_sees_nothing_after_its_origin() -> None:
    before = expansion.members(DATA, RULES, 2022, 3)[:, :2]
    later = DATA.industry.copy()
    later[DATA.years.index(2023) :] *= 7
    np.testing.assert_array_equal(
        expansion.members(replace(DATA, industry=later), RULES, 2022, 3)[:, :2], before
    )


def test_demand_lives_in_the_alternative_that_the_student_flow_draws() -> None:
    score = streams.normals(9, COUNTY, range(4000), Block.POPULATION, (1,))[:, 0]
    longer = streams.normals(9, COUNTY, range(4), Block.POPULATION, (16,))[:, 0]
    np.testing.assert_array_equal(score[:4], longer)
    lives = expansion.alternative_of(score, (0.6, 0.2, 0.2))
    np.testing.assert_allclose(np.bincount(lives) / 4000, [0.6, 0.2, 0.2], atol=0.03)
    assert score[lives == 1].max() < score[lives == 0].min()


def drawn(draws: range, horizon: int = 12) -> np.ndarray:
    said = expansion.members(DATA, RULES, DATA.years[-1], horizon)
    key = (4, COUNTY, draws)
    return expansion.draw(said, DATA.industry[-1], MODEL, expansion.lived_in(RULES, key), key)


def test_growth_starts_at_one_and_widens_with_the_horizon() -> None:
    growth = drawn(range(1500))
    assert (growth[..., 0] == 1).all()
    spread = np.log(growth[..., 1:]).std(axis=0)
    assert (spread[..., -1] > spread[..., 0]).all()


def test_a_longer_horizon_and_other_chunks_leave_the_first_years_as_they_were() -> None:
    np.testing.assert_array_equal(drawn(range(8), 12)[..., :6], drawn(range(8), 5))
    np.testing.assert_array_equal(drawn(range(8))[3:6], drawn(range(3, 6)))


def test_the_random_walk_has_mean_one() -> None:
    flat = np.broadcast_to(DATA.industry[-1][None, None, :, :, None], (3, 3, 3, 2, 4))
    lives = np.zeros(6000, np.intp)
    wild = replace(MODEL, common=np.full(3, 0.2), regional=np.full(3, 0.15))
    growth = expansion.draw(flat, DATA.industry[-1], wild, lives, (4, COUNTY, range(6000)))
    np.testing.assert_allclose(growth.mean(axis=0), 1, atol=0.04)
    logs = np.log(growth[..., -1])
    np.testing.assert_allclose(logs.std(axis=0), 2 * 0.25, rtol=0.05)
    shared = np.corrcoef(logs[:, 0, 0], logs[:, 1, 0])[0, 1]
    assert shared == pytest.approx(0.2**2 / 0.25**2, abs=0.05)


def test_groups_grow_as_the_industries_that_employ_them() -> None:
    fitted = staffing.fit(DATA)
    key = (4, COUNTY, range(5))
    even = np.ones((5, 2, 3, 4), np.float32) * np.array([1, 1.1, 1.2, 1.3], np.float32)
    np.testing.assert_allclose(
        expansion.group_growth(even, fitted.drivers, fitted.misfit, key), even, rtol=1e-5
    )
    lift = np.ones((5, 2, 3, 2), np.float32)
    lift[:, :, DATA.industries.index("10-33"), 1] = 2
    grown = expansion.group_growth(lift, fitted.drivers, 0.0, key)[0, :, :, 1]
    np.testing.assert_allclose(
        grown, 1 + fitted.drivers[:, :, DATA.industries.index("10-33")], rtol=1e-5
    )
    assert grown[:, DATA.groups.index("72")].min() > grown[:, DATA.groups.index("53")].max()


def test_expansion_is_signed_and_adds_up_to_the_change() -> None:
    employed = np.array([10.0, 12.0, 9.0], np.float32)
    assert expansion.expansion_demand(employed).tolist() == [2.0, -3.0]


def test_constant_shares_are_the_last_value_of_occupations_when_industries_stand_still() -> None:
    fitted = staffing.fit(DATA)
    still = np.ones((3, 2, 3, 5), np.float32)
    grown = expansion.group_growth(still, fitted.drivers, fitted.misfit, (4, COUNTY, range(3)))
    assert grown == pytest.approx(1.0, rel=1e-6)
