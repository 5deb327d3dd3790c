"""Scenarios: what is supposed to be otherwise, as a planner writes it, and what it makes of a draw.

A scenario acts on drawn quantities, never on the parameters of a draw (design, law 9): all
scenarios see the same random numbers, so that a difference between two of them is the effect and
no chance. What a planner may suppose is declared here; `tasks/scenarios.py` reads the files.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, StringConstraints, model_validator

from tasks.forecast.types import Array, Float
from tasks.strict import Strict

Alternative = Literal["main", "low", "high"]
Quantity = Literal["completion", "placement", "participation", "stay"]
Year = Annotated[int, Field(ge=2000, le=2100)]
Municipality = Annotated[str, StringConstraints(pattern=r"^\d{4}$")]
Programme = Annotated[str, StringConstraints(pattern=r"^(\*|[A-ZÆØÅ]{2}|[A-ZÆØÅ0-9-]{10})$")]
Occupation = Annotated[str, StringConstraints(pattern=r"^\d{1,4}$")]
Industry = Annotated[str, StringConstraints(pattern=r"^[0-9A-U-]{1,7}$")]
ALL = "*"


class Enterprise(Strict):
    """An enterprise that comes, grows, shrinks or goes.

    Attributes:
        name: What planners call it.
        industry: Industry as Statistics Norway groups it in the warehouse, `10-33`.
        municipality: Municipality of the jobs, on today's borders.
        year: First year with the jobs.
        jobs: Jobs more (above 0) or fewer (below 0) when all is in place.
        years_to_full: Years from the first to the full number of jobs; 1: all at once.
        source: Where the supposition comes from.
    """

    name: str = Field(min_length=1)
    industry: Industry
    municipality: Municipality
    year: Year
    jobs: int
    years_to_full: int = Field(default=1, ge=1, le=20)
    source: str = ""

    def jobs_in(self, years: tuple[int, ...]) -> Float:
        """Jobs more or fewer in each year `[year]`, in equal steps up to the full number."""
        step = np.clip(np.array(years) - self.year + 1, 0, self.years_to_full)
        jobs: Float = self.jobs * step / self.years_to_full
        return jobs


class _OfProgramme(Strict):
    """Something that changes for a programme, a programme area, or all.

    Attributes:
        programme: A programme (`HS`), a programme area (`HSHEA2----`), or `*` for all.
        year: First year it holds.
        source: Where the supposition comes from.
    """

    programme: Programme = ALL
    year: Year
    source: str = ""

    def applies_to(self, programme: str, area: str) -> bool:
        """Whether it is about an area of a programme."""
        return self.programme in {ALL, programme, area}


class ChangedRate(_OfProgramme):
    """A share that is supposed to be higher or lower.

    Attributes:
        quantity: `completion` of those who begin an apprenticeship, `placement` of applicants,
            `participation` in working life, `stay` in the region (of all programmes alike).
        points: Percentage points more (above 0) or fewer.
    """

    quantity: Quantity
    points: float = Field(ge=-100, le=100)

    @model_validator(mode="after")
    def _staying_is_of_all(self) -> Self:
        if self.quantity == "stay" and self.programme != ALL:
            raise ValueError("stay gjelder alle program; sett programme til *")
        return self


class ChangedPlaces(_OfProgramme):
    """Apprenticeship places that enterprises are supposed to offer, more or fewer.

    Attributes:
        percent: Per cent more (above 0) or fewer; of several that apply, each acts on the rest.
    """

    percent: float = Field(ge=-100, le=1000)


class StaffingNorm(Strict):
    """A norm for how many there must be in an occupation, by how many people it serves.

    Attributes:
        occupation: STYRK-08.
        from_age: First age of those who are served.
        to_age: Last age of them.
        per_thousand: Employed per thousand of them.
        year: First year it is kept in full.
        source: Who set the norm.
    """

    occupation: Occupation
    from_age: int = Field(ge=0, le=120)
    to_age: int = Field(ge=0, le=120)
    per_thousand: float = Field(ge=0, le=1000)
    year: Year
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _ages_go_up(self) -> Self:
        if self.to_age < self.from_age:
            raise ValueError("to_age er lavere enn from_age")
        return self


class Scenario(Strict):
    """What is supposed to be otherwise than in the reference forecast.

    Attributes:
        id: Name of its file.
        title: What the report calls it.
        description: What is supposed, and why.
        projection: The population alternative that every draw lives in; None: as they are drawn.
        guarantee_from: First year in which every qualified applicant gets an apprenticeship;
            None: places limit them.
        enterprise: Enterprises that come or go.
        rate: Changed shares.
        places: Changed numbers of apprenticeship places.
        staffing: Staffing norms.
    """

    id: str
    title: str = Field(min_length=1, max_length=80)
    description: str = Field(min_length=1)
    projection: Alternative | None = None
    guarantee_from: Year | None = None
    enterprise: tuple[Enterprise, ...] = ()
    rate: tuple[ChangedRate, ...] = ()
    places: tuple[ChangedPlaces, ...] = ()
    staffing: tuple[StaffingNorm, ...] = ()

    @model_validator(mode="after")
    def _supposes_something(self) -> Self:
        tables = (self.enterprise, self.rate, self.places, self.staffing)
        if not any((self.projection, self.guarantee_from, *tables)):
            raise ValueError(
                "scenarioet antar ingenting: sett projection, guarantee_from, eller skriv "
                "[[enterprise]], [[rate]], [[places]] eller [[staffing]]"
            )
        return self

    def rates(self, quantity: Quantity) -> tuple[ChangedRate, ...]:
        """The changes of one share, in the order of the file."""
        return tuple(change for change in self.rate if change.quantity == quantity)


def difference(base: Array, other: Array) -> tuple[Float, Float]:
    """What a scenario makes of a quantity, with an interval of its own.

    The draws of the two share their random numbers: they are compared one by one.

    Args:
        base: `[draw, …]` the reference.
        other: `[draw, …]` the scenario.

    Returns:
        Mean, 10th, 50th and 90th percentile `[4, …]`, and the share of draws in which the scenario
        gives more than the reference `[…]`.
    """
    if base.shape != other.shape:
        raise ValueError(f"{base.shape} against {other.shape}: other draws or axes")
    apart = other.astype(np.float64) - base
    parts = np.percentile(apart, [10, 50, 90], axis=0)
    return np.concatenate([apart.mean(axis=0)[None], parts]), (apart > 0).mean(axis=0)
