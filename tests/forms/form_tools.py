"""Journal entries of taken forms, made by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tasks.journal import Entry


def taken(**payload: Any) -> Entry:
    """One `form.taken` entry; what is not given is as of a forum's ordinary form."""
    whole = {
        "submission": "s1",
        "form": "forum",
        "form_version": 1,
        "round": "2027",
        "region_code": "forum-fosen",
        "organisation": "Fosen kompetanseforum",
        "orgnr": None,
        "sender_role": "sekretariat",
        "contact": "c1",
        "received_on": "2026-11-01",
        "late": False,
        "file_name": "fosen.xlsx",
        "content_hash": "h1",
        "rows": [],
        "withdrawn": [],
        "refused_rows": 0,
    } | payload
    return Entry(1, datetime(2026, 11, 1, tzinfo=UTC), "form.taken", whole, "0" * 64)
