"""What is new gives way to what held yesterday: snapshots are held back, and the night goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tasks import quality, transform
from tasks.assembly.blame import blame
from tasks.assembly.stages import keep, load, run_suites, stage
from tasks.assembly.state import (
    Assembly,
    Fault,
    are_of,
    compared_with,
    fall_back,
    is_new,
    is_typed,
    tables_of,
    weighed_against,
)
from tasks.catalogue import Dataset
from tasks.quality import Expectation, Result
from tasks.quarantine import Held


def go_back_where_blocked(night: Assembly) -> None:
    """Put the last good vintage back until every dataset holds, or is left out."""
    failures = {d.table: _failures(night, d) for d in night.catalogue}
    blocked = {d.table: d for d in night.catalogue if failures[d.table]}
    if not blocked:
        return
    back = _to_put_back(night, blocked)
    for table, because in back.items():
        _put_back(night, night.owners[table], failures[because])
    _stage_again(night, {name for t in back for name in tables_of(night, night.owners[t])})
    go_back_where_blocked(night)


def put_back_beneath(night: Assembly, fault: Fault) -> None:
    """Put back the new snapshots that a faulty mart can be blamed on, of those that it stands on.

    Raises:
        TilbudsplanError: nothing new is beneath it, so that the fault is the project's own.
    """
    beneath = [d for d in _unproven(night) if are_of(night, fault.stems, d)]
    if not beneath:
        raise fault.error
    blamed = blame(night, fault, beneath)
    for dataset in blamed.datasets:
        if fault.failed:
            _put_back(night, dataset, fault.failed, blamed.said)
        else:
            reason = str(fault.error)
            now = night.vintages[dataset.id].snapshot or ""
            held = Held(dataset.id, now, "block", "", "", reason, dataset.owner)
            night.held.append(replace(held, put_back=blamed.said))
            fall_back(night, dataset, "block", reason)
            load(night, dataset)
    _stage_again(night, {name for d in blamed.datasets for name in tables_of(night, d)})


def _unproven(night: Assembly) -> list[Dataset]:
    """Datasets that stand on what no night has published; none before the first night."""
    good = {dataset.id: night.last_good(dataset.id) for dataset in night.catalogue}
    if not any(good.values()):
        return []
    now = {dataset.id: night.vintages[dataset.id].snapshot for dataset in night.catalogue}
    return [d for d in night.catalogue if now[d.id] is not None and now[d.id] != good[d.id]]


def _put_back(night: Assembly, dataset: Dataset, failures: list[Result], said: str = "") -> None:
    """Hold a dataset's snapshot for what failed, and load its last good one."""
    for result in failures:
        _hold(night, dataset, result, said)
    reason = "; ".join(result.in_short() for result in failures)
    fall_back(night, dataset, "block", reason)
    load(night, dataset)


def _stage_again(night: Assembly, changed: set[str]) -> None:
    """Build and check anew what has other rows now, and what is compared with it."""
    typed = [table for table in night.tables if is_typed(table)]
    touched = changed | {table.name for table in transform.readers(typed, changed)}
    stage(night, [table for table in typed if table.name in touched])
    checked = [t.name for t in typed if t.name in touched or compared_with(night, t.name) & touched]
    run_suites(night, night.con, checked)


def _failures(night: Assembly, dataset: Dataset) -> list[Result]:
    """What blocks a dataset."""
    results = (r for name in tables_of(night, dataset) for r in night.results.get(name, ()))
    return [result for result in results if night.blocks(result)]


def _to_put_back(night: Assembly, blocked: Mapping[str, Dataset]) -> dict[str, str]:
    """Tables to put back, each with the table whose suite failed.

    What is new is suspected before what held yesterday: first the blocked ones that are new, then
    new ones that a blocked table is compared with, and only then those that have nothing newer to
    blame; they are left out.
    """
    new = {d.table for d in night.catalogue if is_new(night, d)}
    compared = {name: weighed_against(night, _failures(night, d)) for name, d in blocked.items()}
    return (
        {table: table for table in blocked if table in new}
        or {other: table for table in blocked for other in sorted(compared[table] & new)}
        or {table: table for table in blocked}
    )


def _hold(night: Assembly, dataset: Dataset, result: Result, said: str) -> None:
    """Write down why a snapshot is not let through, and keep the rows that stop it."""
    snapshot = night.vintages[dataset.id].snapshot
    held = Held(
        dataset.id,
        snapshot or "",
        "block",
        result.table,
        result.key,
        result.reason,
        result.owner,
        result.unexpected_count,
        put_back=said,
    )
    expectation = _expectation(night, result)
    query = quality.failing_rows(expectation, result.table) if expectation else None
    keep(night, held, query)


def _expectation(night: Assembly, result: Result) -> Expectation | None:
    suite = night.suites.get(result.table)
    return next((e for e in suite.expectations if e.key == result.key), None) if suite else None
