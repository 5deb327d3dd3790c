"""What is to be decided of places, on common axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.forecast.types import Float, Index
from tasks.places.rules import Goal, Solver

Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Pairs:
    """School × programme area, one row each; the county's own schools or others'.

    Attributes:
        school: Organisation numbers.
        name: Names of the schools.
        area: Position of the programme area.
        region: Position of the school's intake region.
        classes: Classes this year.
        places: Places this year.
        full: Places in a full class.
        half: Places in a half class; 0 where half classes are not allowed.
        most: Most classes next year (teachers).
        rate: Kroner a place.
        reserved: Places that are not for the ordinary intake.
    """

    school: tuple[str, ...]
    name: tuple[str, ...]
    area: Index
    region: Index
    classes: Float
    places: Float
    full: Float
    half: Float
    most: Float
    rate: Float
    reserved: Float

    def __len__(self) -> int:
        return len(self.school)


@dataclass(frozen=True)
class Convex:
    """Expected shortfalls E[w (D − P)⁺] or excesses E[w (X − B)⁺], one row a cell.

    Attributes:
        name: Of each cell.
        draws: `[cell, draw]` D or B.
        weight: `[draw]` w; the mean over draws is taken.
        rising: Whether it is the excess, which rises with the quantity.
    """

    name: tuple[str, ...]
    draws: Float
    weight: Float
    rising: bool


@dataclass(frozen=True)
class Adults:
    """Trades that adults take by modules, one row each; persons and kroner a place."""

    code: tuple[str, ...]
    name: tuple[str, ...]
    demand: Float
    limit: Float
    rate: Float
    group: int
    right: float


@dataclass(frozen=True)
class Colleges:
    """Offers of vocational colleges, one row each; places by full-time year, kroner a place.

    Attributes:
        demand: Declared demand.
        limit: Most places that may be funded; 0 where the offer is not accredited.
        minimum: Least places where the offer starts.
        budget: Kroner, after the reserve.
    """

    code: tuple[str, ...]
    name: tuple[str, ...]
    now: Float
    demand: Float
    limit: Float
    rate: Float
    minimum: float
    budget: float


@dataclass(frozen=True)
class Specials:
    """Programmes with rules of their own, whose groups must hold all their persons."""

    id: tuple[str, ...]
    name: tuple[str, ...]
    persons: Float
    group: Float
    rate: Float


@dataclass(frozen=True)
class Rooms:
    """Upper limits on classes over several pairs, one row each.

    Attributes:
        name: What a planner calls it.
        member: 0/1 `[room, pair]`.
        most: Classes.
    """

    name: tuple[str, ...]
    member: Bool
    most: Float


@dataclass(frozen=True)
class Fixed:
    """A number of classes that a person has set.

    Attributes:
        pair: Position of the pair.
        classes: The number.
        reason: Why, in the person's words.
    """

    pair: int
    classes: float
    reason: str


@dataclass(frozen=True)
class Aim:
    """A goal, and what it is met to a share of.

    Attributes:
        id: Of the goal.
        scale: In its own unit.
        unit: Its unit.
    """

    id: Goal
    scale: float
    unit: str


@dataclass(frozen=True)
class Problem:
    """All that a plan is made of.

    Attributes:
        year: Start year of the school year.
        areas: Programme-area codes.
        area_names: What they are called.
        programme: Programme code of each area.
        level: Level of each area.
        regions: Home regions, intake regions first; `9999` last where pupils come from elsewhere.
        own: The county's pairs.
        others: Pairs of others: given from outside.
        right: `[home region, area]` persons with the right, by first choice.
        has_right: `[home region]` whether they have a right in the county.
        choice: 0/1 `[first choice, area]` where a right may be met.
        beyond: `[home region, own pairs then others]` share with a long way.
        outside: 0/1 the same: placed out of the region.
        cell: `[pair]` position of the need cell, own pairs then others.
        need: Unmet need by cell.
        need_known: `[cell]` whether it is working life's need (False: the pupils').
        apprentice_area: Areas whose pupils apply for apprenticeships.
        apprentice: Applicants without a place, by those areas.
        combined: Groups of positions of pairs that may share a class.
        minimum_fill: Share of the last class that must be filled.
        budget: Kroner.
        most_change: Classes that may be changed from this year in sum, but for what people set.
        goals: In order.
        fixed: What people have set.
    """

    year: int
    areas: tuple[str, ...]
    area_names: tuple[str, ...]
    programme: tuple[str, ...]
    level: Index
    regions: tuple[str, ...]
    own: Pairs
    others: Pairs
    right: Float
    has_right: Bool
    choice: Bool
    beyond: Float
    outside: Float
    cell: Index
    need: Convex
    need_known: Bool
    apprentice_area: Index
    apprentice: Convex
    combined: tuple[Index, ...]
    rooms: Rooms
    adults: Adults
    colleges: Colleges
    specials: Specials
    minimum_fill: float
    budget: float
    most_change: float
    goals: tuple[Aim, ...]
    solver: Solver
    fixed: tuple[Fixed, ...] = ()

    @property
    def now(self) -> Float:
        """`[pair]` classes of the county this year."""
        return self.own.classes

    def label(self, pair: int) -> str:
        """What a planner calls a pair."""
        return f"{self.own.name[pair]}, {self.area_names[self.own.area[pair]]}"
