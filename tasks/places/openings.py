"""A plan carried over to a problem with one pair more, so that it can be asked of."""

from __future__ import annotations

import numpy as np

from tasks.forecast.types import Float, Index
from tasks.places.linear import Model
from tasks.places.measure import HELD
from tasks.places.model import arcs, build, wishes
from tasks.places.solve import Plan
from tasks.places.types import Problem


def carried(plan: Plan, problem: Problem) -> Plan:
    """A plan in a problem that has its pairs and others, which have no classes and no pupils.

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
    _pupils_too(plan, problem, model, x, at)
    return Plan(problem, model, x, ())


def _pupils_too(plan: Plan, problem: Problem, model: Model, x: Float, at: Index) -> None:
    """Pupils stay where they were: the same areas, homes and rights, and one pair more."""
    areas = len(problem.areas)

    def wish(of: Problem) -> Index:
        region, first, area = wishes(of)
        return (region * areas + first) * areas + area

    x[model.columns["wish"][_found(wish(plan.problem), wish(problem))]] = plan.block("wish")
    x[model.columns["without_place"]] = plan.block("without_place")
    others = len(problem.own) + np.arange(len(problem.others))
    moved = np.concatenate([at, others]).astype(np.intp)
    width = len(problem.own) + len(problem.others)
    home, pair = arcs(plan.problem)
    home_now, pair_now = arcs(problem)
    here = _found(home * width + moved[pair], home_now * width + pair_now)
    x[model.columns["placed"][here]] = plan.block("placed")


def _found(keys: Index, among: Index) -> Index:
    """Positions of keys that are all there."""
    order = np.argsort(among, kind="stable")
    return order[np.searchsorted(among, keys, sorter=order)].astype(np.intp)


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
