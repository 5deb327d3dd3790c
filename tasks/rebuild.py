"""A past night built again, offline, from landing and under that night's own rules."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from tasks import audit, disk, history, locks, making, nights, persons, track_record
from tasks.assembly import Vintage
from tasks.errors import ConfigurationError, TilbudsplanError
from tasks.home import claim_home
from tasks.intake import Night, parse_snapshot
from tasks.journal import Journal
from tasks.landing import Landing
from tasks.quarantine import Verdicts
from tasks.retention.refusal import refuse_pruned
from tasks.settings import Settings

# Where a snapshot that landed and was read is held back. Of a dataset that was not fetched it is
# one that waited from nights before and was tried again, unless a person had rejected it.
_REFUSED_BY_RULE = ("fetch", "stage", "block")


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
    target = rooms.asof / f"{as_of.isoformat()}.duckdb"
    rebuild_night(settings, record, target)
    return target


def rebuild_night(settings: Settings, record: Mapping[str, Any], target: Path) -> None:
    """Build exactly one past night again: a date may have had several.

    Args:
        settings: The installation.
        record: What the journal says of the night (`night.built`).
        target: The file to make, on the disk of the home.

    Raises:
        NotFound: What the night stood on is no longer kept.
        ConfigurationError: this version of the program cannot read what that night read.
    """
    rooms = settings.rooms
    claim_home(rooms, settings.profile)
    journal = Journal(rooms.journal)
    refuse_pruned(
        Landing(rooms.landing), record, [e.payload for e in journal.entries("night.built")]
    )
    rooms.asof.mkdir(parents=True, exist_ok=True)
    with (
        disk.told(rooms),
        locks.shared(rooms.rebuild_lock),
        tempfile.TemporaryDirectory(prefix=".rebuild-", dir=rooms.asof) as folder,
    ):
        night = making.past_night(rooms, record, Path(folder))
        vintages = nights.vintages_of(record)
        file = Path(folder) / "build.duckdb"
        verdicts = Verdicts(nights.before(journal, night.id))
        tried = {name: _tried(night, vintage, verdicts) for name, vintage in vintages.items()}
        assembly = making.make(night, tried, file, vintages)
        try:
            audit.write(assembly, night.landing, night.id, night.profile)
            history.write(assembly.con, rooms.audit, night.as_of)
            track_record.write(assembly.con, rooms, night.as_of)
        finally:
            assembly.con.close()
        _refuse_difference(vintages, assembly.vintages)
        file.replace(target)


def deleted_since(settings: Settings, as_of: date) -> dict[str, date]:
    """The files whose persons the night of a date stood on and are deleted since, by day.

    Raises:
        NotFound: no night was built on or before the date.
    """
    record = nights.built_on(Journal(settings.rooms.journal), as_of)
    snapshots = {name: chosen["snapshot"] for name, chosen in record["vintages"].items()}
    return persons.deleted_of(Landing(settings.rooms.landing), snapshots)


def _tried(night: Night, vintage: Vintage, verdicts: Verdicts) -> Vintage:
    """What a past night tried first: what it held back, where that can still be read.

    What a suite refused is refused again, so that the rebuilt night tells of it as that one did.
    """
    if vintage.kind not in _REFUSED_BY_RULE or vintage.rejected is None:
        return vintage
    if verdicts.dropped(vintage.dataset, vintage.rejected):
        return vintage
    try:
        parse_snapshot(night, vintage.dataset, vintage.rejected)
    except TilbudsplanError:
        return vintage
    if vintage.kind == "fetch":
        return replace(vintage, snapshot=vintage.rejected, rejected=None)
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
