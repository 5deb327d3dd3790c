"""The labour market's rules and shortage on files that the publishers made."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tasks.forecast.labour import shortage
from tasks.forecast.labour.types import LabourRules
from tasks.labour_rules import read_labour_rules
from tasks.rules import read_rules
from tasks.settings import Project


@pytest.fixture(scope="module")
def rules() -> LabourRules:
    folder = Project().reference / "rules"
    return read_labour_rules(folder, read_rules(folder))


def test_every_code_of_the_standard_is_in_the_group_that_nav_has_it_in(
    real: Path, rules: LabourRules
) -> None:
    standard = json.loads((real / "klass/codesAt_7_styrk08_2023-02-11.json").read_text("utf-8"))
    codes = {c["code"] for c in standard["codes"] if c["level"] == "4"}
    told = pl.read_csv(
        real / "nav/arbeidssokere_yrke_2002_2017.csv", separator=";", infer_schema=False
    ).filter(pl.col("isco_versjon") == "ISCO-08")
    pairs = set(told.select("yrkeskode", "yrke_grovgruppe").iter_rows())
    assert {code for code, _ in pairs} == codes
    assert {(code, shortage.group_of_code(code, rules)) for code in codes} == pairs


def test_the_monthly_delivery_has_the_same_groups(real: Path, rules: LabourRules) -> None:
    found = pl.read_csv(
        real / "nav/soekere_stillinger_yrkespraksis_fylker_2025-06_2026-01.csv",
        infer_schema=False,
    )
    assert set(found.get_column("Yrke")) == set(rules.nav_groups)
