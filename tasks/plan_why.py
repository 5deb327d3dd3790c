"""Why, and why not: a school's programme at a level in a plan, asked in a planner's own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tasks import plan_amendments, plans
from tasks.settings import Project, Settings

if TYPE_CHECKING:
    from tasks.places.explain import Explainer, Reason
    from tasks.places.types import Problem

# Other pairs that are named where the whole plan is made anew.
MOST_NAMED = 10


@dataclass(frozen=True)
class Answer:
    """What is said of one pair, in sentences.

    Attributes:
        school: Organisation number.
        area: Code of the programme area.
        is_opening: Whether the school does not offer it, so that it was declared to be asked about.
        reason: Verdict, goals served, and one class more and one fewer.
        principles: What the county has said behind those goals.
        travel: Who would be elsewhere.
        why_not: Why not one class more, and why not one fewer.
        forecast: What it leans on.
        track_record: How those forecasts have hit.
        again: What the whole plan made anew with another number gives; empty where not asked for.
    """

    school: str
    area: str
    is_opening: bool
    reason: str
    principles: tuple[str, ...]
    travel: tuple[str, ...]
    why_not: tuple[str, ...]
    forecast: tuple[str, ...]
    track_record: tuple[str, ...]
    again: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answers:
    """Answers of one plan.

    Attributes:
        plan: Its id.
        answers: One a programme area.
        not_offered: Names of programme areas that fit, that the school has not, where it has some.
    """

    plan: str
    answers: tuple[Answer, ...]
    not_offered: tuple[str, ...]


def ask(
    settings: Settings,
    school: str,
    programme: str,
    level: int,
    *,
    plan_id: str | None = None,
    again: float | None = None,
    project: Project | None = None,
) -> Answers:
    """Why a school has the classes that it has in a programme at a level, and why not others.

    What the school does not offer is declared as an opening, and answered with real figures.

    Args:
        settings: Folders.
        school: Name, a part of it that fits no other, or organisation number.
        programme: Name or code of a programme or programme area, or a part of the name.
        level: 1, 2 or 3.
        plan_id: The plan; by default the newest.
        again: A number of classes to make the whole plan anew with.
        project: Where the rules lie.

    Raises:
        NotFound: No such plan, school or programme area; what may have been meant is named.
        WrongUse: Several fit where one is asked for, or figures are no longer the plan's.
    """
    from tasks.places import asked, openings
    from tasks.places.explain import Explainer

    stored = plans.read_plan(settings.rooms, plan_id or plans.newest(settings.rooms))
    ground = plans.ground_of(settings, stored, project or Project())
    problem = ground.problem()
    plan = plans.solved(stored, problem)
    number = asked.school(problem, school)
    names = dict(ground.frames["programmes"].select("programme_code", "programme").iter_rows())
    areas = asked.areas(problem, names, programme, level)
    pairs = _pairs(problem, number, areas)
    offered = {problem.areas[problem.own.area[k]] for k in pairs}
    if not pairs:
        area = asked.one_area(problem, areas, programme)
        plan = openings.carried(plan, ground.with_openings([(number, area)]).problem())
        pairs = _pairs(plan.problem, number, areas)
    if again is not None:
        there = [plan.problem.areas[plan.problem.own.area[k]] for k in pairs]
        area = asked.one_area(problem, there, programme)
        plan_amendments.in_steps({(number, area): (again, "")}, ground.declared.class_step)
    explainer = Explainer(plan)
    answers = [_answer(ground, explainer, pair, again, is_opening=not offered) for pair in pairs]
    left = [a for a in areas if offered and a not in offered]
    named = tuple(problem.area_names[problem.areas.index(a)] for a in left)
    return Answers(stored.id, tuple(answers), named)


def _pairs(problem: Problem, school: str, areas: list[str]) -> list[int]:
    return [
        k
        for k, (s, a) in enumerate(zip(problem.own.school, problem.own.area, strict=True))
        if s == school and problem.areas[a] in areas
    ]


def _answer(
    ground: plans.Ground, explainer: Explainer, pair: int, again: float | None, *, is_opening: bool
) -> Answer:
    from tasks.places import explain, leaning, why_not, words

    plan, problem = explainer.plan, explainer.plan.problem
    regions = dict(ground.frames["regions"].select("region_code", "region").unique().iter_rows())
    found = explain.reason(explainer, pair)
    leans = leaning.of(plan, pair)
    against = why_not.more(explainer, pair, found.more, leans, regions) if found.more else []
    if found.fewer:
        against.append(why_not.verdict(problem, words.fewer(found.fewer), found.fewer))
    behind = {p.id: p.text for p in ground.declared.principles.principle}
    return Answer(
        school=problem.own.school[pair],
        area=problem.areas[problem.own.area[pair]],
        is_opening=is_opening,
        reason=f"{explain.heading(plan, pair)} {explain.text(plan, found)}",
        principles=tuple(behind[p] for p in explain.cited(found, ground.declared.principles)),
        travel=tuple(_travel(explainer, found, regions)),
        why_not=tuple(against),
        forecast=tuple(leaning.said(problem, pair, leans, regions)),
        track_record=tuple(
            leaning.hits(leaning.record(problem, pair, ground.run.tables["track_record"]), regions)
        ),
        again=tuple(_again(explainer, pair, again)) if again is not None else (),
    )


def _travel(explainer: Explainer, found: Reason, regions: Mapping[str, str]) -> Iterable[str]:
    """Who would be elsewhere with one class more and one fewer, and where."""
    from tasks.places import words

    problem = explainer.plan.problem
    for other, what in ((found.more, words.MORE), (found.fewer, "")):
        if other is not None:
            what = what or words.fewer(other)
            yield f"{what}: {words.movers(problem, other.moves, regions)}"
            yield from words.elsewhere(problem, other.moves, found.pair)


def _again(explainer: Explainer, pair: int, classes: float) -> Iterable[str]:
    """The whole plan made anew with a number of classes in a pair: goals, and other pairs."""
    from tasks.places import conflicts, measure, solve, words
    from tasks.places.types import Fixed

    plan, problem = explainer.plan, explainer.plan.problem
    fixed = [f for f in problem.fixed if f.pair != pair]
    asked = replace(problem, fixed=(*fixed, Fixed(pair, classes, "spørsmål")))
    what = f"Med {words.number(classes)} klasser og resten av planen regnet på nytt"
    try:
        found = solve.plan(asked)
    except conflicts.Infeasible as error:
        yield f"{what}: {error}"
        return
    change = {g: v - explainer.base[g] for g, v in measure.goals(asked, found).items()}
    yield f"{what}: {words.differences(problem, change)}."
    before, after = plan.classes, found.classes
    other = [int(k) for k in np.flatnonzero(before != after) if k != pair]
    named = [
        f"{problem.label(k)} {words.number(before[k])} → {words.number(after[k])}"
        for k in other[:MOST_NAMED]
    ]
    rest = f"og {len(other) - len(named)} andre" if len(other) > len(named) else ""
    if named:
        yield f"Andre klasser som da endres: {'; '.join([*named, *filter(None, [rest])])}."
