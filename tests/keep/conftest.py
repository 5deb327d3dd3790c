"""The tiny installation of `tests/store`, with the rules of retention in it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

STORE = Path(__file__).parent.parent / "store"
sys.path.insert(0, str(STORE))
_spec = importlib.util.spec_from_file_location("store_fixtures", STORE / "conftest.py")
assert _spec is not None
assert _spec.loader is not None
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)

from keep_tools import short_rules  # noqa: E402
from store_tools import Source, tiny_project  # noqa: E402

from tasks.settings import Project  # noqa: E402

source = _fixtures.source
settings = _fixtures.settings
run_night = _fixtures.run_night


@pytest.fixture
def project(tmp_path: Path, source: Source) -> Project:
    return short_rules(tiny_project(tmp_path / "project", source.address))
