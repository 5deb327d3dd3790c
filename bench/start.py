"""What a person waits for: help, a night and `make run`, beside bare Prefect scripts.

Prefect's own share is what a script of empty flows costs on a fresh PREFECT_HOME, measured in the
same run: two flows of a task each, two with as many tasks as ours, and one for the night alone. Our
own share is the rest. It may be 20 s for the night with every source, and 5 s for the rest.
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

from tasks import catalogue

CHECKOUT = Path(__file__).resolve().parent.parent
COMMAND = CHECKOUT / ".venv" / "bin" / "tilbudsplan"
HELP_LIMIT_SECONDS = 0.3
RUN_LIMIT_SECONDS = 40.0
NIGHT_LIMIT_SECONDS = 20.0
OWN_SHARE_LIMIT_SECONDS = NIGHT_LIMIT_SECONDS + 5.0

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
# Landing and parsing each dataset, and building; calculating and publishing.
TASKS = {"first": 2 * len(catalogue.load(CHECKOUT / "data" / "catalogue")) + 1, "second": 2}
ONE_FLOW = SCRIPT.format(first=1, second=0)
TWO_FLOWS = SCRIPT.format(first=1, second=1)
SAME_TASKS = SCRIPT.format(**TASKS)


def run(repeats: int = 5) -> list[dict[str, Any]]:
    """Time help, a night and `make run` after set-up, and what Prefect alone takes for the same."""
    helps = [timed([str(COMMAND), "--help"], {}) for _ in range(repeats)]
    seconds: dict[str, list[float]] = {}
    for _ in range(repeats):
        for script in (ONE_FLOW, TWO_FLOWS, SAME_TASKS):
            with tempfile.TemporaryDirectory() as home:
                took = timed([sys.executable, "-c", script], prefect(home))
                seconds.setdefault(script, []).append(took)
        for name, command in (("night", [str(COMMAND), "ingest"]), ("run", ["make", "-s", "run"])):
            with tempfile.TemporaryDirectory() as home:
                settings = {"TILBUDSPLAN_HOME": home, "TILBUDSPLAN_PROFILE": "demo"}
                seconds.setdefault(name, []).append(timed(command, settings))

    def beyond(case: str, ours: str, peer: str, limit: float) -> dict[str, Any]:
        pairs = zip(seconds[ours], seconds[peer], strict=True)
        share = statistics.median(mine - theirs for mine, theirs in pairs)
        return row(case, share, statistics.median(seconds[peer]), limit)

    total = statistics.median(seconds["run"])
    share = OWN_SHARE_LIMIT_SECONDS
    return [
        row("tilbudsplan --help, s", statistics.median(helps), None, HELP_LIMIT_SECONDS),
        beyond("a night beyond an empty flow, s", "night", ONE_FLOW, NIGHT_LIMIT_SECONDS),
        row("make run after set-up, s", total, None, RUN_LIMIT_SECONDS),
        beyond("make run beyond two empty flows, s", "run", TWO_FLOWS, share),
        beyond("make run beyond two flows of empty tasks, s", "run", SAME_TASKS, share),
    ]


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
