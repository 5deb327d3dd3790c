"""Lays what people say in the bundled sample into the journal of a home that runs on it."""

from __future__ import annotations

import json
from pathlib import Path

from tasks.demo.construct_common import SAMPLE
from tasks.forms.standing import TAKEN
from tasks.journal import Journal


def lay(journal: Journal, sample: Path = SAMPLE) -> int:
    """Append the sample's entries to a journal in which nobody has told of anything else yet.

    Where a kill stopped it half-way, it goes on.

    Returns:
        The number of entries that were appended.
    """
    file = sample / "said" / "entries.jsonl"
    if not file.is_file():
        return 0
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    said = {TAKEN, *(line["kind"] for line in lines)}
    there = [entry for entry in journal.entries() if entry.kind in said]
    if [entry.payload for entry in there] != [line["payload"] for line in lines[: len(there)]]:
        return 0
    for entry in lines[len(there) :]:
        journal.append(entry["kind"], entry["payload"])
    return len(lines) - len(there)
