"""A suite of twelve on five million rows, run in place on the night's DuckDB file.

The peers, in the same run: the same twelve as plain SQL by hand, and Great Expectations' own pandas
data source, to which the rows must be copied first. Importing Great Expectations is paid once a
night and is measured apart; the memory is this process's highest beyond what it had before.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

from tasks import quality, warehouse
from tasks.quality import Expectation, Suite

ROWS = 5_000_000
ROUNDS = 5
LIMIT_SECONDS = 3.0
TABLE = "staging.persons"
QUERY = "unexpected_rows_expectation"
DEMANDS: list[tuple[str, dict[str, Any]]] = [
    ("expect_column_values_to_not_be_null", {"column": "area_code"}),
    ("expect_column_values_to_not_be_null", {"column": "persons"}),
    ("expect_column_values_to_be_between", {"column": "age", "min_value": 0, "max_value": 105}),
    ("expect_column_values_to_be_between", {"column": "persons", "min_value": 0}),
    ("expect_column_values_to_be_in_set", {"column": "sex", "value_set": ["1", "2"]}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["area_code", "year", "age", "sex"]}),
    ("expect_table_row_count_to_be_between", {"min_value": 1_000_000, "max_value": 9_000_000}),
    ("expect_column_sum_to_be_between", {"column": "persons", "min_value": 1}),
    ("expect_column_mean_to_be_between", {"column": "persons", "min_value": 1, "max_value": 900}),
    ("expect_column_unique_value_count_to_be_between", {"column": "year", "min_value": 1}),
]
QUERIES = [
    "SELECT * FROM {batch} WHERE NOT regexp_full_match(area_code, '[0-9]{4}')",
    "SELECT year, sum(persons) FROM {batch} GROUP BY year HAVING sum(persons) < 1000",
]
BY_HAND = [
    "select count(*) from t where area_code is null",
    "select count(*) from t where persons is null",
    "select count(*) from t where age not between 0 and 105",
    "select count(*) from t where persons < 0",
    "select count(*) from t where sex not in ('1', '2')",
    "select count(*) from (select 1 from t group by area_code, year, age, sex having count(*) > 1)",
    "select count(*) = 0 from t",
    "select sum(persons) < 1 from t",
    "select avg(persons) > 900 from t",
    "select count(distinct year) < 1 from t",
    *(f"select count(*) from ({query.replace('{batch}', 't')})" for query in QUERIES),
]
IN_PANDAS = """
import sys, time, duckdb, great_expectations as gx
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
sys.path.insert(0, "")
from bench import suites
start = time.perf_counter()
with duckdb.connect(sys.argv[1], read_only=True) as con:
    frame = con.execute(f"from {suites.TABLE}").df()
context = gx.get_context(mode="ephemeral")
batch = context.data_sources.add_pandas("p").add_dataframe_asset("a")
batch = batch.add_batch_definition_whole_dataframe("b").get_batch({"dataframe": frame})
suite = gx.ExpectationSuite(name="s")
for kind, arguments in suites.DEMANDS:
    suite.add_expectation_configuration(ExpectationConfiguration(type=kind, kwargs=arguments))
assert batch.validate(suite).success
print(time.perf_counter() - start)
"""


def run() -> list[dict[str, object]]:
    start = time.perf_counter()
    quality.warm_up()
    imported = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "night.duckdb"
        with warehouse.open_build(file) as con:
            generate(con)
            ours = [seconds(lambda: judge(con)) for _ in range(ROUNDS)]
            con.execute(f"create view t as from {TABLE}")
            peer = [seconds(lambda: by_hand(con)) for _ in range(ROUNDS)]
        command = [sys.executable, "-c", IN_PANDAS, str(file)]
        pandas = float(subprocess.run(command, check=True, capture_output=True).stdout)
    median = statistics.median(ours)
    return [
        {
            "case": f"twelve expectations on {ROWS:,} rows in place, s; peer: SQL by hand",
            "ours": median,
            "peer": statistics.median(peer),
            "ratio": median / statistics.median(peer),
            "limit": f"≤ {LIMIT_SECONDS} s",
            "ok": median <= LIMIT_SECONDS,
        },
        {
            "case": f"the same; peer: ten of them on a pandas copy of {ROWS:,} rows",
            "ours": median,
            "peer": pandas,
            "ratio": median / pandas,
            "limit": "≤ 1 × pandas",
            "ok": median <= pandas,
        },
        {
            "case": "Great Expectations imported and used once, once a night, s",
            "ours": imported,
            "limit": "reported",
            "ok": True,
        },
    ]


def generate(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        f"create table {TABLE} as select "
        "lpad((range // 20000 % 250 + 1000)::varchar, 4, '0') as area_code, "
        "(range // 200 % 100 + 1950)::integer as year, (range // 2 % 100)::integer as age, "
        "(range % 2 + 1)::varchar as sex, (hash(range) % 500)::integer as persons "
        f"from range({ROWS})"
    )


def judge(con: duckdb.DuckDBPyConnection) -> None:
    demanded = [*DEMANDS, *((QUERY, {"unexpected_rows_query": query}) for query in QUERIES)]
    suite = Suite(
        table=TABLE,
        expectations=tuple(
            Expectation(
                type=kind,
                arguments=arguments,
                severity="block",
                reason=f"Krav {number}.",
                owner="bench",
                origin="bench",
            )
            for number, (kind, arguments) in enumerate(demanded)
        ),
    )
    results = quality.run(con, [suite])
    assert len(results) == len(BY_HAND) == 12
    assert all(result.success for result in results), [str(r) for r in results if not r.success]


def by_hand(con: duckdb.DuckDBPyConnection) -> None:
    for query in BY_HAND:
        assert not con.execute(query).fetchall()[0][0]


def seconds(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
