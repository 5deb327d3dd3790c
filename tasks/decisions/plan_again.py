"""The plan in classes made again: with the run as it was made again, and its own frozen rules.

A plan's folder in a decision has its manifest and tables, `inputs/` (what it read beside the run)
and the files of rules and principles that it stood under.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from tasks import plans, runs
from tasks.decisions.record import INPUTS, RUN
from tasks.errors import WrongUse
from tasks.place_rules import read_place_rules

PRINCIPLES = "prinsipper.toml"


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
    from tasks.places import solve
    from tasks.places import tables as plan_tables
    from tasks.places.types import Fixed

    manifest = json.loads((folder / "manifest.json").read_bytes())
    run_manifest = json.loads((folder.parent / RUN / "manifest.json").read_bytes())
    declared = read_place_rules(folder)
    run = runs.Run(manifest["run"], run_manifest, tables)
    beside = {path.stem: pl.read_parquet(path) for path in (folder / INPUTS).glob("*.parquet")}
    forecast = runs.forecast(run)
    free = solve.plan(plans.build(run, forecast, frames | beside, declared))
    asked = tuple(Fixed(pair, classes, reason) for pair, classes, reason in manifest["fixed"])
    return plan_tables.tables(
        solve.override(free, asked) if asked else free,
        forecast,
        declared,
        free if asked else None,
    )


def rule_files(reference: Path, manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of rules and principles that a plan stood under.

    Args:
        reference: `data/reference` of today.
        manifest: The plan's.

    Returns:
        Content by path under `reference`.

    Raises:
        WrongUse: The rules of today are not those of the plan.
        ConfigurationError: They cannot be read.
    """
    today = read_place_rules(reference).told()
    if wrong := sorted(name for name, value in today.items() if manifest[name] != value):
        raise WrongUse(
            subject=f"planen {manifest['id']}",
            expected="en plan som er laget under reglene slik de er nå",
            got=f"en der {', '.join(wrong)} var annerledes",
            remedy="lag planen på nytt med «tilbudsplan plan places», eller legg reglene tilbake",
        )
    files = [*sorted((reference / "rules").glob("*.toml")), reference / PRINCIPLES]
    return {file.relative_to(reference).as_posix(): file.read_bytes() for file in files}
