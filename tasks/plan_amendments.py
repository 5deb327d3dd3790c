"""Classes set by hand in a plan that is made already: a new plan, its way there in the manifest.

amends     the plan before
unforced   the plan with nothing set by hand, that the distance is to
steps      one a time that classes were set: all that was set then, and what became of the rest
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tasks import clock, plans
from tasks.errors import WrongUse
from tasks.forms.cells import plain
from tasks.settings import Project, Settings

if TYPE_CHECKING:
    from tasks.places.by_hand import Rest

# Number of classes and reason, by organisation number and code of the programme area.
Set = Mapping[tuple[str, str], tuple[float, str]]
COLUMNS = ("organisation_number", "programme_area_code", "classes", "reason")


def amend(
    settings: Settings,
    plan_id: str,
    fixed: Set,
    rest: Rest,
    *,
    project: Project | None = None,
    now: datetime | None = None,
) -> str:
    """Set classes by hand in a plan, and write the plan that follows.

    Args:
        settings: Folders.
        plan_id: The plan before; it stays as it is.
        fixed: All that is to be set, with what is set from before.
        rest: What becomes of every other class, see `places.by_hand.amended`.
        project: Where the rules lie.
        now: The clock.

    Returns:
        The new plan's id; of the plan before where it has all this set already, and of the unforced
        one where nothing is set any more.

    Raises:
        NotFound: There is no such plan, or no longer the unforced one.
        WrongUse: Figures or rules are no longer those that the plan was made of, or a number is
            not one that the county has classes in.
        ConfigurationError: A pair is not one that the plan decides, or a reason is missing.
        CannotHold: The others cannot be left as they are.
        Infeasible: No plan at all has these classes.
    """
    from tasks.places import by_hand
    from tasks.places import problem as problems

    stored = plans.read_plan(settings.rooms, plan_id)
    fixed = {pair: (classes, plain(reason)) for pair, (classes, reason) in fixed.items()}
    if fixed == standing(stored):
        return plan_id
    unforced = unforced_of(stored)
    if not fixed:
        return plans.read_plan(settings.rooms, unforced).id
    ground = plans.ground_of(settings, stored, project or Project())
    in_steps(fixed, ground.declared.class_step)
    problem = ground.problem()
    former = plans.solved(stored, problem)
    free = (
        former
        if unforced == plan_id
        else plans.solved(plans.read_plan(settings.rooms, unforced), problem)
    )
    asked = problems.fix(problem, fixed)
    plan = by_hand.amended(former, free, asked, rest)
    step = {"rest": rest, "fixed": [[f.pair, f.classes, f.reason] for f in asked]}
    amended = {
        "amends": plan_id,
        "unforced": unforced,
        "steps": [*stored.manifest.get("steps", []), step],
    }
    return plans.store(settings.rooms, ground, plan, now or clock.now(), free=free, amended=amended)


def standing(stored: plans.Stored) -> dict[tuple[str, str], tuple[float, str]]:
    """What is set by hand in a plan."""
    rows = stored.tables["fixed"].select(COLUMNS).iter_rows()
    return {(school, area): (classes, reason) for school, area, classes, reason in rows}


def unforced_of(stored: plans.Stored) -> str:
    """The id of the plan with nothing set by hand that a plan came from; its own where it is it."""
    return str(stored.manifest.get("unforced", stored.id))


def moves(former: plans.Stored, new: plans.Stored) -> list[dict[str, Any]]:
    """What is not the same in two plans: classes, or that they are set by hand and why.

    Grain: school × programme area. `reason` is that of the new plan, None where it is not set.
    """
    key = list(COLUMNS[:2])
    now = new.tables["classes"].select(*key, "school", "programme_area", "level", "classes")
    before = former.tables["classes"].select(*key, before="classes")
    set_now = new.tables["fixed"].select(*key, "reason")
    set_before = former.tables["fixed"].select(*key, earlier="reason")
    return (
        now.join(before, on=key)
        .join(set_now, on=key, how="left", maintain_order="left")
        .join(set_before, on=key, how="left", maintain_order="left")
        .filter(
            (pl.col("classes") != pl.col("before")) | pl.col("reason").ne_missing(pl.col("earlier"))
        )
        .drop("earlier")
        .to_dicts()
    )


def costs(former: plans.Stored, new: plans.Stored) -> list[dict[str, Any]]:
    """What two plans give in each goal, in order, in the goal's unit.

    Grain: goal. `change` is the new plan less the former; `near` where that is within the tolerance
    of a search, and may come of it alone.
    """
    searched = any(step["rest"] == "search" for step in new.manifest.get("steps", [])[-1:])
    before = former.tables["goals"].select("goal", before="value")
    change = pl.col("value") - pl.col("before")
    within = change.is_between(-pl.col("tolerance"), pl.col("tolerance")) & (change != 0)
    return (
        new.tables["goals"]
        .join(before, on="goal", maintain_order="left")
        .with_columns(change=change, near=within & searched)
        .select("order", "goal", "goal_name", "unit", "before", "value", "change", "near")
        .to_dicts()
    )


def read_csv(path: Path) -> dict[tuple[str, str], tuple[float, str]]:
    """Classes set by hand, from a CSV with `;` or `,` between columns.

    Raises:
        WrongUse: The file cannot be read, lacks a column, or a number of classes is none.
    """
    try:
        head = path.read_text(encoding="utf-8-sig").splitlines()[0]
        separator = ";" if ";" in head else ","
        rows = pl.read_csv(path, separator=separator, infer_schema=False, encoding="utf8-lossy")
        rows = rows.rename({c: c.strip().lstrip("\ufeff") for c in rows.columns})
        lines = rows.select(COLUMNS)
        twice = lines.filter(lines.select(COLUMNS[:2]).is_duplicated())
        if twice.height:
            raise ValueError(f"samme tilbud to ganger: {twice.row(0)[0]} {twice.row(0)[1]}")
        return {
            (school, area): (_classes(classes), reason or "")
            for school, area, classes, reason in lines.iter_rows()
        }
    except (OSError, IndexError, ValueError, pl.exceptions.PolarsError) as error:
        raise WrongUse(
            subject=str(path),
            expected=f"en CSV-fil med kolonnene {', '.join(COLUMNS)}; klasser i halve",
            got=str(error).splitlines()[0] if str(error) else "en tom fil",
            remedy="rett filen og prøv på nytt",
        ) from error


def _classes(text: str | None) -> float:
    value = float((text or "").replace(",", "."))
    if value < 0 or value * 2 != int(value * 2):
        raise ValueError(f"{text} klasser: ventet hele eller halve, ikke under null")
    return value


def in_steps(fixed: Set, step: float) -> None:
    """Hold that numbers of classes are such as the county has.

    Raises:
        WrongUse: Some are not; it names them.
    """
    wrong = [
        f"{classes:g} på {school} {area}".replace(".", ",")
        for (school, area), (classes, _) in fixed.items()
        if classes % step
    ]
    if wrong:
        raise WrongUse(
            subject="klasser satt for hånd",
            expected="hele klasser, som rules/classes.toml sier",
            got="; ".join(wrong),
            remedy="skriv hele klasser, eller tillat halve med class_step = 0.5",
        )
