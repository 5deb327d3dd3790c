"""Quality: suites are run with Great Expectations on the night's own connection, in place.

The suites are data (`expectations/<schema>/<table>.yaml`); this room reads them strictly, runs
them, and says which failures block. Great Expectations takes seconds to import, so it is imported
when a suite is run, or ahead of that by `warm_up`.
"""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Iterable
from contextlib import ExitStack
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from tasks import warehouse
from tasks.quality.results import WATCHES_FOR, Result, store
from tasks.quality.rows import doubled_rows, failing_rows
from tasks.quality.suites import ROWS, Expectation, Suite, as_json, read_suites

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "WATCHES_FOR",
    "Expectation",
    "Result",
    "Suite",
    "doubled_rows",
    "failing_rows",
    "read_suites",
    "run",
    "store",
    "warm_up",
]

SAMPLE = 5
_COLUMN_ARGUMENTS = ("column", "column_A", "column_B")
_COLUMN_LISTS = ("column_list",)


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
                engine = importlib.import_module("tasks.quality.engine")
                validate = stack.enter_context(engine.validator(con))
            results += _run_suite(con, suite, validate)
    return results


def _import() -> None:
    # Nothing is sent anywhere, and a night's log is not filled with progress bars.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    os.environ.setdefault("DO_NOT_TRACK", "1")
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    importlib.import_module("tasks.quality.engine")


def _run_suite(con: duckdb.DuckDBPyConnection, suite: Suite, validate: Any) -> list[Result]:
    known = set(warehouse.columns(con, suite.table))
    # Expectations of a suite compare with the same few tables.
    built = cache(partial(warehouse.has, con))
    runnable: list[Expectation] = []
    unknown: dict[int, str] = {}
    for number, expectation in enumerate(suite.expectations):
        absent = sorted(_columns_of(expectation) - known)
        if absent:
            unknown[number] = (
                f"ukjent kolonne {', '.join(absent)}; tabellen har {', '.join(sorted(known))}"
            )
        elif unbuilt := [n for n in sorted(expectation.reads) if not built(n)]:
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
    query = expectation.rows_query
    if query is None:
        return expectation
    query = query.replace("{", "{{").replace("}", "}}").replace("{{batch}}", "{batch}")
    # What a kind was given is in its query.
    given = {} if expectation.query else expectation.arguments
    arguments = {**given, "unexpected_rows_query": query}
    return expectation.model_copy(update={"type": ROWS, "arguments": arguments})


def _with_rows(
    con: duckdb.DuckDBPyConnection, suite: Suite, expectation: Expectation, outcome: dict[str, Any]
) -> dict[str, Any]:
    """Add the first failing rows, which Great Expectations counts but does not list for a query."""
    query = expectation.rows_query
    if query is None or outcome["success"] or "error" in outcome:
        return outcome
    rows = warehouse.first_rows(con, query.replace("{batch}", suite.table), SAMPLE)
    found = {
        "unexpected_count": outcome["result"]["observed_value"],
        "partial_unexpected_list": rows,
    }
    return {"success": False, "result": found}


def _columns_of(expectation: Expectation) -> set[str]:
    """The columns that a Great Expectations type names; a query is held to its table when run."""
    if expectation.rows_query is not None:
        return set()
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
        key=expectation.key,
        type=expectation.type,
        arguments=as_json(expectation.arguments),
        severity=expectation.severity,
        success=outcome["success"],
        unexpected_count=found.get("unexpected_count"),
        unexpected=as_json(unexpected[:SAMPLE]) if unexpected else None,
        observed=None if observed is None else _shown(observed),
        reason=expectation.reason,
        owner=expectation.owner,
        origin=expectation.origin,
    )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else as_json(value)
