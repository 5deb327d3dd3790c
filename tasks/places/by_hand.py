"""A plan with classes set by hand: the rest left as it was, or decided anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from tasks.errors import TilbudsplanError
from tasks.forecast.types import Float
from tasks.places import conflicts, measure, solve, words
from tasks.places.linear import keeps
from tasks.places.model import build
from tasks.places.reassign import Reassignment
from tasks.places.solve import Plan
from tasks.places.types import Fixed

Rest = Literal["hold", "search"]
# A smaller change in a goal is not told.
LEAST_TOLD = 0.05
_NORWEGIAN = str.maketrans({",": "\N{NO-BREAK SPACE}", ".": ",", "-": "−"})


class CannotHold(TilbudsplanError):
    """With every other class as it was, no plan keeps to the rules.

    Args:
        conflict: The rules, and by how much they would have to give way.
        change: By goal, what it would cost all the same, in the goals' units.
    """

    def __init__(self, conflict: conflicts.Conflict, change: dict[str, float]) -> None:
        self.conflict = conflict
        self.change = change
        super().__init__(
            subject="klassene satt for hånd",
            expected="en plan som holder reglene med alle de andre klassene som de er",
            got="brudd på det som står under",
            remedy="la resten bli regnet på nytt med --rest search, eller sett andre tall. "
            "Ingenting er lagret",
        )

    def __str__(self) -> str:
        broken = [
            f"{conflicts.told(b.rule)}: {b.amount:.1f} {b.unit}".replace(".", ",")
            for b in self.conflict.relaxation
        ]
        lines = broken or [conflicts.told(rule) for rule in self.conflict.rules]
        more = [f"og {len(lines) - conflicts.SHOWN} til"] if len(lines) > conflicts.SHOWN else []
        shown = [*lines[: conflicts.SHOWN], *more, f"Målene ville endret seg: {_told(self.change)}"]
        return "\n".join([super().__str__(), *(f"  - {line}" for line in shown)])

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.conflict, self.change)


def amended(former: Plan, free: Plan, fixed: Sequence[Fixed], rest: Rest) -> Plan:
    """A plan with other classes set by hand.

    Args:
        former: The plan before. What was set in it, and is no longer, goes back to the free plan's
            number, or is decided anew with the rest.
        free: The plan without anything set.
        fixed: All that is set now, not only what is new.
        rest: `hold`: every other class is as in the former plan, and pupils alone are placed anew,
            as `reassign` does for one class more or fewer.
            `search`: what `solve.override` decides anew.

    Raises:
        CannotHold: The others cannot be held.
        conflicts.Infeasible: No plan at all has these classes.
    """
    if not fixed:
        return free
    if rest == "search":
        return solve.override(former, fixed)
    return _held(former, decided(former, free, fixed), fixed)


def decided(former: Plan, free: Plan, fixed: Sequence[Fixed]) -> Float:
    """`[pair]` classes: those set, those no longer set as in the free plan, and the former's."""
    classes = former.classes
    for one in former.problem.fixed:
        classes[one.pair] = free.classes[one.pair]
    for one in fixed:
        classes[one.pair] = one.classes
    return classes


def _held(former: Plan, classes: Float, fixed: Sequence[Fixed]) -> Plan:
    """Every class decided; pupils that wishes tie to those that are other than before move.

    Shared classes and their seats, adults, colleges and groups with rules of their own stay.
    """
    problem = replace(former.problem, fixed=tuple(fixed))
    model, pupils = build(problem), Reassignment(former)
    x = pupils.assign(classes).plan.x
    found = Plan(problem, model, x, ())
    if not keeps(model, x):
        before, values = (measure.goals(problem, p) for p in (pupils.base.plan, found))
        conflict = conflicts.find(problem, solve.decided(model, model.whole, np.rint(x)))
        raise CannotHold(conflict, {g.id: values[g.id] - before[g.id] for g in problem.goals})
    return solve.proven(found)


def _told(change: dict[str, float]) -> str:
    shown = [
        f"{value:+,.{0 if goal == 'kostnad' else 1}f} {words.TOLD[goal]}".translate(_NORWEGIAN)
        for goal, value in change.items()
        if abs(value) >= LEAST_TOLD
    ]
    return ", ".join(shown) or "ikke målbart"
