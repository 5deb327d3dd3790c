"""Files about persons on their way in and out: the folder, the key, and deletion on the date.

The key lies apart from landing (`keys/person.key`) and is to be backed up apart: who has both can
tell whether a person is in a file, and who loses it can no longer link one year to the next.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tasks import jsonlines, parsed
from tasks.alerts import Finding
from tasks.catalogue import INBOX, Catalogue, Dataset
from tasks.errors import ConfigurationError, SourceChanged
from tasks.journal import Journal
from tasks.landing import Landing, Part, Snapshot
from tasks.settings import Rooms
from tasks.sources import person_file
from tasks.sources.person_identity import fingerprint

PROTOCOL = "person_file"
KEY_BYTES = 32
_OTHERS = 0o077


@dataclass(frozen=True)
class Batch:
    """The persons of one file, as landed.

    Attributes:
        dataset: The dataset's id.
        file: The file's name.
        rows: Number of records.
        taken_on: Oslo date of the night that took it.
        delete_after: The last day that the persons may be kept.
        key: Fingerprint of the key that the numbers are hashed with.
        sha256: The landed part.
    """

    dataset: str
    file: str
    rows: int
    taken_on: date
    delete_after: date
    key: str
    sha256: str


def inbox(rooms: Rooms, dataset: Dataset) -> Path:
    """The folder that a publisher's files are laid in."""
    return rooms.inbox / dataset.publisher.base_url.removeprefix(INBOX)


def take(rooms: Rooms, journal: Journal, dataset: Dataset, as_of: date) -> Snapshot | None:
    """Take every file of a dataset out of its folder: pseudonymise, land, and delete the file.

    A file that is refused stays, and those before it are taken. One that is still being written
    stays too, and what came after the first reading is taken as a correction the next night.

    Returns:
        What the dataset holds now; None where no file was ever there.

    Raises:
        SourceChanged: a file has another layout; all that are refused are named.
        ConfigurationError: the key is gone, or others can read it.
    """
    landing = Landing(rooms.landing)
    last = landing.latest(dataset.id)
    folder = inbox(rooms, dataset)
    for room in (folder, rooms.landing, rooms.parsed):
        _make_private(room)
    files = [f for f in sorted(folder.iterdir()) if _is_taken(f, dataset)]
    if not files:
        return last and landing.extend(dataset.id, as_of, last, ())
    secret = key(rooms, journal)
    refused: list[SourceChanged] = []
    for file in files:
        state = _state(file)
        content = file.read_bytes()
        try:
            batch = person_file.pseudonymise(file.name, content, dataset.selection, secret)
        except SourceChanged as error:
            refused.append(error)
            continue
        answers = person_file.answers(file.name, batch, dataset.selection, secret, as_of)
        last = landing.extend(dataset.id, as_of, last, answers, private=True)
        # Landed and synced: from here on only the pseudonyms exist.
        if _state(file) == state:
            file.unlink()
            jsonlines.sync_folder(folder)
    if refused:
        raise _together(folder, refused)
    return last


def key(rooms: Rooms, journal: Journal) -> bytes:
    """The key, made the first time.

    Raises:
        ConfigurationError: a key was made before and is gone, or others than the owner can read it.
    """
    path = rooms.person_key
    if not path.exists():
        if journal.entries("persons.key_made"):
            raise ConfigurationError(
                subject=str(path),
                expected="nøkkelen som personfilene er gjort ukjennelige med",
                got="ingen fil",
                remedy="legg den tilbake fra sikkerhetskopien. Er den tapt, lag en ny med "
                f"«openssl rand -hex {KEY_BYTES}»; da kan årene ikke lenger kobles",
            )
        _make_private(path.parent)
        if _write_private(path, secrets.token_hex(KEY_BYTES)):
            journal.append("persons.key_made", {"key": fingerprint(_read_key(path))})
    if path.stat().st_mode & _OTHERS:
        raise ConfigurationError(
            subject=str(path),
            expected="en nøkkel som bare eieren kan lese",
            got=f"rettighetene {path.stat().st_mode & 0o777:o}",
            remedy=f"kjør «chmod 600 {path}»",
        )
    return _read_key(path)


def batches(landing: Landing, catalogue: Catalogue) -> list[Batch]:
    """Every batch of persons that is not deleted."""
    found: dict[tuple[str, str], Batch] = {}
    for dataset in catalogue:
        if dataset.protocol != PROTOCOL:
            continue
        for line in landing.snapshots(dataset.id):
            for part in line.parts:
                if part.role.startswith(person_file.PERSONS) and not landing.is_deleted(part):
                    found.setdefault((dataset.id, part.sha256), _batch(dataset, line, part))
    return list(found.values())


def due(landing: Landing, catalogue: Catalogue, today: date) -> list[Batch]:
    """The batches whose last day is past."""
    return [batch for batch in batches(landing, catalogue) if batch.delete_after < today]


