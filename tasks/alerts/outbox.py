"""The outbox: a view of the journal. What is written and not marked as sent, waits.

A mail is marked after the server has taken it, so one that was taken just before a kill is sent
again, with the same Message-ID: at least once, and never lost.
"""

from __future__ import annotations

import os
import smtplib
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from tasks.alerts import smtp
from tasks.alerts.message import Mail
from tasks.errors import ConfigurationError, NightLocked, TilbudsplanError
from tasks.journal import Entry, Journal
from tasks.locks import night_lock
from tasks.settings import Rooms, Settings

State = Literal["waiting", "sent", "stopped"]
NO_SERVER = "ingen e-posttjener er satt (TILBUDSPLAN_SMTP_HOST)"

# The pause doubles with each attempt. A server that says never is asked less often, and in the end
# not any more, until somebody asks by hand.
_FIRST, _MOST = timedelta(minutes=10), timedelta(hours=1)
_FIRST_PERMANENT, _MOST_PERMANENT = timedelta(hours=1), timedelta(hours=24)
_REFUSALS = 10
# Connections that break in a row before the rest of a round waits.
_BREAKS = 3
_PROBE_BYTES = 65_536


@dataclass(frozen=True)
class Posted:
    """One mail of the journal and what became of it.

    Attributes:
        mail: The mail.
        written_at: When it was journaled.
        sent_at: When the server had taken it.
        attempts: How often it was deferred.
        refusals: How often in a row the server said that trying again will not help.
        reason: Why it was deferred last; none once it is sent.
        tried_at: When that was.
    """

    mail: Mail
    written_at: datetime
    sent_at: datetime | None = None
    attempts: int = 0
    refusals: int = 0
    reason: str | None = None
    tried_at: datetime | None = None

    @property
    def state(self) -> State:
        """Whether it is sent, waits, or waits for somebody to ask for it."""
        if self.sent_at is not None:
            return "sent"
        return "stopped" if self.refusals >= _REFUSALS else "waiting"

    def due(self, now: datetime) -> bool:
        """Whether its pause is over; a last attempt in the future is the clock's mistake."""
        if self.state != "waiting" or self.tried_at is None or self.tried_at > now:
            return self.state == "waiting"
        first, most = (_FIRST_PERMANENT, _MOST_PERMANENT) if self.refusals else (_FIRST, _MOST)
        # Doubled often enough to have reached the most, and no more.
        pause = min(first * (1 << min(self.attempts - 1, 10)), most)
        return now - self.tried_at >= pause


@dataclass(frozen=True)
class Round:
    """What a round of sending came to.

    Attributes:
        sent: Message-IDs that the server took.
        deferred: Message-IDs that it did not take, and why.
        waiting: How many mails wait after it, for whatever reason.
        trouble: Why nothing could be sent at all.
    """

    sent: tuple[str, ...] = ()
    deferred: dict[str, str] = field(default_factory=dict)
    waiting: int = 0
    trouble: str | None = None


def posted(entries: Iterable[Entry]) -> list[Posted]:
    """Every mail of the journal, oldest first."""
    found: dict[str, Posted] = {}
    for entry in entries:
        match entry.kind:
            case "findings" | "cycle.reminded":
                for one in entry.payload.get("mails", ()):
                    mail = Mail(*(one[name] for name in Mail.__dataclass_fields__))
                    found.setdefault(mail.id, Posted(mail, entry.at))
            case "mail.sent" if (identity := entry.payload["id"]) in found:
                # Why it waited before is over.
                found[identity] = replace(found[identity], sent_at=entry.at, reason=None)
            case "mail.deferred":
                tried = entry.payload["mails"]
                found |= {i: _tried(found[i], tried[i], entry.at) for i in tried.keys() & found}
    return list(found.values())


def unsent(entries: Iterable[Entry]) -> list[Posted]:
    """The mails that wait, those that are not tried any more among them."""
    return [one for one in posted(entries) if one.state != "sent"]


