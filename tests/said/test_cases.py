"""The way of a need: states in order, what they require, answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from said_tools import told

from tasks import cases
from tasks.cases import Change
from tasks.errors import NotFound, WrongUse
from tasks.journal import Journal
from tasks.settings import Project, oslo_today

RULES = cases.read_rules(Project().reference)
TO_COME = date(9999, 12, 31)
OFFERS = ["fagskole:1:2:3", "vgs:974:HSHEA2----:2"]
CLARIFIED = Change("n1", "avklart", "Seksjonen", body="vgo")
COUPLED = Change("n1", "koblet", "Seksjonen", offer_code=OFFERS[1])
STARTED = Change("n1", "igangsatt", "Seksjonen", started_on=date(2026, 8, 17), participants=9)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return told(tmp_path)


def decide(journal: Journal, *changes: Change) -> Change:
    for change in changes:
        last = cases.set_state(journal, change, RULES, OFFERS)
    return last


def test_a_need_goes_from_told_to_participants(journal: Journal) -> None:
    before = oslo_today()
    last = decide(journal, CLARIFIED, COUPLED, STARTED)
    assert (last.body, last.offer_code, last.participants) == ("vgo", OFFERS[1], 9)
    rows = cases.frames(journal.entries())["case_state_change"].to_dicts()
    assert [(row["change"], row["state"]) for row in rows] == [
        (1, "avklart"),
        (2, "koblet"),
        (3, "igangsatt"),
    ]
    assert rows[-1]["started_on"] == date(2026, 8, 17)
    # Midnight may pass meanwhile.
    assert {row["decided_on"] for row in rows} <= {before, oslo_today()}


def test_participants_can_be_told_again(journal: Journal) -> None:
    last = decide(journal, CLARIFIED, COUPLED, STARTED, replace(STARTED, participants=7))
    assert (last.participants, last.started_on) == (7, date(2026, 8, 17))


@pytest.mark.parametrize(
    ("before", "change", "told_of"),
    [
        ([], COUPLED, "avklart, avslått"),
        ([], STARTED, "avklart, avslått"),
        ([CLARIFIED], STARTED, "avklart, koblet, avslått"),
        ([CLARIFIED, COUPLED, STARTED], replace(CLARIFIED, state="avslått"), "igangsatt"),
        ([], replace(CLARIFIED, body=None), "--body"),
        ([CLARIFIED], replace(COUPLED, offer_code=None), "--offer"),
        ([CLARIFIED], Change("n1", "avslått", "Seksjonen"), "--reason"),
        ([CLARIFIED, COUPLED], replace(STARTED, participants=-1), "0 eller flere"),
    ],
)
def test_what_is_out_of_order_is_refused(
    journal: Journal, before: list[Change], change: Change, told_of: str
) -> None:
    if before:
        decide(journal, *before)
    entries = len(journal.entries())
    with pytest.raises(WrongUse, match=told_of):
        decide(journal, change)
    assert len(journal.entries()) == entries


@pytest.mark.parametrize(
    ("change", "guess"),
    [
        (replace(CLARIFIED, need_id="n11"), "mente du «n1»"),
        (replace(CLARIFIED, state="avklaret"), "mente du «avklart»"),
        (replace(CLARIFIED, body="vgoo"), "mente du «vgo»"),
    ],
)
def test_what_is_unknown_is_refused_with_a_guess(
    journal: Journal, change: Change, guess: str
) -> None:
    with pytest.raises(NotFound, match=guess):
        decide(journal, change)


def test_an_offer_that_does_not_exist_is_refused(journal: Journal) -> None:
    decide(journal, CLARIFIED)
    with pytest.raises(NotFound, match=r"mart\.education_offer"):
        decide(journal, replace(COUPLED, offer_code="vgs:0:X"))


def test_a_need_that_was_withdrawn_has_no_new_state(tmp_path: Path) -> None:
    journal = told(tmp_path)
    told(tmp_path, rows=[], withdrawn=["n1"], content_hash="h2")
    with pytest.raises(WrongUse, match="trukket"):
        decide(journal, CLARIFIED)
    decide(journal, replace(CLARIFIED, need_id="n2"))


@pytest.mark.parametrize(
    ("change", "told_of"),
    [
        (replace(CLARIFIED, decided_on=date(2020, 1, 1)), "fra behovet kom, 1. november 2026"),
        (replace(CLARIFIED, decided_on=TO_COME), "--decided"),
        (replace(CLARIFIED, reason="Ring 99 88 77 66"), "telefonnummer"),
        (replace(CLARIFIED, by="kari@example.org"), "e-postadresse"),
    ],
)
def test_impossible_days_and_persons_are_refused(
    journal: Journal, change: Change, told_of: str
) -> None:
    with pytest.raises(WrongUse, match=told_of):
        decide(journal, change)


def test_a_start_to_come_is_refused(journal: Journal) -> None:
    decide(journal, CLARIFIED, COUPLED)
    with pytest.raises(WrongUse, match="--started"):
        decide(journal, replace(STARTED, started_on=TO_COME))


def test_a_mistake_can_be_taken_back(journal: Journal) -> None:
    decide(journal, CLARIFIED, COUPLED, STARTED)
    assert cases.undo(journal, "n1", "Feil behov", "Seksjonen") == "koblet"
    rows = cases.frames(journal.entries())["case_state_change"].to_dicts()
    assert [row["state"] for row in rows] == ["avklart", "koblet"]
    assert decide(journal, STARTED).participants == 9
    for stands in ("koblet", "avklart", "meldt"):
        assert cases.undo(journal, "n1", "Feil", "Seksjonen") == stands
    with pytest.raises(WrongUse, match="bare er meldt"):
        cases.undo(journal, "n1", "Feil", "Seksjonen")


def test_an_answer_tells_of_nobody(journal: Journal) -> None:
    with pytest.raises(WrongUse, match="e-postadresse"):
        cases.answer(journal, "n1", "brukt", "Snakk med kari@example.org", "Seksjonen")
    assert len(journal.entries()) == 1


def test_a_rejected_need_can_be_taken_up_again(journal: Journal) -> None:
    rejected = Change("n1", "avslått", "Seksjonen", body="vgo", reason="Ingen søkere")
    last = decide(journal, rejected, replace(CLARIFIED, reason=None))
    assert (last.state, last.reason) == ("avklart", None)


def test_answers_are_for_one_need_or_for_all_of_a_form(journal: Journal) -> None:
    assert cases.answer(journal, "s1", "brukt", "I grunnlaget", "Seksjonen") == 2
    assert cases.answer(journal, "n2", "sendt videre", "Hører til NAV", "Seksjonen", "NAV") == 1
    assert cases.answer(journal, "s1", "ikke brukt", "Ombestemt", "Seksjonen") == 2
    rows = cases.frames(journal.entries())["case_answer"].to_dicts()
    assert [(row["subject"], row["verdict"], row["sent_to"]) for row in rows] == [
        ("n2", "sendt videre", "NAV"),
        ("s1", "ikke brukt", None),
    ]


@pytest.mark.parametrize(
    ("subject", "verdict", "reason", "told_of"),
    [
        ("s11", "brukt", "Ja", "mente du «s1»"),
        ("n1", "bruktt", "Ja", "mente du «brukt»"),
        ("n1", "brukt", "  ", "--reason"),
        ("n1", "sendt videre", "Ja", "--sent-to"),
    ],
)
def test_an_answer_that_is_not_whole_is_refused(
    journal: Journal, subject: str, verdict: str, reason: str, told_of: str
) -> None:
    with pytest.raises((WrongUse, NotFound), match=told_of):
        cases.answer(journal, subject, verdict, reason, "Seksjonen")


def test_without_a_word_the_tables_have_their_columns() -> None:
    found = cases.frames([])
    assert list(found["case_state_change"].columns) == list(cases.STATE_CHANGE)
    assert list(found["case_answer"].columns) == list(cases.ANSWERED)


def test_every_state_can_be_reached_and_names_what_it_requires() -> None:
    fields = set(Change.__dataclass_fields__)
    assert set(RULES.follows) == {"meldt", "avklart", "koblet", "igangsatt", "avslått"}
    for state, follows in RULES.follows.items():
        assert follows <= set(RULES.follows)
        assert bool(follows) == (state != "meldt")
        assert set(RULES.requires[state]) <= fields
