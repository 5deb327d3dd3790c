"""What happens beside a night: another night, people who are heard meanwhile, and a long outage."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import threading
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
import reading
from lab import Lab, state_of

from flows import cli
from tasks import locks, warehouse
from tasks.errors import NotFound
from tasks.journal import Journal
from tasks.settings import CHECKOUT, Rooms

pytestmark = pytest.mark.process


def test_a_second_night_refuses_and_names_the_first(
    laboratory: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = laboratory.home(0)
    rooms = Rooms(home)
    laboratory.world.held.clear()  # the night waits for its source
    first = threading.Thread(target=laboratory.whole_night, args=(home, 1))
    first.start()
    try:
        # The lock is taken a moment before it says by whom.
        while not str((holder := locks.holder(rooms.lock) or {}).get("pid", "")).isdigit():
            time.sleep(0.01)
        monkeypatch.setenv("TILBUDSPLAN_HOME", str(home))
        monkeypatch.chdir(CHECKOUT)
        assert cli.run(["build"]) == 1
        said = capsys.readouterr().err
        assert "at ingen annen kjøring er i gang" in said
        assert f"prosess {holder['pid']} " in said
    finally:
        laboratory.world.held.set()
        first.join()
    laboratory.check_same(home, 1)
    shutil.rmtree(home)


def _talk(root: Path, number: int) -> None:
    for said in range(number):
        Journal(root).append("indicator.note", {"number": said})


def test_what_people_say_while_a_night_runs_is_kept_and_heard_the_next(laboratory: Lab) -> None:
    home = laboratory.home(0)
    root = Rooms(home).journal
    talking = multiprocessing.get_context("spawn").Process(target=_talk, args=(root, 150))
    talking.start()
    laboratory.whole_night(home, 1)
    talking.join()
    assert talking.exitcode == 0
    said = [e.payload["number"] for e in Journal(root).entries("indicator.note")]
    assert said == list(range(150))
    laboratory.check_same(home, 1)
    shutil.rmtree(home)


def test_a_plan_is_not_made_of_two_nights(laboratory: Lab) -> None:
    """Killed between the renames, one file is of this night and the other of the one before."""
    home = laboratory.home(0)
    rooms = Rooms(home)
    count = laboratory.folder / "renames.json"
    laboratory.whole_night(laboratory.home(0), 1, count=str(count))
    labels = json.loads(count.read_text(encoding="utf-8"))["operations"]
    (internal, _) = [n for n, x in enumerate(labels, 1) if x.startswith("replace /build/")]
    ended = laboratory.night(home, 1, {"operation": internal, "when": "after"})
    assert ended.killed
    with pytest.raises(NotFound, match="tilbudsplan build"):
        warehouse.refuse_two_nights(rooms)
    # The next night finishes what that one began before it does anything else.
    ended = laboratory.night(home, 1, {"stage": "look", "call": 1, "when": "after"})
    warehouse.refuse_two_nights(rooms)
    assert reading.contents(rooms.warehouse) == laboratory.after[1].public
    shutil.rmtree(home)


def test_a_past_night_that_is_being_built_is_left_alone(laboratory: Lab) -> None:
    home = laboratory.home(0)
    rooms = Rooms(home)
    made = [rooms.asof / ".rebuild-1", rooms.parsed / "places" / ".parsing-1"]
    with locks.shared(rooms.rebuild_lock):
        for folder in made:
            folder.mkdir(parents=True)
        laboratory.whole_night(home, 1)
        assert all(folder.is_dir() for folder in made)
    laboratory.whole_night(home, 1)
    assert not any(folder.exists() for folder in made)
    laboratory.check_same(home, 1)
    shutil.rmtree(home)


def test_a_source_that_is_down_for_a_week_is_one_finding_of_seven_nights(laboratory: Lab) -> None:
    home = laboratory.home(1)
    laboratory.world.odd = {"pupils.csv": None}
    monday = date(2026, 11, 16)
    try:
        for day in range(7):
            as_of = (monday + timedelta(days=day)).isoformat()
            laboratory.whole_night(home, 2, as_of=as_of)
        found = state_of(home)
        (finding,) = [f for f in found.findings if f["dataset"] == "pupils"]
        assert (finding["kind"], finding["nights"]) == ("fetch", 7)
        assert finding["since"] == monday.isoformat()
        table = "restricted.pupils"
        assert found.internal[table] == laboratory.after[1].internal[table]
        assert found.public["staging.offers"] == laboratory.after[2].public["staging.offers"]
    finally:
        laboratory.world.odd = {}
    laboratory.whole_night(home, 2, as_of="2026-11-23")
    found = state_of(home)
    assert [f for f in found.findings if f["dataset"] == "pupils"] == []
    assert found.internal[table] == laboratory.after[2].internal[table]
    shutil.rmtree(home)


def test_a_source_that_answers_what_it_answered_before_is_told_of(laboratory: Lab) -> None:
    home = laboratory.home(1)
    laboratory.world.odd = {"pupils.csv": b"school;figure\nA;28\nB;3\n"}  # of the night before
    try:
        laboratory.whole_night(home, 2)
    finally:
        laboratory.world.odd = {}
    found = state_of(home)
    table = "restricted.pupils"
    assert found.internal[table] == laboratory.after[0].internal[table]
    # It is older than the limit too, which is told beside it.
    (finding,) = [f for f in found.findings if f["about"] == "older"]
    assert (finding["dataset"], finding["kind"]) == ("pupils", "freshness")
    assert (
        "svarer igjen det den svarte 10. oktober 2026, og ikke det nyere av 12. november 2026"
        in str(finding["reason"])
    )
    # Unchanged since the night before is no news.
    same = laboratory.home(1)
    laboratory.world.odd = {"pupils.csv": b"school;figure\nA;29\nB;4\n"}
    try:
        laboratory.whole_night(same, 2)
    finally:
        laboratory.world.odd = {}
    assert [f for f in state_of(same).findings if f["dataset"] == "pupils"] == []
    shutil.rmtree(home)
