"""Lays what people say in the bundled sample into the journal of a home that runs on it."""

from __future__ import annotations

import json
from pathlib import Path

from tasks.demo.construct_common import SAMPLE
from tasks.forms.standing import TAKEN
from tasks.journal import Journal


def lay(journal: Journal, sample: Path = SAMPLE) -> int:
    """Append the sample's entries to a journal in which nobody has told of anything yet.

    Returns:
        The number of entries that were appended.
    """
    file = sample / "said" / "entries.jsonl"
    if journal.entries(TAKEN) or not file.is_file():
        return 0
    lines = file.read_text(encoding="utf-8").splitlines()
    for line in lines:
        entry = json.loads(line)
        journal.append(entry["kind"], entry["payload"])
    return len(lines)
