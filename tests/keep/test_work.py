"""Retention on real nights: what goes, what a reader is told, and what a kill leaves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from keep_tools import going, prune, readable, short_rules, store_run, survey
from store_tools import RunNight, Source, answer, served, tiny_project, whole_night

from flows import cli
from tasks import alerts, locks, night
from tasks.blobs import Blobs, Pruned
from tasks.errors import ConfigurationError, LandingCorrupt, NotFound
from tasks.journal import Journal
from tasks.landing import Landing
from tasks.retention import leftovers, rules, work
from tasks.settings import Project, Settings

NIGHTS = [date(2025, m, d) for m, d in [(1, 10), (1, 31), (2, 10), (2, 25), (3, 20)]]
TODAY = date(2025, 4, 1)
OLD, MIDDLE = NIGHTS[0], NIGHTS[2]
STAYS = {NIGHTS[1], NIGHTS[3], NIGHTS[4]}


@pytest.fixture(scope="module")
def five_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five nights, each with another answer of `places`; `pupils` is the same all the time."""
    folder = tmp_path_factory.mktemp("five")
    with served() as source:
        project = short_rules(tiny_project(folder / "project", source.address))
        settings = Settings(home=folder / "home")
        for number, day in enumerate(NIGHTS):
            source.files["places.csv"] = f"school;places\nA;{number}\n".encode()
            whole_night(settings, project, day)
    return folder / "home"


@pytest.fixture
def history(settings: Settings, five_nights: Path) -> Landing:
    """A home of one's own with those nights in it."""
    shutil.copytree(five_nights, settings.home)
    return Landing(settings.rooms.landing)


def snapshot_of(landing: Landing, day: date) -> str:
    found = landing.latest("places", day)
    assert found is not None
    return found.snapshot


def test_old_landings_go_and_what_is_kept_can_be_read(
    settings: Settings, project: Project, history: Landing
) -> None:
    rooms = settings.rooms
    assert going(survey(rooms, project, TODAY)) == {("places", OLD), ("places", MIDDLE)}
    assert readable(history, "places") == set(NIGHTS), "a survey takes nothing"
    found = prune(rooms, project, TODAY)
    assert sum(found.plan.sizes.values()) > 0
    assert readable(history, "places") == STAYS
    assert readable(history, "pupils") == set(NIGHTS)
    assert len(history.snapshots("places")) == 5, "the manifest tells what was there"
    begun, done = (Journal(rooms.journal).entries(kind)[-1] for kind in (work.BEGUN, work.DONE))
    assert [name for name, _ in begun.payload["snapshots"]] == ["places", "places"]
    assert done.payload["blobs"] == 2
    lines = len(Journal(rooms.journal).entries())
    assert prune(rooms, project, TODAY).plan.going == ()
    assert len(Journal(rooms.journal).entries()) == lines, "nothing to do, nothing to say"


def test_reading_what_is_gone_says_when_and_by_which_rule(
    settings: Settings, project: Project, history: Landing
) -> None:
    prune(settings.rooms, project, TODAY)
    line = history.snapshots("places")[0]
    gone = r"tatt bort etter oppbevaringsreglene 1\. april 2025"
    with pytest.raises(NotFound, match=gone) as told:
        history.answers(line)
    assert told.value.subject.startswith("places, hentet ")
    assert "siste natt i måneden i 1 år" in str(told.value)
    assert "sikkerhetskopi" in told.value.remedy
    # What is damaged is told of as damaged.
    kept = history.snapshots("places")[-1]
    blob(history, kept.parts[0].sha256).unlink()
    with pytest.raises(LandingCorrupt, match="ingen fil"):
        history.answers(kept)


def blob(landing: Landing, sha256: str) -> Path:
    return landing.root / "blobs" / sha256[:2] / f"{sha256}.zst"


def test_a_rebuild_of_a_night_that_is_gone_is_refused_with_the_nearest_that_is_not(
    settings: Settings, project: Project, history: Landing
) -> None:
    prune(settings.rooms, project, TODAY)
    with pytest.raises(NotFound, match=r"natten 10\. februar 2025") as told:
        night.rebuild(settings, MIDDLE)
    assert "places (hentet 10. februar 2025) er tatt bort" in told.value.got
    assert "1. april 2025 (hver natt i 31 dager" in told.value.got
    assert "nærmest er 31. januar 2025 eller 25. februar 2025" in told.value.remedy
    assert night.rebuild(settings, NIGHTS[1]).is_file()


