"""What working life needs: employment, openings, and from occupation to programme area.

`demand` does the whole chain; `docs/method/labour.md` has the formulas.
"""

from tasks.forecast.labour.apprenticeship import coverage_by_area, coverage_by_programme
from tasks.forecast.labour.demand import Demand, demand, simulate
from tasks.forecast.labour.excess import excess_unemployed
from tasks.forecast.labour.indicators import of_demand
from tasks.forecast.labour.model import Model, Parts, fit
from tasks.forecast.labour.robustness import robustness
from tasks.forecast.labour.shortage import by_occupation, now_cast

__all__ = [
    "Demand",
    "Model",
    "Parts",
    "by_occupation",
    "coverage_by_area",
    "coverage_by_programme",
    "demand",
    "excess_unemployed",
    "fit",
    "now_cast",
    "of_demand",
    "robustness",
    "simulate",
]
