"""The forms that were taken, as three tables: what the warehouse's schema `journal` is loaded with.

The tables are views of the journal: they hold no contact, and are made anew every night. Their
columns and types are the same when nothing was ever taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl

from tasks.forms import standing
from tasks.forms.standing import Row, Submission
from tasks.journal import Entry

# The form whose rows are intentions; the rows of all others are needs.
INTENTION_FORM = "laereplass"

_SENDER: dict[str, type[pl.DataType]] = {
    "organisation": pl.String,
    "orgnr": pl.String,
    "region_code": pl.String,
}
_TOLD: dict[str, type[pl.DataType]] = {
    "round": pl.Int16,
    "received_on": pl.Date,
    "late": pl.Boolean,
    "withdrawn": pl.Boolean,
}
# Grain: one row per form × round × sender. Key: submission.
SUBMISSION: dict[str, type[pl.DataType]] = {
    "submission": pl.String,
    "form": pl.String,
    "round": pl.Int16,
    "region_code": pl.String,
    "organisation": pl.String,
    "orgnr": pl.String,
    "sender_role": pl.String,
    "received_on": pl.Date,
    "late": pl.Boolean,
    "rows_taken": pl.Int32,
    "rows_refused": pl.Int32,
    "versions": pl.Int32,
}
# Grain: one row per need that was ever told, withdrawn ones included. Key: need_id.
NEED: dict[str, type[pl.DataType]] = {
    "need_id": pl.String,
    "submission": pl.String,
    "form": pl.String,
    **_TOLD,
    "source_kind": pl.String,
    **_SENDER,
    "municipality_code": pl.String,
    "occupation_code": pl.String,
    "programme_area_code": pl.String,
    "industry_code": pl.String,
    "size_class": pl.String,
    "level": pl.String,
    "persons": pl.Int32,
    "wanted_year": pl.Int16,
    "priority": pl.Int16,
    "reason": pl.String,
    "proposed_measure": pl.String,
    "competence": pl.String,
    "barrier": pl.String,
}
# Grain: one row per submission × trade × municipality. Key: need_id.
INTENTION: dict[str, type[pl.DataType]] = {
    "need_id": pl.String,
    "submission": pl.String,
    **_TOLD,
    **_SENDER,
    "trade_code": pl.String,
    "municipality_code": pl.String,
    "intended_intake": pl.Int32,
    "current_apprentices": pl.Int32,
    "conditions": pl.String,
}


def frames(entries: Iterable[Entry]) -> dict[str, pl.DataFrame]:
    """What stands of the forms, from the journal's entries (those of other kinds are passed over).

    Returns:
        `form_submission` (rows_taken: rows that stand; rows_refused: of the newest file; versions:
        files with different content), `need` (persons, wanted_year as told; received_on and late:
        when the row came as it stands) and `apprentice_intention` (apprentices), sorted by key.
    """
    found = standing.submissions(entries)
    told: list[dict[str, Any]] = []
    needs: list[dict[str, Any]] = []
    intentions: list[dict[str, Any]] = []
    for submission in found.values():
        told.append(_submission_row(submission))
        rows = intentions if submission.newest["form"] == INTENTION_FORM else needs
        rows.extend(_content_row(submission, row) for row in submission.rows.values())
    return {
        "form_submission": frame(told, SUBMISSION),
        "need": frame(needs, NEED),
        "apprentice_intention": frame(intentions, INTENTION),
    }


def _submission_row(submission: Submission) -> dict[str, Any]:
    newest = submission.newest
    return {
        **newest,
        "received_on": date.fromisoformat(newest["received_on"]),
        "round": int(newest["round"]),
        "rows_taken": len(submission.standing()),
        "rows_refused": newest["refused_rows"],
        "versions": submission.versions,
    }


def _content_row(submission: Submission, row: Row) -> dict[str, Any]:
    newest = submission.newest
    sender = {column: newest.get(column) for column in _SENDER}
    # A sender who speaks for the whole county names the region row by row.
    sender["region_code"] = row.fields.get("region_code") or sender["region_code"]
    return {
        **row.fields,
        "need_id": row.need_id,
        "submission": newest["submission"],
        "form": newest["form"],
        "source_kind": newest["form"],
        "round": int(newest["round"]),
        "received_on": row.received_on,
        "late": row.late,
        "withdrawn": row.withdrawn,
        **sender,
    }


def frame(
    rows: Iterable[Mapping[str, Any]], schema: Mapping[str, type[pl.DataType]]
) -> pl.DataFrame:
    """Rows as a table of a schema, sorted by all its columns; a key that a row lacks is null."""
    rows = list(rows)
    columns = {name: [row.get(name) for row in rows] for name in schema}
    return pl.DataFrame(columns, schema=schema).sort(pl.all())
