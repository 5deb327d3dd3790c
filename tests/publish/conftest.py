"""Fixtures of the publication tests."""

from __future__ import annotations

import pytest
from made_up_run import Handed, write_run, write_warehouse


@pytest.fixture(scope="session")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Handed:
    """A run folder and a published warehouse; read only."""
    home = tmp_path_factory.mktemp("home")
    return Handed(write_run(home / "runs" / "20261122-1"), write_warehouse(home))
