"""A real HTTP server on loopback whose every answer the test decides."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """What the server answers. `cut` bytes of the body are held back; `length` lies if given."""

    status: int = 200
    body: bytes = b"{}"
    content_type: str | None = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    framing: str = "length"  # length | chunked | broken-chunk | close
    cut: int = 0

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(self.status)
        if self.content_type:
            handler.send_header("Content-Type", self.content_type)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        sent = self.body[: len(self.body) - self.cut]
        if self.framing == "length":
            if "Content-Length" not in self.headers:
                handler.send_header("Content-Length", str(len(self.body)))
        elif self.framing == "close":
            handler.send_header("Connection", "close")
        else:
            handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        if self.framing in {"chunked", "broken-chunk"}:
            handler.wfile.write(f"{len(sent):x}\r\n".encode() + sent + b"\r\n")
            if self.framing == "chunked":
                handler.wfile.write(b"0\r\n\r\n")
        else:
            handler.wfile.write(sent)
        if self.cut or self.framing != "length":
            handler.close_connection = True


def as_json(document: object, status: int = 200, **more: object) -> Reply:
    return Reply(status=status, body=json.dumps(document).encode(), **more)  # type: ignore[arg-type]


class Loopback:
    """The server: `answer` decides each reply, `seen` holds what came."""

    def __init__(self, answer: Callable[[Seen], Reply]) -> None:
        self.answer = answer
        self.seen: list[Seen] = []
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_GET(self) -> None:
                size = int(self.headers.get("Content-Length", "0"))
                seen = Seen(self.command, self.path, dict(self.headers), self.rfile.read(size))
                with outer.lock:
                    outer.seen.append(seen)
                    reply = outer.answer(seen)
                reply.send(self)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@contextmanager
def serving(answer: Callable[[Seen], Reply] | list[Reply]) -> Iterator[Loopback]:
    """Serve until the block ends; a list is answered in order, its last reply over and over."""
    if isinstance(answer, list):
        replies = list(answer)

        def one(_: Seen) -> Reply:
            return replies.pop(0) if len(replies) > 1 else replies[0]

        loopback = Loopback(one)
    else:
        loopback = Loopback(answer)
    thread = threading.Thread(target=loopback.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        loopback.server.shutdown()
        loopback.server.server_close()
        thread.join()
