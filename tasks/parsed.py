"""Folders of parsed snapshots: there whole or not at all, and known to be so when they are read.

Parquet has no checksum, so a folder is sealed with those of its files. One that does not hold is no
loss: it is parsed anew from landing.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

import msgspec

from tasks import jsonlines
from tasks.settings import Rooms

_MAKING = ".parsing-"
_SEAL = "whole.json"
# Parsings that are kept of a log; an older one is made anew from landing when a rebuild asks.
_OF_A_LOG = 3


def begin(folder: Path) -> Path:
    """A place beside a folder to make it in."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=_MAKING, dir=folder.parent))


def put(made: Path, folder: Path) -> None:
    """Seal what was made, and put it in place of what was there."""
    jsonlines.write(made / _SEAL, msgspec.json.encode(_marks(made)))
    discard(folder)
    made.replace(folder)


def is_whole(folder: Path) -> bool:
    """Whether every file is there as it was made."""
    try:
        seal = msgspec.json.decode((folder / _SEAL).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return False
    return _marks(folder) == seal


def discard(folder: Path) -> None:
    """Remove a folder; a kill meanwhile leaves no half of it under its name."""
    if folder.is_dir():
        aside = Path(tempfile.mkdtemp(prefix=_MAKING, dir=folder.parent))
        folder.replace(aside)
        shutil.rmtree(aside, ignore_errors=True)


def discard_old(room: Path) -> None:
    """Leave the newest parsings of a log: each night's holds the whole of it again."""
    found = [path for path in room.iterdir() if not path.name.startswith(".")]
    for old in sorted(found, key=lambda path: path.stat().st_mtime_ns)[:-_OF_A_LOG]:
        discard(old)


def discard_dataset(rooms: Rooms, dataset: str) -> None:
    """Remove everything that is parsed of a dataset."""
    room = rooms.parsed / dataset
    for folder in room.iterdir() if room.is_dir() else ():
        discard(folder)


def sweep(rooms: Rooms) -> None:
    """Remove what a killed process was making."""
    for folder in rooms.parsed.glob(f"*/{_MAKING}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _marks(folder: Path) -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.glob("*.parquet"))
    }
