"""Forecasts on series that nobody here made: gates, coverage, and the page that tells of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl
import pytest

from bench.track_record import findings, measured, overview, page, series
from bench.track_record.measured import Setting
from bench.track_record.rolled import Rolled
from tasks.forecast.evaluation import classes

SETTING = Setting()


@cache
def telemark() -> dict[str, Rolled]:
    county, towns = measured.telemark(SETTING)
    return {"county": county, "towns": towns}


@cache
def recorded(real: Path) -> dict[str, Rolled]:
    return {tested.title: tested for tested in measured.recorded(SETTING, real)}


def test_the_carried_figures_are_those_of_the_recorded_editions(real: Path) -> None:
    """Every figure of two base years, which another file tells too."""
    registered = series.telemark_registered()
    for year in (2024, 2026):
        edition = series.recorded_projection(real, year)
        both = registered.join(edition, on=["series", "unit", "period"], suffix="_edition").filter(
            pl.col("period") == year
        )
        assert both.height == 3 * 18
        assert both.select((pl.col("value") == pl.col("value_edition")).all()).item()


def test_every_carried_cell_that_another_file_tells_is_equal(real: Path) -> None:
    """102 in recorded base years, 204 behind twelve sums; the rest stand on one file."""
    found = overview.confirmed(real)
    assert found == {
        "cells": 3 * 17 * 27,
        "recorded": 3 * 17 * 2,
        "recorded_differ": 0,
        "sums": 3 * 4,
        "summed": 3 * 17 * 4,
        "sums_differ": 0,
    }


def test_a_wrong_carried_cell_would_be_seen(real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = series.telemark_registered()
    one = (pl.col("unit") == "Skien") & (pl.col("series") == "16-19") & (pl.col("period") == 2026)
    wrong = right.with_columns(
        pl.when(one).then(pl.col("value") + 1).otherwise("value").alias("value")
    )
    monkeypatch.setattr(series, "telemark_registered", lambda: wrong)
    assert overview.confirmed(real)["recorded_differ"] == 1


def test_every_recorded_file_is_measured_or_said_why_not(real: Path) -> None:
    files = {str(p.relative_to(real)) for p in real.rglob("*") if p.is_file()} - {"SOURCES.md"}
    assert {file for file in files if overview.told_of(file) is None} == set()
    gone = {key for key in overview.FILES if not key.endswith("/")} - files
    assert gone == set(), "the inventory tells of files that are not there"


def test_one_calm_spell_does_not_narrow_the_next_years(real: Path) -> None:
    """What scaling by years is for: job seekers 2012–2017, judged on other years."""
    told = recorded(real)[measured.SEEKERS_2012].intervals
    block = {
        row["way"]: row for row in told.filter(pl.col("scheme") == "block").iter_rows(named=True)
    }
    assert not block["by outcomes"]["accepted"]
    assert block["by years"]["accepted"]
    assert block["by years"]["wis"] < block["by outcomes"]["wis"]


def test_scaled_by_years_every_series_covers_on_years_it_was_not_fitted_on(real: Path) -> None:
    for tested in [*telemark().values(), *recorded(real).values()]:
        row = tested.coverage("block").row(0, named=True)
        assert row["accepted"], (tested.title, row)


def test_on_the_past_alone_one_series_is_too_wide_and_none_too_narrow(real: Path) -> None:
    missed = {
        tested.title: row["coverage"]
        for tested in [*telemark().values(), *recorded(real).values()]
        for row in tested.coverage("past").iter_rows(named=True)
        if not row["accepted"]
    }
    assert list(missed) == [measured.SEEKERS_2002]
    assert 85 < missed[measured.SEEKERS_2002] < 86


def test_announced_classes_of_change_are_right_as_often_as_they_say(real: Path) -> None:
    """Where the matrix has enough announcements to tell: at least 80 per cent, all horizons."""
    told = 0
    for tested in [*telemark().values(), *recorded(real).values()]:
        row = tested.classes[0].select(pl.col("n_given").sum(), pl.col("n").sum()).row(0)
        found = classes.summary(
            tested.announced.with_columns(s=pl.lit("")), SETTING.standards.change, ("s",)
        ).row(0, named=True)
        assert (found["n_given"], found["n"]) == row
        if found["n_given"] >= 30:
            told += 1
            assert found["right"] >= 80, (tested.title, found)
    assert told >= 4


def test_the_shocks_of_the_county_are_outside_all_that_was_seen_before() -> None:
    by_period = (
        telemark()["county"]
        .own.group_by("period")
        .agg(
            (100 * (pl.col("q50") - pl.col("actual")).sum() / pl.col("actual").sum()).alias("bias")
        )
        .sort("period")
    )
    bias = dict(by_period.iter_rows())
    before = max(abs(b) for year, b in bias.items() if year < findings.SHOCKS)
    assert min(bias[2021], bias[2022]) > before
    assert max(bias[2025], bias[2026]) < -before


def test_the_carried_editions_start_from_what_was_registered() -> None:
    """Sums of municipalities from one file, the county's from another."""
    base = series.telemark_editions().filter(pl.col("known_from").dt.year() == pl.col("period"))
    both = base.join(
        series.telemark_registered(), on=["series", "unit", "period"], suffix="_registered"
    )
    assert both.height == 12
    assert both.select((pl.col("value") == pl.col("value_registered")).all()).item()


