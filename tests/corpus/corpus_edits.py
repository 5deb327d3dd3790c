"""What is done to documents of the right form, so that they say what cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from corpus_damages import Change
from corpus_json import dumped

Json = Any
Edit = Callable[[Json], Json | None]


def edited(edit: Edit) -> Change:
    """A document after something was done to it in place, or what was given instead."""

    def change(body: bytes) -> bytes:
        document = msgspec.json.decode(body)
        instead = edit(document)
        return dumped(document if instead is None else instead)

    return change


def put_in_all(rows: Iterable[Json], **values: Any) -> None:
    for row in rows:
        row.update(values)


def put_in_first(rows: list[Json], **values: Any) -> None:
    rows[0].update(values)
