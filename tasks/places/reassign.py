"""Pupils assigned anew to one class more or fewer, with all other classes of a plan held.

The plan's own classes are filled first; from there each question is a change of right-hand sides,
which the dual simplex answers in a few steps. Formulas: docs/method/places.md, section 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy import sparse

from tasks.forecast.types import Float, Index
from tasks.places import highs, measure, searched
from tasks.places.linear import Model, tied
from tasks.places.model import arcs, of_classes
from tasks.places.solve import Plan
from tasks.places.types import Bool, Problem

# Columns that say where pupils are; all others are held.
PUPILS = ("wish", "without_place", "placed", "need_segment", "apprentice_segment")
# Before the goals come the right to a place, and then the minimum fill.
BEFORE = 2
# Persons or seats that are none at all.
NOBODY = 1e-6
NONE = np.zeros(0)
ANSWERS = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible)
# Of a goal's tolerance, what an earlier goal may give for rounding at least.
SPARE = 1e-5


@dataclass(frozen=True)
class Assigned:
    """Pupils in given classes.

    Attributes:
        plan: The classes, with the pupils in them.
        without: `[home region]` persons with the right and no place.
        short: Seats that classes lack to the minimum fill, in sum.
    """

    plan: Plan
    without: Float
    short: float


@dataclass(frozen=True)
class Moves:
    """Who has another place than in the plan, the fewest that will do; persons.

    Attributes:
        moved: `[home region]` those with another place, or none.
        here: `[home region]` more, or fewer, in the pair asked about.
        other_area: `[home region]` those who get another programme area.
        far: `[home region]` more, or fewer, with a long way or a place out of the region.
        without: `[home region]` more, or fewer, without a place.
        pair: `[own pair, then others' pair]` more, or fewer.
    """

    moved: Float
    here: Float
    other_area: Float
    far: Float
    without: Float
    pair: Float


class Reassignment:
    """Assigns pupils to classes that differ little from a plan's.

    Pupils of areas that no wish ties to those whose classes differ are where the plan has them. Of
    the others first nobody is to be without a place, then classes are to reach the minimum fill,
    then come the goals in order; of what is left, as few as possible have another place than in the
    plan. A goal gives way to later ones as far as it does in the plan, so that the plan's own
    classes have the plan's own pupils and what is different comes of the classes.

    Args:
        plan: The plan; its adults, colleges, shared classes and groups are held.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.problem: Problem = plan.problem
        self._pupils = np.zeros(len(plan.model.low), dtype=np.bool_)
        for name in PUPILS:
            self._pupils[plan.model.columns[name]] = True
        self._model, self._held = _reduced(plan, self._pupils)
        own = searched.filled(plan.problem, plan.model, plan.x)[self._pupils]
        self._start = np.append(own, np.zeros(len(self._model.columns["short"])))
        self._taken = self._by_held(plan.classes)
        self._of_column, self._of_row = tied(self._model.matrix)
        self._parts: dict[int, _Part] = {}
        self.base = self._assigned(plan.classes, self._start)
        problem = self.problem
        self._home, self._to = arcs(problem)
        self._area = np.concatenate([problem.own.area, problem.others.area])
        self._far = np.maximum(problem.outside, problem.beyond)[self._home, self._to]

    def assign(self, classes: Float) -> Assigned:
        """Pupils in classes `[pair]`.

        Raises:
            RuntimeError: The solver found no way, though pupils may be without a place.
        """
        taken = self._by_held(classes)
        low, high = self._model.row_low - taken, self._model.row_high - taken
        pupils = self._start.copy()
        for number in np.unique(self._of_row[taken != self._taken]):
            part = self._part(int(number))
            pupils[part.columns] = part.assign(low[part.rows], high[part.rows])
        return self._assigned(classes, pupils)

    def moves(self, found: Assigned, pair: int) -> Moves:
        """Who is elsewhere than in the plan because of other classes in a pair."""
        regions = len(self.problem.regions)
        more = found.plan.block("placed") - self.base.plan.block("placed")
        by_area = np.zeros((regions, len(self.problem.areas)))
        np.add.at(by_area, (self._home, self._area[self._to]), more)
        without = found.without - self.base.without

        def by_home(persons: Float) -> Float:
            return _summed(self._home, persons, regions)

        return Moves(
            moved=by_home(np.maximum(more, 0)) + np.maximum(without, 0),
            here=by_home(np.where(self._to == pair, more, 0)),
            other_area=np.maximum(by_area, 0).sum(axis=1),
            far=by_home(more * self._far),
            without=without,
            pair=_summed(self._to, more, len(self._area)),
        )

    def in_pair(self, found: Assigned, pair: int) -> float:
        """Pupils in a pair."""
        return float(found.plan.block("placed")[self._to == pair].sum())

    def _part(self, number: int) -> _Part:
        """A part of the programme, its pupils as the plan has them in the plan's classes."""
        if number not in self._parts:
            self._parts[number] = _Part(
                self._model,
                np.flatnonzero(self._of_row == number),
                np.flatnonzero(self._of_column == number),
                self._start,
                self._taken,
                [
                    self.problem.solver.tolerance * goal.scale
                    for goal in self.problem.goals
                    if goal.id in measure.OF_PUPILS
                ],
            )
        return self._parts[number]

    def _by_held(self, classes: Float) -> Float:
        """`[row]` what these classes, and all else that is held, take of each row."""
        taken: Float = self._held @ self._with(classes)[~self._pupils]
        return taken

    def _with(self, classes: Float) -> Float:
        x, at = self.plan.x.copy(), self.plan.model.columns
        for name, block in of_classes(classes).items():
            x[at[name]] = block
        x[at["change"]] = np.abs(classes - self.problem.now)
        return x

    def _assigned(self, classes: Float, pupils: Float) -> Assigned:
        x = self._with(classes)
        x[self._pupils] = pupils[: int(self._pupils.sum())]
        region = np.nonzero(self.problem.right)[0]
        without = pupils[self._model.columns["without_place"]]
        return Assigned(
            replace(self.plan, x=x, stages=()),
            _summed(region, without, len(self.problem.regions)),
            float(pupils[self._model.columns["short"]].sum()),
        )


