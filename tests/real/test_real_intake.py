"""The intake simulator against the admission limits that were published for 2025."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from intake_limits import PAGE, simulated

from tasks.places.intake import validation
from tasks.places.intake.types import MEASURES, Result
from tasks.settings import Settings

DRAWS = 40


@pytest.fixture(scope="module")
def limits(night_home: Path) -> tuple[Result, pl.DataFrame]:
    return simulated(Settings(home=night_home).rooms, DRAWS)


def test_what_is_compared_is_what_was_published(
    real: Path, limits: tuple[Result, pl.DataFrame]
) -> None:
    told = pl.read_csv(real / "vilbli" / "inntakspoeng_trondelag_2025.csv", infer_schema=False)
    assert told.height == 174
    points = {
        (school, float(value))
        for school, value in told.filter(status="points").select("school", "points").iter_rows()
    }
    rows = limits[1]
    known = rows.filter(pl.col("real").is_not_null())
    assert set(known.select("school", pl.col("real").round(1)).iter_rows()) <= points
    assert rows.height == 158
    assert known.height == 66
    # One school with two sites: its limits stand on the one, its places on the other.
    assert set(told["school"]) - set(rows["school"]) == {"Guri Kunna videregående skole"}


def test_limits_are_off_by_less_than_the_programmes_own_median(
    limits: tuple[Result, pl.DataFrame],
) -> None:
    [one] = validation.summary(limits[1]).to_dicts()
    assert one["simulated"] == one["limits"]
    assert one["absolute"] < one["benchmark_absolute"] < 8
    assert abs(one["miss_q2"]) < 2.5
    assert one["brier"] < one["benchmark_brier"] - 0.05
    assert 0.7 < one["inside"] < 0.9, "an 80 per cent interval"
    explained = validation.explained(limits[1])
    assert explained["real"] < -0.5, "simulated limits are drawn to the middle"


def test_the_page_tells_what_is_found(limits: tuple[Result, pl.DataFrame]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    told = [cell.strip() for cell in re.findall(r"^\| \* \|(.*)\|$", page, re.M)[0].split("|")]
    [one] = validation.summary(limits[1]).drop("all").to_dicts()
    for said, (name, found) in zip(told, one.items(), strict=True):
        slack = 0.12 if name in ("inside", "brier", "benchmark_brier") else 1.0
        assert float(said) == pytest.approx(found, abs=slack), name
    listed = page.split("## Every offer")[1]
    for school, programme in limits[1].select("school", "programme_code").iter_rows():
        assert f"| {school} | {programme} |" in listed


def test_everybody_with_a_right_gets_one_of_three_or_is_counted(
    limits: tuple[Result, pl.DataFrame],
) -> None:
    result = limits[0]
    first = result.measures[:, 0, 0, -1]
    by_name = dict(zip(MEASURES, first.T, strict=True))
    assert (by_name["one_of_three"] + by_name["without"] == by_name["applicants"]).all()
    # The county's own schools have more places on Vg1 than first choices that year.
    assert (by_name["one_of_three"] / by_name["applicants"]).mean() > 0.98
    assert np.isfinite(result.limit).any()
