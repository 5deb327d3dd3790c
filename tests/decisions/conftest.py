"""The tiny installation of `tests/store`, and a forecast of a few lines for the real one."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from datetime import date
from pathlib import Path

import pytest

STORE = Path(__file__).parent.parent / "store"
sys.path[:0] = [str(STORE.parent / room) for room in ("store", "keep", "places", "cycle")]
_spec = importlib.util.spec_from_file_location("store_fixtures_of_decisions", STORE / "conftest.py")
assert _spec is not None
assert _spec.loader is not None
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)

from decision_tools import RUN_AT, small_forecast  # noqa: E402
from store_tools import served, tiny_project, whole_night  # noqa: E402

from tasks import made_with, runs  # noqa: E402
from tasks.decisions import freeze, record  # noqa: E402
from tasks.decisions.record import Decision  # noqa: E402
from tasks.settings import Settings  # noqa: E402

source = _fixtures.source
project = _fixtures.project
settings = _fixtures.settings
run_night = _fixtures.run_night

COMMIT = "c0ffee" * 6 + "c0ff"
TABLES = {"places": "staging.places", "coverage": "mart.coverage"}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    small_forecast(monkeypatch, TABLES)


@pytest.fixture(scope="session")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a decision on the run of one night; to be copied."""
    folder = tmp_path_factory.mktemp("decided")
    made = Settings(home=folder / "home")
    with served() as source, pytest.MonkeyPatch.context() as patched:
        small_forecast(patched, TABLES)
        told = made_with.code_version() | {"commit": COMMIT}
        patched.setattr(made_with, "code_version", lambda: told)
        whole_night(made, tiny_project(folder / "project", source.address), date(2026, 11, 20))
        run = runs.execute(made, "2027/28", 1, now=lambda: RUN_AT)
        asked = freeze.Asked(run, "2026/12345", "fylkestinget", date(2026, 11, 21))
        freeze.freeze(made, asked)
    return made.home


@pytest.fixture
def frozen(settings: Settings, small: None, decided: Path) -> Decision:
    """A decision in a home of its own."""
    shutil.copytree(decided, settings.home)
    (made,) = record.listed(settings.rooms)
    return made