def send(rooms: Rooms, settings: Settings, *, force: bool = False) -> Round:
    """Send what waits, one process at a time; trouble with the server is told and not raised.

    Args:
        rooms: Where the journal is.
        settings: The server, with its password.
        force: Also what is in its pause, and what is not tried any more.

    Raises:
        NightLocked: another process sends.
        JournalCorrupt: the journal cannot be read.
        OSError: the journal cannot be written; nothing is sent that could not be marked.
    """
    journal = Journal(rooms.journal)
    with night_lock(rooms.mail_lock):
        now = datetime.now(UTC)
        waiting = unsent(journal.entries())
        chosen = [one for one in waiting if force or one.due(now)]
        if not settings.smtp_host:
            return Round(waiting=len(waiting), trouble=NO_SERVER if waiting else None)
        if not chosen:
            return Round(waiting=len(waiting))
        probe(rooms.journal)
        # What failed least goes first, so that one bad mail never stands in the way of others.
        chosen.sort(key=lambda one: (one.attempts, one.written_at))
        done = _Sending(settings, lambda mail: journal.append("mail.sent", _mark(mail)))
        done.run([one.mail for one in chosen])
        if done.deferred:
            mails = {
                identity: {"reason": error.reason, "permanent": error.permanent}
                for identity, error in done.deferred.items()
            }
            journal.append("mail.deferred", {"mails": mails})
        return Round(
            sent=tuple(done.sent),
            deferred={identity: error.reason for identity, error in done.deferred.items()},
            waiting=len(waiting) - len(done.sent),
            trouble=done.trouble,
        )


def attempt(settings: Settings) -> Round:
    """Send what waits, as the last stage of a night: whatever is wrong is told and not raised."""
    try:
        return send(settings.rooms, settings)
    except NightLocked:
        return Round()  # another process sends the same mails
    except (TilbudsplanError, OSError) as error:
        return Round(trouble=str(error))


def send_directly(settings: Settings, mails: Sequence[Mail]) -> Round:
    """Send mails that are in no journal, where that can be neither read nor written."""
    done = _Sending(settings, lambda _: None)
    if settings.smtp_host:
        done.run(list(mails))
    else:
        done.trouble = NO_SERVER
    return Round(
        sent=tuple(done.sent),
        deferred={identity: error.reason for identity, error in done.deferred.items()},
        waiting=len(mails) - len(done.sent),
        trouble=done.trouble,
    )


def probe(folder: Path) -> None:
    """Write, sync and remove a file where the journal is: there is room, and we may.

    Raises:
        OSError: there is not, or we may not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"\0" * _PROBE_BYTES)
        file.flush()
        os.fsync(file.fileno())


class _Sending:
    """One round over one or more connections."""

    def __init__(self, settings: Settings, mark: Callable[[Mail], object]) -> None:
        self.settings, self.mark = settings, mark
        self.sent: list[str] = []
        self.deferred: dict[str, smtp.Deferred] = {}
        self.trouble: str | None = None
        self._breaks = 0

    def run(self, mails: Sequence[Mail]) -> None:
        queue = deque(mails)
        while queue and self.trouble is None:
            try:
                with smtp.connected(self.settings) as server:
                    self._over(server, queue)
            except ConfigurationError as error:
                self.trouble = str(error)
            if self._breaks >= _BREAKS:
                self.trouble = f"forbindelsen brøt {_BREAKS} ganger på rad"
        for mail in queue:
            self.deferred[mail.id] = smtp.Deferred(self.trouble or "")

    def _over(self, server: smtplib.SMTP, queue: deque[Mail]) -> None:
        """Over one connection, until all is sent or it breaks."""
        while queue:
            mail = queue.popleft()
            try:
                smtp.deliver(server, mail, self.settings)
            except smtp.Deferred as error:
                self.deferred[mail.id] = error
                if not error.connected:
                    self._breaks += 1
                    return
            else:
                self.mark(mail)
                self.sent.append(mail.id)
            self._breaks = 0


def _mark(mail: Mail) -> dict[str, str]:
    return {"id": mail.id, "to": mail.to}


def _tried(before: Posted, said: dict[str, str | bool], at: datetime) -> Posted:
    return replace(
        before,
        attempts=before.attempts + 1,
        refusals=before.refusals + 1 if said["permanent"] else 0,
        reason=str(said["reason"]),
        tried_at=at,
    )
