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
from typing import Any

import polars as pl

from tasks import made_with, persons, run_inputs, runs
from tasks.decisions import canonical, causes, figures, freeze, record, verify
from tasks.decisions.causes import Change
from tasks.decisions.figures import TableDifference
from tasks.decisions.record import Decision
from tasks.decisions.verify import Fault
from tasks.declared import read_declared
from tasks.errors import ConfigurationError, TilbudsplanError
from tasks.landing import Landing
from tasks.scenarios import FOLDER, chosen
from tasks.settings import Project, Settings

Frames = dict[str, pl.DataFrame]
Told = Callable[[str], None]


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
        rules_today: Values of the rules that are others today; the frozen ones were used.
        hashes: Canonical hash of each table as it is now.
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
    rules_today: tuple[Change, ...] = ()
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
    told: Told = lambda _: None,
) -> Rerun:
    """Make the figures of a decision again, and hold them against what was decided.

    Args:
        settings: The installation.
        decision: Which.
        seal: Its seal as it was printed then, where somebody has it at hand.
        project: Where today's rules lie.
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
    frozen = _parquets(folder / freeze.INPUTS)
    told("bygger natten på nytt av det som ble hentet da")
    frames, not_rebuilt = _rebuilt(settings, sealed["night"], manifest, frozen)
    deleted = persons.deleted_of(Landing(rooms.landing), decision.vintages)
    taken = tuple(sealed["of_persons"]) if deleted else ()
    frames |= {name: frozen[name] for name in taken}
    inputs = tuple(figures.compare(frozen, {name: frames[name] for name in frozen}))
    told("regner på nytt med de frosne reglene")
    now = _calculated(folder, manifest, frames)
    hashes = canonical.hashes(now)
    differ = hashes != sealed["canonical"]
    then = _parquets(folder / freeze.RUN) if differ else {}
    tables = tuple(figures.compare(then, now)) if differ else ()
    by_model = tables
    if tables and inputs:
        told("regner en gang til på det frosne tallgrunnlaget")
        by_model = tuple(figures.compare(then, _calculated(folder, manifest, frames | frozen)))
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
        rules_today=tuple(_rules_today(folder, manifest, project or Project())),
        hashes=hashes,
        now=now,
    )


def _rebuilt(
    settings: Settings, night: Mapping[str, Any], manifest: Mapping[str, Any], frozen: Frames
) -> tuple[Frames, str | None]:
    """The frames that landing gives, or the frozen ones and why it gives none."""
    on = date(runs.start_year(manifest["school_year"]), 10, 1)
    try:
        frames, _ = freeze.frames_of_night(settings, night, on)
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
    parameters, rules = manifest["parameters"], folder / freeze.RUN
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
    then = {name: (folder / freeze.RUN / name).read_bytes() for name in manifest["rule_files"]}
    return causes.rules(then, runs.rule_files(project.reference, there))


def _scenarios(manifest: Mapping[str, Any]) -> list[str]:
    return [scenario["id"] for scenario in manifest["parameters"]["scenarios"]]


def _manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / freeze.RUN / "manifest.json").read_bytes())
    return found


def _parquets(folder: Path) -> Frames:
    return {path.stem: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
