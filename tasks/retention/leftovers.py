"""What can be made again, what is kept by the number of nights, and forms that are done with."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from tasks.retention.rules import LogRule, Rules
from tasks.settings import OSLO, Rooms

# What lies beside a form that was not taken (`tasks/forms/inbox.py`).
REASON = ".grunn.txt"
_DAY = 86_400
_BLOCK = 1 << 20
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}")


def old_nights(rooms: Rooms, rules: Rules) -> list[Path]:
    """Pages and results of checks of nights beyond the newest that are kept, by their dates.

    They are counted and not dated, so that no clock takes them away.
    """
    found = []
    for room in (rooms.audit, rooms.docs):
        dated = sorted((p for p in _there(room) if _DATED.match(p.name)), key=_date)
        dates = sorted({_date(path) for path in dated})[: -rules.nights.value]
        found += [path for path in dated if _date(path) in dates]
    return found


def old_forms(rooms: Rooms, rules: Rules, today: date) -> list[Path]:
    """Marked copies and forms that were not taken, from before the days that the rules say.

    Nothing stands on them: what was taken of a form is in the journal. Whoever asks knows that the
    clock can be believed.
    """
    made = [(path, path.stat().st_mtime) for path in _there(rooms.forms / "returned")]
    old = [path for path, at in made if _days(at, today) > rules.returned.value]
    for path in _there(rooms.forms / "refused"):
        # A file that is moved keeps the sender's time; the reason beside it is written then.
        reason = path if path.name.endswith(REASON) else path.with_name(f"{path.name}{REASON}")
        at = reason.stat().st_mtime if reason.is_file() else path.stat().st_ctime
        if _days(at, today) > rules.refused.value:
            old.append(path)
    return old


def _days(at: float, today: date) -> int:
    return (today - datetime.fromtimestamp(at, OSLO).date()).days


def unused(rooms: Rooms, rules: Rules, profiles: frozenset[str]) -> list[Path]:
    """Parsed answers not used and rebuilt nights not made for longer than the rules say.

    Args:
        rooms: The installation.
        rules: The rules.
        profiles: Those that are needed; all others are among what is found.
    """
    now = time.time()
    parsed = (path for room in _there(rooms.parsed) for path in _there(room))
    old = [p for p in parsed if now - p.stat().st_mtime > rules.parsed.value * _DAY]
    rebuilt = (p for p in _there(rooms.asof) if p.suffix == ".duckdb")
    old += [p for p in rebuilt if now - p.stat().st_mtime > rules.asof.value * _DAY]
    return old + [p for p in _there(rooms.profiles) if p.stem not in profiles]


def parsed_of(rooms: Rooms, dataset: str, snapshot: str) -> list[Path]:
    """What was parsed of a snapshot, by whatever code."""
    return [p for p in _there(rooms.parsed / dataset) if p.name.startswith(f"{snapshot[:32]}-")]


def remove(paths: Iterable[Path]) -> int:
    """Remove files and folders.

    Returns:
        How many bytes they held.
    """
    total = 0
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            total += sum(f.lstat().st_size for f in path.rglob("*") if f.is_file())
            shutil.rmtree(path, ignore_errors=True)
        else:
            total += path.lstat().st_size
            path.unlink(missing_ok=True)
    return total


def rotate_logs(folder: Path, rule: LogRule) -> None:
    """Set aside the logs that have grown too big, the newest as `<name>.1`.

    Processes that run for weeks hold a log open to append to it, so it is copied and emptied, not
    renamed. What is written in the moment between is lost; a log is nobody's record.
    """
    for log in _there(folder):
        if log.suffix == ".log" and log.stat().st_size > rule.megabytes * 1_000_000:
            _shift(log, rule.files)
            with log.open("r+b") as source, _numbered(log, 1).open("wb") as aside:
                shutil.copyfileobj(source, aside, _BLOCK)
                aside.flush()
                os.fsync(aside.fileno())
                source.truncate(0)


def _shift(log: Path, files: int) -> None:
    """Move every older log one number on; what falls off the end is removed."""
    for path in _there(log.parent):
        end = path.name.removeprefix(f"{log.name}.")
        if end.isdigit() and int(end) >= files:
            path.unlink()
    for number in range(files - 1, 0, -1):
        if _numbered(log, number).exists():
            _numbered(log, number).replace(_numbered(log, number + 1))


def _numbered(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")


def _date(path: Path) -> str:
    return path.name[:10]


def _there(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
