"""Goals in lexicographic order by HiGHS, never stopped by the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from tasks.forecast.types import Float
from tasks.places import conflicts, highs
from tasks.places.linear import Model
from tasks.places.model import build, of_classes
from tasks.places.rules import Goal
from tasks.places.types import Bool, Fixed, Problem

# A goal met so far is held with this share of its tolerance to spare for rounding.
SLACK = 1e-6
LEAST_NODES = 1000
# Nodes of the search of a part, which is small.
PART_NODES = 10
# A part is searched where it could give this share of the tolerance, by its relaxation.
WORTH = 1.0
# Rules that tie together classes that have nothing else to do with each other.
SHARED = ("budsjett", "endring", "rom", "fagskole", "voksne")
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

    Only the programmes and school regions of what is set are decided anew, by all goals in order;
    other classes are held. Where that cannot be done everything is decided anew.

    Raises:
        conflicts.Infeasible: Not even then.
    """
    problem = replace(free.problem, fixed=tuple(fixed))
    model = build(problem)
    own, pairs = problem.own, [f.pair for f in fixed]
    programme = np.array(problem.programme)[own.area]
    moved = np.isin(programme, programme[pairs]) & np.isin(own.region, own.region[pairs])
    moved |= np.isin(own.area, own.area[pairs])
    held = model.whole & ~_columns(model, moved)
    for name in FREE:
        held[model.columns[name]] = False
    near = _with(model, held, np.rint(free.x))
    return _by_goals(problem, near, None) or plan(problem)


def hold(former: Plan, classes: Float, fixed: Sequence[Fixed], spare: Mapping[Goal, float]) -> Plan:
    """The plan where every class is decided already, and pupils alone are placed anew.

    Shared classes and their seats, adults, colleges and groups with rules of their own stay as
    they were.

    Args:
        former: The plan before.
        classes: `[pair]`.
        fixed: Those of them that people have set.
        spare: By goal, how far it gives way to later ones: as far as in the plan before
            (`measure.Placement.spare`), so that what is different comes of the classes.

    Raises:
        conflicts.Infeasible: These classes cannot be, with the rules as they are.
    """
    problem = replace(former.problem, fixed=tuple(fixed))
    model = build(problem)
    values = np.rint(former.x)
    for name, block in of_classes(classes).items():
        values[model.columns[name]] = block
    decided = _with(model, model.whole, values)
    found = _by_goals(problem, decided, None, spare)
    if found is None:
        raise conflicts.Infeasible(conflicts.find(problem, decided))
    return found


def _with(model: Model, held: Bool, values: Float) -> Model:
    """The model where some columns have their values already."""
    return replace(
        model, low=np.where(held, values, model.low), high=np.where(held, values, model.high)
    )


def _by_goals(
    problem: Problem,
    model: Model,
    goals: Sequence[str] | None,
    spare: Mapping[Goal, float] | None = None,
) -> Plan | None:
    """The best plan by the goals in order; None where the rules conflict.

    Later goals may leave an earlier one at its bound and tolerance; with what is to `spare` instead
    where that is given.
    """
    search = Search(model, problem.solver.nodes)
    stages: list[Stage] = []
    x: Float | None = None
    for position, goal in enumerate(problem.goals):
        if goals is not None and goal.id not in goals:
            continue
        found = search.minimise(position, problem.solver.tolerance * goal.scale, x)
        if found is None:
            return None
        x, stage = found
        stages.append(replace(stage, goal=goal.id))
        given = stage.tolerance if spare is None else spare.get(goal.id, 0.0)
        most = max(stage.value, stage.bound + given)
        search.hold(position, most + SLACK * goal.scale)
    if x is None:
        raise ValueError("no goal to go by")
    return Plan(problem, model, x, tuple(stages))


