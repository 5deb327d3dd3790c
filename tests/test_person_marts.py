"""Counts made of persons: nobody who knows the sum of a group can work out a closed one."""

from __future__ import annotations

from itertools import product

import duckdb
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks import transform
from tasks.settings import Project

AREAS = ("HSHEA2----", "HSBUA2----", "HSAMB2----", "NALBR2----")
YEAR = pl.lit(2025, pl.Int16)
# By mart: its figure, its areas or trades, how a frame of area, kind and figure becomes what it
# reads, and the columns whose groups stand side by side.
MARTS = {
    "closed.applications_by_programme_area_priority": (
        "applications",
        "programme_area_code",
        {
            "application_year": YEAR,
            "priority": pl.lit(1, pl.Int16),
            "applies_for": "kind",
            "programme_area_code": "area",
            "level": pl.lit(2, pl.Int16),
            "right_to_education": pl.lit("youth"),
        },
        "applies_for",
    ),
    "closed.contracts_by_trade_contract_type": (
        "contracts",
        "trade_code",
        {
            "counted_on": pl.lit("2025-10-01").str.to_date(),
            "trade_code": "area",
            "programme_code": pl.col("area").str.slice(0, 2),
            "contract_type": "kind",
        },
        "contract_type, programme_code",
    ),
    "closed.certificates_by_trade_contract_type": (
        "tests",
        "trade_code",
        {
            "year": YEAR,
            "trade_code": "area",
            "programme_code": pl.col("area").str.slice(0, 2),
            "contract_type": "kind",
            "result": pl.lit("passed"),
        },
        "contract_type, programme_code",
    ),
}
TABLES = {table.name: table for table in transform.read_project(Project().sql)}


@pytest.mark.parametrize("mart", MARTS)
@settings(max_examples=60, deadline=None)
@given(counts=st.lists(st.integers(0, 9), min_size=8, max_size=8))
def test_no_closed_count_follows_from_a_sum(mart: str, counts: list[int]) -> None:
    figure, area, columns, beside = MARTS[mart]
    kind, *within = beside.split(", ")
    cells = [(*cell, n) for cell, n in zip(product(AREAS, "ab"), counts, strict=True) if n]
    frame = pl.DataFrame(
        cells, schema={"area": pl.String, "kind": pl.String, figure: pl.Int64}, orient="row"
    )
    (source,) = TABLES[mart].sources
    with duckdb.connect() as con:
        given_rows = frame.select(**columns, **{figure: figure}, constructed=pl.lit(value=True))
        con.register("given_rows", given_rows)
        con.execute(f"create schema restricted; create table {source} as from given_rows")
        made = con.sql(TABLES[mart].sql).pl().select(area, kind, "is_open", figure)
    truth = frame.rename({"area": area, "kind": kind, figure: "n"})
    both = made.join(truth, on=[area, kind], validate="1:1")
    assert both.height == len(cells)
    assert (both[figure].is_null() == ~both["is_open"]).all()
    assert (both.filter("is_open")["n"] >= 5).all()
    both = both.with_columns(programme=pl.col(area).str.slice(0, 2))
    for rows in both.partition_by(kind, *(["programme"] if within else [])):
        assert_safe(rows)
    for rows in both.partition_by("programme"):
        if (rows["n"] < 5).any():
            assert_safe(rows)


@settings(max_examples=100, deadline=None)
@example(left=[1, 0, 0, 0, 0, 0], stayed=[4, 0, 5, 0, 5, 0])
@given(
    left=st.lists(st.integers(0, 9), min_size=6, max_size=6),
    stayed=st.lists(st.sampled_from([0, 1, 3, 4, 5, 20, 80]), min_size=6, max_size=6),
)
def test_who_left_does_not_follow_from_the_pupils(left: list[int], stayed: list[int]) -> None:
    cells = list(product(AREAS[:2] + AREAS[3:], (2, 3)))
    rows = [
        (2025, "874558052", area, level, status, n, True)
        for (area, level), *counts in zip(cells, left, stayed, strict=True)
        for status, n in zip(("left", "enrolled"), counts, strict=True)
        if n
    ]
    mart = TABLES["closed.pupils_left_by_programme_area"]
    with duckdb.connect() as con:
        con.execute(
            f"create schema restricted; create table {mart.sources[0]} (school_year_start smallint,"
            " organisation_number varchar, programme_area_code varchar, level smallint,"
            " status varchar, pupils bigint, constructed boolean)"
        )
        if rows:
            con.executemany(f"insert into {mart.sources[0]} values (?, ?, ?, ?, ?, ?, ?)", rows)
        made = con.sql(mart.sql).pl()
    truth = pl.DataFrame(
        [(*cell, n, m) for cell, n, m in zip(cells, left, stayed, strict=True)],
        schema=["programme_area_code", "level", "n", "stayed"],
        orient="row",
    ).with_columns(pl.col("level").cast(pl.Int16))
    both = made.join(truth, on=["programme_area_code", "level"], validate="1:1")
    assert (both["pupils"] >= 5).all()
    opened = both.filter("is_open")
    assert (opened["pupils_left"] == opened["n"]).all()
    for column in ("n", "stayed"):
        assert not opened[column].is_between(1, 4).any()
    both = both.with_columns(programme=pl.col("programme_area_code").str.slice(0, 2))
    for rows_of in both.partition_by("level"):
        assert_safe(rows_of)


def assert_safe(rows: pl.DataFrame) -> None:
    """With an open cell beside them, closed ones have other values that give the same sum."""
    closed = rows.filter(~pl.col("is_open"))["n"]
    if rows["is_open"].any() and len(closed):
        assert len(closed) > 1, rows
        assert closed.sum() > len(closed), rows
