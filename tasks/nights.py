"""The nights that were, as the journal tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from tasks.errors import NotFound
from tasks.journal import Entry, Journal
from tasks.origins import Vintage


def last_good(journal: Journal) -> dict[str, Vintage]:
    """What each dataset stood on in the last night that was built; none where there is none."""
    nights = journal.entries("night.built")
    return vintages_of(nights[-1].payload) if nights else {}


def vintages_of(record: Mapping[str, Any]) -> dict[str, Vintage]:
    """What the datasets of a night that was built stood on."""
    return {name: Vintage(name, **chosen) for name, chosen in record["vintages"].items()}


def built_on(journal: Journal, as_of: date) -> dict[str, Any]:
    """The last night that was built on or before a date.

    Raises:
        NotFound: there is none.
    """
    earlier = {day: payload for day, payload in by_date(journal).items() if day <= as_of}
    if not earlier:
        raise NotFound(
            subject=as_of.isoformat(),
            expected="en natt som ble bygget senest denne datoen",
            got="ingen i journalen",
            remedy="velg en senere dato; «tilbudsplan status» viser siste natt",
        )
    return earlier[max(earlier)]


def stood_on(journal: Journal, dataset: str, until: date, last: str) -> dict[str, date]:
    """The snapshots that nights stood on, each with the first date of it, oldest first.

    A date has one: that of its last night. One that was killed before it published, or run again
    when the source had changed, leaves none of its own.

    Args:
        journal: The journal.
        dataset: The dataset.
        until: The date of the night that asks.
        last: What that night stands on.
    """
    stood = {
        day: payload["vintages"].get(dataset, {}).get("snapshot")
        for day, payload in by_date(journal).items()
        if day < until
    }
    stood[until] = last
    first: dict[str, date] = {}
    for day, snapshot in sorted(stood.items()):
        if snapshot:
            first.setdefault(snapshot, day)
    return first


def gone_back(
    journal: Journal, until: date, stand: Mapping[str, str | None]
) -> dict[str, tuple[date, date]]:
    """Datasets that stand on something older than nights before stood on.

    Args:
        journal: The journal.
        until: The date of the night that asks.
        stand: What each dataset stands on that night.

    Returns:
        By dataset: when nights first stood on what it stands on now, and on the newest there was.
    """
    first: dict[str, dict[str, date]] = {name: {} for name in stand}
    for day, payload in sorted(by_date(journal).items()):
        if day < until:
            for name, chosen in payload["vintages"].items():
                if name in first and chosen["snapshot"]:
                    first[name].setdefault(chosen["snapshot"], day)
    return {
        name: (days[snapshot], max(days.values()))
        for name, days in first.items()
        if (snapshot := stand[name]) in days and days[snapshot] < max(days.values())
    }


def last_trusted(journal: Journal) -> tuple[datetime, date] | None:
    """When the last night was built whose clock could be believed, and its date."""
    for entry in reversed(journal.entries("night.built")):
        if not entry.payload.get("clock_doubted"):
            return entry.at, date.fromisoformat(entry.payload["as_of"])
    return None


def before(journal: Journal, night: str) -> list[Entry]:
    """The journal as it stood when a night began, so that a rebuild knows no later word."""
    entries = journal.entries()
    begun = [
        position
        for position, entry in enumerate(entries)
        if entry.kind == "night.begun" and entry.payload["night"] == night
    ]
    return entries[: begun[0]] if begun else entries


def by_date(journal: Journal) -> dict[date, dict[str, Any]]:
    """The last night of each date that was built."""
    return {
        date.fromisoformat(entry.payload["as_of"]): entry.payload
        for entry in journal.entries("night.built")
    }
