"""Which new snapshot a faulty mart is to be blamed on, so that right answers need not go back too.

Each new snapshot beneath the mart is put back alone, in the order of the catalogue, and the mart is
made and checked anew. The first that helps is to blame; where none does, all of them go back. After
each trial everything stands as before it. What a trial gives depends on nothing but the snapshots,
and limits count snapshots and marts, not seconds: a night that is built again blames the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tasks import quality, transform, warehouse
from tasks.assembly.joining import carry, maker
from tasks.assembly.stages import has_sources, load_snapshot, make_typed
from tasks.assembly.state import Assembly, Fault, are_of, compared_with, is_typed
from tasks.catalogue import Dataset
from tasks.errors import TilbudsplanError
from tasks.transform import Table

# Trials take about as long as the mart and what it stands on; nights in which this many sources
# differ at once beneath a mart that breaks are few.
TRIALS = 12
# Each faulty mart costs a round of joining besides.
FAULTS = 4


@dataclass(frozen=True)
class Blame:
    """The datasets that go back, and why these, in Norwegian."""

    datasets: list[Dataset]
    said: str


def blame(night: Assembly, fault: Fault, suspects: Sequence[Dataset]) -> Blame:
    """The new snapshots that a fault is blamed on: one that explains it alone, or all.

    Args:
        night: The night, as it stands when the fault was found. It stands so again afterwards.
        fault: What is wrong.
        suspects: What is new beneath the mart, in order of the catalogue; at least one.
    """
    night.faults += 1
    mart = fault.table or "det som bærer tall over grenseendringer"
    if len(suspects) == 1:
        return Blame(list(suspects), _alone(mart))
    together = ", ".join(dataset.id for dataset in suspects)
    everything = f"alt nytt under {mart} er lagt tilbake ({together})"
    if night.faults > FAULTS:
        return Blame(list(suspects), f"{everything}: for mange tabeller sviktet til å prøve hver")
    tried = 0
    for dataset in suspects:
        helps = _holds_without(night, fault, dataset)
        if helps:
            return Blame([dataset], _alone(mart))
        tried += helps is not None
        if tried == TRIALS:
            return Blame(list(suspects), f"{everything}: for mye er nytt til å prøve hvert av dem")
    return Blame(list(suspects), f"{everything}: ingen av dem forklarer feilen alene")


def _alone(mart: str) -> str:
    return f"lagt tilbake fordi {mart} holder når dette datasettet står på forrige årgang"


def _holds_without(night: Assembly, fault: Fault, dataset: Dataset) -> bool | None:
    """Whether the mart holds with the last good snapshot of a dataset.

    Returns:
        None where that cannot be the reason: there is no such snapshot (the mart would be gone, and
        not hold), or its tables say what those of the new one say.
    """
    now, good = night.vintages[dataset.id], night.last_good(dataset.id)
    if good is None or now.snapshot is None:
        return None
    typed = [table for table in night.tables if is_typed(table)]
    own = [table for table in typed if are_of(night, table.sources, dataset)]
    above = transform.readers(typed, [table.name for table in own])
    marts = _needed(night, fault)
    before, differs = _content(night, own), False
    night.vintages[dataset.id] = replace(now, snapshot=good)
    try:
        load_snapshot(night, dataset, good)
        _make_typed(night, own)
        if before == _content(night, own):
            return None
        differs = True
        _make_typed(night, above)
        return _holds(night, fault, marts)
    except TilbudsplanError:
        return False
    finally:
        night.vintages[dataset.id] = now
        load_snapshot(night, dataset, now.snapshot)
        _make_typed(night, own)
        if differs:
            _make_typed(night, above)
            _make_again(night, marts)


def _needed(night: Assembly, fault: Fault) -> list[Table]:
    """The marts that a faulty one is made of and held against, itself among them, in order."""
    if fault.table is None:
        return []
    tables = {table.name: table for table in night.tables}
    wanted = {fault.table, *compared_with(night, fault.table)}
    below = {name for one in wanted for name in transform.lineage(tables, one)}
    return [t for t in night.tables if t.name in below and not is_typed(t)]


def _make_typed(night: Assembly, tables: Sequence[Table]) -> None:
    for table in tables:
        if has_sources(night, table):
            make_typed(night, table)


def _holds(night: Assembly, fault: Fault, marts: Sequence[Table]) -> bool:
    """Make the marts, and say whether the one that was faulty is there and holds."""
    carry(night)
    make = maker(night, marts)
    for table in marts:
        make(table)
    if fault.table is None:
        return True
    if not warehouse.has(night.con, fault.table):
        return False
    suites = [night.suites[fault.table]] if fault.table in night.suites else []
    return not any(night.blocks(result) for result in quality.run(night.con, suites))


def _make_again(night: Assembly, marts: Sequence[Table]) -> None:
    """Make the marts as they were: the rows that are at fault are kept by whoever puts back."""
    try:
        carry(night)
        make = maker(night, marts)
        for table in marts:
            make(table)
    except TilbudsplanError:
        return  # it is the fault that is being looked into


def _content(night: Assembly, tables: Sequence[Table]) -> list[object]:
    """What tables say, whatever the order of their rows."""
    return [
        (
            table.name,
            warehouse.column_types(night.con, table.name),
            night.con.execute(
                "select count(*), sum(hash(one::varchar)::hugeint) "
                f"from {warehouse.quote(table.name)} as one"
            ).fetchone(),
        )
        for table in tables
        if warehouse.has(night.con, table.name)
    ]