class Search:
    """Minimises goals one after the other under those already held.

    Each goal goes by steps, and ends with the first that is near enough to the relaxation's bound:
    pupils placed anew in the last plan's classes; classes between the relaxation's neighbours
    (relaxation enforced neighbourhood, Berthold 2014); the whole programme from the best plan
    found, until its own bound is near enough or nodes run out; one part after the other with the
    rest held (large neighbourhoods, Shaw 1998).

    Args:
        model: Rows and columns.
        nodes: Most nodes of a search.
    """

    def __init__(self, model: Model, nodes: int) -> None:
        self.model = model
        self.parts = parts(model)
        self.nodes = nodes
        self.held: list[tuple[int, float]] = []
        self.integers = np.flatnonzero(model.whole).astype(np.int32)

    def hold(self, goal: int, most: float) -> None:
        """Later goals may not worsen this one beyond `most`."""
        self.held.append((goal, most))

    def minimise(
        self, goal: int, tolerance: float, start: Float | None
    ) -> tuple[Float, Stage] | None:
        """A plan and how well it meets the goal; None where the rules conflict."""
        relaxed = self.relaxed(goal, tolerance)
        if relaxed is None:
            return None
        best = _better(self.model, goal, start, self.replace_pupils(goal, tolerance, start))
        if (near := self._near_enough(goal, tolerance, best, relaxed[1])) is not None:
            return near
        nearby = self._run(self._near(relaxed[0]), goal, tolerance, None)
        best = _better(self.model, goal, best, nearby)
        if (near := self._near_enough(goal, tolerance, best, relaxed[1])) is not None:
            return near
        # The first plan of all is looked for whatever it takes.
        nodes = self.nodes if best is not None else max(self.nodes, LEAST_NODES)
        found = minimise(self._solver(), self.model, goal, tolerance, nodes, best)
        if found is None or found[1].met:
            return found
        return self._by_parts(goal, tolerance, *found)

    def _near_enough(
        self, goal: int, tolerance: float, best: Float | None, relaxed: Stage
    ) -> tuple[Float, Stage] | None:
        """The best plan found, where it is within the tolerance of the relaxation's bound."""
        if best is None or (value := self.model.value(goal, best)) - relaxed.bound > tolerance:
            return None
        return best, replace(relaxed, value=value, met=True)

    def relaxed(self, goal: int, tolerance: float) -> tuple[Float, Stage] | None:
        """The goal's best where classes need not be whole; None where the rules conflict."""
        return self._run(self._solver(relaxed=True), goal, tolerance, None)

    def _by_parts(
        self, goal: int, tolerance: float, best: Float, stage: Stage
    ) -> tuple[Float, Stage]:
        """Part by part with the others held, until it is near enough to the bound."""
        for part in self.parts:
            best = self._with_part(goal, tolerance, best, part)
            value = self.model.value(goal, best)
            stage = replace(stage, value=value, met=value - stage.bound <= tolerance)
            if stage.met:
                break
        return best, stage

    def _with_part(self, goal: int, tolerance: float, best: Float, part: Bool) -> Float:
        """The plan with a part decided anew, where its relaxation says that it is worth it."""
        at = self.integers
        held = np.rint(best[at])
        low = np.where(part[at], self.model.low[at], held)
        high = np.where(part[at], self.model.high[at], held)
        relaxed = self._solver(relaxed=True)
        relaxed.changeColsBounds(len(at), at, low, high)
        possible = self._run(relaxed, goal, tolerance, None)
        value = self.model.value(goal, best)
        if possible is None or value - possible[1].value < WORTH * tolerance:
            return best
        solver = self._solver()
        solver.changeColsBounds(len(at), at, low, high)
        found = minimise(solver, self.model, goal, tolerance, PART_NODES, best)
        better = _better(self.model, goal, best, found)
        return best if better is None else better

    def replace_pupils(
        self, goal: int, tolerance: float, start: Float | None
    ) -> tuple[Float, Stage] | None:
        """The best for a goal with the classes of a plan; None where there is none."""
        if start is None:
            return None
        solver = self._solver(relaxed=True)
        held = np.rint(start[self.integers])
        solver.changeColsBounds(len(held), self.integers, held, held)
        return self._run(solver, goal, tolerance, None)

    def _solver(self, *, relaxed: bool = False) -> highspy.Highs:
        solver = highs.load(self.model, relaxed=relaxed)
        for goal, most in self.held:
            _hold(solver, self.model, goal, most)
        return solver

    def _near(self, relaxed: Float) -> highspy.Highs:
        """Whole classes between the relaxation's neighbours; yes-or-no columns are free."""
        solver = self._solver()
        at = self.integers
        low, high = self.model.low[at].copy(), self.model.high[at].copy()
        wide = high - low > 1
        low[wide] = np.maximum(low, np.floor(relaxed[at] + 1e-6))[wide]
        high[wide] = np.minimum(high, np.ceil(relaxed[at] - 1e-6))[wide]
        solver.changeColsBounds(len(at), at, low, high)
        return solver

    def _run(
        self, solver: highspy.Highs, goal: int, tolerance: float, start: Float | None
    ) -> tuple[Float, Stage] | None:
        return minimise(solver, self.model, goal, tolerance, self.nodes, start)


def _better(
    model: Model, goal: int, best: Float | None, found: tuple[Float, Stage] | None
) -> Float | None:
    if found is None:
        return best
    if best is not None and model.value(goal, best) <= model.value(goal, found[0]):
        return best
    return found[0]


def parts(model: Model) -> list[Bool]:
    """0/1 over columns, one a part: what hangs together where rooms and money are left out.

    On Vg1 choices tie programmes together, later the areas that build on the same; the largest
    part comes first.
    """
    ties = np.array([rule.partition(" · ")[0] in SHARED for rule in model.rule])
    rows = model.matrix.tocsr()[~ties].astype(bool)
    joined = sparse.bmat([[None, rows.T], [rows, None]])
    of_column = connected_components(joined, directed=False)[1][: len(model.low)]
    classes = np.bincount(of_column[model.columns["whole_classes"]])
    order = np.argsort(-classes, kind="stable")
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


def minimise(
    solver: highspy.Highs,
    model: Model,
    goal: int,
    tolerance: float,
    nodes: int,
    start: Float | None = None,
) -> tuple[Float, Stage] | None:
    """Minimise one goal from where the last one ended; None where the rules conflict."""
    count = model.matrix.shape[1]
    # In units of the tolerance, so that the solver's own tolerances mean the same for every goal.
    highs.costs(solver, model.goals[goal] / tolerance)
    solver.setOptionValue("mip_abs_gap", 0.9)
    solver.setOptionValue("mip_max_nodes", nodes)
    if start is not None:
        given = highspy.HighsSolution()
        given.col_value = start.tolist()
        solver.setSolution(given)
    solver.run()
    status = solver.getModelStatus()
    info = solver.getInfo()
    if status in (
        highspy.HighsModelStatus.kInfeasible,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,
    ):
        return None
    solution = solver.getSolution()
    x = np.array(solution.col_value)
    if (
        len(x) != count
        or info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible
    ):
        return None
    value = model.value(goal, x)
    # Of a relaxation that is solved, the value is the bound.
    bound = float(info.mip_dual_bound) * tolerance + float(model.constants[goal])
    bound = bound if np.isfinite(bound) and info.mip_node_count >= 0 else value
    return x, Stage(
        "", value, bound, tolerance, int(info.mip_node_count), value - bound <= tolerance
    )


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
