"""Two plans in classes held against each other, made of the small county of `tests/places`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "places"))

import numpy as np
from made_up_run import Handed
from small import AREAS, small

from tasks.forecast.types import Axes, Forecast
from tasks.place_rules import read_place_rules
from tasks.places import solve
from tasks.places import tables as plan_tables
from tasks.places.types import Fixed
from tasks.publish import difference, difference_plans
from tasks.publish.difference_plans import Plan
from tasks.publish.model import Table
from tasks.settings import Project


@pytest.fixture(scope="module")
def two() -> tuple[Plan, Plan]:
    """A plan, and the same with a class closed by hand."""
    declared = read_place_rules(Project().reference)
    pupils = np.zeros((20, 5, 2, 1), np.float32)
    pupils[..., 0] = np.array([[25, 13], [30, 28], [12, 14], [13, 9], [20, 9]])
    drawn = Forecast(Axes(AREAS, ("1", "2"), (2027,)), pupils, np.full((20, 5), 1.2, np.float32))
    free = solve.plan(small())
    forced = solve.override(free, [Fixed(3, 0.0, "ingen lærer")])
    given = drawn, declared
    return plan_tables.tables(free, *given, None), plan_tables.tables(forced, *given, free)


def told(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_a_plan_against_itself_has_no_changes(two: tuple[Plan, Plan]) -> None:
    plan = two[0]
    assert difference_plans.classes(plan, plan).rows == []
    assert difference_plans.others(plan, plan).rows == []
    assert {row[-1] for row in told(difference_plans.goals(plan, plan))} == {"0,0"}


def test_the_class_that_was_closed_is_told_with_what_it_costs(two: tuple[Plan, Plan]) -> None:
    then, now = two
    old, new = (frame["classes"] for frame in two)
    changed = (old["classes"] != new["classes"]) | (old["places"] != new["places"])
    found = told(difference_plans.classes(then, now))
    assert len(found) == changed.sum() > 0
    (row,) = [r for r in found if r[0] == "Skole 2" and r[1] == "AAAYY2----"]
    closed = old.row(3, named=True)
    assert row[2:6] == [
        "Vg2",
        f"{closed['classes']:.1f}".replace(".", ","),
        "0,0",
        f"−{closed['classes']:.1f}".replace(".", ","),
    ]
    values = [frame["goals"].sort("order").get_column("value").to_list() for frame in two]
    gaps = [b - a for a, b in zip(*values, strict=True)]
    goals = difference_plans.goals(then, now)
    assert sorted(float(row[-1].value or 0) for row in goals.rows) == pytest.approx(
        sorted(round(gap, 1) for gap in gaps)
    )


def test_plans_stand_beside_their_runs_where_both_have_one(
    handed: Handed, two: tuple[Plan, Plan]
) -> None:
    then = difference.read(handed.run, handed.warehouse, "A", two[0])
    now = difference.read(handed.run, handed.warehouse, "B", two[1])
    found = difference.document(then, now, [], [])
    assert "klasser" in {section.id for section in found.sections}
    bare = difference.read(handed.run, handed.warehouse, "B")
    found = difference.document(then, bare, [], [])
    assert "klasser" not in {section.id for section in found.sections}
    assert any("Bare den ene har en plan" in text for text in found.findings)
