"""SQL files are run in their own order, held to their headers, and refused with every mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_tools import HEADER, write

from tasks import transform, warehouse
from tasks.errors import ConfigurationError, SourceChanged, ValidationFailed


def sql_file(root: Path, name: str, select: str, sources: str, title: str | None = None) -> None:
    schema, _, table = name.partition(".")
    folder = {"mart": "marts"}.get(schema, schema)
    head = HEADER.format(name=title or name, unit="places", sources=sources)
    write(root / folder / f"{table}.sql", head + select)


def test_sources_come_before_readers_whatever_the_names(tmp_path: Path) -> None:
    sql_file(tmp_path, "mart.a", "SELECT school FROM mart.b", "mart.b")
    sql_file(tmp_path, "mart.b", "WITH s AS (SELECT * FROM staging.z) SELECT * FROM s", "staging.z")
    sql_file(tmp_path, "staging.z", "SELECT * FROM raw.z;\n", "raw.z")
    tables = transform.read_project(tmp_path)
    assert [t.name for t in tables] == ["staging.z", "mart.b", "mart.a"]
    assert tables[0].key == ("school",)
    assert [t.name for t in transform.readers(tables, ["staging.z"])] == ["mart.b", "mart.a"]
    by_name = {table.name: table for table in tables}
    assert transform.lineage(by_name, "mart.a") == ["mart.a", "mart.b", "staging.z", "raw.z"]


def test_every_mistake_is_told_together(tmp_path: Path) -> None:
    sql_file(tmp_path, "mart.title", "SELECT 1 AS school", "", title="mart.other")
    sql_file(tmp_path, "mart.sources", "SELECT * FROM raw.x", "raw.y")
    sql_file(tmp_path, "mart.syntax", "SELEC 1", "raw.x")
    sql_file(tmp_path, "mart.two", "SELECT 1 FROM raw.x; SELECT 2 FROM raw.x", "raw.x")
    sql_file(tmp_path, "mart.writes", "CREATE TABLE raw.x AS SELECT 1", "raw.x")
    write(tmp_path / "marts" / "headless.sql", "SELECT 1")
    with pytest.raises(ConfigurationError) as refusal:
        transform.read_project(tmp_path)
    text = str(refusal.value)
    for part in (
        "title.sql: første linje er «mart.other»",
        "sources.sql: Sources sier raw.y, men SQL-en leser raw.x",
        "syntax.sql: er ikke én SELECT",
        "two.sql: har 2 setninger",
        "writes.sql: er ikke én SELECT",
        "headless.sql: hodet mangler Grain, Key, Unit, Sources",
    ):
        assert part in text


def test_unknown_tables_and_rings_are_named(tmp_path: Path) -> None:
    sql_file(tmp_path, "mart.a", "SELECT * FROM staging.nowhere", "staging.nowhere")
    with pytest.raises(ConfigurationError, match=r"mart\.a: leser staging\.nowhere"):
        transform.read_project(tmp_path)
    sql_file(tmp_path, "mart.a", "SELECT * FROM mart.b", "mart.b")
    sql_file(tmp_path, "mart.b", "SELECT * FROM mart.a", "mart.a")
    with pytest.raises(ConfigurationError, match=r"i ring: mart\.\w → mart\.\w → mart\.\w"):
        transform.read_project(tmp_path)


@pytest.mark.parametrize(
    ("select", "sources", "refusal", "text"),
    [
        ("SELECT school, nope FROM raw.x", "raw.x", SourceChanged, "nope"),
        ("SELECT school, n::INTEGER AS n FROM raw.x", "raw.x", SourceChanged, "many"),
        ("SELECT nope AS school FROM staging.y", "staging.y", ConfigurationError, "nope"),
        ("SELECT 1 AS other FROM staging.y", "staging.y", ConfigurationError, "school"),
    ],
)
def test_a_failing_table_is_named_with_the_engines_words(
    tmp_path: Path, select: str, sources: str, refusal: type[Exception], text: str
) -> None:
    sql_file(tmp_path, "staging.x", select, sources)
    with warehouse.open_build(tmp_path / "b.duckdb") as con:
        con.execute("create table raw.x as select 'A' as school, 'many' as n")
        con.execute("create table staging.y as select 'A' as school")
        table = transform._read(tmp_path / "staging" / "x.sql", "staging.x", [])
        assert table is not None
        with pytest.raises(refusal, match=rf"staging\.x: .*{text}"):
            transform.build(con, table)


def test_rows_that_share_a_key_are_shown(tmp_path: Path) -> None:
    sql_file(tmp_path, "staging.x", "SELECT * FROM raw.x", "raw.x")
    with warehouse.open_build(tmp_path / "b.duckdb") as con:
        con.execute("create table raw.x as select unnest(['A', 'B', 'B', 'B']) as school")
        (table,) = transform.read_project(tmp_path)
        with pytest.raises(ValidationFailed, match=r"\(B\): 3 rader"):
            transform.build(con, table)
