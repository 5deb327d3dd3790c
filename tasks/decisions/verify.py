"""Whether what a decision stands on was changed since it was frozen: which file, and how.

The journal's chain holds the seal of `decision.json`; that holds the hash of every file of the
decision, and of every line of landing's manifests that it stands on; and those hold the hashes of
all bytes in landing. Whoever writes all of the journal anew with another seal in it is found out by
the seal that was printed in the council's paper.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks import dates
from tasks.blobs import Damaged, Pruned
from tasks.decisions import record
from tasks.decisions.record import RUN, SEALED, Decision
from tasks.errors import JournalCorrupt, TilbudsplanError
from tasks.landing import PROJECT, Landing, Part, Snapshot
from tasks.settings import Rooms
from tasks.table_folder import sha256

NO_FILE = "ingen fil"
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was.

    Attributes:
        file: Which, from the home.
        expected: What it should be: a SHA-256, or words.
        found: What it is.
    """

    file: str
    expected: str
    found: str

    def __str__(self) -> str:
        expected, found = (_told(text) for text in (self.expected, self.found))
        return f"{self.file}: ventet {expected}, fant {found}"


def faults(rooms: Rooms, decision: Decision, seal: str | None = None) -> list[Fault]:
    """All that is not as it was when the decision was frozen.

    Args:
        rooms: The installation.
        decision: As the journal has it.
        seal: The seal as it was printed then, or the first of it, where somebody has it at hand.

    Raises:
        JournalCorrupt: The journal's chain does not hold: then nothing it says can be believed.
    """
    found: list[Fault] = []
    if seal and not decision.seal.startswith(seal.lower()):
        found.append(Fault("journal/journal.jsonl", seal, decision.seal))
    return [*found, *_of_folder(rooms, decision), *_of_landing(rooms, decision)]


def sealed(rooms: Rooms, decision: Decision) -> dict[str, Any]:
    """What `decision.json` says.

    Raises:
        JournalCorrupt: It is not what the journal means.
    """
    file = record.folder_of(rooms, decision) / SEALED
    content = file.read_bytes() if file.is_file() else b""
    if sha256(content) != decision.seal:
        raise JournalCorrupt(
            subject=_named(rooms, file),
            expected=f"SHA-256 {decision.seal}, som journalen sier",
            got=f"SHA-256 {sha256(content)}" if content else NO_FILE,
            remedy="hent vedtakets mappe fra en sikkerhetskopi («tilbudsplan restore» til en egen "
            "mappe)",
        )
    found: dict[str, Any] = json.loads(content)
    return found


def of_run(rooms: Rooms, decision: Decision) -> list[Fault]:
    """What is not as it was in the run's own folder, where it is still there.

    The decision has a copy of its own, so nothing is lost by it.
    """
    folder = rooms.runs / decision.run
    files = sealed(rooms, decision)["files"]
    if not folder.is_dir():
        return []
    return [
        Fault(_named(rooms, folder / name), wanted, found)
        for path, wanted in files.items()
        if path.startswith(f"{RUN}/")
        and (found := _hash_of(folder / (name := path.removeprefix(f"{RUN}/")))) != wanted
    ]


def _of_folder(rooms: Rooms, decision: Decision) -> Iterator[Fault]:
    folder = record.folder_of(rooms, decision)
    seal = _hash_of(folder / SEALED)
    if seal != decision.seal:
        # Nothing that it says of the other files can be believed.
        yield Fault(_named(rooms, folder / SEALED), decision.seal, seal)
        return
    files: dict[str, str] = sealed(rooms, decision)["files"]
    for name, wanted in files.items():
        found = _hash_of(folder / name)
        if found != wanted:
            yield Fault(_named(rooms, folder / name), wanted, found)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in {SEALED, *files}:
            yield Fault(_named(rooms, path), NO_FILE, "en fil som ikke hører til vedtaket")


def _of_landing(rooms: Rooms, decision: Decision) -> Iterator[Fault]:
    landing = Landing(rooms.landing)
    frozen = _frozen_lines(rooms, decision)
    for dataset, snapshot in sorted({**decision.vintages, PROJECT: decision.project}.items()):
        name = f"landing/manifest/{dataset}.jsonl"
        try:
            steps = landing.steps(landing.get(dataset, snapshot))
            lines = record.landed_lines(rooms, {dataset: snapshot})[dataset]
        except TilbudsplanError as error:
            yield Fault(name, error.expected, error.got)
            continue
        for found, wanted in frozen.get(dataset, {}).items():
            if lines.get(found) != wanted:
                yield Fault(name, wanted, lines.get(found, "ingen linje med øyeblikksbildet"))
        for step in steps:
            yield from _of_step(rooms, landing, step)


def _frozen_lines(rooms: Rooms, decision: Decision) -> dict[str, dict[str, str]]:
    """What `decision.json` says of landing's lines; nothing where it cannot be believed."""
    try:
        found: dict[str, dict[str, str]] = sealed(rooms, decision)["landed"]
    except JournalCorrupt:
        return {}
    return found


def _of_step(rooms: Rooms, landing: Landing, step: Snapshot) -> Iterator[Fault]:
    for part in step.parts:
        if not landing.is_deleted(part):
            yield from _of_part(rooms, landing, part)


def _of_part(rooms: Rooms, landing: Landing, part: Part) -> Iterator[Fault]:
    name = f"landing/blobs/{part.sha256[:2]}/{part.sha256}.zst"
    try:
        landing.blobs().read(part.sha256, part.bytes)
    except Damaged as damaged:
        yield Fault(_named(rooms, damaged.path), f"SHA-256 {part.sha256}", damaged.got)
    except Pruned as gone:
        got = f"at den er tatt bort etter oppbevaringsreglene {dates.day(gone.on)}"
        yield Fault(name, f"SHA-256 {part.sha256}", got)


def _hash_of(path: Path) -> str:
    return sha256(path.read_bytes()) if path.is_file() else NO_FILE


def _named(rooms: Rooms, path: Path) -> str:
    return path.relative_to(rooms.home).as_posix()


def _told(text: str) -> str:
    return f"SHA-256 {text}" if _HASH.fullmatch(text) else text
