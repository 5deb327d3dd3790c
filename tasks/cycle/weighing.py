"""What classes that people set cost in each goal of the plan, by the plan's own measure.

The council adopts classes, not an optimum: every other class is held as it was, pupils alone are
placed anew, and rules that the adopted classes break are told and not mended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tasks.cycle.offer import PLAN, Offer
from tasks.settings import Project, Settings

if TYPE_CHECKING:
    from tasks.places.measure import Measured
    from tasks.places.solve import Plan

# Pupils are placed with every class filled where that can be, and only then with one that is not.
FILL = "minstefylling"
# Less is where the solver happened to begin.
DECIMALS = 1


def weighed(
    settings: Settings, project: Project, plan_id: str, before: Offer, after: Offer
) -> dict[str, Any]:
    """The goals of a plan with the classes of two offers, and as it was solved.

    Args:
        settings: The installation.
        project: Where the county's tables of travel lie.
        plan_id: The plan that the offers stand on.
        before: The offer before the classes were set.
        after: The offer with them.

    Returns:
        `goals`: a list of `goal`, `title` and its value in the goal's own unit for the `plan`,
        `before` and `after`; `without`, `underfilled`, `over_budget`: what breaks rules, before and
        after (persons with a right and no place, classes, kroner); `left_out`: offers that the
        plan does not decide, whose classes are therefore not reckoned.

    Raises:
        NotFound: There is no such plan or run, or no longer what they stood on.
        WrongUse: The plan is of other figures than the run, or of another version of the program.
    """
    from tasks import plans
    from tasks.places import measure
    from tasks.places.words import TOLD

    plan, _ = plans.restore(settings, plan_id, project)
    filled = measure.Placement(plan, [rule for rule in measure.MAY_BREAK if rule != FILL])
    loose = measure.Placement(plan)

    def placed(offer: Offer) -> Measured:
        classes = plan.classes
        for pair, number in set_by_hand(plan, offer)[0].items():
            classes[pair] = number
        found = filled.place(classes, shared=True) or loose.place(classes, shared=True)
        if found is None:
            raise RuntimeError("pupils cannot be placed though every rule of classes is let go")
        return found

    solved, then, now = placed({}), placed(before), placed(after)
    return {
        "goals": [
            {
                "goal": goal,
                "title": TOLD[goal],
                "plan": round(solved.values[goal], DECIMALS),
                "before": round(then.values[goal], DECIMALS),
                "after": round(now.values[goal], DECIMALS),
            }
            for goal in (rule.id for rule in plan.problem.goals)
        ],
        "without": [round(then.without, DECIMALS), round(now.without, DECIMALS)],
        "underfilled": [then.underfilled, now.underfilled],
        "over_budget": [then.over_budget, now.over_budget],
        "left_out": set_by_hand(plan, after)[1],
    }


def set_by_hand(plan: Plan, offer: Offer) -> tuple[Mapping[int, float], list[str]]:
    """Classes that people have set, by position of the pair, and the offers that have no pair.

    What a shared class gives an area is beside the number, in the plan as in what is set.
    """
    own = plan.problem.own
    pairs = {
        (school, plan.problem.areas[area]): k
        for k, (school, area) in enumerate(zip(own.school, own.area, strict=True))
    }
    found: dict[int, float] = {}
    left_out = []
    for line in offer.values():
        if not line.changes or line.changes[-1][0] == PLAN:
            continue
        pair = pairs.get((line.school, line.area))
        if pair is None:
            left_out.append(line.title)
        else:
            found[pair] = line.classes
    return found, left_out
