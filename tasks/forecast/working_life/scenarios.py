"""What scenarios make of openings, candidates and the gap between them."""

from __future__ import annotations

import numpy as np
import polars as pl

from tasks.forecast import labour
from tasks.forecast.labour import Demand
from tasks.forecast.scenario import Scenario, difference
from tasks.forecast.types import Array, Float
from tasks.forecast.working_life.candidates import supply
from tasks.forecast.working_life.drawn import Drawn, and_sum, in_years, with_county
from tasks.forecast.working_life.schemas import ENDS, SCHEMAS

Sides = dict[str, Array]
# What a scenario may suppose, by the side that it is about.
OF_DEMAND = ("projection", "enterprise", "staffing")
OF_SUPPLY = ("projection", "guarantee_from", "rate", "places")


def beside(scenario: Scenario, drawn: Drawn, whole: Demand, people: Array) -> pl.DataFrame:
    """Table `scenarios` of one scenario: draw by draw against the reference, mean of the window.

    Only the side that the scenario touches is drawn again; the other is the reference's, to the
    last bit.

    Args:
        scenario: What is supposed.
        drawn: The reference.
        whole: Its demand of the years of both sides, the county last.
        people: Its candidates, the same years and regions.
    """
    both = [c for c in drawn.codes if c in whole.targets]
    mine = [whole.targets.index(c) for c in both]
    theirs = [drawn.codes.index(c) for c in both]
    window = whole.model.rules.tightness_window
    needed, candidates = whole, people
    if any(getattr(scenario, name) for name in OF_DEMAND):
        again = labour.simulate(whole.model, drawn.draws, levers=whole.model.levers(scenario))
        needed = with_county(in_years(again, whole.years))
    if any(getattr(scenario, name) for name in OF_SUPPLY):
        at = [drawn.years.index(y) for y in whole.years]
        candidates = and_sum(supply(drawn, scenario)[..., at])
    before, after = (
        {
            "openings": jobs.strict[:, mine, :, :window].mean(axis=-1),
            "candidates": supplied[:, theirs, :, :window].mean(axis=-1),
        }
        for jobs, supplied in ((whole, people), (needed, candidates))
    )
    rows = [(area, region) for area in both for region in (*whole.regions, drawn.key[1])]
    parts = [
        _quantity(name, _of(before, name), _of(after, name)).with_columns(
            pl.Series("programme_area_code", [area for area, _ in rows]),
            pl.Series("region_code", [region for _, region in rows]),
        )
        for name in ("openings", "candidates", "gap")
    ]
    return (
        pl.concat(parts)
        .with_columns(
            pl.lit(scenario.id).alias("scenario"),
            pl.lit(scenario.title).alias("title"),
            pl.lit(whole.years[0], pl.Int64).alias("first_year"),
            pl.lit(whole.years[window - 1], pl.Int64).alias("last_year"),
        )
        .select(SCHEMAS["scenarios"].keys())
    )


def _of(sides: Sides, quantity: str) -> Array:
    """`[draw, programme area, region]`."""
    return sides["openings"] - sides["candidates"] if quantity == "gap" else sides[quantity]


def _quantity(name: str, base: Array, other: Array) -> pl.DataFrame:
    found, more = difference(base, other)
    columns: dict[str, Float] = {"reference_mean": base.mean(axis=0, dtype=np.float64)}
    columns |= {f"difference_{p}": v for p, v in zip(("mean", *ENDS), found, strict=True)}
    columns["p_more"] = more
    return pl.DataFrame({n: v.ravel() for n, v in columns.items()}).with_columns(
        pl.lit(name).alias("quantity")
    )
