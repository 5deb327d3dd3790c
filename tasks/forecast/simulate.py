"""The student flow: cohort into Vg1, from level to level, year by year, draw by draw."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import erf, sqrt

import numpy as np
import numpy.typing as npt

from tasks.forecast import streams
from tasks.forecast.noise import thin
from tasks.forecast.panel import Panel
from tasks.forecast.rates import Rates, estimate
from tasks.forecast.streams import Block
from tasks.forecast.types import Array, Axes, Float, Forecast, Index, Rules

CHUNK = 50


@dataclass(frozen=True)
class Errors:
    """What the backtests left as model error.

    Attributes:
        cohort: Standard deviation of the log error of a cohort per √year.
        pupils: The same of a programme's pupils, beyond rates and chance.
        applicants: Standard deviation of the log of a programme's applicants per pupil.
        hold_years: First years in which the last counted value beat the model: it is kept there.
    """

    cohort: float
    pupils: float
    applicants: float
    hold_years: int = 0


def simulate(
    panel: Panel,
    rules: Rules,
    errors: Errors,
    ratio: Float,
    *,
    county: str,
    seed: int,
    draws: int,
    horizon: int,
    chunk: int = CHUNK,
    threads: int = 2,
) -> Forecast:
    """Draw pupils, applicants and intake need for `horizon` school years after the last count.

    Args:
        panel: Counts, population and school structure.
        rules: Declared assumptions.
        errors: Model error from the backtests.
        ratio: Applicants per pupil `[programme]`, in the order of `panel.programmes`.
        county: County code, part of the stream's key.
        seed: Seed of the run.
        draws: Number of draws.
        horizon: School years ahead.
        chunk: Draws held in work at a time; it does not change the answer.
        threads: Chunks in work at a time; it does not change the answer.

    Raises:
        NotFound: The population does not reach the horizon.
    """
    years = tuple(range(panel.years[-1] + 1, panel.years[-1] + 1 + horizon))
    axes = Axes(panel.areas, panel.homes, years)
    rates = estimate(panel, rules)
    progression = np.empty((draws, *axes.shape), np.float32)
    applicants = np.empty_like(progression)
    area_programme = np.array([panel.programmes.index(p) for p in panel.programme])

    def fill(start: int) -> None:
        part = range(start, min(start + chunk, draws))
        block = _chunk(panel, rules, rates, errors, years, (seed, county, part))
        progression[part.start : part.stop] = block.transpose(0, 2, 3, 1)
        z = streams.normals(seed, county, part, Block.APPLICANTS, ratio.shape)
        drawn = ratio * np.exp(errors.applicants * z - errors.applicants**2 / 2)
        np.multiply(
            progression[part.start : part.stop],
            drawn[:, area_programme, None, None].astype(np.float32),
            out=applicants[part.start : part.stop],
        )

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, range(0, draws, chunk)))
    return Forecast(axes, applicants, progression, progression)


def cohort_factors(
    years: tuple[int, ...], registered: int, sigma: float, seed: int, county: str, draws: range
) -> tuple[Float, Float]:
    """Score of the population alternative `[draw]` (normal) and error factor `[draw, year]`.

    The factor is a random walk in logs, mean one, that starts after the last registered year; the
    stream is laid out from there, so that every table of a run sees the same futures.
    """
    ahead = max(0, years[-1] - registered)
    u = streams.normals(seed, county, draws, Block.POPULATION, (1 + ahead,))
    walk = np.concatenate([np.zeros((len(draws), 1)), np.cumsum(u[:, 1:], axis=1)], axis=1)
    steps = np.clip(np.array(years) - registered, 0, None)
    factor = np.exp(sigma * walk[:, steps] - sigma**2 * steps / 2)
    return u[:, 0], factor


def alternatives(score: Float, weights: tuple[float, float, float]) -> Index:
    """Which alternative each draw lives in: scores are standard normals, low to high."""
    main, low, _ = weights
    rank = _normal_cdf(score)
    return np.where(rank < low, 1, np.where(rank < low + main, 0, 2))


def _normal_cdf(z: Float) -> Float:
    return np.array([0.5 * (1 + erf(value / sqrt(2))) for value in z])


def _chunk(
    panel: Panel,
    rules: Rules,
    rates: Rates,
    errors: Errors,
    years: tuple[int, ...],
    key: tuple[int, str, range],
) -> Array:
    """Pupils of one chunk of draws, `[draw, year, area, home]`."""
    seed, county, draws = key
    D, (A, M) = len(draws), panel.pupils.shape[1:]
    cohort = _cohort(panel, rules, errors, years, key)
    entry = _entry_rates(rates, key)
    slots, conditional = _progression_rates(panel, rates, key)
    factor = _programme_error(panel, errors, len(years), key)
    open_areas, E = panel.open_areas, len(panel.origins)
    rows = max(A, E + len(open_areas))
    bits = streams.sixteen_bits(seed, county, draws, Block.PROCESS, (len(years), 2, rows, M))
    base = panel.pupils[-1].astype(np.float32)
    now = np.broadcast_to(base, (D, A, M))
    out = np.empty((D, len(years), A, M), np.float32)
    starts = np.flatnonzero(np.diff(panel.targets, prepend=-1))
    for t in range(len(years)):
        noise = bits[:, t]
        if t < errors.hold_years:
            out[:, t] = thin(base * factor[:, t], None, noise[:, :, :A])
            now = out[:, t]
            continue
        out[:, t] = 0
        if E:
            flow = _flow(now, panel, rates, slots, conditional, noise)
            out[:, t, panel.targets[starts]] = np.add.reduceat(flow, starts, axis=1)
        expected = entry * cohort[:, t, None, :] * factor[:, t][:, open_areas]
        out[:, t, open_areas] = thin(expected, None, noise[:, :, E : E + len(open_areas)])
        now = out[:, t]
    return out


def _cohort(
    panel: Panel,
    rules: Rules,
    errors: Errors,
    years: tuple[int, ...],
    key: tuple[int, str, range],
) -> Array:
    """Entry cohort `[draw, year, home]`; pupils from elsewhere follow no cohort."""
    seed, county, draws = key
    score, factor = cohort_factors(years, panel.registered, errors.cohort, seed, county, draws)
    people = panel.entry_cohort(years, rules)[alternatives(score, rules.projection_weights)]
    inside = np.array([bool(r) for r in panel.region])
    spread = np.where(inside[:, None], factor[:, None, :], 1.0)
    cohort: Array = (people * spread).transpose(0, 2, 1).astype(np.float32)
    return cohort


def _entry_rates(rates: Rates, key: tuple[int, str, range]) -> Array:
    seed, county, draws = key
    shape = rates.entry_shape
    drawn = streams.gammas(seed, county, draws, Block.ENTRY_RATE, shape)
    return drawn * (rates.entry / shape).astype(np.float32)


def _progression_rates(
    panel: Panel, rates: Rates, key: tuple[int, str, range]
) -> tuple[list[Index], Array]:
    """Dirichlet draws as shares of those still left at each target `[draw, edge, home]`."""
    seed, county, draws = key
    origins = len(rates.origin_areas)
    alpha = rates.progression * rates.evidence[rates.edge_origin]
    leave = np.zeros_like(rates.evidence)
    np.add.at(leave, rates.edge_origin, alpha)
    stay_out = np.maximum(rates.evidence - leave, 0.0)
    shape = np.concatenate([alpha, stay_out])
    gamma = streams.gammas(seed, county, draws, Block.PROGRESSION_RATE, np.maximum(shape, 1e-3)) * (
        shape > 0
    )
    # From the last target back: what is left is this target, those after it, and leaving.
    left = gamma[:, len(alpha) :].copy()
    slots = _slots(rates.edge_origin, origins)
    conditional = np.empty_like(gamma[:, : len(alpha)])
    for slot in reversed(slots):
        o = rates.edge_origin[slot]
        left[:, o] += gamma[:, slot]
        conditional[:, slot] = gamma[:, slot] / np.maximum(left[:, o], 1e-30)
    return slots, conditional


def _slots(edge_origin: Index, origins: int) -> list[Index]:
    """Edges grouped as first, second, … target of their origin."""
    rank = np.zeros(len(edge_origin), np.intp)
    seen = np.zeros(origins, np.intp)
    for edge, origin in enumerate(edge_origin):
        rank[edge] = seen[origin]
        seen[origin] += 1
    return [np.flatnonzero(rank == r) for r in range(int(rank.max(initial=-1)) + 1)]


def _flow(
    now: Array,
    panel: Panel,
    rates: Rates,
    slots: list[Index],
    conditional: Array,
    noise: npt.NDArray[np.uint16],
) -> Array:
    """Persons along each edge `[draw, edge, home]`: never more than the origin holds."""
    left = now[:, rates.origin_areas].copy()
    flow = np.empty((now.shape[0], len(panel.origins), now.shape[2]), np.float32)
    for slot in slots:
        o = rates.edge_origin[slot]
        people = left[:, o]
        moved = thin(people * conditional[:, slot], people, noise[:, :, slot])
        flow[:, slot] = moved
        left[:, o] = people - moved
    return flow


def _programme_error(
    panel: Panel, errors: Errors, years: int, key: tuple[int, str, range]
) -> Array:
    """Random walk in logs per programme, mean one, as a factor `[draw, year, area, 1]`."""
    seed, county, draws = key
    z = streams.normals(seed, county, draws, Block.MODEL_ERROR, (years, len(panel.programmes)))
    sigma, steps = errors.pupils, np.arange(1, years + 1)[:, None]
    factor = np.exp(sigma * np.cumsum(z, axis=1) - sigma**2 * steps / 2)
    place = [panel.programmes.index(p) for p in panel.programme]
    return factor[:, :, place, None].astype(np.float32)