@pytest.mark.parametrize("horizon", [1, 3, 5])
def test_the_cohort_of_a_county_holds_the_gates(horizon: int) -> None:
    row = telemark()["county"].table.filter(pl.col("horizon") == horizon).row(0, named=True)
    assert row["n"] >= 16
    assert row["holds"], row
    assert row["mape"] < row["benchmark_mape"]


def test_intervals_of_municipalities_cover_on_years_they_were_not_fitted_on() -> None:
    for scheme in ("block", "past"):
        row = telemark()["towns"].coverage(scheme).row(0, named=True)
        assert row["n"] >= 400
        assert row["strict"]
        assert row["accepted"], (scheme, row)


def test_each_horizon_of_municipalities_covers_as_far_as_it_can_be_told() -> None:
    found = telemark()["towns"].coverage("block", ("horizon",))
    assert found["horizon"].to_list() == [1, 2, 3, 4, 5, 6]
    assert found["accepted"].all()


def test_a_small_series_is_judged_by_what_its_outcomes_can_tell() -> None:
    row = telemark()["county"].coverage("block").row(0, named=True)
    assert 0 < row["n"] < 400
    assert not row["strict"]
    assert row["accepted"]


def test_where_no_model_wins_the_benchmark_is_used(real: Path) -> None:
    for tested in recorded(real).values():
        best = tested.choice["benchmark"]
        assert tested.choice["used"] == best, tested.title
        assert "brukes" in str(tested.choice["reason"])


def test_the_sums_alone_do_not_see_the_wave(real: Path) -> None:
    """Why ageing is needed: on the real cohort of Trøndelag every trend of sums misses the gate."""
    tested = recorded(real)["Persons 16–18, Trøndelag and the nation"]
    by_model = (
        tested.pairs.filter(pl.col("horizon") == 3)
        .group_by("model")
        .agg(
            (100 * (pl.col("q50") - pl.col("actual")).abs().sum() / pl.col("actual").sum()).alias(
                "e"
            )
        )
    )
    assert by_model.height == 5
    assert by_model["e"].min() > SETTING.standards.gates[3]  # type: ignore[operator]


def test_ageing_of_bands_beside_the_official_projection_on_the_same_origins(real: Path) -> None:
    """Both hold the gates; over five years the projection's single years of age tell."""
    pairs = measured.editions(real)["pairs"].filter(pl.col("series") == "16-19")
    same = measured.same_origins(telemark()["county"], pairs.drop("series"))
    assert same["n"].to_list() == [3] * 12
    for (horizon,), part in same.group_by("horizon"):
        gate = SETTING.standards.gates.get(int(str(horizon)))
        assert gate is None or part["mape"].max() <= gate  # type: ignore[operator]
    five = dict(same.filter(pl.col("horizon") == 5).select("model", "mape").iter_rows())
    assert five[measured.OFFICIAL] < five[telemark()["county"].model]


def test_pooled_scores_help_a_single_series(real: Path) -> None:
    """Scores of the size class among the municipalities, beside the county's own."""
    county, towns = telemark().values()
    alone = county.coverage("past").row(0, named=True)
    pooled = measured.pooled(county, towns, "past")
    assert pooled["n"] == alone["n"]
    assert pooled["coverage"] > alone["coverage"]
    assert measured.pooled(county, towns, "block")["accepted"]


def test_the_code_system_breaks_and_the_series_with_it(real: Path) -> None:
    frame = series.job_seekers(real)
    spans = frame.group_by("series").agg(
        pl.col("period").min().alias("a"), pl.col("period").max().alias("b")
    )
    assert sorted(spans.iter_rows()) == [("ISCO-08", 2012, 2017), ("ISCO-88", 2002, 2011)]
    groups = frame.group_by("series").agg(pl.col("unit").n_unique()).sort("series")
    assert groups["unit"].to_list() == [67, 64]


def test_counties_add_up_to_the_nation_through_the_mergers(real: Path) -> None:
    """Each year's mean of months against the nation's, but for those of no county."""
    rows = pl.read_csv(real / "nav" / "helt_ledige_fylke_2010_2024.csv")
    nation = (
        rows.filter(pl.col("Fylke") == "Landet", pl.col("Antall").is_not_null())
        .group_by(pl.col("År").alias("period"))
        .agg(pl.col("Antall").cast(pl.Float64).mean())
    )
    areas = series.unemployed(real).group_by("period").agg(pl.col("value").sum())
    both = nation.join(areas, on="period").filter(pl.col("period") != 2018)
    share = (both["value"] / both["Antall"]).to_list()
    assert both.height == 13
    assert all(0.98 < s < 1.001 for s in share), share


def test_the_page_is_what_is_measured(real: Path) -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.text(SETTING, real), (
        "docs/track-record.md is old: run «python -m bench.track_record»"
    )
