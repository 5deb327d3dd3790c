"""Goals in lexicographic order by HiGHS, never stopped by the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np

from tasks.forecast.types import Float
from tasks.places import conflicts, highs, searched
from tasks.places.linear import Model, tied
from tasks.places.model import build
from tasks.places.types import Bool, Fixed, Problem

# A goal met so far is held with this share of its tolerance to spare for rounding.
SLACK = 1e-6
# Of the tolerance: where a search stops. Less than one, since `searched.ROUNDED` comes on top.
GAP = 0.9
NEAR_GAP = 0.5
# What a tolerance of a goal counts beside one of the goal before it, while that is searched.
LATER = 0.3
# HiGHS's number of the primal simplex method.
PRIMAL = 4
# Of the tolerance: where the search of a part stops, and the least that it must promise.
PART_GAP = 0.1
# Rules that tie together classes that have nothing else to do with each other.
SHARED = ("budsjett", "endring", "rom", "fagskole", "voksne")
# In tolerances: what a value may differ by for no other reason than rounding.
ROUNDING = 1e-3
# Whole columns that say which classes there are.
CLASSES = ("whole_classes", "half_class", "open", "combined")
# Whole columns that are decided anew whatever classes are held.
FREE = ("adult_places", "adult_groups", "college_places", "college_start", "special_groups")


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


@dataclass(frozen=True)
class Plan:
    """A plan: classes, and everything that follows from them.

    Attributes:
        problem: What was decided.
        model: Its rows and columns.
        x: Value of every column.
        stages: One a goal, in order.
    """

    problem: Problem
    model: Model
    x: Float
    stages: tuple[Stage, ...]

    @property
    def classes(self) -> Float:
        """`[pair]` classes that an area has for itself."""
        result: Float = self.block("whole_classes") + self.block("half_class") / 2
        return result

    def block(self, name: str) -> Float:
        """A block of columns; whole ones rounded."""
        at = self.model.columns[name]
        # Adding nothing makes −0 a plain 0.
        values: Float = np.where(self.model.whole[at], np.rint(self.x[at]), self.x[at]) + 0.0
        return values

    @property
    def values(self) -> Float:
        """Each goal's value, in order."""
        return np.array([self.model.value(g, self.x) for g in range(len(self.problem.goals))])


def plan(problem: Problem, goals: Sequence[str] | None = None) -> Plan:
    """The best plan by the goals in order.

    Args:
        problem: From `problem.build`.
        goals: Ids to go by, in the problem's order; default all.

    Raises:
        conflicts.Infeasible: The rules conflict; it names an irreducible set of them.
    """
    model = build(problem)
    found = _by_goals(problem, model, goals)
    if found is None:
        raise conflicts.Infeasible(conflicts.find(problem, model))
    return found


def override(free: Plan, fixed: Sequence[Fixed]) -> Plan:
    """The plan with some classes set by hand, as much like another as can be.

    Only the programmes of what is set are decided anew in its school regions, by all goals in
    order; other classes are held. Where that cannot be done, the programmes in all of the county,
    which may make up for money and teachers; and then everything.

    Raises:
        conflicts.Infeasible: Not even then.
    """
    problem = replace(free.problem, fixed=tuple(fixed))
    model = build(problem)
    own, pairs = problem.own, [f.pair for f in fixed]
    programme = np.array(problem.programme)[own.area]
    same = np.isin(programme, programme[pairs]) | np.isin(own.area, own.area[pairs])
    here = np.isin(own.region, own.region[pairs]) | np.isin(own.area, own.area[pairs])
    for moved in (same & here, same):
        held = model.whole & ~_columns(model, moved)
        for name in FREE:
            held[model.columns[name]] = False
        near = decided(model, held, np.rint(free.x))
        # Otherwise what is set would seem to cost what a goal may give way to later ones.
        found = _by_goals(problem, near, None, free.values)
        if found is not None:
            return found
    return plan(problem)


def decided(model: Model, held: Bool, values: Float) -> Model:
    """The model where some columns have their values already."""
    return replace(
        model, low=np.where(held, values, model.low), high=np.where(held, values, model.high)
    )


def _by_goals(
    problem: Problem,
    model: Model,
    goals: Sequence[str] | None,
    former: Float | None = None,
) -> Plan | None:
    """The best plan by the goals in order; None where the rules conflict.

    Later goals may leave an earlier one at its bound and tolerance; where there are `[goal]` values
    of a former plan, no worse than those if it can be.
    """
    order = [at for at, goal in enumerate(problem.goals) if goals is None or goal.id in goals]
    search = Search(problem, model, order)
    stages: list[Stage] = []
    held: list[float] = []
    x: Float | None = None
    for goal in order:
        found = search.minimise(goal, x)
        if found is None:
            return None
        x, stage = found
        stages.append(stage)
        most = stage.bound + stage.tolerance
        if former is not None:
            most = min(most, max(float(former[goal]), stage.bound))
        held.append(max(stage.value, most))
        search.hold(goal, held[-1], x)
    if x is None:
        raise ValueError("no goal to go by")
    return Plan(problem, model, _placed(problem, model, x, held, search), tuple(stages))


def proven(plan: Plan) -> Plan:
    """A plan whose classes were decided otherwise, and how good its goals could be in them.

    Each goal is bounded with those before it held as they are in the plan.
    """
    problem = plan.problem
    given = decided(plan.model, plan.model.whole, np.rint(plan.x))
    search = Search(problem, given, range(len(problem.goals)))
    stages = []
    for goal, value in enumerate(plan.values.tolist()):
        bound, tolerance = search.bound(goal), search.tolerance[goal]
        met = value - bound <= tolerance
        stages.append(Stage(problem.goals[goal].id, value, bound, tolerance, 0, met))
        search.hold(goal, value)
    return replace(plan, stages=tuple(stages))


