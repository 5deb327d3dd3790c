"""The small county's plan as it lies on disk, with the rules of the repository."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from small import AREAS, small

from tasks import plans, runs, table_folder
from tasks.forecast.types import Axes, Forecast
from tasks.place_rules import read_place_rules
from tasks.places import solve
from tasks.places.problem import EXTRA
from tasks.places.types import Problem
from tasks.settings import Project, Settings

NOW = datetime(2026, 11, 27, tzinfo=UTC)
RUN_ID = "2027-28-run"
RUN = {"outputs": {}, "school_year": "2027/28", "seed": 1}


class SmallGround(plans.Ground):
    """What the small county's plans stand on."""

    def problem(self) -> Problem:
        return small()


def forecast(draws: int = 20) -> Forecast:
    pupils = np.zeros((draws, 5, 2, 1), np.float32)
    pupils[..., 0] = np.array([[25, 13], [30, 28], [12, 14], [13, 9], [20, 9]])
    axes = Axes(AREAS, ("1", "2"), (2027,))
    return Forecast(axes, pupils, np.full((draws, 5), 1.2, np.float32))


def ground() -> plans.Ground:
    frames = {name: pl.DataFrame({"name": [name]}) for name in (*EXTRA, *plans.TABLES)}
    run = runs.Run(RUN_ID, RUN, {})
    return SmallGround(run, forecast(), frames, read_place_rules(Project().reference))


def free_plan(home: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Settings, str]:
    """A home with the unforced plan in it, whose figures are those of the small county."""
    settings = Settings(home=home)
    table_folder.write(settings.rooms.runs / RUN_ID, RUN, {})
    monkeypatch.setattr(plans, "ground_of", lambda *_: ground())
    return settings, plans.store(settings.rooms, ground(), solve.plan(small()), NOW)
