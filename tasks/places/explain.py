"""Why a class is opened, closed or kept: what it serves, and what one more or one fewer changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.places import words
from tasks.places.measure import cost, goals
from tasks.places.reassign import NOBODY, Assigned, Moves, Reassignment
from tasks.places.rules import Principles
from tasks.places.solve import Plan
from tasks.places.types import Aim, Problem

ONE = 1.0
WAYS = {"more": ONE, "fewer": -ONE}


@dataclass(frozen=True)
class Marginal:
    """What a number of classes other than the plan's would give, the others held.

    Attributes:
        classes: The other number.
        without: Persons with the right who would have no place.
        change: By goal, that plan less this one, in the goal's unit.
        breaks: Rules that it would break, in words.
        pupils: Persons in the pair.
        moves: Who would be elsewhere.
    """

    classes: float
    without: float
    change: dict[str, float]
    breaks: tuple[str, ...]
    pupils: float
    moves: Moves


class Explainer:
    """Assigns pupils anew for one class more or fewer, with the other classes of a plan held.

    Args:
        plan: The plan.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.pupils = Reassignment(plan)
        self.base = goals(plan.problem, self.pupils.base.plan)

    def marginal(self, pair: int, step: float) -> Marginal | None:
        """One class more (`step` 1) or fewer (−1), or what is left; None where there is none.

        Grain: one pair. Units: the goals' own.
        """
        classes = self.plan.classes.copy()
        other = max(float(classes[pair]) + step, 0.0)
        if other == classes[pair]:
            return None
        classes[pair] = other
        found = self.pupils.assign(classes)
        moves = self.pupils.moves(found, pair)
        values = goals(self.plan.problem, found.plan)
        return Marginal(
            other,
            float(moves.without.sum()),
            {g: v - self.base[g] for g, v in values.items()},
            tuple(self._breaks(found, moves, pair)),
            self.pupils.in_pair(found, pair),
            moves,
        )

    def _breaks(self, found: Assigned, moves: Moves, pair: int) -> Iterable[str]:
        problem, classes = self.plan.problem, found.plan.classes
        if moves.without.sum() > NOBODY:
            yield words.lacking(float(moves.without.sum()))
        if found.short > self.pupils.base.short + NOBODY:
            yield words.underfilled(found.short - self.pupils.base.short)
        over, before = (cost(problem, p) - problem.budget for p in (found.plan, self.plan))
        if over > max(before, 0.0) + 1:
            yield words.over_budget(over)
        if classes[pair] > problem.own.most[pair]:
            yield words.few_teachers(float(problem.own.most[pair]))
        rooms = problem.rooms
        used = rooms.member @ classes
        for room in np.flatnonzero(rooms.member[:, pair] & (used > rooms.most + 1e-9)):
            # A room is named with its school, which is the pair's own.
            name = rooms.name[room].replace(f", {problem.own.name[pair]}", "")
            yield words.no_room(name, float(rooms.most[room]))


def verdict(now: float, then: float) -> str:
    """What a planner calls a change in classes."""
    if now == then:
        return "som i år"
    if now == 0:
        return "åpnes"
    if then == 0:
        return "legges ned"
    return "utvides" if then > now else "reduseres"


@dataclass(frozen=True)
class Reason:
    """All that is said of one pair.

    Attributes:
        pair: Its position.
        served: Goals and rules that the number of classes serves.
        more: One class more; None where it was not asked for.
        fewer: One class fewer; None where there is none.
    """

    pair: int
    served: tuple[str, ...]
    more: Marginal | None
    fewer: Marginal | None


def reason(explainer: Explainer, pair: int) -> Reason:
    """Why a pair has the classes that it has."""
    plan = explainer.plan
    more, fewer = (explainer.marginal(pair, step) for step in WAYS.values())
    is_cut = bool(plan.classes[pair] < plan.problem.now[pair])
    return Reason(pair, tuple(_served(plan.problem, is_cut, more, fewer)), more, fewer)


