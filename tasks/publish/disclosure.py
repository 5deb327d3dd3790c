"""Disclosure control: which cells of a table of persons must stay closed.

A count of 1 to 4 persons is closed (primary suppression). In a table whose row totals, column
totals and grand total are shown, a lone closed cell can be worked out by subtraction, so others are
closed with it (secondary suppression). Totals are cells like any other: they too may be closed.

The method is exact for two-way tables. The table with its totals is a circulation in a network
whose nodes are the rows and columns and whose arcs are the cells. A closed cell is safe when the
closed cells can take other values, whole and at least one, that agree with everything shown: when
the arc lies on a cycle of the residual network. For each closed cell that does not, the cheapest
cycle is closed, cost being the persons hidden. One always exists, through the totals.

Reference: Kelly, Golden and Assad (1992), "Cell suppression: disclosure protection for sensitive
tabular data", Networks 22(4), for the network view of two-way tables.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LIMIT = 5
"""Counts of persons from one up to, and not including, this are closed."""

REASON = (
    f"«:» betyr at tallet er skjult: det gjelder færre enn {LIMIT} personer, eller det kunne "
    "brukes til å regne ut et slikt tall (sekundær skjuling)."
)

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class _Network:
    """The table with totals as arcs between node numbers (rows first, then columns)."""

    values: Counts

    def arc(self, row: int, column: int) -> tuple[int, int]:
        """Tail and head of a cell's arc: a total's arc runs against those it sums."""
        rows, columns = self.values.shape
        tail, head = row, rows + column
        if (row == rows - 1) != (column == columns - 1):
            tail, head = head, tail
        return tail, head


def closed_cells(values: Counts, also: Mask | None = None) -> Mask:
    """Say which cells of a two-way table of persons must be closed.

    Args:
        values: Persons, with row totals in the last column, column totals in the last row, and the
            grand total in the corner. Totals that a source gives need not be the sums: what cannot
            be told from a difference is then treated as if it could.
        also: Cells to close whatever they hold, for example what the source itself hides.

    Returns:
        True where a cell is closed, of the same shape. No closed cell can be worked out, as a
        whole number of at least one person, from what stays open.
    """
    hidden = np.zeros(values.shape, bool) if also is None else also
    small: Mask = np.less(values, LIMIT) & np.greater(values, 0)
    closed: Mask = np.logical_or(small, hidden)
    network = _Network(values)
    for row, column in np.argwhere(closed):
        cycle = _cheapest_cycle(network, closed, int(row), int(column))
        for cell in cycle:
            closed[cell] = True
    return closed


def closed_list(values: Counts, also: Mask | None = None) -> Mask:
    """Say which counts of a list whose total stands last must be closed.

    A list is a table with one column, whose row totals repeat it.
    """
    doubled = None if also is None else np.stack([also, also], axis=1)
    closed = closed_cells(np.stack([values, values], axis=1), doubled)
    return closed[:, 0] | closed[:, 1]


def _cheapest_cycle(
    network: _Network, closed: Mask, row: int, column: int
) -> list[tuple[int, int]]:
    """Cells that let a closed cell vary: none where it already can."""
    tail, head = network.arc(row, column)
    # The cell can rise by one where others can carry one from its head back to its tail; it can
    # fall where one can be carried the other way and it holds at least two.
    rise = _cheapest_path(network, closed, (row, column), head, tail)
    if network.values[row, column] < 2:
        return rise[1]
    fall = _cheapest_path(network, closed, (row, column), tail, head)
    return min(rise, fall)[1]


def _cheapest_path(
    network: _Network, closed: Mask, without: tuple[int, int], start: int, goal: int
) -> tuple[float, list[tuple[int, int]]]:
    """Dijkstra in the residual network: cost is the persons in cells that must be closed too."""
    steps = _steps(network, closed, without)
    queue: list[tuple[float, int, list[tuple[int, int]]]] = [(0.0, start, [])]
    done: set[int] = set()
    while queue:
        cost, node, path = heapq.heappop(queue)
        if node == goal:
            return cost, path
        if node in done:
            continue
        done.add(node)
        for to, price, cell in steps.get(node, ()):
            if to not in done:
                heapq.heappush(queue, (cost + price, to, [*path, cell]))
    return float("inf"), []


def _steps(
    network: _Network, closed: Mask, without: tuple[int, int]
) -> dict[int, list[tuple[int, float, tuple[int, int]]]]:
    """Where one person can be moved from each node, what it costs, and through which cell."""
    steps: dict[int, list[tuple[int, float, tuple[int, int]]]] = {}
    for row, column in np.ndindex(network.values.shape):
        value = int(network.values[row, column])
        # A zero stays open, and everyone can see that it does: it cannot hide anything.
        if (row, column) == without or (value < 1 and not closed[row, column]):
            continue
        tail, head = network.arc(row, column)
        price = 0.0 if closed[row, column] else float(value)
        steps.setdefault(tail, []).append((head, price, (row, column)))
        if value >= 2:
            steps.setdefault(head, []).append((tail, price, (row, column)))
    return steps
