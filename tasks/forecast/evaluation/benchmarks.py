"""Naive forecasts that a model has to beat, vectorised over units.

Last value, five-year mean ratio (GLA's past-average ratios), linear trend, constant shares (the
naive model of the Bureau of Labor Statistics' evaluations).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.forecast.evaluation.frames import Draws, Known, Wide, wide
from tasks.forecast.types import Float

LAST_VALUE = "siste verdi"
MEAN_RATIO = "snitt av fem års vekst"
LINEAR_TREND = "lineær trend"
CONSTANT_SHARES = "faste andeler"
# The window of a benchmark is part of its name in the issue and the literature, not a setting.
WINDOW = 5

Kernel = Callable[[Float, tuple[int, ...]], Float]


def last_value(values: Float, horizons: tuple[int, ...]) -> Float:
    """y[t+h] = y[t].

    Args:
        values: `[unit, period]`, the last period being the origin.
        horizons: Periods ahead.

    Returns:
        `[unit, horizon]`.
    """
    repeated: Float = np.repeat(values[:, -1:], len(horizons), axis=1)
    return repeated


def mean_ratio(values: Float, horizons: tuple[int, ...]) -> Float:
    """y[t+h] = y[t]·r^h, r = Σ y[s] / Σ y[s−1] over the last five steps that are known.

    A ratio of sums, so a small year does not run away; r is 1 where no step is known.
    """
    recent = values[:, -(WINDOW + 1) :]
    known = np.isfinite(recent[:, 1:]) & np.isfinite(recent[:, :-1])
    after = np.where(known, recent[:, 1:], 0).sum(axis=1)
    before = np.where(known, recent[:, :-1], 0).sum(axis=1)
    ratio = np.divide(after, before, out=np.ones_like(after), where=before > 0)
    grown: Float = values[:, -1:] * ratio[:, None] ** np.asarray(horizons, np.float64)
    return grown


def linear_trend(values: Float, horizons: tuple[int, ...]) -> Float:
    """Least-squares line through the last five known values, at least 0.

    The last value where fewer than two are known.
    """
    recent = values[:, -WINDOW:]
    known = np.isfinite(recent)
    time = np.where(known, np.arange(recent.shape[1]) - (recent.shape[1] - 1), 0.0)
    level = np.where(known, recent, 0.0)
    n = np.maximum(known.sum(axis=1), 1)
    mean_time, mean_level = time.sum(axis=1) / n, level.sum(axis=1) / n
    spread = np.where(known, time - mean_time[:, None], 0.0)
    below = (spread**2).sum(axis=1)
    slope = np.divide((spread * level).sum(axis=1), below, out=np.zeros(len(n)), where=below > 0)
    ahead = np.asarray(horizons, np.float64) - mean_time[:, None]
    line = np.maximum(mean_level[:, None] + slope[:, None] * ahead, 0)
    return np.where(np.isfinite(values[:, -1:]), line, np.nan)


def constant_shares(values: Float, horizons: tuple[int, ...]) -> Float:
    """Every unit keeps its share of the total at the origin; the total follows its linear trend.

    The total is of the units whose whole window is known, so that it does not jump where a unit
    comes or goes.
    """
    last = values[:, -1]
    whole = np.isfinite(values[:, -WINDOW:]).all(axis=1)
    if not whole.any() or not last[whole].sum() > 0:
        return last_value(values, horizons)
    total = linear_trend(values[whole].sum(axis=0, keepdims=True), horizons)
    shared: Float = last[:, None] * total / last[whole].sum()
    return shared


KERNELS: dict[str, Kernel] = {
    LAST_VALUE: last_value,
    MEAN_RATIO: mean_ratio,
    LINEAR_TREND: linear_trend,
    CONSTANT_SHARES: constant_shares,
}


@dataclass(frozen=True)
class Benchmark:
    """A benchmark as a `Forecaster`: one draw, the point.

    Attributes:
        name: One of `KERNELS`.
    """

    name: str

    def forecast(self, known: Known, horizons: tuple[int, ...]) -> Draws:
        """The benchmark's point, `[1, unit, horizon]`."""
        points = KERNELS[self.name](known.series.values, horizons)
        return Draws(known.series.units, horizons, points[None])


def benchmarks(units: int) -> tuple[Benchmark, ...]:
    """The benchmarks that say something of so many units: shares of one unit are its trend."""
    return tuple(Benchmark(name) for name in KERNELS if units > 1 or name != CONSTANT_SHARES)


def forecast(
    frame: pl.DataFrame, name: str, origin: int, horizons: tuple[int, ...]
) -> pl.DataFrame:
    """A benchmark of a long frame.

    Args:
        frame: `[unit, period, value]`; periods after `origin` are not looked at.
        name: One of `KERNELS`.
        origin: The last period that is known.
        horizons: Periods ahead.

    Returns:
        Grain unit × horizon: `unit`, `horizon`, `period`, `forecast`; null where the unit has no
        value at the origin.
    """
    found = wide(frame.filter(pl.col("period") <= origin))
    reached = _reaching(found, origin)
    points = KERNELS[name](reached.values, horizons)
    return pl.DataFrame(
        {
            "unit": np.repeat(reached.units, len(horizons)),
            "horizon": np.tile(np.asarray(horizons), len(reached.units)),
            "forecast": points.ravel(),
        }
    ).select(
        "unit",
        "horizon",
        (pl.col("horizon") + origin).alias("period"),
        pl.col("forecast").fill_nan(None),
    )


def _reaching(found: Wide, origin: int) -> Wide:
    """Filled up with NaN to the origin: a unit that ended before it has no forecast."""
    missing = origin - found.periods[-1] if found.periods else 0
    if missing <= 0:
        return found
    values = np.pad(found.values, ((0, 0), (0, missing)), constant_values=np.nan)
    return Wide(found.units, (*found.periods, *range(found.periods[-1] + 1, origin + 1)), values)
