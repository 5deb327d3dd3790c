"""What stands of the forms that were taken: the newest version of every sender's rows.

The journal has one entry `form.taken` per accepted file. A later file of the same submission (form,
round and sender) replaces its rows: a row in it stands as it is there, one that the entry names as
withdrawn is kept and marked, and one that it does not name stands as before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tasks.journal import Entry

TAKEN = "form.taken"
# What a row carries beside its fields.
ROW_IDENTITY = ("need_id", "row")


@dataclass
class Row:
    """One row of a form as it stands.

    Attributes:
        need_id: Its identity, the same through corrections.
        fields: Its fields by name: codes, texts and numbers, as the journal has them.
        received_on: Oslo date on which it came as it stands now; an unchanged row keeps its date.
        late: Whether that was after the deadline.
        withdrawn: Whether the sender's newest file no longer has it.
    """

    need_id: str
    fields: dict[str, Any]
    received_on: date
    late: bool
    withdrawn: bool = False


@dataclass
class Submission:
    """What one sender has told in one form and round.

    Attributes:
        newest: Payload of the newest entry, without its rows.
        versions: How many files with different content were taken.
        hashes: `content_hash` of each of them, oldest first.
        rows: Every row that ever stood, by `need_id`.
    """

    newest: dict[str, Any]
    versions: int = 0
    hashes: list[str] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)

    def standing(self) -> list[Row]:
        """The rows that are not withdrawn."""
        return [row for row in self.rows.values() if not row.withdrawn]


def submissions(entries: Iterable[Entry]) -> dict[str, Submission]:
    """What stands after all entries, by submission; entries of other kinds are passed over."""
    found: dict[str, Submission] = {}
    for entry in entries:
        if entry.kind == TAKEN:
            add(found, entry.payload)
    return found


def add(found: dict[str, Submission], payload: dict[str, Any]) -> None:
    """Let one more file that was taken replace what its sender has told."""
    submission = found.setdefault(payload["submission"], Submission(newest={}))
    submission.newest = {key: value for key, value in payload.items() if key != "rows"}
    submission.versions += 1
    submission.hashes.append(payload["content_hash"])
    came = date.fromisoformat(payload["received_on"])
    for told in payload["rows"]:
        fields = {key: value for key, value in told.items() if key not in ROW_IDENTITY}
        before = submission.rows.get(told["need_id"])
        if before is None or before.withdrawn or before.fields != fields:
            new = Row(told["need_id"], fields, came, bool(payload["late"]))
            submission.rows[told["need_id"]] = new
    for need_id in payload.get("withdrawn", ()):
        if need_id in submission.rows:
            submission.rows[need_id].withdrawn = True
