"""Append-only JSON lines that survive a crash: the format of landing's manifests and the journal.

One line is one record. A line is whole when it ends with a newline; a last line that does not is
what a crash left. Readers pass over it, the next writer moves it to `<name>.torn` and goes on.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_TAIL = 65_536


def read(path: Path) -> list[bytes]:
    """All whole lines of a file, without newlines; none where the file does not exist."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    return content.split(b"\n")[:-1]


def append(path: Path, line: Callable[[bytes | None], bytes]) -> None:
    """Append one line, safe against other processes and fsynced before it returns.

    Args:
        path: The file; it and its folder are made where missing.
        line: Gives the new line (without newline) from the last whole line, or None in a new file.
    """
    made = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Unbuffered: what a full disk refused must not be tried again when the file is closed.
    with path.open("a+b", buffering=0) as file, _exclusive(file):
        new = line(_last_whole_line(file, path))
        _write_whole(file, new + b"\n")
        os.fsync(file.fileno())
    if made:
        sync_folder(path.parent)


def write(path: Path, content: bytes) -> None:
    """Write a small file; it is on disk when this returns."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make renames and new names in a folder survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _exclusive(file: IO[bytes]) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _write_whole(file: IO[bytes], content: bytes) -> None:
    """Write at the end, all or nothing: a full disk may take the first half of a line."""
    end = file.seek(0, os.SEEK_END)
    try:
        while content:
            content = content[file.write(content) :]
    except OSError:
        file.truncate(end)
        raise


def _last_whole_line(file: IO[bytes], path: Path) -> bytes | None:
    """The last whole line; a torn one after it is set aside first."""
    end = file.seek(0, os.SEEK_END)
    start, tail = end, b""
    # Backwards in blocks: a journal of many years is not read to add one line.
    while start > 0 and tail.rstrip(b"\n").count(b"\n") < 2:
        start = max(0, start - _TAIL)
        file.seek(start)
        tail = file.read(end - start)
    whole, newline, torn = tail.rpartition(b"\n")
    if torn:
        _set_aside(path, torn)
        file.truncate(end - len(torn))
    return whole.rpartition(b"\n")[2] if newline else None


def _set_aside(path: Path, torn: bytes) -> None:
    with path.with_name(path.name + ".torn").open("ab") as aside:
        aside.write(torn + b"\n")
        aside.flush()
        os.fsync(aside.fileno())
