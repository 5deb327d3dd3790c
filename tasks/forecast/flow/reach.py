"""Chance of reaching given ends within so many years, for one who begins: by drawn shares.

v_0 is 1 in an end and 0 elsewhere; v_y = P v_{y-1}: who is in a state now is in an end within y
years if the state a year on is, within y - 1. Hubs are passed within the year. Going backwards
gives every state's chance in one sweep, and only the few edges that lie on a way from where one
begins to an end within the years are walked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tasks.errors import WrongUse
from tasks.forecast.flow.model import Model
from tasks.forecast.flow.states import Kind
from tasks.forecast.flow.transitions import Posterior
from tasks.forecast.types import Array, Index

CHUNK = 50
NEVER = 10_000


@dataclass(frozen=True)
class Way:
    """What is asked.

    Attributes:
        began: States begun in `[began]`.
        ends: Groups of states that nobody leaves, one array of positions each.
        years: Years from the beginning.
    """

    began: Index
    ends: tuple[Index, ...]
    years: int


def chances(
    model: Model,
    ways: Sequence[Way],
    without_place: Posterior,
    *,
    groups: Sequence[int],
    seed: int,
    county: str,
    draws: int,
    every_year: bool = False,
    chunk: int = CHUNK,
) -> list[Array]:
    """Follow one who begins in each state, with the drawn shares of the county's run (same seed).

    A single person meets no queue: whether there is a place is drawn from the share of applicants
    who were left without one, for lack of places and by friction together.

    Args:
        model: The county's model.
        ways: What is asked; all of it with the same draws.
        without_place: Beta per trade `[trade, 2]`: without a place, placed.
        groups: Groups of regions whose shares hold.
        seed: Seed of the run.
        county: County code.
        draws: Number of draws.
        every_year: Keep each year on the way, and not only the last.
        chunk: Draws in work at a time; it does not change a byte.

    Returns:
        For each way float32 `[year, draw, group, began, end]`: the share who have reached the end
        after 1, 2, … years; the last of them alone without `every_year`.

    Raises:
        WrongUse: An end that is left again, no years, or a model with a scenario's placement: its
            years are calendar years, and one who begins here has none.
    """
    _check(model, ways)
    alone = replace(model, placement=replace(model.placement, friction=without_place))
    walks = [_Walk.of(model, way) for way in ways]
    kept = [way.years if every_year else 1 for way in ways]
    out = [
        np.empty((n, draws, len(groups), len(way.began), len(way.ends)), np.float32)
        for n, way in zip(kept, ways, strict=True)
    ]
    for start in range(0, draws, chunk):
        part = range(start, min(start + chunk, draws))
        shares = alone.shares((seed, county), part)[:, list(groups)].astype(np.float32)
        by_edge = np.ascontiguousarray(shares.transpose(2, 0, 1))
        without = alone.frictions((seed, county), part).T.astype(np.float32)
        for found, walk in zip(out, walks, strict=True):
            found[:, part.start : part.stop] = walk.back(by_edge, without, len(found))
    return out


def _check(model: Model, ways: Sequence[Way]) -> None:
    ends = np.concatenate([np.concatenate([*way.ends, way.began[:0]]) for way in ways])
    left = np.setdiff1d(ends, model.space.absorbing)
    lever = model.placement.guarantee_from is not None or model.placement.points is not None
    if len(left) or lever or min(way.years for way in ways) < 1:
        raise WrongUse(
            subject="utfall for dem som begynner",
            expected="endetilstander, minst ett år, og formidling uten scenario",
            got=", ".join(model.space.codes[i] for i in left[:5])
            or ("et scenario" if lever else "ingen år"),
            remedy="be om tilstander som ingen forlater, i modellen uten scenario",
        )


@dataclass(frozen=True)
class _Walk:
    """The edges of one way, hubs after states, each with what it needs to be walked.

    Attributes:
        way: What is asked.
        nodes: Number of nodes.
        stages: Edges, their targets, and where each origin begins: hubs first, since what a state
            reaches is told by them.
        apply: Hubs of application that lie on the way: trade, node, placed, not placed.
    """

    way: Way
    nodes: int
    stages: tuple[tuple[Index, Index, Index, Index], ...]
    apply: Index

    @staticmethod
    def of(model: Model, way: Way) -> _Walk:
        inside = _on_the_way(model, way)
        stages = []
        split = model.hub_edges
        for kept in (inside[inside >= split], inside[inside < split]):
            origin = model.edges.origin[kept]
            first = np.flatnonzero(np.diff(origin, prepend=-1))
            stages.append((kept, model.edges.target[kept], origin[first], first))
        hubs = [model.space.where(k) for k in (Kind.APPLY, Kind.PLACED, Kind.UNPLACED)]
        trades = np.arange(len(hubs[0]))
        used = np.isin(hubs[0], model.edges.target[inside])
        apply = np.stack([trades, *hubs])[:, used]
        return _Walk(way, len(model.space.nodes), tuple(stages), apply)

    def back(self, shares: Array, without: Array, keep: int) -> Array:
        """Chances of the last `keep` years, `[year, draw, group, began, end]`.

        Args:
            shares: `[edge, draw, group]`.
            without: Share of applicants without a place `[trade, draw]`.
            keep: Years kept.
        """
        value = np.zeros((self.nodes, *shares.shape[1:], len(self.way.ends)), np.float32)
        for place, states in enumerate(self.way.ends):
            value[states, ..., place] = 1.0
        trades, hub, placed, unplaced = self.apply
        missed = without[trades][:, :, None, None]
        weights = [shares[edges][..., None] for edges, *_ in self.stages]
        years = []
        for year in range(self.way.years):
            for weight, (edges, target, origin, first) in zip(weights, self.stages, strict=True):
                if len(edges):
                    value[origin] = np.add.reduceat(weight * value[target], first, axis=0)
                # Told by the hubs behind it, which come first; the states then read it.
                value[hub] = value[placed] * (1 - missed) + value[unplaced] * missed
            if year >= self.way.years - keep:
                years.append(value[self.way.began].transpose(1, 2, 0, 3))
        return np.stack(years)


def _on_the_way(model: Model, way: Way) -> Index:
    """Edges on some way from where one begins to an end within the years."""
    origin, target = _with_placement(model)
    # A step out of a state takes a year; a hub is passed within it.
    takes = (origin < model.space.count).astype(np.intp)
    since = np.full(len(model.space.nodes), NEVER)
    until = since.copy()
    since[way.began] = 0
    until[np.concatenate(way.ends)] = 0
    # Each round goes one edge further, and no way has more than three edges a year.
    for _ in range(3 * way.years):
        np.minimum.at(since, target, since[origin] + takes)
        np.minimum.at(until, origin, until[target] + takes)
    inside = since[origin] + takes + until[target] <= way.years
    kept: Index = np.flatnonzero(inside[: model.edges.count])
    return kept


def _with_placement(model: Model) -> tuple[Index, Index]:
    """All edges, and from application to placed and not placed, that no share is drawn for."""
    hub, placed, unplaced = (model.space.where(k) for k in (Kind.APPLY, Kind.PLACED, Kind.UNPLACED))
    return (
        np.concatenate([model.edges.origin, hub, hub]),
        np.concatenate([model.edges.target, placed, unplaced]),
    )