def _placed(
    problem: Problem, model: Model, found: Float, most: Sequence[float], search: Search
) -> Float:
    """Pupils placed by the exact expectations in the classes that were found.

    Each goal is held at what it may be at most. The search looked from below, so that they may not
    all be had in these classes; then each is held where it was found.
    """
    if search.model is model:
        return found
    given = decided(model, model.whole, np.rint(found))
    was = np.array([model.value(goal, found) for goal in search.order])
    room = ROUNDING * np.array(search.tolerance)[list(search.order)]
    for held in (np.array(most), np.maximum(most, was)):
        exact, x = Search(problem, given, search.order), found
        for goal, at in zip(search.order, held, strict=True):
            x = exact.placed((goal,), x)
            exact.hold(goal, max(at, model.value(goal, x)))
        x = exact.placed(search.order, x)
        values = np.array([model.value(goal, x) for goal in search.order])
        if (values <= held + room).all():
            break
    return searched.filled(problem, model, x)


class Search:
    """Minimises goals one after the other under those already held.

    Each goal goes by steps, and ends with the first that is near enough to the bound so far: pupils
    placed anew in the last plan's classes; classes between this year's, the last plan's and the
    relaxation's, as the goal and a little of the later ones would have it (relaxation enforced
    neighbourhood, Berthold 2014; crossover, Rothberg 2007); the whole programme from the best plan
    found, until its own bound is near enough or nodes run out; one part after the other with the
    rest held (large neighbourhoods, Shaw 1998).

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
        self.integers = np.flatnonzero(self.model.whole).astype(np.int32)

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
        bound, blend = relaxed
        best = self._better(goal, best, self._in_classes(self._in_tolerances(goal), best))
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

    def _relaxed(self, goal: int, *, later: bool) -> tuple[float, tuple[Float, Float]] | None:
        """Where classes need not be whole; None where the rules conflict.

        Returns:
            The goal's bound; and with a little of the later goals, the costs and the best.
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
        return self._in_unit(goal, solver.getInfo().objective_function_value), (costs, x)

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
        for part in parts(self.model):
            if self._near(goal, best, bound):
                break
            best = self._with_part(goal, best, part)
        return self._told(goal, best, bound, int(info.mip_node_count))

    def _with_part(self, goal: int, start: Float, part: Bool) -> Float:
        """The plan with a part decided anew, where its relaxation says that it may be worth it."""
        at = self.integers
        held = np.rint(start[at])
        low = np.where(part[at], self.model.low[at], held)
        high = np.where(part[at], self.model.high[at], held)

        def best(*, relaxed: bool) -> Float | None:
            solver = self._solver(relaxed=relaxed)
            solver.changeColsBounds(len(at), at, low, high)
            highs.costs(solver, self._in_tolerances(goal))
            return self._run(solver, None if relaxed else start, gap=PART_GAP)

        possible = best(relaxed=True)
        least = self.value(goal, start) - PART_GAP * self.tolerance[goal]
        if possible is None or self.value(goal, possible) > least:
            return start
        found = best(relaxed=False)
        return start if found is None else min(start, found, key=lambda x: self.value(goal, x))

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
            _hold(solver, self.model, goal, most)
        return solver

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
        solver.setOptionValue("mip_abs_gap", gap)
        solver.setOptionValue("mip_max_nodes", nodes)
        if start is not None:
            given = highspy.HighsSolution()
            given.col_value = start.tolist()
            solver.setSolution(given)
        solver.run()
        x, info = np.array(solver.getSolution().col_value), solver.getInfo()
        feasible = highspy.SolutionStatus.kSolutionStatusFeasible
        if len(x) != len(self.model.low) or info.primal_solution_status != feasible:
            return None
        costs = np.array(solver.getLp().col_cost_)
        if start is not None and costs @ x > info.objective_function_value + ROUNDING:
            # Presolve bettered the start, and the solver hands back the start as it was given.
            solver.clearSolver()
            return self._run(solver, None, nodes, gap)
        return x


def parts(model: Model) -> list[Bool]:
    """0/1 over columns, one a part: what hangs together where rooms and money are left out.

    On Vg1 choices tie programmes together, later the areas that build on the same. The smallest
    come first, since they take the least time.
    """
    ties = np.array([rule.partition(" · ")[0] in SHARED for rule in model.rule])
    of_column, _ = tied(model.matrix.tocsr()[~ties])
    classes = np.bincount(of_column[model.columns["whole_classes"]])
    order = np.argsort(classes, kind="stable")
    return [of_column == part for part in order if classes[part]]


def _columns(model: Model, pairs: Bool) -> Bool:
    """0/1 over columns: the classes of some pairs, and what they share."""
    chosen = np.zeros(len(model.low), dtype=np.bool_)
    for name in ("whole_classes", "half_class", "open"):
        chosen[model.columns[name][pairs]] = True
    member = pairs[model.columns["combined_member"]]
    chosen[model.columns["combined_seats"][member]] = True
    chosen[model.columns["combined"][model.columns["combined_group"][member]]] = True
    return chosen


def _hold(solver: highspy.Highs, model: Model, goal: int, most: float) -> None:
    """Later goals may not worsen this one beyond `most`."""
    at = np.flatnonzero(model.goals[goal]).astype(np.int32)
    scale = np.abs(model.goals[goal, at]).max() if len(at) else 1.0
    solver.addRow(
        -highspy.kHighsInf,
        (most - float(model.constants[goal])) / scale,
        len(at),
        at,
        model.goals[goal, at] / scale,
    )
