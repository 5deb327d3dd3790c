"""What a night tells, and to whom: its findings, that it came to nothing, and the mails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from tasks import alerts, disk
from tasks.alerts import Desk, Finding, Look, Post, outbox
from tasks.errors import TilbudsplanError
from tasks.intake import Night
from tasks.settings import Settings


@contextmanager
def accounted(night: Night) -> Iterator[None]:
    """Write down that a night came to nothing, and why, whatever stops it."""
    try:
        yield
    except Exception as error:
        # Where the journal itself is what failed, the watchdog tells.
        with suppress(TilbudsplanError, OSError):
            try:
                _fail(night, error)
            except OSError:
                disk.give_up_reserve(night.rooms.journal)
                _fail(night, error)
        raise


def _fail(night: Night, error: Exception) -> None:
    reason = (
        str(error)
        if isinstance(error, TilbudsplanError)
        else f"feil i programmet ({type(error).__name__}: {error})"
    )
    found = Finding("night", alerts.FAILED, alerts.OPERATIONS, reason, night.as_of)
    # First that somebody must know: a kill between the two lines leaves a night without an end.
    alerts.record(night.journal, night.id, [found], post_of(night), Look.FAILED_NIGHT)
    night.journal.append("night.failed", {"night": night.id, "reason": reason})


def send(settings: Settings) -> outbox.Round:
    """Send the mails that wait; no mail server and no journal makes a night fail.

    Args:
        settings: The installation, with the password of the mail server.
    """
    try:
        return outbox.send(settings.rooms, settings)
    except (TilbudsplanError, OSError) as error:
        return outbox.Round(trouble=str(error))


def post_of(night: Night, titles: Mapping[str, str] | None = None) -> Post:
    """Who is told of a night's findings, and what things are called."""
    known = dict(titles or {})
    with suppress(TilbudsplanError):  # a night may have failed for the catalogue
        known |= {dataset.id: dataset.title for dataset in night.catalogue}
    policy = alerts.policy_of(night.rooms, night.project)
    return Post(policy, Desk(night.as_of, night.profile, known))
