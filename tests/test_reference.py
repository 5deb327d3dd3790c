"""The reference lists: partition, validity, sources, and codes that exist in the right lists."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import polars as pl
import pytest

DATA = Path(__file__).resolve().parents[1] / "data"
# The crosswalks have confidence words of their own; tests/test_crosswalks.py holds them to those.
TABLES = sorted(
    path.stem
    for path in (DATA / "reference").glob("*.csv")
    if not path.stem.startswith("crosswalk_")
)


def table(name: str) -> pl.DataFrame:
    return pl.read_csv(DATA / "reference" / f"{name}.csv", infer_schema=False)


def today() -> set[str]:
    """The 38 municipalities of 2026."""
    codes = pl.read_csv(DATA / "sample" / "klass" / "131" / "codes.csv", infer_schema=False)
    open_ended = codes.filter(pl.col("code").str.starts_with("50"), pl.col("validTo").is_null())
    return set(open_ended["code"])


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_source_and_confidence(name: str) -> None:
    rows = table(name)
    assert rows["source"].null_count() == 0
    assert set(rows["confidence"]) <= {"confirmed", "unconfirmed"}


@pytest.mark.parametrize("name", ["regions", "region_membership"])
def test_validity_dates_are_dates_in_order(name: str) -> None:
    for start, end in table(name).select("valid_from", "valid_to").iter_rows():
        assert end is None or date.fromisoformat(start) < date.fromisoformat(end)


def test_intake_regions_cover_each_municipality_once() -> None:
    intake = table("regions").filter(kind="intake")["region_code"].to_list()
    members = table("region_membership").filter(pl.col("region_code").is_in(intake))
    assert len(intake) == 5
    assert len(members) == 38
    assert set(members["municipality_code"]) == today()


def test_forum_regions_may_overlap_and_name_what_is_unconfirmed() -> None:
    regions = table("regions").filter(kind="forum")
    members = table("region_membership").join(regions, on="region_code", how="semi")
    assert set(members["municipality_code"]) <= today()
    assert members["municipality_code"].n_unique() < len(members)
    unconfirmed = regions.filter(confidence="unconfirmed")["region_code"]
    assert "forum-orkdal-kyst" in set(unconfirmed)
    assert len(members.filter(region_code="forum-trondheimsregionen")) == 8


def test_each_member_belongs_to_a_region() -> None:
    assert (
        table("region_membership").join(table("regions"), on="region_code", how="anti").is_empty()
    )


def test_split_weights_add_up_and_match_a_change() -> None:
    weights = table("municipality_split_weights").with_columns(
        pl.col("weight").cast(pl.Decimal(6, 4))
    )
    sums = weights.group_by("old_code", "change_date").agg(pl.col("weight").sum())
    assert set(sums["weight"].cast(pl.Float64)) == {1.0}
    changes = pl.read_csv(DATA / "sample/klass/131/changes.csv", infer_schema=False)
    split = changes.filter(pl.len().over("oldCode", "changeOccurred") > 1)
    assert set(split.select("oldCode", "newCode", "changeOccurred").iter_rows()) == set(
        weights.select("old_code", "new_code", "change_date").iter_rows()
    )


def test_programmes_are_the_sixteen_applied_for() -> None:
    programmes = table("utdanningsprogram")
    applied = pl.read_csv(DATA / "sample/published/applicants_by_programme.csv", infer_schema=False)
    assert set(programmes.select("programme_code", "udir_id", "name").iter_rows()) == set(
        applied.select("programme_code", "udir_id", "name").iter_rows()
    )
    assert set(programmes["branch"]) == {"studieforberedende", "yrkesfaglig", "paabygg"}
    wide = programmes.filter(county_wide="true")["programme_code"]
    assert set(wide) == {"FD", "IM", "ID", "KD", "ME", "NA", "RM"}


def test_programme_areas_are_grep_codes_that_build_on_each_other() -> None:
    areas = table("programme_area")
    level = dict(areas.select("code", pl.col("level").cast(int)).iter_rows())
    assert len(level) == len(areas)
    assert set(areas["programme_code"]) == set(table("utdanningsprogram")["programme_code"])
    for row in areas.iter_rows(named=True):
        assert len(row["code"]) == 10
        assert row["code"][:2] == row["programme_code"]
        assert row["code"][5] == row["level"]
        below = (row["builds_on"] or "").split()
        assert bool(below) == (row["level"] != "1")
        assert all(level[code] == int(row["level"]) - 1 for code in below)
        assert set(row["leads_to"].split()) <= {"vg2", "vg3", "apprenticeship", "study", "work"}


def test_projection_alternatives_are_three() -> None:
    assert set(table("projection_alternative")["alternative"]) == {"main", "low", "high"}


def test_the_possible_break_is_noted() -> None:
    note = table("placement_notes").row(0, named=True)
    assert (note["year"], note["month"], note["county_code"]) == ("2025", "12", "50")
    assert "brudd" in note["note"]


@pytest.mark.parametrize("name", ["classes", "thresholds", "flow"])
def test_rules_name_source_and_confidence(name: str) -> None:
    rules = tomllib.loads((DATA / "reference" / "rules" / f"{name}.toml").read_text("utf-8"))
    for rule in rules.values():
        assert rule["source"]
        assert rule["confidence"] in {"confirmed", "unconfirmed"}


def test_rules_hold_the_agreed_values() -> None:
    rules = DATA / "reference" / "rules"
    classes = tomllib.loads((rules / "classes.toml").read_text("utf-8"))
    thresholds = tomllib.loads((rules / "thresholds.toml").read_text("utf-8"))
    assert classes["vocational_class_size"]["value"] == 15
    assert classes["general_class_size"]["value"] == 30
    assert classes["minimum_fill"]["value"] == 0.6
    assert thresholds["certainty"]["value"] == 0.8
    weights = thresholds["projection_weights"]
    assert weights["main"] + weights["low"] + weights["high"] == pytest.approx(1.0)
