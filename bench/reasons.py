"""Why figures are what they are: both tables of the sample county, beside its drawn working life.

The county is that of a night on the sample. Two models are estimated twice, twelve futures walked
for the decomposition, and nine times 256 drawn for the sensitivities; the peer is what a run draws
to lay openings against candidates, with as many draws as a run has.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl

from bench.start import COMMAND, prefect
from tasks import run_inputs
from tasks.declared import read_declared
from tasks.forecast import reasons, working_life
from tasks.settings import Project, Rooms

ROUNDS = 3
LIMIT_SECONDS = 12.0
YEAR = 2027
HOW = {"county": "50", "seed": 1, "draws": 400, "horizon": 15, "sigma": 0.01}


def run() -> list[dict[str, object]]:
    """One row: {case, ours, peer, ratio, limit, ok}, seconds, medians."""
    frames, declared = published(), read_declared(Project().reference / "rules")
    found = reasons.tables(frames, declared, year=YEAR, **HOW)
    assert len(found["decomposition"]) > 100
    assert len(found["sensitivity"]) > 100
    ours = median(lambda: reasons.tables(frames, declared, year=YEAR, **HOW))
    peer = median(lambda: working_life.tables(frames, declared, **HOW))
    return [
        {
            "case": "decomposition and sensitivity of the sample county, s",
            "ours": ours,
            "peer": peer,
            "ratio": ours / peer,
            "limit": LIMIT_SECONDS,
            "ok": ours <= LIMIT_SECONDS,
        }
    ]


def published() -> dict[str, pl.DataFrame]:
    """The frames of a run, from a night on the sample."""
    with tempfile.TemporaryDirectory() as home:
        settings = {"TILBUDSPLAN_HOME": home, "TILBUDSPLAN_PROFILE": "demo", **prefect(home)}
        subprocess.run(
            [str(COMMAND), "ingest"], env=os.environ | settings, check=True, capture_output=True
        )
        return run_inputs.read(Rooms(Path(home)), date(YEAR, 10, 1))


def median(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)
