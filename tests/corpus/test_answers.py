"""Damaged answers through the real client, landing and parser: refused by name, or read right.

Whatever a source answers, what comes of it is a refusal that names the dataset and says what to do,
or tables. Nothing else is raised, nothing hangs (pytest's own time limit), and no answer is left
half landed.
"""

from __future__ import annotations

from collections.abc import Iterable

import corpus_cases
import pytest
from corpus_desk import Desk, is_a_refusal
from corpus_source import Case, Spot
from corpus_spots import SPOTS


def wrong(desk: Desk, cases: Iterable[Case]) -> list[str]:
    """What came of cases that should have been refused by name, or read."""
    found = []
    for case in cases:
        came = desk.tried(case)
        if came.error is not None and not is_a_refusal(came.error, case.spot.dataset):
            found.append(f"{case}: {came.error}")
    return found


@pytest.mark.parametrize("spot", SPOTS, ids=str)
def test_what_is_damaged_by_hand_is_refused_by_name_or_read(desk: Desk, spot: Spot) -> None:
    assert wrong(desk, corpus_cases.by_hand(spot)) == []


@pytest.mark.parametrize("spot", SPOTS, ids=str)
def test_what_is_damaged_on_the_way_never_lands(desk: Desk, spot: Spot) -> None:
    cases = corpus_cases.on_the_way(spot)
    assert wrong(desk, cases) == []


@pytest.mark.parametrize("spot", SPOTS, ids=str)
def test_whatever_is_damaged_anywhere_is_refused_by_name_or_read(desk: Desk, spot: Spot) -> None:
    def told(case: Case) -> None:
        assert wrong(desk, [case]) == []

    corpus_cases.for_each_drawn(spot, desk.right_body(spot), told)
