"""The warehouse: the one place that opens DuckDB.

A night builds in a file of its own and is published by two renames: the internal file first (every
schema, for plan runs), then the one that people read, written in a storage version that analysts'
older DuckDB opens, without the schemas `raw` and `restricted`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from tasks.errors import ConfigurationError, NotFound, ValidationFailed, WarehouseDamaged
from tasks.home import FIRST_NIGHT
from tasks.jsonlines import sync_folder
from tasks.settings import Rooms

if TYPE_CHECKING:
    import polars as pl

STORAGE_VERSION = "v1.2.0"
SCHEMAS = (
    "raw",
    "reference",
    "journal",
    "staging",
    "restricted",
    "closed",
    "mart",
    "quarantine",
    "audit",
)
# What people wrote in forms, figures about few persons, marts made of those, and refused rows.
CLOSED_SCHEMAS = ("raw", "journal", "restricted", "closed", "quarantine")
_OF_THIS_MACHINE = re.compile(r".*_at|night")
_OF_THE_FILE = (
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.SerializationException,
)
_QUERY_ONLY = {"enable_external_access": "false", "lock_configuration": "true"}


def open_build(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a night's own database file, made where missing, with every schema in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(str(path))
    # It has the restricted schemas in it, and so has the internal copy that it becomes.
    path.chmod(0o600)
    # A build that does not end is thrown away, and `publish` syncs one that does.
    con.execute("set fsync_mode = 'NONE'")
    for schema in SCHEMAS:
        con.execute(f'create schema if not exists "{schema}"')
    return con


def write_parquet(frame: pl.DataFrame, file: Path) -> None:
    """Write a parsed frame as `load_parquet` reads it: quick to write, kept until parsed anew."""
    frame.write_parquet(file, compression="lz4", statistics=False)


def load_parquet(con: duckdb.DuckDBPyConnection, dataset: str, folder: Path) -> list[str]:
    """Load a parsed snapshot: `rows.parquet` to `raw.<dataset>`, others to `raw.<dataset>_<stem>`.

    Tables of an earlier vintage that this one does not have are dropped.

    Returns:
        The names of the tables, schema included.
    """
    drop_raw(con, dataset)
    made = []
    for file in sorted(folder.glob("*.parquet")):
        name = dataset if file.stem == "rows" else f"{dataset}_{file.stem}"
        con.execute(
            f'create or replace table raw."{name}" as select * from read_parquet(?)', [str(file)]
        )
        con.execute(f'comment on table raw."{name}" is {_literal(dataset)}')
        made.append(f"raw.{name}")
    return made


def load_vintages(
    con: duckdb.DuckDBPyConnection, dataset: str, vintages: Sequence[tuple[date, Path]]
) -> None:
    """Load every vintage of a dataset beside the newest, each row under the date it landed.

    `rows.parquet` becomes `raw.<dataset>_vintages`, others `raw.<dataset>_<stem>_vintages`, with a
    column `vintage`. To be called after `load_parquet`, which drops the tables of earlier nights.
    """
    for stem in sorted({file.stem for _, folder in vintages for file in folder.glob("*.parquet")}):
        name = f"{dataset}_vintages" if stem == "rows" else f"{dataset}_{stem}_vintages"
        files = [(day, folder / f"{stem}.parquet") for day, folder in vintages]
        there = [(day, file) for day, file in files if file.is_file()]
        one = "select cast(? as date) as vintage, * from read_parquet(?)"
        con.execute(
            f'create or replace table raw."{name}" as '
            + " union all by name ".join([one] * len(there)),
            [value for day, file in there for value in (day.isoformat(), str(file))],
        )
        con.execute(f'comment on table raw."{name}" is {_literal(dataset)}')


def load_empty(
    con: duckdb.DuckDBPyConnection, dataset: str, frames: Mapping[str, pl.DataFrame]
) -> None:
    """Make the raw tables of a dataset that is not delivered yet, named as `load_parquet` does."""
    drop_raw(con, dataset)
    for stem, frame in frames.items():
        name = dataset if stem == "rows" else f"{dataset}_{stem}"
        load_frame(con, f"raw.{name}", frame)
        con.execute(f'comment on table raw."{name}" is {_literal(dataset)}')


def drop_raw(con: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """Drop what `load_parquet` made of a dataset."""
    found = con.execute(
        "select table_name from duckdb_tables() where database_name = current_database() "
        "and schema_name = 'raw' and comment = ?",
        [dataset],
    ).fetchall()
    for (name,) in found:
        con.execute(f'drop table raw."{name}"')


def load_reference(con: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    """Load every `*.csv` of a folder to `reference.<stem>`, all columns text, empty cells null.

    The delimiter is `;` where the first line has one (Excel's Norwegian CSV), otherwise `,`.

    Raises:
        ConfigurationError: a file cannot be read as CSV, with DuckDB's own words.
    """
    made = []
    for file in sorted(folder.glob("*.csv")):
        try:
            with file.open(encoding="utf-8-sig") as lines:
                delimiter = ";" if ";" in next(lines, "") else ","
                for _ in lines:
                    pass
        except UnicodeDecodeError as error:
            raise ConfigurationError(
                subject=str(file),
                expected="en CSV-fil i UTF-8",
                got="andre tegn",
                remedy="lagre den som «CSV UTF-8» i Excel",
            ) from error
        try:
            con.execute(
                f'create or replace table reference."{file.stem}" as select * from read_csv('
                "?, all_varchar = true, header = true, delim = ?, quote = '\"', escape = '\"')",
                [str(file), delimiter],
            )
        except duckdb.Error as error:
            raise ConfigurationError(
                subject=str(file),
                expected=f"en CSV-fil med overskrift og skilletegn «{delimiter}»",
                got=str(error),
                remedy="rett opp filen",
            ) from error
        made.append(f"reference.{file.stem}")
    return made


def load_night(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Make `reference.night`, one row: `as_of`, the Oslo date that SQL must take for today."""
    con.execute("create or replace table reference.night as select ?::date as as_of", [as_of])


def tables(con: duckdb.DuckDBPyConnection, schemas: Sequence[str] = SCHEMAS) -> list[str]:
    """All tables of the given schemas, `schema.name`, in order of name."""
    found = con.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where database_name = current_database() and list_contains(?, schema_name) order by 1",
        [list(schemas)],
    ).fetchall()
    return [name for (name,) in found]


