"""Mail past the journal: where that can be neither read nor written, somebody must still know.

What was mailed is remembered in a small file, in the first of these that can be written: the run
folder that systemd gives (memory, so it can be written when the disk is full), the home, the
machine's folder for temporary files. Where none can be, it is mailed at every look, always with the
Message-ID of the date and the fault.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from tasks.alerts import message, outbox
from tasks.alerts.book import Post
from tasks.alerts.digest import compose
from tasks.alerts.findings import Change, Finding
from tasks.alerts.message import Mail
from tasks.settings import Settings


def send(settings: Settings, found: Sequence[Finding], post: Post, at: datetime) -> outbox.Round:
    """Mail findings at once, each date's faults once to each recipient.

    Args:
        settings: The mail server, with its password.
        found: What is wrong.
        post: Who is told, and who writes.
        at: When.
    """
    mails = [mail for mail in _mails(found, post, at) if mail.id not in _mailed(settings)]
    if not mails:
        nobody = None if post.policy and post.policy.can_send else "ingen mottakere er satt"
        return outbox.Round(trouble=nobody)
    done = outbox.send_directly(settings, mails)
    _remember(settings, done.sent)
    return done


def _mails(found: Sequence[Finding], post: Post, at: datetime) -> list[Mail]:
    if post.policy is None:
        return []
    change = Change(tuple(found), (), (), tuple(found), news=True)
    sender = post.policy.sender
    mails = []
    for note in compose(change, {}, post.policy, post.desk):
        faults = sorted("/".join(f.key) for f, _ in note.tells)
        identity = message.message_id(
            sender.address, post.desk.as_of.isoformat(), note.letter.to, *faults
        )
        mails.append(message.write(note.letter, sender.name, sender.address, identity, at))
    return mails


def _mailed(settings: Settings) -> set[str]:
    found: set[str] = set()
    for path in _stamps(settings):
        with suppress(OSError, UnicodeDecodeError):
            found |= set(path.read_text(encoding="ascii").split())
    return found


def _remember(settings: Settings, sent: Sequence[str]) -> None:
    for path in _stamps(settings):
        with suppress(OSError):
            # Somebody else's link in a folder that all may write is not followed.
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
            with os.fdopen(os.open(path, flags, 0o600), "a", encoding="ascii") as file:
                file.write("".join(f"{identity}\n" for identity in sent))
            return


def _stamps(settings: Settings) -> list[Path]:
    home = settings.rooms.home
    own = hashlib.sha256(f"{os.getuid()} {home}".encode()).hexdigest()[:16]
    given = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return [
        *([Path(given) / settings.rooms.watch_mailed.name] if given else []),
        *([settings.rooms.watch_mailed] if home.is_dir() else []),
        Path(tempfile.gettempdir()) / f"tilbudsplan-{own}.mailed",
    ]
