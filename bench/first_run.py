"""`make run` after set-up, beside bare Prefect scripts.

Prefect's own share is what a script of two empty flows costs on a fresh PREFECT_HOME, measured in
the same round: of a task each, and of as many tasks as ours. Our own share is the rest. It may be
that of a night (`bench.start`), and 5 s for the plan and the report.
"""

from __future__ import annotations

import statistics
from typing import Any

from bench.start import CHECKOUT, NIGHT_LIMIT_SECONDS, SCRIPT, beyond, rounds, row
from tasks import catalogue

RUN_LIMIT_SECONDS = 40.0
OWN_SHARE_LIMIT_SECONDS = NIGHT_LIMIT_SECONDS + 5.0
# Landing and parsing each dataset, and building; calculating and publishing.
TASKS = {"first": 2 * len(catalogue.load(CHECKOUT / "data" / "catalogue")) + 1, "second": 2}
TWO_FLOWS = SCRIPT.format(first=1, second=1)
SAME_TASKS = SCRIPT.format(**TASKS)


def run() -> list[dict[str, Any]]:
    """Time `make run`, and what Prefect alone takes for the same."""
    seconds = rounds({"run": ["make", "-s", "run"]}, [TWO_FLOWS, SAME_TASKS])
    total, own = statistics.median(seconds["run"]), OWN_SHARE_LIMIT_SECONDS
    return [
        row("make run after set-up, s", total, None, RUN_LIMIT_SECONDS),
        beyond(seconds, "make run beyond two empty flows, s", ("run", TWO_FLOWS), own),
        beyond(seconds, "make run beyond two flows of empty tasks, s", ("run", SAME_TASKS), own),
    ]
