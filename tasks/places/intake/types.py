"""What the intake simulator takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tasks.errors import WrongUse
from tasks.forecast.types import Array, Float, Index

Bool = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]

CHOICES = 3
"""Programmes that an applicant may choose (opplæringslova § 5-1)."""


@dataclass(frozen=True)
class Quota:
    """Places of a programme on Vg1 that are given by points and skill.

    Attributes:
        share: Of the places of an offer, at most.
        schools: Organisation numbers; empty: every school.
        points: Points for skill that come on top.
        chance: Share of the first choosers who get each of them.
    """

    share: float
    schools: tuple[str, ...]
    points: tuple[float, ...]
    chance: tuple[float, ...]


@dataclass(frozen=True)
class Reserved:
    """Places of an offer that are not for the ordinary intake.

    Attributes:
        school: Organisation number.
        programme_area: Code.
        places: How many.
    """

    school: str
    programme_area: str
    places: int


@dataclass(frozen=True)
class IntakeRules:
    """`data/reference/rules/intake.toml`.

    Attributes:
        rounds: Rounds of offers.
        school_wishes: Schools that an applicant ranks for a programme.
        turned_down_first: Share of offers of the first choice that are turned down.
        turned_down_other: The same of other offers.
        special: Share taken in before the others, by level (priority and individual intake).
        stays: Share of applicants to general areas on Vg2 and Vg3 who go on at their own school.
        exchange: Share of the places on Vg2 and Vg3 of general areas kept for exchange pupils.
        reserved: Places kept for others by offer: landslinjer, guest pupils.
        quotas: By programme.
        points_mean: Mean points by programme, before they are held to the county's.
        points_sd: Standard deviation of points among those with the same first wish.
        points_offer_sd: The same of an offer's mean round its programme's.
        points_programme_sd: The same of a programme's mean round the declared one.
        points_range: Least and greatest points.
        same_branch: How much likelier a next choice is within the same branch on Vg1.
        pattern_persons: Persons that distance counts as beside the pattern of a home and area.
        minutes_limit: Longest travel that is not long, one way.
        speed: Kilometres an hour of the fallback.
        detour: Road over great circle of the fallback.
        least_minutes: Of the fallback, one's own municipality included.
    """

    rounds: int
    school_wishes: int
    turned_down_first: float
    turned_down_other: float
    special: tuple[float, float, float]
    stays: float
    exchange: float
    reserved: tuple[Reserved, ...]
    quotas: Mapping[str, Quota]
    points_mean: Mapping[str, float]
    points_sd: float
    points_offer_sd: float
    points_programme_sd: float
    points_range: tuple[float, float]
    same_branch: float
    pattern_persons: float
    minutes_limit: float
    speed: float
    detour: float
    least_minutes: float


@dataclass(frozen=True)
class Offers:
    """School × programme area with places, on common axes.

    Attributes:
        schools: Organisation numbers.
        school_region: `[school]` position in `regions`.
        regions: Intake regions.
        areas: Programme areas; the level lies in the area.
        programmes: `[area]` programme codes.
        levels: `[area]` 1, 2 or 3.
        county_wide: `[area]` whether the whole county competes alike for its schools.
        general: `[area]` whether its programme is general (studieforberedende).
        school: `[offer]` position in `schools`.
        area: `[offer]` position in `areas`.
        places: `[offer]` places for young people.
    """

    schools: tuple[str, ...]
    school_region: Index
    regions: tuple[str, ...]
    areas: tuple[str, ...]
    programmes: tuple[str, ...]
    levels: Index
    county_wide: Bool
    general: Bool
    school: Index
    area: Index
    places: Whole

    def __post_init__(self) -> None:
        pairs = self.area * len(self.schools) + self.school
        if len(np.unique(pairs)) != len(pairs):
            raise ValueError("an offer is there twice")
        if len(self.places) != len(pairs) or (self.places < 0).any():
            raise ValueError("places: one number an offer, none below zero")

    @property
    def count(self) -> int:
        """Number of offers."""
        return len(self.school)

    def at(self) -> Index:
        """`[area, school]` position of the offer, −1 where there is none."""
        found = np.full((len(self.areas), len(self.schools)), -1, np.intp)
        found[self.area, self.school] = np.arange(self.count)
        return found

    def with_places(self, places: npt.ArrayLike) -> Offers:
        """The same offers with other places `[offer]`; 0 closes one.

        Raises:
            WrongUse: Not one whole number, at least 0, for each offer.
        """
        given = np.asarray(places)
        whole = given.astype(np.int64)
        if given.shape != self.places.shape or (whole != given).any() or (whole < 0).any():
            raise WrongUse(
                subject="plasser i inntakssimuleringen",
                expected=f"{self.count} hele tall fra 0 og oppover, ett per tilbud",
                got=f"en tabell med form {given.shape}",
                remedy="gi plassene i samme rekkefølge som tilbudene",
            )
        return replace(self, places=whole)


@dataclass(frozen=True)
class Applications:
    """What applicants are drawn from.

    Attributes:
        homes: Home municipalities; `9999` is pupils from elsewhere.
        home_region: `[home]` position in the regions of the offers, −1 for elsewhere.
        expected: `[area, home]` first choices, or `[draw, area, home]` where they are forecast.
        area_spread: `[area]` year-to-year variance of an area's first choices beyond Poisson,
            relative to the square of their mean; not used where they are forecast.
        offer_spread: `[area]` the same of an offer's share of its area.
        weight: `[area, home, school]` how likely a school is the first wish; 0: no offer.
        next_choice: `[area, area]` chance of each area as the next choice; rows of zeros: none.
        more: `[area]` share who give a second choice; of them the same share give a third.
        points_mean: `[area]` mean points.
        minutes: `[home, school]` travel one way.
        estimated: `[home, school]` whether the minutes are the fallback.
    """

    homes: tuple[str, ...]
    home_region: Index
    expected: Float
    area_spread: Float
    offer_spread: Float
    weight: Float
    next_choice: Float
    more: Float
    points_mean: Float
    minutes: Float
    estimated: Bool


@dataclass(frozen=True)
class Applicants:
    """The applicants of one draw, one position each.

    Attributes:
        choices: `[applicant, 3]` areas by priority, −1 where no more are given.
        home: `[applicant]` position in `homes`.
        points: `[applicant]` points, one decimal.
        order: `[applicant]` place in the order of points, 0 best; ties by lot.
        skill: `[applicant]` points for skill in the first choice.
        special: `[applicant]` priority or individual intake.
        stays: `[applicant]` has the right to go on at the first wished school.
        taste: float32 `[applicant, school]` standard exponentials: a school is wished before
            another where taste / weight is less.
        turning_down: float32 `[applicant, round]` uniforms; an offer is turned down where it is
            less than the declared share.
    """

    choices: Index
    home: Index
    points: Float
    order: Whole
    skill: Float
    special: Bool
    stays: Bool
    taste: Array
    turning_down: Array

    @property
    def count(self) -> int:
        """Number of applicants."""
        return len(self.home)


@dataclass(frozen=True)
class Round:
    """What stands after one round of offers.

    Attributes:
        choice: `[applicant]` which choice was met (0, 1, 2), −1 none.
        offer: `[applicant]` the offer, −1 none.
        wish: `[applicant]` whether it is at the first wished school of that choice.
        still: `[applicant]` whether the applicant is still in the intake (has not turned down).
        ordinary: `[applicant]` whether the place was won on points alone.
        refused: `[offer]` whether somebody who came before was turned away from the offer, or
            from its area in the county.
    """

    choice: Index
    offer: Index
    wish: Bool
    still: Bool
    ordinary: Bool
    refused: Bool


MEASURES = (
    "applicants",
    "first_programme",
    "first_school",
    "one_of_three",
    "without",
    "out_of_region",
    "long_travel",
    "sent_out_of_region",
    "sent_far",
    "other_programme",
    "away",
)
"""Counts of persons by level and home region; `one_of_three` + `without` = `applicants`.

Many wish for a school in another region: the two last are those out of region, and with long
travel, who are at another school than the one they wished most for the programme they have.
Two are a plan's goals as the intake finds them: `other_programme`, without the first programme,
and `away`, with long travel, or out of the region on a programme that is not county-wide.
"""


@dataclass(frozen=True)
class Result:
    """An intake over draws.

    Attributes:
        offers: The offers with the places that were given.
        regions: Home regions, then the county (`*`).
        measures: float32 `[draw, round, level, region, measure]` persons, `MEASURES`.
        wished: float32 `[draw, offer]` applicants with the offer as first wish.
        admitted: float32 `[draw, round, offer]` who hold a place.
        limit: float32 `[draw, round, offer]` least points among those admitted on points; NaN
            where nobody was refused or nobody was admitted so.
    """

    offers: Offers
    regions: tuple[str, ...]
    measures: Array
    wished: Array
    admitted: Array
    limit: Array

    @property
    def empty(self) -> Array:
        """`[draw, round, offer]` places that stand empty."""
        left: Array = self.offers.places.astype(np.float32) - self.admitted
        return left
