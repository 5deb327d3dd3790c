"""What a kill or a bad disk left behind: looked for when a night begins, told, and mended.

The journal knows what was to be published (`night.publishing`, with the hash of each file) before
anything is renamed. So a file that is damaged can be told from one that a kill kept from its place.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from tasks import warehouse
from tasks.alerts import OPERATIONS, Finding, findings
from tasks.backup.restoring import RESTORED
from tasks.errors import WarehouseDamaged
from tasks.journal import Entry, Journal
from tasks.jsonlines import sync_folder
from tasks.settings import Rooms

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Damage:
    """A published file that is not what was published; expected and got are Norwegian."""

    file: Path
    expected: str
    got: str

    @property
    def error(self) -> WarehouseDamaged:
        """The same as a refusal with its remedy."""
        return WarehouseDamaged(
            subject=str(self.file),
            expected=self.expected,
            got=self.got,
            remedy=warehouse.rebuilt_by(self.file),
        )


def announce(journal: Journal, night: str, as_of: date, tables: int, files: list[Path]) -> None:
    """Journal what is about to be published: internal file and public file of a night."""
    names = ("internal", "public")
    marks = {name: _mark(file) for name, file in zip(names, files, strict=True)}
    journal.append(
        "night.publishing",
        {"night": night, "as_of": as_of.isoformat(), "tables": tables, "files": marks},
    )


def finish_publishing(rooms: Rooms, journal: Journal) -> None:
    """Do the renames that a night was killed before or between, where its files are whole.

    Else one file could be of that night and the other of the night before.
    """
    entries = journal.entries()
    announced = _last(entries, "night.publishing")
    if announced is None or _is_published(entries, announced):
        return
    night = announced.payload["night"]
    for name, target, build in _places(rooms, night):
        if build.is_file() and _mark(build) == announced.payload["files"][name]:
            build.replace(target)
    sync_folder(rooms.warehouse.parent)
    if not _differences(rooms, [announced]):
        tables = announced.payload["tables"]
        journal.append("night.published", {"night": night, "tables": tables})


def damaged(rooms: Rooms, journal: Journal) -> list[Damage]:
    """The published files that are not as they were published.

    A night that was killed while it published leaves each file as it or the night before made it:
    that is no damage. Neither is a home without any, which is one that was restored. Files of a
    version that did not journal hashes are not judged.
    """
    if not (rooms.warehouse.exists() or warehouse.internal(rooms).exists()):
        return []
    entries = journal.entries()
    # A home that was made of a backup has no published files until it is built.
    restored = [n for n, entry in enumerate(entries, start=1) if entry.kind == RESTORED]
    entries = entries[restored[-1] :] if restored else entries
    announced = [entry for entry in entries if entry.kind == "night.publishing"]
    published = [n for n, entry in enumerate(announced) if _is_published(entries, entry)]
    return _differences(rooms, announced[published[-1] :]) if published else []


def look(rooms: Rooms, journal: Journal, night: str, as_of: date) -> list[Damage]:
    """Finish what was begun, and write down what is damaged, as a night begins."""
    finish_publishing(rooms, journal)
    found = damaged(rooms, journal)
    for damage in found:
        reason = (
            f"{damage.file.name} var ødelagt: ventet {damage.expected}, fant {damage.got}. Den er "
            "bygget på nytt av det som er hentet og ført, og ingenting er tapt. Se etter feil på "
            "disken"
        )
        notice(
            journal,
            night,
            Finding("warehouse", "damage", OPERATIONS, reason, as_of, about=damage.file.name),
        )
    return found


def notice(journal: Journal, night: str, finding: Finding) -> None:
    """Journal something that was seen once, so that a night that is run again tells it too."""
    journal.append("night.noticed", {"night": night, "finding": findings.plain(finding)})


def noticed(journal: Journal, as_of: date) -> list[Finding]:
    """What was noticed on a date, or by nights before it that never came to tell, each once."""
    found: dict[findings.Key, Finding] = {}
    for entry in journal.entries():
        if entry.kind == "night.published":
            found = {key: finding for key, finding in found.items() if finding.since == as_of}
        elif entry.kind == "night.noticed":
            finding = findings.read(entry.payload["finding"])
            found[finding.key] = finding
    return [replace(finding, since=as_of) for finding in found.values()]


def _places(rooms: Rooms, night: str) -> list[tuple[str, Path, Path]]:
    """What each published file is called, where it stands, and where the night built it."""
    build = rooms.build / f"{night}.duckdb"
    return [
        ("internal", warehouse.internal(rooms), build),
        ("public", rooms.warehouse, warehouse.public_copy(build)),
    ]


def _differences(rooms: Rooms, announced: list[Entry]) -> list[Damage]:
    found = []
    for name, file, _ in _places(rooms, announced[-1].payload["night"]):
        accepted = [entry.payload["files"][name] for entry in announced]
        there = _mark(file) if file.is_file() else None
        if there not in accepted:
            wanted = accepted[-1]
            found.append(Damage(file, _shown(wanted), _shown(there) if there else "ingen fil"))
    return found


def _shown(mark: dict[str, Any]) -> str:
    return f"{mark['bytes']} byte med SHA-256 {mark['sha256'][:12]}…"


def _mark(file: Path) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return {"sha256": digest.hexdigest(), "bytes": size}


def _last(entries: list[Entry], kind: str) -> Entry | None:
    return next((entry for entry in reversed(entries) if entry.kind == kind), None)


def _is_published(entries: list[Entry], announced: Entry) -> bool:
    return any(
        entry.kind == "night.published" and entry.payload["night"] == announced.payload["night"]
        for entry in entries
    )
