"""How the frames of a run name the marts of either side."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

Frames = Mapping[str, pl.DataFrame]
FLOW = "flow."
LABOUR = "labour."


def of(frames: Frames, prefix: str) -> dict[str, pl.DataFrame]:
    """The frames of one side, by what it calls them."""
    return {n.removeprefix(prefix): f for n, f in frames.items() if n.startswith(prefix)}
