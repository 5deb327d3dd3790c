"""Two goals of a plan against each other: what less of the one costs in the other."""

from __future__ import annotations

from typing import Any

from tasks.places import pareto_words
from tasks.publish import model, plan_charts
from tasks.publish.model import Cell, Column, Figure, Section, Table
from tasks.publish.parts import Row, figure
from tasks.publish.plan_parts import GOALS, PLAN, Front, Proposal, cell, scaled, shown, table

LEAD = (
    "Her er reglene holdt, og bare to mål er veid mot hverandre: for hvert tak på det ene er det "
    "andre gjort så lite som mulig. De andre målene teller ikke. Punktene er derfor ikke planer å "
    "vedta, men sier hva de to målene koster hverandre.",
)
SUBTITLE = (
    "Prikk: den beste planen som er funnet for de to målene. Streken under går ned til det ingen "
    "plan kan komme under. Ring: planen. Aksene begynner ikke på null."
)


def sections(plan: Proposal) -> list[Section]:
    """One section of the fronts that are found; none where none is."""
    if not plan.fronts:
        return []
    figures = tuple(_figure(plan, front) for front in plan.fronts)
    return [Section("avveininger", "Hva målene koster hverandre", LEAD, figures)]


def _figure(plan: Proposal, front: Front) -> Figure:
    (bounded, unit), (minimised, other) = GOALS[front.bounded], GOALS[front.minimised]
    goals: tuple[str, str] = (front.bounded, front.minimised)
    own = {goal: plan.reckoned[PLAN, goal] for goal in goals}
    told = tuple(pareto_words.said(front.points, *goals, own))
    dots: list[Row] = [
        {
            "x": scaled(front.bounded, row["bounded"]),
            "y": scaled(front.minimised, row["minimised"]),
            "low": scaled(front.minimised, row["minimised_bound"]),
            "what": plan_charts.FRONT,
        }
        for row in front.points.iter_rows(named=True)
    ]
    mine = {g: scaled(g, value) for g, value in own.items()}
    ring = {"x": mine[front.bounded], "y": mine[front.minimised], "low": None}
    dots.append({**ring, "what": plan_charts.OWN})
    return figure(
        f"figur-{_name(front)}",
        f"{bounded} mot {minimised.lower()}",
        SUBTITLE,
        " ".join(told),
        lambda narrow: plan_charts.front(
            dots, f"{bounded}, {unit}", f"{minimised}, {other}", narrow
        ),
        _table(front),
        remarks=told,
    )


def _table(front: Front) -> Table:
    (bounded, unit), (minimised, other) = GOALS[front.bounded], GOALS[front.minimised]
    step = pareto_words.step_of(front.bounded)
    return table(
        f"tabell-{_name(front)}",
        f"{bounded} mot {minimised.lower()}, punkt for punkt",
        (
            Column(f"{bounded}, {unit}"),
            Column(f"{minimised}, {other}"),
            Column("Kan ikke bli under"),
            Column("Bevist best", "text"),
            Column("Pris", group=f"{pareto_words.amount(front.bounded, step)} mindre koster"),
            Column("Fra", group=f"{pareto_words.amount(front.bounded, step)} mindre koster"),
            Column("Til", group=f"{pareto_words.amount(front.bounded, step)} mindre koster"),
            Column("Klasser"),
            Column("Klasser som er andre enn i planen"),
        ),
        [_cells(front, row, step) for row in front.points.iter_rows(named=True)],
        notes=(
            f"Prisen er {other} mer av {minimised.lower()} når en går fra punktet under til dette, "
            "med det som er bevist av den.",
        ),
    )


def _cells(front: Front, row: Row, step: float) -> list[Cell]:
    proven = f"ja, ±{shown(front.minimised, row['tolerance'])}" if row["met"] else "nei"
    prices: list[Any] = [row[name] for name in ("price", "price_low", "price_high")]
    return [
        cell(front.bounded, row["bounded"]),
        cell(front.minimised, row["minimised"]),
        cell(front.minimised, row["minimised_bound"]),
        model.text(proven),
        *(
            model.decimal(None if one is None else scaled(front.minimised, step * one))
            for one in prices
        ),
        model.classes(row["classes"]),
        model.classes(row["classes_from_plan"]),
    ]


def _name(front: Front) -> str:
    """The two goals in an id of the page."""
    return f"{front.bounded}-{front.minimised}".replace("_", "-")
