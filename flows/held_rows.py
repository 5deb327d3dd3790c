"""The rows that are held back, each beside what is published under the same key."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flows import show
from tasks import heads, warehouse

# Rows of these tables are about few people: they are counted, and not printed.
_ABOUT_PERSONS = ("restricted.", "closed.")
Row = dict[str, Any]


def stored(con: Any, held: Mapping[str, Any], number: int) -> list[Row]:
    """The first rows that are kept; none where they are about persons.

    Args:
        con: The night's internal file.
        held: A row of `audit.quarantine`.
        number: At most so many.
    """
    if held["table_name"].startswith(_ABOUT_PERSONS):
        return []
    found = con.execute(
        'select "row" from quarantine.row where dataset = ? and table_name = ? and "key" = ? '
        "order by position limit ?",
        [held["dataset"], held["table_name"], held["key"], number],
    ).fetchall()
    return [json.loads(text) for (text,) in found]


def published(con: Any, table: str, rows: Sequence[Row]) -> list[Row | None]:
    """What is published under the key of each row; None where nothing is, or it has no key.

    Args:
        con: The night's internal file.
        table: `schema.table`.
        rows: Rows that are held back.
    """
    key = _key(con, table)
    if not rows or not key or not all(set(key) <= row.keys() for row in rows):
        return [None] * len(rows)
    told = " || chr(31) || ".join(f"coalesce(\"{column}\"::varchar, '')" for column in key)
    found = con.execute(
        f"select {told}, to_json(there) from {warehouse.quote(table)} as there "
        f"where {told} in (select unnest(?))",
        [[_told(row, key) for row in rows]],
    ).fetchall()
    there = {of: json.loads(text) for of, text in reversed(found)}
    return [there.get(_told(row, key)) for row in rows]


def printed(held: Mapping[str, Any], rows: Sequence[Row], beside: Sequence[Row | None]) -> None:
    """Print the rows that are held back, and beside each value that differs the published one."""
    if not rows:
        if held["rows_stored"]:
            show.line("Radene gjelder personer og vises ikke.")
        return
    columns: list[str] = []
    values: list[list[Any]] = [[] for _ in rows]
    for column in rows[0]:
        columns.append(heads.head(column))
        for into, row in zip(values, rows, strict=True):
            into.append(row.get(column))
        if _differs(column, rows, beside):
            columns.append(f"{heads.head(column)} (publisert)")
            for into, known in zip(values, beside, strict=True):
                into.append(known.get(column) if known else None)
    show.as_table(columns, values)
    if (held["unexpected_count"] or 0) > len(rows):
        show.line(
            f"Viser {len(rows)} av {held['unexpected_count']}; "
            f"{held['rows_stored']} er tatt vare på (--limit, --json)."
        )


def _differs(column: str, rows: Sequence[Row], beside: Sequence[Row | None]) -> bool:
    pairs = zip(rows, beside, strict=True)
    return any(
        known is not None and column in known and known[column] != row.get(column)
        for row, known in pairs
    )


def _key(con: Any, table: str) -> list[str]:
    """The key of a table as its SQL file says; none of one that is not built."""
    if not warehouse.has(con, table) or "key" not in warehouse.columns(con, "audit.table"):
        return []
    found = con.execute('select "key" from audit.table where table_name = ?', [table]).fetchall()
    named = [name.strip() for (text,) in found for name in (text or "").split(",")]
    return named if set(named) <= set(warehouse.columns(con, table)) else []


def _told(row: Row, key: Sequence[str]) -> str:
    """The key of a row as DuckDB writes its parts as text."""
    parts = (row[column] for column in key)
    return "\x1f".join(
        "" if part is None else str(part).lower() if isinstance(part, bool) else str(part)
        for part in parts
    )
