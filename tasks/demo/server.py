"""The HTTP server itself: threads, keep-alive, the request log, the cache, and its own process.

Nothing of the sample is read before the first request asks for it, and Polars is imported only
when a table is, so that a server is up at once.
"""

from __future__ import annotations

import argparse
import importlib
import os
import socket
import socketserver
import subprocess
import sys
import threading
import traceback
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Protocol, cast

from tasks.demo import misbehaviour, wire
from tasks.errors import SourceUnavailable

CHECKOUT = Path(__file__).resolve().parents[2]
SAMPLE = CHECKOUT / "data" / "sample"
MOUNTS = {
    "ssb": "tasks.demo.pxweb_server",
    "klass": "tasks.demo.klass_server",
    "udir": "tasks.demo.udir_server",
    "nsr": "tasks.demo.nsr_server",
    "trondelag": "tasks.demo.files_server",
    "nav_feed": "tasks.demo.nav_feed_server",
    "nav": "tasks.demo.files_server",
    "nho": "tasks.demo.files_server",
    "imdi": "tasks.demo.files_server",
    "vilbli": "tasks.demo.files_server",
    "grep": "tasks.demo.grep_server",
    "vigo": "tasks.demo.vigo_server",
    "dbh": "tasks.demo.dbh_server",
    "brreg": "tasks.demo.brreg_server",
}
# Answers that follow from more than the request line: a token, a condition, a log that grows.
UNCACHED = {"nav_feed"}
CACHE_BYTES = 256_000_000


class Mount(Protocol):
    """One publisher's API."""

    def answer(self, request: wire.Request) -> wire.Response:
        """Answer a request under this mount."""
        ...


@dataclass(frozen=True)
class Logged:
    """One request that the server answered, for tests to look at."""

    method: str
    target: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    status: int
    fault: str | None


class Cache:
    """Built answers by request, the least recently used given up first, bounded in bytes."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self._limit = limit
        self._held = 0
        self._answers: OrderedDict[Any, wire.Response] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any) -> wire.Response | None:
        """The answer built earlier for this request."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def put(self, key: Any, response: wire.Response) -> None:
        """Keep an answer if it fits."""
        with self._lock:
            if key in self._answers or len(response.body) > self._limit:
                return
            self._answers[key] = response
            self._held += len(response.body)
            while self._held > self._limit:
                self._held -= len(self._answers.popitem(last=False)[1].body)


class Server(socketserver.ThreadingTCPServer):
    """A source server on loopback.

    Args:
        sample: Folder in the layout of `docs/architecture.md`, section "The sample".
        port: TCP port, 0 for any free one.
        options: How the server behaves.

    Attributes:
        url: Address without a trailing slash.
        requests: Every request answered so far, in the order of answering.
    """

    # `http.server.HTTPServer` looks up its own host name: seconds, where no name server answers.
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, sample: Path, port: int, options: wire.Options) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.sample = sample
        self.options = options
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.requests: list[Logged] = []
        self.faults = misbehaviour.Faults()
        self.connections: set[socket.socket] = set()
        self._cache = Cache()
        self._mounts: dict[str, Mount] = {}
        self._loading = threading.Lock()
        self._rate = misbehaviour.Rate(options.rate, options.clock)

    def misbehave(self, mode: str, path_pattern: str = "", times: int = 1, **details: Any) -> None:
        """Go wrong on the next `times` requests whose path or query matches a regular expression.

        Args:
            mode: One of `misbehaviour.MODES`.
            path_pattern: Searched for in the decoded target; empty matches every request.
            times: Requests before the server is well again.
            details: `retry_after` (text of the header; 429, 503), `seconds` (slow), `size` (bytes;
                huge).

        Raises:
            ValueError: for a mode or detail that does not exist.
        """
        self.faults.add(mode, path_pattern, times, details)

    def respond(self, request: wire.Request) -> wire.Response:
        """The well-behaved answer to a request, rate limit included."""
        refusal = self._rate.refuse() if request.mount == "ssb" else None
        if refusal:
            return refusal
        key = (request.method, request.target, request.accept, request.body)
        response = self._cache.get(key)
        if response is None:
            response = self._build(request)
            if response.status == 200 and request.mount not in UNCACHED:
                self._cache.put(key, response)
        return self._rate.stamp(response) if request.mount == "ssb" else response

    def _build(self, request: wire.Request) -> wire.Response:
        if request.mount not in MOUNTS:
            return wire.not_found()
        try:
            return self._mount(request.mount).answer(request)
        except Exception:
            # A publisher's own crash shows as an empty 500; the cause goes to our standard error.
            traceback.print_exc()
            return wire.Response(500, "text/plain", b"")

    def _mount(self, name: str) -> Mount:
        with self._loading:
            if name not in self._mounts:
                module = importlib.import_module(MOUNTS[name])
                self._mounts[name] = cast(Mount, module.Mount(self.sample, self.options))
            return self._mounts[name]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left early is no error; anything else goes to our standard error."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def close(self) -> None:
        """Stop listening and cut the connections that clients keep alive."""
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was first


