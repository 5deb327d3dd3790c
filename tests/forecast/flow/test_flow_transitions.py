from __future__ import annotations

import numpy as np
import pytest
from flow_truth import dirichlet
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from tasks.errors import ConfigurationError
from tasks.forecast.flow import transitions
from tasks.forecast.flow.transitions import Posterior

BOUNDS = {"floor": 1.0, "ceiling": 5_000.0}


def likelihood(counts: np.ndarray, prior: np.ndarray, kappa: float) -> float:
    return sum(
        stats.dirichlet_multinomial.logpmf(c, kappa * p, int(c.sum()))
        for c, p in zip(counts, prior, strict=True)
    )


def cells(rng: np.random.Generator, kappa: float, count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    prior = np.broadcast_to([0.6, 0.25, 0.1, 0.05], (count, 4))
    people = rng.integers(20, 300, count)
    return rng.multinomial(people, dirichlet(rng, kappa * prior)), prior


def test_kappa_is_the_top_of_an_independent_likelihood() -> None:
    counts, prior = cells(np.random.default_rng(2), 40.0)
    found = transitions.fit_kappa(counts.astype(float), prior, **BOUNDS)
    top = likelihood(counts, prior, found.value)
    assert top >= likelihood(counts, prior, found.value * 1.02)
    assert top >= likelihood(counts, prior, found.value / 1.02)
    for end in (found.low, found.high):
        assert top - likelihood(counts, prior, end) == pytest.approx(1.92, abs=0.02)
    assert found.low < 40 < found.high
    assert not found.at_bound


def test_alike_cells_push_kappa_to_the_ceiling_and_unlike_ones_to_the_floor() -> None:
    rng = np.random.default_rng(4)
    prior = np.broadcast_to([0.5, 0.5], (50, 2))
    alike = np.tile([50.0, 50.0], (50, 1))
    found = transitions.fit_kappa(alike, prior, **BOUNDS)
    assert found.at_bound
    assert found.value == pytest.approx(BOUNDS["ceiling"], rel=0.01)
    one = np.eye(2)[rng.integers(0, 2, 50)] * 100
    found = transitions.fit_kappa(one, prior, **BOUNDS)
    assert found.at_bound
    assert found.value == pytest.approx(BOUNDS["floor"], rel=0.01)


def test_bounds_out_of_order_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"flow\.toml"):
        transitions.fit_kappa(np.ones((2, 2)), np.full((2, 2), 0.5), floor=5.0, ceiling=1.0)


def test_shrinkage_is_the_formula_and_lies_between_own_and_wider() -> None:
    counts, prior = np.array([[30.0, 10.0]]), np.array([[0.5, 0.5]])
    found = transitions.shrink(counts, prior, 20.0)
    assert found.mean == pytest.approx(np.array([[(30 + 10) / 60, (10 + 10) / 60]]))
    # A wider area that is itself known from 20 persons weighs half of one known for certain.
    weak = transitions.shrink(counts, prior, 20.0, 20.0)
    assert weak.strength == pytest.approx([50.0])
    assert 0.75 > weak.mean[0, 0] > found.mean[0, 0]


@given(
    st.lists(st.integers(0, 400), min_size=3, max_size=3),
    st.floats(1.0, 500.0),
    st.floats(0.02, 0.9),
)
@settings(max_examples=50, deadline=None)
def test_posterior_shares_sum_to_one_and_lie_in_their_interval(
    counts: list[int], kappa: float, first: float
) -> None:
    prior = np.array([[first, (1 - first) / 2, (1 - first) / 2]])
    found = transitions.shrink(np.array([counts], float), prior, kappa)
    assert found.mean.sum() == pytest.approx(1.0)
    low, high = found.interval(0.999)
    assert (low <= found.mean + 1e-9).all()
    assert (found.mean <= high + 1e-9).all()


def test_interval_is_the_beta_margin() -> None:
    low, high = Posterior(np.array([[7.0, 2.0, 4.0]])).interval(0.8)
    assert low[0, 1] == pytest.approx(stats.beta.ppf(0.1, 2, 11))
    assert high[0, 2] == pytest.approx(stats.beta.ppf(0.9, 4, 9))


@pytest.mark.parametrize("rho", [0.0, 0.01, 0.05])
def test_overdispersion_is_found(rho: float) -> None:
    rng = np.random.default_rng(11)
    mean = np.broadcast_to([0.55, 0.3, 0.15], (5, 400, 3))
    people = rng.integers(20, 200, (5, 400))
    shares = dirichlet(rng, mean * (1 / rho - 1)) if rho else mean
    found = transitions.overdispersion(rng.multinomial(people, shares).astype(float))
    assert found == pytest.approx(rho, abs=0.004)


