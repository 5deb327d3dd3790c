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
        counted: Pupils counted, all steps together `[area]`.
        before: The same by the shares as estimated.
        wanted: What the shares were held to: the counts, drawn towards those of the level.
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

    With S_a what one step from all the starts gives of area a, and N_a what was counted, wanted is

        W_a = S_a · (N_a + k·r) / (S_a + k),    r = Σ N / Σ S over the areas of the level

    and the share on every edge i → j becomes p_ij·v_j / Σ_l p_il·v_l, with v_a of the areas found
    so that S_a = W_a, v = 1 of other states, and of a hub the mean of v over its own edges. It is
    the change of all shares that strays the least from those estimated, in relative entropy, among
    those that give W (Golan, Judge and Robinson 1994). Out of every state the shares still sum to
    one, and its evidence keeps its strength.

    Args:
        model: As estimated.
        starts: `[step, region, state]` persons at each count that another one follows.
        counts: `[step, state]` pupils at the count after; only states of pupils are read.
        persons: k, how many persons the level's ratio counts as in every area.

    Returns:
        The model, and what was done. Without steps the model is as it was.
    """
    at = model.space.where(Kind.PUPIL)
    areas = tuple(model.space.nodes[i].unit for i in at)
    nothing = np.zeros(len(at))
    if not len(starts):
        return model, Calibration(areas, nothing, nothing, nothing, nothing)
    level = np.array([model.space.nodes[i].step for i in at])
    counted = counts[:, at].sum(axis=0)
    before = _one_step(model, starts, at)
    wanted = before * _ratios(counted, before, level, persons)
    value = np.ones(len(model.space.nodes))
    found, after = model, before
    for _ in range(ROUNDS):
        pull = np.divide(wanted, after, out=np.ones(len(at)), where=after > 0)
        if np.abs(pull - 1).max(initial=0.0) < CLOSE:
            break
        # Most of a state's people go on in school: what all areas lack together moves little when
        # all values move together, and is pushed the harder.
        value[at] *= pull * (wanted.sum() / after.sum()) ** PUSH
        found = _tilted(model, value)
        after = _one_step(found, starts, at)
    return found, Calibration(areas, counted, before, wanted, after)


def _ratios(counted: Float, given: Float, level: Index, persons: float) -> Float:
    """`[area]` counted over given, drawn towards the level's."""
    wide = np.ones(len(level))
    for one in np.unique(level):
        mine = level == one
        if given[mine].sum() > 0:
            wide[mine] = counted[mine].sum() / given[mine].sum()
    ratios: Float = (counted + persons * wide) / (given + persons)
    return ratios


def _one_step(model: Model, starts: Float, at: Index) -> Float:
    """Expected pupils of each area a year after all the starts together."""
    found = np.zeros(len(at))

    def nobody(draws: range) -> Array:
        return np.zeros((len(draws), len(model.regions), 1, len(model.entry)), np.float32)

    def add(draws: range, block: Array) -> None:
        found[...] += block[0, at].sum(axis=(1, 2), dtype=np.float64)

    for start in starts:
        sure = replace(model, start=start, certain=True)
        simulate(sure, nobody, [add], seed=0, county="0", draws=1, years=1, threads=1)
    return found


def _tilted(model: Model, value: Float) -> Model:
    """The model with every share multiplied by the value of where it leads."""
    starts = model.edges.starts()
    counts = np.diff(starts, append=model.edges.count)
    split = model.hub_edges
    origins = model.edges.origin[starts]
    total = np.add.reduceat(model.alpha, starts, axis=1)
    value = value.copy()
    # Hubs first: what a hub is worth is what its edges are worth, for the county as a whole.
    lead = model.alpha * value[model.edges.target]
    worth = np.add.reduceat(lead, starts, axis=1).sum(axis=0) / np.maximum(total.sum(axis=0), 1e-30)
    hubs = starts >= split
    value[origins[hubs]] = np.where(total.sum(axis=0)[hubs] > 0, worth[hubs], 1.0)
    alpha = model.alpha * value[model.edges.target]
    new = np.add.reduceat(alpha, starts, axis=1)
    scale = np.divide(total, new, out=np.ones_like(total), where=new > 0)
    return replace(model, alpha=alpha * np.repeat(scale, counts, axis=1))
