"""Whether the last backup is too old: what `doctor` and the watchdog say of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from tasks import dates
from tasks.journal import Entry
from tasks.settings import oslo_date

MADE = "backup.made"


def last(entries: Sequence[Entry]) -> datetime | None:
    """When the last backup was made."""
    made = [entry for entry in entries if entry.kind == MADE]
    return datetime.fromisoformat(made[-1].payload["made_at"]) if made else None


def too_old(entries: Sequence[Entry], most: int, today: date) -> str | None:
    """Why there should be a newer backup, in Norwegian; None where there need not be.

    Args:
        entries: The journal's.
        most: How many days old it may be; so long a new home may be without one.
        today: The date in Oslo.
    """
    first = next((e for e in entries if e.kind == "night.built"), None)
    if first is None:
        return None  # nothing to lose yet
    made = last(entries)
    if (today - oslo_date(made or first.at)).days <= most:
        return None
    if made is None:
        begun = dates.day(oslo_date(first.at))
        return f"ingen er tatt siden første natt {begun}; grensen er {most} dager"
    return f"den siste er fra {dates.moment(made)}; grensen er {most} dager"