def test_years_that_differ_count_for_less() -> None:
    counts = np.full((3, 1, 2), 50.0)
    assert transitions.effective(counts, 0.0) == pytest.approx(np.array([[150.0, 150.0]]))
    assert transitions.effective(counts, 0.1).sum() == pytest.approx(300 / (1 + 99 * 0.1))


def test_the_shorter_series_is_drawn_to_the_longer() -> None:
    rng = np.random.default_rng(5)
    old, new = np.array([0.7, 0.2, 0.1]), np.array([0.6, 0.3, 0.1])
    kind = np.zeros(30, np.intp)
    before = rng.multinomial(120, old, (5, 30)).astype(float)
    now = rng.multinomial(120, new, (2, 30)).astype(float)
    found = transitions.estimate(before, now, kind, mean_years=5, **BOUNDS)
    own = now.sum(axis=0) / now.sum(axis=(0, 2))[:, None]
    assert found.kappa_regime is not None
    # The regimes differ: the newest counts weigh most, and yet the mean lies between the two.
    assert found.longer.mean.mean(axis=0) == pytest.approx(old, abs=0.02)
    between = found.posterior.mean[:, 1].mean()
    assert old[1] < between < own[:, 1].mean()
    alone = transitions.estimate(before[:0], now, kind, mean_years=5, **BOUNDS)
    assert alone.kappa_regime is None
    assert alone.posterior.mean[:, 1].mean() == pytest.approx(own[:, 1].mean(), abs=1e-3)


def test_only_the_last_years_count() -> None:
    old = np.tile([90.0, 10.0], (4, 6, 1))
    new = np.tile([50.0, 50.0], (3, 6, 1))
    kind = np.zeros(6, np.intp)
    series = np.concatenate([old, new])
    found = transitions.estimate(series, series[:0], kind, mean_years=3, **BOUNDS)
    assert found.posterior.mean == pytest.approx(np.full((6, 2), 0.5))


def test_smaller_areas_are_drawn_to_their_region_and_not_to_another() -> None:
    region = np.array([0] * 8 + [1] * 8)
    shares = np.where(region[:, None] == 0, [0.8, 0.2], [0.4, 0.6])[:, None, :]
    counts = np.broadcast_to(shares * 200, (16, 3, 2)).copy()
    counts[3] = 0
    county = Posterior(np.tile([600.0, 400.0], (3, 1)))
    parents = [region, np.arange(16)]
    posteriors, kappas = transitions.cascade(counts, county, parents, **BOUNDS)
    assert [p.alpha.shape for p in posteriors] == [(2, 3, 2), (16, 3, 2)]
    assert posteriors[1].mean[3, :, 0] == pytest.approx(posteriors[0].mean[0, :, 0])
    assert posteriors[0].mean[0, 0, 0] > 0.75
    assert posteriors[0].mean[1, 0, 0] < 0.45
    # Regions differ, the municipalities of one do not.
    assert kappas[0].value < kappas[1].value


@given(
    st.lists(st.integers(0, 60), min_size=4, max_size=4),
    st.booleans(),
)
@settings(max_examples=80, deadline=None)
@example([1, 1, 1, 5], True)
def test_closed_cells_are_filled_so_that_nobody_is_lost(counts: list[int], known: bool) -> None:
    whole = np.array([counts], float)
    shown = np.where((whole >= 1) & (whole <= 4), np.nan, whole)
    totals = np.array([whole.sum() if known else np.nan])
    filled = transitions.fill_closed(shown, totals, np.array([0.7, 0.1, 0.1, 0.1]))
    closed = np.isnan(shown)
    assert np.array_equal(filled[~closed], whole[~closed])
    assert ((filled[closed] >= 1) & (filled[closed] <= 4)).all()
    if known:
        assert filled.sum() == pytest.approx(whole.sum(), abs=1e-6)


def test_a_cell_closed_to_hide_another_holds_what_is_left() -> None:
    shown = np.array([[80.0, np.nan, np.nan]])
    filled = transitions.fill_closed(shown, np.array([100.0]), np.array([0.8, 0.17, 0.03]))
    assert filled.sum() == pytest.approx(100.0)
    assert filled[0, 1] > 8