def delete(rooms: Rooms, journal: Journal, chosen: list[Batch], today: date) -> None:
    """Delete the persons of batches from landing and from everything made of it on disk.

    The warehouse still has them until the next build; `tasks.night.build` makes it anew, and
    `finish` is called after that. Journal first: what a crash stopped is `unfinished`, and is done
    when deletion is asked for again.
    """
    landing = Landing(rooms.landing)
    begun = unfinished(journal)
    for sha256 in begun:
        landing.delete(sha256, today)
    for batch in chosen:
        told = {
            "dataset": batch.dataset,
            "file": batch.file,
            "rows": batch.rows,
            "taken_on": batch.taken_on.isoformat(),
            "delete_after": batch.delete_after.isoformat(),
            "part": batch.sha256,
        }
        journal.append("persons.deleted", told)
        landing.delete(batch.sha256, today)
    datasets = {*begun.values(), *(batch.dataset for batch in chosen)}
    # What is parsed, and rebuilt nights with every schema in them, can be made again.
    for dataset in datasets:
        parsed.discard_dataset(rooms, dataset)
    if rooms.asof.exists():
        shutil.rmtree(rooms.asof)


def finish(journal: Journal) -> None:
    """Write down that nothing on disk holds the persons any more that deletion was begun of."""
    if begun := unfinished(journal):
        journal.append("persons.gone", {"parts": list(begun)})


def unfinished(journal: Journal) -> dict[str, str]:
    """Parts that deletion was begun of and not ended (a crash, a failed build), by dataset."""
    begun: dict[str, str] = {}
    for entry in journal.entries():
        if entry.kind == "persons.deleted":
            begun[entry.payload["part"]] = entry.payload["dataset"]
        elif entry.kind == "persons.gone":
            for part in entry.payload["parts"]:
                begun.pop(part, None)
    return begun


def deleted_of(landing: Landing, snapshots: Mapping[str, str | None]) -> dict[str, date]:
    """The files whose persons a night stood on and are deleted since, each with the day of it."""
    return {
        part.role.removeprefix(person_file.PERSONS): on
        for dataset, snapshot in snapshots.items()
        if snapshot
        for part, on in landing.deleted(landing.get(dataset, snapshot))
    }


def strays(rooms: Rooms, catalogue: Catalogue, as_of: date) -> list[Finding]:
    """Files in the folders that no entry takes, by publisher; their names may be somebody's."""
    datasets = [dataset for dataset in catalogue if dataset.protocol == PROTOCOL]
    found = []
    for publisher in {dataset.publisher.id: dataset for dataset in datasets}.values():
        own = [d for d in datasets if d.publisher.id == publisher.publisher.id]
        folder = inbox(rooms, publisher)
        files = [f for f in folder.iterdir() if f.name[0] != "."] if folder.is_dir() else []
        if left := sum(not any(_is_taken(file, dataset) for dataset in own) for file in files):
            names = ", ".join(dataset.selection.file for dataset in own)
            reason = (
                f"{left} i {folder} har et navn som ingen oppføring tar og blir liggende med "
                f"personopplysninger; gi den et navn på formen {names}, eller slett den"
            )
            found.append(Finding(own[0].publisher.id, "inbox", own[0].owner, reason, as_of))
    return found


def _batch(dataset: Dataset, line: Snapshot, part: Part) -> Batch:
    return Batch(
        dataset=dataset.id,
        file=part.role.removeprefix(person_file.PERSONS),
        rows=int(part.headers["rows"]),
        taken_on=line.as_of,
        delete_after=date.fromisoformat(part.headers["delete-after"]),
        key=part.headers["key"],
        sha256=part.sha256,
    )


def _state(file: Path) -> tuple[int, int]:
    """What changes when somebody writes to a file."""
    found = file.stat()
    return found.st_size, found.st_mtime_ns


def _is_taken(file: Path, dataset: Dataset) -> bool:
    return file.is_file() and person_file.takes(file.name, dataset.selection)


def _together(folder: Path, refused: list[SourceChanged]) -> SourceChanged:
    """One refusal for all files; they stay where they are."""
    first = refused[0]
    if len(refused) == 1:
        return first
    return SourceChanged(
        subject=str(folder),
        expected=first.expected,
        got="; ".join(f"{error.subject}: {error.got}" for error in refused),
        remedy=first.remedy,
    )


def _read_key(path: Path) -> bytes:
    text = path.read_text(encoding="ascii", errors="replace").strip()
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) < KEY_BYTES:
        raise ConfigurationError(
            subject=str(path),
            expected=f"minst {KEY_BYTES} byte, skrevet med {2 * KEY_BYTES} heksadesimale tegn",
            got="noe annet",
            remedy="legg nøkkelen tilbake fra sikkerhetskopien",
        )
    return secret


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise ConfigurationError(
            subject=str(folder),
            expected="en mappe som bare denne brukeren kan lese",
            got=str(error.strerror),
            remedy="la brukeren som kjører natten eie mappen, eller pek TILBUDSPLAN_INBOX eller "
            "TILBUDSPLAN_PERSON_KEY til en annen",
        ) from error


def _write_private(path: Path, text: str) -> bool:
    """Write a file that is there whole or not at all; False where another was first."""
    temporary = path.with_suffix(f".{secrets.token_hex(4)}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # Datasets are taken side by side, and all of them must be hashed with one key.
        path.hardlink_to(temporary)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    jsonlines.sync_folder(path.parent)
    return True
