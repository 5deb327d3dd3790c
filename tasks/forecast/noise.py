"""Whole persons from expected ones: unbiased, bounded, and nearly binomial.

Exact binomials of every cell, year and draw cost seconds. `thin` takes two cheap uniforms a cell.
With expectation x of n persons, its value is x·(1 + a·(3u² − 1)), rounded up or down at random.
3u² has mean 1 and variance 4/5, so that a = √((1 − x/n) / 0.8x) gives the binomial variance; a is
held at 1 (never below 0 persons) and at (n − x)/2x (never more than n). Cells of about one person
vary up to a quarter too little, larger ones as they should.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tasks.forecast.types import Array

_STEP = np.float32(1 / 65536)
_HALF = np.float32(0.5)


def thin(
    expected: Array, people: Array | None, bits: npt.NDArray[np.uint16], axis: int = 1
) -> Array:
    """Whole persons with the given expectation.

    Args:
        expected: Expected persons, any shape.
        people: Persons they are taken from (whole), at least `expected`; None: no upper bound.
        bits: Two sets of 16-bit uniforms along `axis`.
        axis: The axis of length two in `bits`.

    Returns:
        float32 whole numbers between 0 and `people`.
    """
    u = (np.take(bits, 0, axis=axis) + _HALF) * _STEP
    v = np.take(bits, 1, axis=axis) * _STEP
    safe = np.maximum(expected, np.float32(1e-6))
    if people is None:
        spread = np.minimum(np.sqrt(np.float32(1.25) / safe), np.float32(1))
    else:
        left = np.maximum(people - expected, np.float32(0))
        spread = np.sqrt(np.float32(1.25) * left / (safe * np.maximum(people, np.float32(1))))
        spread = np.minimum(np.minimum(spread, np.float32(1)), _HALF * left / safe)
    value = np.floor(expected * (1 + spread * (3 * u * u - 1)) + v)
    if people is not None:
        # Float32 may step a hair over the bound.
        value = np.minimum(value, people)
    whole: Array = np.maximum(value, np.float32(0)).astype(np.float32, copy=False)
    return whole
