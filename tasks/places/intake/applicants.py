"""Applicants of one draw: who applies for what, with which points. Nobody real is in it."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from tasks.forecast.streams import Block, generator
from tasks.forecast.types import Array, Float, Index
from tasks.places.intake.types import (
    Applicants,
    Applications,
    IntakeRules,
    Offers,
    Whole,
)

# Uniforms of a person, in this order: a stream's columns are part of a run's identity.
SECOND, THIRD, WHICH_SECOND, WHICH_THIRD, POINTS, LOT, SPECIAL, STAYS, SKILL = range(9)
# What the generator may give as 0 has no normal quantile.
LEAST = 2.0**-54
# Nor may anybody come at no time at all, where a school that is closed never comes.
LATE = np.float32(1e-9)


def draw(
    applications: Applications,
    offers: Offers,
    rules: IntakeRules,
    *,
    seed: int,
    county: str,
    number: int,
) -> Applicants:
    """The applicants of draw `number`, by area of first choice and home.

    Streams are keyed by draw, and a person's numbers stand together in them, so that neither the
    number of draws, nor threads, nor the places of a plan change a byte of who applies.
    """
    area, home = _persons(applications, seed, county, number)
    count = len(area)
    lot = generator(seed, county, number, Block.INTAKE_PERSON).random((count, SKILL + 1))
    taste: Array = generator(seed, county, number, Block.INTAKE_TASTE).standard_exponential(
        (count, len(offers.schools)), dtype=np.float32
    )
    leave = generator(seed, county, number, Block.INTAKE_LEAVE)
    taste = _pulled(taste, area, applications, offers, (seed, county, number))
    mean = _level_of_points(taste, area, home, applications, rules, (seed, county, number))
    points = _points(lot[:, POINTS], mean, rules)
    order = np.empty(count, np.int64)
    order[np.lexsort((lot[:, LOT], -points))] = np.arange(count)
    level = offers.levels[area]
    later = (level > 1) & offers.general[area]
    return Applicants(
        choices=_choices(area, lot, applications),
        home=home,
        points=points,
        order=order,
        skill=_skill(area, lot[:, SKILL], offers, rules),
        special=lot[:, SPECIAL] < np.array(rules.special)[level - 1],
        stays=later & (lot[:, STAYS] < rules.stays),
        taste=taste,
        turning_down=leave.random((count, rules.rounds), dtype=np.float32),
    )


def counts(applications: Applications, seed: int, county: str, number: int) -> Whole:
    """First choices `[area, home]` of one draw.

    Where a forecast has drawn them, only the fraction is left to lot; otherwise Poisson, with the
    year's share of each area drawn from a gamma distribution of mean 1.
    """
    lots = generator(seed, county, number, Block.INTAKE_COUNT)
    if applications.expected.ndim == 3:
        mean = applications.expected[number % len(applications.expected)]
        whole: Whole = np.floor(mean + lots.random(mean.shape)).astype(np.int64)
        return whole
    year = _gamma(applications.area_spread, seed, county, number)
    drawn: Whole = lots.poisson(applications.expected * year[:, None])
    return drawn


def _persons(
    applications: Applications, seed: int, county: str, number: int
) -> tuple[Index, Index]:
    many = counts(applications, seed, county, number)
    cell = np.repeat(np.arange(many.size), many.ravel())
    area, home = np.divmod(cell, many.shape[1])
    return area, home


def _gamma(spread: Float, seed: int, county: str, number: int) -> Float:
    """Gammas of mean 1 and the given variance; 1 where it is 0."""
    shape = 1 / np.maximum(spread, 1e-9)
    drawn = generator(seed, county, number, Block.INTAKE_SPREAD).standard_gamma(shape) / shape
    drawn_or_one: Float = np.where(spread > 0, drawn, 1.0)
    return drawn_or_one


def _pulled(
    taste: Array,
    area: Index,
    applications: Applications,
    offers: Offers,
    key: tuple[int, str, int],
) -> Array:
    """Taste with the year's pull of each school on each level of an area in it.

    An exponential over a gamma is the race under weight × gamma: offers are more and less sought
    from year to year than chance between persons gives. Every school of an area has a pull, open or
    not, so that opening one does not move the others.
    """
    seed, county, number = key
    spread = np.concatenate(
        [applications.area_spread, np.repeat(applications.offer_spread, len(offers.schools))]
    )
    drawn = _gamma(spread, seed, county, number)[len(offers.areas) :]
    pull = drawn.reshape(len(offers.areas), len(offers.schools))
    pull = np.maximum(pull, LATE).astype(np.float32)
    pulled: Array = (np.maximum(taste, LATE) / pull[area]).astype(np.float32, copy=False)
    return pulled


def _choices(area: Index, lot: Float, applications: Applications) -> Index:
    """First, second and third choice `[applicant, 3]`, no area twice, −1 where none is given."""
    chance = applications.next_choice
    total = chance.cumsum(axis=1)
    second = _pick(total[area], lot[:, WHICH_SECOND])
    gives = (lot[:, SECOND] < applications.more[area]) & (total[area, -1] > 0)
    second = np.where(gives, second, -1)
    # The third is drawn among what is left when the second is taken out of the line.
    taken = np.where(gives, chance[area, np.maximum(second, 0)], 0.0)
    left = total[area, -1] - taken
    before = total[area, np.maximum(second, 0)] - taken
    point = lot[:, WHICH_THIRD] * left
    third = _pick(total[area], np.where(point >= before, point + taken, point))
    both = gives & (lot[:, THIRD] < applications.more[area]) & (left > 1e-12) & (third != second)
    return np.stack([area, second, np.where(both, third, -1)], axis=1)


def _pick(total: Float, point: Float) -> Index:
    """Where a point falls on cumulated chances `[row, cell]`."""
    found: Index = np.minimum((total <= point[:, None]).sum(axis=1), total.shape[1] - 1)
    return found


def _level_of_points(
    taste: Array,
    area: Index,
    home: Index,
    applications: Applications,
    rules: IntakeRules,
    key: tuple[int, str, int],
) -> Float:
    """Mean points of those with the same first wish `[applicant]`, as this draw has them.

    The first wish is among all offers, open or not: a plan does not change anybody's points.
    """
    areas, _, schools = applications.weight.shape
    lots = generator(*key, Block.INTAKE_POINTS)
    programme = lots.standard_normal((areas,)) * rules.points_programme_sd
    offer = lots.standard_normal((areas, schools)) * rules.points_offer_sd
    weight = np.maximum(applications.weight, 1e-30).astype(np.float32)[area, home]
    wish = (taste / weight).argmin(axis=1)
    mean: Float = applications.points_mean[area] + programme[area] + offer[area, wish]
    return mean


def _points(uniform: Float, mean: Float, rules: IntakeRules) -> Float:
    """Normal points in their range, one decimal."""
    low, high = rules.points_range
    drawn = mean + rules.points_sd * ndtri(np.maximum(uniform, LEAST))
    rounded: Float = np.round(np.clip(drawn, low, high), 1)
    return rounded


def _skill(area: Index, uniform: Float, offers: Offers, rules: IntakeRules) -> Float:
    """Points for skill in the first choice, on Vg1 of programmes with a quota."""
    skill = np.zeros(len(area))
    for programme, quota in rules.quotas.items():
        mine = np.array([p == programme for p in offers.programmes]) & (offers.levels == 1)
        here = mine[area]
        level = np.searchsorted(np.cumsum(quota.chance), uniform[here], side="right")
        skill[here] = np.array(quota.points)[np.minimum(level, len(quota.points) - 1)]
    return skill
