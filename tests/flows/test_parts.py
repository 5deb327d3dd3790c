"""Parts are the whole: in every mart by area, the intake regions add up to the county."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tasks import transform, warehouse
from tasks.settings import Project, Rooms

TABLES = [
    table
    for table in transform.read_project(Project().sql)
    if table.name.startswith("mart.") and "area_code" in table.key and table.name != "mart.area"
]
# What does not add up, and why.
NOT_SUMS = {
    "senders": "an office that answers for two regions is one sender",
    "late_senders": "as senders",
    "providers": "who offers in two regions is one provider",
    "trades": "a trade that is taught in two regions is one trade",
    "rank": "a place in an order",
    "counties": "a number of counties",
}
NOT_WHOLE = {
    "mart.commuting_by_area": "who commutes between two regions stays within the county",
    "mart.competence_measure_by_area": "some measures are for the whole county",
    "mart.need_outcome_by_area": "some needs are told for a forum region or the county",
    "mart.indicator_value": "a share; the county's is another source's",
}


@pytest.fixture(scope="module")
def marts(night_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse.connect_published(Rooms(night_home)) as connection:
        yield connection


def compared(con: duckdb.DuckDBPyConnection, table: transform.Table, measure: str) -> list[int]:
    """Groups in which nothing is closed, and those of them whose regions are not the county."""
    rest = ", ".join(column for column in table.key if column != "area_code") or "1"
    hides = "hidden_cells" in warehouse.columns(con, table.name)
    (found,) = con.execute(
        f"""
        select count(*), count(*) filter (where parts is distinct from whole)
        from (
            select
                {rest},
                sum({measure}) filter (where area_kind = 'intake') as parts,
                sum({measure}) filter (where area_code = '50') as whole
            from {warehouse.quote(table.name)}
            group by {rest}
            having
                {"sum(coalesce(hidden_cells, 0)) = 0 and" if hides else ""}
                count(*) filter (where area_code = '50') > 0
                and count(*) filter (where area_kind = 'intake') > 0
        )
        """
    ).fetchall()
    return list(found)


def test_regions_add_up_to_the_county(marts: duckdb.DuckDBPyConnection) -> None:
    proven: set[str] = set()
    for table in TABLES:
        measures = marts.execute(
            "select column_name from duckdb_columns() where data_type = 'BIGINT' "
            "and schema_name || '.' || table_name = ? and column_name != 'hidden_cells'",
            [table.name],
        ).fetchall()
        names = {name for (name,) in measures} - {*table.key, *NOT_SUMS}
        for name in sorted(names if table.name not in NOT_WHOLE else ()):
            groups, wrong = compared(marts, table, name)
            assert wrong == 0, f"{table.name}.{name}: {wrong} of {groups}"
            if groups:
                proven.add(table.name)
    assert len(proven) >= 15, proven
    known = {table.name for table in TABLES}
    assert set(NOT_WHOLE) <= known
