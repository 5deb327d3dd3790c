"""The student flow and what follows from it as forecasters, tested as everything else is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from tasks.errors import NotFound
from tasks.forecast import streams
from tasks.forecast.evaluation.frames import Draws, Known
from tasks.forecast.flow import assemble, cohort, cut
from tasks.forecast.flow.engine import simulate
from tasks.forecast.flow.result import FlowResult
from tasks.forecast.flow.types import FlowRules
from tasks.forecast.pupils import FLOW
from tasks.forecast.streams import Block
from tasks.forecast.types import Float

PER_PUPIL = "søkere per elev"
PUPILS = "pupils"
# The population that the tests use for the years after an origin has been counted since.
COUNTED = (1.0, 0.0, 0.0)


@dataclass(frozen=True)
class FlowDraws:
    """The student flow rebuilt on what was counted at an origin; each origin is drawn once.

    The frames are cut at the origin (`cut.until`) and carry later corrections, hence series of it
    are always `as_revised`. Cohorts after the origin are those that were counted since, so that the
    test is of the flow and not of the projection, which has a record of its own.

    Attributes:
        frames: The flow's frames, all years.
        rules: Declared assumptions.
        county: Part of the stream's key.
        years: School years drawn at every origin.
        seed: Seed of the streams.
        draws: Number of draws.
    """

    frames: Mapping[str, pl.DataFrame]
    rules: FlowRules
    county: str
    years: int = 6
    seed: int = 1
    draws: int = 200
    _kept: dict[int, FlowResult | None] = field(default_factory=dict, repr=False)

    def at(self, origin: int) -> FlowResult | None:
        """Pupils and certificates drawn from an origin; None where no flow can be built."""
        if origin not in self._kept:
            self._kept[origin] = self._drawn(origin)
        return self._kept[origin]

    def _drawn(self, origin: int) -> FlowResult | None:
        try:
            flow = assemble.build(
                cut.until(self.frames, origin), self.county, self.rules, self.years
            )
        except NotFound:
            return None
        result = FlowResult.of(
            flow.model,
            last_count=origin,
            draws=self.draws,
            years=self.years,
            quantities=("pupils", "certificates"),
        )
        key = self.seed, self.county
        coming = cohort.inflow(
            flow.residents, flow.outside, result.years, key=key, sigma=0.0, weights=COUNTED
        )
        simulate(
            flow.model,
            coming,
            [result],
            seed=self.seed,
            county=self.county,
            draws=self.draws,
            years=self.years,
            mode="multinomial",
        )
        return result


@dataclass(frozen=True)
class PupilFlow:
    """Pupils by the student flow.

    Units are programme codes, or `<programme>|<region>` where regions are given.

    Attributes:
        flow: The flow at every origin.
        regions: Region of each home municipality; None: the whole county.
        name: Its name in the track record.
    """

    flow: FlowDraws
    regions: Mapping[str, str] | None = None
    name: str = FLOW

    def forecast(self, known: Known, horizons: tuple[int, ...]) -> Draws:
        """Pupils `[draw, unit, horizon]`; NaN where the flow cannot be built at the origin."""
        units = known.series.units
        result = self.flow.at(known.origin) if max(horizons) <= self.flow.years else None
        if result is None:
            return Draws(units, horizons, np.full((1, len(units), len(horizons)), np.nan))
        pupils = result["pupils"][..., [h - 1 for h in horizons]]
        areas, homes = result.units["pupils"], result.regions
        sums = np.zeros((len(pupils), len(units), len(horizons)))
        for place, unit in enumerate(units):
            programme, _, region = unit.partition("|")
            mine = [i for i, area in enumerate(areas) if area[:2] == programme]
            there = [
                i
                for i, home in enumerate(homes)
                if not region or (self.regions or {}).get(home) == region
            ]
            sums[:, place] = pupils[:, mine][:, :, there].sum(axis=(1, 2), dtype=np.float64)
        return Draws(units, horizons, sums)


@dataclass(frozen=True)
class CertificateFlow:
    """New trade certificates a year by programme area, by the student flow.

    Units are the programme areas of Vg2 that trades build on. A school year's are held against
    those of the calendar year that it ends in: most tests are taken in spring and summer.

    Attributes:
        flow: The flow at every origin.
        area_of: Programme area of each trade.
        name: Its name in the track record.
    """

    flow: FlowDraws
    area_of: Mapping[str, str]
    name: str = FLOW

    def forecast(self, known: Known, horizons: tuple[int, ...]) -> Draws:
        """Certificates `[draw, area, horizon]`; NaN where the flow cannot be built there."""
        units = known.series.units
        result = self.flow.at(known.origin) if max(horizons) <= self.flow.years else None
        # A year without a count of pupils is an origin of certificates, and none of the flow.
        if result is None or result.years[0] != known.origin + 1:
            return Draws(units, horizons, np.full((1, len(units), len(horizons)), np.nan))
        made = result["certificates"].sum(axis=2, dtype=np.float64)[..., [h - 1 for h in horizons]]
        area = [self.area_of.get(trade) for trade in result.units["certificates"]]
        groups = np.array([[a == unit for a in area] for unit in units], np.float64)
        return Draws(units, horizons, np.einsum("ut,dth->duh", groups, made))


@dataclass(frozen=True)
class ApplicantsPerPupil:
    """Applicants of 1 March per programme: the flow's pupils times applicants per pupil.

    `known.others["pupils"]` holds the pupils of the autumns up to the origin. The ratio is of sums
    over the last years that have both; its spread is that of the years' ratios round it.

    Attributes:
        flow: Forecaster of the pupils.
        years: Years in the ratio.
        name: Its name in the track record.
    """

    flow: PupilFlow
    years: int
    name: str = PER_PUPIL

    def forecast(self, known: Known, horizons: tuple[int, ...]) -> Draws:
        """Applicants `[draw, programme, horizon]`; NaN where no year has both."""
        pupils = known.others[PUPILS]
        units = known.series.units
        nothing = Draws(units, horizons, np.full((1, len(units), len(horizons)), np.nan))
        if not pupils.periods or pupils.units != units:
            return nothing
        ratio, spread = ratios(known, self.years)
        behind = known.origin - pupils.periods[-1]
        ahead = self.flow.forecast(Known(pupils), tuple(h + behind for h in horizons))
        if np.isnan(ratio).any() or len(ahead.values) == 1:
            return nothing
        z = streams.normals(
            self.flow.flow.seed,
            self.flow.flow.county,
            range(len(ahead.values)),
            Block.APPLICANTS,
            (len(units),),
        )
        level = ratio * np.exp(spread * z - spread**2 / 2)
        return Draws(units, horizons, ahead.values * level[:, :, None])


def ratios(known: Known, years: int) -> tuple[Float, float]:
    """Applicants per pupil `[programme]`, and the standard deviation of its log from year to year.

    A programme without both has the ratio of all that have; the spread is weighted by applicants.

    Args:
        known: Applicants, with `pupils` beside them, units alike.
        years: Last years that have both.
    """
    applicants, pupils = known.series, known.others[PUPILS]
    both = sorted(set(applicants.periods) & set(pupils.periods))[-years:]
    count, base = (
        np.nan_to_num(wide.values[:, [wide.periods.index(y) for y in both]])
        for wide in (applicants, pupils)
    )
    usable = (count > 0) & (base > 0)
    count, base = np.where(usable, count, 0.0), np.where(usable, base, 0.0)
    overall = count.sum() / base.sum() if base.sum() > 0 else np.nan
    ratio = np.divide(
        count.sum(axis=1),
        base.sum(axis=1),
        out=np.full(len(count), overall),
        where=base.sum(axis=1) > 0,
    )
    if len(both) < 2 or not count.sum() > 0:
        return ratio, 0.0
    away = np.log(np.where(usable, count, 1.0) / np.where(usable, base * ratio[:, None], 1.0))
    freedom = len(both) / (len(both) - 1)
    return ratio, float(np.sqrt(freedom * (count * away**2).sum() / count.sum()))
