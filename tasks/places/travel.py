"""How many of a home region's pupils have a long way to a school."""

from __future__ import annotations

import numpy as np

from tasks.forecast.types import Float


def share_beyond(minutes_: Float, attending: Float, living: Float, limit: float) -> Float:
    """Share of a home region's pupils at a school who have a long way.

    By where those who go there today live; where nobody does, by where the region's pupils live.

    Args:
        minutes_: `[home, school]`.
        attending: `[home, school]` pupils at the newest count.
        living: `[home region, home]` pupils who live there; 0 outside the region.
        limit: Minutes.

    Returns:
        `[home region, school]`.
    """
    long = (minutes_ > limit).astype(np.float64)
    inside = (living > 0).astype(np.float64)
    going, far = inside @ attending, inside @ (attending * long)
    # One person more spread as the region lives keeps few pupils from deciding alone.
    mix = living / np.maximum(living.sum(axis=1, keepdims=True), 1e-12)
    result: Float = (far + mix @ long) / (going + 1)
    return result
