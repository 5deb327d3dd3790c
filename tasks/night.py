"""The night, stage by stage, as plain functions: begin, land, parse, build and publish, send.

A flow calls them one by one, each dataset's landing and parsing beside the others', all under
`locks.night_lock`. Nothing that people read changes before the last line of `build`.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tasks import (
    alerts,
    audit,
    catalogue,
    clock,
    dates,
    disk,
    history,
    locks,
    making,
    nights,
    parsed,
    persons,
    profiles,
    recovery,
    suspects,
    touched,
    track_record,
    warehouse,
)
from tasks.alerts import Finding
from tasks.assembly import Vintage
from tasks.home import claim_home
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
from tasks.journal import Journal
from tasks.landing import Landing, offsets
from tasks.persons import Batch
from tasks.publish import data_docs
from tasks.rebuild import deleted_since, rebuild
from tasks.retention.work import trouble
from tasks.settings import Project, Rooms, Settings, oslo_today
from tasks.telling import accounted, post_of, send

if TYPE_CHECKING:
    pass

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
    vintages = making.choose(night, candidates)
    assembly = making.make(night, vintages, night.file, nights.last_good(night.journal))
    con = assembly.con
    try:
        found = audit.write(assembly, night.landing, night.id, night.profile)
        history.write(con, night.rooms.audit, night.as_of)
        track_record.write(con, night.rooms, night.as_of)
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
        _documented(night),
    )


def _documented(night: Night) -> Path | None:
    """Draw the pages of what the suites gave; the night stands without them too."""
    try:
        return data_docs.write(night.rooms)
    except OSError as error:
        reason = f"sidene om natten ble ikke skrevet ({error.strerror})"
        finding = Finding("datadocs", "pages", alerts.OPERATIONS, reason, night.as_of)
        recovery.notice(night.journal, night.id, finding)
        return None


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


def _gone_back(night: Night, vintages: Mapping[str, Vintage]) -> list[Finding]:
    """Sources that answer what they answered before something newer."""
    stand = {name: vintage.snapshot for name, vintage in vintages.items()}
    return [
        Finding(
            dataset,
            "freshness",
            night.catalogue.datasets[dataset].owner,
            f"kilden svarer igjen det den svarte {dates.day(then)}, og ikke det nyere av "
            f"{dates.day(newest)}",
            night.as_of,
            about="older",
        )
        for dataset, (then, newest) in nights.gone_back(night.journal, night.as_of, stand).items()
    ]


def _with_right_date(night: Night) -> tuple[Night, bool]:
    """The night on its right date, and whether the clock gave a wrong one."""
    begun = datetime.strptime(night.id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    now = clock.now()
    lines = [night.landing.last(dataset.id) for dataset in night.catalogue]
    # By a clock that was set back, what landed earlier landed later than now.
    tonight = [line for line in lines if line and begun <= line.landed_at <= now]
    answers = [offset for line in tonight for offset in offsets(line)]
    doubt = clock.doubt(now, answers, nights.last_trusted(night.journal))
    if doubt is None:
        return night, False
    finding = Finding("clock", "clock", alerts.OPERATIONS, doubt.reason, doubt.as_of)
    recovery.notice(night.journal, night.id, finding)
    return replace(night, as_of=doubt.as_of), True


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
