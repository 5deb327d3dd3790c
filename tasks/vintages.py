"""Tables as they were known: one version for every vintage of the figures that they stand on.

A rebuilt night (`tasks/rebuild.py`) is a night in whole, under its own rules. A backtest asks for
one table over many nights, under today's rules: only the figures in question are of then. So the
landed bytes of each vintage are parsed and staged by today's code, and everything else (borders,
code lists) is that of the published night.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tasks import nights, transform, warehouse
from tasks.errors import NotFound, TilbudsplanError
from tasks.intake import Night, parse_snapshot
from tasks.journal import Journal
from tasks.settings import Project, Settings
from tasks.transform import Table

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Vintages:
    """A table of all vintages.

    Attributes:
        rows: The table's rows and `known_from`, the Oslo date of the first night on them.
        left_out: Dates of vintages that can no longer be read, and why.
    """

    rows: pl.DataFrame
    left_out: dict[date, str]


def of_table(
    settings: Settings, name: str, datasets: Sequence[str], project: Project | None = None
) -> Vintages:
    """Every version of a table that vintages of some datasets give.

    Args:
        settings: The installation.
        name: The table, `schema.table` of `sql/`.
        datasets: The datasets whose vintages matter; others stand as published.
        project: Catalogue and SQL.

    Raises:
        NotFound: No night has been published, or none of the vintages can be read.
    """
    project = project or Project()
    journal = Journal(settings.rooms.journal)
    built = nights.by_date(journal)
    if not built:
        raise NotFound(
            subject=f"årganger av {name}",
            expected="minst én natt i journalen",
            got="ingen",
            remedy="kjør «tilbudsplan ingest» først",
        )
    night = _night(settings, project, built[max(built)])
    tables = {table.name: table for table in transform.read_project(project.sql)}
    below = transform.lineage(tables, name)
    parts: list[pl.DataFrame] = []
    left_out: dict[date, str] = {}
    for day, stood in stand(built, datasets):
        try:
            folders = {d: parse_snapshot(night, d, s) for d, s in stood.items() if s}
            parts.append(_version(settings, tables, below, folders, day))
        except TilbudsplanError as error:
            left_out[day] = str(error)
    if not parts:
        raise NotFound(
            subject=f"årganger av {name}",
            expected="minst én årgang som kan leses",
            got="; ".join(left_out.values()) or "ingen",
            remedy="kjør «tilbudsplan ingest»; data/reference/retention.toml sier hva som ryddes",
        )
    return Vintages(pl.concat(parts, how="diagonal_relaxed"), left_out)


def stand(
    built: dict[date, dict[str, Any]], datasets: Sequence[str]
) -> list[tuple[date, dict[str, str | None]]]:
    """What the datasets stood on together, with the first date of each combination, oldest first.

    A combination that came back is not listed twice. Nights before all of them were there are left
    out.
    """
    seen: dict[tuple[str | None, ...], date] = {}
    for day, record in sorted(built.items()):
        chosen = record["vintages"]
        key = tuple(chosen.get(d, {}).get("snapshot") for d in datasets)
        if all(key):
            seen.setdefault(key, day)
    return [(day, dict(zip(datasets, key, strict=True))) for key, day in seen.items()]


def _night(settings: Settings, project: Project, record: dict[str, Any]) -> Night:
    """The last night, but with the catalogue and SQL of today."""
    return Night(
        id=record["night"],
        as_of=date.fromisoformat(record["as_of"]),
        rooms=settings.rooms,
        project=project,
        project_snapshot=record["project"],
        profile=settings.profile,
        source_server=settings.source_server,
    )


def _version(
    settings: Settings,
    tables: dict[str, Table],
    below: Sequence[str],
    folders: dict[str, Path],
    day: date,
) -> pl.DataFrame:
    """The table as one vintage gives it."""
    con = warehouse.beside(warehouse.internal(settings.rooms))
    try:
        raw = list(
            itertools.chain.from_iterable(
                warehouse.load_parquet(con, dataset, folder) for dataset, folder in folders.items()
            )
        )
        made = {t.name for t in transform.readers(tables.values(), raw)}.intersection(below)
        _take_over(con, [n for n in below if n not in made and n not in raw])
        for table in tables.values():
            if table.name in made:
                transform.build(con, table)
        name = below[0]
        rows = warehouse.frame(con, f"select * from {warehouse.quote(name)} order by all")
        return rows.with_columns(pl.lit(day).alias("known_from"))
    finally:
        con.close()


def _take_over(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """Views of the published night's tables, under their own names."""
    for name in names:
        warehouse.show_published(con, name)
