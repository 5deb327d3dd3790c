"""HiGHS with one thread, a fixed seed and no limit of time: the same bytes on every run."""

from __future__ import annotations

import highspy
import numpy as np

from tasks.forecast.types import Float
from tasks.places.linear import Model

SEED = 0


class _Quiet(highspy.Highs):
    """The solver without the line that it writes of itself when it is made."""

    def enableCallbacks(self) -> None:  # noqa: N802
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def load(model: Model, *, relaxed: bool = False) -> highspy.Highs:
    """A solver with the model and no goal yet.

    Args:
        model: Rows and columns.
        relaxed: Leave out that some columns are whole.
    """
    solver: highspy.Highs = _Quiet()  # type: ignore[no-untyped-call]
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", SEED),
        ("mip_rel_gap", 0.0),
    ):
        solver.setOptionValue(option, value)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = model.matrix.shape[1], model.matrix.shape[0]
    lp.col_cost_ = np.zeros(lp.num_col_)
    lp.col_lower_, lp.col_upper_ = model.low, model.high
    lp.row_lower_, lp.row_upper_ = model.row_low, model.row_high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = model.matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = model.matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = model.matrix.data
    if not relaxed:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(w)] for w in model.whole]
    solver.passModel(lp)
    return solver


def costs(solver: highspy.Highs, values: Float) -> None:
    """Minimise these costs."""
    solver.changeColsCost(len(values), np.arange(len(values), dtype=np.int32), values)


def found(solver: highspy.Highs, gap: float, nodes: int = 1) -> Float | None:
    """Solve until the gap is near enough or nodes run out; None where nothing was found."""
    solver.setOptionValue("mip_abs_gap", gap)
    solver.setOptionValue("mip_max_nodes", nodes)
    solver.run()
    x: Float = np.array(solver.getSolution().col_value)
    feasible = highspy.SolutionStatus.kSolutionStatusFeasible
    if len(x) != solver.getNumCol() or solver.getInfo().primal_solution_status != feasible:
        return None
    return x
