"""Great Expectations on the night's own DuckDB connection; slow to import, so that is done late.

duckdb-engine hands SQLAlchemy a pending result that DuckDB drops on rollback, and Great
Expectations closes its connection before it fetches. The dialect here reads every result at once,
and gives cursors of a connection that is already open instead of opening the file again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import duckdb_engine
import great_expectations as gx
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from sqlalchemy import BIGINT, BOOLEAN, DATE, DECIMAL, DOUBLE, INTEGER, SMALLINT, VARCHAR, text
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.pool import StaticPool

from tasks.errors import INTERRUPTED

if TYPE_CHECKING:
    import duckdb

_NAME = "tilbudsplan"
_SAMPLE = 5
_CONNECTION: ContextVar[tuple[duckdb.DuckDBPyConnection, str]] = ContextVar("connection")
# Kinds of column that expectations tell apart; all others are text to them.
_TYPES: dict[str, Any] = {
    "BIGINT": BIGINT,
    "BOOLEAN": BOOLEAN,
    "DATE": DATE,
    "DECIMAL": DECIMAL,
    "DOUBLE": DOUBLE,
    "INTEGER": INTEGER,
    "SMALLINT": SMALLINT,
}
Outcome = dict[str, Any]
_ROWS, _COUNTED = "unexpected_rows_expectation", "counted_rows_expectation"
_COUNT = "unexpected_rows_query.row_count"


class Demand(Protocol):
    """The part of an expectation that Great Expectations is told."""

    @property
    def type(self) -> str:
        """A Great Expectations 1.x type."""

    @property
    def arguments(self) -> dict[str, Any]:
        """Its arguments."""


_Context: Any = duckdb_engine.Dialect.execution_ctx_cls


class BufferedContext(_Context):  # type: ignore[misc]
    """Reads a result to its end before anything else happens to the connection."""

    def post_exec(self) -> None:
        """Buffer the rows."""
        super().post_exec()
        if self.cursor.description:
            rows = self.cursor.fetchall()
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                self.cursor, self.cursor.description, initial_buffer=rows
            )


class OpenDialect(duckdb_engine.Dialect):
    """DuckDB through the connection that `validator` was given."""

    driver = "open"
    execution_ctx_cls = BufferedContext
    supports_statement_cache = True

    def connect(self, *_: Any, **__: Any) -> Any:
        """A cursor of the open connection, in the schema that is being validated."""
        con, schema = _CONNECTION.get()
        cursor = con.cursor()
        # Great Expectations looks columns up without the schema.
        cursor.execute(f"set search_path = '{schema}'")
        return duckdb_engine.ConnectionWrapper(cursor)

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        """Names and types of a table's columns, from DuckDB itself.

        What is inherited asks the catalogue of another database, in a dozen joins a table.
        """
        found = connection.execute(
            text("select name, type from pragma_table_info(:table)"),
            {"table": f"{schema or _CONNECTION.get()[1]}.{table_name}"},
        )
        return [
            {"name": name, "type": _kind(data_type)(), "nullable": True, "default": None}
            for name, data_type in found
        ]

    def get_pk_constraint(self, *_: Any, **__: Any) -> Any:
        """None: a build has no constraints, keys are checked by a query."""
        return {"constrained_columns": [], "name": None}

    @classmethod
    def get_pool_class(cls, url: Any) -> type[StaticPool]:
        """One connection per data source."""
        return StaticPool


registry.register("duckdb.open", __name__, "OpenDialect")


class CountedRowsExpectation(UnexpectedRowsExpectation):
    """`UnexpectedRowsExpectation` that runs its query once: the rows are counted and not fetched.

    Great Expectations would fetch the first of them besides, and show none of them.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = (_COUNT,)

    def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        found = metrics[_COUNT]
        return {"success": found == 0, "result": {"observed_value": found}}


@contextmanager
def validator(
    con: duckdb.DuckDBPyConnection,
) -> Iterator[Callable[[str, Sequence[Demand]], list[Outcome]]]:
    """Validate tables of a connection, one Great Expectations context for all of them.

    Yields:
        A function of table and demands that gives one outcome a demand, in order: `success`, and
        `result` as Great Expectations has it or `error` where it could not be run.
    """
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    # It would write down all its settings for every table, for nobody.
    context._update_fluent_datasource = lambda datasource: datasource
    sources: dict[str, Any] = {}
    assets: dict[str, Any] = {}

    def source(schema: str) -> Any:
        if schema not in sources:
            _CONNECTION.set((con, schema))
            sources[schema] = context.data_sources.add_sql(
                f"{_NAME}_{schema}", connection_string="duckdb+open:///:memory:"
            )
        return sources[schema]

    def validate(table: str, demands: Sequence[Demand]) -> list[Outcome]:
        schema, _, name = table.partition(".")
        asset = assets.get(table)
        if asset is None:
            asset = source(schema).add_table_asset(name, table_name=name, schema_name=schema)
            assets[table] = asset
        return _validate(asset.get_batch(asset.build_batch_request()), demands)

    try:
        yield validate
    finally:
        for made in sources.values():
            made.get_engine().dispose()


def _kind(data_type: str) -> Any:
    """The kind of column that `DECIMAL(5,1)` or `BIGINT` is."""
    return _TYPES.get(data_type.partition("(")[0], VARCHAR)


def _validate(batch: Any, demands: Sequence[Demand]) -> list[Outcome]:
    suite = gx.ExpectationSuite(name=_NAME)
    outcomes: dict[int, Outcome] = {}
    for number, demand in enumerate(demands):
        configuration = ExpectationConfiguration(
            type=_COUNTED if demand.type == _ROWS else demand.type,
            kwargs=demand.arguments,
            meta={"number": number},
        )
        try:
            # "runtime" compares all arguments: two queries on one table are two expectations.
            suite.add_expectation_configuration(configuration, match_type="runtime")
        except Exception as error:  # it raises classes of three libraries for a wrong argument
            outcomes[number] = {"success": False, "error": f"kan ikke brukes: {error}"}
    answer = batch.validate(
        suite,
        result_format={"result_format": "BASIC", "partial_unexpected_count": _SAMPLE},
    )
    for result in answer.results:
        outcomes[result.expectation_config.meta["number"]] = _outcome(result)
    return [outcomes[number] for number in range(len(demands))]


def _outcome(result: Any) -> Outcome:
    found = result.to_json_dict()
    raised = _message(found.get("exception_info") or {})
    if raised and INTERRUPTED in raised:
        # It catches that too, and the table would be blamed for it.
        raise KeyboardInterrupt
    if raised:
        return {"success": False, "error": f"lot seg ikke kjøre: {raised}"}
    return {"success": bool(result.success), "result": found["result"]}


def _message(info: dict[str, Any]) -> str | None:
    """The first message of an exception report, which comes flat or by metric."""
    for report in (info, *(part for part in info.values() if isinstance(part, dict))):
        if report.get("raised_exception"):
            return str(report["exception_message"])
    return None
