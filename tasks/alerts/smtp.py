"""The e-mail server: connect, encrypt, log in, hand over. No text of it ever holds the password."""

from __future__ import annotations

import base64
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address

from tasks.alerts import causes, clean
from tasks.alerts.message import Mail
from tasks.errors import ConfigurationError
from tasks.settings import Settings

_PERMANENT = range(500, 600)
_SAID_MOST = 200
# A name or a password that the protocol cannot carry is an error of encoding.
_TROUBLE = (smtplib.SMTPException, OSError, UnicodeError)


class Deferred(Exception):
    """A mail was not taken, and waits.

    Args:
        reason: Why, in Norwegian, without secrets.
        permanent: The server says that trying again will not help.
        connected: The connection still stands, so other mails can go.
    """

    def __init__(self, reason: str, *, permanent: bool = False, connected: bool = True) -> None:
        self.reason, self.permanent, self.connected = reason, permanent, connected
        super().__init__(reason)


@contextmanager
def connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A connection to the server, encrypted and logged in as the settings say.

    The server's certificate must be of its name and of an authority that this machine trusts;
    `SSL_CERT_FILE` names another one.

    Raises:
        ConfigurationError: it could not be had; with what the server said.
    """
    server: smtplib.SMTP | None = None
    try:
        server = _open(settings)
        _log_in(server, settings)
    except _TROUBLE as error:
        if server is not None:
            server.close()
        raise _refusal(error, settings) from None  # the original may carry what was sent
    try:
        yield server
    finally:
        with suppress(*_TROUBLE):
            server.quit()
        server.close()


def deliver(server: smtplib.SMTP, mail: Mail, settings: Settings) -> None:
    """Hand one mail over; when this returns the server has taken it.

    Raises:
        Deferred: it did not, or nobody knows whether it did.
    """
    try:
        server.sendmail(mail.sender, [mail.to], mail.content.encode("ascii"))
    except smtplib.SMTPRecipientsRefused as error:
        ((code, said),) = error.recipients.values()
        text = f"mottakeren ble avvist ({code} {_said(said, settings)})"
        raise Deferred(text, permanent=code in _PERMANENT) from None
    except smtplib.SMTPSenderRefused as error:
        # Our set-up and not this mail's: it is tried again until somebody has mended it.
        text = f"avsenderen ble avvist ({error.smtp_code} {_said(error.smtp_error, settings)})"
        raise Deferred(text) from None
    except smtplib.SMTPDataError as error:
        text = f"e-posten ble avvist ({error.smtp_code} {_said(error.smtp_error, settings)})"
        raise Deferred(text, permanent=error.smtp_code in _PERMANENT) from None
    except _TROUBLE as error:
        text = f"forbindelsen brøt: {_what(error, settings)}"
        raise Deferred(text, connected=False) from None


def check_smtp(settings: Settings) -> bool:
    """Try the e-mail server without sending anything: connect, EHLO, TLS, log in.

    Returns:
        False where no server is set, which is a choice and no mistake.

    Raises:
        ConfigurationError: with what the server said; the password is never shown.
    """
    if not settings.smtp_host:
        return False
    with connected(settings):
        return True


def _open(settings: Settings) -> smtplib.SMTP:
    host, port = str(settings.smtp_host), settings.smtp_port
    timeout = settings.smtp_timeout_seconds
    in_clear = settings.smtp_security == "none" and not _on_loopback(host)
    if in_clear and settings.smtp_user:
        raise ConfigurationError(
            subject=f"{host}:{port}",
            expected="starttls eller tls når det logges inn",
            got="TILBUDSPLAN_SMTP_SECURITY=none: passordet ville gått i klartekst",
            remedy="sett TILBUDSPLAN_SMTP_SECURITY til starttls eller tls",
        )
    if settings.smtp_security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port, timeout=timeout, context=context)
    server = smtplib.SMTP(host, port, timeout=timeout)
    if settings.smtp_security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def _log_in(server: smtplib.SMTP, settings: Settings) -> None:
    server.ehlo_or_helo_if_needed()
    if not settings.smtp_user:
        return
    password = settings.smtp_password
    server.login(settings.smtp_user, password.get_secret_value() if password else "")


def _on_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refusal(error: Exception, settings: Settings) -> ConfigurationError:
    what, said, remedy = causes.told(error, settings.smtp_timeout_seconds)
    return ConfigurationError(
        subject=f"{settings.smtp_host}:{settings.smtp_port}",
        expected=f"en e-posttjener som svarer ({settings.smtp_security})",
        got=_quoting(what, said, settings),
        remedy=remedy,
    )


def _what(error: Exception, settings: Settings) -> str:
    """An error in words, without a remedy: the connection was fine until it broke."""
    what, said, _ = causes.told(error, settings.smtp_timeout_seconds)
    return _quoting(what.removeprefix("at "), said, settings)


def _quoting(what: str, said: str, settings: Settings) -> str:
    return f"{what} ({_said(said, settings)})" if said else what


def _said(text: bytes | str, settings: Settings) -> str:
    """What a server said, on one line, without anything that we said to log in."""
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    for secret in _secrets(settings):
        plain = plain.replace(secret, "***")
    return clean.line(plain, _SAID_MOST)


def _secrets(settings: Settings) -> list[str]:
    """The password as it is and in each form in which the protocol sends it."""
    if settings.smtp_password is None:
        return []
    password, user = settings.smtp_password.get_secret_value(), settings.smtp_user or ""
    if not password:
        return []
    sent = (password, f"\0{user}\0{password}", f"{user}\0{user}\0{password}")
    return [password, *(base64.b64encode(one.encode()).decode() for one in sent)]
