"""Great Expectations on the night's own DuckDB connection; slow to import, so that is done late.

duckdb-engine hands SQLAlchemy a pending result that DuckDB drops on rollback, and Great
Expectations closes its connection before it fetches. The dialect here reads every result at once,
and gives cursors of a connection that is already open instead of opening the file again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import duckdb_engine
import great_expectations as gx
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)
from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.query_metric_provider import QueryMetricProvider
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies
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
_QUERY = "unexpected_rows_query"
_COUNT = "counted_rows.row_count"


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

    def do_begin(self, _: Any) -> None:
        """Nothing: each query is read to its end, and needs no transaction around it."""

    def do_rollback(self, _: Any) -> None:
        """Nothing, since nothing is begun."""

    def get_pk_constraint(self, *_: Any, **__: Any) -> Any:
        """None: a build has no constraints, keys are checked by a query."""
        return {"constrained_columns": [], "name": None}

    @classmethod
    def get_pool_class(cls, url: Any) -> type[StaticPool]:
        """One connection per data source."""
        return StaticPool


registry.register("duckdb.open", __name__, "OpenDialect")


class CountedRows(QueryMetricProvider):
    """How many rows a query gives, of the table by its name.

    Great Expectations would put a query around the table, and write that out for each expectation.
    """

    metric_name = _COUNT
    value_keys = (_QUERY,)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,  # noqa: N805 - it is made a class method
        execution_engine: Any,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> int:
        batch = execution_engine.batch_manager.active_batch_data
        table = f"{batch.source_schema_name}.{batch.source_table_name}"
        query = metric_value_kwargs[_QUERY].format(batch=table)
        count = execution_engine.execute_query(text(f"select count(*) from ({query}) as counted"))
        return int(count.scalar_one())


class CountedRowsExpectation(UnexpectedRowsExpectation):
    """`UnexpectedRowsExpectation` that runs its query once: the rows are counted and not fetched.

    Great Expectations would fetch the first of them besides, and show none of them.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = (_COUNT,)

    def get_validation_dependencies(
        self, execution_engine: Any = None, runtime_configuration: Any = None
    ) -> ValidationDependencies:
        """The count of its query.

        What is inherited works that out of its own declarations, thirty times an expectation.
        """
        count = MetricConfiguration(
            metric_name=_COUNT,
            metric_domain_kwargs={"batch_id": self.batch_id},
            metric_value_kwargs={_QUERY: self.unexpected_rows_query},
        )
        return ValidationDependencies(
            metric_configurations={_COUNT: count},
            result_format=(runtime_configuration or {}).get("result_format", {}),
        )

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
    usable: list[Any] = []
    outcomes: dict[int, Outcome] = {}
    for number, demand in enumerate(demands):
        configuration = ExpectationConfiguration(
            type=_COUNTED if demand.type == _ROWS else demand.type,
            kwargs=demand.arguments,
            meta={"number": number},
        )
        try:
            usable.append(configuration.to_domain_obj())
        except Exception as error:  # it raises classes of three libraries for a wrong argument
            outcomes[number] = {"success": False, "error": f"kan ikke brukes: {error}"}
    # It takes them as they are; one by one it would hold each against all that it has.
    answer = batch.validate(
        gx.ExpectationSuite(name=_NAME, expectations=usable),
        result_format={"result_format": "BASIC", "partial_unexpected_count": _SAMPLE},
    )
    for result in answer.results:
        configuration = result.expectation_config
        # A count is plain already; whatever else there is has to be made so.
        found = vars(result) if configuration.type == _COUNTED else result.to_json_dict()
        outcomes[configuration.meta["number"]] = _outcome(found)
    return [outcomes[number] for number in range(len(demands))]


def _outcome(found: Mapping[str, Any]) -> Outcome:
    raised = _message(found.get("exception_info") or {})
    if raised and INTERRUPTED in raised:
        # It catches that too, and the table would be blamed for it.
        raise KeyboardInterrupt
    if raised:
        return {"success": False, "error": f"lot seg ikke kjøre: {raised}"}
    return {"success": bool(found["success"]), "result": found["result"]}


def _message(info: dict[str, Any]) -> str | None:
    """The first message of an exception report, which comes flat or by metric."""
    for report in (info, *(part for part in info.values() if isinstance(part, dict))):
        if report.get("raised_exception"):
            return str(report["exception_message"])
    return None
