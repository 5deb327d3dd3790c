"""Places that are not for the ordinary intake: the same ones in the plan and in the intake."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tasks.forecast.types import Float
from tasks.places.intake.types import Bool, IntakeRules


def held(
    rules: IntakeRules,
    schools: Sequence[str],
    areas: Sequence[str],
    abroad: Bool,
    places: Float,
) -> Float:
    """`[offer]` whole places held back, never more than there are.

    Args:
        rules: Share kept for exchange pupils, and places declared by offer (landslinjer, guests).
        schools: `[offer]` organisation numbers.
        areas: `[offer]` programme-area codes.
        abroad: `[offer]` whether pupils go abroad from it: general areas after Vg1.
        places: `[offer]` places.
    """
    exchange = np.floor(places * np.where(abroad, rules.exchange, 0.0) + 1e-9)
    declared: dict[tuple[str, str], int] = {}
    for one in rules.reserved:
        offer = (one.school, one.programme_area)
        declared[offer] = declared.get(offer, 0) + one.places
    named = [declared.get(offer, 0) for offer in zip(schools, areas, strict=True)]
    kept: Float = np.minimum(exchange + np.array(named, np.float64), places)
    return kept
