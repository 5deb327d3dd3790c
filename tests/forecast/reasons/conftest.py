"""A made-up county with both sides: pupils and trades, industries and occupations."""

from __future__ import annotations

import flow_frames
import labour_tools
import polars as pl
import pytest

from tasks.declared import read_declared
from tasks.forecast.declared import Declared
from tasks.settings import Project


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
    return read_declared(Project().reference / "rules")
