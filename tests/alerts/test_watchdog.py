"""The watchdog's clock: what it expects at which hour, on short nights and long ones too."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alert_tools import policy, write_policy

from tasks import alerts, clock, locks, watchdog
from tasks.alerts import policy as policies
from tasks.backup import age
from tasks.home import claim_home
from tasks.journal import Journal
from tasks.settings import CHECKOUT, OSLO, Project, Rooms, Settings, oslo_today

TERMS = policy().watchdog


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    write_policy(made.reference)
    return made


def kinds(rooms: Rooms, project: Project, now: datetime) -> set[str]:
    return {finding.kind for finding in watchdog.find(rooms, project, now)}


def oslo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OSLO).astimezone(UTC)


def begin(rooms: Rooms, as_of: date, *, end: str | None = "night.failed") -> str:
    journal, night = Journal(rooms.journal), f"n-{as_of}"
    journal.append("night.begun", {"night": night, "as_of": as_of.isoformat()})
    if end:
        journal.append(end, {"night": night, "reason": "x", "tables": 1})
    return night


@pytest.mark.parametrize(
    ("begun", "now", "missing"),
    [
        ("2026-11-20", "2026-11-20T23:59", False),
        ("2026-11-20", "2026-11-21T06:59", False),
        ("2026-11-20", "2026-11-21T07:00", True),
        ("2026-11-20", "2026-11-21T23:59", True),
        # Midnight makes no night of the day before.
        ("2026-11-20", "2026-11-22T00:10", True),
        ("2026-11-21", "2026-11-22T00:10", False),
        # Clocks go back and forth between midnight and the hour; the hour itself is on the clock.
        ("2026-10-24", "2026-10-25T06:59", False),
        ("2026-10-24", "2026-10-25T07:00", True),
        ("2027-03-27", "2027-03-28T06:59", False),
        ("2027-03-27", "2027-03-28T07:00", True),
    ],
)
def test_a_night_is_missed_after_its_hour_and_until_one_begins(
    rooms: Rooms, project: Project, begun: str, now: str, missing: bool
) -> None:
    begin(rooms, date.fromisoformat(begun))
    assert ("unstarted" in kinds(rooms, project, oslo(now))) is missing


def test_the_hour_is_oslos_in_both_halves_of_the_year() -> None:
    hours = {
        day: watchdog.deadline(date.fromisoformat(day), TERMS).hour
        for day in ("2026-10-24", "2026-10-25", "2027-03-27", "2027-03-28")
    }
    assert hours == {"2026-10-24": 5, "2026-10-25": 6, "2027-03-27": 6, "2027-03-28": 5}


def test_a_new_installation_is_given_until_its_first_hour(rooms: Rooms, project: Project) -> None:
    assert "unstarted" not in kinds(rooms, project, oslo("2026-11-20T06:00"))
    assert "unstarted" in kinds(rooms, project, oslo("2026-11-20T08:00"))


def test_a_night_that_failed_before_it_began_has_told_so(rooms: Rooms, project: Project) -> None:
    now = datetime.now(UTC)
    Journal(rooms.journal).append("night.failed", {"night": "x", "reason": "katalogen"})
    late = watchdog.deadline(oslo_today(now), TERMS) + timedelta(minutes=1)
    assert "unstarted" not in kinds(rooms, project, late)


@contextmanager
def running(rooms: Rooms) -> Iterator[None]:
    with locks.night_lock(rooms.lock):
        yield


def test_a_night_that_hangs_or_is_late_is_told(rooms: Rooms, project: Project) -> None:
    begin(rooms, oslo_today(), end=None)
    at = Journal(rooms.journal).entries()[-1].at
    hours = timedelta(hours=TERMS.hanging_hours)
    hour = watchdog.deadline(oslo_today(), TERMS)
    with running(rooms):
        early = at + timedelta(minutes=1)
        # Only a night that began before its hour can be late.
        late = at < hour <= early
        assert ("unfinished" in kinds(rooms, project, early)) is late
        assert "unfinished" in kinds(rooms, project, at + hours + timedelta(minutes=1))
    assert "unfinished" in kinds(rooms, project, at)
    # The next night has begun and ended: the older one is past.
    begin(rooms, oslo_today() + timedelta(days=1))
    assert "unfinished" not in kinds(rooms, project, at)


def test_the_published_file_must_be_there_and_readable(rooms: Rooms, project: Project) -> None:
    now = datetime.now(UTC)
    assert "unreadable" not in kinds(rooms, project, now)
    begin(rooms, oslo_today(), end="night.published")
    assert "unreadable" in kinds(rooms, project, now)
    rooms.warehouse.parent.mkdir(parents=True)
    rooms.warehouse.write_bytes(b"\0" * 5000)
    assert "unreadable" in kinds(rooms, project, now)


def test_little_space_is_told(
    rooms: Rooms, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    assert "space" not in kinds(rooms, project, now)
    # No test can fill the disk; the limit is moved instead of the disk.
    monkeypatch.setattr(watchdog, "SPACE_BYTES", 10**18)
    assert "space" in kinds(rooms, project, now)


def test_a_policy_that_cannot_be_read_is_told_and_the_usual_hours_hold(
    rooms: Rooms, tmp_path: Path
) -> None:
    begin(rooms, date(2026, 11, 20))
    nobody = Project(tmp_path / "nobody")
    assert kinds(rooms, nobody, oslo("2026-11-21T07:30")) == {"policy", "unstarted"}
    assert policies.read(Project()).watchdog == policies.USUAL_WATCH


def test_a_mail_that_waits_too_long_is_told_until_it_is_sent_or_nobodys(
    rooms: Rooms, journal: Journal, project: Project
) -> None:
    begin(rooms, oslo_today())
    soon = datetime.now(UTC) + timedelta(hours=TERMS.unsent_hours - 1)
    late = soon + timedelta(hours=2)
    assert "unsent" not in kinds(rooms, project, soon)
    assert "unsent" in kinds(rooms, project, late)
    # An address that is no longer on any list is not waited for.
    file = project.reference / "alerts.toml"
    text = file.read_text(encoding="utf-8")
    for name in ("inntak", "drift"):
        assert f"{name}@fylket.example" in text
        text = text.replace(f"{name}@fylket.example", f"{name}@annet.example")
    file.write_text(text, encoding="utf-8")
    assert kinds(rooms, project, late).isdisjoint({"unsent", "policy"})


def test_a_look_counts_days_and_not_looks(rooms: Rooms, project: Project, tmp_path: Path) -> None:
    settings = Settings(home=rooms.home)
    rooms.home.mkdir()
    begin(rooms, date(2026, 11, 18))
    journal = Journal(rooms.journal)
    for now in ("20T08:00", "20T08:15", "20T23:45", "21T00:15", "21T08:00", "22T09:00"):
        seen = watchdog.look(settings, project, oslo(f"2026-11-{now}"))
        assert not seen.directly
    (left,) = alerts.open_findings(journal)
    assert (left.kind, left.since, left.nights) == ("unstarted", date(2026, 11, 20), 3)
    assert len(journal.entries("findings")) <= 4


@pytest.mark.parametrize(
    ("profile", "night", "backup", "told"),
    [
        ("live", "2026-11-01", "2026-11-11", None),
        ("live", "2026-11-01", "2026-11-10", "den siste er fra 10. november 2026 kl. 12:00"),
        ("live", "2026-11-11", None, None),  # a new home is given as long
        ("live", "2026-11-10", None, "ingen er tatt siden første natt 10. november 2026"),
        ("live", None, None, None),  # nothing to lose
        ("demo", "2026-11-01", None, None),
    ],
)
def test_a_backup_that_is_too_old_is_told_with_the_limit_of_the_county(
    rooms: Rooms,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    profile: str,
    night: str | None,
    backup: str | None,
    told: str | None,
) -> None:
    shutil.copy(CHECKOUT / "data" / "reference" / "retention.toml", project.reference)
    claim_home(rooms, profile)
    journal = Journal(rooms.journal)
    if night:
        monkeypatch.setattr(clock, "now", lambda: oslo(f"{night}T12:00"))
        journal.append("night.built", {"night": "n", "as_of": night})
    if backup:
        journal.append(age.MADE, {"made_at": oslo(f"{backup}T12:00").isoformat()})
    looks = [watchdog.find(rooms, project, oslo(f"2026-11-19T{hour}:30")) for hour in ("08", "19")]
    found = [[f.reason for f in look if f.kind == "backup"] for look in looks]
    assert found[0] == found[1]
    assert found[0] == ([f"{told}; grensen er 8 dager"] if told else [])
    (project.reference / "retention.toml").write_text("[backup]\n")
    assert "backup" not in kinds(rooms, project, oslo("2026-11-19T20:00"))
