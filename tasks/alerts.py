"""Findings: what somebody must look at, opened, repeated and closed as nights go by.

The journal holds them; what is open is read from there. A finding is known by dataset and kind, so
the same trouble on ten nights is one finding of ten nights.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

from tasks.errors import ConfigurationError
from tasks.journal import Journal
from tasks.settings import Settings

_TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Finding:
    """Something that somebody must look at.

    Attributes:
        dataset: The dataset, or the table where it is not one dataset's.
        kind: `fetch`, `parse`, `stage`, `block`, `freshness` or `warn`.
        owner: Who answers for it.
        reason: What is wrong, in Norwegian.
        since: Oslo date of the first night.
        nights: On how many nights it was found.
    """

    dataset: str
    kind: str
    owner: str
    reason: str
    since: date
    nights: int = 1

    @property
    def key(self) -> tuple[str, str]:
        """What makes two findings the same one."""
        return self.dataset, self.kind


def record(journal: Journal, night: str, found: Sequence[Finding]) -> list[Finding]:
    """Compare a night's findings with the open ones and journal what changed.

    Args:
        journal: The journal.
        night: The night's id.
        found: Everything that is wrong tonight, each once; what is not among them is closed.

    Returns:
        What is open now.
    """
    before = {f.key: f for f in open_findings(journal)}
    opened = [f for f in found if f.key not in before]
    repeated = [
        replace(f, since=before[f.key].since, nights=before[f.key].nights + 1)
        for f in found
        if f.key in before
    ]
    still = {f.key for f in found}
    closed = [f for key, f in before.items() if key not in still]
    if opened or repeated or closed:
        lists = {"opened": opened, "repeated": repeated, "closed": closed}
        listed = {name: [_plain(f) for f in findings] for name, findings in lists.items()}
        journal.append("findings", {"night": night, **listed})
    return opened + repeated


def open_findings(journal: Journal) -> list[Finding]:
    """What is open, in order of dataset and kind."""
    current: dict[tuple[str, str], Finding] = {}
    for entry in journal.entries("findings"):
        for plain in entry.payload["opened"] + entry.payload["repeated"]:
            finding = Finding(**{**plain, "since": date.fromisoformat(plain["since"])})
            current[finding.key] = finding
        for plain in entry.payload["closed"]:
            current.pop((plain["dataset"], plain["kind"]), None)
    return [current[key] for key in sorted(current)]


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


def _connect(host: str, settings: Settings) -> smtplib.SMTP:
    if settings.smtp_security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, settings.smtp_port, timeout=_TIMEOUT_SECONDS, context=context)
    return smtplib.SMTP(host, settings.smtp_port, timeout=_TIMEOUT_SECONDS)


def _said(error: Exception, settings: Settings) -> str:
    text = f"{type(error).__name__}: {error}"
    secret = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
    return text.replace(secret, "***") if secret else text


def _plain(finding: Finding) -> dict[str, object]:
    return {**asdict(finding), "since": finding.since.isoformat()}
