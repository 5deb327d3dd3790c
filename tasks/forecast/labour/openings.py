"""Job openings: what expansion and replacement leave to be filled."""

from __future__ import annotations

import numpy as np

from tasks.forecast import streams
from tasks.forecast.labour.replacement import Replacement
from tasks.forecast.streams import Block
from tasks.forecast.types import Array, Float, Index


def replacement_factor(spread: Float, key: tuple[int, str, range]) -> Array:
    """Log-normal factor with mean one for the exit rates `[draw, occupation]`."""
    seed, county, draws = key
    z = streams.normals(seed, county, draws, Block.REPLACEMENT, spread.shape)
    factor: Array = np.exp(spread * z - spread**2 / 2).astype(np.float32)
    return factor


def replacement_demand(
    employed: Array, replacement: Replacement, factor: Array, cap: float
) -> Array:
    """RD_t = q_or,t · E_{t−1}, the drawn rate never above the cap.

    Args:
        employed: `[draw, occupation, region, 1 + year ahead]` persons.
        replacement: Gives q of occupation and region, and how it moves with their ages.
        factor: `[draw, occupation]`.
        cap: Highest rate, share a year.

    Returns:
        `[draw, occupation, region, year ahead]` persons.
    """
    path = (replacement.rate[..., None] * replacement.ageing).astype(np.float32)
    rate = np.minimum(path[None] * factor[:, :, None, None], np.float32(cap))
    leave: Array = rate * employed[..., :-1]
    return leave


def openings(expansion: Array, replacement: Array) -> Array:
    """JO = max(0, XD + RD): leavers from a shrinking occupation are not all replaced."""
    jobs: Array = np.maximum(expansion + replacement, np.float32(0))
    return jobs


def of_occupations(growth: Array, employed: Float, group_of: Index) -> Array:
    """Employment of occupations from the growth of their groups.

    Args:
        growth: `[draw, region, group, 1 + year ahead]`, 1 in the last year.
        employed: `[occupation, region]` persons in the last year.
        group_of: Group of each occupation.

    Returns:
        `[draw, occupation, region, 1 + year ahead]` persons.
    """
    base = employed.astype(np.float32)[None, :, :, None]
    persons: Array = growth.transpose(0, 2, 1, 3)[:, group_of] * base
    return persons
