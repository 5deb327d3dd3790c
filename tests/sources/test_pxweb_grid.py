from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.sources.pxweb_grid import chunk_counts, parts


def fewest(sizes: list[int], limit: int) -> int:
    """By trying every split."""
    return min(
        math.prod(counts)
        for counts in itertools.product(*(range(1, size + 1) for size in sizes))
        if math.prod(math.ceil(s / c) for s, c in zip(sizes, counts, strict=True)) <= limit
    )


@settings(deadline=None, max_examples=300)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 400))
def test_no_split_has_fewer_requests(sizes: list[int], limit: int) -> None:
    assert math.prod(chunk_counts(sizes, limit)) == fewest(sizes, limit)


@settings(deadline=None)
@given(st.lists(st.integers(1, 8), min_size=1, max_size=4), st.integers(1, 200))
def test_the_grid_covers_every_cell_once_within_the_limit(sizes: list[int], limit: int) -> None:
    axes = [[f"{axis}-{n}" for n in range(size)] for axis, size in enumerate(sizes)]
    counts = chunk_counts(sizes, limit)
    cut = [parts(axis, count) for axis, count in zip(axes, counts, strict=True)]
    requests = list(itertools.product(*cut))
    cells = [cell for request in requests for cell in itertools.product(*request)]
    assert all(0 < math.prod(map(len, request)) <= limit for request in requests)
    assert sorted(cells) == sorted(itertools.product(*axes))


@pytest.mark.parametrize(
    ("sizes", "counts"),
    [
        ((374, 2, 107, 1, 9), (1, 1, 1, 1, 1)),
        ((374, 2, 107, 1, 11), (1, 1, 1, 1, 2)),  # both regions and years would do: years
        ((1000, 2, 106, 1, 40), (1, 1, 11, 1, 1)),  # years and regions would need twelve or more
        ((800_001,), (2,)),
    ],
)
def test_splits_of_real_tables(sizes: tuple[int, ...], counts: tuple[int, ...]) -> None:
    assert chunk_counts(sizes, 800_000) == counts


def test_parts_differ_by_one_at_most() -> None:
    assert parts("abcdefg", 3) == [("a", "b", "c"), ("d", "e"), ("f", "g")]