def test_the_same_bytes_landing_again_are_there_again(
    settings: Settings, project: Project, history: Landing
) -> None:
    prune(settings.rooms, project, TODAY)
    again = history.answers
    line = history.snapshots("places")[0]
    history.land("other", TODAY, [answer(b"school;places\nA;0\n")])
    assert again(line)[0].content == b"school;places\nA;0\n"
    blob(history, line.parts[0].sha256).unlink()
    with pytest.raises(LandingCorrupt):
        again(line)


def test_what_a_plan_stands_on_is_not_taken(
    settings: Settings, project: Project, history: Landing
) -> None:
    rooms = settings.rooms
    stood = {"places": snapshot_of(history, OLD)}
    store_run(rooms, "2027-28-a", datetime(2025, 1, 11, tzinfo=UTC), stood)
    assert going(survey(rooms, project, TODAY)) == {("places", MIDDLE)}
    broken = store_run(rooms, "2027-28-b", datetime(2025, 1, 11, tzinfo=UTC), {})
    for text in ("", "{}", '{"vintages": [1]}', '{"vintages": null, "created_at": 1}', "[]"):
        (broken / "manifest.json").write_text(text)
        with pytest.raises(ConfigurationError, match="2027-28-b") as told:
            prune(rooms, project, TODAY)
        assert "sikkerhetskopien" in told.value.remedy
    (broken / "manifest.json").unlink()
    with pytest.raises(ConfigurationError, match="2027-28-b"):
        prune(rooms, project, TODAY)
    assert readable(history, "places") == set(NIGHTS)


def test_vintages_of_a_revised_dataset_and_datasets_without_an_entry_are_whole(
    settings: Settings, project: Project, history: Landing
) -> None:
    file = project.catalogue / "county.toml"
    text = file.read_text()
    places, pupils = text.split("[[dataset]]")[1:]
    file.write_text(text.replace('title = "Plasser"', 'title = "Plasser"\nkeep_vintages = true'))
    assert going(survey(settings.rooms, project, TODAY)) == set()
    file.write_text(text.replace(f"[[dataset]]{places}", ""))
    found = survey(settings.rooms, project, TODAY)
    assert going(found) == set()
    because = {one.because for one in found.plan.kept if one.dataset == "places"}
    assert any("ingen regel" in why for why in because)
    file.write_text(text.replace(f"[[dataset]]{pupils}", ""))
    assert going(survey(settings.rooms, project, TODAY)) == {("places", OLD), ("places", MIDDLE)}


def test_what_cannot_be_read_stops_everything(
    settings: Settings, project: Project, history: Landing
) -> None:
    manifest = history.root / "manifest" / "pupils.jsonl"
    whole = manifest.read_bytes()
    manifest.write_bytes(whole.replace(b'"schema"', b'"sch', 1))
    with pytest.raises(LandingCorrupt):
        prune(settings.rooms, project, TODAY)
    manifest.write_bytes(whole)
    assert readable(history, "places") == set(NIGHTS)


def test_retention_never_fails_a_night_and_the_next_one_tells(
    settings: Settings, project: Project, history: Landing, run_night: RunNight
) -> None:
    rooms = settings.rooms
    store_run(rooms, "broken", datetime(2025, 1, 11, tzinfo=UTC), {})
    (rooms.runs / "broken" / "manifest.json").write_text("{")
    with locks.night_lock(rooms.lock):
        begun = night.begin(settings, TODAY, project)
        night.build(begun, [night.take_in(begun, d.id) for d in begun.catalogue])
        assert work.tidy(begun) is None
    assert readable(history, "places") == {*NIGHTS, TODAY}

    def told() -> dict[str, str]:
        found = alerts.open_findings(Journal(rooms.journal))
        return {f.dataset: f.reason for f in found if f.kind == "retention"}

    run_night(date(2025, 4, 2))
    assert "broken" in told()["retention"]
    (rooms.runs / "broken" / "manifest.json").write_text(
        '{"vintages": [], "created_at": "2025-01-11T00:00:00+00:00"}'
    )
    assert work.tidy(night.begin(settings, date(2025, 4, 2), project)) is not None
    assert readable(history, "places") == {*STAYS, TODAY, date(2025, 4, 2)}
    run_night(date(2025, 4, 3))
    assert told() == {}


