"""The plan that was decided: kept, sealed, and made again where somebody can make it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from decision_tools import RUN_AT
from small import AREAS, small

from tasks import plans, runs, table_folder, warehouse
from tasks.decisions import canonical, freeze, plan_again, record, rerun, verify
from tasks.decisions.record import Decision
from tasks.errors import ConfigurationError, LandingCorrupt, NotFound, WrongUse
from tasks.forecast.types import Axes, Forecast
from tasks.place_rules import declared_of, read_place_rules
from tasks.places import by_hand, solve
from tasks.places import tables as plan_tables
from tasks.places.by_hand import Rest
from tasks.places.types import Fixed
from tasks.settings import Project, Settings

DAY = date(2026, 11, 20)

pytestmark = pytest.mark.usefixtures("small")


def classes(folder: Path, tables: rerun.Frames, frames: rerun.Frames) -> rerun.Frames:
    """A plan of a few lines: classes of the size its manifest says, for all places there are."""
    size = json.loads((folder / "manifest.json").read_bytes())["size"]
    return {
        "classes": frames["places"].select("school", (pl.col("places") / size).ceil()),
        "total": tables["expected"].select("programme_code", "rows"),
    }


def plan_of(settings: Settings, run: str, folder: Path) -> Path:
    """The same plan in a folder, as it was made of a run."""
    (folder / "inputs").mkdir(parents=True)
    told = read_place_rules(Project().reference).told()
    manifest: dict[str, Any] = {"run": run, "size": 15, **told}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with warehouse.connect_internal(settings.rooms) as con:
        frames = {"places": con.sql("select * from staging.places order by all").pl()}
    tables = classes(folder, runs.read(settings.rooms, run).tables, frames)
    content = {name: table_folder.parquet_bytes(table) for name, table in tables.items()}
    for name, data in content.items():
        (folder / f"{name}.parquet").write_bytes(data)
    manifest["outputs"] = {name: record.sha256(data) for name, data in content.items()}
    # What the run read too, and what the plan alone read.
    beside = table_folder.parquet_bytes(pl.DataFrame({"minutes": [30]}))
    (folder / "inputs" / "travel.parquet").write_bytes(beside)
    inputs = {"places": table_folder.parquet_bytes(frames["places"]), "travel": beside}
    manifest["inputs"] = {name: record.sha256(data) for name, data in inputs.items()}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def run(frozen: Decision) -> str:
    return frozen.run


@pytest.fixture
def plan(settings: Settings, run: str, tmp_path: Path) -> Path:
    return plan_of(settings, run, tmp_path / "plan")


def frozen_with(settings: Settings, run: str, plan: Path) -> Decision:
    return freeze.freeze(settings, freeze.Asked(run, "2026/5", "fylkestinget", DAY, plan=plan))


def test_a_plan_is_made_again_with_its_run(settings: Settings, run: str, plan: Path) -> None:
    made = frozen_with(settings, run, plan)
    sealed = verify.sealed(settings.rooms, made)
    tables = {path.stem: pl.read_parquet(path) for path in plan.glob("*.parquet")}
    assert sealed["plan"] == canonical.hashes(tables)
    found = rerun.rerun(settings, made, planned=classes)
    assert found.same
    assert not found.plan_kept
    assert set(found.hashes) == {"expected", "plan/classes", "plan/total"}


def test_the_document_of_the_plan_is_kept_with_it(settings: Settings, run: str, plan: Path) -> None:
    document = settings.rooms.reports / plan.name / "planforslag.html"
    document.parent.mkdir(parents=True)
    document.write_text("<p>Planen</p>", encoding="utf-8")
    made = frozen_with(settings, run, plan)
    kept = record.folder_of(settings.rooms, made) / "report" / document.name
    assert kept.read_bytes() == document.read_bytes()
    assert f"report/{document.name}" in verify.sealed(settings.rooms, made)["files"]


def test_a_plan_that_nobody_can_make_again_is_told_as_kept(
    settings: Settings, run: str, plan: Path
) -> None:
    found = rerun.rerun(settings, frozen_with(settings, run, plan))
    assert found.plan_kept
    assert set(found.hashes) == {"expected"}


def test_another_way_of_planning_is_told_with_its_size(
    settings: Settings, run: str, plan: Path
) -> None:
    def one_more(folder: Path, tables: rerun.Frames, frames: rerun.Frames) -> rerun.Frames:
        made = classes(folder, tables, frames)
        return {**made, "classes": made["classes"].with_columns(pl.col("places") + 1)}

    found = rerun.rerun(settings, frozen_with(settings, run, plan), planned=one_more)
    assert not found.same
    (table,) = found.tables
    assert table.table == "plan/classes"
    assert [(c.column, c.cells, c.largest) for c in table.columns] == [("places", 2, 1.0)]


def test_a_change_of_a_kept_plan_is_found(settings: Settings, run: str, plan: Path) -> None:
    made = frozen_with(settings, run, plan)
    file = record.folder_of(settings.rooms, made) / "plan" / "classes.parquet"
    file.write_bytes(b"x")
    (fault,) = verify.faults(settings.rooms, made)
    assert fault.file == f"decisions/{made.id}/plan/classes.parquet"


def test_a_plan_must_be_whole_and_of_this_run(settings: Settings, run: str, plan: Path) -> None:
    other = runs.execute(settings, "2027/28", 2, now=lambda: RUN_AT)
    with pytest.raises(WrongUse, match=run):
        frozen_with(settings, other, plan)
    with pytest.raises(NotFound, match="ingen slik plan"):
        frozen_with(settings, run, plan.parent)
    for name in ("inputs/travel.parquet", "classes.parquet"):
        file = plan / name
        content = file.read_bytes()
        file.unlink()
        with pytest.raises(LandingCorrupt, match=file.name):
            frozen_with(settings, run, plan)
        file.write_bytes(content)
    assert len(record.listed(settings.rooms)) == 1, "the one from before"


def test_a_plan_on_other_figures_than_its_run_is_not_decided_on(
    settings: Settings, run: str, plan: Path
) -> None:
    file = plan / "manifest.json"
    manifest = json.loads(file.read_bytes())
    manifest["inputs"]["places"] = "a" * 64
    file.write_text(json.dumps(manifest))
    with pytest.raises(WrongUse, match="andre tall i places"):
        frozen_with(settings, run, plan)


def test_a_plan_is_made_again_under_its_own_rules_whatever_the_files_say_today(
    settings: Settings, run: str, plan: Path
) -> None:
    file = plan / "manifest.json"
    manifest = json.loads(file.read_bytes())
    other = manifest["classes"] | {"minimum_fill": 0.1}
    file.write_text(json.dumps({**manifest, "classes": other}))
    folder = record.folder_of(settings.rooms, frozen_with(settings, run, plan)) / "plan"
    kept = declared_of(json.loads((folder / "manifest.json").read_bytes()))
    assert kept == replace(read_place_rules(Project().reference), minimum_fill=0.1)
    assert (folder / "inputs" / "travel.parquet").is_file()


@pytest.mark.parametrize("name", ["rules", "principles", "classes", "intake", "unconfirmed"])
def test_a_plan_that_does_not_say_what_it_was_made_under_is_not_decided_on(
    settings: Settings, run: str, plan: Path, name: str
) -> None:
    file = plan / "manifest.json"
    manifest = json.loads(file.read_bytes())
    del manifest[name]
    file.write_text(json.dumps(manifest))
    with pytest.raises(ConfigurationError, match=name):
        frozen_with(settings, run, plan)


def drawn(_: runs.Run) -> Forecast:
    """What the small county's pupils are in each draw."""
    pupils = np.zeros((20, 5, 2, 1), np.float32)
    pupils[..., 0] = np.array([[25, 13], [30, 28], [12, 14], [13, 9], [20, 9]])
    return Forecast(Axes(AREAS, ("1", "2"), (2027,)), pupils, np.full((20, 5), 1.2, np.float32))


