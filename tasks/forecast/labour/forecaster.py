"""Employment by industry and region, as the track record asks for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.forecast.evaluation.frames import Draws, Known
from tasks.forecast.labour import expansion
from tasks.forecast.labour.types import ALTERNATIVES, IndustrySeries, LabourRules
from tasks.forecast.types import Float


@dataclass(frozen=True)
class Employment:
    """The ensemble of industries on what was known at an origin (`evaluation.frames.Forecaster`).

    Units are `<region>|<industry>`. The demographic member needs a projection that was known then,
    which a track record of one series does not hold: it is judged on the last value and the trend.

    Attributes:
        rules: Declared assumptions.
        county: County code, part of the stream's key.
        seed: Seed of the streams.
        draws: Number of draws.
        name: Its name in the track record.
    """

    rules: LabourRules
    county: str
    seed: int
    draws: int = 400
    name: str = "næringsensemble"

    def forecast(self, known: Known, horizons: tuple[int, ...]) -> Draws:
        """`[draw, unit, horizon]` persons; NaN for units that were not known at the origin."""
        data = series_of(known)
        said = expansion.members(data, self.rules, data.years[-1], max(horizons))
        model = expansion.ensemble(expansion.backtest(data, self.rules), said, data)
        lives = np.zeros(self.draws, np.intp)
        growth = expansion.draw(
            said, data.industry[-1], model, lives, (self.seed, self.county, range(self.draws))
        )
        persons = growth[..., list(horizons)] * data.industry[-1].T[None, :, :, None]
        at = [_split(unit) for unit in known.series.units]
        picked = [
            (data.regions.index(region), data.industries.index(industry)) for region, industry in at
        ]
        r, i = (list(axis) for axis in zip(*picked, strict=True))
        values: Float = persons[:, r, i].astype(np.float64)
        values[:, np.isnan(known.series.values[:, -1])] = np.nan
        return Draws(known.series.units, horizons, values)


def series_of(known: Known) -> IndustrySeries:
    """Units `<region>|<industry>` on axes of their own; pairs that are not there hold nobody.

    A year without a figure takes the one before it, so that a hole is no fall and rise.
    """
    at = [_split(unit) for unit in known.series.units]
    regions, industries = (tuple(sorted(set(axis))) for axis in zip(*at, strict=True))
    counts = np.zeros((len(known.series.periods), len(industries), len(regions)))
    for (region, industry), values in zip(at, known.series.values, strict=True):
        counts[:, industries.index(industry), regions.index(region)] = _carried(values)
    return IndustrySeries(
        industries=industries,
        regions=regions,
        years=known.series.periods,
        industry=counts,
        population=np.zeros((len(ALTERNATIVES), len(regions), 0, 0)),
        population_years=(),
    )


def _split(unit: str) -> tuple[str, str]:
    region, _, industry = unit.partition("|")
    return region, industry


def _carried(values: Float) -> Float:
    """Holes take the value before them; those before the first value, the first."""
    told = ~np.isnan(values)
    if not told.any():
        return np.zeros_like(values)
    place = np.maximum.accumulate(np.where(told, np.arange(len(values)), -1))
    return values[np.where(place < 0, int(told.argmax()), place)]
