"""Splitting a table into the fewest requests that each stay within the cell limit, as a grid."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence


def chunk_counts(sizes: Sequence[int], limit: int) -> tuple[int, ...]:
    """How many parts to cut each dimension in.

    Every request is one part of every dimension, so their number is the product of the counts, and
    the largest has the product of the largest parts. Of the splits with the fewest requests, the
    one that cuts the fewest dimensions is taken, and then the one that cuts the last of them, which
    in a statistics bank is time.

    Args:
        sizes: Categories per dimension, each at least 1.
        limit: Cells that one request may ask for, at least 1.

    Returns:
        Parts per dimension.
    """
    best: list[tuple[int, int, tuple[int, ...]]] = []
    rest = [math.prod(sizes[i:]) for i in range(len(sizes) + 1)]

    def search(counts: tuple[int, ...], requests: int, cells: int) -> None:
        position = len(counts)
        if position == len(sizes):
            found = (requests, sum(count > 1 for count in counts), counts)
            if not best or found < best[0]:
                best[:] = [found]
            return
        for count in _useful_counts(sizes[position], limit // cells):
            largest = cells * math.ceil(sizes[position] / count)
            # No split of the remaining dimensions needs fewer requests than this.
            least = requests * count * math.ceil(rest[position + 1] / (limit // largest))
            if best and least > best[0][0]:
                if requests * count > best[0][0]:
                    break
                continue
            search((*counts, count), requests * count, largest)

    search((), 1, 1)
    return best[0][2]


def _useful_counts(size: int, room: int) -> list[int]:
    """The counts that give a smaller largest part than the count before, fewest parts first."""
    counts = []
    count = math.ceil(size / room)
    while count <= size:
        counts.append(count)
        largest = math.ceil(size / count)
        if largest == 1:
            break
        count = math.ceil(size / (largest - 1))
    return counts


def parts(codes: Sequence[str], count: int) -> list[tuple[str, ...]]:
    """Cut a list into `count` parts in order, their lengths differing by one at most."""
    short, longer = divmod(len(codes), count)
    cuts = [0]
    for number in range(count):
        cuts.append(cuts[-1] + short + (number < longer))
    return [tuple(codes[start:stop]) for start, stop in itertools.pairwise(cuts)]