BY_HAND: list[tuple[int, float, str]] = [
    (3, 2.0, "vedtatt i sak 2026/5"),
    (0, 2.0, "rommet er lovet bort"),
]


@pytest.mark.parametrize("rests", [[], ["search"], ["search", "hold"]])
def test_the_plan_in_classes_is_made_again_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rests: list[Rest]
) -> None:
    """On the small county of `tests/places`, with the real integer programme."""
    monkeypatch.setattr(plans, "build", lambda *_: small())
    monkeypatch.setattr(runs, "forecast", drawn)
    steps = [{"rest": rest, "fixed": BY_HAND[: number + 1]} for number, rest in enumerate(rests)]
    folder = tmp_path / "plan"
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text("{}")
    folder.mkdir()
    declared = read_place_rules(Project().reference)
    (folder / "manifest.json").write_text(
        json.dumps({"run": "r", "steps": steps, **declared.told()})
    )
    plan = free = solve.plan(small())
    for number, rest in enumerate(rests):
        plan = by_hand.amended(plan, free, [Fixed(*one) for one in BY_HAND[: number + 1]], rest)
    wanted = plan_tables.tables(
        plan,
        drawn(runs.Run("r", {}, {})),
        declared,
        free if rests else None,
    )
    found = plan_again.again(folder, {}, {})
    assert canonical.hashes(found) == canonical.hashes(wanted)
    if rests:
        alone = plan_tables.tables(free, drawn(runs.Run("r", {}, {})), declared, None)
        assert canonical.hashes(alone) != canonical.hashes(found), "what was set by hand is heard"
