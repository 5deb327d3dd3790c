"""Registers made with known truth: what is estimated holds it as often as it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from labour_tools import COUNTY, declared, made_up

from tasks.forecast.labour import expansion, replacement, staffing
from tasks.forecast.labour.frames import build

RULES = declared()


def wilson(hits: int, n: int) -> tuple[float, float]:
    z, p = 1.96, hits / n
    middle, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def holds(hits: int, n: int, nominal: float) -> bool:
    low, high = wilson(hits, n)
    return low <= nominal <= high


def kappa_hits(replications: int) -> int:
    """Regions drawn round the nation with a known weight; codes under five are closed."""
    hits = 0
    for seed in range(replications):
        rng = np.random.default_rng(seed)
        kappa = float(10 ** rng.uniform(0.7, 2.5))
        nation = rng.dirichlet(np.full(6, 3.0))
        shares = rng.dirichlet(kappa * nation, 60)
        count = np.stack([rng.multinomial(5_000, s) for s in shares]).astype(float)
        closed = rng.random(count.shape) < 0.25
        found = staffing.empirical_bayes(np.where(closed, np.nan, count), nation)
        hits += found.low <= kappa <= found.high
    return hits


def test_the_weight_of_the_nation_is_held_as_often_as_it_says_in_few_registers() -> None:
    assert kappa_hits(20) >= 16


@pytest.mark.soak
def test_the_weight_of_the_nation_is_held_as_often_as_it_says() -> None:
    assert holds(kappa_hits(400), 400, 0.95)


def employment(seed: int, years: int) -> np.ndarray:
    """`[year, industry, region]`: random walks with a shared and an own step."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 0.015, (years, 3, 1)).cumsum(axis=0)
    own = rng.normal(0, 0.01, (years, 3, 2)).cumsum(axis=0)
    return 5_000 * np.exp(common + own)


def growth_hits(replications: int, ahead: int, history: int) -> tuple[int, int]:
    """80 per cent intervals of the drawn industries, against what the walk did next."""
    base = build(made_up(1), COUNTY)
    # Industries that follow no service, so that the truth is in the ensemble.
    base = replace(base, industries=("10-33", "41-43", "49-53"))
    hits = n = 0
    for seed in range(replications):
        counted = employment(seed, history + ahead)
        first = base.years[-1] + 1 - history
        years = tuple(range(first, base.years[-1] + 1))
        data = replace(base, industry=counted[:history], years=years)
        said = expansion.members(data, RULES, years[-1], ahead)
        model = expansion.ensemble(expansion.backtest(data, RULES), said, data)
        key = (seed, COUNTY, range(400))
        lives = expansion.lived_in(RULES, key)
        drawn = expansion.draw(said, data.industry[-1], model, lives, key)[..., -1]
        low, high = np.quantile(drawn, (0.1, 0.9), axis=0)
        truth = (counted[-1] / counted[history - 1]).T
        inside = (low <= truth) & (truth <= high)
        # Regions share most of their step: one outcome per industry.
        hits, n = hits + int(inside[0].sum()), n + 3
    return hits, n


def test_drawn_industries_hold_what_comes_in_few_registers() -> None:
    hits, n = growth_hits(12, 3, 20)
    assert 0.6 <= hits / n <= 0.98


@pytest.mark.soak
@pytest.mark.parametrize("ahead", [3, 6])
def test_drawn_industries_hold_what_comes(ahead: int) -> None:
    hits, n = growth_hits(200, ahead, 25)
    assert 0.75 <= hits / n <= 0.85


def leavers(seeds: range) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True exit rates of stationary occupations, the estimates, and their spread in logs."""
    edges, truth, counted = (15, 25, 40, 55, 67, 75), [], []
    ages = np.arange(15, 75)
    for seed in seeds:
        rng = np.random.default_rng(seed)
        peak, late, width = rng.uniform(20, 36), rng.uniform(58, 67), rng.uniform(2, 5)
        share = 1 / (1 + np.exp(-(ages - peak) / width)) / (1 + np.exp((ages - late) / 2))
        share *= np.exp(rng.uniform(-0.02, 0.01) * (ages - 40))
        single = 40_000 * share / share.sum()
        # Standing still: those who leave at an age are those who are missing at the next.
        truth.append(np.clip(single - np.append(single[1:], 0), 0, None).sum() / single.sum())
        band = np.add.reduceat(single, [e - 15 for e in edges[:-1]])
        counted.append(rng.poisson(np.broadcast_to(band, (6, 5))))
    bands = np.stack(counted, axis=1).astype(float)
    rates = []
    for smooth in (True, False):
        pseudo = replacement.single_years(bands, edges, smooth=smooth)
        q = replacement.exit_rates(pseudo)
        rates.append((q * pseudo[-1]).sum(axis=-1) / pseudo[-1].sum(axis=-1))
    return np.array(truth), rates[0], replacement.band_error(*rates, bands[-1].sum(axis=-1))


@pytest.mark.parametrize(
    "seeds", [range(40), pytest.param(range(1000, 1400), marks=pytest.mark.soak)]
)
def test_leavers_are_found_within_the_error_of_the_bands(seeds: range) -> None:
    truth, found, error = leavers(seeds)
    off = np.log(found / truth)
    assert (np.abs(off) <= error).mean() >= 0.68
    assert (np.abs(off) <= 2 * error).mean() >= 0.95
    assert abs(off.mean()) < 0.04
