"""Sending through a real server: encrypted, logged in, and every way in which it goes wrong."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from errno import ENETUNREACH
from pathlib import Path

import pytest
import trustme
from alert_tools import INTAKE, OPERATIONS, finding, look, mails
from smtp_tools import PASSWORD, USER, Office, context_for, free_port, post_office

from tasks import locks
from tasks.alerts import causes, check_smtp, outbox
from tasks.alerts.outbox import Round
from tasks.errors import ConfigurationError, JournalCorrupt, NightLocked
from tasks.journal import Journal
from tasks.settings import Rooms, Settings

Make = Callable[..., Settings]


def waiting(journal: Journal) -> list[str]:
    return [one.mail.to for one in outbox.unsent(journal.entries())]


def reasons(journal: Journal) -> list[str | None]:
    return [one.reason for one in outbox.unsent(journal.entries())]


# The connection -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["starttls", "tls"])
@pytest.mark.usefixtures("trusted")
def test_mails_go_encrypted_and_logged_in(
    kind: str, certificate: ssl.SSLContext, rooms: Rooms, journal: Journal, settings: Make
) -> None:
    how = {"starttls" if kind == "starttls" else "implicit": certificate}
    with post_office(**how, login=True) as office:  # type: ignore[arg-type]
        made = settings(office.port, smtp_security=kind, smtp_user=USER, smtp_password=PASSWORD)
        assert check_smtp(made) is True
        done = outbox.send(rooms, made)
    assert (len(done.sent), done.waiting, done.trouble) == (2, 0, None)
    assert sorted(to for to, _ in office.got) == [OPERATIONS, INTAKE]
    # What came is what the journal holds, byte for byte.
    written = {mail["to"]: mail["content"].encode() for mail in mails(journal)}
    assert dict(office.got) == written
    assert outbox.send(rooms, made) == Round()
    assert set(office.ids.values()) == {1}


@pytest.mark.parametrize("kind", ["starttls", "tls"])
@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_is_told_and_never_shown(
    kind: str, certificate: ssl.SSLContext, rooms: Rooms, journal: Journal, settings: Make
) -> None:
    how = {"starttls" if kind == "starttls" else "implicit": certificate}
    with post_office(**how, login=True) as office:  # type: ignore[arg-type]
        made = settings(office.port, smtp_security=kind, smtp_user=USER, smtp_password="feil-ord")
        with pytest.raises(ConfigurationError, match="535") as refusal:
            check_smtp(made)
        done = outbox.send(rooms, made)
    assert "535" in str(done.trouble)
    assert (done.waiting, office.got) == (2, [])
    for said in (str(refusal.value), str(done), journal.path.read_text(encoding="utf-8")):
        assert "feil-ord" not in said


@pytest.mark.parametrize("kind", ["starttls", "tls"])
@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_a_certificate_that_is_not_trusted_is_refused_before_the_password_is_told(
    kind: str,
    wrong: str,
    authority: tuple[trustme.CA, Path],
    rooms: Rooms,
    journal: Journal,
    settings: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if wrong == "name":
        monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))
    served = context_for(authority[0], "elsewhere.example" if wrong == "name" else "127.0.0.1")
    how = {"starttls" if kind == "starttls" else "implicit": served}
    with post_office(**how, login=True) as office:  # type: ignore[arg-type]
        made = settings(office.port, smtp_security=kind, smtp_user=USER, smtp_password=PASSWORD)
        with pytest.raises(ConfigurationError, match="sertifikat"):
            check_smtp(made)
        assert "sertifikat" in str(outbox.send(rooms, made).trouble)
    assert office.got == []
    assert len(waiting(journal)) == 2


def test_a_server_that_cannot_encrypt_is_not_used_in_clear(
    office: Office, rooms: Rooms, journal: Journal, settings: Make
) -> None:
    done = outbox.send(rooms, settings(office.port, smtp_security="starttls"))
    assert "starttls" in str(done.trouble)
    assert (office.got, len(waiting(journal))) == ([], 2)


def test_no_password_goes_in_clear_off_this_machine(settings: Make) -> None:
    made = settings(25, smtp_user=USER, smtp_password=PASSWORD)
    far = made.model_copy(update={"smtp_host": "mail.fylket.invalid"})
    with pytest.raises(ConfigurationError, match="klartekst") as refusal:
        check_smtp(far)
    assert PASSWORD not in str(refusal.value)


def test_a_server_that_answers_is_fine_and_none_is_a_choice(office: Office, settings: Make) -> None:
    assert check_smtp(settings(office.port)) is True
    assert check_smtp(Settings()) is False


# Trouble --------------------------------------------------------------------------------------


@pytest.fixture
def silent() -> Iterator[int]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_server_that_is_down_or_silent_is_waited_for(
    silent: int, rooms: Rooms, journal: Journal, settings: Make
) -> None:
    before = len(journal.entries())
    down = outbox.send(rooms, settings(free_port()), force=True)
    assert "ingen svarer" in str(down.trouble)
    quiet = outbox.send(rooms, settings(silent, smtp_timeout_seconds=0.2), force=True)
    assert "intet svar" in str(quiet.trouble)
    # One entry an attempt round, for all that waits.
    assert [e.kind for e in journal.entries()[before:]] == ["mail.deferred"] * 2
    assert waiting(journal) == [OPERATIONS, INTAKE]
    with post_office() as office:
        done = outbox.send(rooms, settings(office.port), force=True)
    assert len(done.sent) == 2
    assert set(office.ids.values()) == {1}


def test_a_server_that_asks_to_wait_gets_the_same_mail_later(
    office: Office, rooms: Rooms, journal: Journal, settings: Make
) -> None:
    office.answer = "451 not now"
    done = outbox.send(rooms, settings(office.port))
    assert done.trouble is None
    assert all("451 not now" in str(reason) for reason in reasons(journal))
    assert outbox.send(rooms, settings(office.port)).deferred == {}, "in its pause"
    office.answer = "250 taken"
    assert len(outbox.send(rooms, settings(office.port), force=True).sent) == 2
    assert office.ids == dict.fromkeys((mail["id"] for mail in mails(journal)), 1)


def test_one_refused_recipient_does_not_hold_the_other_back(
    office: Office, rooms: Rooms, journal: Journal, settings: Make
) -> None:
    office.refuse[INTAKE] = "550 no such person"
    made = settings(office.port)
    for _ in range(12):
        outbox.send(rooms, made, force=True)
    assert [to for to, _ in office.got] == [OPERATIONS]
    (left,) = outbox.unsent(journal.entries())
    assert (left.mail.to, left.state, left.attempts) == (INTAKE, "stopped", 12)
    assert "550 no such person" in str(left.reason)
    assert outbox.send(rooms, made).deferred == {}, "it is asked no more"
    del office.refuse[INTAKE]
    assert len(outbox.send(rooms, made, force=True).sent) == 1
    assert waiting(journal) == []


def test_pauses_grow_to_a_limit_and_a_clock_set_back_ends_them(journal: Journal) -> None:
    (one, _) = outbox.unsent(journal.entries())
    now = datetime.now(UTC)

    def waits(attempts: int, refusals: int = 0) -> timedelta:
        tried = replace(one, attempts=attempts, refusals=refusals, tried_at=now)
        for minutes in range(0, 60 * 30, 10):
            if tried.due(now + timedelta(minutes=minutes)):
                return timedelta(minutes=minutes)
        raise AssertionError("never")

    assert [waits(n) // timedelta(minutes=10) for n in (1, 2, 3, 4, 400)] == [1, 2, 4, 6, 6]
    assert [waits(n, n) // timedelta(hours=1) for n in (1, 2, 3, 9)] == [1, 2, 4, 24]
    assert replace(one, attempts=5, tried_at=now + timedelta(days=3)).due(now)


@pytest.mark.parametrize("where", ["mid-data", "before the reply"])
def test_a_connection_that_drops_loses_nothing(
    where: str, office: Office, rooms: Rooms, journal: Journal, settings: Make
) -> None:
    if where == "mid-data":
        office.drops = 1
    else:
        office.deaf = 1
    done = outbox.send(rooms, settings(office.port))
    assert (len(done.sent), len(done.deferred), office.connections) == (1, 1, 2)
    assert ["forbindelsen brøt" in str(reason) for reason in reasons(journal)] == [True]
    assert len(outbox.send(rooms, settings(office.port), force=True).sent) == 1
    written = [mail["id"] for mail in mails(journal)]
    # Taken and not answered is sent again, as the same mail.
    assert office.ids == {written[0]: 1 + (where != "mid-data"), written[1]: 1}


def test_a_server_that_breaks_off_every_time_is_left_for_later(
    office: Office, rooms: Rooms, journal: Journal, settings: Make
) -> None:
    for day in (21, 22):
        look(journal, day, [finding(), finding("pupils", day=day, about=str(day))])
    # The third night of one of them is told to whom it is escalated, too.
    assert len(waiting(journal)) == 7
    office.drops = 100
    done = outbox.send(rooms, settings(office.port))
    assert (office.connections, done.waiting, len(done.deferred)) == (3, 7, 7)
    office.drops = 0
    assert len(outbox.send(rooms, settings(office.port), force=True).sent) == 7


@pytest.mark.parametrize(
    ("error", "what", "said", "remedy"),
    [
        (
            smtplib.SMTPNotSupportedError("STARTTLS extension not supported by server."),
            "STARTTLS",
            "extension not supported",
            "TILBUDSPLAN_SMTP_SECURITY=tls",
        ),
        (
            smtplib.SMTPNotSupportedError("SMTP AUTH extension not supported by server."),
            "ikke tar imot innlogging",
            "extension not supported",
            "fjern TILBUDSPLAN_SMTP_USER",
        ),
        (
            smtplib.SMTPException("No suitable authentication method found."),
            "måter å logge inn på",
            "No suitable",
            "spør den som drifter",
        ),
        (
            smtplib.SMTPAuthenticationError(535, b"5.7.8 hemmelig"),
            "innloggingen ble avvist (535)",
            "",
            "TILBUDSPLAN_SMTP_PASSWORD",
        ),
        (
            smtplib.SMTPServerDisconnected("Connection unexpectedly closed: timed out"),
            "intet svar på 7 sekunder",
            "",
            "brannmuren",
        ),
        (
            smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
            "la på",
            "",
            "_SECURITY",
        ),
        (TimeoutError("timed out"), "intet svar på 7 sekunder", "", "brannmuren"),
        (
            socket.gaierror(-2, "Name or service not known"),
            "tjenernavn som ikke finnes",
            "Name or service not known",
            "TILBUDSPLAN_SMTP_HOST",
        ),
        (ConnectionRefusedError(111, "Connection refused"), "ingen svarer på porten", "", "_PORT"),
        (ConnectionResetError(104, "reset by peer"), "brøt forbindelsen", "", "_SECURITY"),
        (OSError(ENETUNREACH, "Network is unreachable"), "når fram", "unreachable", "brannmuren"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]"), "kryptering", "WRONG_VERSION", "465"),
        (smtplib.SMTPHeloError(501, b"bad name"), "avslag fra tjeneren", "501 bad name", "_HOST"),
        (UnicodeEncodeError("ascii", "pæss", 1, 2, "x"), "tegn som ikke kan sendes", "", "_HOST"),
    ],
)
def test_what_goes_wrong_is_told_in_norwegian_with_its_own_remedy(
    error: Exception, what: str, said: str, remedy: str
) -> None:
    told = causes.told(error, 7)
    assert what in told[0]
    assert (said in told[1]) if said else told[1] == ""
    assert remedy in told[2]
    assert "hemmelig" not in "".join(told)
    assert "pæss" not in "".join(told)


@pytest.mark.parametrize(
    ("host", "what"),
    [("nobody.invalid", "et tjenernavn som ikke finnes ("), ("a..b", "tegn som ikke kan sendes")],
)
def test_a_name_that_leads_nowhere_is_named(settings: Make, host: str, what: str) -> None:
    made = settings(25, smtp_security="starttls").model_copy(update={"smtp_host": host})
    with pytest.raises(ConfigurationError) as refusal:
        check_smtp(made)
    assert what in refusal.value.got
    assert "TILBUDSPLAN_SMTP_HOST" in refusal.value.remedy


# What is ours ---------------------------------------------------------------------------------


def test_without_a_server_all_waits_and_nothing_is_written(rooms: Rooms, journal: Journal) -> None:
    before = journal.path.read_bytes()
    done = outbox.send(rooms, Settings(home=rooms.home))
    assert (done.waiting, done.trouble) == (2, outbox.NO_SERVER)
    assert journal.path.read_bytes() == before


def test_another_sender_is_told_so(
    office: Office, rooms: Rooms, journal: Journal, settings: Make
) -> None:
    with locks.night_lock(rooms.mail_lock), pytest.raises(NightLocked):
        outbox.send(rooms, settings(office.port))
    with locks.night_lock(rooms.mail_lock):
        assert outbox.attempt(settings(office.port)) == Round()
    assert office.got == []


def test_nothing_is_sent_from_a_journal_that_does_not_hold(
    office: Office, rooms: Rooms, journal: Journal, settings: Make
) -> None:
    look(journal, 21, [])
    text = journal.path.read_text(encoding="utf-8")
    journal.path.write_text(text.replace("503", "504", 1), encoding="utf-8")
    with pytest.raises(JournalCorrupt):
        outbox.send(rooms, settings(office.port))
    assert office.got == []
