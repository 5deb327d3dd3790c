"""A yearly run: marts in, manifest and Parquet tables out.

A run reads the published night with its restricted schemas, hands frames to the forecast, writes
into a folder of its own and puts it in place with one rename. The same inputs, seed and code give
the same bytes of every table; only the manifest knows the time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tasks import made_with, run_inputs, table_folder, warehouse
from tasks.errors import NotFound, WrongUse
from tasks.scenarios import FOLDER, chosen
from tasks.settings import Project, Rooms, Settings

if TYPE_CHECKING:
    from tasks.forecast.declared import Declared
    from tasks.forecast.scenario import Scenario
    from tasks.forecast.types import Forecast

SCHEMA_VERSION = 1
LONGEST_HORIZON = 15
LEAST_DRAWS = 50
TABLES = (
    "cohort",
    "expected",
    "places",
    "apprenticeship",
    "placement",
    "track_record",
    "openings",
    "indicators",
    "intake_need",
    "robustness",
    "shortage_now",
    "shortage_by_occupation",
    "apprenticeship_coverage",
    "scenarios",
    "working_life_notes",
    "draws_pupils",
    "draws_applicants",
    "draws_working_life",
    "draws_homes",
    "decomposition",
    "sensitivity",
    "explanation_notes",
)


@dataclass(frozen=True)
class Run:
    """A finished run as it lies on disk.

    Attributes:
        id: Name of its folder.
        manifest: What made it.
        tables: The tables of `docs/architecture.md`, by name.
    """

    id: str
    manifest: dict[str, Any]
    tables: dict[str, pl.DataFrame]


def start_year(school_year: str) -> int:
    """2027 of `2027/28`.

    Raises:
        WrongUse: The text is not a school year.
    """
    found = re.fullmatch(r"(20\d\d)/(\d\d)", school_year)
    if found and (int(found[1]) + 1) % 100 == int(found[2]):
        return int(found[1])
    raise WrongUse(
        subject="skoleår",
        expected="to år på rad, for eksempel 2027/28",
        got=repr(school_year),
        remedy="skriv skoleåret slik: --school-year 2027/28",
    )


def check_ahead(rooms: Rooms, school_year: str) -> None:
    """Refuse what a run would refuse of the published night and the school year, in a moment.

    Raises:
        WrongUse: The text is not a school year, or not one of those that are forecast.
        NotFound: No night has been published, or a mart is missing from it.
    """
    year = start_year(school_year)
    warehouse.refuse_two_nights(rooms)
    connection = warehouse.connect_internal(rooms)
    try:
        run_inputs.check_whole(connection)
        ((last,),) = connection.execute(
            f"select max(school_year_start) from {run_inputs.PUPILS}"
        ).fetchall()
    finally:
        connection.close()
    _check_year(last, year, LONGEST_HORIZON)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def execute(
    settings: Settings,
    school_year: str,
    seed: int,
    draws: int | None = None,
    *,
    horizon: int = LONGEST_HORIZON,
    scenarios: Sequence[str] = (),
    project: Project | None = None,
    now: Callable[[], datetime] = _utc_now,
) -> str:
    """Run the plan for a school year and write it to `runs/<id>/`.

    Args:
        settings: Folders, county and default number of draws.
        school_year: The school year in question, `2027/28`.
        seed: Seed of every random stream, 0 or more.
        draws: Number of draws, at least 50; default from the settings.
        horizon: School years after the last count, 1 to 15.
        scenarios: Names of scenario files to lay beside the reference.
        project: Where the rules lie.
        now: The clock.

    Returns:
        The run's id.

    Raises:
        WrongUse: School year, seed, draws or horizon cannot be used.
        NotFound: The published night lacks what a plan needs.
        ConfigurationError: A rule file cannot be used.
    """
    # A night asks which runs there are, and must not wait for what forecasts.
    from tasks.declared import read_declared
    from tasks.forecast import working_life
    from tasks.forecast.summary import periods

    draws = settings.draws if draws is None else draws
    year = start_year(school_year)
    _check(seed, draws, horizon)
    reference = (project or Project()).reference
    declared = read_declared(reference / "rules")
    supposed = chosen(reference, scenarios)
    night, frames = run_inputs.read_night(settings.rooms, date(year, 10, 1))
    stood_under = rule_files(reference, [scenario.id for scenario in supposed])
    tables = compute(frames, declared, year, settings.county, seed, draws, horizon, supposed)
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "school_year": school_year,
        "parameters": {
            "county": settings.county,
            "draws": draws,
            "horizon": horizon,
            "rules": asdict(declared.rules),
            "flow_rules": asdict(declared.flow),
            "labour_rules": asdict(declared.labour),
            "standards": asdict(declared.standards),
            "scenarios": [scenario.model_dump(mode="json") for scenario in supposed],
        },
        "seed": seed,
        "periods": {
            **periods(frames, settings.county, date(year, 10, 1)),
            "working_life": working_life.periods(frames),
        },
        "code": made_with.code_version(),
        "made_with": {"files": made_with.code_files(), "environment": made_with.environment()},
        "night": night,
        "rule_files": {name: table_folder.sha256(content) for name, content in stood_under.items()},
        "vintages": json.loads(frames["vintages"].write_json()),
        # Vintages stand above in full; some of their columns tell when this machine did something.
        "inputs": {
            name: table_folder.sha256(table_folder.parquet_bytes(frame))
            for name, frame in sorted(frames.items())
            if name != "vintages"
        },
    }
    return _write(settings.rooms, manifest, tables, stood_under, now())


def rule_files(reference: Path, scenarios: Sequence[str]) -> dict[str, bytes]:
    """The files of rules that a run stands under, and of its scenarios, as they are written.

    Args:
        reference: `data/reference`.
        scenarios: Names of the run's scenarios.

    Returns:
        Content by path under `reference`.
    """
    files = sorted((reference / "rules").glob("*.toml"))
    files += [reference / FOLDER / f"{name}.toml" for name in sorted(scenarios)]
    return {file.relative_to(reference).as_posix(): file.read_bytes() for file in files}


def compute(
    frames: dict[str, pl.DataFrame],
    declared: Declared,
    year: int,
    county: str,
    seed: int,
    draws: int,
    horizon: int,
    scenarios: Sequence[Scenario] = (),
) -> dict[str, pl.DataFrame]:
    """Every table of a run from its frames.

    Raises:
        WrongUse: The school year is not one of those that are forecast.
    """
    from tasks.forecast import (
        apprenticeship,
        balance,
        dimensioning,
        keeping,
        reasons,
        summary,
        working_life,
    )
    from tasks.forecast.evaluation.series import CERTIFICATES, EMPLOYED

    _check_year(frames["pupils"].get_column("school_year_start").max(), year, horizon)
    made = dimensioning.forecast(
        frames, declared, county=county, seed=seed, draws=draws, horizon=horizon
    )
    counted, rules = made.panel, declared.rules
    life = working_life.tables(
        frames,
        declared,
        county=county,
        seed=seed,
        draws=draws,
        horizon=horizon,
        sigma=made.sigma,
        scenarios=scenarios,
        flow=made.flow,
        employment=made.tests.get(EMPLOYED),
        certificates=made.tests.get(CERTIFICATES),
    )
    drawn = dimensioning.with_needs(made, life.need, rules.entry_age)
    return {
        "cohort": summary.cohort(
            counted, frames, rules, made.sigma, county=county, seed=seed, draws=draws
        ),
        "expected": summary.expected(counted, drawn, frames, county),
        "places": balance.table(counted, drawn, frames, rules, year, county=county),
        "apprenticeship": apprenticeship.table(
            counted, drawn, frames, year, county=county, seed=seed
        ),
        "placement": apprenticeship.placement(frames, county),
        "track_record": made.track_record,
        **keeping.tables(drawn),
        **life.tables,
        **reasons.tables(
            frames,
            declared,
            county=county,
            seed=seed,
            draws=draws,
            year=year,
            horizon=horizon,
            sigma=made.sigma,
            flow=made.flow,
            working=life.model,
            level=life.level,
        ),
    }


def listed(rooms: Rooms) -> list[dict[str, str]]:
    """Every finished run, newest first: `run` (its id), `school_year` and `created_at`."""
    found = []
    for path in rooms.runs.glob("[!.]*/manifest.json"):
        # A damaged run is told of by retention, which stops for it; it must not stop a night.
        with suppress(OSError, ValueError, KeyError, TypeError):
            manifest = json.loads(path.read_bytes())
            said = {name: str(manifest[name]) for name in ("school_year", "created_at")}
            found.append({"run": path.parent.name, **said})
    return sorted(found, key=lambda run: (run["created_at"], run["run"]), reverse=True)


def read(rooms: Rooms, run_id: str) -> Run:
    """Read a run and hold its tables against the hashes of its manifest.

    Raises:
        NotFound: There is no such run.
        LandingCorrupt: A table is missing or is not what the run wrote.
    """
    folder = rooms.runs / run_id
    if not re.fullmatch(r"[\w-]+", run_id) or not (folder / "manifest.json").is_file():
        newest = [run["run"] for run in listed(rooms)[:5]]
        remedy = f"velg en av de siste: {', '.join(newest)}; «tilbudsplan status --json» har alle"
        raise NotFound(
            subject="plankjøring",
            expected="navnet på en ferdig kjøring",
            got=run_id or "ingen",
            remedy=remedy if newest else "kjør «tilbudsplan plan run --school-year 2027/28» først",
        )
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    tables = table_folder.read(
        folder,
        manifest,
        subject=f"plankjøring {run_id}",
        remedy="kjør planen på nytt med samme frø og parametre (de står i manifest.json)",
    )
    return Run(run_id, manifest, tables)


def forecast(run: Run) -> Forecast:
    """The drawn futures of a run, for places and publication."""
    from tasks.forecast import keeping

    return keeping.forecast(run.tables)


def _check_year(last: object, year: int, horizon: int) -> None:
    """The school year must lie after the last count, and no further off than the horizon."""
    from tasks.forecast.summary import school_year

    if not isinstance(last, int) or last < year <= last + horizon:
        return
    raise WrongUse(
        subject="skoleår",
        expected=f"et skoleår fra {school_year(last + 1)} til {school_year(last + horizon)}",
        got=school_year(year),
        remedy="velg et skoleår i dette spennet",
    )


def _check(seed: int, draws: int, horizon: int) -> None:
    for subject, value, low, high in (
        ("frø (seed)", seed, 0, 2**63 - 1),
        ("antall trekninger", draws, LEAST_DRAWS, 20_000),
        ("horisont", horizon, 1, LONGEST_HORIZON),
    ):
        if not low <= value <= high:
            raise WrongUse(
                subject=subject,
                expected=f"et heltall fra {low} til {high}",
                got=str(value),
                remedy="velg et tall i dette spennet",
            )


def _write(
    rooms: Rooms,
    manifest: dict[str, Any],
    tables: dict[str, pl.DataFrame],
    stood_under: dict[str, bytes],
    created: datetime,
) -> str:
    """Put the run in place, under a name that tells what made it."""
    files, manifest["outputs"] = table_folder.files_of({name: tables[name] for name in TABLES})
    identity = table_folder.identity_of(manifest)
    stamp = created.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    run_id = f"{manifest['school_year'].replace('/', '-')}-{stamp}-{identity}"
    if not (rooms.runs / run_id).is_dir():
        manifest |= {"id": run_id, "created_at": created.astimezone(UTC).isoformat()}
        table_folder.write(rooms.runs / run_id, manifest, files | stood_under)
    return run_id
