"""Each table of a sample night in turn, tried undamaged and damaged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from damage_specs import read_spec
from damage_tools import Tried, copy_of, suites_of, tried

from tasks import warehouse
from tasks.settings import Settings


@pytest.fixture(scope="session")
def night(night_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every table of one sample night, in memory; a test gives back what it changes."""
    with copy_of(warehouse.internal(Settings(home=night_home).rooms)) as con:
        yield con


@pytest.fixture(scope="session")
def known() -> dict[str, Tried]:
    """What has been tried already: a table is tried once for all its tests."""
    return {}


@pytest.fixture
def table(
    request: pytest.FixtureRequest, night: duckdb.DuckDBPyConnection, known: dict[str, Tried]
) -> Tried:
    """The table that is asked for by name, tried undamaged and after each of its damages."""
    name: str = request.param
    if name not in known:
        suite = suites_of(name.partition(".")[0])[name]
        known[name] = tried(night, suite, read_spec(name))
    return known[name]
