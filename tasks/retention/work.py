"""Retention done: landing by the plan and the journal, the rest by its age or number.

The caller holds the night lock. Whatever moment a crash comes at, the next time goes on from there.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tasks.alerts import OPERATIONS, Finding
from tasks.catalogue import Catalogue
from tasks.errors import NightLocked, TilbudsplanError
from tasks.intake import Night
from tasks.journal import Entry, Journal
from tasks.landing import Landing
from tasks.locks import night_lock
from tasks.publish import data_docs
from tasks.retention import evidence, leftovers, rules
from tasks.retention import plan as plans
from tasks.retention.plan import Plan
from tasks.retention.rules import Rules
from tasks.settings import Project, Rooms

BEGUN, DONE, FAILED = "retention.begun", "retention.done", "retention.failed"


@dataclass(frozen=True)
class Cleared:
    """What is taken away, or would be.

    Attributes:
        plan: Of landing.
        nights: Pages and results of checks.
        unused: What is parsed or rebuilt and can be made again, and profiles that nobody needs.
        forms: Marked copies of forms, and forms that were not taken.
    """

    plan: Plan
    nights: tuple[Path, ...]
    unused: tuple[Path, ...]
    forms: tuple[Path, ...]


def survey(
    rooms: Rooms, catalogue: Catalogue, project: Project, today: date
) -> tuple[Rules, Cleared]:
    """Say what would be taken away on a day.

    Raises:
        TilbudsplanError: rules, journal, manifests or runs cannot be read, or the clock cannot be
            believed: then nothing may be taken away.
    """
    read = rules.load(project.reference)
    made = plans.make(evidence.gather(rooms, catalogue), read, today)
    nights = leftovers.old_nights(rooms, read)
    unused = leftovers.unused(rooms, read, made.profiles)
    forms = leftovers.old_forms(rooms, read, today) if made.believed else []
    return read, Cleared(made, tuple(nights), tuple(unused), tuple(forms))


def apply(rooms: Rooms, read: Rules, found: Cleared, today: date) -> None:
    """Take away what a survey found.

    Journal first: `retention.begun` lists it, `retention.done` ends it. What a crash stopped is in
    the next survey again, since it is still there.
    """
    journal, blobs = Journal(rooms.journal), Landing(rooms.landing).blobs()
    snapshots = [[one.dataset, one.snapshot] for one in found.plan.going]
    nights = [str(path.relative_to(rooms.home)) for path in found.nights]
    before = _open(journal)
    if not _listed(before, snapshots, nights):
        said = {"on": today.isoformat(), "rule": str(read.landing)}
        journal.append(BEGUN, {**said, "snapshots": snapshots, "nights": nights})
    for one in found.plan.going:
        # Else a rebuild would still read it here today and not tomorrow. It goes first: what has no
        # bytes left is in no survey.
        leftovers.remove(leftovers.parsed_of(rooms, one.dataset, one.snapshot))
    blobs.prune(found.plan.sizes, today, str(read.landing))
    # Marked by one that was stopped, and kept since.
    kept = (sha for sha in blobs.marked() if sha in found.plan.shared)
    blobs.unmark([sha for sha in kept if not blobs.pruned(sha)])
    leftovers.remove(found.nights)
    if rooms.docs.is_dir():
        data_docs.write_index(rooms)
    forms = _clear_forms(rooms, read, found, today)
    if snapshots or nights or before or forms:
        total = sum(found.plan.sizes.values())
        # By number: the names are the senders' own, and may be those of persons.
        told = {"blobs": len(found.plan.sizes), "bytes": total, "forms": forms}
        journal.append(DONE, told)
    leftovers.remove(path for path in found.unused if path.exists())
    leftovers.rotate_logs(rooms.logs, read.logs)


def _clear_forms(rooms: Rooms, read: Rules, found: Cleared, today: date) -> int:
    """Remove old forms, and say how many; while somebody is taking forms they stay a night more."""
    if not found.forms:
        return 0
    try:
        with night_lock(rooms.forms / "take.lock"):
            # A copy may have been written anew since.
            old = set(leftovers.old_forms(rooms, read, today)) & set(found.forms)
            leftovers.remove(sorted(old))
    except NightLocked:
        return 0
    return len(old)


def tidy(night: Night) -> Cleared | None:
    """The last stage of a night. It never fails one: what stops it is told by the next night.

    Returns:
        What was taken away; None where nothing was, because something is wrong.
    """
    try:
        # A night may have taken another date than it began with, where the clock was wrong.
        built = night.journal.entries("night.built")[-1]
        today = date.fromisoformat(built.payload["as_of"])
        read, found = survey(night.rooms, night.catalogue, night.project, today)
        apply(night.rooms, read, found, today)
    except Exception as error:
        # The night is published: nothing that happens after that may undo it.
        reason = str(error) if isinstance(error, TilbudsplanError) else repr(error)
        with suppress(Exception):  # a full disk, a broken journal: told by what is made for that
            night.journal.append(FAILED, {"as_of": night.as_of.isoformat(), "reason": reason})
        return None
    return found


def trouble(journal: Journal, as_of: date) -> list[Finding]:
    """What stopped the last retention, as a finding of tonight; none where it went through.

    One of tonight's own date was of a night that is run again: it is tomorrow's to tell.
    """
    stopped = [
        entry
        for entry in _open(journal)
        if entry.kind == FAILED and entry.payload["as_of"] < as_of.isoformat()
    ]
    return [
        Finding("retention", "retention", OPERATIONS, entry.payload["reason"], as_of)
        for entry in stopped[-1:]
    ]


def unfinished(journal: Journal) -> bool:
    """Whether retention was begun and not ended."""
    return any(entry.kind == BEGUN for entry in _open(journal))


def _open(journal: Journal) -> list[Entry]:
    """What was begun or failed since retention last went through."""
    entries = [entry for entry in journal.entries() if entry.kind in {BEGUN, DONE, FAILED}]
    done = [number for number, entry in enumerate(entries, start=1) if entry.kind == DONE]
    return entries[done[-1] :] if done else entries


def _listed(before: list[Entry], snapshots: list[list[str]], nights: list[str]) -> bool:
    """Whether the journal has a list already of all that is to go."""
    begun = [entry.payload for entry in before if entry.kind == BEGUN]
    named = [one for payload in begun for one in [*payload["snapshots"], *payload["nights"]]]
    return all(one in named for one in [*snapshots, *nights])
