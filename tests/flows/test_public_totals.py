"""Public totals that the sample agrees with come back in the marts, whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from flow_tools import SAMPLE

from tasks import warehouse
from tasks.settings import Rooms


@pytest.fixture(scope="module")
def published_file(night_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse.connect_published(Rooms(night_home)) as con:
        yield con


def ask(con: duckdb.DuckDBPyConnection, sql: str, *values: object) -> list[tuple[Any, ...]]:
    return con.execute(sql, list(values)).fetchall()


def source(name: str) -> pl.DataFrame:
    return pl.read_csv(SAMPLE / "published" / f"{name}.csv", infer_schema=False)


def test_cohorts_of_16_to_18(published_file: duckdb.DuckDBPyConnection) -> None:
    rows = ask(
        published_file,
        "SELECT area_code, year, basis, persons FROM mart.population_by_area_age_year"
        " WHERE age_group = '16-18' AND alternative = 'main' AND area_code IN ('0', '50')",
    )
    found = {(area, str(year), basis): persons for area, year, basis, persons in rows}
    expected = {
        (row["region_code"], row["year"], row["basis"]): int(row["persons"])
        for row in source("cohort_16_18").iter_rows(named=True)
    }
    both = found.keys() & expected.keys()
    assert {year for _, year, _ in both} >= {str(year) for year in range(2016, 2041)}
    assert {key: found[key] for key in both} == {key: expected[key] for key in both}


def test_the_break_is_the_first_projected_year(published_file: duckdb.DuckDBPyConnection) -> None:
    rows = ask(
        published_file,
        "SELECT DISTINCT year, basis FROM mart.population_by_area_age_year WHERE is_break",
    )
    assert rows == [(2027, "projected")]


def test_unemployed_of_one_county_from_the_two_before(
    published_file: duckdb.DuckDBPyConnection,
) -> None:
    history = source("nav_fully_unemployed_by_county").filter(pl.col("År") == "2010")
    march = history.filter(
        pl.col("Måned") == "Mars", pl.col("Fylke").is_in(["Sør-Trøndelag", "Nord-Trøndelag"])
    )
    rows = ask(
        published_file,
        "SELECT persons, carried FROM mart.unemployed_by_area_month"
        " WHERE area_code = '50' AND month = DATE '2010-03-01'",
    )
    assert len(march) == 2
    assert rows == [(march["Antall"].cast(pl.Float64).sum(), True)]
    # The municipalities that are not closed come close to the county's own sum.
    (found,) = ask(
        published_file,
        "SELECT sum(persons) FILTER (WHERE area_kind = 'intake'),"
        " any_value(persons) FILTER (WHERE area_code = '50'),"
        " sum(hidden_cells) FILTER (WHERE area_kind = 'intake')"
        " FROM mart.unemployed_by_area_month WHERE month = DATE '2022-01-01'",
    )
    assert found[1] == 5_044
    assert found[1] - 3 * found[2] <= found[0] <= found[1]


def test_outside_work_and_education(published_file: duckdb.DuckDBPyConnection) -> None:
    rows = ask(
        published_file,
        "SELECT area_code, year, age_group, coalesce(percent_final, percent_provisional)"
        " FROM mart.neet_by_area_age",
    )
    found = {(area, str(year), age): percent for area, year, age, percent in rows}
    for row in source("neet_15_29").iter_rows(named=True):
        key = (row["region_code"], row["year"], row["age_group"])
        assert found[key] == float(row["percent"]), key
    newest = ask(
        published_file,
        "SELECT persons_provisional, persons_final FROM mart.neet_by_area_age"
        " WHERE area_code = '50' AND age_group = '15-29' AND year = 2025",
    )
    assert newest == [(10_012, None)]
    counties = ask(
        published_file, "SELECT area_code, age_group, percent FROM mart.neet_by_county_age"
    )
    expected = {
        (row["county_code"], row["age_group"]): float(row["percent"])
        for row in source("neet_by_county_13563").iter_rows(named=True)
    }
    assert {(area, age): percent for area, age, percent in counties} == expected


def test_schools_and_levels_of_education(published_file: duckdb.DuckDBPyConnection) -> None:
    rows = ask(
        published_file,
        "SELECT pupils, schools FROM mart.compulsory_school_pupils_by_area"
        " WHERE area_code = '50' AND school_year_start = 2024",
    )
    assert rows == [(54_438, 249)]
    levels = ask(
        published_file,
        "SELECT education_level_code, education_level, persons FROM mart.education_level_by_county"
        " WHERE area_code = '50' AND education_level_code != '00'",
    )
    expected = source("education_level_09429").filter(county_code="50")
    assert sorted(levels) == sorted(
        (row["level_code"], row["level"], int(row["persons"]))
        for row in expected.iter_rows(named=True)
    )


def test_job_seekers_vacancies_and_shortage(published_file: duckdb.DuckDBPyConnection) -> None:
    seekers = source("nav_job_seekers").filter(pl.col("area").str.starts_with("50"))
    vacancies = source("nav_vacancies").filter(pl.col("area").str.starts_with("50"))
    (found,) = ask(
        published_file,
        "SELECT sum(job_seekers), sum(vacancies)"
        " FROM mart.labour_market_by_county_occupation_month"
        " WHERE area_code = '50' AND month = DATE '2025-10-01'",
    )
    assert found == (
        seekers["persons"].cast(pl.Int64).sum(),
        vacancies["vacancies"].cast(pl.Int64).sum(),
    )
    shortage = source("nav_shortage_2017")["trondelag"].str.replace(" ", "").cast(pl.Int64).sum()
    rows = ask(
        published_file,
        "SELECT sum(shortage_persons) FROM mart.labour_shortage_by_county_occupation"
        " WHERE area_code = '50'",
    )
    assert rows == [(shortage,)]


def test_facts_of_the_forum_say_that_they_are_not_dated(
    published_file: duckdb.DuckDBPyConnection,
) -> None:
    rows = ask(published_file, "SELECT value, stated_on, dated, confidence FROM mart.sector_fact")
    assert sorted(rows) == [
        (334, None, "ikke datert i kilden", "unconfirmed"),
        (8_254, None, "ikke datert i kilden", "unconfirmed"),
    ]


def test_healthcare_workers_of_55_and_over_in_fosen(
    published_file: duckdb.DuckDBPyConnection,
) -> None:
    (answer,) = ask(
        published_file,
        "SELECT employed, employed_55_plus, hidden_cells FROM mart.employed_by_area_occupation"
        " WHERE area_code = 'forum-fosen' AND occupation_code = '5321' AND year = 2025",
    )
    rows = pl.read_csv(
        SAMPLE / "county" / "yrke_kommune.csv", separator=";", infer_schema=False
    ).filter(
        pl.col("kommune").is_in(["5020", "5054", "5057", "5058"]),
        pl.col("yrke") == "5321",
        pl.col("aar") == "2025",
    )
    number = pl.col("sysselsatte", "alder_55_74").cast(pl.Int64, strict=False).sum()
    cells = ["sysselsatte", "alder_55_74", "deltid", "midlertidig", "uten_fagutdanning"]
    closed = rows.select(pl.sum_horizontal(pl.col(cells) == "*")).to_series().sum()
    assert answer == (*rows.select(number).row(0), closed)
    assert answer[1] >= 50


def test_vocational_colleges_of_2022(published_file: duckdb.DuckDBPyConnection) -> None:
    known = {
        row["measure"]: float(row["value"])
        for row in source("vocational_college_funding").iter_rows(named=True)
    }
    assert ask(
        published_file,
        "SELECT colleges, places_spring, places_autumn, grant_million_nok"
        " FROM mart.vocational_college_funding_by_year WHERE year = 2022",
    ) == [(known["colleges"], known["places_spring"], known["places_autumn"], known["grant"])]
    terms = ask(
        published_file,
        "SELECT semester, sum(places) FROM mart.vocational_college_by_area_field"
        " WHERE year = 2022 AND area_code = '50' GROUP BY semester",
    )
    assert dict(terms) == {"spring": known["places_spring"], "autumn": known["places_autumn"]}


def test_the_overview_of_offers_has_what_its_sources_have(
    published_file: duckdb.DuckDBPyConnection,
) -> None:
    places = ask(
        published_file,
        "SELECT sum(places) FROM mart.education_offer WHERE offer_kind_code = 'vgs'",
    )
    # Every row of the capacity file that counts on the night's day, and none twice.
    assert places == ask(
        published_file,
        "SELECT sum(places) FROM mart.places_by_school_programme_area AS here"
        " WHERE valid_from = (SELECT max(valid_from) FROM mart.places_by_school_programme_area"
        " AS other WHERE other.organisation_number = here.organisation_number"
        " AND other.programme_area_code = here.programme_area_code AND other.level = here.level"
        " AND other.mode = here.mode AND other.valid_from <= here.as_of)",
    )
    funded = ask(
        published_file,
        "SELECT count(DISTINCT offer_code) FROM mart.vocational_college_funding_by_offer"
        " SEMI JOIN mart.education_offer USING (offer_code)",
    )
    assert funded == ask(
        published_file,
        "SELECT count(DISTINCT offer_code) FROM mart.vocational_college_funding_by_offer",
    )
    kinds = ask(published_file, "SELECT DISTINCT offer_kind_code FROM mart.education_offer")
    assert {kind for (kind,) in kinds} == {"vgs", "vgs-voksen", "fagskole", "uh", "kurs"}
