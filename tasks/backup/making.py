"""Making a backup, while forms and cases go on: nothing in it refers to what is not in it.

The caller holds the night lock, so landing stands still. The journal is read first, up to its last
whole line, and what it refers to is copied after it. Forms write the journal and the contact in two
steps, so they wait while both are copied.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from tasks import clock, disk
from tasks.backup import archive, contents
from tasks.backup.age import MADE
from tasks.backup.archive import Head, Writer
from tasks.backup.contents import Found
from tasks.errors import DiskFull, NightLocked, WrongUse
from tasks.journal import Journal
from tasks.jsonlines import sync_folder
from tasks.landing import Landing
from tasks.locks import night_lock
from tasks.settings import Rooms

_MAKING = ".tilbudsplan-backup-"
# Taking a form is a matter of seconds.
_WAIT_SECONDS = 60.0

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Made:
    """A backup.

    Attributes:
        file: The file.
        head: What it is of.
        files: How many files are in it.
        bytes: Its size.
        sha256: Of the whole file, as beside it in `<file>.sha256`.
        missing: Blobs that were damaged in the home and are not in it.
        same_disk: It lies on the disk that it is to save from.
    """

    file: Path
    head: Head
    files: int
    bytes: int
    sha256: str
    missing: tuple[str, ...]
    same_disk: bool


def make(rooms: Rooms, target: Path, told: Told = lambda _done, _of: None) -> Made:
    """Write a backup, and journal it.

    Args:
        rooms: The home.
        target: The file, or a folder that it gets a dated name in.
        told: Is told bytes done and bytes in all.

    Raises:
        WrongUse: the target is in the home, is there already, or its folder is not there.
        DiskFull: the target has no room for it; nothing is left there.
        JournalCorrupt: the journal cannot be read: a copy of it would be none.
        NightLocked: somebody has been taking forms for a minute.
    """
    file = _file(rooms, target)
    _sweep(file.parent)
    size = _size(rooms)
    if disk.free(file.parent) < size:
        raise _full(file, size)
    half = file.parent / f"{_MAKING}{secrets.token_hex(4)}.part"
    try:
        with _private(half) as stream:
            head, writer, missing = _write(rooms, stream, lambda done: told(done, size))
            manifest = writer.seal(contents.folders(rooms), missing)
            stream.flush()
            os.fsync(stream.fileno())
        _name(half, file, writer.sha256)
    except OSError as error:
        if disk.is_full(error):
            raise _full(file, size) from error
        raise
    finally:
        half.unlink(missing_ok=True)
    made = Made(
        file,
        head,
        len(manifest.of_home()),
        writer.bytes,
        writer.sha256,
        missing,
        file.stat().st_dev == rooms.home.stat().st_dev,
    )
    _journal(rooms, made)
    return made


def _journal(rooms: Rooms, made: Made) -> None:
    Journal(rooms.journal).append(
        MADE,
        {
            "file": made.file.name,
            "made_at": made.head.made_at.isoformat(),
            "sha256": made.sha256,
            "bytes": made.bytes,
            "missing": len(made.missing),
        },
    )


def _write(
    rooms: Rooms, stream: BinaryIO, told: Callable[[int], None]
) -> tuple[Head, Writer, tuple[str, ...]]:
    """Write everything but the seal."""
    with _forms_wait(rooms):
        lines = _whole_lines(rooms)
        head = _head(rooms, lines)
        writer = Writer(stream, head)
        journal = rooms.journal / contents.JOURNAL
        for found in contents.files(rooms, rooms.journal):
            if found.path == journal:
                writer.add(found.name, BytesIO(lines), 0o600, head.made_at.timestamp())
            else:
                _copy(writer, found)
        for room in contents.told(rooms):
            for found in contents.files(rooms, room):
                _copy(writer, found)
    landing = Landing(rooms.landing)
    damaged = set()
    for room in contents.kept(rooms):
        for found in contents.files(rooms, room):
            if found.path.suffix == ".zst" and not landing.blobs().is_whole(found.path.stem):
                damaged.add(found.path.stem)
            else:
                _copy(writer, found)
            told(writer.bytes)
    return head, writer, tuple(sorted(damaged | landing.lost()))


def _copy(writer: Writer, found: Found) -> None:
    # Somebody may delete a contact or write a report anew meanwhile.
    with suppress(FileNotFoundError), found.path.open("rb") as file:
        state = os.fstat(file.fileno())
        writer.add(found.name, file, state.st_mode, state.st_mtime, state.st_size)


def _whole_lines(rooms: Rooms) -> bytes:
    """The journal as it stands now, without a line that is on its way."""
    try:
        content = (rooms.journal / contents.JOURNAL).read_bytes()
    except FileNotFoundError:
        return b""
    return content[: content.rfind(b"\n") + 1]


def _head(rooms: Rooms, lines: bytes) -> Head:
    number = lines.count(b"\n")
    # What is appended meanwhile comes after these.
    entries = Journal(rooms.journal).entries()[:number]
    nights = [entry.payload["as_of"] for entry in entries if entry.kind == "night.built"]
    now = clock.now().replace(microsecond=0)
    return Head(archive.SCHEMA, now, rooms.tied_to(), number, nights[-1] if nights else None)


def _size(rooms: Rooms) -> int:
    total = 0
    for room in (rooms.journal, *contents.told(rooms), *contents.kept(rooms)):
        for found in contents.files(rooms, room):
            with suppress(FileNotFoundError):
                total += found.path.stat().st_size
    return total


@contextmanager
def _forms_wait(rooms: Rooms) -> Iterator[None]:
    """Keep forms from being taken; where somebody is at it, wait until they are done."""
    if not rooms.forms.is_dir():  # nobody has ever sent one
        yield
        return
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            with night_lock(rooms.forms / "take.lock"):
                yield
                return
        except NightLocked:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _file(rooms: Rooms, target: Path) -> Path:
    target = target.absolute()
    if target.is_dir():
        stamp = clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H%MZ")
        target = target / f"tilbudsplan-{stamp}.tar"
    if not target.parent.is_dir():
        raise _wrong(target, "en mappe som finnes", f"ingen mappe {target.parent}", "lag mappen")
    if target.resolve().is_relative_to(rooms.home.resolve()):
        got = f"et i {rooms.home}, som kopien skal redde"
        raise _wrong(target, "et sted utenfor hjemmet", got, "velg en annen disk")
    if target.exists():
        raise _wrong(target, "et nytt filnavn", "en fil som finnes", "velg et annet navn")
    return target


def _wrong(target: Path, expected: str, got: str, remedy: str) -> WrongUse:
    return WrongUse(subject=str(target), expected=expected, got=got, remedy=remedy)


def _full(file: Path, size: int) -> DiskFull:
    return DiskFull(
        subject=str(file),
        expected=f"plass til {size / 1e6:.0f} MB",
        got=f"{disk.free(file.parent) / 1e6:.0f} MB ledig",
        remedy="gjør plass, eller velg en annen disk; ingen halv kopi er lagt igjen",
    )


@contextmanager
def _private(path: Path) -> Iterator[BinaryIO]:
    """A new file that only the owner can read, held so that no other process sweeps it away."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream


def _name(half: Path, file: Path, sha256: str) -> None:
    """Give a finished backup its name, and lay its checksum beside it."""
    beside = file.with_name(f"{file.name}.sha256")
    with _private(half.with_suffix(".sum.part")) as stream:
        stream.write(f"{sha256}  {file.name}\n".encode())
        stream.flush()
        os.fsync(stream.fileno())
    half.replace(file)
    half.with_suffix(".sum.part").replace(beside)
    sync_folder(file.parent)


def _sweep(folder: Path) -> None:
    """Remove what a killed backup left; one that is being written is held."""
    for path in folder.glob(f"{_MAKING}*.part"):
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
