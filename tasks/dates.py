"""Dates and times as people read them: written out in prose, ISO 8601 in tables."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")
MONTHS = (
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
)


def day(value: date) -> str:
    """A date in prose: «26. november 2026»; of an instant the date in Oslo."""
    if isinstance(value, datetime) and value.tzinfo:
        value = value.astimezone(OSLO)
    return f"{value.day}. {MONTHS[value.month - 1]} {value.year}"


def moment(instant: datetime) -> str:
    """An instant in prose, Oslo time: «26. november 2026 kl. 03:30»."""
    local = instant.astimezone(OSLO)
    return f"{day(local)} kl. {local:%H:%M}"


def in_table(value: date) -> str:
    """A date, or an instant in Oslo time, as a column of a table has it."""
    if not isinstance(value, datetime):
        return value.isoformat()
    return f"{value.astimezone(OSLO) if value.tzinfo else value:%Y-%m-%d %H:%M}"
