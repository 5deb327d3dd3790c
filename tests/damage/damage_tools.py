"""Damage done: a table to damage, the damages of its expectations, and what fails after each."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path

import duckdb
import pytest
from _pytest.mark import ParameterSet
from damage_recipes import from_arguments
from damage_specs import HERE, Damage, Spec

from tasks import profiles, quality, transform, warehouse
from tasks.quality import Expectation, Suite
from tasks.settings import Project
from tasks.transform import Table

# The sample does not grow older.
DAY = date(2026, 11, 26)
CASES = HERE.parent / "sql"
# How results begin that say why an expectation was not run.
NOT_RUN = ("lot seg ikke kjøre", "kan ikke brukes", "ukjent kolonne", "sammenligner med")


@dataclass(frozen=True)
class Tried:
    """What Great Expectations says of a good table, and of it after each damage.

    Attributes:
        undamaged: Reasons of the expectations that fail as it is: none, or it is not good.
        broken: By reason, each damage that is for it with the reasons that fail after it.
    """

    undamaged: set[str]
    broken: dict[str, list[tuple[Damage, set[str]]]]


def damages(expectation: Expectation, spec: Spec) -> tuple[Damage, ...]:
    """What breaks an expectation: what is told of it, completed by what its arguments say."""
    told = spec.damages.get(expectation.reason, (Damage(),))
    return tuple(
        made
        for damage in told
        for made in (
            [damage]
            if damage.says_what
            else from_arguments(expectation.type, expectation.arguments, damage)
        )
    )


def copy_of(database: Path) -> duckdb.DuckDBPyConnection:
    """Every table of a night, in memory, to be damaged."""
    con = duckdb.connect()
    # As the night does; on small tables a second thread is work to no end.
    warehouse.one_thread(con)
    con.execute(f"ATTACH '{database}' AS night (READ_ONLY)")
    con.execute("COPY FROM DATABASE night TO memory")
    con.execute("DETACH night")
    con.execute("UPDATE reference.night SET as_of = ?", [DAY])
    return con


@contextmanager
def good_table(con: duckdb.DuckDBPyConnection, suite: Suite, spec: Spec) -> Iterator[None]:
    """A table with rows that hold its suite, and the sample's own rows afterwards.

    The vintage before was the same. Profiles are of the good table: a damage to it is not in them.
    """
    table = suite.table
    with restored(con, table), restored(con, profiles.NOW), restored(con, profiles.BEFORE):
        if not con.execute(f"FROM {table} LIMIT 1").fetchall():
            _fill(con, table)
        for statement in spec.good:
            con.execute(statement.replace("{table}", table))
        _profile(con, suite)
        yield


def _profile(con: duckdb.DuckDBPyConnection, suite: Suite) -> None:
    """Profile the table and its source, and nothing else; the vintage before was the same."""
    con.execute(f"TRUNCATE {profiles.NOW}; TRUNCATE {profiles.BEFORE}")
    profiles.of_table(con, _tables()[suite.table], profiles.rules(Project().reference))
    for dataset in {e.arguments.get("dataset") for e in suite.expectations} - {None}:
        profiles.of_source(con, dataset)
    con.execute(f"INSERT INTO {profiles.BEFORE} FROM {profiles.NOW}")


def _fill(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Rows for a table that has none on the sample: those that its SQL file is tested with."""
    with (CASES / table / "expect.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    names = ", ".join(f'"{name}"' for name in header)
    marks = ", ".join("?" * len(header))
    values = [[value or None for value in row] for row in rows]
    con.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)


@contextmanager
def restored(con: duckdb.DuckDBPyConnection, table: str) -> Iterator[None]:
    """Afterwards the table is what it was; the engine's cursors see what is committed alone."""
    schema, _, name = table.partition(".")
    kept = f"{name}_"
    while warehouse.has(con, f"{schema}.{kept}"):
        kept += "_"
    con.execute(f"ALTER TABLE {table} RENAME TO {kept}")
    con.execute(f"CREATE TABLE {table} AS FROM {schema}.{kept}")
    try:
        yield
    finally:
        con.execute(f"DROP TABLE {table}")
        con.execute(f"ALTER TABLE {schema}.{kept} RENAME TO {name}")


def tried(con: duckdb.DuckDBPyConnection, suite: Suite, spec: Spec) -> Tried:
    """Try the suite on the good table, and on it after each of its damages."""
    told = [(e.reason, damage) for e in suite.expectations for damage in damages(e, spec)]
    with good_table(con, suite, spec):
        undamaged, *after = failing(con, suite, [None, *(damage for _, damage in told)])
    broken: dict[str, list[tuple[Damage, set[str]]]] = {}
    for (reason, damage), fails in zip(told, after, strict=True):
        broken.setdefault(reason, []).append((damage, fails))
    return Tried(undamaged, broken)


def failing(
    con: duckdb.DuckDBPyConnection, suite: Suite, made: Sequence[Damage | None]
) -> list[set[str]]:
    """Reasons of the expectations that fail after each damage, made one at a time.

    All are judged in one run: Great Expectations makes itself ready only once.
    """
    judged = [_looking_at(suite, damage) for damage in made]

    def damaged() -> Iterator[Suite]:
        for damage, part in zip(made, judged, strict=True):
            with _damaged(con, suite.table, damage):
                yield part

    results = iter(quality.run(con, damaged()))
    return [_failed(islice(results, len(part.expectations))) for part in judged]


def _looking_at(suite: Suite, damage: Damage | None) -> Suite:
    """The part of a suite that a damage can reach: profiles are looked at by few, and those alone.

    What looks at profiles sees nothing of the tables, and the other way round.
    """
    if damage is None:
        return suite
    profile = damage.table == profiles.NOW
    chosen = [e for e in suite.expectations if profile == (profiles.NOW in str(e.rows_query))]
    return suite.model_copy(update={"expectations": tuple(chosen)})


@contextmanager
def _damaged(con: duckdb.DuckDBPyConnection, table: str, damage: Damage | None) -> Iterator[None]:
    with ExitStack() as after:
        if damage is not None:
            for touched in {table, damage.table or table}:
                after.enter_context(restored(con, touched))
            for statement in damage.statements(table):
                changed = con.execute(statement).fetchall()
                assert changed != [(0,)], f"changes no row: {statement}"
        yield


def _failed(results: Iterable[quality.Result]) -> set[str]:
    """Reasons of what failed; an expectation that cannot be run proves nothing."""
    failed = [result for result in results if not result.success]
    for result in failed:
        assert not str(result.observed).startswith(NOT_RUN), str(result)
    return {result.reason for result in failed}


@cache
def _tables() -> dict[str, Table]:
    return {table.name: table for table in transform.read_project(Project().sql)}


@cache
def suites_of(*schemas: str) -> dict[str, Suite]:
    """The suites of some schemas, by table."""
    read = quality.read_suites(Project().expectations)
    return {name: suite for name, suite in read.items() if name.partition(".")[0] in schemas}


def cases(suites: Mapping[str, Suite]) -> list[ParameterSet]:
    """Table and reason of every expectation."""
    return [
        pytest.param(name, expectation.reason, id=f"{name}-{_plain(expectation.reason)}")
        for name, suite in suites.items()
        for expectation in suite.expectations
    ]


def _plain(reason: str) -> str:
    """A reason as a test is called: pytest writes other letters as numbers."""
    spelled = reason.lower().translate(str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"}))
    return re.sub(r"[^a-z0-9]+", "-", spelled).strip("-")
