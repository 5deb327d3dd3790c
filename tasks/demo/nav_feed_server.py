"""NAV's vacancy feed as the source server speaks it: token, pages, conditions, details.

A page begins at a line of the log and is named after it. The last line of a page is the first of
the next, as at the publisher, and a page that leads nowhere is the tip.
"""

from __future__ import annotations

import base64
import threading
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any

import msgspec

from tasks.demo import wire

MAX_PAGE = 10_000
PAGE = 1_000
PREFIX = "/api/v1"

Line = dict[str, Any]


class Mount:
    """`/nav_feed`, over `nav_feed/log.jsonl` and `nav_feed/details.jsonl`."""

    def __init__(self, sample: Path, options: wire.Options) -> None:
        self._folder = sample / "nav_feed"
        self._good_for = options.token_calls
        self._lock = threading.Lock()
        self._issued = 1
        self._calls = 0
        self._held: dict[Path, tuple[tuple[int, int], list[Line]]] = {}

    def answer(self, request: wire.Request) -> wire.Response:
        """`api/publicToken`, `api/v1/feed[/{id}][?pageSize][?last]`, `api/v1/feedentry/{uuid}`."""
        match request.parts:
            case _ if request.method != "GET":
                return wire.not_found()
            case ["api", "publicToken"]:
                return wire.text_response(f"Current public token for the feed:\n{self._token()}")
            case ["api", "v1", *_] if not self._authorised(request):
                return wire.text_response("Unauthorized", 401)
            case ["api", "v1", "feed"]:
                return self._page(request, None)
            case ["api", "v1", "feed", identity]:
                return self._page(request, identity)
            case ["api", "v1", "feedentry", uuid] | ["api", "v1", "feed", "entry", uuid]:
                return self._detail(uuid)
        return wire.not_found()

    def _token(self) -> str:
        parts = (b'{"alg":"none"}', b'{"sub":"konstruert"}', b"nummer-%d" % self._issued)
        return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)

    def _authorised(self, request: wire.Request) -> bool:
        """Whether the token is the one in use; each is good for so many calls."""
        with self._lock:
            if request.headers.get("authorization") != f"Bearer {self._token()}":
                return False
            self._calls += 1
            if self._good_for is not None and self._calls >= self._good_for:
                self._issued += 1
                self._calls = 0
            return True

    def _page(self, request: wire.Request, identity: str | None) -> wire.Response:
        size = request.parameter("pageSize", str(PAGE))
        if not size.isdecimal() or not 1 <= int(size) <= MAX_PAGE:
            return wire.text_response(f"pageSize must be between 1 and {MAX_PAGE}", 400)
        log = self._lines("log.jsonl")
        start = self._start(request, identity, log)
        if start is None:
            return wire.not_found()
        window = log[start : start + int(size) + 1]
        if not window:
            return wire.Response(304, "text/plain", b"")
        listed = window if len(window) <= 2 else window[:-1]
        following = listed[-1]["id"] if len(window) > 2 else None
        headers = (
            ("ETag", listed[-1]["id"]),
            ("Last-Modified", format_datetime(_instant(listed[-1]), usegmt=True)),
        )
        if self._unchanged(request, listed, log):
            return wire.Response(304, "text/plain", b"", headers)
        content = {
            "version": "1.0",
            "title": "Konstruert stillingsstrøm",
            "home_page_url": request.origin,
            "feed_url": f"{PREFIX}/feed/{listed[0]['id']}",
            "description": "Oppdiktede stillinger",
            "next_url": following and f"{PREFIX}/feed/{following}",
            "id": listed[0]["id"],
            "next_id": following,
            "items": [_item(line) for line in listed],
        }
        return wire.Response(200, wire.JSON_TYPE, msgspec.json.encode(content), headers)

    def _start(self, request: wire.Request, identity: str | None, log: list[Line]) -> int | None:
        if identity is not None:
            return next((n for n, line in enumerate(log) if line["id"] == identity), None)
        last = any(name == "last" for name, _ in request.query)
        return max(0, len(log) - 1) if last else 0

    def _unchanged(self, request: wire.Request, listed: list[Line], log: list[Line]) -> bool:
        """Whether to say 304: rightly by time, and wrongly by an ETag, which names a line."""
        tag = request.headers.get("if-none-match", "").strip('"')
        if any(line["id"] == tag for line in log):
            return True
        since = request.headers.get("if-modified-since")
        return bool(since) and _instant(listed[-1]) <= parsedate_to_datetime(str(since))

    def _detail(self, uuid: str) -> wire.Response:
        """The details of now, whichever change they are asked for after."""
        found = [line for line in self._lines("details.jsonl") if line["uuid"] == uuid]
        return wire.json_response(found[-1]) if found else wire.not_found()

    def _lines(self, name: str) -> list[Line]:
        """The lines of a file, read again when it has changed: the log grows."""
        path = self._folder / name
        now = path.stat()
        stamp = (now.st_mtime_ns, now.st_size)
        with self._lock:
            if path not in self._held or self._held[path][0] != stamp:
                lines = path.read_bytes().splitlines()
                self._held[path] = (stamp, [msgspec.json.decode(line) for line in lines])
            return self._held[path][1]


def _item(line: Line) -> Line:
    entry = {key: value for key, value in line.items() if key != "id"}
    return {
        "id": line["uuid"],
        "url": f"{PREFIX}/feedentry/{line['uuid']}",
        "title": line["title"],
        "content_text": "Stillingsannonse",
        "date_modified": line["sistEndret"],
        "_feed_entry": entry,
    }


def _instant(line: Line) -> datetime:
    return datetime.fromisoformat(line["sistEndret"]).astimezone(UTC).replace(microsecond=0)
