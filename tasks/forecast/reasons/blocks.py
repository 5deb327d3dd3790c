"""The shares of the student flow in blocks that can be changed one without the others.

The shares out of a state sum to one, so that none can be changed alone. A Dirichlet of them falls
into parts that are independent of each other (Connor and Mosimann 1969, neutrality): the share of
the first block, the second block's share of what is left after it, and so on, and the shares within
each block. A block is changed by taking its part of that from elsewhere: what comes out sums to
one, and where both were drawn from the same Dirichlet, so is what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tasks.forecast.flow.states import Edges, Kind, StateSpace
from tasks.forecast.types import Float, Index

# In the order in which they are walked: who does not get through school, who applies for
# apprenticeship, and where the others go.
SCHOOL, TRAINING, PLACEMENT, CHOICE = BLOCKS = ("school", "training", "placement", "choice")
_IN_TRAINING = (Kind.APPRENTICE, Kind.ADULT_MODULE, Kind.COLLEGE)
_PLACING = (Kind.PLACED, Kind.UNPLACED)
_NOT_THROUGH = (Kind.OUT, Kind.LEFT)


def of_edges(space: StateSpace, edges: Edges) -> Index:
    """Place in `BLOCKS` of each edge.

    Pupils: those who leave or take the level again are of *school*, those who apply for
    apprenticeship of *placement*, and where the others go is *choice*: re-choice, next level,
    påbygging, and the competence that ends the last level. Of the other states all edges go
    together: Vg3 in a trade is *school*; years in training, modules and colleges *training*; the
    hubs after application *placement*; grade 10, the other hubs and those who are out *choice*.
    """
    nodes = space.nodes

    def block(origin: int, target: int) -> str:
        left, reached = nodes[origin], nodes[target]
        if left.kind == Kind.PUPIL:
            if origin == target or reached.kind in _NOT_THROUGH:
                return SCHOOL
            return PLACEMENT if reached.kind == Kind.APPLY else CHOICE
        if left.kind == Kind.SCHOOL_VG3:
            return SCHOOL
        if left.kind in _IN_TRAINING:
            return TRAINING
        return PLACEMENT if left.kind in _PLACING else CHOICE

    pairs = zip(edges.origin.tolist(), edges.target.tolist(), strict=True)
    return np.array([BLOCKS.index(block(*pair)) for pair in pairs], np.intp)


def mixed(shares: Mapping[str, Float], block: Index, edges: Edges) -> Float:
    """Shares `[…, edge]` with each block from shares of its own.

    With p the shares that a block b is taken from, out of one origin:

        share of b = Σ_{e∈b} p_e / Σ_{e∈b and later} p_e      of what earlier blocks left
        within b   = p_e / Σ_{e∈b} p_e

    Args:
        shares: By block, `[…, edge]`, all of one shape; they sum to one out of every origin.
        block: As from `of_edges`.
        edges: Gives the origins.
    """
    starts = edges.starts()
    counts = np.diff(starts, append=edges.count)
    shape = next(iter(shares.values())).shape
    out = np.zeros(shape)
    left = np.ones((*shape[:-1], len(starts)))
    for place, name in enumerate(BLOCKS):
        given = shares[name]
        mine = np.where(block == place, given, 0.0)
        mass = np.add.reduceat(mine, starts, axis=-1)
        rest = np.add.reduceat(np.where(block >= place, given, 0.0), starts, axis=-1)
        part = np.divide(mass, rest, out=np.zeros_like(mass), where=rest > 0)
        each = np.divide(left * part, mass, out=np.zeros_like(mass), where=mass > 0)
        out += mine * np.repeat(each, counts, axis=-1)
        left *= 1 - part
    return out
