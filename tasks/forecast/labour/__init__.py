"""What working life needs: employment, openings, and from occupation to programme area.

`demand` does the whole chain; `docs/method/labour.md` has the formulas.
"""

from tasks.forecast.labour.demand import Demand, Model, Parts, demand

__all__ = ["Demand", "Model", "Parts", "demand"]
