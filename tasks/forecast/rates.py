"""Entry and progression rates: means of the last years, shrunk where the cells are thin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.errors import NotFound
from tasks.forecast.panel import ELSEWHERE, Panel
from tasks.forecast.types import Float, Index, Rules

# Below this many expected pupils a cell says too little about how far years differ.
LEAST_EXPECTED = 5.0


@dataclass(frozen=True)
class Rates:
    """Mean rates and how much evidence lies behind each.

    Attributes:
        entry: `[open area, home]` pupils per person of the entry cohort.
        entry_shape: `[open area, home]` gamma shape: expected count of the evidence / dispersion.
        progression: `[edge, home]` share of the origin's pupils found in the target a year later.
        evidence: `[origin, home]` Dirichlet concentration: pupils of the evidence / dispersion.
        origin_areas: Areas that lead somewhere, in the order of `evidence`.
        edge_origin: Position in `origin_areas` of each edge.
        dispersion: Pearson dispersion of entry and of progression between years, at least 1.
    """

    entry: Float
    entry_shape: Float
    progression: Float
    evidence: Float
    origin_areas: Index
    edge_origin: Index
    dispersion: tuple[float, float]


def estimate(panel: Panel, rules: Rules) -> Rates:
    """Estimate all rates of a panel.

    Raises:
        NotFound: Fewer than two consecutive school years have been counted.
    """
    if len(panel.years) < 2:
        raise NotFound(
            subject="overgangsrater",
            expected="tellinger for minst to skoleår på rad",
            got=", ".join(str(y) for y in panel.years),
            remedy="hent eldre elevtall inn i varehuset",
        )
    entry, entry_weight, entry_dispersion = _entry(panel, rules)
    share, flow_dispersion = _progression(panel, rules)
    origin_areas, edge_origin = np.unique(panel.origins, return_inverse=True)
    share = share / np.maximum(_per_origin(share, edge_origin, len(origin_areas)), 1.0)[edge_origin]
    transitions = min(len(panel.years) - 1, rules.mean_years)
    persons = panel.pupils[-1 - transitions : -1, origin_areas].sum(axis=0)
    return Rates(
        entry=entry,
        entry_shape=np.maximum(entry * entry_weight, 1e-3) / entry_dispersion,
        progression=share,
        evidence=(persons + rules.kappa) / flow_dispersion,
        origin_areas=origin_areas,
        edge_origin=edge_origin,
        dispersion=(entry_dispersion, flow_dispersion),
    )


def shrunk(count: Float, base: Float, panel: Panel, kappa: float) -> Float:
    """Rates `count / base` per home, drawn towards the region's and the county's.

    (x + κ·r_wider) / (n + κ), from county to region to municipality. Pupils from elsewhere keep
    their own rate: the county says nothing about them.

    Args:
        count: `[cell, home]` persons found.
        base: `[cell or 1, home]` persons they came from.
        panel: Gives homes and regions.
        kappa: Weight of the wider area (persons).
    """
    base = np.broadcast_to(base, count.shape)
    inside = np.array([h != ELSEWHERE for h in panel.homes])
    county = _ratio(count[:, inside].sum(axis=1), base[:, inside].sum(axis=1))[:, None]
    groups = panel.membership().T
    region = _ratio(count @ groups + kappa * county, base @ groups + kappa)
    home = _ratio(count + kappa * (region @ groups.T), base + kappa)
    return np.where(inside, home, _ratio(count, base))


def _entry(panel: Panel, rules: Rules) -> tuple[Float, Float, float]:
    years = panel.years[-rules.mean_years :]
    pupils = panel.pupils[-len(years) :, panel.open_areas]
    cohort = panel.entry_cohort(years, rules)[0].T[:, None, :]
    rate = shrunk(pupils.sum(axis=0), cohort.sum(axis=0), panel, rules.kappa)
    outside = np.array([h == ELSEWHERE for h in panel.homes])
    # The cohort of elsewhere is a constant 1: its evidence is the pupils counted, without κ.
    weight = cohort.sum(axis=0) + np.where(outside, 0.0, rules.kappa)
    groups = panel.membership().T
    return rate, weight, _dispersion(pupils @ groups, (rate * cohort) @ groups)


def _progression(panel: Panel, rules: Rules) -> tuple[Float, float]:
    """Share per edge and home, `[edge, home]`, and the dispersion.

    Counts of stocks do not tell which of several origins a pupil came from: all origins of a target
    therefore have the same share, found over their sum.
    """
    transitions = min(len(panel.years) - 1, rules.mean_years)
    before, after = panel.pupils[-1 - transitions : -1], panel.pupils[-transitions:]
    targets, edge_target = np.unique(panel.targets, return_inverse=True)
    pool = np.zeros((transitions, len(targets), len(panel.homes)))
    for origin, target in zip(panel.origins, edge_target, strict=True):
        pool[:, target] += before[:, origin]
    found = after[:, targets]
    share = shrunk(found.sum(axis=0), pool.sum(axis=0), panel, rules.kappa)
    groups = panel.membership().T
    return share[edge_target], _dispersion(found @ groups, (share * pool) @ groups)


def _dispersion(found: Float, expected: Float) -> float:
    """Pearson dispersion between years `[year, cell, region]`, at least 1 (Poisson)."""
    years = len(found)
    mean = expected.mean(axis=0)
    enough = mean >= LEAST_EXPECTED
    if years < 2 or not enough.any():
        return 1.0
    # Levels differ from the shrunk rates; only what changes from year to year counts here.
    level = _ratio(found.sum(axis=0), expected.sum(axis=0))
    expected = np.maximum(expected * level, 1e-9)[:, enough]
    chi = float(((found[:, enough] - expected) ** 2 / expected).sum())
    freedom = (years - 1) * int(enough.sum())
    return max(1.0, chi / freedom)


def _per_origin(share: Float, edge_origin: Index, origins: int) -> Float:
    total = np.zeros((origins, share.shape[1]))
    np.add.at(total, edge_origin, share)
    return total


def _ratio(count: Float, base: Float) -> Float:
    return np.divide(count, base, out=np.zeros_like(count, dtype=np.float64), where=base > 0)
