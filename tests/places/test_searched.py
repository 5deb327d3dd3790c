"""The programme as it is searched: never over the exact one, and near it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import ORDER, small

from tasks.places import highs, need, search, searched, solve
from tasks.places.model import build
from tasks.places.types import Convex, Problem


def found(model, goal, seed=0):
    """A best plan of a model by a goal, some other goal drawn to break ties."""
    solver = highs.load(model)
    tie = np.random.default_rng(seed).uniform(0, 1e-6, len(model.low))
    highs.costs(solver, model.goals[goal] / np.abs(model.goals[goal]).max() + tie)
    solver.setOptionValue("mip_abs_gap", 1e-9)
    solver.run()
    return np.array(solver.getSolution().col_value)


def exactly(problem: Problem, tolerance: float = 1e-5) -> Problem:
    rules = problem.solver.model_copy(update={"tolerance": tolerance, "nodes": 20_000})
    return replace(problem, solver=rules)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(0, 60), min_size=1, max_size=12),
    st.floats(1, 60),
    st.booleans(),
    st.sampled_from([0.0, 0.01, 0.1, 1.0]),
)
def test_fewer_segments_lie_under_the_expectation_and_near_it(draws, most, rising, error):
    function = Convex(("c",), np.array([draws]), np.ones(len(draws)), rising)
    _, length, slope, _ = need.segments(function, np.array([most]))
    start, few = searched._lines(length, slope, error)
    assert (np.diff(few) > 0).all()
    assert (np.diff(start) > -1e-9).all()
    assert len(few) <= len(slope)
    edge = np.concatenate([[0.0], np.cumsum(length)])
    value = np.concatenate([[0.0], np.cumsum(length * slope)])
    at = np.linspace(0, edge[-1], 301)
    exact = np.interp(at, edge, value)
    line = np.cumsum(np.diff(start, prepend=0.0) * np.concatenate([[0.0], few[:-1]]))
    under = np.max(line[:, None] + few[:, None] * (at - start[:, None]), axis=0)
    assert (under <= exact + 1e-6).all()
    assert (exact - under <= error + 1e-6).all()


@pytest.mark.parametrize("goal", range(len(ORDER)))
@pytest.mark.parametrize("seed", range(3))
def test_every_plan_is_one_of_the_search_and_its_values_are_kept(goal, seed):
    problem = small()
    model = build(problem)
    two = searched.of(problem, model)
    x = found(model, goal, seed)
    narrow = two.narrowed(x)
    rows = two.model.matrix @ narrow
    assert (rows >= two.model.row_low - 1e-6).all(), "what follows from the rules forbids nothing"
    assert (rows <= two.model.row_high + 1e-6).all()
    again = two.widened(narrow)
    for g, aim in enumerate(problem.goals):
        exact, seen = model.value(g, again), two.model.value(g, narrow)
        room = searched.ROUNDED * problem.solver.tolerance * aim.scale
        assert seen - 1e-6 <= exact <= seen + room + 1e-6
    assert model.value(goal, again) <= model.value(goal, x) + 1e-6


@pytest.mark.parametrize("goal", range(len(ORDER)))
def test_the_search_and_the_exact_programme_have_the_same_best(goal):
    problem = exactly(small())
    model = build(problem)
    two = searched.of(problem, model)
    best = model.value(goal, found(model, goal))
    seen = two.widened(found(two.model, goal))
    assert model.value(goal, seen) == pytest.approx(best, rel=1e-6, abs=1e-3)


def test_fewer_segments_where_a_tolerance_leaves_room():
    fine, coarse = (exactly(small(), tolerance) for tolerance in (1e-5, 0.05))
    columns = [len(searched.of(p, build(p)).model.low) for p in (fine, coarse)]
    assert columns[1] < columns[0] <= len(build(fine).low)


def test_nothing_is_rounded_where_every_class_is_decided():
    problem = small()
    model = build(problem)
    x = np.rint(found(model, 0))
    whole = replace(
        model,
        low=np.where(model.whole, x, model.low),
        high=np.where(model.whole, x, model.high),
    )
    assert searched.of(problem, whole).model is whole


@pytest.mark.parametrize("goal", range(len(ORDER)))
def test_a_plan_to_start_from_hides_no_better_one(goal):
    """The solver's presolve may better a start and hand the start back as it was given."""
    problem = exactly(small())
    plan = solve.plan(problem)
    from_plan = search.Search(problem, plan.model, [goal]).minimise(goal, plan.x)
    from_nothing = search.Search(problem, plan.model, [goal]).minimise(goal, None)
    assert from_plan is not None
    assert from_nothing is not None
    assert from_plan[1].value == pytest.approx(from_nothing[1].value, rel=1e-5, abs=1e-2)
    assert from_plan[1].met
