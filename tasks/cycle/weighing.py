"""What classes that people set cost in each goal of the plan, by the plan's own measure.

The council adopts classes, not an optimum: every other class is held as it was, pupils alone are
placed anew, and rules that the adopted classes break are told and not mended.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tasks.cycle.offer import PLAN, Line, Offer
from tasks.settings import Project, Settings

if TYPE_CHECKING:
    from tasks.forecast.types import Float
    from tasks.places.reassign import Assigned
    from tasks.places.solve import Plan
    from tasks.places.types import Problem

# Less is where the solver happened to begin.
DECIMALS = 1
Pair = tuple[str, str]


def weighed(
    settings: Settings, project: Project, plan_id: str, before: Offer, after: Offer
) -> dict[str, Any]:
    """The goals of a plan with the classes of two offers, and as it was solved.

    What people open at a school that the plan had no such pair at is declared as an opening.

    Args:
        settings: The installation.
        project: Where the county's tables of travel lie.
        plan_id: The plan that the offers stand on.
        before: The offer before the classes were set.
        after: The offer with them.

    Returns:
        `goals`: a list of `goal`, `title` and its value in the goal's own unit for the `plan`,
        `before` and `after`; `without`, `short`, `over_budget`: what breaks rules, before and after
        (persons with a right and no place, seats to the minimum fill, kroner); `left_out`: offers
        of areas that the plan knows nothing of, whose classes are therefore not reckoned.

    Raises:
        NotFound: There is no such plan or run, or no longer what they stood on.
        WrongUse: The plan is of other figures than the run, or of another version of the program.
    """
    from tasks.places import measure
    from tasks.places.reassign import Reassignment
    from tasks.places.words import TOLD

    plan = _plan(settings, project, plan_id, after)
    pupils = Reassignment(plan)
    found = [pupils.assign(_classes(plan, one)) for one in ({}, before, after)]
    values = [measure.goals(plan.problem, one.plan) for one in found]
    known = set(plan.problem.areas)

    def told(what: Callable[[Assigned], float]) -> list[float]:
        return [round(what(one), DECIMALS) for one in found[1:]]

    return {
        "goals": [
            {
                "goal": goal,
                "title": TOLD[goal],
                **{
                    name: round(value[goal], DECIMALS)
                    for name, value in zip(("plan", "before", "after"), values, strict=True)
                },
            }
            for goal in (rule.id for rule in plan.problem.goals)
        ],
        "without": told(lambda one: float(one.without.sum())),
        "short": told(lambda one: one.short),
        "over_budget": told(
            lambda one: max(measure.cost(plan.problem, one.plan) - plan.problem.budget, 0.0)
        ),
        "left_out": [line.title for line in by_people(after) if line.area not in known],
    }


def by_people(offer: Offer) -> list[Line]:
    """The lines of an offer that were last set by people, not by the plan."""
    return [line for line in offer.values() if line.changes and line.changes[-1][0] != PLAN]


def _plan(settings: Settings, project: Project, plan_id: str, offer: Offer) -> Plan:
    """The plan as it was solved, with a pair for everything that people have set."""
    from tasks import plans
    from tasks.places import openings

    stored = plans.read_plan(settings.rooms, plan_id)
    ground = plans.ground_of(settings, stored, project)
    problem = ground.problem()
    plan = plans.solved(stored, problem)
    there, areas = _pairs(problem), set(problem.areas)
    lacking = [
        (line.school, line.area)
        for line in by_people(offer)
        if line.area in areas and (line.school, line.area) not in there
    ]
    if not lacking:
        return plan
    return openings.carried(plan, ground.with_openings(lacking).problem())


def _pairs(problem: Problem) -> dict[Pair, int]:
    """Position of each pair, by school and programme area."""
    own = problem.own
    keys = zip(own.school, (problem.areas[area] for area in own.area), strict=True)
    return {key: k for k, key in enumerate(keys)}


def _classes(plan: Plan, offer: Offer) -> Float:
    """`[pair]` classes of a plan, and of what people have set theirs.

    What a shared class gives an area is beside the number, in the plan as in what is set.
    """
    classes = plan.classes
    pairs = _pairs(plan.problem)
    for line in by_people(offer):
        if (line.school, line.area) in pairs:
            classes[pairs[line.school, line.area]] = line.classes
    return classes
