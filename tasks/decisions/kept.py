"""The files that a decision keeps as they are: of the run, its report, its plan, and papers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from tasks import jsonlines, runs, table_folder
from tasks.decisions.record import ATTACHMENTS, INPUTS, REPORT, RUN
from tasks.errors import LandingCorrupt, NotFound, WrongUse
from tasks.place_rules import declared_of
from tasks.settings import Rooms
from tasks.table_folder import sha256


def check_run(rooms: Rooms, run: runs.Run) -> None:
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
    if (found := table_folder.identity_of(run.manifest)) != end:
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


def copied(
    rooms: Rooms, run: runs.Run, plan: Path | None, attachments: Iterable[Path]
) -> dict[str, bytes]:
    """Files of the run, of the reports, and attachments, by their path in the decision's folder.

    Args:
        rooms: Folders of the installation.
        run: The run that is frozen; its report is kept.
        plan: The plan's folder, if there is a plan; its document is kept too.
        attachments: Papers of the case.

    Raises:
        WrongUse: An attachment is not there, or has the name of another.
    """
    kept = ["manifest.json", *run.manifest["rule_files"]]
    kept += [f"{name}.parquet" for name in run.manifest["outputs"]]
    files = {f"{RUN}/{name}": (rooms.runs / run.id / name).read_bytes() for name in kept}
    for report in (rooms.reports / name for name in (run.id, *([plan.name] if plan else []))):
        for path in sorted(report.iterdir()) if report.is_dir() else []:
            if path.is_file() and not path.name.endswith(".part"):
                files[f"{REPORT}/{path.name}"] = path.read_bytes()
    for path in attachments:
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


def of_plan(folder: Path, run: runs.Run, frames: Mapping[str, pl.DataFrame]) -> dict[str, bytes]:
    """The files of a plan, held against the hashes of its manifest.

    Args:
        folder: Its folder.
        run: The run that is frozen.
        frames: The frames that the run read.

    Raises:
        NotFound: There is no plan there.
        WrongUse: It was made of another run, or of other figures than the run.
        LandingCorrupt: A file is not what the plan wrote.
        ConfigurationError: It does not say all that it was made under.
    """
    file = folder / "manifest.json"
    if not file.is_file():
        raise NotFound(
            subject=f"--plan {folder.name}",
            expected="navnet på en plan, eller mappen til en",
            got="ingen slik plan",
            remedy="lag en med «tilbudsplan plan places KJØRING»",
        )
    files = {file.name: file.read_bytes()}
    manifest = json.loads(files[file.name])
    declared_of(manifest)
    if manifest.get("run") != run.id:
        raise WrongUse(
            subject=f"--plan {folder.name}",
            expected=f"en plan som er laget av kjøringen {run.id}",
            got=f"en av {manifest.get('run', 'ingen kjøring')}",
            remedy="frys kjøringen som planen er laget av",
        )
    wanted = {f"{name}.parquet": digest for name, digest in manifest["outputs"].items()}
    other = []
    for name, digest in manifest.get("inputs", {}).items():
        if name not in frames:
            wanted[f"{INPUTS}/{name}.parquet"] = digest
        elif sha256(table_folder.parquet_bytes(frames[name])) != digest:
            other.append(name)
    if other:
        raise WrongUse(
            subject=f"--plan {folder.name}",
            expected="en plan på de samme tallene som kjøringen",
            got=f"en som leste andre tall i {', '.join(sorted(other))}",
            remedy="kjør «tilbudsplan plan run» og «tilbudsplan plan places» på samme natt",
        )
    return files | {name: _read_whole(folder / name, digest) for name, digest in wanted.items()}


def _read_whole(table: Path, wanted: str) -> bytes:
    content = table.read_bytes() if table.is_file() else b""
    if (found := sha256(content)) != wanted:
        raise LandingCorrupt(
            subject=f"plan, {table.name}",
            expected=f"innhold med SHA-256 {wanted}",
            got=f"SHA-256 {found}" if content else "ingen fil",
            remedy="lag planen på nytt; det som er endret etterpå, kan ikke vedtas",
        )
    return content


def write(folder: Path, files: Mapping[str, bytes]) -> None:
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
