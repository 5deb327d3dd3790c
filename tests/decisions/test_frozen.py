"""Decisions through real nights: frozen, made again, and told of when something was changed."""

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
import zstandard
from decision_tools import RUN_AT, counted
from keep_tools import prune, short_rules
from store_tools import Source

from tasks import made_with, rebuild, run_inputs, runs
from tasks.backup import making, restoring
from tasks.decisions import canonical, freeze, record, rerun, verify
from tasks.decisions.record import FROZEN, SEALED, Decision
from tasks.errors import (
    ConfigurationError,
    DiskFull,
    JournalCorrupt,
    LandingCorrupt,
    NotFound,
    WrongUse,
)
from tasks.journal import Journal
from tasks.landing import PROJECT, Landing
from tasks.settings import Project, Rooms, Settings

DAY = date(2026, 11, 20)
RunNight = Callable[..., object]

pytestmark = pytest.mark.usefixtures("small")


def asked(run: str, **said: Any) -> freeze.Asked:
    given = {"case": "2026/777", "by": "fylkestinget", "decided_on": DAY} | said
    return freeze.Asked(run, **given)


def new_run(settings: Settings, seed: int = 2) -> str:
    return runs.execute(settings, "2027/28", seed, now=lambda: RUN_AT)


# Freezing -----------------------------------------------------------------------------------------


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
    settings: Settings, run_night: RunNight, tmp_path: Path
) -> None:
    run_night(DAY)
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
    settings: Settings, run_night: RunNight, said: dict[str, Any], told: str
) -> None:
    run_night(DAY)
    run = new_run(settings)
    with pytest.raises(WrongUse, match=told):
        freeze.freeze(settings, asked(run, **said))
    assert record.listed(settings.rooms) == []


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
    settings: Settings, run_night: RunNight, damage: Callable[[Path], None], file: str
) -> None:
    run_night(DAY)
    run = new_run(settings)
    damage(settings.rooms.runs / run)
    with pytest.raises(LandingCorrupt, match=file):
        freeze.freeze(settings, asked(run))
    assert record.listed(settings.rooms) == []


def test_a_run_that_does_not_say_what_made_it_cannot_be_decided_on(
    settings: Settings, run_night: RunNight
) -> None:
    run_night(DAY)
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
    settings: Settings, run_night: RunNight, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_night(DAY)
    run = new_run(settings)
    monkeypatch.setattr(run_inputs, "frames_of", one_place_more(run_inputs.frames_of))
    with pytest.raises(ConfigurationError, match="noe annet i places"):
        freeze.freeze(settings, asked(run))


# A crash ------------------------------------------------------------------------------------------


def test_a_crash_before_the_journal_leaves_no_decision(
    settings: Settings, run_night: RunNight, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_night(DAY)
    run = new_run(settings)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, "append", full)
    with pytest.raises(DiskFull):
        freeze.freeze(settings, asked(run))
    monkeypatch.undo()
    assert record.listed(settings.rooms) == []
    assert not list(settings.rooms.decisions.glob("[!.]*"))


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


# Again --------------------------------------------------------------------------------------------


def test_later_nights_and_other_rules_change_nothing(
    settings: Settings, frozen: Decision, run_night: RunNight, source: Source, tmp_path: Path
) -> None:
    source.files["places.csv"] = b"school;places\nA;1\nB;2\n"
    run_night(DAY + timedelta(days=30))
    today = Project(tmp_path / "today")
    shutil.copytree(Project().reference, today.reference)
    rules = today.reference / "rules" / "thresholds.toml"
    rules.write_text(rules.read_text("utf-8").replace("value = 0.8", "value = 0.9"), "utf-8")
    found = rerun.rerun(settings, frozen, project=today)
    assert found.same
    assert [*found.faults, *found.inputs, *found.tables, *found.changes] == []
    assert [str(one) for one in found.rules_today] == [
        "rules/thresholds.toml: certainty: 0,8 → 0,9"
    ]
    assert found.hashes == verify.sealed(settings.rooms, frozen)["canonical"]


def test_a_decision_is_made_again_from_a_backup_in_another_folder(
    settings: Settings, frozen: Decision, run_night: RunNight, source: Source, tmp_path: Path
) -> None:
    source.files["places.csv"] = b"school;places\nA;1\nB;2\n"
    run_night(DAY + timedelta(days=1))
    copy = making.make(settings.rooms, tmp_path / "copy.tar").file
    shutil.rmtree(settings.home)
    there = Settings(home=tmp_path / "elsewhere" / "home")
    restoring.restore(copy, there.rooms)
    decision = record.find(there.rooms, "2026/12345")
    assert decision == frozen
    found = rerun.rerun(there, decision, seal=frozen.seal[:12])
    assert found.same
    assert found.hashes == verify.sealed(there.rooms, decision)["canonical"]