def reasons(
    plan: Plan, principles: Principles, pairs: Iterable[int] | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tables `reasons` and `movers`, of the pairs asked about or of all.

    Returns:
        `reasons`, grain: school × programme area. `served` are goals that one class fewer would
        worsen by more than a tenth of their tolerance (or rights it would break), `principles` what
        the county has said that stands behind them; `more_…` and `fewer_…` are changes in the
        goals' own units.

        `movers`, grain: school × programme area × way (`more`, `fewer`) × home region; persons who
        would be elsewhere, see `reassign.Moves`.
    """
    problem, explainer = plan.problem, Explainer(plan)
    asked = range(len(problem.own)) if pairs is None else pairs
    found = [reason(explainer, int(k)) for k in asked]
    rows = [_row(plan, one, principles) for one in found]
    moves = [row for one in found for row in _movers(problem, one)]
    return (
        pl.DataFrame(rows, schema=_schema(problem.goals), orient="row"),
        pl.DataFrame(moves, schema=MOVERS, orient="row"),
    )


MOVERS: dict[str, type[pl.DataType]] = {
    "organisation_number": pl.String,
    "programme_area_code": pl.String,
    "way": pl.String,
    "home_region_code": pl.String,
    "pupils": pl.Float64,
    "pupils_here": pl.Float64,
    "pupils_other_area": pl.Float64,
    "pupils_long_way_or_outside": pl.Float64,
    "persons_without_place": pl.Float64,
}


def _movers(problem: Problem, found: Reason) -> Iterable[tuple[object, ...]]:
    """Rows of `movers`: home regions where somebody would be elsewhere."""
    own, pair = problem.own, found.pair
    for way, other in zip(WAYS, (found.more, found.fewer), strict=True):
        if other is None:
            continue
        moves = other.moves
        columns = (moves.moved, moves.here, moves.other_area, moves.far, moves.without)
        for home in np.flatnonzero(moves.moved > words.FEW):
            named = (own.school[pair], problem.areas[own.area[pair]], way, problem.regions[home])
            # To the thousandth: what is smaller is the solver's rounding.
            yield (*named, *(round(float(c[home]), 3) + 0.0 for c in columns))


def _schema(order: tuple[Aim, ...]) -> dict[str, type[pl.DataType]]:
    changes: dict[str, type[pl.DataType]] = {
        f"{way}_{g.id}": pl.Float64 for way in WAYS for g in order
    }
    return {
        "organisation_number": pl.String,
        "school": pl.String,
        "programme_area_code": pl.String,
        "programme_area": pl.String,
        "level": pl.Int64,
        "classes_now": pl.Float64,
        "classes": pl.Float64,
        "verdict": pl.String,
        "served": pl.String,
        "principles": pl.String,
        "text": pl.String,
        "more_without": pl.Float64,
        "fewer_without": pl.Float64,
        **changes,
    }


def _row(plan: Plan, found: Reason, principles: Principles) -> dict[str, object]:
    problem, own, pair = plan.problem, plan.problem.own, found.pair
    now, then = float(own.classes[pair]), float(plan.classes[pair])
    row: dict[str, object] = {
        "organisation_number": own.school[pair],
        "school": own.name[pair],
        "programme_area_code": problem.areas[own.area[pair]],
        "programme_area": problem.area_names[own.area[pair]],
        "level": int(problem.level[own.area[pair]]),
        "classes_now": now,
        "classes": then,
        "verdict": verdict(now, then),
        "served": ", ".join(found.served),
        "principles": ", ".join(cited(found, principles)),
        "text": text(plan, found),
        "more_without": found.more.without if found.more else None,
        "fewer_without": found.fewer.without if found.fewer else None,
    }
    for way, other in zip(WAYS, (found.more, found.fewer), strict=True):
        row |= {f"{way}_{g.id}": other.change[g.id] if other else None for g in problem.goals}
    return row


def cited(found: Reason, principles: Principles) -> list[str]:
    """Ids of the principles behind what a pair serves, each once."""
    behind = [p.id for name in found.served for p in principles.behind(name)]
    return list(dict.fromkeys(behind))


def _served(
    problem: Problem, is_cut: bool, more: Marginal | None, fewer: Marginal | None
) -> list[str]:
    """Goals that would be worse with a class less or, of what is cut, with a class more."""
    other = more if is_cut else fewer
    if other is None:
        return []
    served = ["rett"] if other.without > 1e-3 else []
    served += [
        g.id for g in problem.goals if other.change[g.id] > problem.solver.tolerance * g.scale / 10
    ]
    if is_cut and other.breaks:
        served += ["budsjett"] if any("budsjett" in b for b in other.breaks) else []
        served += ["minstefylling"] if any("minstegrensen" in b for b in other.breaks) else []
    return served


def heading(plan: Plan, pair: int) -> str:
    """Which pair it is, and what becomes of it."""
    now, then = float(plan.problem.own.classes[pair]), float(plan.classes[pair])
    return f"{plan.problem.label(pair)}: {words.from_to(verdict(now, then), now, then)}."


def text(plan: Plan, found: Reason) -> str:
    """Why a pair has what it has: goals served, and what one class more and one fewer would give.

    Which pair it is, and from what to what, is left to where it is shown (`heading`).
    """
    problem, pair = plan.problem, found.pair
    said = [f"Fastsatt for hånd: {f.reason}." for f in problem.fixed if f.pair == pair]
    if found.served:
        said.append(f"Hensyn: {', '.join(words.TOLD[s] for s in found.served)}.")
    if found.more is not None:
        said.append(f"{words.MORE}: {words.effects(problem, found.more)}.")
    if found.fewer is not None:
        said.append(f"{words.fewer(found.fewer)}: {words.effects(problem, found.fewer)}.")
    return " ".join(said)


def distance(plan: Plan, free: Plan) -> dict[str, float]:
    """How far a plan with classes set by hand is from the unforced one: goals, classes, kroner.

    Each goal is the forced plan less the free one; `klasser` is the sum of differences by pair.
    """
    mine, theirs = goals(plan.problem, plan), goals(free.problem, free)
    values = {goal: mine[goal] - theirs[goal] for goal in mine}
    return {
        **values,
        "klasser": float(np.abs(plan.classes - free.classes).sum()),
        "kroner_skoler": cost(plan.problem, plan) - cost(free.problem, free),
    }
