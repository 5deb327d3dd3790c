"""What no parser can see on the Directorate's pages and registers, the suites stop."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_tools import of_the_table

from tasks import quality, warehouse
from tasks.settings import Project

SUITES = quality.read_suites(Project().expectations)
SCHOOL = (
    "organisation_number, school, county_code, municipality_code, is_active, is_upper_secondary, "
    "owner"
)
OURS = "('974558068', 'Selbu', '50', '5032', true, true, 'county')"
PRIVATE = "('974149966', 'Øya', '50', '5028', true, true, 'private')"
UNTOLD = "('974560798', 'Inderøy', '50', '5053', true, true, null)"
STATE = "('974560747', 'Verdal', '50', '5038', true, true, 'state')"
PUPILS = "area_code, is_county, school_year_start, measure, number, status, constructed"
COUNTY = "('50', true, 2024, 'pupils', 300, null, false)"
FROSTA = "('5036', false, 2024, 'pupils', 283, null, false)"
LEKA = "('5052', false, 2024, 'pupils', 17, null, false)"
LEKA_HIDDEN = "('5052', false, 2024, 'pupils', null, '*', false)"
LEKA_TOO_MANY = "('5052', false, 2024, 'pupils', 18, null, false)"
SVALBARD = "('2100', false, 2024, 'pupils', 219, null, false)"
BY_PROGRAMME = "county_code, programme_code, year, contracts, status, constructed"
KNOWN = "('50', 'HS', 2025, 900, null, true)"
NOBODYS = "(null, 'HS', 2025, 900, null, true)"


def failed(folder: Path, table: str, columns: str, rows: tuple[str, ...]) -> list[str]:
    """The severities of what a suite finds wrong."""
    con = warehouse.open_build(folder / "b.duckdb")
    con.execute(f"create table {table} as select * from (values {', '.join(rows)}) as t({columns})")
    results = list(quality.run(con, [of_the_table(SUITES[table])]))
    con.close()
    return sorted(result.severity for result in results if not result.success)


@pytest.mark.parametrize(
    ("rows", "severities"),
    [
        ((OURS, PRIVATE), []),
        ((OURS, UNTOLD), ["warn"]),
        ((OURS, STATE), ["block"]),
        ((PRIVATE,), ["block"]),
        ((PRIVATE, UNTOLD), ["block", "warn"]),
        ((OURS, OURS), ["block"]),
    ],
)
def test_who_owns_a_school(tmp_path: Path, rows: tuple[str, ...], severities: list[str]) -> None:
    assert failed(tmp_path, "staging.school", SCHOOL, rows) == severities


@pytest.mark.parametrize(
    ("rows", "severities"),
    [
        ((COUNTY, FROSTA, LEKA), []),
        # A hidden municipality: what is seen adds up to less, and that is as it should be.
        ((COUNTY, FROSTA, LEKA_HIDDEN), []),
        # Without a hidden one, less is a fault; more always is.
        ((COUNTY, FROSTA), ["warn"]),
        ((COUNTY, FROSTA, LEKA_TOO_MANY), ["block", "warn"]),
        # Another county's municipality, as the recorded Svalbard, is not added to ours.
        ((COUNTY, FROSTA, LEKA, SVALBARD), []),
        ((FROSTA, LEKA), ["block"]),
    ],
)
def test_municipalities_against_their_county(
    tmp_path: Path, rows: tuple[str, ...], severities: list[str]
) -> None:
    table = "staging.compulsory_school_pupils_by_municipality"
    assert failed(tmp_path, table, PUPILS, rows) == severities


@pytest.mark.parametrize(("rows", "severities"), [((KNOWN,), []), ((KNOWN, NOBODYS), ["block"])])
def test_a_row_without_its_county(
    tmp_path: Path, rows: tuple[str, ...], severities: list[str]
) -> None:
    table = "staging.apprentice_contracts_by_county_programme"
    assert failed(tmp_path, table, BY_PROGRAMME, rows) == severities
