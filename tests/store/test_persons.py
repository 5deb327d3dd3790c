"""Persons through real nights: what is on disk, what is published, and what is deleted when."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import zstandard

from tasks import locks, night, persons, warehouse
from tasks.alerts import open_findings
from tasks.demo.construct_persons import LAST_YEAR, files, write
from tasks.errors import ConfigurationError
from tasks.journal import Journal
from tasks.landing import Landing
from tasks.settings import CHECKOUT, Project, Settings, oslo_today
from tasks.sources import person_file

TODAY = oslo_today()
KINDS = ("sokere", "elever", "kontrakter", "prover")


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One year's four files, as they are laid in the folder."""
    folder = tmp_path_factory.mktemp("exports")
    for name, frame in files(1).items():
        if str(LAST_YEAR) in name:
            write(folder / name, frame.head(400))
    assert len(list(folder.iterdir())) == len(KINDS)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The layouts and tables of persons as they are; no other dataset, and few suites."""
    root = tmp_path / "project"
    made = Project(root)
    (root / "data" / "catalogue").mkdir(parents=True)
    shutil.copy(CHECKOUT / "data" / "catalogue" / "vigo_persons.toml", made.catalogue)
    shutil.copytree(CHECKOUT / "data" / "reference", made.reference)
    (made.sql / "staging").mkdir(parents=True)
    shutil.copytree(CHECKOUT / "sql" / "restricted", made.sql / "restricted")
    (made.sql / "restricted" / "pupils_by_school_programme_area.sql").unlink()
    shutil.copytree(CHECKOUT / "sql" / "closed", made.sql / "closed")
    for room in ("closed", "kinds"):
        shutil.copytree(CHECKOUT / "expectations" / room, made.expectations / room)
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", profile="live")


def run(settings: Settings, project: Project, as_of: date = TODAY) -> night.Outcome:
    with locks.night_lock(settings.rooms.lock):
        begun = night.begin(settings, as_of, project)
        return night.build(begun, [night.take_in(begun, d.id) for d in begun.catalogue])


def lay(settings: Settings, exports: Path) -> Path:
    return Path(shutil.copytree(exports, settings.rooms.inbox / "vigo", dirs_exist_ok=True))


def everything_on_disk(home: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file with its bytes, unpacked where it is packed or is Parquet."""
    for path in sorted(p for p in home.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if path.suffix == ".zst":
            content = zstandard.ZstdDecompressor().decompress(content)
        if content[:4] == b"PAR1":
            content = pl.read_parquet(content).write_csv().encode()
        yield path, content


def rows(settings: Settings, table: str) -> int:
    with warehouse.connect_internal(settings.rooms) as con:
        return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])


def test_no_number_name_or_address_is_anywhere(
    settings: Settings, project: Project, exports: Path
) -> None:
    inbox = lay(settings, exports)
    outcome = run(settings, project)
    assert not [v for v in outcome.vintages if v.reason]
    assert list(inbox.iterdir()) == []
    source = pl.read_csv(exports / f"elever_{LAST_YEAR}-26.csv", separator=";", infer_schema=False)
    secrets = {*source["fodselsnummer"], *source["fornavn"], *source["etternavn"]}
    words = {word.encode() for word in secrets} | {b"Liksomveien"}
    for path, content in everything_on_disk(settings.rooms.home):
        found = {word for word in words if word in content}
        assert not found, f"{path}: {len(found)}"
    with warehouse.connect_internal(settings.rooms) as con:
        for table in warehouse.tables(con):
            text = con.sql(f"from {warehouse.quote(table)}").pl().write_csv().encode()
            assert not any(word in text for word in words), table


