"""Prefect server, deployments and runner on loopback, ended together (`make serve`)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import requests

from flows import show, trouble
from flows.environment import configure
from flows.runner import declared
from tasks import home
from tasks.errors import ConfigurationError, SourceUnavailable, TilbudsplanError
from tasks.retention import leftovers, rules
from tasks.settings import CHECKOUT, Project, Settings

START_SECONDS = 120
LOG_SECONDS = 600


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Run server and runner while the block lasts; gives the server's address.

    The deployments of `prefect.yaml` are sent to the server, so its page shows the schedule and
    the yearly run's form. Both processes are children of this one and end with the block; what they
    say goes to `prefect.log` of the home.

    Raises:
        ConfigurationError: the home belongs to another profile, or the port is in use.
        SourceUnavailable: server or runner did not get going.
    """
    port = settings.server_port
    home.check_home(settings.rooms, settings.profile)
    _check_free(port)
    configure(settings.rooms)
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "PREFECT_API_URL": f"{address}/api",
        "TILBUDSPLAN_HOME": str(settings.rooms.home),
        "TILBUDSPLAN_PROFILE": settings.profile,
    }
    log = _log(settings)
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
    """Serve until interrupted or told to end; either way the children end first."""
    signal.signal(signal.SIGTERM, _end_in_order)
    try:
        _serve()
    except KeyboardInterrupt:
        show.line("\nAvsluttet.")
    except TilbudsplanError as error:
        sys.exit(f"Feil: {error}")
    except Exception as error:
        # Whoever runs the installation gets the trace in a log and a sentence here.
        sys.exit(f"Feil: {trouble.explain(error)}")


def _serve() -> None:
    settings = Settings()
    # What is said is sent at once, also where the output is a file or a pipe.
    show.line(f"Starter Prefect-tjener og kjører med profilen «{settings.profile}» …")
    sys.stdout.flush()
    with serving(settings) as address:
        show.line(f"Prefect: {address}  (avslutt med Ctrl-C)")
        show.line(f"Logg:    {show.relative(_log(settings))}")
        sys.stdout.flush()
        while True:
            time.sleep(LOG_SECONDS)
            _rotate(settings)


def _rotate(settings: Settings) -> None:
    """Keep the log from growing for ever; rules that cannot be read are told of by the night."""
    with suppress(TilbudsplanError, OSError):
        leftovers.rotate_logs(settings.rooms.logs, rules.load(Project().reference).logs)


def _end_in_order(_number: int, _frame: FrameType | None) -> None:
    # Once is enough: a second signal must not break off the ending of the children.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + signal.SIGTERM)


def _log(settings: Settings) -> Path:
    return settings.rooms.logs / "prefect.log"


def _check_free(port: int) -> None:
    """Refuse a port that somebody listens on; their answers would be taken for our server's."""
    with socket.socket() as probe:
        # As the server will: a port that was left a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigurationError(
                subject=f"port {port} på 127.0.0.1",
                expected="en ledig port til Prefect-tjeneren",
                got=f"en som ikke kan brukes ({error.strerror})",
                remedy="avslutt programmet som bruker porten, eller sett TILBUDSPLAN_SERVER_PORT "
                "til en annen",
            ) from error


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
        remedy=f"se hva som gikk galt i {log}",
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
