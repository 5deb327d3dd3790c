"""Draws the student flow: n(t+1) = Pᵀ n(t) + inflow, placement inside the step.

Two modes. *Expected* moves shares of people: all spread comes from what is drawn once a draw.
*Multinomial* moves whole persons, exactly: every person in a state and region goes one way by lot.

Nodes lie in rows and draw × region in columns: an edge is then one contiguous row, and a step is a
gather, a product and a sparse sum, each in cache. Only a chunk of draws is in work; what it becomes
is the sinks' business.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from scipy import sparse

from tasks.errors import WrongUse
from tasks.forecast import streams
from tasks.forecast.flow.apprentices import place, placed, redrawn
from tasks.forecast.flow.model import Inflow, Lever, Model
from tasks.forecast.flow.states import Kind
from tasks.forecast.streams import Block
from tasks.forecast.types import Array, Float, Index

Mode = Literal["expected", "multinomial"]
CHUNK = 20
# Most states have at most so many edges.
FEW = 4


class Sink(Protocol):
    """Takes a chunk of drawn futures; called from several threads, each with its own draws."""

    def __call__(self, draws: range, block: Array) -> None:
        """Take `block`, float32 `[year, state, draw, region]` persons; it is used again after."""
        ...


def simulate(
    model: Model,
    inflow: Inflow,
    sinks: Sequence[Sink],
    *,
    seed: int,
    county: str,
    draws: int,
    years: int,
    mode: Mode = "expected",
    levers: tuple[Lever, ...] = (),
    chunk: int = CHUNK,
    threads: int = 2,
) -> None:
    """Draw `draws` futures of `years` years and hand them to the sinks.

    Args:
        model: States, edges, evidence and the last count.
        inflow: Who comes in.
        sinks: What keeps the result.
        seed: Seed of the run.
        county: County code, part of the stream's key.
        draws: Number of draws.
        years: School years after the last count.
        mode: With or without process noise.
        levers: Changes of drawn shares.
        chunk: Draws in work at a time; it does not change a byte.
        threads: Chunks in work at a time; it does not change a byte.

    Raises:
        WrongUse: Fewer than one draw or year, or years that the model has no places for.
    """
    known = model.placement.places.shape[2]
    if draws < 1 or not 1 <= years <= known:
        raise WrongUse(
            subject="elevstrømmen",
            expected=f"minst én trekning, og fra 1 til {known} år",
            got=f"{draws} trekninger og {years} år",
            remedy="velg en kortere horisont, eller bygg modellen for flere år",
        )
    step = _Step.of(model)
    run = _expected if mode == "expected" else _multinomial

    def work(start: int) -> None:
        part = range(start, min(start + chunk, draws))
        block = run(model, step, inflow, (seed, county), part, years, levers)
        for sink in sinks:
            sink(part, block)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(0, draws, chunk)))


@dataclass(frozen=True)
class _Lots:
    """Origins whose lots are drawn in one call.

    Attributes:
        nodes: Origins `[m]`.
        edges: Their edges `[m, k]`, likely ones first; past the last one, one with no share.
        slots: Where the lots lie, as a slice of the stage's slots, `m · k` long.
    """

    nodes: Index
    edges: Index
    slots: slice


@dataclass(frozen=True)
class _Stage:
    """Edges that are walked at the same time.

    Attributes:
        first: Position of the first edge.
        origin: `[edge]` node left.
        sums: Sparse 0/1 `[node, edge]`: what reaches each node.
        lots: Origins with one, few and many edges: few calls.
        lot_sums: Sparse 0/1 `[node, slot]`.
    """

    first: int
    origin: Index
    sums: sparse.csr_matrix
    lots: tuple[_Lots, ...]
    lot_sums: sparse.csr_matrix

    def walk(self, people: Array, shares: Array) -> Array:
        """What reaches each node, `[node, column]`, in expectation."""
        flow = np.take(people, self.origin, axis=0, mode="clip")
        np.multiply(flow, shares, out=flow)
        reached: Array = self.sums @ flow
        return reached

    def by_lot(self, shares: Float) -> list[Float]:
        """Shares `[m, region, k]` of each set of lots, from `[edge of this stage, region]`."""
        padded = np.concatenate([shares, np.zeros((1, shares.shape[1]))])
        return [np.ascontiguousarray(padded[one.edges].transpose(0, 2, 1)) for one in self.lots]

    def draw(self, rng: np.random.Generator, people: Index, shares: list[Float]) -> Index:
        """What reaches each node, `[node, region]`, person by person.

        Args:
            rng: The draw's stream.
            people: `[node, region]` whole persons.
            shares: As `by_lot` lays them out.
        """
        regions = people.shape[1]
        flow = np.empty((self.lot_sums.shape[1], regions), np.float64)
        for one, share in zip(self.lots, shares, strict=True):
            there = people[one.nodes]
            m, k = one.edges.shape
            if k == 1:
                flow[one.slots] = there
                continue
            # Seven cells of ten hold nobody, and nobody needs no lot.
            some = np.flatnonzero(there)
            moved = rng.multinomial(there.ravel()[some], share.reshape(-1, k)[some])
            lots = flow[one.slots].reshape(m, k, regions)
            lots[...] = 0
            lots[some // regions, :, some % regions] = moved
        reached: Index = (self.lot_sums @ flow).astype(np.int64)
        return reached


@dataclass(frozen=True)
class _Step:
    states: _Stage
    hubs: _Stage
    count: int
    absorbing: Index
    apply: Index
    placed: Index
    unplaced: Index
    order: Index

    @staticmethod
    def of(model: Model) -> _Step:
        space, split = model.space, model.hub_edges
        # Likely targets first: a multinomial draw stops when everybody has gone somewhere.
        order = np.lexsort((-model.alpha.mean(axis=0), model.edges.origin))
        origin, target = model.edges.origin[order], model.edges.target[order]
        apply, got, without = (space.where(k) for k in (Kind.APPLY, Kind.PLACED, Kind.UNPLACED))
        return _Step(
            states=_stage(origin[:split], target[:split], 0, len(space.nodes)),
            hubs=_stage(origin[split:], target[split:], split, len(space.nodes)),
            count=space.count,
            absorbing=space.absorbing,
            apply=apply,
            placed=got,
            unplaced=without,
            order=order,
        )


def _stage(origin: Index, target: Index, first: int, nodes: int) -> _Stage:
    starts = np.flatnonzero(np.diff(origin, prepend=-1))
    counts = np.diff(starts, append=len(origin))
    # Three widths: a call costs as much as a hundred lots, an empty slot next to nothing.
    widths = np.where(counts == 1, 1, np.where(counts <= FEW, FEW, max(int(counts.max()), FEW)))
    lots: list[_Lots] = []
    reached = []
    used = 0
    for k in np.unique(widths):
        mine = widths == k
        rank = np.arange(k)
        inside = rank < counts[mine][:, None]
        last = starts[mine] + counts[mine] - 1
        edges = np.where(inside, starts[mine][:, None] + rank, last[:, None])
        # What rounding leaves over for an empty slot goes where the last edge goes.
        reached.append(target[edges].ravel())
        size = int(edges.size)
        padded = np.where(inside, edges, len(origin))
        lots.append(_Lots(origin[starts[mine]], padded, slice(used, used + size)))
        used += size
    return _Stage(
        first,
        origin,
        _adding(target, nodes, np.float32),
        tuple(lots),
        _adding(np.concatenate(reached), nodes, np.float64),
    )


def _adding(target: Index, nodes: int, kind: type) -> sparse.csr_matrix:
    """Sparse 0/1 `[node, position]`: adds up what is on its way to each node."""
    places = (target, np.arange(len(target)))
    return sparse.csr_matrix((np.ones(len(target)), places), (nodes, len(target)), dtype=kind)


def _expected(
    model: Model,
    step: _Step,
    inflow: Inflow,
    key: tuple[int, str],
    draws: range,
    years: int,
    levers: tuple[Lever, ...],
) -> Array:
    """One chunk without process noise: `[year, state, draw, region]`."""
    D, R = len(draws), len(model.regions)
    phases = {
        since: _columns(model, step, model.shares(key, draws, those))
        for since, those in _phases(levers).items()
    }
    columns = phases[0]
    split = step.hubs.first
    market = _Market(model, key, draws)
    coming = inflow(draws).transpose(2, 3, 0, 1).reshape(years, len(model.entry), D * R)
    block = np.empty((years, step.count, D * R), np.float32)
    start = model.start.T.astype(np.float32)
    now = np.repeat(start[:, None, :], D, axis=1).reshape(step.count, D * R)
    for t in range(years):
        columns = phases.get(t, columns)
        new = step.states.walk(now, columns[:split])
        applying = new[step.apply].reshape(-1, D, R)
        got = market.expected(applying, t).reshape(-1, D * R)
        new[step.placed] = got
        new[step.unplaced] = new[step.apply] - got
        new += step.hubs.walk(new, columns[split:])
        now = block[t]
        now[...] = new[: step.count]
        now[step.absorbing] += block[t - 1][step.absorbing] if t else _absorbed(model, step, D)
        now[model.entry] += coming[t]
    return block.reshape(years, step.count, D, R)


def _phases(levers: tuple[Lever, ...]) -> dict[int, tuple[Lever, ...]]:
    """The levers that work from each year ahead on in which they change; 0 is always there."""
    years = sorted({0, *(lever.since for lever in levers)})
    return {year: tuple(one for one in levers if one.since <= year) for year in years}


def _columns(model: Model, step: _Step, shares: Float) -> Array:
    """Drawn shares as the step walks them, `[edge, draw × region]`."""
    ordered = shares[..., step.order].astype(np.float32)
    by_edge = np.ascontiguousarray(ordered.transpose(2, 0, 1))
    R = len(model.regions)
    if len(model.alpha) != R or (model.group != np.arange(R)).any():
        by_edge = np.take(by_edge, model.group, axis=2)
    return by_edge.reshape(len(step.order), shares.shape[0] * R)


def _absorbed(model: Model, step: _Step, draws: int) -> Array:
    done = model.start.T[step.absorbing].astype(np.float32)
    return np.repeat(done[:, None, :], draws, axis=1).reshape(len(done), -1)


class _Market:
    """Places and friction of a chunk, and who gets a place in expectation."""

    def __init__(self, model: Model, key: tuple[int, str], draws: range) -> None:
        self._placement = model.placement
        self.places = model.places(key, draws)
        self.friction = model.frictions(key, draws)
        self._starts = np.flatnonzero(np.diff(model.placement.market, prepend=-1))

    def expected(self, applying: Array, year: int) -> Array:
        """Placed `[trade, draw, region]`: places fall on a market's regions as applicants do."""
        if self._placement.guaranteed(year):
            return applying
        total = np.add.reduceat(applying, self._starts, axis=2)
        places = self.places[..., year].transpose(2, 0, 1).astype(np.float32)
        epsilon = self.friction.T[:, :, None].astype(np.float32)
        got = placed(total, places, epsilon)
        share = np.divide(got, total, out=np.zeros_like(total), where=total > 0)
        more = self._placement.more(year)
        if more is not None:
            share = np.clip(share + more.astype(np.float32)[:, None, None], 0, 1)
        matched: Array = applying * np.take(share, self._placement.market, axis=2)
        return matched


