"""What a run keeps of the drawn futures, on axes of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tasks.errors import WrongUse
from tasks.forecast.flow.model import Model
from tasks.forecast.flow.states import Kind
from tasks.forecast.types import Array, Float, Index

# Quantity: kinds whose people it counts, and whether it counts those who came that year.
QUANTITIES: dict[str, tuple[Kind, bool]] = {
    "pupils": (Kind.PUPIL, False),
    "apprentices": (Kind.APPRENTICE, False),
    "certificates": (Kind.CERTIFICATE, True),
    "study_competence": (Kind.STUDY_COMPETENCE, True),
    "vocational_competence": (Kind.VOCATIONAL_COMPETENCE, True),
    "partial_competence": (Kind.PARTIAL_COMPETENCE, True),
    "college_completed": (Kind.COLLEGE_COMPLETED, True),
    "left": (Kind.LEFT, True),
    "out": (Kind.OUT, False),
}
Allocate = Callable[[str, tuple[int, ...]], Array]


def _zeros(_: str, shape: tuple[int, ...]) -> Array:
    return np.zeros(shape, np.float32)


@dataclass(frozen=True)
class FlowResult:
    """Drawn futures, float32 `[draw, unit, region, year]`, persons; a sink of the engine.

    Attributes:
        regions: Code of each region.
        years: Start year of each school year; the people are those of 1 October.
        units: Of each quantity, what the second axis is: programme areas of `pupils`, trades of
            `apprentices` (all contract types) and `certificates`, one empty unit of the others.
        arrays: The quantities. Stocks are people on 1 October; `certificates`, `study_competence`
            and the other ends are those who reached it since the October before. `left` is
            drop-out for good, `out` those who are out and may come back.
        start: Persons at the last count of each end, `[quantity]` → `[unit, region]`.
        places: Where each quantity finds its states, `[unit]` → positions.
    """

    regions: tuple[str, ...]
    years: tuple[int, ...]
    units: dict[str, tuple[str, ...]]
    arrays: dict[str, Array]
    start: dict[str, Float]
    places: dict[str, tuple[Index, ...]]

    @classmethod
    def of(
        cls,
        model: Model,
        *,
        last_count: int,
        draws: int,
        years: int,
        quantities: tuple[str, ...] = tuple(QUANTITIES),
        allocate: Allocate = _zeros,
    ) -> FlowResult:
        """An empty result.

        Args:
            model: Gives states and regions.
            last_count: Start year of the last school year counted.
            draws: Number of draws.
            years: School years ahead.
            quantities: What is kept; see `QUANTITIES`.
            allocate: Makes the array of a quantity, for example a memory-mapped file.

        Raises:
            WrongUse: A quantity that is not known.
        """
        unknown = [q for q in quantities if q not in QUANTITIES]
        if unknown:
            raise WrongUse(
                subject="elevstrømmen",
                expected=f"størrelser blant {', '.join(QUANTITIES)}",
                got=", ".join(unknown),
                remedy="rett navnet",
            )
        units, places, arrays, start = {}, {}, {}, {}
        for name in quantities:
            kind, _ = QUANTITIES[name]
            units[name] = model.space.units(kind)
            places[name] = tuple(_positions(model, kind, u) for u in units[name])
            shape = (draws, len(units[name]), len(model.regions), years)
            arrays[name] = allocate(name, shape)
            ended = [model.start[:, p].sum(axis=1) for p in places[name]]
            start[name] = np.reshape(ended, shape[1:3])
        ahead = tuple(range(last_count + 1, last_count + 1 + years))
        return cls(model.regions, ahead, units, arrays, start, places)

    def __call__(self, draws: range, block: Array) -> None:
        """Take a chunk `[year, state, draw, region]`."""
        for name, array in self.arrays.items():
            for unit, states in enumerate(self.places[name]):
                people = block[:, states].sum(axis=1, dtype=np.float64)
                if QUANTITIES[name][1]:
                    first = np.broadcast_to(self.start[name][unit], people.shape[1:])
                    people = np.diff(people, axis=0, prepend=first[None])
                array[draws.start : draws.stop, unit] = people.transpose(1, 2, 0)

    def __getitem__(self, quantity: str) -> Array:
        """A quantity, float32 `[draw, unit, region, year]`."""
        return self.arrays[quantity]


def _positions(model: Model, kind: Kind, unit: str) -> Index:
    nodes = model.space.nodes
    return np.array([i for i, n in enumerate(nodes) if n.kind == kind and n.unit == unit], np.intp)


@dataclass(frozen=True)
class Totals:
    """People of every state over all regions, float32 `[draw, state, year]`: a small sink."""

    people: Array

    @classmethod
    def of(cls, model: Model, *, draws: int, years: int) -> Totals:
        """An empty result."""
        return cls(np.zeros((draws, model.space.count, years), np.float32))

    def __call__(self, draws: range, block: Array) -> None:
        """Take a chunk `[year, state, draw, region]`."""
        self.people[draws.start : draws.stop] = block.sum(axis=3).transpose(2, 1, 0)
