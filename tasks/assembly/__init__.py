"""One night's database: load, stage, validate, join, account for.

A dataset whose newest snapshot cannot be used goes back to its last good one and says so; one that
has none is left out, and what reads it with it. Where a mart does not run or does not hold, the new
snapshots beneath it go back; only where there are none is the project itself wrong, which stops the
night, and yesterday's copy stays.
"""

from __future__ import annotations

from tasks import profiles, quality, quarantine, transform, warehouse
from tasks.assembly.giving_way import go_back_where_blocked, put_back_beneath
from tasks.assembly.joining import join
from tasks.assembly.stages import stage_and_validate
from tasks.assembly.state import AWAITED, Assembly, is_typed, owners_of
from tasks.errors import ConfigurationError
from tasks.forms import definition
from tasks.origins import Vintage

__all__ = ["AWAITED", "Assembly", "Vintage", "assemble"]


def assemble(night: Assembly) -> None:
    """Build everything up to the marts.

    Raises:
        ConfigurationError: SQL, suites or reference data are wrong.
        ValidationFailed: a mart breaks a `block` expectation or its key, and nothing that is new
            can be blamed.
    """
    night.tables = transform.read_project(night.project.sql)
    night.suites = quality.read_suites(night.project.expectations)
    night.owners = owners_of(night)
    _refuse_orphans(night)
    warehouse.load_reference(night.con, night.project.reference)
    warehouse.load_night(night.con, night.as_of)
    _load_form_choices(night)
    for name, frame in night.said().items():
        warehouse.load_frame(night.con, f"journal.{name}", frame)
    warehouse.one_thread(night.con)
    quarantine.prepare(night.con)
    night.profiled = profiles.rules(night.project.reference)
    profiles.begin(night.con)
    typed = [table for table in night.tables if is_typed(table)]
    stage_and_validate(night, typed)
    go_back_where_blocked(night)
    while (fault := join(night)) is not None:
        put_back_beneath(night, fault)
        go_back_where_blocked(night)


def _load_form_choices(night: Assembly) -> None:
    """Make `reference.form_choice`: the texts of what a sender chose; early nights had no forms."""
    folder = night.project.reference / "forms"
    if folder.is_dir():
        choices = definition.choices(definition.load(folder).values())
        warehouse.load_frame(night.con, "reference.form_choice", choices)


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