def test_retention_keeps_what_a_decision_stands_on_also_when_its_run_is_gone(
    settings: Settings, frozen: Decision, project: Project, run_night: RunNight, source: Source
) -> None:
    short_rules(project)
    rooms = settings.rooms
    shutil.rmtree(rooms.runs / frozen.run)
    days = [DAY + timedelta(days=n) for n in (1, 35, 70, 105, 140, 175, 210, 245, 280, 315, 350)]
    days += [days[-1] + timedelta(days=35 * n) for n in (1, 2, 3)]
    for number, day in enumerate(days):
        source.files["places.csv"] = f"school;places\nA;{number}\nB;2\n".encode()
        run_night(day)
    cleared = prune(rooms, project, days[-1])
    gone = {(one.dataset, one.as_of) for one in cleared.plan.going}
    assert ("places", days[0]) in gone, "a night between is cleared"
    why = {one.snapshot: one.because for one in cleared.plan.kept if one.dataset == "places"}
    assert why[frozen.vintages["places"]] == "vedtak 2026/12345"
    found = rerun.rerun(settings, frozen)
    assert found.same


# Changed ------------------------------------------------------------------------------------------


def blob_of(rooms: Rooms, decision: Decision) -> Path:
    landing = Landing(rooms.landing)
    (part,) = landing.get("places", decision.vintages["places"]).parts
    return rooms.landing / "blobs" / part.sha256[:2] / f"{part.sha256}.zst"


