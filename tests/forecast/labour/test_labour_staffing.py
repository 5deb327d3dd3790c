from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labour_tools import COUNTY, made_up

from tasks.errors import ConfigurationError
from tasks.forecast.labour import staffing
from tasks.forecast.labour.frames import build

SEEDS = st.integers(0, 10_000)


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_the_fitted_table_has_both_margins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = staffing.fit_table(
        rng.uniform(0.01, 1, (4, 6)), rng.uniform(1, 90, (3, 4)), rng.uniform(1, 90, (3, 6))
    )
    rng = np.random.default_rng(seed)
    rng.uniform(0.01, 1, (4, 6))
    rows, columns = rng.uniform(1, 90, (3, 4)), rng.uniform(1, 90, (3, 6))
    columns *= rows.sum(axis=1, keepdims=True) / columns.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(table.sum(axis=2), rows, rtol=1e-6)
    np.testing.assert_allclose(table.sum(axis=1), columns, rtol=1e-6)


def test_fitting_keeps_the_odds_ratios_of_the_seed() -> None:
    seed = np.array([[0.6, 0.1], [0.2, 0.4]])
    table = staffing.fit_table(seed, np.array([30.0, 70.0]), np.array([55.0, 45.0]))
    odds = table[0, 0] * table[1, 1] / (table[0, 1] * table[1, 0])
    assert odds == pytest.approx(0.6 * 0.4 / (0.1 * 0.2))


def test_margins_that_the_zeros_forbid_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="crosswalk_industry_occupation"):
        staffing.fit_table(np.eye(2), np.array([30.0, 70.0]), np.array([55.0, 45.0]))


def test_an_opened_seed_lets_any_margins_be_met() -> None:
    seed = staffing.open_seed(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]))
    rows, columns = np.array([50.0, 30.0, 20.0]), np.array([10.0, 10.0, 80.0])
    table = staffing.fit_table(seed, rows, columns)
    np.testing.assert_allclose(table.sum(axis=0), columns, rtol=1e-6)


@given(seed=SEEDS, kappa=st.floats(1e-3, 1e6))
@settings(max_examples=40, deadline=None)
def test_shrunk_shares_sum_to_one_and_lie_between(seed: int, kappa: float) -> None:
    rng = np.random.default_rng(seed)
    count, nation = rng.integers(0, 50, (5, 4)).astype(float), rng.dirichlet(np.ones(4))
    shares = staffing.shrunk_shares(count, nation, kappa)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    some = count.sum(axis=1) > 0
    own = count / np.maximum(count.sum(axis=1, keepdims=True), 1)
    low, high = np.minimum(own, nation), np.maximum(own, nation)
    assert (shares >= low - 1e-9)[some].all()
    assert (shares <= high + 1e-9)[some].all()


@pytest.mark.parametrize("kappa", [8.0, 200.0])
def test_empirical_bayes_finds_the_weight_it_was_drawn_with(kappa: float) -> None:
    rng = np.random.default_rng(5)
    nation = np.array([0.5, 0.3, 0.15, 0.05])
    shares = rng.dirichlet(kappa * nation, 300)
    count = np.stack([rng.multinomial(400, s) for s in shares]).astype(float)
    found = staffing.empirical_bayes(count, nation)
    assert found.low <= kappa <= found.high
    assert found.cells == 300


def test_closed_occupations_leave_the_weight_where_it_was() -> None:
    rng = np.random.default_rng(6)
    nation = np.array([0.4, 0.3, 0.2, 0.1])
    count = np.stack([rng.multinomial(500, s) for s in rng.dirichlet(30 * nation, 400)]).astype(
        float
    )
    whole = staffing.empirical_bayes(count, nation)
    count[:, 1] = np.nan
    part = staffing.empirical_bayes(count, nation)
    assert part.low <= 30 <= part.high
    assert part.value == pytest.approx(whole.value, rel=0.2)


def test_closed_codes_get_what_the_published_leave() -> None:
    count = np.array([[40.0], [np.nan], [np.nan], [70.0]])
    filled = staffing.fill_closed(
        count, np.array([[100.0], [35.0]]), np.array([0.4, 0.2, 0.1, 1.0]), np.array([0, 0, 0, 1])
    )
    np.testing.assert_allclose(filled[:, 0], [40, 40, 20, 35])


@given(seed=SEEDS)
@settings(max_examples=8, deadline=None)
def test_occupations_sum_to_the_counted_groups(seed: int) -> None:
    data = build(made_up(seed), COUNTY)
    fitted = staffing.fit(data)
    np.testing.assert_allclose(data.to_groups(fitted.employed), data.group[-1], rtol=1e-9)
    np.testing.assert_allclose(fitted.drivers.sum(axis=-1), 1)
    assert fitted.confidence == "skjønn"
    assert not fitted.firm


def test_occupations_are_shrunk_to_the_nation_within_their_group() -> None:
    data = build(made_up(3), COUNTY)
    uneven = np.random.default_rng(1).uniform(0.6, 1.6, data.code_region.shape)
    data = replace(data, code_region=data.code_region * uneven)
    fitted = staffing.fit(data)
    nation = data.to_occupations(data.national[-1].sum(axis=-1))
    share = nation / data.to_groups(nation)[data.group_of]
    # All codes are open in the frames: what is counted, set to the group's total.
    counted = data.to_occupations(data.code_region)
    counted = counted * (data.group[-1] / data.to_groups(counted))[data.group_of]
    total = data.group[-1][data.group_of]
    wanted = (counted + fitted.kappa.value * share[:, None]) / (total + fitted.kappa.value) * total
    np.testing.assert_allclose(fitted.employed, wanted, rtol=1e-9)
    assert fitted.kappa.low < fitted.kappa.value < fitted.kappa.high
    assert not np.allclose(fitted.employed, counted, rtol=1e-6)


def test_twice_the_people_is_twice_the_employment() -> None:
    one = staffing.fit(build(made_up(3), COUNTY))
    two = staffing.fit(build(made_up(3, scale=2.0), COUNTY))
    # The weight of the nation is in persons, so shares move a little; the groups do not.
    np.testing.assert_allclose(two.employed.sum(), 2 * one.employed.sum())
    np.testing.assert_allclose(two.drivers, one.drivers, rtol=1e-6)
