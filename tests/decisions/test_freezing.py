"""What is frozen of a decision, what is refused, and what a crash leaves."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import small_cycle
from decision_tools import RUN_AT, one_place_more
from store_tools import Source

from tasks import run_inputs, runs
from tasks.decisions import canonical, freeze, record, rerun, verify
from tasks.decisions.record import FROZEN, SEALED, Decision
from tasks.errors import (
    ConfigurationError,
    DiskFull,
    LandingCorrupt,
    NotFound,
    WrongUse,
)
from tasks.journal import Journal
from tasks.landing import PROJECT, Landing
from tasks.settings import Settings

DAY = date(2026, 11, 20)
RunNight = Callable[..., object]

pytestmark = pytest.mark.usefixtures("small")


def asked(run: str, **said: Any) -> freeze.Asked:
    given = {"case": "2026/777", "by": "fylkestinget", "decided_on": DAY} | said
    return freeze.Asked(run, **given)


def new_run(settings: Settings, seed: int = 2) -> str:
    return runs.execute(settings, "2027/28", seed, now=lambda: RUN_AT)


def adopted_in_cycle(settings: Settings, run: str) -> None:
    """The journal of a cycle that decided case 118/27 on a run, one class more than proposed."""
    for kind, payload in small_cycle.a_year(run=run):
        Journal(settings.rooms.journal).append(kind, payload)


# Freezing -----------------------------------------------------------------------------------------


def test_the_offer_is_frozen_as_the_council_adopted_it(
    settings: Settings, frozen: Decision
) -> None:
    run = new_run(settings)
    adopted_in_cycle(settings, run)
    made = freeze.freeze(settings, asked(run, case="118/27"))
    told = verify.sealed(settings.rooms, made)["adopted"]
    assert (told["cycle"], told["outcome"]) == ("2027/28", "godkjent med endringer")
    assert [one["classes"] for one in told["amendments"]] == [3.0]
    file = record.folder_of(settings.rooms, made) / "adopted" / "offer.parquet"
    classes = pl.read_parquet(file).select("classes_now", "classes_proposed", "classes", "places")
    # As adopted, not as adjusted in May.
    assert classes.rows() == [(2.0, 2.0, 3.0, 45), (1.0, 1.0, 1.0, 15)]
    file.write_bytes(b"x")
    (fault,) = verify.faults(settings.rooms, made)
    assert fault.file.endswith("adopted/offer.parquet")
    assert verify.sealed(settings.rooms, frozen)["adopted"] is None, "no cycle has decided that"


def test_another_plan_than_the_one_proposed_is_not_what_was_decided(
    settings: Settings, frozen: Decision, tmp_path: Path
) -> None:
    run = new_run(settings)
    adopted_in_cycle(settings, run)
    with pytest.raises(WrongUse, match="planen i årshjulet for 2027/28: ingen"):
        freeze.freeze(settings, asked(run, case="118/27", plan=tmp_path / "en-annen"))
    assert [one.id for one in record.listed(settings.rooms)] == [frozen.id]


def test_a_decision_is_a_record_of_the_journal_and_a_sealed_folder(
    settings: Settings, frozen: Decision
) -> None:
    rooms = settings.rooms
    (entry,) = Journal(rooms.journal).entries(FROZEN)
    said = entry.payload
    assert (said["case"], said["by"], said["decided_on"]) == (
        "2026/12345",
        "fylkestinget",
        "2026-11-21",
    )
    assert record.listed(rooms) == [frozen]
    assert record.find(rooms, "2026/12345") == record.find(rooms, frozen.id) == frozen
    folder = record.folder_of(rooms, frozen)
    sealed = verify.sealed(rooms, frozen)
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert there == {SEALED, *sealed["files"]}
    assert {"run/manifest.json", "run/rules/thresholds.toml", "inputs/places.parquet"} <= there
    assert set(frozen.vintages) == {"places", "pupils"}
    assert Landing(rooms.landing).get(PROJECT, frozen.project)
    for path in (folder, *folder.rglob("*")):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    run = runs.read(rooms, frozen.run)
    assert sealed["canonical"] == canonical.hashes(run.tables)
    assert verify.faults(rooms, frozen) == verify.of_run(rooms, frozen) == []


def test_what_is_laid_beside_is_kept_and_sealed(
    settings: Settings, frozen: Decision, tmp_path: Path
) -> None:
    run = new_run(settings)
    report = settings.rooms.reports / run / "dimensjoneringsrapport.html"
    paper = tmp_path / "saksframlegg.docx"
    for path in (report, paper):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.name.encode())
    made = freeze.freeze(settings, asked(run, attachments=(paper,), note="Enstemmig"))
    folder = record.folder_of(settings.rooms, made)
    assert (folder / "attachments" / paper.name).read_bytes() == paper.read_bytes()
    assert (folder / "report" / report.name).read_bytes() == report.read_bytes()
    assert made.note == "Enstemmig"
    with pytest.raises(WrongUse, match="ingen fil"):
        freeze.freeze(settings, asked(run, case="2026/9", attachments=(tmp_path / "none",)))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"case": ""}, "saksnummer"),
        ({"case": "../../etc"}, "saksnummer"),
        ({"by": " "}, "hvem som vedtok"),
        ({"decided_on": date(2126, 1, 1)}, "en dag som har vært"),
    ],
)
def test_what_is_said_of_it_must_make_sense(
    settings: Settings, frozen: Decision, said: dict[str, Any], told: str
) -> None:
    run = new_run(settings)
    with pytest.raises(WrongUse, match=told):
        freeze.freeze(settings, asked(run, **said))
    assert record.listed(settings.rooms) == [frozen]


def test_a_decision_is_frozen_once(settings: Settings, frozen: Decision) -> None:
    with pytest.raises(WrongUse, match="frosset"):
        freeze.freeze(settings, asked(frozen.run, case=frozen.case))
    other = freeze.freeze(settings, asked(new_run(settings), case=frozen.case))
    with pytest.raises(WrongUse, match=other.id):
        record.find(settings.rooms, frozen.case)
    with pytest.raises(NotFound, match=frozen.id):
        record.find(settings.rooms, "2020/1")


def damage_table(folder: Path) -> None:
    pl.DataFrame({"n": [1]}).write_parquet(folder / "expected.parquet")


def damage_manifest(folder: Path) -> None:
    file = folder / "manifest.json"
    file.write_text(file.read_text().replace('"seed": 2', '"seed": 3'))


def damage_rule(folder: Path) -> None:
    file = folder / "rules" / "classes.toml"
    file.write_text(file.read_text() + "# \n")


@pytest.mark.parametrize(
    ("damage", "file"),
    [
        (damage_table, "expected.parquet"),
        (damage_manifest, "manifest.json"),
        (damage_rule, "rules/classes.toml"),
    ],
)
def test_a_run_that_was_changed_cannot_be_decided_on(
    settings: Settings, frozen: Decision, damage: Callable[[Path], None], file: str
) -> None:
    run = new_run(settings)
    damage(settings.rooms.runs / run)
    with pytest.raises(LandingCorrupt, match=file):
        freeze.freeze(settings, asked(run))
    assert record.listed(settings.rooms) == [frozen]


def test_a_run_that_does_not_say_what_made_it_cannot_be_decided_on(
    settings: Settings, frozen: Decision
) -> None:
    file = settings.rooms.runs / new_run(settings) / "manifest.json"
    manifest = json.loads(file.read_text())
    del manifest["made_with"]
    file.write_text(json.dumps(manifest))
    with pytest.raises(WrongUse, match="plan run"):
        freeze.freeze(settings, asked(file.parent.name))


def test_a_run_of_a_night_before_is_frozen_from_landing(
    settings: Settings, run_night: RunNight, source: Source
) -> None:
    run_night(DAY)
    run = new_run(settings)
    source.files["places.csv"] = b"school;places\nA;1\nB;2\n"
    run_night(DAY + timedelta(days=1))
    made = freeze.freeze(settings, asked(run))
    kept = record.folder_of(settings.rooms, made) / "inputs" / "places.parquet"
    assert pl.read_parquet(kept).get_column("places").to_list() == [30, 45]
    assert made.as_of == DAY


def test_a_date_with_two_nights_gives_the_one_that_the_run_read(
    settings: Settings, run_night: RunNight, source: Source
) -> None:
    run_night(DAY)
    run = new_run(settings)
    source.files["places.csv"] = b"school;places\nA;1\nB;2\n"
    run_night(DAY)
    made = freeze.freeze(settings, asked(run))
    assert rerun.rerun(settings, made).same


def test_inputs_that_cannot_be_had_again_are_not_frozen(
    settings: Settings, frozen: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run(settings)
    monkeypatch.setattr(run_inputs, "frames_of", one_place_more(run_inputs.frames_of))
    with pytest.raises(ConfigurationError, match="noe annet i places"):
        freeze.freeze(settings, asked(run))


# A crash ------------------------------------------------------------------------------------------


def test_a_crash_before_the_journal_leaves_no_decision(
    settings: Settings, frozen: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run(settings)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, "append", full)
    with pytest.raises(DiskFull):
        freeze.freeze(settings, asked(run))
    monkeypatch.undo()
    assert record.listed(settings.rooms) == [frozen]
    assert [path.name for path in settings.rooms.decisions.glob("[!.]*")] == [frozen.id]


def test_a_decision_that_a_crash_left_without_its_name_gets_it(
    settings: Settings, frozen: Decision
) -> None:
    rooms = settings.rooms
    folder = record.folder_of(rooms, frozen)
    half = folder.with_name(f".{frozen.id}")
    folder.rename(half)
    assert verify.faults(rooms, frozen) == []
    assert folder.is_dir()
    folder.rename(half)
    (half / SEALED).write_text("{}")
    assert [fault.found for fault in verify.faults(rooms, frozen)] == [verify.NO_FILE]
    assert not folder.exists()


def test_a_home_without_a_published_night_is_frozen_from_landing(
    settings: Settings, frozen: Decision
) -> None:
    run = new_run(settings)
    shutil.rmtree(settings.rooms.warehouse.parent)
    made = freeze.freeze(settings, asked(run))
    assert verify.faults(settings.rooms, made) == []
    assert (record.folder_of(settings.rooms, made) / "inputs" / "places.parquet").is_file()
