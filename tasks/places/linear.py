"""A mixed-integer linear programme as arrays: columns and rows are added in blocks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from tasks.forecast.types import Float, Index
from tasks.places.types import Bool

# What a row may lack for no other reason than rounding, in its own unit and of its bound.
ROUNDING = 1e-5
RELATIVE = 1e-9


@dataclass(frozen=True)
class Model:
    """Minimise a goal subject to lo ≤ A x ≤ hi, low ≤ x ≤ high, some x whole.

    Attributes:
        matrix: Rows × columns, compressed by column.
        row_low: Of the rows.
        row_high: Of the rows.
        low: Of the columns.
        high: Of the columns.
        whole: Which columns are integers.
        rule: Name of the rule that each row is part of; empty for rows that only define.
        goals: Costs by goal, in order.
        constants: What is added to each goal.
        columns: Positions of each block of columns.
    """

    matrix: sparse.csc_matrix
    row_low: Float
    row_high: Float
    low: Float
    high: Float
    whole: Bool
    rule: tuple[str, ...]
    goals: Float
    constants: Float
    columns: dict[str, Index]

    def value(self, goal: int, x: Float) -> float:
        """A goal's value, in its own unit."""
        return float(self.goals[goal] @ x + self.constants[goal])


def keeps(model: Model, x: Float) -> bool:
    """Whether a solution is within all rows and columns of the model, but for rounding."""

    def within(low: Float, values: Float, high: Float) -> bool:
        size = np.where(np.isfinite(high), np.abs(high), 0.0)
        room = ROUNDING + RELATIVE * np.maximum(size, np.where(np.isfinite(low), np.abs(low), 0.0))
        return bool(((values >= low - room) & (values <= high + room)).all())

    rows = within(model.row_low, model.matrix @ x, model.row_high)
    return rows and within(model.low, x, model.high)


def tied(matrix: sparse.spmatrix) -> tuple[Index, Index]:
    """`[column]` and `[row]` number of the part that each is of: what hangs together."""
    rows = matrix.tocsr().astype(np.bool_)
    joined = sparse.bmat([[None, rows.T], [rows, None]])
    of_column, of_row = np.split(
        connected_components(joined, directed=False)[1].astype(np.intp), [rows.shape[1]]
    )
    return of_column, of_row


@dataclass
class Builder:
    """Collects blocks; positions are handed back as arrays."""

    low: list[Float] = field(default_factory=list)
    high: list[Float] = field(default_factory=list)
    whole: list[Bool] = field(default_factory=list)
    row_low: list[Float] = field(default_factory=list)
    row_high: list[Float] = field(default_factory=list)
    rule: list[str] = field(default_factory=list)
    entries: list[tuple[Index, Index, Float]] = field(default_factory=list)
    columns: dict[str, Index] = field(default_factory=dict)
    width: int = 0
    height: int = 0

    def add(
        self, name: str, low: Float | float, high: Float | float, count: int, *, whole: bool = False
    ) -> Index:
        """A block of columns."""
        at = np.arange(self.width, self.width + count, dtype=np.intp)
        self.width += count
        self.low.append(np.broadcast_to(np.asarray(low, np.float64), count))
        self.high.append(np.broadcast_to(np.asarray(high, np.float64), count))
        self.whole.append(np.full(count, whole))
        self.columns[name] = at
        return at

    def rows(
        self, rule: str | list[str], low: Float | float, high: Float | float, count: int
    ) -> Index:
        """A block of rows, all of one rule or one rule each."""
        at = np.arange(self.height, self.height + count, dtype=np.intp)
        self.height += count
        self.row_low.append(np.broadcast_to(np.asarray(low, np.float64), count))
        self.row_high.append(np.broadcast_to(np.asarray(high, np.float64), count))
        self.rule += [rule] * count if isinstance(rule, str) else rule
        return at

    def put(self, rows: Index, columns: Index, values: Float | float) -> None:
        """Coefficients; those of one cell are added up."""
        r, c = np.broadcast_arrays(rows, columns)
        v = np.broadcast_to(np.asarray(values, np.float64), r.shape)
        self.entries.append((r.ravel(), c.ravel(), v.ravel()))

    def model(self, goals: list[tuple[list[tuple[Index, Float | float]], float]]) -> Model:
        """The whole, with each goal's costs and constant."""
        costs = np.zeros((len(goals), self.width))
        for goal, (terms, _) in enumerate(goals):
            for columns, values in terms:
                np.add.at(costs[goal], columns, values)
        row, column, value = (np.concatenate(part) for part in zip(*self.entries, strict=True))
        matrix = sparse.coo_matrix((value, (row, column)), shape=(self.height, self.width)).tocsc()
        return Model(
            matrix,
            np.concatenate(self.row_low),
            np.concatenate(self.row_high),
            np.concatenate(self.low),
            np.concatenate(self.high),
            np.concatenate(self.whole),
            tuple(self.rule),
            costs,
            np.array([constant for _, constant in goals]),
            self.columns,
        )
