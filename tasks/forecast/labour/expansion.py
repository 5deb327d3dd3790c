"""Employment by industry in the years ahead: an ensemble of three members, drawn."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from tasks.forecast import streams
from tasks.forecast.labour.types import Industries, LabourRules
from tasks.forecast.streams import Block
from tasks.forecast.types import Array, Float, Index

MEMBERS = ("last_value", "damped_trend", "demographic")
# A level below half a person has no logarithm worth having.
LEAST = 0.5


@dataclass(frozen=True)
class Ensemble:
    """How much each member counts, and how wrong they have been.

    Attributes:
        weights: `[member, industry]`; columns sum to 1.
        common: `[industry]` standard deviation of the yearly log error that regions share.
        regional: `[industry]` the same of each region alone.
        outcomes: `[industry]` outcomes behind the weights; 0 where they are equal for lack of any.
    """

    weights: Float
    common: Float
    regional: Float
    outcomes: Index


def damped_log_trend(history: Float, horizon: int, damping: float, years: int) -> Float:
    """E_T · exp(b · Σ_{j≤h} φ^j), b the slope of ln E on the year over the last years.

    Gardner and McKenzie (1985), in logs, with the level at the last value.

    Args:
        history: `[year, …]` persons.
        horizon: Years ahead.
        damping: φ.
        years: Years in the slope.

    Returns:
        `[year ahead, …]`.
    """
    logs = np.log(np.maximum(history[-years:], LEAST))
    time = np.arange(len(logs)) - (len(logs) - 1) / 2
    slope = np.tensordot(time, logs, axes=1) / max(float((time**2).sum()), 1.0)
    reach = np.cumsum(damping ** np.arange(1, horizon + 1))
    grown: Float = history[-1] * np.exp(reach.reshape(-1, *[1] * slope.ndim) * slope)
    return grown


def driver(data: Industries, rules: LabourRules, base: int, horizon: int) -> Float:
    """Σ_s w_s · (Σ_a u_sa Pop_art / Σ_a u_sa Pop_ar,base): what the population asks for.

    E = k·Σ_a u_a·Pop_art with k from the base year, for each of an industry's services, weighted by
    staff. The fourth quarter of a year lies nearest 1 January of the next.

    Args:
        data: Gives the population.
        rules: Give services, ages and weights.
        base: Year of employment at which the driver is 1.
        horizon: Years ahead.

    Returns:
        `[alternative, industry, region, year ahead]`; NaN for industries that follow no service,
        and for years that the population does not reach.
    """
    shape = (len(data.population), len(data.industries), len(data.regions), horizon)
    out = np.full(shape, np.nan)
    if not data.population_years:
        return out
    first, ages = data.population_years[0], data.population.shape[2]
    at = [year + 1 - first for year in range(base, base + horizon + 1)]
    reached = [place for place in at if 0 <= place < len(data.population_years)]
    if len(reached) < 2 or at[0] < 0:
        return out
    for place, industry in enumerate(data.industries):
        services = [s for s in rules.services if s.industry == industry]
        total = sum(s.weight for s in services)
        if not total:
            continue
        grown = np.zeros((shape[0], shape[2], len(reached)))
        for service in services:
            use = np.einsum("krat,a->krt", data.population[:, :, :, reached], service.by_age(ages))
            grown += service.weight / total * use / np.maximum(use[..., :1], 1e-9)
        out[:, place, :, : len(reached) - 1] = grown[..., 1:]
    return out


def members(data: Industries, rules: LabourRules, base: int, horizon: int) -> Float:
    """What each member says from `base` on.

    Returns:
        `[alternative, member, industry, region, year ahead]`; NaN where one has nothing to say.
    """
    history = data.industry[: data.years.index(base) + 1]
    last = history[-1]
    flat = np.broadcast_to(last[..., None], (*last.shape, horizon))
    trend = np.moveaxis(damped_log_trend(history, horizon, rules.damping, rules.trend_years), 0, -1)
    grown = last[..., None] * driver(data, rules, base, horizon)
    alternatives = len(data.population)
    both = [np.broadcast_to(m, (alternatives, *m.shape)) for m in (flat, trend)]
    return np.stack([*both, grown], axis=1)


def backtest(data: Industries, rules: LabourRules) -> Float:
    """Log errors of each member from every origin with enough years behind it.

    Figures are today's, not those known at the origin; the driver uses the population counted
    afterwards, so its error holds none of the projection's.

    Returns:
        `[origin, member, industry, region, year ahead]`: ln forecast − ln outcome; NaN where there
        is no outcome or no forecast.
    """
    origins = data.years[rules.trend_years - 1 : -1]
    ahead = len(data.years) - rules.trend_years
    shape = (len(origins), len(MEMBERS), *data.industry.shape[1:], max(ahead, 0))
    errors = np.full(shape, np.nan)
    for place, origin in enumerate(origins):
        outcome = np.moveaxis(data.industry[data.years.index(origin) + 1 :], 0, -1)
        steps = outcome.shape[-1]
        said = members(data, rules, origin, steps)[0]
        errors[place, ..., :steps] = np.log(np.maximum(said, LEAST)) - np.log(
            np.maximum(outcome, LEAST)
        )
    return errors


def ensemble(errors: Float, said: Float, data: Industries) -> Ensemble:
    """Weights by inverse mean squared error, equal where there is no outcome.

    w_m ∝ 1 / MSE_m (Bates and Granger 1969, errors taken as uncorrelated: with as few origins as
    here the correlations are noise). MSE is pooled over regions, origins and horizons, each squared
    error divided by its horizon. A member that an industry does not have has no weight.

    Args:
        errors: As from `backtest`, or from another track record of the same shape.
        said: As from `members`: tells which members an industry has.
        data: Gives the size of the cells, which the pooling weights by.
    """
    size = data.industry[-1] / np.maximum(data.industry[-1].sum(axis=1, keepdims=True), 1e-9)
    steps = np.arange(1, errors.shape[-1] + 1)
    squared = errors**2 / steps
    told = ~np.isnan(squared)
    weight = told * size[None, None, :, :, None]
    base = weight.sum(axis=(0, 3, 4))
    mse = np.divide(
        np.nansum(squared * weight, axis=(0, 3, 4)),
        base,
        out=np.full(base.shape, np.nan),
        where=base > 0,
    )
    has = ~np.isnan(said).all(axis=(0, 3, 4))
    tested = (has & ~np.isnan(mse)) | ~has
    inverse = np.where(has, 1.0 / np.maximum(np.nan_to_num(mse, nan=1.0), 1e-8), 0.0)
    equal = has / np.maximum(has.sum(axis=0), 1)
    weights = np.where(tested.all(axis=0), inverse / inverse.sum(axis=0), equal)
    outcomes = told.any(axis=1).sum(axis=(0, 2, 3))
    common, regional = _spread(errors, weights, size, steps, data)
    return Ensemble(weights, common, regional, outcomes.astype(np.intp))


def _spread(
    errors: Float, weights: Float, size: Float, steps: Index, data: Industries
) -> tuple[Float, Float]:
    """Standard deviation per √year of the weighted members' error: shared, and each region's.

    Without a track record the yearly changes of the series themselves stand for the error: that is
    the error of the last value.
    """
    told = ~np.isnan(errors)
    w = weights[None, :, :, None, None] * told
    mixed = np.nansum(errors * w, axis=1) / np.maximum(w.sum(axis=1), 1e-12)
    there = np.asarray(told.any(axis=1))
    if not there.any():
        logs = np.log(np.maximum(data.industry, LEAST))
        mixed = np.diff(logs, axis=0)[..., None]
        there, steps = np.ones(mixed.shape, bool), np.ones(1, np.intp)
    if not mixed.size:
        return np.zeros(len(size)), np.zeros(len(size))
    shared = (mixed * size[None, :, :, None]).sum(axis=2)
    alone = mixed - shared[:, :, None]
    every = np.asarray(there.all(axis=2))
    common = _root_mean(shared**2 / steps, every)
    regional = _root_mean((alone**2 * size[None, :, :, None]).sum(axis=2) / steps, every)
    return common, regional


def _root_mean(squared: Float, use: np.ndarray) -> Float:
    count = use.sum(axis=(0, 2))
    root: Float = np.sqrt((squared * use).sum(axis=(0, 2)) / np.maximum(count, 1))
    return root


def lived_in(rules: LabourRules, key: tuple[int, str, range]) -> Index:
    """Alternative of the projection that each draw lives in, `[draw]`."""
    score = streams.normals(*key, Block.POPULATION, (1,))[:, 0]
    return alternative_of(score, rules.projection_weights)


def alternative_of(score: Float, weights: tuple[float, float, float]) -> Index:
    """Which alternative of the projection each draw lives in; scores are standard normals.

    The score is the first number of the block `POPULATION`, the one that the student flow reads:
    demand and supply of a draw live in the same alternative.
    """
    main, low, _ = weights
    ends = [_quantile(low), _quantile(low + main)]
    return np.where(score < ends[0], 1, np.where(score < ends[1], 0, 2))


def _quantile(p: float) -> float:
    if p <= 0 or p >= 1:
        return float("-inf") if p <= 0 else float("inf")
    return NormalDist().inv_cdf(p)


def draw(
    said: Float,
    last: Float,
    model: Ensemble,
    lives: Index,
    key: tuple[int, str, range],
) -> Array:
    """Growth of each industry since the last year, drawn.

    Each draw follows one member per industry, picked with the ensemble's weights, in one
    alternative of the projection, times a random walk in logs with mean one (shared by the regions,
    and each region's own).

    Args:
        said: As from `members`.
        last: `[industry, region]` persons in the last year.
        model: Weights and spread.
        lives: `[draw]` alternative of the projection that each draw lives in.
        key: Seed, county, draws.

    Returns:
        `[draw, region, industry, 1 + year ahead]`, 1 in the last year.
    """
    seed, county, draws = key
    _, _, industries, regions, horizon = said.shape
    u = streams.uniforms(seed, county, draws, Block.INDUSTRY_MEMBER, (industries,))
    picked = (u[:, None, :] >= np.cumsum(model.weights, axis=0)[None, :-1]).sum(axis=1)
    where = np.arange(industries)
    # Where the driver does not reach, the last value stands in.
    growth = np.nan_to_num(said / np.maximum(last, 1e-9)[None, None, :, :, None], nan=1.0)
    path = growth[lives[:, None], picked, where[None, :]]
    shape = (horizon, industries, 1 + regions)
    z = np.cumsum(streams.normals(seed, county, draws, Block.INDUSTRY_ERROR, shape), axis=1)
    walk = (
        model.common[None, None, :, None] * z[..., :1]
        + model.regional[None, None, :, None] * z[..., 1:]
    )
    variance = (model.common**2 + model.regional**2)[None, :, None] * np.arange(1, horizon + 1)[
        :, None, None
    ]
    path *= np.exp(walk - variance[None] / 2).transpose(0, 2, 3, 1)
    out = np.ones((len(draws), regions, industries, 1 + horizon), np.float32)
    out[..., 1:] = path.transpose(0, 2, 1, 3)
    return out


def group_growth(
    growth: Array, drivers: Float, misfit: float, key: tuple[int, str, range]
) -> Array:
    """Growth of each occupation group in each region: E_gt / E_g0 = Σ_i w_i|g,r E_irt / E_ir0.

    w_i|g,r = ŝ_g|i,r E_ir0 / Σ_j ŝ_g|j,r E_jr0, so this is Σ_i ŝ_g|i,r E_irt over its value in
    the last year: every draw starts at the counted employment. The shares are drawn with the spread
    that the margins showed the judged seed to have (`staffing._misfit`).

    Args:
        growth: As from `draw`.
        drivers: `[region, group, industry]`, rows sum to 1.
        misfit: Standard deviation of the log shares.
        key: Seed, county, draws.

    Returns:
        `[draw, region, group, 1 + year ahead]`.
    """
    seed, county, draws = key
    z = streams.normals(seed, county, draws, Block.STAFFING, drivers.shape[1:])
    tilt = np.exp(misfit * z).astype(np.float32)
    drawn = drivers.astype(np.float32)[None] * tilt[:, None]
    drawn /= np.maximum(drawn.sum(axis=-1, keepdims=True), np.float32(1e-30))
    grown: Array = np.matmul(drawn, growth)
    # A group that nobody works in has no drivers; it stays as it is.
    grown[:, drivers.sum(axis=-1) <= 0] = 1.0
    return grown


def expansion_demand(employed: Array) -> Array:
    """XD_t = E_t − E_{t−1}, signed.

    Args:
        employed: `[…, 1 + year ahead]` persons.
    """
    signed: Array = np.diff(employed, axis=-1)
    return signed
