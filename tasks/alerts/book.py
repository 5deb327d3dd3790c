"""A finding and its mail are one record: written whole to the journal before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tasks.alerts import findings, message, policy, weekly
from tasks.alerts.digest import Desk, Note, Said, compose
from tasks.alerts.findings import Change, Finding, Key, Look
from tasks.alerts.message import Mail
from tasks.alerts.policy import Policy
from tasks.errors import ConfigurationError, TilbudsplanError
from tasks.journal import Entry, Journal
from tasks.landing import Landing
from tasks.settings import Project, Rooms


@dataclass(frozen=True)
class Post:
    """What it takes to write a mail.

    Attributes:
        policy: Who is told what; None where no policy can be read, and so nobody is told yet.
        desk: Who writes.
    """

    policy: Policy | None
    desk: Desk


def record(
    journal: Journal, night: str, found: Sequence[Finding], post: Post, look: Look = Look.NIGHT
) -> list[Finding]:
    """Compare what is found with what is open, and journal what changed and all mails about it.

    Nothing is sent. Done again with the same findings on the same date it writes nothing; after a
    kill it writes what was not written.

    Args:
        journal: The journal.
        night: The night's id, or what else looked.
        found: Everything that is wrong, each once and with the desk's date as its `since`; what the
            look covers and is not among them is closed.
        post: Who is told, and who writes.
        look: Who looked.

    Returns:
        What is open now, of everybody's.
    """
    entries = journal.entries()
    told = [entry for entry in entries if entry.kind == "findings"]
    change = findings.compare(told, found, post.desk.as_of, look)
    mails = _mails(entries, told, change, post, look)
    if change.news or mails:
        journal.append(
            "findings",
            {
                "night": night,
                "as_of": post.desk.as_of.isoformat(),
                "look": look.value,
                "opened": [findings.plain(f) for f in change.opened],
                "repeated": [findings.plain(f) for f in change.repeated],
                "closed": [findings.plain(f) for f in change.closed],
                "mails": mails,
            },
        )
    return list(change.open)


def policy_of(rooms: Rooms, project: Project) -> Policy | None:
    """The policy, or the one that the last night was built under where it cannot be read.

    A file with a mistake in it must not silence the mail that tells of the failed night.
    """
    try:
        return policy.read(project)
    except ConfigurationError:
        pass
    try:
        built = Journal(rooms.journal).entries("night.built")
        if not built:
            return None
        then = date.fromisoformat(built[-1].payload["as_of"])
        with TemporaryDirectory() as folder:
            landed = Landing(rooms.landing).materialise_project(
                then, Path(folder), built[-1].payload["project"]
            )
            return policy.read(landed)
    except (TilbudsplanError, OSError):
        return None


def told(entries: Sequence[Entry]) -> dict[str, dict[Key, Said]]:
    """What each recipient knows, by the mails that were written to them.

    Args:
        entries: The journal's entries of kind `findings`.
    """
    known: dict[str, dict[Key, Said]] = {}
    for entry in entries:
        for mail in entry.payload.get("mails", ()):
            of = known.setdefault(mail["to"], {})
            for one in mail["tells"]:
                dataset, kind, about = one["finding"]
                if one["as"] == "resolved":
                    of.pop((dataset, kind, about), None)
                else:
                    since = date.fromisoformat(one["since"])
                    of[dataset, kind, about] = Said(since, one["as"] == "escalated")
    return known


def written(note: Note, policy: Policy, desk: Desk, number: int, at: datetime) -> Mail:
    """A note as a finished mail.

    Args:
        note: What to say.
        policy: Who it is from.
        desk: Who writes.
        number: How many were written to the recipient on this date before.
        at: When it is written.
    """
    sender, letter = policy.sender, note.letter
    words = message.as_text(letter)
    identity = message.message_id(
        sender.address, desk.as_of.isoformat(), letter.to, str(number), letter.subject, words
    )
    return message.write(letter, sender.name, sender.address, identity, at)


def _mails(
    entries: Sequence[Entry], told_of: Sequence[Entry], change: Change, post: Post, look: Look
) -> list[dict[str, Any]]:
    if post.policy is None:
        return []
    desk = post.desk
    # Only a night that was published can say how the week was.
    weeks = weekly.weeks(entries, post.policy, desk.as_of) if look is Look.NIGHT else {}
    notes = compose(change, told(told_of), post.policy, desk, weeks)
    before = _written_on(told_of, desk.as_of)
    now = datetime.now(UTC)
    return [
        _plain(note, written(note, post.policy, desk, before.get(note.letter.to, 0), now))
        for note in notes
    ]


def _written_on(told_of: Sequence[Entry], as_of: date) -> Mapping[str, int]:
    counted: dict[str, int] = {}
    for entry in told_of:
        if entry.payload.get("as_of") == as_of.isoformat():
            for mail in entry.payload.get("mails", ()):
                counted[mail["to"]] = counted.get(mail["to"], 0) + 1
    return counted


def _plain(note: Note, mail: Mail) -> dict[str, Any]:
    return {
        **vars(mail),
        "tells": [
            {"finding": list(f.key), "since": f.since.isoformat(), "as": how}
            for f, how in note.tells
        ],
        "week": note.week.isoformat() if note.week else None,
    }
