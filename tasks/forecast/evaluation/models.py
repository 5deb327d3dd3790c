"""Models of series that follow cohorts or drift, and intervals from their own past errors.

They meet `Forecaster`, so that they are tested as the student flow and the labour model are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from tasks.forecast.evaluation.frames import LEVELS, Draws, Forecaster, Known
from tasks.forecast.types import Float, Index

AGEING = "aldersframskriving"
BAND_AGEING = "aldersframskriving av aldersgrupper"
DAMPED_TREND = "dempet trend"
BEST_OF_PAST = "den som traff best hittil"
AGES = "ages"


@dataclass(frozen=True)
class Ageing:
    """A cohort aged by mean carry-over ratios (cohort-component without births; GLA, NCES).

    N[a+1, t+1] = N[a, t]·r[a], r[a] = Σ N[a+1, s] / Σ N[a, s−1] over the last `years` steps, shrunk
    per unit towards that of all units: (x + κ·r)/(n + κ). `known.others["ages"]` holds single-year
    ages as units `<unit>|<age>`.

    Attributes:
        first: First age of the cohort.
        last: Last age of it.
        years: Steps in a mean ratio.
        kappa: Weight of all units' ratio (persons).
        name: Its name in the track record.
    """

    first: int
    last: int
    years: int
    kappa: float
    name: str = AGEING

    def forecast(self, known: Known, horizons: tuple[int, ...]) -> Draws:
        """The cohort, `[1, unit, horizon]`; NaN where an age on the way is not known."""
        ages, counts = by_age(known)
        ratio = self._ratios(counts)
        points = np.full((len(known.series.units), len(horizons)), np.nan)
        for column, horizon in enumerate(horizons):
            start = self.first - horizon
            if start < ages[0] or self.last - 1 > ages[-1]:
                continue
            persons = counts[:, start - ages[0] : self.last - horizon - ages[0] + 1, -1]
            for step in range(horizon):
                low = start + step - ages[0]
                persons = persons * ratio[:, low : low + persons.shape[1]]
            points[:, column] = persons.sum(axis=1)
        return Draws(known.series.units, horizons, points[None])

    def _ratios(self, counts: Float) -> Float:
        """`[unit, age]`: from each age to the next."""
        steps = min(self.years, counts.shape[2] - 1)
        after = counts[:, 1:, -steps:].sum(axis=2)
        before = counts[:, :-1, -steps - 1 : -1].sum(axis=2)
        together = after.sum(axis=0) / np.maximum(before.sum(axis=0), 1)
        shrunk: Float = (after + self.kappa * together) / (before + self.kappa)
        return shrunk


def by_age(known: Known) -> tuple[tuple[int, ...], Float]:
    """Single-year ages and counts `[unit, age, period]`, units in the order of `known.series`."""
    found = known.others[AGES]
    place = {unit: i for i, unit in enumerate(found.units)}
    ages = tuple(sorted({int(unit.rpartition("|")[2]) for unit in found.units}))
    rows: Index = np.array(
        [[place[f"{unit}|{age}"] for age in ages] for unit in known.series.units], np.intp
    )
    return ages, found.values[rows]


@dataclass(frozen=True)
class BandAgeing:
    """A cohort of an age band, aged from bands: single years are not always published.

    A band is spread evenly over its ages; the persons who will be in the band in h years are those
    of the younger bands who are h years younger now. The evenly aged count is then corrected by how
    far it has been from the truth at the same horizon: the ratio of sums over the last `years`
    origins whose outcome is known, shrunk per unit towards all units' with weight κ.

        y[t+h] = A[t, h]·c[h],   c[h] = Σ y[s] / Σ A[s−h, h],   s = t − years + 1 … t

    Attributes:
        bands: First and last age of each band, youngest first; the last is the one to forecast.
            `known.others["ages"]` holds them as units `<unit>|<first age>`.
        years: Outcomes in the correction.
        kappa: Weight of all units' correction (persons).
        name: Its name in the track record.
    """

    bands: tuple[tuple[int, int], ...]
    years: int
    kappa: float
    name: str = BAND_AGEING

    def forecast(self, known: Known, horizons: tuple[int, ...]) -> Draws:
        """The band, `[1, unit, horizon]`; NaN before a correction can be found."""
        _, counts = by_age(known)
        target = counts[:, -1]
        points = np.full((len(target), len(horizons)), np.nan)
        for column, horizon in enumerate(horizons):
            aged = np.tensordot(counts, self.shares(horizon), axes=(1, 0))
            if aged.shape[1] <= horizon or np.isnan(aged).all():
                continue
            true, even = target[:, horizon:][:, -self.years :], aged[:, :-horizon][:, -self.years :]
            together = true.sum() / max(even.sum(), 1.0)
            own = (true.sum(axis=1) + self.kappa * together) / (even.sum(axis=1) + self.kappa)
            points[:, column] = aged[:, -1] * own
        return Draws(known.series.units, horizons, points[None])

    def shares(self, horizon: int) -> Float:
        """Share of each band that is in the last one `horizon` years on; NaN out of reach."""
        first, last = (age - horizon for age in self.bands[-1])
        if first < self.bands[0][0]:
            return np.full(len(self.bands), np.nan)
        return np.array(
            [
                max(0, min(last, high) - max(first, low) + 1) / (high - low + 1)
                for low, high in self.bands
            ]
        )


@dataclass(frozen=True)
class DampedTrend:
    """Damped log-trend, drawn towards the trend of all units (Gardner & McKenzie 1985).

    log y[t+h] = log y[t] + g·(φ + φ² + … + φ^h), g = ½·(own + all units') mean log change of the
    last `years` steps. φ below 1 lets growth die away: 0 is the last value, 1 a plain trend.

    Attributes:
        phi: φ.
        years: Steps in the mean change.
        name: Its name in the track record.
    """

    phi: float
    years: int
    name: str = DAMPED_TREND

    def forecast(self, known: Known, horizons: tuple[int, ...]) -> Draws:
        """The trend, `[1, unit, horizon]`; the last value where no change is known."""
        values = known.series.values[:, -(self.years + 1) :]
        logs = np.log(np.where(values > 0, values, np.nan))
        changes = np.diff(logs, axis=1)
        usable = np.isfinite(changes)
        own = np.where(usable, changes, 0).sum(axis=1) / np.maximum(usable.sum(axis=1), 1)
        weight = np.where(usable.any(axis=1), np.nan_to_num(values[:, -1]), 0)
        together = float((own * weight).sum() / weight.sum()) if weight.sum() > 0 else 0.0
        growth = np.where(usable.any(axis=1), (own + together) / 2, 0)
        sums = np.array([sum(self.phi**k for k in range(1, h + 1)) for h in horizons])
        points = known.series.values[:, -1:] * np.exp(growth[:, None] * sums)
        return Draws(known.series.units, horizons, points[None])


@dataclass(frozen=True)
class BestOfPast:
    """At every origin and horizon, the candidate whose past forecasts missed least.

    Candidates are run from every earlier origin on the figures that are known now; the sum of
    absolute errors over all units decides per horizon. Before anything can be compared the first
    candidate is used.

    Attributes:
        candidates: Forecasters of points, the plainest first.
        least: Periods before the earliest origin that is tried, itself included.
        name: Its name in the track record.
    """

    candidates: tuple[Forecaster, ...]
    least: int
    name: str = BEST_OF_PAST

    def forecast(self, known: Known, horizons: tuple[int, ...]) -> Draws:
        """The chosen candidates' points, `[1, unit, horizon]`."""
        missed = np.stack(
            [_past_errors(c, known, horizons, self.least) for c in self.candidates]
        )  # [candidate, origin, unit, horizon]
        met = np.isfinite(missed).all(axis=0)
        sums = np.where(met, np.abs(missed), 0).sum(axis=(1, 2))
        best = sums.argmin(axis=0)
        points = np.stack([c.forecast(known, horizons).values[0] for c in self.candidates])
        chosen = np.take_along_axis(points, best[None, None, :], axis=0)
        return Draws(known.series.units, horizons, chosen)


@dataclass(frozen=True)
class WithErrors:
    """A forecaster of points with the spread of its own past relative errors.

    σ[h, size] is the root mean square of the n log errors at horizon h that are known at the
    origin, over earlier origins and units of the size class; quantiles are y·exp(σ·t), t of
    Student's distribution with n/h degrees of freedom, at least one: forecasts h years ahead from
    neighbouring origins share all but one of their years. It says how far the model has missed so
    far, not how far it may: conformal scaling comes after it.

    Attributes:
        point: Forecaster of points.
        least: Periods before the earliest origin that is tried, itself included.
        bounds: Lower bounds of the size classes above the first, in the unit of the series.
    """

    point: Forecaster
    least: int
    bounds: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        """The point forecaster's: the intervals are part of the same model."""
        return self.point.name

    def forecast(self, known: Known, horizons: tuple[int, ...]) -> Draws:
        """Draws that stand for the quantiles `[39, unit, horizon]`; a point before any is known."""
        points = self.point.forecast(known, horizons).values
        logs = _past_errors(self.point, known, horizons, self.least, relative=True)
        sigma, n = self._spread(known, logs)
        if not np.isfinite(sigma).any():
            return Draws(known.series.units, horizons, points)
        freedom = np.maximum(n / np.asarray(horizons), 1)
        quantiles = points * np.exp(sigma * student(LEVELS, freedom))
        drawn = Draws.of_quantiles(known.series.units, horizons, LEVELS, quantiles)
        return replace(drawn, point=points[0])

    def _spread(self, known: Known, logs: Float) -> tuple[Float, Float]:
        """σ `[unit, horizon]`, NaN where no error of the class is known, and of how many errors."""
        size = np.searchsorted(self.bounds, known.series.values[:, -1], side="right")
        sigma = np.full(logs.shape[1:], np.nan)
        count = np.zeros(logs.shape[1:])
        for number in np.unique(size):
            alike = logs[:, size == number]
            met = np.isfinite(alike)
            n = met.sum(axis=(0, 1))
            squares = (np.where(met, alike, 0) ** 2).sum(axis=(0, 1))
            mean = np.divide(squares, n, out=np.full(len(n), np.nan), where=n > 0)
            sigma[size == number] = np.sqrt(mean)
            count[size == number] = n
        return sigma, count


def student(levels: Sequence[float], freedom: Float) -> Float:
    """Quantiles of Student's t, `[level, *freedom.shape]`.

    Fisher's expansion round the normal to the fourth order (Abramowitz & Stegun 26.7.5): within one
    per cent of it from two degrees of freedom on, with one within five, between 5 and 95 per cent.
    """
    z = np.array([NormalDist().inv_cdf(level) for level in levels])
    z = z.reshape(-1, *[1] * freedom.ndim)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    found: Float = z + sum(term / freedom ** (k + 1) for k, term in enumerate(terms))
    return found


def _past_errors(
    forecaster: Forecaster,
    known: Known,
    horizons: Sequence[int],
    least: int,
    *,
    relative: bool = False,
) -> Float:
    """Errors of earlier origins whose outcome is known at this one, `[origin, unit, horizon]`.

    Forecast less outcome, or its logarithm relative to the outcome; NaN where it is not known.
    """
    values, periods = known.series.values, known.series.periods
    earlier = range(least - 1, len(periods) - 1)
    found = np.full((len(earlier), len(values), len(horizons)), np.nan)
    for number, position in enumerate(earlier):
        past = known.until(periods[position])
        points = forecaster.forecast(past, tuple(horizons)).values[0]
        for column, horizon in enumerate(horizons):
            if position + horizon < len(periods):
                actual, point = values[:, position + horizon], points[:, column]
                found[number, :, column] = _log_ratio(point, actual) if relative else point - actual
    return found


def _log_ratio(point: Float, actual: Float) -> Float:
    usable = (point > 0) & (actual > 0)
    ratio = np.divide(point, actual, out=np.ones_like(point), where=usable)
    return np.where(usable, np.log(ratio), np.nan)
