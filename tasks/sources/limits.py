"""A publisher's terms, kept by every thread of the process: rate, concurrency, closed hours."""

from __future__ import annotations

import time as system_time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from threading import BoundedSemaphore, Lock
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Rate:
    """At most `calls` requests in any window of `per_seconds` seconds."""

    calls: int
    per_seconds: float


@dataclass(frozen=True)
class Window:
    """A time of day, in the publisher's zone, in which it must not be called.

    Attributes:
        start: First closed minute.
        end: First open minute; earlier than `start` where the window passes midnight.
        reason: Why, in Norwegian, as the refusal tells it.
    """

    start: time
    end: time
    reason: str


@dataclass(frozen=True)
class Clock:
    """What the limits read time from; tests hand in one that stands still.

    Attributes:
        now: The instant, with time zone.
        monotonic: Seconds that never run backwards.
        sleep: Waits so many seconds.
    """

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


SYSTEM_CLOCK = Clock(
    now=lambda: datetime.now(UTC), monotonic=system_time.monotonic, sleep=system_time.sleep
)


class Limiter:
    """A sliding window over request times and a bound on requests under way.

    Args:
        rate: Calls per window.
        concurrency: Requests under way at once.
        clock: Where time comes from.
    """

    def __init__(self, rate: Rate, concurrency: int, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._places = BoundedSemaphore(concurrency)
        self._lock = Lock()
        self._started: deque[float] = deque(maxlen=rate.calls)
        self._held_until = float("-inf")

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the places for requests under way."""
        with self._places:
            yield

    def wait_turn(self) -> None:
        """Sleep until one more call keeps the rate, and count it."""
        while True:
            with self._lock:
                now = self._clock.monotonic()
                ready = self._held_until
                if len(self._started) == self._rate.calls:
                    ready = max(ready, self._started[0] + self._rate.per_seconds)
                if ready <= now:
                    self._started.append(now)
                    return
            self._clock.sleep(ready - now)

    def hold(self, seconds: float) -> None:
        """Let no thread start a call for so many seconds: the publisher asked for a pause."""
        with self._lock:
            self._held_until = max(self._held_until, self._clock.monotonic() + seconds)


_limiters: dict[tuple[str, Rate, int, Clock], Limiter] = {}
_limiters_lock = Lock()


def shared_limiter(publisher: str, rate: Rate, concurrency: int, clock: Clock) -> Limiter:
    """The one limiter of this process for a publisher on these terms."""
    key = (publisher, rate, concurrency, clock)
    with _limiters_lock:
        if key not in _limiters:
            _limiters[key] = Limiter(rate, concurrency, clock)
        return _limiters[key]


def closed_now(
    windows: Sequence[Window], zone: ZoneInfo, now: datetime
) -> tuple[Window, datetime] | None:
    """The window that `now` falls in and when the publisher opens again, or None.

    Windows that follow on each other are taken as one: the answer is when the last of them ends.
    The opening time is in the publisher's zone.
    """
    moment = now.astimezone(zone)
    first: Window | None = None
    # Each pass moves past one window, so one pass per window is enough for any chain of them.
    for _ in range(len(windows) + 1):
        window = next((w for w in windows if _inside(w, moment.time())), None)
        if window is None:
            break
        first = first or window
        moment = _next(window.end, moment)
    return (first, moment) if first else None


def _inside(window: Window, at: time) -> bool:
    if window.start <= window.end:
        return window.start <= at < window.end
    return at >= window.start or at < window.end


def _next(end: time, moment: datetime) -> datetime:
    day = moment.date() if moment.time() < end else moment.date() + timedelta(days=1)
    return datetime.combine(day, end, tzinfo=moment.tzinfo)
