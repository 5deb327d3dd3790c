"""The project that damaged answers are sent to: one dataset of every protocol, with its marts.

SQL and suites are the product's own; what reads other datasets is left out, so that a night takes a
second or two.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Set
from pathlib import Path

import yaml

from tasks import catalogue, locks, night, transform
from tasks.demo.construct_persons import LAST_YEAR, files, write
from tasks.demo.server import Server
from tasks.quality import read_suites
from tasks.settings import CHECKOUT, Project, Settings

# The dataset of each protocol whose answers are damaged.
TARGETS = {
    "brreg": "brreg_establishments",
    "dbh": "dbh_students",
    "delimited": "county_capacity",
    "grep": "grep_programme_areas",
    "klass": "klass_counties",
    "nav_feed": "nav_feed_vacancies",
    "nsr": "nsr_schools",
    "person_file": "vigo_applicants",
    "pxweb": "ssb_completion",
    "udir_report": "udir_applicants",
    "vigo_codes": "vigo_replaced_by",
    "workbook": "nav_unemployed",
}
# What their marts read besides.
BESIDE = (
    "grep_programmes",
    "klass_centrality",
    "klass_educations",
    "klass_industries",
    "klass_industry_sn2025",
    "klass_municipalities",
    "klass_municipality_changes",
    "klass_occupations",
)
CHOSEN = {*TARGETS.values(), *BESIDE}
MOST_BYTES = 5_000_000
PERSONS = 200


def make(folder: Path) -> Project:
    """The project, in a hurry: one try, a second's patience, answers of at most 5 MB."""
    project = Project(folder)
    shutil.copytree(CHECKOUT / "data" / "reference", project.reference)
    _catalogue(project)
    loaded = catalogue.load(project.catalogue, "demo", "http://127.0.0.1")
    assert {dataset.id for dataset in loaded} == CHOSEN
    tables = transform.read_project(CHECKOUT / "sql")
    kept = _built(tables, {dataset.id for dataset in loaded})
    folders = {schema: name for name, schema in transform.FOLDERS.items()}
    for name in kept:
        schema, _, table = name.partition(".")
        file = project.sql / folders[schema] / f"{table}.sql"
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / "sql" / folders[schema] / f"{table}.sql", file)
    _suites(project, kept.keys())
    return project


def lay_persons(settings: Settings) -> bytes:
    """Lay the file about persons in its folder; gives its bytes."""
    file = settings.rooms.inbox / "vigo" / f"sokere_{LAST_YEAR}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    write(file, files(1)[file.name].head(PERSONS))
    return file.read_bytes()


def settings_of(home: Path, server: Server) -> Settings:
    """An installation whose sources are the server."""
    return Settings(home=home, profile="demo", source_server=server.url, retry_pause_seconds=0)


def one_night(settings: Settings, project: Project, as_of: object) -> night.Outcome:
    """A whole night as the flow runs it, one dataset after the other."""
    with locks.night_lock(settings.rooms.lock):
        begun = night.begin(settings, as_of, project)  # type: ignore[arg-type]
        return night.build(begun, [night.take_in(begun, d.id) for d in begun.catalogue])


def _catalogue(project: Project) -> None:
    shutil.copytree(CHECKOUT / "data" / "catalogue", project.catalogue)
    for file in project.catalogue.glob("*.toml"):
        head, *entries = file.read_text(encoding="utf-8").split("[[dataset]]")
        wanted = {f'\nid = "{name}"\n' for name in CHOSEN}
        kept = [entry for entry in entries if any(name in entry for name in wanted)]
        if not kept:
            file.unlink()
            continue
        bound = f"[publisher]\nmax_answer_bytes = {MOST_BYTES}"
        text = "[[dataset]]".join([head.replace("[publisher]", bound, 1), *kept])
        # A new list each night, of the two municipalities with the most establishments.
        text = text.replace("list_days = 28", "list_days = 1")
        text = re.sub(
            r'(?s)municipalities = \[\n    "5001".*?\]', 'municipalities = ["5001"]', text
        )
        file.write_text(text, encoding="utf-8")
    demo = project.catalogue / "profiles" / "demo.toml"
    terms = "attempts = 1\nread_timeout_seconds = 1\n"
    text = re.sub(r"(?m)^(base_url = .*\n)", rf"\1{terms}", demo.read_text(encoding="utf-8"))
    demo.write_text(_of_kept_publishers(text, project), encoding="utf-8")


def _of_kept_publishers(profile: str, project: Project) -> str:
    head, *sections = re.split(r"(?m)^(?=\[publisher\.)", profile)
    kept = {file.stem for file in project.catalogue.glob("*.toml")}
    return head + "".join(s for s in sections if s[len("[publisher.") :].split("]")[0] in kept)


def _built(tables: list[transform.Table], datasets: set[str]) -> dict[str, transform.Table]:
    """The tables that can be built of these datasets, sources before readers."""
    kept: dict[str, transform.Table] = {}
    for table in tables:
        raw = [name.removeprefix("raw.") for name in table.sources if name.startswith("raw.")]
        known = all(any(r == d or r.startswith(f"{d}_") for d in datasets) for r in raw)
        typed = [n for n in table.sources if n.split(".")[0] in transform.FOLDERS.values()]
        if known and all(name in kept for name in typed):
            kept[table.name] = table
    return kept


def _suites(project: Project, kept: Set[str]) -> None:
    """The suites of the tables, without what is demanded in comparison with others."""
    folder = CHECKOUT / "expectations"
    shutil.copytree(folder / "kinds", project.expectations / "kinds")
    for name, suite in read_suites(folder).items():
        if name not in kept:
            continue
        file = f"{name.replace('.', '/')}.yaml"
        written = yaml.safe_load((folder / file).read_text(encoding="utf-8"))
        written["expectations"] = [
            demand
            for demand, read in zip(written["expectations"], suite.expectations, strict=True)
            if read.reads <= kept
        ]
        target = project.expectations / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
