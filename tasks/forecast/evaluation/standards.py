"""What a forecast is held to: declared in `data/reference/rules/evaluation.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from tasks.forecast.evaluation.classes import Change
from tasks.forecast.evaluation.conformal import Acceptance


@dataclass(frozen=True)
class Standards:
    """The declared rules of evaluation.

    Attributes:
        least_outcomes: Outcomes before a model can be chosen.
        coverage: What 80 per cent intervals may cover.
        size_bounds: Lower bounds of the size classes above the first.
        nominal_years: Years that the nominal interval weighs as when factors are fitted.
        change: Classes of change: band, and how sure one must be.
        damping: Candidates of φ of the damped trend.
        gates: Greatest size-weighted MAPE (per cent) by horizon.
        bias: Greatest bias, in absolute terms (per cent).
    """

    least_outcomes: int
    coverage: Acceptance
    size_bounds: tuple[float, ...]
    nominal_years: float
    change: Change
    damping: tuple[float, ...]
    gates: Mapping[int, float]
    bias: float


def gated(measured: pl.DataFrame, standards: Standards) -> pl.DataFrame:
    """Measures at the horizons that have a gate, and whether they hold.

    Args:
        measured: `measures.table`, with `horizon`, `mape` and `bias`.
        standards: The gates.

    Returns:
        Its rows at those horizons, with `gate` (per cent) and `holds`.
    """
    gates = pl.DataFrame(
        {"horizon": list(standards.gates), "gate": list(standards.gates.values())},
        schema={"horizon": pl.Int64, "gate": pl.Float64},
    )
    within = (pl.col("mape") <= pl.col("gate")) & (pl.col("bias").abs() < standards.bias)
    return measured.join(gates, on="horizon").with_columns(within.alias("holds"))
