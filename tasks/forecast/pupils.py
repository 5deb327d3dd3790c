"""Pupils of a run: the flow's drawn futures on the axes that places and publication read."""

from __future__ import annotations

import numpy as np

from tasks.forecast import marts
from tasks.forecast.flow import assemble, cohort
from tasks.forecast.flow.assemble import County
from tasks.forecast.flow.engine import simulate
from tasks.forecast.flow.result import FlowResult
from tasks.forecast.flow.types import FlowRules
from tasks.forecast.marts import Frames, of
from tasks.forecast.panel import Panel
from tasks.forecast.types import Array, Float

FLOW = "elevstrøm"


def drawn(
    flow: County,
    panel: Panel,
    *,
    weights: tuple[float, float, float],
    sigma: float,
    key: tuple[int, str],
    draws: int,
    horizon: int,
) -> Array:
    """Pupils on 1 October, whole persons, float32 `[draw, area, home, year]` on the panel's axes.

    Exact multinomial noise: every pupil goes one way by lot. An area that has places but was never
    attended has no pupils yet.

    Args:
        flow: The county's model, built for the horizon.
        panel: Gives areas and homes.
        weights: Weight of the population alternatives.
        sigma: Log error of a cohort per √year.
        key: Seed and county.
        draws: Number of draws.
        horizon: School years after the last count.
    """
    last = panel.years[-1]
    result = FlowResult.of(
        flow.model, last_count=last, draws=draws, years=horizon, quantities=("pupils",)
    )
    coming = cohort.inflow(
        flow.residents, flow.outside, result.years, key=key, sigma=sigma, weights=weights
    )
    simulate(
        flow.model,
        coming,
        [result],
        seed=key[0],
        county=key[1],
        draws=draws,
        years=horizon,
        mode="multinomial",
    )
    return _on_axes(result, panel)


def _on_axes(result: FlowResult, panel: Panel) -> Array:
    areas = [panel.areas.index(code) for code in result.units["pupils"]]
    homes = [panel.homes.index(code) for code in result.regions]
    pupils = result["pupils"]
    if areas == list(range(len(panel.areas))) and homes == list(range(len(panel.homes))):
        return pupils
    full = np.zeros(
        (pupils.shape[0], len(panel.areas), len(panel.homes), pupils.shape[3]), np.float32
    )
    full[:, np.array(areas)[:, None], np.array(homes)] = pupils
    return full


def build(frames: Frames, county: str, rules: FlowRules, years: int) -> County:
    """The county's model from a run's frames; see `assemble.build`.

    Raises:
        NotFound: A file that the flow cannot do without has not been delivered.
    """
    return assemble.build(of(frames, marts.FLOW), county, rules, years)


def held(pupils: Array, panel: Panel, factor: Float, stretch: Float, errors: Float) -> Array:
    """Pupils held to the track record, still whole persons; in place, to save a second array.

    x′ = μ′ + λ·(x·f·e − μ′), with f the level of the benchmark where it is used, e its drawn error,
    λ the factor of the intervals and μ′ the mean over draws. λ and f are alike in all areas and
    homes of a programme: the programme's own sum is then stretched by exactly λ, which is what it
    was found for. Rounding passes what it leaves on to the next home, so that sums stay.

    Args:
        pupils: `[draw, area, home, year]`.
        panel: Gives the programme of each area.
        factor: f `[programme, year]`.
        stretch: λ `[programme, year]`.
        errors: e `[draw, programme, year]`, mean one.
    """
    programme = np.array([panel.programmes.index(p) for p in panel.programme])
    for area, mine in enumerate(programme):
        level = factor[mine] * errors[:, mine]
        moved = pupils[:, area] * level[:, None, :]
        middle = moved.mean(axis=0, dtype=np.float64)
        moved = np.maximum(middle + stretch[mine] * (moved - middle), 0.0)
        passed = np.round(np.cumsum(moved, axis=1))
        pupils[:, area] = np.diff(passed, axis=1, prepend=0.0)
    return pupils
