"""A decision made again: from landing and what was frozen, and held against what was decided.

The night is built again from landing under its own rules; frames counted of persons who are deleted
since come from the decision. The forecast runs with the frozen rules, parameters and seed, and its
canonical export is compared with the frozen one. Under the same program, lock file and architecture
it must be the same byte for byte; where it is not, the program, the packages and the machine are
compared by name, and a second run on the frozen inputs tells what comes of the inputs and what of
the model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from tasks import made_with, persons, run_inputs, runs
from tasks.decisions import canonical, causes, figures, record, verify
from tasks.decisions.causes import Change
from tasks.decisions.figures import TableDifference
from tasks.decisions.inputs import frames_of_night
from tasks.decisions.record import Decision
from tasks.decisions.verify import Fault
from tasks.declared import read_declared
from tasks.errors import ConfigurationError, TilbudsplanError
from tasks.landing import Landing
from tasks.scenarios import FOLDER, chosen
from tasks.settings import Project, Settings

Frames = dict[str, pl.DataFrame]
T = TypeVar("T")
Told = Callable[[str], None]
# Makes the tables of a plan again: of the plan's folder (its manifest says how it was made), the
# tables of the run and the frames that the run read.
Planned = Callable[[Path, Frames, Frames], Frames]


@dataclass(frozen=True)
class Rerun:
    """What came of running a decision again.

    Attributes:
        decision: The decision.
        faults: What was changed since it was frozen; where there is any, nothing was calculated.
        copy_faults: What was changed in the run's own folder, of which the decision has a copy.
        not_rebuilt: Why the night could not be built again from landing; the frozen inputs were
            used. None where it could.
        deleted: Files of persons that are deleted since, and when.
        taken: The frames that were taken from the decision for that.
        inputs: Frames that landing gives otherwise than they were.
        tables: Tables of the run that are not what was decided on.
        by_model: Those of them that differ on the frozen inputs too: not the inputs make that.
        changes: What is not the same of program, packages and machine.
        commit: The commit of the program that made the run, where it had one.
        rules_today: Values of the rules that are others today; the frozen ones were used.
        plan_kept: Whether there is a plan that is kept unchanged and was not made again.
        hashes: Canonical hash of each table as it is now; those of a plan begin with `plan/`.
        now: The tables as they are now.
    """

    decision: Decision
    faults: tuple[Fault, ...] = ()
    copy_faults: tuple[Fault, ...] = ()
    not_rebuilt: str | None = None
    deleted: Mapping[str, date] = field(default_factory=dict)
    taken: tuple[str, ...] = ()
    inputs: tuple[TableDifference, ...] = ()
    tables: tuple[TableDifference, ...] = ()
    by_model: tuple[TableDifference, ...] = ()
    changes: tuple[Change, ...] = ()
    commit: str | None = None
    rules_today: tuple[Change, ...] = ()
    plan_kept: bool = False
    hashes: Mapping[str, str] = field(default_factory=dict)
    now: Mapping[str, pl.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def same(self) -> bool:
        """Whether landing gave the decision again, byte for byte in the canonical export."""
        return not (self.faults or self.not_rebuilt or self.tables)


def rerun(
    settings: Settings,
    decision: Decision,
    *,
    seal: str | None = None,
    project: Project | None = None,
    planned: Planned | None = None,
    told: Told = lambda _: None,
) -> Rerun:
    """Make the figures of a decision again, and hold them against what was decided.

    Args:
        settings: The installation.
        decision: Which.
        seal: Its seal as it was printed then, where somebody has it at hand.
        project: Where today's rules lie.
        planned: Makes the plan again, where the decision has one.
        told: Is told what goes on, in Norwegian.

    Raises:
        JournalCorrupt: The journal's chain does not hold.
        ConfigurationError: The frozen rules cannot be read by this version of the program.
    """
    rooms = settings.rooms
    told("kontrollerer det som er frosset")
    if faults := verify.faults(rooms, decision, seal):
        return Rerun(decision, tuple(faults))
    folder, sealed = record.folder_of(rooms, decision), verify.sealed(rooms, decision)
    manifest = _manifest(folder)
    frozen = _parquets(folder / record.INPUTS)
    told("bygger natten på nytt av det som ble hentet da")
    frames, not_rebuilt = _rebuilt(settings, sealed["night"], manifest, frozen)
    deleted = persons.deleted_of(Landing(rooms.landing), decision.vintages)
    taken = tuple(sealed["of_persons"]) if deleted else ()
    frames |= {name: frozen[name] for name in taken}
    inputs = tuple(figures.compare(frozen, {name: frames[name] for name in frozen}))
    told("regner på nytt med de frosne reglene")
    made = _Maker(folder, manifest, planned if sealed["plan"] else None)
    now = made.calculated(frames)
    hashes = canonical.hashes(now)
    differ = hashes != made.wanted(sealed)
    then = made.decided() if differ else {}
    tables = tuple(figures.compare(then, now)) if differ else ()
    by_model = tables
    if tables and inputs:
        told("regner en gang til på det frosne tallgrunnlaget")
        by_model = tuple(figures.compare(then, made.calculated(frames | frozen)))
    here = {"files": made_with.code_files(), "environment": made_with.environment()}
    return Rerun(
        decision,
        copy_faults=tuple(verify.of_run(rooms, decision)),
        not_rebuilt=not_rebuilt,
        deleted=deleted,
        taken=taken,
        inputs=inputs,
        tables=tables,
        by_model=by_model,
        changes=tuple(causes.program(manifest["made_with"], here)),
        commit=manifest["code"]["commit"],
        rules_today=tuple(_rules_today(folder, manifest, project or Project())),
        plan_kept=bool(sealed["plan"]) and planned is None,
        hashes=hashes,
        now=now,
    )


@dataclass(frozen=True)
class _Maker:
    """What makes the tables of a decision again, and what they were."""

    folder: Path
    manifest: Mapping[str, Any]
    planned: Planned | None

    def calculated(self, frames: Frames) -> Frames:
        """The tables of the run, and after them those of the plan where there is a maker."""
        tables = _calculated(self.folder, self.manifest, frames)
        if self.planned is None:
            return tables
        return tables | _prefixed(self.planned(self.folder / record.PLAN, tables, frames))

    def wanted(self, sealed: Mapping[str, Any]) -> dict[str, str]:
        """The canonical hashes of what was decided."""
        return {**sealed["canonical"], **(_prefixed(sealed["plan"]) if self.planned else {})}

    def decided(self) -> Frames:
        """The tables as they were decided."""
        plan = _parquets(self.folder / record.PLAN) if self.planned else {}
        return _parquets(self.folder / record.RUN) | _prefixed(plan)


def _prefixed(tables: Mapping[str, T]) -> dict[str, T]:
    return {f"{record.PLAN}/{name}": table for name, table in tables.items()}


def _rebuilt(
    settings: Settings, night: Mapping[str, Any], manifest: Mapping[str, Any], frozen: Frames
) -> tuple[Frames, str | None]:
    """The frames that landing gives, or the frozen ones and why it gives none."""
    on = date(runs.start_year(manifest["school_year"]), 10, 1)
    try:
        frames, _ = frames_of_night(settings, night, on)
    except TilbudsplanError as error:
        return dict(frozen), str(error)
    return frames, None


def _calculated(folder: Path, manifest: Mapping[str, Any], frames: Frames) -> Frames:
    """The tables of the run, made again with its rules, parameters and seed."""
    if lacking := sorted({*run_inputs.NAMED} - {"vintages"} - set(frames)):
        raise ConfigurationError(
            subject="det frosne tallgrunnlaget",
            expected=f"alt dette programmet leser, også {', '.join(lacking)}",
            got="et fra før det ble lest, og natten kan ikke bygges på nytt",
            remedy=f"bruk programversjonen {manifest['code']['commit'] or 'fra den datoen'}",
        )
    parameters, rules = manifest["parameters"], folder / record.RUN
    return runs.compute(
        frames,
        read_declared(rules / "rules"),
        runs.start_year(manifest["school_year"]),
        parameters["county"],
        manifest["seed"],
        parameters["draws"],
        parameters["horizon"],
        chosen(rules, _scenarios(manifest)),
    )


def _rules_today(folder: Path, manifest: Mapping[str, Any], project: Project) -> list[Change]:
    there = [
        name
        for name in _scenarios(manifest)
        if (project.reference / FOLDER / f"{name}.toml").is_file()
    ]
    then = {name: (folder / record.RUN / name).read_bytes() for name in manifest["rule_files"]}
    return causes.rules(then, runs.rule_files(project.reference, there))


def _scenarios(manifest: Mapping[str, Any]) -> list[str]:
    return [scenario["id"] for scenario in manifest["parameters"]["scenarios"]]


def _manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / record.RUN / "manifest.json").read_bytes())
    return found


def _parquets(folder: Path) -> Frames:
    return {path.stem: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
