"""The tables of `audit`: what a night stands on, what was checked, and how each table is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from tasks import dates, persons, quality, quarantine, warehouse
from tasks.alerts import Finding
from tasks.assembly import AWAITED, Assembly, Vintage
from tasks.catalogue import Dataset
from tasks.landing import Landing, Snapshot
from tasks.quarantine import DROPPED, Held
from tasks.settings import oslo_date

if TYPE_CHECKING:
    import duckdb

_VINTAGE: dict[str, type[pl.DataType]] = {
    "dataset": pl.String,
    "title": pl.String,
    "source_table": pl.String,
    "publisher": pl.String,
    "licence": pl.String,
    "table_name": pl.String,
    "snapshot": pl.String,
    "as_of": pl.Date,
    "landed_at": pl.Datetime,
    "source_updated": pl.Datetime,
    "stale": pl.Boolean,
    "stale_reason": pl.String,
    "constructed": pl.Boolean,
    "awaited": pl.Boolean,
    "rejected": pl.String,
    "verdict": pl.String,
}
_TABLE = {
    "table_name": pl.String,
    "grain": pl.String,
    "key": pl.String,
    "unit": pl.String,
    "sources": pl.String,
    "skipped": pl.String,
    "title": pl.String,
    "row_is": pl.String,
    "users": pl.String,
}
DICTIONARY = "reference.column"
_COLUMN = {
    "table_name": pl.String,
    "position": pl.Int64,
    "column_name": pl.String,
    "definition": pl.String,
}


def write(night: Assembly, landing: Landing, night_id: str, profile: str) -> list[Finding]:
    """Write the audit tables of a built night.

    - `audit.night`: one row; id, as_of, profile.
    - `audit.vintage`: one row per dataset; the snapshot it stands on, its age, why it is stale,
      whether it is awaited, which newer snapshot is held back, and what a person said of it.
    - `audit.validation`: one row per expectation.
    - `audit.quarantine`: one row per snapshot that is held back and expectation that it breaks.
    - `audit.table`: one row per SQL file; its header, and why it was skipped.
    - `audit.column`: one row per column of a mart; what it means.

    Returns:
        What somebody must look at.
    """
    con = night.con
    rows, found = [], []
    for dataset in night.catalogue:
        vintage = night.vintages[dataset.id]
        landed = landing.get(dataset.id, vintage.snapshot) if vintage.snapshot else None
        on = night.landed_on(dataset.id, landed.snapshot) if landed else None
        late = _too_old(dataset, landed, on, night.as_of)
        rows.append(_vintage_row(night, dataset, vintage, landed, on, late))
        found += _findings(night, dataset, vintage, late)
    _write(con, "audit.vintage", rows, _VINTAGE)
    quality.store(con, [r for table in sorted(night.results) for r in night.results[table]])
    quarantine.write(con, _held(night), night.verdicts)
    _write(
        con,
        "audit.table",
        [
            [
                t.name,
                t.grain,
                ", ".join(t.key),
                t.unit,
                ", ".join(t.sources),
                night.skipped.get(t.name),
                t.title or None,
                t.row or None,
                t.users or None,
            ]
            for t in sorted(night.tables, key=lambda table: table.name)
        ],
        _TABLE,
    )
    _write(con, "audit.column", _columns(night), _COLUMN)
    _write(
        con,
        "audit.night",
        [[night_id, night.as_of, profile]],
        {"night": pl.String, "as_of": pl.Date, "profile": pl.String},
    )
    return found + _warnings(night) + _overdue(night, landing)


def _columns(night: Assembly) -> list[list[object]]:
    """Every column of the marts: the table's own definition goes before the common one."""
    common: dict[str, str] = {}
    if DICTIONARY in warehouse.tables(night.con):  # the files of early nights have none
        found = warehouse.frame(night.con, f"select column_name, definition from {DICTIONARY}")
        common = dict(found.iter_rows())
    return [
        [table.name, position, column, table.columns.get(column, common.get(column))]
        for table in sorted(night.tables, key=lambda table: table.name)
        if table.name.startswith("mart.")
        for position, column in enumerate(warehouse.columns(night.con, table.name), start=1)
    ]


def _overdue(night: Assembly, landing: Landing) -> list[Finding]:
    """Persons who should have been deleted by now, one finding a dataset."""
    late: dict[str, list[persons.Batch]] = {}
    for batch in persons.due(landing, night.catalogue, night.as_of):
        late.setdefault(batch.dataset, []).append(batch)
    return [
        Finding(
            dataset,
            "deletion",
            night.catalogue.datasets[dataset].owner,
            f"{', '.join(batch.file for batch in batches)} skulle vært slettet senest "
            f"{dates.day(min(batch.delete_after for batch in batches))}; kjør «tilbudsplan purge»",
            night.as_of,
        )
        for dataset, batches in late.items()
    ]


