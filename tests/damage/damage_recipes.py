"""How a table is damaged for an expectation whose arguments say it all: one recipe a kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from damage_specs import Damage

Arguments = dict[str, Any]
# A word that stands in no list of codes.
UNKNOWN = "'ukjent'"
# What a vintage is held against the one before by, and the newest figures in it.
PROFILE = "raw.profile"
_FIGURES = "table_name = '{table}' AND part = 'figure' AND area IS NULL"
NEWEST = (
    f"{_FIGURES} AND period IS NOT DISTINCT FROM "
    f"(SELECT max(period) FROM {PROFILE} WHERE {_FIGURES})"
)


def from_arguments(kind: str, arguments: Arguments, told: Damage) -> Iterator[Damage]:
    """The damages that follow from a kind and its arguments, where the recipe is known.

    Args:
        kind: The expectation's type.
        arguments: Its arguments.
        told: What is told besides: which row, which side of a range, what else must fail.
    """
    for change in RECIPES.get(kind, _unknown)(arguments, told):
        yield told.model_copy(update=change)


def _unknown(_arguments: Arguments, _told: Damage) -> Iterator[dict[str, Any]]:
    yield from ()


def _twice(_arguments: Arguments, _told: Damage) -> Iterator[dict[str, Any]]:
    yield {"double": {}}


def _emptied(arguments: Arguments, told: Damage) -> Iterator[dict[str, Any]]:
    column = arguments["column"]
    held = arguments.get("where", "true")
    yield _in_column(column, "NULL", f"({held}) AND ({told.where})")


def _outside(arguments: Arguments, told: Damage) -> Iterator[dict[str, Any]]:
    column, least, most = arguments["column"], arguments.get("least"), arguments.get("most")
    if least is not None and told.side != "above":
        yield _in_column(column, least - 1, told.where)
    if most is not None and told.side != "below":
        yield _in_column(column, most + 1, told.where)


def _another_word(arguments: Arguments, told: Damage) -> Iterator[dict[str, Any]]:
    values = arguments["values"]
    words = isinstance(values[0], str)
    yield _in_column(arguments["column"], UNKNOWN if words else max(values) + 1, told.where)


def _another_code(arguments: Arguments, told: Damage) -> Iterator[dict[str, Any]]:
    """Letters in place of the code, as many: only the list of codes can tell."""
    column = _column_in(arguments["code"])
    held = f"({arguments.get('where', 'true')}) AND ({told.where})"
    every = arguments.get("mostly", 1) < 1
    yield _in_column(column, f"repeat('z', length({column}))", held) | {"every": every}


def _other_number_of_rows(arguments: Arguments, told: Damage) -> Iterator[dict[str, Any]]:
    least, most = arguments.get("least"), arguments.get("most")
    if least is not None and told.side != "above":
        yield {"sql": (f"DELETE FROM {{table}} WHERE rowid >= {least - 1}",)}
    if most is not None and told.side != "below":
        times = f"{most + 1} // (SELECT count(*) FROM {{table}}) + 1"
        yield {
            "sql": (f"INSERT INTO {{table}} SELECT good.* FROM {{table}} AS good, range({times})",)
        }


def _half_a_one(arguments: Arguments, told: Damage) -> Iterator[dict[str, Any]]:
    column = arguments.get("column", "value")
    rows = f"({arguments.get('where', 'true')}) AND ({told.where}) AND {column} > 1"
    yield {"table": arguments["source"], "where": rows, "set": f"{column} = {column} + 0.5"}


def _more_in_a_part(arguments: Arguments, told: Damage) -> Iterator[dict[str, Any]]:
    value, parts, held = arguments["value"], arguments["parts"], arguments.get("where", "true")
    rows = f"({parts}) AND ({held}) AND ({told.where})"
    largest = f"(SELECT max({value}) FROM {{table}} WHERE {rows})"
    yield {"where": f"{rows} AND {value} = {largest}", "set": f"{value} = 2 * {value} + 1"}


def _years_without_news(_arguments: Arguments, _told: Damage) -> Iterator[dict[str, Any]]:
    # Constructed figures do not age; those of the sample are called real, and the years go by.
    real = "UPDATE {table} SET constructed = false"
    later = "UPDATE reference.night SET as_of = as_of + INTERVAL 20 YEAR"
    yield {"table": "reference.night", "sql": (real, later)}


def _another_area_from_then_on(arguments: Arguments, told: Damage) -> Iterator[dict[str, Any]]:
    value, area, year = (arguments[name] for name in ("value", "area", "year"))
    held = f"({arguments.get('where', 'true')}) AND ({told.where})"
    years = ", ".join(map(str, arguments.get("years", (2018, 2020, 2024))))
    areas = f"SELECT {area} FROM {{table}} WHERE {held} GROUP BY ALL"
    largest = f"{areas} ORDER BY sum({value}) DESC, 1 LIMIT 1"
    change = f"SELECT max({year}) FROM {{table}} WHERE {held} AND {year} IN ({years})"
    where = f"{held} AND {area} = ({largest}) AND {year} >= ({change})"
    yield {"where": where, "set": f"{value} = 8 * {value}", "every": True}


def _lost_on_the_way(arguments: Arguments, told: Damage) -> Iterator[dict[str, Any]]:
    column = _column_in(arguments["value"])
    rows = f"({arguments.get('where', 'true')}) AND ({told.where}) AND {column} > 20"
    yield {"where": rows, "set": f"{column} = {column} // 2"}


def _in_another_unit(arguments: Arguments, _told: Damage) -> Iterator[dict[str, Any]]:
    rows = f"{NEWEST} AND value > 0 AND ({arguments.get('measures', 'true')})"
    yield {"table": PROFILE, "where": rows, "set": "value = 1000000 * value"}


def _newest_period_gone(_arguments: Arguments, _told: Damage) -> Iterator[dict[str, Any]]:
    yield {"table": PROFILE, "where": NEWEST, "remove": True, "every": True}


def _column_gone(arguments: Arguments, _told: Damage) -> Iterator[dict[str, Any]]:
    yield {"table": PROFILE, "where": _column_of(arguments), "remove": True}


def _column_new(arguments: Arguments, _told: Damage) -> Iterator[dict[str, Any]]:
    new = {"measure": "'a new one'"}
    yield {"table": PROFILE, "where": _column_of(arguments), "double": new}


def _column_of(arguments: Arguments) -> str:
    return f"table_name = 'raw.{arguments['dataset']}' AND part = 'column'"


def _column_in(expression: str) -> str:
    """The column that a call like `sum(persons)` or `left(code, 2)` is of."""
    return re.sub(r"^\w+\((\w+).*$", r"\1", expression)


def _in_column(column: str, value: object, where: str) -> dict[str, Any]:
    """A value in the first row that has one in the column."""
    return {"where": f"{column} IS NOT NULL AND ({where})", "set": f"{column} = {value}"}


RECIPES: dict[str, Callable[[Arguments, Damage], Iterator[dict[str, Any]]]] = {
    "between": _outside,
    "code_known": _another_code,
    "code_known_on_date": _another_code,
    "continuous_over_border_change": _another_area_from_then_on,
    "county_known_on_date": _another_code,
    "drift_from_previous_vintage": _in_another_unit,
    "expect_column_values_to_not_be_null": _emptied,
    "key_is_unique": _twice,
    "never_empty": _emptied,
    "newest_period_not_older_than": _years_without_news,
    "no_fewer_rows_than": _other_number_of_rows,
    "no_less_than_previous_vintage": _newest_period_gone,
    "nothing_lost_over_border_change": _lost_on_the_way,
    "one_of": _another_word,
    "parts_equal_total": _more_in_a_part,
    "same_metadata_as_previous_vintage": _column_new,
    "same_schema_as_previous_vintage": _column_gone,
    "whole_numbers": _half_a_one,
}
