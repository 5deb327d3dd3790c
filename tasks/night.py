"""The night, stage by stage, as plain functions: begin, land, parse, build and publish, send.

A flow calls them one by one, each dataset's landing and parsing beside the others', all under
`locks.night_lock`. Nothing that people read changes before the last line of `build`.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks import (
    alerts,
    audit,
    catalogue,
    clock,
    disk,
    history,
    locks,
    nights,
    parsed,
    persons,
    profiles,
    recovery,
    said,
    suspects,
    touched,
    warehouse,
)
from tasks.alerts import Finding
from tasks.assembly import Assembly, Vintage, assemble
from tasks.catalogue import Dataset
from tasks.errors import (
    ConfigurationError,
    ProgramFault,
    SourceChanged,
    SourceUnavailable,
    TilbudsplanError,
)
from tasks.intake import (
    Candidate,
    Night,
    declared,
    delivered,
    land_dataset,
    parse_landed,
    parse_snapshot,
    refused,
    take_in,
    what_came_of,
)
from tasks.journal import Entry, Journal
from tasks.landing import Landing, offsets
from tasks.persons import Batch
from tasks.publish import data_docs
from tasks.quarantine import DROPPED, Verdicts
from tasks.retention.refusal import refuse_pruned
from tasks.retention.work import trouble
from tasks.settings import Project, Rooms, Settings, oslo_today
from tasks.telling import accounted, post_of, send

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "Candidate",
    "Night",
    "Outcome",
    "accounted",
    "begin",
    "build",
    "deleted_since",
    "delivered",
    "land_dataset",
    "parse_landed",
    "parse_snapshot",
    "purge",
    "rebuild",
    "refused",
    "send",
    "take_in",
    "what_came_of",
]

# Where a snapshot that landed and was read is held back.
_REFUSED_BY_RULE = ("stage", "block")


@dataclass(frozen=True)
class Outcome:
    """What a night came to.

    Attributes:
        night: Its id.
        as_of: Its Oslo date.
        vintages: What each dataset stands on.
        skipped: Tables that were not built, and why.
        findings: What is open after the night.
        tables: Number of published tables.
        taken: Files about persons that were taken in on its date.
        docs: The page of what its suites gave.
    """

    night: str
    as_of: date
    vintages: tuple[Vintage, ...]
    skipped: dict[str, str]
    findings: tuple[Finding, ...]
    tables: int
    taken: tuple[Batch, ...] = ()
    docs: Path | None = None


def claim_home(rooms: Rooms, profile: str) -> None:
    """Tie the home to its profile: sample figures must never stand in for live ones.

    Raises:
        ConfigurationError: the home belongs to another profile.
    """
    rooms.home.mkdir(parents=True, exist_ok=True)
    check_home(rooms, profile)
    if rooms.tied_to() is None:
        rooms.stamp.write_text(profile, encoding="utf-8")


def check_home(rooms: Rooms, profile: str) -> None:
    """Refuse a home of another profile; one that is tied to nothing yet is left so.

    Raises:
        ConfigurationError: the home belongs to another profile.
    """
    found = rooms.tied_to()
    if found not in {None, profile}:
        raise ConfigurationError(
            subject=str(rooms.home),
            expected=f"en mappe for profilen «{profile}»",
            got=f"en mappe for profilen «{found}»",
            remedy="sett TILBUDSPLAN_HOME til en annen mappe, eller TILBUDSPLAN_PROFILE til "
            f"«{found}»",
        )


def begin(
    settings: Settings,
    as_of: date | None = None,
    project: Project | None = None,
    hear: Callable[[Settings], None] | None = None,
) -> Night:
    """Start a night: check the home, mend what a killed one left, land the project's files.

    Args:
        settings: The installation.
        as_of: The night's date; today in Oslo.
        project: Catalogue, SQL, suites and reference data.
        hear: Takes what people have sent in, so that the night, which hears the journal as it
            stands when it begins, knows of it.

    Raises:
        ConfigurationError: the home belongs to another profile.
        DiskFull: there is no room for a night.
        JournalCorrupt: the journal is damaged.
        CatalogueError: the catalogue has mistakes.
        TilbudsplanError: what people sent in cannot be taken; like those above it is journalled.
    """
    rooms, project = settings.rooms, project or Project()
    as_of = as_of or oslo_today()
    claim_home(rooms, settings.profile)
    night_id = f"{clock.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    night = Night(
        id=night_id,
        as_of=as_of,
        rooms=rooms,
        project=project,
        project_snapshot="",
        profile=settings.profile,
        source_server=settings.source_server,
    )
    declared.cache_clear()
    with accounted(night), disk.told(rooms):
        disk.require_room(rooms)
        disk.keep_reserve(rooms.journal)
        night.journal.verify()
        damage = recovery.look(rooms, night.journal, night_id, as_of)
        _sweep(rooms)
        suspects.bury(rooms, night.journal, night_id)
        declared(project.catalogue, settings.profile, settings.source_server)
        # Forms are held against published code lists, so they wait for whole ones.
        if hear is not None and not damage:
            hear(settings)
        landed = Landing(rooms.landing).land_project(project, as_of)
        night = replace(night, project_snapshot=landed.snapshot)
        night.journal.append("night.begun", {"night": night.id, "as_of": as_of.isoformat()})
    return night


def build(night: Night, candidates: Iterable[Candidate]) -> Outcome:
    """Build the night in a file of its own, and publish it.

    Datasets that are not among the candidates stand where they stood last night.

    Raises:
        ConfigurationError: SQL, suites or reference data are wrong; nothing is published.
        ValidationFailed: a mart does not hold; nothing is published.
        DiskFull: there is no room for the build; nothing is published.
    """
    with disk.told(night.rooms):
        return _build(*_with_right_date(night), list(candidates))


def _build(night: Night, doubted: bool, candidates: Sequence[Candidate]) -> Outcome:
    vintages = _choose(night, candidates)
    assembly = _assemble(night, vintages, night.file, nights.last_good(night.journal))
    con = assembly.con
    try:
        found = audit.write(assembly, night.landing, night.id, night.profile)
        history.write(con, night.rooms.audit, night.as_of)
        history.keep(con, night.rooms.audit, night.as_of)
        found += persons.strays(night.rooms, night.catalogue, night.as_of)
        found += recovery.noticed(night.journal, night.as_of)
        found += _gone_back(night, assembly.vintages)
        found += trouble(night.journal, night.as_of)
        vintages = assembly.vintages
        profile = profiles.write(profiles.taken(con), night.rooms.profiles)
        _journal_built(night, vintages, profile, doubted)
        found = touched.tell(found, assembly.tables, night.catalogue, night.rooms)
        tables = len(warehouse.tables(con)) - len(warehouse.tables(con, warehouse.CLOSED_SCHEMAS))
        told: list[Finding] = []

        def announce(files: list[Path]) -> None:
            # The files are whole, so what is told will be true; a kill from here on loses no alert.
            post = post_of(night, assembly.tables)
            told.extend(alerts.record(night.journal, night.id, found, post))
            recovery.announce(night.journal, night.id, night.as_of, tables, files)

        warehouse.publish(con, night.file, night.rooms, announce)
    finally:
        con.close()
    night.journal.append("night.published", {"night": night.id, "tables": tables})
    docs = data_docs.write(night.rooms)
    return Outcome(
        night.id,
        night.as_of,
        tuple(vintages.values()),
        assembly.skipped,
        tuple(told),
        tables,
        tuple(
            b for b in persons.batches(night.landing, night.catalogue) if b.taken_on == night.as_of
        ),
        docs,
    )


def purge(settings: Settings, *, dry_run: bool = False) -> list[Batch]:
    """Delete the persons whose last day is past, here and in everything made of them.

    The warehouse is built anew from what is left, without asking any source. The caller holds the
    night lock.

    Args:
        settings: The installation.
        dry_run: Only tell what would be deleted.

    Returns:
        The batches.
    """
    loaded = catalogue.load(Project().catalogue, settings.profile, settings.source_server)
    chosen = persons.due(Landing(settings.rooms.landing), loaded, oslo_today())
    begun = persons.unfinished(Journal(settings.rooms.journal))
    if dry_run or not (chosen or begun):
        return chosen
    night = begin(settings)
    with accounted(night):
        persons.delete(settings.rooms, night.journal, chosen, night.as_of)
        if warehouse.internal(settings.rooms).exists():
            build(night, [])
        persons.finish(night.journal)
    return chosen


def deleted_since(settings: Settings, as_of: date) -> dict[str, date]:
    """The files whose persons the night of a date stood on and are deleted since, by day.

    Raises:
        NotFound: no night was built on or before the date.
    """
    record = nights.built_on(Journal(settings.rooms.journal), as_of)
    snapshots = {name: chosen["snapshot"] for name, chosen in record["vintages"].items()}
    return persons.deleted_of(Landing(settings.rooms.landing), snapshots)


def _gone_back(night: Night, vintages: Mapping[str, Vintage]) -> list[Finding]:
    """Sources that answer what they answered before something newer."""
    stand = {name: vintage.snapshot for name, vintage in vintages.items()}
    return [
        Finding(
            dataset,
            "freshness",
            night.catalogue.datasets[dataset].owner,
            f"kilden svarer igjen det den svarte {then:%d.%m.%Y}, og ikke det nyere av "
            f"{newest:%d.%m.%Y}",
            night.as_of,
            about="older",
        )
        for dataset, (then, newest) in nights.gone_back(night.journal, night.as_of, stand).items()
    ]


def _with_right_date(night: Night) -> tuple[Night, bool]:
    """The night on its right date, and whether the clock gave a wrong one."""
    begun = datetime.strptime(night.id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    lines = [night.landing.last(dataset.id) for dataset in night.catalogue]
    answers = [o for line in lines if line and line.landed_at >= begun for o in offsets(line)]
    doubt = clock.doubt(clock.now(), answers, nights.last_trusted(night.journal))
    if doubt is None:
        return night, False
    finding = Finding("clock", "clock", alerts.OPERATIONS, doubt.reason, doubt.as_of)
    recovery.notice(night.journal, night.id, finding)
    return replace(night, as_of=doubt.as_of), True


def rebuild(settings: Settings, as_of: date) -> Path:
    """Build a past night again, offline, from landing and under that night's own rules.

    Returns:
        `asof/<date>.duckdb`, every schema in it. What is published is not touched.

    Raises:
        NotFound: no night was built on or before the date, or what it stood on is no longer kept.
        ConfigurationError: this version of the program cannot read what that night read.
    """
    rooms = settings.rooms
    record = nights.built_on(Journal(rooms.journal), as_of)
    claim_home(rooms, settings.profile)
    journal = Journal(rooms.journal)
    refuse_pruned(
        Landing(rooms.landing), record, [e.payload for e in journal.entries("night.built")]
    )
    rooms.asof.mkdir(parents=True, exist_ok=True)
    target = rooms.asof / f"{as_of.isoformat()}.duckdb"
    with (
        disk.told(rooms),
        locks.shared(rooms.rebuild_lock),
        tempfile.TemporaryDirectory(prefix=".rebuild-", dir=rooms.asof) as folder,
    ):
        night = _past_night(rooms, record, Path(folder))
        vintages = nights.vintages_of(record)
        file = Path(folder) / "build.duckdb"
        tried = {name: _tried(night, vintage) for name, vintage in vintages.items()}
        assembly = _assemble(night, tried, file, vintages)
        try:
            audit.write(assembly, night.landing, night.id, night.profile)
            history.write(assembly.con, rooms.audit, night.as_of)
        finally:
            assembly.con.close()
        _refuse_difference(vintages, assembly.vintages)
        file.replace(target)
    return target


def _past_night(rooms: Rooms, record: Mapping[str, Any], folder: Path) -> Night:
    """A night that was built, with its own rules in a folder."""
    then = date.fromisoformat(record["as_of"])
    project = Landing(rooms.landing).materialise_project(then, folder, record["project"])
    return Night(record["night"], then, rooms, project, record["project"], record["profile"], None)


def _profile_again(rooms: Rooms, record: Mapping[str, Any]) -> pl.DataFrame | None:
    """The profile of a past night, made anew from landing and kept; None where that fails."""
    rooms.asof.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".rebuild-", dir=rooms.asof) as folder:
        try:
            night = _past_night(rooms, record, Path(folder))
            # A profile needs no verdict, and a verdict would need the profile before it.
            night.project.expectations = Path(folder) / "none"
            file = Path(folder) / "build.duckdb"
            stood = nights.vintages_of(record)
            assembly = _assemble(night, dict(stood), file, stood, held=False)
        except TilbudsplanError:
            return None
        try:
            frame = profiles.taken(assembly.con)
        finally:
            assembly.con.close()
    profiles.write(frame, rooms.profiles)
    return frame


def _choose(night: Night, candidates: Iterable[Candidate]) -> dict[str, Vintage]:
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


def _assemble(
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


def _journal_built(night: Night, vintages: dict[str, Vintage], profile: str, doubted: bool) -> None:
    plain = {name: asdict(vintage) for name, vintage in vintages.items()}
    for vintage in plain.values():
        del vintage["dataset"]
    night.journal.append(
        "night.built",
        {
            "night": night.id,
            "as_of": night.as_of.isoformat(),
            "profile": night.profile,
            "project": night.project_snapshot,
            "vintages": plain,
            "profiles": profile,
            "clock_doubted": doubted,
        },
    )


def _tried(night: Night, vintage: Vintage) -> Vintage:
    """What a past night tried first: what it held back, where that can still be read.

    What a suite refused is refused again, so that the rebuilt night tells of it as that one did.
    """
    if vintage.kind not in _REFUSED_BY_RULE or vintage.rejected is None:
        return vintage
    try:
        parse_snapshot(night, vintage.dataset, vintage.rejected)
    except TilbudsplanError:
        return vintage
    return Vintage(vintage.dataset, vintage.rejected)


def _refuse_difference(then: dict[str, Vintage], now: dict[str, Vintage]) -> None:
    for name, vintage in then.items():
        if now[name] != vintage:
            raise ConfigurationError(
                subject=name,
                expected=f"å kunne lese øyeblikksbildet {str(vintage.snapshot)[:12]} som da",
                got=now[name].reason or "et annet øyeblikksbilde",
                remedy="bruk programversjonen fra den datoen",
            )


def _sweep(rooms: Rooms) -> None:
    """Remove what a killed night left behind, and a killed rebuild; one that lives is left."""
    rooms.build.mkdir(parents=True, exist_ok=True)
    # What the database writes beside its file while it builds has restricted rows in it too.
    rooms.build.chmod(0o700)
    for file in rooms.build.iterdir():
        file.unlink()
    with locks.if_free(rooms.rebuild_lock) as free:
        if free:
            parsed.sweep(rooms)
            for folder in rooms.asof.glob(".rebuild-*"):
                shutil.rmtree(folder, ignore_errors=True)
    for blob in rooms.landing.glob("blobs/*/*.tmp"):
        blob.unlink()
