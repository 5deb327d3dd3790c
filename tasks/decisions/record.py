"""What the journal says of a decision, and where it lies.

A decision is an entry `decision.frozen` of the journal. Its folder `decisions/<id>/` is sealed by
the SHA-256 of its `decision.json`, which has the SHA-256 of every other file in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from tasks import jsonlines
from tasks.errors import NotFound, WrongUse
from tasks.journal import Entry, Journal
from tasks.landing import Landing
from tasks.settings import Rooms
from tasks.table_folder import sha256

FROZEN = "decision.frozen"
SEALED = "decision.json"
# Its folder has these in it, and in them what `freeze` says.
RUN, PLAN, INPUTS, REPORT, ATTACHMENTS = "run", "plan", "inputs", "report", "attachments"
ADOPTED = "adopted"


@dataclass(frozen=True)
class Decision:
    """A frozen decision.

    Attributes:
        id: Name of its folder.
        case: The case number.
        by: Who decided, as stated by whoever froze it.
        decided_on: When it was decided, as stated.
        note: What was said of it.
        run: The run that was decided on.
        school_year: The school year it is about.
        night: Id of the night that the run stands on.
        as_of: Oslo date of that night.
        project: The snapshot of the project's files that the night ran under.
        vintages: By dataset, the snapshot that the night stood on.
        seal: SHA-256 of `decision.json`.
        frozen_at: When it was frozen (UTC).
    """

    id: str
    case: str
    by: str
    decided_on: date
    note: str
    run: str
    school_year: str
    night: str
    as_of: date
    project: str
    vintages: Mapping[str, str]
    seal: str
    frozen_at: datetime

    def payload(self) -> dict[str, Any]:
        """What the journal keeps; when it was frozen is the entry's own time."""
        said = {name: getattr(self, name) for name in self.__dataclass_fields__}
        del said["frozen_at"]
        dates = {name: said[name].isoformat() for name in ("decided_on", "as_of")}
        return {**said, **dates, "vintages": dict(self.vintages)}


def of_entry(entry: Entry) -> Decision:
    """The decision of an entry `decision.frozen`."""
    said = dict(entry.payload)
    for name in ("decided_on", "as_of"):
        said[name] = date.fromisoformat(said[name])
    known = {name: said[name] for name in Decision.__dataclass_fields__ if name in said}
    return Decision(**known, frozen_at=entry.at)


def of_case(entries: Iterable[Entry], case: str, run: str) -> Decision | None:
    """The newest decision that was frozen of a case and a run; None where there is none."""
    found = [
        entry
        for entry in entries
        if entry.kind == FROZEN and (entry.payload["case"], entry.payload["run"]) == (case, run)
    ]
    return of_entry(found[-1]) if found else None


def listed(rooms: Rooms) -> list[Decision]:
    """Every decision, in the order that they were frozen.

    Raises:
        JournalCorrupt: The journal cannot be read, or its chain does not hold.
    """
    return [of_entry(entry) for entry in Journal(rooms.journal).entries(FROZEN)]


def find(rooms: Rooms, name: str) -> Decision:
    """A decision by its name, or by its case number where that has one decision.

    Raises:
        NotFound: There is none.
        WrongUse: The case number has several.
        JournalCorrupt: The journal cannot be read, or its chain does not hold.
    """
    every = listed(rooms)
    found = [one for one in every if name in {one.id, one.case}]
    if not found:
        newest = ", ".join(one.id for one in every[-5:])
        raise NotFound(
            subject="vedtak",
            expected="navnet på et frosset vedtak, eller saksnummeret",
            got=repr(name),
            remedy=f"velg et av {newest}; «tilbudsplan decisions» viser alle"
            if newest
            else "frys et med «tilbudsplan decide KJØRING --case SAKSNUMMER»",
        )
    if len(found) > 1:
        raise WrongUse(
            subject="vedtak",
            expected="navnet på ett vedtak",
            got=f"sak {name}, som har {len(found)}",
            remedy=f"velg et av {', '.join(one.id for one in found)}",
        )
    return found[0]


def folder_of(rooms: Rooms, decision: Decision) -> Path:
    """Where a decision lies, whole.

    The journal is written first. What a crash stopped after that gets its name here: it is on disk,
    and the seal says whether it is what the journal means.
    """
    folder, half = rooms.decisions / decision.id, rooms.decisions / f".{decision.id}"
    if not folder.exists() and half.is_dir():
        sealed = half / SEALED
        if sealed.is_file() and sha256(sealed.read_bytes()) == decision.seal:
            half.rename(folder)
            jsonlines.sync_folder(rooms.decisions)
    return folder


class _Named(msgspec.Struct):
    """Of a line in landing's manifest: which snapshot it is of."""

    snapshot: str


def landed_lines(rooms: Rooms, vintages: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """SHA-256 of the lines of landing's manifests that snapshots stand on, as they lie there.

    The id of a snapshot is a hash of its bytes; when it came, from where, and in answer to what is
    in its line alone.

    Args:
        rooms: The installation.
        vintages: By dataset, the snapshot.

    Returns:
        By dataset and snapshot, the steps of a log included.

    Raises:
        NotFound: A dataset has no such snapshot.
        LandingCorrupt: A line cannot be read.
    """
    landing = Landing(rooms.landing)
    found = {}
    for dataset, snapshot in sorted(vintages.items()):
        wanted = {step.snapshot for step in landing.steps(landing.get(dataset, snapshot))}
        first: dict[str, str] = {}
        for line in jsonlines.read(rooms.landing / "manifest" / f"{dataset}.jsonl"):
            with suppress(msgspec.MsgspecError):  # another snapshot's damage is not ours
                named = msgspec.json.decode(line, type=_Named).snapshot
                if named in wanted:
                    first.setdefault(named, sha256(line))
        found[dataset] = first
    return found
