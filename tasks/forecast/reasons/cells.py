"""Programme × region: what the futures of either side are summed to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.forecast.flow.model import Model
from tasks.forecast.flow.states import Kind
from tasks.forecast.types import Array, Float, Index

ALL = "*"


@dataclass(frozen=True)
class Window:
    """Which years ahead the figures are of; places count from the first year ahead, 0.

    Attributes:
        pupils: Place of the school year whose pupils are told.
        flow: Place of the window's first year among the flow's years.
        labour: The same among the labour market's years.
        years: Years in the window.
    """

    pupils: int
    flow: int
    labour: int
    years: int

    @property
    def flow_span(self) -> int:
        """Years that the flow must be drawn for."""
        return max(self.pupils + 1, self.flow + self.years)

    @property
    def labour_span(self) -> int:
        """Years that openings must be drawn for."""
        return self.labour + self.years


@dataclass(frozen=True)
class Axes:
    """The cells.

    Attributes:
        programmes: Utdanningsprogram, the first two letters of an area's code.
        areas: Programme areas that openings and candidates are both told for.
        regions: Intake regions.
        region_of: Intake region of each municipality.
        area_of: Programme area of each trade.
        targets: What openings are told for (`labour.Demand.targets`).
    """

    programmes: tuple[str, ...]
    areas: tuple[str, ...]
    regions: tuple[str, ...]
    region_of: Mapping[str, str]
    area_of: Mapping[str, str]
    targets: tuple[str, ...]

    def member(self, homes: Sequence[str]) -> Float:
        """0/1 `[region, home]`; those who live outside the county belong to none."""
        return np.array(
            [[self.region_of.get(h) == r for h in homes] for r in self.regions], np.float64
        )

    def by_programme(self, areas: Float) -> Float:
        """Areas `[…, area, region]` summed to programmes, all of them last, and the county last."""
        mine = np.array([[a[:2] == p for a in self.areas] for p in self.programmes], np.float64)
        return _with_sums(np.einsum("pa,...ar->...pr", mine, areas))

    def openings(self, drawn: Array) -> Float:
        """Openings `[draw, target, region, year]` of the areas `[draw, area, region]`, the mean."""
        mine = [self.targets.index(a) for a in self.areas]
        mean: Float = drawn[:, mine].mean(axis=-1, dtype=np.float64)
        return mean


def _with_sums(cells: Float) -> Float:
    rows = np.concatenate([cells, cells.sum(axis=-2, keepdims=True)], axis=-2)
    whole: Float = np.concatenate([rows, rows.sum(axis=-1, keepdims=True)], axis=-1)
    return whole


class Kept:
    """Sink of the engine: pupils of one year, and new certificates a year of the window.

    Attributes:
        pupils: `[draw, programme and all, region and county]`; those who live elsewhere are counted
            in the county, as in the other tables of pupils.
        certificates: `[draw, area, region]`, the mean of a year; without those who live elsewhere.
    """

    def __init__(self, model: Model, axes: Axes, window: Window, draws: int) -> None:
        self._window = window
        self._member = axes.member(model.regions)
        self._pupils = [
            _states(model, Kind.PUPIL, lambda area: area[:2], p) for p in axes.programmes
        ]
        self._certificates = [
            _states(model, Kind.CERTIFICATE, lambda trade: axes.area_of.get(trade, ""), area)
            for area in axes.areas
        ]
        self._start = model.start
        regions = len(axes.regions)
        self.pupils = np.zeros((draws, len(axes.programmes) + 1, regions + 1))
        self.certificates = np.zeros((draws, len(axes.areas), regions))

    def __call__(self, draws: range, block: Array) -> None:
        """Take a chunk `[year, state, draw, home]`."""
        window, at = self._window, slice(draws.start, draws.stop)
        then = block[window.pupils].astype(np.float64)
        for place, states in enumerate(self._pupils):
            people = then[states].sum(axis=0)
            self.pupils[at, place, :-1] = people @ self._member.T
            self.pupils[at, place, -1] = people.sum(axis=-1)
        self.pupils[at, -1] = self.pupils[at, :-1].sum(axis=1)
        for place, states in enumerate(self._certificates):
            last = block[window.flow + window.years - 1, states].sum(axis=0, dtype=np.float64)
            if window.flow:
                first = block[window.flow - 1, states].sum(axis=0, dtype=np.float64)
            else:
                first = self._start[:, states].sum(axis=1)
            self.certificates[at, place] = (last - first) / window.years @ self._member.T


def _states(model: Model, kind: Kind, unit_of: Callable[[str], str], wanted: str) -> Index:
    """States of a kind whose unit belongs to what is wanted."""
    nodes = model.space.nodes
    return np.array(
        [i for i in model.space.where(kind) if unit_of(nodes[i].unit) == wanted], np.intp
    )
