"""What a night tells, and to whom: its findings, that it came to nothing, and the mails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from tasks import alerts, disk
from tasks.alerts import Desk, Finding, Look, Post
from tasks.alerts.outbox import attempt as send
from tasks.errors import TilbudsplanError, is_interrupt
from tasks.intake import Night
from tasks.transform import Table

__all__ = ["accounted", "post_of", "send"]


@contextmanager
def accounted(night: Night) -> Iterator[None]:
    """Write down that a night came to nothing, and why, whatever stops it."""
    try:
        yield
    except Exception as error:
        if is_interrupt(error):  # as by Ctrl-C between two queries
            raise KeyboardInterrupt from error
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


def post_of(night: Night, tables: Iterable[Table] = ()) -> Post:
    """Who is told of a night's findings, what things are called and where their pages are."""
    titles = {table.name: table.title for table in tables if table.title}
    pages = {}
    with suppress(TilbudsplanError):  # a night may have failed for the catalogue
        titles |= {dataset.id: dataset.title for dataset in night.catalogue}
        pages = {dataset.id: dataset.table for dataset in night.catalogue}
    policy = alerts.policy_of(night.rooms, night.project)
    return Post(policy, Desk(night.as_of, night.profile, titles, pages))
