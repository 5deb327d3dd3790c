"""Candidates: those whom the student flow gives a trade certificate, who work, and who stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.forecast import standing
from tasks.forecast.evaluation import series
from tasks.forecast.evaluation.frames import Wide, wide
from tasks.forecast.evaluation.series import Tested
from tasks.forecast.flow import cohort
from tasks.forecast.flow.engine import simulate
from tasks.forecast.flow.levers import FlowLevers, of_scenario
from tasks.forecast.flow.model import Model
from tasks.forecast.flow.states import Kind
from tasks.forecast.marts import FLOW
from tasks.forecast.pupils import FLOW as FLOW_MODEL
from tasks.forecast.scenario import Scenario
from tasks.forecast.types import Array, Float
from tasks.forecast.working_life.drawn import Drawn, membership


def supply(drawn: Drawn, scenario: Scenario | None = None) -> Array:
    """Candidates a year: those who get a trade certificate, work, and stay where they live.

    S = C · P(in the labour force) · P(stays in the region); people from outside the county, who
    learn here, are no part of it.

    Returns:
        float32 `[draw, programme area, region, year]` persons, areas as in `drawn.codes`.
    """
    model, rules, codes = drawn.flow.model, drawn.declared.flow, drawn.codes
    levers = _levers(drawn, scenario)
    member = membership(drawn.frames, model.regions, drawn.regions)
    certificates = _certificates(drawn, member, levers)
    people = cohort.labour_supply(
        certificates,
        cohort.declared(rules.participation, len(codes)),
        cohort.declared(rules.stay_in_region, len(drawn.regions)),
        key=drawn.key,
        draws=range(drawn.draws),
    )
    moved = people * (levers.participation[:, None, :] * levers.stay)
    if drawn.level is not None:
        moved *= drawn.level[:, None, :]
    return moved.astype(np.float32)


def level(drawn: Drawn, test: Tested) -> Float:
    """What the flow's certificates are multiplied by `[programme area, year]` (law 6).

    Benchmark over the flow's mean where a benchmark has won, as for the pupils (`standing.of`); 1
    where the flow has, and of an area that no certificate was counted of.

    Args:
        drawn: Gives the flow.
        test: Of `series.CERTIFICATES`.
    """
    years, codes = drawn.years, drawn.codes
    everybody = np.ones((1, len(drawn.flow.model.regions)))
    certificates = _certificates(drawn, everybody, _levers(drawn, None))
    counted = _counted(drawn)
    mine = [codes.index(code) for code in counted.units if code in codes]
    rows = [counted.units.index(codes[i]) for i in mine]
    factor = np.ones((len(codes), len(years)))
    factor[mine] = standing.of(
        test,
        FLOW_MODEL,
        counted=np.nan_to_num(counted.values[rows]),
        expected=certificates[:, mine, 0].mean(axis=0, dtype=np.float64),
        horizons=tuple(year - counted.periods[-1] for year in years),
        bounds=drawn.declared.standards.size_bounds,
    ).factor
    return factor


def _levers(drawn: Drawn, scenario: Scenario | None) -> FlowLevers:
    rules = drawn.declared.flow
    return of_scenario(
        scenario,
        drawn.flow.model,
        drawn.years,
        drawn.declared.rules.projection_weights,
        drawn.area_of,
        drawn.codes,
        (rules.participation.shares["share"], rules.stay_in_region.shares["share"]),
    )


def _certificates(drawn: Drawn, member: Float, levers: FlowLevers) -> Array:
    """New certificates `[draw, programme area, group, year]` of groups of homes `[group, home]`."""
    (seed, county), years, draws = drawn.key, drawn.years, drawn.draws
    sink = _Certified.of(drawn.flow.model, drawn.area_of, drawn.codes, member)
    sink.out = np.zeros((draws, len(drawn.codes), len(member), len(years)), np.float32)
    coming = cohort.inflow(
        drawn.flow.residents,
        drawn.flow.outside,
        years,
        key=drawn.key,
        sigma=drawn.sigma,
        weights=levers.weights,
    )
    simulate(
        levers.model,
        coming,
        [sink],
        seed=seed,
        county=county,
        draws=draws,
        years=len(years),
        levers=levers.shares,
    )
    return sink.out


def _counted(drawn: Drawn) -> Wide:
    """Certificates per programme area and year, as published."""
    rows = series.certificates_by_area(
        drawn.frames[f"{FLOW}certificates"], drawn.frames[f"{FLOW}trade_areas"], drawn.key[1]
    )
    return wide(
        rows.group_by(pl.col("programme_area_code").alias("unit"), pl.col("year").alias("period"))
        .agg(pl.col("certificates").sum().alias("value"))
        .sort("unit", "period")
    )


@dataclass
class _Certified:
    """Sink: new trade certificates by programme area and region, a chunk at a time."""

    states: list[np.ndarray]
    start: Float
    member: Float
    out: Array

    @classmethod
    def of(
        cls, model: Model, area_of: Mapping[str, str], codes: Sequence[str], member: Float
    ) -> _Certified:
        nodes = [
            [
                place
                for place, node in enumerate(model.space.nodes)
                if node.kind == Kind.CERTIFICATE and area_of.get(node.unit) == code
            ]
            for code in codes
        ]
        states = [np.array(found, np.intp) for found in nodes]
        start = np.stack([model.start[:, found].sum(axis=1) for found in states])
        return cls(states, start, member, np.zeros((0, 0, 0, 0), np.float32))

    def __call__(self, draws: range, block: Array) -> None:
        """Take a chunk `[year, state, draw, home]`."""
        for area, found in enumerate(self.states):
            people = block[:, found].sum(axis=1, dtype=np.float64)
            first = np.broadcast_to(self.start[area], people.shape[1:])
            new = np.diff(people, axis=0, prepend=first[None])
            self.out[draws.start : draws.stop, area] = (new @ self.member.T).transpose(1, 2, 0)