def changed_text(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def changed_line(file: Path) -> None:
    line = json.loads(file.read_bytes())
    line["parts"][0]["role"] = "another"
    file.write_text(json.dumps(line) + "\n")


# What is changed: the file (from the decision's folder), and how.
IN_FOLDER: dict[str, tuple[str, Callable[[Path], object]]] = {
    "table": ("run/expected.parquet", lambda f: pl.DataFrame({"n": [1]}).write_parquet(f)),
    "input": (
        "inputs/places.parquet",
        lambda f: pl.read_parquet(f).with_columns(pl.col("places") + 1).write_parquet(f),
    ),
    "rule": ("run/rules/thresholds.toml", lambda f: changed_text(f, "0.8", "0.7")),
    "manifest": ("run/manifest.json", lambda f: changed_text(f, '"seed": 1', '"seed": 2')),
    "seal": (SEALED, lambda f: changed_text(f, "fylkestinget", "utvalget")),
    "gone": ("inputs/coverage.parquet", Path.unlink),
    "more": ("inputs/extra.parquet", lambda f: f.write_bytes(b"x")),
}
OTHER_BYTES = zstandard.ZstdCompressor().compress(b"school;places\nA;31\nB;45\n")
IN_LANDING: dict[str, Callable[[Path], object]] = {
    "blob": lambda f: f.write_bytes(OTHER_BYTES),
    "half a blob": lambda f: f.write_bytes(f.read_bytes()[:-3]),
    "blob gone": Path.unlink,
}


def change(rooms: Rooms, decision: Decision, what: str) -> str:
    """Change something, and say which file it is, from the home."""
    if what in IN_FOLDER:
        name, way = IN_FOLDER[what]
        file = record.folder_of(rooms, decision) / name
    elif what in IN_LANDING:
        file, way = blob_of(rooms, decision), IN_LANDING[what]
    else:
        file, way = rooms.landing / "manifest" / "places.jsonl", changed_line
    way(file)
    return file.relative_to(rooms.home).as_posix()


@pytest.mark.parametrize("what", [*IN_FOLDER, *IN_LANDING, "line"])
def test_whatever_was_changed_is_found_and_nothing_is_calculated(
    settings: Settings, frozen: Decision, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = settings.rooms
    file = change(rooms, frozen, what)
    monkeypatch.setattr(runs, "compute", lambda *_: pytest.fail("nothing is to be calculated"))
    found = rerun.rerun(settings, frozen)
    (fault,) = found.faults
    assert fault.file == file
    assert fault.expected != fault.found
    assert not found.same
    if what == "half a blob":
        assert "halvskrevet" in fault.found
    elif what not in {"more", "gone", "blob gone"}:
        assert str(fault).count("SHA-256") == 2, str(fault)
    else:
        assert verify.NO_FILE in {fault.expected, fault.found}


def test_a_changed_line_of_the_journal_breaks_its_chain(
    settings: Settings, frozen: Decision
) -> None:
    file = settings.rooms.journal / "journal.jsonl"
    lines = file.read_text("utf-8").replace("fylkestinget", "utvalget")
    file.write_text(f"{lines}{lines.splitlines()[-1]}\n", "utf-8")
    with pytest.raises(JournalCorrupt):
        record.listed(settings.rooms)


def test_a_journal_that_is_written_anew_is_found_by_the_printed_seal(
    settings: Settings, frozen: Decision
) -> None:
    """Everything is made to fit: folder, seal and chain. Only the paper knows."""
    rooms = settings.rooms
    change(rooms, frozen, "rule")
    folder = record.folder_of(rooms, frozen)
    sealed = verify.sealed(rooms, frozen)
    name = "run/rules/thresholds.toml"
    sealed["files"][name] = record.sha256((folder / name).read_bytes())
    (folder / SEALED).write_text(json.dumps(sealed))
    entries = Journal(rooms.journal).entries()
    file = rooms.journal / "journal.jsonl"
    file.unlink()
    for entry in entries:
        payload = dict(entry.payload)
        if entry.kind == FROZEN:
            payload["seal"] = record.sha256((folder / SEALED).read_bytes())
        Journal(rooms.journal).append(entry.kind, payload)
    forged = record.find(rooms, frozen.id)
    assert verify.faults(rooms, forged) == []
    (fault,) = verify.faults(rooms, forged, frozen.seal)
    assert (fault.file, fault.expected) == ("journal/journal.jsonl", frozen.seal)


def test_a_change_of_the_run_beside_is_told_and_does_no_harm(
    settings: Settings, frozen: Decision
) -> None:
    damage_table(settings.rooms.runs / frozen.run)
    found = rerun.rerun(settings, frozen)
    assert found.same
    assert [fault.file for fault in found.copy_faults] == [f"runs/{frozen.run}/expected.parquet"]


# Another program ----------------------------------------------------------------------------------


def one_place_more(real: Callable[..., dict[str, pl.DataFrame]]) -> Callable[..., Any]:
    """A program that reads one place more at each school."""

    def frames_of(con: Any, on: date) -> dict[str, pl.DataFrame]:
        frames = real(con, on)
        return {**frames, "places": frames["places"].with_columns(pl.col("places") + 1)}

    return frames_of


def other_files(monkeypatch: pytest.MonkeyPatch) -> None:
    files = made_with.code_files()
    changed = {**files, "tasks/forecast/balance.py": "f" * 64}
    monkeypatch.setattr(made_with, "code_files", lambda: changed)


def test_a_program_that_changed_without_effect_is_told_and_the_figures_are_the_same(
    settings: Settings, frozen: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_files(monkeypatch)
    found = rerun.rerun(settings, frozen)
    assert found.same
    assert [one.what for one in found.changes] == ["tasks/forecast/balance.py"]


def test_another_calculation_is_told_with_its_size(
    settings: Settings, frozen: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_files(monkeypatch)

    def doubled(*given: Any) -> dict[str, pl.DataFrame]:
        return {"expected": counted(*given)["expected"].with_columns(pl.col("total") * 2)}

    monkeypatch.setattr(runs, "compute", doubled)
    found = rerun.rerun(settings, frozen)
    assert not found.same
    assert found.inputs == ()
    (table,) = found.tables
    (column,) = table.columns
    assert (table.table, column.column, column.row) == ("expected", "total", "places")
    assert (column.largest, column.relative) == (pytest.approx(75 * 0.8), pytest.approx(0.5))
    assert found.by_model == found.tables
    assert [one.what for one in found.changes] == ["tasks/forecast/balance.py"]


def test_other_inputs_are_told_apart_from_another_calculation(
    settings: Settings, frozen: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_inputs, "frames_of", one_place_more(run_inputs.frames_of))
    found = rerun.rerun(settings, frozen)
    assert not found.same
    (frame,) = found.inputs
    (column,) = frame.columns
    assert (frame.table, column.column, column.cells, column.largest) == ("places", "places", 2, 1)
    assert [one.table for one in found.tables] == ["expected"]
    assert found.by_model == (), "on the frozen inputs the figures are as decided"


def test_a_night_that_cannot_be_built_is_told_and_the_frozen_inputs_are_used(
    settings: Settings, frozen: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ConfigurationError(expected="det", got="annet", remedy="gjør noe", subject="places")

    monkeypatch.setattr(rebuild, "rebuild_night", refuse)
    found = rerun.rerun(settings, frozen)
    assert "places" in str(found.not_rebuilt)
    assert found.tables == ()
    assert not found.same, "landing has not given the decision again"


def test_frozen_inputs_that_lack_what_the_program_reads_are_not_enough(
    settings: Settings, frozen: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ConfigurationError(expected="det", got="annet", remedy="gjør noe", subject="places")

    monkeypatch.setattr(rebuild, "rebuild_night", refuse)
    monkeypatch.setitem(run_inputs.NAMED, "adults", "mart.adults")
    with pytest.raises(ConfigurationError, match="adults"):
        rerun.rerun(settings, frozen)
