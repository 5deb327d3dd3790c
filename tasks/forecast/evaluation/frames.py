"""What goes in and out of an evaluation: series as known, drawn futures, pairs with outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import numpy as np
import polars as pl

from tasks.errors import WrongUse
from tasks.forecast.types import Float

# The quantiles that are kept of a forecast: intervals of 50, 80 and 90 per cent, and the median.
LEVELS: tuple[float, ...] = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
QUANTILES = tuple(f"q{round(100 * level):02d}" for level in LEVELS)
AS_KNOWN = "as_known"
AS_REVISED = "as_revised"

BITEMPORAL: dict[str, type[pl.DataType]] = {
    "series": pl.String,
    "unit": pl.String,
    "period": pl.Int64,
    "value": pl.Float64,
    "known_from": pl.Date,
}
PAIRS: dict[str, type[pl.DataType]] = {
    "series": pl.String,
    "model": pl.String,
    "unit": pl.String,
    "origin": pl.Int64,
    "known_on": pl.Date,
    "basis": pl.String,
    "horizon": pl.Int64,
    "period": pl.Int64,
    "actual": pl.Float64,
    "last": pl.Float64,
    "step": pl.Float64,
    **dict.fromkeys(QUANTILES, pl.Float64),
}


@dataclass(frozen=True)
class Wide:
    """A series as a matrix.

    Attributes:
        units: Names of the first axis, sorted.
        periods: The second axis, without gaps (years).
        values: `[unit, period]`, NaN where nothing is known.
    """

    units: tuple[str, ...]
    periods: tuple[int, ...]
    values: Float

    def until(self, period: int) -> Wide:
        """The periods up to and with `period`."""
        kept = tuple(p for p in self.periods if p <= period)
        return Wide(self.units, kept, self.values[:, : len(kept)])

    def total(self, name: str = "*") -> Wide:
        """All units added up as one; NaN where one of them is."""
        return Wide((name,), self.periods, self.values.sum(axis=0, keepdims=True))


@dataclass(frozen=True)
class Known:
    """What was known at an origin, and nothing else.

    Attributes:
        series: The series to forecast; its last period is the origin.
        others: Further series that were known then, by name, none of them beyond the origin.
        on: The vintage date; None where later revisions are in the figures.
    """

    series: Wide
    others: Mapping[str, Wide] = field(default_factory=dict)
    on: date | None = None

    @property
    def origin(self) -> int:
        """The last period that is known."""
        return self.series.periods[-1]

    def until(self, period: int) -> Known:
        """What the same figures would have told at an earlier origin."""
        others = {name: other.until(period) for name, other in self.others.items()}
        return Known(self.series.until(period), others, self.on)


@dataclass(frozen=True)
class Draws:
    """Drawn futures, or one draw where a forecast is a point.

    Attributes:
        units: Names of the second axis.
        horizons: Periods after the origin, the third axis.
        values: `[draw, unit, horizon]`, NaN where a unit has no draws.
        point: `[unit, horizon]`, the median of cells without draws, where there is a forecast but
            nothing to tell its spread by; NaN where there is no forecast.
    """

    units: tuple[str, ...]
    horizons: tuple[int, ...]
    values: Float
    point: Float | None = None

    def quantiles(self, levels: Sequence[float] = LEVELS) -> Float:
        """`[level, unit, horizon]`; NaN but for the median where there is one draw, or none."""
        middle = [i for i, level in enumerate(levels) if level == 0.5]
        if len(self.values) == 1:
            found = np.full((len(levels), *self.values.shape[1:]), np.nan)
            found[middle] = self.values[0]
            return found
        quantiles: Float = np.quantile(self.values, levels, axis=0)
        if self.point is not None:
            quantiles[middle] = np.where(np.isnan(quantiles[middle]), self.point, quantiles[middle])
        return quantiles

    @classmethod
    def of_quantiles(
        cls,
        units: tuple[str, ...],
        horizons: tuple[int, ...],
        levels: Sequence[float],
        quantiles: Float,
        count: int = 39,
    ) -> Draws:
        """Draws that stand for a quantile function: its values at `count` even probabilities.

        Args:
            units: Names of the second axis.
            horizons: The third axis.
            levels: Probabilities, rising.
            quantiles: `[level, unit, horizon]`, linear between levels and flat beyond them.
            count: Number of draws.
        """
        even = (np.arange(count) + 0.5) / count
        above = np.clip(np.searchsorted(levels, even), 1, len(levels) - 1)
        low, high = np.asarray(levels)[above - 1], np.asarray(levels)[above]
        share = np.clip((even - low) / (high - low), 0, 1)[:, None, None]
        return cls(units, horizons, quantiles[above - 1] * (1 - share) + quantiles[above] * share)


class Forecaster(Protocol):
    """What every model meets that is to be in the track record: cohort, pupils, flow, labour."""

    @property
    def name(self) -> str:
        """What the model is called in the track record, in Norwegian."""
        ...

    def forecast(self, known: Known, horizons: tuple[int, ...]) -> Draws:
        """The future of every unit of `known.series`, in its order, given `known` alone.

        The same input gives the same bytes: randomness is keyed, never global (design law 9).
        """
        ...


def wide(frame: pl.DataFrame) -> Wide:
    """A long frame `[unit, period, value]` as a matrix; one row per unit and period.

    Raises:
        WrongUse: A unit has two values of one period.
    """
    if frame.select(pl.struct("unit", "period").is_duplicated().any()).item():
        raise WrongUse(
            subject="tidsserie",
            expected="én verdi per enhet og periode",
            got="flere",
            remedy="velg én årgang, eller summer radene først",
        )
    units = frame.get_column("unit").unique().sort()
    if units.is_empty():
        return Wide((), (), np.zeros((0, 0)))
    first, last = (int(str(frame.get_column("period").min())), int(str(frame["period"].max())))
    values = np.full((len(units), last - first + 1), np.nan)
    rows = frame.get_column("unit").replace_strict(
        units, pl.int_range(len(units), eager=True), return_dtype=pl.Int64
    )
    filled = frame.get_column("value").cast(pl.Float64).fill_null(np.nan)
    values[rows.to_numpy(), frame.get_column("period").to_numpy() - first] = filled.to_numpy()
    return Wide(tuple(units.to_list()), tuple(range(first, last + 1)), values)
