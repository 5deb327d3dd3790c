"""Backup and restore: what comes back is what was there, and what is not whole does not."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from keep_tools import prune, short_rules, store_run
from store_tools import served, tiny_project, whole_night

from flows import checkup
from tasks import alerts, locks, night, runs, warehouse
from tasks.backup import age, archive, contents, making, restoring
from tasks.backup.archive import Head, Writer
from tasks.errors import (
    ConfigurationError,
    JournalCorrupt,
    LandingCorrupt,
    NightLocked,
    NotFound,
    WrongUse,
)
from tasks.forms.contacts import Contacts
from tasks.journal import Journal
from tasks.landing import Landing
from tasks.settings import Project, Rooms, Settings

DAYS = [date(2026, 11, 20), date(2026, 11, 21)]
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two nights, a stored plan, a report, a contact and a form that waits."""
    folder = tmp_path_factory.mktemp("two")
    settings = Settings(home=folder / "home")
    rooms = settings.rooms
    with served() as source:
        project = short_rules(tiny_project(folder / "project", source.address))
        for number, day in enumerate(DAYS):
            source.files["places.csv"] = f"school;places\nA;{number}\n".encode()
            whole_night(settings, project, day)
    stored_plan(rooms)
    for path, text in (
        (rooms.reports / "2027-28-a" / "Dimensjonering for Trøndelag 2027-28.html", "<p>æøå</p>"),
        (rooms.forms / "inbox" / "skjema.xlsx", "PK"),
        (rooms.inbox / "vigo" / "elever.csv", "12345678901"),
        (rooms.person_key, "00" * 32),
        (rooms.logs / "prefect.log", "x"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    Contacts(rooms.contacts).save("0" * 16, "forum", "2026", {"name": "Kari"})
    return folder


@pytest.fixture
def home(settings: Settings, two_nights: Path) -> Rooms:
    shutil.copytree(two_nights / "home", settings.home)
    return settings.rooms


@pytest.fixture
def whole(home: Rooms, tmp_path: Path) -> Path:
    """A backup of the home."""
    (tmp_path / "disk").mkdir()
    return making.make(home, tmp_path / "disk" / "copy.tar").file


def stored_plan(rooms: Rooms) -> None:
    found = Landing(rooms.landing).latest("places")
    assert found is not None
    folder = store_run(rooms, "2027-28-a", datetime(2026, 11, 21, 8, tzinfo=UTC), {})
    pl.DataFrame({"school": ["A"], "places": [1]}).write_parquet(folder / "places.parquet")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["vintages"] = [{"dataset": "places", "snapshot": found.snapshot}]
    sha = hashlib.sha256((folder / "places.parquet").read_bytes()).hexdigest()
    manifest |= {"school_year": "2027/28", "outputs": {"places": sha}}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def contents_of(rooms: Rooms, rooms_wanted: list[Path]) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(rooms.home)): (path.read_bytes(), path.stat().st_mode)
        for room in rooms_wanted
        for path in ([room] if room.is_file() else sorted(room.rglob("*")))
        if path.is_file()
    }


def exported(settings: Settings, day: date, folder: Path) -> dict[str, str]:
    return warehouse.canonical_export(night.rebuild(settings, day), folder)


# There and back -----------------------------------------------------------------------------------


