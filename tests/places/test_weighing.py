"""Classes that people have set, weighed by the plan's own measure on the small county."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small import AREAS
from stored import free_plan
from test_why import home_of, named, without_pair

from tasks import plans
from tasks.cycle import weighing
from tasks.cycle.offer import BY_HAND, PLAN, Line
from tasks.places import by_hand, measure, solve
from tasks.places.types import Fixed
from tasks.settings import Project


@pytest.fixture
def home(tmp_path, monkeypatch):
    return free_plan(tmp_path, monkeypatch)


def line(school, area, classes, where=BY_HAND):
    changes = ((where, 0.0, classes, "fordi"),)
    return Line(school, school, area, area, 1, area[:2], "r", classes, 0, 15.0, changes)


def weighed(home, before, after):
    settings, plan = home
    offers = ({one.key: one for one in lines} for lines in (before, after))
    return weighing.weighed(settings, Project(), plan, *offers)


def of(told, which):
    return {one["goal"]: one[which] for one in told["goals"]}


def near(problem, found, wanted):
    """To what each goal is met to."""
    within = {g.id: problem.solver.tolerance * g.scale for g in problem.goals}
    assert set(found) == set(within)
    return all(abs(found[goal] - wanted[goal]) <= within[goal] + 0.01 for goal in within)


def test_nothing_set_costs_nothing_and_what_the_plan_changed_is_not_set(home):
    told = weighed(home, [], [line("1", AREAS[0], 9.0, PLAN)])
    assert of(told, "plan") == of(told, "before") == of(told, "after")
    plan, _ = plans.restore(*home)
    assert near(plan.problem, of(told, "plan"), measure.goals(plan.problem, plan))


def test_what_is_set_costs_what_the_plan_with_the_rest_held_costs(home):
    """A plan amended by hand, all other classes held, is the same measure by another way."""
    settings, plan_id = home
    free, _ = plans.restore(settings, plan_id)
    told = weighed(home, [], [line("1", AREAS[0], 1.5)])
    held = by_hand.amended(free, free, [Fixed(0, 1.5, "fordi")], "hold")
    assert near(free.problem, of(told, "after"), measure.goals(held.problem, held))
    assert of(told, "after")["udekket_behov"] > of(told, "before")["udekket_behov"]
    assert of(told, "after")["kostnad"] < of(told, "before")["kostnad"]


def test_rules_that_are_broken_are_told_and_not_mended(home):
    told = weighed(home, [], [line("4", AREAS[4], 0.0)])
    assert told["without"][0] == pytest.approx(0, abs=0.01)
    assert told["without"][1] > 5, "those with a right to the only påbygg"
    told = weighed(home, [], [line("1", AREAS[0], 20.0)])
    assert told["over_budget"][0] == 0
    assert told["over_budget"][1] > 0
    assert told["short"][1] > told["short"][0]


def test_an_offer_that_is_new_at_its_school_is_reckoned_as_an_opening(tmp_path, monkeypatch):
    problem = named()
    without = solve.plan(without_pair(problem, 5))
    classes = np.delete(problem.own.classes, 5)
    opened = replace(problem, own=replace(problem.own, classes=np.insert(classes, 5, 0.0)))
    home = home_of(tmp_path, monkeypatch, without, opened)
    told = weighed(home, [], [line("3", AREAS[1], 1.0)])
    assert told["left_out"] == []
    assert of(told, "after")["endring_fra_i_aar"] == of(told, "before")["endring_fra_i_aar"] + 1
    assert of(told, "after")["kostnad"] > of(told, "before")["kostnad"]
    assert of(told, "after")["reise"] < of(told, "before")["reise"]


def test_an_area_that_the_plan_knows_nothing_of_is_told_as_left_out(home):
    told = weighed(home, [], [line("2", "XXXXX1----", 1.0)])
    assert told["left_out"] == ["XXXXX1---- (Vg1) ved 2"]
    assert of(told, "after") == of(told, "before")
