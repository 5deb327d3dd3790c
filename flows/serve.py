"""Prefect server, deployments and runner on loopback, ended together (`make serve`)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from flows.environment import SERVER_PORT, configure
from tasks.errors import SourceUnavailable
from tasks.settings import CHECKOUT, Settings

POOL = "tilbudsplan"
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
        "TILBUDSPLAN_CHECKOUT": str(CHECKOUT),
        "TILBUDSPLAN_HOME": str(settings.rooms.home),
    }
    log = settings.rooms.logs / "prefect.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    children: list[subprocess.Popen[bytes]] = []
    try:
        with log.open("ab") as sink:
            server = ["server", "start", "--host", "127.0.0.1", "--port", str(port)]
            children.append(_prefect(server, environment, sink.fileno()))
            _wait_until_healthy(address, children[0], log)
            _deploy(environment)
            worker = ["worker", "start", "--pool", POOL, "--type", "process", "--limit", "1"]
            children.append(_prefect(worker, environment, sink.fileno()))
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


def _prefect(
    arguments: list[str], environment: dict[str, str], sink: int | None
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "prefect", *arguments]
    return subprocess.Popen(  # noqa: S603
        command, cwd=CHECKOUT, env=environment, stdout=sink, stderr=subprocess.STDOUT
    )


def _deploy(environment: dict[str, str]) -> None:
    for arguments in (
        ["work-pool", "create", POOL, "--type", "process", "--overwrite"],
        ["--no-prompt", "deploy", "--all"],
    ):
        command = [sys.executable, "-m", "prefect", *arguments]
        done = subprocess.run(  # noqa: S603
            command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SourceUnavailable(
                subject="prefect.yaml",
                expected="at Prefect tok imot arbeidskø og kjøringer",
                got=(done.stderr or done.stdout).strip()[-800:],
                remedy="rett opp prefect.yaml og kjør «make serve» på nytt",
            )


def _wait_until_healthy(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            if requests.get(f"{address}/api/health", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.3)
    raise SourceUnavailable(
        subject="Prefect-tjeneren",
        expected=f"svar på {address} innen {START_SECONDS} sekunder",
        got="ingen svar; er porten i bruk?",
        remedy=f"se {log}, eller avslutt det som bruker porten",
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(timeout=20)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


if __name__ == "__main__":
    main()
