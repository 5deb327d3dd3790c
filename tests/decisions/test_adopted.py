"""The offer as the council adopted it, laid over the plan that was proposed."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tasks.decisions import adopted

KEY = {"organisation_number": ["1", "2"], "programme_area_code": ["A", "A"]}
PLAN = {
    "classes": pl.DataFrame(
        {**KEY, "school": ["Melhus", "Røros"], "level": [1, 1], "classes": [2.0, 1.0],
         "places": [30.0, 14.0], "verdict": ["utvides", "som i år"]}
    ),
    "goals": pl.DataFrame({"goal": ["reise", "kostnad"], "value": [10.0, 100.0]}),
    "adults": pl.DataFrame({"trade_code": ["x"], "places": [5.0]}),
}  # fmt: skip
OFFER = pl.DataFrame(
    {
        "organisation_number": ["1", "2", "3"],
        "school": ["Melhus", "Røros", "Oppdal"],
        "programme_area_code": ["A", "A", "A"],
        "level": [1, 1, 1],
        "classes_planned": [2.0, 1.0, 0.0],
        "classes": [3.0, 1.0, 1.0],
        # Of an offer that nobody changed the plan's places stand.
        "places": [45, 15, 15],
        "reason": ["Fordi", "", "Åpnes"],
    }
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "adopted").mkdir()
    OFFER.write_parquet(tmp_path / "adopted" / "offer.parquet")
    return tmp_path


def sealed(folder: Path, weighed: object) -> None:
    (folder / "decision.json").write_text(json.dumps({"adopted": {"weighed": weighed}}))


def test_what_people_changed_goes_over_the_plan_and_the_rest_stands(folder: Path) -> None:
    sealed(folder, {"goals": [{"goal": "reise", "after": 12.5}]})
    found = adopted.over(PLAN, folder)
    rows = found["classes"].sort("organisation_number").select("school", "classes", "places")
    assert rows.rows() == [("Melhus", 3.0, 45.0), ("Røros", 1.0, 14.0), ("Oppdal", 1.0, 15.0)]
    assert found["goals"].rows() == [("reise", 12.5), ("kostnad", 100.0)]
    assert found["adults"].equals(PLAN["adults"])


def test_goals_that_could_not_be_reckoned_are_the_plan_s(folder: Path) -> None:
    sealed(folder, None)
    assert adopted.over(PLAN, folder)["goals"].equals(PLAN["goals"])


def test_a_decision_outside_of_a_cycle_is_the_plan(tmp_path: Path) -> None:
    assert adopted.over(PLAN, tmp_path) == PLAN
    assert adopted.over({}, tmp_path) == {}
