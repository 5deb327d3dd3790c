"""Typed tables of open sources hold undamaged, and each expectation fails after its damage."""

from __future__ import annotations

import pytest
from damage_tools import Tried, cases, suites_of

SUITES = suites_of("staging")


@pytest.mark.parametrize("table", SUITES, indirect=True)
def test_the_undamaged_table_holds(table: Tried) -> None:
    assert table.undamaged == set()


@pytest.mark.parametrize(("table", "reason"), cases(SUITES), indirect=["table"])
def test_a_damage_is_seen(table: Tried, reason: str) -> None:
    for damage, broken in table.broken[reason]:
        assert broken == {reason} | damage.also, damage
