"""A journal in which a forum and an enterprise have told of needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tasks.journal import Journal


def told(root: Path, **changed: Any) -> Journal:
    """A journal with one submission of a forum: the needs n1 and n2."""
    journal = Journal(root)
    payload = {
        "submission": "s1",
        "form": "forum",
        "form_version": 1,
        "round": "2026",
        "region_code": "forum-fosen",
        "organisation": "Fosen kompetanseforum",
        "orgnr": None,
        "sender_role": "sekretariat",
        "contact": "c1",
        "received_on": "2026-11-01",
        "late": False,
        "file_name": "fosen.xlsx",
        "content_hash": "h1",
        "rows": [
            {"need_id": "n1", "row": 9, "occupation_code": "5321", "persons": 12},
            {"need_id": "n2", "row": 10, "occupation_code": "7231"},
        ],
        "withdrawn": [],
        "refused_rows": 0,
    }
    journal.append("form.taken", payload | changed)
    return journal
