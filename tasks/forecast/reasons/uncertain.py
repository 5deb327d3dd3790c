"""What the gap hangs on: the model's own draws, block by block, laid across each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from tasks.forecast import labour
from tasks.forecast.explanation import Sensitivity, sensitivity
from tasks.forecast.flow import cohort
from tasks.forecast.flow.assemble import County
from tasks.forecast.flow.cohort import External
from tasks.forecast.flow.engine import simulate
from tasks.forecast.flow.model import Lever, Model
from tasks.forecast.flow.transitions import Posterior
from tasks.forecast.labour import matching
from tasks.forecast.labour.model import GROWTH, POPULATION, REPLACEMENT, STAFFING
from tasks.forecast.reasons.blocks import BLOCKS, PLACEMENT, mixed, of_edges
from tasks.forecast.reasons.cells import Axes, Kept, Window
from tasks.forecast.types import Array, Float, Index

COHORT, PLACES, ADULTS, PARTICIPATION, STAY = "cohort", "places", "adults", "participation", "stay"
# The blocks of `blocks.BLOCKS` are inputs of the flow; friction goes with those who apply.
FLOW = (COHORT, *BLOCKS, PLACES, ADULTS)
# What the labour market calls its own; the alternative of the projection is of both.
LABOUR = {COHORT: POPULATION, GROWTH: GROWTH, STAFFING: STAFFING, REPLACEMENT: REPLACEMENT}
INPUTS = (*FLOW, PARTICIPATION, STAY, GROWTH, STAFFING, REPLACEMENT)
Lives = Mapping[str, range]


@dataclass(frozen=True, kw_only=True)
class Drawn(Model):
    """A model whose draws have been made: the engine walks them, and draws nothing.

    Attributes:
        drawn_shares: By block of `blocks.BLOCKS`, `[draw, group, edge]`.
        block: Block of each edge.
        drawn_places: `[draw, market, trade, year]`.
        drawn_frictions: `[draw, trade]`.
    """

    drawn_shares: Mapping[str, Float]
    block: Index
    drawn_places: Float
    drawn_frictions: Float

    @classmethod
    def of(cls, model: Model, shares: Mapping[str, Float], places: Float, friction: Float) -> Drawn:
        """The model with these draws."""
        same = {f.name: getattr(model, f.name) for f in fields(Model)}
        return cls(
            **same,
            drawn_shares=shares,
            block=of_edges(model.space, model.edges),
            drawn_places=places,
            drawn_frictions=friction,
        )

    def shares(self, key: tuple[int, str], draws: range, levers: tuple[Lever, ...] = ()) -> Float:
        """The shares that were drawn, each block from its own, after the levers."""
        given = list(self.drawn_shares.values())
        part = {n: s[draws.start : draws.stop] for n, s in self.drawn_shares.items()}
        alike = all(one is given[0] for one in given)
        shares = part[BLOCKS[0]] if alike else mixed(part, self.block, self.edges)
        for lever in levers:
            shares = self.pulled(shares, lever)
        return shares

    def places(self, key: tuple[int, str], draws: range) -> Float:
        """The places that were drawn."""
        return self.drawn_places[draws.start : draws.stop]

    def frictions(self, key: tuple[int, str], draws: range) -> Float:
        """The friction that was drawn."""
        return self.drawn_frictions[draws.start : draws.stop]


@dataclass(frozen=True)
class Gap:
    """Openings less candidates, as a function of which draws each input has.

    Attributes:
        flow: The county's student flow.
        working: Its labour market.
        participation: Beta per area `[area, 2]`: in the labour force.
        stays: Beta per region `[region, 2]`: staying.
        level: What certificates are held to by the track record `[area, 1]`.
        sigma: Log error of a cohort per √year.
        weights: Weights of the population alternatives.
        axes: Cells.
        window: Years.
        years: School years ahead, start year.
        key: Seed and county.
    """

    flow: County
    working: labour.Model
    participation: Posterior
    stays: Posterior
    level: Float
    sigma: float
    weights: tuple[float, float, float]
    axes: Axes
    window: Window
    years: tuple[int, ...]
    key: tuple[int, str]
    _made: dict[tuple[str, tuple[range, ...]], Float] = field(default_factory=dict)

    def persons(self, lives: Lives) -> Float:
        """Openings less candidates a year `[draw, programme and all, region and county]`.

        Args:
            lives: Draws of each of `INPUTS`, as many of all.
        """
        works, stay = (
            self._once(name, lives, (name,), draw)
            for name, draw in ((PARTICIPATION, self._works), (STAY, self._stay))
        )
        certificates = self._once("certificates", lives, FLOW, self._certificates)
        candidates = certificates * self.level * works[:, :, None] * stay[:, None, :]
        openings = self._once("openings", lives, tuple(LABOUR), self._openings)
        return self.axes.by_programme(openings - candidates)

    def hangs_on(self, samples: int) -> Sensitivity:
        """Sobol's indices of every cell over `INPUTS`."""
        return sensitivity(self.persons, INPUTS, samples)

    def _once(
        self, name: str, lives: Lives, inputs: tuple[str, ...], make: Callable[[Lives], Float]
    ) -> Float:
        """What does not hang on an input that is crossed is made once."""
        key = name, tuple(lives[i] for i in inputs)
        if key not in self._made:
            self._made[key] = make(lives)
        return self._made[key]

    def _works(self, lives: Lives) -> Float:
        return self._supply(lives[PARTICIPATION])[0]

    def _stay(self, lives: Lives) -> Float:
        return self._supply(lives[STAY])[1]

    def _supply(self, draws: range) -> tuple[Float, Float]:
        works, stay = cohort.supply_shares(
            self.participation, self.stays, key=self.key, draws=draws
        )
        return works.astype(np.float64), stay.astype(np.float64)

    def _openings(self, lives: Lives) -> Float:
        crossed = {theirs: lives[ours] for ours, theirs in LABOUR.items()}
        drawn = self.working.parts(lives[COHORT], crossed=crossed).openings
        asked = drawn[..., self.window.labour : self.window.labour_span]
        return self.axes.openings(matching.demand(asked, self.working.matching.strict))

    def _certificates(self, lives: Lives) -> Float:
        model, draws = self.flow.model, len(lives[COHORT])
        drawn = Drawn.of(
            model,
            {name: self._shares(lives[name]) for name in BLOCKS},
            model.places(self.key, lives[PLACES]),
            model.frictions(self.key, lives[PLACEMENT]),
        )
        kept = Kept(drawn, self.axes, self.window, draws)
        seed, county = self.key
        simulate(
            drawn,
            self._inflow(lives),
            [kept],
            seed=seed,
            county=county,
            draws=draws,
            years=len(self.years),
        )
        return kept.certificates

    def _shares(self, draws: range) -> Float:
        key = "shares", (draws,)
        if key not in self._made:
            self._made[key] = self.flow.model.shares(self.key, draws)
        return self._made[key]

    def _inflow(self, lives: Lives) -> Callable[[range], Array]:
        """Cohorts of some draws and adults of others."""
        outside, draws = self.flow.outside, lives[ADULTS]
        nobody = External(outside.expected[:, :0], outside.shape[:, :0])
        young = self._coming(nobody, self.years)
        key = ADULTS, (draws,)
        if key not in self._made:
            # As many come in every year of a draw: one year tells.
            one = self._coming(outside, self.years[:1])(draws)
            self._made[key] = one[..., 1:].astype(np.float64)
        adults, first = self._made[key].astype(np.float32), lives[COHORT].start

        def coming(draws: range) -> Array:
            pupils = young(range(first + draws.start, first + draws.stop))
            others = np.repeat(adults[draws.start : draws.stop], len(self.years), axis=2)
            return np.concatenate([pupils, others], axis=3)

        return coming

    def _coming(self, outside: External, years: tuple[int, ...]) -> Callable[[range], Array]:
        return cohort.inflow(
            self.flow.residents,
            outside,
            years,
            key=self.key,
            sigma=self.sigma,
            weights=self.weights,
        )
