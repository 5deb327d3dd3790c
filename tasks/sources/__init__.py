"""Protocol clients: request in, bytes out; bytes in, Polars frames out.

One module per protocol. A module of this room knows a wire protocol and no dataset; it may import
`tasks.errors` and nothing else of the project. Each protocol module offers

- `Selection`: a strict pydantic model of what an entry may say under `[dataset.selection]`;
- `fetch(client, base_url, selection, as_of) -> Iterator[Answer]`: every answer that the dataset
  needs, as bytes, in a deterministic order;
- `parse(answers, selection) -> dict[str, polars.DataFrame]`: table `rows`, and others if the
  protocol has more (`codes` for labels), with the source's own column names;
- `updated(answers) -> datetime | None`: the source's own time stamp, in UTC; and
- where the columns are known before the file is there, `empty(selection)`: what `parse` would give
  of a file without rows. Only such a protocol can carry a dataset that is awaited; and
- where the source describes itself, `probe(client, base_url, selection, as_of, before)`: every
  `Deviation` between the entry and the source of today, without fetching the figures.

A source that is a log and only grows is read from where the last night left off. Its module offers

- `proceed(client, base_url, selection, as_of, before) -> Iterator[Sequence[Answer]]` in place of
  `fetch`: from what landing holds (`Kept`, oldest first) to what has come since, in steps. A step
  is landed before the next is asked for, so a crash loses no more than one; `parse` is then given
  everything kept, old and new, whose bytes are read as they are asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    import polars as pl
    from pydantic import BaseModel

    from tasks.sources.transport import Client

PROTOCOLS = (
    "brreg",
    "dbh",
    "delimited",
    "grep",
    "klass",
    "nav_feed",
    "nsr",
    "person_file",
    "pxweb",
    "udir_report",
    "vigo_codes",
    "workbook",
)


@dataclass(frozen=True)
class Answer:
    """One answer as it came over the wire, or as landing kept it.

    Attributes:
        role: What the answer is within its dataset, for example `metadata`, `data-001`.
        method: HTTP method of the request.
        url: Full request URL, query string included.
        body: Request body, or None.
        status: HTTP status.
        headers: Response headers that matter (lower-case names).
        content: The body, decompressed from transfer encoding, otherwise untouched.
        received_at: When it came (UTC).
    """

    role: str
    method: str
    url: str
    body: str | None
    status: int
    headers: dict[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    received_at: datetime


@dataclass(frozen=True)
class Deviation:
    """Where a source differs from what the catalogue says of it, or from what it was. Norwegian.

    Attributes:
        expected: What the entry asks for, or what there was when the dataset last landed.
        got: What the source has today.
        remedy: What to change.
        refuses: Whether a night would refuse the dataset; otherwise it is worth knowing.
    """

    expected: str
    got: str
    remedy: str
    refuses: bool = True


@dataclass(frozen=True)
class Kept:
    """An answer in landing, whose bytes are read, and checked, each time they are asked for.

    Attributes:
        role: What the answer is within its dataset.
        url: Full request URL.
        headers: Response headers that were kept.
        received_at: When it came (UTC).
        read: Gives the bytes.
    """

    role: str
    url: str
    headers: dict[str, str] = field(repr=False)
    received_at: datetime
    read: Callable[[], bytes] = field(repr=False)

    @property
    def content(self) -> bytes:
        """The bytes as they landed."""
        return self.read()


class ProtocolModule(Protocol):
    """What every module of this room offers."""

    Selection: type[BaseModel]

    def fetch(self, client: Client, base_url: str, selection: Any, as_of: date) -> Iterator[Answer]:
        """Every answer that the dataset needs."""
        ...

    def parse(self, answers: Sequence[Answer], selection: Any) -> dict[str, pl.DataFrame]:
        """Frames with the source's own column names."""
        ...

    def updated(self, answers: Sequence[Answer]) -> datetime | None:
        """The source's own time stamp, UTC."""
        ...


def protocol(name: str) -> ProtocolModule:
    """Import a protocol module by its name in the catalogue."""
    if name not in PROTOCOLS:
        raise KeyError(name)
    return cast(ProtocolModule, importlib.import_module(f"tasks.sources.{name}"))


def empty_frames(name: str, selection: Any) -> dict[str, pl.DataFrame] | None:
    """The tables of a dataset that is not delivered yet, without rows.

    Returns:
        None where the protocol's columns are known from the answer alone.
    """
    empty = getattr(protocol(name), "empty", None)
    return None if empty is None else cast("dict[str, pl.DataFrame]", empty(selection))
