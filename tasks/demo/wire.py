"""What every mount of the source server speaks: a request, a response, and ways to build one."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Options:
    """How the server behaves as long as nobody tells it to misbehave.

    Attributes:
        rate: Calls and seconds of SSB's rate limit (30 per 60 s live), or None for no limit.
        max_cells: Most cells that one PxWeb answer may hold, empty ones included.
        max_url: Longest URL that PxWebApi v2 takes; longer ones are not found.
        sparse: Send JSON-stat `value` as an object by position instead of an array.
        udir_version: The version number in Udir's data endpoints, which changes without notice.
        token_calls: Calls that NAV's public token is good for before it rotates, or None for ever.
        clock: Seconds that only go forward; tests of the rate put their own here.
    """

    rate: tuple[int, float] | None = None
    max_cells: int = 800_000
    max_url: int = 2_100
    sparse: bool = False
    udir_version: int = 8
    token_calls: int | None = None
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True)
class Request:
    """One request as a mount sees it.

    Attributes:
        method: GET or POST.
        origin: Scheme and host, as `http://127.0.0.1:8000`.
        mount: First part of the path, for example `ssb`.
        path: The rest of the path, decoded, without a leading slash.
        target: Path and query as they stood on the request line.
        query: Decoded parameters in the order sent.
        accept: The Accept header, lower case.
        body: The request body.
        headers: All headers, names in lower case.
    """

    method: str
    origin: str
    mount: str
    path: str
    target: str
    query: tuple[tuple[str, str], ...]
    accept: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def parameter(self, name: str, default: str = "") -> str:
        """The first parameter of a name, compared without case, or `default`."""
        wanted = name.lower()
        return next((v for k, v in self.query if k.lower() == wanted), default)

    @property
    def parts(self) -> list[str]:
        """The segments of the path."""
        return [part for part in self.path.split("/") if part]


@dataclass(frozen=True)
class Response:
    """What goes back: status, content type, body and further headers."""

    status: int
    content_type: str
    body: bytes = field(repr=False)
    headers: tuple[tuple[str, str], ...] = ()


def request(
    method: str, origin: str, target: str, headers: Mapping[str, str], body: bytes
) -> Request:
    """Split a request line's target into mount, path and parameters."""
    path, _, query = target.partition("?")
    mount, _, rest = path.lstrip("/").partition("/")
    return Request(
        method=method,
        origin=origin,
        mount=mount,
        path=unquote(rest),
        target=target,
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        accept=headers.get("accept", "").lower(),
        body=body,
        headers=headers,
    )


def json_response(content: Any, status: int = 200) -> Response:
    """JSON in UTF-8."""
    return Response(status, JSON_TYPE, msgspec.json.encode(content))


def text_response(text: str, status: int = 200, content_type: str = "text/plain") -> Response:
    """Plain text in UTF-8."""
    return Response(status, f"{content_type}; charset=utf-8", text.encode())


def not_found() -> Response:
    """No mount or file of that name."""
    return text_response("Not Found", 404)


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]], separator: str = ",") -> str:
    """A table as CSV with every field quoted, the way the publishers write it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()
