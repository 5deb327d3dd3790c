"""A plan as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tasks.forecast.types import Forecast
from tasks.places import alternatives, explain, leaning, measure, words
from tasks.places.model import arcs, wishes
from tasks.places.solve import Plan

if TYPE_CHECKING:
    from tasks.place_rules import DeclaredPlaces

NAMES = (
    "classes",
    "placed",
    "choices",
    "goals",
    "adults",
    "colleges",
    "groups",
    "alternatives",
    "reasons",
    "movers",
    "leaning",
    "fixed",
    "distance",
    "unconfirmed",
    "solution",
)


def tables(
    plan: Plan, forecast: Forecast, declared: DeclaredPlaces, free: Plan | None
) -> dict[str, pl.DataFrame]:
    """Every table of a plan, by the names of `NAMES`.

    Args:
        plan: The plan.
        forecast: What the alternatives are made of.
        declared: Its principles are cited by reasons, and what is unconfirmed is listed.
        free: The plan without what is set by hand; None where nothing is.
    """
    reasons, movers = explain.reasons(plan, declared.principles)
    return {
        "classes": classes(plan),
        "placed": placed(plan),
        "choices": choices(plan),
        "goals": goals(plan),
        "adults": adults(plan),
        "colleges": colleges(plan),
        "groups": groups(plan),
        "alternatives": beside(plan, forecast),
        "reasons": reasons,
        "movers": movers,
        "leaning": leaning.table(plan),
        "fixed": fixed(plan),
        "distance": distance(plan, free),
        "unconfirmed": unconfirmed(declared),
        "solution": pl.DataFrame({"value": plan.x}),
    }


def classes(plan: Plan) -> pl.DataFrame:
    """Grain: school × programme area of the county. Places with those of shared classes.

    `classes_most`: what teachers reach to; `places_a_class`: of a full one.
    """
    problem, own = plan.problem, plan.problem.own
    _, pair = arcs(problem)
    mine = pair < len(own)
    pupils = np.zeros(len(own))
    np.add.at(pupils, pair[mine], plan.block("placed")[mine])
    shared = np.zeros(len(own))
    np.add.at(shared, plan.model.columns["combined_member"], plan.block("combined_seats"))
    then = plan.classes
    return pl.DataFrame(
        {
            "organisation_number": own.school,
            "school": own.name,
            "programme_area_code": [problem.areas[a] for a in own.area],
            "programme_area": [problem.area_names[a] for a in own.area],
            "level": problem.level[own.area],
            "region_code": [problem.regions[r] for r in own.region],
            "classes_now": own.classes,
            "classes": then,
            "classes_most": own.most,
            "places_a_class": own.full,
            "nok_a_place": own.rate,
            "places_now": own.places,
            "places": measure.places(problem, plan),
            "places_in_shared_class": shared,
            "pupils": pupils,
            "nok": own.rate
            * (own.full * plan.block("whole_classes") + own.half * plan.block("half_class")),
            "verdict": [
                explain.verdict(float(a), float(b)) for a, b in zip(own.classes, then, strict=True)
            ],
        }
    )


def placed(plan: Plan) -> pl.DataFrame:
    """Grain: home region × school × programme area with pupils; others' schools too."""
    problem = plan.problem
    home, pair = arcs(problem)
    pupils = plan.block("placed")
    kept = pupils > 1e-6
    school = [*problem.own.school, *problem.others.school]
    area = np.concatenate([problem.own.area, problem.others.area])
    far = np.maximum(problem.outside, problem.beyond)[home, pair]
    return pl.DataFrame(
        {
            "home_region_code": [problem.regions[r] for r in home[kept]],
            "organisation_number": [school[p] for p in pair[kept]],
            "programme_area_code": [problem.areas[area[p]] for p in pair[kept]],
            "pupils": pupils[kept],
            "pupils_long_way_or_outside": (pupils * far)[kept],
        }
    )


def choices(plan: Plan) -> pl.DataFrame:
    """Grain: home region × first choice × area given."""
    problem = plan.problem
    region, first, area = wishes(problem)
    pupils = plan.block("wish")
    kept = pupils > 1e-6
    return pl.DataFrame(
        {
            "home_region_code": [problem.regions[r] for r in region[kept]],
            "first_choice_code": [problem.areas[a] for a in first[kept]],
            "programme_area_code": [problem.areas[a] for a in area[kept]],
            "pupils": pupils[kept],
        }
    )


