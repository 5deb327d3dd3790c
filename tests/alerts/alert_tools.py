"""What the tests of alerts share: a policy with addresses, findings, looks, mails as read."""

from __future__ import annotations

import email
import email.policy
import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

from tasks.alerts import Desk, Finding, Look, Post, record
from tasks.alerts.policy import Policy
from tasks.journal import Journal
from tasks.settings import CHECKOUT, Rooms

REFERENCE = CHECKOUT / "data" / "reference" / "alerts.toml"
INTAKE, OPERATIONS = "inntak@fylket.example", "drift@fylket.example"
STATISTICS, LEADER = "statistikk@fylket.example", "seksjonsleder@fylket.example"
TITLES = {"places": "Plasser", "pupils": "Elever"}


def policy_text(**replaced: str) -> str:
    """The policy of the repository with addresses that count, and other lines replaced."""
    text = REFERENCE.read_text(encoding="utf-8").replace("fylket.invalid", "fylket.example")
    for old, new in replaced.items():
        assert f"{old} = " in text
        lines = [
            f"{old} = {new}" if line.startswith(f"{old} = ") else line for line in text.splitlines()
        ]
        text = "\n".join(lines)
    return text


def policy(**replaced: str) -> Policy:
    return Policy.model_validate(tomllib.loads(policy_text(**replaced)))


def finding(
    dataset: str = "places",
    kind: str = "fetch",
    *,
    day: int = 20,
    owner: str = "inntak",
    reason: str = "kilden svarte 503",
    about: str = "",
    touches: tuple[str, ...] = (),
) -> Finding:
    since = date(2026, 11, day)
    return Finding(dataset, kind, owner, reason, since, about=about, touches=touches)


def look(
    journal: Journal,
    day: int,
    found: Sequence[Finding],
    who: Look = Look.NIGHT,
    policy_: Policy | None = None,
    profile: str = "live",
) -> list[Finding]:
    """A look as a night of November 2026 takes it."""
    tables = {name: f"staging.{name}" for name in TITLES}
    desk = Desk(date(2026, 11, day), profile, TITLES, tables)
    return record(journal, f"n{day}", found, Post(policy_ or policy(), desk), who)


def mails(journal: Journal) -> list[Mapping[str, Any]]:
    """Every mail of the journal, oldest first."""
    return [mail for entry in journal.entries("findings") for mail in entry.payload["mails"]]


def parsed(content: str | bytes) -> EmailMessage:
    """A mail as a mail program reads it."""
    raw = content.encode("ascii") if isinstance(content, str) else content
    return cast("EmailMessage", email.message_from_bytes(raw, policy=email.policy.default))


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return cast("EmailMessage", part).get_content()


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return cast("EmailMessage", part).get_content()


class Page(HTMLParser):
    """Elements, attributes and words of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self._words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words).split())


def write_policy(folder: Path, **replaced: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "alerts.toml").write_text(policy_text(**replaced), encoding="utf-8")


def environment_of(rooms: Rooms, port: int, **more: str) -> dict[str, str]:
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("TILBUDSPLAN_", "PREFECT_"))}
    ours = {
        "TILBUDSPLAN_HOME": str(rooms.home),
        "TILBUDSPLAN_SMTP_HOST": "127.0.0.1",
        "TILBUDSPLAN_SMTP_PORT": str(port),
        "TILBUDSPLAN_SMTP_SECURITY": "none",
    }
    return {**kept, **ours, **more}
