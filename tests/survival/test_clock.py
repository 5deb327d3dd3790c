"""A clock that is wrong dates nothing, ages nothing and prunes nothing; and nights of two hours."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
import reading
from lab import Lab, State, program, state_of

from tasks import clock, dates, watchdog
from tasks.settings import OSLO, Project, Rooms, oslo_today

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
TODAY = date(2026, 11, 21)
LAST = (NOW - timedelta(days=1), date(2026, 11, 20))


# The dates of nights --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instant", "local", "expected"),
    [
        # Clocks go from 03:00 back to 02:00 on 31 October: half past two comes twice.
        ("2027-10-31T00:30:00+00:00", "02:30 +0200", date(2027, 10, 31)),
        ("2027-10-31T01:30:00+00:00", "02:30 +0100", date(2027, 10, 31)),
        ("2027-10-30T21:59:59+00:00", "23:59 +0200", date(2027, 10, 30)),
        ("2027-10-31T22:59:59+00:00", "23:59 +0100", date(2027, 10, 31)),
        # And from 02:00 to 03:00 on 28 March: half past two never comes.
        ("2027-03-28T00:59:59+00:00", "01:59 +0100", date(2027, 3, 28)),
        ("2027-03-28T01:30:00+00:00", "03:30 +0200", date(2027, 3, 28)),
        ("2027-03-27T22:59:59+00:00", "23:59 +0100", date(2027, 3, 27)),
    ],
)
def test_a_night_is_the_date_in_oslo_also_when_clocks_change(
    instant: str, local: str, expected: date
) -> None:
    at = datetime.fromisoformat(instant)
    assert f"{at.astimezone(OSLO):%H:%M %z}" == local
    assert oslo_today(at) == expected
    # A clock that is set as the law says is a clock to believe.
    assert clock.doubt(at, [], (at - timedelta(hours=1), expected)) is None


@pytest.mark.parametrize(
    ("wrong", "offsets", "last", "expected"),
    [
        ("right", [0, 1, 2], LAST, None),
        ("a cache answers what it kept", [0, 0, -7], LAST, None),
        ("one source's clock is wrong", [0, 0, 9000], LAST, None),
        ("we are a day behind", [24, 24, 24], LAST, date(2026, 11, 22)),
        ("we are a year ahead", [-8760, -8760], LAST, date(2025, 11, 21)),
        ("nobody answers, and all is well", [], LAST, None),
        ("nobody ever was here", [], None, None),
    ],
)
def test_those_who_answer_are_believed(
    wrong: str, offsets: list[float], last: tuple[datetime, date], expected: date | None
) -> None:
    found = clock.doubt(NOW, [timedelta(hours=hours) for hours in offsets], last)
    assert (found and found.as_of) == expected
    assert found is None or "Still klokken" in found.reason


@pytest.mark.parametrize(
    ("hours", "words"), [(24, "natten før ble bygget"), (-41 * 24, "41 dager gammel")]
)
def test_without_an_answer_the_night_before_is_believed(hours: float, words: str) -> None:
    found = clock.doubt(NOW, [], (NOW + timedelta(hours=hours), date(2026, 11, 20)))
    assert found is not None
    assert found.as_of == date(2026, 11, 20)
    assert words in found.reason


# Real processes whose clock is wrong ----------------------------------------------------------


@pytest.fixture
def home(laboratory: Lab) -> Iterator[Path]:
    """A home of one night of today, by a clock that is right."""
    home = laboratory.folder / "clock"
    laboratory.whole_night(home, 0, as_of=None)
    yield home
    laboratory.world.down = False
    laboratory.world.server.faults._waiting.clear()
    shutil.rmtree(home)


Clocks = Callable[[str], subprocess.Popen[str]]


@pytest.fixture(scope="module")
def wrong_clock() -> Iterator[Clocks]:
    """Gives a zygote whose clock is that far off, the same each time."""
    if shutil.which("faketime") is None:
        pytest.skip("NO WRONG CLOCK IS TRIED: faketime is not installed (deploy/test_tools.sh)")
    with ExitStack() as stack:
        yield cache(
            lambda offset: stack.enter_context(program("zygote.py", "faketime", "-f", offset))
        )


def vintages(home: Path) -> list[tuple[date, int]]:
    with reading.opened(Rooms(home).warehouse) as con:
        return con.execute(
            "select vintage, places from staging.places where school = 'A' order by 1"
        ).fetchall()


def landed_on(home: Path) -> set[date]:
    with reading.opened(Rooms(home).warehouse) as con:
        found = con.execute("select as_of from audit.vintage union select as_of from audit.night")
        return {day for (day,) in found.fetchall()}


def kinds(state: State) -> set[str]:
    return {f["kind"] for f in state.findings}


def blobs(home: Path) -> set[str]:
    return {file.name for file in (home / "landing" / "blobs").rglob("*.zst")}


@pytest.mark.process
@pytest.mark.parametrize("offset", ["+400d", "-30d", "-1d"])
def test_a_night_by_a_wrong_clock_takes_the_right_date_and_says_so(
    laboratory: Lab, home: Path, wrong_clock: Clocks, offset: str
) -> None:
    today, before = oslo_today(), blobs(home)
    laboratory.whole_night(home, 1, zygote=wrong_clock(offset), as_of=None)
    found = state_of(home)
    assert "clock" in kinds(found)
    assert "freshness" not in kinds(found)
    assert landed_on(home) == {today}
    assert vintages(home) == [(today, 31)]
    assert before <= blobs(home)
    (finding,) = [f for f in found.findings if f["kind"] == "clock"]
    assert f"natten er ført på {dates.day(today)}" in finding["reason"]
    # The watchdog has seen a night of today, and expects tomorrow's.
    rooms, project = Rooms(home), Project(laboratory.world.project.root)
    found_by = {f.kind for f in watchdog.find(rooms, project, datetime.now(UTC))}
    assert "unstarted" not in found_by
    after = datetime.now(UTC) + timedelta(days=1, hours=12)
    assert "unstarted" in {f.kind for f in watchdog.find(rooms, project, after)}
    # Corrected, nights go on as if it had never been wrong.
    tomorrow = today + timedelta(days=1)
    laboratory.whole_night(home, 2, as_of=tomorrow.isoformat())
    found = state_of(home)
    assert not kinds(found) & {"clock", "freshness"}
    assert vintages(home) == [(today, 31), (tomorrow, 32)]


@pytest.mark.process
@pytest.mark.parametrize("offset", ["+400d", "-30d"])
def test_when_nobody_answers_a_wrong_clock_takes_the_date_of_the_night_before(
    laboratory: Lab, home: Path, wrong_clock: Clocks, offset: str
) -> None:
    today = oslo_today()
    laboratory.world.down = True
    laboratory.world.server.misbehave("503", times=1000)
    laboratory.whole_night(home, 1, zygote=wrong_clock(offset), as_of=None)
    found = state_of(home)
    assert {"clock", "fetch"} <= kinds(found)
    assert "freshness" not in kinds(found)
    assert landed_on(home) == {today}
    assert vintages(home) == [(today, 30)]
