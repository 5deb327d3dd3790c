"""What a plan gives in each goal, and pupils placed in classes that somebody else has decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np

from tasks.forecast.types import Float
from tasks.places import highs, need
from tasks.places.linear import Model
from tasks.places.model import arcs, build, of_classes, wishes
from tasks.places.solve import Plan
from tasks.places.types import Problem

# Goals that depend on where pupils are placed, and not on classes alone.
OF_PUPILS = ("udekket_behov", "uten_laereplass", "forstevalg", "reise")
# Blocks that are held as the plan has them.
HELD = (
    "adult_places",
    "adult_groups",
    "adult_gap",
    "college_places",
    "college_start",
    "college_gap",
    "special_groups",
)
# How nearly nobody is without a place (persons) before the goals count.
NEARLY = 1e-5
# Rules that a plan made elsewhere may break; how far it does is told.
MAY_BREAK = ("minstefylling", "laerere", "rom", "fast", "budsjett", "endring")


@dataclass(frozen=True)
class Measured:
    """Classes held, with pupils placed by the goals in order.

    Attributes:
        classes: `[pair]`.
        without: Persons with the right and no place.
        values: By goal.
        underfilled: Pairs where the last class is below the minimum.
        over_budget: Kroner.
    """

    classes: Float
    without: float
    values: Mapping[str, float]
    underfilled: int
    over_budget: float


def places(problem: Problem, plan: Plan) -> Float:
    """`[pair]` places of the plan, shared classes with them."""
    own = problem.own
    total = own.full * plan.block("whole_classes") + own.half * plan.block("half_class")
    np.add.at(total, plan.model.columns["combined_member"], plan.block("combined_seats"))
    return total


def goals(problem: Problem, plan: Plan) -> dict[str, float]:
    """Each goal reckoned from the plan itself, by the definitions and not by the solver's costs."""
    home, pair = arcs(problem)
    met = np.zeros(len(problem.need.name))
    np.add.at(met, problem.cell[pair], plan.block("placed"))
    _, first, area = wishes(problem)
    got = plan.block("wish")
    pupils = np.zeros(len(problem.areas))
    np.add.at(pupils, area, got)
    far = np.maximum(problem.outside, problem.beyond)[home, pair]
    unmet = need.expected(problem.need, met).sum()
    unmet += (problem.adults.demand - plan.block("adult_places")).sum()
    unmet += np.maximum(problem.colleges.demand - plan.block("college_places"), 0).sum()
    return {
        "udekket_behov": float(unmet),
        "uten_laereplass": float(
            need.expected(problem.apprentice, pupils[problem.apprentice_area]).sum()
        ),
        "forstevalg": float(got[first != area].sum()),
        "reise": float((plan.block("placed") * far).sum()),
        "kostnad": cost(problem, plan) + college_grant(problem, plan),
        "endring_fra_i_aar": float(np.abs(plan.classes - problem.now).sum()),
    }


def cost(problem: Problem, plan: Plan) -> float:
    """Kroner of classes, shared classes, groups for adults and other groups."""
    own, adults, found = problem.own, problem.adults, problem.specials
    shared = [
        c * own.rate[g].max() * own.full[g].min()
        for c, g in zip(plan.block("combined"), problem.combined, strict=True)
    ]
    return float(
        (own.rate * own.full * plan.block("whole_classes")).sum()
        + (own.rate * own.half * plan.block("half_class")).sum()
        + sum(shared)
        + (adults.rate * adults.group * plan.block("adult_groups")).sum()
        + (found.rate * found.group * plan.block("special_groups")).sum()
    )


def college_grant(problem: Problem, plan: Plan) -> float:
    """Kroner granted to vocational colleges."""
    return float(problem.colleges.rate @ plan.block("college_places"))


