"""What the tests of retention and backup share: short rules, runs, and what lies in a home."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from pathlib import Path

from tasks import catalogue
from tasks.landing import Landing
from tasks.retention import work
from tasks.retention.rules import FILE
from tasks.settings import CHECKOUT, Project, Rooms

RULES = CHECKOUT / "data" / "reference" / FILE


def short_rules(project: Project, **numbers: int) -> Project:
    """The real file with a month of nights, a year of months, and a clock believed after two."""
    wanted = {"every_night_days": 31, "month_end_years": 1, "nights_in_a_row": 2} | numbers
    text = RULES.read_text(encoding="utf-8")
    for name, number in wanted.items():
        text, found = re.subn(rf"(?m)^{name} = .*$", f"{name} = {number}", text)
        assert found == 1, name
    (project.reference / FILE).write_text(text, encoding="utf-8")
    return project


def survey(rooms: Rooms, project: Project, today: date) -> work.Cleared:
    return work.survey(rooms, catalogue.load(project.catalogue), project, today)[1]


def prune(rooms: Rooms, project: Project, today: date) -> work.Cleared:
    rules, found = work.survey(rooms, catalogue.load(project.catalogue), project, today)
    work.apply(rooms, rules, found, today)
    return found


def going(found: work.Cleared) -> set[tuple[str, date]]:
    return {(one.dataset, one.as_of) for one in found.plan.going}


def store_run(rooms: Rooms, name: str, created: datetime, vintages: dict[str, str]) -> Path:
    """A stored plan as far as retention reads it."""
    folder = rooms.runs / name
    folder.mkdir(parents=True)
    rows = [{"dataset": dataset, "snapshot": snapshot} for dataset, snapshot in vintages.items()]
    manifest = {"id": name, "created_at": created.isoformat(), "vintages": rows}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def readable(landing: Landing, dataset: str) -> set[date]:
    """The landings of a dataset that can be read, by their nights."""
    found = set()
    for line in landing.snapshots(dataset):
        if landing.pruned(line) is None:
            landing.answers(line)
            found.add(line.as_of)
    return found
