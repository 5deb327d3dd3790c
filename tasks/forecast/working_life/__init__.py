"""What working life needs against who comes: one run's demand, supply and indicators.

Demand is drawn by `labour`, supply by the student flow; both by programme area, intake region and
year, with the same draws. Where a county has not delivered what either of them reads, the tables
are empty and `working_life_notes` says what is missing: the rest of the plan stands without them.
"""

from tasks.forecast.working_life.candidates import level, supply
from tasks.forecast.working_life.drawn import Drawn, draw, held, periods
from tasks.forecast.working_life.intake import Intake, intake_draws
from tasks.forecast.working_life.run_tables import Made, tables, tables_of
from tasks.forecast.working_life.schemas import SCHEMAS

__all__ = [
    "SCHEMAS",
    "Drawn",
    "Intake",
    "Made",
    "draw",
    "held",
    "intake_draws",
    "level",
    "periods",
    "supply",
    "tables",
    "tables_of",
]
