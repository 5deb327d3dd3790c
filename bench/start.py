"""What a person waits for: `tilbudsplan --help`, and `make run` beside a bare Prefect script.

Prefect's own share is what a script of two empty flows costs on a fresh PREFECT_HOME, measured in
the same run. Our own share is the rest of `make run` after set-up.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
COMMAND = CHECKOUT / ".venv" / "bin" / "tilbudsplan"
HELP_LIMIT_SECONDS = 0.3
RUN_LIMIT_SECONDS = 40.0
OWN_SHARE_LIMIT_SECONDS = 5.0

BARE_SCRIPT = """
from prefect import flow, task

@task
def nothing(): return 1

@flow
def first(): return nothing()

@flow
def second(): return nothing()

first()
second()
"""


def run(repeats: int = 5) -> list[dict[str, Any]]:
    """Time help, a bare two-flow Prefect script, and `make run` after set-up."""
    helps = [timed([str(COMMAND), "--help"], {}) for _ in range(repeats)]
    bare, ours = [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as home:
            bare.append(timed([sys.executable, "-c", BARE_SCRIPT], prefect(home)))
        with tempfile.TemporaryDirectory() as home:
            ours.append(timed(["make", "--silent", "run"], {"TILBUDSPLAN_HOME": home}))
    help_seconds = statistics.median(helps)
    bare_seconds, run_seconds = statistics.median(bare), statistics.median(ours)
    share = statistics.median(o - b for o, b in zip(ours, bare, strict=True))
    return [
        row("tilbudsplan --help, s", help_seconds, None, HELP_LIMIT_SECONDS),
        row("make run after set-up, s (peer: bare Prefect)", run_seconds, bare_seconds,
            RUN_LIMIT_SECONDS),
        row("make run, our own share, s", share, None, OWN_SHARE_LIMIT_SECONDS),
    ]  # fmt: skip


def row(case: str, ours: float, peer: float | None, limit: float) -> dict[str, Any]:
    ratio = ours / peer if peer else None
    ok = ours <= limit
    return {"case": case, "ours": ours, "peer": peer, "ratio": ratio, "limit": limit, "ok": ok}


def prefect(home: str) -> dict[str, str]:
    return {
        "PREFECT_HOME": home,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }


def timed(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return time.perf_counter() - started
