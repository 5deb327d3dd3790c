"""Findings live as long as the trouble, whatever words it is told in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tasks.alerts import Desk, Finding, Look, Post, open_findings
from tasks.alerts import record as record_with
from tasks.journal import Journal


def finding(dataset: str, day: int, kind: str = "fetch", reason: str = "503") -> Finding:
    return Finding(dataset, kind, "inntak", reason, date(2026, 11, day))


def record(
    journal: Journal, day: int, found: Sequence[Finding], look: Look = Look.NIGHT
) -> list[Finding]:
    post = Post(None, Desk(date(2026, 11, day)))
    return record_with(journal, f"n{day}", found, post, look)


def test_a_finding_is_opened_repeated_and_closed(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert record(journal, 1, []) == []
    assert journal.entries() == []
    record(journal, 1, [finding("a", 1), finding("b", 1), finding("a", 1, "warn")])
    record(journal, 2, [finding("a", 2, reason="cut off")])
    (left,) = open_findings(journal)
    assert (left.key[:2], left.since, left.nights) == (("a", "fetch"), date(2026, 11, 1), 2)
    assert left.reason == "cut off"
    record(journal, 3, [])
    assert open_findings(journal) == []
    (again,) = record(journal, 4, [finding("a", 4)])
    assert (again.since, again.nights) == (date(2026, 11, 4), 1)
    journal.verify()


def test_a_night_that_is_run_again_the_same_day_counts_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for day in (1, 1, 2, 2, 2, 4):
        record(journal, day, [finding("a", day), finding("b", 4)][: 1 + (day == 4)])
    first, second = open_findings(journal)
    assert (first.since, first.nights) == (date(2026, 11, 1), 3)
    assert (second.since, second.nights) == (date(2026, 11, 4), 1)
    # Nothing new is nothing written.
    assert len(journal.entries("findings")) == 3


def test_a_clock_that_is_set_back_counts_no_new_night(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for day in (3, 2, 3, 4):
        record(journal, day, [finding("a", day)])
    (left,) = open_findings(journal)
    assert (left.since, left.nights) == (date(2026, 11, 3), 2)


def test_a_failed_night_closes_nothing_of_the_others_and_is_closed_by_the_next(
    tmp_path: Path,
) -> None:
    journal = Journal(tmp_path)
    record(journal, 1, [finding("a", 1)])
    record(journal, 1, [finding("disk", 1, "space")], Look.WATCHDOG)
    record(journal, 2, [finding("night", 2, "night")], Look.FAILED_NIGHT)
    assert [f.kind for f in open_findings(journal)] == ["fetch", "space", "night"]
    record(journal, 3, [])
    assert [f.kind for f in open_findings(journal)] == ["space"]
    record(journal, 3, [], Look.WATCHDOG)
    assert open_findings(journal) == []


def test_half_a_character_pair_in_a_reason_does_not_stop_the_record(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    record(journal, 1, [finding("a", 1, reason="\ud800 borte")])
    assert open_findings(journal)[0].reason == "? borte"
