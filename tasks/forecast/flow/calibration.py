"""Holds the shares to the counts: what one step gives of past counts is to be what was counted.

The registers of transitions follow pupils of the county's schools. They do not see those who move
in or come from schools outside it, and what they tell of entry to Vg1 lags behind the counts. Taken
as they are, the shares give fewer or more pupils of an area than the next count found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tasks.forecast.flow.engine import simulate
from tasks.forecast.flow.model import Model
from tasks.forecast.flow.states import Kind
from tasks.forecast.types import Array, Float, Index

# The fit is a few per cent of a share: it settles in some ten rounds.
ROUNDS = 30
CLOSE = 5e-4
PUSH = 4


@dataclass(frozen=True)
class Calibration:
    """How far the shares were from the counts, and what is left.

    Attributes:
        areas: Programme areas.
        counted: Pupils counted, all steps together `[area, group of regions]`.
        before: The same by the shares as estimated.
        wanted: What the shares were held to: the counts, drawn towards those of the level and the
            county.
        after: What they give now.
    """

    areas: tuple[str, ...]
    counted: Float
    before: Float
    wanted: Float
    after: Float


def calibrate(
    model: Model, starts: Float, counts: Float, persons: float
) -> tuple[Model, Calibration]:
    """Tilt the shares so that one step from each start gives the pupils of the next count.

    With S what one step from all the starts gives of area a in a group of regions g, and N what was
    counted, wanted is

        W_a = S_a · (N_a + k·r) / (S_a + k),           r = Σ N / Σ S over the areas of the level
        W_ag = S_ag · (N_ag + k·W_a/S_a) / (S_ag + k),   scaled so that the groups add up to W_a

    and the share on every edge i → j becomes p_ij·v_j / Σ_l p_il·v_l, with v of the areas found so
    that S = W, v = 1 of other states, and of a hub the mean of v over its own edges. It is the
    change of all shares that strays the least from those estimated, in relative entropy, among
    those that give W (Golan, Judge and Robinson 1994). Out of every state the shares still sum to
    one.

    Args:
        model: As estimated.
        starts: `[step, region, state]` persons at each count that another one follows.
        counts: `[step, region, state]` pupils at the count after; only states of pupils are read.
        persons: k, how many persons what is wider counts as.

    Returns:
        The model, and what was done. Without steps the model is as it was.
    """
    at = model.space.where(Kind.PUPIL)
    areas = tuple(model.space.nodes[i].unit for i in at)
    groups = len(model.alpha)
    if not len(starts):
        nothing = np.zeros((len(at), groups))
        return model, Calibration(areas, nothing, nothing, nothing, nothing)
    member = np.eye(groups)[model.group]
    counted = counts[:, :, at].sum(axis=0).T @ member
    before = _one_step(model, starts, at, member)
    level = np.array([model.space.nodes[i].step for i in at])
    wanted = _wanted(counted, before, level, persons)
    value = np.ones((groups, len(model.space.nodes)))
    found, after = model, before
    for _ in range(ROUNDS):
        pull = np.divide(wanted, after, out=np.ones(wanted.shape), where=after > 0)
        if np.abs(pull - 1)[wanted >= 1].max(initial=0.0) < CLOSE:
            break
        # Most of a state's people go on in school: what all areas lack together moves little when
        # all values move together, and is pushed the harder.
        together = wanted.sum(axis=0) / np.maximum(after.sum(axis=0), 1e-9)
        value[:, at] *= (pull * together**PUSH).T
        found = replace(model, tilt=_tilt(model, value))
        after = _one_step(found, starts, at, member)
    return found, Calibration(areas, counted, before, wanted, after)


def _wanted(counted: Float, given: Float, level: Index, persons: float) -> Float:
    """`[area, group]`."""
    all_counted, all_given = counted.sum(axis=1), given.sum(axis=1)
    wide = np.ones(len(level))
    for one in np.unique(level):
        mine = level == one
        if all_given[mine].sum() > 0:
            wide[mine] = all_counted[mine].sum() / all_given[mine].sum()
    ratio = (all_counted + persons * wide) / (all_given + persons)
    own = given * (counted + persons * ratio[:, None]) / (given + persons)
    total = own.sum(axis=1)
    whole = np.divide(ratio * all_given, total, out=np.ones(len(total)), where=total > 0)
    wanted: Float = own * whole[:, None]
    return wanted


def _one_step(model: Model, starts: Float, at: Index, member: Float) -> Float:
    """Expected pupils `[area, group]` a year after all the starts together."""
    found = np.zeros((len(at), member.shape[1]))

    def nobody(draws: range) -> Array:
        return np.zeros((len(draws), len(model.regions), 1, len(model.entry)), np.float32)

    def add(draws: range, block: Array) -> None:
        found[...] += block[0, at].sum(axis=1, dtype=np.float64) @ member

    for start in starts:
        sure = replace(model, start=start, certain=True)
        simulate(sure, nobody, [add], seed=0, county="0", draws=1, years=1, threads=1)
    return found


def _tilt(model: Model, value: Float) -> Float:
    """`[group, edge]`: the value of where each edge leads, a hub's being that of its own edges."""
    value = value.copy()
    starts = model.edges.starts()
    hubs = starts >= model.hub_edges
    lead = np.add.reduceat(model.alpha * value[:, model.edges.target], starts, axis=1)
    total = np.add.reduceat(model.alpha, starts, axis=1)
    worth = np.divide(lead, total, out=np.ones_like(total), where=total > 0)
    value[:, model.edges.origin[starts[hubs]]] = worth[:, hubs]
    tilt: Float = value[:, model.edges.target]
    return tilt
