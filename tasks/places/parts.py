"""Plans put together of what each part could have (Dantzig and Wolfe 1960).

Classes hang together in parts, by choices on Vg1 and by what builds on what. Few rows run across
parts: money, rooms, how much may change, the goals that are held. At a price for what it takes of
these rows each part can be decided by itself. What all of them cost then bounds the whole
(Geoffrion 1974), and what each answers is one way to have it. A plan is one answer of every part
that keeps the rows together; the prices of that choice, drawn half way towards those of the best
bound (Wentges 1997), ask for the next answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from tasks.forecast.types import Float, Index
from tasks.places import highs
from tasks.places.linear import Model, tied

# Rules that tie together classes that have nothing else to do with each other.
SHARED = ("budsjett", "endring", "rom", "fagskole", "voksne")
# In costs: where the search of a part stops, and that of a choice among answers.
GAP = 0.1
CHOICE_GAP = 0.05
CHOICE_NODES = 2_000
# How far new prices are drawn towards those of the best bound.
DRAWN = 0.5
# What a row may be missed for while prices are sought: this many times its price, and the least
# price of one unit.
DEAR = 4.0
LEAST_PRICE = 0.5


@dataclass(frozen=True)
class Across:
    """Rows that run across parts.

    Attributes:
        matrix: Rows × columns of the model.
        low: Of the rows.
        high: Of the rows.
        unit: Of each row: what missing it by so much should cost about as much as any other.
    """

    matrix: sparse.csc_matrix
    low: Float
    high: Float
    unit: Float

    def priced(self, prices: Float) -> tuple[Float, float]:
        """What is taken off the cost of each column, and what the rows give in sum.

        Args:
            prices: `[row]` of one more; positive where the lower limit binds.
        """
        limit = np.where(prices > 0, self.low, np.where(prices < 0, self.high, 0.0))
        return self.matrix.T @ prices, float(prices @ limit)

    def fair(self, prices: Float) -> Float:
        """Prices without those of limits that are not there."""
        most = np.where(np.isfinite(self.low), np.inf, 0.0)
        least = np.where(np.isfinite(self.high), -np.inf, 0.0)
        fair: Float = np.clip(prices, least, most)
        return fair


@dataclass(frozen=True)
class Round:
    """What one round of prices gave.

    Attributes:
        bound: No plan costs less.
        x: The best plan of the answers so far; None where none keeps the rows.
    """

    bound: float
    x: Float | None


class Parts:
    """Parts of a model, and the answers that each has given so far.

    Args:
        model: Rows and columns.

    Attributes:
        rows: Positions of the rows of the model that parts share.
        shared: Those rows.
        columns: Positions of the columns of each part.
    """

    def __init__(self, model: Model) -> None:
        rows = model.matrix.tocsr()
        shared = np.array([rule.partition(" · ")[0] in SHARED for rule in model.rule])
        self.rows, own = np.flatnonzero(shared), np.flatnonzero(~shared)
        self.shared = _shared(model, rows, self.rows)
        of_column, of_row = tied(rows[own])
        with_classes = np.unique(of_column[model.columns["whole_classes"]])
        # All that has no classes is one part: it takes no time.
        rest = int(of_column.max()) + 1
        of_column = np.where(np.isin(of_column, with_classes), of_column, rest)
        of_row = np.where(np.isin(of_row, with_classes), of_row, rest)
        self.columns: list[Index] = []
        self._alone: list[Model] = []
        for part in np.unique(of_column):
            columns, mine = np.flatnonzero(of_column == part), own[of_row == part]
            self.columns.append(columns)
            self._alone.append(_cut(model, rows, mine, columns))
        self._answers: list[list[Float]] = [[] for _ in self.columns]

    def __len__(self) -> int:
        return len(self.columns)

    def take(self, x: Float) -> None:
        """What a plan has of every part is an answer of it."""
        for part, columns in enumerate(self.columns):
            self._add(part, x[columns])

    def rounds(self, across: Across, costs: Float, prices: Float) -> Iterator[Round]:
        """Round after round of prices; the caller says when it is enough.

        Args:
            across: The rows that run across.
            costs: `[column]` to minimise.
            prices: `[row across]` to begin with: duals of the relaxation.
        """
        best, best_prices = -np.inf, prices
        while True:
            prices = across.fair(prices)
            bound = self._asked(across, costs, prices)
            if bound > best:
                best, best_prices = bound, prices
            choice = _Choice(self, across, costs)
            yield Round(best, choice.plan())
            prices = DRAWN * best_prices + (1 - DRAWN) * choice.prices(best_prices)

    def _asked(self, across: Across, costs: Float, prices: Float) -> float:
        """Every part by itself at these prices; their answers are kept."""
        off, bound = across.priced(prices)
        for part, columns in enumerate(self.columns):
            solver = highs.load(self._alone[part])
            highs.costs(solver, (costs - off)[columns])
            x, info = highs.found(solver, GAP), solver.getInfo()
            if x is None:
                # Every part has the answer of a plan: without one the solver proves nothing.
                bound = -np.inf
                continue
            whole = self._alone[part].whole.any()
            bound += info.mip_dual_bound if whole else info.objective_function_value
            self._add(part, x)
        return bound

    def _add(self, part: int, x: Float) -> None:
        answer: Float = np.where(self._alone[part].whole, np.rint(x), x)
        if not any(np.array_equal(answer, known) for known in self._answers[part]):
            self._answers[part].append(answer)

    def answers(self) -> tuple[sparse.csc_matrix, Index]:
        """Columns × answers, and the part of each answer."""
        of = np.repeat(np.arange(len(self)), [len(a) for a in self._answers])
        values = [answer for answers in self._answers for answer in answers]
        rows = [self.columns[part] for part in of]
        at = np.repeat(np.arange(len(of)), [len(r) for r in rows])
        shape = (self.shared.matrix.shape[1], len(of))
        return sparse.csc_matrix((np.concatenate(values), (np.concatenate(rows), at)), shape), of


class _Choice:
    """One answer of every part, so that the rows across hold."""

    def __init__(self, parts: Parts, across: Across, costs: Float) -> None:
        self.answers, of = parts.answers()
        self.across, self.parts = across, len(parts)
        count = len(of)
        one = sparse.csr_matrix((np.ones(count), (of, np.arange(count))), (self.parts, count))
        missed = sparse.eye(len(across.unit), format="csr")
        self.model = Model(
            sparse.bmat(
                [[one, None, None], [across.matrix @ self.answers, missed, -missed]], format="csc"
            ),
            np.concatenate([np.ones(self.parts), across.low]),
            np.concatenate([np.ones(self.parts), across.high]),
            np.zeros(count + 2 * len(across.unit)),
            np.concatenate([np.ones(count), np.zeros(2 * len(across.unit))]),
            np.arange(count + 2 * len(across.unit)) < count,
            (),
            np.zeros((0, 0)),
            np.zeros(0),
            {},
        )
        self.costs = np.concatenate([self.answers.T @ costs, np.zeros(2 * len(across.unit))])

    def plan(self) -> Float | None:
        """The plan of the best choice."""
        solver = highs.load(self.model)
        highs.costs(solver, self.costs)
        chosen = highs.found(solver, CHOICE_GAP, CHOICE_NODES)
        if chosen is None:
            return None
        x: Float = self.answers @ np.rint(chosen[: self.answers.shape[1]])
        return x

    def prices(self, near: Float) -> Float:
        """Duals where answers may be mixed, and rows missed at a multiple of prices near by."""
        per_unit = np.maximum(np.abs(near) * self.across.unit, LEAST_PRICE)
        dear = DEAR * per_unit / self.across.unit
        count = self.answers.shape[1]
        solver = highs.load(
            replace(self.model, high=np.where(np.arange(len(self.costs)) < count, 1.0, np.inf)),
            relaxed=True,
        )
        highs.costs(solver, np.concatenate([self.costs[:count], dear, dear]))
        solver.run()
        return np.array(solver.getSolution().row_dual)[self.parts :]


def _shared(model: Model, rows: sparse.csr_matrix, at: Index) -> Across:
    """Rows that parts share; a unit is the largest of what one more of a column takes."""
    largest = abs(rows[at]).max(axis=1).toarray().ravel()
    unit = np.where(largest > 0, largest, 1.0)
    return Across(rows[at].tocsc(), model.row_low[at], model.row_high[at], unit)


def _cut(model: Model, rows: sparse.csr_matrix, mine: Index, columns: Index) -> Model:
    """A part of a model as one of its own, without names."""
    return Model(
        rows[mine][:, columns].tocsc(),
        model.row_low[mine],
        model.row_high[mine],
        model.low[columns],
        model.high[columns],
        model.whole[columns],
        (),
        np.zeros((0, len(columns))),
        np.zeros(0),
        {},
    )
