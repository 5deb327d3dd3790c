"""Freezing a decision: all that is needed to make its figures again, in one sealed folder.

    decisions/<id>/decision.json   what was decided, the night's record, and a hash of every file
                   run/            manifest, tables and files of rules, as the run wrote them
                   inputs/         every frame that the run read, Parquet
                   report/         report and workbook, where they were written
                   attachments/    what was laid beside it, the council's paper for example

Frames that are counted of rows about persons must be kept, since those rows are deleted on their
date. The others are kept too (under two megabytes in all): they say which figures of the inputs
are no longer what they were, when landing gives something else.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks import clock, disk, jsonlines, locks, rebuild, run_inputs, runs, warehouse
from tasks.decisions import canonical, persons_in, record
from tasks.decisions.record import FROZEN, SEALED, Decision, sha256
from tasks.errors import ConfigurationError, LandingCorrupt, NotFound, WrongUse
from tasks.journal import Journal
from tasks.landing import Landing
from tasks.settings import Rooms, Settings, oslo_date

if TYPE_CHECKING:
    import duckdb
    import polars as pl

SCHEMA_VERSION = 1
RUN, INPUTS, REPORT, ATTACHMENTS = "run", "inputs", "report", "attachments"
_CASE = re.compile(r"\w[\w./ -]{0,58}\w")


@dataclass(frozen=True)
class Asked:
    """What whoever freezes a decision says of it.

    Attributes:
        run: The run that was decided on.
        case: The case number, for example `2026/12345`.
        by: Who decided: a body or a role.
        decided_on: When.
        note: What else there is to say.
        attachments: Files to keep with it.
    """

    run: str
    case: str
    by: str
    decided_on: date
    note: str = ""
    attachments: tuple[Path, ...] = ()


def freeze(settings: Settings, asked: Asked, now: Callable[[], datetime] = clock.now) -> Decision:
    """Freeze a decision, journal first. The caller holds the night lock.

    Args:
        settings: The installation.
        asked: What is frozen, and what is said of it.
        now: The clock.

    Raises:
        WrongUse: What is said of it cannot be used, or it is frozen already.
        NotFound: There is no such run, the night it stands on is not known, or a file is missing.
        LandingCorrupt: A file of the run is not what it was.
        ConfigurationError: The run's inputs cannot be had as they were.
        DiskFull: There is no room for it.
    """
    rooms = settings.rooms
    _check(asked, now())
    run = runs.read(rooms, asked.run)
    _check_run(rooms, run)
    identity = re.sub(r"[^\w]+", "-", asked.case).strip("-")
    decision_id = f"{identity}-{run.id.rsplit('-', 1)[1]}"
    _refuse_again(rooms, decision_id, asked)
    night = _night(rooms, run)
    with disk.told(rooms):
        files = _files(settings, asked, run, night)
        sealed = {"schema_version": SCHEMA_VERSION, "decision": decision_id, **files.told}
        text = json.dumps(sealed, ensure_ascii=False, indent=2, sort_keys=True).encode()
        folder = rooms.decisions / f".{decision_id}"
        shutil.rmtree(folder, ignore_errors=True)
        _write(folder, files.contents | {SEALED: text})
        decision = Decision(
            id=decision_id,
            case=asked.case,
            by=asked.by,
            decided_on=asked.decided_on,
            note=asked.note,
            run=run.id,
            school_year=run.manifest["school_year"],
            night=night["night"],
            as_of=date.fromisoformat(night["as_of"]),
            project=night["project"],
            vintages=vintages_of(night),
            seal=sha256(text),
            frozen_at=now().astimezone(UTC),
        )
        entry = Journal(rooms.journal).append(FROZEN, decision.payload())
    record.folder_of(rooms, decision)
    return record.of_entry(entry)


@dataclass(frozen=True)
class _Files:
    """What the folder holds: bytes by name, and what `decision.json` says of them."""

    contents: dict[str, bytes]
    told: dict[str, Any]


def _files(settings: Settings, asked: Asked, run: runs.Run, night: Mapping[str, Any]) -> _Files:
    frames, of_persons = _frames(settings, run, night)
    contents = _copied(settings.rooms, run, asked)
    contents |= {
        f"{INPUTS}/{name}.parquet": runs.parquet_bytes(frame) for name, frame in frames.items()
    }
    told = {
        "case": asked.case,
        "by": asked.by,
        "decided_on": asked.decided_on.isoformat(),
        "note": asked.note,
        "run": run.id,
        "night": night,
        "of_persons": sorted(of_persons),
        "canonical": canonical.hashes(run.tables),
        "files": {name: sha256(content) for name, content in sorted(contents.items())},
    }
    return _Files(contents, told)


def frames_of_night(
    settings: Settings, night: Mapping[str, Any], on: date
) -> tuple[dict[str, pl.DataFrame], set[str]]:
    """The frames of a past night, built again from landing, and those counted of persons.

    Args:
        settings: The installation.
        night: What the journal says of the night (`night.built`).
        on: Regions are those valid on this date.

    Raises:
        NotFound: What the night stood on is no longer kept, or a table is missing from it.
        ConfigurationError: This version of the program cannot read what the night read.
    """
    rooms = settings.rooms
    rooms.asof.mkdir(parents=True, exist_ok=True)
    with (
        locks.shared(rooms.rebuild_lock),  # else a night sweeps the folder away
        tempfile.TemporaryDirectory(prefix=".rebuild-", dir=rooms.asof) as folder,
    ):
        file = Path(folder) / "night.duckdb"
        rebuild.rebuild_night(settings, night, file)
        with warehouse.connect_read_only(file) as con:
            return _read(con, rooms, night, on)


def vintages_of(night: Mapping[str, Any]) -> dict[str, str]:
    """By dataset, the snapshot that a night stood on; those that had none are left out."""
    return {name: one["snapshot"] for name, one in night["vintages"].items() if one["snapshot"]}


def _read(
    con: duckdb.DuckDBPyConnection, rooms: Rooms, night: Mapping[str, Any], on: date
) -> tuple[dict[str, pl.DataFrame], set[str]]:
    frames = run_inputs.frames_of(con, on)
    del frames["vintages"]  # of this machine's clock; the manifest has them in full
    stood = vintages_of(night)
    return frames, persons_in.frames(con, Landing(rooms.landing), stood, frames)


def _frames(
    settings: Settings, run: runs.Run, night: Mapping[str, Any]
) -> tuple[dict[str, pl.DataFrame], set[str]]:
    """The frames that a run read, as they were: of what is published, or else built again."""
    on = date(runs.start_year(run.manifest["school_year"]), 10, 1)
    with warehouse.connect_internal(settings.rooms) as con:
        if run_inputs.night_of(con) == run.manifest["night"]:
            frames, of_persons = _read(con, settings.rooms, night, on)
        else:
            frames, of_persons = {}, set()
    if not frames:
        frames, of_persons = frames_of_night(settings, night, on)
    wanted = run.manifest["inputs"]
    wrong = sorted(
        name
        for name, digest in wanted.items()
        if name not in frames or sha256(runs.parquet_bytes(frames[name])) != digest
    )
    if wrong:
        raise ConfigurationError(
            subject=f"plankjøring {run.id}",
            expected="at tallgrunnlaget kan hentes fram slik kjøringen leste det",
            got=f"noe annet i {', '.join(wrong)}",
            remedy="kjør planen på nytt med «tilbudsplan plan run», se hva som ble annerledes med "
            "«tilbudsplan diff», og frys den nye kjøringen",
        )
    return {name: frames[name] for name in wanted}, of_persons & set(wanted)


def _check(asked: Asked, now: datetime) -> None:
    if not _CASE.fullmatch(asked.case):
        raise WrongUse(
            subject="--case",
            expected="et saksnummer på 2 til 60 tegn, for eksempel 2026/12345",
            got=repr(asked.case),
            remedy="skriv saksnummeret slik det står i arkivet",
        )
    if not asked.by.strip():
        raise WrongUse(
            subject="--by",
            expected="hvem som vedtok",
            got="ingenting",
            remedy="skriv organ eller rolle, for eksempel --by fylkestinget",
        )
    if asked.decided_on > oslo_date(now):
        raise WrongUse(
            subject="--decided",
            expected="i dag eller en dag som har vært",
            got=asked.decided_on.isoformat(),
            remedy="skriv datoen for vedtaket",
        )


def _check_run(rooms: Rooms, run: runs.Run) -> None:
    """Refuse a run that is not what was written, or that wrote too little of what made it.

    Raises:
        LandingCorrupt: Naming the file.
        WrongUse: The run is of a version that did not write all that is needed.
    """
    if not all(run.manifest.get(name) for name in ("night", "made_with", "rule_files")):
        raise WrongUse(
            subject=f"plankjøring {run.id}",
            expected="en kjøring som sier hvilken natt, hvilket program og hvilke regler den er "
            "laget med",
            got="en som er laget før dette ble skrevet ned",
            remedy="kjør planen på nytt med «tilbudsplan plan run», og frys den",
        )
    end = run.id.rsplit("-", 1)[1]
    if (found := runs.identity_of(run.manifest)) != end:
        raise _changed(run, "manifest.json", end, found)
    for name, wanted in run.manifest["rule_files"].items():
        file = rooms.runs / run.id / name
        found = sha256(file.read_bytes()) if file.is_file() else "ingen fil"
        if found != wanted:
            raise _changed(run, name, wanted, found)


def _changed(run: runs.Run, file: str, wanted: str, found: str) -> LandingCorrupt:
    return LandingCorrupt(
        subject=f"plankjøring {run.id}, {file}",
        expected=f"innhold med SHA-256 {wanted}",
        got=found,
        remedy="hent kjøringen fra sikkerhetskopien, eller kjør planen på nytt; det som er endret "
        "etter at kjøringen ble laget, kan ikke vedtas",
    )


def _refuse_again(rooms: Rooms, decision_id: str, asked: Asked) -> None:
    if any(one.id == decision_id for one in record.listed(rooms)):
        raise WrongUse(
            subject=f"sak {asked.case}",
            expected="et vedtak som ikke er frosset",
            got=f"et som er det: {decision_id}",
            remedy=f"se det med «tilbudsplan decisions {decision_id}»; et frosset vedtak endres "
            "ikke. Et nytt vedtak i samme sak fryses med en ny kjøring",
        )


def _night(rooms: Rooms, run: runs.Run) -> dict[str, Any]:
    """What the journal says of the night that a run read."""
    wanted = run.manifest["night"]["night"]
    for entry in Journal(rooms.journal).entries("night.built"):
        if entry.payload["night"] == wanted:
            return dict(entry.payload)
    raise NotFound(
        subject=f"natten {wanted}",
        expected="natten som kjøringen leste, i journalen",
        got="ingen linje om den",
        remedy="frys vedtaket i det hjemmet der planen ble kjørt, eller kjør planen på nytt her",
    )


def _copied(rooms: Rooms, run: runs.Run, asked: Asked) -> dict[str, bytes]:
    """The files that are kept as they are, by their path in the folder."""
    kept = ["manifest.json", *run.manifest["rule_files"]]
    kept += [f"{name}.parquet" for name in run.manifest["outputs"]]
    files = {f"{RUN}/{name}": (rooms.runs / run.id / name).read_bytes() for name in kept}
    report = rooms.reports / run.id
    for path in sorted(report.iterdir()) if report.is_dir() else []:
        if path.is_file() and not path.name.endswith(".part"):
            files[f"{REPORT}/{path.name}"] = path.read_bytes()
    for path in asked.attachments:
        name = f"{ATTACHMENTS}/{path.name}"
        if not path.is_file() or name in files:
            raise WrongUse(
                subject=f"--attach {path}",
                expected="en fil, med et navn som ingen annen har",
                got="et navn som er brukt" if name in files else "ingen fil",
                remedy="rett stien eller gi filen et annet navn",
            )
        files[name] = path.read_bytes()
    return files


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files for the owner alone: counts of a few persons are among them."""
    folder.mkdir(parents=True, mode=0o700)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    for room in sorted({(folder / name).parent for name in files} | {folder.parent}):
        jsonlines.sync_folder(room)
