"""A full disk: refused before a night begins, told in one sentence, and journalled all the same."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tasks.errors import DiskFull
from tasks.settings import Rooms

_FULL = {errno.ENOSPC, errno.EDQUOT}
# DuckDB gives the operating system's words and no number.
_WORDS = tuple(os.strerror(number) for number in _FULL)
# A night holds the published files once more while it builds, and what it fetches and parses.
_COPIES = 2
_LEAST = 4_000_000
_RESERVE = 65_536


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is that a disk is full."""
    while error is not None:
        if isinstance(error, DiskFull) or getattr(error, "errno", None) in _FULL:
            return True
        if any(words in str(error) for words in _WORDS):
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def told(rooms: Rooms) -> Iterator[None]:
    """Say a full disk as a refusal with a remedy, whichever library met it.

    Raises:
        DiskFull: there was no room for what the block writes.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, DiskFull) or not is_full(error):
            raise
        raise full(rooms, "plass til det som skal skrives") from error


def megabytes(size: int) -> str:
    """A number of bytes as people read it, with a decimal comma."""
    return f"{size / 1e6:.1f} MB".replace(".", ",")


def require_room(rooms: Rooms) -> None:
    """Refuse a night that will not have room: it fails before it has begun.

    Raises:
        DiskFull: less is free than the published files take, twice.
    """
    published = rooms.warehouse.parent
    size = sum(f.stat().st_size for f in published.glob("*.duckdb")) if published.is_dir() else 0
    needed = _COPIES * size + _LEAST
    if free(rooms.home) < needed:
        raise full(rooms, f"minst {needed / 1e6:.0f} MB ledig")


def free(folder: Path) -> int:
    """Bytes free where a folder is, or will be."""
    existing = next(f for f in (folder, *folder.parents) if f.exists())
    return shutil.disk_usage(existing).free


def keep_reserve(folder: Path) -> None:
    """Keep a little room beside the journal, so that a full disk can be written down."""
    file = _reserve(folder)
    if not file.exists() or file.stat().st_size < _RESERVE:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            # Not a file with a hole in it: the blocks must be ours.
            file.write_bytes(os.urandom(_RESERVE))
        except OSError:
            file.unlink(missing_ok=True)
            raise


def give_up_reserve(folder: Path) -> None:
    """Give the room back; it is kept anew when there is some."""
    with suppress(OSError):
        _reserve(folder).unlink(missing_ok=True)


def _reserve(folder: Path) -> Path:
    return folder / "reserve"


def full(rooms: Rooms, expected: str) -> DiskFull:
    """The refusal of a full disk; `expected` is Norwegian."""
    return DiskFull(
        subject=str(rooms.home),
        expected=expected,
        got=f"en full disk ({megabytes(free(rooms.home))} ledig)",
        remedy="gjør plass på disken eller flytt TILBUDSPLAN_HOME til en større, og kjør natten "
        "igjen; det som var publisert fra før, står urørt",
    )
