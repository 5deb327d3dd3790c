"""The programme as it is searched: fewer segments, and rows that follow from the others.

The exact programme bends each expectation at every person where a draw lies, which makes most of
its columns. The search sees fewer segments, of lines that lie under the expectation by no more than
`ROUNDED` of the goal's tolerance in all: its bounds are bounds of the exact programme. Values of
what it finds are always taken of the exact one.

Its relaxation may split a class over many schools. Rows that add up the seats of an area follow
from those of schools and homes and change nothing that is whole, but rounding cuts (Marchand and
Wolsey 2001) need them as one row to see that an area's classes are whole in sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from tasks.forecast.types import Float, Index
from tasks.places.linear import Model
from tasks.places.model import arcs, wishes
from tasks.places.types import Problem

# Share of a goal's tolerance that the segments of the search may lie under the expectation.
ROUNDED = 0.05
# Slopes nearer than this are one.
SAME = 1e-9
SEGMENTS = {"udekket_behov": "need_segment", "uten_laereplass": "apprentice_segment"}


@dataclass(frozen=True)
class Segments:
    """A block of segments, row by row from none up.

    Attributes:
        column: Of each segment.
        row: That its quantity stands in.
        start: The quantity where it begins.
        length: Of each.
        slope: Cost a person in its goal.
    """

    column: Index
    row: Index
    start: Float
    length: Float
    slope: Float

    def filled(self, quantity: Float) -> Float:
        """Each segment's part of `[row]` quantities."""
        part: Float = np.clip(quantity[self.row] - self.start, 0, self.length)
        return part

    def quantity(self, x: Float, rows: int) -> Float:
        """`[row]` what segments hold in sum."""
        total: Float = np.bincount(self.row, x[self.column], rows).astype(np.float64)
        return total


@dataclass(frozen=True)
class Searched:
    """Two forms of one programme, whose columns differ in their segments only, which come last.

    Attributes:
        exact: Every bend.
        model: As it is searched.
        blocks: Exact segments and those of the search.
    """

    exact: Model
    model: Model
    blocks: tuple[tuple[Segments, Segments], ...]

    def narrowed(self, x: Float) -> Float:
        """A solution of the exact programme in the columns of the search."""
        return self._carried(x, self.blocks, len(self.model.low))

    def widened(self, x: Float) -> Float:
        """A solution of the search in the columns of the exact programme."""
        return self._carried(x, [(few, every) for every, few in self.blocks], len(self.exact.low))

    def _carried(self, x: Float, blocks: Sequence[tuple[Segments, Segments]], count: int) -> Float:
        result = np.zeros(count)
        same = min(count, len(x)) if not blocks else int(blocks[0][0].column[0])
        result[:same] = x[:same]
        for held, wanted in blocks:
            result[wanted.column] = wanted.filled(held.quantity(x, len(self.exact.row_low)))
        return result


def of(problem: Problem, model: Model) -> Searched:
    """The programme as it is searched; the exact one where nothing whole is left to decide."""
    if not (model.whole & (model.low < model.high)).any():
        return Searched(model, model, ())
    tolerance: dict[str, float] = {g.id: problem.solver.tolerance * g.scale for g in problem.goals}
    at, blocks = int(model.columns["need_segment"][0]), []
    for goal, name in SEGMENTS.items():
        every = _segments(problem, model, goal, name)
        few = _fewer(every, ROUNDED * tolerance.get(goal, 0.0), at)
        blocks.append((every, few))
        at += len(few.column)
    return Searched(model, _narrow(problem, model, [few for _, few in blocks]), tuple(blocks))


def filled(problem: Problem, model: Model, x: Float) -> Float:
    """A solution of the exact programme with its segments filled from none up.

    A goal that is held with something to spare leaves the solver free to fill them otherwise; then
    its costs come to more than the goal's value.
    """
    result = x.copy()
    blocks = [_segments(problem, model, goal, name) for goal, name in SEGMENTS.items()]
    for every in blocks:
        result[every.column] = 0.0
    quantity = model.matrix @ result
    for every in blocks:
        result[every.column] = every.filled(quantity)
    return result


def _segments(problem: Problem, model: Model, goal: str, name: str) -> Segments:
    """A block of segments of the exact programme."""
    column = model.columns[name]
    row = model.matrix.indices[model.matrix.indptr[column]].astype(np.intp)
    length = model.high[column]
    before = np.cumsum(length) - length
    first = np.flatnonzero(np.diff(row, prepend=-1))
    start = before - np.repeat(before[first], np.diff(first, append=len(row)))
    ids = [g.id for g in problem.goals]
    slope = model.goals[ids.index(goal), column] if goal in ids else np.zeros(len(column))
    return Segments(column, row, start, length, slope)


def _fewer(every: Segments, error: float, at: int) -> Segments:
    """Lines under the expectation, in columns from `at` on; at most `error` under it in all."""
    rows = np.unique(every.row)
    parts = []
    for row in rows:
        mine = every.row == row
        start, slope = _lines(every.length[mine], every.slope[mine], error / len(rows))
        end = every.start[mine][-1] + every.length[mine][-1]
        parts.append((np.full(len(start), row), start, np.diff(start, append=end), slope))
    row, start, length, slope = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Segments(at + np.arange(len(row), dtype=np.intp), row, start, length, slope)


