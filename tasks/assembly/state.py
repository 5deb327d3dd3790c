"""The night in the making, and what is asked of it everywhere in this room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.catalogue import Catalogue, Dataset
from tasks.errors import TilbudsplanError
from tasks.origins import Vintage, dataset_of
from tasks.profiles import Rules, Stands
from tasks.quality import Result, Suite
from tasks.quarantine import Held, Verdicts
from tasks.settings import Project
from tasks.transform import Table

if TYPE_CHECKING:
    import duckdb
    import polars as pl

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
        before: Gives the profiles of the vintages before, and the tables that each is for.
        loading: Marks that a dataset's snapshot is being loaded.
        said: Gives the tables of `journal`: what people have said and decided, as frames.
        verdicts: What people have decided about refused snapshots.
        vintages: What the night stands on, by dataset; falls back as things fail.
        results: What the suites gave, by table.
        skipped: Tables that were not built, and why.
        tables: Every table of the project, sources before those that read them.
        suites: The suites, by table.
        owners: The dataset that a typed table stands and falls with.
        held: Why snapshots were not let through.
        profiled: How tables are profiled.
        faults: How many marts have been faulty so far.
    """

    con: duckdb.DuckDBPyConnection
    catalogue: Catalogue
    project: Project
    as_of: date
    parsed: Callable[[str, str], Path]
    earlier: Callable[[str, str], list[tuple[date, Path]]]
    last_good: Callable[[str], str | None]
    landed_on: Callable[[str, str], date]
    before: Callable[[Stands], list[tuple[pl.DataFrame, list[str]]]]
    loading: Callable[[str, str], AbstractContextManager[None]]
    said: Callable[[], Mapping[str, pl.DataFrame]]
    verdicts: Verdicts
    vintages: dict[str, Vintage]
    results: dict[str, list[Result]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    suites: Mapping[str, Suite] = field(default_factory=dict)
    owners: Mapping[str, Dataset] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    profiled: Rules = field(default_factory=Rules)
    faults: int = 0

    def blocks(self, result: Result) -> bool:
        """Whether a result keeps a vintage out: no person has released what stands here from it."""
        return result.blocks and not any(
            self.verdicts.released(name, vintage.snapshot, result)
            for name, vintage in self.vintages.items()
        )


@dataclass(frozen=True)
class Fault:
    """A mart that cannot be made, or does not hold.

    Attributes:
        table: The mart; None where what all of them stand on cannot be made.
        stems: The tables that it stands on.
        error: What went wrong.
        failed: The expectations that it breaks.
    """

    table: str | None
    stems: tuple[str, ...]
    error: TilbudsplanError
    failed: list[Result]


def is_typed(table: Table) -> bool:
    """Whether a table is made of what a source gave, and not of other tables."""
    return table.name.startswith(tuple(f"{schema}." for schema in _TYPED))


def are_of(night: Assembly, stems: Iterable[str], dataset: Dataset) -> bool:
    """Whether any of some tables holds the rows of a dataset, or what comes with them."""
    found = (dataset_of(night.catalogue, stem) for stem in stems)
    return any(one is not None and one.id == dataset.id for one in found)


def owners_of(night: Assembly) -> dict[str, Dataset]:
    """By typed table: the dataset whose table it is, or whose rows it is made of besides."""
    declared = {dataset.table: dataset for dataset in night.catalogue}
    beside = {
        table.name: dataset
        for table in night.tables
        if is_typed(table) and table.name not in declared
        for dataset in night.catalogue
        if are_of(night, table.sources, dataset)
    }
    return declared | beside


def tables_of(night: Assembly, dataset: Dataset) -> list[str]:
    """The typed tables that stand and fall with a dataset: its own, and others made of its rows."""
    return [name for name, owner in night.owners.items() if owner.id == dataset.id]


def compared_with(night: Assembly, name: str) -> frozenset[str]:
    """The tables that the suite of a table names."""
    suite = night.suites.get(name)
    return suite.reads if suite else frozenset()


def weighed_against(night: Assembly, failed: Iterable[Result]) -> frozenset[str]:
    """The other tables that failed expectations name: what else may be to blame."""
    named: frozenset[str] = frozenset()
    for result in failed:
        suite = night.suites[result.table]
        for expectation in suite.expectations:
            if expectation.key == result.key:
                named |= expectation.reads - {result.table}
    return named


def is_new(night: Assembly, dataset: Dataset) -> bool:
    """Whether a dataset stands on another snapshot than the last good one, and has such a one."""
    now, good = night.vintages[dataset.id].snapshot, night.last_good(dataset.id)
    return now is not None and good is not None and now != good


def fall_back(night: Assembly, dataset: Dataset, kind: str, reason: str) -> None:
    """Choose the last good snapshot, or none where that is the one that failed."""
    now = night.vintages[dataset.id]
    good = night.last_good(dataset.id)
    night.vintages[dataset.id] = Vintage(
        dataset.id,
        good if good != now.snapshot else None,
        # The first thing that went wrong is what somebody must look at.
        now.kind or kind,
        now.reason or reason,
        now.rejected or now.snapshot,
    )
