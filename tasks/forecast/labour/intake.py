"""Intake need of drawn demand: how many must begin so that enough come out when they are needed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.forecast.firmness import CONFIDENCE, FIRM
from tasks.forecast.labour.demand import Demand
from tasks.forecast.labour.indicators import PERCENTILES, settles
from tasks.forecast.types import Array, Float, Index

# What one begins on, as lead_years and completion_years of labour.toml call it.
VG1, VG2 = "vocational", "vocational_vg2"


@dataclass(frozen=True)
class Offers:
    """What one can begin on, and whose demand it is to meet.

    Attributes:
        codes: Programme areas: those of Vg2 that trades build on, then those of Vg1 behind them.
        kinds: `vocational_vg2` or `vocational`, one each.
        follows: 0/1 `[code, target]`: the area of Vg2 itself, or all that build on one of Vg1.
    """

    codes: tuple[str, ...]
    kinds: tuple[str, ...]
    follows: Float


def offers(
    programme_areas: pl.DataFrame,
    trained: Sequence[str],
    taught: Collection[str],
    targets: tuple[str, ...],
) -> Offers:
    """Areas that an intake leads to a trade certificate from.

    Args:
        programme_areas: `programme_area_code`, `level`, `builds_on`.
        trained: Areas that the county's trades build on.
        taught: Areas with pupils: what nobody can begin on has no completion to follow.
        targets: Where occupations recruit from.
    """
    of = {
        code: (level, (builds_on or "").split())
        for code, level, builds_on in programme_areas.select(
            "programme_area_code", "level", "builds_on"
        ).iter_rows()
    }
    second = [a for a in trained if a in targets and a in taught and of.get(a, (0,))[0] == 2]
    # A programme of the area's own: the few who come from another are counted where they begin.
    before = {a: [o for o in of[a][1] if o[:2] == a[:2] and o in taught] for a in second}
    first = sorted({o for origins in before.values() for o in origins})
    follows = np.zeros((len(second) + len(first), len(targets)))
    for place, area in enumerate(second):
        follows[place, targets.index(area)] = 1
    for place, area in enumerate(first, start=len(second)):
        follows[place, [targets.index(a) for a in second if area in before[a]]] = 1
    kinds = (*[VG2] * len(second), *[VG1] * len(first))
    return Offers((*second, *first), kinds, follows)


def demand_of(strict: Array, offered: Offers) -> Array:
    """D of each area one can begin on: of Vg2 its own, of Vg1 the sum of what builds on it.

    Args:
        strict: `[draw, target, region, year]` persons a year.
        offered: What one can begin on.

    Returns:
        float32 `[draw, code, region, year]`.
    """
    draws, targets, regions, years = strict.shape
    summed = np.matmul(
        offered.follows.astype(np.float32), strict.reshape(draws, targets, regions * years)
    )
    out: Array = summed.reshape(draws, len(offered.codes), regions, years)
    return out


def need_table(
    needed: Demand,
    offered: Offers,
    regions: Sequence[str],
    years: Sequence[int],
    *,
    demand: Array,
    need: Array,
    lead: Index,
) -> pl.DataFrame:
    """Intake need by what one begins on, region and year of intake.

    Args:
        needed: Gives coverage and confidence.
        offered: What one can begin on.
        regions: Intake regions of `needed`, and the county last.
        years: Years of intake.
        demand: `[draw, code, region, year]` persons a year, NaN where not known.
        need: The same; rows whose need is not known are left out, and never 0.
        lead: `[code]` years from intake to work.

    Returns:
        `target_code`, `region_code`, `year` (of intake), `lead_years`, `need_p10/p50/p90`
        (persons), `through_p50` (share of those who begin who are skilled workers in the region
        when they are needed), `coverage`, `confidence`, `settled_by`. Whether the need may be
        called a shortage is told by `indicators.table`.
    """
    told = ~np.isnan(need).any(axis=0)
    rank = np.array([needed.rank[row > 0].max() for row in offered.follows], np.intp)
    staffing = needed.model.growth_confidence
    weakest = np.maximum(rank, CONFIDENCE.index(staffing))
    texts = settles(rank, staffing in FIRM)
    place = np.argwhere(told).T
    drawn = need[:, told]
    columns: dict[str, object] = {
        "target_code": [offered.codes[i] for i in place[0]],
        "region_code": [regions[i] for i in place[1]],
        "year": [years[i] for i in place[2]],
        "lead_years": lead[place[0]],
    }
    for name, values in zip(
        ("p10", "p50", "p90"), np.quantile(drawn, PERCENTILES, axis=0), strict=True
    ):
        columns[f"need_{name}"] = values
    later = demand[:, place[0], place[1], place[2] + lead[place[0]]]
    # Where nobody is needed, the shares cannot be read out of the two.
    ratio = np.divide(later, drawn, out=np.full(drawn.shape, np.nan, np.float32), where=drawn > 0)
    some = np.flatnonzero((drawn > 0).any(axis=0))
    through = np.full(ratio.shape[1], np.nan)
    through[some] = np.nanmedian(ratio[:, some], axis=0)
    columns |= {
        "through_p50": through,
        "coverage": coverage_of(needed, offered)[place[0], place[1]],
        "confidence": [CONFIDENCE[weakest[i]] for i in place[0]],
        "settled_by": [texts[i] for i in place[0]],
    }
    return pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None))


def coverage_of(needed: Demand, offered: Offers) -> Float:
    """`[code, region]`, the county last: share of openings on firm rows, weighted by openings."""
    jobs = needed.strict.mean(axis=(0, 3), dtype=np.float64)
    both = [offered.follows @ a for a in (needed.coverage * jobs, jobs)]
    firm, all_jobs = (np.concatenate([a, a.sum(axis=1, keepdims=True)], axis=1) for a in both)
    share: Float = np.divide(firm, all_jobs, out=np.zeros(firm.shape), where=all_jobs > 0)
    return share
