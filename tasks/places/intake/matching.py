"""Deferred acceptance: the stable matching that is best for those who apply."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.forecast.types import Index
from tasks.places.intake.types import Whole

NOBODY = np.iinfo(np.int64).min
ANYBODY = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Matching:
    """Who was let in where.

    Attributes:
        position: `[applicant]` position in the applicant's own list, −1 nowhere.
        cutoff: `[node]` a priority must be below it to be let in; `ANYBODY` where no one was
            refused, `NOBODY` where there is no room at all.
    """

    position: Index
    cutoff: Whole


def deferred_acceptance(lists: Index, priority: Whole, room: Whole) -> Matching:
    """Applicants propose, nodes hold the best they have had (Gale and Shapley 1962).

    All who were refused propose at once, and a node that has more than it has room for raises its
    cutoff: cutoffs only rise, so each round is an array operation, and the outcome is that of
    proposals one by one (Azevedo and Leshno 2016).

    Args:
        lists: `[applicant, wish]` nodes by preference, −1 from where the list ends.
        priority: `[applicant, wish]` at that node, less is better; unique within a node.
        room: `[node]` how many each can take.
    """
    people, length = lists.shape
    cutoff = np.where(room > 0, ANYBODY, NOBODY)
    position = np.zeros(people, np.intp)
    node = np.full(people, -1, np.intp)
    rank = np.zeros(people, np.int64)
    free = np.arange(people)
    while len(free):
        _propose(free, lists, priority, cutoff, position, node, rank)
        free = _refuse(node, rank, room, cutoff)
        position[free] += 1
    outside = (position >= length) | (node < 0)
    return Matching(np.where(outside, -1, position), cutoff)


def _propose(
    free: Index,
    lists: Index,
    priority: Whole,
    cutoff: Whole,
    position: Index,
    node: Index,
    rank: Whole,
) -> None:
    """Each free applicant goes to the first node on the list that would have them now."""
    length = lists.shape[1]
    node[free] = -1
    while len(free):
        free = free[position[free] < length]
        wanted = lists[free, position[free]]
        free, wanted = free[wanted >= 0], wanted[wanted >= 0]
        value = priority[free, position[free]]
        let_in = value < cutoff[wanted]
        node[free[let_in]], rank[free[let_in]] = wanted[let_in], value[let_in]
        free = free[~let_in]
        position[free] += 1


def _refuse(node: Index, rank: Whole, room: Whole, cutoff: Whole) -> Index:
    """Those beyond the room of their node; the node's cutoff rises to the best of them."""
    held = np.bincount(node[node >= 0], minlength=len(room))
    over = held > room
    if not over.any():
        return np.empty(0, np.intp)
    among = np.flatnonzero((node >= 0) & over[np.maximum(node, 0)])
    among = among[np.lexsort((rank[among], node[among]))]
    at = node[among]
    start = np.searchsorted(at, at)
    place = np.arange(len(among)) - start
    refused = place >= room[at]
    first = place == room[at]
    cutoff[at[first]] = rank[among[first]]
    return among[refused]
