"""The tables of working life in a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tasks.errors import NotFound
from tasks.forecast import labour
from tasks.forecast.declared import Declared
from tasks.forecast.evaluation.series import Tested
from tasks.forecast.flow.assemble import County
from tasks.forecast.labour import Demand
from tasks.forecast.marts import LABOUR, Frames, of
from tasks.forecast.scenario import Scenario
from tasks.forecast.summary import PARTS, describe
from tasks.forecast.types import Array, Float
from tasks.forecast.working_life import intake, today
from tasks.forecast.working_life.candidates import level, supply
from tasks.forecast.working_life.drawn import Drawn, and_sum, draw, in_years, with_county
from tasks.forecast.working_life.scenarios import beside
from tasks.forecast.working_life.schemas import SCHEMAS, cast, empty


@dataclass(frozen=True)
class Made:
    """Working life in a run.

    Attributes:
        tables: Every table of `SCHEMAS`.
        need: Drawn demand and need of intake; None where the tables are empty.
        model: The labour market that it was drawn from; the same.
        level: What certificates of each programme area are multiplied by `[year]`; None: nothing.
    """

    tables: dict[str, pl.DataFrame]
    need: intake.Intake | None
    model: labour.Model | None
    level: dict[str, Float] | None


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
    flow: County | None = None,
    employment: Tested | None = None,
    certificates: Tested | None = None,
) -> Made:
    """Draw, and make every table of `SCHEMAS`; empty ones and why, where a mart is missing.

    Args:
        frames: The marts, named `flow.…` and `labour.…` after what the two call them.
        declared: Rules.
        county: County code; also the region code of the county's rows.
        seed: Seed of the run.
        draws: Number of draws.
        horizon: School years after the last count.
        sigma: Log error of a cohort per √year.
        scenarios: What is supposed to be otherwise, each beside the reference.
        flow: The county's flow for the horizon, where it has been built already.
        employment: The test of employment by industry, see `draw`.
        certificates: The test of trade certificates, which says what candidates go by; None: the
            flow as it is.
    """
    try:
        drawn = draw(
            frames,
            declared,
            county=county,
            seed=seed,
            draws=draws,
            horizon=horizon,
            sigma=sigma,
            flow=flow,
            employment=employment,
        )
    except NotFound as missing:
        return Made(empty(missing), None, None, None)
    if certificates is not None:
        drawn = replace(drawn, level=level(drawn, certificates))
    need = intake.intake_draws(drawn)
    told = None if drawn.level is None else dict(zip(drawn.codes, drawn.level, strict=True))
    return Made(tables_of(drawn, need, scenarios), need, drawn.needed.model, told)


def tables_of(
    drawn: Drawn, found: intake.Intake, scenarios: Sequence[Scenario] = ()
) -> dict[str, pl.DataFrame]:
    """Every table of `SCHEMAS` from what was drawn.

    Grain: `openings` one row per programme area × intake region (and the county) × year, persons;
    `intake_need` the same by year of intake; `indicators` and `robustness` per programme area ×
    region (and the county), over the years of the tightness; `scenarios` the same per scenario and
    quantity; `shortage_now` per occupation group, `shortage_by_occupation` per occupation and
    `apprenticeship_coverage` per programme area, of the county.

    Args:
        drawn: Demand and flow.
        found: `intake.intake_draws(drawn)`.
        scenarios: What is supposed to be otherwise, each beside the reference.
    """
    county, model = drawn.key[1], drawn.needed.model
    at = [drawn.years.index(y) for y in drawn.both]
    whole = with_county(in_years(drawn.needed, drawn.both))
    people = and_sum(supply(drawn)[..., at])
    marts = of(drawn.frames, LABOUR)
    strict, flexible = (
        labour.excess_unemployed(marts, model, matrix)
        for matrix in (model.matching.strict, model.matching.flexible)
    )
    told = model.data.notes.select(SCHEMAS["working_life_notes"].keys())
    short, why = today.shortage(drawn)
    return {
        "openings": _openings(whole, drawn.codes, people, county),
        "indicators": _indicators(whole, drawn.codes, people, strict, county),
        "robustness": _robustness(whole, drawn.codes, people, (strict, flexible), county),
        "intake_need": intake.table(found, drawn),
        **short,
        "apprenticeship_coverage": today.apprentices(drawn),
        "scenarios": pl.concat(
            [
                pl.DataFrame(schema=SCHEMAS["scenarios"]),
                *(beside(scenario, drawn, whole, people) for scenario in scenarios),
            ]
        ),
        "working_life_notes": pl.concat([told, *intake.notes(found, drawn), *why]),
    }


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
    needed: Demand, codes: tuple[str, ...], candidates: Array, excess: Float, county: str
) -> pl.DataFrame:
    found = labour.of_demand(needed, codes, candidates, excess, county).rename(
        {"target_code": "programme_area_code", "gap_per_employed_p50": "gap_per_employed"}
    )
    return cast(found.with_columns(_window(needed)), "indicators")


def _robustness(
    needed: Demand,
    codes: tuple[str, ...],
    candidates: Array,
    excess: tuple[Float, Float],
    county: str,
) -> pl.DataFrame:
    found = labour.robustness(needed, codes, candidates, excess, county).rename(
        {"target_code": "programme_area_code"}
    )
    return cast(found.with_columns(_window(needed)), "robustness")


def _window(needed: Demand) -> tuple[pl.Expr, pl.Expr]:
    """First and last year of the tightness."""
    last = needed.years[needed.model.rules.tightness_window - 1]
    return (
        pl.lit(needed.years[0], pl.Int64).alias("first_year"),
        pl.lit(last, pl.Int64).alias("last_year"),
    )
