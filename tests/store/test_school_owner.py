"""Who owns a school: the suite of `staging.school` stops a register that no longer tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks import quality, warehouse
from tasks.settings import Project

SUITE = quality.read_suites(Project().expectations)["staging.school"]
COLUMNS = (
    "organisation_number, school, county_code, municipality_code, is_active, is_upper_secondary, "
    "owner"
)
OURS = "('974558068', 'Selbu', '50', '5032', true, true, 'county')"
PRIVATE = "('974149966', 'Øya', '50', '5028', true, true, 'private')"
UNTOLD = "('974560798', 'Inderøy', '50', '5053', true, true, null)"
STATE = "('974560747', 'Verdal', '50', '5038', true, true, 'state')"


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
def test_owners(tmp_path: Path, rows: tuple[str, ...], severities: list[str]) -> None:
    con = warehouse.open_build(tmp_path / "b.duckdb")
    con.execute(
        f"create table staging.school as select * from (values {', '.join(rows)}) as t({COLUMNS})"
    )
    failed = [result for result in quality.run(con, [SUITE]) if not result.success]
    con.close()
    assert sorted(result.severity for result in failed) == severities
