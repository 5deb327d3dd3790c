"""A plan in classes: a run and the published night in, a folder beside the run out.

    plans/<id>/manifest.json   what made it: run, rules, goals, hashes of every input and table
              <table>.parquet  the tables of `tasks.places.tables`
              inputs/          what the plan read beside the run, so that it can be made again

The same run, night, rules and code give the same bytes of every table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from tasks import clock, made_with, run_inputs, runs, table_folder, warehouse
from tasks.cycle.priority import Priority, of_year
from tasks.errors import NotFound, TilbudsplanError, WrongUse
from tasks.place_rules import DeclaredPlaces, declared_of, read_place_rules
from tasks.settings import Project, Rooms, Settings

if TYPE_CHECKING:
    from tasks.forecast.types import Forecast
    from tasks.places.solve import Plan
    from tasks.places.types import Problem

SCHEMA_VERSION = 1
# Expected shortfalls are over this many draws of the run, its first.
DRAWS = 200
TABLES = ("travel_minutes", "municipality_centre")


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


@dataclass(frozen=True)
class Ground:
    """What a plan stands on.

    Attributes:
        run: The run.
        forecast: Its drawn futures.
        frames: Figures of the run and of the night, by `read`.
        declared: The county's rules.
        priority: What the year's cycle has said of the order of goals, if anything.
    """

    run: runs.Run
    forecast: Forecast
    frames: dict[str, pl.DataFrame]
    declared: DeclaredPlaces
    priority: Mapping[str, Any] | None = None

    def problem(self) -> Problem:
        """What is to be decided, with nothing set by hand."""
        return build(self.run, self.forecast, self.frames, self.declared)

    def with_openings(self, pairs: Iterable[tuple[str, str]]) -> Ground:
        """The same ground with schools that may open programme areas which they have not."""
        from tasks.places.rules import Opening

        asked = [
            Opening(school=s, programme_area=a, source="spørsmål", confidence="unconfirmed")
            for s, a in pairs
        ]
        rules = self.declared.rules
        rules = rules.model_copy(update={"opening": (*rules.opening, *asked)})
        return replace(self, declared=replace(self.declared, rules=rules))


def execute(
    settings: Settings,
    run_id: str,
    *,
    project: Project | None = None,
    now: datetime | None = None,
) -> str:
    """Make the plan of a run and write it to `plans/<id>/`.

    Goals go in the order that the year's cycle has set, where it has; otherwise in the file's.

    Args:
        settings: Folders and county.
        run_id: The run.
        project: Where the rules lie.
        now: The clock.

    Returns:
        The plan's id.

    Raises:
        NotFound: No such run, or the night lacks a table.
        ConfigurationError: A rule file cannot be used.
        Infeasible: The rules conflict.
    """
    from tasks.places import solve

    project = project or Project()
    run = runs.read(settings.rooms, run_id)
    priority = of_year(settings.rooms, run.manifest["school_year"])
    declared = declared_for(project, priority)
    frames = read(settings.rooms, project, runs.start_year(run.manifest["school_year"]))
    told = priority.told() if priority else None
    ground = Ground(run, runs.forecast(run), frames, declared, told)
    return store(settings.rooms, ground, solve.plan(ground.problem()), now or clock.now())


def store(
    rooms: Rooms,
    ground: Ground,
    plan: Plan,
    now: datetime,
    *,
    free: Plan | None = None,
    amended: Mapping[str, Any] | None = None,
) -> str:
    """Write a plan and everything that follows from it to `plans/<id>/`.

    Args:
        rooms: Folders.
        ground: What it stands on.
        plan: The plan.
        now: The clock.
        free: The plan with nothing set by hand, where something is.
        amended: What the manifest says of how it came from that one.

    Returns:
        The plan's id.
    """
    from tasks.places import tables as plan_tables

    found = plan_tables.tables(plan, ground.forecast, ground.declared, free)
    manifest = _manifest(ground, plan) | dict(amended or {})
    return _write(rooms, manifest, found, _beside(ground.frames), now)


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


def restore(
    settings: Settings, plan_id: str, project: Project | None = None
) -> tuple[Plan, DeclaredPlaces]:
    """A stored plan as it was solved, so that it can be asked what one class more would give.

    Raises:
        NotFound: There is no such plan or run.
        WrongUse: Figures or program are no longer those that the plan was made of.
    """
    stored = read_plan(settings.rooms, plan_id)
    ground = ground_of(settings, stored, project or Project())
    return solved(stored, ground.problem()), ground.declared


def ground_of(settings: Settings, stored: Stored, project: Project) -> Ground:
    """What a stored plan stands on; where the night has moved on, built again from landing.

    Raises:
        NotFound: Its run is gone, or the night lacks a table.
        WrongUse: Figures are not those that the plan was made of, and cannot be had again.
        ConfigurationError: The plan does not say all that it was made under.
    """
    declared = declared_of(stored.manifest)
    run = runs.read(settings.rooms, stored.manifest["run"])
    frames = read(settings.rooms, project, runs.start_year(stored.manifest["school_year"]))
    if moved := _moved(stored, frames):
        try:
            frames = _as_read(settings, stored, run)
            lost = _moved(stored, frames)
        except TilbudsplanError as error:
            raise _moved_on(stored, "de samme tallene", f"endret: {', '.join(moved)}") from error
        if lost:
            raise _moved_on(stored, "de samme tallene", f"endret: {', '.join(lost)}")
    return Ground(run, runs.forecast(run), frames, declared, stored.manifest["priority"])


def _moved(stored: Stored, frames: dict[str, pl.DataFrame]) -> list[str]:
    """The frames that are not those that a plan was made of."""
    hashes = _hashes(frames)
    return sorted(n for n, h in stored.manifest["inputs"].items() if hashes.get(n) != h)


def _as_read(settings: Settings, stored: Stored, run: runs.Run) -> dict[str, pl.DataFrame]:
    """What the run read, of the night it stood on, and what lies beside the plan."""
    from tasks.decisions import inputs

    frames, _ = inputs.of_run(settings, run, inputs.night_of(settings.rooms, run))
    beside = (settings.rooms.plans / stored.id / "inputs").glob("*.parquet")
    return frames | {path.stem: pl.read_parquet(path) for path in beside}


def solved(stored: Stored, problem: Problem) -> Plan:
    """A stored plan in the columns that it was solved in.

    Args:
        stored: The plan.
        problem: `Ground.problem` of what it stands on.

    Raises:
        WrongUse: The program has other columns now.
    """
    from tasks.places import model as models
    from tasks.places.solve import Plan
    from tasks.places.types import Fixed

    problem = replace(problem, fixed=tuple(Fixed(*one) for one in stored.manifest["fixed"]))
    model = models.build(problem)
    x = stored.tables["solution"].get_column("value").to_numpy()
    if len(x) != len(model.low):
        raise _moved_on(stored, "det samme programmet", "et program som regner på en annen måte")
    return Plan(problem, model, x, ())


def _moved_on(stored: Stored, expected: str, got: str) -> WrongUse:
    return WrongUse(
        subject=f"plan {stored.id}",
        expected=f"{expected} som da planen ble laget",
        got=got,
        remedy="lag planen på nytt med «tilbudsplan plan places», og gå ut fra den",
    )


def newest(rooms: Rooms) -> str:
    """The id of the plan that was made last; empty where there is none."""
    made = []
    for path in rooms.plans.glob("[!.]*/manifest.json"):
        # A damaged plan is told of by retention, which stops for it.
        with suppress(OSError, ValueError, KeyError, TypeError):
            made.append((str(json.loads(path.read_bytes())["created_at"]), path.parent.name))
    return max(made, default=("", ""))[1]


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


def _manifest(ground: Ground, plan: Plan) -> dict[str, Any]:
    from importlib.metadata import version

    run, hashes = ground.run, _hashes(ground.frames)
    then = run.manifest.get("inputs", {})
    return {
        "schema_version": SCHEMA_VERSION,
        "run": run.id,
        "run_outputs": run.manifest["outputs"],
        "school_year": run.manifest["school_year"],
        "seed": run.manifest["seed"],
        "draws": DRAWS,
        **ground.declared.told(),
        "priority": ground.priority,
        "fixed": [[f.pair, f.classes, f.reason] for f in plan.problem.fixed],
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
