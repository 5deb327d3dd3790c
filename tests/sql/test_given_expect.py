"""Every SQL file with a folder here: these rows in, exactly those rows out.

`tests/sql/<schema>.<table>/given/<schema>.<table>.csv` holds what the file reads, `expect.csv`
what it must give. A column is text unless its header says otherwise (`value:DOUBLE`); an empty cell
is null.
"""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from tasks.settings import Project

FOLDERS = {
    "staging": "staging",
    "restricted": "restricted",
    "closed": "closed",
    "mart": "marts",
}
CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/expect.csv"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_given_rows_give_expected_rows(case: Path) -> None:
    schema, name = case.name.split(".")
    sql = (Project().sql / FOLDERS[schema] / f"{name}.sql").read_text(encoding="utf-8")
    with duckdb.connect() as connection:
        for given in sorted((case / "given").glob("*.csv")):
            load(connection, given)
        header, *expected = read(case / "expect.csv")
        columns = ", ".join(f'"{column}"::VARCHAR' for column in header)
        result = connection.execute(f"SELECT {columns} FROM ({sql})").fetchall()
        everything = connection.execute(f"DESCRIBE {sql}").fetchall()
    assert sorted(map(clean, result)) == sorted(map(clean, expected))
    assert {row[0] for row in everything} == set(header), "expect.csv must name every column"


def load(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    schema = path.stem.split(".")[0]
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    header, *rows = read(path)
    pairs = [column.partition(":")[::2] for column in header]
    columns = ", ".join(f'"{name}" {kind or "VARCHAR"}' for name, kind in pairs)
    connection.execute(f"CREATE TABLE {path.stem} ({columns})")
    marks = ", ".join("?" * len(header))
    for row in rows:
        values = [value or None for value in row]
        connection.execute(f"INSERT INTO {path.stem} VALUES ({marks})", values)


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def clean(row: tuple[str | None, ...] | list[str]) -> tuple[str, ...]:
    return tuple("" if value is None else value for value in row)


def test_every_sql_file_has_a_case() -> None:
    tables = {
        f"{schema}.{path.stem}"
        for schema, folder in FOLDERS.items()
        for path in (Project().sql / folder).glob("*.sql")
    }
    assert tables == {case.name for case in CASES}
