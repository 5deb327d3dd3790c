"""Disclosure control: which cells of a table of persons must stay closed.

A count of 1 to 4 persons is closed (primary suppression). In a table whose row totals, column
totals and grand total are shown, a lone closed cell can be worked out by subtraction, so others are
closed with it (secondary suppression). Totals are cells like any other: they too may be closed.

The method is exact for tables that are circulations in a network: cells are arcs, and what is known
to add up are the nodes, where as much goes in as out. A two-way table with its totals is one, its
nodes the rows and columns; so is a table whose rows are summed in steps, if only the sums over its
columns are told on the lowest. A closed cell is safe when the closed cells can take other values,
whole and at least one, that agree with everything shown: when the arc lies on a cycle of the
residual network. For each closed cell that does not, the cheapest cycle is closed, cost being the
persons hidden. One always exists, through the totals, if none of them must stay open.

Reference: Kelly, Golden and Assad (1992), "Cell suppression: disclosure protection for sensitive
tabular data", Networks 22(4), for the network view of two-way tables.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence
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
    rows, columns = values.shape
    arcs: list[tuple[int, int]] = []
    for row, column in np.ndindex(values.shape):
        tail, head = row, rows + column
        # A total's arc runs against those it sums.
        swap = (row == rows - 1) != (column == columns - 1)
        arcs.append((head, tail) if swap else (tail, head))
    found, _ = closed_arcs(values.ravel().tolist(), arcs, np.flatnonzero(closed).tolist())
    closed.flat[sorted(found)] = True
    return closed


def closed_list(values: Counts, also: Mask | None = None) -> Mask:
    """Say which counts of a list whose total stands last must be closed.

    A list is a table with one column, whose row totals repeat it.
    """
    doubled = None if also is None else np.stack([also, also], axis=1)
    closed = closed_cells(np.stack([values, values], axis=1), doubled)
    return closed[:, 0] | closed[:, 1]


def closed_arcs(
    persons: Sequence[int],
    arcs: Sequence[tuple[int, int]],
    closed: Collection[int],
    known: Collection[int] = (),
) -> tuple[set[int], set[int]]:
    """Say which arcs of a circulation of persons must be closed.

    Args:
        persons: Persons of each arc; what goes into a node goes out of it.
        arcs: Tail and head of each, as numbers of nodes.
        closed: Positions of those that are closed for what they hold.
        known: Positions of those that must stay open.

    Returns:
        Positions of all that must be closed, and of those among them that can be worked out
        whatever else is closed.
    """
    network = _Network(persons, set(closed), _steps(persons, arcs, set(closed), set(known)))
    safe: set[int] = set()
    told: set[int] = set()
    for position in sorted(network.closed):
        if position not in safe:
            cost, cycle = _cheapest_cycle(network, position, *arcs[position])
            network.closed.update(cycle)
            safe.update(cycle)
            if cost == float("inf"):
                told.add(position)
    return network.closed, told


_Steps = Mapping[int, Sequence[tuple[int, int]]]
_Cycle = tuple[float, list[int]]
"""Persons that must be closed for it (infinite: there is none), and its arcs."""


@dataclass(frozen=True)
class _Network:
    """Persons of the arcs, which of them are closed, and where one person can be moved."""

    persons: Sequence[int]
    closed: set[int]
    steps: _Steps


def _cheapest_cycle(network: _Network, position: int, tail: int, head: int) -> _Cycle:
    """The other arcs that let a closed one vary."""
    # It can rise by one where others can carry one from its head back to its tail; it can fall
    # where one can be carried the other way and it holds at least two.
    cost, cycle = _cheapest_path(network, position, head, tail)
    if cost and network.persons[position] >= 2:
        cost, cycle = min((cost, cycle), _cheapest_path(network, position, tail, head))
    return cost, cycle


def _cheapest_path(network: _Network, without: int, start: int, goal: int) -> _Cycle:
    """Dijkstra in the residual network: cost is the persons in arcs that must be closed too."""
    queue: list[tuple[int, int, list[int]]] = [(0, start, [])]
    done: set[int] = set()
    while queue:
        cost, node, path = heapq.heappop(queue)
        if node == goal:
            return cost, path
        if node in done:
            continue
        done.add(node)
        for to, position in network.steps.get(node, ()):
            if to not in done and position != without:
                price = 0 if position in network.closed else network.persons[position]
                heapq.heappush(queue, (cost + price, to, [*path, position]))
    return float("inf"), []


def _steps(
    persons: Sequence[int], arcs: Sequence[tuple[int, int]], closed: set[int], known: set[int]
) -> _Steps:
    """Where one person can be moved from each node, and through which arc."""
    steps: dict[int, list[tuple[int, int]]] = {}
    for position, (tail, head) in enumerate(arcs):
        # A zero stays open, and everyone can see that it does: it cannot hide anything.
        if position in known or (persons[position] < 1 and position not in closed):
            continue
        steps.setdefault(tail, []).append((head, position))
        if persons[position] >= 2:
            steps.setdefault(head, []).append((tail, position))
    return steps
