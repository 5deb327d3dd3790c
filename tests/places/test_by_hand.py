"""Classes set by hand in a plan that is made: the rest held or decided anew, and put back."""

from __future__ import annotations

import re

import numpy as np
import pytest
from small import AREAS
from stored import NOW, free_plan

from tasks import plan_amendments, plans
from tasks.errors import ConfigurationError, NotFound, WrongUse
from tasks.places.by_hand import CannotHold

BUILDING, LAST = ("1", AREAS[0]), ("4", AREAS[4])
PULLED = {BUILDING: (1.5, "rommet er lovet bort")}


@pytest.fixture
def home(tmp_path, monkeypatch):
    return free_plan(tmp_path, monkeypatch)


def amend(home, plan, fixed, rest):
    settings, _ = home
    made = plan_amendments.amend(settings, plan, fixed, rest, now=NOW)
    return plans.read_plan(settings.rooms, made)


def classes(stored):
    return stored.tables["classes"]["classes"].to_numpy()


def values(stored):
    return dict(stored.tables["goals"].select("goal", "value").iter_rows())


def test_with_the_rest_held_no_other_class_moves_and_the_plan_tells_its_distance(home):
    free = plans.read_plan(home[0].rooms, home[1])
    held = amend(home, free.id, PULLED, "hold")
    assert np.flatnonzero(classes(held) != classes(free)).tolist() == [0]
    assert held.tables["fixed"].row(0) == (*BUILDING, 1.5, "rommet er lovet bort")
    assert held.tables["groups"].equals(free.tables["groups"])
    distance = dict(held.tables["distance"].iter_rows())
    assert distance["klasser"] == classes(free)[0] - 1.5 > 0
    for goal, value in values(held).items():
        assert distance[goal] == pytest.approx(value - values(free)[goal])
    assert held.manifest["unforced"] == free.id


def test_with_the_rest_held_each_goal_is_bounded_in_these_classes(home):
    goals = amend(home, home[1], PULLED, "hold").tables["goals"]
    assert (goals["bound"] <= goals["value"] + 1e-3 * goals["tolerance"]).all()
    assert (goals["bound"] < goals["value"] - 1e-3 * goals["tolerance"]).any(), "not its own value"
    near = goals["value"] - goals["bound"] <= goals["tolerance"]
    assert goals["met"].to_list() == near.to_list()


def test_the_plans_own_classes_set_by_hand_cost_nothing_in_any_goal(home):
    free = plans.read_plan(home[0].rooms, home[1])
    rows = free.tables["classes"].select(*plan_amendments.COLUMNS[:3]).iter_rows()
    held = amend(home, free.id, {(s, a): (c, "som planlagt") for s, a, c in rows}, "hold")
    assert values(held) == pytest.approx(values(free), abs=1e-6)
    assert [c["near"] for c in plan_amendments.costs(free, held)] == [False] * 6


def test_with_the_rest_searched_for_other_classes_make_up_for_it(home):
    free = plans.read_plan(home[0].rooms, home[1])
    searched = amend(home, free.id, {BUILDING: (0.0, "rom")}, "search")
    assert classes(searched)[0] == 0.0
    assert (classes(searched)[1:] != classes(free)[1:]).any()


def test_what_would_break_is_told_with_its_size_its_cost_and_the_other_way(home):
    with pytest.raises(CannotHold) as refused:
        amend(home, home[1], {LAST: (0.0, "ingen lærer")}, "hold")
    told = str(refused.value)
    # Those with the right without a place, or more pupils than seats: it comes to the same.
    assert re.search(r"BBBBB2----.*: (20|29),0 elever", told)
    assert re.search(r"Målene ville endret seg: \+\d+,\d udekket behov, .*−3.000 kroner", told)
    assert "--rest search" in told
    assert len(list(home[0].rooms.plans.iterdir())) == 1, "nothing is written"


def test_more_than_the_teachers_reach_to_is_explained_and_no_crash(home):
    with pytest.raises(CannotHold, match="lærere"):
        amend(home, home[1], {LAST: (4.0, "vi vil")}, "hold")


def test_what_is_set_adds_up_and_the_later_step_stands_on_the_former(home):
    first = amend(home, home[1], {BUILDING: (0.0, "rom")}, "search")
    more = float(classes(first)[4]) + 0.5
    both = {BUILDING: (0.0, "rom"), ("3", AREAS[0]): (more, "flere")}
    second = amend(home, first.id, both, "hold")
    moved = np.flatnonzero(classes(second) != classes(first)).tolist()
    assert moved == [4]
    assert [step["rest"] for step in second.manifest["steps"]] == ["search", "hold"]
    assert second.manifest["amends"] == first.id
    assert second.manifest["unforced"] == home[1]
    assert second.tables["fixed"].height == 2


def test_what_is_no_longer_set_goes_back_to_the_unforced_plan(home):
    both = {**PULLED, ("3", AREAS[0]): (1.5, "flere")}
    first = amend(home, home[1], both, "hold")
    back = amend(home, first.id, {("3", AREAS[0]): (1.5, "flere")}, "hold")
    free = classes(plans.read_plan(home[0].rooms, home[1]))
    assert np.flatnonzero(classes(back) != free).tolist() == [4]
    assert amend(home, back.id, {}, "hold").id == home[1]


def test_the_same_classes_again_change_nothing(home):
    first = amend(home, home[1], PULLED, "hold")
    assert amend(home, first.id, PULLED, "search").id == first.id
    assert amend(home, home[1], PULLED, "hold").id == first.id
    other = amend(home, first.id, {BUILDING: (1.5, "vedtatt i sak 2026/5")}, "hold")
    assert other.id != first.id
    assert classes(other).tolist() == classes(first).tolist()
    assert values(other) == pytest.approx(values(first), abs=0.05)


@pytest.mark.parametrize(
    ("fixed", "error", "said"),
    [
        ({("7", AREAS[0]): (1.0, "fordi")}, ConfigurationError, "fastsatte klasser"),
        ({BUILDING: (1.0, " ")}, ConfigurationError, "begrunnelse"),
        ({BUILDING: (1.25, "fordi")}, WrongUse, "1,25 på 1 AAAAA1"),
    ],
)
def test_a_mistake_writes_no_plan(home, fixed, error, said):
    with pytest.raises(error, match=said):
        amend(home, home[1], fixed, "hold")
    assert len(list(home[0].rooms.plans.iterdir())) == 1


def test_a_plan_solved_by_another_program_is_not_amended(home, monkeypatch):
    settings, plan = home
    stored = plans.read_plan(settings.rooms, plan)
    shorter = {**stored.tables, "solution": stored.tables["solution"].head(10)}
    manifest = {k: v for k, v in stored.manifest.items() if k not in {"id", "created_at"}}
    other = plans._write(settings.rooms, manifest, shorter, {}, NOW)
    with pytest.raises(WrongUse, match="det samme programmet"):
        amend(home, other, PULLED, "hold")
    with pytest.raises(NotFound):
        amend(home, "2027-28-ingen", PULLED, "hold")
