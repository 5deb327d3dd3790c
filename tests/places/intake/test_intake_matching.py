from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_tools import one_by_one

from tasks.places.intake.matching import ANYBODY, NOBODY, deferred_acceptance

SEEDS = st.integers(0, 10_000)


def market(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lists of unequal length over some nodes, with priorities of their own at each."""
    rng = np.random.default_rng(seed)
    people, nodes = int(rng.integers(1, 60)), int(rng.integers(1, 8))
    lists = np.argsort(rng.random((people, nodes)), axis=1)
    lists[np.arange(nodes) >= rng.integers(0, nodes + 1, people)[:, None]] = -1
    by_node = np.argsort(rng.random((nodes, people)), axis=1).argsort(axis=1)
    priority = np.where(lists >= 0, by_node[np.maximum(lists, 0), np.arange(people)[:, None]], 0)
    return lists, priority.astype(np.int64), rng.integers(0, 12, nodes)


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_all_at_once_is_one_at_a_time(seed: int) -> None:
    lists, priority, room = market(seed)
    found = deferred_acceptance(lists, priority, room)
    assert found.position.tolist() == one_by_one(lists, priority, room).tolist()


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_no_node_is_over_full_and_cutoffs_say_who_was_refused(seed: int) -> None:
    lists, priority, room = market(seed)
    found = deferred_acceptance(lists, priority, room)
    row = np.arange(len(lists))
    node = np.where(found.position >= 0, lists[row, found.position], -1)
    assert (np.bincount(node[node >= 0], minlength=len(room)) <= room).all()
    assert ((found.cutoff == NOBODY) == (room == 0)).all()
    for person, wishes in enumerate(lists):
        end = found.position[person] if found.position[person] >= 0 else lists.shape[1]
        for wish in range(end):
            if wishes[wish] >= 0:
                # Refused there: all who are in come before, and the cutoff shows it.
                assert priority[person, wish] >= found.cutoff[wishes[wish]]
                assert (node == wishes[wish]).sum() == room[wishes[wish]]
    for n in np.flatnonzero(found.cutoff == ANYBODY):
        assert not (lists[node != n] == n)[:, :1].any()


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.integers(1, 5))
def test_more_room_is_worse_for_nobody(seed: int, more: int) -> None:
    lists, priority, room = market(seed)
    before = deferred_acceptance(lists, priority, room).position
    wider = room.copy()
    wider[seed % len(room)] += more
    after = deferred_acceptance(lists, priority, wider).position
    last = lists.shape[1]
    assert (np.where(after < 0, last, after) <= np.where(before < 0, last, before)).all()


def test_nobody_applies() -> None:
    empty = np.empty((0, 3), np.intp)
    found = deferred_acceptance(empty, empty.astype(np.int64), np.array([2, 0]))
    assert len(found.position) == 0
    assert found.cutoff.tolist() == [ANYBODY, NOBODY]
