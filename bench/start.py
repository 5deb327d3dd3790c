"""What a person waits for: `tilbudsplan --help`, and `make run` beside a bare Prefect script.

Prefect's own share is what a script of two flows costs on a fresh PREFECT_HOME, measured in the
same run: once with a task each, once with as many empty tasks as ours. Our own share is the rest.
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

# As many empty tasks as our two flows have: what Prefect itself costs for the same bookkeeping.
TASKS = {"first": 45, "second": 2}

SCRIPT = """
from prefect import flow, task
from prefect.task_runners import ThreadPoolTaskRunner

@task
def nothing(): return 1

@flow(task_runner=ThreadPoolTaskRunner(max_workers=8))
def first():
    for future in [nothing.submit() for _ in range({first})]: future.result()

@flow
def second():
    for _ in range({second}): nothing()

first()
second()
"""
BARE_SCRIPT = SCRIPT.format(first=1, second=1)
SAME_TASKS_SCRIPT = SCRIPT.format(**TASKS)


def run(repeats: int = 5) -> list[dict[str, Any]]:
    """Time help, `make run` after set-up, and what Prefect alone takes for two flows."""
    helps = [timed([str(COMMAND), "--help"], {}) for _ in range(repeats)]
    bare, same, ours = [], [], []
    for _ in range(repeats):
        for script, seconds in ((BARE_SCRIPT, bare), (SAME_TASKS_SCRIPT, same)):
            with tempfile.TemporaryDirectory() as home:
                seconds.append(timed([sys.executable, "-c", script], prefect(home)))
        with tempfile.TemporaryDirectory() as home:
            ours.append(timed(["make", "--silent", "run"], {"TILBUDSPLAN_HOME": home}))
    total = statistics.median(ours)
    rows = [
        row("tilbudsplan --help, s", statistics.median(helps), None, HELP_LIMIT_SECONDS),
        row("make run after set-up, s", total, None, RUN_LIMIT_SECONDS),
    ]
    for peer, seconds in (("two empty flows", bare), ("two flows of empty tasks", same)):
        share = statistics.median(o - p for o, p in zip(ours, seconds, strict=True))
        case = f"make run beyond {peer}, s (peer: those flows)"
        rows.append(row(case, share, statistics.median(seconds), OWN_SHARE_LIMIT_SECONDS))
    return rows


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
