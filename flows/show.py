"""How the command line prints: tables for people, JSON and CSV for programs, progress for both."""

from __future__ import annotations

import csv
import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from textwrap import TextWrapper
from typing import Any

from tasks import dates

PROGRESS_AFTER_SECONDS = 2.0
_NARROWEST = 40


def as_json(value: Any) -> None:
    """Print one JSON document; dates as ISO 8601, decimals as numbers."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))  # noqa: T201


def as_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print CSV for Excel in Norwegian set-up: `;`, decimal comma, BOM when written to a file."""
    if not sys.stdout.isatty():
        sys.stdout.write("\ufeff")
    writer = csv.writer(sys.stdout, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_excel(value) for value in row] for row in rows)


def as_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    below: Sequence[str] = (),
    indent: str = "",
) -> None:
    """Print a table: numbers to the right, as wide as needed, plain when not on a terminal.

    Args:
        columns: The heads.
        rows: One row of values each.
        below: A text for each row, wrapped under it: what is too long for a column.
        indent: What stands before every line.
    """
    if not rows:
        line("  ".join(columns))
        line("Ingen rader.")
        return
    texts = [[text(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
    numeric = [_is_numeric([row[i] for row in rows]) for i in range(len(columns))]
    for number, row in enumerate((columns, ["─" * w for w in widths], *texts), start=-2):
        padded = (_pad(c, w, n) for c, w, n in zip(row, widths, numeric, strict=True))
        line(indent + "  ".join(padded))
        if below and number >= 0:
            wrapped(below[number], indent + " " * (widths[0] + 2))


def fitting(columns: Sequence[str], rows: Sequence[Sequence[Any]], indent: str = "") -> int:
    """How many of the first columns a table may have so that its lines fit the reader's window."""
    used = len(indent)
    for number, column in enumerate(columns):
        used += max(len(column), *(len(text(row[number])) for row in rows)) + 2
        if used - 2 > width():
            return max(number, 1)
    return len(columns)


def width() -> int:
    """How wide the reader's window is; a hundred signs where there is none."""
    return max(shutil.get_terminal_size((100, 24)).columns, _NARROWEST)


def shortened(text: str, most: int) -> str:
    """A text on one line, cut with an ellipsis where it is longer than told."""
    plain = " ".join(text.split())
    return plain if len(plain) <= most else f"{plain[: most - 1].rstrip()}…"


def wrapped(text: str, first: str = "") -> None:
    """Print a text over as many lines as the reader's window needs.

    Args:
        text: The text.
        first: What stands before it; later lines are indented as far.
    """
    wrapper = TextWrapper(
        width(),
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
    for one in text.splitlines() or [""]:
        line(wrapper.fill(one) or first)
        wrapper.initial_indent = wrapper.subsequent_indent


def line(text: str = "") -> None:
    """Print a line to standard output."""
    print(text.rstrip())  # noqa: T201


def note(text: str) -> None:
    """Print a line to standard error, where it does not mix with a result."""
    print(text, file=sys.stderr)  # noqa: T201


def local_time(instant: datetime) -> str:
    """An instant as a planner reads it in prose: Oslo time, the month written out."""
    return dates.moment(instant)


def relative(path: Path) -> str:
    """A path as short as it can be said from where the reader stands."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


class Progress:
    """Tells how far a long command has come.

    On a terminal a bar appears once the work has lasted two seconds; elsewhere each finished step
    is a plain line, so that a log reads well.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._bar: Any = None
        self._task: Any = None

    def step(self, what: str, done: int = 0, total: int = 0) -> None:
        """Say what is going on now, `done` of `total`."""
        if not self._terminal:
            if total == 0 or done == total:
                note(what if not total else f"{what} ({done} av {total})")
            return
        if time.monotonic() - self._started < PROGRESS_AFTER_SECONDS:
            return
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(what)
        self._bar.update(self._task, description=what, completed=done, total=total or None)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()


_current: Progress | None = None


@contextmanager
def progress() -> Iterator[Progress]:
    """Show progress while the block runs; the flows report to it through `step`."""
    global _current
    _current = Progress()
    try:
        yield _current
    finally:
        _current.close()
        _current = None


def step(what: str, done: int = 0, total: int = 0) -> None:
    """Report progress where somebody watches; a scheduled night has nobody."""
    if _current is not None:
        _current.step(what, done, total)


def rows_of(records: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[list[Any]]:
    """Records as rows in the order of `columns`."""
    return [[record.get(column) for column in columns] for record in records]


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return float(value)
        case datetime() | date():
            return value.isoformat()
        case Path():
            return str(value)
        case _:
            return str(value)


def _excel(value: Any) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return "ja" if value else "nei"
        case float() | Decimal():
            return str(value).replace(".", ",")
        case str() if value[:1] in "=+-@\t\r":
            # A formula from outside must not run in the reader's spreadsheet.
            return f"'{value}"
        case _:
            return value


def text(value: Any) -> str:
    """A value as a planner reads it in a table."""
    match value:
        case None:
            return "–"
        case bool():
            return "ja" if value else "nei"
        case date():
            return dates.in_table(value)
        case int():
            return f"{value:,}".replace(",", "\u00a0") if abs(value) >= 10_000 else str(value)
        case float() | Decimal():
            return _decimal(value)
        case list():
            return "; ".join(text(item) for item in value)
        case dict():
            return " ".join(text(item) for item in value.values())
        case _:
            return str(value)


def _decimal(value: float | Decimal) -> str:
    """Six digits or two decimals, whichever is more; never a power of ten."""
    whole = len(f"{abs(value):.0f}")
    written = f"{value:,.{max(2, 6 - whole)}f}"
    plain = written.rstrip("0").rstrip(".") if "." in written else written
    return plain.replace(",", "\u00a0").replace(".", ",")


def _is_numeric(values: Sequence[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(
        isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in known
    )


def _pad(text: str, width: int, numeric: bool) -> str:
    return text.rjust(width) if numeric else text.ljust(width)
