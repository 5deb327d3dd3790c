"""What backtests gave, kept night by night, and a table of all of them.

`<home>/audit/track_record/<date>.parquet` holds what the backtest of the night of that date gave,
`.json` beside it what made it. They are few and small, and are not cleared away.
"""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tasks import warehouse
from tasks.forecast.evaluation.record import RECORD
from tasks.jsonlines import sync_folder
from tasks.settings import Rooms

if TYPE_CHECKING:
    import duckdb

TABLE = "audit.track_record"
SCHEMA_VERSION = 1
_FOLDER = "track_record"


def keep(rooms: Rooms, as_of: date, rows: pl.DataFrame, manifest: dict[str, Any]) -> Path:
    """Put a night's track record in place of the one there was; a kill leaves one or the other."""
    folder = rooms.audit / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {"schema_version": SCHEMA_VERSION, **manifest}
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True).encode()
    file = folder / f"{as_of.isoformat()}.parquet"
    # The rows last: what the table is made of never lacks what tells of it.
    for target, write in (
        (file.with_suffix(".json"), lambda path: path.write_bytes(text)),
        (file, lambda path: warehouse.write_parquet(rows, path)),
    ):
        temporary = target.with_name(f".{target.name}")
        write(temporary)
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.replace(target)
    sync_folder(folder)
    return file


def write(con: duckdb.DuckDBPyConnection, rooms: Rooms, as_of: date) -> None:
    """Make `audit.track_record` of the backtests of nights before this one.

    Grain: one row per backtest (`figures_as_of`), series, unit, model and horizon. A night does not
    know of a backtest on its own figures: it is run afterwards, and a rebuild must not know either.

    Args:
        con: The build's connection.
        rooms: Folders of the installation.
        as_of: Oslo date of the night.
    """
    today = as_of.isoformat()
    files = [p for p in sorted((rooms.audit / _FOLDER).glob("[!.]*.parquet")) if p.stem < today]
    kept = [
        pl.read_parquet(file).with_columns(
            pl.lit(date.fromisoformat(file.stem)).alias("figures_as_of")
        )
        for file in files
    ]
    schema: dict[str, type[pl.DataType]] = {"figures_as_of": pl.Date, **RECORD}
    rows = pl.concat(kept, how="diagonal_relaxed") if kept else pl.DataFrame(schema=schema)
    # A file of an earlier version has the columns of then.
    missing = [pl.lit(None, kind).alias(c) for c, kind in schema.items() if c not in rows.columns]
    warehouse.load_frame(con, TABLE, rows.with_columns(missing).select(*schema))
