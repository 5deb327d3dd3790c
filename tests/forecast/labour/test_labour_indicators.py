from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labour_tools import COUNTY, declared, made_up

from tasks.errors import WrongUse
from tasks.forecast import labour
from tasks.forecast.firmness import CONFIDENCE, FIRM
from tasks.forecast.labour import indicators
from tasks.forecast.labour.types import CAVEAT

RULES = declared()
LIMITS = RULES.tightness_limits


def test_tightness_is_supply_and_excess_over_openings_in_the_window() -> None:
    supply, jobs = np.full((3, 2, 1, 8), 10, np.float32), np.full((3, 2, 1, 8), 20, np.float32)
    supply[..., 6:] = 1e6
    ratio = indicators.tightness(supply, jobs, np.array([[0.0], [60.0]]), 6)
    np.testing.assert_allclose(ratio[:, :, 0], [[0.5, 1.0]] * 3)
    assert np.isnan(indicators.tightness(supply, jobs * 0, 0.0, 6)).all()
    with pytest.raises(WrongUse, match="tightness_window"):
        indicators.tightness(supply[..., :5], jobs[..., :5], 0.0, 6)


@given(factor=st.floats(0.1, 50))
@settings(max_examples=20, deadline=None)
def test_tightness_does_not_see_the_size_of_the_county(factor: float) -> None:
    rng = np.random.default_rng(1)
    supply, jobs = rng.uniform(1, 9, (2, 4, 3, 2, 6)).astype(np.float32)
    spare = rng.uniform(0, 4, (3, 2))
    np.testing.assert_allclose(
        indicators.tightness(supply * factor, jobs * factor, spare * factor, 6),
        indicators.tightness(supply, jobs, spare, 6),
        rtol=1e-4,
    )


def test_a_ratio_on_a_limit_belongs_to_the_class_below() -> None:
    ratio = np.array([[0.85, 0.86, 1.0, 1.05, 1.15, 1.16]], np.float32)
    found = indicators.class_probabilities(ratio, LIMITS)
    assert found.argmax(axis=0).tolist() == [0, 1, 1, 2, 3, 4]
    np.testing.assert_allclose(found.sum(axis=0), 1)


@pytest.mark.parametrize(("share", "word"), [(0.79, "uavklart"), (0.8, indicators.CLASSES[0])])
def test_a_class_needs_its_certainty(share: float, word: str) -> None:
    ratio = np.full((100, 1), 1.5, np.float32)
    ratio[: round(share * 100)] = 0.5
    found = indicators.class_probabilities(ratio, LIMITS)
    assert indicators.classify(found, RULES.certainty, np.array([True])).tolist() == [word]
    assert indicators.classify(found, RULES.certainty, np.array([False])).tolist() == ["uavklart"]


@given(
    word=st.sampled_from(CONFIDENCE),
    staffing=st.sampled_from(CONFIDENCE),
    level=st.floats(0.1, 3),
)
@settings(max_examples=60, deadline=None)
def test_loose_ground_is_never_called_anything(word: str, staffing: str, level: float) -> None:
    ratio = np.full((20, 1, 2), level, np.float32)
    found = indicators.table(
        ["HSHEA2----"],
        ["a", "b"],
        np.zeros((20, 1, 2, 6), np.float32),
        ratio,
        RULES,
        rank=np.array([CONFIDENCE.index(word)]),
        coverage=np.zeros((1, 2)),
        staffing=staffing,
    )
    firm = word in FIRM and staffing in FIRM
    assert (found.get_column("assessment") == "uavklart").to_list() == [not firm] * 2
    assert found.get_column("caveat").to_list() == [CAVEAT] * 2
    text = found.get_column("settled_by")[0]
    assert ("bestilt_nus_styrk.csv" in text) == (word not in FIRM)
    assert ("crosswalk_industry_occupation.csv" in text) == (staffing not in FIRM)
    assert CONFIDENCE.index(found.get_column("confidence")[0]) == max(
        CONFIDENCE.index(word), CONFIDENCE.index(staffing)
    )


