from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from labour_tools import COUNTY

from tasks.errors import NotFound
from tasks.forecast.labour.apprenticeship import coverage_by_programme

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
