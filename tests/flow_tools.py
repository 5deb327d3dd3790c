"""What the tests of flows and commands share: nights by plain stages, and a small project."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from flows.sources import hear
from tasks import night as stages
from tasks import quality, warehouse
from tasks.demo.misbehaviour import in_workbook
from tasks.demo.server import Server
from tasks.journal import Journal
from tasks.locks import night_lock
from tasks.night import Outcome
from tasks.settings import CHECKOUT, Project, Rooms, Settings

SAMPLE = CHECKOUT / "data" / "sample"
# One dataset of every protocol, none of them large.
ONE_OF_EACH = {
    "klass": "klass_counties",
    "nav": "nav_unemployed",
    "nsr": "nsr_schools",
    "ssb": "ssb_completion",
    "trondelag": "county_capacity",
    "udir": "udir_applicants",
}


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Ask = Callable[..., Said]


def one_night(settings: Settings, project: Project | None = None) -> Outcome:
    """A night as the flow runs it, one dataset after the other and without Prefect."""
    with night_lock(settings.rooms.lock):
        night = stages.begin(settings, project=project, hear=hear)
        with stages.accounted(night):
            return stages.build(night, [stages.take_in(night, d.id) for d in night.catalogue])


@contextmanager
def without_suites() -> Iterator[None]:
    """Nights that are not about what suites say do without them: they are half of the work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quality, "read_suites", lambda _: {})
        yield


@contextmanager
def suites_about(word: str) -> Iterator[None]:
    """Nights about a few tables run the suites of those: a word is in their names."""
    read = quality.read_suites
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            quality,
            "read_suites",
            lambda folder: {name: suite for name, suite in read(folder).items() if word in name},
        )
        yield


def date_of(home: Path) -> date:
    """The date of a home's last night; midnight may have passed since."""
    return date.fromisoformat(Journal(home / "journal").entries("night.built")[-1].payload["as_of"])


def settings_of(home: Path, server: Server | None = None) -> Settings:
    return Settings(
        home=home,
        profile="demo",
        source_server=server.url if server else None,
        retry_pause_seconds=0,
    )


def small_project(folder: Path, *, attempts: int, read_timeout_seconds: float) -> Project:
    """The project with one dataset of each protocol, in a hurry, and without suites.

    Suites are left out because these nights are about the wire; importing what runs them takes
    longer than everything else together.
    """
    shutil.copytree(CHECKOUT / "sql", folder / "sql")
    shutil.copytree(CHECKOUT / "data" / "reference", folder / "data" / "reference")
    shutil.copytree(CHECKOUT / "data" / "catalogue", folder / "data" / "catalogue")
    (folder / "expectations").mkdir()
    project = Project(folder)
    for file in project.catalogue.glob("*.toml"):
        if file.stem not in ONE_OF_EACH:
            file.unlink()
            continue
        head, *entries = file.read_text(encoding="utf-8").split("[[dataset]]")
        wanted = f'\nid = "{ONE_OF_EACH[file.stem]}"\n'
        (kept,) = (entry for entry in entries if wanted in entry)
        head = head.replace("[publisher]", "[publisher]\nmax_answer_bytes = 5_000_000", 1)
        file.write_text(f"{head}[[dataset]]{kept}", encoding="utf-8")
    demo = project.catalogue / "profiles" / "demo.toml"
    terms = f"attempts = {attempts}\nread_timeout_seconds = {read_timeout_seconds}\n"
    text = re.sub(r"(?m)^(base_url = .*\n)", rf"\1{terms}", demo.read_text(encoding="utf-8"))
    demo.write_text(text, encoding="utf-8")
    return project


def newer_sample(folder: Path) -> Path:
    """The sample after every publisher of `ONE_OF_EACH` has put out new figures."""
    shutil.copytree(SAMPLE, folder)
    cells = folder / "pxweb" / "14882" / "cells.parquet"
    pl.read_parquet(cells).with_columns(pl.col("value") + 1).write_parquet(cells)
    for name, old, new in (
        ("klass/104/codes.csv", ",Østfold,", ",Østfold fylke,"),
        ("nsr/schools.csv", ",Melhus videregående skole,", ",Melhus skole,"),
        ("county/kapasitet.csv", ";1;1;15;", ";1;1;14;"),
        ("udir/VGO_Soeker_FylkUtdprogAar.csv", ",207 878,", ",207 879,"),
    ):
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text, f"{name} no longer has {old}"
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    workbook = folder / "nav" / "fylkesleveranse.xlsx"
    workbook.write_bytes(in_workbook(workbook.read_bytes(), b"<v>4511</v>", b"<v>4512</v>"))
    return folder


def published(rooms: Rooms, tables: Iterable[str]) -> Mapping[str, pl.DataFrame]:
    """Published tables, rows in a fixed order."""
    with warehouse.connect_published(rooms) as con:
        return {name: con.sql(f"select * from {name} order by all").pl() for name in tables}


def landed(rooms: Rooms) -> dict[str, bytes]:
    """Every file of landing with its bytes."""
    return {
        str(file.relative_to(rooms.landing)): file.read_bytes()
        for file in rooms.landing.rglob("*")
        if file.is_file()
    }
