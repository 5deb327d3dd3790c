"""A home with one sample night in it, shared by all tests that only read it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flow_tools import one_night, settings_of

from tasks.demo.server import serve


@pytest.fixture(scope="session")
def night_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One whole night on the sample; to be read only."""
    home = tmp_path_factory.mktemp("night") / "home"
    with serve() as server:
        outcome = one_night(settings_of(home, server))
    assert not outcome.skipped
    return home


@pytest.fixture
def copy_of_night(night_home: Path, tmp_path: Path) -> Callable[[], Path]:
    """Gives a copy of the night's home that a test may change."""

    def copy() -> Path:
        home = tmp_path / "copy"
        shutil.copytree(night_home, home)
        return home

    return copy
