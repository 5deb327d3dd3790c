"""Every hard rule acts: the rule is changed, and the plan of the small county changes with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small import goals, small

from tasks.places import measure, solve
from tasks.places.conflicts import Infeasible
from tasks.places.model import arcs
from tasks.places.types import Specials

# To the krone and the person: what a rule costs must not drown in what a goal may give way.
CHEAPEST, MOST = ((replace(goals((one,))[0], scale=1.0),) for one in ("kostnad", "udekket_behov"))


def planned(order=MOST, **changed):
    return solve.plan(small(goals=order, **changed))


def with_group(persons: float) -> Specials:
    return Specials(
        ("vg3-i-skole", "innforing"),
        ("Vg3 i skole", "Innføringsklasser"),
        np.array([4.0, persons]),
        np.array([15.0, 8.0]),
        np.array([100.0, 100.0]),
    )


def test_a_group_with_rules_of_its_own_holds_all_its_persons_and_costs():
    few, many = (planned(CHEAPEST, specials=with_group(n)) for n in (8.0, 9.0))
    assert few.block("special_groups").tolist() == [1, 1]
    assert many.block("special_groups").tolist() == [1, 2]
    assert measure.cost(many.problem, many) - measure.cost(few.problem, few) == 8 * 100


def test_a_group_that_the_budget_does_not_reach_to_is_told_of():
    problem = small(specials=with_group(8.0 * 500))
    with pytest.raises(Infeasible) as found:
        solve.plan(problem)
    assert any("innforing" in rule for rule in found.value.conflict.rules)


def taken(plan, pair: int) -> float:
    _, at = arcs(plan.problem)
    return float(plan.block("placed")[at == pair].sum())


def test_places_held_back_are_given_to_nobody_and_count_as_filled():
    kept = np.zeros(8)
    kept[7] = 12.0
    own = small().own
    free = planned(CHEAPEST)
    held = planned(CHEAPEST, own=replace(own, reserved=kept))
    assert taken(free, 7) == taken(held, 7) == 29
    assert (free.classes[7], held.classes[7]) == (1.0, 1.5), "41 of 45 places are not for 29"
    with pytest.raises(Infeasible):
        planned(own=replace(own, reserved=kept, most=own.classes))


def test_adults_have_their_right_though_money_comes_first():
    adults = small().adults
    assert planned(CHEAPEST).block("adult_places").sum() == 32
    half = planned(CHEAPEST, adults=replace(adults, right=0.4))
    assert half.block("adult_places").sum() >= 0.4 * 32
    assert half.block("adult_groups").sum() == 1
    assert planned(CHEAPEST, adults=replace(adults, right=0.0)).block("adult_groups").sum() == 0


def test_a_college_gets_no_less_than_the_least_start_and_no_more_than_the_grant():
    colleges = small().colleges
    # Thirty places of a hundred kroner and twenty of sixty: what is short is the smaller offer's.
    short = planned(colleges=replace(colleges, budget=3600.0)).block("college_places")
    assert short @ colleges.rate <= 3600
    assert all(n == 0 or n >= 15 for n in short)
    none = planned(colleges=replace(colleges, budget=3600.0, minimum=25.0)).block("college_places")
    assert none.sum() < short.sum(), "twenty places are fewer than can start"
    assert none[1] == 0


def test_an_offer_without_accreditation_gets_nothing_and_is_lacked():
    colleges = small().colleges
    free = planned()
    closed = planned(colleges=replace(colleges, limit=np.array([0.0, np.inf])))
    assert free.block("college_places").tolist() == [30, 20]
    assert closed.block("college_places").tolist() == [0, 20]
    lacked = [measure.goals(p.problem, p)["udekket_behov"] for p in (closed, free)]
    assert lacked[0] - lacked[1] == pytest.approx(30, abs=1)


def test_areas_may_share_a_class_only_where_it_is_allowed():
    # Seven and eight pupils of two areas at one school: one class of fifteen holds them.
    problem = small(goals=CHEAPEST)
    right = problem.right.copy()
    right[:, 2:4] = [[7, 8], [12, 0], [0, 0]]
    only_own = replace(problem, right=right, choice=problem.choice & np.eye(5, dtype=bool))
    shared, apart = (solve.plan(p) for p in (only_own, replace(only_own, combined=())))
    assert shared.block("combined").sum() == 1
    assert measure.cost(shared.problem, shared) < measure.cost(apart.problem, apart)


def test_private_places_are_given_and_what_they_take_the_county_need_not():
    problem = small(goals=CHEAPEST)
    none = replace(problem.others, places=np.zeros(1))
    with_private, without = solve.plan(problem), solve.plan(replace(problem, others=none))
    assert taken(with_private, 8) <= problem.others.places[0]
    assert taken(without, 8) == 0
    cost = [measure.cost(p.problem, p) for p in (with_private, without)]
    assert cost[1] > cost[0]


def test_a_class_below_the_minimum_is_not_started():
    problem = small(goals=CHEAPEST)
    right = problem.right.copy()
    right[:, 4] = [5, 3, 0]
    # Eight of a half class of fifteen are more than 0.5 of it and fewer than 0.6.
    plan = solve.plan(replace(problem, right=right, minimum_fill=0.5))
    assert plan.classes[7] == 0.5
    with pytest.raises(Infeasible) as found:
        solve.plan(replace(problem, right=right))
    assert any("minstefylling" in rule for rule in found.value.conflict.rules)


def test_without_another_area_to_go_to_a_right_needs_the_area_itself():
    # As påbygg: no other area will do. The county closes it, and nobody can be sent elsewhere.
    problem = small()
    own = replace(problem.own, most=np.where(problem.own.area == 4, 0, problem.own.most))
    with pytest.raises(Infeasible) as found:
        solve.plan(replace(problem, own=own))
    assert any(rule.startswith("rett · Vg2 · BBBBB2") for rule in found.value.conflict.rules)
