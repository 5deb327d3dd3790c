"""What makes two files the same sender's, and two rows the same need."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from tasks.forms.codes import folded
from tasks.forms.definition import IDENTITY, Form
from tasks.forms.filled import Context, Filled, FilledRow
from tasks.forms.standing import Row, Submission

_SUBMISSION_LENGTH = 12
_NEED_LENGTH = 10

Key = tuple[Any, ...]


def sender(context: Context, filled: Filled) -> dict[str, Any]:
    """Organisation, organisation number and role of the sender."""
    told: dict[str, Any] = {
        name: filled.sender[name].value if name in filled.sender else None for name in IDENTITY
    }
    for one in context.form.sender:
        # A school is chosen from the register: its number is the code, the list has its name.
        if one.name == "orgnr" and one.code_list:
            told["organisation"] = context.lists[one.code_list].names.get(told["orgnr"])
    return told


def submission(context: Context, who: dict[str, Any], known: dict[str, Submission]) -> str:
    """The id of what a sender tells in a form and round: its earlier one, or a new one.

    A sender is known by its number; by its name where one of the files has no number.
    """
    scope = (context.form.name, context.round.name, context.region and context.region.code)
    name = folded(who["organisation"])
    same = {
        identity: one.newest
        for identity, one in known.items()
        if (one.newest["form"], one.newest["round"], one.newest["region_code"]) == scope
    }
    for identity, newest in same.items():
        if who["orgnr"] and newest["orgnr"] == who["orgnr"]:
            return identity
    for identity, newest in same.items():
        unnumbered = not (who["orgnr"] and newest["orgnr"])
        if unnumbered and folded(newest["organisation"]) == name:
            return identity
    return _digest([*scope, who["orgnr"] or name], _SUBMISSION_LENGTH)


def fields(context: Context, filled: Filled, row: FilledRow) -> dict[str, Any]:
    """The fields of a row as they are kept, with what the sender told once for all rows."""
    own = {name: cell.value for name, cell in row.cells.items()}
    shared = {
        one.name: filled.sender[one.name].value
        for one in context.form.sender
        if not one.contact and one.name not in IDENTITY
    }
    return {name: value for name, value in (shared | own).items() if value is not None}


def assign(context: Context, filled: Filled, of: str, before: list[Row]) -> dict[int, str]:
    """Which need each row is, by place in the table.

    Rows with the same key as earlier ones are the same needs: first those whose content is the
    same, then in order. A row whose key cannot be read is left out.

    Args:
        context: The form.
        filled: The rows, good and bad.
        of: The submission.
        before: Every row that the submission ever had.
    """
    earlier: dict[Key, list[Row]] = {}
    for one in before:
        earlier.setdefault(_key(context.form, one.fields), []).append(one)
    groups: dict[Key, list[FilledRow]] = {}
    for row in filled.rows:
        if is_keyed(context.form, row):
            told = fields(context, filled, row)
            groups.setdefault(_key(context.form, told), []).append(row)
    given: dict[int, str] = {}
    for key, rows in groups.items():
        left = list(earlier.get(key, []))
        for row in rows:
            told = fields(context, filled, row)
            if (same := next((one for one in left if one.fields == told), None)) is not None:
                left.remove(same)
                given[row.place] = same.need_id
        used = {one.need_id for one in earlier.get(key, [])}
        ids = _ids([one.need_id for one in left], used, of, key)
        given |= {row.place: next(ids) for row in rows if row.place not in given}
    return given


def is_keyed(form: Form, row: FilledRow) -> bool:
    """Whether the fields that make a row the need it is can be read."""
    return not any(row.cells[one.name].reason for one in form.row if one.key)


def mark_repeated(form: Form, filled: Filled) -> None:
    """Give rows a reason that tell the same thing as one above, where the form allows one only."""
    if not form.unique_rows:
        return
    first: dict[Key, int] = {}
    labels = " og ".join(one.label.lower() for one in form.row if one.key)
    for row in filled.rows:
        if not row.good:
            continue
        key = _key(form, {name: cell.value for name, cell in row.cells.items()})
        if key in first:
            row.reasons.append(f"samme {labels} står også i nr. {first[key] + 1}; slå dem sammen")
        first.setdefault(key, row.place)


def content_hash(who: dict[str, Any], told: list[dict[str, Any]], refused: int) -> str:
    """What two files have in common that say the same thing: their content, not their bytes."""
    rows = sorted(json.dumps(one, sort_keys=True, ensure_ascii=False) for one in told)
    return _digest([who, rows, refused], 64)


def _key(form: Form, told: dict[str, Any]) -> Key:
    values = (told.get(one.name) for one in form.row if one.key)
    return tuple(folded(value) if isinstance(value, str) else value for value in values)


def _ids(left: list[str], used: set[str], of: str, key: Key) -> Iterator[str]:
    """Identities of earlier rows that are not given again, then new ones."""
    yield from left
    number = 0
    while True:
        if (one := _digest([of, *key, number], _NEED_LENGTH)) not in used:
            yield one
        number += 1


def _digest(parts: list[Any], length: int) -> str:
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:length]
