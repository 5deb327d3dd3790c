"""What is looked up when an act is journalled: the figures and names it leans on.

It is stored with the act, so that the cycle's state needs nothing but the journal, and so that what
a decision stood on can be read years later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from tasks import indicators, nights, warehouse
from tasks.cycle import acts, balance, offer, outcomes, priority, waiting, weighing
from tasks.cycle.acts import Act
from tasks.cycle.calendar import Dated
from tasks.cycle.state import State
from tasks.errors import NotFound, TilbudsplanError, WrongUse
from tasks.journal import Entry, Journal
from tasks.settings import Project, Rooms, Settings

_OFFER = """
    select
        organisation_number as school,
        any_value(school) as school_name,
        programme_area_code as area,
        any_value(programme_area) as area_name,
        level,
        any_value(programme_code) as programme,
        any_value(intake_region_code) as region,
        sum(classes)::double as classes,
        sum(places)::integer as places
    from (
        -- The newest row of each offer that counts on the day: as `forecast.balance.valid_places`.
        select *
        from mart.places_by_school_programme_area
        where valid_from <= ?
        qualify row_number() over (
            partition by organisation_number, programme_area_code, level, mode
            order by valid_from desc
        ) = 1
    )
    where owner = 'county'
    group by organisation_number, programme_area_code, level
    order by all
"""
_FIGURES = """
    select
        organisation_number as school,
        programme_area_code as area,
        level,
        sum({column})::integer as persons
    from {table}
    where owner = 'county' and school_year_start = ?
    group by organisation_number, programme_area_code, level
    having sum({column}) is not null
    order by all
"""


def facts(
    act: Act,
    state: State,
    settings: Settings,
    project: Project,
    entries: Sequence[Entry],
    milestones: Sequence[Dated],
    on: date,
) -> dict[str, Any]:
    """What belongs with an act.

    Args:
        act: What is about to be journalled.
        state: Where the cycle stands before it.
        settings: The installation.
        project: Where reference data lie.
        entries: The journal.
        milestones: The cycle's dates.
        on: When it happened.

    Raises:
        NotFound: a night, a run or a release that it names is not there.
        WrongUse: what it names is of another year, or cannot be set.
        LandingCorrupt: the run is not what it was.
    """
    rooms = settings.rooms
    match act:
        case acts.Freeze():
            return _night(rooms, act.night or on) | {"decisions": _earlier(state, entries)}
        case acts.Release():
            return _released(entries, act.base)
        case acts.Input():
            due = waiting.deadline(milestones, act.channel)
            late = due is not None and on > due
            return {"due": due.isoformat() if due else None, "late": late}
        case acts.Close() if state.stage == "innspill":
            return {"open": waiting.open_channels(milestones, on)}
        case acts.Propose():
            return _proposal(rooms, act.run, state.cycle.id) | _plan(rooms, state, act)
        case acts.Applications() | acts.Count():
            return _counted(rooms, state, act)
        case _:
            return _set(state, act, settings, project)


def _set(state: State, act: Act, settings: Settings, project: Project) -> dict[str, Any]:
    """What belongs with acts that set classes: that they can be set, and what that costs."""
    lines: tuple[acts.Setting, ...]
    match act:
        case acts.Override():
            before, lines, where = offer.proposed(state), (act.setting,), offer.BY_HAND
        case acts.Decide():
            before, lines, where = offer.proposed(state), act.amendments, offer.council(act)
        case acts.Adjust():
            before, lines, where = offer.decided(state), act.lines, offer.IN_MAY
        case _:
            return {}
    _check_usable(before, lines)
    after = offer.with_settings(before, lines, where)
    told = _decision(state, act, before, after) if isinstance(act, acts.Decide) else {}
    proposal = state.last(acts.Propose)
    if proposal is None or proposal[0].plan is None or not lines:
        return told
    try:
        cost = weighing.weighed(settings, project, proposal[0].plan, before, after)
    except TilbudsplanError as error:
        # What was set is set, whether its cost can be had or not.
        return told | {"not_weighed": str(error)}
    return told | {"weighed": cost}


def _counted(rooms: Rooms, state: State, act: acts.Applications | acts.Count) -> dict[str, Any]:
    """Figures from the published tables where none were entered; on 31 December it is placement."""
    if act.lines or (isinstance(act, acts.Count) and act.when == "31. desember"):
        return _known_lines(state, act)
    if isinstance(act, acts.Count):
        return _figures(rooms, "mart.pupils_by_school_programme_area", "pupils", state)
    return _figures(rooms, "mart.intake_by_school_programme_area", "first_choices", state)


def _night(rooms: Rooms, day: date) -> dict[str, Any]:
    """The figures of the last night on or before a day, and how their suites went."""
    built = nights.built_on(Journal(rooms.journal), day)
    snapshots = {name: chosen["snapshot"] for name, chosen in built["vintages"].items()}
    return {
        "night": built["night"],
        "as_of": built["as_of"],
        "datasets": len(snapshots),
        "vintages_sha256": _digest(snapshots),
        "suites": _suites(rooms, built["as_of"]),
    }


def _earlier(state: State, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """How the decisions of earlier years have gone so far: a part of the knowledge base."""
    found = outcomes.summaries(outcomes.of_journal(entries))
    return [asdict(one) for one in found if one.cycle < state.cycle.id]


def _suites(rooms: Rooms, as_of: str) -> dict[str, int] | None:
    """How many expectations were tried and broken; None where the night's record is cleared."""
    import polars as pl

    path = rooms.audit / as_of / "validation.parquet"
    if not path.is_file():
        return None
    told = pl.read_parquet(path)
    broken = told.filter(~pl.col("success"))
    return {
        "tried": told.height,
        "block": broken.filter(severity="block").height,
        "warn": broken.filter(severity="warn").height,
    }


