"""The real thing: a sample night, the real forecast, and a decision made again years after."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from flow_tools import date_of, newer_sample, one_night, settings_of

from tasks import locks, night, runs, warehouse
from tasks import night as stages
from tasks.backup import making, restoring
from tasks.decisions import causes, freeze, record, rerun
from tasks.decisions.record import Decision
from tasks.demo.construct_persons import LAST_YEAR, files, write
from tasks.demo.server import serve
from tasks.publish import difference, report
from tasks.settings import Settings

pytestmark = pytest.mark.soak
SCENARIO = "laereplassgaranti"


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Decision]:
    """A night with files about persons, a run with a scenario, its report, and the decision."""
    settings = settings_of(tmp_path_factory.mktemp("decided") / "home")
    inbox = settings.rooms.inbox / "vigo"
    inbox.mkdir(parents=True)
    for name, frame in files(1).items():
        if str(LAST_YEAR) in name:
            write(inbox / name, frame.head(2000))
    with serve() as server:
        one_night(settings_of(settings.home, server))
    run = runs.execute(settings, "2027/28", 5, 100, scenarios=[SCENARIO])
    rooms = settings.rooms
    report.write(rooms.runs / run, rooms.warehouse, rooms.reports / run)
    with locks.night_lock(rooms.lock):
        made = freeze.freeze(
            settings, freeze.Asked(run, "2026/12345", "fylkestinget", date_of(settings.home))
        )
    return settings, made


def test_later_nights_a_purge_and_a_move_change_nothing(
    decided: tuple[Settings, Decision], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, made = decided
    home = Path(shutil.copytree(settings.home, tmp_path / "home"))
    later = date_of(home) + timedelta(days=2000)
    monkeypatch.setattr(stages, "oslo_today", lambda: later)
    with serve(newer_sample(tmp_path / "sample")) as server:
        there = settings_of(home, server)
        one_night(there)
        with locks.night_lock(there.rooms.lock):
            assert night.purge(there)
    with warehouse.connect_internal(there.rooms) as con:
        assert con.execute("select count(*) from restricted.pupil").fetchall() == [(0,)]
    copy = making.make(there.rooms, tmp_path / "copy.tar").file
    shutil.rmtree(home)
    moved = Settings(home=tmp_path / "elsewhere", profile="demo")
    restoring.restore(copy, moved.rooms)
    found = rerun.rerun(moved, record.find(moved.rooms, made.case), seal=made.seal)
    assert found.same, found
    assert found.deleted
    assert (found.inputs, found.tables, found.changes) == ((), (), ())
    assert set(found.hashes) == set(runs.TABLES)


def test_a_scenario_and_a_rule_are_told_in_the_papers_terms(
    decided: tuple[Settings, Decision], tmp_path: Path
) -> None:
    settings, made = decided
    rooms = settings.rooms
    run = runs.execute(settings, "2027/28", 6, 100)
    folder = record.folder_of(rooms, made) / record.RUN
    changes, remarks = causes.between(folder, rooms.runs / run)
    choices = {one.what for one in changes if one.kind == "valg"}
    assert choices == {"frø", "scenarier"}
    # A file of a scenario stands under one of them alone.
    assert {one.kind for one in changes} == {"valg", "regel"}
    assert all(SCENARIO in one.what for one in changes if one.kind == "regel")
    assert remarks == []
    found = difference.document(
        difference.read(folder, rooms.warehouse, "Vedtaket"),
        difference.read(rooms.runs / run, rooms.warehouse, "Ny kjøring"),
        changes,
        remarks,
    )
    difference.write(found, tmp_path / "forskjell.xlsx")
    assert (tmp_path / "forskjell.xlsx").stat().st_size > 10_000
    assert any(text.startswith("Ventede elever i fylket") for text in found.findings)
    sealed = json.loads((record.folder_of(rooms, made) / record.SEALED).read_text("utf-8"))
    assert {"report/dimensjoneringsrapport.html", f"run/scenarios/{SCENARIO}.toml"} <= set(
        sealed["files"]
    )
