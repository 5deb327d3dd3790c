"""Pupils assigned anew to one class more or fewer, with all other classes of a plan held.

The plan's own classes are filled first; from there each question is a change of right-hand sides,
which the dual simplex answers in a few steps. Formulas: docs/method/places.md, section 7.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy import sparse

from tasks.forecast.types import Float, Index
from tasks.places import highs, measure
from tasks.places.linear import Model
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

    First nobody is to be without a place, then classes are to reach the minimum fill, then come the
    goals in order; of what is left, as few as possible have another place than in the plan. A goal
    gives way to later ones as far as it does in the plan, so that the plan's own classes have the
    plan's own pupils and what is different comes of the classes.

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
        scales = [g.scale for g in self.problem.goals if g.id in measure.OF_PUPILS]
        near = [NOBODY] * BEFORE + [self.problem.solver.tolerance * scale for scale in scales]
        self._spare = SPARE * np.array(near)
        self._stages = [_Stage(self._model, goal) for goal in range(len(near))]
        low, high = self._bounds(plan.classes)
        self._best = self._as_the_plan(low, high)
        for stage in self._stages:
            stage.keep()
        start = np.append(plan.x[self._pupils], np.zeros(len(self._model.columns["short"])))
        self._nearest = _Stage(*_nearest(self._model, start))
        found = self._nearest.solve(low, high, self._best + self._spare)
        if found is None:
            raise RuntimeError("the plan's own pupils cannot be placed as they are")
        self._nearest.keep()
        self.base = self._assigned(plan.classes, self._without_leavers(found))
        problem = self.problem
        self._home, self._to = arcs(problem)
        self._area = np.concatenate([problem.own.area, problem.others.area])
        self._far = np.maximum(problem.outside, problem.beyond)[self._home, self._to]

    def assign(self, classes: Float) -> Assigned:
        """Pupils in classes `[pair]`.

        Raises:
            RuntimeError: The solver found no way, though pupils may be without a place.
        """
        low, high = self._bounds(classes)
        # Where the plan leaves nobody without a place and no class half empty, no other classes can
        # do better: those two are held, and sought only where they cannot be.
        best = self._best[:BEFORE]
        known = best if best.max() < NOBODY else NONE
        x, values = self._by_goals(low, high, known)
        self._hold_still(x)
        nearest = self._nearest.solve(low, high, values + self._spare)
        if nearest is None:
            # By rounding the goals cannot be held quite as they are: the assignment that met them.
            return self._assigned(classes, x)
        return self._assigned(classes, self._without_leavers(nearest))

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

    def _as_the_plan(self, low: Float, high: Float) -> Float:
        """Each stage's best in the plan's classes, and `_spare` as much as the plan gives way."""
        of_plan = self._plans_own()
        best = NONE
        for number, stage in enumerate(self._stages):
            found = stage.solve(low, high, best + self._spare[:number])
            if found is None:
                raise RuntimeError("the plan's own pupils cannot be placed as they are")
            best = np.append(best, (self._model.goals[number] * found).sum())
            if number >= BEFORE:
                given = of_plan[number - BEFORE] - best[number]
                self._spare[number] = max(self._spare[number], given + self._spare[number])
        return best

    def _plans_own(self) -> Float:
        """The plan's goals that pupils have a part in, that part of them."""
        plan, values = self.plan, measure.goals(self.problem, self.plan)
        held = np.where(self._pupils, 0, plan.x)
        return np.array(
            [
                values[goal.id] - plan.model.constants[n] - (plan.model.goals[n] * held).sum()
                for n, goal in enumerate(self.problem.goals)
                if goal.id in measure.OF_PUPILS
            ]
        )

    def _without_leavers(self, nearest: Float) -> Float:
        """The pupils' columns of the nearest assignment: those who left are taken off."""
        placed, left = self._model.columns["placed"], len(self._model.low)
        nearest[placed] -= nearest[left:]
        return nearest[:left]

    def _hold_still(self, pupils: Float) -> None:
        """Let only pupils of areas that change at all move: with all it takes five times longer."""
        placed = self._model.columns["placed"]
        before = np.maximum(self.base.plan.block("placed"), 0)
        changes = np.zeros(len(self.problem.areas), dtype=np.bool_)
        changes[self._area[self._to[np.abs(pupils[placed] - before) > NOBODY]]] = True
        free = changes[self._area[self._to]]
        here = np.concatenate([placed, len(self._model.low) + np.arange(len(placed))])
        self._nearest.solver.changeColsBounds(
            len(here),
            here.astype(np.int32),
            np.concatenate([before, np.zeros(len(placed))]),
            np.concatenate([np.where(free, np.inf, before), np.where(free, before, 0)]),
        )

    def _bounds(self, classes: Float) -> tuple[Float, Float]:
        """Row bounds with these classes: what is held stands on the right-hand side."""
        held = self._held @ self._with(classes)[~self._pupils]
        return self._model.row_low - held, self._model.row_high - held

    def _with(self, classes: Float) -> Float:
        x, at = self.plan.x.copy(), self.plan.model.columns
        for name, block in of_classes(classes).items():
            x[at[name]] = block
        return x

    def _by_goals(self, low: Float, high: Float, known: Float) -> tuple[Float, Float]:
        """Columns of pupils, and the value of each stage, of which the first may be known."""
        values = np.array(known)
        x = np.zeros(len(self._model.low))
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
