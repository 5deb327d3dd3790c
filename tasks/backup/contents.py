"""What of a home is in a backup, and why the rest is not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tasks.settings import Rooms

# Beside the journal; it is copied by itself, up to a line.
JOURNAL = "journal.jsonl"
_NOT = {"reserve", "take.lock"}


@dataclass(frozen=True)
class Found:
    """A file that is to be copied, and its path in the home."""

    path: Path
    name: str


def told(rooms: Rooms) -> list[Path]:
    """Rooms that others write to while a night is held: copied while forms wait."""
    return [rooms.contacts, rooms.forms]


def kept(rooms: Rooms) -> list[Path]:
    """Rooms that are copied after the journal: nothing in it refers to what came later."""
    return [
        rooms.landing,
        rooms.runs,
        rooms.plans,
        rooms.reports,
        rooms.decisions,
        rooms.audit,
        rooms.docs,
        rooms.stamp,
    ]


def left(rooms: Rooms) -> dict[Path, str]:
    """Rooms that are not copied, and why."""
    made = "lages på nytt av det som er hentet og ført"
    return {
        rooms.parsed: made,
        rooms.build: made,
        rooms.warehouse.parent: made,
        rooms.asof: made,
        rooms.logs: "logger",
        rooms.prefect: "kjøringer i Prefect",
        rooms.trying: "det en natt holder på med",
        rooms.inbox: "råfiler med fødselsnummer skal ikke finnes to steder",
        rooms.person_key.parent: "nøkkelen skal kopieres for seg",
        rooms.lock: "lås",
        rooms.mail_lock: "lås",
        rooms.watch_lock: "lås",
        rooms.watch_mailed: "hva vakthunden har sendt utenom journalen",
        rooms.rebuild_lock: "lås",
        rooms.cycle_lock: "lås",
    }


def files(rooms: Rooms, room: Path) -> Iterator[Found]:
    """The files of a room in order of name, without what is half-written."""
    if room.is_file():
        yield Found(room, room.relative_to(rooms.home).as_posix())
        return
    for folder, folders, names in os.walk(room):
        # A run, a plan and a decision are whole when they have lost their dot.
        hidden = Path(folder) in {rooms.runs, rooms.plans, rooms.decisions}
        folders[:] = sorted(f for f in folders if not (hidden and f.startswith(".")))
        for name in sorted(names):
            path = Path(folder) / name
            if name not in _NOT and not _is_half(name) and _is_plain(path):
                yield Found(path, path.relative_to(rooms.home).as_posix())


def folders(rooms: Rooms) -> dict[str, int]:
    """The mode of every folder of the rooms that are copied, by its path in the home."""
    found = {".": rooms.home.stat().st_mode & 0o777}
    for room in (rooms.journal, *told(rooms), *kept(rooms)):
        for folder, _, _ in os.walk(room):
            name = Path(folder).relative_to(rooms.home).as_posix()
            found[name] = Path(folder).stat().st_mode & 0o777
    return found


def _is_half(name: str) -> bool:
    return name.endswith((".tmp", ".half"))


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
