"""Two goals of a plan against each other: the front, written beside the plan.

    plans/<plan>/tradeoff-<id>/manifest.json     plan, goals, how many points, each goal's own best
                               tradeoff.parquet  table of `tasks.places.pareto`

The same plan, goals and code give the same bytes.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast, get_args

from tasks import made_with, plans, table_folder
from tasks.cycle.acts import GOALS
from tasks.errors import WrongUse
from tasks.places.rules import Goal
from tasks.settings import Project, Rooms, Settings

SCHEMA_VERSION = 1
TABLE = "tradeoff"


def execute(
    settings: Settings,
    plan_id: str,
    bounded: str,
    minimised: str,
    *,
    points: int,
    project: Project | None = None,
) -> Path:
    """Find the front of two goals, and write it beside the plan.

    Args:
        settings: Folders and county.
        plan_id: The plan whose rules and classes set by hand hold.
        bounded: The goal with a limit.
        minimised: The goal that is made least.
        points: Limits between the ends.
        project: Where the rules lie.

    Returns:
        The folder.

    Raises:
        NotFound: There is no such plan or run.
        WrongUse: The goals are not two of the plan's, or figures or program have moved on.
    """
    goals = _two_goals(bounded, minimised)
    stored = plans.read_plan(settings.rooms, plan_id)
    from tasks.places import pareto

    plan, _ = plans.restore(settings, plan_id, project)
    found = pareto.front(plan, *goals, points)
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "plan": plan_id,
        "plan_outputs": stored.manifest["outputs"],
        "bounded": found.bounded,
        "minimised": found.minimised,
        "points": points,
        "best": [asdict(stage) for stage in found.best],
        "code": {"places_sha256": made_with.sources("places")},
    }
    files, manifest["outputs"] = table_folder.files_of({TABLE: pareto.table(found, plan)})
    folder = settings.rooms.plans / plan_id / f"tradeoff-{table_folder.identity_of(manifest)}"
    if not folder.is_dir():
        table_folder.write(folder, manifest, files)
    return folder


def of_plan(rooms: Rooms, plan_id: str) -> list[plans.Stored]:
    """The fronts of a plan, held to their hashes; one a pair of goals, that with most points.

    Raises:
        LandingCorrupt: A table is missing or is not what was written.
    """
    chosen: dict[tuple[str, str], tuple[int, int, Path, dict[str, Any]]] = {}
    for file in sorted((rooms.plans / plan_id).glob("tradeoff-*/manifest.json")):
        manifest = json.loads(file.read_bytes())
        pair = (manifest["bounded"], manifest["minimised"])
        one = (manifest["points"], file.stat().st_mtime_ns, file.parent, manifest)
        chosen[pair] = max(chosen.get(pair, one), one, key=lambda found: found[:2])
    return [read(folder, plan_id) for *_, folder, _ in chosen.values()]


def read(folder: Path, plan_id: str) -> plans.Stored:
    """A front, held to its hashes.

    Raises:
        LandingCorrupt: The table is missing or is not what was written.
    """
    manifest = json.loads((folder / "manifest.json").read_bytes())
    tables = table_folder.read(
        folder,
        manifest,
        subject=f"avveiningen {folder.name} av plan {plan_id}",
        remedy=f"slett mappen og kjør «tilbudsplan plan tradeoff {plan_id}»",
    )
    return plans.Stored(folder.name, manifest, tables)


def goals_of(found: plans.Stored) -> tuple[Goal, Goal]:
    """The goal with a limit and the other, of a stored front."""
    return found.manifest["bounded"], found.manifest["minimised"]


def _two_goals(bounded: str, minimised: str) -> tuple[Goal, Goal]:
    """Goals by their ids, or as people say them in the cycle's priority."""
    known = get_args(Goal)
    first, second = (GOALS.get(one.casefold(), one) for one in (bounded, minimised))
    if first == second or not {first, second} <= set(known):
        raise WrongUse(
            subject="mål som veies mot hverandre",
            expected=f"to forskjellige av {', '.join(GOALS)}",
            got=f"{bounded} og {minimised}",
            remedy="skriv målene slik de heter i årshjulet, i anførselstegn der det er mellomrom, "
            "eller i rules/places.toml",
        )
    return cast(Goal, first), cast(Goal, second)
