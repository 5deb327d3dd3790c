"""What the suites gave: one result per expectation, and its row in `audit.validation`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from tasks import warehouse
from tasks.quality.suites import ROWS

if TYPE_CHECKING:
    import duckdb


# What stands before the reason of a demand that holds, on the page and in commands.
WATCHES_FOR = "Passer på"


@dataclass(frozen=True)
class Result:
    """How one expectation went.

    Attributes:
        table: `schema.table`.
        key: What the expectation is known by within its suite.
        type: The expectation's type.
        arguments: Its arguments, as JSON.
        severity: `block` or `warn`.
        success: Whether the table holds it.
        unexpected_count: Rows or values against it, where it counts them.
        unexpected: The first of them, as JSON.
        observed: What was observed, or why it could not be run.
        reason: Why it is demanded.
        owner: Who answers for it.
        origin: Where the demand comes from.
    """

    table: str
    key: str
    type: str
    arguments: str
    severity: str
    success: bool
    unexpected_count: int | None
    unexpected: str | None
    observed: str | None
    reason: str
    owner: str
    origin: str

    @property
    def blocks(self) -> bool:
        """Whether this failure keeps the previous vintage."""
        return not self.success and self.severity == "block"

    def sample(self) -> list[Any]:
        """The first rows or values against it."""
        return list(json.loads(self.unexpected)) if self.unexpected else []

    def in_short(self) -> str:
        """Why it matters, and how many; rule and rows stand in `audit.validation`."""
        if self.unexpected_count:
            many = "rader" if self.unexpected_count > 1 else "rad"
            return f"{self.reason} ({self.unexpected_count} {many})"
        return f"{self.reason} (fant {self.observed})" if self.observed else self.reason

    def __str__(self) -> str:
        shown = f"{self.unexpected_count} rader" if self.unexpected_count else self.observed or ""
        sample = f", blant dem {self.unexpected}" if self.unexpected else ""
        # A query is for whoever opens the suite; a planner is told what it means.
        rule = self.type if self.type == ROWS else f"{self.type} {self.arguments}"
        return f"{self.reason} ({rule}: {shown}{sample})"


def store(con: duckdb.DuckDBPyConnection, results: Sequence[Result]) -> None:
    """Write results to `audit.validation`, one row per expectation of the night."""
    schema = {
        "table_name": pl.String,
        "key": pl.String,
        "expectation": pl.String,
        "arguments": pl.String,
        "severity": pl.String,
        "success": pl.Boolean,
        "unexpected_count": pl.Int64,
        "unexpected": pl.String,
        "observed": pl.String,
        "reason": pl.String,
        "owner": pl.String,
        "origin": pl.String,
    }
    rows = [list(vars(result).values()) for result in results]
    warehouse.load_frame(con, "audit.validation", pl.DataFrame(rows, schema=schema, orient="row"))
