"""Why the county's figures are what they are: `explanation` asked of the county's own model."""

from tasks.forecast.reasons.run_tables import SCHEMAS, tables

__all__ = ["SCHEMAS", "tables"]