def test_nobody_is_in_the_published_copy(
    settings: Settings, project: Project, exports: Path
) -> None:
    lay(settings, exports)
    run(settings, project)
    with warehouse.connect_internal(settings.rooms) as con:
        keys = {
            key.encode()
            for kind in ("applicant", "pupil", "apprentice", "certificate")
            for (key,) in con.execute(f"select person_key from restricted.{kind}").fetchall()
            if key
        }
    assert len(keys) > 1000
    with duckdb.connect(str(settings.rooms.warehouse), read_only=True) as con:
        schemas = {s for (s,) in con.execute("select schema_name from duckdb_tables()").fetchall()}
        assert schemas <= {"reference", "staging", "mart", "audit"}
        for table in warehouse.tables(con):
            assert "person_key" not in warehouse.columns(con, table)
            frame = con.sql(f"from {warehouse.quote(table)}").pl()
            text = frame.write_csv().encode()
            assert not any(key in text for key in keys), table
    with warehouse.connect_internal(settings.rooms) as con:
        closed = con.execute(
            "select count(*) filter (applications between 1 and 4), count(*) filter (not is_open) "
            "from closed.applications_by_programme_area_priority"
        ).fetchall()
    assert closed[0][0] == 0
    assert closed[0][1] > 0
    # The bytes of the file too: a table that was dropped may leave its pages behind.
    raw = settings.rooms.warehouse.read_bytes()
    assert not any(key in raw for key in list(keys)[:200])


def test_only_the_owner_can_read_what_is_about_persons(
    settings: Settings, project: Project, exports: Path
) -> None:
    lay(settings, exports)
    run(settings, project)
    rooms = settings.rooms
    private = [
        *rooms.parsed.glob("vigo_*/*/*.parquet"),
        *rooms.landing.glob("blobs/*/*.zst"),
        warehouse.internal(rooms),
        rooms.person_key,
    ]
    named = {part.sha256 for d in KINDS for part in _parts(rooms.landing, d)}
    for path in private:
        if path.suffix != ".zst" or path.stem in named:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for folder in (rooms.inbox / "vigo", rooms.landing, rooms.parsed, rooms.build):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    assert rooms.warehouse.stat().st_mode & stat.S_IRGRP


def _parts(root: Path, kind: str) -> list[persons.Part]:
    dataset = dict(zip(KINDS, ("applicants", "pupils", "apprentices", "certificates"), strict=True))
    found = Landing(root).snapshots(f"vigo_{dataset[kind]}")
    return [part for line in found for part in line.parts]


