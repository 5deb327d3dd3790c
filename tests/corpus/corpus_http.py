"""Damage to the transfer: what any answer may suffer on its way, whatever it says."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler

from corpus_damages import Damage, Send
from corpus_project import MOST_BYTES

from tasks.demo import wire

Headers = Iterable[tuple[str, str]]
HTML = (
    b"<!DOCTYPE html><html><head><title>Vedlikehold</title></head>"
    b"<body>Vi er straks tilbake</body></html>"
)
LOGIN = (
    b"<!DOCTYPE html><html><body><form method=post action=/login>"
    b"<input name=user><input name=password type=password></form></body></html>"
)


def raw(handler: BaseHTTPRequestHandler, *pieces: bytes) -> None:
    """Send bytes as they are, and hang up."""
    handler.wfile.write(b"".join(pieces))
    handler.wfile.flush()
    handler.close_connection = True


def answer(
    handler: BaseHTTPRequestHandler,
    content_type: str | None,
    body: bytes,
    headers: Headers = (),
    status: str = "200 OK",
    length: int | str | None = -1,
) -> None:
    """An answer put together by hand; `length` lies if given, None leaves it out."""
    lines = [f"HTTP/1.1 {status}"]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    lines += [f"{name}: {value}" for name, value in headers]
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length == -1 else length}")
    raw(handler, "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"), body)


def with_body(body: bytes, content_type: str | None = None) -> Send:
    """Another body; of another content type where given."""
    return lambda handler, right: answer(handler, content_type or right.content_type, body)


def with_headers(*headers: tuple[str, str]) -> Send:
    """The right body under further headers."""
    return lambda handler, right: answer(handler, right.content_type, right.body, headers)


def with_status(status: str, *headers: tuple[str, str]) -> Send:
    """An empty answer of another status."""
    return lambda handler, right: answer(handler, right.content_type, b"", headers, status)


def encoded(encoding: str, pack: bool = True, cut: int = 0) -> Send:
    """The right body said to be packed; packed or not, and cut."""

    def send(handler: BaseHTTPRequestHandler, right: wire.Response) -> None:
        body = gzip.compress(right.body) if pack else right.body
        headers = [("Content-Encoding", encoding)]
        answer(handler, right.content_type, body[: len(body) - cut], headers)

    return send


def bomb(size: int) -> Send:
    """Blanks that are a thousandth on the wire of what they are unpacked."""

    def send(handler: BaseHTTPRequestHandler, right: wire.Response) -> None:
        packed = gzip.compress(b" " * size, 9)
        answer(handler, right.content_type, packed, [("Content-Encoding", "gzip")])

    return send


def _short(handler: BaseHTTPRequestHandler, right: wire.Response) -> None:
    """Half of the body is more than what is announced: the rest stays on the line."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {right.content_type}\r\n"
    half = len(right.body) // 2
    handler.wfile.write(f"{head}Content-Length: {half}\r\n\r\n".encode() + right.body)


def _chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n", cut: int = 0) -> Send:
    """The right body in one piece, then further pieces."""

    def send(handler: BaseHTTPRequestHandler, right: wire.Response) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {right.content_type}\r\n"
        first = b"%x\r\n" % len(right.body) + right.body[: len(right.body) - cut]
        rest = [] if cut else [b"\r\n", *chunks, end]
        raw(handler, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode(), first, *rest)

    return send


def _endless(handler: BaseHTTPRequestHandler, right: wire.Response) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {right.content_type}\r\n"
    handler.wfile.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    handler.close_connection = True
    while True:  # until the client hangs up
        handler.wfile.write(piece)
        handler.wfile.flush()


def _loop(handler: BaseHTTPRequestHandler, right: wire.Response) -> None:
    answer(handler, "text/plain", b"", [("Location", handler.path)], "302 Found")


def _to(place: str) -> Send:
    return with_status("302 Found", ("Location", place))


