from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from labour_tools import COUNTY, declared, made_up

from tasks.forecast import labour
from tasks.forecast.firmness import CONFIDENCE
from tasks.forecast.labour.indicators import of_demand
from tasks.forecast.labour.robustness import robustness, same_class

DRAWN = labour.demand(made_up(17), declared(), county=COUNTY, seed=6, draws=120, horizon=7)


def with_county(array: np.ndarray) -> np.ndarray:
    return np.concatenate([array, array.sum(axis=2, keepdims=True)], axis=2)


NEEDED = replace(DRAWN, strict=with_county(DRAWN.strict), flexible=with_county(DRAWN.flexible))
CODES = ["HSBUA2----", "HSHEA2----", "TPKJT2----", "TPKPL2----", "TPPIN2----"]
NONE = np.zeros((len(NEEDED.targets), len(NEEDED.regions)))


def supply(of: float) -> np.ndarray:
    """So many candidates an opening by the strict matrix, on average."""
    mine = [NEEDED.targets.index(c) for c in CODES]
    mean = NEEDED.strict[:, mine].mean(axis=0, keepdims=True)
    return np.broadcast_to((of * mean).astype(np.float32), NEEDED.strict[:, mine].shape)


def found(needed: labour.Demand = NEEDED, of: float = 1.0) -> pl.DataFrame:
    return robustness(needed, CODES, supply(of), (NONE, NONE), COUNTY)


def test_the_difference_is_flexible_less_strict_draw_by_draw() -> None:
    row = found().row(
        by_predicate=(pl.col("target_code") == "HSHEA2----") & (pl.col("region_code") == COUNTY),
        named=True,
    )
    place = NEEDED.targets.index("HSHEA2----")
    strict, flexible = (
        m[:, place, -1, :6].mean(axis=-1, dtype=np.float64)
        for m in (NEEDED.strict, NEEDED.flexible)
    )
    assert row["strict"] == pytest.approx(strict.mean())
    assert row["flexible"] == pytest.approx(flexible.mean())
    ends = np.quantile(flexible - strict, (0.1, 0.5, 0.9))
    assert [row[f"difference_{p}"] for p in ("p10", "p50", "p90")] == pytest.approx(ends.tolist())
    assert row["difference_p10"] < row["difference_p90"]


def test_the_assessment_is_that_of_the_indicators() -> None:
    rows = found(of=0.4)
    plain = of_demand(NEEDED, CODES, supply(0.4), NONE, COUNTY)
    other = of_demand(replace(NEEDED, strict=NEEDED.flexible), CODES, supply(0.4), NONE, COUNTY)
    assert rows["assessment_strict"].to_list() == plain["assessment"].to_list()
    assert rows["assessment_flexible"].to_list() == other["assessment"].to_list()
    # Judgement: nothing is announced, whatever the draws say.
    assert set(rows["assessment_strict"]) == {"uavklart"}


def test_on_firm_ground_the_class_is_told_and_the_matrix_may_change_it() -> None:
    frames = made_up(17, confidence=CONFIDENCE[0], seed_confidence=CONFIDENCE[0])
    drawn = labour.demand(frames, declared(), county=COUNTY, seed=6, draws=120, horizon=7)
    firm = replace(drawn, strict=with_county(drawn.strict), flexible=with_county(drawn.flexible))
    rows = found(firm, of=0.3)
    assert "svært gode utsikter" in set(rows["assessment_strict"])
    told = rows["assessment_strict"] != rows["assessment_flexible"]
    assert told.to_list() == rows["differs"].to_list()
    twice = replace(firm, flexible=firm.strict * np.float32(0.1))
    moved = robustness(twice, CODES, supply(0.3), (NONE, NONE), COUNTY)
    assert moved["differs"].any()
    assert moved["p_same_class"].min() < 0.1


def test_the_same_matrix_twice_decides_nothing() -> None:
    rows = found(replace(NEEDED, flexible=NEEDED.strict))
    assert rows["difference_p90"].abs().max() == 0
    assert set(rows["p_same_class"]) == {1.0}
    assert not rows["differs"].any()


def test_a_ratio_that_is_not_known_counts_in_no_class() -> None:
    limits = (0.85, 1.0, 1.05, 1.15)
    one = np.array([[0.8, np.nan, 1.1], [0.9, np.nan, 1.1]], np.float32)
    other = np.array([[0.7, 1.0, 1.1], [2.0, 1.0, np.nan]], np.float32)
    share = same_class(one, other, limits)
    assert share[0] == 0.5
    assert np.isnan(share[1])
    assert share[2] == 1.0
