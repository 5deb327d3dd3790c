"""Does the matrix decide? Demand and class with the strict matrix and with the flexible one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from tasks.forecast.firmness import CONFIDENCE, FIRM
from tasks.forecast.labour.demand import Demand
from tasks.forecast.labour.indicators import (
    PERCENTILES,
    class_probabilities,
    classify,
    tightness,
)
from tasks.forecast.types import Array, Float


def robustness(
    needed: Demand,
    codes: Sequence[str],
    supply: Array,
    excess: tuple[Float, Float],
    county: str,
) -> pl.DataFrame:
    """What the degree of flexibility between occupations means for demand and for the class.

    Strict says that a job takes those who come to its occupation now, flexible that anyone in the
    occupation group can take it. Draws are compared one by one, and the class is that of the
    tightness over the window.

    Args:
        needed: Drawn demand, the whole county as a last region.
        codes: Programme areas of `supply`, in its order.
        supply: `[draw, programme area, region, year]` persons a year, the county last.
        excess: `[target, region]` unemployed beyond a normal year's, by the strict matrix and by
            the flexible one; without the county.
        county: Code of the last region.

    Returns:
        `target_code`, `region_code`; `strict`, `flexible` (mean), `difference_mean/p10/p50/p90`
        (flexible less strict; persons a year, mean of the window); `p_same_class`, the share of
        draws with the same class by both; `assessment_strict`, `assessment_flexible`, held back on
        loose ground as all assessments are; `differs`, whether they would be two if the ground were
        firm.
    """
    rules = needed.model.rules
    both = [c for c in codes if c in needed.targets]
    mine = np.array([needed.targets.index(c) for c in both], np.intp)
    theirs = np.array([list(codes).index(c) for c in both], np.intp)
    window = rules.tightness_window
    jobs = [m[:, mine, :, :window] for m in (needed.strict, needed.flexible)]
    spare = [np.concatenate([e, e.sum(axis=1, keepdims=True)], axis=1)[mine] for e in excess]
    ratios = [
        tightness(supply[:, theirs], openings, waiting, window)
        for openings, waiting in zip(jobs, spare, strict=True)
    ]
    chances = [class_probabilities(ratio, rules.tightness_limits) for ratio in ratios]
    rank = np.maximum(needed.rank[mine], CONFIDENCE.index(needed.model.growth_confidence))
    firm = np.array([CONFIDENCE[r] in FIRM for r in rank.tolist()])[:, None]
    told, alone = (
        [classify(chance, rules.certainty, ground) for chance in chances]
        for ground in (firm, np.ones_like(firm))
    )
    strict, flexible = (openings.mean(axis=-1, dtype=np.float64) for openings in jobs)
    apart = flexible - strict
    regions = (*needed.regions, county)
    columns: dict[str, object] = {
        "target_code": np.repeat(both, len(regions)).tolist(),
        "region_code": list(regions) * len(both),
        "strict": strict.mean(axis=0).ravel(),
        "flexible": flexible.mean(axis=0).ravel(),
        "difference_mean": apart.mean(axis=0).ravel(),
    }
    ends = np.quantile(apart, PERCENTILES, axis=0)
    columns |= {
        f"difference_{name}": end.ravel()
        for name, end in zip(("p10", "p50", "p90"), ends, strict=True)
    }
    columns |= {
        "p_same_class": same_class(ratios[0], ratios[1], rules.tightness_limits).ravel(),
        "assessment_strict": told[0].ravel().tolist(),
        "assessment_flexible": told[1].ravel().tolist(),
        "differs": (alone[0] != alone[1]).ravel(),
    }
    return pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None))


def same_class(one: Array, other: Array, limits: Sequence[float]) -> Float:
    """Share of draws in which two ratios lie in one class, over those where both are known.

    Args:
        one: `[draw, …]`.
        other: The same shape and draws.
        limits: Rising limits of the classes.

    Returns:
        `[…]`; NaN where no draw has both.
    """
    edges = np.asarray(limits, np.float32)
    same = np.searchsorted(edges, one) == np.searchsorted(edges, other)
    told = ~(np.isnan(one) | np.isnan(other))
    count = told.sum(axis=0)
    share: Float = np.divide(
        (same & told).sum(axis=0), count, out=np.full(count.shape, np.nan), where=count > 0
    )
    return share
