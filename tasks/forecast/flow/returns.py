"""Those who come back: applicants for a place once more, and to a higher level of school."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.forecast.flow.evidence import Homes, School
from tasks.forecast.flow.rows import Areas
from tasks.forecast.flow.states import Kind, Node
from tasks.forecast.flow.types import FlowRules
from tasks.forecast.types import Float


@dataclass(frozen=True)
class Again:
    """Those without a place who apply again the year after.

    Attributes:
        persons: W, who apply again each year, `[trade]`.
        placed: Of them, who then get a place, `[trade]`.
        not_out: How many fewer go out of education for good each year than would without them.
    """

    persons: Float
    placed: Float
    not_out: float


def again(found: Float, without: Float, rules: FlowRules) -> Again:
    """Applicants of a year and those who apply again, in balance.

    With A₀ = found / (1 − u) applicants from school, u of all applicants without a place and the
    declared share ρ of them applying again,

        A = A₀ + W,   W = ρ·u·A   ⇒   W = ρ·u·A₀ / (1 − ρ·u),   of whom (1 − u)·W are placed.

    The register has the school leavers among them as having left school, ρ·u·A₀ a year; of those
    who apply again u are without a place once more, and some of these go out.

    Args:
        found: Pupils a year who are in training the year after, `[trade]`.
        without: u, `[trade]`.
        rules: Declared assumptions.
    """
    repeat, out = rules.unplaced.shares["again"], rules.unplaced.shares["out"]
    first = found / np.maximum(1 - without, 1e-6)
    persons = repeat * without * first / (1 - repeat * without)
    kept = persons * (1 - repeat * without) - out * without * persons
    return Again(persons, (1 - without) * persons, float(kept.sum()))


def to_higher_levels(areas: Areas, at_home: Homes, at_school: School) -> dict[Node, float]:
    """Persons a year whom the counts of Vg2 and Vg3 have and the register does not send there.

    The register follows the pupils of the year before. Of level ℓ, with P pupils, σ the share who
    take it again, and f the shares who go on to it (next level, or påbygging),

        R_ℓ = Σ_t (P_ℓ,t+1 − σ·P_ℓ,t − f·P_ℓ−1,t)⁺ / steps,   the sum over t before it is cut at 0

    who come from out of school, or moved in as others moved out: the register has those who moved
    out as having left. They are laid on what leads to the level as those who go on are.

    Returns:
        By hub of the area below, or påbygging; none where there is a single count.
    """
    steps = len(at_home.years) - 1
    if steps < 1:
        return {}
    pupils = at_home.pupils.sum(axis=2)
    before, after = (
        dict(zip(at_home.areas, part.sum(axis=0), strict=True))
        for part in (pupils[:-1], pupils[1:])
    )
    missing = {2: 0.0, 3: 0.0}
    leading: dict[int, dict[Node, float]] = {2: {}, 3: {}}
    for area, node in areas.pupil.items():
        there, now = before.get(area, 0.0), after.get(area, 0.0)
        if node.step in missing:
            missing[node.step] += now - there * at_school.share(area, "same_level")
        for target, share in _upwards(area, areas, at_school):
            going = there * share
            level = node.step + 1
            leading[level][target] = leading[level].get(target, 0.0) + going
            missing[level] -= going
    return {
        target: max(missing[level], 0.0) / steps * going / max(sum(leading[level].values()), 1e-9)
        for level in missing
        for target, going in leading[level].items()
        if going > 0
    }


def _upwards(area: str, areas: Areas, at_school: School) -> list[tuple[Node, float]]:
    """Where an area leads on the next level, and the share of its pupils who go there."""
    ways = []
    if area in areas.following:
        ways.append((Node(Kind.NEXT, area), at_school.share(area, "next_level")))
    if areas.paabygg is not None and areas.pupil[area].step == 2:
        ways.append((areas.paabygg, at_school.share(area, "paabygg")))
    return ways