def _multinomial(
    model: Model,
    step: _Step,
    inflow: Inflow,
    key: tuple[int, str],
    draws: range,
    years: int,
    levers: tuple[Lever, ...],
) -> Array:
    """One chunk of whole persons: `[year, state, draw, region]`."""
    block = np.empty((years, step.count, len(draws), len(model.regions)), np.float32)
    phases = {
        since: model.shares(key, draws, those)[..., step.order]
        for since, those in _phases(levers).items()
    }
    market = _Market(model, key, draws)
    coming = inflow(draws)
    split = step.hubs.first
    for d, draw in enumerate(draws):
        rng = streams.generator(*key, draw, Block.FLOW_PROCESS)
        seats, entering = _whole(
            streams.generator(*key, draw, Block.FLOW_ROUNDING),
            market.places[d].transpose(2, 0, 1)[:years],
            coming[d].transpose(1, 2, 0),
        )
        now = model.start.T.astype(np.int64)
        for t in range(years):
            if t in phases:
                by_region = phases[t][d][model.group].T
                leaving = step.states.by_lot(by_region[:split])
                passing = step.hubs.by_lot(by_region[split:])
            new = step.states.draw(rng, now, leaving)
            applying = new[step.apply]
            got = _placed(rng, model, applying, seats[t], market.friction[d], t)
            new[step.placed] = got
            new[step.unplaced] = applying - got
            new += step.hubs.draw(rng, new, passing)
            new[step.absorbing] += now[step.absorbing]
            now = new[: step.count]
            now[model.entry] += entering[t]
            block[t, :, d] = now
    return block


