"""Why not one class more, or one fewer: what it would serve and break, in order of the goals."""

from __future__ import annotations

from collections.abc import Mapping

from tasks.places import words
from tasks.places.explain import Explainer, Marginal
from tasks.places.leaning import EVERY, Leaning
from tasks.places.types import Aim, Problem

# A change in a goal counts where it is more than this share of what the plan tells apart.
COUNTS = 0.1
# Where a class meets less than this share of its places in need, the need is met already.
HARDLY = 0.1


def more(
    explainer: Explainer, pair: int, found: Marginal, leaning: Leaning, regions: Mapping[str, str]
) -> list[str]:
    """Why not one class more: need, those who would come, what it breaks, and what comes first."""
    problem = explainer.plan.problem
    return [
        _need(problem, pair, found, leaning, regions),
        _applicants(explainer, pair, found),
        verdict(problem, words.MORE, found),
    ]


def verdict(problem: Problem, what: str, found: Marginal) -> str:
    """Why the plan does not do it: a rule, the first goal in order, or nothing that it tells apart.

    Args:
        problem: What was decided.
        what: What is asked about, as a sentence begins.
        found: What it would give.
    """
    if found.breaks:
        said = f"{what} går ikke med resten av planen som den er: {words.listed(found.breaks)}."
        return said + _instead(found)
    differs = [goal for goal in problem.goals if abs(found.change[goal.id]) > _least(problem, goal)]
    if not differs:
        return f"{what} ville ikke gitt noen forskjell som planen skiller mellom."
    first = differs[0]
    change = words.change(first.id, found.change[first.id])
    if found.change[first.id] > 0:
        gained = [words.TOLD[g.id] for g in differs[1:] if found.change[g.id] < 0]
        before = f", og det går foran {words.listed(gained)}" if gained else ""
        return f"{what} ville gitt {change}{before}."
    near = problem.solver.tolerance * first.scale
    if abs(found.change[first.id]) <= near:
        return (
            f"{what} ville gitt {change} uten å bryte noen regel. Det er mindre enn planen skiller "
            f"mellom ({words.amount(first.id, near)}): den kan godt settes for hånd."
        )
    return (
        f"{what} ville gitt {change} uten å bryte noen regel: planen er ikke den beste i dette "
        "målet med de andre klassene som de er. Sett den for hånd, eller regn på nytt."
    )


def _least(problem: Problem, goal: Aim) -> float:
    return COUNTS * problem.solver.tolerance * goal.scale


def _instead(found: Marginal) -> str:
    """What would have to give way, where it is only a matter of room or money."""
    kinds = [b.startswith(("budsjettet", "det er ikke rom")) for b in found.breaks]
    return " En annen klasse måtte vike, eller rammen økes." if all(kinds) else ""


def _need(
    problem: Problem, pair: int, found: Marginal, leaning: Leaning, regions: Mapping[str, str]
) -> str:
    met = -found.change.get("udekket_behov", 0.0)
    gain = words.amount("udekket_behov", met)
    where = "fylket" if leaning.region == EVERY else words.named(regions, leaning.region)
    if met < HARDLY * problem.own.full[pair]:
        return (
            f"Behovet i {where} er alt dekket i {words.whole(100 * leaning.covered)} % av de "
            f"trukne framtidene; én klasse til ville dekket {gain} mer."
        )
    return f"Behovet er ikke dekket: én klasse til i {where} ville dekket {gain} mer av det."


def _applicants(explainer: Explainer, pair: int, found: Marginal) -> str:
    """How many would come, and what the rule of minimum fill asks for."""
    problem, pupils = explainer.plan.problem, found.pupils
    seats, least = seats_of(problem, pair, found.classes)
    said = (
        f"{words.whole(pupils)} elever ville gått her med {words.classes(found.classes)}, "
        f"som har {words.whole(seats)} plasser og trenger {words.whole(least)}."
    )
    if pupils < least - words.FEW:
        said += " Det er for få innen rekkevidde."
    return said


def seats_of(problem: Problem, pair: int, classes: float) -> tuple[float, float]:
    """Places of a number of classes in a pair, and the least that must be filled."""
    own = problem.own
    full, half = float(own.full[pair]), float(own.half[pair])
    has_half = classes % 1 > 0
    seats = full * (classes // 1) + half * has_half
    reserved = min(float(own.reserved[pair]), full)
    return seats, seats - (1 - problem.minimum_fill) * (half if has_half else full) - reserved