def test_intake_need_looks_ahead_and_divides_by_what_is_lost_on_the_way() -> None:
    jobs = np.arange(6, dtype=np.float32)[None, None, None].repeat(2, axis=1)
    share = np.full((1, 2, 1, 1), 0.5, np.float32)
    need = indicators.intake_need(jobs, share, share, share * 2, np.array([2, 4]))
    np.testing.assert_allclose(need[0, 0, 0, :4], [8, 12, 16, 20])
    np.testing.assert_allclose(need[0, 1, 0, :2], [16, 20])
    assert np.isnan(need[0, 0, 0, 4:]).all()
    assert np.isnan(need[0, 1, 0, 2:]).all()
    assert np.isnan(indicators.intake_need(jobs, share * 0, share, share, np.array([1, 1]))).all()


def test_each_kind_has_its_lead() -> None:
    found = indicators.lead_of(["vocational", "general", "vocational_college"], RULES)
    assert found.tolist() == [4, 3, 2]
    with pytest.raises(WrongUse, match="lead_years"):
        indicators.lead_of(["master"], RULES)


def test_coverage_of_apprenticeships_is_the_share_with_its_sampling() -> None:
    got, asked = np.array([1621.0, 7, 0]), np.array([2211.0, 10, 0])
    share = indicators.apprenticeship_coverage(got, asked, (1, COUNTY, range(4000)))
    np.testing.assert_allclose(share[:, 0].mean(), 1621 / 2211, atol=0.002)
    assert share[:, 1].std() > 10 * share[:, 0].std()
    assert np.isnan(share[:, 2]).all()


def test_gap_per_employed_is_empty_where_nobody_works() -> None:
    gaps = indicators.gap(np.full((2, 1, 2, 1), 30.0), np.full((2, 1, 2, 1), 10.0))
    per = indicators.gap_per_employed(gaps.astype(np.float32), np.array([[200.0, 0.0]]))
    np.testing.assert_allclose(per[:, 0, 0, 0], 0.1)
    assert np.isnan(per[:, 0, 1]).all()


def report(**words: str) -> pl.DataFrame:
    needed = labour.demand(made_up(7, **words), RULES, county=COUNTY, seed=3, draws=60, horizon=8)
    codes = ("TPPIN2----", "HSHEA2----", "MDMDD1----")
    supply = np.zeros((60, 3, 2, 8), np.float32)
    spare = np.zeros((len(needed.targets), 2))
    return labour.of_demand(needed, codes, supply, spare)


def test_on_firm_ground_a_class_is_given_and_on_judgement_never() -> None:
    firm = report(confidence="published", seed_confidence="published")
    assert set(firm.get_column("target_code")) == {"TPPIN2----", "HSHEA2----"}
    # Nobody comes and jobs are open: as tight as it gets.
    assert firm.get_column("assessment").unique().to_list() == [indicators.CLASSES[0]]
    assert firm.get_column("coverage").to_list() == pytest.approx([1.0] * 4)
    assert firm.get_column("settled_by").unique().to_list() == [""]
    for words in ({}, {"confidence": "published"}, {"seed_confidence": "published"}):
        loose = report(**words)
        assert loose.get_column("assessment").unique().to_list() == ["uavklart"]
        assert loose.get_column("settled_by").str.len_chars().min() > 0
        assert loose.get_column("gap_p50").to_list() == pytest.approx(
            firm.get_column("gap_p50").to_list()
        )


def test_supply_of_other_draws_or_years_is_refused() -> None:
    needed = labour.demand(made_up(7), RULES, county=COUNTY, seed=3, draws=4, horizon=6)
    with pytest.raises(WrongUse, match="tilbud mot behov"):
        labour.of_demand(needed, ("TPPIN2----",), np.zeros((5, 1, 2, 6), np.float32))
