"""What a person waits for: help, and a night beside a bare Prefect script.

Prefect's own share is what a script of an empty flow costs on a fresh PREFECT_HOME, measured in the
same round; our own share is the rest. It may be 20 s for the night with every source. `first_run`
does the same for `make run`.
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
NIGHT_LIMIT_SECONDS = 20.0
HELPS = 5
# A round is half a minute here and a minute in `first_run`, where nothing else runs.
ROUNDS = 2

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

if {first}: first()
if {second}: second()
"""
ONE_FLOW = SCRIPT.format(first=1, second=0)


def run() -> list[dict[str, Any]]:
    """Time help, and a night beside a flow of nothing."""
    helps = [timed([str(COMMAND), "--help"], {}) for _ in range(HELPS)]
    seconds = rounds({"night": [str(COMMAND), "ingest"]}, [ONE_FLOW])
    return [
        row("tilbudsplan --help, s", statistics.median(helps), None, HELP_LIMIT_SECONDS),
        beyond(seconds, "a night beyond an empty flow, s", ("night", ONE_FLOW)),
    ]


def rounds(commands: dict[str, list[str]], scripts: list[str]) -> dict[str, list[float]]:
    """Seconds of our commands and of Prefect's scripts, each in a home of its own, in turn."""
    seconds: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for script in scripts:
            with tempfile.TemporaryDirectory() as home:
                took = timed([sys.executable, "-c", script], prefect(home))
                seconds.setdefault(script, []).append(took)
        for name, command in commands.items():
            with tempfile.TemporaryDirectory() as home:
                settings = {"TILBUDSPLAN_HOME": home, "TILBUDSPLAN_PROFILE": "demo"}
                seconds.setdefault(name, []).append(timed(command, settings))
    return seconds


def beyond(
    seconds: dict[str, list[float]],
    case: str,
    both: tuple[str, str],
    limit: float = NIGHT_LIMIT_SECONDS,
) -> dict[str, Any]:
    """What ours takes beyond the peer, the median over rounds."""
    ours, peer = (seconds[name] for name in both)
    share = statistics.median(mine - theirs for mine, theirs in zip(ours, peer, strict=True))
    return row(case, share, statistics.median(peer), limit)


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
