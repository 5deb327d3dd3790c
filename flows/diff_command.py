"""The command that holds two runs or decisions against each other."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from flows import show
from tasks import plans, runs
from tasks.decisions import adopted, causes, record, verify
from tasks.errors import LandingCorrupt, NotFound, WrongUse
from tasks.settings import Rooms, Settings

if TYPE_CHECKING:
    from tasks.publish.difference_tables import Side
    from tasks.publish.model import Table

# As many as there are programmes, and the sum.
_MOST = 17


def diff(then: str, now: str, xlsx: Path | None, as_json: bool) -> None:
    """Hold two runs or decisions against each other."""
    from tasks.publish import difference

    rooms = Settings().rooms
    if xlsx and not xlsx.absolute().parent.is_dir():
        raise WrongUse(
            subject=f"--xlsx {xlsx}",
            expected="en fil i en mappe som finnes",
            got=f"ingen mappe {xlsx.absolute().parent}",
            remedy="lag mappen, eller velg en annen",
        )
    old, new = _side(rooms, then), _side(rooms, now)
    changes, remarks = causes.between(*(folder for folder, _ in (old, new)))
    document = difference.document(old[1], new[1], changes, remarks)
    if xlsx:
        difference.write(document, xlsx)
    shown = [table for section in document.sections for table in section.tables]
    if as_json:
        show.as_json(
            {
                "then": old[1].run.manifest.get("id", then),
                "now": new[1].run.manifest.get("id", now),
                "findings": document.findings,
                "changes": [asdict(one) for one in changes],
                "tables": {t.id: _plain(t) for t in [*shown, *document.only_workbook]},
            }
        )
        return
    show.line(document.title)
    for title, told in document.run:
        show.line(f"{title + ':':<4} {told}")
    show.line()
    for text in document.findings:
        show.wrapped(text, "- ")
    for table in shown:
        _print_table(table)
    show.line()
    show.line(
        f"Alt, også per region og trinn, står i {show.relative(xlsx)}."
        if xlsx
        else "Per region og trinn: skriv regnearket med --xlsx FIL."
    )


def _side(rooms: Rooms, name: str) -> tuple[Path, Side]:
    """A run or a decision as one of the two, its files held against their hashes first."""
    from tasks.publish import difference

    if any(name in {one.id, one.case} for one in record.listed(rooms)):
        decision = record.find(rooms, name)
        if faults := verify.faults(rooms, decision):
            raise LandingCorrupt(
                subject=f"vedtak {decision.id}",
                expected="det som ble frosset",
                got="; ".join(map(str, faults)),
                remedy=f"hent det fra en sikkerhetskopi; se «tilbudsplan decisions {decision.id}»",
            )
        folder = record.folder_of(rooms, decision)
        plan = {
            path.stem: pl.read_parquet(path) for path in (folder / record.PLAN).glob("*.parquet")
        }
        plan = adopted.over(plan, folder)
        folder, title = folder / record.RUN, f"Vedtak i sak {decision.case}"
    elif (rooms.plans / name / "manifest.json").is_file():
        stored = plans.read_plan(rooms, name)
        folder = rooms.runs / runs.read(rooms, stored.manifest["run"]).id
        plan, title = stored.tables, f"Plan {name}"
    else:
        try:
            folder, title = rooms.runs / runs.read(rooms, name).id, f"Kjøring {name}"
            plan = {}
        except NotFound as error:
            known = ", ".join(one.id for one in record.listed(rooms)[-5:])
            raise (
                error.about("kjøring eller vedtak")
                if not known
                else NotFound(
                    subject=name,
                    expected="en kjøring, et vedtak eller et saksnummer",
                    got="et ukjent navn",
                    remedy=f"vedtakene er {known}; kjøringene står i «tilbudsplan status --json»",
                )
            ) from error
    return folder, difference.read(folder, rooms.warehouse, title, plan)


def _print_table(table: Table) -> None:
    show.line()
    show.line(table.title)
    heads = [f"{c.group} {c.title.lower()}" if c.group else c.title for c in table.columns]
    if not table.rows:
        show.line("  Ingen.")
        return
    show.as_table(heads, [[cell.text for cell in row] for row in table.rows[:_MOST]], indent="  ")
    if len(table.rows) > _MOST:
        show.line(f"  … og {len(table.rows) - _MOST} til; --xlsx og --json gir alle")


def _plain(table: Table) -> list[dict[str, Any]]:
    heads = [f"{c.group}: {c.title}" if c.group else c.title for c in table.columns]
    return [dict(zip(heads, (cell.value for cell in row), strict=True)) for row in table.rows]