class _Part:
    """Pupils who may take each other's places, assigned anew by themselves.

    Args:
        model: From `_reduced`.
        rows: Of the part.
        columns: Of the part.
        start: `[column]` where the plan has its pupils.
        taken: `[row]` what the plan's own classes take of each row.
        tolerance: Of each goal of pupils, in its unit.
    """

    def __init__(
        self,
        model: Model,
        rows: Index,
        columns: Index,
        start: Float,
        taken: Float,
        tolerance: Sequence[float],
    ) -> None:
        self.rows, self.columns = rows, columns
        self._model = _part(model, rows, columns)
        self._start = start[columns]
        self._spare = SPARE * np.array([NOBODY] * BEFORE + list(tolerance))
        self._stages = [_Stage(self._model, goal) for goal in range(len(self._spare))]
        self._nearest = _Stage(*_nearest(self._model, self._start))
        low, high = model.row_low[rows] - taken[rows], model.row_high[rows] - taken[rows]
        self._best = self._as_the_plan(low, high)
        if self._nearest.solve(low, high, self._best + self._spare) is None:
            raise RuntimeError("the plan's own pupils cannot be placed as they are")
        for stage in (*self._stages, self._nearest):
            stage.keep()

    def assign(self, low: Float, high: Float) -> Float:
        """`[column]` of the part, with these bounds of its rows."""
        # Where the plan leaves nobody without a place and no class half empty, no other classes can
        # do better: those two are held, and sought only where they cannot be.
        best = self._best[:BEFORE]
        x, values = self._by_goals(low, high, best if best.max() < NOBODY else NONE)
        nearest = self._nearest.solve(low, high, values + self._spare)
        if nearest is None:
            # By rounding the goals cannot be held quite as they are: the assignment that met them.
            return x
        # Who left an arc is taken off those who were there.
        placed, left = self._model.columns["placed"], len(self._model.low)
        nearest[placed] -= nearest[left:]
        return nearest[:left]

    def _as_the_plan(self, low: Float, high: Float) -> Float:
        """Each stage's best in the plan's classes, and `_spare` as much as the plan gives way."""
        best = NONE
        for number, stage in enumerate(self._stages):
            found = stage.solve(low, high, best + self._spare[:number])
            if found is None:
                raise RuntimeError("the plan's own pupils cannot be placed as they are")
            costs = self._model.goals[number]
            best = np.append(best, (costs * found).sum())
            self._spare[number] += max((costs * self._start).sum() - best[number], 0.0)
        return best

    def _by_goals(self, low: Float, high: Float, known: Float) -> tuple[Float, Float]:
        """Columns of pupils, and the value of each stage, of which the first may be known."""
        values = np.array(known)
        x = self._start
        for number in range(len(known), len(self._stages)):
            found = self._stages[number].solve(low, high, values + self._spare[:number])
            if found is None and 0 < number == len(known):
                return self._by_goals(low, high, NONE)
            if found is None:
                raise RuntimeError("pupils cannot be placed though they may be without a place")
            x = found
            # Not by @, whose threads take longer to wake than the sum takes.
            values = np.append(values, (self._model.goals[number] * x).sum())
        return x, values


def _summed(at: Index, persons: Float, count: int) -> Float:
    total = np.zeros(count)
    np.add.at(total, at, persons)
    return total


