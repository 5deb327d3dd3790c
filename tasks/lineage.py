"""Where a figure of a mart comes from, from its definition down to the request that fetched it.

Everything is read from what a night published about itself (`audit.table`, `audit.column`,
`audit.vintage`) and from landing's manifests.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import duckdb

from tasks import sql_errors, warehouse
from tasks.errors import NotFound, WrongUse
from tasks.landing import Landing

if TYPE_CHECKING:
    from tasks.settings import Rooms

SCHEMA = "mart."
# Rows and requests that are shown of what may be thousands.
ROWS_SHOWN, REQUESTS_SHOWN = 20, 3


@dataclass(frozen=True)
class Vintage:
    """The snapshot of a dataset that a table stands on.

    Attributes:
        facts: The dataset's row of `audit.vintage`.
        requests: What was asked of the source, the first of them.
        more: How many further requests there were.
    """

    facts: dict[str, Any]
    requests: tuple[str, ...]
    more: int


@dataclass(frozen=True)
class Source:
    """A table that another stands on.

    Attributes:
        name: `schema.table`.
        depth: 1 for what the table reads itself, 2 for what that reads, and so on.
        again: Shown before with all that it stands on.
        vintages: For a raw table, the dataset it was loaded from.
        rows: Rows of it that fit the condition; None where it has not the columns for it.
    """

    name: str
    depth: int
    again: bool = False
    vintages: tuple[Vintage, ...] = ()
    rows: int | None = None


@dataclass(frozen=True)
class Explanation:
    """A mart, or one of its columns, explained.

    Attributes:
        table: `mart.<name>`.
        facts: Its row of `audit.table`.
        columns: Definitions of the columns asked for, by name.
        sources: What it stands on, in the order of a tree.
        header: Column names of `rows`.
        rows: The first rows that fit the condition.
    """

    table: str
    facts: dict[str, Any]
    columns: dict[str, str | None]
    sources: list[Source]
    header: list[str] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)


def explain(rooms: Rooms, subject: str, where: str | None = None) -> Explanation:
    """Explain a mart or one of its columns.

    Args:
        rooms: The installation.
        subject: `[mart.]<table>` or `[mart.]<table>.<column>`.
        where: An SQL condition on the mart; the same condition is tried on every table below it
            that is published.

    Raises:
        NotFound: no such mart or column, or no night has been published.
        WrongUse: DuckDB does not understand the condition.
    """
    with warehouse.connect_published(rooms) as con:
        tables = {row["table_name"]: row for row in _records(con, "from audit.table")}
        table, column = _chosen(con, tables, subject)
        columns = {
            row["column_name"]: row["definition"]
            for row in _records(
                con, "from audit.column where table_name = ? order by position", [table]
            )
            if column in {None, row["column_name"]}
        }
        header, rows = _rows(con, table, column, where) if where else ([], [])
        sources = _tree(con, Landing(rooms.landing), tables, table, where)
    return Explanation(table, tables[table], columns, sources, header, rows)


def _chosen(
    con: duckdb.DuckDBPyConnection, tables: dict[str, dict[str, Any]], subject: str
) -> tuple[str, str | None]:
    """The mart and, where one is named, its column."""
    parts = subject.removeprefix(SCHEMA).split(".")
    table, column = SCHEMA + parts[0], ".".join(parts[1:]) or None
    marts = [name for name in tables if name.startswith(SCHEMA) and not tables[name]["skipped"]]
    if subject.startswith(("staging.", "audit.", "reference.")):
        raise NotFound(
            subject=subject,
            expected="en tabell i mart",
            got="en annen",
            remedy=f"«tilbudsplan query 'describe {subject}'» viser kolonnene",
        )
    if table not in marts:
        raise _unknown("en publisert tabell i mart", table, marts, "«tilbudsplan query»")
    known = warehouse.columns(con, table)
    if column is not None and column not in known:
        raise _unknown(f"en kolonne i {table}", column, known, f"«tilbudsplan explain {table}»")
    return table, column


def _unknown(what: str, got: str, known: list[str], where: str) -> NotFound:
    near = get_close_matches(got, known, n=1)
    guess = f"mente du «{near[0]}»? " if near else ""
    return NotFound(
        subject=got, expected=what, got="et ukjent navn", remedy=f"{guess}{where} viser dem"
    )


def _rows(
    con: duckdb.DuckDBPyConnection, table: str, column: str | None, where: str
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The first rows that fit; of one column, beside the columns of the key."""
    shown = "*"
    if column is not None:
        key = con.execute("select key from audit.table where table_name = ?", [table]).fetchall()
        names = [*dict.fromkeys([*key[0][0].split(", "), column, "source"])]
        shown = ", ".join(f'"{name}"' for name in names)
    try:
        found = con.execute(
            f"select {shown} from {warehouse.quote(table)} where ({where}) "
            f"order by all limit {ROWS_SHOWN}"
        )
        return [name[0] for name in found.description or ()], found.fetchall()
    except duckdb.Error as error:
        wrong, _, engine = sql_errors.told(error)
        raise WrongUse(
            subject="--where",
            expected=f"et vilkår på kolonnene i {table}, som «year = 2025»",
            got=wrong,
            remedy=f"«tilbudsplan explain {table}» viser kolonnene{engine}",
        ) from error


def _tree(
    con: duckdb.DuckDBPyConnection,
    landing: Landing,
    tables: dict[str, dict[str, Any]],
    table: str,
    where: str | None,
) -> list[Source]:
    vintages = {row["dataset"]: row for row in _records(con, "from audit.vintage")}
    published = set(warehouse.tables(con))
    found: list[Source] = []
    seen: set[str] = set()

    def walk(name: str, depth: int) -> None:
        for source in tables[name]["sources"].split(", "):
            rows = _count(con, source, where) if where and source in published else None
            dataset = dataset_of(source, vintages)
            again = (dataset or source) in seen and (dataset is not None or source in tables)
            new = dataset if dataset and not again else None
            stands_on = (_vintage(landing, vintages[new]),) if new else ()
            found.append(Source(source, depth, again, stands_on, rows))
            seen.add(dataset or source)
            if source in tables and not again:
                walk(source, depth + 1)

    walk(table, 1)
    return found


def dataset_of(source: str, vintages: Collection[str]) -> str | None:
    """The dataset of a raw table; some have further ones, `raw.<dataset>_<part>`."""
    name = source.removeprefix("raw.")
    fitting = [known for known in vintages if name == known or name.startswith(f"{known}_")]
    return max(fitting, key=len) if fitting and source != name else None


def _vintage(landing: Landing, facts: dict[str, Any]) -> Vintage:
    if facts["snapshot"] is None:
        return Vintage(facts, (), 0)
    parts = landing.get(facts["dataset"], facts["snapshot"]).parts
    asked = [f"{part.method} {part.url}{_body(part.body)}" for part in parts]
    return Vintage(facts, tuple(asked[:REQUESTS_SHOWN]), max(0, len(asked) - REQUESTS_SHOWN))


def _body(body: str | None) -> str:
    return f" {body}" if body else ""


def _count(con: duckdb.DuckDBPyConnection, source: str, where: str) -> int | None:
    try:
        found = con.execute(
            f"select count(*) from {warehouse.quote(source)} where ({where})"
        ).fetchall()
    except duckdb.Error:
        return None  # it has not the columns that the condition names
    return int(found[0][0])


def _records(
    con: duckdb.DuckDBPyConnection, query: str, parameters: list[object] | None = None
) -> list[dict[str, Any]]:
    found = con.execute(query, parameters or [])
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
