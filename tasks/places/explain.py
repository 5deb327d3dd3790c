"""Why a class is opened, closed or kept: what it serves, and what one more or one fewer changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.forecast.types import Float
from tasks.places.measure import MAY_BREAK, Measured, Placement, cost, goals
from tasks.places.rules import GoalRule, Principles
from tasks.places.solve import Plan
from tasks.places.types import Problem

ONE = 1.0
# Goals as a planner reads them, where more of it is worse.
TOLD = {
    "udekket_behov": "udekket behov",
    "uten_laereplass": "søkere uten læreplass",
    "forstevalg": "elever uten førstevalget",
    "reise": "elever med lang reise eller plass utenfor regionen",
    "kostnad": "kroner",
    "endring_fra_i_aar": "klasser endret fra i år",
}


@dataclass(frozen=True)
class Marginal:
    """What a number of classes other than the plan's would give, the others held.

    Attributes:
        classes: The other number.
        without: Persons with the right who would have no place.
        change: By goal, that plan less this one, in the goal's unit.
        breaks: Rules that it would break, in words.
    """

    classes: float
    without: float
    change: dict[str, float]
    breaks: tuple[str, ...]


class Explainer:
    """Places pupils anew for one class more or fewer, with the other classes of a plan held.

    Args:
        plan: The plan.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.loose = Placement(plan)
        # First with every class filled; only where that cannot be may one be below the minimum.
        self.strict = Placement(plan, [rule for rule in MAY_BREAK if rule != "minstefylling"])
        self.base = self._placed(plan.classes)

    def _placed(self, classes: Float) -> Measured:
        found = self.strict.place(classes, shared=True) or self.loose.place(classes, shared=True)
        if found is None:
            raise RuntimeError("pupils cannot be placed though every rule of classes is let go")
        return found

    def marginal(self, pair: int, step: float) -> Marginal | None:
        """One class more (`step` 1) or fewer (−1), or what is left; None where there is none.

        Grain: one pair. Units: the goals' own.
        """
        classes = self.plan.classes.copy()
        other = max(classes[pair] + step, 0.0)
        if other == classes[pair]:
            return None
        classes[pair] = other
        found = self._placed(classes)
        return Marginal(
            other,
            found.without - self.base.without,
            {g: v - self.base.values[g] for g, v in found.values.items()},
            tuple(_breaks(self.plan.problem, found, self.base, pair, other)),
        )


def _breaks(
    problem: Problem, found: Measured, base: Measured, pair: int, classes: float
) -> Iterable[str]:
    if found.without - base.without > 1e-3:
        yield f"{found.without - base.without:.0f} med rett ville stå uten plass"
    if found.underfilled > base.underfilled:
        yield "en klasse ville være fylt under minstegrensen"
    if found.over_budget > max(base.over_budget, 0.0) + 1:
        yield f"budsjettet ville sprekke med {found.over_budget / 1e6:.1f} mill. kroner".replace(
            ".", ","
        ).replace("mill,", "mill.")
    if classes > problem.own.most[pair]:
        yield "tilbudet ville vokse mer enn lærerne rekker til"
    rooms = problem.rooms
    used = rooms.member @ found.classes
    for room in np.flatnonzero(rooms.member[:, pair] & (used > rooms.most + 1e-9)):
        yield f"det er ikke rom: {rooms.name[room]}"


def verdict(now: float, then: float) -> str:
    """What a planner calls a change in classes."""
    if now == then:
        return "som i år"
    if now == 0:
        return "åpnes"
    if then == 0:
        return "legges ned"
    return "utvides" if then > now else "reduseres"


def reasons(plan: Plan, principles: Principles, pairs: Iterable[int] | None = None) -> pl.DataFrame:
    """Table `reasons`: a row for each pair asked for, by default those that are changed.

    Grain: school × programme area. `served` are goals that one class fewer would worsen by more
    than their tolerance (or rights it would break), `principles` what the county has said that
    stands behind them; `more_…` and `fewer_…` are changes in the goals' own units.
    """
    problem = plan.problem
    changed = np.flatnonzero(plan.classes != problem.now)
    explainer = Explainer(plan)
    rows = [_reason(explainer, int(k), principles) for k in (changed if pairs is None else pairs)]
    return pl.DataFrame(rows, schema=_schema(problem.goals), orient="row")


def _schema(order: tuple[GoalRule, ...]) -> dict[str, type[pl.DataType]]:
    changes: dict[str, type[pl.DataType]] = {
        f"{way}_{g.id}": pl.Float64 for way in ("more", "fewer") for g in order
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


def _reason(explainer: Explainer, pair: int, principles: Principles) -> dict[str, object]:
    plan = explainer.plan
    problem, own = plan.problem, plan.problem.own
    more, fewer = explainer.marginal(pair, ONE), explainer.marginal(pair, -ONE)
    now, then = float(own.classes[pair]), float(plan.classes[pair])
    served = _served(problem, then < now, more, fewer)
    behind = [p for name in served for p in principles.behind(name)]
    cited = list(dict.fromkeys(p.id for p in behind))
    fixed = [f.reason for f in problem.fixed if f.pair == pair]
    row: dict[str, object] = {
        "organisation_number": own.school[pair],
        "school": own.name[pair],
        "programme_area_code": problem.areas[own.area[pair]],
        "programme_area": problem.area_names[own.area[pair]],
        "level": int(problem.level[own.area[pair]]),
        "classes_now": now,
        "classes": then,
        "verdict": verdict(now, then),
        "served": ", ".join(served),
        "principles": ", ".join(cited),
        "text": _text(problem, pair, then, served, fixed, more, fewer),
        "more_without": more.without if more else None,
        "fewer_without": fewer.without if fewer else None,
    }
    for way, found in (("more", more), ("fewer", fewer)):
        row |= {f"{way}_{g.id}": found.change[g.id] if found else None for g in problem.goals}
    return row


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


def _text(
    problem: Problem,
    pair: int,
    classes: float,
    served: list[str],
    fixed: list[str],
    more: Marginal | None,
    fewer: Marginal | None,
) -> str:
    now = float(problem.own.classes[pair])
    said = [f"{problem.label(pair)}: {verdict(now, classes)}, {_number(now)} → {_number(classes)}."]
    said += [f"Fastsatt for hånd: {reason}." for reason in fixed]
    if served:
        names = [TOLD.get(s, "retten til plass" if s == "rett" else s) for s in served]
        said.append(f"Hensyn: {', '.join(names)}.")
    if more is not None:
        said.append(f"Én klasse mer: {_effects(problem, more)}.")
    if fewer is not None:
        # From half a class or one there is nothing left.
        word = "Én klasse færre" if fewer.classes else "Uten tilbudet"
        said.append(f"{word}: {_effects(problem, fewer)}.")
    return " ".join(said)


def _effects(problem: Problem, found: Marginal) -> str:
    told = [
        f"{_signed(found.change[g.id], g.id)} {TOLD[g.id]}"
        for g in problem.goals
        if g.id != "endring_fra_i_aar"
        and abs(found.change[g.id]) >= (1 if g.id == "kostnad" else 0.05)
    ]
    return "; ".join([*(told or ["ingen forskjell i målene"]), *found.breaks])


def _signed(value: float, goal: str) -> str:
    shown = f"{value:+,.0f}".replace(",", " ") if goal == "kostnad" else f"{value:+.1f}"
    return shown.replace(".", ",").replace("-", "−")


def _number(value: float) -> str:
    return f"{value:g}".replace(".", ",")


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
