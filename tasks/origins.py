"""Where the figures of each mart come from: what its columns `as_of` and `source` say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from tasks import transform
from tasks.catalogue import Catalogue, Dataset
from tasks.transform import Table


@dataclass(frozen=True)
class Vintage:
    """Which snapshot of a dataset a night stands on.

    Attributes:
        dataset: The dataset's id.
        snapshot: The snapshot, or None where there is none that can be used.
        kind: Where the newest one failed: `fetch`, `parse`, `stage` or `block`; None if it did not;
            `dropped` where a person rejected it; `awaited` where there never was one, and none was
            due.
        reason: Why, in Norwegian.
        rejected: The newer snapshot that is held back, where one landed.
    """

    dataset: str
    snapshot: str | None
    kind: str | None = None
    reason: str | None = None
    rejected: str | None = None


class Origins:
    """Works out `as_of` and `source` of marts from what they stand on.

    Args:
        tables: Every table of the project.
        catalogue: The declared datasets.
        as_of: Oslo date of the night.
        landed_on: Gives the Oslo date on which a dataset's snapshot landed.
    """

    def __init__(
        self,
        tables: Iterable[Table],
        catalogue: Catalogue,
        as_of: date,
        landed_on: Callable[[str, str], date],
    ) -> None:
        self.tables = {table.name: table for table in tables}
        self.catalogue = catalogue
        self.as_of = as_of
        self.landed_on = landed_on

    def of(self, table: Table, vintages: Mapping[str, Vintage]) -> dict[str, object]:
        """What stands in every row of a mart.

        `as_of` is when the newest of its figures landed; the day of the night where it stands on
        what people said, or on reference files alone. `source` names publishers and their tables;
        code lists and registers only where there is nothing else, and reference files where there
        are no publishers.
        """
        stems = transform.lineage(self.tables, table.name)
        datasets = {d.id: d for stem in stems if (d := dataset_of(self.catalogue, stem))}.values()
        figures = [d for d in datasets if not d.publisher.is_register] or list(datasets)
        named = [f"{d.publisher.name}: {d.source_table}" for d in figures]
        if not named:
            named = [f"data/{s.replace('.', '/')}.csv" for s in stems if s.startswith("reference.")]
        days = [self.as_of] if any(stem.startswith("journal.") for stem in stems) else []
        for dataset in figures:
            snapshot = vintages[dataset.id].snapshot
            if snapshot:
                days.append(self.landed_on(dataset.id, snapshot))
        return {
            "as_of": max(days, default=self.as_of),
            "source": "; ".join(sorted(set(named))),
        }


def dataset_of(catalogue: Catalogue, stem: str) -> Dataset | None:
    """The dataset that a raw table is of; some have further tables, `raw.<dataset>_<part>`."""
    if not stem.startswith("raw."):
        return None
    name = stem.removeprefix("raw.")
    while name and name not in catalogue.datasets:
        name = name.rpartition("_")[0]
    return catalogue.datasets.get(name)
