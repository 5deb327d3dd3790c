"""Everything that a planner has declared of the forecast, together."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.forecast.evaluation.standards import Standards
from tasks.forecast.flow.types import FlowRules
from tasks.forecast.labour.types import LabourRules
from tasks.forecast.types import Rules


@dataclass(frozen=True)
class Declared:
    """The rules of `data/reference/rules/`.

    Attributes:
        rules: Of the run.
        flow: Of the student flow.
        labour: Of the labour market.
        standards: What forecasts are held to.
    """

    rules: Rules
    flow: FlowRules
    labour: LabourRules
    standards: Standards
