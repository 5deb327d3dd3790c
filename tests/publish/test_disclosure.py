"""No closed cell can be worked out: checked with means that share nothing with the method."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from tasks.publish.disclosure import LIMIT, closed_cells, closed_list

COUNTS = arrays(
    np.int64,
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    elements=st.one_of(st.integers(0, 8), st.integers(0, 400)),
)


def with_totals(counts: np.ndarray) -> np.ndarray:
    """Put row totals, column totals and the grand total on a table (last row, last column)."""
    wide = np.concatenate([counts, counts.sum(axis=1, keepdims=True)], axis=1)
    return np.concatenate([wide, wide.sum(axis=0, keepdims=True)], axis=0)


def relations(shape: tuple[int, int]) -> np.ndarray:
    """Every row and column of a table with totals: what is summed less the total is nothing."""
    rows, columns = shape
    found = []
    for row in range(rows):
        line = np.zeros(shape)
        line[row] = 1
        line[row, -1] = -1
        found.append(line.ravel())
    for column in range(columns):
        line = np.zeros(shape)
        line[:, column] = 1
        line[-1, column] = -1
        found.append(line.ravel())
    return np.array(found)


def span(values: np.ndarray, closed: np.ndarray, cell: int) -> tuple[float, float]:
    """Least and greatest value of a closed cell that agree with all that is open."""
    matrix = relations(values.shape)
    hidden = closed.ravel()
    right = -matrix[:, ~hidden] @ values.ravel()[~hidden]
    cost = np.zeros(hidden.sum())
    cost[cell] = 1
    # An intruder knows that zeros are open, so a closed cell holds at least one.
    bounds = [(1, None)] * len(cost)
    ends = []
    for sign in (1, -1):
        solved = linprog(sign * cost, A_eq=matrix[:, hidden], b_eq=right, bounds=bounds)
        ends.append(sign * solved.fun if solved.status == 0 else sign * -np.inf)
    return ends[0], ends[1]


@settings(max_examples=150, deadline=None)
@given(COUNTS)
def test_no_closed_cell_is_determined(counts: np.ndarray) -> None:
    values = with_totals(counts)
    closed = closed_cells(values)
    for cell in range(int(closed.sum())):
        low, high = span(values, closed, cell)
        assert high - low >= 1 - 1e-6


@settings(max_examples=150, deadline=None)
@given(COUNTS)
def test_small_counts_are_closed_zeros_are_open_and_no_line_has_one_closed(
    counts: np.ndarray,
) -> None:
    values = with_totals(counts)
    closed = closed_cells(values)
    assert closed[(values > 0) & (values < LIMIT)].all()
    assert not closed[values == 0].any()
    assert not (closed.sum(axis=0) == 1).any()
    assert not (closed.sum(axis=1) == 1).any()


@given(COUNTS.filter(lambda c: not ((c > 0) & (c < LIMIT)).any()))
def test_nothing_is_closed_where_no_count_is_small(counts: np.ndarray) -> None:
    values = with_totals(counts)
    small = (values > 0) & (values < LIMIT)
    assert closed_cells(values).any() == small.any()


def test_two_in_each_line_is_not_enough() -> None:
    # Two blocks of four closed cells joined by one: the joint is a bridge and can be worked out.
    counts = np.full((4, 4), 50)
    for block in (slice(0, 2), slice(2, 4)):
        counts[block, block] = 3
    counts[1, 2] = 2
    values = with_totals(counts)
    closed = closed_cells(values)
    joint = int(np.flatnonzero(np.flatnonzero(closed.ravel()) == 1 * 5 + 2)[0])
    low, high = span(values, closed, joint)
    assert high > low
    naive = (values > 0) & (values < LIMIT)
    joint = int(np.flatnonzero(np.flatnonzero(naive.ravel()) == 1 * 5 + 2)[0])
    assert span(values, naive, joint) == pytest.approx((2, 2))


def test_ones_that_add_to_two_cannot_stand_alone() -> None:
    # Two closed cells that add to two are both one: a third must be closed with them.
    values = with_totals(np.array([[1, 1, 60], [40, 30, 20], [70, 80, 90]]))
    closed = closed_cells(values)
    assert closed[0].sum() > 2


def test_a_list_closes_the_smallest_companion() -> None:
    counts = np.array([3, 200, 12, 900])
    closed = closed_list(np.append(counts, counts.sum()))
    assert closed.tolist() == [True, False, True, False, False]


def test_what_the_source_hides_is_not_given_away_by_a_total() -> None:
    values = with_totals(np.array([[30, 40], [50, 60]]))
    also = np.zeros_like(values, bool)
    also[0, 0] = True
    closed = closed_cells(values, also)
    assert (closed[0].sum(), closed[:, 0].sum()) == (2, 2)


@settings(max_examples=50, deadline=None)
@given(COUNTS)
def test_how_a_table_lies_in_memory_does_not_matter(counts: np.ndarray) -> None:
    values = with_totals(counts)
    by_column = closed_cells(np.asfortranarray(values), np.zeros_like(values, bool, order="F"))
    assert (by_column == closed_cells(values)).all()
