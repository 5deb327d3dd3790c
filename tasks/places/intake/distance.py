"""How distance weighs when a school is wished."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

from tasks.forecast.types import Float

# Decay a minute is sought in this range: none, to nobody beyond a quarter of an hour.
DECAY = (0.0, 0.5)


def decay(pupils: Float, size: Float, minutes: Float) -> float:
    """How fast distance puts people off, a minute, by maximum likelihood.

        P(school | area, home) ∝ size[area, school] · exp(−decay · minutes[home, school])

    a conditional logit (McFadden 1974) with one parameter, of the pupils there are.

    Args:
        pupils: `[area, home, school]` persons.
        size: `[area, school]` places; 0: no offer.
        minutes: `[home, school]` minutes.
    """

    def against(rate: float) -> float:
        value = gravity(size, minutes, rate)
        with np.errstate(divide="ignore"):
            logs = np.where(pupils > 0, np.log(np.maximum(value, 1e-300)), 0.0)
        return -float((pupils * logs).sum())

    return float(minimize_scalar(against, bounds=DECAY, method="bounded").x)


def gravity(size: Float, minutes: Float, rate: float) -> Float:
    """Shares `[area, home, school]` by size and distance; zeros where nobody offers the area."""
    nearest = minutes - minutes.min(axis=1, keepdims=True)
    pull = size[:, None, :] * np.exp(-rate * nearest)[None]
    total = pull.sum(axis=2, keepdims=True)
    shares: Float = np.divide(pull, total, out=np.zeros_like(pull), where=total > 0)
    return shares
