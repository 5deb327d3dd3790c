"""The model that is drawn from: edges with Dirichlet parameters, who is there, and who comes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tasks.errors import ConfigurationError, WrongUse
from tasks.forecast import streams
from tasks.forecast.flow.apprentices import Placement
from tasks.forecast.flow.states import Edges, Kind, StateSpace
from tasks.forecast.streams import Block
from tasks.forecast.types import Array, Float, Index

Mask = npt.NDArray[np.bool_]
# Below this much evidence a gamma draw may come out as nothing but zeros.
LEAST_EVIDENCE = 0.1


class Inflow(Protocol):
    """People who come in from outside the space."""

    def __call__(self, draws: range, /) -> Array:
        """Persons `[draw, region, year, entry state]`, float32, the same whatever the chunk."""
        ...


@dataclass(frozen=True)
class Lever:
    """A change of drawn shares: what a scenario does (design law 9).

    Attributes:
        edges: Edges whose share is multiplied, positions in the model.
        factor: By how much; the other edges of the origin share what is left as before.
        since: First year ahead in which it is so; 0 is the first.
    """

    edges: Index
    factor: float
    since: int = 0


@dataclass(frozen=True)
class Model:
    """Everything the engine needs.

    Attributes:
        space: States and hubs.
        edges: Where they lead.
        alpha: Dirichlet parameters `[group, edge]`, effective persons; 0: the edge is closed.
        common: Edges `[edge]` known for the county alone: one draw of the first group's parameters
            holds for all, so that the county's uncertainty is not averaged away over its regions.
        group: Group of each region `[region]`: regions of one group share their drawn shares.
        regions: Code of each region.
        start: Persons at the last count `[region, state]`, whole.
        entry: States that people come into from outside.
        placement: The market for places; trades in the order of the hubs.
        tilt: What drawn weights are multiplied by before they become shares `[group, edge]`
            (`calibration.calibrate`); None: by nothing. It leaves the evidence, and with it the
            spread of a share, as it is, and holds also where a draw is common to all groups.
        certain: Every draw has the expected shares, places and friction: what a figure is without
            chance, for calibration and explanation.
    """

    space: StateSpace
    edges: Edges
    alpha: Float
    common: Mask
    group: Index
    regions: tuple[str, ...]
    start: Float
    entry: Index
    placement: Placement
    tilt: Float | None = None
    certain: bool = False

    def __post_init__(self) -> None:
        regions, trades = len(self.regions), len(self.space.units(Kind.APPLY))
        shapes = (
            ("alpha", self.alpha.shape[1:], (self.edges.count,)),
            ("common", self.common.shape, (self.edges.count,)),
            ("group", self.group.shape, (regions,)),
            ("start", self.start.shape, (regions, self.space.count)),
            ("market", self.placement.market.shape, (regions,)),
            ("friction", self.placement.friction.alpha.shape, (trades, 2)),
        )
        wrong = [f"{name} {got}, ventet {want}" for name, got, want in shapes if got != want]
        wrong += [f"group {self.group.max()}, alpha {self.alpha.shape}"] * bool(
            self.group.max() >= len(self.alpha)
        )
        if wrong or (np.diff(self.edges.origin) < 0).any():
            raise ConfigurationError(
                subject="elevstrømmen",
                expected="tabeller på felles akser, kantene sortert etter hvor de går fra",
                got="; ".join(wrong) or "kanter som ikke er sortert",
                remedy="bygg modellen med flow.assemble",
            )
        self._nobody_is_stuck()

    def _nobody_is_stuck(self) -> None:
        evidence = np.zeros((len(self.space.nodes), len(self.alpha)))
        np.add.at(evidence, self.edges.origin, self.alpha.T)
        leaving = np.concatenate(
            [
                self.space.transient,
                self.space.where(Kind.RE_CHOICE, Kind.NEXT, Kind.PLACED, Kind.UNPLACED),
            ]
        )
        stuck = leaving[(evidence[leaving] < LEAST_EVIDENCE).any(axis=1)]
        if len(stuck):
            raise ConfigurationError(
                subject="elevstrømmen",
                expected="minst én vei ut av hver tilstand i alle områder",
                got=", ".join(self.space.codes[i] for i in stuck[:10]),
                remedy="se etter områder uten rader i mart.transition_by_programme_area",
            )

    @property
    def weights(self) -> Float:
        """Expected weights `[group, edge]`: evidence, tilted."""
        return self.alpha if self.tilt is None else self.alpha * self.tilt

    @property
    def expected(self) -> Float:
        """Shares `[group, edge]` at the expected weights."""
        shares: Float = self.normal(self.weights[None])[0]
        return shares

    @property
    def hub_edges(self) -> int:
        """Position of the first edge that leaves a hub."""
        return int(np.searchsorted(self.edges.origin, self.space.count))

    def lever(
        self,
        factor: float,
        origin: Kind,
        target: Kind,
        units: tuple[str, ...] = (),
        since: int = 0,
    ) -> Lever:
        """A lever on all edges between two kinds.

        Args:
            factor: By how much the shares change.
            origin: Kind that is left, for example `APPRENTICE`.
            target: Kind that is reached, for example `CERTIFICATE`.
            units: Only origins of these areas or trades; all of them where there are none.
            since: First year ahead in which it is so.

        Raises:
            WrongUse: No edge between the two.
        """
        nodes = self.space.nodes
        left = [i for i in self.space.where(origin) if not units or nodes[i].unit in units]
        edges = self.edges.between(np.array(left, np.intp), self.space.where(target))
        if not len(edges):
            raise WrongUse(
                subject="endret overgang",
                expected=f"en overgang fra {origin} til {target}",
                got=f"ingen for {', '.join(units) or 'noe område'}",
                remedy="rett slag, programområde eller lærefag i scenariofilen",
            )
        return Lever(edges, factor, since)

    def shares(self, key: tuple[int, str], draws: range, levers: tuple[Lever, ...] = ()) -> Float:
        """Drawn shares `[draw, group, edge]`: P ~ Dirichlet(α) per origin, then the levers.

        School edges and hazards in training have streams of their own, so that another number of
        trades leaves the drawn choices of pupils as they were.
        """
        seed, county = key
        if self.certain:
            shares = np.repeat(self.expected[None], len(draws), axis=0)
            for lever in levers:
                shares = self.pulled(shares, lever)
            return shares
        hazard = np.isin(
            self.edges.origin, self.space.where(Kind.APPRENTICE, Kind.PLACED, Kind.UNPLACED)
        )
        drawn = np.empty((len(draws), *self.alpha.shape))
        for block, mask in ((Block.FLOW_TRANSITION, ~hazard), (Block.FLOW_HAZARD, hazard)):
            once, apart = (np.flatnonzero(mask & part) for part in (self.common, ~self.common))
            shared, own = self.alpha[0, once], self.alpha[:, apart]
            for place, draw in enumerate(draws):
                stream = streams.generator(seed, county, draw, block)
                drawn[place][:, once] = stream.standard_gamma(shared)
                drawn[place][:, apart] = stream.standard_gamma(own)
        if self.tilt is not None:
            drawn *= self.tilt
        shares = self.normal(drawn)
        for lever in levers:
            shares = self.pulled(shares, lever)
        return shares

    def normal(self, drawn: Float) -> Float:
        """Weights `[draw, group, edge]` as shares: they sum to one out of every origin."""
        starts = self.edges.starts()
        total = np.add.reduceat(drawn, starts, axis=2)
        counts = np.diff(starts, append=self.edges.count)
        if (total <= 0).any():
            expected = np.broadcast_to(self.alpha, drawn.shape)
            empty = np.repeat(total <= 0, counts, axis=2)
            drawn = np.where(empty, np.maximum(expected, 1e-300), drawn)
            total = np.add.reduceat(drawn, starts, axis=2)
        shares: Float = drawn / np.repeat(total, counts, axis=2)
        return shares

    def pulled(self, shares: Float, lever: Lever) -> Float:
        """Shares `[draw, group, edge]` after a lever; the other edges of an origin give way.

        Raises:
            WrongUse: A factor below 0.
        """
        if lever.factor < 0:
            raise WrongUse(
                subject="endret overgang",
                expected="en faktor fra 0 og oppover",
                got=f"{lever.factor:g}",
                remedy="rett faktoren i scenariofilen",
            )
        starts = self.edges.starts()
        counts = np.diff(starts, append=self.edges.count)
        chosen = np.zeros(self.edges.count, bool)
        chosen[lever.edges] = True
        part = np.add.reduceat(np.where(chosen, shares, 0.0), starts, axis=2)
        # Chosen edges may take everything, but no more; without another edge they stay as they are.
        alone = part >= 1 - 1e-12
        grown = np.where(alone, part, np.minimum(part * lever.factor, 1.0))
        up = np.divide(grown, part, out=np.ones_like(part), where=part > 0)
        down = np.divide(1 - grown, 1 - part, out=np.ones_like(part), where=~alone)
        pulled: Float = shares * np.where(
            chosen, np.repeat(up, counts, axis=2), np.repeat(down, counts, axis=2)
        )
        return pulled

    def places(self, key: tuple[int, str], draws: range) -> Float:
        """Drawn places `[draw, market, trade, year]`, mean V: log-normal, one error a year.

        A scenario multiplies what was drawn.
        """
        seed, county = key
        expected, sigma = self.placement.places, self.placement.spread[None, None, :, None]
        if self.placement.places_factor is not None:
            expected = expected * self.placement.places_factor
        if self.certain:
            return np.broadcast_to(expected, (len(draws), *expected.shape))
        markets, trades, years = expected.shape
        shape = (years, markets, trades)
        z = streams.normals(seed, county, draws, Block.FLOW_PLACES, shape)
        drawn: Float = expected * np.exp(sigma * z.transpose(0, 2, 3, 1) - sigma**2 / 2)
        return drawn

    def frictions(self, key: tuple[int, str], draws: range) -> Float:
        """Drawn ε `[draw, trade]`, Beta, as a share of two gammas."""
        seed, county = key
        shape = self.placement.friction.alpha
        if self.certain:
            return np.broadcast_to(self.placement.friction.mean[:, 0], (len(draws), len(shape)))
        gamma = np.stack(
            [
                streams.generator(seed, county, d, Block.FLOW_FRICTION).standard_gamma(shape)
                for d in draws
            ]
        )
        total = gamma.sum(axis=2)
        share: Float = np.divide(gamma[..., 0], total, out=np.zeros(total.shape), where=total > 0)
        return share
