"""Suites: what a table must hold before anyone sees it, run with Great Expectations in place.

The suites are data (`expectations/<schema>/<table>.yaml`); this module reads them strictly, runs
them on the night's own connection, and says which failures block. Great Expectations takes seconds
to import, so it is imported when a suite is run, or ahead of that by `warm_up`.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, field_validator

from tasks import warehouse
from tasks.errors import ConfigurationError

if TYPE_CHECKING:
    import duckdb

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
SAMPLE = 5
_ROWS = "unexpected_rows_expectation"
_COLUMN_ARGUMENTS = ("column", "column_A", "column_B")
_COLUMN_LISTS = ("column_list",)
_TABLE = re.compile(r"\b(?:staging|restricted|closed|mart)\.[a-z0-9_]+\b")


class Strict(BaseModel):
    """Unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Expectation(Strict):
    """One demand on a table.

    Attributes:
        type: A Great Expectations 1.x type.
        arguments: Its arguments.
        severity: `block` keeps the previous vintage, `warn` publishes and alerts.
        reason: Why it is demanded, in Norwegian.
        owner: Who answers for it.
        origin: Where the demand comes from.
    """

    type: Text
    arguments: dict[str, Any] = {}
    severity: Literal["block", "warn"]
    reason: Text
    owner: Text
    origin: Text


class Suite(Strict):
    """The demands on one table."""

    table: Annotated[
        str, StringConstraints(pattern=r"^(staging|restricted|closed|mart)\.[a-z0-9_]+$")
    ]
    expectations: tuple[Expectation, ...]

    @property
    def reads(self) -> frozenset[str]:
        """The other tables that its queries name; they must be there before it is run."""
        return frozenset().union(*map(_tables_in, self.expectations)) - {self.table}

    @field_validator("expectations")
    @classmethod
    def _each_once(cls, expectations: tuple[Expectation, ...]) -> tuple[Expectation, ...]:
        said = [(e.type, _json(e.arguments)) for e in expectations]
        for kind, arguments in said:
            if said.count((kind, arguments)) > 1:
                raise ValueError(f"{kind} {arguments} står mer enn én gang")
        return expectations