def test_a_home_that_is_lost_comes_back_byte_for_byte(
    home: Rooms, settings: Settings, project: Project, tmp_path: Path
) -> None:
    wanted = [home.landing, home.runs, home.reports, home.contacts, home.audit, home.docs]
    before = contents_of(home, [*wanted, home.stamp])
    nights = {day: exported(settings, day, tmp_path / f"before{day}") for day in DAYS}
    plan = runs.read(home, "2027-28-a")
    made = making.make(home, tmp_path)
    journal = (home.journal / "journal.jsonl").read_bytes()
    assert made.file.stat().st_mode & 0o777 == 0o600
    shutil.rmtree(home.home)

    rooms = Rooms(tmp_path / "elsewhere" / "home")
    restored = restoring.restore(made.file, rooms)
    assert (restored.head.night, restored.runs, restored.contacts) == ("2026-11-21", 1, 1)
    assert (
        contents_of(
            rooms,
            [Path(str(p).replace(str(home.home), str(rooms.home))) for p in [*wanted, home.stamp]],
        )
        == before
    )
    assert runs.read(rooms, "2027-28-a").tables["places"].equals(plan.tables["places"])
    lines = (rooms.journal / "journal.jsonl").read_bytes()
    assert journal.startswith(lines[: lines[:-1].rfind(b"\n") + 1])
    assert Journal(rooms.journal).entries()[-1].kind == restoring.RESTORED
    assert [path.name for path in rooms.home.parent.iterdir()] == ["home"]
    assert not rooms.inbox.exists(), "files about persons are in no backup"
    assert not rooms.person_key.exists()

    there = Settings(home=rooms.home)
    for day, tables in nights.items():
        assert exported(there, day, tmp_path / f"after{day}") == tables
    with locks.night_lock(rooms.lock):
        outcome = night.build(night.begin(there, DAYS[1], project), [])
    assert "warehouse" not in {finding.dataset for finding in outcome.findings}
    with warehouse.connect_published(rooms) as con:
        assert con.execute("select school, places from staging.places").fetchall() == [("A", 1)]
    assert alerts.open_findings(Journal(rooms.journal)) == list(outcome.findings)