def _write(
    con: duckdb.DuckDBPyConnection,
    table: str,
    rows: Sequence[Sequence[object]],
    schema: Mapping[str, type[pl.DataType]],
) -> None:
    warehouse.load_frame(con, table, pl.DataFrame(rows, schema=schema, orient="row"))


def _vintage_row(
    night: Assembly,
    dataset: Dataset,
    vintage: Vintage,
    landed: Snapshot | None,
    on: date | None,
    late: str | None,
) -> list[object]:
    awaited = vintage.kind == AWAITED
    return [
        dataset.id,
        dataset.title,
        dataset.source_table,
        dataset.publisher.name,
        dataset.licence or dataset.publisher.licence,
        dataset.table,
        vintage.snapshot,
        on,
        _utc(landed.landed_at) if landed else None,
        _utc(landed.updated) if landed and landed.updated else None,
        bool(vintage.reason or late) and not awaited,
        vintage.reason or late,
        _constructed(night.con, dataset.table),
        awaited,
        vintage.rejected,
        _verdict(night, vintage),
    ]


def _verdict(night: Assembly, vintage: Vintage) -> str | None:
    """What a person said of the snapshot that stands here all the same, or of the refused one."""
    verdict = night.verdicts.of(vintage.dataset, vintage.rejected or vintage.snapshot)
    return str(verdict) if verdict else None


def _held(night: Assembly) -> list[Held]:
    """Every snapshot that is held back, those that were never loaded included."""
    told = {(one.dataset, one.snapshot) for one in night.held}
    unread = [
        Held(
            vintage.dataset,
            vintage.rejected,
            vintage.kind or "",
            "",
            "",
            vintage.reason or "",
            night.catalogue.datasets[vintage.dataset].owner,
        )
        for vintage in night.vintages.values()
        if vintage.rejected and (vintage.dataset, vintage.rejected) not in told
    ]
    return night.held + unread


def _utc(instant: datetime) -> datetime:
    """The instant without its zone: instants in the warehouse are UTC."""
    return instant.replace(tzinfo=None)


def _too_old(dataset: Dataset, landed: Snapshot | None, on: date | None, as_of: date) -> str | None:
    """Why a vintage is too old, if it is; a source without time stamps is as old as its bytes."""
    if landed is None or on is None:
        return None
    updated = oslo_date(landed.updated) if landed.updated else on
    days = (as_of - updated).days
    if days <= dataset.freshness_days:
        return None
    return (
        f"kilden er ikke oppdatert siden {dates.day(updated)}, {days} dager; "
        f"grensen er {dataset.freshness_days}"
    )


def _constructed(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    if "constructed" not in warehouse.columns(con, table):
        return False
    found = con.execute(
        f"select coalesce(bool_or(constructed), false) from {warehouse.quote(table)}"
    ).fetchall()
    return bool(found[0][0])


def _findings(
    night: Assembly, dataset: Dataset, vintage: Vintage, late: str | None
) -> list[Finding]:
    found = []
    missing = (
        " (ingen tidligere årgang å falle tilbake på: tabellen mangler)"
        if vintage.snapshot is None
        else ""
    )
    held = [one for one in night.held if one.dataset == dataset.id and one.key]
    for one in held:
        rows = f" ({_rows(one.unexpected_count)})" if one.unexpected_count else ""
        why = f"; {one.put_back}" if one.put_back else ""
        reason = f"{one.reason}{rows}{missing}{why}"
        found.append(Finding(dataset.id, "block", one.owner, reason, night.as_of, about=one.key))
    told = {AWAITED, DROPPED, "block"} if held else {AWAITED, DROPPED}
    if vintage.kind and vintage.kind not in told:
        # An error ends with its remedy, so what is said of it comes before.
        why = _put_back(night, dataset)
        reason = f"{why}{vintage.reason or ''}{missing}"
        found.append(Finding(dataset.id, vintage.kind, dataset.owner, reason, night.as_of))
    if late:
        found.append(Finding(dataset.id, "freshness", dataset.owner, late, night.as_of))
    return found


def _put_back(night: Assembly, dataset: Dataset) -> str:
    """Why a dataset was put back for a mart that could not be made, as a sentence."""
    said = [one.put_back for one in night.held if one.dataset == dataset.id and one.put_back]
    return f"{said[0][:1].upper()}{said[0][1:]}. " if said else ""


def _rows(number: int) -> str:
    return "1 rad" if number == 1 else f"{number} rader"


def _warnings(night: Assembly) -> list[Finding]:
    """What fails and is published all the same, but for what a person has released."""
    datasets = {dataset.table: dataset.id for dataset in night.catalogue}
    return [
        Finding(
            datasets.get(table, table),
            "warn",
            result.owner,
            result.in_short(),
            night.as_of,
            about=result.key,
        )
        for table, results in sorted(night.results.items())
        for result in results
        if not result.success and not result.blocks
    ]
