"""A plan carried over to a problem with one pair more, so that it can be asked of."""

from __future__ import annotations

import numpy as np

from tasks.forecast.types import Float, Index
from tasks.places.measure import HELD
from tasks.places.model import build
from tasks.places.solve import Plan
from tasks.places.types import Problem


def carried(plan: Plan, problem: Problem) -> Plan:
    """The classes of a plan in a problem that has its pairs and others, which have none.

    Adults, colleges, groups and shared classes are as in the plan. Where pupils are is not carried:
    `reassign.Reassignment` places them.

    Args:
        plan: The plan.
        problem: The plan's with openings declared.
    """
    model = build(problem)
    at = _positions(plan.problem, problem)
    x: Float = np.zeros(len(model.low))
    for name in ("whole_classes", "half_class", "open"):
        x[model.columns[name][at]] = plan.block(name)
    for name in HELD:
        x[model.columns[name]] = plan.block(name)
    group, seat = _shared(plan.problem, problem, at)
    x[model.columns["combined"][group]] = plan.block("combined")
    x[model.columns["combined_seats"][seat]] = plan.block("combined_seats")
    return Plan(problem, model, x, ())


def _positions(before: Problem, problem: Problem) -> Index:
    """`[pair before]` its position now."""
    now = {key: k for k, key in enumerate(zip(problem.own.school, _codes(problem), strict=True))}
    keys = zip(before.own.school, _codes(before), strict=True)
    return np.array([now[key] for key in keys], dtype=np.intp)


def _codes(problem: Problem) -> list[str]:
    return [problem.areas[a] for a in problem.own.area]


def _shared(before: Problem, problem: Problem, at: Index) -> tuple[Index, Index]:
    """Positions now of each shared class before, and of each of its seats."""
    groups, seats = [], []
    starts = np.cumsum([0, *(len(g) for g in problem.combined)])
    for members in before.combined:
        mine = at[members]
        number = next(n for n, g in enumerate(problem.combined) if np.isin(mine, g).all())
        groups.append(number)
        seats += [
            int(starts[number] + np.flatnonzero(problem.combined[number] == k)[0]) for k in mine
        ]
    return np.array(groups, dtype=np.intp), np.array(seats, dtype=np.intp)