def test_a_folder_gets_a_dated_file_with_a_checksum_that_other_programs_read(
    home: Rooms, tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    made = making.make(home, tmp_path / "disk")
    assert made.same_disk
    name = made.file.name
    assert name.startswith("tilbudsplan-20")
    assert {path.name for path in made.file.parent.iterdir()} == {name, f"{name}.sha256"}
    checked = subprocess.run(
        [shutil.which("sha256sum") or "sha256sum", "-c", f"{name}.sha256"],
        cwd=made.file.parent,
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    with tarfile.open(made.file) as tar:
        names = tar.getnames()
    assert (names[0], names[-2:]) == (archive.HEAD, [archive.MANIFEST, archive.SEAL])
    assert not any(name.startswith(("inbox", "keys", "logs", "published")) for name in names)
    assert "forms/inbox/skjema.xlsx" in names
    read = restoring.verify(made.file)
    assert (read.sha256, len(read.manifest.of_home())) == (made.sha256, made.files)
    said = Journal(home.journal).entries(age.MADE)[-1].payload
    assert (said["file"], said["sha256"]) == (name, made.sha256)


def test_every_room_is_copied_or_left_for_a_reason() -> None:
    rooms = Rooms(Path("/x"))
    copied = [rooms.journal, *contents.told(rooms), *contents.kept(rooms)]
    decided = {*copied, *contents.left(rooms)}
    for name, path in vars(rooms).items():
        if name != "home":
            assert decided & {path, *path.parents}, f"{name}: in a backup, or not, and why?"


def test_folders_that_only_the_owner_may_enter_are_so_again(
    home: Rooms, whole: Path, tmp_path: Path
) -> None:
    restoring.restore(whole, Rooms(tmp_path / "new"))
    assert (tmp_path / "new" / "contacts").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new").stat().st_mode == home.home.stat().st_mode
    assert (tmp_path / "new" / "landing").stat().st_mode == home.landing.stat().st_mode


def test_marks_of_what_was_taken_away_come_back(
    home: Rooms, project: Project, tmp_path: Path
) -> None:
    landing = Landing(home.landing)
    old = landing.land("places", date(2026, 1, 5), [])
    assert old.parts == ()
    part = landing.snapshots("pupils")[0].parts[0]
    landing.delete(part.sha256, date(2026, 11, 22))
    first = landing.snapshots("places")[0].parts[0]
    landing.blobs().prune([first.sha256], date(2026, 11, 22), "regel")
    made = making.make(home, tmp_path / "copy.tar")
    assert made.missing == ()
    rooms = Rooms(tmp_path / "new")
    restoring.restore(made.file, rooms)
    there = Landing(rooms.landing)
    assert there.is_deleted(part)
    gone = there.pruned(there.snapshots("places")[0])
    assert gone is not None
    assert gone.rule == "regel"
    assert prune(rooms, project, date(2026, 11, 23)).plan.going == ()


def test_what_was_damaged_before_is_told_and_the_rest_comes_back(
    home: Rooms, tmp_path: Path
) -> None:
    landing = Landing(home.landing)
    first, second = (line.parts[0].sha256 for line in landing.snapshots("places"))
    for sha, spoil in ((first, b"half"), (second, None)):
        path = landing.root / "blobs" / sha[:2] / f"{sha}.zst"
        path.unlink() if spoil is None else path.write_bytes(spoil)
    made = making.make(home, tmp_path / "copy.tar")
    assert set(made.missing) == {first, second}
    rooms = Rooms(tmp_path / "new")
    assert set(restoring.restore(made.file, rooms).missing) == {first, second}
    with pytest.raises(LandingCorrupt):
        Landing(rooms.landing).answers(landing.snapshots("places")[0])
    assert Landing(rooms.landing).answers(landing.snapshots("pupils")[0])


# What is not whole --------------------------------------------------------------------------------


def spans(backup: Path) -> list[tuple[str, int, int]]:
    """Where the bytes of each file lie in a backup."""
    with tarfile.open(backup) as tar:
        return [(m.name, m.offset_data, m.offset_data + m.size) for m in tar]


def test_a_flipped_byte_anywhere_is_refused_and_named(whole: Path, tmp_path: Path) -> None:
    content = bytearray(whole.read_bytes())
    where = spans(whole)
    chance = random.Random(7)
    places = {chance.randrange(len(content)) for _ in range(150)}
    for _, first, last in chance.sample(where, 12) + where[:2] + where[-2:]:
        places |= {first - 512, first - 364, first - 357, first - 100, first, last - 1}
        places |= {min(last, len(content) - 1)}  # padding, or the next header
    # What the head says may be what makes it a copy at all.
    head = next(last for name, _, last in where if name == archive.HEAD)
    other = tmp_path / "flipped.tar"
    for place in sorted(places):
        content[place] ^= 1 << chance.randrange(8)
        other.write_bytes(content)
        content[:] = whole.read_bytes()
        with pytest.raises(ConfigurationError) as told:
            restoring.verify(other)
        assert "bruk en annen kopi" in told.value.remedy or place < head, place
        inside = [name for name, first, last in where if first <= place < last]
        if inside and inside[0] not in {archive.HEAD, archive.SEAL}:
            assert inside[0] in str(told.value), place


def test_one_that_is_cut_or_added_to_is_refused(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    other = tmp_path / "other.tar"
    cuts = {0, 1, 511, 512, 1024, 2048, len(content) // 2, len(content) - 512, len(content) - 1}
    cuts |= {last for _, _, last in spans(whole)[:-1]}
    for cut in sorted(cuts):
        other.write_bytes(content[:cut])
        with pytest.raises(ConfigurationError):
            restoring.verify(other)
    for more in (b"\0", bytes(512), bytes(10_240), b"x"):
        other.write_bytes(content + more)
        with pytest.raises(ConfigurationError):
            restoring.verify(other)
    other.write_bytes(content)
    restoring.verify(other)


def test_what_is_no_backup_is_told_so(tmp_path: Path, whole: Path) -> None:
    other = tmp_path / "other.tar"
    with pytest.raises(NotFound, match="ingen fil"):
        restoring.verify(other)
    with tarfile.open(other, "w") as tar:
        tar.add(whole, "a file")
    for content, got in (
        (other.read_bytes(), "a file først"),
        (b"", "en fil som er tom eller nesten tom"),
        (b"PK\x03\x04" * 1000, "byte som ikke er et arkiv"),
        (bytes(100_000), "noe annet"),
        (whole.read_bytes()[:700], "en fil som er tom eller nesten tom"),
    ):
        other.write_bytes(content)
        with pytest.raises(ConfigurationError) as told:
            restoring.verify(other)
        assert "laget med «tilbudsplan backup»" in told.value.expected
        assert told.value.got == got
        assert "velg en fil" in told.value.remedy
    newer = Head(archive.SCHEMA + 1, datetime.now(UTC), None, 0, None)
    write(other, newer, lambda writer: None)
    with pytest.raises(ConfigurationError, match="format 2"):
        restoring.verify(other)


def test_a_folder_is_no_backup_and_the_newest_in_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="en mappe uten noen i") as told:
        restoring.verify(tmp_path)
    assert f"«tilbudsplan backup {tmp_path}»" in told.value.remedy
    for name in ("2026-11-26T0930Z.tar", "2026-11-19T0930Z.tar", "2026-11-26T0930Z.tar.sha256"):
        (tmp_path / f"tilbudsplan-{name}").touch()
    with pytest.raises(NotFound, match="en mappe med 2 i") as told:
        restoring.restore(tmp_path, Rooms(tmp_path / "new"))
    assert str(tmp_path / "tilbudsplan-2026-11-26T0930Z.tar") in told.value.remedy


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_what_is_said_of_a_cut_backup_is_norwegian(
    whole: Path, tmp_path: Path, share: float
) -> None:
    content, other = whole.read_bytes(), tmp_path / "other.tar"
    other.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ConfigurationError) as told:
        restoring.verify(other)
    words = {"en fil som slutter for tidlig", "byte som ikke er et arkiv"}
    assert told.value.got in words or "innholdsliste" in told.value.got


def test_a_checksum_beside_that_is_of_another_file_is_refused(whole: Path, tmp_path: Path) -> None:
    beside = whole.with_name(f"{whole.name}.sha256")
    text = beside.read_text()
    beside.write_text(f"{'0' * 64}{text[64:]}")
    with pytest.raises(ConfigurationError, match=r"copy\.tar\.sha256"):
        restoring.restore(whole, Rooms(tmp_path / "new"))
    assert not (tmp_path / "new").exists()
    beside.unlink()
    restoring.restore(whole, Rooms(tmp_path / "new"))


def write(path: Path, head: Head, fill: Callable[[Writer], None]) -> None:
    with path.open("wb") as stream:
        writer = Writer(stream, head)
        fill(writer)
        writer.seal({}, ())


def raw(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, 0o644
    return info.tobuf(tarfile.PAX_FORMAT)


@pytest.mark.parametrize(
    "header",
    [
        raw("../outside"),
        raw("landing/../../outside"),
        raw("/tmp/outside"),
        raw("landing//outside"),
        raw("./outside"),
        raw("landing\\..\\outside"),
        raw(".."),
        raw("landing", tarfile.SYMTYPE, "/tmp"),
        raw("landing/x", tarfile.LNKTYPE, "profile"),
        raw("x", tarfile.CHRTYPE),
        raw("x", tarfile.BLKTYPE),
        raw("x", tarfile.FIFOTYPE),
        raw("x", tarfile.DIRTYPE),
        raw("profile") + raw("profile"),
    ],
)
def test_one_that_was_made_to_write_elsewhere_writes_nothing(header: bytes, tmp_path: Path) -> None:
    made = tmp_path / "disk" / "made.tar"
    made.parent.mkdir()
    head = Head(archive.SCHEMA, datetime.now(UTC), None, 0, None)

    def fill(writer: Writer) -> None:
        writer.add("contacts/x", io.BytesIO(b"x"), 0o600, 0)
        writer._write(header)

    write(made, head, fill)
    (tmp_path / "homes").mkdir()
    with pytest.raises(ConfigurationError, match="en fil fra et hjem"):
        restoring.restore(made, Rooms(tmp_path / "homes" / "home"))
    assert list((tmp_path / "homes").iterdir()) == []
    assert not (tmp_path / "outside").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", "homes"]


def test_folders_outside_the_home_are_not_touched(tmp_path: Path) -> None:
    made, head = tmp_path / "made.tar", Head(archive.SCHEMA, datetime.now(UTC), None, 0, None)
    (tmp_path / "other").mkdir(mode=0o755)
    with made.open("wb") as stream:
        Writer(stream, head).seal({"../other": 0o777, "/": 0o777, "runs": 0o750}, ())
    restoring.restore(made, Rooms(tmp_path / "home"))
    assert (tmp_path / "other").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "home" / "runs").stat().st_mode & 0o777 == 0o750


def test_content_that_does_not_hold_is_refused_before_a_home_appears(
    home: Rooms, tmp_path: Path
) -> None:
    journal = home.journal / "journal.jsonl"
    text = journal.read_bytes()
    journal.write_bytes(text.replace(b"2026-11-20", b"2026-11-19", 1))
    with pytest.raises(JournalCorrupt):
        making.make(home, tmp_path / "copy.tar")
    assert not list(tmp_path.glob("*copy*"))
    # One that was made of such a home, by whatever program.
    made = tmp_path / "made.tar"
    head = Head(archive.SCHEMA, datetime.now(UTC), "live", 1, None)
    write(made, head, lambda w: add_all(w, home))
    with pytest.raises(JournalCorrupt):
        restoring.restore(made, Rooms(tmp_path / "new"))
    journal.write_bytes(text)
    part = Landing(home.landing).snapshots("places")[0].parts[0]
    (home.landing / "blobs" / part.sha256[:2] / f"{part.sha256}.zst").write_bytes(b"other")
    write(made, head, lambda w: add_all(w, home))
    with pytest.raises(LandingCorrupt, match=part.sha256[:12]):
        restoring.restore(made, Rooms(tmp_path / "new"))
    assert not list(tmp_path.glob("*new*"))


def add_all(writer: Writer, rooms: Rooms) -> None:
    for room in (rooms.journal, rooms.landing):
        for found in contents.files(rooms, room):
            with found.path.open("rb") as file:
                writer.add(found.name, file, 0o600, 0)


# Where it may lie, and what it may become -----------------------------------------------------


def test_wrong_targets_are_told_what_to_do(home: Rooms, tmp_path: Path) -> None:
    (tmp_path / "there.tar").write_text("mine")
    (home.home / "copies").mkdir()
    (tmp_path / "way-in").symlink_to(home.home)
    for target, remedy in (
        (tmp_path / "there.tar", "velg et annet navn"),
        (tmp_path / "missing" / "x.tar", "lag mappen"),
        (home.home / "copies", "velg en annen disk"),
        (tmp_path / "way-in" / "x.tar", "velg en annen disk"),
    ):
        with pytest.raises(WrongUse) as told:
            making.make(home, target)
        assert told.value.remedy == remedy
    assert (tmp_path / "there.tar").read_text() == "mine"
    assert Journal(home.journal).entries(age.MADE) == []


def test_a_home_with_something_in_it_is_not_touched(
    home: Rooms, whole: Path, tmp_path: Path
) -> None:
    before = contents_of(home, [home.home])
    with pytest.raises(WrongUse, match="tom eller ikke finnes"):
        restoring.restore(whole, home)
    assert contents_of(home, [home.home]) == before
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(WrongUse, match="noe annet enn en mappe"):
        restoring.restore(whole, Rooms(file))
    assert file.read_text() == "x"


def test_an_empty_home_that_cannot_be_renamed_is_filled_from_within(
    whole: Path, tmp_path: Path
) -> None:
    rooms = Rooms(tmp_path / "mounted")
    (rooms.home / "lost+found").mkdir(parents=True)
    inode = rooms.home.stat().st_ino
    restoring.restore(whole, rooms)
    assert rooms.home.stat().st_ino == inode, "a disk that is mounted there stays"
    assert Journal(rooms.journal).verify() > 0
    assert not list(rooms.home.glob(".*"))


def test_a_backup_of_another_profile_is_refused_where_one_is_asked_for(
    whole: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="profilen «demo»"):
        restoring.restore(whole, Rooms(tmp_path / "new"), "demo")
    assert not list(tmp_path.glob("*new*"))
    restoring.restore(whole, Rooms(tmp_path / "new"), "live")


def test_the_doctor_tells_how_old_the_last_backup_is(
    home: Rooms, settings: Settings, tmp_path: Path
) -> None:
    assert checkup._backup(settings, Project())[0] == "feil"
    making.make(home, tmp_path)
    assert checkup._backup(settings, Project())[0] == "ok"
    old = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    Journal(home.journal).append(age.MADE, {"made_at": old})
    state, text = checkup._backup(settings, Project())
    assert (state, "grensen er 8 dager" in text) == ("feil", True)
    demo = settings.model_copy(update={"profile": "demo"})
    assert checkup._backup(demo, Project()) == ("ok", "eksempeldata")
    assert checkup._backup(Settings(home=tmp_path / "none"), Project())[0] == "ok"


# While others write, and when it is stopped ---------------------------------------------------

WRITER = """
import sys, time
from pathlib import Path
from tasks.errors import NightLocked
from tasks.forms.contacts import Contacts
from tasks.journal import Journal
from tasks.locks import night_lock
from tasks.settings import Rooms
rooms = Rooms(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    try:
        with night_lock(rooms.forms / "take.lock"):
            Journal(rooms.journal).append("form.taken", {"contact": f"{number:016x}"})
            Contacts(rooms.contacts).save(f"{number:016x}", "forum", "2026", {"name": "K"})
    except NightLocked:
        pass
    Journal(rooms.journal).append("case.state", {"number": number, "text": "x" * 2000})
    if number == 3:
        print("going", flush=True)
"""


@pytest.mark.process
def test_a_backup_taken_while_forms_and_cases_go_on_is_whole(home: Rooms, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(home.home)], stdout=subprocess.PIPE, text=True
    ) as writer:
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "going\n"
            made = [making.make(home, tmp_path / f"{number}.tar") for number in range(6)]
        finally:
            writer.kill()
    assert len({one.head.entries for one in made}) == 6, "somebody wrote all the time"
    for number, one in enumerate(made):
        rooms = Rooms(tmp_path / f"home{number}")
        restoring.restore(one.file, rooms)
        entries = Journal(rooms.journal).entries()
        assert len(entries) == one.head.entries + 1
        told = {e.payload["contact"] for e in entries if e.kind == "form.taken"}
        there = {contact.id for contact in Contacts(rooms.contacts).all()}
        assert told <= there, "the journal refers to nobody who is not there"


def test_a_form_that_is_being_taken_is_waited_for(
    home: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "_WAIT_SECONDS", 0.3)
    with locks.night_lock(home.forms / "take.lock"), pytest.raises(NightLocked):
        making.make(home, tmp_path / "copy.tar")
    assert not list(tmp_path.glob("*copy*")) + list(tmp_path.glob(".*"))
    making.make(home, tmp_path / "copy.tar")


LIMITED = """
import resource, sys
from pathlib import Path
from tasks.backup import making, restoring
from tasks.settings import Rooms
what, home, other, most = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
try:
    if what == "backup":
        making.make(Rooms(Path(home)), Path(other))
    else:
        restoring.restore(Path(other), Rooms(Path(home)))
except OSError as error:
    print(error.strerror)
    sys.exit(3)
"""


@pytest.mark.process
def test_a_write_that_is_refused_leaves_no_half_of_anything(
    home: Rooms, whole: Path, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()

    def limited(what: str, home: Path, other: Path, most: int) -> int:
        arguments = [sys.executable, "-c", LIMITED, what, str(home), str(other), str(most)]
        return subprocess.run(arguments, capture_output=True, check=False).returncode

    target, size = tmp_path / "full" / "copy.tar", whole.stat().st_size
    for most in (0, 600, size // 2, size - 1):
        assert limited("backup", home.home, target, most) == 3
        assert list(target.parent.iterdir()) == []
    assert limited("backup", home.home, target, size * 2) == 0
    for most in (0, 10, 1000):
        assert limited("restore", tmp_path / "full" / "home", whole, most) == 3
        assert {path.name for path in target.parent.iterdir()} == {
            "copy.tar",
            "copy.tar.sha256",
        }


@pytest.mark.process
@pytest.mark.parametrize("what", ["backup", "restore"])
def test_one_that_is_killed_at_any_step_leaves_nothing_that_looks_whole(
    what: str, home: Rooms, whole: Path, tmp_path: Path
) -> None:
    script = HERE / "killed_while_copying.py"
    said = subprocess.run(
        [sys.executable, str(script), what, str(home.home), str(whole), str(tmp_path / "work")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert json.loads(said.stdout)["killed"] > 12


def test_the_night_lock_is_held_while_a_backup_is_taken(
    home: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows import cli

    monkeypatch.setenv("TILBUDSPLAN_HOME", str(home.home))
    with locks.night_lock(home.lock):
        assert cli.run(["backup", str(tmp_path / "copy.tar")]) == 1
    assert "ingen annen kjøring" in capsys.readouterr().err
    assert cli.run(["backup", str(tmp_path / "copy.tar"), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["file"] == str(tmp_path / "copy.tar")
    assert cli.run(["backup", "--verify", made["file"]]) == 0
    said = capsys.readouterr().out
    assert f"Hel: {made['file']}" in said
    assert "Siste natt i den: 21. november 2026" in said
    assert cli.run(["backup", str(tmp_path / "copy.tar")]) == 2
    assert cli.run(["backup"]) == 2
    assert "argumentet MÅL mangler" in capsys.readouterr().err
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(tmp_path / "none"))
    assert cli.run(["backup", str(tmp_path)]) == 1
    assert "TILBUDSPLAN_HOME" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
