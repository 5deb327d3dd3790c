"""The search for one goal under those before it, by HiGHS, never stopped by the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import highspy
import numpy as np
from scipy import sparse

from tasks.forecast.types import Float
from tasks.places import conflicts, highs, searched
from tasks.places.linear import Model
from tasks.places.parts import Across, Parts
from tasks.places.types import Problem

# A goal met so far is held with this share of its tolerance to spare for rounding.
SLACK = 1e-6
# Of the tolerance: where a search stops. Less than one, since `searched.ROUNDED` comes on top.
GAP = 0.9
NEAR_GAP = 0.5
# What a tolerance of a goal counts beside one of the goal before it, while that is searched.
LATER = 0.3
# HiGHS's number of the primal simplex method.
PRIMAL = 4
# Of the tolerance: what a round of prices must better the plan by for another to be made.
GAIN = 0.1
# In tolerances: what a value may differ by for no other reason than rounding.
ROUNDING = 1e-3
# Whole columns that say which classes there are.
CLASSES = ("whole_classes", "half_class", "open", "combined")


@dataclass(frozen=True)
class Stage:
    """How one goal was met.

    Attributes:
        goal: Its id.
        value: In its own unit.
        bound: No plan that holds what came before can be better than this.
        tolerance: What it was to be met to.
        nodes: Nodes of the search.
        met: Whether value and bound are within the tolerance; False where nodes ran out.
    """

    goal: str
    value: float
    bound: float
    tolerance: float
    nodes: int
    met: bool


class Search:
    """Minimises goals one after the other under those already held.

    Each goal goes by steps, and ends with the first that is near enough to the bound so far: pupils
    placed anew in the last plan's classes; what parts answer at prices of what runs across them,
    as long as a round betters the plan; classes between this year's, the last plan's and the
    relaxation's, as the goal and a little of the later ones would have it (relaxation enforced
    neighbourhood, Berthold 2014; crossover, Rothberg 2007); the whole programme from the best plan
    found, until its own bound is near enough or nodes run out.

    Args:
        problem: What is decided.
        model: Its rows and columns.
        order: Positions of the goals, in the order that they are minimised in.
    """

    def __init__(self, problem: Problem, model: Model, order: Sequence[int]) -> None:
        self.problem = problem
        self.searched = searched.of(problem, model)
        self.model = self.searched.model
        self.order = tuple(order)
        self.tolerance = [problem.solver.tolerance * goal.scale for goal in problem.goals]
        self.held: list[tuple[int, float]] = []

    @cached_property
    def parts(self) -> Parts:
        """What hangs together where money, rooms and goals that are held are left out."""
        return Parts(self.model)

    def hold(self, goal: int, most: float, x: Float | None = None) -> None:
        """Later goals may not worsen this one beyond `most`.

        The lines of the search lie under the goal. By how much they do at a plan `x`, which is
        within it, is taken off, so that plans near that one are within it too.
        """
        under = 0.0
        if x is not None:
            seen = self.model.value(goal, self.searched.narrowed(x))
            under = self.searched.exact.value(goal, x) - seen
        self.held.append((goal, most - under + SLACK * self.problem.goals[goal].scale))

    def minimise(self, goal: int, start: Float | None) -> tuple[Float, Stage] | None:
        """A plan and how well it meets the goal; None where the rules conflict."""
        best = None if start is None else self.searched.narrowed(start)
        # The first plan of all is sought for its goal alone.
        relaxed = self._relaxed(goal, later=best is not None)
        if relaxed is None:
            return None
        bound, prices, blend = relaxed
        best = self._better(goal, best, self._in_classes(self._in_tolerances(goal), best))
        if best is not None and not self._near(goal, best, bound):
            best, bound = self._of_parts(goal, best, bound, prices)
        if not self._near(goal, best, bound):
            best = self._better(goal, best, self._nearby(*blend, best))
        if best is not None and self._near(goal, best, bound):
            return self._told(goal, best, bound, 0)
        return self._whole(goal, best, bound)

    def bound(self, goal: int) -> float:
        """What no plan can be below that holds what is held, classes whole or not.

        Raises:
            ValueError: No plan does.
        """
        relaxed = self._relaxed(goal, later=False)
        if relaxed is None:
            raise ValueError("no plan holds what is held")
        return relaxed[0]

    def replace_pupils(self, goal: int, start: Float) -> Float:
        """The plan with pupils placed anew for a goal, its classes as they are."""
        found = self.placed((goal,), start)
        return min(start, found, key=lambda x: self.searched.exact.value(goal, x))

    def placed(self, goals: Sequence[int], start: Float) -> Float:
        """Pupils of a plan placed for the first of some goals and a little of each after it.

        What is held need not be held in the plan given; where it cannot be, the plan is as it was.
        """
        found = self._in_classes(self._blended(goals), self.searched.narrowed(start))
        return start if found is None else self.searched.widened(found)

    def value(self, goal: int, x: Float) -> float:
        """A goal's exact value of a solution of the search."""
        return self.searched.exact.value(goal, self.searched.widened(x))

    def _told(self, goal: int, best: Float, bound: float, nodes: int) -> tuple[Float, Stage]:
        x, tolerance = self.searched.widened(best), self.tolerance[goal]
        value, name = self.searched.exact.value(goal, x), self.problem.goals[goal].id
        return x, Stage(name, value, bound, tolerance, nodes, value - bound <= tolerance)

    def _near(self, goal: int, best: Float | None, bound: float) -> bool:
        return best is not None and self.value(goal, best) - bound <= self.tolerance[goal]

    def _better(self, goal: int, best: Float | None, found: Float | None) -> Float | None:
        if found is None or best is None:
            return best if found is None else found
        return min(best, found, key=lambda x: self.value(goal, x))

    def _relaxed(
        self, goal: int, *, later: bool
    ) -> tuple[float, Float, tuple[Float, Float]] | None:
        """Where classes need not be whole; None where the rules conflict.

        Returns:
            The goal's bound and the price of each row; and with a little of the later goals, the
            costs and the best.
        """
        costs = self._blended(self.order[self.order.index(goal) :] if later else (goal,))
        solver = self._solver(relaxed=True)
        highs.costs(solver, costs)
        x = self._run(solver, None)
        if x is None:
            return None
        # From there it is a few steps to the goal's own best; from nothing it may be very many.
        solver.setOptionValue("simplex_strategy", PRIMAL)
        highs.costs(solver, self._in_tolerances(goal))
        self._run(solver, None)
        bound = self._in_unit(goal, solver.getInfo().objective_function_value)
        return bound, np.array(solver.getSolution().row_dual), (costs, x)

    def _of_parts(self, goal: int, best: Float, bound: float, prices: Float) -> tuple[Float, float]:
        """A plan of what parts answer, and a bound, from prices of the rows of the relaxation."""
        if len(self.parts) == 1:
            return best, bound
        self.parts.take(best)
        # Goals that are held are rows after those of the model.
        held = np.arange(len(self.model.row_low), len(prices))
        asked = prices[np.concatenate([self.parts.rows, held])]
        rounds = self.parts.rounds(self._across(), self._in_tolerances(goal), asked)
        for number, found in enumerate(rounds):
            bound = max(bound, self._in_unit(goal, found.bound))
            gain = 0.0
            if found.x is not None and self.value(goal, found.x) < self.value(goal, best):
                gain, best = self.value(goal, best) - self.value(goal, found.x), found.x
            # The first prices know nothing of how classes are whole.
            enough = number > 0 and gain < GAIN * self.tolerance[goal]
            if enough or self._near(goal, best, bound):
                break
        return best, bound

    def _across(self) -> Across:
        """What parts share, and the goals that are held."""
        shared = self.parts.shared
        held = [self._row(goal, most) for goal, most in self.held]
        unit = [
            self.tolerance[goal] / scale
            for (goal, _), (*_, scale) in zip(self.held, held, strict=True)
        ]
        return Across(
            sparse.vstack([shared.matrix, *(row for row, *_ in held)], format="csc"),
            np.concatenate([shared.low, [-np.inf] * len(held)]),
            np.concatenate([shared.high, [most for _, most, _ in held]]),
            np.concatenate([shared.unit, unit]),
        )

    def _whole(self, goal: int, start: Float | None, bound: float) -> tuple[Float, Stage] | None:
        """All whole columns free; the first plan of all is looked for whatever it takes."""
        solver = self._solver()
        highs.costs(solver, self._in_tolerances(goal))
        most = self.problem.solver.nodes
        found = self._run(
            solver, start, most if start is not None else max(most, conflicts.LEAST_NODES)
        )
        best = self._better(goal, start, found)
        if best is None:
            return None
        info = solver.getInfo()
        # Where nothing was found the solver's bound may be infinite, which is a proof of nothing.
        if found is not None:
            bound = max(bound, self._in_unit(goal, info.mip_dual_bound))
        return self._told(goal, best, bound, int(info.mip_node_count))

    def _in_classes(self, costs: Float, start: Float | None) -> Float | None:
        """The best in the classes of a plan, all else decided anew; None where there is none."""
        if start is None:
            return None
        solver = self._solver()
        at = np.concatenate([self.model.columns[name] for name in CLASSES]).astype(np.int32)
        held = np.rint(start[at])
        solver.changeColsBounds(len(at), at, held, held)
        highs.costs(solver, costs)
        return self._run(solver, None)

    def _nearby(self, costs: Float, relaxed: Float, start: Float | None) -> Float | None:
        """Classes between this year's, the last plan's and the relaxation's; all else is free."""
        n, h = (self.model.columns[name] for name in ("whole_classes", "half_class"))
        steps = 2 * relaxed[n] + relaxed[h]
        near = [np.floor(steps + 1e-6) / 2, np.ceil(steps - 1e-6) / 2, self.problem.now]
        if start is not None:
            near.append(np.rint(start[n]) + np.rint(start[h]) / 2)
        at = n.astype(np.int32)
        low = np.clip(np.floor(np.min(near, axis=0)), self.model.low[n], self.model.high[n])
        high = np.clip(np.floor(np.max(near, axis=0)), low, self.model.high[n])
        solver = self._solver()
        solver.changeColsBounds(len(at), at, low, high)
        highs.costs(solver, costs)
        nodes = 1 if start is not None else conflicts.LEAST_NODES
        return self._run(solver, start, nodes, NEAR_GAP if start is not None else GAP)

    def _solver(self, *, relaxed: bool = False) -> highspy.Highs:
        solver = highs.load(self.model, relaxed=relaxed)
        for goal, most in self.held:
            row, highest, _ = self._row(goal, most)
            at = row.indices.astype(np.int32)
            solver.addRow(-highspy.kHighsInf, highest, len(at), at, row.data)
        return solver

    def _row(self, goal: int, most: float) -> tuple[sparse.csr_matrix, float, float]:
        """The row of a goal that is held, its most, and what both were divided by."""
        costs = self.model.goals[goal]
        scale = float(np.abs(costs).max()) or 1.0
        return (
            sparse.csr_matrix(costs / scale),
            (most - float(self.model.constants[goal])) / scale,
            scale,
        )

    def _in_tolerances(self, goal: int) -> Float:
        """Costs in units of the tolerance, so that the solver's own are alike for every goal."""
        costs: Float = self.model.goals[goal] / self.tolerance[goal]
        return costs

    def _blended(self, order: Sequence[int]) -> Float:
        """Costs of the first goal and a little of each after it."""
        weighted = [LATER**n * self._in_tolerances(goal) for n, goal in enumerate(order)]
        costs: Float = np.sum(weighted, axis=0)
        return costs

    def _in_unit(self, goal: int, value: float) -> float:
        return value * self.tolerance[goal] + float(self.model.constants[goal])

    def _run(
        self, solver: highspy.Highs, start: Float | None, nodes: int = 1, gap: float = GAP
    ) -> Float | None:
        """Solve until the gap is near enough or nodes run out; None where nothing was found."""
        if start is not None:
            given = highspy.HighsSolution()
            given.col_value = start.tolist()
            solver.setSolution(given)
        x = highs.found(solver, gap, nodes)
        if x is None:
            return None
        costs, told = np.array(solver.getLp().col_cost_), solver.getInfo().objective_function_value
        if start is not None and costs @ x > told + ROUNDING:
            # Presolve bettered the start, and the solver hands back the start as it was given.
            solver.clearSolver()
            return self._run(solver, None, nodes, gap)
        return x
