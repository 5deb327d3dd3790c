"""The labour market as it was known a year ago."""

from __future__ import annotations

import polars as pl
from labour_tools import COUNTY, declared, made_up

from tasks.forecast.labour import fit
from tasks.forecast.labour.cut import until
from tasks.forecast.labour.frames import build


def test_what_was_counted_later_is_not_there() -> None:
    frames = made_up()
    data = build(until(frames, 2024), COUNTY)
    full = build(frames, COUNTY)
    assert full.years[-1] == 2025
    assert data.years[-1] == data.national_years[-1] == 2024
    assert data.registered == 2025 == full.registered - 1
    assert data.industry.tolist() == full.industry[:-1].tolist()
    assert data.targets == full.targets


def test_everything_is_as_it_was_when_nothing_was_counted_later() -> None:
    frames = made_up()
    kept = until(frames, 2025)
    for name, frame in frames.items():
        key = frame.columns
        assert kept[name].sort(key).equals(frame.sort(key)), name


def test_the_openings_of_a_year_ago_hold_nothing_of_the_last_year() -> None:
    """Whatever the last year's figures are, they do not move what was said before them."""
    frames = made_up()
    doubled = {
        name: frame.with_columns(
            pl.when(pl.col("year") == 2025)
            .then(pl.col("employed") * 2)
            .otherwise(pl.col("employed"))
            .alias("employed")
        )
        if {"year", "employed"} <= set(frame.columns)
        else frame
        for name, frame in frames.items()
    }
    one, other = (
        fit(until(f, 2024), declared(), county=COUNTY, seed=1, horizon=3).parts(range(3)).openings
        for f in (frames, doubled)
    )
    assert one.tobytes() == other.tobytes()
