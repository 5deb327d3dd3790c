"""A night that is killed anywhere and run again ends as one that nobody killed.

Beside every night a reader opens what is published, again and again, and must find it whole. The
process is ended by SIGKILL: nothing in it can tidy up.
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from killing import STAGES
from lab import Lab
from sample import EVE

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

MOMENTS, IN_SHORT = 50, 10
PARTS = 8
SEED = 2026


@pytest.fixture(scope="session")
def passed(laboratory: Lab) -> dict[str, Any]:
    """What a night passes that nobody kills: its operations on disk, in order, and its stages."""
    count = laboratory.folder / "count.json"
    home = laboratory.home(0)
    assert laboratory.night(home, 1, count=str(count)).status == 0
    laboratory.check_same(home, 1)
    return dict(json.loads(count.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def seconds(laboratory: Lab) -> float:
    """How long a night takes here."""
    begun = time.monotonic()
    laboratory.whole_night(laboratory.home(0), 1)
    return time.monotonic() - begun


def points(passed: dict[str, Any]) -> list[dict[str, Any]]:
    """Before and after everything that a night does to the disk, and in the middle of each line."""
    found: list[dict[str, Any]] = []
    for number, label in enumerate(passed["operations"], start=1):
        # After a sync or a deletion nothing is other than before what comes next.
        moments = {"append": ("before", "torn", "after"), "replace": ("before", "after")}
        for when in moments.get(label.partition(" ")[0], ("before",)):
            found.append({"operation": number, "when": when})
    return found


def moments(seconds: float, number: int) -> list[float]:
    chosen = random.Random(SEED)
    return [chosen.uniform(0, seconds) for _ in range(MOMENTS)][:number]


@pytest.mark.parametrize("stages", [list(STAGES)[n::3] for n in range(3)], ids=" ".join)
def test_killed_at_the_boundaries_of_stages(
    laboratory: Lab, passed: dict[str, Any], stages: list[str]
) -> None:
    """Before a stage's first call and after its last one, each time further on."""
    kills = [
        {"stage": stage, "call": passed["calls"][stage] if when == "after" else 1, "when": when}
        for stage in stages
        for when in ("before", "after")
    ]
    assert all(ended.killed for ended in laboratory.survive(*kills))


def test_killed_at_some_points(laboratory: Lab, passed: dict[str, Any]) -> None:
    """A sample of what the soak does whole."""
    laboratory.survive(*points(passed)[::25], tomorrow=False)


def test_killed_at_ten_moments(laboratory: Lab, seconds: float) -> None:
    for number, moment in enumerate(moments(seconds, IN_SHORT)):
        laboratory.survive(moment, tomorrow=number % 5 == 0)


def test_killed_again_while_it_recovers(laboratory: Lab, passed: dict[str, Any]) -> None:
    between = next(n for n, label in enumerate(passed["operations"], 1) if "public.duckdb" in label)
    for again in (3, between):
        laboratory.survive(
            {"operation": between, "when": "after"},
            {"operation": again, "when": "before"},
            tomorrow=False,
        )


@pytest.mark.soak
@pytest.mark.parametrize("stage", STAGES)
def test_killed_after_every_stage(laboratory: Lab, passed: dict[str, Any], stage: str) -> None:
    for call in range(1, passed["calls"][stage] + 1):
        after = {"stage": stage, "call": call, "when": "after"}
        assert laboratory.survive(after, tomorrow=False)[0].killed, after


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_every_point(laboratory: Lab, passed: dict[str, Any], part: int) -> None:
    for number, point in enumerate(points(passed)[part::PARTS]):
        assert laboratory.survive(point, tomorrow=number % 8 == 0)[0].killed, point
        laboratory.counts["points"] += 1


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_every_moment(laboratory: Lab, seconds: float, part: int) -> None:
    for moment in moments(seconds, MOMENTS)[part::PARTS]:
        laboratory.survive(moment)
        laboratory.counts["moments"] += 1


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_a_moment_again_and_again(laboratory: Lab, seconds: float, part: int) -> None:
    """Three kills before the night gets through."""
    chosen = random.Random(SEED + part)
    laboratory.survive(*[chosen.uniform(0.1, seconds) for _ in range(3)])


def test_the_first_night_of_a_home_may_be_killed_too(laboratory: Lab, tmp_path: Path) -> None:
    for operation in (5, 60):
        home = tmp_path / f"home-{operation}"
        ended = laboratory.night(home, EVE, {"operation": operation, "when": "before"})
        assert ended.killed
        laboratory.whole_night(home, EVE)
        laboratory.check_same(home, EVE)
