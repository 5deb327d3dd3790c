"""Findings: what somebody must look at, opened, repeated and closed as nights go by.

The journal holds them; what is open is read from there. A finding is known by dataset, kind and
expectation, so the same trouble on ten nights is one finding of ten nights. A night is an Oslo
date: running it again the same day adds none.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from tasks.errors import ConfigurationError
from tasks.journal import Journal
from tasks.settings import Settings, oslo_today

_TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Finding:
    """Something that somebody must look at.

    Attributes:
        dataset: The dataset, or the table where it is not one dataset's.
        kind: `fetch`, `parse`, `stage`, `block`, `freshness`, `deletion`, `inbox` or
            `warn`.
        owner: Who answers for it.
        reason: What is wrong, in Norwegian.
        since: Oslo date of the first night.
        nights: On how many nights it was found.
        about: Key of the expectation that failed; empty where it is about all of the dataset.
        touches: Plans, reports and tables that stand on the dataset, as they are called.
    """

    dataset: str
    kind: str
    owner: str
    reason: str
    since: date
    nights: int = 1
    about: str = ""
    touches: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two findings the same one."""
        return self.dataset, self.kind, self.about


def record(journal: Journal, night: str, found: Sequence[Finding]) -> list[Finding]:
    """Compare a night's findings with the open ones and journal what changed.

    Args:
        journal: The journal.
        night: The night's id.
        found: Everything that is wrong tonight, each once and with tonight as its `since`; what is
            not among them is closed.

    Returns:
        What is open now.
    """
    before = _current(journal)
    opened = [f for f in found if f.key not in before]
    repeated = [_again(f, *before[f.key]) for f in found if f.key in before]
    still = {f.key for f in found}
    closed = [f for key, (f, _) in before.items() if key not in still]
    if opened or repeated or closed:
        lists = {"opened": opened, "repeated": repeated, "closed": closed}
        listed = {name: [_plain(f) for f in findings] for name, findings in lists.items()}
        as_of = found[0].since.isoformat() if found else None
        journal.append("findings", {"night": night, "as_of": as_of, **listed})
    return opened + repeated


def open_findings(journal: Journal) -> list[Finding]:
    """What is open, in order of dataset and kind."""
    return [finding for _, (finding, _) in sorted(_current(journal).items())]


def check_smtp(settings: Settings) -> bool:
    """Try the e-mail server without sending anything: connect, EHLO, TLS, log in.

    Returns:
        False where no server is set, which is a choice and no mistake.

    Raises:
        ConfigurationError: with what the server said; the password is never shown.
    """
    if not settings.smtp_host:
        return False
    try:
        with _connect(settings.smtp_host, settings) as server:
            server.ehlo()
            if settings.smtp_security == "starttls":
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if settings.smtp_user:
                password = settings.smtp_password
                server.login(settings.smtp_user, password.get_secret_value() if password else "")
    except (smtplib.SMTPException, OSError) as error:
        raise ConfigurationError(
            subject=f"{settings.smtp_host}:{settings.smtp_port}",
            expected=f"en e-posttjener som svarer ({settings.smtp_security})",
            got=_said(error, settings),
            remedy="rett TILBUDSPLAN_SMTP_HOST, _PORT, _SECURITY, _USER eller _PASSWORD",
        ) from None  # the original error may carry what was sent
    return True


def _current(journal: Journal) -> dict[tuple[str, str, str], tuple[Finding, date]]:
    """What is open, each with the Oslo date of the last night that found it."""
    current: dict[tuple[str, str, str], tuple[Finding, date]] = {}
    for entry in journal.entries("findings"):
        # The first journals did not say the date; the night was journaled on it.
        said = entry.payload.get("as_of")
        last = date.fromisoformat(said) if said else oslo_today(entry.at)
        for plain in entry.payload["opened"] + entry.payload["repeated"]:
            finding = _finding(plain)
            current[finding.key] = finding, last
        for plain in entry.payload["closed"]:
            current.pop(_finding(plain).key, None)
    return current


def _again(tonight: Finding, before: Finding, last: date) -> Finding:
    """Tonight's finding with the past of the one it repeats."""
    nights = before.nights + (tonight.since != last)
    return replace(tonight, since=before.since, nights=nights)


def _connect(host: str, settings: Settings) -> smtplib.SMTP:
    if settings.smtp_security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, settings.smtp_port, timeout=_TIMEOUT_SECONDS, context=context)
    return smtplib.SMTP(host, settings.smtp_port, timeout=_TIMEOUT_SECONDS)


def _said(error: Exception, settings: Settings) -> str:
    text = f"{type(error).__name__}: {error}"
    secret = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
    return text.replace(secret, "***") if secret else text


def _finding(plain: dict[str, Any]) -> Finding:
    """A finding of the journal; early ones told neither expectation nor what they touch."""
    since = date.fromisoformat(plain["since"])
    return Finding(**{**plain, "since": since, "touches": tuple(plain.get("touches", ()))})


def _plain(finding: Finding) -> dict[str, object]:
    return {**asdict(finding), "since": finding.since.isoformat()}
