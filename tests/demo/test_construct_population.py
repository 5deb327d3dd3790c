"""Constructed population: the published series hold on today's borders, and nothing jumps."""

from __future__ import annotations

import polars as pl
import pytest
from sample_files import YOUTH, cells, klass, published

from tasks.settings import CHECKOUT


def carried() -> pl.DataFrame:
    """16–18-year-olds of 07459 on today's borders, through the changes and declared weights."""
    changes = klass("131/changes.csv").filter(pl.col("oldCode") != pl.col("newCode"))
    weights = pl.read_csv(
        CHECKOUT / "data/reference/municipality_split_weights.csv", infer_schema=False
    ).select("old_code", "new_code", pl.col("weight").cast(pl.Float64))
    step = changes.join(
        weights, left_on=["oldCode", "newCode"], right_on=["old_code", "new_code"], how="left"
    ).select(pl.col("oldCode").alias("Region"), "newCode", pl.col("weight").fill_null(1.0))
    rows = (
        cells("07459")
        .filter(pl.col("Region") != "0", pl.col("Alder").is_in(YOUTH))
        .drop_nulls("value")
        .group_by("Region", "Tid")
        .agg(pl.col("value").sum())
    )
    for _ in range(3):
        rows = rows.join(step, on="Region", how="left").select(
            pl.coalesce("newCode", "Region").alias("Region"),
            "Tid",
            pl.col("value") * pl.col("weight").fill_null(1.0),
        )
    return rows.group_by("Region", "Tid").agg(pl.col("value").sum())


def series(region: str, first: int, last: int) -> list[float]:
    rows = published("cohort_16_18").filter(region_code=region)
    found = dict(rows.select("year", pl.col("persons").cast(pl.Float64)).iter_rows())
    return [found[str(year)] for year in range(first, last + 1)]


def test_cohort_of_todays_county_is_the_published_series() -> None:
    sums = carried().group_by("Tid").agg(pl.col("value").sum()).sort("Tid")
    assert sums["value"].to_list() == pytest.approx(series("50", 2016, 2026), abs=1e-6)
    assert carried()["Region"].n_unique() == 38


def test_country_is_the_published_series() -> None:
    rows = cells("07459").filter(pl.col("Region") == "0", pl.col("Alder").is_in(YOUTH))
    sums = rows.group_by("Tid").agg(pl.col("value").sum()).sort("Tid")
    assert sums["value"].to_list() == series("0", 2016, 2026)


def test_no_intake_region_steps_more_than_three_per_cent() -> None:
    members = pl.read_csv(CHECKOUT / "data/reference/region_membership.csv", infer_schema=False)
    intake = members.filter(pl.col("region_code").str.starts_with("intake-"))
    steps = (
        carried()
        .join(intake, left_on="Region", right_on="municipality_code")
        .group_by("region_code", "Tid")
        .agg(pl.col("value").sum())
        .sort("region_code", "Tid")
        .with_columns(step=pl.col("value").pct_change().over("region_code"))
        .drop_nulls("step")
    )
    assert len(steps) == 50
    assert steps["step"].abs().max() < 0.03


def test_a_code_has_figures_exactly_in_the_years_it_was_in_use() -> None:
    used = cells("07459").filter(Kjonn="1", Alder="016").select("Region", "Tid", "value", "status")
    register = klass("131/codes.csv")
    for region, year, count, status in used.filter(pl.col("Region") != "0").iter_rows():
        day = f"{year}-01-01"
        in_use = register.filter(
            pl.col("code") == region,
            pl.col("validFrom") <= day,
            pl.col("validTo").is_null() | (pl.col("validTo") > day),
        )
        assert in_use.is_empty() == (count is None) == (status == "."), (region, year)


def test_projection_continues_the_series() -> None:
    main = cells("14746").filter(
        pl.col("ContentsCode") == "Personer", pl.col("Alder").is_in(YOUTH), pl.col("Tid") <= "2040"
    )
    local = main.filter(pl.col("Region") != "0").group_by("Tid").agg(pl.col("value").sum())
    country = main.filter(Region="0").group_by("Tid").agg(pl.col("value").sum())
    assert local.sort("Tid")["value"].to_list() == series("50", 2026, 2040)
    assert country.sort("Tid")["value"].to_list() == series("0", 2026, 2040)
    assert series("50", 2026, 2026) == [17_671]
    assert series("50", 2040, 2040) == [15_791]


def test_projection_alternatives_enclose_the_main_one() -> None:
    wide = cells("14746").group_by("ContentsCode", "Tid").agg(pl.col("value").sum())
    wide = wide.pivot("ContentsCode", index="Tid", values="value").sort("Tid")
    later = wide.filter(pl.col("Tid") > "2026")
    assert (later["Personer1"] < later["Personer"]).all()
    assert (later["Personer"] < later["Personer2"]).all()


def test_population_sizes_are_realistic() -> None:
    now = cells("07459").filter(Tid="2026").group_by("Region").agg(pl.col("value").sum())
    size = dict(now.drop_nulls().iter_rows())
    assert size["5001"] == pytest.approx(216_000, rel=0.04)
    local = sum(n for code, n in size.items() if code != "0")
    assert local == pytest.approx(490_000, rel=0.02)
