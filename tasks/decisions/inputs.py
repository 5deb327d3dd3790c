"""The frames that a decision stands on: as they are published, or built again from landing."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks import locks, rebuild, run_inputs, runs, table_folder, warehouse
from tasks.decisions import persons_in
from tasks.errors import ConfigurationError, NotFound, WarehouseDamaged
from tasks.journal import Journal
from tasks.landing import Landing
from tasks.settings import Rooms, Settings
from tasks.table_folder import sha256

if TYPE_CHECKING:
    import duckdb
    import polars as pl


def frames_of_night(
    settings: Settings, night: Mapping[str, Any], on: date
) -> tuple[dict[str, pl.DataFrame], set[str]]:
    """The frames of a past night, built again from landing, and those counted of persons.

    Args:
        settings: The installation.
        night: What the journal says of the night (`night.built`).
        on: Regions are those valid on this date.

    Raises:
        NotFound: What the night stood on is no longer kept, or a table is missing from it.
        ConfigurationError: This version of the program cannot read what the night read.
    """
    rooms = settings.rooms
    rooms.asof.mkdir(parents=True, exist_ok=True)
    with (
        locks.shared(rooms.rebuild_lock),  # else a night sweeps the folder away
        tempfile.TemporaryDirectory(prefix=".rebuild-", dir=rooms.asof) as folder,
    ):
        file = Path(folder) / "night.duckdb"
        rebuild.rebuild_night(settings, night, file)
        with warehouse.connect_read_only(file) as con:
            return _read(con, rooms, night, on)


def night_of(rooms: Rooms, run: runs.Run) -> dict[str, Any]:
    """What the journal says of the night that a run read.

    Raises:
        NotFound: Nothing: the run was made in another home.
    """
    wanted = run.manifest["night"]["night"]
    for entry in Journal(rooms.journal).entries("night.built"):
        if entry.payload["night"] == wanted:
            return dict(entry.payload)
    raise NotFound(
        subject=f"natten {wanted}",
        expected="natten som kjøringen leste, i journalen",
        got="ingen linje om den",
        remedy="gå til det hjemmet der planen ble kjørt, eller kjør planen på nytt her",
    )


def vintages_of(night: Mapping[str, Any]) -> dict[str, str]:
    """By dataset, the snapshot that a night stood on; those that had none are left out."""
    return {name: one["snapshot"] for name, one in night["vintages"].items() if one["snapshot"]}


def _read(
    con: duckdb.DuckDBPyConnection, rooms: Rooms, night: Mapping[str, Any], on: date
) -> tuple[dict[str, pl.DataFrame], set[str]]:
    frames = run_inputs.frames_of(con, on)
    del frames["vintages"]  # of this machine's clock; the manifest has them in full
    stood = vintages_of(night)
    return frames, persons_in.frames(con, Landing(rooms.landing), stood, frames)


def of_run(
    settings: Settings, run: runs.Run, night: Mapping[str, Any]
) -> tuple[dict[str, pl.DataFrame], set[str]]:
    """The frames that a run read, as they were, and those of them that are counted of persons.

    They are taken from what is published, or else built again.

    Raises:
        NotFound: What the night stood on is no longer kept.
        ConfigurationError: They are not what the run read.
    """
    on = date(runs.start_year(run.manifest["school_year"]), 10, 1)
    frames, of_persons = _published(settings, run, night, on)
    if not frames:
        frames, of_persons = frames_of_night(settings, night, on)
    wanted = run.manifest["inputs"]
    wrong = sorted(
        name
        for name, digest in wanted.items()
        if name not in frames or sha256(table_folder.parquet_bytes(frames[name])) != digest
    )
    if wrong:
        raise ConfigurationError(
            subject=f"plankjøring {run.id}",
            expected="at tallgrunnlaget kan hentes fram slik kjøringen leste det",
            got=f"noe annet i {', '.join(wrong)}",
            remedy="kjør planen på nytt med «tilbudsplan plan run», se hva som ble annerledes med "
            "«tilbudsplan diff», og frys den nye kjøringen",
        )
    return {name: frames[name] for name in wanted}, of_persons & set(wanted)


def _published(
    settings: Settings, run: runs.Run, night: Mapping[str, Any], on: date
) -> tuple[dict[str, pl.DataFrame], set[str]]:
    """The frames of what is published, where that is the night of the run; else none."""
    try:
        with warehouse.connect_internal(settings.rooms) as con:
            if run_inputs.night_of(con) == run.manifest["night"]:
                return _read(con, settings.rooms, night, on)
    except (NotFound, WarehouseDamaged):  # a home that was restored and is not built yet
        pass
    return {}, set()