def test_rules_that_cannot_be_read_are_all_named(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.reference.mkdir(parents=True)
    with pytest.raises(ConfigurationError, match=r"retention\.toml: finnes ikke"):
        rules.load(project.reference)
    short_rules(project, every_night_days=5)
    file = project.reference / rules.FILE
    file.write_text(file.read_text().replace("files = 5", "filer = 5").replace("= 90", '= "90"'))
    with pytest.raises(ConfigurationError) as told:
        rules.load(project.reference)
    for said in (
        "[landing] every_night_days: er 5, ventet minst 31",
        "[logs] files: mangler",
        "[logs] filer: er en ukjent nøkkel",
        "[nights] value: er '90', ventet et heltall",
    ):
        assert said in told.value.got
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="TOML"):
        rules.load(project.reference)


# What is kept by number and by age ---------------------------------------------------------------


def test_pages_and_results_of_the_newest_nights_stay(
    settings: Settings, project: Project, history: Landing
) -> None:
    rooms, made = settings.rooms, [f"2020-{m:02}-{d:02}" for m in range(1, 9) for d in range(1, 13)]
    for day in made:
        for room in (rooms.docs, rooms.audit):
            (room / day).mkdir(parents=True)
            (room / day / "file").write_text("x")
    (rooms.docs / "static").mkdir()
    before = {room: {p.name for p in room.iterdir()} for room in (rooms.docs, rooms.audit)}
    prune(rooms, project, TODAY)
    for room, names in before.items():
        dated = sorted(name for name in names if name[0] == "2")
        left = {p.name for p in room.iterdir()}
        assert left == {*dated[-90:], *(names - {*dated})}
    gone = Journal(rooms.journal).entries(work.BEGUN)[-1].payload["nights"]
    assert {"datadocs/2020-01-01", "audit/2020-01-01"} <= set(gone)


def test_what_can_be_made_again_goes_when_nobody_uses_it(
    settings: Settings,
    source: Source,
    project: Project,
    history: Landing,
    run_night: RunNight,
) -> None:
    rooms = settings.rooms
    night.rebuild(settings, NIGHTS[1])
    parsed = sorted(rooms.parsed.glob("*/*"))
    assert len(parsed) == 6
    month_ago = time.time() - 31 * 86_400
    for path in [*parsed, *rooms.asof.iterdir()]:
        os.utime(path, (month_ago, month_ago))
    source.files["places.csv"] = b"school;places\nA;4\n"
    run_night(date(2025, 4, 1))  # uses the newest two, and parses nothing anew
    assert sorted(rooms.parsed.glob("*/*")) == parsed
    prune(rooms, project, TODAY)
    assert len(list(rooms.parsed.glob("*/*"))) == 2
    assert list(rooms.asof.iterdir()) == []
    assert night.rebuild(settings, NIGHTS[1]).is_file()


def test_parsed_answers_go_with_what_they_were_parsed_of(
    settings: Settings, project: Project, history: Landing
) -> None:
    old = snapshot_of(history, OLD)
    assert leftovers.parsed_of(settings.rooms, "places", old)
    prune(settings.rooms, project, TODAY)
    assert not leftovers.parsed_of(settings.rooms, "places", old)
    assert leftovers.parsed_of(settings.rooms, "places", snapshot_of(history, NIGHTS[1]))


def test_a_log_that_a_process_holds_open_is_rotated_without_losing_its_place(
    tmp_path: Path,
) -> None:
    log = tmp_path / "prefect.log"
    (tmp_path / "prefect.log.9").write_text("left of more files")
    (tmp_path / "prefect.log.txt").write_text("not ours")
    rule = rules.LogRule(megabytes=0.001, files=2, unit="MB", source="test", confidence="confirmed")
    script = "import sys\nfor line in sys.stdin: print(line.strip() * 100, flush=True)"
    with (
        log.open("ab") as sink,
        subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=sink, text=True
        ) as writer,
    ):
        assert writer.stdin is not None
        for number in range(4):
            before = log.stat().st_size
            writer.stdin.write(f"line {number} \n" * 3)
            writer.stdin.flush()
            while log.stat().st_size < before + 3 * 601:
                time.sleep(0.01)
            leftovers.rotate_logs(tmp_path, rule)
            assert log.stat().st_size == 0
        writer.stdin.close()
    assert {p.name for p in tmp_path.iterdir()} == {
        "prefect.log",
        "prefect.log.1",
        "prefect.log.2",
        "prefect.log.txt",
    }
    assert (tmp_path / "prefect.log.1").read_text().startswith("line 3")
    assert (tmp_path / "prefect.log.2").read_text().startswith("line 2")
    leftovers.rotate_logs(tmp_path, rule)
    assert (tmp_path / "prefect.log.1").read_text().startswith("line 3")


