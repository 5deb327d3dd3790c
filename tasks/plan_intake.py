"""The intake of a plan: the plan and what could be done without it, with the same applicants.

    plans/<plan>/intake-<id>/manifest.json   plan, draws, rules, hashes of inputs and tables
                             <table>.parquet the tables of `tasks.places.intake.plans`

The same plan, night, rules and code give the same bytes of every table.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tasks import intake_inputs, made_with, plans, runs, table_folder
from tasks.place_rules import read_place_rules
from tasks.places import alternatives
from tasks.places.intake.plans import side_by_side
from tasks.places.intake.types import IntakeRules
from tasks.places.types import Problem
from tasks.settings import Project, Settings

SCHEMA_VERSION = 1
DRAWS = 200
PLAN = "planen"
TITLES = {PLAN: "Planen", **alternatives.NAMES}


def execute(
    settings: Settings, plan_id: str, *, draws: int = DRAWS, project: Project | None = None
) -> Path:
    """Run a plan and its alternatives through the intake, and write the tables beside the plan.

    Args:
        settings: Folders and county.
        plan_id: The plan.
        draws: Draws of the run's forecast, at most as many as it has.
        project: Where the rules lie.

    Returns:
        The folder.

    Raises:
        NotFound: No such plan or run, or the night lacks a table.
        WrongUse: More draws than the forecast has.
        ConfigurationError: A rule file cannot be used.
    """
    project = project or Project()
    stored = plans.read_plan(settings.rooms, plan_id)
    run = runs.read(settings.rooms, stored.manifest["run"])
    declared = read_place_rules(project.reference)
    year = runs.start_year(run.manifest["school_year"])
    forecast = runs.forecast(run)
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
    manifest = _manifest(stored, draws, declared.intake, frames)
    return _write(settings.rooms.plans / plan_id, manifest, tables)


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
