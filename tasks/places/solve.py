"""Goals in lexicographic order by HiGHS, never stopped by the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tasks.forecast.types import Float
from tasks.places import conflicts, searched
from tasks.places.linear import Model
from tasks.places.model import build
from tasks.places.search import ROUNDING, Search, Stage
from tasks.places.types import Bool, Fixed, Problem

# Whole columns that are decided anew whatever classes are held.
FREE = ("adult_places", "adult_groups", "college_places", "college_start", "special_groups")


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


def _columns(model: Model, pairs: Bool) -> Bool:
    """0/1 over columns: the classes of some pairs, and what they share."""
    chosen = np.zeros(len(model.low), dtype=np.bool_)
    for name in ("whole_classes", "half_class", "open"):
        chosen[model.columns[name][pairs]] = True
    member = pairs[model.columns["combined_member"]]
    chosen[model.columns["combined_seats"][member]] = True
    chosen[model.columns["combined"][model.columns["combined_group"][member]]] = True
    return chosen
