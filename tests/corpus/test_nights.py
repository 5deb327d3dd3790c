"""Damaged answers that can be read, in whole nights: none ends the night, none reaches a mart."""

from __future__ import annotations

from itertools import islice

import corpus_cases
import pytest
from corpus_desk import HARMLESS, LEFT_OUT, MART, WARNED, Desk
from corpus_nights import Result, through_nights, unsettled
from corpus_source import Case
from corpus_spots import SPOTS

# Of each answer of a source: nights take seconds. `python -m tests.corpus` tries them all.
TRIED = 2


@pytest.fixture(scope="module")
def results(desk: Desk) -> list[Result]:
    """What nights made of the answers by hand that can be read, the same few each time."""
    chosen: list[Case] = []
    for spot in SPOTS:
        last_first = reversed(corpus_cases.by_hand(spot))
        chosen += islice(unsettled(desk, last_first), TRIED)
    return list(through_nights(desk, chosen))


def test_no_damaged_answer_reaches_a_mart(results: list[Result]) -> None:
    assert [str(r.case) for r in results if r.stop in {MART, WARNED}] == []


def test_every_stop_is_found_under_the_name_of_its_dataset(results: list[Result]) -> None:
    stopped = [r for r in results if r.stop not in {HARMLESS, LEFT_OUT}]
    assert len(stopped) > 20
    assert [str(r.case) for r in stopped if not (r.named and r.reason)] == []
