"""What stands on a dataset: the plans and tables that a fault in it touches, by their titles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tasks import run_inputs, runs, transform
from tasks.alerts import Finding
from tasks.catalogue import Catalogue
from tasks.settings import Rooms
from tasks.transform import Table

_TABLES_NAMED = 6
_PLANS_NAMED = 3


def tell(
    found: Sequence[Finding], tables: Sequence[Table], catalogue: Catalogue, rooms: Rooms
) -> list[Finding]:
    """The findings, each with what it touches.

    Args:
        found: Findings of a night.
        tables: Every table of the project, sources before those that read them.
        catalogue: The declared datasets.
        rooms: Where stored plans lie.
    """
    plans = _newest_plans(rooms)
    typed = {dataset.id: dataset.table for dataset in catalogue}
    known: dict[str, tuple[str, ...]] = {}
    told = []
    for finding in found:
        table = typed.get(finding.dataset, finding.dataset)
        if table not in known:
            known[table] = _touches(table, tables, plans)
        told.append(replace(finding, touches=known[table]))
    return told


def _touches(table: str, tables: Sequence[Table], plans: list[str]) -> tuple[str, ...]:
    touched = [t for t in tables if t.name == table] + transform.readers(tables, [table])
    titles = [t.title for t in touched if t.title]
    read_by_plans = any(t.name in run_inputs.READS for t in touched)
    return (*(plans if read_by_plans else ()), *_shortened(titles))


def _shortened(titles: list[str]) -> list[str]:
    """The tables as one thing that is touched, so that «tabellen» is not said of each."""
    if not titles:
        return []
    named = ", ".join(f"«{title}»" for title in titles[:_TABLES_NAMED])
    more = len(titles) - _TABLES_NAMED
    end = f" og {more} til" if more > 0 else ""
    return [f"{'tabellen' if len(titles) == 1 else 'tabellene'} {named}{end}"]


def _newest_plans(rooms: Rooms) -> list[str]:
    """The newest stored plan of each school year, the newest years first."""
    newest = {run["school_year"]: run["run"] for run in reversed(runs.listed(rooms))}
    named = [
        f"dimensjoneringsrapporten for {year} (kjøring {newest[year]})"
        for year in sorted(newest, reverse=True)
    ]
    return named[:_PLANS_NAMED] or ["neste dimensjonering"]
