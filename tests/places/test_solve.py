"""The integer programme: right by hand, by brute force and by its own laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import ORDER, SCALES, goals, small

from tasks.places import conflicts, highs, measure, need, solve
from tasks.places.conflicts import Infeasible
from tasks.places.model import arcs, build, wishes
from tasks.places.types import Convex, Fixed, Rooms


def pupils_by_pair(plan):
    _, pair = arcs(plan.problem)
    total = np.zeros(len(plan.problem.own) + len(plan.problem.others))
    np.add.at(total, pair, plan.block("placed"))
    return total


@given(
    st.lists(st.floats(0, 60), min_size=1, max_size=12),
    st.floats(1, 60),
    st.booleans(),
)
def test_segments_are_the_expectation_itself(draws, most, rising):
    weight = np.linspace(0.5, 1.5, len(draws))
    function = Convex(("c",), np.array([draws]), weight, rising)
    _, lengths, slopes, start = need.segments(function, np.array([most]))
    assert (np.diff(slopes) > -1e-9).all(), "convex: the cheap segments come first"
    assert lengths.sum() == np.ceil(most)
    for share in (0.0, 0.3, 0.77, 1.0):
        at = share * most
        used = np.clip(at - np.concatenate([[0], lengths.cumsum()[:-1]]), 0, lengths)
        exact = need.expected(function, np.array([at]))[0]
        assert start[0] + used @ slopes == pytest.approx(exact, abs=1e-6)


def test_of_whole_persons_the_expectation_is_the_mean_over_the_draws():
    function = Convex(("c",), np.array([[3.2, 7.0]]), np.array([1.0, 0.5]), rising=False)
    assert need.expected(function, np.array([5.0])) == pytest.approx([(0 + 0.5 * 2) / 2])
    assert need.expected(function, np.array([3.0])) == pytest.approx([(0.2 + 0.5 * 4) / 2])
    # A quarter of the way from three persons to four.
    at = 0.75 * 1.1 + 0.25 * 0.75
    assert need.expected(function, np.array([3.25])) == pytest.approx([at])


def test_every_right_is_met_and_no_class_is_over_full_or_under_filled():
    plan = solve.plan(small())
    problem, own = plan.problem, plan.problem.own
    region, first, _ = wishes(problem)
    met = np.zeros_like(problem.right)
    np.add.at(met, (region, first), plan.block("wish"))
    assert met == pytest.approx(problem.right)
    pupils = pupils_by_pair(plan)
    seats = measure.places(problem, plan)
    assert (pupils[: len(own)] <= seats + 1e-6).all()
    assert (pupils[len(own) :] <= problem.others.places + 1e-6).all()
    assert measure.underfilled(problem, plan) == 0
    assert (plan.classes <= own.most + 1e-9).all()
    assert measure.cost(problem, plan) <= problem.budget + 1e-3
    assert plan.block("college_places") @ problem.colleges.rate <= problem.colleges.budget
    assert (plan.classes * 2 == np.rint(plan.classes * 2)).all()


@pytest.mark.parametrize("goal", ORDER)
def test_a_goal_reckoned_from_the_plan_is_the_solvers_own(goal):
    plan = solve.plan(small(goals=goals((goal,))))
    value = measure.goals(plan.problem, plan)[goal]
    assert value == pytest.approx(plan.values[0], abs=1e-4 * SCALES[goal])


def test_no_goal_is_worse_than_the_solver_says():
    plan = solve.plan(small())
    found = measure.goals(plan.problem, plan)
    for goal, value, stage in zip(plan.problem.goals, plan.values, plan.stages, strict=True):
        # Later goals let what only measures an earlier one be slack, within its tolerance.
        assert found[goal.id] <= value + 1e-4 * goal.scale, goal.id
        assert found[goal.id] >= stage.bound - 1e-4 * goal.scale, goal.id


def test_one_goal_is_as_good_as_trying_every_plan():
    problem = small(goals=goals(("udekket_behov",)), combined=())
    plan = solve.plan(problem)
    # Of one area at one school nobody has a choice: its need is what its pupils leave. The others
    # are tried: every number of pupils whom classes can hold that are full enough.
    met = np.zeros(8)
    _, pair = arcs(problem)
    np.add.at(met, problem.cell[pair], plan.block("placed"))
    assert met[7] == 29
    assert plan.stages[0].met
    best = min(
        need.expected(problem.need, np.array([0, 0, x, met_3, 0, 0, y, 0.0]))[[2, 3, 6]].sum()
        for x in range(49)
        for y in range(49)
        for met_3 in [48 - x - y]
        if met_3 >= 0 and all(_held(v) for v in (x, y, met_3))
    )
    at = need.expected(problem.need, met)[[2, 3, 6]].sum()
    assert at <= best + problem.solver.tolerance * problem.goals[0].scale


def _held(pupils):
    """Whether classes of fifteen and eight, the last at least 60 per cent full, hold them."""
    return pupils == 0 or any(
        least <= pupils <= most
        for whole in range(4)
        for least, most in ((15 * whole + 4.8, 15 * whole + 8), (15 * whole - 6, 15 * whole))
        if whole or most == 8
    )


def test_a_goal_met_is_held_while_later_ones_are_met():
    problem = small()
    first = solve.plan(problem, ["udekket_behov"]).stages[0]
    both = solve.plan(problem)
    tolerance = problem.solver.tolerance * problem.goals[0].scale
    assert both.values[0] <= first.bound + (1 + solve.ROUNDING) * tolerance
    other_way = solve.plan(replace(problem, goals=goals(("kostnad", "udekket_behov"))))
    assert other_way.values[0] < both.values[4]
    assert other_way.values[1] > both.values[0]


def test_no_more_is_changed_than_the_plan_may():
    asked = solve.plan(small(goals=goals(("udekket_behov",))))
    limited = solve.plan(small(goals=goals(("udekket_behov",)), most_change=0.5))
    assert np.abs(limited.classes - limited.problem.now).sum() <= 0.5
    assert limited.values[0] >= asked.stages[0].bound - 1e-6
    by_hand = Fixed(5, 2.0, "vedtatt")
    forced = solve.plan(replace(limited.problem, fixed=(by_hand,), budget=1e9))
    assert forced.classes[5] == 2.0, "what is set by hand does not count"


def test_the_same_bytes_twice():
    one, two = solve.plan(small()), solve.plan(small())
    assert one.x.tobytes() == two.x.tobytes()
    assert one.stages == two.stages


def _possible(problem):
    """Whether the forced pair can be had at all, by the search for any plan."""
    solver = highs.load(build(problem))
    solver.run()
    return solver.getInfo().primal_solution_status == 2


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 7), st.sampled_from([0.5, 1.0, 1.5]))
def test_what_is_set_by_hand_is_kept_and_is_never_better(pair, more):
    problem = small(goals=goals(("udekket_behov",)))
    free = solve.plan(problem)
    classes = max(free.classes[pair] - more, 0.0)
    forced = replace(problem, fixed=(Fixed(pair, classes, "skolens ønske"),))
    if not _possible(forced):
        with pytest.raises(Infeasible, match="fastsatt for hånd"):
            solve.plan(forced)
        return
    plan = solve.plan(forced)
    assert plan.classes[pair] == classes
    assert plan.values[0] >= free.stages[0].bound - 1e-6


def test_a_closed_workshop_conflicts_with_the_rights_it_served():
    problem = small()
    closed = Rooms(("verksted, 4",), np.array([[False] * 7 + [True]]), np.array([0.0]))
    with pytest.raises(Infeasible) as stopped:
        solve.plan(replace(problem, rooms=closed))
    rules = stopped.value.conflict.rules
    assert "rom · verksted, 4" in rules
    assert any(r.startswith("rett · Vg2 · BBBBB2") for r in rules)
    assert not any("AAAAA1" in r for r in rules), "irreducible: nothing that has no part in it"
    broken = {b.rule: b.amount for b in stopped.value.conflict.relaxation}
    assert broken
    assert "verksted, 4" in str(stopped.value)


@pytest.mark.parametrize(("budget", "nodes"), [(10_000.0, None), (20_000.0, 2000)])
def test_an_irreducible_set_can_hold_without_any_one_of_its_rules(budget, nodes):
    problem = replace(small(), budget=budget)
    with pytest.raises(Infeasible) as stopped:
        solve.plan(problem)
    rules = stopped.value.conflict.rules
    assert "budsjett" in rules
    holds = conflicts.Holds(build(problem), nodes)
    assert stopped.value.conflict.proven
    assert not holds(rules)
    for rule in rules:
        assert holds([r for r in rules if r != rule]), rule


def test_a_class_that_only_whole_numbers_forbid_is_explained():
    # Nine pupils of region b want an area whose least class of thirty needs eighteen.
    own = small().own
    only_whole = replace(own, half=np.where(np.arange(8) == 7, 0, own.half))
    right = small().right.copy()
    right[:2, 4] = [0, 9]
    with pytest.raises(Infeasible) as stopped:
        solve.plan(small(own=only_whole, right=right))
    rules = stopped.value.conflict.rules
    assert any(r.startswith("minstefylling · Skole 4") for r in rules)
    assert any(r.startswith("rett") and "BBBBB2" in r for r in rules)


def test_ten_adult_places_and_a_grant_taken_away_are_seen():
    problem = small()
    before = solve.plan(problem)
    fewer = replace(problem.adults, limit=np.array([10.0, np.inf]))
    grants = replace(problem.colleges, limit=np.array([0.0, np.inf]))
    after = solve.plan(replace(problem, adults=fewer, colleges=grants))
    gap = after.block("adult_gap") - before.block("adult_gap")
    assert gap.tolist() == [10.0, 0.0]
    assert after.block("college_gap")[0] == 30.0
    assert after.values[0] - before.values[0] == pytest.approx(40, abs=2)
    assert measure.college_grant(after.problem, after) < measure.college_grant(problem, before)


def test_pupils_placed_in_the_plans_own_classes_give_the_plans_goals():
    plan = solve.plan(small())
    again = measure.Placement(plan).place(plan.classes, shared=True)
    assert again.without == pytest.approx(0, abs=1e-4)
    for goal, value in zip(plan.problem.goals, plan.values, strict=True):
        slack = plan.problem.solver.tolerance * goal.scale
        if goal.id != "kostnad":
            assert again.values[goal.id] <= value + slack, goal.id


def test_a_plan_with_too_few_places_says_how_many_are_without():
    problem = small()
    measured = measure.Placement(solve.plan(problem)).place(np.zeros(8))
    assert measured.without == pytest.approx(problem.right.sum() - 15, abs=1e-4)


def test_hundreds_of_rules_are_told_by_kind():
    rules = ("budsjett", *(f"rett · Vg2 · Faget {n} · intake-a" for n in range(100)))
    text = str(Infeasible(conflicts.Conflict(rules, (), proven=False)))
    assert "budsjettrammen (1 regler); alle med rett skal ha plass (100 regler)" in text


def test_what_is_set_makes_no_goal_give_way_that_need_not():
    free = solve.plan(small())
    same = solve.override(free, [Fixed(0, float(free.classes[0]), "som planlagt")])
    room = solve.ROUNDING * np.array(
        [small().solver.tolerance * goal.scale for goal in small().goals]
    )
    assert (same.values <= free.values + room).all()


def test_money_for_what_is_set_comes_of_the_same_programme_elsewhere_first():
    free = solve.plan(small())
    tight = replace(free.problem, budget=measure.cost(free.problem, free) + 1)
    less = solve.plan(tight)
    more = float(less.classes[0]) + 0.5
    found = solve.override(less, [Fixed(0, more, "vedtak")])
    assert found.classes[0] == more
    others = np.array(tight.programme)[tight.own.area] != tight.programme[tight.own.area[0]]
    assert (found.classes[others] == less.classes[others]).all()
    assert (
        found.classes[~others & (tight.own.region != 0)]
        != less.classes[~others & (tight.own.region != 0)]
    ).any()
