"""The rows that break an expectation, as a query: what quarantine keeps of a refused vintage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tasks.quality.suites import Expectation


def failing_rows(expectation: Expectation, table: str) -> str | None:
    """A SELECT of the rows of a table that break an expectation.

    Args:
        expectation: What they break.
        table: `schema.table`.

    Returns:
        The query; None where the expectation is about the whole table (its number of rows, a sum)
        and not about rows.
    """
    if expectation.rows_query is not None:
        return expectation.rows_query.strip().rstrip(";").replace("{batch}", table)
    arguments = expectation.arguments
    match expectation.type:
        case "expect_column_values_to_not_be_null":
            return f"select * from {table} where {_name(arguments)} is null"
        case "expect_column_values_to_be_between":
            return _outside(arguments, table)
        case "expect_column_values_to_be_in_set":
            known = ", ".join(_literal(value) for value in arguments["value_set"])
            return f"select * from {table} where {_name(arguments)} not in ({known})"
        case "expect_column_values_to_be_unique":
            return doubled_rows([arguments["column"]], table)
        case "expect_compound_columns_to_be_unique":
            return doubled_rows(arguments["column_list"], table)
        case _:
            return None


def doubled_rows(columns: Sequence[str], table: str) -> str:
    """A SELECT of the rows of a table that share a key."""
    key = ", ".join(f'"{column}"' for column in columns)
    return f"select * from {table} qualify count(*) over (partition by {key}) > 1"


def _outside(arguments: dict[str, Any], table: str) -> str:
    bounds = [
        f"{_name(arguments)} {sign} {_literal(arguments[bound])}"
        for bound, sign in (("min_value", "<"), ("max_value", ">"))
        if arguments.get(bound) is not None
    ]
    return f"select * from {table} where {' or '.join(bounds) or 'false'}"


def _name(arguments: dict[str, Any]) -> str:
    return f'"{arguments["column"]}"'


def _literal(value: object) -> str:
    return (
        str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"
    )
