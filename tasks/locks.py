"""Locks between processes: one night at a time, and one sender of e-mail."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from tasks.errors import NightLocked

_ATTEMPTS = 5


@contextmanager
def night_lock(path: Path) -> Iterator[None]:
    """Hold a lock, or say who holds it; the night's: who writes landing and warehouse.

    The operating system lets go when the process ends, however it ends: a lock file that is left
    behind locks nobody out.

    Args:
        path: The lock file (`var/night.lock`, `var/mail.lock`).

    Raises:
        NightLocked: another process holds it.
    """
    with _lock_file(path) as file:
        if not _taken(file):
            raise _locked(path)
        file.truncate(0)
        # The lock holds without the name of its holder, and a full disk takes none.
        with suppress(OSError):
            file.write(json.dumps(_me(), ensure_ascii=False).encode())
        try:
            yield
        finally:
            file.truncate(0)
            fcntl.flock(file, fcntl.LOCK_UN)


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """Hold a lock beside others who hold it so, and make whoever asks `if_free` go by."""
    with _lock_file(path) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextmanager
def if_free(path: Path) -> Iterator[bool]:
    """Whether nobody holds a `shared` lock; nobody can take one while the block lasts."""
    with _lock_file(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _lock_file(path: Path) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a+b", buffering=0)


def holder(path: Path) -> dict[str, Any] | None:
    """Who holds the lock (pid, host, started_at, command), or None where nobody does."""
    try:
        file = path.open(encoding="utf-8")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read(path)
        fcntl.flock(file, fcntl.LOCK_UN)
        return None


def _taken(file: IO[bytes]) -> bool:
    # `holder` takes the lock for an instant to see whether it is free: that is no other night.
    for attempt in range(_ATTEMPTS):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05 if attempt + 1 < _ATTEMPTS else 0)
        else:
            return True
    return False


def _me() -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(sys.argv),
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):  # taken this instant, not yet signed
        return {"pid": "ukjent", "host": "ukjent", "started_at": "nå", "command": "ukjent"}


def _locked(path: Path) -> NightLocked:
    who = _read(path)
    return NightLocked(
        subject=str(path),
        expected="at ingen annen kjøring er i gang",
        got=(
            f"at prosess {who['pid']} på {who['host']} har kjørt siden {who['started_at']} "
            f"({who['command']})"
        ),
        remedy="vent til den er ferdig, eller avslutt den, og prøv igjen",
    )
