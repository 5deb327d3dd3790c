"""Bytes under their SHA-256: `<root>/ab/<sha256>.zst`, named by the hash of what they unpack to."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import zstandard

from tasks import jsonlines

_LEVEL = 3
_DELETED, _PRUNED = ".deleted", ".pruned"
# Modes of files, less what the process masks.
_SHARED, _PRIVATE = 0o666, 0o600


@dataclass(eq=False)
class Damaged(Exception):
    """A file is missing, half-written or changed; what was expected of it, and got. Norwegian."""

    path: Path
    expected: str
    got: str


@dataclass(eq=False)
class Pruned(Exception):
    """A blob was taken away by the rules of retention, on a day and under a rule (Norwegian)."""

    on: date
    rule: str


class Blobs:
    """A folder of blobs; several threads and processes may write the same one."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, contents: dict[str, bytes], *, private: bool = False) -> None:
        """Write what is not there whole: all files first, then their names, then the folders.

        Args:
            contents: Bytes by their SHA-256.
            private: Let only the owner of the process read them.
        """
        mode = _PRIVATE if private else _SHARED
        missing = [(sha, raw) for sha, raw in contents.items() if not self.is_whole(sha)]
        if missing:
            self._write_all(missing, mode)
        # What was pruned and comes again is there again, also where pruning did not get that far.
        self.unmark(contents)

    def _write_all(self, missing: list[tuple[str, bytes]], mode: int) -> None:
        # Waiting for the disk takes no processor: several files are synced side by side.
        with ThreadPoolExecutor(8) as pool:
            written = list(pool.map(lambda it: self._write_temporary(it[0], it[1], mode), missing))
        for temporary, path in written:
            temporary.replace(path)
            # What was deleted and comes again is there again.
            path.with_suffix(_DELETED).unlink(missing_ok=True)
        for folder in {path.parent for _, path in written}:
            jsonlines.sync_folder(folder)

    def delete(self, sha256: str, on: date) -> None:
        """Delete a blob on purpose.

        The mark of it is on disk before the bytes are gone, so that no crash makes it look damaged.
        """
        path = self._path(sha256)
        path.with_suffix(_DELETED).write_text(on.isoformat(), encoding="ascii")
        jsonlines.sync_folder(path.parent)
        path.unlink(missing_ok=True)
        jsonlines.sync_folder(path.parent)

    def prune(self, hashes: Iterable[str], on: date, rule: str) -> None:
        """Take blobs away by the rules of retention.

        As with `delete`, the marks are on disk before the bytes are gone. A blob whose mark is
        there and whose bytes are too was on its way when a crash came, and is read as it is.

        Args:
            hashes: SHA-256 of each.
            on: The day.
            rule: The rule, in Norwegian, as a reader will be told it.
        """
        folders: dict[Path, list[Path]] = {}
        for sha256 in hashes:
            folders.setdefault(self._path(sha256).parent, []).append(self._path(sha256))
        for folder, paths in sorted(folders.items()):
            first, *others = [path.with_suffix(_PRUNED) for path in paths]
            _write_synced(first, f"{on.isoformat()}\n{rule}\n")
            for mark in others:
                # One file under many names: a mark costs no room and need not be synced by itself.
                mark.unlink(missing_ok=True)
                mark.hardlink_to(first)
            jsonlines.sync_folder(folder)
            for path in paths:
                path.unlink(missing_ok=True)
            jsonlines.sync_folder(folder)

    def pruned(self, sha256: str) -> Pruned | None:
        """When and under which rule a blob was taken away; None where its bytes are there."""
        path = self._path(sha256)
        mark = path.with_suffix(_PRUNED)
        if path.exists() or not mark.exists():
            return None
        day, _, rule = mark.read_text(encoding="utf-8").partition("\n")
        return Pruned(date.fromisoformat(day), rule.strip())

    def unmark(self, hashes: Iterable[str]) -> None:
        """Take back the mark of pruning of blobs that are there after all."""
        for sha256 in hashes:
            self._path(sha256).with_suffix(_PRUNED).unlink(missing_ok=True)

    def marked(self) -> list[str]:
        """The blobs that have the mark of pruning, gone or not."""
        return [path.stem for path in self._root.glob(f"*/*{_PRUNED}")]

    def sizes(self) -> dict[str, int]:
        """Bytes on disk of every blob that is there, by SHA-256."""
        return {path.stem: path.stat().st_size for path in self._root.glob("*/*.zst")}

    def is_deleted(self, sha256: str) -> bool:
        """Whether a blob was deleted on purpose."""
        return self._path(sha256).with_suffix(_DELETED).exists()

    def deleted_on(self, sha256: str) -> date:
        """The day that a blob was deleted on purpose."""
        mark = self._path(sha256).with_suffix(_DELETED)
        return date.fromisoformat(mark.read_text(encoding="ascii"))

    def is_whole(self, sha256: str) -> bool:
        """Whether the blob is there, and what it says it is."""
        content = _decompress(self._path(sha256))
        return content is not None and hashlib.sha256(content).hexdigest() == sha256

    def read(self, sha256: str, size: int) -> bytes:
        """The bytes, checked against hash and size.

        Raises:
            Damaged: they are not there, or are others.
            Pruned: they were taken away by the rules of retention.
        """
        path = self._path(sha256)
        content = _decompress(path)
        if content is None:
            if gone := self.pruned(sha256):
                raise gone
            got = "en ødelagt eller halvskrevet fil" if path.exists() else "ingen fil"
            raise Damaged(path, f"{size} byte som landet", got)
        if len(content) != size:
            raise Damaged(path, f"{size} byte", f"{len(content)} byte")
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise Damaged(path, f"SHA-256 {sha256}", f"SHA-256 {found}")
        return content

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / f"{sha256}.zst"

    def _write_temporary(self, sha256: str, content: bytes, mode: int) -> tuple[Path, Path]:
        path = self._path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two datasets may take the same file at the same moment.
        temporary = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}.tmp")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(
                    zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(content)
                )
                file.flush()
                os.fsync(file.fileno())
        except OSError:  # no room: what is half-written takes what is left
            temporary.unlink(missing_ok=True)
            raise
        return temporary, path


def _write_synced(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)  # its other names must not change with it
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _decompress(path: Path) -> bytes | None:
    try:
        return zstandard.ZstdDecompressor().decompress(path.read_bytes())
    except (FileNotFoundError, zstandard.ZstdError):
        return None
