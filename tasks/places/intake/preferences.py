"""What is declared or estimated of how applicants choose, and of their points."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from tasks.errors import ConfigurationError
from tasks.forecast.balance import VOCATIONAL
from tasks.forecast.types import Float, Index
from tasks.places.intake.types import IntakeRules, Offers

Frames = Mapping[str, pl.DataFrame]


def spreads(by_year: Float, offered: Offers) -> tuple[Float, Float]:
    """How much years differ beyond chance between persons, by area: areas, and offers in them.

    With a mean μ that is the usual share of what was chosen that year, Var = μ + φμ², and the sum
    over years and series gives (method of moments; Cameron and Trivedi 2013, ch. 3)

        φ = [T/(T−1) Σ(y − μ)² − Σμ] / Σμ², not below 0

    one φ for the areas, and one for the offers, of each level.
    """
    whole = np.isfinite(by_year).all(axis=0)
    area_spread, offer_spread = np.zeros(len(offered.areas)), np.zeros(len(offered.areas))
    for level in np.unique(offered.levels):
        of_level = offered.levels[offered.area] == level
        counted = by_year[:, whole & of_level]
        if counted.shape[1] == 0 or len(counted) < 2:
            continue
        groups, group = np.unique(offered.area[whole & of_level], return_inverse=True)
        by_area = counted @ np.eye(len(groups))[group]
        here = offered.levels == level
        area_spread[here] = _beyond(by_area, np.zeros(len(groups), np.intp))
        offer_spread[here] = _beyond(counted, group)
    return area_spread, offer_spread


def _beyond(counted: Float, group: Index) -> float:
    """φ of series `[year, series]` whose means are shares of the year's total of their group."""
    each = np.eye(group.max() + 1)[group]
    total = (counted @ each)[:, group]
    mean = total * (counted.sum(axis=0) / np.maximum(total.sum(axis=0), 1e-12))
    years = len(counted)
    variance = years / (years - 1) * ((counted - mean) ** 2).sum() - mean.sum()
    return max(0.0, float(variance / max((mean**2).sum(), 1e-12)))


def next_choice(frames: Frames, offered: Offers, later: Float, rules: IntakeRules) -> Float:
    """Chances of the next choice `[area, area]`: by how much an area is a later choice.

    On Vg1 areas of the same branch are likelier by a declared factor; on Vg2 and Vg3 only areas
    that build on something that the first choice builds on come in question (§ 5-1).
    """
    sought = np.bincount(offered.area, weights=later, minlength=len(offered.areas))
    branch = dict(frames["programmes"].select("programme_code", "branch").iter_rows())
    vocational = np.array([branch.get(p) == VOCATIONAL for p in offered.programmes])
    likelier = np.where(vocational[:, None] == vocational, rules.same_branch, 1.0)
    base = dict(frames["programme_areas"].select("programme_area_code", "builds_on").iter_rows())
    bases = [set((base.get(a) or "").split()) for a in offered.areas]
    common = np.array([[bool(one & other) for other in bases] for one in bases])
    level = offered.levels
    possible = np.where(level[:, None] == 1, likelier, common.astype(float))
    possible = possible * (level[:, None] == level) * sought
    np.fill_diagonal(possible, 0.0)
    total = possible.sum(axis=1, keepdims=True)
    chances: Float = np.divide(possible, total, out=np.zeros_like(possible), where=total > 0)
    return chances


def more_choices(offered: Offers, counted: Float, later: Float) -> Float:
    """Share who give a second choice `[area]`, and of them a third: x + x² = later choices.

    Later choices are counted per first choice. The ratio is that of the level: how many choices
    stand behind an offer's applicants is counted, whose they are is not.
    """
    level = offered.levels[offered.area]
    shares = np.zeros(len(offered.areas))
    for one in np.unique(offered.levels):
        firsts = counted[level == one].sum()
        ratio = later[level == one].sum() / firsts if firsts else 0.0
        shares[offered.levels == one] = min(1.0, (np.sqrt(1 + 4 * ratio) - 1) / 2)
    return shares


def points_mean(offered: Offers, expected: Float, county_mean: float, rules: IntakeRules) -> Float:
    """Mean points `[area]`: declared by programme, moved alike so that Vg1 has the county's mean.

    Raises:
        ConfigurationError: A programme has no declared points.
    """
    missing = sorted(set(offered.programmes) - set(rules.points_mean))
    if missing:
        raise ConfigurationError(
            subject="intake.toml, [points_mean]",
            expected="poeng for hvert utdanningsprogram som har tilbud",
            got=f"ingen for {', '.join(missing)}",
            remedy="legg til programmet med kilde",
        )
    declared = np.array([rules.points_mean[p] for p in offered.programmes])
    first = expected.sum(axis=1) * (offered.levels == 1)
    if not first.any():
        return declared
    moved: Float = declared + county_mean - float(first @ declared / first.sum())
    return moved