class Handler(BaseHTTPRequestHandler):
    """One connection: HTTP/1.1 with keep-alive."""

    protocol_version = "HTTP/1.1"
    # Unbuffered small writes meet Nagle and delayed ACK: 40 ms an answer instead of half a one.
    wbufsize = 65_536
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        """Remember the connection, so that closing the server cuts it."""
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        """Forget the connection; a client that left early is no error."""
        self.server.connections.discard(self.connection)
        try:
            super().finish()
        except OSError:
            self.close_connection = True

    def do_GET(self) -> None:
        """Answer a GET."""
        self._answer()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = wire.request(
            self.command,
            f"http://{self.headers.get('Host') or self.server.url.removeprefix('http://')}",
            self.path,
            headers,
            body,
        )
        fault = self.server.faults.take(request)
        response = fault.instead() if fault else None
        if response is None:
            response = self.server.respond(request)
            if fault:
                response = fault.distort(request, response)
        self.server.requests.append(
            Logged(
                method=request.method,
                target=request.target,
                headers=headers,
                body=body,
                status=response.status,
                fault=fault.mode if fault else None,
            )
        )
        try:
            (fault.send if fault else misbehaviour.send)(self, response)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep quiet: the request log is `Server.requests`."""


@contextmanager
def serve(sample: Path = SAMPLE, port: int = 0, **options: Any) -> Iterator[Server]:
    """Run a source server in a thread of this process.

    Args:
        sample: Folder with the sample.
        port: TCP port, 0 for any free one.
        options: Fields of `wire.Options`.

    Yields:
        The server, listening.
    """
    server = Server(Path(sample), port, replace(wire.Options(), **options))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()


@contextmanager
def start_process(sample: Path = SAMPLE, port: int = 0) -> Iterator[str]:
    """Run a source server as a process of its own, so that a night does not share its lock.

    The process ends with the context, and also when this process is killed.

    Yields:
        The address it listens on.

    Raises:
        SourceUnavailable: when the process ends before it listens.
    """
    command = [sys.executable, "-m", "tasks.demo.server", "--with-parent"]
    command += ["--port", str(port), "--sample", str(Path(sample).absolute())]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    ) as process:
        try:
            address = cast(Any, process.stdout).readline().strip()
            if not address:
                raise SourceUnavailable(
                    subject="kildetjeneren",
                    expected=f"en tjener på port {port or '(valgfri)'}",
                    got=f"at prosessen sluttet med kode {process.wait()}",
                    remedy="se feilmeldingen over; er porten opptatt, velg en annen",
                )
            yield address
        finally:
            process.terminate()


def main(arguments: list[str] | None = None) -> None:
    """Serve until interrupted; the first line printed is the address."""
    parser = argparse.ArgumentParser(
        prog="python -m tasks.demo.server", description="The bundled source server, on loopback."
    )
    parser.add_argument("--port", type=int, default=0, help="TCP port (default: any free one)")
    parser.add_argument("--sample", type=Path, default=SAMPLE, help="folder with the sample")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    chosen = parser.parse_args(arguments)
    server = Server(chosen.sample, chosen.port, wire.Options())
    if chosen.with_parent:
        threading.Thread(target=_end_with_standard_input, daemon=True).start()
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    # The first StatBank answer needs Polars; nobody has to wait for its import.
    threading.Thread(target=importlib.import_module, args=("polars",), daemon=True).start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


def _end_with_standard_input() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
