"""Unemployed beyond a normal year's: they compete with the newly educated for the openings."""

from __future__ import annotations

import numpy as np
import polars as pl

from tasks.forecast.labour.frames import Frames
from tasks.forecast.labour.model import Model
from tasks.forecast.labour.shortage import group_shares
from tasks.forecast.types import Float


def excess_share(percent: pl.DataFrame, years: int) -> float:
    """max(0, 1 − normal / now): the part of today's unemployed that a normal year would not have.

    Now is the mean of the newest twelve months, normal the median month of the years up to then: a
    single year of crisis does not move a median.

    Args:
        percent: `month`, `percent_of_labour_force`; one row a month.
        years: Years of the median.

    Returns:
        Share 0–1; 0 with less than a year of months.
    """
    told = percent.drop_nulls("percent_of_labour_force").sort("month")
    if len(told) < 12:
        return 0.0
    rates = told.get_column("percent_of_labour_force").to_numpy()
    now, normal = float(rates[-12:].mean()), float(np.median(rates[-12 * years :]))
    return max(0.0, 1.0 - normal / now) if now > 0 else 0.0


def excess_unemployed(frames: Frames, model: Model, matrix: Float | None = None) -> Float:
    """Unemployed beyond a normal year's by target and region, persons.

    The county's excess is spread over the survey's occupation groups as job seekers are, within a
    group as people are employed, and to targets as the matrix says, the strict one if none is
    given. Job seekers with no occupation are left out: they compete for no opening in particular.

    Args:
        frames: `unemployed_by_area_month` and `labour_market_by_county_occupation_month`; without
            either there is no excess to speak of.
        model: Gives occupations, employment and matrix.
        matrix: `[occupation, target]` instead of the strict one.

    Returns:
        `[target, region]`.
    """
    none = np.zeros((len(model.data.targets), len(model.data.regions)))
    months = frames.get("unemployed_by_area_month")
    market = frames.get("labour_market_by_county_occupation_month")
    if months is None or market is None:
        return none
    mine = months.filter(pl.col("area_code") == model.county).sort("month")
    seekers = _seekers(market.filter(pl.col("area_code") == model.county))
    if mine.is_empty() or not seekers:
        return none
    now = mine.get_column("persons").drop_nulls().tail(12).mean()
    persons = float(str(now or 0)) * excess_share(mine, model.rules.normal_years)
    employed = model.staffing.employed
    spread = np.zeros_like(employed)
    for group, part in group_shares(model.data, model.rules).items():
        inside = part[:, None] * employed
        if inside.sum() > 0:
            spread += persons * seekers.get(group, 0.0) * inside / inside.sum()
    waiting: Float = (model.matching.strict if matrix is None else matrix).T @ spread
    return waiting


def _seekers(market: pl.DataFrame) -> dict[str, float]:
    """Share of job seekers by occupation group over the newest twelve months."""
    recent = market.filter(pl.col("month") > pl.col("month").max().dt.offset_by("-1y"))
    sums = recent.group_by("occupation_group").agg(pl.col("job_seekers").sum()).drop_nulls()
    total = sums.get_column("job_seekers").sum()
    return {g: n / total for g, n in sums.iter_rows()} if total else {}
