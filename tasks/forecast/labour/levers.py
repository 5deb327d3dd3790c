"""What a scenario does to drawn demand: jobs that come or go, staffing norms, one alternative.

Levers act on drawn employment and never on what the draws are made from (design, law 9): two
scenarios see the same random numbers, and a difference between them is effect and no chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.errors import WrongUse
from tasks.forecast.labour.staffing import Staffing
from tasks.forecast.labour.types import ALTERNATIVES, LabourData
from tasks.forecast.scenario import Scenario, StaffingNorm
from tasks.forecast.types import Array, Float, Index


@dataclass(frozen=True)
class Norm:
    """Fewest employed in some occupations.

    Attributes:
        part: `[occupation]` share of the occupation's employed that the norm is about.
        least: `[alternative, region, year]` persons.
    """

    part: Float
    least: Float


@dataclass(frozen=True)
class Levers:
    """A scenario on the axes of the model.

    Attributes:
        jobs: `[region, group, year]` employed more or fewer, by occupation group.
        norms: Staffing norms.
        alternative: The alternative that every draw lives in; None: as they are drawn.
    """

    jobs: Float
    norms: tuple[Norm, ...] = ()
    alternative: int | None = None


def of_scenario(
    scenario: Scenario, data: LabourData, fitted: Staffing, years: tuple[int, ...]
) -> Levers:
    """Lay a planner's scenario on the model's axes; what is about education is left to others.

    Args:
        scenario: What is supposed.
        data: Gives axes and population.
        fitted: Gives staffing shares: new jobs are staffed as the industry is in the region, or in
            the county where the region has none of it.
        years: Years ahead.

    Raises:
        WrongUse: An industry, municipality or occupation that the marts do not have.
    """
    jobs = np.zeros((len(data.regions), len(data.groups), len(years)))
    for new in scenario.enterprise:
        industry = _known(new.industry, data.industries, new.name, "næring")
        home = data.region_of.get(new.municipality, "")
        region = _known(home, data.regions, f"{new.name}, kommune {new.municipality}", "region")
        jobs[region] += fitted.shares_in(region, industry)[:, None] * new.jobs_in(years)
    chosen = scenario.projection
    return Levers(
        jobs=jobs,
        norms=tuple(_norm(norm, data, fitted, years) for norm in scenario.staffing),
        alternative=None if chosen is None else ALTERNATIVES.index(chosen),
    )


def with_jobs(growth: Array, levers: Levers, group: Float) -> Array:
    """Growth of groups with the scenario's jobs; employment never falls below nobody.

    Args:
        growth: `[draw, region, group, 1 + year ahead]`.
        levers: Gives the jobs.
        group: `[group, region]` persons in the last year.
    """
    base = group.T[:, :, None]
    more = np.divide(levers.jobs, base, out=np.zeros_like(levers.jobs), where=base > 0)
    moved = growth.copy()
    moved[..., 1:] = np.maximum(growth[..., 1:] + more.astype(np.float32), np.float32(0))
    return moved


def with_norms(employed: Array, levers: Levers, lives: Index) -> Array:
    """Employment raised to the norms; more than a norm asks for is left as it is.

    Several occupations under one norm rise in the same proportion.

    Args:
        employed: `[draw, occupation, region, 1 + year ahead]` persons.
        levers: Gives the norms.
        lives: `[draw]` alternative of each draw.
    """
    held = employed.copy()
    for norm in levers.norms:
        mine = held[..., 1:] * norm.part.astype(np.float32)[None, :, None, None]
        there = mine.sum(axis=1)
        short = np.maximum(norm.least[lives].astype(np.float32) - there, np.float32(0))
        share = np.divide(mine, there[:, None], out=np.zeros_like(mine), where=there[:, None] > 0)
        held[..., 1:] += share * short[:, None]
    return held


def _norm(norm: StaffingNorm, data: LabourData, fitted: Staffing, years: tuple[int, ...]) -> Norm:
    """The norm by region and year: reached in equal steps, kept in full from its year on."""
    part = _part(norm.occupation, data)
    first, last = data.population_years[0], len(data.population_years) - 1
    # The fourth quarter of a year lies nearest 1 January of the next.
    at = np.clip(np.array(years) + 1 - first, 0, last)
    served = data.population[:, :, norm.from_age : norm.to_age + 1, :].sum(axis=2)[..., at]
    full = served * norm.per_thousand / 1000
    now = (fitted.employed * part[:, None]).sum(axis=0)[None, :, None]
    way = max(norm.year - data.years[-1], 1)
    reached = np.clip((np.array(years) - data.years[-1]) / way, 0, 1)
    return Norm(part, now + reached * (full - now))


def _part(code: str, data: LabourData) -> Float:
    """Share of each occupation that a code of one to four digits is about, `[occupation]`."""
    if len(code) < 4:
        part = np.array([o.startswith(code) for o in data.occupations], np.float64)
    else:
        persons = np.maximum(data.national[-1].sum(axis=-1), 1e-9)
        mine = np.array([c == code for c in data.codes])
        part = data.to_occupations(persons * mine) / data.to_occupations(persons)
    if not part.any():
        _known(code, (), "bemanningsnorm", "yrke")
    return part


def _known(value: str, axis: tuple[str, ...], subject: str, what: str) -> int:
    if value not in axis:
        raise WrongUse(
            subject=f"scenario, {subject}",
            expected=f"en {what} som varehuset har tall for",
            got=value or "ingen",
            remedy="se «tilbudsplan query» for kodene, og rett dem i scenariofilen",
        )
    return axis.index(value)
