"""The format of a backup: a plain tar that knows whether a byte of it has changed.

    BACKUP.json      what it is of, and when it was made
    <files>          as they lay in the home, under their paths in it
    MANIFEST.json    SHA-256, size and mode of each file, and what was damaged and is not here
    SEAL             SHA-256 of all bytes before it, and of the manifest

Everything is uncompressed, since what is big is compressed already. Any tar program lists and
unpacks it. The seal has a length that is known, so that nothing can be put behind it, and header,
padding and content are all below it.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Protocol

import msgspec

from tasks.errors import ConfigurationError

SCHEMA = 1
HEAD, MANIFEST, SEAL = "BACKUP.json", "MANIFEST.json", "SEAL"
_BLOCK = 1 << 20
_TAR_BLOCK = 512
_MODES = 0o777
# What is told is small; a manifest of a million files is some hundred megabytes.
_MOST_TOLD = 1_000_000_000
_NOT_AS_WRITTEN = "noe som ikke kan leses"


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup is of.

    Attributes:
        schema: Version of the format.
        made_at: When the journal was read (UTC).
        profile: The profile that the home is tied to; None before its first night.
        entries: Lines of the journal.
        night: Oslo date of the last night that was built; None where there is none.
    """

    schema: int
    made_at: datetime
    profile: str | None
    entries: int
    night: str | None


class File(msgspec.Struct, frozen=True):
    """A file of the home: its path in it, and what it was when it was copied."""

    name: str
    sha256: str
    bytes: int
    mode: int


class Manifest(msgspec.Struct, frozen=True):
    """Every file, the modes of folders by their paths, and the blobs that were damaged."""

    files: tuple[File, ...]
    folders: dict[str, int]
    missing: tuple[str, ...]

    def of_home(self) -> list[File]:
        """The files, without what a backup tells of itself."""
        return [file for file in self.files if file.name != HEAD]


@dataclass(frozen=True)
class Read:
    """What was read of a backup that is whole."""

    head: Head
    manifest: Manifest
    sha256: str
    bytes: int


