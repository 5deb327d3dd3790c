"""A made-up county with both sides: pupils and trades, industries and occupations."""

from __future__ import annotations

from types import SimpleNamespace

import flow_frames
import labour_tools
import polars as pl
import pytest

from tasks.forecast.reasons.run_tables import Declared
from tasks.rules import read_flow_rules, read_rules
from tasks.settings import Project

RULES = Project().reference / "rules"


def marts() -> dict[str, pl.DataFrame]:
    flow = {f"flow.{name}": frame for name, frame in as_published().items()}
    return flow | {f"labour.{name}": frame for name, frame in labour_tools.made_up().items()}


def as_published() -> dict[str, pl.DataFrame]:
    """The flow's frames with the columns that tell when a row was there."""
    frames = flow_frames.frames()
    counted = pl.date(pl.col("school_year_start") + 1, 10, 1)
    frames["transitions"] = frames["transitions"].with_columns(counted.alias("next_counted_on"))
    return frames


@pytest.fixture(scope="session")
def frames() -> dict[str, pl.DataFrame]:
    return marts()


@pytest.fixture(scope="session")
def declared() -> Declared:
    rules = read_rules(RULES)
    return SimpleNamespace(rules=rules, flow=read_flow_rules(RULES), labour=labour_tools.declared())
