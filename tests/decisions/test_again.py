"""A decision made again: after later nights, from a backup, by another program."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from decision_tools import RUN_AT, counted, one_place_more
from keep_tools import prune, short_rules
from store_tools import Source

from tasks import made_with, rebuild, run_inputs, runs
from tasks.backup import making, restoring
from tasks.decisions import freeze, record, rerun, verify
from tasks.decisions.record import Decision
from tasks.errors import (
    ConfigurationError,
)
from tasks.settings import Project, Settings

DAY = date(2026, 11, 20)
RunNight = Callable[..., object]

pytestmark = pytest.mark.usefixtures("small")


def asked(run: str, **said: Any) -> freeze.Asked:
    given = {"case": "2026/777", "by": "fylkestinget", "decided_on": DAY} | said
    return freeze.Asked(run, **given)


def new_run(settings: Settings, seed: int = 2) -> str:
    return runs.execute(settings, "2027/28", seed, now=lambda: RUN_AT)


# Again --------------------------------------------------------------------------------------------


def test_later_nights_and_other_rules_change_nothing(
    settings: Settings, frozen: Decision, run_night: RunNight, source: Source, tmp_path: Path
) -> None:
    source.files["places.csv"] = b"school;places\nA;1\nB;2\n"
    run_night(DAY + timedelta(days=30))
    today = Project(tmp_path / "today")
    shutil.copytree(Project().reference, today.reference)
    rules = today.reference / "rules" / "thresholds.toml"
    rules.write_text(rules.read_text("utf-8").replace("value = 0.8", "value = 0.9"), "utf-8")
    found = rerun.rerun(settings, frozen, project=today)
    assert found.same
    assert [*found.faults, *found.inputs, *found.tables, *found.changes] == []
    assert [str(one) for one in found.rules_today] == [
        "rules/thresholds.toml: certainty: 0,8 → 0,9"
    ]
    assert found.hashes == verify.sealed(settings.rooms, frozen)["canonical"]


def test_a_decision_is_made_again_from_a_backup_in_another_folder(
    settings: Settings, frozen: Decision, run_night: RunNight, source: Source, tmp_path: Path
) -> None:
    source.files["places.csv"] = b"school;places\nA;1\nB;2\n"
    run_night(DAY + timedelta(days=1))
    copy = making.make(settings.rooms, tmp_path / "copy.tar").file
    shutil.rmtree(settings.home)
    there = Settings(home=tmp_path / "elsewhere" / "home")
    restoring.restore(copy, there.rooms)
    decision = record.find(there.rooms, "2026/12345")
    assert decision == frozen
    found = rerun.rerun(there, decision, seal=frozen.seal[:12])
    assert found.same
    assert found.hashes == verify.sealed(there.rooms, decision)["canonical"]


def test_retention_keeps_what_a_decision_stands_on_also_when_its_run_is_gone(
    settings: Settings, frozen: Decision, project: Project, run_night: RunNight, source: Source
) -> None:
    short_rules(project)
    rooms = settings.rooms
    shutil.rmtree(rooms.runs / frozen.run)
    # The last night of a month would stay anyway, and so would one that is younger than a month.
    days = [DAY + timedelta(days=n) for n in (1, 2, 35, 37)]
    for number, day in enumerate(days):
        source.files["places.csv"] = f"school;places\nA;{number}\nB;2\n".encode()
        run_night(day)
    cleared = prune(rooms, project, days[-1])
    gone = {(one.dataset, one.as_of) for one in cleared.plan.going}
    assert ("places", days[0]) in gone, "a night between is cleared"
    why = {one.snapshot: one.because for one in cleared.plan.kept if one.dataset == "places"}
    assert why[frozen.vintages["places"]] == "vedtak 2026/12345"
    found = rerun.rerun(settings, frozen)
    assert found.same


# Another program ----------------------------------------------------------------------------------


def other_files(monkeypatch: pytest.MonkeyPatch) -> None:
    files = made_with.code_files()
    changed = {**files, "tasks/forecast/balance.py": "f" * 64}
    monkeypatch.setattr(made_with, "code_files", lambda: changed)


def test_a_program_that_changed_without_effect_is_told_and_the_figures_are_the_same(
    settings: Settings, frozen: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_files(monkeypatch)
    found = rerun.rerun(settings, frozen)
    assert found.same
    assert [one.what for one in found.changes] == ["tasks/forecast/balance.py"]


def test_another_calculation_is_told_with_its_size(
    settings: Settings, frozen: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_files(monkeypatch)

    def doubled(*given: Any) -> dict[str, pl.DataFrame]:
        return {"expected": counted(*given)["expected"].with_columns(pl.col("total") * 2)}

    monkeypatch.setattr(runs, "compute", doubled)
    found = rerun.rerun(settings, frozen)
    assert not found.same
    assert found.inputs == ()
    (table,) = found.tables
    (column,) = table.columns
    assert (table.table, column.column, column.row) == ("expected", "total", "places")
    assert (column.largest, column.relative) == (pytest.approx(75 * 0.8), pytest.approx(0.5))
    assert found.by_model == found.tables
    assert [one.what for one in found.changes] == ["tasks/forecast/balance.py"]


def test_other_inputs_are_told_apart_from_another_calculation(
    settings: Settings, frozen: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_inputs, "frames_of", one_place_more(run_inputs.frames_of))
    found = rerun.rerun(settings, frozen)
    assert not found.same
    (frame,) = found.inputs
    (column,) = frame.columns
    assert (frame.table, column.column, column.cells, column.largest) == ("places", "places", 2, 1)
    assert [one.table for one in found.tables] == ["expected"]
    assert found.by_model == (), "on the frozen inputs the figures are as decided"


def test_a_night_that_cannot_be_built_is_told_and_the_frozen_inputs_are_used(
    settings: Settings, frozen: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ConfigurationError(expected="det", got="annet", remedy="gjør noe", subject="places")

    monkeypatch.setattr(rebuild, "rebuild_night", refuse)
    found = rerun.rerun(settings, frozen)
    assert "places" in str(found.not_rebuilt)
    assert found.tables == ()
    assert not found.same, "landing has not given the decision again"


def test_frozen_inputs_that_lack_what_the_program_reads_are_not_enough(
    settings: Settings, frozen: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ConfigurationError(expected="det", got="annet", remedy="gjør noe", subject="places")

    monkeypatch.setattr(rebuild, "rebuild_night", refuse)
    monkeypatch.setitem(run_inputs.NAMED, "adults", "mart.adults")
    with pytest.raises(ConfigurationError, match="adults"):
        rerun.rerun(settings, frozen)