def _released(entries: Sequence[Entry], base: int) -> dict[str, Any]:
    for entry in reversed(entries):
        if entry.kind == indicators.RELEASE and entry.payload["base"] == base:
            told = entry.payload
            return {
                "released_by": told["released_by"],
                "figures_as_of": told["figures_as_of"],
                "figures": len(told["figures"]["value"]),
            }
    raise NotFound(
        subject=f"kunnskapsgrunnlaget {base}",
        expected="et som statistikkomiteen har frigitt",
        got="ingen frigivelse i journalen",
        remedy=f"frigi det med «tilbudsplan indicators release --base {base}»",
    )


def offered(rooms: Rooms, on: date) -> dict[str, list[Any]]:
    """The county's offers that count on a day, a list a column. Grain: school × area × level."""
    return _asked(rooms, _OFFER, on)


def _proposal(rooms: Rooms, run_id: str, school_year: str) -> dict[str, Any]:
    """The run as it is, the offer it will change, and the need it found."""
    import polars as pl

    from tasks import runs

    run = runs.read(rooms, run_id)
    if run.manifest["school_year"] != school_year:
        raise WrongUse(
            subject=f"kjøringen {run_id}",
            expected=f"en for skoleåret {school_year}",
            got=f"en for {run.manifest['school_year']}",
            remedy=f"kjør «tilbudsplan plan run --school-year {school_year}», og legg den fram",
        )
    # As the run and the plan count what there is: on 1 October of the year that is planned.
    current = offered(rooms, date(runs.start_year(school_year), 10, 1))
    need = run.tables["places"].filter((pl.col("level") != "*") & (pl.col("programme_code") != "*"))
    columns = {
        "programme": "programme_code",
        "level": "level",
        "region": "region_code",
        "private": "places_private",
        "needed": "needed_mean",
        "low": "needed_p10",
        "high": "needed_p90",
    }
    return {
        "manifest_sha256": _digest(run.manifest),
        "seed": run.manifest["seed"],
        "draws": run.manifest["parameters"]["draws"],
        "scenarios": [s["id"] for s in run.manifest["parameters"].get("scenarios", ())],
        "code": run.manifest["code"],
        "vintages_sha256": _digest(run.manifest["vintages"]),
        "placed": run.tables["placement"].filter("drawn")["percent"].to_list(),
        "offer": current,
        "need": need.select(**columns)
        .drop_nulls()
        .sort("programme", "level", "region")
        .to_dict(as_series=False),
    }


