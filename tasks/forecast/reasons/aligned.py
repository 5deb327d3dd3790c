"""Two models of one county on common axes: the figures of a year ago, and those of today."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.forecast.flow.apprentices import Placement
from tasks.forecast.flow.assemble import County
from tasks.forecast.flow.evidence import ELSEWHERE
from tasks.forecast.flow.model import Model
from tasks.forecast.flow.start import entry_states
from tasks.forecast.flow.states import Edges, Kind, Node, StateSpace
from tasks.forecast.flow.transitions import Posterior
from tasks.forecast.reasons.blocks import CHOICE, PLACEMENT, SCHOOL, TRAINING, mixed, of_edges
from tasks.forecast.types import Array, Float, Index

# The driver that each block of shares belongs to.
DRIVER = {SCHOOL: "completion", TRAINING: "completion", PLACEMENT: "placement", CHOICE: "choice"}
# A way that only the other of two models knows counts for next to nothing, so that people whom
# another driver has brought there have somewhere to go.
UNKNOWN = 1e-9


@dataclass(frozen=True)
class Side:
    """One county's expected quantities on the common axes, persons and shares.

    Attributes:
        shares: `[home, edge]`, one out of every origin.
        places: V `[trade, year]`.
        friction: ε `[trade]`.
        start: `[home, state]` persons at the last count.
        cohort: `[home, year]` in grade 10, the mean of the projection's alternatives.
        others: `[home, entry state but grade 10]` who come in a year.
    """

    shares: Float
    places: Float
    friction: Float
    start: Float
    cohort: Float
    others: Float


@dataclass(frozen=True)
class Both:
    """Two sides, the earlier first, and the axes they share.

    Attributes:
        space: States and hubs of both.
        edges: Edges of both.
        block: Place in `blocks.BLOCKS` of each edge.
        homes: Home municipalities of both.
        entry: States that people come into.
        sides: The earlier and the later.
    """

    space: StateSpace
    edges: Edges
    block: Index
    homes: tuple[str, ...]
    entry: Index
    sides: tuple[Side, Side]

    @property
    def years(self) -> int:
        """Years ahead that both reach."""
        return int(self.sides[0].places.shape[1])

    def world(self, of: Mapping[str, int]) -> tuple[Model, Callable[[range], Array]]:
        """A model without chance, and who comes in, with each driver from one of the sides.

        *Cohort* holds the people at the last count and the cohorts of the county; people who live
        elsewhere, and all who come from outside the school, are *migration*.

        Args:
            of: By driver, 0 for the earlier side and 1 for the later.
        """
        people, outside = self.sides[of["cohort"]], self.sides[of["migration"]]
        market = self.sides[of["placement"]]
        away = np.array([home == ELSEWHERE for home in self.homes])[:, None]
        shares = mixed(
            {name: self.sides[of[driver]].shares for name, driver in DRIVER.items()},
            self.block,
            self.edges,
        )
        model = Model(
            space=self.space,
            edges=self.edges,
            alpha=shares,
            common=np.zeros(self.edges.count, bool),
            group=np.arange(len(self.homes)),
            regions=self.homes,
            start=np.where(away, outside.start, people.start),
            entry=self.entry,
            placement=Placement(
                market=np.zeros(len(self.homes), np.intp),
                places=market.places[None],
                spread=np.zeros(len(market.places)),
                friction=Posterior(np.stack([market.friction, 1 - market.friction], axis=-1)),
            ),
            certain=True,
        )
        cohort = np.where(away, outside.cohort, people.cohort)
        others = np.repeat(outside.others[:, None], cohort.shape[1], axis=1)
        every = np.concatenate([cohort[..., None], others], axis=-1).astype(np.float32)
        return model, lambda draws: np.broadcast_to(every, (len(draws), *every.shape))


def align(
    counties: tuple[County, County],
    firsts: tuple[int, int],
    years: int,
    weights: tuple[float, float, float],
) -> Both:
    """Lay two counties on the states, edges and homes of both.

    What one of them does not have, it has none of: no people, no places, no evidence on an edge.

    Args:
        counties: The earlier and the later; each has one market for places.
        firsts: First school year ahead of each.
        years: Years ahead.
        weights: Weights of the population alternatives main, low, high.

    Raises:
        NotFound: A projection does not reach the last year.
    """
    models = [county.model for county in counties]
    space = _union([m.space for m in models])
    homes = tuple(sorted({home for m in models for home in m.regions}))
    place = space.lookup()
    found = [_pairs(m, place) for m in models]
    pairs = np.unique(np.concatenate(found), axis=0)
    edges = Edges(pairs[:, 0], pairs[:, 1])
    known = [_shares(m, own, pairs, homes) for m, own in zip(models, found, strict=True)]
    one, other = known
    axes = _Axes(space, homes, years, weights)
    trades = _friction(models, space)
    sides = [
        axes.side(county, first, _whole(mine + UNKNOWN * theirs, edges), epsilon)
        for county, first, mine, theirs, epsilon in zip(
            counties, firsts, (one, other), (other, one), trades, strict=True
        )
    ]
    return Both(
        space, edges, of_edges(space, edges), homes, entry_states(space), (sides[0], sides[1])
    )


def _union(spaces: Sequence[StateSpace]) -> StateSpace:
    """The nodes of all spaces, kinds in the order of `Kind`: units of one kind then line up."""
    order = list(Kind)
    nodes = {node for space in spaces for node in space.nodes}
    return StateSpace(
        tuple(sorted(nodes, key=lambda n: (order.index(n.kind), n.unit, n.contract, n.step)))
    )


def _pairs(model: Model, place: Mapping[Node, int]) -> Index:
    """Ends of the model's edges in the common space, `[edge, 2]`."""
    at = np.array([place[node] for node in model.space.nodes], np.intp)
    return np.stack([at[model.edges.origin], at[model.edges.target]], axis=1)


