"""Why an e-mail server could not be used: what the library or the server said, in Norwegian.

Each cause has its own remedy, for a wrong port and a wrong password are mended in different places.
What the library says is kept at the end in parentheses where it tells more than we do.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from dataclasses import dataclass
from errno import EHOSTUNREACH, ENETUNREACH

_PORTS = "starttls hører til port 587, tls til port 465"
_NETWORK = "se om maskinen har nett og slippes ut gjennom brannmuren"
_UNREACHABLE = {EHOSTUNREACH, ENETUNREACH}


@dataclass(frozen=True)
class Cause:
    """One way in which it goes wrong.

    Attributes:
        kind: The error that tells of it.
        what: What came, as it is read after «men fikk»; `{seconds}` is how long was waited.
        remedy: What to do.
        says: A part of the library's text, where the kind alone does not tell.
        quoted: Whether the library's text tells more than `what`.
    """

    kind: type[Exception]
    what: str
    remedy: str
    says: str = ""
    quoted: bool = True

    def tells_of(self, error: Exception) -> bool:
        """Whether an error is this."""
        return isinstance(error, self.kind) and self.says.lower() in str(error).lower()


_SILENCE = "intet svar på {seconds:g} sekunder"
_SILENT = f"rett TILBUDSPLAN_SMTP_HOST, _PORT og _SECURITY ({_PORTS}); {_NETWORK}"
_LOG_IN = "rett TILBUDSPLAN_SMTP_USER og TILBUDSPLAN_SMTP_PASSWORD (eller _PASSWORD_BLOCK)"
# The first that fits is told: what is special stands before what is general.
_CAUSES = (
    Cause(
        smtplib.SMTPNotSupportedError,
        "en tjener som ikke tilbyr kryptering med STARTTLS",
        f"prøv TILBUDSPLAN_SMTP_SECURITY=tls ({_PORTS}); none er bare for et relé uten innlogging",
        says="STARTTLS",
    ),
    Cause(
        smtplib.SMTPNotSupportedError,
        "en tjener som ikke tar imot innlogging",
        "fjern TILBUDSPLAN_SMTP_USER og _PASSWORD, eller bruk porten for innlogging (587 eller "
        "465)",
        says="AUTH",
    ),
    Cause(smtplib.SMTPServerDisconnected, _SILENCE, _SILENT, says="timed out", quoted=False),
    Cause(
        smtplib.SMTPServerDisconnected,
        "at tjeneren la på",
        f"se om TILBUDSPLAN_SMTP_PORT og _SECURITY hører sammen ({_PORTS})",
        quoted=False,
    ),
    Cause(
        smtplib.SMTPException,
        "en tjener som bare kjenner andre måter å logge inn på",
        "spør den som drifter e-posten, om tjeneren tar imot PLAIN, LOGIN eller CRAM-MD5",
        says="authentication method",
    ),
    Cause(
        ssl.SSLCertVerificationError,
        "et sertifikat som ikke godtas",
        "bruk tjenernavnet som står i sertifikatet, i TILBUDSPLAN_SMTP_HOST, eller pek "
        "SSL_CERT_FILE til fylkets egen sertifikatutsteder",
    ),
    Cause(
        ssl.SSLError,
        "en tjener som ikke svarte med kryptering på denne porten",
        f"se om TILBUDSPLAN_SMTP_PORT og _SECURITY hører sammen ({_PORTS})",
    ),
    Cause(TimeoutError, _SILENCE, _SILENT, quoted=False),
    Cause(
        socket.gaierror,
        "et tjenernavn som ikke finnes",
        f"rett TILBUDSPLAN_SMTP_HOST, eller {_NETWORK}",
    ),
    Cause(
        ConnectionRefusedError,
        "at ingen svarer på porten",
        f"rett TILBUDSPLAN_SMTP_HOST og _PORT ({_PORTS}), eller se om tjeneren går",
        quoted=False,
    ),
    Cause(
        ConnectionError,
        "at tjeneren brøt forbindelsen",
        f"se om TILBUDSPLAN_SMTP_PORT og _SECURITY hører sammen ({_PORTS})",
        quoted=False,
    ),
)
_GENERAL = "rett TILBUDSPLAN_SMTP_HOST, _PORT, _SECURITY, _USER eller _PASSWORD"


def told(error: Exception, seconds: float) -> tuple[str, str, str]:
    """What an error comes to.

    Args:
        error: What was raised.
        seconds: How long the server might be silent.

    Returns:
        What came, in Norwegian; what the library or the server said, empty where that tells no
        more; and the remedy.
    """
    match error:
        case smtplib.SMTPAuthenticationError():
            # Only the code: a server may echo what it got.
            return f"at innloggingen ble avvist ({error.smtp_code})", "", _LOG_IN
        case smtplib.SMTPResponseException():
            said = error.smtp_error
            plain = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
            return "et avslag fra tjeneren", f"{error.smtp_code} {plain}", _GENERAL
        case UnicodeError():
            # Its text shows the sign, and so a part of the password.
            what = "et tjenernavn, brukernavn eller passord med tegn som ikke kan sendes"
            return what, "", _GENERAL
        case OSError() if error.errno in _UNREACHABLE:
            what = "at maskinen ikke når fram til tjeneren"
            return what, _text(error), f"{_NETWORK}; rett TILBUDSPLAN_SMTP_HOST"
    for cause in _CAUSES:
        if cause.tells_of(error):
            said = _text(error) if cause.quoted else ""
            return cause.what.format(seconds=seconds), said, cause.remedy
    return "en feil", f"{type(error).__name__}: {_text(error)}", _GENERAL


def _text(error: Exception) -> str:
    """What the library says, without the numbers round it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    return str(getattr(error, "strerror", None) or error)
