"""The server as HTTP and as a process: keep-alive, threads, log, cache, start and stop."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import socketserver
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tasks.demo import wire
from tasks.demo.server import CHECKOUT, Cache, serve, start_process
from tasks.errors import SourceUnavailable

CONFIG = "/ssb/pxwebapi/v2/config"
DATA = "/ssb/pxwebapi/v2/tables/T0001/data?valueCodes[ContentsCode]=*&valueCodes[Tid]=*"


def test_one_connection_serves_many_requests(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=20)
    connection.connect()
    port = connection.sock.getsockname()
    for _ in range(3):
        connection.request("GET", CONFIG)
        response = connection.getresponse()
        assert (response.version, response.status) == (11, 200)
        response.read()
        assert connection.sock.getsockname() == port
    connection.close()


def test_an_answer_leaves_in_one_write(server, monkeypatch):
    """Head and body apart would meet Nagle and delayed ACK: 23 answers a second on loopback."""
    writes = []
    for kind in (socket.SocketIO, socketserver._SocketWriter):
        plain = kind.write

        def counted(self, data, plain=plain):
            writes.append(len(data))
            return plain(self, data)

        monkeypatch.setattr(kind, "write", counted)
    with socket.create_connection(server.server_address, timeout=20) as connection:
        connection.sendall(b"GET /nsr/enheter HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b""
        while not received.endswith(b"]}"):
            received += connection.recv(65_536)
        assert writes == [len(received)]
        (answering,) = server.connections
        assert answering.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_many_threads_get_the_same_answer(server):
    with ThreadPoolExecutor(16) as pool:
        bodies = set(
            pool.map(lambda _: requests.get(server.url + DATA, timeout=20).content, range(64))
        )
    assert len(bodies) == 1
    assert len(server.requests) == 64


def test_requests_are_logged(server):
    requests.post(
        server.url + "/ssb/v0/no/table/T0001",
        data=b"{}",
        headers={"User-Agent": "prøve"},
        timeout=20,
    )
    (logged,) = server.requests
    assert (logged.method, logged.target, logged.status) == ("POST", "/ssb/v0/no/table/T0001", 200)
    assert logged.body == b"{}"
    assert "user-agent" in logged.headers


def test_crash_inside_is_an_empty_500(sample: Path, tmp_path: Path, capsys):
    (tmp_path / "nsr").mkdir()
    with serve(tmp_path) as server:
        response = requests.get(f"{server.url}/nsr/enheter", timeout=20)
    assert (response.status_code, response.content) == (500, b"")
    assert "schools.csv" in capsys.readouterr().err


def test_closing_cuts_kept_connections(sample: Path):
    with requests.Session() as session:
        with serve(sample) as server:
            assert session.get(server.url + CONFIG, timeout=20).ok
        with pytest.raises(requests.exceptions.ConnectionError):
            session.get(server.url + CONFIG, timeout=20)


def test_cache_gives_up_the_least_recently_used():
    cache = Cache(limit=10)
    cache.put("a", wire.Response(200, "x", b"aaaa"))
    cache.put("b", wire.Response(200, "x", b"bbbb"))
    assert cache.get("a")
    cache.put("c", wire.Response(200, "x", b"cccc"))
    cache.put("d", wire.Response(200, "x", b"d" * 11))
    assert [bool(cache.get(key)) for key in "abcd"] == [True, False, True, False]


@pytest.mark.process
def test_process_serves_and_ends_with_the_context(sample: Path):
    with start_process(sample) as url:
        assert requests.get(url + DATA, timeout=20).json()["size"] == [2, 4]
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(url + DATA, timeout=20)


@pytest.mark.process
def test_process_ends_when_its_parent_is_killed(sample: Path):
    script = (
        "import sys, time; from pathlib import Path; from tasks.demo.server import start_process\n"
        "with start_process(Path(sys.argv[1])) as url:\n"
        "    print(url, flush=True); time.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(sample)], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    )
    try:
        url = parent.stdout.readline().strip()
        assert requests.get(url + CONFIG, timeout=20).ok
    finally:
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        parent.stdout.close()
    for _ in range(200):
        try:
            requests.get(url + CONFIG, timeout=20)
        except requests.exceptions.ConnectionError:
            return
        time.sleep(0.05)
    pytest.fail("the server outlived its parent")


@pytest.mark.process
def test_process_that_cannot_listen_says_so(sample: Path, server, capfd):
    with (
        pytest.raises(SourceUnavailable, match="velg en annen"),
        start_process(sample, server.server_address[1]),
    ):
        pytest.fail("two servers on one port")
    assert "in use" in capfd.readouterr().err


@pytest.mark.process
def test_start_reads_no_table_library():
    slow = {"polars", "numpy", "pydantic", "prefect"}
    script = f"import sys, tasks.demo.server; print(sorted({slow} & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=CHECKOUT
    )
    assert run.stdout.strip() == "[]"
