"""Marts of upper-secondary education on a sample night: the published totals come again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tasks import warehouse
from tasks.settings import Rooms


@pytest.fixture(scope="module")
def marts(night_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse.connect_published(Rooms(night_home)) as connection:
        yield connection


def test_pupils_of_41_schools_are_the_published(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.sql(
        "select school_year_start, count(*), sum(pupils)::bigint from mart.pupils_by_school_year "
        "group by all order by all"
    ).fetchall()
    assert rows == [(2023, 41, 16_109), (2024, 41, 16_434), (2025, 41, 16_753)]
    # On programme areas they are the same, but for the few that are closed.
    shown = marts.sql(
        "select school_year_start, sum(pupils)::bigint, sum(hidden_cells)::bigint "
        "from mart.pupils_by_school_programme_area "
        "where intake_group = 'youth' and school_year_start >= 2023 group by all order by all"
    ).fetchall()
    for (_, _, published), (_, pupils, hidden) in zip(rows, shown, strict=True):
        assert 0 < published - pupils < 30 * hidden
    (whole,) = marts.sql(
        "select count(*) from (select sum(areas.pupils) = any_value(schools.pupils) as same "
        "from mart.pupils_by_school_programme_area as areas "
        "join mart.pupils_by_school_year as schools "
        "using (school_year_start, organisation_number) where intake_group = 'youth' "
        "group by school_year_start, organisation_number having sum(hidden_cells) = 0) where same"
    ).fetchall()
    assert whole[0] > 90


def test_placement_is_the_published_at_both_counts(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.sql(
        "select year, percent from mart.apprentice_placement_by_county "
        "where county_code = '50' and month = 12 order by all"
    ).fetchall()
    assert rows == [(2023, 81.0), (2024, 80.0), (2025, 73.3)]
    shares = marts.sql(
        "select counted_on::varchar, round(100 * placed_share, 1) "
        "from mart.apprentice_applicants_by_county_programme "
        "where county_code = '50' and programme_code = '*' order by all"
    ).fetchall()
    assert shares == [("2024-12-31", 80.0), ("2025-10-01", 72.6), ("2025-12-31", 73.3)]


def test_contracts_of_trades_are_the_published_ones(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.sql(
        "select year(counted_on), sum(contracts)::bigint "
        "from mart.apprentice_contracts_by_area_trade_contract_type "
        "where area_code = '50' and contract_type_code = 'laerling' "
        "and counted_on in ('2024-10-01', '2025-10-01') group by all order by all"
    ).fetchall()
    published = marts.sql(
        "select year, contracts from mart.apprentice_contracts_by_county_programme "
        "where county_code = '50' and programme_code = '*' order by all"
    ).fetchall()
    assert rows == published == [(2024, 4958), (2025, 4770)]


def test_fosen_has_the_county_s_own_figures_for_healthcare_workers(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    for table, period, number, kind in (
        ("certificates_by_area_trade_route", "year", "certificates", "route_code"),
        ("apprentice_contracts_by_area_trade_contract_type", "counted_on", "contracts",
         "contract_type_code"),
    ):  # fmt: skip
        of_area = (
            f"select {period}, {kind}, {number}, hidden_cells from mart.{table} "
            "where trade = 'Helsearbeiderfaget' and area_code = ? order by all"
        )
        forum, intake = (
            marts.execute(of_area, [code]).fetchall() for code in ("forum-fosen", "intake-fosen")
        )
        assert forum == intake
        whole = [row for row in intake if row[1] == "*"]
        assert len(whole) == len({row[0] for row in intake}) >= 10
        assert all(number >= 5 and hidden == 0 for *_, number, hidden in whole)
        # A forum of other municipalities is a sum, and of all together alone.
        (sums,) = marts.sql(
            f"select distinct {kind} from mart.{table} where area_code = 'forum-innherred'"
        ).fetchall()
        assert sums == ("*",)


def test_what_stood_empty_in_namdal(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.sql(
        "select school, programme_area, empty_places, first_choices_turned_away "
        "from mart.intake_by_school_programme_area "
        "where intake_region = 'Namdal' and level = 1 and intake_group = 'youth' "
        "and counted_on = '2025-10-01'"
    ).fetchall()
    assert sum(empty or 0 for _, _, empty, _ in rows) > 20
    assert sum(away or 0 for *_, away in rows) > 0
    assert all(school and area for school, area, _, _ in rows)


def test_both_regimes_and_both_ends_of_ten_years(marts: duckdb.DuckDBPyConnection) -> None:
    regimes = marts.sql(
        "select regime, min(school_year_start), max(school_year_start) "
        "from mart.transition_by_programme_level group by all order by all"
    ).fetchall()
    assert regimes == [("after", 2023, 2024), ("before", 2016, 2022)]
    years = marts.sql(
        "select min(school_year_start), max(school_year_start) from mart.intake_by_area_programme"
    ).fetchall()
    assert years == [(2016, 2025)]
