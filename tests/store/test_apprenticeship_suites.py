"""Sums of the county's files about apprenticeship that do not hold, or that tell too much."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_tools import of_the_table

from tasks import quality, warehouse
from tasks.settings import Project

SUITES = quality.read_suites(Project().expectations)
TABLES = {
    "staging.certificates_by_area_trade_route": ("year", "2025", "route_code", "certificates"),
    "staging.contracts_by_area_trade_contract_type": (
        "counted_on", "date '2025-10-01'", "contract_type_code", "contracts",
    ),
}  # fmt: skip
REFERENCE = (
    "create table reference.region_membership as select * from (values "
    "('intake-fosen', '5020', null), ('intake-fosen', '5054', null), "
    "('intake-trondheim', '5001', null), ('forum-fosen', '5020', null)) "
    "as t(region_code, municipality_code, valid_to)",
    "create table reference.education_code as select * from (values "
    "('route', 'laerling'), ('contract_type', 'laerling'), "
    "('route', 'fagbrev_paa_jobb'), ('contract_type', 'fagbrev_paa_jobb')) as t(code_kind, code)",
    "create table reference.crosswalk_trade_programme_area as select 'HSHEA3----' as trade_code",
)
WHOLE: dict[tuple[str, str], int | None] = {
    ("50", "laerling"): 30, ("50", "fagbrev_paa_jobb"): 20, ("50", "*"): 50,
    ("intake-fosen", "laerling"): 10, ("intake-fosen", "fagbrev_paa_jobb"): 8,
    ("intake-fosen", "*"): 18,
    ("intake-trondheim", "laerling"): 20, ("intake-trondheim", "fagbrev_paa_jobb"): 12,
    ("intake-trondheim", "*"): 32,
    ("5020", "*"): 6, ("5054", "*"): 12, ("5001", "*"): 32,
}  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    ("changed", "severities"),
    [
        ({}, []),
        # Two closed of a region's municipalities hide each other; one is told by the sum.
        ({("5020", "*"): None, ("5054", "*"): None}, []),
        ({("5020", "*"): None}, ["block"]),
        ({("intake-fosen", "laerling"): None, ("intake-fosen", "fagbrev_paa_jobb"): None},
         ["block"]),
        ({(place, kind): None for place in ("intake-fosen", "intake-trondheim")
          for kind in ("laerling", "fagbrev_paa_jobb")}, []),
        # Closed cells hold somebody: the open ones cannot be the whole sum.
        ({("5020", "*"): None, ("5054", "*"): None, ("intake-fosen", "*"): 0}, ["block"]),
        # Parts that are not the sum: of kinds, of regions, of municipalities.
        ({("50", "*"): 51}, ["block"]),
        ({("50", "laerling"): 31, ("50", "*"): 51}, ["block"]),
        ({("5001", "*"): 33}, ["block"]),
        # A municipality by kind, a region that is none of the county's.
        ({("5001", "laerling"): 32}, ["block", "block"]),
        ({("forum-fosen", "*"): 6}, ["block"]),
        ({("5020", "*"): 4, ("5054", "*"): 14}, ["block"]),
    ],
)  # fmt: skip
def test_every_sum_of_the_file(
    tmp_path: Path,
    table: str,
    changed: dict[tuple[str, str], int | None],
    severities: list[str],
) -> None:
    period, day, kind, number = TABLES[table]
    rows = ", ".join(
        f"({day}, 'HSHEA3----', '{place}', '{code}', {'null' if found is None else found})"
        for (place, code), found in (WHOLE | changed).items()
    )
    con = warehouse.open_build(tmp_path / "b.duckdb")
    for statement in REFERENCE:
        con.execute(statement)
    con.execute(
        f"create table {table} as select * from (values {rows}) "
        f"as t({period}, trade_code, area_code, {kind}, {number})"
    )
    results = list(quality.run(con, [of_the_table(SUITES[table])]))
    con.close()
    assert sorted(r.severity for r in results if not r.success) == severities
