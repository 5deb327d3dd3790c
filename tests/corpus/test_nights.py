"""Damaged answers that can be read, in whole nights: none ends the night, none reaches a mart."""

from __future__ import annotations

import corpus_cases
import pytest
from corpus_desk import HARMLESS, MART, WARNED, Desk
from corpus_nights import Result, through_nights, unsettled
from corpus_source import Case
from corpus_spots import SPOTS
from corpus_unseen import TOLD, UNSEEN

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3000)]
# Nights take seconds each: a few of them, unless all are asked for.
NIGHTS = None if corpus_cases.SOAK else 2


@pytest.fixture(scope="module")
def results(desk: Desk) -> list[Result]:
    """What nights made of the answers by hand that can be read, the same few each time."""
    chosen: list[Case] = []
    for spot in SPOTS:
        chosen += unsettled(desk, corpus_cases.by_hand(spot))[:NIGHTS]
    return list(through_nights(desk, chosen))


def test_no_damaged_answer_reaches_a_mart(results: list[Result]) -> None:
    reached = {str(r.case): r.changed for r in results if r.stop == MART}
    assert {name: tables for name, tables in reached.items() if name not in UNSEEN} == {}


def test_what_is_published_with_a_warning_may_be_right(results: list[Result]) -> None:
    warned = {str(r.case): r.reason for r in results if r.stop == WARNED}
    assert {name: reason for name, reason in warned.items() if name not in TOLD} == {}


def test_every_stop_is_found_under_the_name_of_its_dataset(results: list[Result]) -> None:
    stopped = [r for r in results if r.stop not in {MART, HARMLESS}]
    assert len(stopped) > 20
    assert [str(r.case) for r in stopped if not (r.named and r.reason)] == []


def test_what_is_said_to_be_published_is(results: list[Result]) -> None:
    """A damage that something stops by now is struck off its list."""
    listed = {MART: UNSEEN, WARNED: TOLD}
    seen = {
        str(r.case): r.stop
        for r in results
        for stop, names in listed.items()
        if str(r.case) in names and r.stop != stop
    }
    assert seen == {}


def test_the_lists_name_damages_that_there_are() -> None:
    known = {str(case) for case in corpus_cases.all_by_hand()}
    assert {*UNSEEN, *TOLD} - known == set()
