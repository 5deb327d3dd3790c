"""A test mail: one letter, past the outbox, to see whether the set-up of e-mail holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from tasks import dates
from tasks.alerts import message, policy, smtp
from tasks.alerts.message import Letter
from tasks.alerts.outbox import NO_SERVER
from tasks.alerts.policy import Policy
from tasks.errors import ConfigurationError, WrongUse
from tasks.settings import Settings

_SET_UP = "docs/alerts.md sier hvordan"


def send(settings: Settings, to: str, chosen: Policy, at: datetime | None = None) -> None:
    """Send one test mail now; nothing is written down, and it is not tried again.

    Args:
        settings: The mail server, with its password.
        to: Who gets it.
        chosen: Who it is from.
        at: When it is written.

    Raises:
        WrongUse: the address cannot be one.
        ConfigurationError: no server or sender is set, or the server does not answer.
        smtp.Deferred: the server did not take it.
    """
    if not re.fullmatch(policy.ADDRESS, to):
        raise WrongUse(
            subject="mail test",
            expected="én e-postadresse",
            got=f"«{to}»",
            remedy="skriv adressen slik: tilbudsplan mail test drift@fylket.example",
        )
    if not settings.smtp_host:
        raise ConfigurationError(
            subject="mail test",
            expected="en e-posttjener å prøve",
            got=NO_SERVER,
            remedy=f"sett TILBUDSPLAN_SMTP_HOST; {_SET_UP}",
        )
    if not chosen.can_send:
        raise ConfigurationError(
            subject="mail test",
            expected="en avsender i data/reference/alerts.toml",
            got=f"{chosen.sender.address}, som bare holder plassen",
            remedy=f"sett address under [sender]; {_SET_UP}",
        )
    written = at or datetime.now(UTC)
    sender, letter = chosen.sender, _letter(settings, to, written)
    identity = message.message_id(sender.address, "test", written.isoformat(), to)
    mail = message.write(letter, sender.name, sender.address, identity, written)
    with smtp.connected(settings) as server:
        smtp.deliver(server, mail, settings)


def _letter(settings: Settings, to: str, at: datetime) -> Letter:
    return Letter(
        to=to,
        subject="Testmelding fra Tilbudsplan",
        heading="Testmelding: oppsettet av e-post virker",
        lead=(
            f"Noen kjørte «tilbudsplan mail test» {dates.moment(at)}. Ingenting er galt, og ingen "
            "skal gjøre noe.",
            f"Sendt gjennom {settings.smtp_host}:{settings.smtp_port} ({settings.smtp_security}).",
        ),
        sections=(),
        footer=("Sendt av Tilbudsplan.",),
    )
