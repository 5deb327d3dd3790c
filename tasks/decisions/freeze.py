"""Freezing a decision: all that is needed to make its figures again, in one sealed folder.

    decisions/<id>/decision.json   what was decided, the night's record, and a hash of every file
                   run/            manifest, tables and files of rules, as the run wrote them
                   plan/           manifest and tables of the plan that was decided, if there is one
                   adopted/        the offer as the council adopted it, if a cycle has it
                   inputs/         every frame that the run read, Parquet
                   report/         report and workbook, where they were written
                   attachments/    what was laid beside it, the council's paper for example

Frames that are counted of rows about persons must be kept, since those rows are deleted on their
date. The others are kept too (under two megabytes in all): they say which figures of the inputs
are no longer what they were, when landing gives something else.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from tasks import clock, disk, runs, table_folder
from tasks.decisions import canonical, inputs, kept, record
from tasks.decisions.adopted import Adopted, of_case
from tasks.decisions.record import ADOPTED, FROZEN, INPUTS, PLAN, SEALED, Decision
from tasks.errors import WrongUse
from tasks.journal import Journal
from tasks.landing import PROJECT
from tasks.settings import Rooms, Settings, oslo_date
from tasks.table_folder import sha256

SCHEMA_VERSION = 1
_CASE = re.compile(r"\w[\w./ -]{0,58}\w")


@dataclass(frozen=True)
class Asked:
    """What whoever freezes a decision says of it.

    Attributes:
        run: The run that was decided on.
        case: The case number, for example `2026/12345`.
        by: Who decided: a body or a role.
        decided_on: When.
        note: What else there is to say.
        attachments: Files to keep with it.
        plan: The plan that was decided: its name, or its folder. Where the year's cycle has
            decided the case, it is the one that was proposed there.
    """

    run: str
    case: str
    by: str
    decided_on: date
    note: str = ""
    attachments: tuple[Path, ...] = ()
    plan: Path | None = None


def freeze(settings: Settings, asked: Asked, now: Callable[[], datetime] = clock.now) -> Decision:
    """Freeze a decision, journal first. The caller holds the night lock.

    Args:
        settings: The installation.
        asked: What is frozen, and what is said of it.
        now: The clock.

    Raises:
        WrongUse: What is said of it cannot be used, or it is frozen already.
        NotFound: There is no such run, the night it stands on is not known, or a file is missing.
        LandingCorrupt: A file of the run is not what it was.
        ConfigurationError: The run's inputs cannot be had as they were.
        DiskFull: There is no room for it.
    """
    rooms = settings.rooms
    _check(asked, now())
    run = runs.read(rooms, asked.run)
    kept.check_run(rooms, run)
    identity = re.sub(r"[^\w]+", "-", asked.case).strip("-")
    decision_id = f"{identity}-{run.id.rsplit('-', 1)[1]}"
    _refuse_again(rooms, decision_id, asked)
    night = inputs.night_of(rooms, run)
    adopted = of_case(Journal(rooms.journal).entries(), asked.case, run.id)
    asked = _with_plan_of(asked, adopted)
    with disk.told(rooms):
        files = _files(settings, asked, run, night, adopted)
        sealed = {"schema_version": SCHEMA_VERSION, "decision": decision_id, **files.told}
        text = json.dumps(sealed, ensure_ascii=False, indent=2, sort_keys=True).encode()
        folder = rooms.decisions / f".{decision_id}"
        shutil.rmtree(folder, ignore_errors=True)
        kept.write(folder, files.contents | {SEALED: text})
        decision = Decision(
            id=decision_id,
            case=asked.case,
            by=asked.by,
            decided_on=asked.decided_on,
            note=asked.note,
            run=run.id,
            school_year=run.manifest["school_year"],
            night=night["night"],
            as_of=date.fromisoformat(night["as_of"]),
            project=night["project"],
            vintages=inputs.vintages_of(night),
            seal=sha256(text),
            frozen_at=now().astimezone(UTC),
        )
        entry = Journal(rooms.journal).append(FROZEN, decision.payload())
    record.folder_of(rooms, decision)
    return record.of_entry(entry)


@dataclass(frozen=True)
class _Files:
    """What the folder holds: bytes by name, and what `decision.json` says of them."""

    contents: dict[str, bytes]
    told: dict[str, Any]


def _with_plan_of(asked: Asked, adopted: Adopted | None) -> Asked:
    """With the plan that was proposed in the cycle; another than that was not decided on."""
    if adopted is None:
        return asked
    if asked.plan is not None and asked.plan.name != adopted.plan:
        raise WrongUse(
            subject=f"--plan {asked.plan.name}",
            expected=f"planen i årshjulet for {adopted.state.cycle.id}: {adopted.plan or 'ingen'}",
            got="en annen enn den som ble lagt fram",
            remedy="la være å oppgi --plan; den tas fra årshjulet",
        )
    return replace(asked, plan=asked.plan or (Path(adopted.plan) if adopted.plan else None))


def _files(
    settings: Settings,
    asked: Asked,
    run: runs.Run,
    night: Mapping[str, Any],
    adopted: Adopted | None,
) -> _Files:
    frames, of_persons = inputs.of_run(settings, run, night)
    contents = kept.copied(settings.rooms, run, asked.plan, asked.attachments)
    contents |= {
        f"{INPUTS}/{name}.parquet": table_folder.parquet_bytes(frame)
        for name, frame in frames.items()
    }
    plan = _plan(settings, asked, run, frames)
    contents |= {f"{PLAN}/{name}": content for name, content in plan.items()}
    if adopted:
        contents[f"{ADOPTED}/offer.parquet"] = table_folder.parquet_bytes(adopted.offer())
    tables = {Path(n).stem: pl.read_parquet(c) for n, c in plan.items() if _is_table(n)}
    told = {
        "case": asked.case,
        "by": asked.by,
        "decided_on": asked.decided_on.isoformat(),
        "note": asked.note,
        "run": run.id,
        "night": night,
        "of_persons": sorted(of_persons),
        "landed": record.landed_lines(settings.rooms, _landed(night)),
        "canonical": canonical.hashes(run.tables),
        "plan": canonical.hashes(tables) if plan else None,
        "adopted": adopted.told() if adopted else None,
        "files": {name: sha256(content) for name, content in sorted(contents.items())},
    }
    return _Files(contents, told)


def _plan(
    settings: Settings, asked: Asked, run: runs.Run, frames: Mapping[str, pl.DataFrame]
) -> dict[str, bytes]:
    if asked.plan is None:
        return {}
    named = settings.rooms.plans / asked.plan
    folder = named if named.is_dir() else asked.plan
    return kept.of_plan(folder, run, frames)


def _is_table(name: str) -> bool:
    return name.endswith(".parquet") and "/" not in name


def _landed(night: Mapping[str, Any]) -> dict[str, str]:
    """All that a night stood on in landing, its own rules included."""
    return {**inputs.vintages_of(night), PROJECT: night["project"]}


def _check(asked: Asked, now: datetime) -> None:
    if not _CASE.fullmatch(asked.case):
        raise WrongUse(
            subject="--case",
            expected="et saksnummer på 2 til 60 tegn, for eksempel 2026/12345",
            got=repr(asked.case),
            remedy="skriv saksnummeret slik det står i arkivet",
        )
    if not asked.by.strip():
        raise WrongUse(
            subject="--by",
            expected="hvem som vedtok",
            got="ingenting",
            remedy="skriv organ eller rolle, for eksempel --by fylkestinget",
        )
    if asked.decided_on > oslo_date(now):
        raise WrongUse(
            subject="--decided",
            expected="i dag eller en dag som har vært",
            got=asked.decided_on.isoformat(),
            remedy="skriv datoen for vedtaket",
        )


def _refuse_again(rooms: Rooms, decision_id: str, asked: Asked) -> None:
    if any(one.id == decision_id for one in record.listed(rooms)):
        raise WrongUse(
            subject=f"sak {asked.case}",
            expected="et vedtak som ikke er frosset",
            got=f"et som er det: {decision_id}",
            remedy=f"se det med «tilbudsplan decisions {decision_id}»; et frosset vedtak endres "
            "ikke. Et nytt vedtak i samme sak fryses med en ny kjøring",
        )
