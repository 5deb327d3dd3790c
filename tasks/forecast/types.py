"""What places and publication may read of a forecast, and the rules a forecast is held to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.errors import NotFound, WrongUse

Array = npt.NDArray[np.float32]
Float = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

QUANTITIES = ("applicants", "progression", "intake_need")


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
class Forecast:
    """Drawn futures, float32 `[draw, programme_area, home_municipality, year]`, unit persons.

    Attributes:
        axes: Codes of the last three axes.
        applicants: Applicants on 1 March before the school year starts.
        progression: Pupils on 1 October, whole persons.
        intake_need: Persons who need a place. Until labour-market data are delivered this is the
            young people's own need, that is, the pupils expected.
    """

    axes: Axes
    applicants: Array
    progression: Array
    intake_need: Array

    def __post_init__(self) -> None:
        for name in QUANTITIES:
            array = getattr(self, name)
            if array.dtype != np.float32 or array.shape != (self.count, *self.axes.shape):
                raise ValueError(f"{name}: {array.dtype} {array.shape}, axes {self.axes.shape}")

    @property
    def count(self) -> int:
        """Number of draws."""
        return int(self.progression.shape[0])

    @property
    def demand(self) -> Array:
        """Labour demand per programme area: no source delivers it yet.

        Raises:
            NotFound: Always. Zeros would read as "nobody is needed".
        """
        raise NotFound(
            subject="framskrivingen, arbeidslivets behov",
            expected="sysselsatte, aldersavgang og ledige stillinger etter yrke",
            got="ingen kilde som leverer dem",
            remedy="bruk ungdommens eget behov (intake_need) til arbeidsmarkedstall er tatt inn",
        )

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
        return Forecast(self.axes, *(getattr(self, name)[:k] for name in QUANTITIES))


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
