"""Runs `sql/`: one file is one table, in the order that the files themselves give.

What a file reads is asked of DuckDB's own parser and held against the `Sources` line of its header,
so that the provenance a planner is shown is the one that was run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from tasks import disk, warehouse
from tasks.errors import ConfigurationError, SourceChanged, ValidationFailed

FOLDERS = {
    "staging": "staging",
    "restricted": "restricted",
    "closed": "closed",
    "marts": "mart",
}
_FIELDS = ("Grain", "Key", "Unit", "Sources")
# Title, Row, Users and Column are what a planner is told of a mart, in Norwegian.
_HEADER = re.compile(r"^--\s*(Grain|Key|Unit|Sources|Title|Row|Users|Column \w+):\s*(.*)$")
_COLUMN = "Column "
_BUILT = set(FOLDERS.values())


@dataclass(frozen=True)
class Table:
    """One SQL file and what its header says.

    Attributes:
        name: `schema.table`.
        sql: The file's text, one SELECT.
        grain: What one row is.
        key: Columns that together are unique.
        unit: The unit of its figures.
        sources: Tables that it reads, `schema.table`, in header order.
        title: What the table is called, in Norwegian; marts only, like the rest.
        row: What one row is, in Norwegian.
        users: Who uses it, and for what.
        columns: Definitions of the columns that `reference/column.csv` does not define.
    """

    name: str
    sql: str = field(repr=False)
    grain: str
    key: tuple[str, ...]
    unit: str
    sources: tuple[str, ...]
    title: str = ""
    row: str = ""
    users: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


def read_project(sql: Path) -> list[Table]:
    """Every table of `sql/`, sources before those that read them.

    Raises:
        ConfigurationError: all mistakes of all files together: a header that is missing or says
            something else than file name or SQL, SQL that does not parse, unknown tables, cycles.
    """
    problems: list[str] = []
    tables: dict[str, Table] = {}
    for folder, schema in FOLDERS.items():
        for file in sorted((sql / folder).glob("*.sql")):
            table = _read(file, f"{schema}.{file.stem}", problems)
            if table:
                tables[table.name] = table
    if not problems:
        problems += [
            f"{t.name}: leser {source}, som ingen fil i sql/ lager"
            for t in tables.values()
            for source in t.sources
            if source.partition(".")[0] in _BUILT and source not in tables
        ]
    try:
        order = list(TopologicalSorter({n: t.sources for n, t in tables.items()}).static_order())
    except CycleError as error:
        problems.append(f"tabeller som leser hverandre i ring: {' → '.join(error.args[1])}")
    if problems:
        raise ConfigurationError(
            subject=str(sql),
            expected="SQL-filer med riktig hode og kjente kilder",
            got="\n".join([f"{len(problems)} feil:", *(f"  - {line}" for line in problems)]),
            remedy="rett opp alle linjene over; docs/architecture.md viser hodet",
        )
    return [tables[name] for name in order if name in tables]


def build(
    con: duckdb.DuckDBPyConnection, table: Table, origin: Mapping[str, object] | None = None
) -> None:
    """Make one table anew and check its key.

    Args:
        con: The build's connection.
        table: What to make.
        origin: Columns to put behind its own, the same value in every row, where it has none of
            that name itself.

    Raises:
        SourceChanged: a staging table does not fit what the source gave, with DuckDB's words.
        ConfigurationError: another table's SQL fails.
        ValidationFailed: rows share a key; the first of them are shown.
    """
    try:
        con.execute(f"create or replace table {warehouse.quote(table.name)} as\n{table.sql}")
        warehouse.add_columns(con, table.name, origin or {})
        doubled = _doubled(con, table)
    except duckdb.Error as error:
        if disk.is_full(error):  # neither the source nor the SQL is to blame
            raise
        raise _refused(table, error) from error
    if doubled:
        raise ValidationFailed(
            subject=table.name,
            expected=f"én rad per {', '.join(table.key)}",
            got="flere rader for " + "; ".join(doubled),
            remedy="se på radene hos kilden, og rett SQL-filen eller nøkkelen i hodet",
        )


def drop(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Drop a table that cannot be trusted, where it exists."""
    con.execute(f"drop table if exists {warehouse.quote(name)}")