# What any source may send; one that only some may is in the layer of its format.
DAMAGES = tuple(
    Damage(name, "http", send=send)
    for name, send in {
        "cut at half": lambda h, r: answer(
            h, r.content_type, r.body[: len(r.body) // 2], length=len(r.body)
        ),
        "cut by one byte": lambda h, r: answer(h, r.content_type, r.body[:-1], length=len(r.body)),
        "cut before the body": lambda h, r: answer(h, r.content_type, b"", length=len(r.body)),
        "announced too short": _short,
        "chunks cut": _chunked(cut=1),
        "chunks without an end": _chunked(end=b""),
        "a chunk of no size": _chunked(b"zz\r\n\r\n"),
        "a chunk of a negative size": _chunked(b"-1\r\n\r\n"),
        "a chunk of all sizes": _chunked(b"ffffffffffffffff\r\n \r\n"),
        "endless chunks": _endless,
        "a bomb": bomb(MOST_BYTES + 1),
        "larger than may be": with_body(b" " * (MOST_BYTES + 1)),
        "announced larger than may be": lambda h, r: answer(
            h, r.content_type, r.body, length=MOST_BYTES + 1
        ),
        "announced negative": lambda h, r: answer(h, r.content_type, r.body, length=-2),
        "announced in words": lambda h, r: answer(h, r.content_type, r.body, length="mye"),
        "announced twice": lambda h, r: answer(
            h, r.content_type, r.body, [("Content-Length", "7")]
        ),
        "gzip cut": encoded("gzip", cut=9),
        "gzip that is none": encoded("gzip", pack=False),
        "packed without a word": encoded("identity"),
        "packed in another way": encoded("br"),
        "packed twice": encoded("gzip, gzip"),
        "a page of the web": with_body(HTML, "text/html; charset=utf-8"),
        "a page of the web under the agreed type": with_body(HTML),
        "a login page": with_body(LOGIN, "text/html"),
        "a login page under the agreed type": with_body(LOGIN),
        "a video": with_body(b"\x00\x00\x00\x20ftypisom" * 40, "video/mp4"),
        "no content type": lambda h, r: answer(h, None, r.body),
        "a content type in three lines": lambda h, r: answer(h, "x/y;\r\n a=b;\r\n c=d", r.body),
        "nothing": with_body(b""),
        "nothing but blanks": with_body(b" \r\n\t \n"),
        "NULs alone": with_body(b"\x00" * 5000),
        "204": with_status("204 No Content"),
        "206": lambda h, r: answer(h, r.content_type, r.body, status="206 Partial Content"),
        "a status of another world": with_status("999 Hva er dette"),
        "a status in words": with_status("bra OK"),
        "400 without a word": with_status("400 Bad Request"),
        "401": with_status("401 Unauthorized", ("WWW-Authenticate", "Basic")),
        "403": with_status("403 Forbidden"),
        "404": with_status("404 Not Found"),
        "500": with_status("500 Internal Server Error"),
        "503 until the year 10000": with_status(
            "503 Service Unavailable", ("Retry-After", "Fri, 31 Dec 10000 23:59:59 GMT")
        ),
        "503 for ever": with_status("503 Service Unavailable", ("Retry-After", "9" * 400)),
        "503 until never": with_status("503 Service Unavailable", ("Retry-After", "aldri")),
        "an error of endless depth": lambda h, r: answer(
            h, "application/json", b"[" * 100_000, status="500 Internal Server Error"
        ),
        "an error in another charset": lambda h, r: answer(
            h, "application/json", b'{"title":"\xf8\xe5"}', status="400 Bad Request"
        ),
        "a redirect in a ring": _loop,
        "a redirect to nowhere": with_status("302 Found"),
        "a redirect to a file": _to("file:///etc/passwd"),
        "a redirect to another host": _to("http://example.invalid/data"),
        "a redirect to a port that is none": _to("http://127.0.0.1:99999/data"),
        "a redirect to half an address": _to("http://[::1/data"),
        "a redirect to no host": _to("http:///data"),
        "a redirect in another script": _to("http://127.0.0.1/\xe6\xf8\xe5\x00"),
        "a header of a million signs": with_headers(("X-Long", "x" * 1_000_000)),
        "a thousand headers": with_headers(*((f"X-{n}", "x") for n in range(1000))),
        "a header that is none": lambda h, r: raw(
            h, b"HTTP/1.1 200 OK\r\n\x00\x01\x02\r\nContent-Type\r\n\r\n", r.body
        ),
        "no HTTP at all": lambda h, r: raw(h, b"SSH-2.0-OpenSSH_9.2\r\n"),
        "hung up": lambda h, r: raw(h),
        "hung up in the headers": lambda h, r: raw(h, b"HTTP/1.1 200 OK\r\nContent-Ty"),
    }.items()
)