def _placed(
    rng: np.random.Generator,
    model: Model,
    applying: Index,
    seats: Index,
    friction: Float,
    year: int,
) -> Index:
    """Placed persons `[trade, region]`, market by market."""
    placement = model.placement
    if placement.guaranteed(year):
        return applying
    if len(seats) == len(model.regions):
        # A market of one region needs no lots: all markets at once.
        got = rng.binomial(np.minimum(applying, seats.T), 1.0 - friction[:, None])
    else:
        got = np.empty_like(applying)
        for market in range(len(seats)):
            there = np.flatnonzero(placement.market == market)
            got[:, there] = place(rng, applying[:, there].T, seats[market], friction).T
    more = placement.more(year)
    if more is None:
        return got
    starts = np.flatnonzero(np.diff(placement.market, prepend=-1))
    total = np.add.reduceat(applying, starts, axis=1)
    room = np.divide(np.minimum(total, seats.T), total, out=np.zeros(total.shape), where=total > 0)
    share = (room * (1.0 - friction[:, None]))[:, placement.market]
    return redrawn(rng, applying, got, share, more[:, None])


def _whole(rng: np.random.Generator, *expected: Array | Float) -> list[Index]:
    """Whole persons `[year, …]` with the given expectations: fractions are drawn by lot.

    The years come first in the stream, so that a longer horizon leaves the earlier ones alone.
    """
    sizes = [one[0].size for one in expected]
    u = np.split(rng.random((len(expected[0]), sum(sizes))), np.cumsum(sizes)[:-1], axis=1)
    return [
        np.floor(one + lot.reshape(one.shape)).astype(np.int64)
        for one, lot in zip(expected, u, strict=True)
    ]
