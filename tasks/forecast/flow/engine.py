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

from tasks.forecast import streams
from tasks.forecast.flow.apprentices import place, placed
from tasks.forecast.flow.model import Inflow, Lever, Model
from tasks.forecast.flow.states import Kind
from tasks.forecast.streams import Block
from tasks.forecast.types import Array, Float, Index

Mode = Literal["expected", "multinomial"]
CHUNK = 20


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
    """
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
class _Stage:
    """Edges that are walked at the same time.

    Attributes:
        first: Position of the first edge.
        origin: `[edge]` node left.
        sums: Sparse 0/1 `[node, edge]`: what reaches each node.
        classes: Origins with equally many edges: nodes `[m]` and their edges `[m, k]`.
    """

    first: int
    origin: Index
    sums: sparse.csr_matrix
    classes: tuple[tuple[Index, Index], ...]

    def walk(self, people: Array, shares: Array) -> Array:
        """What reaches each node, `[node, column]`, in expectation."""
        flow = np.take(people, self.origin, axis=0, mode="clip")
        np.multiply(flow, shares, out=flow)
        reached: Array = self.sums @ flow
        return reached

    def by_class(self, shares: Float) -> list[Float]:
        """Shares `[m, region, k]` of each class, from `[edge of this stage, region]`."""
        return [np.ascontiguousarray(shares[e].transpose(0, 2, 1)) for _, e in self.classes]

    def draw(self, rng: np.random.Generator, people: Index, shares: list[Float]) -> Index:
        """What reaches each node, `[node, region]`, person by person.

        Args:
            rng: The draw's stream.
            people: `[node, region]` whole persons.
            shares: As `by_class` lays them out.
        """
        flow = np.empty((len(self.origin), people.shape[1]), np.float64)
        for (nodes, edges), share in zip(self.classes, shares, strict=True):
            flow[edges] = rng.multinomial(people[nodes], share).transpose(0, 2, 1)
        reached: Index = (self.sums @ flow).astype(np.int64)
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
    edges = np.arange(len(origin))
    ones = np.ones(len(origin), np.float32)
    sums = sparse.csr_matrix((ones, (target, edges)), shape=(nodes, len(origin)))
    starts = np.flatnonzero(np.diff(origin, prepend=-1))
    counts = np.diff(starts, append=len(origin))
    classes = tuple(
        (origin[starts[counts == k]], starts[counts == k][:, None] + np.arange(k))
        for k in np.unique(counts)
    )
    return _Stage(first, origin, sums, classes)


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
    shares = model.shares(key, draws, levers)[..., step.order].astype(np.float32)
    by_edge = np.ascontiguousarray(shares.transpose(2, 0, 1))
    if len(model.alpha) != R or (model.group != np.arange(R)).any():
        by_edge = np.take(by_edge, model.group, axis=2)
    columns = by_edge.reshape(len(step.order), D * R)
    split = step.hubs.first
    market = _Market(model, key, draws)
    coming = inflow(draws).transpose(2, 3, 0, 1).reshape(years, len(model.entry), D * R)
    block = np.empty((years, step.count, D * R), np.float32)
    start = model.start.T.astype(np.float32)
    now = np.repeat(start[:, None, :], D, axis=1).reshape(step.count, D * R)
    for t in range(years):
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
        if self._placement.guarantee:
            return applying
        total = np.add.reduceat(applying, self._starts, axis=2)
        places = self.places[..., year].transpose(2, 0, 1).astype(np.float32)
        epsilon = self.friction.T[:, :, None].astype(np.float32)
        got = placed(total, places, epsilon)
        share = np.divide(got, total, out=np.zeros_like(total), where=total > 0)
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
    shares = model.shares(key, draws, levers)[..., step.order]
    market = _Market(model, key, draws)
    coming = inflow(draws)
    split = step.hubs.first
    for d, draw in enumerate(draws):
        rng = streams.generator(*key, draw, Block.FLOW_PROCESS)
        by_region = shares[d][model.group].T
        leaving = step.states.by_class(by_region[:split])
        passing = step.hubs.by_class(by_region[split:])
        now = model.start.T.astype(np.int64)
        for t in range(years):
            new = step.states.draw(rng, now, leaving)
            seats = _whole(rng, market.places[d, :, :, t])
            new[step.placed] = _placed(rng, model, new[step.apply], seats, market.friction[d])
            new[step.unplaced] = new[step.apply] - new[step.placed]
            new += step.hubs.draw(rng, new, passing)
            done = now[step.absorbing]
            now = new[: step.count]
            now[step.absorbing] += done
            now[model.entry] += _whole(rng, coming[d, :, t].T)
            block[t, :, d] = now
    return block


def _placed(
    rng: np.random.Generator, model: Model, applying: Index, seats: Index, friction: Float
) -> Index:
    """Placed persons `[trade, region]`, market by market."""
    placement = model.placement
    if placement.guarantee:
        return applying
    if len(seats) == len(model.regions):
        # A market of one region needs no lots: all markets at once.
        return rng.binomial(np.minimum(applying, seats.T), 1.0 - friction[:, None])
    got = np.empty_like(applying)
    for market in range(len(seats)):
        there = np.flatnonzero(placement.market == market)
        got[:, there] = place(rng, applying[:, there].T, seats[market], friction).T
    return got


def _whole(rng: np.random.Generator, expected: Array | Float) -> Index:
    """Whole persons with the given expectation: the fraction is drawn by lot."""
    whole: Index = np.floor(expected + rng.random(expected.shape)).astype(np.int64)
    return whole