class Writer:
    """Writes a backup to a stream, file by file."""

    def __init__(self, stream: IO[bytes], head: Head) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self._files: list[File] = []
        self.bytes = 0
        self.add(HEAD, io.BytesIO(msgspec.json.encode(head)), 0o600, head.made_at.timestamp())

    def add(
        self, name: str, content: BinaryIO, mode: int, mtime: float, size: int | None = None
    ) -> None:
        """Add a file.

        Args:
            name: Its path in the home.
            content: Its bytes, read from where it stands.
            mode: Rights of reading and writing.
            mtime: When it was changed.
            size: How many bytes; all there are where not given.

        Raises:
            ConfigurationError: it became shorter while it was read.
        """
        if size is None:
            size = content.seek(0, io.SEEK_END)
            content.seek(0)
        self._write(_header(name, size, mode, mtime))
        digest, left = hashlib.sha256(), size
        while left:
            block = content.read(min(left, _BLOCK))
            if not block:
                raise _refused(name, "at filen sto stille mens den ble kopiert", "en kortere fil")
            digest.update(block)
            self._write(block)
            left -= len(block)
        self._write(_padding(size))
        self._files.append(File(name, digest.hexdigest(), size, mode & _MODES))

    def seal(self, folders: dict[str, int], missing: tuple[str, ...]) -> Manifest:
        """End the backup; after this `sha256` is that of the whole of it."""
        made = Manifest(tuple(self._files), folders, missing)
        manifest = msgspec.json.encode(made)
        self.add(MANIFEST, io.BytesIO(manifest), 0o600, 0)
        self._write(_seal(self.sha256, hashlib.sha256(manifest).hexdigest()))
        return made

    @property
    def sha256(self) -> str:
        """SHA-256 of what is written."""
        return self._digest.hexdigest()

    def _write(self, block: bytes) -> None:
        self._stream.write(block)
        self._digest.update(block)
        self.bytes += len(block)


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes; none at the end."""


# Is given each file of a backup: name, mode, time of change, and its bytes to read.
Sink = Callable[[str, int, float, Readable], None]


def read(path: Path, sink: Sink, started: Callable[[Head], None] = lambda _: None) -> Read:
    """Read a backup to its end, once, and know that it is what was written.

    What the sink was given is not to be used before this returns.

    Args:
        path: The file.
        sink: Takes name, mode, time of change and bytes of each file of the home.
        started: Is told what the backup is of before the first file comes.

    Raises:
        ConfigurationError: it is no backup, or not whole; the file in it that is changed is named.
    """
    size = path.stat().st_size
    with path.open("rb") as opened:
        stream = _Hashed(opened, size - _SEAL_BYTES)
        found, told = _members(path, stream, sink, started)
        stream.drain()
        seal = opened.read(_SEAL_BYTES + 1)
    _check(path, stream.digest, seal, found, told)
    manifest, head = _manifest(path, told[MANIFEST]), _head(path, told[HEAD])
    whole = stream.all.copy()
    whole.update(seal)
    return Read(head, manifest, whole.hexdigest(), size)


class _Hashed(io.RawIOBase):
    """Reads a file up to its seal, and hashes all that goes by."""

    def __init__(self, source: BinaryIO, length: int) -> None:
        self._source = source
        self._left = max(0, length)
        self.all = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        block = self._source.read(wanted)
        self._left -= len(block)
        self.all.update(block)
        return block

    def drain(self) -> None:
        """Read what is left."""
        while self.read(_BLOCK):
            pass

    @property
    def digest(self) -> str:
        """SHA-256 of what was read."""
        return self.all.hexdigest()


def _members(
    path: Path, stream: _Hashed, sink: Sink, started: Callable[[Head], None]
) -> tuple[dict[str, str], dict[str, bytes]]:
    """Hand out every file; gives their hashes, and the bytes of head and manifest."""
    found: dict[str, str] = {}
    told: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK) as archive:
            for member in archive:
                _check_member(path, member, found)
                content = _Content(archive.extractfile(member))
                if member.name in {HEAD, MANIFEST}:
                    told[member.name] = content.read(_MOST_TOLD)
                    if member.name == HEAD:
                        started(_head(path, told[HEAD]))
                elif HEAD not in told:
                    raise _no_backup(path, f"{member.name} først")
                else:
                    sink(member.name, member.mode & _MODES, member.mtime, content)
                content.drain()
                found[member.name] = content.sha256
    except (tarfile.TarError, EOFError, ValueError) as error:
        if not found:
            raise _no_backup(path, _said(error)) from error
        last = list(found)[-1]
        raise _changed(path, f"{last} eller det som følger etter den", _said(error)) from error
    if HEAD not in told:
        raise _no_backup(path, "noe annet")
    return found, told


def _said(error: Exception) -> str:
    """What the library found, in Norwegian; its own words are English and change."""
    words = str(error)
    if "empty file" in words:
        return "en fil som er tom eller nesten tom"
    if isinstance(error, EOFError) or any(one in words for one in ("truncated", "end of")):
        return "en fil som slutter for tidlig"
    return "byte som ikke er et arkiv"


class _Content:
    """The bytes of a file in a backup, hashed as they are read."""

    def __init__(self, source: IO[bytes] | None) -> None:
        self._source = source or io.BytesIO()
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._source.read(size)
        self._digest.update(block)
        return block

    def drain(self) -> None:
        while self.read(_BLOCK):
            pass

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def _check_member(path: Path, member: tarfile.TarInfo, found: dict[str, str]) -> None:
    """Refuse what would be written outside the home, or is no plain file, before it is written."""
    parts = PurePosixPath(member.name).parts
    wrong = None
    if member.type not in {tarfile.REGTYPE, tarfile.AREGTYPE}:
        wrong = "en lenke, en enhet eller noe annet som ikke er en fil"
    elif not parts or parts[0] == "/" or ".." in parts or "\\" in member.name:
        wrong = "en sti som fører ut av mappen"
    elif "\0" in member.name or member.name != str(PurePosixPath(member.name)):
        wrong = "en sti som ikke er skrevet rett fram"
    elif member.name in found:
        wrong = "en fil to ganger"
    if wrong:
        raise _refused(
            f"{path}: {member.name!r}",
            "en fil fra et hjem",
            wrong,
            "bruk en annen kopi; noen har laget eller endret denne",
        )


def _check(
    path: Path, digest: str, seal: bytes, found: dict[str, str], told: dict[str, bytes]
) -> None:
    """Refuse a backup that is not what was written, naming what is changed."""
    manifest = told.get(MANIFEST)
    if manifest is None:
        last = list(found)[-1]
        raise _changed(
            path,
            f"det som følger etter {last}",
            "ingen innholdsliste: den er endret eller avkortet",
        )
    manifest_sha = hashlib.sha256(manifest).hexdigest()
    if manifest_sha.encode() not in seal:
        raise _changed(path, f"{MANIFEST} eller {SEAL}", "en annen kontrollsum")
    listed = {file.name: file.sha256 for file in _manifest(path, manifest).files}
    there = {name: sha for name, sha in found.items() if name != MANIFEST}
    names = sorted(n for n in listed.keys() | there.keys() if listed.get(n) != there.get(n))
    if names or seal != _seal(digest, manifest_sha):
        what = ", ".join(names[:5]) + (f" og {len(names) - 5} til" if names[5:] else "")
        raise _changed(path, what or f"mellomrommet mellom filene, eller {SEAL}", "andre byte")


def _manifest(path: Path, content: bytes) -> Manifest:
    try:
        return msgspec.json.decode(content, type=Manifest)
    except msgspec.MsgspecError as error:
        raise _changed(path, MANIFEST, _NOT_AS_WRITTEN) from error


def _head(path: Path, content: bytes) -> Head:
    try:
        schema = msgspec.json.decode(content)["schema"]
        if schema > SCHEMA:
            raise _no_backup(path, f"format {schema}, som denne versjonen ikke kjenner")
        return msgspec.json.decode(content, type=Head)
    except (msgspec.MsgspecError, KeyError, TypeError) as error:
        raise _changed(path, HEAD, _NOT_AS_WRITTEN) from error


def _header(name: str, size: int, mode: int, mtime: float) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, mode & _MODES, int(mtime)
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _padding(size: int) -> bytes:
    return bytes(-size % _TAR_BLOCK)


def _seal(digest: str, manifest: str) -> bytes:
    """The end of a backup: the seal as a file of the tar, and the two empty blocks."""
    content = f"{digest} alt foran denne\n{manifest} {MANIFEST}\n".encode()
    file = _header(SEAL, len(content), 0o600, 0) + content + _padding(len(content))
    return file + bytes(2 * _TAR_BLOCK)


_SEAL_BYTES = len(_seal("0" * 64, "0" * 64))


def _changed(path: Path, what: str, got: str) -> ConfigurationError:
    return _refused(
        f"{path}: {what}",
        "byte for byte det som ble skrevet",
        got,
        "bruk en annen kopi, eller hent denne på nytt derfra den ligger",
    )


def _no_backup(path: Path, got: str) -> ConfigurationError:
    return _refused(
        str(path),
        "en sikkerhetskopi laget med «tilbudsplan backup»",
        got,
        "velg en fil på formen tilbudsplan-2026-11-26T0930Z.tar",
    )


def _refused(
    subject: str, expected: str, got: str, remedy: str = "kjør kommandoen igjen"
) -> ConfigurationError:
    return ConfigurationError(subject=subject, expected=expected, got=got, remedy=remedy)
