"""What the tests of decisions share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import polars.selectors as cs
import pytest

from tasks import run_inputs, runs
from tasks.forecast import summary, working_life

RUN_AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def small_forecast(monkeypatch: pytest.MonkeyPatch, tables: Mapping[str, str]) -> None:
    """Let a run read some tables of a tiny night, and count them; all else is as it is.

    The forecast itself takes half a minute and a whole county: what is tested here is what is kept
    of a run, whichever tables it has. `test_whole_decision.py` has the real one.
    """
    named = {**tables, "vintages": "audit.vintage"}

    def frames_of(con: Any, on: date) -> dict[str, pl.DataFrame]:
        return {n: con.sql(f"select * from {t} order by all").pl() for n, t in named.items()}

    monkeypatch.setattr(run_inputs, "NAMED", named)
    monkeypatch.setattr(run_inputs, "frames_of", frames_of)
    monkeypatch.setattr(runs, "TABLES", ("expected",))
    monkeypatch.setattr(runs, "compute", counted)
    monkeypatch.setattr(runs, "_check_year", lambda *_: None)
    monkeypatch.setattr(summary, "periods", lambda *_: {})
    monkeypatch.setattr(working_life, "periods", lambda *_: {})


def counted(
    frames: dict[str, pl.DataFrame],
    declared: Any,
    year: int,
    county: str,
    seed: int,
    draws: int,
    horizon: int,
    scenarios: Any = (),
) -> dict[str, pl.DataFrame]:
    """One table: of each frame its rows, and its numbers times seed and certainty."""
    rows = [
        (
            name,
            frame.height,
            seed * declared.rules.certainty * float(frame.select(cs.numeric()).to_numpy().sum()),
        )
        for name, frame in sorted(frames.items())
        if name != "vintages"
    ]
    return {"expected": pl.DataFrame(rows, ["programme_code", "rows", "total"], orient="row")}


def one_place_more(real: Callable[..., dict[str, pl.DataFrame]]) -> Callable[..., Any]:
    """A program that reads one place more at each school."""

    def frames_of(con: Any, on: date) -> dict[str, pl.DataFrame]:
        frames = real(con, on)
        return {**frames, "places": frames["places"].with_columns(pl.col("places") + 1)}

    return frames_of
