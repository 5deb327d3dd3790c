"""A home made of a backup: there whole, or not at all.

Files are laid beside the home, held against every checksum, the journal's chain and landing's
hashes, and only then get its name. A home that has something in it is never touched.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tasks import disk
from tasks.backup import archive
from tasks.backup.archive import Head, Read, Readable
from tasks.errors import ConfigurationError, DiskFull, LandingCorrupt, NotFound, WrongUse
from tasks.journal import Journal
from tasks.jsonlines import sync_folder
from tasks.landing import Landing
from tasks.settings import Rooms

RESTORED = "home.restored"
_BLOCK = 1 << 20
# A disk of its own is not empty even when it is.
_DISKS_OWN = "lost+found"


@dataclass(frozen=True)
class Restored:
    """What a home was made of.

    Attributes:
        head: What the backup is of.
        files: How many files came from it.
        datasets: How many datasets landing has.
        runs: How many stored plans there are.
        contacts: How many contact persons there are.
        missing: Blobs that were damaged already when the backup was made.
    """

    head: Head
    files: int
    datasets: int
    runs: int
    contacts: int
    missing: tuple[str, ...]


def verify(source: Path) -> Read:
    """Read a backup through and know that every byte is as it was written.

    Raises:
        NotFound: there is no such file.
        ConfigurationError: it is no backup, or not whole; what is changed is named.
    """
    _there(source)
    read = archive.read(source, lambda *_: None)
    _check_beside(source, read.sha256)
    return read


def restore(source: Path, rooms: Rooms, profile: str | None = None) -> Restored:
    """Make a home of a backup; the warehouse is to be built after it.

    Args:
        source: The backup.
        rooms: The home: missing, or an empty folder.
        profile: Refuse a backup of another profile, where one is asked for.

    Raises:
        NotFound: there is no such backup.
        WrongUse: the home has something in it.
        ConfigurationError: the backup is of another profile, no backup, or not whole.
        JournalCorrupt: the journal in it does not hold.
        LandingCorrupt: an answer in it is not what landed.
        DiskFull: there is no room for it.
    """
    _there(source)
    _check_home(rooms.home)
    inside = rooms.home.is_dir()
    folder = rooms.home if inside else rooms.home.parent
    folder.mkdir(parents=True, exist_ok=True)
    size = source.stat().st_size
    if disk.free(folder) < size:
        raise _full(rooms, size)
    try:
        with _staging(folder, rooms.home.name) as made:
            restored = _fill(source, made, profile)
            if inside:
                _move_in(made, rooms.home)
            else:
                made.rename(rooms.home)
            sync_folder(folder)
    except OSError as error:
        if disk.is_full(error):
            raise _full(rooms, size) from error
        raise
    return restored


def _fill(source: Path, made: Path, profile: str | None) -> Restored:
    """Lay all files, and hold them against what they must be."""

    def lay(name: str, mode: int, mtime: float, content: Readable) -> None:
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            while block := content.read(_BLOCK):
                file.write(block)
        path.chmod(mode)
        os.utime(path, (mtime, mtime))

    def started(head: Head) -> None:
        if profile not in {None, head.profile}:
            raise ConfigurationError(
                subject=str(source),
                expected=f"en kopi av et hjem med profilen «{profile}»",
                got=f"en av «{head.profile}»",
                remedy=f"sett TILBUDSPLAN_PROFILE til «{head.profile}», eller fjern den",
            )

    read = archive.read(source, lay, started)
    _check_beside(source, read.sha256)
    rooms = Rooms(made)
    for name, mode in read.manifest.folders.items():
        # A backup that lies is caught by its seal; one that was made to lie is not let out.
        if (made / name).resolve().is_relative_to(made.resolve()):
            (made / name).mkdir(parents=True, exist_ok=True)
            (made / name).chmod(mode & 0o777 | 0o700)
    journal, landing = Journal(rooms.journal), Landing(rooms.landing)
    journal.verify()
    _check_landing(landing, frozenset(read.manifest.missing))
    told = {"made_at": read.head.made_at.isoformat(), "sha256": read.sha256}
    journal.append(RESTORED, told | {"night": read.head.night})
    os.sync()  # all at once: a hundred thousand files one by one would take many minutes
    return Restored(
        head=read.head,
        files=len(read.manifest.of_home()),
        datasets=len(landing.datasets()),
        runs=len(list(rooms.runs.glob("*/manifest.json"))),
        contacts=len(list(rooms.contacts.glob("*.json"))),
        missing=read.manifest.missing,
    )


def _check_landing(landing: Landing, missing: frozenset[str]) -> None:
    """Refuse answers that are not what landed, but for what was damaged before."""
    blobs = landing.blobs()
    lost = {sha for sha in blobs.sizes() if not blobs.is_whole(sha)} | landing.lost()
    if new := sorted(lost - missing):
        raise LandingCorrupt(
            subject=f"landing/blobs: {', '.join(sha[:12] for sha in new[:5])}",
            expected="svarene slik de ble hentet",
            got=f"{len(new)} som mangler eller er endret",
            remedy="bruk en annen sikkerhetskopi; ingenting er gjenopprettet",
        )


def _check_beside(source: Path, sha256: str) -> None:
    """Hold a backup against the checksum beside it, where it was brought along."""
    beside = source.with_name(f"{source.name}.sha256")
    if not beside.is_file():
        return
    said = beside.read_bytes()[:64]
    if said != sha256.encode():
        raise ConfigurationError(
            subject=str(beside),
            expected=f"kontrollsummen {sha256}",
            got=said.decode("ascii", "replace"),
            remedy="kopien selv er hel; se om kontrollsummen hører til en annen fil, og fjern den "
            "om den ikke gjør det",
        )


def _there(source: Path) -> None:
    if source.is_dir():
        found = sorted(path.name for path in source.glob("tilbudsplan-*.tar"))
        raise NotFound(
            subject=str(source),
            expected="en sikkerhetskopi",
            got=f"en mappe med {len(found)} i" if found else "en mappe uten noen i",
            remedy=f"velg en av dem; den nyeste er {source / found[-1]}"
            if found
            else f"rett stien, eller ta en kopi med «tilbudsplan backup {source}»",
        )
    if not source.is_file():
        raise NotFound(
            subject=str(source),
            expected="en sikkerhetskopi",
            got="ingen fil",
            remedy="rett stien; filen heter noe som tilbudsplan-2026-11-26T0930Z.tar",
        )


def _check_home(home: Path) -> None:
    """Refuse a home that has something in it; what a killed restore laid beside is nothing."""
    remedy = "sett TILBUDSPLAN_HOME til en ny mappe, eller flytt den gamle til side først"
    if home.is_dir():
        there = sorted(path.name for path in home.iterdir() if path.name != _DISKS_OWN)
        found = [name for name in there if not name.startswith(_named(home.name))]
        got = f"en med {len(found)} ting i ({', '.join(found[:3])} …)"
        if found != there:
            got, remedy = "en gjenoppretting som ble avbrutt", "tøm mappen og kjør på nytt"
    else:
        found = [home.name] if home.exists() or home.is_symlink() else []
        got = "noe annet enn en mappe"
    if found:
        raise WrongUse(
            subject=str(home),
            expected="en mappe som er tom eller ikke finnes",
            got=got,
            remedy=remedy,
        )


def _named(name: str) -> str:
    return f".restoring-{name}"


@contextmanager
def _staging(folder: Path, name: str) -> Iterator[Path]:
    """A folder of our own to lay files in; what a killed restore left is removed first.

    The holder of a folder has it locked: the operating system lets go when it ends.
    """
    for old in folder.glob(f"{_named(name)}-*"):
        with suppress(OSError), _locked(old):
            shutil.rmtree(old, ignore_errors=True)
    made = folder / f"{_named(name)}-{secrets.token_hex(4)}"
    made.mkdir(mode=0o700)
    with _locked(made):
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _move_in(made: Path, home: Path) -> None:
    """Move everything into an empty home that is there; the journal comes last.

    A home that stands on a disk of its own, or in a folder of somebody else's, cannot be renamed.
    """
    journal = Rooms(made).journal
    for path in sorted(made.iterdir(), key=lambda path: path == journal):
        path.rename(home / path.name)


def _full(rooms: Rooms, size: int) -> DiskFull:
    return DiskFull(
        subject=str(rooms.home),
        expected=f"plass til {size / 1e6:.0f} MB",
        got=f"{disk.free(rooms.home) / 1e6:.0f} MB ledig",
        remedy="gjør plass, eller velg en større disk (TILBUDSPLAN_HOME); ingenting er lagt igjen",
    )