@dataclass(frozen=True)
class Result:
    """How one expectation went.

    Attributes:
        table: `schema.table`.
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
        rule = self.type if self.type == _ROWS else f"{self.type} {self.arguments}"
        return f"{self.reason} ({rule}: {shown}{sample})"


def read_suites(folder: Path) -> dict[str, Suite]:
    """Every suite of `expectations/`, by table.

    Raises:
        ConfigurationError: all mistakes of all files together.
    """
    problems: list[str] = []
    suites: dict[str, Suite] = {}
    for file in sorted(folder.glob("*/*.yaml")):
        suite = _read(file, problems)
        if suite is None:
            continue
        if suite.table != f"{file.parent.name}.{file.stem}":
            problems.append(f"{file.name}: table er {suite.table}, men filen heter noe annet")
        suites[suite.table] = suite
    if problems:
        raise ConfigurationError(
            subject=str(folder),
            expected="gyldige forventninger",
            got="\n".join([f"{len(problems)} feil:", *(f"  - {line}" for line in problems)]),
            remedy="rett opp alle linjene over; docs/architecture.md viser formatet",
        )
    return suites


def warm_up() -> None:
    """Import Great Expectations ahead of `run`, and validate a table of one row.

    What the library does on first use is then done too.
    """
    _import()
    arguments = {"column": "x"}
    expectation = Expectation(
        type="expect_column_values_to_not_be_null",
        arguments=arguments,
        severity="warn",
        reason="-",
        owner="-",
        origin="-",
    )
    with warehouse.in_memory() as con:
        con.execute("create schema staging; create table staging.x as select 1 as x")
        run(con, [Suite(table="staging.x", expectations=(expectation,))])


def run(con: duckdb.DuckDBPyConnection, suites: Iterable[Suite]) -> list[Result]:
    """Run suites on a connection, in the order given; a table that is not there is left out.

    Suites are taken one by one, so they may come as their tables are built. A suite that names an
    unknown column or expectation gives a failed result that says so.
    """
    results: list[Result] = []
    with ExitStack() as stack:
        validate = None
        for suite in suites:
            if not warehouse.has(con, suite.table):
                continue
            if validate is None:
                _import()
                validation = importlib.import_module("tasks.validation")
                validate = stack.enter_context(validation.validator(con))
            results += _run_suite(con, suite, validate)
    return results


def store(con: duckdb.DuckDBPyConnection, results: Sequence[Result]) -> None:
    """Write results to `audit.validation`, one row per expectation of the night."""
    schema = {
        "table_name": pl.String,
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


def _import() -> None:
    # Nothing is sent anywhere, and a night's log is not filled with progress bars.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    os.environ.setdefault("DO_NOT_TRACK", "1")
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    importlib.import_module("tasks.validation")


def _read(file: Path, problems: list[str]) -> Suite | None:
    try:
        return Suite.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problems.append(f"{file.name}: kan ikke leses som YAML ({error})")
    except ValidationError as error:
        for detail in error.errors():
            where = ".".join(str(part) for part in detail["loc"]) or "(hele filen)"
            problems.append(f"{file.name}: {where}: {detail['msg']}")
    return None


def _run_suite(con: duckdb.DuckDBPyConnection, suite: Suite, validate: Any) -> list[Result]:
    known = set(warehouse.columns(con, suite.table))
    runnable: list[Expectation] = []
    unknown: dict[int, str] = {}
    for number, expectation in enumerate(suite.expectations):
        absent = sorted(_columns_of(expectation) - known)
        if absent:
            unknown[number] = (
                f"ukjent kolonne {', '.join(absent)}; tabellen har {', '.join(sorted(known))}"
            )
        elif unbuilt := [n for n in sorted(_tables_in(expectation)) if not warehouse.has(con, n)]:
            unknown[number] = f"sammenligner med {', '.join(unbuilt)}, som ikke er bygget"
        else:
            runnable.append(expectation)
    outcomes = iter(validate(suite.table, [_demand(expectation) for expectation in runnable]))
    return [
        _result(suite.table, expectation, {"success": False, "error": unknown[number]})
        if number in unknown
        else _result(suite.table, expectation, _with_rows(con, suite, expectation, next(outcomes)))
        for number, expectation in enumerate(suite.expectations)
    ]


def _demand(expectation: Expectation) -> Expectation:
    """The expectation as Great Expectations takes it: it reads braces in a query as its own."""
    if expectation.type != _ROWS or "unexpected_rows_query" not in expectation.arguments:
        return expectation
    query = str(expectation.arguments["unexpected_rows_query"])
    query = query.replace("{", "{{").replace("}", "}}").replace("{{batch}}", "{batch}")
    arguments = {**expectation.arguments, "unexpected_rows_query": query}
    return expectation.model_copy(update={"arguments": arguments})


def _with_rows(
    con: duckdb.DuckDBPyConnection, suite: Suite, expectation: Expectation, outcome: dict[str, Any]
) -> dict[str, Any]:
    """Add the first failing rows, which Great Expectations counts but does not list for a query."""
    if expectation.type != _ROWS or outcome["success"] or "error" in outcome:
        return outcome
    query = str(expectation.arguments["unexpected_rows_query"])
    rows = warehouse.first_rows(con, query.replace("{batch}", suite.table), SAMPLE)
    found = {
        "unexpected_count": outcome["result"]["observed_value"],
        "partial_unexpected_list": rows,
    }
    return {"success": False, "result": found}


def _tables_in(expectation: Expectation) -> frozenset[str]:
    """The tables that the query of an expectation names."""
    query = str(expectation.arguments.get("unexpected_rows_query", ""))
    return frozenset(_TABLE.findall(query))


def _columns_of(expectation: Expectation) -> set[str]:
    named = {expectation.arguments.get(key) for key in _COLUMN_ARGUMENTS}
    for key in _COLUMN_LISTS:
        named.update(expectation.arguments.get(key) or ())
    return {str(column) for column in named if column is not None}


def _result(table: str, expectation: Expectation, outcome: dict[str, Any]) -> Result:
    """Put an outcome (`success`, `result` or `error`) beside the expectation it belongs to."""
    found = outcome.get("result", {})
    # Rows of restricted and closed tables are about few people: they are counted, never shown.
    closed = table.startswith(("restricted.", "closed."))
    unexpected = None if closed else found.get("partial_unexpected_list")
    observed = outcome.get("error", found.get("observed_value"))
    return Result(
        table=table,
        type=expectation.type,
        arguments=_json(expectation.arguments),
        severity=expectation.severity,
        success=outcome["success"],
        unexpected_count=found.get("unexpected_count"),
        unexpected=_json(unexpected[:SAMPLE]) if unexpected else None,
        observed=None if observed is None else _shown(observed),
        reason=expectation.reason,
        owner=expectation.owner,
        origin=expectation.origin,
    )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
