from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from labour_tools import COUNTY, declared, made_up

from tasks.errors import WrongUse
from tasks.forecast import labour
from tasks.forecast.labour.intake import kinds_of, need_of_demand

PROGRAMMES = pl.DataFrame(
    {
        "programme_code": ["HS", "TP", "MD", "PB"],
        "branch": ["yrkesfaglig", "yrkesfaglig", "studieforberedende", "paabygg"],
    }
)
NEEDED = labour.demand(made_up(17), declared(), county=COUNTY, seed=6, draws=80, horizon=9)
ONE = np.ones((1, 1, 1, 1), np.float32)


def test_each_area_has_the_kind_of_its_programme() -> None:
    codes = ["HSHEA2----", "MDMDD1----", "PBPBY3----", "FS"]
    assert kinds_of(codes, PROGRAMMES) == ["vocational", "general", "general", "vocational_college"]
    for code in ("UH", "INGEN", "XX"):
        with pytest.raises(WrongUse, match="behov for inntak"):
            kinds_of([code], PROGRAMMES)


def test_the_need_is_the_demand_four_years_on_over_what_is_lost() -> None:
    codes = ["TPPIN2----", "HSHEA2----"]
    half = np.full((80, 2, 1, 1), 0.5, np.float32)
    half[:, 1] = 0.25
    found = need_of_demand(NEEDED, codes, PROGRAMMES, completion=half, participation=ONE, stay=ONE)
    # The last four years lead past the horizon.
    assert found.get_column("year").unique().sort().to_list() == list(NEEDED.years[:-4])
    assert len(found) == 2 * 2 * 5
    row = found.filter(
        (pl.col("target_code") == "HSHEA2----")
        & (pl.col("region_code") == "intake-b")
        & (pl.col("year") == NEEDED.years[1])
    ).row(0, named=True)
    drawn = NEEDED.strict[:, NEEDED.targets.index("HSHEA2----"), 1, 5]
    assert row["need_p50"] == pytest.approx(np.median(drawn) / 0.25, rel=1e-5)
    assert row["need_p10"] < row["need_p50"] < row["need_p90"]
    assert row["lead_years"] == 4
    assert row["confidence"] == "skjønn"
    assert "bestilt_nus_styrk.csv" in row["settled_by"]


def test_an_area_that_no_occupation_recruits_from_is_refused() -> None:
    with pytest.raises(WrongUse, match="MDMDD1----"):
        need_of_demand(
            NEEDED, ["MDMDD1----"], PROGRAMMES, completion=ONE, participation=ONE, stay=ONE
        )
