"""How cohorts stray from the projection: one walk for every table of a run."""

from __future__ import annotations

from math import erf, sqrt

import numpy as np

from tasks.forecast import streams
from tasks.forecast.streams import Block
from tasks.forecast.types import Float, Index


def cohort_factors(
    years: tuple[int, ...], registered: int, sigma: float, seed: int, county: str, draws: range
) -> tuple[Float, Float]:
    """Score of the population alternative `[draw]` (normal) and error factor `[draw, year]`.

    The factor is a random walk in logs, mean one, that starts after the last registered year; the
    stream is laid out from there, so that every table of a run sees the same futures.
    """
    ahead = max(0, years[-1] - registered)
    u = streams.normals(seed, county, draws, Block.POPULATION, (1 + ahead,))
    walk = np.concatenate([np.zeros((len(draws), 1)), np.cumsum(u[:, 1:], axis=1)], axis=1)
    steps = np.clip(np.array(years) - registered, 0, None)
    factor = np.exp(sigma * walk[:, steps] - sigma**2 * steps / 2)
    return u[:, 0], factor


def alternatives(score: Float, weights: tuple[float, float, float]) -> Index:
    """Which alternative each draw lives in: scores are standard normals, low to high."""
    main, low, _ = weights
    rank = _normal_cdf(score)
    return np.where(rank < low, 1, np.where(rank < low + main, 0, 2))


def _normal_cdf(z: Float) -> Float:
    return np.array([0.5 * (1 + erf(value / sqrt(2))) for value in z])
