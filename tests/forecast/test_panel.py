from __future__ import annotations

import polars as pl
import pytest

from tasks.errors import ConfigurationError, NotFound
from tasks.forecast.panel import ELSEWHERE, Panel, build

Frames = dict[str, pl.DataFrame]


def test_every_pupil_lands_on_the_axes(panel: Panel, frames: Frames) -> None:
    by_year = frames["pupils"].group_by("school_year_start").agg(pl.col("pupils").sum())
    expected = dict(by_year.iter_rows())
    assert {y: n.sum() for y, n in zip(panel.years, panel.pupils, strict=True)} == expected
    assert len(panel.homes) == 38
    assert panel.membership().sum(axis=0).tolist() == [1.0] * 38


def test_pupils_from_elsewhere_keep_a_place_of_their_own(frames: Frames) -> None:
    guests = (
        frames["pupils"]
        .head(3)
        .with_columns(
            pl.lit("4601").alias("home_municipality_code"), pl.lit(7, pl.Int64).alias("pupils")
        )
    )
    panel = build(frames | {"pupils": pl.concat([frames["pupils"], guests])})
    assert panel.homes[-1] == ELSEWHERE
    assert panel.region[-1] == ""
    assert panel.pupils[:, :, -1].sum() == 21


@pytest.mark.parametrize("name", ["pupils", "cohort", "regions", "programme_areas"])
def test_an_empty_frame_is_named(frames: Frames, name: str) -> None:
    with pytest.raises(NotFound, match=name):
        build(frames | {name: frames[name].clear()})


def test_unknown_areas_are_named(frames: Frames) -> None:
    strange = (
        frames["pupils"].head(1).with_columns(pl.lit("XXXXX1----").alias("programme_area_code"))
    )
    with pytest.raises(ConfigurationError, match="XXXXX1----"):
        build(frames | {"pupils": pl.concat([frames["pupils"], strange])})


@pytest.mark.parametrize("change", ["missing", "zero"])
def test_a_municipality_without_history_is_refused(frames: Frames, change: str) -> None:
    gone = (pl.col("municipality_code") == "5059") & (pl.col("year") == 2018)
    if change == "missing":
        cohort = frames["cohort"].filter(~gone)
    else:
        cohort = frames["cohort"].with_columns(
            pl.when(gone).then(0.0).otherwise("persons").alias("persons")
        )
    with pytest.raises(ConfigurationError, match="5059"):
        build(frames | {"cohort": cohort})