def _lines(length: Float, slope: Float, error: float) -> tuple[Float, Float]:
    """Where each line begins to be the highest, and its slope.

    Args:
        length: Of the segments of a convex function, in order.
        slope: Of each, rising.
        error: How far the highest line may lie under the function.
    """
    edge = np.concatenate([[0.0], np.cumsum(length)])
    value = np.concatenate([[0.0], np.cumsum(length * slope)])
    starts, slopes, i = [0.0], [slope[0]], 0
    while slope[-1] - slope[i] > SAME:
        later = np.flatnonzero(slope - slope[i] > SAME)
        # Where line i meets each later line; the function is farthest from both there.
        meets = (value[i] - value[later] + slope[later] * edge[later] - slope[i] * edge[i]) / (
            slope[later] - slope[i]
        )
        under = np.interp(meets, edge, value) - (value[i] + slope[i] * (meets - edge[i]))
        # The next bend of the function is always near enough.
        last = np.flatnonzero(under <= error + SAME).max(initial=0)
        i = int(later[last])
        starts.append(float(meets[last]))
        slopes.append(slope[i])
    return np.array(starts), np.array(slopes)


def _narrow(problem: Problem, model: Model, blocks: Sequence[Segments]) -> Model:
    """The model with other segments, and the rows that follow from its own."""
    kept = int(blocks[0].column[0])
    column, row, length = (
        np.concatenate([getattr(block, name) for block in blocks])
        for name in ("column", "row", "length")
    )
    segments = sparse.csc_matrix(
        (np.full(len(column), -1.0), (row, column - kept)), shape=(len(model.row_low), len(column))
    )
    ids = [g.id for g in problem.goals]
    goals = np.zeros((len(ids), len(column)))
    for goal, block in zip(SEGMENTS, blocks, strict=True):
        if goal in ids:
            goals[ids.index(goal), block.column - kept] = block.slope
    names = zip(SEGMENTS.values(), blocks, strict=True)
    columns = {**model.columns, **{name: block.column for name, block in names}}
    rows, least = _sums(problem, columns, kept + len(column))
    return replace(
        model,
        matrix=sparse.vstack([sparse.hstack([model.matrix[:, :kept], segments]), rows]).tocsc(),
        row_low=np.concatenate([model.row_low, least]),
        row_high=np.concatenate([model.row_high, np.full(len(least), np.inf)]),
        low=np.concatenate([model.low[:kept], np.zeros(len(column))]),
        high=np.concatenate([model.high[:kept], length]),
        whole=np.concatenate([model.whole[:kept], np.zeros(len(column), dtype=np.bool_)]),
        rule=(*model.rule, *[""] * len(least)),
        goals=np.concatenate([model.goals[:, :kept], goals], axis=1),
        columns=columns,
    )


def _sums(
    problem: Problem, columns: dict[str, Index], width: int
) -> tuple[sparse.csr_matrix, Float]:
    """Rows Σ ≥ least that follow from seats, rights and balances, and their least.

    Of an area: seats + those of it who get another − others who get it ≥ all with a right to it −
    places of others. Of an area in a region the same of those who live there, and those who go
    elsewhere for it less those who come.
    """
    own, areas = problem.own, len(problem.areas)
    region, first, got = wishes(problem)
    home, pair = arcs(problem)
    every = np.concatenate([problem.own.area, problem.others.area])
    mine = pair < len(own)
    school = np.where(mine, own.region[np.minimum(pair, len(own) - 1)], -1)
    lacks_region, lacks = np.nonzero(problem.right)
    member = columns["combined_member"]
    moved, away = first != got, school != home
    come = mine & away
    least = np.where(problem.has_right[:, None], problem.right, 0.0)
    given = np.bincount(problem.others.area, problem.others.places, areas)
    # Row of an area, and of an area in a region: areas first, then region by region.
    seats = [
        (own.area, own.region, columns["whole_classes"], own.full),
        (own.area, own.region, columns["half_class"], own.half),
        (own.area, own.region, columns["open"], -np.minimum(own.reserved, own.full)),
        (own.area[member], own.region[member], columns["combined_seats"], np.ones(len(member))),
        (first[moved], region[moved], columns["wish"][moved], np.ones(moved.sum())),
        (got[moved], region[moved], columns["wish"][moved], np.full(moved.sum(), -1.0)),
        (lacks, lacks_region, columns["without_place"], np.ones(len(lacks))),
    ]
    travel = [
        (every[pair[away]], home[away], columns["placed"][away], np.ones(away.sum())),
        (every[pair[come]], school[come], columns["placed"][come], np.full(come.sum(), -1.0)),
    ]
    parts = [(area, column, value) for area, _, column, value in seats]
    parts += [(areas * (1 + r) + area, column, value) for area, r, column, value in seats + travel]
    row, column, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    matrix = sparse.coo_matrix((value, (row, column)), shape=(areas * (1 + len(least)), width))
    bound = np.concatenate([least.sum(axis=0) - given, least.ravel()])
    there = np.zeros(len(bound), dtype=np.bool_)
    there[own.area] = there[areas * (1 + own.region) + own.area] = True
    there &= bound > 0
    return matrix.tocsr()[there], bound[there]
