"""What lies in a home and who refers to it: all that a plan of retention is made of.

What cannot be read stops the plan. Nothing is taken away on the word of half a record.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tasks import persons
from tasks.catalogue import Catalogue
from tasks.cycle.state import DONE_ACT
from tasks.decisions.record import FROZEN
from tasks.errors import ConfigurationError
from tasks.indicators import RELEASE
from tasks.journal import Entry, Journal
from tasks.landing import PROJECT, Landing, Outline
from tasks.settings import Rooms


@dataclass(frozen=True)
class BuiltNight:
    """A night that was built, as the journal has it.

    Attributes:
        as_of: Its Oslo date.
        at: When it was built (UTC).
        project: The project's files that it ran under.
        vintages: By dataset, the snapshot that it stood on.
        held: By dataset, the newer snapshot that it held back and no person has judged.
        profile: What its tables looked like (`tasks/profiles.py`); early nights have none.
        trusted: Whether the clock of the machine could be believed.
    """

    as_of: date
    at: datetime
    project: str
    vintages: Mapping[str, str]
    held: Mapping[str, str]
    profile: str | None = None
    trusted: bool = True


@dataclass(frozen=True)
class StoredRun:
    """A stored plan and the snapshots that it refers to, by dataset."""

    id: str
    created_at: datetime
    vintages: Mapping[str, str]


@dataclass(frozen=True)
class FrozenDecision:
    """A decision of the county, as the journal has it, and the night that it stands on."""

    case: str
    project: str
    vintages: Mapping[str, str]


@dataclass(frozen=True)
class Evidence:
    """All that a plan is made of.

    Attributes:
        nights: In the order of the journal.
        landed: The manifest lines of every dataset, oldest first.
        runs: Every stored plan.
        released: The dates of the nights whose figures were released, or frozen for a year's cycle.
        whole: Datasets of which everything is kept, and why, in Norwegian.
        sizes: Bytes on disk of every blob that is there, by SHA-256.
        decisions: Every decision.
    """

    nights: tuple[BuiltNight, ...]
    landed: Mapping[str, tuple[Outline, ...]]
    runs: tuple[StoredRun, ...]
    released: frozenset[date]
    whole: Mapping[str, str]
    sizes: Mapping[str, int]
    decisions: tuple[FrozenDecision, ...] = ()


def gather(rooms: Rooms, catalogue: Catalogue) -> Evidence:
    """Read journal, manifests and runs.

    Args:
        rooms: The installation.
        catalogue: The declared datasets of today.

    Raises:
        JournalCorrupt: the journal cannot be read.
        LandingCorrupt: a manifest cannot be read.
        ConfigurationError: the manifest of a run cannot be read.
    """
    entries = Journal(rooms.journal).entries()
    landing = Landing(rooms.landing)
    return Evidence(
        nights=tuple(_night(e) for e in entries if e.kind == "night.built"),
        landed={name: tuple(landing.outlines(name)) for name in landing.datasets()},
        runs=tuple(_runs(rooms.runs)),
        released=frozenset(_released(entries)),
        whole=_kept_whole(landing.datasets(), catalogue),
        sizes=landing.blobs().sizes(),
        decisions=tuple(_decision(e) for e in entries if e.kind == FROZEN),
    )


def _decision(entry: Entry) -> FrozenDecision:
    said = entry.payload
    return FrozenDecision(said["case"], said["project"], dict(said["vintages"]))


def _night(entry: Entry) -> BuiltNight:
    said = entry.payload
    chosen: dict[str, dict[str, Any]] = said["vintages"]
    return BuiltNight(
        as_of=date.fromisoformat(said["as_of"]),
        at=entry.at,
        project=said["project"],
        vintages={name: v["snapshot"] for name, v in chosen.items() if v["snapshot"]},
        held={name: v["rejected"] for name, v in chosen.items() if v.get("rejected")},
        profile=said.get("profiles"),
        trusted=not said.get("clock_doubted"),
    )


def _released(entries: Iterable[Entry]) -> list[date]:
    """The dates of what was released, or frozen for a year's cycle."""
    found = []
    for entry in entries:
        if entry.kind == RELEASE:
            found.append(date.fromisoformat(entry.payload["figures_as_of"]))
        elif entry.kind == DONE_ACT and (day := entry.payload.get("facts", {}).get("as_of")):
            found.append(date.fromisoformat(day))
    return found


def _kept_whole(names: Iterable[str], catalogue: Catalogue) -> dict[str, str]:
    """Datasets of which everything is kept, and why."""
    found = {}
    for name in names:
        dataset = catalogue.datasets.get(name)
        if name == PROJECT:
            continue
        if dataset is None:
            found[name] = "står ikke i katalogen, så ingen regel gjelder det"
        elif dataset.protocol == persons.PROTOCOL:
            found[name] = "personfil med egen slettedato («tilbudsplan purge»)"
        elif dataset.keep_vintages:
            found[name] = "beholder alle årganger (keep_vintages)"
    return found


def _runs(folder: Path) -> list[StoredRun]:
    found, wrong = [], []
    for path in sorted(folder.glob("[!.]*/")):
        try:
            found.append(_run(path))
        except (OSError, ValueError, KeyError, TypeError) as error:
            wrong.append(f"{path.name} ({type(error).__name__})")
    if wrong:
        raise ConfigurationError(
            subject=str(folder),
            expected="at manifest.json i hver plankjøring kan leses, så ingenting den står på går "
            "tapt",
            got=f"noe annet i {', '.join(wrong)}",
            remedy="hent mappen tilbake fra sikkerhetskopien, eller flytt den ut av «runs»",
        )
    return found


def _run(folder: Path) -> StoredRun:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    return StoredRun(
        id=folder.name,
        created_at=datetime.fromisoformat(manifest["created_at"]),
        vintages={v["dataset"]: v["snapshot"] for v in manifest["vintages"] if v["snapshot"]},
    )
