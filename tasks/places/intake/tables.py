"""Results as tables: mean and intervals over draws."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import polars as pl

from tasks.forecast.summary import describe, grid
from tasks.forecast.types import Array, Float
from tasks.places.intake.simulate import LEVELS
from tasks.places.intake.types import MEASURES, Result

PARTS = ("mean", "p10", "p90")
DIFFERENCES = {
    **dict.fromkeys(("plan", "level", "region_code", "measure"), pl.String),
    **dict.fromkeys((*(f"difference_{part}" for part in PARTS), "p_more"), pl.Float64),
}


def goals(result: Result) -> pl.DataFrame:
    """One row per round × level × home region × measure.

    Columns `round, level, region_code, measure, mean, p10, p90` (persons) and `share_mean,
    share_p10, share_p90` (of the applicants still in the intake; null where there are none).
    Region `*` is the county, level `*` all levels: intervals do not add, so they are rows.
    """
    both = _by_level(result)
    everyone = both[..., :1]
    share = np.divide(both, everyone, out=np.full_like(both, np.nan), where=everyone > 0)
    keys: dict[str, tuple[object, ...]] = {
        "round": tuple(range(1, both.shape[1] + 1)),
        "level": (*map(str, LEVELS), "*"),
        "region_code": result.regions,
        "measure": MEASURES,
    }
    values = dict(zip(PARTS, describe(both), strict=True))
    values |= {f"share_{part}": v for part, v in zip(PARTS, _known(share), strict=True)}
    return grid(keys, values).with_columns(pl.col(f"share_{p}").fill_nan(None) for p in PARTS)


def empty(result: Result) -> pl.DataFrame:
    """One row per round × level × region of the school: places and how many of them stand empty.

    Columns `round, level, region_code, places` and `empty_mean, empty_p10, empty_p90` (places).
    Region and level `*` as in `goals`.
    """
    plan = result.offers
    cells = np.zeros((len(LEVELS) + 1, len(result.regions), plan.count), np.float32)
    level, region = plan.levels[plan.area] - 1, plan.school_region[plan.school]
    for rows in (level, len(LEVELS)):
        for columns in (region, len(result.regions) - 1):
            cells[rows, columns, np.arange(plan.count)] = 1
    by_cell = cells.reshape(-1, plan.count).T
    shape = (*result.empty.shape[:2], *cells.shape[:2])
    drawn = (result.empty @ by_cell).reshape(shape)
    keys: dict[str, tuple[object, ...]] = {
        "round": tuple(range(1, shape[1] + 1)),
        "level": (*map(str, LEVELS), "*"),
        "region_code": result.regions,
    }
    places = np.broadcast_to((plan.places @ by_cell).reshape(cells.shape[:2]), shape[1:])
    parts = {f"empty_{p}": v for p, v in zip(PARTS, describe(drawn), strict=True)}
    return grid(keys, {"places": places} | parts)


def differences(results: Mapping[str, Result]) -> pl.DataFrame:
    """How plans differ from the first, after the last round; same applicants, draw by draw.

    One row per other plan × level × home region × measure: `plan, level, region_code, measure,
    difference_mean, difference_p10, difference_p90` (persons, the plan less the first) and `p_more`
    (share of draws in which it has more).
    """
    (_, first), *others = results.items()
    frames = []
    for name, other in others:
        apart = _by_level(other)[:, -1] - _by_level(first)[:, -1]
        keys: dict[str, tuple[object, ...]] = {
            "plan": (name,),
            "level": (*map(str, LEVELS), "*"),
            "region_code": first.regions,
            "measure": MEASURES,
        }
        parts = dict(zip(PARTS, describe(apart), strict=True))
        values = {f"difference_{part}": value for part, value in parts.items()}
        frames.append(grid(keys, values | {"p_more": (apart > 0).mean(axis=0)}))
    if not frames:
        return pl.DataFrame(schema=DIFFERENCES)
    return pl.concat(frames)


def _by_level(result: Result) -> Array:
    """Measures with all levels last `[draw, round, level, region, measure]`."""
    every: Array = result.measures.sum(axis=2, keepdims=True)
    return np.concatenate([result.measures, every], axis=2)


def offers(result: Result, number: int | None = None) -> pl.DataFrame:
    """One row per round × offer.

    Columns `round, organisation_number, programme_area_code, programme_code, level, places`,
    `wished`, `admitted`, `empty` (mean, p10, p90: persons, places), `p_limited` (share of draws in
    which somebody was refused) and `limit_p10, limit_p50, limit_p90` (points, over those draws).

    Args:
        result: The intake.
        number: A round from 1 on, or None for all.
    """
    plan = result.offers
    rounds = range(result.admitted.shape[1]) if number is None else [number - 1]
    frames = []
    for place in rounds:
        columns: dict[str, object] = {
            "round": [place + 1] * plan.count,
            "organisation_number": [plan.schools[s] for s in plan.school],
            "programme_area_code": [plan.areas[a] for a in plan.area],
            "programme_code": [plan.programmes[a] for a in plan.area],
            "level": plan.levels[plan.area],
            "places": plan.places,
        }
        for name, drawn in (
            ("wished", result.wished),
            ("admitted", result.admitted[:, place]),
            ("empty", result.empty[:, place]),
        ):
            columns |= {f"{name}_{p}": v for p, v in zip(PARTS, describe(drawn), strict=True)}
        limit = result.limit[:, place]
        columns["p_limited"] = np.isfinite(limit).mean(axis=0)
        low, middle, high = _quantiles(limit)
        columns |= {"limit_p10": low, "limit_p50": middle, "limit_p90": high}
        frames.append(pl.DataFrame(columns))
    return pl.concat(frames).with_columns(pl.col("^limit_.*$").fill_nan(None))


def _known(drawn: Array) -> tuple[Float, Float, Float]:
    """Mean, p10 and p90 over the draws that have a number; NaN where none has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        low, high = np.nanquantile(drawn.astype(np.float64), (0.1, 0.9), axis=0)
        return np.nanmean(drawn, axis=0, dtype=np.float64), low, high


def _quantiles(drawn: Array) -> tuple[Float, Float, Float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = np.nanquantile(drawn.astype(np.float64), (0.1, 0.5, 0.9), axis=0)
    low, middle, high = found
    return low, middle, high
