"""Kinds are read strictly; a suite that uses one says a line instead of a query."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from store_tools import write

from tasks import quality
from tasks.errors import ConfigurationError
from tasks.quality.kinds import CATEGORIES, expand, read_kinds
from tasks.quality.suites import ROWS
from tasks.settings import Project

KIND = """-- few
-- Category: value
-- Demands: no figure
-- is larger than the most
-- Parameter column: the figure,
-- a number
-- Parameter most = 10: the most: in all
-- Parameter where = {column} IS NOT NULL: the rows
-- Shows: the rows
-- Damage: make a figure large
SELECT * FROM {batch} WHERE {where} AND {column} > {most} AND '{table}' != ''
"""
USE = """
table: staging.x
expectations:
  - type: few
    arguments: {arguments}
    severity: warn
    reason: r
    owner: o
    origin: t
"""
Folder = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    def made(arguments: str, kind: str = KIND) -> Path:
        write(tmp_path / "kinds" / "few.sql", kind)
        write(tmp_path / "staging" / "x.yaml", USE.replace("{arguments}", arguments))
        return tmp_path

    return made


def test_a_kind_becomes_a_query_with_the_arguments_in_it(folder: Folder) -> None:
    (expectation,) = quality.read_suites(folder("{column: n}"))["staging.x"].expectations
    assert expectation.type == "few"
    assert expectation.category == "value"
    assert expectation.rows_query == (
        "SELECT * FROM {batch} WHERE n IS NOT NULL AND n > 10 AND 'staging.x' != ''"
    )
    with duckdb.connect() as con:
        con.execute(
            "create schema staging; create table staging.x as select 9 as n union select 20"
        )
        (result,) = quality.run(con, quality.read_suites(folder("{column: n}")).values())
        assert (result.success, result.unexpected_count) == (False, 1)
        assert result.type == "few"
        assert '"n": 20' in str(result.unexpected)
        (result,) = quality.run(con, quality.read_suites(folder("{column: n, most: 20}")).values())
        assert result.success


def test_the_name_of_a_demand_does_not_follow_the_text_of_its_kind(folder: Folder) -> None:
    def key(kind: str) -> str:
        return quality.read_suites(folder("{column: n}", kind))["staging.x"].expectations[0].key

    assert key(KIND) == key(KIND.replace("SELECT *", "SELECT n"))


def test_lists_and_dates_become_sql(folder: Folder) -> None:
    suites = quality.read_suites(folder("{column: [a, b], most: 2024-01-31}"))
    assert "a, b > DATE '2024-01-31'" in str(suites["staging.x"].expectations[0].rows_query)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("{}", ["few mangler column", "a number"]),
        ("{column: n, colum: m, least: 1}", ["ingen parameter colum", "ingen parameter least"]),
    ],
)
def test_unknown_and_missing_parameters_are_named(
    folder: Folder, arguments: str, words: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        quality.read_suites(folder(arguments))
    for word in words:
        assert word in str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("-- few", "-- fewer", "første linje er «fewer»"),
        ("Category: value", "Category: odd", "Category er «odd»"),
        ("-- Damage: make a figure large\n", "", "hodet mangler Damage"),
        ("> {most}", "> {top}", "spørringen bruker top"),
        ("> {most}", "> 3", "hodet nevner most"),
    ],
)
def test_mistakes_in_a_kind_are_told_with_those_of_suites(
    folder: Folder, old: str, new: str, words: str
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        quality.read_suites(folder("{}", KIND.replace(old, new)))
    assert f"few.sql: {words}" in str(refusal.value)
    assert "x.yaml: few mangler column" in str(refusal.value)


def test_a_type_that_is_neither_a_kind_nor_the_librarys_is_refused(folder: Folder) -> None:
    made = folder("{column: n}")
    write(
        made / "staging" / "x.yaml",
        USE.replace("{arguments}", "{}").replace("type: few", "type: many")
        + "    query: SELECT 1\n",
    )
    with pytest.raises(ConfigurationError) as refusal:
        quality.read_suites(made)
    assert "ukjent type many; kinds/ har few" in str(refusal.value)
    assert "query skrives ikke i en fil" in str(refusal.value)


def test_every_category_has_a_kind_or_is_a_suites_own() -> None:
    problems: list[str] = []
    kinds = read_kinds(Project().expectations, problems)
    assert problems == []
    assert {kind.category for kind in kinds.values()} | {"value"} == set(CATEGORIES)


def test_every_kind_is_sql_that_duckdb_reads() -> None:
    kinds = read_kinds(Project().expectations, [])
    with duckdb.connect() as con:
        for kind in kinds.values():
            given = {name: "x" for name, p in kind.parameters.items() if p.default is None}
            query = expand(kind, "staging.x", given, []).replace("{batch}", "staging.x")
            assert "{" not in query, kind.name
            (serialised,) = con.execute("select json_serialize_sql(?)", [query]).fetchall()[0:1]
            assert '"error":false' in serialised[0], kind.name


def test_kinds_are_queries_of_rows_to_the_library() -> None:
    suites = quality.read_suites(Project().expectations)
    for suite in suites.values():
        for expectation in suite.expectations:
            if expectation.query:
                assert expectation.type != ROWS
                assert expectation.category