# A crash at any step -----------------------------------------------------------------------------


@pytest.mark.process
def test_retention_killed_at_any_step_is_taken_up_again(
    settings: Settings, project: Project, history: Landing, tmp_path: Path
) -> None:
    file = project.reference / rules.FILE
    text = file.read_text()
    assert "[nights]\nvalue = 90" in text
    file.write_text(text.replace("[nights]\nvalue = 90", "[nights]\nvalue = 5"))
    for day in range(1, 8):
        room = settings.rooms.docs / f"2020-01-0{day}"
        room.mkdir(parents=True)
        (room / "index.html").write_text("x")
    script = Path(__file__).with_name("killed_at_each_step.py")
    said = subprocess.run(
        [sys.executable, str(script), str(settings.home), str(project.root), TODAY.isoformat()],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert json.loads(said.stdout)["killed"] > 20


def test_marks_of_one_that_was_stopped_do_not_hide_what_is_there(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    contents = {answer_hash(c): c for c in (b"one", b"two")}
    blobs.write(contents)
    one, two = contents
    blobs.prune([one, two], TODAY, "regel")
    found = blobs.pruned(one)
    assert isinstance(found, Pruned)
    assert (found.on, found.rule) == (TODAY, "regel")
    with pytest.raises(Pruned):
        blobs.read(one, 3)
    blobs.write({one: b"one"})
    assert blobs.read(one, 3) == b"one"
    assert blobs.pruned(two) is not None, "marks may share a file, but not their end"
    # Killed after the mark and before the end of the bytes: they can be read.
    (tmp_path / one[:2] / f"{one}.pruned").write_text("2025-04-01\nregel\n")
    assert blobs.read(one, 3) == b"one"
    blobs.write({one: b"one"})
    assert blobs.marked() == [two]


def answer_hash(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


def laid(folder: Path, name: str, day: date) -> Path:
    """A file that was written on a day."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(name)
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
    os.utime(path, (at, at))
    return path


@pytest.fixture
def forms(settings: Settings) -> set[Path]:
    """Forms of all ages, and those of them that are past their time."""
    room = settings.rooms.forms
    laid(room / "returned", "young.xlsx", date(2024, 6, 1))
    # The sender wrote it long ago, and it was set aside the other day.
    laid(room / "refused", "young.xlsx", date(2020, 1, 1))
    laid(room / "refused", "young.xlsx.grunn.txt", date(2025, 3, 20))
    laid(room / "refused", "no reason.xlsx", date(2020, 1, 1))  # came today
    laid(room / "inbox", "waits.xlsx", date(2020, 1, 1))
    return {
        laid(room / "returned", "old.xlsx", date(2024, 2, 1)),
        laid(room / "refused", "Kari Nordmann.xlsx", date(2024, 11, 1)),
        laid(room / "refused", "Kari Nordmann.xlsx.grunn.txt", date(2024, 12, 1)),
    }


@pytest.mark.usefixtures("history")
def test_old_forms_go_and_the_journal_has_no_names(
    settings: Settings, project: Project, forms: set[Path]
) -> None:
    rooms = settings.rooms
    before = {path for path in rooms.forms.rglob("*") if path.is_file()}
    with locks.night_lock(rooms.forms / "take.lock"):
        assert set(prune(rooms, project, TODAY).forms) == forms
    assert all(path.is_file() for path in before), "somebody is taking forms: another night"
    assert set(survey(rooms, project, TODAY).forms) == forms
    prune(rooms, project, TODAY)
    after = {path for path in rooms.forms.rglob("*") if path.is_file()}
    assert before - after == forms
    journal = Journal(rooms.journal)
    assert [e.payload["forms"] for e in journal.entries(work.DONE)] == [0, 3]
    assert "Kari" not in journal.path.read_text()
    assert survey(rooms, project, TODAY).forms == ()


@pytest.mark.usefixtures("forms")
def test_no_form_goes_before_the_clock_is_believed(
    settings: Settings, project: Project, source: Source
) -> None:
    short_rules(project)
    whole_night(settings, project, NIGHTS[0])
    assert survey(settings.rooms, project, TODAY).forms == ()


def test_a_look_at_a_home_without_a_night_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(tmp_path / "none"))
    assert cli.run(["prune", "--dry-run"]) == 0
    assert list(tmp_path.iterdir()) == []
