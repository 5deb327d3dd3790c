"""Counts made of persons: nobody who knows the sum of a group can work out a closed one."""

from __future__ import annotations

from itertools import product

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks import transform
from tasks.settings import Project

AREAS = ("HSHEA2----", "HSBUA2----", "HSAMB2----", "NALBR2----")
YEAR = pl.lit(2025, pl.Int16)
# By mart: its figure, its areas or trades, how a frame of area, kind and figure becomes what it
# reads, and the columns whose groups stand side by side.
MARTS = {
    "mart.applications_by_programme_area_priority": (
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
    "mart.pupils_left_by_programme_area": (
        "pupils",
        "programme_area_code",
        {
            "school_year_start": YEAR,
            "organisation_number": pl.lit("874558052"),
            "programme_area_code": "area",
            "level": pl.lit(2, pl.Int16),
            "status": "kind",
        },
        "status",
    ),
    "mart.contracts_by_trade_contract_type": (
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
    "mart.certificates_by_trade_contract_type": (
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


def assert_safe(rows: pl.DataFrame) -> None:
    """With an open cell beside them, closed ones have other values that give the same sum."""
    closed = rows.filter(~pl.col("is_open"))["n"]
    if rows["is_open"].any() and len(closed):
        assert len(closed) > 1, rows
        assert closed.sum() > len(closed), rows
