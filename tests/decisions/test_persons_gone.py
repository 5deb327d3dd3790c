"""A decision on figures that were counted of persons, made again after the persons are deleted."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from decision_tools import RUN_AT, small_forecast

from tasks import locks, night, runs, warehouse
from tasks.decisions import freeze, record, rerun, verify
from tasks.decisions.record import Decision
from tasks.demo.construct_persons import LAST_YEAR, files, write
from tasks.errors import ConfigurationError
from tasks.settings import CHECKOUT, Project, Settings, oslo_today

TODAY = oslo_today()
# Counted of the rows themselves, not of the totals that are kept when those are deleted.
BY_LEVEL = """-- closed.pupils_by_level
-- Grain: one row per level
-- Key: level
-- Unit: pupils
-- Sources: restricted.pupil
SELECT
    level,
    count(*) AS pupils
FROM restricted.pupil
GROUP BY level
"""
TABLES = {
    "by_level": "closed.pupils_by_level",
    "counts": "restricted.pupils_by_school_programme_area_status",
    "closed": "closed.pupils_left_by_programme_area",
    "counties": "reference.regions",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The layout and tables of pupils as they are; no other dataset, and no suites but theirs."""
    made = Project(tmp_path / "project")
    made.catalogue.mkdir(parents=True)
    shutil.copy(CHECKOUT / "data" / "catalogue" / "vigo_persons.toml", made.catalogue)
    shutil.copytree(CHECKOUT / "data" / "reference", made.reference)
    (made.sql / "staging").mkdir(parents=True)
    shutil.copytree(CHECKOUT / "sql" / "restricted", made.sql / "restricted")
    (made.sql / "restricted" / "pupils_by_school_programme_area.sql").unlink()
    shutil.copytree(CHECKOUT / "sql" / "closed", made.sql / "closed")
    (made.sql / "closed" / "pupils_by_level.sql").write_text(BY_LEVEL, encoding="utf-8")
    for room in ("closed", "kinds"):
        shutil.copytree(CHECKOUT / "expectations" / room, made.expectations / room)
    return made


def whole_night(settings: Settings, project: Project, as_of: date) -> None:
    with locks.night_lock(settings.rooms.lock):
        begun = night.begin(settings, as_of, project)
        night.build(begun, [night.take_in(begun, d.id) for d in begun.catalogue])


@pytest.fixture
def night_of_persons(settings: Settings, project: Project) -> Settings:
    inbox = settings.rooms.inbox / "vigo"
    inbox.mkdir(parents=True)
    for name, frame in files(1).items():
        if name.startswith("elever") and str(LAST_YEAR) in name:
            write(inbox / name, frame.head(300))
    whole_night(settings, project, TODAY)
    return settings


def decided(settings: Settings) -> Decision:
    run = runs.execute(settings, "2027/28", 1, now=lambda: RUN_AT)
    return freeze.freeze(settings, freeze.Asked(run, "2026/1", "fylkestinget", TODAY))


def test_persons_who_are_deleted_stay_counted_in_the_decision(
    night_of_persons: Settings, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, rooms = night_of_persons, night_of_persons.rooms
    small_forecast(monkeypatch, TABLES)
    made = decided(settings)
    assert verify.sealed(rooms, made)["of_persons"] == ["by_level", "closed", "counts"]
    kept = pl.read_parquet(record.folder_of(rooms, made) / "inputs" / "by_level.parquet")
    assert kept.get_column("pupils").sum() == 300
    before = rerun.rerun(settings, made)
    assert before.same
    assert not before.taken

    later = TODAY + timedelta(days=3000)
    monkeypatch.setattr(night, "oslo_today", lambda: later)
    monkeypatch.setattr(night, "Project", lambda: project)
    with locks.night_lock(rooms.lock):
        assert night.purge(settings)
    with warehouse.connect_internal(rooms) as con:
        assert con.execute("select count(*) from closed.pupils_by_level").fetchall() == [(0,)]
    found = rerun.rerun(settings, made)
    assert not found.faults, "to delete persons is not to tamper"
    assert set(found.taken) == {"by_level", "closed", "counts"}
    assert list(found.deleted.values()) == [later]
    assert found.same


def test_rows_about_persons_are_never_frozen(
    night_of_persons: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_forecast(monkeypatch, {"pupils": "restricted.pupil"})
    with pytest.raises(ConfigurationError, match=r"pupils \(restricted\.pupil\)"):
        decided(night_of_persons)
    assert record.listed(night_of_persons.rooms) == []
    assert not list(night_of_persons.rooms.decisions.glob("*"))
