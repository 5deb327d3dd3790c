"""What the suites gave night by night: one small file a night, and a table of all of them.

A night's database is made anew from landing and knows that night alone. `<home>/audit/<date>/`
keeps what it found, so that anyone can see since when an expectation fails. A date that is run
again replaces its file.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tasks import warehouse
from tasks.jsonlines import sync_folder

if TYPE_CHECKING:
    import duckdb

TABLE = "audit.validation_by_night"
_FILE = "validation.parquet"
# Of a snapshot that is held back the failures stand in `audit.quarantine`: what the table holds
# now is its last good vintage, which may well pass.
_TONIGHT = """
    select ?::date as as_of, table_name, "key", severity, success, unexpected_count, false as held
    from audit.validation
    union all by name
    select
        ?::date as as_of,
        table_name,
        "key",
        'block' as severity,
        false as success,
        max(unexpected_count) as unexpected_count,
        true as held
    from audit.quarantine
    where "key" != ''
    group by table_name, "key"
"""


def write(con: duckdb.DuckDBPyConnection, folder: Path, as_of: date) -> None:
    """Make `audit.validation_by_night` of this night and the kept ones before it.

    Grain: one row per night, table, expectation (`key`) and whether it is of a snapshot that is
    held back.

    Args:
        con: The build's connection; the other audit tables of validation are there.
        folder: Where nights are kept, `<home>/audit`.
        as_of: Oslo date of the night.
    """
    earlier = [
        file for file in sorted(folder.glob(f"*/{_FILE}")) if file.parent.name < as_of.isoformat()
    ]
    query = f"create or replace table {TABLE} as ({_TONIGHT})"
    dates = [as_of.isoformat()] * 2
    if earlier:
        query += " union all by name from read_parquet(?)"
    con.execute(
        f'{query} order by as_of, table_name, "key", held',
        [*dates, [str(file) for file in earlier]] if earlier else dates,
    )


def keep(con: duckdb.DuckDBPyConnection, folder: Path, as_of: date) -> None:
    """Keep this night's part of the table for the nights to come."""
    room = folder / as_of.isoformat()
    room.mkdir(parents=True, exist_ok=True)
    tonight = warehouse.frame(con, f"from {TABLE} where as_of = ? order by all", [as_of])
    temporary = room / f".{_FILE}"
    warehouse.write_parquet(tonight, temporary)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(room / _FILE)
    sync_folder(room)
