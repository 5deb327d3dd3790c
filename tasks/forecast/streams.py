"""Random streams keyed by (seed, county, draw, block).

Every draw has a stream of its own in every block, so that chunks, threads and the number of draws
do not change a byte of the draws that two runs share. Where a block runs over years, the years come
first in the stream, so that a longer horizon leaves the earlier years as they were.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from tasks.forecast.types import Array, Float


class Block(IntEnum):
    """One independent source of uncertainty each; the numbers are part of a run's identity."""

    POPULATION = 1
    MODEL_ERROR = 4
    APPLICANTS = 6
    PLACEMENT = 7
    # 20–39: the labour market (tasks/forecast/labour).
    INDUSTRY_MEMBER = 20
    INDUSTRY_ERROR = 21
    STAFFING = 22
    REPLACEMENT = 23
    SHORTAGE = 24
    APPRENTICE_PLACES = 25
    # 60-79: the student flow (tasks/forecast/flow).
    FLOW_TRANSITION = 60
    FLOW_HAZARD = 61
    FLOW_PLACES = 62
    FLOW_FRICTION = 63
    FLOW_PROCESS = 64
    FLOW_ENTRY = 65
    FLOW_SUPPLY = 66
    FLOW_ROUNDING = 67
    # 80-89: drawn applicants of the intake (tasks/places/intake).
    INTAKE_SPREAD = 80
    INTAKE_COUNT = 81
    INTAKE_PERSON = 82
    INTAKE_TASTE = 83
    INTAKE_LEAVE = 84
    INTAKE_POINTS = 85


def _key(seed: int, county: str, draw: int, block: Block) -> np.random.Philox:
    return np.random.Philox(np.random.SeedSequence(seed, spawn_key=(int(county), draw, int(block))))


def generator(seed: int, county: str, draw: int, block: Block) -> np.random.Generator:
    """The generator of one draw and block."""
    return np.random.Generator(_key(seed, county, draw, block))


def normals(seed: int, county: str, draws: range, block: Block, shape: tuple[int, ...]) -> Float:
    """Standard normals `[draw, *shape]`."""
    return np.stack([generator(seed, county, d, block).standard_normal(shape) for d in draws])


def uniforms(seed: int, county: str, draws: range, block: Block, shape: tuple[int, ...]) -> Float:
    """Uniforms on [0, 1) `[draw, *shape]`."""
    return np.stack([generator(seed, county, d, block).random(shape) for d in draws])


def gammas(seed: int, county: str, draws: range, block: Block, shape: Float) -> Array:
    """Standard gammas `[draw, *shape.shape]` with shape parameters above 0."""
    return np.stack(
        [generator(seed, county, d, block).standard_gamma(shape).astype(np.float32) for d in draws]
    )
