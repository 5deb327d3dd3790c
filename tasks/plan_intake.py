"""The intake of a plan: the plan and what could be done without it, with the same applicants.

    plans/<plan>/intake-<id>/manifest.json   plan, draws, rules, hashes of inputs and tables
                             <table>.parquet tables of `tasks.places.intake.plans`; `intake_beside`

The same plan, night, rules and code give the same bytes of every table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tasks import intake_inputs, made_with, plans, runs, table_folder
from tasks.place_rules import declared_of
from tasks.places import alternatives
from tasks.places.intake.plans import side_by_side
from tasks.places.intake.types import IntakeRules
from tasks.places.types import Problem
from tasks.settings import Project, Rooms, Settings

SCHEMA_VERSION = 1
DRAWS = 200
PLAN = "planen"
TITLES = {PLAN: "Planen", **alternatives.NAMES}
# What the intake calls the goals that a plan can only reckon by groups.
OF_GOALS = {"forstevalg": "other_programme", "reise": "away"}
EMPTY = "tomme_plasser"


def execute(
    settings: Settings, plan_id: str, *, draws: int | None = None, project: Project | None = None
) -> Path:
    """Run a plan and its alternatives through the intake, and write the tables beside the plan.

    Args:
        settings: Folders and county.
        plan_id: The plan.
        draws: Draws of the run's forecast, at most as many as it has. Unset: `DRAWS`, or all.
        project: Where the rules lie.

    Returns:
        The folder.

    Raises:
        NotFound: No such plan or run, or the night lacks a table.
        WrongUse: More draws than the forecast has.
        ConfigurationError: The rules that the plan was made under cannot be read.
    """
    project = project or Project()
    stored = plans.read_plan(settings.rooms, plan_id)
    run = runs.read(settings.rooms, stored.manifest["run"])
    declared = declared_of(stored.manifest)
    year = runs.start_year(run.manifest["school_year"])
    forecast = runs.forecast(run)
    draws = draws or min(DRAWS, forecast.count)
    problem = plans.build(run, forecast, plans.read(settings.rooms, project, year), declared)
    frames = intake_inputs.read(settings.rooms, project.reference, date(year, 10, 1))
    compared = {PLAN: stored.tables["classes"].select(*_KEY, pl.col("places").round(0))}
    for name, classes in alternatives.classes(problem, forecast).items():
        compared[name] = _places(problem, classes)
    tables = side_by_side(
        frames,
        compared,
        forecast,
        declared.intake,
        year=year,
        seed=run.manifest["seed"],
        county=run.manifest["parameters"]["county"],
        draws=draws,
    )
    tables["intake_beside"] = beside(stored.tables, tables)
    manifest = _manifest(stored, draws, declared.intake, frames)
    return _write(settings.rooms.plans / plan_id, manifest, tables)


def of_plan(rooms: Rooms, plan_id: str) -> plans.Stored | None:
    """The intake of a plan, held to its hashes; None where there is none.

    Of several it is the one with most draws, and of those the one that was written last.

    Raises:
        LandingCorrupt: A table is missing or is not what was written.
    """
    written = [
        (json.loads(file.read_bytes()), file.stat().st_mtime_ns, file.parent)
        for file in (rooms.plans / plan_id).glob("intake-*/manifest.json")
    ]
    if not written:
        return None
    manifest, _, folder = max(written, key=lambda one: (one[0]["draws"], one[1]))
    found = table_folder.read(
        folder,
        manifest,
        subject=f"inntaket {folder.name} av plan {plan_id}",
        remedy=f"slett mappen og kjør «tilbudsplan plan intake {plan_id}»",
    )
    return plans.Stored(folder.name, manifest, found)


def beside(plan: Mapping[str, pl.DataFrame], intake: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Table `intake_beside`: what the plan reckons itself beside what the intake finds.

    Grain: plan or alternative × goal that the intake finds too (`forstevalg`, `reise`), and
    `tomme_plasser` with the places. `own` is the plan's reckoning (null: not reckoned); `mean`,
    `p10` and `p90` are the intake's after its last round, the whole county. Persons; places.
    """
    own = plan["alternatives"].select(plan="alternative", goal="goal", own="value")
    left = plan["classes"].select(pl.col("places").sum() - pl.col("pupils").sum()).item()
    own = own.vstack(pl.DataFrame([(PLAN, EMPTY, left)], own.schema, orient="row"))
    last = pl.col("round") == pl.col("round").max()
    county = (pl.col("level") == "*") & (pl.col("region_code") == "*")
    named = {measure: goal for goal, measure in OF_GOALS.items()}
    parts = ("mean", "p10", "p90")
    persons = (
        intake["intake_goals"]
        .filter(last & county & pl.col("measure").is_in(list(named)))
        .select("plan", pl.col("measure").replace_strict(named).alias("goal"), *parts)
    )
    places = (
        intake["intake_empty"]
        .filter(last & county)
        .select(
            "plan", pl.lit(EMPTY).alias("goal"), *(pl.col(f"empty_{p}").alias(p) for p in parts)
        )
    )
    found = pl.concat([persons, places])
    return found.join(own, on=["plan", "goal"], how="left", maintain_order="left").select(
        "plan", "goal", "own", *parts
    )


_KEY = ("organisation_number", "programme_area_code")


def _places(problem: Problem, classes: np.ndarray[Any, np.dtype[np.float64]]) -> pl.DataFrame:
    """Places of whole and half classes."""
    own = problem.own
    half = np.where(classes % 1 > 0, own.half, 0.0)
    return pl.DataFrame(
        {
            "organisation_number": own.school,
            "programme_area_code": [problem.areas[a] for a in own.area],
            "places": np.round(own.full * np.floor(classes) + half),
        }
    )


def _manifest(
    stored: plans.Stored, draws: int, rules: IntakeRules, frames: dict[str, pl.DataFrame]
) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "plan": stored.id,
        "plan_outputs": stored.manifest["outputs"],
        "run": stored.manifest["run"],
        "draws": draws,
        "rules": asdict(rules),
        "code": {"intake_sha256": made_with.sources("places/intake")},
        "inputs": table_folder.files_of(dict(sorted(frames.items())))[1],
    }


def _write(plan: Path, manifest: dict[str, Any], tables: dict[str, pl.DataFrame]) -> Path:
    """Put the intake in place beside its plan, under a name that tells what made it."""
    files, manifest["outputs"] = table_folder.files_of(tables)
    folder = plan / f"intake-{table_folder.identity_of(manifest)}"
    if not folder.is_dir():
        table_folder.write(folder, manifest, files)
    return folder
