"""What is said to whom over many nights: once when new, when left too long, and when over."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from alert_tools import (
    INTAKE,
    LEADER,
    OPERATIONS,
    STATISTICS,
    Page,
    finding,
    html_of,
    look,
    mails,
    parsed,
    policy,
    text_of,
    write_policy,
)

from tasks.alerts import Desk, Finding, Look, Post, policy_of, record
from tasks.journal import Journal
from tasks.landing import Landing
from tasks.settings import Project, Rooms


@pytest.fixture
def empty(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def to(journal: Journal, address: str) -> list[str]:
    return [mail["subject"] for mail in mails(journal) if mail["to"] == address]


def said(journal: Journal, number: int = -1) -> str:
    return text_of(parsed(mails(journal)[number]["content"]))


# One night ------------------------------------------------------------------------------------


def test_a_digest_says_what_since_when_what_it_touches_and_what_to_do(empty: Journal) -> None:
    linked = policy(data_docs='"https://docs.example/tilbudsplan"')
    found = [
        finding("places", "block", reason="Plasser er ikke negative (2 rader)", about="a1"),
        finding("places", "block", reason="Skolen er kjent", about="b2", touches=("Plan 2027/28",)),
        finding("pupils", "fetch", reason="ventet svar, men fikk 503. Gjør slik: ring kilden"),
    ]
    look(empty, 20, found, policy_=linked)
    # Owner, and one list per severity; nobody gets two.
    assert Counter(mail["to"] for mail in mails(empty)) == {INTAKE: 1, OPERATIONS: 1, STATISTICS: 1}
    (mine,) = (mail for mail in mails(empty) if mail["to"] == INTAKE)
    message = parsed(mine["content"])
    assert message["Subject"] == "2 nye (Tilbudsplan, 20. november 2026)"
    text = " ".join(text_of(message).split())
    page = Page(html_of(message))
    for part in (
        "Plasser (places)",
        "stoppet",
        "Plasser er ikke negative (2 rader)",
        "Skolen er kjent",
        "natten 20. november 2026, 1. natt",
        "Plan 2027/28",
        "«tilbudsplan quarantine show places»",
        "quarantine release places",
        "quarantine drop places",
        "Ring kilden",
    ):
        assert part in text
        assert part in page.text
    links = {value for _, name, value in page.attributes if name == "href"}
    night = "https://docs.example/tilbudsplan/2026-11-20"
    assert links == {f"{night}/staging.places.html#h-a1", f"{night}/index.html"}
    # Nothing is fetched, and nothing runs.
    assert not {"img", "script", "link", "iframe", "form"} & set(page.tags)
    assert "url(" not in html_of(message)


def test_on_several_lists_is_one_mail(empty: Journal) -> None:
    usual = policy()
    lists = usual.severity.model_copy(update={"fault": (INTAKE,), "block": (INTAKE,)})
    same = usual.model_copy(update={"severity": lists})
    look(empty, 20, [finding(), finding("pupils", "block")], policy_=same)
    assert [mail["to"] for mail in mails(empty)] == [INTAKE]


def test_one_thing_is_named_in_the_subject_and_the_sample_says_so(empty: Journal) -> None:
    look(empty, 20, [finding(kind="block")], profile="demo")
    subject = "[Eksempeldata] Plasser (places): stoppet (Tilbudsplan, 20. november 2026)"
    assert to(empty, INTAKE) == [subject]
    assert "Ingen skal handle på det" in said(empty)


def test_hundreds_of_faults_are_told_in_a_mail_that_can_be_read(empty: Journal) -> None:
    many = [finding(f"d{n}", "fetch") for n in range(300)]
    look(empty, 20, many)
    assert "275 til" in said(empty)
    assert all(len(mail["content"]) < 60_000 for mail in mails(empty))


# Night after night ----------------------------------------------------------------------------


def test_a_fortnight(empty: Journal) -> None:
    """A fault from the 20th to the 25th, another on the 22nd, told in new words each night."""
    for day in range(20, 31):
        found = []
        if day <= 25:
            found.append(finding(reason=f"kilden svarte {500 + day}"))
        if day == 22:
            found.append(finding("pupils", "warn", owner="statistikk", day=22))
        look(empty, day, found)
    assert to(empty, INTAKE) == [
        "Plasser (places): ikke hentet (Tilbudsplan, 20. november 2026)",
        "Plasser (places): ikke hentet, eskalert (Tilbudsplan, 22. november 2026)",
        "Plasser (places): ikke hentet, løst (Tilbudsplan, 26. november 2026)",
    ]
    assert to(empty, OPERATIONS) == to(empty, INTAKE)
    # The leader hears of what was left too long, and that it is over.
    assert to(empty, LEADER) == to(empty, INTAKE)[1:]
    assert to(empty, STATISTICS) == [
        "Elever (pupils): advarsel (Tilbudsplan, 22. november 2026)",
        "Elever (pupils): advarsel, løst (Tilbudsplan, 23. november 2026)",
    ]
    assert len({mail["id"] for mail in mails(empty)}) == len(mails(empty))


def test_what_is_old_is_counted_where_something_else_is_new(empty: Journal) -> None:
    look(empty, 20, [finding()])
    look(empty, 21, [finding(), finding("pupils", day=21)])
    text = said(empty)
    assert "Fortsatt åpent: 1" in text
    assert "Plasser (places), ikke hentet, 2. natt" in text


def test_a_fault_that_comes_back_is_new(empty: Journal) -> None:
    for day, there in ((20, True), (21, False), (22, True)):
        look(empty, day, [finding(day=day)] if there else [])
    kinds = [subject.partition("ikke hentet")[2] for subject in to(empty, INTAKE)]
    assert [kind.partition(" (")[0] for kind in kinds] == ["", ", løst", ""]
    assert [kind.partition(", ")[2][:3] for kind in kinds[::2]] == ["20.", "22."]
    # Also within one date: three mails, each with an identity of its own.
    for there in (False, True):
        look(empty, 22, [finding(day=22)] if there else [])
    assert len(to(empty, INTAKE)) == 5
    assert len({mail["id"] for mail in mails(empty)}) == len(mails(empty))


def test_the_same_night_again_writes_no_mail_and_one_that_finds_more_tells_only_that(
    empty: Journal,
) -> None:
    look(empty, 20, [finding()])
    before = empty.path.read_bytes()
    look(empty, 20, [finding()])
    assert empty.path.read_bytes() == before
    look(empty, 20, [finding(), finding("pupils")])
    later = "Elever (pupils): ikke hentet (Tilbudsplan, 20. november 2026)"
    assert to(empty, INTAKE)[1:] == [later]


def test_the_same_night_in_two_homes_writes_the_same_identities(tmp_path: Path) -> None:
    ids = []
    for name in ("a", "b"):
        journal = Journal(tmp_path / name)
        look(journal, 20, [finding()])
        look(journal, 21, [])
        ids.append([mail["id"] for mail in mails(journal)])
    assert ids[0] == ids[1]


def test_an_address_that_is_set_late_is_told_of_what_is_open(empty: Journal) -> None:
    look(empty, 20, [finding()], policy_=policy(inntak='["x@fylket.invalid"]'))
    assert to(empty, INTAKE) == []
    look(empty, 21, [finding()])
    assert to(empty, INTAKE) == ["Plasser (places): ikke hentet (Tilbudsplan, 21. november 2026)"]
    assert "natten 20. november 2026, 2. natt" in said(empty)
    # And nobody is told that something is over that they never heard of.
    look(empty, 22, [finding(), finding("pupils", day=22, owner="kompetanse")])
    look(empty, 23, [])
    assert to(empty, INTAKE)[-1].endswith(", løst (Tilbudsplan, 23. november 2026)")


def test_a_failed_night_is_told_and_closes_nothing(empty: Journal) -> None:
    look(empty, 20, [finding()])
    failed = finding("night", "night", owner="drift", day=21, reason="disken er full")
    look(empty, 21, [failed], Look.FAILED_NIGHT)
    assert to(empty, INTAKE) == ["Plasser (places): ikke hentet (Tilbudsplan, 20. november 2026)"]
    assert to(empty, OPERATIONS)[-1] == "Natten: mislyktes (Tilbudsplan, 21. november 2026)"
    look(empty, 22, [finding()])
    # A night that came to nothing is no night on which the source was silent.
    assert to(empty, OPERATIONS)[-1] == "Natten: mislyktes, løst (Tilbudsplan, 22. november 2026)"
    assert "Plasser (places), ikke hentet, 2. natt" in said(empty)


def test_nobody_is_written_to_without_a_sender(empty: Journal) -> None:
    look(empty, 20, [finding()], policy_=policy(address='"tilbudsplan@fylket.invalid"'))
    assert mails(empty) == []
    assert len(empty.entries("findings")) == 1


# The week -------------------------------------------------------------------------------------


def night(journal: Journal, as_of: date, found: tuple[str, ...] = ()) -> None:
    """A published night, as the journal sees it."""
    night_id = as_of.isoformat()
    journal.append("night.begun", {"night": night_id, "as_of": night_id})
    journal.append("night.built", {"night": night_id, "as_of": night_id, "vintages": {"a": 1}})
    desk = Desk(as_of)
    findings = [Finding(name, "fetch", "inntak", "borte", as_of) for name in found]
    record(journal, night_id, findings, Post(policy(), desk))
    journal.append("night.published", {"night": night_id, "tables": 1})


def weekly(journal: Journal) -> list[tuple[date, str]]:
    return [
        (date.fromisoformat(mail["week"]), mail["subject"])
        for mail in mails(journal)
        if mail["week"] and mail["to"] == INTAKE
    ]


def test_silence_is_proved_once_a_week(empty: Journal) -> None:
    first = date(2026, 11, 18)  # a Wednesday
    for day in range(21):
        night(empty, first + timedelta(days=day))
        night(empty, first + timedelta(days=day))  # run twice
    assert weekly(empty) == [
        (date(2026, 11, 23), "Alt er vel (Tilbudsplan, 23. november 2026)"),
        (date(2026, 11, 30), "Alt er vel (Tilbudsplan, 30. november 2026)"),
        (date(2026, 12, 7), "Alt er vel (Tilbudsplan, 7. desember 2026)"),
    ]
    (last,) = (m for m in mails(empty) if m["week"] == "2026-12-07" and m["to"] == INTAKE)
    text = text_of(parsed(last["content"]))
    assert "Netter publisert siden 30. november 2026: 7 av 7" in text
    assert "Datasett siste natt: 1" in text
    assert "Netter som mislyktes: ingen" in text
    # Everybody who would hear of a fault hears this; the leader does not.
    assert {m["to"] for m in mails(empty) if m["week"]} == set(policy().readers())
    assert LEADER not in policy().readers()


def test_a_day_that_had_no_night_is_made_up_for_by_the_next(empty: Journal) -> None:
    for day in (20, 21, 22, 25, 26):
        night(empty, date(2026, 11, day))
    assert weekly(empty) == [(date(2026, 11, 23), "Alt er vel (Tilbudsplan, 25. november 2026)")]
    (mine,) = (mail for mail in mails(empty) if mail["to"] == INTAKE)
    assert "Netter publisert siden 20. november 2026: 3 av 5" in text_of(parsed(mine["content"]))


def test_the_week_tells_what_is_open_and_goes_in_the_digest_of_that_night(empty: Journal) -> None:
    night(empty, date(2026, 11, 22), ("places",))
    night(empty, date(2026, 11, 23), ("places",))
    night(empty, date(2026, 11, 30), ("places", "pupils"))
    (_, subject), *_ = weekly(empty)
    assert subject == "Ukebrev: 1 står åpent (Tilbudsplan, 23. november 2026)"
    monday = "30. november 2026"
    on_monday = [m for m in mails(empty) if m["to"] == INTAKE and monday in m["subject"]]
    assert len(on_monday) == 1
    assert "Uken som gikk" in text_of(parsed(on_monday[0]["content"]))


# The policy -----------------------------------------------------------------------------------


def test_a_policy_that_cannot_be_read_is_the_one_the_last_night_was_built_under(
    tmp_path: Path,
) -> None:
    rooms, project = Rooms(tmp_path / "home"), Project(tmp_path / "project")
    write_policy(project.reference)
    landed = Landing(rooms.landing).land_project(project, date(2026, 11, 20))
    Journal(rooms.journal).append(
        "night.built", {"night": "n", "as_of": "2026-11-20", "project": landed.snapshot}
    )
    before = policy_of(rooms, project)
    assert before == policy()
    (project.reference / "alerts.toml").write_text("[sender", encoding="utf-8")
    assert policy_of(rooms, project) == before
