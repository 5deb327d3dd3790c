"""Commands about e-mail: what waits, one mail whole, sending, a test mail."""

from __future__ import annotations

import email
import email.policy
from dataclasses import asdict
from typing import Any

from flows import show
from flows.mailing import with_password
from tasks.alerts import outbox, policy, trying
from tasks.alerts.outbox import Posted
from tasks.alerts.smtp import Deferred
from tasks.errors import NotFound
from tasks.journal import Journal
from tasks.settings import Project, Settings

STATES = {"waiting": "venter", "sent": "sendt", "stopped": "gitt opp"}


def listed(everything: bool, as_json: bool) -> None:
    """Print the mails that wait, or all of them; each keeps its number."""
    found = _numbered()
    chosen = {n: one for n, one in found.items() if everything or one.state != "sent"}
    if as_json:
        show.as_json([_facts(number, one) for number, one in chosen.items()])
        return
    if not chosen:
        show.line("Ingen e-post venter." if found else "Ingen e-post er skrevet ennå.")
        return
    # What is the same for many is told once, below, and known by a letter.
    reasons = dict.fromkeys(one.reason for one in chosen.values() if one.reason)
    marks = {reason: _mark(number) for number, reason in enumerate(reasons)}
    columns = ["nr", "tilstand", "skrevet", "forsøk", "hvorfor", "til"]
    rows = [_row(number, one, marks) for number, one in chosen.items()]
    show.as_table(columns, rows, below=[one.mail.subject for one in chosen.values()])
    if marks:
        show.line()
        show.line("Hvorfor ikke sendt:")
    for reason, mark in marks.items():
        show.wrapped(reason, f"  {mark}  ")
    show.line()
    if any(one.state == "stopped" for one in chosen.values()):
        show.line("Gitt opp: tjeneren sier nei. Rett adressen, og prøv «tilbudsplan mail send».")
    show.line("Hele brevet: «tilbudsplan mail show NR».")


def shown(which: str, as_json: bool) -> None:
    """Print one mail whole, as plain text, and what became of it."""
    number, one = _chosen(which)
    text = _text(one)
    if as_json:
        show.as_json({**_facts(number, one), "text": text})
        return
    show.line(f"Nr:       {number}")
    show.line(f"Til:      {one.mail.to}")
    show.wrapped(one.mail.subject, "Emne:     ")
    show.line(f"Skrevet:  {show.local_time(one.written_at)}")
    show.line(f"Tilstand: {_became(one)}")
    if one.reason:
        show.wrapped(one.reason, "Hvorfor:  ")
    show.line(f"ID:       {one.mail.id}")
    show.line()
    for line in text.splitlines():
        show.line(line)


def send(as_json: bool) -> bool:
    """Send what waits, pauses or not.

    Returns:
        Whether nothing waits any more.
    """
    settings = with_password(Settings())
    done = outbox.send(settings.rooms, settings, force=True)
    if as_json:
        show.as_json(asdict(done))
        return not done.waiting
    show.wrapped(told(done))
    for reason in sorted(set(done.deferred.values()) - {done.trouble or ""}):
        show.wrapped(reason, "  ")
    return not done.waiting


def test(to: str, as_json: bool) -> bool:
    """Send one test mail now, past the outbox.

    Returns:
        Whether the server took it.
    """
    settings = with_password(Settings())
    server = f"{settings.smtp_host}:{settings.smtp_port} ({settings.smtp_security})"
    refused = None
    try:
        trying.send(settings, to, policy.read(Project()))
    except Deferred as error:
        refused = error.reason
    if as_json:
        show.as_json({"to": to, "server": server, "sent": refused is None, "reason": refused})
    elif refused is None:
        show.line(f"Testmeldingen til {to} er tatt imot av {server}.")
        show.line("Kommer den ikke fram, se i søppelposten, og spør den som drifter e-posten.")
    else:
        show.wrapped(f"Testmeldingen til {to} ble ikke sendt gjennom {server}: {refused}.")
        show.line(
            "Ingenting ligger igjen og venter. Rett adressen eller avsenderen, og prøv igjen."
        )
    return refused is None


def told(done: outbox.Round) -> str:
    """A round of sending in a line."""
    text = f"E-post: {len(done.sent)} sendt, {done.waiting} venter."
    return f"{text} {done.trouble}" if done.trouble else text


def _numbered() -> dict[int, Posted]:
    """All mails, oldest first; the journal only grows, so a number stays."""
    found = outbox.posted(Journal(Settings().rooms.journal).entries())
    return dict(enumerate(found, start=1))


def _chosen(which: str) -> tuple[int, Posted]:
    found = _numbered()
    if which.isascii() and which.isdigit() and int(which) in found:
        return int(which), found[int(which)]
    wanted = which.strip("<>")
    for number, one in found.items():
        if one.mail.id.strip("<>") == wanted:
            return number, one
    raise NotFound(
        subject="mail show",
        expected=f"et nummer fra 1 til {len(found)}, eller en ID" if found else "en skrevet e-post",
        got=f"«{which}»" if found else "ingen ennå",
        remedy="se numrene med «tilbudsplan mail list --all»",
    )


def _facts(number: int, one: Posted) -> dict[str, Any]:
    return {
        "number": number,
        "id": one.mail.id,
        "to": one.mail.to,
        "subject": one.mail.subject,
        "state": one.state,
        "written_at": one.written_at,
        "sent_at": one.sent_at,
        "attempts": one.attempts,
        "tried_at": one.tried_at,
        "reason": one.reason,
    }


def _row(number: int, one: Posted, marks: dict[str, str]) -> list[object]:
    return [
        number,
        STATES[one.state],
        one.written_at,
        one.attempts,
        marks.get(one.reason or ""),
        one.mail.to,
    ]


def _mark(number: int) -> str:
    """a, b, … z, aa, ab: what a reason is called in the list."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    before, rest = divmod(number, len(letters))
    return (_mark(before - 1) if before else "") + letters[rest]


def _became(one: Posted) -> str:
    if one.sent_at is not None:
        return f"sendt {show.local_time(one.sent_at)}"
    if one.tried_at is None:
        return f"{STATES[one.state]}, ikke forsøkt"
    times = "1 gang" if one.attempts == 1 else f"{one.attempts} ganger"
    return f"{STATES[one.state]}, forsøkt {times}, sist {show.local_time(one.tried_at)}"


def _text(one: Posted) -> str:
    """The plain text of a mail, as a mail program shows it."""
    read = email.message_from_bytes(one.mail.content.encode("ascii"), policy=email.policy.default)
    part = read.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""