def columns(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The columns of a table, in order; none where there is no such table."""
    # Asking the catalogue goes through all of it, each time.
    try:
        found = con.execute(f"from {quote(table)} limit 0").description
    except duckdb.CatalogException:
        return []
    return [column[0] for column in found or ()]


def column_types(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """The columns of a table with DuckDB's names of their types, in order."""
    described = con.execute(f"from {quote(table)} limit 0").description or ()
    return {column[0]: str(column[1]) for column in described}


def has(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether there is such a table."""
    return bool(columns(con, table))


def add_columns(con: duckdb.DuckDBPyConnection, table: str, values: Mapping[str, object]) -> None:
    """Put columns behind those of a table, the same value in every row; ones it has are left."""
    there = set(columns(con, table))
    for column, value in values.items():
        if column not in there:
            kind = "date" if isinstance(value, date) else "varchar"
            default = "null" if value is None else f"{_literal(value)}::{kind}"
            con.execute(
                f'alter table {quote(table)} add column "{column}" {kind} default {default}'
            )


def in_memory() -> duckdb.DuckDBPyConnection:
    """An empty database of its own, for DuckDB's parser and for arithmetic that is not kept."""
    return duckdb.connect()


def beside(path: Path) -> duckdb.DuckDBPyConnection:
    """An empty database in memory with every schema, and a finished file attached as `published`.

    Raises:
        NotFound: there is no such file.
        WarehouseDamaged: it is no database that can be opened.
    """
    connect_read_only(path).close()
    con = in_memory()
    con.execute(f"attach {_literal(str(path))} as published (read_only)")
    for schema in SCHEMAS:
        con.execute(f'create schema if not exists "{schema}"')
    return con


def show_published(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Let a table of the attached file be read under its own name, where the file has it."""
    schema, _, name = table.partition(".")
    there = con.execute(
        "select count(*) from duckdb_tables() where database_name = 'published' "
        "and schema_name = ? and table_name = ?",
        [schema, name],
    ).fetchall()
    if there[0][0]:
        con.execute(f"create view {quote(table)} as from published.{quote(table)}")


def one_thread(con: duckdb.DuckDBPyConnection) -> None:
    """Give up threads where the result must not depend on them.

    The order of rows, and with it sums of doubles and samples of rows, is then the same each time.
    """
    con.execute("set threads = 1")


def first_rows(con: duckdb.DuckDBPyConnection, query: str, number: int) -> list[dict[str, Any]]:
    """The first rows of a query, by column name."""
    found = con.execute(f"select * from ({query.strip().rstrip(';')}) limit {number}")
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def frame(
    con: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] = ()
) -> pl.DataFrame:
    """The whole result of a query, for arithmetic on small tables that SQL does not say well."""
    found: pl.DataFrame = con.sql(query, params=list(parameters) or None).pl()
    return found


def load_frame(con: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Make a table anew from a frame."""
    con.register("_frame", frame)
    try:
        con.execute(f"create or replace table {quote(table)} as select * from _frame")
    finally:
        con.unregister("_frame")


def append_frame(con: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Add rows to a table; columns that the frame does not have are null in them."""
    con.register("_frame", frame)
    try:
        con.execute(f"insert into {quote(table)} by name select * from _frame")
    finally:
        con.unregister("_frame")


def publish(
    con: duckdb.DuckDBPyConnection,
    build: Path,
    rooms: Rooms,
    announce: Callable[[list[Path]], None] = lambda _: None,
) -> None:
    """Put a built night in place of the published one; closes the connection.

    The public copy is written beside the target, checked by reading it back, and only then do two
    renames happen: the internal file, then the one that people read. A crash before the last
    rename leaves that one as it was.

    Args:
        con: The build's connection.
        build: Its file, which becomes the internal one.
        rooms: Where to publish.
        announce: Is told of both files, whole and on disk, before anything is renamed.

    Raises:
        ValidationFailed: the copy does not hold the rows that the build has.
    """
    rooms.warehouse.parent.mkdir(parents=True, exist_ok=True)
    public = public_copy(build)
    public.unlink(missing_ok=True)
    published = [s for s in SCHEMAS if s not in CLOSED_SCHEMAS]
    con.execute("reset threads")
    counts = _copy_out(con, public, tables(con, published))
    con.execute("checkpoint")
    con.close()
    _check_copy(public, counts)
    for file in (build, public):
        _sync_file(file)
    announce([build, public])
    build.replace(internal(rooms))
    public.replace(rooms.warehouse)
    sync_folder(rooms.warehouse.parent)


def public_copy(build: Path) -> Path:
    """What becomes the published file, beside the build that it is copied from."""
    return build.with_suffix(".public.duckdb")


def internal(rooms: Rooms) -> Path:
    """The published night with every schema: what a plan run may read."""
    return rooms.warehouse.with_name("internal.duckdb")


def _copy_out(con: duckdb.DuckDBPyConnection, target: Path, names: list[str]) -> dict[str, int]:
    """Copy tables to a file of the older storage version, and count the rows of each."""
    con.execute(f"attach {_literal(target)} as public_copy (storage_version '{STORAGE_VERSION}')")
    try:
        for schema in sorted({name.partition(".")[0] for name in names}):
            con.execute(f'create schema public_copy."{schema}"')
        counts = {}
        for name in names:
            quoted = quote(name)
            con.execute(f"create table public_copy.{quoted} as select * from {quoted}")
            counts[name] = _count(con, quoted)
        con.execute("checkpoint public_copy")
    finally:
        con.execute("detach public_copy")
    return counts


def _check_copy(path: Path, counts: dict[str, int]) -> None:
    with duckdb.connect(str(path), read_only=True) as copy:
        found = {name: _count(copy, quote(name)) for name in tables(copy)}
    if found != counts:
        wrong = {n for n in counts.keys() | found.keys() if counts.get(n) != found.get(n)}
        raise ValidationFailed(
            subject=str(path),
            expected="samme tabeller og radtall i kopien som i bygget",
            got=", ".join(f"{n}: {found.get(n)} mot {counts.get(n)}" for n in sorted(wrong)),
            remedy="kontroller ledig diskplass og kjør natten igjen; gårsdagens kopi står urørt",
        )


def connect_published(rooms: Rooms) -> duckdb.DuckDBPyConnection:
    """Open what people read, safe for SQL that a user typed: it can read nothing else.

    Raises:
        NotFound: no night has been published yet.
    """
    return connect_read_only(rooms.warehouse)


def connect_internal(rooms: Rooms) -> duckdb.DuckDBPyConnection:
    """Open the published night with its restricted schemas, read only, for a plan run.

    Raises:
        NotFound: no night has been published yet.
    """
    return connect_read_only(internal(rooms))


def connect_to_check(rooms: Rooms) -> duckdb.DuckDBPyConnection:
    """Open the published night with every schema, read only, for suites to be run on.

    Suites set the schema that they look in, which `connect_internal` does not let anyone do.

    Raises:
        NotFound: no night has been published yet.
    """
    return _open_finished(internal(rooms), {"enable_external_access": "false"})


def refuse_two_nights(rooms: Rooms) -> None:
    """Refuse to read both files where a night was killed between publishing one and the other.

    Raises:
        NotFound: they are not of one night.
    """
    found = []
    for file in (internal(rooms), rooms.warehouse):
        with connect_read_only(file) as con:
            found += con.execute("select night from audit.night").fetchall()
    if found[0] != found[1]:
        raise NotFound(
            subject=str(rooms.warehouse.parent),
            expected="to filer fra samme natt",
            got="én fra en natt som publiserer eller ble avbrutt, og én fra natten før",
            remedy="kjør «tilbudsplan build» om ingen natt er i gang, og prøv igjen",
        )


def connect_read_only(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a finished warehouse file, with nothing else of the machine within reach.

    Raises:
        NotFound: there is no such file.
        WarehouseDamaged: it is no database that can be opened.
    """
    return _open_finished(path, _QUERY_ONLY)


def _open_finished(path: Path, config: Mapping[str, str]) -> duckdb.DuckDBPyConnection:
    if not path.is_file():
        raise NotFound(
            subject=str(path),
            expected="et publisert varehus",
            got="ingen fil",
            remedy=FIRST_NIGHT,
        )
    try:
        return duckdb.connect(str(path), read_only=True, config=dict(config))
    except duckdb.Error as error:
        raise damaged(path) from error


def tells_of_damage(error: Exception) -> bool:
    """Whether DuckDB stumbled over the file, and not over what it was asked."""
    return isinstance(error, _OF_THE_FILE)


def damaged(path: Path) -> WarehouseDamaged:
    """The refusal of a finished file that cannot be read."""
    return WarehouseDamaged(
        subject=str(path),
        expected="en database som kan leses",
        got="en ødelagt fil",
        remedy=rebuilt_by(path),
    )


def rebuilt_by(path: Path) -> str:
    """What makes a damaged file anew: a rebuilt night's name is its date."""
    if path.parent.name == "asof":
        return f"kjør «tilbudsplan ingest --as-of {path.stem}»"
    return (
        "kjør «tilbudsplan build»: det bygger filen på nytt av det som er hentet og ført, og "
        "ingenting går tapt; neste natt gjør det også"
    )


def canonical_export(database: Path, folder: Path) -> dict[str, str]:
    """Write every table of the open schemas as CSV that is equal where the data are equal.

    Rows are sorted by all columns and doubles written so that they read back exactly. Of `audit`,
    columns that end in `_at` and the column `night` tell when this machine did something and what
    it called it, not what the figures are, and are left out; so are tables that end in `_by_night`,
    which are about other nights.

    Args:
        database: A published file, or a rebuilt one of `asof/`.
        folder: Gets one `<schema>.<table>.csv` a table.

    Returns:
        SHA-256 of each file, by table name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    hashes = {}
    with duckdb.connect(str(database), read_only=True) as con:
        for name in tables(con, [s for s in SCHEMAS if s not in CLOSED_SCHEMAS]):
            if name.startswith("audit.") and name.endswith("_by_night"):
                continue
            kept = [
                f'"{column}"'
                for column in columns(con, name)
                if not (name.startswith("audit.") and _OF_THIS_MACHINE.fullmatch(column))
            ]
            file = folder / f"{name}.csv"
            con.execute(
                f"copy (select {', '.join(kept) or 'count(*)'} from {quote(name)} order by all) "
                "to $file (format csv, header true, force_quote *)",
                {"file": str(file)},
            )
            hashes[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return hashes


def quote(table: str) -> str:
    """`schema.name` as SQL identifiers."""
    schema, _, name = table.partition(".")
    return f'"{schema}"."{name}"'


def _literal(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _count(con: duckdb.DuckDBPyConnection, quoted: str) -> int:
    # Read to the end: a half-read result keeps its connection busy.
    return int(con.execute(f"select count(*) from {quoted}").fetchall()[0][0])


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