def _shares(model: Model, own: Index, pairs: Index, homes: tuple[str, ...]) -> Float:
    """Expected shares `[home, edge]`; a home that the model does not know is as the county."""
    expected = model.expected
    county = model.normal(model.weights.sum(axis=0)[None, None])[0, 0]
    group = dict(zip(model.regions, model.group.tolist(), strict=True))
    by_home = np.stack([expected[group[h]] if h in group else county for h in homes])
    width = int(pairs.max()) + 1
    at = np.searchsorted(pairs[:, 0] * width + pairs[:, 1], own[:, 0] * width + own[:, 1])
    out = np.zeros((len(homes), len(pairs)))
    out[:, at] = by_home
    return out


def _whole(shares: Float, edges: Edges) -> Float:
    """Shares that sum to one out of every origin."""
    starts = edges.starts()
    total = np.add.reduceat(shares, starts, axis=-1)
    counts = np.diff(starts, append=edges.count)
    whole: Float = shares / np.repeat(total, counts, axis=-1)
    return whole


def _friction(models: Sequence[Model], space: StateSpace) -> list[Float]:
    """Expected ε of each model `[trade]`; a trade that it does not have is as in the other."""
    told = []
    for model in models:
        mean = model.placement.friction.mean[:, 0]
        told.append(dict(zip(model.space.units(Kind.APPLY), mean.tolist(), strict=True)))
    both = {**told[1], **told[0]}, {**told[0], **told[1]}
    return [np.array([one[t] for t in space.units(Kind.APPLY)]) for one in both]


@dataclass(frozen=True)
class _Axes:
    """The common axes, and how a county is laid on them."""

    space: StateSpace
    homes: tuple[str, ...]
    years: int
    weights: tuple[float, float, float]

    def side(self, county: County, first: int, shares: Float, friction: Float) -> Side:
        model, place = county.model, self.space.lookup()
        at_home = np.array([self.homes.index(h) for h in model.regions], np.intp)
        nodes = model.space.nodes
        start = np.zeros((len(self.homes), self.space.count))
        at_state = np.array([place[n] for n in nodes[: model.space.count]], np.intp)
        start[np.ix_(at_home, at_state)] = model.start
        trades = self.space.units(Kind.APPLY)
        places = np.zeros((len(trades), self.years))
        at_trade = [trades.index(t) for t in model.space.units(Kind.APPLY)]
        places[at_trade] = model.placement.places[0, :, : self.years]
        leaving = tuple(first + 1 + step for step in range(self.years))
        cohort = np.zeros((len(self.homes), self.years))
        cohort[at_home] = np.tensordot(self.weights, county.residents.of(leaving), axes=1)
        entry = entry_states(self.space)[1:].tolist()
        others = np.zeros((len(self.homes), len(entry)))
        at_entry = [entry.index(place[nodes[i]]) for i in model.entry[1:]]
        others[np.ix_(at_home, at_entry)] = county.outside.expected
        return Side(shares, places, friction, start, cohort, others)
