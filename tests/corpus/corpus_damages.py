"""Ways in which an answer goes wrong, by layer: a case puts one together with a right answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tasks.demo import wire

Send = Callable[[BaseHTTPRequestHandler, wire.Response], None]
Change = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Damage:
    """One way of going wrong.

    Attributes:
        name: What is wrong, short enough for the name of a test.
        layer: `http`, `json`, `csv`, `xlsx`, `meaning` (right form, wrong content), `person`.
        change: The body that comes instead of the right one.
        send: How the answer is sent, where that is what is wrong.
        harmless: Why an answer of this kind may be used, where it may.
    """

    name: str
    layer: str
    change: Change | None = field(default=None, repr=False)
    send: Send | None = field(default=None, repr=False)
    harmless: str = ""
