from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labour_tools import COUNTY, REGIONS, declared, made_up

from tasks import warehouse
from tasks.errors import WrongUse
from tasks.forecast import labour
from tasks.forecast.labour.demand import Demand, simulate
from tasks.forecast.labour.expansion import Ensemble
from tasks.forecast.labour.frames import REQUIRED
from tasks.forecast.labour.model import fit
from tasks.settings import Rooms

RULES = declared()


def needed(draws: int = 40, chunk: int = 50, horizon: int = 7, **words: object) -> Demand:
    return labour.demand(
        made_up(11, **words),
        RULES,
        county=COUNTY,
        seed=5,
        draws=draws,
        horizon=horizon,
        chunk=chunk,
    )


FIELDS = ("strict", "flexible", "expansion", "replacement", "openings")


def test_chunks_do_not_change_a_byte_and_draws_are_nested() -> None:
    whole, small, few = needed(), needed(chunk=7), needed(draws=13)
    for name in FIELDS:
        assert getattr(whole, name).tobytes() == getattr(small, name).tobytes()
        np.testing.assert_array_equal(getattr(whole, name)[:13], getattr(few, name))
        assert getattr(whole, name).dtype == np.float32
    assert whole.reachable.tobytes() == small.reachable.tobytes()
    assert whole.coverage.tobytes() == small.coverage.tobytes()


def test_a_longer_horizon_leaves_the_first_years_as_they_were() -> None:
    long, short = needed(horizon=9), needed(horizon=6)
    assert long.years[:6] == short.years
    for name in FIELDS:
        np.testing.assert_allclose(getattr(long, name)[..., :6], getattr(short, name), rtol=1e-5)


@given(seed=st.integers(0, 500))
@settings(max_examples=6, deadline=None)
def test_openings_are_all_handed_on_once(seed: int) -> None:
    found = labour.demand(made_up(seed), RULES, county=COUNTY, seed=seed, draws=10, horizon=5)
    jobs = found.openings.sum(axis=1)
    for way in (found.strict, found.flexible):
        np.testing.assert_allclose(way.sum(axis=(1, 2)), jobs, rtol=1e-4)
    np.testing.assert_allclose(found.robustness.sum(axis=0), 0, atol=1e-2)
    assert (found.openings >= 0).all()
    parts = found.model.parts(range(10))
    np.testing.assert_allclose(parts.openings.sum(axis=2), found.openings, rtol=1e-4)
    change = parts.employed[..., -1] - parts.employed[..., 0]
    np.testing.assert_allclose(parts.expansion.sum(axis=-1), change, rtol=1e-3, atol=1e-2)


def test_the_last_counted_year_is_the_same_in_every_draw() -> None:
    model = needed().model
    start = model.parts(range(5)).employed[..., 0]
    np.testing.assert_allclose(
        start, np.broadcast_to(model.staffing.employed, start.shape), rtol=1e-6
    )


def test_twice_the_county_needs_twice_the_people() -> None:
    one, two = needed(draws=200), needed(draws=200, scale=2.0)
    # Shrinkage counts persons, so the split within a group moves a little.
    ratio = two.strict.sum(axis=(1, 2)).mean(axis=0) / one.strict.sum(axis=(1, 2)).mean(axis=0)
    np.testing.assert_allclose(ratio, 2, rtol=0.02)


