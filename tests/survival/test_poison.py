"""A snapshot that ends the process which reads it costs a night or two, and then only itself."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab, state_of

from tasks.journal import Journal
from tasks.settings import Rooms

pytestmark = pytest.mark.process

# What a library does that meets something it cannot bear, in the process of the night and in those
# that it starts.
PATCH = """
import os, resource, time

def fit():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from tasks import suspects, warehouse
    from tasks.sources import delimited
    suspects.PATIENCE_SECONDS = 3.0
    parse, load = delimited.parse, warehouse.load_parquet

    def parsed(answers, selection):
        answers = list(answers)
        for answer in answers:
            if b"DEADLY" in answer.content:
                os.abort()
            if b"ENDLESS" in answer.content:
                time.sleep(1000)
        return parse(answers, selection)

    def loaded(con, dataset, folder):
        if any(b"HEAVY" in file.read_bytes() for file in folder.glob("*.parquet")):
            os.abort()
        return load(con, dataset, folder)

    delimited.parse, warehouse.load_parquet = parsed, loaded
"""


@pytest.fixture
def startup(tmp_path: Path) -> str:
    (tmp_path / "sitecustomize_of_the_test.py").write_text(PATCH, encoding="utf-8")
    (tmp_path / "sitecustomize.py").write_text(
        "from sitecustomize_of_the_test import fit\nfit()\n", encoding="utf-8"
    )
    return str(tmp_path)


@pytest.fixture
def home(laboratory: Lab) -> Iterator[Path]:
    home = laboratory.home(0)
    yield home
    laboratory.world.odd = {}
    shutil.rmtree(home)


def serve(laboratory: Lab, word: str) -> None:
    laboratory.world.odd = {"offers.csv": f"school;figure\n{word};7\n".encode()}


def reasons(home: Path) -> dict[tuple[str, str], str]:
    return {
        (f["dataset"], f["kind"]): f["reason"]
        for f in state_of(home).findings
        if f["dataset"] == "offers" and f["kind"] != "freshness"
    }


def stands_on_what_was(laboratory: Lab, home: Path) -> None:
    """Offers are of the night before, and everything else is new."""
    found = state_of(home).public
    assert found["staging.offers"] == laboratory.after[0].public["staging.offers"]
    assert found["staging.places"] == laboratory.after[1].public["staging.places"]
    assert found["staging.vacancy"] == laboratory.after[1].public["staging.vacancy"]


def test_what_kills_its_parser_is_parsed_apart_and_refused(
    laboratory: Lab, home: Path, startup: str
) -> None:
    serve(laboratory, "DEADLY")
    ended = laboratory.night(home, 1, startup=startup)
    assert os.WTERMSIG(ended.status) == signal.SIGABRT
    laboratory.check_killed(home, laboratory.after[0])
    laboratory.whole_night(home, 1, startup=startup)
    stands_on_what_was(laboratory, home)
    assert "et program som stanset (kode -6)" in reasons(home)["offers", "parse"]
    (died,) = Journal(Rooms(home).journal).entries("night.died")
    assert (died.payload["during"], died.payload["dataset"]) == ("parse", "offers")
    # The same answer the next night costs no night, and a good one is read as ever.
    laboratory.whole_night(home, 2, startup=startup)
    assert ("offers", "parse") in reasons(home)
    laboratory.world.odd = {}
    laboratory.whole_night(home, 2, startup=startup)
    assert reasons(home) == {}
    assert state_of(home).public["staging.offers"] == laboratory.after[2].public["staging.offers"]


def test_what_kills_the_build_is_refused_after_three_deaths(
    laboratory: Lab, home: Path, startup: str
) -> None:
    serve(laboratory, "HEAVY")
    for _ in range(3):
        ended = laboratory.night(home, 1, startup=startup)
        assert os.WTERMSIG(ended.status) == signal.SIGABRT
        laboratory.check_killed(home, laboratory.after[0])
    laboratory.whole_night(home, 1, startup=startup)
    stands_on_what_was(laboratory, home)
    assert "stanset 3 ganger" in reasons(home)["offers", "parse"]
    laboratory.world.odd = {}
    laboratory.whole_night(home, 2, startup=startup)
    assert reasons(home) == {}
    assert state_of(home).public["staging.offers"] == laboratory.after[2].public["staging.offers"]


def test_a_parser_that_never_ends_is_ended(laboratory: Lab, home: Path, startup: str) -> None:
    """Somebody ends the night that hangs; from then on the snapshot has its time and no more."""
    serve(laboratory, "ENDLESS")
    assert laboratory.night(home, 1, after_seconds=4.0, startup=startup).stage == "parse"
    laboratory.whole_night(home, 1, startup=startup)
    stands_on_what_was(laboratory, home)
    assert "ikke ble ferdig" in reasons(home)["offers", "parse"]


def test_ordinary_kills_accuse_nobody(laboratory: Lab, home: Path) -> None:
    """Twice while a good snapshot is parsed, twice while it is loaded: it is read all the same."""
    for stage in ("parse", "load"):
        for _ in range(2):
            # `load` marks before it loads, so this leaves its mark as a death would.
            kill = {"stage": stage, "call": 1, "when": "after" if stage == "parse" else "before"}
            assert laboratory.night(home, 1, kill).killed
    laboratory.whole_night(home, 1)
    laboratory.check_same(home, 1)
