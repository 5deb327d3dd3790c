"""What places and publication may read of a forecast, and the rules a forecast is held to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tasks.errors import NotFound, WrongUse

Array = npt.NDArray[np.float32]
Float = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Axes:
    """The code axes of every quantity, in the order of the array.

    Attributes:
        programme_areas: Grep codes, `HSHEA2----`; the level lies in the area.
        municipalities: Home municipalities on today's borders; `9999` is pupils from elsewhere.
        years: The year in which the school year starts (2027 is 2027/28).
    """

    programme_areas: tuple[str, ...]
    municipalities: tuple[str, ...]
    years: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Lengths of the three axes."""
        return len(self.programme_areas), len(self.municipalities), len(self.years)


@dataclass(frozen=True)
class WorkingLife:
    """What working life needs, drawn by intake region; float32 `[draw, area, region, year]`.

    Attributes:
        areas: Programme areas that some occupation recruits from.
        regions: Intake regions.
        share: `[region, home]` how a region's need is laid on its homes: as the young people who
            live there. Rows sum to one.
        years: Start year of the school year.
        demand: Persons needed a year. NaN: not known.
        intake_need: Persons who must begin that year so that enough come out when they are needed
            (I*). NaN: not known, or needed past the horizon.
    """

    areas: tuple[str, ...]
    regions: tuple[str, ...]
    share: Float
    years: tuple[int, ...]
    demand: Array
    intake_need: Array

    def on(self, axes: Axes, quantity: Array) -> Array:
        """A quantity on the axes of a forecast `[draw, area, home, year]`; NaN where not known."""
        full = np.full((len(quantity), *axes.shape), np.nan, np.float32)
        areas = [a for a in self.areas if a in axes.programme_areas]
        years = [y for y in self.years if y in axes.years]
        mine = quantity[:, [self.areas.index(a) for a in areas]]
        mine = mine[..., [self.years.index(y) for y in years]]
        # A home belongs to one region: a sum over regions would carry NaN from one to another.
        region = self.share.argmax(axis=0)
        inside = self.share.sum(axis=0) > 0
        laid = mine[:, :, region] * self.share.max(axis=0)[:, None].astype(np.float32)
        laid[:, :, ~inside] = np.nan
        at = (
            np.array([axes.programme_areas.index(a) for a in areas], np.intp)[:, None, None],
            np.arange(len(axes.municipalities))[:, None],
            np.array([axes.years.index(y) for y in years], np.intp),
        )
        full[(slice(None), *at)] = laid
        return full


@dataclass(frozen=True)
class Forecast:
    """Drawn futures, float32 `[draw, programme_area, home_municipality, year]`, unit persons.

    Attributes:
        axes: Codes of the last three axes.
        progression: Pupils on 1 October, whole persons.
        applicants_per_pupil: float32 `[draw, programme_area]`.
        working_life: What working life needs; None where the county has not delivered what it is
            drawn from.
    """

    axes: Axes
    progression: Array
    applicants_per_pupil: Array
    working_life: WorkingLife | None = None

    def __post_init__(self) -> None:
        wanted = (
            ("progression", self.progression, (self.count, *self.axes.shape)),
            ("applicants_per_pupil", self.applicants_per_pupil, (self.count, self.axes.shape[0])),
        )
        for name, array, shape in wanted:
            if array.dtype != np.float32 or array.shape != shape:
                raise ValueError(f"{name}: {array.dtype} {array.shape}, axes {self.axes.shape}")

    @property
    def count(self) -> int:
        """Number of draws."""
        return int(self.progression.shape[0])

    @property
    def applicants(self) -> Array:
        """Applicants on 1 March before the school year starts."""
        ratio: Array = self.applicants_per_pupil[:, :, None, None]
        return self.progression * ratio

    @property
    def demand(self) -> Array:
        """Persons whom working life needs a year, by programme area; NaN where it is not known.

        Raises:
            NotFound: The county has not delivered what it is drawn from.
        """
        known = self._known()
        return known.on(self.axes, known.demand)

    @property
    def intake_need(self) -> Array:
        """Persons who must begin so that working life gets them in time (I*); NaN: not known.

        The young people's own need is `progression`.

        Raises:
            NotFound: The county has not delivered what it is drawn from.
        """
        known = self._known()
        return known.on(self.axes, known.intake_need)

    def _known(self) -> WorkingLife:
        """Zeros would read as "nobody is needed"."""
        if self.working_life is None:
            raise NotFound(
                subject="framskrivingen, arbeidslivets behov",
                expected="sysselsatte, aldersavgang og ledige stillinger etter yrke",
                got="ingen: kjøringens tabell working_life_notes sier hva som mangler",
                remedy="lever filene som er nevnt der, og kjør planen på nytt",
            )
        return self.working_life

    def draws(self, k: int) -> Forecast:
        """The first `k` draws: nested, and the same whatever the number of draws in the run.

        Raises:
            WrongUse: `k` is below one or above the number of draws.
        """
        if not 1 <= k <= self.count:
            raise WrongUse(
                subject="antall trekninger",
                expected=f"et heltall fra 1 til {self.count}",
                got=str(k),
                remedy="be om færre trekninger, eller kjør planen på nytt med flere",
            )
        life = self.working_life
        if life is not None:
            life = replace(life, demand=life.demand[:k], intake_need=life.intake_need[:k])
        return Forecast(self.axes, self.progression[:k], self.applicants_per_pupil[:k], life)


@dataclass(frozen=True)
class Rules:
    """What a planner has declared in `data/reference/rules/`.

    Attributes:
        certainty: Least probability of an assessment (share).
        balance_band: Balance is a need within this share of the places.
        projection_weights: Weight of the population alternatives main, low, high; sum 1.
        cohort_ages: First and last age of the age group shown as the cohort.
        entry_age: Age on 1 January after the school year has started of those who begin on Vg1.
        vocational_class: Pupils in a full class on vocational areas.
        general_class: Pupils in a full class on the others and on påbygging.
        class_step: Least step in which classes are counted, 0.5 or 1.
        mean_years: Years of counts in a mean rate.
        kappa: Weight of the wider area in a shrunk rate (persons).
    """

    certainty: float
    balance_band: float
    projection_weights: tuple[float, float, float]
    cohort_ages: tuple[int, int]
    entry_age: int
    vocational_class: int
    general_class: int
    class_step: float
    mean_years: int
    kappa: float
