"""Numbers and dates as Norwegian readers write them: `16 753`, `81,0 %`, `22. november 2026`.

Signs follow Statistics Norway's standard symbols in tables: `:` closed, `..` missing, `–` zero by
nature of the row. Minus is the real minus sign, spaces inside a number do not break.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from tasks import dates
from tasks.settings import OSLO

THIN = "\N{NARROW NO-BREAK SPACE}"
SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
CLOSED = ":"
MISSING = ".."
# Counts of persons under this are closed (docs/decisions.md, the law of small cells).
SMALL = 5

_MONTHS = (
    *("januar", "februar", "mars", "april", "mai", "juni"),
    *("juli", "august", "september", "oktober", "november", "desember"),
)


def whole(value: float | None) -> str:
    """A count in whole units, thousands parted; a missing one is `..`."""
    if value is None or value != value:
        return MISSING
    number = round(value)
    return f"{abs(number):,}".replace(",", THIN) if number >= 0 else MINUS + whole(-number)


def signed(value: float | None) -> str:
    """A whole difference with its sign, `+12`, `−7` or `0`."""
    text = whole(value)
    return f"+{text}" if value is not None and value == value and round(value) > 0 else text


def estimate(value: float | None) -> str:
    """Expected persons: whole, and `<5` where the estimate is above zero but under five."""
    if value is not None and 0 < round(value) < SMALL:
        return f"<{SMALL}"
    return whole(value)


def interval(low: float | None, high: float | None) -> str:
    """An interval of expected persons, `120–145`."""
    ends = estimate(low), estimate(high)
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


def decimal(value: float | None, digits: int = 1) -> str:
    """A number with decimal comma."""
    if value is None or value != value:
        return MISSING
    text = f"{abs(value):,.{digits}f}".replace(",", THIN).replace(".", ",")
    return MINUS + text if value < 0 and text.strip("0,") else text


def number(value: float | None) -> str:
    """A number with one decimal, and with none where it is whole."""
    return decimal(value).removesuffix(",0")


def percent(value: float | None, digits: int = 1) -> str:
    """A percentage that is given in per cent, `81,0 %`."""
    text = decimal(value, digits)
    return text if text == MISSING else f"{text}{SPACE}%"


def share(value: float | None, digits: int = 0) -> str:
    """A share between 0 and 1 as a percentage."""
    return percent(None if value is None else 100 * value, digits)


def day(value: date | datetime | None) -> str:
    """A date in Oslo in prose, `22. november 2026`; an instant without a zone is UTC."""
    if value is None:
        return MISSING
    if isinstance(value, datetime):
        value = oslo(value)
    return dates.day(value)


def oslo(value: datetime) -> date:
    """The date in Oslo of an instant; one without a zone is UTC."""
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(OSLO).date()


def month(number: int) -> str:
    """The name of a month."""
    return _MONTHS[number - 1]


def listing(items: list[str]) -> str:
    """Items as they are read aloud: `a, b og c`."""
    return " og ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)
