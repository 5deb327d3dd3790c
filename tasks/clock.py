"""What time it is, and whether the machine's clock can be believed.

A night is an Oslo date, so a clock that is wrong by a day dates figures wrongly, ages them and lets
them be pruned. Whoever answers over HTTP says what time it is there: that is the witness.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from statistics import median

from tasks import dates
from tasks.dates import OSLO as OSLO

# Answers out of a cache may be hours old; a clock that is wrong by less moves no date by two.
_SLACK = timedelta(hours=12)
# Clocks are set by seconds all the time.
_BACK = timedelta(minutes=5)
# Without a witness, so long since the last night is as likely a wrong clock as a long pause.
_LONG = timedelta(days=40)


@dataclass(frozen=True)
class Doubt:
    """The clock is wrong, or may be.

    Attributes:
        as_of: The date that the night takes instead.
        reason: What is wrong and what to do, in Norwegian.
    """

    as_of: date
    reason: str


def now() -> datetime:
    """The machine's time (UTC)."""
    return datetime.now(UTC)


def offset(headers: dict[str, str], received_at: datetime) -> timedelta | None:
    """How far an answer's own time is ahead of ours; None where it does not tell."""
    try:
        told = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        return None
    return (told if told.tzinfo else told.replace(tzinfo=UTC)) - received_at


def right_date(as_of: date, offsets: Iterable[timedelta], at: datetime) -> date:
    """The date of something that was dated by our clock, by the clocks of those who answered."""
    wrong = _wrong_by(offsets)
    return (at + wrong).astimezone(OSLO).date() if wrong else as_of


def doubt(
    at: datetime, offsets: Iterable[timedelta], last: tuple[datetime, date] | None
) -> Doubt | None:
    """Whether the clock of a night is wrong.

    Args:
        at: Our time.
        offsets: What those who answered tonight say, see `offset`.
        last: When the last night with a clock to believe was built, by that clock, and its date.
    """
    answers = list(offsets)
    if answers:
        wrong = _wrong_by(answers)
        if not wrong:
            return None
        right = (at + wrong).astimezone(OSLO).date()
        return Doubt(right, _reason(at, f"de som svarte i natt, sier {dates.day(right)}", right))
    if last is None:
        return None
    built, as_of = last
    if at < built - _BACK:
        return Doubt(as_of, _reason(at, f"natten før ble bygget {_local(built)}", as_of))
    if at > built + _LONG:
        days = (at - built).days
        why = f"natten før er {days} dager gammel og ingen kilde svarer og kan si hva klokken er"
        return Doubt(as_of, _reason(at, why, as_of))
    return None


def _wrong_by(offsets: Iterable[timedelta]) -> timedelta | None:
    found = [offset.total_seconds() for offset in offsets]
    middle = timedelta(seconds=median(found)) if found else timedelta()
    return middle if abs(middle) > _SLACK else None


def _reason(at: datetime, why: str, as_of: date) -> str:
    return (
        f"klokken på maskinen er {_local(at)}, men {why}; natten er ført på {dates.day(as_of)} og "
        "ingen tall er regnet som for gamle. Still klokken, og slå på tidssynkronisering"
    )


def _local(instant: datetime) -> str:
    return dates.moment(instant)
