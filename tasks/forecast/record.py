"""What a backtest leaves: pairs of forecast and outcome, their measures, and a row of the table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.forecast.panel import Frames
from tasks.forecast.types import Float

# An 80 per cent interval of a normal lies this many standard deviations from the middle.
Z80 = 1.2815515655446004
LAST_VALUE = "siste verdi"
AGEING = "aldersframskriving"
TREND = "lineær trend"
FLOW = "elevstrøm"
COHORT_GROWTH = "elever som følger kullet"
PER_PUPIL = "søkere per elev"
PROJECTION = "SSBs framskriving"

COLUMNS = {
    "series": pl.String,
    "model": pl.String,
    "benchmark": pl.String,
    "used": pl.String,
    "horizon": pl.Int64,
    "n": pl.Int64,
    "mape": pl.Float64,
    "benchmark_mape": pl.Float64,
    "bias": pl.Float64,
    "coverage80": pl.Float64,
    "constructed": pl.Boolean,
}


@dataclass(frozen=True)
class Record:
    """Pairs of forecast and outcome of one model, its benchmark's forecasts beside.

    Attributes:
        actual: Outcomes (persons).
        model: The model's forecasts.
        benchmark: The benchmark's forecasts.
    """

    actual: Float
    model: Float
    benchmark: Float

    @property
    def mape(self) -> float:
        """Absolute errors over the sum of outcomes, in per cent (size-weighted MAPE)."""
        return _mape(self.model, self.actual)

    @property
    def benchmark_mape(self) -> float:
        """The benchmark's, in per cent."""
        return _mape(self.benchmark, self.actual)

    @property
    def bias(self) -> float:
        """Sum of errors over the sum of outcomes, in per cent; above 0 is too high a forecast."""
        return 100 * float((self.model - self.actual).sum() / self.actual.sum())

    @property
    def wins(self) -> bool:
        """The model's error is smaller than the benchmark's."""
        return self.mape < self.benchmark_mape

    @property
    def log_errors(self) -> Float:
        """Log of forecast over outcome."""
        errors: Float = np.log(np.maximum(self.model, 0.5) / np.maximum(self.actual, 0.5))
        return errors


def _mape(forecast: Float, actual: Float) -> float:
    return 100 * float(np.abs(forecast - actual).sum() / actual.sum())


def coverage(errors: Float) -> float | None:
    """Share inside an 80 per cent interval set from the other errors (leave one out), in per cent.

    None below five pairs: it would say nothing.
    """
    n = len(errors)
    if n < 5:
        return None
    others = np.sqrt((np.sum(errors**2) - errors**2) / (n - 1))
    return 100 * float((np.abs(errors) <= Z80 * others).mean())


def constructed(frames: Frames, *names: str) -> bool:
    """Whether any row is constructed: a test on such rows tells of the construction only."""
    return any(bool(frames[name].get_column("constructed").any()) for name in names)


def row(
    record: Record,
    *,
    series: str,
    model: str,
    used: str | None,
    horizon: int,
    covered: float | None,
    constructed: bool,
) -> dict[str, object]:
    """One row of `track_record`; the benchmark is always the last value.

    `used` is what the run goes by, None where none of its figures rests on the series.
    """
    return {
        "series": series,
        "model": model,
        "benchmark": LAST_VALUE,
        "used": used,
        "horizon": horizon,
        "n": len(record.actual),
        "mape": record.mape,
        "benchmark_mape": record.benchmark_mape,
        "bias": record.bias,
        "coverage80": covered,
        "constructed": constructed,
    }
