"""A plan in classes: a run and the published night in, a folder beside the run out.

    plans/<id>/manifest.json   what made it: run, rules, goals, hashes of every input and table
              <table>.parquet  the tables of `tasks.places.tables`
              inputs/          what the plan read beside the run, so that it can be made again

The same run, night, rules and code give the same bytes of every table.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tasks import clock, made_with, run_inputs, runs, table_folder, warehouse
from tasks.cycle.priority import Priority, of_year
from tasks.errors import NotFound, WrongUse
from tasks.place_rules import DeclaredPlaces, declared_of, read_place_rules
from tasks.settings import Project, Rooms, Settings

if TYPE_CHECKING:
    from tasks.forecast.types import Forecast
    from tasks.places.solve import Plan
    from tasks.places.types import Fixed, Problem

SCHEMA_VERSION = 1
# Expected shortfalls are over this many draws of the run, its first.
DRAWS = 200
TABLES = ("travel_minutes", "municipality_centre")
FIXED_COLUMNS = ("organisation_number", "programme_area_code", "classes", "reason")


@dataclass(frozen=True)
class Stored:
    """A plan as it lies on disk.

    Attributes:
        id: Name of its folder.
        manifest: What made it.
        tables: By name.
    """

    id: str
    manifest: dict[str, Any]
    tables: dict[str, pl.DataFrame]


def execute(
    settings: Settings,
    run_id: str,
    *,
    fixed: Path | None = None,
    project: Project | None = None,
    now: datetime | None = None,
) -> str:
    """Make the plan of a run and write it to `plans/<id>/`.

    Goals go in the order that the year's cycle has set, where it has; otherwise in the file's.

    Args:
        settings: Folders and county.
        run_id: The run.
        fixed: CSV of classes set by hand, with reasons.
        project: Where the rules lie.
        now: The clock.

    Returns:
        The plan's id.

    Raises:
        NotFound: No such run, or the night lacks a table.
        ConfigurationError: A rule file cannot be used, or a fixed class has no reason.
        Infeasible: The rules conflict.
    """
    from tasks.places import problem as problems
    from tasks.places import solve
    from tasks.places import tables as plan_tables

    run = runs.read(settings.rooms, run_id)
    priority = of_year(settings.rooms, run.manifest["school_year"])
    declared = declared_for(project or Project(), priority)
    year = runs.start_year(run.manifest["school_year"])
    frames = read(settings.rooms, project or Project(), year)
    forecast = runs.forecast(run)
    problem = build(run, forecast, frames, declared)
    free = solve.plan(problem)
    asked = problems.fix(problem, read_fixed(fixed)) if fixed else ()
    plan = solve.override(free, asked) if asked else free
    found = plan_tables.tables(
        plan,
        forecast,
        declared,
        free if asked else None,
    )
    manifest = _manifest(run, frames, declared, plan, asked)
    manifest["priority"] = priority and priority.told()
    return _write(settings.rooms, manifest, found, _beside(frames), now or clock.now())


def declared_for(project: Project, priority: Priority | None) -> DeclaredPlaces:
    """The rules of the files, with goals in the order that was set in the year's cycle, if any.

    Raises:
        ConfigurationError: A rule file cannot be used, or not with that order.
    """
    declared = read_place_rules(project.reference)
    if priority is None:
        return declared
    return declared.ordered(priority.goals, priority.first_choice_reason)


def build(
    run: runs.Run,
    forecast: Forecast,
    frames: dict[str, pl.DataFrame],
    declared: DeclaredPlaces,
) -> Problem:
    """The problem of a run and its drawn futures, `runs.forecast(run)`."""
    from tasks.places import problem as problems

    sizes = problems.Sizes(
        declared.vocational_class,
        declared.general_class,
        declared.class_step,
        declared.minimum_fill,
    )
    return problems.build(
        frames,
        forecast.draws(min(DRAWS, forecast.count)),
        declared.rules,
        sizes,
        declared.intake,
        year=runs.start_year(run.manifest["school_year"]),
        county=run.manifest["parameters"]["county"],
        seed=run.manifest["seed"],
    )


def read(rooms: Rooms, project: Project, year: int) -> dict[str, pl.DataFrame]:
    """The frames of a run and what the plan reads beside them, rows in a fixed order.

    Raises:
        NotFound: No night is published, or a table is missing from it.
    """
    from tasks.places.problem import EXTRA

    frames = run_inputs.read(rooms, date(year, 10, 1))
    connection = warehouse.connect_internal(rooms)
    try:
        missing = sorted(set(EXTRA.values()) - set(warehouse.tables(connection)))
        if missing:
            raise NotFound(
                subject="det publiserte varehuset",
                expected="alle tabellene som planen i klasser leser",
                got=f"ingen {', '.join(missing)}",
                remedy="kjør «tilbudsplan ingest» og se «tilbudsplan status»",
            )
        for name, table in EXTRA.items():
            frames[name] = connection.sql(f"select * from {table} order by all").pl()
    finally:
        connection.close()
    for name in TABLES:
        frames[name] = pl.read_csv(project.reference / f"{name}.csv", infer_schema=False)
    return frames


def read_fixed(path: Path) -> dict[tuple[str, str], tuple[float, str]]:
    """Classes set by hand, from a CSV with `;` or `,` between columns.

    Raises:
        WrongUse: The file cannot be read, lacks a column, or a number of classes is none.
    """
    try:
        head = path.read_text(encoding="utf-8-sig").splitlines()[0]
        separator = ";" if ";" in head else ","
        rows = pl.read_csv(path, separator=separator, infer_schema=False, encoding="utf8-lossy")
        rows = rows.rename({c: c.strip().lstrip("\ufeff") for c in rows.columns})
        lines = rows.select(FIXED_COLUMNS).iter_rows()
        return {
            (school, area): (_classes(classes), reason or "")
            for school, area, classes, reason in lines
        }
    except (OSError, IndexError, ValueError, pl.exceptions.PolarsError) as error:
        raise WrongUse(
            subject=str(path),
            expected=f"en CSV-fil med kolonnene {', '.join(FIXED_COLUMNS)}; klasser i halve",
            got=str(error).splitlines()[0] if str(error) else "en tom fil",
            remedy="rett filen og prøv på nytt",
        ) from error


def _classes(text: str | None) -> float:
    value = float((text or "").replace(",", "."))
    if value < 0 or value * 2 != int(value * 2):
        raise ValueError(f"{text} klasser: ventet hele eller halve, ikke under null")
    return value


def restore(
    settings: Settings, plan_id: str, project: Project | None = None
) -> tuple[Plan, DeclaredPlaces]:
    """A stored plan as it was solved, so that it can be asked what one class more would give.

    Raises:
        NotFound: There is no such plan or run.
        WrongUse: Figures are no longer those that the plan was made of.
        ConfigurationError: The plan does not say all that it was made under.
    """
    from tasks.places import model as models
    from tasks.places.solve import Plan
    from tasks.places.types import Fixed

    stored = read_plan(settings.rooms, plan_id)
    project = project or Project()
    declared = declared_of(stored.manifest)
    run = runs.read(settings.rooms, stored.manifest["run"])
    year = runs.start_year(stored.manifest["school_year"])
    frames = read(settings.rooms, project, year)
    hashes = _hashes(frames)
    if moved := sorted(n for n, h in stored.manifest["inputs"].items() if hashes.get(n) != h):
        raise WrongUse(
            subject=f"plan {plan_id}",
            expected="de samme tallene som da planen ble laget",
            got=f"endret: {', '.join(moved)}",
            remedy="lag planen på nytt med «tilbudsplan plan places», og spør om den",
        )
    fixed = tuple(Fixed(*one) for one in stored.manifest["fixed"])
    problem = replace(build(run, runs.forecast(run), frames, declared), fixed=fixed)
    x = stored.tables["solution"].get_column("value").to_numpy()
    return Plan(problem, models.build(problem), x, ()), declared


def read_plan(rooms: Rooms, plan_id: str) -> Stored:
    """Read a plan and hold its tables against the hashes of its manifest.

    Raises:
        NotFound: There is no such plan.
        LandingCorrupt: A table is missing or is not what was written.
    """
    folder = rooms.plans / plan_id
    if not re.fullmatch(r"[\w-]+", plan_id) or not (folder / "manifest.json").is_file():
        raise NotFound(
            subject="plan i klasser",
            expected="navnet på en ferdig plan",
            got=plan_id or "ingen",
            remedy="lag en med «tilbudsplan plan places KJØRING»",
        )
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    tables = table_folder.read(
        folder,
        manifest,
        subject=f"plan {plan_id}",
        remedy="lag planen på nytt av samme kjøring",
    )
    return Stored(plan_id, manifest, tables)


def _manifest(
    run: runs.Run,
    frames: dict[str, pl.DataFrame],
    declared: DeclaredPlaces,
    plan: Plan,
    fixed: tuple[Fixed, ...],
) -> dict[str, Any]:
    from importlib.metadata import version

    hashes = _hashes(frames)
    then = run.manifest.get("inputs", {})
    return {
        "schema_version": SCHEMA_VERSION,
        "run": run.id,
        "run_outputs": run.manifest["outputs"],
        "school_year": run.manifest["school_year"],
        "seed": run.manifest["seed"],
        "draws": DRAWS,
        **declared.told(),
        "fixed": [[f.pair, f.classes, f.reason] for f in fixed],
        "goals": [
            {"goal": s.goal, "met": s.met, "nodes": s.nodes, "tolerance": s.tolerance}
            for s in plan.stages
        ],
        "code": {"places_sha256": made_with.sources("places"), "solver": version("highspy")},
        "inputs": hashes,
        # The night may have moved on since the run: what the plan read otherwise than the run did.
        "inputs_changed_since_run": sorted(n for n, h in hashes.items() if then.get(n, h) != h),
    }


def _hashes(frames: dict[str, pl.DataFrame]) -> dict[str, str]:
    """SHA-256 of every frame but the vintages, which tell when this machine did something."""
    told = {name: frame for name, frame in sorted(frames.items()) if name != "vintages"}
    return table_folder.files_of(told)[1]


def _beside(frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """What the plan read that no run keeps."""
    from tasks.places.problem import EXTRA

    return {name: frames[name] for name in (*EXTRA, *TABLES)}


def _write(
    rooms: Rooms,
    manifest: dict[str, Any],
    tables: dict[str, pl.DataFrame],
    inputs: dict[str, pl.DataFrame],
    created: datetime,
) -> str:
    """Put the plan in place, under a name that tells what made it."""
    files, manifest["outputs"] = table_folder.files_of(tables)
    plan_id = f"{manifest['run']}-{table_folder.identity_of(manifest)}"
    if not (rooms.plans / plan_id).is_dir():
        manifest |= {"id": plan_id, "created_at": created.isoformat()}
        beside = {f"inputs/{name}": data for name, data in table_folder.files_of(inputs)[0].items()}
        table_folder.write(rooms.plans / plan_id, manifest, files | beside)
    return plan_id
