"""Makes the plan in classes and says what it gives."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from flows import show
from tasks import dates, plan_amendments, plan_intake, plan_report, plans
from tasks.errors import NotFound
from tasks.settings import Settings


def places(run: str, fixed: Path | None, draws: int | None, as_json: bool) -> None:
    """Make the plan of a run, run it through the intake, and print what matters of it."""
    settings = Settings()
    by_hand = plan_amendments.read_csv(fixed) if fixed else {}
    plan_id = plans.execute(settings, run)
    if by_hand:
        plan_id = plan_amendments.amend(settings, plan_id, by_hand, "search")
    if draws != 0:
        plan_intake.execute(settings, plan_id, draws=draws)
    document = plan_report.execute(settings, plan_id)
    stored = plans.read_plan(settings.rooms, plan_id)
    intake = plan_intake.of_plan(settings.rooms, plan_id)
    found = intake.tables["intake_beside"].filter(plan=plan_intake.PLAN) if intake else None
    if as_json:
        told = {"plan": plan_id, "goals": stored.tables["goals"].to_dicts(), "document": document}
        told |= {"intake": [] if found is None else found.to_dicts(), "manifest": stored.manifest}
        show.as_json(told)
        return
    _print(stored)
    if found is not None:
        _print_intake(found)
    show.line()
    show.line(f"Planen ligger i {show.relative(settings.rooms.plans / plan_id)}")
    show.line(f"Dokument: {show.relative(document)}")


def report(plan_id: str, as_json: bool) -> None:
    """Write the document of a plan anew, and print where it lies."""
    settings = Settings()
    document = plan_report.execute(settings, plan_id)
    if as_json:
        show.as_json({"plan": plan_id, "document": document})
        return
    show.line(f"Dokument: {show.relative(document)}")
    if plan_intake.of_plan(settings.rooms, plan_id) is None:
        show.wrapped(f"Planen er ikke prøvd i inntaket: «tilbudsplan plan intake {plan_id}».")


def why(plan_id: str, school: str, area: str) -> None:
    """Print the reason of one pair, with its alternatives solved anew."""
    from tasks.places import explain

    plan, declared = plans.restore(Settings(), plan_id)
    problem = plan.problem
    pairs = [
        k
        for k in range(len(problem.own))
        if _called(school, problem.own.school[k], problem.own.name[k])
        and _called(
            area, problem.areas[problem.own.area[k]], problem.area_names[problem.own.area[k]]
        )
    ]
    if not pairs:
        raise NotFound(
            subject="tilbud",
            expected="et programområde som skolen har, eller som er ført i [[opening]]",
            got=f"{school}, {area}",
            remedy="se tabellen «classes» i planen, eller før tilbudet i rules/places.toml",
        )
    for row in explain.reasons(plan, declared.principles, pairs).iter_rows(named=True):
        show.wrapped(row["text"])
        show.wrapped(f"Prinsipper: {row['principles'] or 'ingen'}.")


def _called(said: str, code: str, name: str) -> bool:
    return said.casefold() in {code.casefold(), name.casefold(), code.rstrip("-").casefold()}


def _print(stored: plans.Stored) -> None:
    tables = stored.tables
    unconfirmed = tables["unconfirmed"].height
    show.line(f"Plan i klasser for {stored.manifest['school_year']}.")
    show.wrapped(_order(stored.manifest["priority"]))
    show.line(f"{unconfirmed} regler og prinsipper er ikke bekreftet (tabellen «unconfirmed»).")
    if changed := stored.manifest["inputs_changed_since_run"]:
        show.line(f"Endret siden kjøringen: {', '.join(changed)}.")
    show.line()
    goals = tables["goals"].select("order", "goal_name", "value", "bound", "tolerance", "met")
    shown = [
        (n, name, _number(value), _number(bound), _number(near), "ja" if met else "nei")
        for n, name, value, bound, near, met in goals.iter_rows()
    ]
    head = ("nr.", "mål", "planen gir", "kan ikke bli under", "nær nok", "innfridd")
    show.as_table(head, shown)
    counts = tables["classes"].group_by("verdict").agg(pl.len()).sort("verdict")
    show.line()
    show.line(", ".join(f"{name}: {number}" for name, number in counts.iter_rows()))
    for text in tables["reasons"].get_column("text").head(10):
        show.line(f"– {text}")


def _print_intake(found: pl.DataFrame) -> None:
    """What the intake finds of first choices, ways and empty places."""
    titles = {"forstevalg": "uten førstevalget", "reise": "lang reise eller utenfor regionen"}
    titles[plan_intake.EMPTY] = "tomme plasser"
    shown = [
        (
            titles[goal],
            "" if own is None else _number(own),
            _number(mean),
            _number(low),
            _number(high),
        )
        for goal, own, mean, low, high in found.select("goal", "own", "mean", "p10", "p90").rows()
    ]
    show.line()
    show.as_table(("inntaket", "planens egen regning", "snitt", "fra", "til (80 %)"), shown)


def _order(priority: dict[str, Any] | None) -> str:
    """Where the order of the goals is from."""
    if priority is None:
        return "Målene går i rekkefølgen i rules/places.toml; ingen er satt i et årshjul."
    day = dates.day(date.fromisoformat(priority["on"]))
    return (
        f"Målene går i rekkefølgen som er satt i årshjulet for {priority['cycle']} "
        f"({priority['by']}, {day}). Begrunnelse: {priority['reason']}"
    )


def _number(value: float) -> str:
    return f"{value:,.1f}".replace(",", " ").replace(".", ",")
