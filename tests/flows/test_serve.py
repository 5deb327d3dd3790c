"""`python -m flows.serve` as a process: what it refuses at once, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tasks.settings import CHECKOUT, Settings

COMMAND = [sys.executable, "-m", "flows.serve"]
PATIENCE_SECONDS = 120


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def environment(home: Path, port: int, **more: str) -> dict[str, str]:
    ours = ("TILBUDSPLAN_", "PREFECT_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    where = {"TILBUDSPLAN_HOME": str(home), "TILBUDSPLAN_SERVER_PORT": str(port)}
    return {**kept, **where, **more}


def refused(home: Path, port: int, **more: str) -> str:
    done = subprocess.run(
        COMMAND,
        cwd=CHECKOUT,
        env=environment(home, port, **more),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not (home / "logs" / "prefect.log").exists()
    assert not (home / "prefect").exists()
    return done.stderr


def test_a_port_in_use_is_named(tmp_path: Path, taken_port: int) -> None:
    said = refused(tmp_path, taken_port)
    assert f"port {taken_port} " in said
    assert "TILBUDSPLAN_SERVER_PORT" in said


def test_a_port_that_is_no_port_is_named(tmp_path: Path) -> None:
    assert "TILBUDSPLAN_SERVER_PORT er '70000'" in refused(tmp_path, 70_000)


def test_a_home_of_another_profile_is_refused(tmp_path: Path, free_port: int) -> None:
    (tmp_path / "profile").write_text("demo", encoding="utf-8")
    said = refused(tmp_path, free_port, TILBUDSPLAN_PROFILE="live")
    assert "en mappe for profilen «live», men fikk en mappe for profilen «demo»" in said


@pytest.mark.parametrize(
    ("stamp", "said", "profile"),
    [
        (None, None, "live"),
        ("", None, "live"),
        ("demo", None, "demo"),
        ("demo", "live", "live"),
        (None, "demo", "demo"),
    ],
)
def test_a_command_keeps_to_the_profile_of_its_home(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stamp: str | None,
    said: str | None,
    profile: str,
) -> None:
    monkeypatch.setenv("TILBUDSPLAN_HOME", str(tmp_path))
    monkeypatch.delenv("TILBUDSPLAN_PROFILE", raising=False)
    if said:
        monkeypatch.setenv("TILBUDSPLAN_PROFILE", said)
    if stamp is not None:
        (tmp_path / "profile").write_text(stamp, encoding="utf-8")
    assert Settings().profile == profile


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.prefect
@pytest.mark.parametrize(
    ("number", "when", "code"), [(signal.SIGTERM, "starting", 143), (signal.SIGINT, "ready", 0)]
)
def test_whoever_ends_it_ends_server_and_runner_too(
    tmp_path: Path,
    with_prefect: Callable[[Path], Path],
    free_port: int,
    number: signal.Signals,
    when: str,
    code: int,
) -> None:
    if when == "ready":
        with_prefect(tmp_path)
    (tmp_path / "profile").write_text("demo", encoding="utf-8")
    log = tmp_path / "logs" / "prefect.log"
    with subprocess.Popen(
        COMMAND,
        cwd=CHECKOUT,
        env=environment(tmp_path, free_port),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as served:
        assert served.stdout
        assert served.stderr
        assert "profilen «demo»" in served.stdout.readline()
        if when == "ready":
            said = served.stdout.readline() + served.stdout.readline()
            assert f"http://127.0.0.1:{free_port}" in said
            assert str(log) in said
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (log.is_file() and log.stat().st_size):  # the server has begun to speak
            assert time.monotonic() < deadline
            time.sleep(0.1)
        served.send_signal(number)
        served.wait(timeout=PATIENCE_SECONDS)
        assert "Traceback" not in served.stderr.read()
    # They share its process group: that none is left of it means that they have ended.
    left = group_lives(served.pid)
    if left:
        os.killpg(served.pid, signal.SIGKILL)
    assert not left
    assert served.returncode == code