def goals(plan: Plan) -> pl.DataFrame:
    """Grain: goal, in order. `bound`: no plan that holds the earlier goals can be better."""
    value = measure.goals(plan.problem, plan)
    stages = {s.goal: s for s in plan.stages}
    return pl.DataFrame(
        [
            (n + 1, g.id, words.TOLD[g.id], value[g.id], stages[g.id].bound, g.unit, g.scale,
             stages[g.id].tolerance, stages[g.id].met, stages[g.id].nodes)
            for n, g in enumerate(plan.problem.goals)
            if g.id in stages
        ],
        ["order", "goal", "goal_name", "value", "bound", "unit", "scale", "tolerance", "met",
         "nodes"],
        orient="row",
    )  # fmt: skip


def adults(plan: Plan) -> pl.DataFrame:
    """Grain: trade that adults take by modules."""
    found = plan.problem.adults
    return pl.DataFrame(
        {
            "trade_code": found.code,
            "trade": found.name,
            "demand": found.demand,
            "places": plan.block("adult_places"),
            "groups": plan.block("adult_groups"),
            "gap": found.demand - plan.block("adult_places"),
            "nok": plan.block("adult_groups") * found.group * found.rate,
        }
    )


def colleges(plan: Plan) -> pl.DataFrame:
    """Grain: offer of a vocational college."""
    found, funded = plan.problem.colleges, plan.block("college_places")
    return pl.DataFrame(
        {
            "offer_code": found.code,
            "offer": found.name,
            "places_now": found.now,
            "demand": found.demand,
            "places": funded,
            "gap": np.maximum(found.demand - funded, 0),
            "nok": funded * found.rate,
        }
    )


def groups(plan: Plan) -> pl.DataFrame:
    """Grain: programme with rules of its own, and each class that areas share."""
    problem, found = plan.problem, plan.problem.specials
    rows = [
        (i, name, float(persons), float(count), float(count * size * rate))
        for i, name, persons, count, size, rate in zip(
            found.id, found.name, found.persons, plan.block("special_groups"), found.group,
            found.rate, strict=True,
        )
    ]  # fmt: skip
    seats, group = plan.block("combined_seats"), plan.model.columns["combined_group"]
    for number, (count, members) in enumerate(
        zip(plan.block("combined"), problem.combined, strict=True)
    ):
        if count:
            named = ", ".join(problem.area_names[problem.own.area[k]] for k in members)
            price = problem.own.rate[members].max() * problem.own.full[members].min()
            said = f"Felles klasse, {problem.own.name[members[0]]}: {named}"
            rows.append(("felles", said, float(seats[group == number].sum()), count, float(price)))
    return pl.DataFrame(rows, ["id", "name", "persons", "groups", "nok"], orient="row")


def beside(plan: Plan, forecast: Forecast) -> pl.DataFrame:
    """Table `alternatives`: the plan and what could be done without it, each with all goals.

    Grain: alternative × goal; pupils are placed in each by the goals in order.
    """
    problem, placement = plan.problem, measure.Placement(plan)
    own = measure.Measured(
        plan.classes, 0.0, measure.goals(problem, plan), measure.underfilled(problem, plan), 0.0
    )
    made: list[tuple[str, str, measure.Measured | None]] = [("planen", "Planen", own)]
    for name, found in alternatives.classes(problem, forecast).items():
        made.append((name, alternatives.NAMES[name], placement.place(found)))
    rows = [
        (name, title, g.id, got.values[g.id], g.unit, got.without, got.underfilled,
         got.over_budget, float(got.classes.sum()))
        for name, title, got in made
        if got is not None
        for g in problem.goals
    ]  # fmt: skip
    return pl.DataFrame(
        rows,
        ["alternative", "alternative_name", "goal", "value", "unit", "persons_without_place",
         "underfilled", "nok_over_budget", "classes"],
        orient="row",
    )  # fmt: skip


def fixed(plan: Plan) -> pl.DataFrame:
    """Grain: pair that a person has set."""
    own, problem = plan.problem.own, plan.problem
    return pl.DataFrame(
        [
            (own.school[f.pair], problem.areas[own.area[f.pair]], f.classes, f.reason)
            for f in problem.fixed
        ],
        {
            "organisation_number": pl.String,
            "programme_area_code": pl.String,
            "classes": pl.Float64,
            "reason": pl.String,
        },
        orient="row",
    )


def distance(plan: Plan, free: Plan | None) -> pl.DataFrame:
    """Grain: measure of how far the plan is from the unforced one; empty where nothing is set."""
    found: Mapping[str, float] = explain.distance(plan, free) if free else {}
    return pl.DataFrame(
        list(found.items()), {"measure": pl.String, "difference": pl.Float64}, orient="row"
    )


def unconfirmed(declared: DeclaredPlaces) -> pl.DataFrame:
    """Grain: rule or principle that nobody has confirmed; stands on the plan's first page."""
    schema = {"file": pl.String, "entry": pl.String, "source": pl.String}
    return pl.DataFrame(declared.unconfirmed, schema, orient="row")