def merged(frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The same county with one region."""
    one = pl.col("area_code").replace(dict.fromkeys(REGIONS, "intake-a"))
    out = dict(frames)
    for name in REQUIRED[:3]:
        keys = [c for c in frames[name].columns if c != "employed"]
        moved = frames[name].with_columns(one.alias("area_code"))
        out[name] = moved.group_by(keys, maintain_order=True).agg(pl.col("employed").sum())
    out["region_membership"] = frames["region_membership"].with_columns(
        pl.lit("intake-a").alias("region_code")
    )
    return out


def still(frames: dict[str, pl.DataFrame]) -> Demand:
    """Nothing moves: the last value, no noise."""
    model = fit(frames, RULES, county=COUNTY, seed=1, horizon=4)
    zero = np.zeros(3)
    flat = np.array([[1.0] * 3, [0.0] * 3, [0.0] * 3])
    quiet = replace(model, ensemble=Ensemble(flat, zero, zero, np.zeros(3, np.intp)))
    return simulate(quiet, 2)


def test_merging_two_regions_gives_their_sum() -> None:
    frames = made_up(12)
    apart, together = still(frames), still(merged(frames))
    groups = apart.model.data.to_groups(apart.model.staffing.employed)
    np.testing.assert_allclose(
        groups.sum(axis=1), together.model.data.to_groups(together.model.staffing.employed)[:, 0]
    )
    assert np.abs(apart.expansion).max() < 1e-3
    # With employment standing still, openings are leavers, and those add up over the regions as
    # far as the regions' ages do.
    np.testing.assert_allclose(
        apart.openings.sum(axis=(1, 2)), together.openings.sum(axis=(1, 2)), rtol=0.03
    )


def test_demand_widens_with_the_horizon() -> None:
    found = needed(draws=400, horizon=12)
    spread = found.expansion.sum(axis=1).cumsum(axis=-1).std(axis=0)
    assert (np.diff(spread) > 0).all()


def test_what_the_cap_took_is_disclosed() -> None:
    found = needed()
    told = found.disclosed()
    assert told.get_column("occupation_code").to_list() == list(found.model.data.occupations)
    assert (told["uncapped"] >= told["rate"] - 1e-12).all()
    parts = (told["retirement"] + told["switching"]).to_numpy()
    np.testing.assert_allclose(parts, told["rate"].to_numpy())
    assert set(found.confidence) == {"skjønn"}


def test_the_groups_own_series_need_no_staffing_shares() -> None:
    own = labour.demand(
        made_up(11, confidence="published"),
        RULES,
        county=COUNTY,
        seed=5,
        draws=300,
        horizon=7,
        basis="occupation",
    )
    assert {own.confidence[i] for i, t in enumerate(own.targets) if t != "UKJENT"} == {"published"}
    used = own.strict.sum(axis=(0, 2, 3)) > 0
    np.testing.assert_allclose(own.coverage[used], 1)
    data = own.model.data
    assert own.model.said.shape[2] == len(data.groups)
    # Groups grow by a hundredth of the first year's a year in the frames, and go on doing so.
    grown = own.model.parts(range(300)).employed.sum(axis=(1, 2)).mean(axis=0)
    trend = data.group.sum(axis=(1, 2))
    assert 1 < grown[1] / trend[-1] < 1.015
    # A staffing table that is all wrong changes nothing.
    other = made_up(11, confidence="published")
    rows = other["crosswalk_industry_occupation"]
    other["crosswalk_industry_occupation"] = rows.with_columns(pl.lit(1.0).alias("weight"))
    again = labour.demand(
        other, RULES, county=COUNTY, seed=5, draws=300, horizon=7, basis="occupation"
    )
    assert again.strict.tobytes() == own.strict.tobytes()


def test_another_basis_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="occupation"):
        labour.demand(made_up(11), RULES, county=COUNTY, seed=5, draws=1, horizon=1, basis="wages")


def test_no_draws_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="trekning"):
        needed(draws=0)


def test_the_whole_chain_on_the_sample_night(night_home: Path) -> None:
    frames = marts(night_home)
    found = labour.demand(frames, RULES, county="50", seed=2027, draws=60, horizon=15)
    data = found.model.data
    assert len(data.regions) == 5
    assert len(data.occupations) > 100
    assert found.strict.shape == (60, len(data.targets), 5, 15)
    counted = data.group[-1].sum()
    assert found.model.staffing.employed.sum() == pytest.approx(counted)
    # Of all who work, replacement takes two to four in a hundred a year; expansion is far less.
    rate = found.replacement.mean(axis=0).sum(axis=0)[0] / counted
    assert 0.015 < rate < 0.045
    assert np.abs(found.expansion.mean(axis=0).sum(axis=0)[0]) / counted < 0.02
    log = found.model.matching.log(data)
    assert len(log) == (found.model.matching.strict > 0).sum()
    supply = np.ones((60, len(data.targets), 5, 15), np.float32)
    told = labour.of_demand(
        found, data.targets, supply, labour.excess_unemployed(frames, found.model)
    )
    # The sample has no ordered file: nothing may be called a shortage.
    assert told.get_column("assessment").unique().to_list() == ["uavklart"]
    assert told.get_column("coverage").max() == 0
    assert (
        labour.now_cast(
            frames, data, RULES, found.model.staffing.employed, (1, "50", 500)
        ).get_column("occupation_group")[0]
        == "*"
    )


def marts(home: Path) -> dict[str, pl.DataFrame]:
    names = [
        *(n for n in REQUIRED if n != "crosswalk_industry_occupation"),
        "employed_by_occupation_education_level",
        "enterprise_survey_by_county",
        "enterprise_survey_by_occupation_group",
        "labour_market_by_county_occupation_month",
        "unemployed_by_area_month",
    ]
    tables = {n: f"mart.{n}" for n in names}
    tables["crosswalk_industry_occupation"] = "reference.crosswalk_industry_occupation"
    with warehouse.connect_internal(Rooms(home)) as connection:
        return {n: connection.sql(f"SELECT * FROM {t}").pl() for n, t in tables.items()}
