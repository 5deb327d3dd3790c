from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from labour_tools import COUNTY

from tasks.errors import NotFound
from tasks.forecast.labour.apprenticeship import coverage_by_area, coverage_by_programme

FRAME = pl.DataFrame(
    {
        "county_code": [COUNTY, COUNTY, COUNTY, COUNTY, "34"],
        "programme_code": ["*", "TP", "DT", "*", "*"],
        "counted_on": [date(2025, 12, 31)] * 3 + [date(2025, 10, 1), date(2026, 1, 1)],
        "applicants": [2211, 551, 10, 2211, 1000],
        "with_contract": [1621, 404, None, 1605, 900],
    }
)


def test_the_newest_count_of_the_county_with_its_interval() -> None:
    found = coverage_by_programme(
        {"apprentice_applicants_by_county_programme": FRAME}, (1, COUNTY, 2000)
    )
    assert found.get_column("programme_code").to_list() == ["*", "DT", "TP"]
    whole, closed, small = found.rows(named=True)
    assert whole["coverage"] == pytest.approx(1621 / 2211)
    assert whole["coverage_p10"] < whole["coverage_p50"] < whole["coverage_p90"]
    assert whole["coverage_p50"] == pytest.approx(1621 / 2211, abs=0.003)
    # Binomial: the interval of a fourth of the applicants is twice as wide.
    width = [r["coverage_p90"] - r["coverage_p10"] for r in (whole, small)]
    assert width[1] == pytest.approx(width[0] * (2211 / 551) ** 0.5, rel=0.1)
    assert closed["coverage"] is None
    assert closed["coverage_p50"] is None


def test_a_county_without_figures_is_told_so() -> None:
    for frames in ({}, {"apprentice_applicants_by_county_programme": FRAME}):
        with pytest.raises(NotFound, match="læreplasser"):
            coverage_by_programme(frames, (1, "11", 10))


PLACED = pl.DataFrame(
    {
        "trade_code": ["A1", "A2", "B1", "C1", "A1"],
        "counted_on": [date(2025, 12, 31)] * 4 + [date(2025, 10, 1)],
        "applicants": [80, 13, 200, None, 80],
        "with_contract": [60, None, 150, None, 10],
    }
)
AREA_OF = pl.DataFrame(
    {"trade_code": ["A1", "A2", "B1", "C1"], "programme_area_code": ["A", "A", "B", "C"]}
)


def test_an_area_has_the_open_trades_that_build_on_it() -> None:
    found = coverage_by_area(PLACED, AREA_OF, (1, COUNTY, 3000))
    whole, some, all_open, closed = found.rows(named=True)
    assert [r["programme_area_code"] for r in found.rows(named=True)] == ["*", "A", "B", "C"]
    # A closed trade counts in neither: its applicants would be a denominator of nobody.
    assert (some["applicants"], some["contracts"]) == (80, 60)
    assert (some["trades"], some["closed_trades"]) == (1, 1)
    assert all_open["coverage"] == pytest.approx(0.75)
    assert all_open["coverage_p10"] < 0.75 < all_open["coverage_p90"]
    assert (whole["applicants"], whole["contracts"], whole["closed_trades"]) == (280, 210, 2)
    assert [closed[c] for c in ("applicants", "contracts", "coverage", "coverage_p50")] == [
        None
    ] * 4
    assert closed["closed_trades"] == 1
    assert coverage_by_area(PLACED.clear(), AREA_OF, (1, COUNTY, 10)).is_empty()
