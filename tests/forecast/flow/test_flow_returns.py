"""Those who come back: applicants once more, and pupils of Vg2 and Vg3 whom no register sends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from flow_frames import TRADES, frames
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.forecast.flow import assemble, outcomes
from tasks.forecast.flow.assemble import County
from tasks.forecast.flow.evidence import homes, school
from tasks.forecast.flow.returns import again, to_higher_levels
from tasks.forecast.flow.rows import Areas
from tasks.forecast.flow.states import APPRENTICE, Kind, Node
from tasks.forecast.flow.types import Assumption, FlowRules
from tasks.rules import read_flow_rules
from tasks.settings import Project

RULES = read_flow_rules(Project().reference / "rules")
MARTS = frames()


def with_again(share: float) -> FlowRules:
    """The rules with another share that applies again, taken from those who go out."""
    shares = RULES.unplaced.shares
    rest = shares["again"] + shares["out"] - share
    changed = shares | {"again": share, "out": rest}
    return replace(RULES, unplaced=Assumption(changed, RULES.unplaced.persons))


@pytest.fixture(scope="module")
def built() -> County:
    return assemble.build(MARTS, "50", RULES, 5)


@given(
    st.lists(st.tuples(st.floats(0, 500), st.floats(0, 0.9)), min_size=1, max_size=8),
    st.floats(0, 0.7),
)
@settings(max_examples=60, deadline=None)
def test_applicants_and_those_who_apply_again_are_in_balance(
    trades: list[tuple[float, float]], repeat: float
) -> None:
    found, u = np.array(trades).T
    got = again(found, u, with_again(repeat))
    applicants = found / (1 - u) + got.persons
    assert got.persons == pytest.approx(repeat * u * applicants, rel=1e-9, abs=1e-9)
    assert got.placed == pytest.approx((1 - u) * got.persons)
    # School leavers who wait instead of going out, less those of the waiting who then go out.
    rules = with_again(repeat)
    waiting = repeat * u * found / (1 - u)
    lost = rules.unplaced.shares["out"] * u * got.persons
    assert got.not_out == pytest.approx(float((waiting - lost).sum()), rel=1e-9, abs=1e-9)


def test_everybody_placed_and_nobody_applies_again() -> None:
    got = again(np.array([50.0, 20.0]), np.zeros(2), RULES)
    assert got.persons.sum() == 0
    assert got.not_out == 0


def test_those_who_wait_are_in_the_start_on_the_homes_of_their_trade(built: County) -> None:
    model = built.model
    waiting = [i for i, n in enumerate(model.space.nodes) if n.kind == Kind.OUT and n.unit]
    assert {model.space.nodes[i].unit for i in waiting} == set(TRADES)
    u = built.without_place.mean[:, 0]
    share = RULES.unplaced.shares["again"]
    for i in waiting:
        trade = built.training.trades.index(model.space.nodes[i].unit)
        there = model.start[:, i].sum()
        # About 48 apply, a quarter of them in vain.
        assert 0 < there < 48 * u[trade] * share / (1 - u[trade] * share) + 3


def test_contracts_of_those_who_apply_again_come_out_of_the_books(built: County) -> None:
    """More apply, but no more contracts are begun than were counted."""
    none = assemble.build(MARTS, "50", with_again(0.0), 5)
    entry = [built.model.space.nodes[i] for i in built.model.entry]
    column = {n.unit: i - 1 for i, n in enumerate(entry) if n.contract == APPRENTICE}
    for place, trade in enumerate(built.training.trades):
        if trade == "BATMF3----":
            continue  # its places are what enterprises say
        coming = [c.outside.expected[:, column[trade]].sum() for c in (none, built)]
        seats = [c.model.placement.places[0, place, 0] for c in (none, built)]
        assert coming[1] < coming[0]
        assert seats[1] > seats[0]
        assert coming[1] + seats[1] == pytest.approx(coming[0] + seats[0], rel=1e-6)


def test_completion_rises_with_the_share_that_applies_again() -> None:
    found = []
    for share in (0.0, 0.43, 0.7):
        county = assemble.build(MARTS, "50", with_again(share), 9)
        model = replace(county.model, certain=True)
        began = np.array(
            [
                i
                for i, n in enumerate(model.space.nodes)
                if n.kind == Kind.PUPIL and n.unit in ("BABAT1----", "STUSP1----")
            ]
        )
        told = outcomes.outcomes(
            model, began, county.without_place, seed=1, county="50", draws=1, years=9
        )
        found.append(dict(zip(told.began, told.completed(9)[0], strict=True)))
    builders = [one["pupil:BABAT1----:1"] for one in found]
    assert builders[0] + 0.01 < builders[1] < builders[2]
    general = [one["pupil:STUSP1----:1"] for one in found]
    assert general[2] - general[0] < (builders[2] - builders[0]) / 3


def shifted(extra: int) -> pl.DataFrame:
    """The pupils with so many more on Vg2 of general studies every autumn after the first."""
    more = (pl.col("programme_area_code") == "STREA2----") & (pl.col("school_year_start") > 2023)
    first = pl.col("home_municipality_code") == "5001"
    return MARTS["pupils"].with_columns(
        (pl.col("pupils") + pl.when(more & first).then(extra).otherwise(0)).alias("pupils")
    )


def coming_back(pupils: pl.DataFrame, county: County) -> dict[Node, float]:
    areas = Areas.of(county.model.space, MARTS["programme_areas"])
    return to_higher_levels(areas, homes(MARTS | {"pupils": pupils}), school(MARTS, RULES))


def test_pupils_whom_the_register_does_not_send_come_from_out_of_school(built: County) -> None:
    as_counted, more = (coming_back(shifted(extra), built) for extra in (0, 60))
    second = [n for n in more if n.kind == Kind.NEXT and n.unit[5] == "1"]
    assert len(second) == 4
    # Sixty more each autumn; the first of them take the year again in the autumn after.
    rise = sum(more[n] - as_counted[n] for n in second)
    assert rise == pytest.approx(60, abs=2)


def test_fewer_than_expected_send_nobody_back(built: County) -> None:
    fewer = coming_back(shifted(-120), built)
    assert sum(s for n, s in fewer.items() if n.kind == Kind.NEXT and n.unit[5] == "1") == 0
    assert min(fewer.values()) >= 0


def test_one_count_tells_of_no_return(built: County) -> None:
    once = MARTS["pupils"].filter(pl.col("school_year_start") == 2025)
    assert coming_back(once, built) == {}


def test_out_of_school_leads_back_up_and_the_shares_are_those_of_people(built: County) -> None:
    model = built.model
    out = model.space.lookup()[Node(Kind.OUT)]
    mine = model.edges.origin == out
    kinds = {model.space.nodes[t].kind for t in model.edges.target[mine]}
    assert {Kind.OUT, Kind.LEFT, Kind.PUPIL, Kind.NEXT} <= kinds
    total = model.alpha[0, mine].sum()
    assert total == pytest.approx(RULES.out_of_school.persons, rel=0.02)
