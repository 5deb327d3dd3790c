"""The plan in classes made again: with the run as it was made again, and its own frozen rules.

A plan's folder in a decision has its manifest, which says every rule and principle that it stood
under and the order of its goals, its tables, and `inputs/` (what it read beside the run).
"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from tasks import plans, runs
from tasks.decisions.record import INPUTS, RUN
from tasks.place_rules import declared_of


def again(
    folder: Path, tables: dict[str, pl.DataFrame], frames: dict[str, pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """The tables of a plan, made as `plans.execute` makes them.

    Args:
        folder: The plan's folder in the decision; the run's manifest lies beside it.
        tables: The tables of the run.
        frames: The frames that the run read.

    Raises:
        ConfigurationError: The frozen rules cannot be read by this version of the program.
    """
    from tasks.places import by_hand, solve
    from tasks.places import tables as plan_tables
    from tasks.places.types import Fixed

    manifest = json.loads((folder / "manifest.json").read_bytes())
    run_manifest = json.loads((folder.parent / RUN / "manifest.json").read_bytes())
    declared = declared_of(manifest)
    run = runs.Run(manifest["run"], run_manifest, tables)
    beside = {path.stem: pl.read_parquet(path) for path in (folder / INPUTS).glob("*.parquet")}
    forecast = runs.forecast(run)
    plan = free = solve.plan(plans.build(run, forecast, frames | beside, declared))
    for step in manifest.get("steps", []):
        asked = [Fixed(*one) for one in step["fixed"]]
        plan = by_hand.amended(plan, free, asked, step["rest"])
    return plan_tables.tables(
        plan,
        forecast,
        declared,
        None if plan is free else free,
    )
