"""One night's database: load, stage, validate, join, account for.

A dataset whose newest snapshot cannot be used goes back to its last good one and says so; one that
has none is left out, and what reads it with it. What is wrong with the project itself (a mart that
does not run or does not hold) stops the night, and yesterday's copy stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING

from tasks import borders, quality, transform, warehouse
from tasks.catalogue import Catalogue, Dataset
from tasks.errors import ConfigurationError, SourceChanged, TilbudsplanError, ValidationFailed
from tasks.forms import definition
from tasks.origins import Origins, Vintage
from tasks.quality import Result, Suite
from tasks.settings import Project
from tasks.sources import empty_frames
from tasks.transform import Table

if TYPE_CHECKING:
    import duckdb
    import polars as pl

__all__ = ["AWAITED", "Assembly", "Vintage", "assemble"]

_TYPED = ("staging", "restricted")
# The kind of a vintage that has never been delivered, as it was declared that it might not be.
AWAITED = "awaited"


@dataclass
class Assembly:
    """A night in the making.

    Attributes:
        con: The build's connection.
        catalogue: The declared datasets.
        project: Where SQL, suites and reference data stand.
        as_of: Oslo date of the night; municipal borders are those of its year.
        parsed: Gives the folder of Parquet files of a dataset's snapshot.
        earlier: Gives the vintages of a dataset up to a snapshot, oldest first: the Oslo date of
            the first night that stood on each, and its folder of Parquet files.
        last_good: Gives the snapshot that was published last, if any.
        landed_on: Gives the Oslo date on which a dataset's snapshot landed.
        said: Gives the tables of `journal`: what people have said and decided, as frames.
        vintages: What the night stands on, by dataset; falls back as things fail.
        results: What the suites gave, by table.
        skipped: Tables that were not built, and why.
        tables: Every table of the project, sources before those that read them.
        suites: The suites, by table.
        owners: The dataset that a typed table stands and falls with.
    """

    con: duckdb.DuckDBPyConnection
    catalogue: Catalogue
    project: Project
    as_of: date
    parsed: Callable[[str, str], Path]
    earlier: Callable[[str, str], list[tuple[date, Path]]]
    last_good: Callable[[str], str | None]
    landed_on: Callable[[str, str], date]
    said: Callable[[], Mapping[str, pl.DataFrame]]
    vintages: dict[str, Vintage]
    results: dict[str, list[Result]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    suites: Mapping[str, Suite] = field(default_factory=dict)
    owners: Mapping[str, Dataset] = field(default_factory=dict)


def assemble(night: Assembly) -> None:
    """Build everything up to the marts.

    Raises:
        ConfigurationError: SQL, suites or reference data are wrong.
        ValidationFailed: a mart breaks a `block` expectation or its key.
    """
    night.tables = transform.read_project(night.project.sql)
    night.suites = quality.read_suites(night.project.expectations)
    night.owners = _owners(night)
    _refuse_orphans(night)
    warehouse.load_reference(night.con, night.project.reference)
    warehouse.load_night(night.con, night.as_of)
    _load_form_choices(night)
    for name, frame in night.said().items():
        warehouse.load_frame(night.con, f"journal.{name}", frame)
    warehouse.one_thread(night.con)
    typed = [table for table in night.tables if _is_typed(table)]
    _stage_and_validate(night, typed)
    _go_back_where_blocked(night)
    borders.load_carry(night.con, night.as_of)
    borders.load_own_regions(night.con, night.as_of)
    _join(night)


def _load_form_choices(night: Assembly) -> None:
    """Make `reference.form_choice`: the texts of what a sender chose; early nights had no forms."""
    folder = night.project.reference / "forms"
    if folder.is_dir():
        choices = definition.choices(definition.load(folder).values())
        warehouse.load_frame(night.con, "reference.form_choice", choices)


def _is_typed(table: Table) -> bool:
    return table.name.startswith(tuple(f"{schema}." for schema in _TYPED))


def _refuse_orphans(night: Assembly) -> None:
    known = {table.name for table in night.tables}
    wanted = {f"datasettet {d.id}": d.table for d in night.catalogue}
    wanted |= {f"forventningene til {name}": name for name in night.suites}
    orphans = [f"{who} mangler SQL-filen til {t}" for who, t in wanted.items() if t not in known]
    if orphans:
        raise ConfigurationError(
            subject=str(night.project.root),
            expected="en SQL-fil for hvert datasett og hver YAML-fil",
            got="; ".join(orphans),
            remedy="legg til SQL-filene, eller ta bort oppføringene",
        )


def _load(night: Assembly, dataset: Dataset) -> None:
    """Load the chosen snapshot, or what the dataset falls back to."""
    while (snapshot := night.vintages[dataset.id].snapshot) is not None:
        try:
            warehouse.load_parquet(night.con, dataset.id, night.parsed(dataset.id, snapshot))
            if dataset.keep_vintages:
                vintages = night.earlier(dataset.id, snapshot)
                warehouse.load_vintages(night.con, dataset.id, vintages)
        except TilbudsplanError as error:
            _fall_back(night, dataset, "parse", str(error))
        else:
            return
    if dataset.awaited:
        # What reads it is built all the same, without its rows.
        frames = empty_frames(dataset.protocol, dataset.selection)
        warehouse.load_empty(night.con, dataset.id, frames or {})
    else:
        warehouse.drop_raw(night.con, dataset.id)


def _fall_back(night: Assembly, dataset: Dataset, kind: str, reason: str) -> None:
    """Choose the last good snapshot, or none where that is the one that failed."""
    now = night.vintages[dataset.id]
    good = night.last_good(dataset.id)
    night.vintages[dataset.id] = Vintage(
        dataset.id,
        good if good != now.snapshot else None,
        # The first thing that went wrong is what somebody must look at.
        now.kind or kind,
        now.reason or reason,
    )


def _stage_and_validate(night: Assembly, typed: list[Table]) -> None:
    """Load, stage and validate every typed table."""
    loaded: set[str] = set()
    with _validated_beside(night, typed) as built:
        for table in typed:
            for dataset in night.catalogue:
                if dataset.id not in loaded and _reads(table, dataset):
                    loaded.add(dataset.id)
                    _load(night, dataset)
            _stage(night, [table])
            built(table.name)


@contextmanager
def _validated_beside(night: Assembly, tables: list[Table]) -> Iterator[Callable[[str], None]]:
    """Give what is to be told that a table is built; its suite runs while the next is built.

    Validation is Python and building is DuckDB; it has a cursor of its own, since a connection
    serves one thread. A suite that compares with another of the tables waits for that one.
    """
    names = {table.name for table in tables}
    waiting = {name: _compared_with(night, name) & names for name in names}
    done: set[str] = set()
    ready: Queue[str | None] = Queue()

    def built(name: str) -> None:
        done.add(name)
        for other in [n for n in waiting if n in done and waiting[n] <= done]:
            del waiting[other]
            ready.put(other)

    with ThreadPoolExecutor(max_workers=1) as beside:
        cursor = night.con.cursor()
        validated = beside.submit(_run_suites, night, cursor, iter(ready.get, None))
        try:
            yield built
        finally:
            ready.put(None)
        validated.result()
        cursor.close()


def _compared_with(night: Assembly, name: str) -> frozenset[str]:
    """The tables that the suite of a table names."""
    suite = night.suites.get(name)
    return suite.reads if suite else frozenset()


def _reads(table: Table, dataset: Dataset) -> bool:
    """Whether a table reads the rows of a dataset, or what comes with them (codes, vintages)."""
    raw = f"raw.{dataset.id}"
    return any(source == raw or source.startswith(f"{raw}_") for source in table.sources)


def _stage(night: Assembly, tables: Iterable[Table]) -> None:
    for table in tables:
        _stage_one(night, table, night.owners.get(table.name))


def _stage_one(night: Assembly, table: Table, dataset: Dataset | None) -> None:
    """Build a typed table; its dataset goes back to its last good snapshot where that fails."""
    while _has_sources(night, table):
        try:
            transform.build(night.con, table)
        except (SourceChanged, ValidationFailed) as error:
            if dataset is None:
                raise
            kind = "block" if isinstance(error, ValidationFailed) else "stage"
            _fall_back(night, dataset, kind, str(error))
            _load(night, dataset)
        else:
            return


def _has_sources(night: Assembly, table: Table) -> bool:
    """Whether the build holds what a table reads; if not, it is dropped and written down."""
    missing = [name for name in table.sources if not warehouse.has(night.con, name)]
    if missing:
        transform.drop(night.con, table.name)
        night.skipped[table.name] = f"mangler {', '.join(sorted(missing))}"
    else:
        night.skipped.pop(table.name, None)
    return not missing


def _go_back_where_blocked(night: Assembly) -> None:
    """Put the last good vintage back until every dataset holds, or is left out."""
    failures = {d.table: _failures(night, d) for d in night.catalogue}
    blocked = {d.table: d for d in night.catalogue if failures[d.table]}
    if not blocked:
        return
    back = _to_put_back(night, blocked)
    for table, because in back.items():
        dataset = night.owners[table]
        _fall_back(night, dataset, "block", failures[because])
        _load(night, dataset)
    typed = [table for table in night.tables if _is_typed(table)]
    again = {name for table in back for name in _tables_of(night, night.owners[table])}
    touched = again | {table.name for table in transform.readers(typed, again)}
    _stage(night, [table for table in typed if table.name in touched])
    checked = [
        t.name for t in typed if t.name in touched or _compared_with(night, t.name) & touched
    ]
    _run_suites(night, night.con, checked)
    _go_back_where_blocked(night)


def _failures(night: Assembly, dataset: Dataset) -> str:
    """Why a dataset is blocked, in short; empty where it is not."""
    results = (r for name in _tables_of(night, dataset) for r in night.results.get(name, ()))
    return "; ".join(result.in_short() for result in results if result.blocks)


def _owners(night: Assembly) -> dict[str, Dataset]:
    """By typed table: the dataset whose table it is, or whose rows it is made of besides."""
    declared = {dataset.table: dataset for dataset in night.catalogue}
    beside = {
        table.name: dataset
        for table in night.tables
        if _is_typed(table) and table.name not in declared
        for dataset in night.catalogue
        if _reads(table, dataset)
    }
    return declared | beside


def _tables_of(night: Assembly, dataset: Dataset) -> list[str]:
    """The typed tables that stand and fall with a dataset: its own, and others made of its rows."""
    return [name for name, owner in night.owners.items() if owner.id == dataset.id]


def _to_put_back(night: Assembly, blocked: Mapping[str, Dataset]) -> dict[str, str]:
    """Tables to put back, each with the table whose suite failed.

    What is new is suspected before what held yesterday: first the blocked ones that are new, then
    new ones that a blocked table is compared with, and only then those that have nothing newer to
    blame; they are left out.
    """
    new = {d.table for d in night.catalogue if _is_new(night, d)}
    compared = {name: _compared_with(night, name) for name in blocked}
    return (
        {table: table for table in blocked if table in new}
        or {other: table for table in blocked for other in sorted(compared[table] & new)}
        or {table: table for table in blocked}
    )


def _is_new(night: Assembly, dataset: Dataset) -> bool:
    """Whether a dataset stands on another snapshot than the last good one, and has such a one."""
    now, good = night.vintages[dataset.id].snapshot, night.last_good(dataset.id)
    return now is not None and good is not None and now != good


def _run_suites(night: Assembly, con: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
    """Run the suites of tables, as their names come, and keep the results."""

    def chosen() -> Iterator[Suite]:
        for name in names:
            night.results.pop(name, None)
            if name in night.suites:
                yield night.suites[name]

    for result in quality.run(con, chosen()):
        night.results.setdefault(result.table, []).append(result)


def _join(night: Assembly) -> None:
    marts = [table for table in night.tables if not _is_typed(table)]
    origins = Origins(night.tables, night.catalogue, night.as_of, night.landed_on)
    with _validated_beside(night, marts) as built:
        for table in marts:
            if _has_sources(night, table):
                transform.build(night.con, table, origins.of(table, night.vintages))
            built(table.name)
    broken = [r for t in marts for r in night.results.get(t.name, ()) if r.blocks]
    if broken:
        raise ValidationFailed(
            subject=broken[0].table,
            expected="at tabellen holder forventningene som stopper publisering",
            got="; ".join(str(result) for result in broken),
            remedy="rett SQL-filen eller forventningen; gårsdagens varehus står urørt",
        )
