"""How a table is damaged for an expectation whose arguments say it all: one recipe a kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from damage_specs import Damage

Arguments = dict[str, Any]
# A word that stands in no list of codes.
UNKNOWN = "'ukjent'"


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
    held = arguments.get("where", "true")
    # Of an education the code is what its first signs say.
    column = re.sub(r"left\((\w+), 2\)", r"\1", arguments["code"])
    # A county is known by its two signs.
    unknown = "'zz'" if "<= 2" in held else UNKNOWN
    yield _in_column(column, unknown, f"({held}) AND ({told.where})")


def _other_number_of_rows(arguments: Arguments, told: Damage) -> Iterator[dict[str, Any]]:
    least, most = arguments.get("least"), arguments.get("most")
    if least is not None and told.side != "above":
        yield {"sql": (f"DELETE FROM {{table}} WHERE rowid >= {least - 1}",)}
    if most is not None and told.side != "below":
        times = f"{most + 1} // (SELECT count(*) FROM {{table}}) + 1"
        yield {
            "sql": (f"INSERT INTO {{table}} SELECT good.* FROM {{table}} AS good, range({times})",)
        }


def _more_in_a_part(arguments: Arguments, told: Damage) -> Iterator[dict[str, Any]]:
    value, parts, held = arguments["value"], arguments["parts"], arguments.get("where", "true")
    rows = f"({parts}) AND ({held}) AND ({told.where})"
    largest = f"(SELECT max({value}) FROM {{table}} WHERE {rows})"
    yield {"where": f"{rows} AND {value} = {largest}", "set": f"{value} = 2 * {value} + 1"}


def _too_old(arguments: Arguments, told: Damage) -> Iterator[dict[str, Any]]:
    """What is new is constructed, and of no day; what was published is old."""
    day, days = arguments["day"], arguments["days"]
    newest = f"({day})::DATE >= (SELECT as_of FROM reference.night) - {days}"
    yield {"where": told.where, "set": f"constructed = {newest}", "every": True}


def _drifted(_arguments: Arguments, _told: Damage) -> Iterator[dict[str, Any]]:
    """The vintage before stood as the table does now; now it stands a thousand times higher."""
    grown = "UPDATE {table} SET value = 1000 * value + 1000 WHERE part = 'figure'"
    yield {"table": "raw.profile", "sql": (grown,)}


def _gone(_arguments: Arguments, _told: Damage) -> Iterator[dict[str, Any]]:
    yield {"table": "raw.profile", "sql": ("DELETE FROM {table} WHERE part = 'figure'",)}


def _another_type(arguments: Arguments, _told: Damage) -> Iterator[dict[str, Any]]:
    column = f"table_name = 'raw.{arguments['dataset']}' AND part = 'column'"
    yield {"table": "raw.profile", "where": column, "set": "text = 'BLOB'"}


def _another_column(arguments: Arguments, _told: Damage) -> Iterator[dict[str, Any]]:
    column = f"table_name = 'raw.{arguments['dataset']}' AND part = 'column'"
    yield {"table": "raw.profile", "where": column, "double": {"measure": "'ny'"}}


def _far_from_the_other(arguments: Arguments, told: Damage) -> Iterator[dict[str, Any]]:
    """The figure here is far above the one there, in every row that is compared."""
    (column,) = re.findall(r"\((\w+)\)", arguments["value"])
    held = f"({arguments.get('where', 'true')}) AND ({told.where})"
    yield {"where": held, "set": f"{column} = 5 * {column} + 100", "every": True}


def _lost(arguments: Arguments, told: Damage) -> Iterator[dict[str, Any]]:
    """The largest figure is not there."""
    (column,) = re.findall(r"\((\w+)\)", arguments["value"])
    held = f"({arguments.get('where', 'true')}) AND ({told.where})"
    largest = f"(SELECT max({column}) FROM {{table}} WHERE {held})"
    yield {"where": f"{held} AND {column} = {largest}", "set": f"{column} = 0"}


def _jumped(arguments: Arguments, told: Damage) -> Iterator[dict[str, Any]]:
    """One area has five times as many from the year of the change on."""
    value, area, year = arguments["value"], arguments["area"], arguments["year"]
    held = f"({arguments.get('where', 'true')}) AND ({told.where})"
    largest = f"(SELECT max_by({area}, {value}) FROM {{table}} WHERE {held})"
    yield {
        "where": f"{held} AND {year} >= 2020 AND {area} = {largest}",
        "set": f"{value} = 5 * {value} + 100",
        "every": True,
    }


def _in_column(column: str, value: object, where: str) -> dict[str, Any]:
    """A value in the first row that has one in the column."""
    return {"where": f"{column} IS NOT NULL AND ({where})", "set": f"{column} = {value}"}


RECIPES: dict[str, Callable[[Arguments, Damage], Iterator[dict[str, Any]]]] = {
    "agrees_with": _far_from_the_other,
    "continuous_over_border_change": _jumped,
    "drift_from_previous_vintage": _drifted,
    "no_less_than_previous_vintage": _gone,
    "nothing_lost_over_border_change": _lost,
    "same_metadata_as_previous_vintage": _another_column,
    "same_schema_as_previous_vintage": _another_type,
    "between": _outside,
    "code_known": _another_code,
    "code_known_on_date": _another_code,
    "county_known_on_date": _another_code,
    "expect_column_values_to_not_be_null": _emptied,
    "key_is_unique": _twice,
    "never_empty": _emptied,
    "newest_period_not_older_than": _too_old,
    "no_fewer_rows_than": _other_number_of_rows,
    "one_of": _another_word,
    "parts_equal_total": _more_in_a_part,
}
