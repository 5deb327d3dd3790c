"""The journal: what cannot be recomputed, appended before anything else happens.

`journal.jsonl` holds one entry a line, each with the SHA-256 of the line before it, so that a line
that is changed, removed or moved breaks the chain at a number that can be named. Everything else
(findings, verdicts, the list of nights) is a view of it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from tasks import clock, jsonlines
from tasks.errors import JournalCorrupt

SCHEMA = 1
_GENESIS = "0" * 64


class Entry(msgspec.Struct, frozen=True):
    """One journal line.

    Attributes:
        schema: Version of the line format.
        at: When it was appended (UTC).
        kind: What happened, for example `night.built`, `finding`.
        payload: What there is to know about it (JSON).
        previous: SHA-256 of the line before, 64 zeros for the first.
    """

    schema: int
    at: datetime
    kind: str
    payload: dict[str, Any]
    previous: str


class Journal:
    """The journal of one installation; safe to append to from several processes."""

    def __init__(self, root: Path) -> None:
        self.path = root / "journal.jsonl"

    def append(self, kind: str, payload: dict[str, Any]) -> Entry:
        """Append one entry; it is on disk when this returns.

        Raises:
            JournalCorrupt: the last line there is cannot be read, so nothing is chained to it.
        """
        made: list[Entry] = []

        def line(last: bytes | None) -> bytes:
            if last is not None:
                self._decode(last, "siste")
            entry = Entry(SCHEMA, clock.now(), kind, payload, _digest(last))
            made.append(entry)
            return msgspec.json.encode(entry)

        jsonlines.append(self.path, line)
        return made[0]

    def entries(self, kind: str | None = None) -> list[Entry]:
        """All entries in order, of one kind where given.

        Raises:
            JournalCorrupt: a line cannot be read, or the chain does not hold.
        """
        found: list[Entry] = []
        before: bytes | None = None
        for number, line in enumerate(jsonlines.read(self.path), start=1):
            entry = self._decode(line, str(number))
            if entry.previous != _digest(before):
                raise self._corrupt(number, f"forrige linjes kjennetegn {_digest(before)[:12]}…")
            before = line
            if kind is None or entry.kind == kind:
                found.append(entry)
        return found

    def verify(self) -> int:
        """Check the whole chain and return the number of entries.

        Raises:
            JournalCorrupt: naming the first line that does not fit.
        """
        return len(self.entries())

    def _decode(self, line: bytes, number: str) -> Entry:
        try:
            entry = msgspec.json.decode(line, type=Entry)
        except msgspec.MsgspecError as error:
            raise self._corrupt(number, "en lesbar JSON-linje", str(error)) from error
        if entry.schema > SCHEMA:
            raise self._corrupt(number, f"format {SCHEMA} eller eldre", f"format {entry.schema}")
        return entry

    def _corrupt(
        self, number: int | str, expected: str, got: str = "et annet kjennetegn"
    ) -> JournalCorrupt:
        return JournalCorrupt(
            subject=f"{self.path}, linje {number}",
            expected=expected,
            got=got,
            remedy="hent journalen tilbake fra siste sikkerhetskopi; rett den ikke for hånd",
        )


def _digest(line: bytes | None) -> str:
    return hashlib.sha256(line).hexdigest() if line is not None else _GENESIS
