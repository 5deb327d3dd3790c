"""What is told of damages is about expectations that are there, and none is without one."""

from __future__ import annotations

import duckdb
import pytest
from damage_specs import HERE, read_spec
from damage_tools import damages, failing, suites_of

SUITES = suites_of("staging", "restricted", "closed", "mart")
TOLD = sorted(f"{path.parent.name}.{path.stem}" for path in HERE.glob("*/*.yaml"))


@pytest.mark.parametrize("table", SUITES)
def test_every_expectation_has_a_damage(table: str) -> None:
    spec = read_spec(table)
    without = [e.reason for e in SUITES[table].expectations if not damages(e, spec)]
    assert not without, f"tell in tests/damage/{table.replace('.', '/')}.yaml how to break these"


@pytest.mark.parametrize("table", TOLD)
def test_every_reason_is_still_one_of_the_suite(table: str) -> None:
    spec = read_spec(table)
    told = {*spec.damages, *spec.warns}
    for several in spec.damages.values():
        told |= {reason for damage in several for reason in damage.also}
    assert told <= {e.reason for e in SUITES[table].expectations}


def test_the_sample_warns_of_what_is_known(night: duckdb.DuckDBPyConnection) -> None:
    warned = {table: read_spec(table) for table in TOLD if read_spec(table).warns}
    assert warned
    for table, spec in warned.items():
        assert failing(night, SUITES[table], [None]) == [spec.warns], table
