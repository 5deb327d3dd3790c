"""How the source server goes wrong when told to, and how an answer goes out when it is not."""

from __future__ import annotations

import io
import re
import threading
import time
import zipfile
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

import msgspec

from tasks.demo import wire

MODES = (
    "304",  # nothing new, whatever there is
    "429",  # too many requests, with `retry_after` where given
    "503",  # out of service, with `retry_after` where given
    "500-empty",  # an internal error without a body
    "slow",  # the right answer, dribbled over `seconds`
    "cut",  # less sent than Content-Length says
    "cut-chunked",  # chunked transfer that ends in the middle of a chunk
    "schema",  # a dimension, key or column has another name than agreed
    "html",  # a 200 with a web page
    "huge",  # the right answer, padded with blanks to `size` bytes
    "wrong-type",  # the right bytes under another content type
    "false-updated",  # the right figures under another time stamp (PxWeb)
)
DETAILS = {"429": {"retry_after"}, "503": {"retry_after"}, "slow": {"seconds"}, "huge": {"size"}}
MAINTENANCE = (
    "<!DOCTYPE html><html><head><title>Vedlikehold</title></head><body>Stengt</body></html>"
)
PIECES = 20


@dataclass(frozen=True)
class Fault:
    """One way of going wrong, for one request."""

    mode: str
    details: dict[str, Any]

    def instead(self) -> wire.Response | None:
        """The answer sent instead of the right one, or None where the right one is needed."""
        headers: tuple[tuple[str, str], ...] = ()
        if self.details.get("retry_after") is not None:
            headers = (("Retry-After", str(self.details["retry_after"])),)
        match self.mode:
            case "304":
                return wire.Response(304, "text/plain", b"")
            case "429":
                return replace(too_many_requests(), headers=headers)
            case "503":
                return replace(wire.text_response("Service Unavailable", 503), headers=headers)
            case "500-empty":
                return wire.Response(500, "text/plain", b"")
            case "html":
                return wire.text_response(MAINTENANCE, content_type="text/html")
        return None

    def distort(self, request: wire.Request, response: wire.Response) -> wire.Response:
        """Spoil the right answer."""
        match self.mode:
            case "schema":
                return replace(response, body=rename(request.mount, response.body))
            case "huge":
                missing = int(self.details.get("size", 1_000_000)) - len(response.body)
                return replace(response, body=response.body + b" " * missing)
            case "wrong-type":
                return replace(response, content_type="application/octet-stream")
            case "false-updated":
                stamp = rb'\1"1999-12-31T23:00:00Z"'
                body = re.sub(rb'("updated":\s*)"[^"]*"', stamp, response.body, count=1)
                return replace(response, body=body)
        return response

    def send(self, handler: BaseHTTPRequestHandler, response: wire.Response) -> None:
        """Send, and break the transfer where the mode says so."""
        match self.mode:
            case "slow":
                head(handler, response, ("Content-Length", str(len(response.body))))
                step = max(1, -(-len(response.body) // PIECES))
                for start in range(0, len(response.body), step):
                    handler.wfile.flush()
                    time.sleep(float(self.details.get("seconds", 1)) / PIECES)
                    handler.wfile.write(response.body[start : start + step])
            case "cut":
                head(handler, response, ("Content-Length", str(len(response.body))))
                handler.wfile.write(response.body[: len(response.body) // 2])
                handler.close_connection = True
            case "cut-chunked":
                head(handler, response, ("Transfer-Encoding", "chunked"))
                half = response.body[: len(response.body) // 2]
                handler.wfile.write(b"%x\r\n" % len(response.body) + half)
                handler.close_connection = True
            case _:
                send(handler, response)


class Faults:
    """The misbehaviour that is still to come, first told first done."""

    def __init__(self) -> None:
        self._waiting: list[tuple[re.Pattern[str], list[Fault]]] = []
        self._lock = threading.Lock()

    def add(self, mode: str, pattern: str, times: int, details: dict[str, Any]) -> None:
        """Line up a fault for the next `times` matching requests."""
        if mode not in MODES:
            raise ValueError(f"{mode!r} is not among {', '.join(MODES)}")
        if unknown := set(details) - DETAILS.get(mode, set()):
            raise ValueError(f"{mode} takes no {', '.join(sorted(unknown))}")
        with self._lock:
            self._waiting.append((re.compile(pattern), [Fault(mode, details)] * times))

    def take(self, request: wire.Request) -> Fault | None:
        """The fault for this request, used up by asking."""
        target = unquote(request.target)
        with self._lock:
            for pattern, faults in self._waiting:
                if faults and pattern.search(target):
                    return faults.pop()
        return None


class Rate:
    """SSB's limit: so many calls in any window of so many seconds, counted for all clients."""

    def __init__(self, rate: tuple[int, float] | None, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._calls: deque[float] = deque()
        self._lock = threading.Lock()

    def refuse(self) -> wire.Response | None:
        """A 429 when the window is full; otherwise count the call."""
        if self._rate is None:
            return None
        calls, seconds = self._rate
        with self._lock:
            now = self._clock()
            while self._calls and now - self._calls[0] >= seconds:
                self._calls.popleft()
            if len(self._calls) < calls:
                self._calls.append(now)
                return None
            wait = max(1, round(self._calls[0] + seconds - now))
        return self.stamp(replace(too_many_requests(), headers=(("Retry-After", str(wait)),)))

    def stamp(self, response: wire.Response) -> wire.Response:
        """Tell the policy in a header, as SSB does."""
        if self._rate is None:
            return response
        policy = ("x-ratelimit-policy", f"{self._rate[0]};w={self._rate[1]:g}s")
        return replace(response, headers=(*response.headers, policy))


def too_many_requests() -> wire.Response:
    """The refusal of a caller who asks too often."""
    return wire.json_response(
        {"type": "Rate limit", "title": "Too many requests", "status": 429}, 429
    )


def head(
    handler: BaseHTTPRequestHandler, response: wire.Response, framing: tuple[str, str]
) -> None:
    """Status line and headers."""
    handler.send_response(response.status)
    for name, value in (("Content-Type", response.content_type), framing, *response.headers):
        handler.send_header(name, value)
    handler.end_headers()


def send(handler: BaseHTTPRequestHandler, response: wire.Response) -> None:
    """Send an answer as it should be."""
    head(handler, response, ("Content-Length", str(len(response.body))))
    handler.wfile.write(response.body)


def rename(mount: str, body: bytes) -> bytes:
    """The same answer after the publisher has renamed a dimension, key or column."""
    match mount:
        case "ssb":
            return _rename_dimension(body)
        case "klass":
            body = body.replace(b'"code":', b'"kode":').replace(b'"code"', b'"kode"', 1)
            for old, new in ((b"oldCode", b"gammelKode"), (b"sourceCode", b"kildekode")):
                body = body.replace(old, new)
            return body.replace(b"<code>", b"<kode>").replace(b"</code>", b"</kode>")
        case "udir":
            return body.replace(b'"rapportElementer":', b'"elementer":').replace(
                b'"rows":', b'"rader":'
            )
        case "nsr":
            return body.replace(b'"EnhetListe":', b'"Enheter":')
        case "nav_feed":
            return body.replace(b'"_feed_entry":', b'"_entry":').replace(
                b'"ad_content":', b'"annonse":'
            )
        case "nav":
            return in_workbook(body, b"personer i mnd", b"individer i mnd")
    header, newline, rest = body.partition(b"\n")
    return re.sub(rb"[^;,\r\"]+(?=\"?\r?$)", b"nytt_navn", header, count=1) + newline + rest


def in_workbook(body: bytes, old: bytes, new: bytes) -> bytes:
    """The same workbook with other words in its cells; any other answer as it was."""
    if not body.startswith(b"PK"):
        return body
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(old, new))
    return out.getvalue()


def _rename_dimension(body: bytes) -> bytes:
    content = msgspec.json.decode(body)
    if "variables" in content:
        content["variables"][0]["code"] += "_ny"
    if "id" in content and "dimension" in content:
        old = content["id"][0]
        content["id"][0] = f"{old}_ny"
        content["dimension"] = {
            f"{old}_ny" if k == old else k: v for k, v in content["dimension"].items()
        }
    return msgspec.json.encode(content)