class _Stage:
    """One goal with the earlier ones held: only right-hand sides change between questions."""

    def __init__(self, model: Model, goal: int) -> None:
        self.rows = model.matrix.shape[0]
        self.solver = highs.load(model, relaxed=True)
        self.solver.setOptionValue("presolve", "off")
        for costs in model.goals[:goal]:
            at = np.flatnonzero(costs).astype(np.int32)
            self.solver.addRow(-highspy.kHighsInf, highspy.kHighsInf, len(at), at, costs[at])
        highs.costs(self.solver, model.goals[goal])
        self.basis: highspy.HighsBasis | None = None

    def keep(self) -> None:
        """Begin every later question where this one ended, in whatever order they are asked."""
        self.basis = self.solver.getBasis()

    def solve(self, low: Float, high: Float, most: Float) -> Float | None:
        """The best columns with earlier goals at most so much; None where there are none."""
        free = np.full(len(most), -highspy.kHighsInf)
        rows = np.arange(self.rows + len(most), dtype=np.int32)
        low, high = np.concatenate([low, free]), np.concatenate([high, most])
        self.solver.changeRowsBounds(len(rows), rows, low, high)  # type: ignore[attr-defined]
        if self.basis is not None:
            # Of answers that are as good, the one that is found depends on all that is remembered.
            self.solver.clearSolver()
            self.solver.setBasis(self.basis)
        self.solver.run()
        if self.solver.getModelStatus() not in ANSWERS:
            # Where it went on from led nowhere: from nothing, then.
            self.solver.clearSolver()
            self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.array(self.solver.getSolution().col_value)


def _reduced(plan: Plan, pupils: Bool) -> tuple[Model, sparse.csr_matrix]:
    """The model of pupils alone, and what the held columns take of each of its rows.

    A class below the minimum fill is `short` of seats, a column for each.
    """
    model = plan.model
    # A class that nobody can come to has no pupils in its row, and lacks them all the same.
    filled = np.array([rule.startswith("minstefylling") for rule in model.rule])
    rows = np.flatnonzero((np.diff(model.matrix[:, pupils].tocsr().indptr) > 0) | filled)
    matrix = model.matrix.tocsr()[rows]
    least = np.flatnonzero(filled[rows])
    short = sparse.csr_matrix(
        (np.ones(len(least)), (least, np.arange(len(least)))), (len(rows), len(least))
    )
    position = np.cumsum(pupils) - 1
    columns = {name: position[model.columns[name]] for name in PUPILS}
    count = int(pupils.sum())
    columns["short"] = np.arange(count, count + len(least), dtype=np.intp)
    high = np.concatenate([model.high[pupils], np.full(len(least), np.inf)])
    high[columns["without_place"]] = np.inf
    before = np.zeros((BEFORE, len(high)))
    before[0, columns["without_place"]] = before[1, columns["short"]] = 1.0
    mine = [n for n, g in enumerate(plan.problem.goals) if g.id in measure.OF_PUPILS]
    goals = np.pad(model.goals[mine][:, pupils], ((0, 0), (0, len(least))))
    reduced = replace(
        model,
        matrix=sparse.hstack([matrix[:, pupils], short]).tocsc(),
        row_low=model.row_low[rows],
        row_high=model.row_high[rows],
        low=np.concatenate([model.low[pupils], np.zeros(len(least))]),
        high=high,
        whole=np.zeros(len(high), dtype=np.bool_),
        rule=tuple(model.rule[r] for r in rows),
        goals=np.concatenate([before, goals]),
        constants=np.zeros(BEFORE + len(mine)),
        columns=columns,
    )
    return reduced, matrix[:, ~pupils].tocsr()


def _nearest(model: Model, x: Float) -> tuple[Model, int]:
    """The model with a last goal: as few as can be placed otherwise than in `x`.

    Who is placed on an arc are those that were, those that have come, less those that left.
    """
    placed = model.columns["placed"]
    low, before = model.low.copy(), np.maximum(x[placed], 0)
    low[placed] = before
    other = np.zeros((1, len(low) + len(placed)))
    other[0, placed] = other[0, len(low) :] = 1.0
    goals = np.concatenate([np.hstack([model.goals, -model.goals[:, placed]]), other])
    wider = replace(
        model,
        matrix=sparse.hstack([model.matrix, -model.matrix[:, placed]]).tocsc(),
        low=np.concatenate([low, np.zeros(len(placed))]),
        high=np.concatenate([model.high, before]),
        whole=np.zeros(len(low) + len(placed), dtype=np.bool_),
        goals=goals,
        constants=np.zeros(len(goals)),
    )
    return wider, len(goals) - 1


def _part(model: Model, rows: Index, columns: Index) -> Model:
    """Some rows of the model with the columns that stand in them."""
    position = np.full(len(model.low), -1, dtype=np.intp)
    position[columns] = np.arange(len(columns))
    of_part = {name: position[at[position[at] >= 0]] for name, at in model.columns.items()}
    return replace(
        model,
        matrix=model.matrix.tocsr()[rows].tocsc()[:, columns],
        row_low=model.row_low[rows],
        row_high=model.row_high[rows],
        low=model.low[columns],
        high=model.high[columns],
        whole=model.whole[columns],
        rule=tuple(model.rule[r] for r in rows),
        goals=model.goals[:, columns],
        columns=of_part,
    )