def test_persons_are_deleted_on_their_date_and_the_counts_stay(
    settings: Settings, project: Project, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(settings, exports)
    run(settings, project)
    with warehouse.connect_internal(settings.rooms) as con:
        mart = "from closed.applications_by_programme_area_priority order by all"
        counted = con.sql(mart).pl()
    later = TODAY + timedelta(days=1827)
    monkeypatch.setattr(night, "oslo_today", lambda: later)
    monkeypatch.setattr(night, "Project", lambda: project)

    outcome = run(settings, project, later)
    overdue = [f for f in outcome.findings if f.kind == "deletion"]
    assert len(overdue) == len(KINDS)
    assert "tilbudsplan purge" in overdue[0].reason

    told = night.purge(settings, dry_run=True)
    assert {batch.file.partition("_")[0] for batch in told} == set(KINDS)
    assert rows(settings, "restricted.pupil") == 400

    with locks.night_lock(settings.rooms.lock):
        assert night.purge(settings) == told
        assert night.purge(settings) == []
    for table in ("applicant", "pupil", "apprentice", "certificate"):
        assert rows(settings, f"restricted.{table}") == 0
    with warehouse.connect_internal(settings.rooms) as con:
        assert con.sql(mart).pl().equals(counted)
    journal = Journal(settings.rooms.journal)
    assert len(journal.entries("persons.deleted")) == len(KINDS)
    assert not [f for f in open_findings(journal) if f.kind == "deletion"]
    left = b"".join(content for _, content in everything_on_disk(settings.rooms.home))
    assert not any(batch.sha256.encode() + b".zst" in left for batch in told)
    assert not list(settings.rooms.parsed.glob("vigo_*/*/rows.parquet")) or all(
        pl.read_parquet(file).is_empty()
        for file in settings.rooms.parsed.glob("vigo_*/*/rows.parquet")
    )

    # A rebuild of the night that had them stands, without them, and its figures are the same.
    told_of = night.deleted_since(settings, TODAY)
    assert told_of == {batch.file: later for batch in told}
    rebuilt = night.rebuild(settings, TODAY)
    with warehouse.connect_read_only(rebuilt) as con:
        assert con.sql(mart).pl().equals(counted)
        assert con.execute("select count(*) from restricted.pupil").fetchall() == [(0,)]


def test_a_refused_file_stays_and_the_others_are_taken(
    settings: Settings, project: Project, exports: Path
) -> None:
    inbox = lay(settings, exports)
    bad = inbox / "elever_2019-20.csv"
    bad.write_text("fodselsnummer;navn\n18861074079;Prøvine Testdal\n", encoding="utf-8")
    outcome = run(settings, project)
    (reason,) = (v.reason for v in outcome.vintages if v.reason)
    assert "elever_2019-20.csv" in str(reason)
    assert "Testdal" not in str(reason)
    assert [file.name for file in inbox.iterdir()] == ["elever_2019-20.csv"]
    # What was taken before it is used the same night.
    assert rows(settings, "restricted.pupil") == 400
    bad.unlink()
    assert not [v for v in run(settings, project).vintages if v.reason]
    assert rows(settings, "restricted.pupil") == 400


def test_a_lost_key_is_not_replaced_in_silence(
    settings: Settings, project: Project, exports: Path
) -> None:
    inbox = lay(settings, exports)
    run(settings, project)
    settings.rooms.person_key.unlink()
    lay(settings, exports)
    reasons = [str(v.reason) for v in run(settings, project).vintages if v.reason]
    assert len(reasons) == len(KINDS)
    assert all("sikkerhetskopi" in reason for reason in reasons)
    assert len(list(inbox.iterdir())) == len(KINDS)
    assert rows(settings, "restricted.pupil") == 400


@pytest.mark.parametrize("damage", ["open", "short", "words"])
def test_a_key_that_cannot_be_trusted_is_refused(damage: str, settings: Settings) -> None:
    journal = Journal(settings.rooms.journal)
    key = persons.key(settings.rooms, journal)
    assert len(key) == persons.KEY_BYTES
    assert persons.key(settings.rooms, journal) == key
    path = settings.rooms.person_key
    match damage:
        case "open":
            path.chmod(0o644)
        case "short":
            path.write_text("abcd\n", encoding="ascii")
        case "words":
            path.write_text("ikke en nøkkel\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as refusal:
        persons.key(settings.rooms, journal)
    assert "person.key" in str(refusal.value)
    assert key.hex() not in str(refusal.value)


def test_a_kill_between_landing_and_deleting_the_file_takes_it_again_as_the_same(
    settings: Settings, project: Project, exports: Path
) -> None:
    inbox = lay(settings, exports)
    kept = {file.name: file.read_bytes() for file in inbox.iterdir()}
    run(settings, project)
    for name, content in kept.items():
        (inbox / name).write_bytes(content)
    run(settings, project)
    assert rows(settings, "restricted.pupil") == 400
    assert list(inbox.iterdir()) == []


def test_deleting_is_taken_up_again_where_it_was_stopped(
    settings: Settings, project: Project, exports: Path
) -> None:
    lay(settings, exports)
    run(settings, project)
    landing = Landing(settings.rooms.landing)
    loaded = night.declared(project.catalogue, "live", None)
    batches = persons.batches(landing, loaded)
    blobs = settings.rooms.landing / "blobs"
    (blob,) = blobs.glob(f"*/{batches[0].sha256}.zst")
    # Stopped after the mark and before the bytes: the part counts as deleted, and reads on.
    blob.with_suffix(".deleted").write_text(TODAY.isoformat(), encoding="ascii")
    assert len(persons.batches(landing, loaded)) == len(batches) - 1
    landing.delete(batches[0].sha256, TODAY)
    assert not blob.exists()
    snapshot = landing.latest(batches[0].dataset)
    assert snapshot is not None
    roles = [part.role for part in landing.answers(snapshot)]
    assert roles == [f"{person_file.TOTALS}{batches[0].file}"]


def test_a_deletion_that_a_crash_stopped_is_ended_by_the_next_one(
    settings: Settings, project: Project, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(settings, exports)
    run(settings, project)
    later = TODAY + timedelta(days=1827)
    monkeypatch.setattr(night, "oslo_today", lambda: later)
    monkeypatch.setattr(night, "Project", lambda: project)
    journal = Journal(settings.rooms.journal)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as crash, locks.night_lock(settings.rooms.lock):
        crash.setattr(night, "build", killed)
        with pytest.raises(KeyboardInterrupt):
            night.purge(settings)
    # Landing has let go of them; the warehouse has not, and that is known.
    assert rows(settings, "restricted.pupil") == 400
    assert len(persons.unfinished(journal)) == len(KINDS)
    with locks.night_lock(settings.rooms.lock):
        assert night.purge(settings) == []
    assert rows(settings, "restricted.pupil") == 0
    assert persons.unfinished(journal) == {}


def test_a_part_that_was_marked_and_not_removed_is_removed_by_the_next_deletion(
    settings: Settings, project: Project, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(settings, exports)
    run(settings, project)
    monkeypatch.setattr(night, "oslo_today", lambda: TODAY + timedelta(days=1827))
    monkeypatch.setattr(night, "Project", lambda: project)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as crash, locks.night_lock(settings.rooms.lock):
        crash.setattr(Path, "unlink", killed)
        crash.setattr(night, "begin", lambda _: _begun(settings, project))
        with pytest.raises(KeyboardInterrupt):
            night.purge(settings)
    blobs = settings.rooms.landing / "blobs"
    (mark,) = blobs.glob("*/*.deleted")
    assert mark.with_suffix(".zst").exists()
    with locks.night_lock(settings.rooms.lock):
        assert len(night.purge(settings)) == len(KINDS) - 1
    assert len(list(blobs.glob("*/*.deleted"))) == len(KINDS)
    assert not [mark for mark in blobs.glob("*/*.deleted") if mark.with_suffix(".zst").exists()]


def _begun(settings: Settings, project: Project) -> night.Night:
    """A night, without the sweep that removes files."""
    return night.Night("x", TODAY, settings.rooms, project, "x", settings.profile, None)


def test_a_file_that_is_still_being_written_stays_and_is_taken_whole(
    settings: Settings, project: Project, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = lay(settings, exports)
    whole = (inbox / f"elever_{LAST_YEAR}-26.csv").read_bytes()
    for file in inbox.iterdir():
        file.unlink()
    growing = inbox / f"elever_{LAST_YEAR}-26.csv"
    growing.write_bytes(b"\n".join(whole.split(b"\n")[:101]) + b"\n")
    taken = person_file.pseudonymise

    def while_copied(*arguments: Any) -> person_file.Batch:
        made = taken(*arguments)
        growing.write_bytes(whole)
        return made

    with monkeypatch.context() as copying:
        copying.setattr(person_file, "pseudonymise", while_copied)
        run(settings, project)
    assert rows(settings, "restricted.pupil") == 100
    assert growing.read_bytes() == whole
    run(settings, project)
    assert rows(settings, "restricted.pupil") == 400
    assert list(inbox.iterdir()) == []


def test_a_file_that_no_entry_takes_is_told_of_without_its_name(
    settings: Settings, project: Project, exports: Path
) -> None:
    inbox = lay(settings, exports)
    (inbox / "Testdal søknad.xlsx").write_bytes(b"PK")
    (finding,) = run(settings, project).findings
    assert finding.kind == "inbox"
    assert "sokere_*.csv" in finding.reason
    assert "Testdal" not in finding.reason
    (inbox / "Testdal søknad.xlsx").unlink()
    assert run(settings, project).findings == ()


def test_inbox_and_key_can_lie_outside_of_the_home(
    tmp_path: Path, project: Project, exports: Path
) -> None:
    settings = Settings(
        home=tmp_path / "home",
        profile="live",
        inbox=tmp_path / "drop",
        person_key=tmp_path / "safe" / "key",
    )
    shutil.copytree(exports, tmp_path / "drop" / "vigo")
    run(settings, project)
    assert rows(settings, "restricted.pupil") == 400
    assert stat.S_IMODE((tmp_path / "safe" / "key").stat().st_mode) == 0o600
    assert not (settings.home / "keys").exists()
    assert not (settings.home / "inbox").exists()


def test_what_the_database_writes_beside_its_file_is_out_of_others_reach(
    settings: Settings, project: Project
) -> None:
    begun = night.begin(settings, TODAY, project)
    with warehouse.open_build(begun.file) as con:
        con.execute("create table restricted.x as select range as person from range(50000)")
        beside = [file for file in settings.rooms.build.iterdir() if file != begun.file]
        assert beside
        assert stat.S_IMODE(settings.rooms.build.stat().st_mode) == 0o700


def test_where_nobody_has_laid_a_file_the_tables_are_there_without_rows(
    settings: Settings, project: Project
) -> None:
    outcome = run(settings, project)
    assert not outcome.findings
    assert {v.kind for v in outcome.vintages} == {"awaited"}
    assert rows(settings, "restricted.applicant") == 0
    assert not settings.rooms.person_key.exists()
