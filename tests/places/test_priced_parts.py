"""Parts by themselves: at any price they bound the whole, and their answers fit together."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import ORDER, small

from tasks.places import highs, solve
from tasks.places.linear import keeps
from tasks.places.model import build
from tasks.places.parts import Parts
from tasks.places.search import Search


def best(model, costs):
    """The least cost of a whole plan, to the bottom."""
    solver = highs.load(model)
    highs.costs(solver, costs)
    solver.setOptionValue("mip_abs_gap", 1e-6)
    solver.run()
    return solver.getInfo().objective_function_value, np.array(solver.getSolution().col_value)


def test_what_the_county_shares_ties_no_parts_together():
    free, limited = (Parts(build(small(most_change=most))) for most in (np.inf, 2.0))
    assert len(free) == len(limited) == 4, "Vg1, Vg2 of each programme, and what has no classes"
    columns = np.sort(np.concatenate(limited.columns))
    assert np.array_equal(columns, np.arange(len(build(small()).low))), "each column is in one"


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 20),
    st.sampled_from(range(len(ORDER))),
    st.lists(st.floats(-3, 3), min_size=1, max_size=6),
)
def test_at_any_price_parts_bound_the_whole_from_below(seed, goal, drawn):
    problem = small(seed=seed, most_change=3.0)
    model = build(problem)
    costs = model.goals[goal] / max(np.abs(model.goals[goal]).max(), 1.0)
    least, x = best(model, costs)
    parts = Parts(model)
    parts.take(x)
    prices = np.resize(np.array(drawn), len(parts.rows)) / parts.shared.unit
    for found in islice(parts.rounds(parts.shared, costs, prices), 3):
        assert found.bound <= least + 1e-5
        # The best plan is among the answers, so that no choice is worse.
        assert found.x is not None
        assert costs @ found.x == pytest.approx(least, abs=0.06)
        assert keeps(model, found.x)


@pytest.mark.parametrize("seed", range(6))
def test_what_parts_answer_betters_a_plan_and_bounds_it(seed):
    problem = small(seed=seed)
    cheap = solve.plan(problem, ["kostnad"])
    search = Search(problem, cheap.model, range(len(problem.goals)))
    cost = ORDER.index("kostnad")
    search.hold(cost, cheap.values[cost] * 1.1, cheap.x)
    start = search.searched.narrowed(cheap.x)
    relaxed, prices, _ = search._relaxed(0, later=False)
    found, bound = search._of_parts(0, start, relaxed, prices)
    least, stage = search.minimise(0, cheap.x)
    assert search.value(0, found) < search.value(0, start)
    assert relaxed <= bound <= cheap.model.value(0, least) + 1e-6
    assert search.value(0, found) >= stage.bound - 1e-6
    assert keeps(search.model, found)
    assert search.value(cost, found) <= cheap.values[cost] * 1.1 + 0.01
