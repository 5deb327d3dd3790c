"""The front of two goals: its ends, its order, what is proven of it, and what is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small import small

from tasks.places import measure, pareto, pareto_words, search, searched, solve
from tasks.places.types import Fixed

NEED, COST = "udekket_behov", "kostnad"
PAIRS = [(NEED, COST), (COST, NEED), (NEED, "forstevalg"), ("reise", "endring_fra_i_aar")]


def county(tolerance: float = 0.005, **changed: object) -> solve.Plan:
    problem = small(**changed)
    solver = problem.solver.model_copy(update={"tolerance": tolerance, "nodes": 20_000})
    return solve.plan(replace(problem, solver=solver))


@pytest.fixture(scope="module")
def usual() -> solve.Plan:
    return county()


@pytest.fixture(scope="module")
def exact() -> solve.Plan:
    """The same county, its goals met to next to nothing."""
    return county(1e-5)


def least(plan: solve.Plan, minimised: str, bounded: str, limit: float) -> float:
    """The least of a goal within a limit on another, by a search of its own."""
    ids = [g.id for g in plan.problem.goals]
    at = ids.index(minimised)
    one = search.Search(plan.problem, plan.model, [at])
    one.hold(ids.index(bounded), limit)
    found = one.minimise(at, None)
    assert found is not None
    return found[1].value


@pytest.mark.parametrize("pair", PAIRS)
def test_less_of_the_one_is_more_of_the_other_and_no_point_is_bettered(usual, pair):
    found = pareto.table(pareto.front(usual, *pair, 4), usual)
    bounded, minimised = (found[name].to_numpy() for name in ("bounded", "minimised"))
    assert (np.diff(bounded) > 0).all()
    assert (np.diff(minimised) < 0).all()
    assert (np.diff(found["minimised_bound"].to_numpy()) <= 0).all()
    scale = usual.problem.goals[[g.id for g in usual.problem.goals].index(pair[0])].scale
    room = 2 * search.SLACK + searched.ROUNDED * usual.problem.solver.tolerance
    assert (bounded <= found["limit"].to_numpy() + room * scale).all()


@pytest.mark.parametrize("pair", PAIRS)
def test_the_ends_are_each_goals_own_best(exact, pair):
    found = pareto.front(exact, *pair, 2)
    ends = found.points[0].bounded, found.points[-1].stage.value
    for goal, alone, end in zip(pair, found.best, ends, strict=True):
        own = solve.plan(exact.problem, [goal])
        value = measure.goals(own.problem, own)[goal]
        assert alone.goal == goal
        assert alone.value == pytest.approx(value, rel=1e-3, abs=1e-2)
        assert end == pytest.approx(value, rel=1e-3, abs=1e-2)


def test_what_is_proven_of_a_point_holds_where_the_search_is_exact(usual, exact):
    coarse = pareto.front(usual, NEED, COST, 5).points
    assert any(p.stage.value - p.stage.bound > 1 for p in coarse), "the tolerance leaves room"
    for point in coarse:
        best = least(exact, COST, NEED, point.limit)
        assert point.stage.bound <= best + 1 <= point.stage.value + 2
        assert point.stage.met == (point.stage.value - point.stage.bound <= point.stage.tolerance)


def test_a_point_is_a_plan_that_keeps_the_rules_and_what_is_set_by_hand():
    fixed = Fixed(0, 1.0, "vedtatt")
    plan = county(fixed=(fixed,))
    for point in pareto.front(plan, NEED, COST, 3).points:
        values = measure.goals(point.plan.problem, point.plan)
        assert values[NEED] == pytest.approx(point.bounded, abs=1e-3)
        assert values[COST] == pytest.approx(point.stage.value, abs=1e-3)
        assert measure.underfilled(point.plan.problem, point.plan) == 0
        assert values[COST] <= plan.problem.budget + plan.problem.colleges.budget
        assert point.plan.classes[0] == 1.0


def test_the_plans_own_value_is_one_of_the_limits(usual):
    own = measure.goals(usual.problem, usual)
    limits = [p.limit for p in pareto.front(usual, NEED, "forstevalg", 4).points]
    assert own[NEED] == pytest.approx(limits[int(np.argmin(np.abs(np.array(limits) - own[NEED])))])
    assert len(limits) <= 4 + 1 + 2


def test_the_same_plan_gives_the_same_front(usual):
    one, other = (pareto.table(pareto.front(usual, COST, NEED, 3), usual) for _ in range(2))
    assert one.equals(other)


def test_two_goals_are_needed(usual):
    with pytest.raises(ValueError, match="two goals"):
        pareto.front(usual, NEED, NEED, 2)


def test_goals_that_do_not_stand_against_each_other_are_said_to_be_so(usual):
    found = pareto.table(pareto.front(usual, "endring_fra_i_aar", NEED, 4), usual)
    own = measure.goals(usual.problem, usual)
    told = pareto_words.said(found, "endring_fra_i_aar", NEED, own)
    assert found.height == 1
    assert told[0].startswith("De to målene står ikke mot hverandre")


def test_a_price_is_what_the_next_point_gives_and_is_said_with_what_is_proven(usual):
    found = pareto.table(pareto.front(usual, COST, NEED, 3), usual)
    here, there = found.row(0, named=True), found.row(1, named=True)
    less = there["bounded"] - here["bounded"]
    assert here["price"] * less == pytest.approx(here["minimised"] - there["minimised"])
    rounding = 1 + 1e-9  # the three are worked out along different roads
    assert 0 <= here["price_low"] <= here["price"] * rounding
    assert here["price"] <= here["price_high"] * rounding
    assert found["price"][-1] is None
    own = {COST: there["bounded"] * 1.0000001, NEED: there["minimised"] + 50.0}
    told = pareto_words.said(found, COST, NEED, own)
    assert "Forskjellen, 50 personer udekket behov, er det" in told[2]
    most = pareto_words.amount(NEED, 10e6 * here["price"])
    assert f"10 mill. kroner mindre gir {most} personer mer udekket behov" in told[-1]
    on_the_front = pareto_words.said(found, COST, NEED, own | {NEED: there["minimised"]})
    assert "så nær det beste" in on_the_front[2]


@pytest.mark.parametrize(
    ("goal", "value", "told"),
    [
        (COST, 3_012_340_000.0, "3\N{NO-BREAK SPACE}012,3 mill. kroner"),
        (NEED, 3012.4, "3\N{NO-BREAK SPACE}012 personer udekket behov"),
        ("forstevalg", 12.34, "12,3 elever uten førstevalget"),
        ("endring_fra_i_aar", 12.5, "12,5 klasser endret fra i år"),
    ],
)
def test_amounts_are_read_in_the_goals_unit(goal, value, told):
    assert pareto_words.told(goal, value) == told