def _plan(rooms: Rooms, state: State, act: acts.Propose) -> dict[str, Any]:
    """What a plan in classes changes of this year's offer, each with its reason."""
    import polars as pl

    from tasks import plans

    if act.plan is None:
        return {}
    plan = plans.read_plan(rooms, act.plan)
    if plan.manifest["run"] != act.run:
        raise WrongUse(
            subject=f"planen {act.plan}",
            expected=f"en av kjøringen {act.run}",
            got=f"en av {plan.manifest['run']}",
            remedy=f"lag en med «tilbudsplan plan places {act.run}»",
        )
    _refuse_other_order(state, act.plan, plan.manifest)
    key = ["organisation_number", "programme_area_code"]
    changed = plan.tables["classes"].filter(pl.col("classes") != pl.col("classes_now"))
    told = changed.join(plan.tables["reasons"].select(*key, "text"), on=key, how="left")
    columns = {
        "school": pl.col("organisation_number"),
        "school_name": pl.col("school"),
        "area": pl.col("programme_area_code"),
        "area_name": pl.col("programme_area"),
        "level": pl.col("level").cast(pl.Int64),
        "region": pl.col("region_code"),
        "classes": pl.col("classes"),
        "places": pl.col("places").round().cast(pl.Int64),
        "why": pl.col("text").fill_null(pl.col("verdict")),
    }
    planned = told.select(**columns).sort("school", "area", "level")
    return {
        "plan_sha256": _digest(plan.manifest),
        "goals": [stage["goal"] for stage in plan.manifest["goals"]],
        "planned": planned.to_dict(as_series=False),
    }


def _refuse_other_order(state: State, plan: str, manifest: Mapping[str, Any]) -> None:
    """The proposal goes by the order that was set; another order is set by going back."""
    wanted = priority.of_state(state)
    if wanted is None or wanted.steers(manifest):
        return
    names = {name: said for said, name in acts.GOALS.items()}
    made = [names.get(stage["goal"], stage["goal"]) for stage in manifest["goals"]]
    raise WrongUse(
        subject=f"planen {plan}",
        expected="en som følger prioriteringen: " + ", ".join(names[g] for g in wanted.goals),
        got=f"en med rekkefølgen {', '.join(made)}, eller med en annen begrunnelse etter § 5-3",
        remedy=f"lag den på nytt med «tilbudsplan plan places {manifest['run']}»; den følger "
        "prioriteringen. Skal rekkefølgen være en annen, gå tilbake til prioritering",
    )


def _decision(
    state: State, act: acts.Decide, before: offer.Offer, after: offer.Offer
) -> dict[str, Any]:
    """What the decision stands on, and the balance of what it amends."""
    proposal = state.last(acts.Propose)
    if proposal is None or act.outcome == "sendt tilbake":
        return {}
    found = balance.evaluated(before, after, proposal[1].facts["need"])
    return {
        "run": proposal[0].run,
        "plan": proposal[0].plan,
        "manifest_sha256": proposal[1].facts["manifest_sha256"],
        "plan_sha256": proposal[1].facts.get("plan_sha256"),
        "vintages_sha256": proposal[1].facts["vintages_sha256"],
        "code": proposal[1].facts["code"],
        "offer_sha256": _digest(
            [[*line.key, line.classes, line.places] for line in after.values()]
        ),
        "amended": [
            {
                "programme": one.programme,
                "level": one.level,
                "region": one.region,
                "places": [one.places_before, one.places_after],
                "gap": [round(one.gap_before, 1), round(one.gap_after, 1)],
            }
            for one in found
        ],
    }


def _check_usable(current: offer.Offer, settings: Sequence[acts.Setting]) -> None:
    if why := offer.unusable(current, settings):
        raise WrongUse(
            subject="tilbudet",
            expected="tilbud som finnes, eller som kan lages",
            got=why,
            remedy='rett koden; «tilbudsplan query "from mart.places_by_school_programme_area"» '
            "viser tilbudene",
        )


def _known_lines(state: State, act: acts.Applications | acts.Count) -> dict[str, Any]:
    known = offer.adjusted(state)
    for line in act.lines:
        if line.key not in known:
            raise WrongUse(
                subject=f"{line.area} på nivå {line.level} ved {line.school}",
                expected="et tilbud som er vedtatt",
                got="et som ikke er det",
                remedy="rett koden; «tilbudsplan cycle status» viser vedtaket",
            )
    return {}


def _figures(rooms: Rooms, table: str, column: str, state: State) -> dict[str, Any]:
    """Published figures of the cycle's year, by offer."""
    found = _asked(rooms, _FIGURES.format(table=table, column=column), state.cycle.year)
    if not found["school"]:
        raise NotFound(
            subject=f"{table} for {state.cycle.id}",
            expected="tall for skoleåret",
            got="ingen ennå",
            remedy="kjør natten når tallene er kommet, eller før dem på linjer i handlingen",
        )
    return {"table": table, "figures": found}


def _asked(rooms: Rooms, sql: str, *bound: Any) -> dict[str, list[Any]]:
    """A query's answer, a list a column: a line of the journal then repeats no names."""
    with warehouse.connect_published(rooms) as con:
        result = con.execute(sql, list(bound))
        names = [column[0] for column in result.description or ()]
        rows = result.fetchall()
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def _digest(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
