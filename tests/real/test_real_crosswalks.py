"""The crosswalks against recorded files: the codes that the publishers use, and what they carry."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

REFERENCE = Path(__file__).resolve().parents[2] / "data" / "reference"


def crosswalk(name: str) -> pl.DataFrame:
    return pl.read_csv(REFERENCE / f"crosswalk_{name}.csv", infer_schema=False)


@pytest.fixture
def grep(real: Path) -> dict[str, dict[str, str]]:
    text = (real / "grep" / "programomraader_497.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = json.loads(text)
    return found


def test_trades_and_areas_are_grep_codes_under_greps_names(grep: dict[str, dict[str, str]]) -> None:
    assert len(grep) == 497
    for code, name in crosswalk("trade_programme_area").select("trade_code", "name").iter_rows():
        assert grep[code]["nob"].strip() == name
    changes = crosswalk("programme_code").filter(level="programme_area")
    assert set(changes["old_code"]) <= set(grep)
    assert set(changes["new_code"]) - {"UKJENT"} <= set(grep)


def test_every_area_of_a_programme_that_ended_has_a_row(grep: dict[str, dict[str, str]]) -> None:
    ended = {c for c in grep if c[:2] in {"DH", "SS", "MK"} and c[6:] == "----"}
    assert ended <= set(crosswalk("programme_code")["old_code"])


def test_job_seekers_by_old_occupation_are_carried(real: Path) -> None:
    path = real / "nav" / "arbeidssokere_yrke_2002_2017.csv"
    rows = pl.read_csv(path, separator=";", infer_schema=False, encoding="utf8").rename(
        lambda name: name.lstrip("\ufeff")
    )
    old = rows.filter(isco_versjon="ISCO-88")
    assert len(old) == 3285
    links = crosswalk("isco88_styrk08")
    assert set(old["yrkeskode"]) == set(links["isco88_code"]), "no code is without a row"
    carried = links.filter(target_kind="occupation")["isco88_code"].unique().to_list()
    seekers = pl.col("antall_arbeidssokere").cast(pl.Int64, strict=False)
    mapped = old.filter(pl.col("yrkeskode").is_in(carried)).select(seekers.sum()).item()
    total = old.select(seekers.sum()).item()
    assert total == 1_110_954
    # The rest are the three named rows: not known, converted, and without occupation.
    assert total - mapped == 23_063 + 6_138 + 4


def test_new_occupations_are_those_that_klass_recorded(real: Path) -> None:
    text = (real / "klass" / "codesAt_7_styrk08_2023-02-11.json").read_text(encoding="utf-8")
    four = {c["code"] for c in json.loads(text)["codes"] if str(c["level"]) == "4"}
    assert len(four) == 407
    assert set(crosswalk("occupation_programme_area")["occupation_code"]) == four
    assert set(crosswalk("isco88_styrk08").filter(target_kind="occupation")["target_code"]) <= four
