"""Load, stage and validate: from parsed files to typed tables that hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from queue import Queue
from typing import TYPE_CHECKING

from tasks import profiles, quality, quarantine, transform, warehouse
from tasks.assembly.state import Assembly, are_of, compared_with, fall_back, tables_of
from tasks.catalogue import Dataset
from tasks.errors import SourceChanged, TilbudsplanError, ValidationFailed
from tasks.quality import Suite
from tasks.quarantine import Held
from tasks.sources import empty_frames
from tasks.transform import Table

if TYPE_CHECKING:
    import duckdb


def stage_and_validate(night: Assembly, typed: list[Table]) -> None:
    """Load, stage and validate every typed table."""
    loaded: set[str] = set()
    with validated_beside(night, typed) as built:
        for table in typed:
            for dataset in night.catalogue:
                if dataset.id not in loaded and are_of(night, table.sources, dataset):
                    loaded.add(dataset.id)
                    load(night, dataset)
            stage(night, [table])
            built(table.name)


def load(night: Assembly, dataset: Dataset) -> None:
    """Load the chosen snapshot, or what the dataset falls back to."""
    while (snapshot := night.vintages[dataset.id].snapshot) is not None:
        try:
            load_snapshot(night, dataset, snapshot)
        except TilbudsplanError as error:
            night.held.append(
                Held(dataset.id, snapshot, "parse", "", "", str(error), dataset.owner)
            )
            fall_back(night, dataset, "parse", str(error))
        else:
            return
    if dataset.awaited:
        # What reads it is built all the same, without its rows.
        frames = empty_frames(dataset.protocol, dataset.selection)
        warehouse.load_empty(night.con, dataset.id, frames or {})
        profiles.of_source(night.con, dataset.id)
    else:
        warehouse.drop_raw(night.con, dataset.id)


def load_snapshot(night: Assembly, dataset: Dataset, snapshot: str) -> None:
    """Load a snapshot, with what its tables looked like before it.

    Raises:
        TilbudsplanError: it cannot be read.
    """
    parsed = night.parsed(dataset.id, snapshot)
    with night.loading(dataset.id, snapshot):
        warehouse.load_parquet(night.con, dataset.id, parsed)
    if dataset.keep_vintages:
        vintages = night.earlier(dataset.id, snapshot)
        warehouse.load_vintages(night.con, dataset.id, vintages)
    profiles.of_source(night.con, dataset.id)
    hold_against(night, [*tables_of(night, dataset), f"raw.{dataset.id}"], [dataset])


def hold_against(night: Assembly, names: list[str], datasets: Iterable[Dataset]) -> None:
    """Load what tables looked like before the vintages that they stand on now."""
    now = {dataset.id: night.vintages[dataset.id].snapshot for dataset in datasets}
    profiles.hold_against(night.con, names, night.before(dict.fromkeys(names, now)))


def stage(night: Assembly, tables: Iterable[Table]) -> None:
    """Build typed tables in order."""
    for table in tables:
        _stage_one(night, table, night.owners.get(table.name))


def _stage_one(night: Assembly, table: Table, dataset: Dataset | None) -> None:
    """Build a typed table; its dataset goes back to its last good snapshot where that fails."""
    while has_sources(night, table):
        try:
            make_typed(night, table)
        except (SourceChanged, ValidationFailed) as error:
            if dataset is None:
                raise
            kind = "block" if isinstance(error, ValidationFailed) else "stage"
            _hold_table(night, dataset, table, kind, str(error))
            fall_back(night, dataset, kind, str(error))
            load(night, dataset)
        else:
            return


def make_typed(night: Assembly, table: Table) -> None:
    """Build and profile a typed table whose sources are there."""
    transform.build(night.con, table)
    profiles.of_table(night.con, table, night.profiled)


def has_sources(night: Assembly, table: Table) -> bool:
    """Whether the build holds what a table reads; if not, it is dropped and written down."""
    missing = [name for name in table.sources if not warehouse.has(night.con, name)]
    if missing:
        transform.drop(night.con, table.name)
        night.skipped[table.name] = f"mangler {', '.join(sorted(missing))}"
    else:
        night.skipped.pop(table.name, None)
    return not missing


@contextmanager
def validated_beside(night: Assembly, tables: list[Table]) -> Iterator[Callable[[str], None]]:
    """Give what is to be told that a table is built; its suite runs while the next is built.

    Validation is Python and building is DuckDB; it has a cursor of its own, since a connection
    serves one thread. A suite that compares with another of the tables waits for that one.
    """
    names = {table.name for table in tables}
    waiting = {name: compared_with(night, name) & names for name in names}
    done: set[str] = set()
    ready: Queue[str | None] = Queue()

    def built(name: str) -> None:
        done.add(name)
        for other in [n for n in waiting if n in done and waiting[n] <= done]:
            del waiting[other]
            ready.put(other)

    with ThreadPoolExecutor(max_workers=1) as beside:
        cursor = night.con.cursor()
        validated = beside.submit(run_suites, night, cursor, iter(ready.get, None))
        try:
            yield built
        finally:
            ready.put(None)
        validated.result()
        cursor.close()


def run_suites(night: Assembly, con: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
    """Run the suites of tables, as their names come, and keep the results."""

    def chosen() -> Iterator[Suite]:
        for name in names:
            night.results.pop(name, None)
            if name in night.suites:
                yield night.suites[name]

    for result in quality.run(con, chosen()):
        night.results.setdefault(result.table, []).append(result)


def _hold_table(night: Assembly, dataset: Dataset, table: Table, kind: str, reason: str) -> None:
    """The same for a table that was not built, or whose rows share a key: no verdict helps."""
    snapshot = night.vintages[dataset.id].snapshot
    held = Held(dataset.id, snapshot or "", kind, table.name, "", reason, dataset.owner)
    keep(night, held, quality.doubled_rows(table.key, table.name) if kind == "block" else None)


def keep(night: Assembly, held: Held, query: str | None) -> None:
    """Write down what is held, with the rows that a query gives."""
    kept = quarantine.keep_rows(night.con, held, query) if query else None
    if kept is not None:
        held = replace(held, unexpected_count=kept[0], rows_stored=kept[1])
    night.held.append(held)
