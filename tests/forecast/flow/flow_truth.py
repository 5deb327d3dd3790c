"""A county whose parameters are known: registers are drawn from it, and estimators must find them.

Shares of every cell and year are drawn around a mean from a Dirichlet (shocks of a known size),
from August 2024 around another mean (free re-choice), and the counts from a multinomial. Counts of
1-4 are closed as in the county's file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.forecast.flow.survival import CENSORED, CERTIFICATE, LEFT


@dataclass(frozen=True)
class Register:
    """One drawn county and what it was drawn from."""

    truth: np.ndarray
    truth_before: np.ndarray
    before: np.ndarray
    now: np.ndarray
    totals_before: np.ndarray
    totals_now: np.ndarray
    kind: np.ndarray


def register(
    seed: int,
    *,
    cells: int = 40,
    kappa: float = 60.0,
    kappa_regime: float = 150.0,
    shock: float = 400.0,
    years: tuple[int, int] = (5, 3),
    closed: bool = True,
) -> Register:
    """Counts `[year, cell, target]` of two kinds of cells, before and after August 2024."""
    rng = np.random.default_rng([seed, 20240801])
    kind = np.arange(cells) % 2
    wide = np.array([[0.78, 0.08, 0.05, 0.09], [0.45, 0.35, 0.06, 0.14]])[kind]
    truth_before = dirichlet(rng, kappa * wide)
    truth = dirichlet(rng, kappa_regime * truth_before)
    size = rng.integers(15, 260, cells)
    series = []
    for mean, count in ((truth_before, years[0]), (truth, years[1])):
        people = rng.poisson(size, (count, cells))
        shares = dirichlet(rng, np.broadcast_to(shock * mean, (count, *mean.shape)))
        series.append(rng.multinomial(people, shares).astype(np.float64))
    totals = [s.sum(axis=-1) for s in series]
    if closed:
        series = [np.where((s >= 1) & (s <= 4), np.nan, s) for s in series]
    return Register(truth, truth_before, *series, *totals, kind)


def dirichlet(rng: np.random.Generator, alpha: np.ndarray) -> np.ndarray:
    gamma = rng.standard_gamma(np.maximum(alpha, 1e-6))
    return gamma / gamma.sum(axis=-1, keepdims=True)


HAZARD = np.array([[0.02, 0.06], [0.62, 0.07], [0.55, 0.15]])


def contracts(seed: int, people: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Years from contract to outcome with known hazards (certificate, left) of three years.

    Contracts began in one of five years; who has no outcome at the count is censored there.
    """
    rng = np.random.default_rng([seed, 7])
    seen = rng.integers(1, 6, people)
    time, outcome = seen.astype(np.float64), np.full(people, CENSORED)
    inside = np.ones(people, bool)
    for year in range(1, 6):
        certificate, left = HAZARD[min(year, len(HAZARD)) - 1]
        u = rng.random(people)
        ends = inside & (u < certificate + left) & (year <= seen)
        time[ends] = year
        outcome[ends] = np.where(u[ends] < certificate, CERTIFICATE, LEFT)
        inside &= ~ends
    return time, outcome