def readers(tables: Iterable[Table], changed: Iterable[str]) -> list[Table]:
    """The tables that read any of `changed`, directly or through others, in order."""
    touched, found = set(changed), []
    for table in tables:
        if table.name not in touched and touched.intersection(table.sources):
            touched.add(table.name)
            found.append(table)
    return found


def lineage(tables: Mapping[str, Table], name: str) -> list[str]:
    """Everything that a table stands on, itself first, each before what it reads itself."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop(0)
        if current not in found:
            found[current] = None
            waiting += tables[current].sources if current in tables else ()
    return list(found)


def _read(file: Path, name: str, problems: list[str]) -> Table | None:
    text = file.read_text(encoding="utf-8")
    title, header = _header(text)
    if title != name:
        problems.append(f"{file.name}: første linje er «{title}», ventet «-- {name}»")
    absent = [key for key in _FIELDS if not header.get(key)]
    if absent:
        problems.append(f"{file.name}: hodet mangler {', '.join(absent)}")
    try:
        reads = set(_tables_read(text))
    except ValueError as error:
        problems.append(f"{file.name}: {error}")
        return None
    sources = _listed(header.get("Sources", ""))
    if set(sources) != reads and not absent:
        problems.append(
            f"{file.name}: Sources sier {', '.join(sorted(sources))}, "
            f"men SQL-en leser {', '.join(sorted(reads))}"
        )
    return Table(
        name,
        text.rstrip().rstrip(";"),
        header.get("Grain", ""),
        _listed(header.get("Key", "")),
        header.get("Unit", ""),
        sources,
        header.get("Title", ""),
        header.get("Row", ""),
        header.get("Users", ""),
        {
            key.removeprefix(_COLUMN): definition
            for key, definition in header.items()
            if key.startswith(_COLUMN)
        },
    )


def _header(text: str) -> tuple[str, dict[str, str]]:
    """First line and fields of the leading comment; a further line goes on where one left off."""
    fields: dict[str, str] = {}
    current = ""
    lines = text.splitlines()
    for line in lines[1:]:
        if not line.startswith("--"):
            break
        match = _HEADER.match(line)
        if match:
            current = match[1]
            fields[current] = match[2].strip()
        elif current:
            fields[current] += " " + line.removeprefix("--").strip()
    return (lines[0].removeprefix("--").strip() if lines else ""), fields


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


@cache
def _tables_read(sql: str) -> tuple[str, ...]:
    """The qualified tables that a SELECT reads, from DuckDB's parser; unqualified ones are CTEs."""
    found = _parser().execute("select json_serialize_sql(?::varchar)", [sql]).fetchall()
    tables: set[str] = set()

    def seen(node: dict[str, Any]) -> dict[str, Any]:
        if node.get("type") == "BASE_TABLE" and node.get("schema_name"):
            tables.add(f"{node['schema_name']}.{node['table_name']}")
        return node

    tree = json.loads(found[0][0], object_hook=seen)
    if tree.get("error"):
        raise ValueError(f"er ikke én SELECT som DuckDB kan lese ({tree['error_message']})")
    if len(tree["statements"]) != 1:
        raise ValueError(f"har {len(tree['statements'])} setninger, ventet én SELECT")
    return tuple(sorted(tables))


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return warehouse.in_memory()


def _doubled(con: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    """Keys that more than one row has, the first five, with their number of rows."""
    key = ", ".join(f'"{column}"' for column in table.key)
    rows = con.execute(
        f"select {key}, count(*) from {warehouse.quote(table.name)} group by {key} "
        "having count(*) > 1 order by all limit 5"
    ).fetchall()
    return [f"({', '.join(str(v) for v in row[:-1])}): {row[-1]} rader" for row in rows]


def _refused(table: Table, error: duckdb.Error) -> SourceChanged | ConfigurationError:
    got = f"feilen «{str(error).strip()}»"
    if any(source.startswith("raw.") for source in table.sources):
        return SourceChanged(
            subject=table.name,
            expected="at kilden har kolonnene og verdiene som SQL-filen leser",
            got=got,
            remedy="sammenlign råtabellen med kilden, og rett SQL-filen om kilden er endret",
        )
    return ConfigurationError(
        subject=table.name, expected="SQL som lar seg kjøre", got=got, remedy="rett SQL-filen"
    )
