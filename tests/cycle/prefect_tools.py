"""A Prefect server and a worker of their own, which tests kill and start again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tasks.settings import CHECKOUT

PATIENCE_SECONDS = 180


class Prefect:
    """A server and a worker of their own, which may be killed and started again."""

    def __init__(self, home: Path, day: Path) -> None:
        self.home, self.children = home, dict[str, subprocess.Popen[bytes]]()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.api = f"http://127.0.0.1:{self.port}/api"
        played = Path(__file__).parent / "played"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT", "TILBUDSPLAN"))}
        self.environment = {
            **kept,
            "PYTHONPATH": f"{played}{os.pathsep}{CHECKOUT}",
            "PLAYED_DAY": str(day),
            "TILBUDSPLAN_HOME": str(home),
            "TILBUDSPLAN_PROFILE": "demo",
            "TILBUDSPLAN_SERVER_PORT": str(self.port),
            "PREFECT_API_URL": self.api,
            "PREFECT_HOME": str(home / "prefect"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "PREFECT_RUNNER_POLL_FREQUENCY": "1",
            "PREFECT_LOGGING_LEVEL": "WARNING",
        }
        self.log = (home / "prefect.log").open("ab")

    def start(self, *names: str) -> None:
        module = {
            "server": [
                "prefect",
                "server",
                "start",
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
            ],
            "runner": ["flows.runner"],
        }
        for name in names:
            self.children[name] = subprocess.Popen(
                [sys.executable, "-m", *module[name]],
                cwd=CHECKOUT,
                env=self.environment,
                stdout=self.log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.wait(f"{name} is ready", self._ready(name))

    def kill(self, *names: str) -> None:
        """End a process and those it started at once, as a loss of power does."""
        for name in names:
            child = self.children.pop(name, None)
            if child is not None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()

    def ask(self, method: str, path: str, **body: Any) -> Any:
        for _ in range(40):
            answer = requests.request(method, f"{self.api}{path}", json=body or None, timeout=30)
            if answer.status_code != 503:
                break
            time.sleep(0.5)
        assert answer.ok, answer.text
        return answer.json()

    def runs(self) -> list[dict[str, Any]]:
        wanted = {"name": {"any_": ["årshjul"]}}
        return list(self.ask("POST", "/flow_runs/filter", flows=wanted, sort="START_TIME_ASC"))

    def waiting(self, since: str | None = None) -> dict[str, Any]:
        """The run when it is suspended on another form than the one of before."""
        return dict(
            self.wait(
                f"a form other than {since}",
                lambda: next(
                    (
                        run
                        for run in self.runs()
                        if run["state_type"] == "PAUSED"
                        and key_of(run) != since
                        # The form is there a moment after the state.
                        and requests.get(self._schema(run), timeout=10).ok
                    ),
                    None,
                ),
            )
        )

    def schema(self, run: dict[str, Any]) -> dict[str, Any]:
        return dict(requests.get(self._schema(run), timeout=10).json())

    def resume(self, run: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
        return dict(self.ask("POST", f"/flow_runs/{run['id']}/resume", run_input=said))

    def wait(self, what: str, ready: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                if found := ready():
                    return found
            except requests.RequestException:
                pass
            time.sleep(0.3)
        pytest.fail(f"waited in vain for {what}; see {self.log.name}: {self._tail()}")

    def _tail(self) -> str:
        states = [(r["state_name"], (r["state"] or {}).get("message")) for r in self.runs()]
        return f"{states} {Path(self.log.name).read_text(errors='replace')[-3000:]}"

    def _schema(self, run: dict[str, Any]) -> str:
        return f"{self.api}/flow_runs/{run['id']}/input/suspended-{key_of(run)}-schema"

    def _ready(self, name: str) -> Callable[[], Any]:
        if name == "server":
            return lambda: requests.get(f"{self.api}/health", timeout=2).ok
        began = len(Path(self.log.name).read_bytes())
        return lambda: (
            "aarshjul" in {d["name"] for d in self.ask("POST", "/deployments/filter")}
            and began >= 0
        )


def key_of(run: dict[str, Any]) -> str:
    return str(run["state"]["state_details"]["pause_key"])
