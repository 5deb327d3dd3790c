"""Makes the plan in classes and says what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from flows import show
from tasks import (
    dates,
    plan_amendments,
    plan_intake,
    plan_report,
    plan_tradeoff,
    plan_why,
    plans,
    runs,
)
from tasks.errors import WrongUse
from tasks.places import words
from tasks.publish import formats
from tasks.settings import Settings

# Changed offers that are printed with their reasons.
NAMED = 10
NOT_OFFERED = (
    "Skolen har ikke dette tilbudet, og det er ikke ført i [[opening]] i rules/places.toml. Svaret "
    "er regnet som om det var ført: rom og lærere er da det reglene gir et nytt tilbud."
)


def places(run: str, fixed: Path | None, draws: int | None, as_json: bool) -> None:
    """Make the plan of a run, run it through the intake, and print what matters of it."""
    settings = Settings()
    by_hand = plan_amendments.read_csv(fixed) if fixed else {}
    _refuse_more_draws(settings, run, draws or 0)
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


def _refuse_more_draws(settings: Settings, run: str, draws: int) -> None:
    """Before the plan is made, which takes minutes, and not after."""
    most = runs.read(settings.rooms, run).manifest["parameters"]["draws"]
    if draws > most:
        raise WrongUse(
            subject="--draws",
            expected=f"høyst {most}, så mange trekninger som kjøringen har",
            got=str(draws),
            remedy="velg færre, eller kjør behovet på nytt med flere trekninger",
        )


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


def tradeoff(plan_id: str, bounded: str, minimised: str, points: int, as_json: bool) -> None:
    """Find the front of two goals of a plan, and print what they cost each other."""
    from tasks.places import pareto_words as said

    settings = Settings()
    folder = plan_tradeoff.execute(settings, plan_id, bounded, minimised, points=points)
    document = plan_report.execute(settings, plan_id)
    found = plan_tradeoff.read(folder, plan_id)
    front, goals = found.tables[plan_tradeoff.TABLE], plan_tradeoff.goals_of(found)
    alternatives = plans.read_plan(settings.rooms, plan_id).tables["alternatives"]
    own = dict(alternatives.filter(alternative="planen").select("goal", "value").rows())
    told = said.said(front, *goals, own)
    if as_json:
        rows = front.to_dicts()
        show.as_json({"plan": plan_id, "points": rows, "said": told, "manifest": found.manifest})
        return
    show.wrapped(f"{said.NAMES[goals[0]].capitalize()} mot {said.NAMES[goals[1]]}.")
    show.line()
    for sentence in told:
        show.wrapped(sentence, "– ")
    show.line()
    columns = ("bounded", "minimised", "minimised_bound", "met", "classes_from_plan")
    shown = [
        (
            said.amount(goals[0], bounded),
            *(said.amount(goals[1], value) for value in (minimised, bound)),
            "ja" if met else "nei",
            formats.decimal(changed),
        )
        for bounded, minimised, bound, met, changed in front.select(*columns).iter_rows()
    ]
    head = ("tak på", "minst av", "kan ikke bli under", "innfridd", "klasser ulikt planen")
    show.as_table(head, shown)
    show.line()
    show.line(f"Tabellen ligger i {show.relative(folder)}")
    show.line(f"Dokument: {show.relative(document)}")


def why(
    school: str, programme: str, level: int, plan: str | None, again: float | None, as_json: bool
) -> None:
    """Print why a school has the classes that it has, and why not others."""
    found = plan_why.ask(Settings(), school, programme, level, plan_id=plan, again=again)
    if as_json:
        show.as_json(asdict(found))
        return
    show.line(f"Plan {found.plan}.")
    for answer in found.answers:
        show.line()
        if answer.is_opening:
            show.wrapped(NOT_OFFERED)
        show.wrapped(answer.reason)
        for title, said in (
            ("Prinsipper", answer.principles),
            ("Hvem det gjelder", answer.travel),
            ("Hvorfor ikke", answer.why_not),
            ("Anslaget bak", answer.forecast),
            ("Slik har anslagene truffet", answer.track_record),
            ("Hele planen på nytt", answer.again),
        ):
            _section(title, said)
    if found.not_offered:
        show.line()
        named = ", ".join(found.not_offered)
        show.wrapped(f"Skolen har ikke {named}. Spør med navnet for å få vite hvorfor.")


def _section(title: str, said: Sequence[str]) -> None:
    if said:
        show.line(f"{title}:")
    for sentence in said:
        show.wrapped(sentence, "  – ")


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
        (
            n,
            name,
            formats.decimal(value),
            formats.decimal(bound),
            formats.decimal(near),
            "ja" if met else "nei",
        )
        for n, name, value, bound, near, met in goals.iter_rows()
    ]
    head = ("nr.", "mål", "planen gir", "kan ikke bli under", "nær nok", "innfridd")
    show.as_table(head, shown)
    # A pair that has no class this year and gets none is no offer, as in the document.
    offered = tables["classes"].filter((pl.col("classes") > 0) | (pl.col("classes_now") > 0))
    counts = offered.group_by("verdict").agg(pl.len()).sort("verdict")
    show.line()
    show.line(", ".join(f"{name}: {number}" for name, number in counts.iter_rows()))
    changed = tables["reasons"].filter(pl.col("verdict") != "som i år")
    for one in changed.head(NAMED).iter_rows(named=True):
        becomes = words.from_to(one["verdict"], one["classes_now"], one["classes"])
        show.wrapped(f"{one['school']}, {one['programme_area']}: {becomes}. {one['text']}", "– ")
    if (rest := changed.height - NAMED) > 0:
        show.line(f"… og {rest} andre, hver med sin begrunnelse i dokumentet.")


def _print_intake(found: pl.DataFrame) -> None:
    """What the intake finds of first choices, ways and empty places."""
    titles = {"forstevalg": "uten førstevalget", "reise": "lang reise eller utenfor regionen"}
    titles[plan_intake.EMPTY] = "tomme plasser"
    shown = [
        (
            titles[goal],
            "" if own is None else formats.decimal(own),
            formats.decimal(mean),
            formats.decimal(low),
            formats.decimal(high),
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
