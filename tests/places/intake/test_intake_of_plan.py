"""The intake of a stored plan: what is read is set here, what is written is looked at."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from intake_frames import BIG, ROWS, frames
from intake_tools import rules
from test_intake_plans import forecast

from tasks import intake_inputs, plan_intake, plans, runs
from tasks.errors import LandingCorrupt, NotFound, WrongUse
from tasks.place_rules import read_place_rules
from tasks.places import alternatives
from tasks.settings import Project, Settings

PLAN = "2026-27-plan"
OWN = SimpleNamespace(
    school=tuple(r[0] for r in ROWS),
    area=np.arange(len(ROWS)),
    full=np.full(len(ROWS), 15.0),
    half=np.where(np.arange(len(ROWS)) % 2, 8.0, 0.0),
)
MADE = {"run": "løp", "outputs": {}, **read_place_rules(Project().reference).told()}
PROBLEM = SimpleNamespace(own=OWN, areas=tuple(r[1] for r in ROWS))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = Settings(home=tmp_path)
    (settings.rooms.plans / PLAN).mkdir(parents=True)
    run = SimpleNamespace(
        manifest={"school_year": "2026/27", "seed": 3, "parameters": {"county": "50"}}
    )
    classes = pl.DataFrame(
        [(s, a, n + 0.0, 10.0) for s, a, n, *_ in ROWS],
        ["organisation_number", "programme_area_code", "places", "pupils"],
        orient="row",
    )
    reckoned = pl.DataFrame(
        [
            (plan, goal, 7.0)
            for plan in ("planen", "i_aar")
            for goal in ("udekket_behov", "forstevalg", "reise")
        ],
        ["alternative", "goal", "value"],
        orient="row",
    )
    tables = {"classes": classes, "alternatives": reckoned}
    stored = plans.Stored(PLAN, MADE, tables)
    monkeypatch.setattr(plans, "read_plan", lambda rooms, plan: stored)
    monkeypatch.setattr(plans, "read", lambda rooms, project, year: {})
    monkeypatch.setattr(plans, "build", lambda run, forecast, frames, declared: PROBLEM)
    monkeypatch.setattr(runs, "read", lambda rooms, name: run)
    monkeypatch.setattr(runs, "forecast", lambda run: forecast())
    monkeypatch.setattr(intake_inputs, "read", lambda rooms, reference, on: frames())
    monkeypatch.setattr(
        alternatives, "classes", lambda problem, forecast: {"i_aar": np.full(len(ROWS), 1.5)}
    )
    return settings


def test_the_plan_and_its_alternatives_are_written_beside_it(settings: Settings) -> None:
    folder = plan_intake.execute(settings, PLAN, draws=4)
    assert folder.parent == settings.rooms.plans / PLAN
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["outputs"]) == {
        "intake_goals",
        "intake_empty",
        "intake_offers",
        "intake_differences",
        "intake_beside",
    }
    for name, expected in manifest["outputs"].items():
        assert hashlib.sha256((folder / f"{name}.parquet").read_bytes()).hexdigest() == expected
    offers = pl.read_parquet(folder / "intake_offers.parquet").filter(round=1)
    assert offers["plan"].unique(maintain_order=True).to_list() == ["planen", "i_aar"]
    plan = offers.filter(plan="planen")
    assert plan["places"].sum() == sum(r[2] for r in ROWS)
    # One class and a half: 15 and 8 places where a class may be halved, else 15.
    last_year = offers.filter(plan="i_aar", organisation_number=BIG)["places"].to_list()
    assert set(last_year) == {15, 23}
    assert manifest["rules"]["rounds"] == rules().rounds
    assert set(manifest["inputs"]) == set(frames())


def test_what_the_plan_reckons_stands_beside_what_the_intake_finds(settings: Settings) -> None:
    assert plan_intake.of_plan(settings.rooms, PLAN) is None
    plan_intake.execute(settings, PLAN, draws=4)
    plan_intake.execute(settings, PLAN, draws=3)
    found = plan_intake.of_plan(settings.rooms, PLAN)
    assert found is not None
    assert found.manifest["draws"] == 4, "the one with most draws, though another came later"
    beside = found.tables["intake_beside"]
    keys = [(p, g) for p in ("planen", "i_aar") for g in ("forstevalg", "reise", "tomme_plasser")]
    assert sorted(beside.select("plan", "goal").rows()) == sorted(keys)
    own = {(p, g): own for p, g, own, *_ in beside.iter_rows()}
    assert own["i_aar", "reise"] == own["planen", "forstevalg"] == 7.0
    assert own["planen", "tomme_plasser"] == sum(r[2] for r in ROWS) - 10 * len(ROWS)
    assert own["i_aar", "tomme_plasser"] is None
    county = found.tables["intake_goals"].filter(level="*", region_code="*", round=2, plan="i_aar")
    without = (
        county.filter(measure="applicants")["mean"]
        - county.filter(measure="first_programme")["mean"]
    )
    assert beside.filter(plan="i_aar", goal="forstevalg")["mean"].to_list() == pytest.approx(
        without.to_list()
    )
    offers = found.tables["intake_offers"].filter(plan="planen", round=2)
    assert beside.filter(plan="planen", goal="tomme_plasser")["mean"].item() == pytest.approx(
        offers["empty_mean"].sum()
    )


def test_an_intake_that_was_changed_is_not_read(settings: Settings) -> None:
    folder = plan_intake.execute(settings, PLAN, draws=3)
    (folder / "intake_empty.parquet").write_bytes(b"annet")
    with pytest.raises(LandingCorrupt, match="inntaket"):
        plan_intake.of_plan(settings.rooms, PLAN)


def test_made_again_it_is_the_same(settings: Settings) -> None:
    one = plan_intake.execute(settings, PLAN, draws=3)
    kept = {f.name: f.read_bytes() for f in one.iterdir()}
    assert plan_intake.execute(settings, PLAN, draws=3) == one
    for file in one.iterdir():
        file.unlink()
    one.rmdir()
    again = plan_intake.execute(settings, PLAN, draws=3)
    assert {f.name: f.read_bytes() for f in again.iterdir()} == kept
    assert plan_intake.execute(settings, PLAN, draws=4) != one
    assert not [f for f in one.parent.iterdir() if f.name.startswith(".")]


def test_more_draws_than_there_are_leave_nothing_behind(settings: Settings) -> None:
    with pytest.raises(WrongUse, match="trekninger"):
        plan_intake.execute(settings, PLAN, draws=10_000)
    assert not list((settings.rooms.plans / PLAN).iterdir())


def test_a_night_that_is_not_published_is_told(tmp_path: Path) -> None:
    rooms = Settings(home=tmp_path).rooms
    with pytest.raises(NotFound):
        intake_inputs.read(rooms, Project().reference, date(2026, 10, 1))
