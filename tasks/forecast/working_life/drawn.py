"""What working life needs against who comes: one run's demand, supply and indicators.

Demand is drawn by `labour`, supply by the student flow; both by programme area, intake region and
year, with the same draws. Where a county has not delivered what either of them reads, the tables
are empty and `working_life_notes` says what is missing: the rest of the plan stands without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tasks.errors import NotFound
from tasks.forecast import labour
from tasks.forecast.declared import Declared
from tasks.forecast.flow import assemble, cohort
from tasks.forecast.flow.assemble import County
from tasks.forecast.flow.engine import simulate
from tasks.forecast.flow.levers import of_scenario
from tasks.forecast.flow.model import Model
from tasks.forecast.flow.states import Kind
from tasks.forecast.labour import Demand
from tasks.forecast.scenario import Scenario, difference
from tasks.forecast.summary import PARTS, describe
from tasks.forecast.types import Array, Float

Frames = Mapping[str, pl.DataFrame]
FLOW = "flow."
LABOUR = "labour."
ENDS = ("p10", "p50", "p90")
SCHEMAS: dict[str, dict[str, type[pl.DataType]]] = {
    "openings": {
        "programme_area_code": pl.String,
        "region_code": pl.String,
        "year": pl.Int64,
        **{f"openings_{p}": pl.Float64 for p in PARTS},
        "openings_flexible": pl.Float64,
        **{f"candidates_{p}": pl.Float64 for p in PARTS},
        "confidence": pl.String,
    },
    "indicators": {
        "programme_area_code": pl.String,
        "region_code": pl.String,
        **{f"gap_{p}": pl.Float64 for p in ENDS},
        "gap_per_employed": pl.Float64,
        **{f"tightness_{p}": pl.Float64 for p in ENDS},
        **{f"p_class_{n}": pl.Float64 for n in range(1, 6)},
        "assessment": pl.String,
        "coverage": pl.Float64,
        "confidence": pl.String,
        "settled_by": pl.String,
        "first_year": pl.Int64,
        "last_year": pl.Int64,
    },
    "scenarios": {
        "scenario": pl.String,
        "title": pl.String,
        "quantity": pl.String,
        "programme_area_code": pl.String,
        "region_code": pl.String,
        "reference_mean": pl.Float64,
        "difference_mean": pl.Float64,
        **{f"difference_{p}": pl.Float64 for p in ENDS},
        "p_more": pl.Float64,
        "first_year": pl.Int64,
        "last_year": pl.Int64,
    },
    "working_life_notes": {
        "what": pl.String,
        "cells": pl.Int64,
        "of": pl.Int64,
        "done": pl.String,
    },
}


def tables(
    frames: Frames,
    declared: Declared,
    *,
    county: str,
    seed: int,
    draws: int,
    horizon: int,
    sigma: float,
    scenarios: Sequence[Scenario] = (),
) -> dict[str, pl.DataFrame]:
    """Tables `openings`, `indicators`, `scenarios` and `working_life_notes`.

    Grain: `openings` one row per programme area × intake region (and the county) × year, persons;
    `indicators` per programme area × region (and the county), over the years of the tightness;
    `scenarios` the same per scenario and quantity.

    Args:
        frames: The marts, named `flow.…` and `labour.…` after what the two call them.
        declared: Rules.
        county: County code; also the region code of the county's rows.
        seed: Seed of the run.
        draws: Number of draws.
        horizon: School years after the last count.
        sigma: Log error of a cohort per √year.
        scenarios: What is supposed to be otherwise, each beside the reference.
    """
    try:
        needed = labour.demand(
            _of(frames, LABOUR),
            declared.labour,
            county=county,
            seed=seed,
            draws=draws,
            horizon=horizon,
        )
        flow = assemble.build(_of(frames, FLOW), county, declared.flow, horizon)
    except NotFound as missing:
        return _without(missing)
    last = int(frames[f"{FLOW}pupils"].get_column("school_year_start").to_numpy().max())
    years = tuple(range(last + 1, last + 1 + horizon))
    both = tuple(y for y in years if y in needed.years)
    if len(both) < declared.labour.tightness_window:
        return _without(_too_short(both, declared.labour.tightness_window))
    needed = _in_years(needed, both)
    asked = _Asked(flow, frames, declared, needed.regions, years, (seed, county), draws, sigma)
    codes, candidates = supply(asked)
    at = [years.index(y) for y in both]
    whole, people = _with_county(needed, candidates[..., at])
    beside = [
        _beside(scenario, needed, whole, asked, codes, people, at, county) for scenario in scenarios
    ]
    return {
        "openings": _openings(whole, codes, people, county),
        "indicators": _indicators(whole, codes, people, frames, county),
        "scenarios": pl.concat([pl.DataFrame(schema=SCHEMAS["scenarios"]), *beside]),
        "working_life_notes": needed.model.data.notes.select(SCHEMAS["working_life_notes"].keys()),
    }


# The frame and column that tell which period a dataset is of.
_PERIODS = {
    "ssb_employed_by_industry": ("labour.employed_by_area_industry", "year"),
    "ssb_employed_by_occupation": ("labour.employed_by_occupation", "year"),
    "ssb_employed_by_occupation_education": (
        "labour.employed_by_occupation_education_level",
        "year",
    ),
    "county_occupation": ("labour.employed_by_area_occupation", "year"),
    "county_transitions": ("flow.transitions", "next_counted_on"),
    "county_contracts": ("flow.contracts", "counted_on"),
    "county_certificates": ("flow.certificates", "year"),
    "county_apprentice_placement": ("flow.placement", "counted_on"),
}


def periods(frames: Frames) -> dict[str, str]:
    """Newest period of each dataset that has figures: a year or an ISO date."""
    newest = {
        dataset: frames[frame].get_column(column).max()
        for dataset, (frame, column) in _PERIODS.items()
        if column in frames[frame].columns
    }
    return {dataset: str(period) for dataset, period in newest.items() if period is not None}


@dataclass(frozen=True)
class _Asked:
    """What supply is drawn for."""

    flow: County
    frames: Frames
    declared: Declared
    regions: tuple[str, ...]
    years: tuple[int, ...]
    key: tuple[int, str]
    draws: int
    sigma: float


def supply(asked: _Asked, scenario: Scenario | None = None) -> tuple[tuple[str, ...], Array]:
    """Candidates a year: those who get a trade certificate, work, and stay where they live.

    S = C · P(in the labour force) · P(stays in the region); people from outside the county, who
    learn here, are no part of it.

    Returns:
        Programme areas, and float32 `[draw, programme area, region, year]` persons.
    """
    (seed, county), years, draws = asked.key, asked.years, asked.draws
    model, rules = asked.flow.model, asked.declared.flow
    area_of = dict(asked.frames[f"{FLOW}trade_areas"].iter_rows())
    trades = model.space.units(Kind.CERTIFICATE)
    codes = tuple(sorted({area_of[t] for t in trades if t in area_of}))
    levers = of_scenario(
        scenario,
        model,
        years,
        asked.declared.rules.projection_weights,
        area_of,
        codes,
        (rules.participation.shares["share"], rules.stay_in_region.shares["share"]),
    )
    member = _membership(asked.frames, model.regions, asked.regions)
    sink = _Certified.of(model, area_of, codes, member)
    sink.out = np.zeros((draws, len(codes), len(asked.regions), len(years)), np.float32)
    coming = cohort.inflow(
        asked.flow.residents,
        asked.flow.outside,
        years,
        key=asked.key,
        sigma=asked.sigma,
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
    people = cohort.labour_supply(
        sink.out,
        cohort.declared(rules.participation, len(codes)),
        cohort.declared(rules.stay_in_region, len(asked.regions)),
        key=asked.key,
        draws=range(draws),
    )
    moved: Array = (people * (levers.participation[:, None, :] * levers.stay)).astype(np.float32)
    return codes, moved


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


def _membership(frames: Frames, homes: Sequence[str], regions: Sequence[str]) -> Float:
    """0/1 `[region, home]`; those who live outside the county belong to none."""
    rows = frames[f"{FLOW}regions"].filter(pl.col("kind") == "intake")
    region_of = dict(rows.select("municipality_code", "region_code").iter_rows())
    return np.array([[region_of.get(h) == r for h in homes] for r in regions], np.float64)


def _in_years(needed: Demand, years: tuple[int, ...]) -> Demand:
    """The demand of some of its years."""
    at = [needed.years.index(y) for y in years]
    return replace(
        needed,
        years=years,
        strict=needed.strict[..., at],
        flexible=needed.flexible[..., at],
        reachable=needed.reachable[..., at],
        expansion=needed.expansion[..., at],
        replacement=needed.replacement[..., at],
        openings=needed.openings[..., at],
    )


def _with_county(needed: Demand, candidates: Array) -> tuple[Demand, Array]:
    """Both with the whole county as a last region, summed draw by draw: intervals do not add."""
    return (
        replace(
            needed,
            strict=_and_sum(needed.strict),
            flexible=_and_sum(needed.flexible),
        ),
        _and_sum(candidates),
    )


def _and_sum(array: Array) -> Array:
    whole: Array = np.concatenate([array, array.sum(axis=2, keepdims=True)], axis=2)
    return whole


def _beside(
    scenario: Scenario,
    needed: Demand,
    whole: Demand,
    asked: _Asked,
    codes: tuple[str, ...],
    people: Array,
    at: list[int],
    county: str,
) -> pl.DataFrame:
    """What a scenario makes of openings, candidates and gap, draw by draw, mean of the window."""
    drawn = labour.simulate(needed.model, asked.draws, levers=needed.model.levers(scenario))
    others, candidates = _with_county(
        _in_years(drawn, needed.years), supply(asked, scenario)[1][..., at]
    )
    both = [c for c in codes if c in needed.targets]
    mine = [needed.targets.index(c) for c in both]
    theirs = [codes.index(c) for c in both]
    window = needed.model.rules.tightness_window
    before, after = (
        {
            "openings": jobs.strict[:, mine, :, :window].mean(axis=-1),
            "candidates": supplied[:, theirs, :, :window].mean(axis=-1),
        }
        for jobs, supplied in ((whole, people), (others, candidates))
    )
    regions = (*needed.regions, county)
    rows = [(area, region) for area in both for region in regions]
    parts = []
    for quantity in ("openings", "candidates", "gap"):
        base, other = (
            figures["openings"] - figures["candidates"] if quantity == "gap" else figures[quantity]
            for figures in (before, after)
        )
        found, more = difference(base, other)
        parts.append(
            pl.DataFrame(rows, ["programme_area_code", "region_code"], orient="row").with_columns(
                pl.lit(scenario.id).alias("scenario"),
                pl.lit(scenario.title).alias("title"),
                pl.lit(quantity).alias("quantity"),
                pl.Series("reference_mean", base.mean(axis=0, dtype=np.float64).ravel()),
                *(
                    pl.Series(f"difference_{p}", values.ravel())
                    for p, values in zip(("mean", *ENDS), found, strict=True)
                ),
                pl.Series("p_more", more.ravel()),
                pl.lit(needed.years[0], pl.Int64).alias("first_year"),
                pl.lit(needed.years[window - 1], pl.Int64).alias("last_year"),
            )
        )
    return pl.concat(parts).select(SCHEMAS["scenarios"].keys())


def _openings(
    needed: Demand, codes: tuple[str, ...], candidates: Array, county: str
) -> pl.DataFrame:
    both = [c for c in codes if c in needed.targets]
    mine = [needed.targets.index(c) for c in both]
    theirs = [codes.index(c) for c in both]
    regions = (*needed.regions, county)
    rows = [(area, region, year) for area in both for region in regions for year in needed.years]
    columns: dict[str, Float] = {}
    for name, drawn in (
        ("openings", needed.strict[:, mine]),
        ("candidates", candidates[:, theirs]),
    ):
        columns |= {f"{name}_{p}": v.ravel() for p, v in zip(PARTS, describe(drawn), strict=True)}
    columns["openings_flexible"] = needed.flexible[:, mine].mean(axis=0, dtype=np.float64).ravel()
    confidence = [needed.confidence[i] for i in mine]
    each = len(regions) * len(needed.years)
    return (
        pl.DataFrame(rows, ["programme_area_code", "region_code", "year"], orient="row")
        .with_columns(
            *(pl.Series(name, values, pl.Float64) for name, values in columns.items()),
            pl.Series("confidence", np.repeat(confidence, each).tolist()),
        )
        .select(SCHEMAS["openings"].keys())
    )


def _indicators(
    needed: Demand, codes: tuple[str, ...], candidates: Array, frames: Frames, county: str
) -> pl.DataFrame:
    window = needed.model.rules.tightness_window
    found = labour.of_demand(
        needed,
        codes,
        candidates,
        labour.excess_unemployed(_of(frames, LABOUR), needed.model),
        county,
    )
    return (
        found.rename(
            {"target_code": "programme_area_code", "gap_per_employed_p50": "gap_per_employed"}
        )
        .with_columns(
            pl.lit(needed.years[0], pl.Int64).alias("first_year"),
            pl.lit(needed.years[window - 1], pl.Int64).alias("last_year"),
        )
        .select(pl.col(name).cast(kind) for name, kind in SCHEMAS["indicators"].items())
    )


def _of(frames: Frames, prefix: str) -> dict[str, pl.DataFrame]:
    return {n.removeprefix(prefix): f for n, f in frames.items() if n.startswith(prefix)}


def _without(missing: NotFound) -> dict[str, pl.DataFrame]:
    """Empty tables, and why."""
    empty = {name: pl.DataFrame(schema=schema) for name, schema in SCHEMAS.items()}
    note = {"what": missing.subject, "cells": None, "of": None, "done": str(missing)}
    empty["working_life_notes"] = pl.DataFrame([note], schema=SCHEMAS["working_life_notes"])
    return empty


def _too_short(years: tuple[int, ...], window: int) -> NotFound:
    return NotFound(
        subject="arbeidslivets behov mot tilbudet",
        expected=f"minst {window} år som både elever og sysselsatte er framskrevet for",
        got=str(len(years)),
        remedy="velg en lengre horisont, eller hent nyere tall for sysselsatte",
    )
