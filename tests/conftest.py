"""A home with one sample night in it, shared by all tests that only read it."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

# It says how many threads NumPy has, and test files import that first.
import tasks  # noqa: F401

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("any_machine", deadline=None)
hypothesis.settings.load_profile("any_machine")


# The longest begin first, or one of them would go on alone when all others have ended. Of the
# first two only one asks for the night that all share, so that nobody waits for it.
LONGEST = (
    "survival/test_prefect_nights.py",
    "damage/test_damage_marts.py",
    "flows/test_prefect.py",
    "damage/test_damage_staging.py",
    "flows/test_said.py",
    "flows/test_cli.py",
    "survival/test_kills.py",
    "corpus/test_answers.py",
    "corpus/test_nights.py",
    "store/test_night.py",
    "flows/test_bad_input.py",
    "flows/test_backtest_command.py",
)

MadeOnce = Callable[[str, Callable[[Path], None]], Path]
# What a Prefect server does on its first start: hundreds of steps, the same for every home.
MIGRATE = """
import asyncio
from prefect.server.database import provide_database_interface
asyncio.run(provide_database_interface().create_db())
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first, as they stand there."""
    place = {Path(__file__).parent / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


def pytest_collection_finish() -> None:
    """What nine thousand tests hold is not looked through again for what can be let go."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> MadeOnce:
    """Gives a folder that is made once for all workers, by the first of them that asks for it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def folder(name: str, make: Callable[[Path], None]) -> Path:
        made = shared / name
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                # Whoever fails in making it leaves nothing behind that looks made.
                half = tmp_path_factory.mktemp(name)
                make(half)
                half.rename(made)
        return made

    return folder


@pytest.fixture(scope="session")
def night_home(made_once: MadeOnce) -> Path:
    """One whole night on the sample; to be read only."""
    # Imported here: most tests have no night.
    from flow_tools import one_night, settings_of

    from tasks.demo.server import serve

    def night(folder: Path) -> None:
        with serve() as server:
            outcome = one_night(settings_of(folder / "home", server))
        assert not outcome.skipped

    return made_once("night", night) / "home"


@pytest.fixture(scope="session")
def with_prefect(made_once: MadeOnce) -> Callable[[Path], Path]:
    """Gives a home with Prefect's database, as any server but a home's first finds it."""

    def migrate(folder: Path) -> None:
        kept = {n: v for n, v in os.environ.items() if not n.startswith("PREFECT_")}
        command = [sys.executable, "-c", MIGRATE]
        subprocess.run(command, env={**kept, "PREFECT_HOME": str(folder)}, check=True)

    def home(folder: Path) -> Path:
        shutil.copytree(made_once("prefect", migrate), folder / "prefect")
        return folder

    return home