class Placement:
    """Places pupils in given classes, by the goals in order that pupils have a part in.

    First nobody is to be without a place, then the goals. A goal gives way to later ones as far as
    it does in the plan, so that what is different comes of the classes. Adults, colleges and groups
    are held as the plan has them. One solver is kept: from one set of classes to the next it begins
    where it ended.

    Args:
        plan: What classes are compared with.
        breaks: Rules that the classes may break.
    """

    def __init__(self, plan: Plan, breaks: Sequence[str] = MAY_BREAK) -> None:
        self.plan = plan
        self.problem = plan.problem
        self.model = _loosened(build(self.problem), plan, breaks)
        self.solver = highs.load(self.model, relaxed=True)
        self.solver.setOptionValue("presolve", "off")
        values = goals(self.problem, plan)
        mine = [(n, g) for n, g in enumerate(self.problem.goals) if g.id in OF_PUPILS]
        self.order = [0, *(n + 1 for n, _ in mine)]
        self._own = [0.0, *(values[g.id] for _, g in mine)]
        self._spare = [NEARLY, *(1e-3 * self.problem.solver.tolerance * g.scale for _, g in mine)]
        for goal in self.order:
            at = np.flatnonzero(self.model.goals[goal]).astype(np.int32)
            costs = self.model.goals[goal, at]
            self.solver.addRow(-highspy.kHighsInf, highspy.kHighsInf, len(at), at, costs)
        self._by_goals(plan.classes, shared=True, like_the_plan=True)

    def place(self, classes: Float, *, shared: bool = False) -> Measured | None:
        """Place pupils in classes `[pair]`, and in the plan's shared classes if so asked.

        Returns:
            None where a rule that may not be broken would be.
        """
        x = self._by_goals(classes, shared=shared)
        if x is None:
            return None
        placed = Plan(self.problem, self.model, x, ())
        return Measured(
            classes=classes,
            without=float(x[self.model.columns["without_place"]].sum()),
            values=goals(self.problem, placed),
            underfilled=underfilled(self.problem, placed),
            over_budget=max(cost(self.problem, placed) - self.problem.budget, 0.0),
        )

    def _by_goals(
        self, classes: Float, *, shared: bool, like_the_plan: bool = False
    ) -> Float | None:
        """The columns; `like_the_plan` learns how far the plan lets each goal give way."""
        self._hold(classes, shared=shared)
        first = self.model.matrix.shape[0]
        for row in range(len(self.order)):
            self.solver.changeRowBounds(first + row, -highspy.kHighsInf, highspy.kHighsInf)
        x = np.zeros(len(self.model.low))
        for row, goal in enumerate(self.order):
            highs.costs(self.solver, self.model.goals[goal])
            self.solver.run()
            found = np.array(self.solver.getSolution().col_value)
            if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                return None
            x = found
            if like_the_plan and row:
                given = self._own[row] - self.model.value(goal, x)
                self._spare[row] = max(self._spare[row], given)
            most = float(self.model.goals[goal] @ x) + self._spare[row]
            self.solver.changeRowBounds(first + row, -highspy.kHighsInf, most)
        return x

    def _hold(self, classes: Float, *, shared: bool) -> None:
        columns = self.model.columns
        held = of_classes(classes)
        for name in ("combined", "combined_seats"):
            block = self.plan.block(name)
            held[name] = block if shared else np.zeros(len(block))
        for name, values in held.items():
            at = columns[name].astype(np.int32)
            self.solver.changeColsBounds(len(at), at, values, values)


def _loosened(model: Model, plan: Plan, breaks: Sequence[str]) -> Model:
    """The model where pupils may lack a place, rules of classes may be broken, and the rest holds.

    Seeking that nobody lacks a place is put before the goals.
    """
    loose = np.array([rule.partition(" · ")[0] in breaks for rule in model.rule])
    loose[model.columns["open_rows"]] = True
    low, high = model.low.copy(), model.high.copy()
    high[model.columns["without_place"]] = np.inf
    for name in HELD:
        at = model.columns[name]
        low[at] = high[at] = plan.block(name)
    lacking = np.zeros((1, len(high)))
    lacking[0, model.columns["without_place"]] = 1.0
    return replace(
        model,
        row_low=np.where(loose, -np.inf, model.row_low),
        row_high=np.where(loose, np.inf, model.row_high),
        low=low,
        high=high,
        goals=np.concatenate([lacking, model.goals]),
        constants=np.concatenate([[0.0], model.constants]),
    )


def underfilled(problem: Problem, plan: Plan) -> int:
    """Pairs whose last class is filled less than the minimum."""
    own, (_, pair) = problem.own, arcs(problem)
    mine = pair < len(own)
    pupils = np.zeros(len(own))
    np.add.at(pupils, pair[mine], plan.block("placed")[mine])
    np.add.at(pupils, plan.model.columns["combined_member"], -plan.block("combined_seats"))
    half = plan.block("half_class") > 0
    last = np.where(half, own.half, own.full)
    seats = own.full * plan.block("whole_classes") + own.half * half
    least = seats - (1 - problem.minimum_fill) * last - np.minimum(own.reserved, own.full)
    return int(((plan.classes > 0) & (pupils < least - 1e-6)).sum())
