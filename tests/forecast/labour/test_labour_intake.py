from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from labour_tools import COUNTY, declared, made_up

from tasks.forecast import labour
from tasks.forecast.labour.indicators import intake_need, lead_of
from tasks.forecast.labour.intake import (
    VG1,
    VG2,
    Offers,
    coverage_of,
    demand_of,
    need_table,
    offers,
)

AREAS = pl.DataFrame(
    {
        "programme_area_code": [
            "HSHSF1----",
            "HSHEA2----",
            "HSBUA2----",
            "HSHSE3----",
            "TPTIP1----",
            "TPPIN2----",
            "TPKJT2----",
        ],
        "level": [1, 2, 2, 3, 1, 2, 2],
        "builds_on": [
            None,
            "HSHSF1----",
            "TPTIP1---- HSHSF1----",
            "HSHEA2----",
            None,
            "TPTIP1----",
            "TPTIP1----",
        ],
    }
)
NEEDED = labour.demand(made_up(17), declared(), county=COUNTY, seed=6, draws=80, horizon=9)
TAUGHT = frozenset(AREAS["programme_area_code"]) - {"TPKJT2----"}
TRAINED = ["HSBUA2----", "HSHEA2----", "TPKJT2----", "TPPIN2----", "XXXXX2----"]
OFFERED = offers(AREAS, TRAINED, TAUGHT, NEEDED.targets)
REGIONS = (*NEEDED.regions, COUNTY)


def drawn() -> tuple[Offers, np.ndarray, np.ndarray, np.ndarray]:
    lead = lead_of(OFFERED.kinds, NEEDED.model.rules)
    demand = demand_of(NEEDED.strict, OFFERED)
    half = np.full((80, len(OFFERED.codes), 1, 1), 0.5, np.float32)
    need = intake_need(demand, half, half, half, lead)
    whole = [np.concatenate([a, a.sum(axis=2, keepdims=True)], axis=2) for a in (demand, need)]
    return OFFERED, *whole, lead


def found() -> pl.DataFrame:
    offered, demand, need, lead = drawn()
    return need_table(NEEDED, offered, REGIONS, NEEDED.years, demand=demand, need=need, lead=lead)


def test_offers_are_what_is_taught_and_what_it_builds_on() -> None:
    assert OFFERED.codes == ("HSBUA2----", "HSHEA2----", "TPPIN2----", "HSHSF1----", "TPTIP1----")
    assert OFFERED.kinds == (VG2, VG2, VG2, VG1, VG1)
    followed = [[t for t, f in zip(NEEDED.targets, r, strict=True) if f] for r in OFFERED.follows]
    assert followed[:3] == [["HSBUA2----"], ["HSHEA2----"], ["TPPIN2----"]]
    # The area that nobody is taught on is no part of Vg1's sum; another programme's Vg1 neither.
    assert followed[3:] == [["HSBUA2----", "HSHEA2----"], ["TPPIN2----"]]


def test_vg1_is_the_sum_of_what_builds_on_it_draw_by_draw() -> None:
    demand = demand_of(NEEDED.strict, OFFERED)
    assert demand.dtype == np.float32
    np.testing.assert_allclose(demand[:, 3], demand[:, 0] + demand[:, 1], rtol=1e-5)
    np.testing.assert_array_equal(demand[:, 4], demand[:, 2])


def test_the_need_is_the_demand_some_years_on_over_what_is_lost() -> None:
    rows = found()
    assert dict(rows.select("target_code", "lead_years").unique().iter_rows())["HSHSF1----"] == 4
    last = dict(rows.group_by("target_code").agg(pl.col("year").max()).iter_rows())
    # What those who begin later lead to lies past the horizon: not known, and never 0.
    assert last["HSHEA2----"] == NEEDED.years[-1] - 3
    assert last["HSHSF1----"] == NEEDED.years[-1] - 4
    assert rows["need_p50"].min() > 0
    row = rows.row(
        by_predicate=(pl.col("target_code") == "HSHEA2----")
        & (pl.col("region_code") == "intake-b")
        & (pl.col("year") == NEEDED.years[1]),
        named=True,
    )
    jobs = NEEDED.strict[:, NEEDED.targets.index("HSHEA2----"), 1, 4]
    assert row["need_p50"] == pytest.approx(np.median(jobs) * 8, rel=1e-5)
    assert row["need_p10"] < row["need_p50"] < row["need_p90"]
    assert row["through_p50"] == pytest.approx(1 / 8)
    assert row["confidence"] == "skjønn"
    assert "bestilt_nus_styrk.csv" in row["settled_by"]


def test_a_year_without_demand_known_has_no_need_in_any_region() -> None:
    offered, demand, need, lead = drawn()
    need[:, 1, 0, :] = np.nan
    need[:, 1, -1, :] = np.nan
    rows = need_table(
        NEEDED, offered, REGIONS, NEEDED.years, demand=demand, need=need, lead=lead
    ).filter(pl.col("target_code") == "HSHEA2----")
    assert set(rows["region_code"]) == {"intake-b"}


def test_no_jobs_is_a_need_of_nobody_and_tells_nothing_of_the_shares() -> None:
    offered, demand, need, lead = drawn()
    demand[:, 1], need[:, 1, :, :6] = 0.0, 0.0
    rows = need_table(
        NEEDED, offered, REGIONS, NEEDED.years, demand=demand, need=need, lead=lead
    ).filter(pl.col("target_code") == "HSHEA2----")
    assert rows["need_p90"].max() == 0.0
    assert rows["through_p50"].null_count() == len(rows)


def test_coverage_is_weighted_by_openings_and_confidence_is_the_weakest() -> None:
    firm = replace(NEEDED, coverage=np.zeros(NEEDED.coverage.shape))
    place = NEEDED.targets.index("HSHEA2----")
    firm.coverage[place] = 1.0
    found = coverage_of(firm, OFFERED)
    assert found.shape == (5, 3)
    np.testing.assert_allclose(found[1], 1.0)
    np.testing.assert_allclose(found[0], 0.0)
    jobs = NEEDED.strict[:, [place, NEEDED.targets.index("HSBUA2----")]].mean(axis=(0, 3))
    np.testing.assert_allclose(found[3, :2], jobs[0] / jobs.sum(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found[3, 2], jobs[0].sum() / jobs.sum(), rtol=1e-5)
