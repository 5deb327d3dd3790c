"""How a night's database is made: what each dataset tries, and what the night is held against."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks import nights, persons, profiles, said, suspects, warehouse
from tasks.assembly import Assembly, Vintage, assemble
from tasks.catalogue import Dataset
from tasks.errors import ProgramFault, SourceChanged, SourceUnavailable, TilbudsplanError
from tasks.intake import Candidate, Night, parse_snapshot
from tasks.journal import Entry
from tasks.landing import Landing
from tasks.quarantine import DROPPED, Verdicts
from tasks.settings import Rooms

if TYPE_CHECKING:
    import polars as pl


def choose(night: Night, candidates: Iterable[Candidate]) -> dict[str, Vintage]:
    """What to try first for every dataset: the candidate, or what stood last night.

    A snapshot that was held back is tried again, unless a person has rejected it.
    """
    before = nights.last_good(night.journal)
    tried = {candidate.dataset: candidate for candidate in candidates}
    verdicts = Verdicts(nights.before(night.journal, night.id))
    chosen = {}
    for dataset in night.catalogue:
        old = before.get(dataset.id) or Vintage(dataset.id, None)
        new = tried.get(dataset.id) or _again(old)
        waiting = None if new.rejected else old.rejected
        snapshot = new.snapshot or _taken(night, dataset) or waiting or old.snapshot
        rejected = new.rejected
        kind, reason = new.kind, new.reason
        if verdict := verdicts.dropped(dataset.id, snapshot):
            snapshot, rejected = old.snapshot if old.snapshot != snapshot else None, snapshot
            kind, reason = kind or DROPPED, reason or str(verdict)
        chosen[dataset.id] = Vintage(dataset.id, snapshot, kind, reason, rejected)
    return chosen


def _again(old: Vintage) -> Candidate:
    """What is tried of a dataset that was not asked for: what stood, or what was held back."""
    if old.rejected:
        return Candidate(old.dataset, old.rejected)
    return Candidate(old.dataset, old.snapshot, old.kind, old.reason)


def _taken(night: Night, dataset: Dataset) -> str | None:
    """What is landed of files about persons: one that is refused does not hold the others back."""
    landed = night.landing.latest(dataset.id) if dataset.protocol == persons.PROTOCOL else None
    return landed.snapshot if landed else None


def make(
    night: Night,
    vintages: dict[str, Vintage],
    file: Path,
    good: Mapping[str, Vintage],
    *,
    held: bool = True,
) -> Assembly:
    """Build the night; `good` is what each dataset falls back to.

    `held` says whether it is held against the nights before it.
    """

    def last(dataset_id: str) -> str | None:
        return good[dataset_id].snapshot if dataset_id in good else None

    con = warehouse.open_build(file)
    heard = nights.before(night.journal, night.id)
    assembly = Assembly(
        con=con,
        catalogue=night.catalogue,
        project=night.project,
        as_of=night.as_of,
        parsed=lambda dataset_id, snapshot: _parsed(night, dataset_id, snapshot),
        earlier=lambda dataset_id, snapshot: _vintages(night, dataset_id, snapshot),
        last_good=last,
        landed_on=partial(night.landing.landed_on, until=night.as_of),
        loading=partial(suspects.trying, night.rooms, "load"),
        before=_history(night, heard) if held else lambda _: [],
        said=lambda: said.frames(heard, constructed=night.profile != "live"),
        verdicts=Verdicts(heard),
        vintages=vintages,
    )
    try:
        assemble(assembly)
    except BaseException:
        con.close()
        raise
    return assembly


def _history(night: Night, heard: Iterable[Entry]) -> profiles.History:
    # A night that is run again is held against the day before, as the first time.
    today = night.as_of.isoformat()
    earlier = [e for e in heard if e.kind == "night.built" and e.payload["as_of"] < today]
    return profiles.History(
        profiles.past(earlier),
        night.rooms.profiles,
        lambda record: _profile_again(night.rooms, record),
    )


def _parsed(night: Night, dataset_id: str, snapshot: str) -> Path:
    suspects.refuse_deadly(night.journal, night.id, dataset_id, snapshot)
    return parse_snapshot(night, dataset_id, snapshot)


def _vintages(night: Night, dataset_id: str, snapshot: str) -> list[tuple[date, Path]]:
    """The vintages that nights up to this one stood on, by the first of them, and the chosen one.

    A vintage in a layout that is no longer read is left out.
    """
    found = []
    stood = nights.stood_on(night.journal, dataset_id, night.as_of, snapshot)
    for used, as_of in stood.items():
        try:
            found.append((as_of, parse_snapshot(night, dataset_id, used)))
        except (SourceChanged, SourceUnavailable, ProgramFault):
            continue
    return found


def past_night(rooms: Rooms, record: Mapping[str, Any], folder: Path) -> Night:
    """A night that was built, with its own rules in a folder."""
    then = date.fromisoformat(record["as_of"])
    project = Landing(rooms.landing).materialise_project(then, folder, record["project"])
    return Night(record["night"], then, rooms, project, record["project"], record["profile"], None)


def _profile_again(rooms: Rooms, record: Mapping[str, Any]) -> pl.DataFrame | None:
    """The profile of a past night, made anew from landing and kept; None where that fails."""
    rooms.asof.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".rebuild-", dir=rooms.asof) as folder:
        try:
            night = past_night(rooms, record, Path(folder))
            # A profile needs no verdict, and a verdict would need the profile before it.
            night.project.expectations = Path(folder) / "none"
            file = Path(folder) / "build.duckdb"
            stood = nights.vintages_of(record)
            assembly = make(night, dict(stood), file, stood, held=False)
        except TilbudsplanError:
            return None
        try:
            frame = profiles.taken(assembly.con)
        finally:
            assembly.con.close()
    profiles.write(frame, rooms.profiles)
    return frame
