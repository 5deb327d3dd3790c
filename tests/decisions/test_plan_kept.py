"""The plan that was decided: kept, sealed, and made again where somebody can make it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from decision_tools import RUN_AT

from tasks import runs, warehouse
from tasks.decisions import canonical, freeze, record, rerun, verify
from tasks.decisions.record import Decision
from tasks.errors import LandingCorrupt, NotFound, WrongUse
from tasks.settings import Settings

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
    folder.mkdir()
    manifest = {"run": run, "size": 15}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with warehouse.connect_internal(settings.rooms) as con:
        frames = {"places": con.sql("select * from staging.places order by all").pl()}
    tables = classes(folder, runs.read(settings.rooms, run).tables, frames)
    content = {name: runs.parquet_bytes(table) for name, table in tables.items()}
    for name, data in content.items():
        (folder / f"{name}.parquet").write_bytes(data)
    hashes = {name: record.sha256(data) for name, data in content.items()}
    (folder / "manifest.json").write_text(json.dumps({**manifest, "outputs": hashes}))
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
    with pytest.raises(NotFound, match=r"manifest\.json"):
        frozen_with(settings, run, plan.parent)
    (plan / "classes.parquet").unlink()
    with pytest.raises(LandingCorrupt, match=r"classes\.parquet"):
        frozen_with(settings, run, plan)
    assert len(record.listed(settings.rooms)) == 1, "the one from before"
