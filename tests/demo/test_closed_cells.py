"""No closed cell of the county's files can be worked out: checked with a linear programme."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tasks.demo.closed_cells import ALL, MARK, SMALL, close_places

Key = tuple[str, str]
Table = dict[Key, int]
REGIONS = ("north", "south", "west")
ABOVE = {f"{region}-{number}": region for region in REGIONS for number in (1, 2)}
ABOVE |= dict.fromkeys(REGIONS, "county")
KNOWN = [("county", "a")]

PERSONS = st.one_of(st.integers(0, 3), st.integers(0, 8), st.integers(0, 60))
MUNICIPALITIES = [place for place, whole in ABOVE.items() if whole in ABOVE]
COUNTS = st.fixed_dictionaries(dict.fromkeys(MUNICIPALITIES, st.tuples(PERSONS, PERSONS)))


def table(counts: dict[str, tuple[int, int]], depth: int) -> Table:
    """The county by kind, its regions too (depth 2), and municipalities' all kinds (depth 3)."""
    cells: Table = {}
    for place, persons in counts.items():
        for kind, number in zip(("a", "b", ALL), (*persons, sum(persons)), strict=True):
            for told in ("county", ABOVE[place])[:depth]:
                cells[told, kind] = cells.get((told, kind), 0) + number
        if depth == 3:
            cells[place, ALL] = sum(persons)
    return cells


def sums(cells: Table) -> Iterator[tuple[Key, list[Key]]]:
    """Every sum that a reader of the table can make: the whole and its parts."""
    for place, kind in cells:
        kinds = [key for key in cells if key[0] == place and key[1] != ALL]
        if kind == ALL and kinds:
            yield (place, kind), kinds
        places = [key for key in cells if ABOVE.get(key[0]) == place and key[1] == kind]
        if places:
            yield (place, kind), places


def follows(cells: Table, closed: list[Key]) -> list[Key]:
    """The closed cells that can hold one number only, whole and at least one."""
    position = {key: column for column, key in enumerate(closed)}
    matrix, right = [], []
    for whole, parts in sums(cells):
        line, known = np.zeros(len(closed)), 0
        for sign, key in [(-1, whole), *((1, part) for part in parts)]:
            if key in position:
                line[position[key]] = sign
            else:
                known -= sign * cells[key]
        matrix.append(line)
        right.append(known)
    return [key for key in closed if _span(matrix, right, position[key]) < 1 - 1e-6]


def _span(matrix: list[np.ndarray], right: list[int], column: int) -> float:
    cost = np.zeros(len(matrix[0]))
    cost[column] = 1
    ends = []
    for sign in (1, -1):
        solved = linprog(sign * cost, A_eq=matrix, b_eq=right, bounds=(1, None))
        ends.append(solved.fun if solved.status == 0 else -np.inf)
    return -ends[1] - ends[0]


def told(cells: Table, known: list[Key]) -> list[Key] | None:
    """What is closed, or none where the known cells cannot be open."""
    try:
        text = close_places(cells, ABOVE, known)
    except ValueError:
        return None
    closed = [key for key, shown in text.items() if shown == MARK]
    assert all(text[key] == str(cells[key]) for key in cells if key not in closed)
    return closed


@settings(max_examples=120, deadline=None)
@given(COUNTS, st.integers(1, 3))
def test_no_closed_cell_follows_from_what_is_shown(
    counts: dict[str, tuple[int, int]], depth: int
) -> None:
    cells = table(counts, depth)
    closed = told(cells, [])
    assert closed is not None
    assert {key for key, number in cells.items() if number in SMALL} <= set(closed)
    assert all(cells[key] for key in closed)
    assert not follows(cells, closed)


@settings(max_examples=120, deadline=None)
@given(COUNTS, st.integers(1, 3))
def test_what_others_publish_stays_open_or_is_refused(
    counts: dict[str, tuple[int, int]], depth: int
) -> None:
    cells = table(counts, depth)
    closed = told(cells, KNOWN)
    if closed is not None:
        assert not follows(cells, closed)
        assert KNOWN[0] not in closed
    elif cells[KNOWN[0]] not in SMALL:
        # Not even with everything else closed would it be safe.
        rest = [key for key, number in cells.items() if number and key not in KNOWN]
        assert follows(cells, rest)
