"""Prefect server, deployments and runner on loopback, ended together (`make serve`)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from flows.environment import SERVER_PORT, configure
from flows.runner import declared
from tasks.errors import SourceUnavailable
from tasks.settings import CHECKOUT, Settings

START_SECONDS = 120


@contextmanager
def serving(settings: Settings, port: int = SERVER_PORT) -> Iterator[str]:
    """Run server and runner while the block lasts; gives the server's address.

    The deployments of `prefect.yaml` are sent to the server, so its page shows the schedule and
    the yearly run's form. Both processes are children of this one and end with the block.
    """
    configure(settings.rooms)
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "PREFECT_API_URL": f"{address}/api",
        "TILBUDSPLAN_HOME": str(settings.rooms.home),
    }
    log = settings.rooms.logs / "prefect.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    children: list[subprocess.Popen[bytes]] = []
    try:
        with log.open("ab") as sink:
            server = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
            children.append(_start(server, environment, sink.fileno()))
            _wait(children[0], log, "Prefect-tjeneren", lambda: _healthy(address))
            children.append(_start(["flows.runner"], environment, sink.fileno()))
            _wait(children[1], log, "kjøreren", lambda: _deployed(address))
        yield address
    finally:
        for child in reversed(children):
            _end(child)


def main() -> None:
    """Serve until interrupted."""
    settings = Settings()
    print("Starter Prefect-tjener og kjører …")  # noqa: T201
    with serving(settings) as address:
        print(f"Prefect: {address}  (avslutt med Ctrl-C)")  # noqa: T201
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            print("\nAvslutter …")  # noqa: T201


def _start(module: list[str], environment: dict[str, str], sink: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", *module]
    return subprocess.Popen(  # noqa: S603
        command, cwd=CHECKOUT, env=environment, stdout=sink, stderr=subprocess.STDOUT
    )


def _wait(child: subprocess.Popen[bytes], log: Path, who: str, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        try:
            if ready():
                return
        except requests.RequestException:
            pass  # not listening yet
        time.sleep(0.3)
    raise SourceUnavailable(
        subject=who,
        expected=f"at den var klar innen {START_SECONDS} sekunder",
        got="intet svar" if child.poll() is None else f"at den sluttet med kode {child.poll()}",
        remedy=f"se {log}; er porten opptatt, avslutt det som bruker den",
    )


def _healthy(address: str) -> bool:
    return requests.get(f"{address}/api/health", timeout=2).ok


def _deployed(address: str) -> bool:
    found = requests.post(f"{address}/api/deployments/filter", json={}, timeout=10).json()
    return {entry["name"] for entry in found} >= {entry["name"] for entry in declared()}


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(timeout=20)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


if __name__ == "__main__":
    main()
