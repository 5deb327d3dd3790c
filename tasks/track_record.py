"""What backtests gave, kept night by night, and tables of them and of how decisions went.

`<home>/audit/track_record/<date>.parquet` holds what the backtest of the night of that date gave,
`scaling-<date>.parquet` what intervals are to be stretched by, `classes-<date>.parquet` how often
classes of change came true, `<date>.json` what made them. They
are few and small, and are not cleared away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tasks import warehouse
from tasks.cycle import outcomes
from tasks.forecast.evaluation.record import CLASS_HITS, RECORD, SCALING
from tasks.journal import Journal
from tasks.jsonlines import sync_folder
from tasks.settings import Rooms, oslo_date

if TYPE_CHECKING:
    import duckdb

TABLE = "audit.track_record"
SCALING_TABLE = "audit.interval_scaling"
CLASS_TABLE = "audit.class_hits"
DECISION_TABLE = "audit.decision_outcome"
SCHEMA_VERSION = 1
_FOLDER = "track_record"


def keep(
    rooms: Rooms,
    as_of: date,
    rows: pl.DataFrame,
    scaling: pl.DataFrame,
    class_hits: pl.DataFrame,
    manifest: dict[str, Any],
) -> Path:
    """Put a night's track record in place of the one there was; a kill leaves one or the other.

    Returns:
        The file of the rows.
    """
    folder = rooms.audit / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {"schema_version": SCHEMA_VERSION, **manifest}
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True).encode()
    file = folder / f"{as_of.isoformat()}.parquet"
    # The rows last: what the table is made of never lacks what tells of it.
    for target, write in (
        (file.with_suffix(".json"), lambda path: path.write_bytes(text)),
        (
            file.with_name(f"scaling-{file.name}"),
            lambda path: warehouse.write_parquet(scaling, path),
        ),
        (
            file.with_name(f"classes-{file.name}"),
            lambda path: warehouse.write_parquet(class_hits, path),
        ),
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
    """Make `audit.track_record` and the tables beside it of backtests of earlier nights.

    Grain: one row per backtest (`figures_as_of`), series, unit, model and horizon; of the scaling
    per backtest, series, model, horizon and size class; of the classes per backtest, series, model,
    horizon, announced class and class that came true. A night does not know of a backtest on its
    own figures: it is run afterwards, and a rebuild must not know either. Nor does it know of what
    was entered on its date: `audit.decision_outcome`, per cycle, count, measure, programme, level
    and region, is of the journal as it stood the day before.

    Args:
        con: The build's connection.
        rooms: Folders of the installation.
        as_of: Oslo date of the night.
    """
    for table, schema, prefix in (
        (TABLE, RECORD, ""),
        (SCALING_TABLE, SCALING, "scaling-"),
        (CLASS_TABLE, CLASS_HITS, "classes-"),
    ):
        warehouse.load_frame(con, table, _before(rooms, as_of, schema, prefix))
    entries = [e for e in Journal(rooms.journal).entries() if oslo_date(e.at) < as_of]
    decided = outcomes.frame(outcomes.of_journal(entries))
    warehouse.load_frame(con, DECISION_TABLE, decided)


def _before(
    rooms: Rooms, as_of: date, columns: Mapping[str, type[pl.DataType]], prefix: str
) -> pl.DataFrame:
    """The kept files of nights before a date, each under its own."""
    files = {
        file.stem.removeprefix(prefix): file
        for file in sorted((rooms.audit / _FOLDER).glob(f"{prefix}[0-9]*.parquet"))
    }
    kept = [
        pl.read_parquet(file).with_columns(pl.lit(date.fromisoformat(day)).alias("figures_as_of"))
        for day, file in files.items()
        if day < as_of.isoformat()
    ]
    schema: dict[str, type[pl.DataType]] = {"figures_as_of": pl.Date, **columns}
    rows = pl.concat(kept, how="diagonal_relaxed") if kept else pl.DataFrame(schema=schema)
    # A file of an earlier version has the columns of then.
    missing = [pl.lit(None, kind).alias(c) for c, kind in schema.items() if c not in rows.columns]
    return rows.with_columns(missing).select(*schema)
