"""The crosswalks: every code exists, every share adds up, and every row says what it rests on."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from tasks.forecast.firmness import CONFIDENCE

DATA = Path(__file__).resolve().parents[1] / "data"
OUTSIDE = {"UH", "FS", "INGEN", "UKJENT"}
# File, what its shares are of, and where they go.
FILES = {
    "occupation_programme_area": (["occupation_code"], "target_code"),
    "trade_programme_area": (["trade_code"], "target_code"),
    "nus_programme_area": (["education_code"], "target_code"),
    "industry_occupation": (["industry_code"], "occupation_code"),
    "isco88_styrk08": (["isco88_code"], "target_code"),
    "programme_code": (["changed_on", "level", "old_code"], "new_code"),
}


@cache
def crosswalk(name: str) -> pl.DataFrame:
    return pl.read_csv(DATA / "reference" / f"crosswalk_{name}.csv", infer_schema=False)


@cache
def klass(number: int) -> pl.DataFrame:
    return pl.read_csv(DATA / "sample" / "klass" / str(number) / "codes.csv", infer_schema=False)


def areas() -> pl.DataFrame:
    return pl.read_csv(DATA / "reference" / "programme_area.csv", infer_schema=False)


def occupations(level: str) -> set[str]:
    return set(klass(7).filter(level=level)["code"])


def test_every_crosswalk_is_checked_here() -> None:
    found = {path.stem.removeprefix("crosswalk_") for path in DATA.glob("reference/crosswalk_*")}
    assert found == {*FILES, "rule"}


@pytest.mark.parametrize("name", [*FILES, "rule"])
def test_every_row_has_source_validity_and_confidence(name: str) -> None:
    rows = crosswalk(name)
    assert rows["source"].str.strip_chars().str.len_chars().min() > 10
    assert set(rows["confidence"]) <= set(CONFIDENCE)
    for start, end in rows.select("valid_from", "valid_to").unique().iter_rows():
        assert end is None or date.fromisoformat(start) < date.fromisoformat(end)


@pytest.mark.parametrize("name", FILES)
def test_shares_add_up_to_one_and_no_two_rows_hold_at_once(name: str) -> None:
    key, target = FILES[name]
    rows = crosswalk(name).with_columns(
        pl.col("weight").cast(pl.Decimal(8, 4)),
        pl.col("valid_from").str.to_date(),
        pl.col("valid_to").str.to_date().fill_null(date(9999, 12, 31)),
    )
    assert rows["weight"].min() > 0
    for day in rows["valid_from"].unique():
        held = rows.filter(pl.col("valid_from") <= day, pl.col("valid_to") > day)
        sums = held.group_by(key).agg(pl.col("weight").sum())
        assert set(sums["weight"].cast(pl.Float64)) == {1.0}
        assert held.select(*key, target).is_duplicated().sum() == 0


@pytest.mark.parametrize(
    "name", ["occupation_programme_area", "trade_programme_area", "nus_programme_area"]
)
def test_targets_are_programme_areas_or_named_as_outside(name: str) -> None:
    rows = crosswalk(name)
    inside = rows.filter(target_kind="programme_area")
    assert set(inside["target_code"]) <= set(areas()["code"])
    assert set(rows.filter(target_kind="outside")["target_code"]) <= OUTSIDE
    assert len(inside) + len(rows.filter(target_kind="outside")) == len(rows)


def test_every_occupation_is_placed_and_every_vocational_area_is_reached() -> None:
    rows = crosswalk("occupation_programme_area")
    assert set(rows["occupation_code"]) == occupations("4")
    unmapped = rows.filter(target_code="UKJENT")["occupation_code"]
    assert set(unmapped) == {"0000"}, "an occupation that is known must be placed"
    ends = areas().filter(
        pl.col("level") != "1", pl.col("leads_to").str.contains("apprenticeship|work")
    )
    assert set(ends["code"]) <= set(rows["target_code"])


def test_judgement_is_called_judgement() -> None:
    assert set(crosswalk("occupation_programme_area")["confidence"]) == {"skjønn"}
    split = crosswalk("nus_programme_area").filter(pl.col("weight").cast(pl.Float64) < 1)
    assert set(split["confidence"]) == {"skjønn"}


def test_a_trade_builds_on_an_area_that_its_occupation_comes_from() -> None:
    trades = crosswalk("trade_programme_area")
    assert set(trades["trade_code"].str.slice(5, 1)) == {"3", "4"}
    assert trades.filter(pl.col("target_kind") == "outside")["occupation_code"].null_count() == len(
        trades.filter(target_code="UKJENT")
    )
    mapped = trades.filter(target_kind="programme_area")
    assert set(mapped["occupation_code"]) <= occupations("4")
    level = dict(areas().select("code", "level").iter_rows())
    assert {level[code] for code in mapped["target_code"]} == {"2"}
    comes_from = set(
        crosswalk("occupation_programme_area").select("occupation_code", "target_code").iter_rows()
    )
    for trade, area, occupation in mapped.select(
        "trade_code", "target_code", "occupation_code"
    ).iter_rows():
        assert {(occupation, area), (occupation, trade)} & comes_from, (trade, area, occupation)
    assert {a for a in level if level[a] == "2" and vocational(a)} <= set(mapped["target_code"])


def vocational(area: str) -> bool:
    return area[:2] in {"BA", "EL", "FD", "HS", "DT", "IM", "NA", "RM", "SR", "TP"}


def test_educations_are_in_nus_and_all_levels_are_caught() -> None:
    codes = set(crosswalk("nus_programme_area")["education_code"])
    assert codes <= set(klass(36)["code"])
    assert set("0123456789") <= codes
    first = crosswalk("nus_programme_area").filter(stage="vg1")
    assert set(first["target_code"]) == {
        code for code in areas().filter(level="1")["code"] if vocational(code)
    }


def test_industries_are_those_of_the_tables_and_occupations_are_groups() -> None:
    rows = crosswalk("industry_occupation")
    for table in ("13470", "11587"):
        codes = pl.read_csv(DATA / f"sample/pxweb/{table}/codes.csv", infer_schema=False)
        named = codes.filter(variable="NACE2007").select("code", "label")
        assert set(named.iter_rows()) == set(
            rows.select("industry_code", "industry_name").iter_rows()
        )
    assert set(rows["occupation_code"]) <= occupations("2")


def test_old_occupations_go_to_new_ones() -> None:
    rows = crosswalk("isco88_styrk08")
    assert set(rows.filter(target_kind="occupation")["target_code"]) <= occupations("4")
    assert set(rows.filter(target_kind="outside")["isco88_code"]) == {"0000", "0009", "X21"}
    # Split or not, a share below one is somebody's judgement.
    split = rows.filter(pl.col("weight").cast(pl.Float64) < 1)
    assert set(split["confidence"]) == {"skjønn"}


def test_programmes_lead_to_todays_through_every_reform() -> None:
    rows = crosswalk("programme_code").filter(level="programme")
    today = set(pl.read_csv(DATA / "reference/utdanningsprogram.csv")["programme_code"])
    steps = rows["changed_on"].unique().sort().to_list()
    assert steps == ["2006-08-01", "2016-08-01", "2020-08-01", "2025-08-01"]
    reached = set(rows.filter(changed_on=steps[0])["old_code"])
    assert len(reached) == 15
    for step in steps:
        links = rows.filter(changed_on=step)
        moved = dict.fromkeys(links["old_code"])
        after = set(links.filter(pl.col("old_code").is_in(reached))["new_code"])
        # A code that a reform does not name goes on as it was.
        reached = after | {c for c in reached if c not in moved} if step != steps[0] else after
    assert reached <= today
    assert set(rows.filter(changed_on="2025-08-01")["new_code"]) == today


def test_no_area_leads_to_one_that_is_itself_replaced_the_same_day() -> None:
    rows = crosswalk("programme_code").filter(level="programme_area")
    for _, same_day in rows.group_by("changed_on"):
        again = set(same_day["new_code"]) & set(same_day["old_code"]) - {"UKJENT"}
        assert not again
