"""Sending as a flow and a command do it: with the password from the environment or from Prefect."""

from __future__ import annotations

from pydantic import SecretStr

from flows.environment import configure
from tasks.alerts import outbox
from tasks.errors import ConfigurationError, TilbudsplanError
from tasks.settings import Settings


def send(settings: Settings) -> outbox.Round:
    """Send the mails that wait; whatever is wrong is told in what comes back, and stops nobody."""
    try:
        return outbox.attempt(with_password(settings))
    except TilbudsplanError as error:
        return outbox.Round(trouble=str(error))


def remind(settings: Settings) -> str | None:
    """Write the reminders of the year's cycle that are due; what is wrong stops no night."""
    from tasks.cycle import reminders

    try:
        reminders.remind(settings)
    except (TilbudsplanError, OSError) as error:
        return str(error)
    except Exception as error:
        # A fault of ours in the cycle must not keep the night's own mails back.
        return f"feil i programmet ({type(error).__name__}: {error})"
    return None


def with_password(settings: Settings) -> Settings:
    """Settings with the mail server's password, where a secret block of Prefect's holds it.

    What stands in the environment wins: it is there also when Prefect's server is not.

    Raises:
        ConfigurationError: the block cannot be read; nothing of it is told.
    """
    block = settings.smtp_password_block
    if not block or settings.smtp_password is not None or not settings.smtp_host:
        return settings
    configure(settings.rooms, quietly=True)
    from prefect.blocks.system import Secret

    try:
        secret = str(Secret.load(block).get())  # type: ignore[union-attr]
    except Exception as error:
        raise ConfigurationError(
            subject=f"hemmelighetsblokken «{block}»",
            expected="en Secret-blokk i Prefect med passordet til e-posttjeneren",
            got=f"en som ikke kan leses ({type(error).__name__})",
            remedy="lag blokken i Prefect, rett TILBUDSPLAN_SMTP_PASSWORD_BLOCK, eller sett "
            "TILBUDSPLAN_SMTP_PASSWORD",
        ) from None  # the original error may carry what the block holds
    return settings.model_copy(update={"smtp_password": SecretStr(secret)})
