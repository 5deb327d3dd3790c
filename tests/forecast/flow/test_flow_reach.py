"""Chances of an end within so many years: against dense matrices, and laws that must hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from flow_county import make
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.errors import WrongUse
from tasks.forecast.flow import outcomes
from tasks.forecast.flow.engine import simulate
from tasks.forecast.flow.model import Model
from tasks.forecast.flow.reach import Way, chances
from tasks.forecast.flow.states import Kind
from tasks.forecast.flow.transitions import Posterior

WITHOUT = Posterior(np.array([[30.0, 70.0], [10.0, 40.0]]))
KEY = {"seed": 4, "county": "50"}


def dense(model: Model, draw: int, group: int) -> np.ndarray:
    """One draw's shares from state to state a year on, hubs passed on the way."""
    size, states = len(model.space.nodes), model.space.count
    whole = np.zeros((size, size))
    shares = model.shares((4, "50"), range(draw, draw + 1))[0, group]
    whole[model.edges.origin, model.edges.target] = shares
    alone = replace(model, placement=replace(model.placement, friction=WITHOUT))
    missed = alone.frictions((4, "50"), range(draw, draw + 1))[0]
    hubs = [model.space.where(k) for k in (Kind.APPLY, Kind.PLACED, Kind.UNPLACED)]
    for trade, (apply, placed, unplaced) in enumerate(zip(*hubs, strict=True)):
        whole[apply, placed], whole[apply, unplaced] = 1 - missed[trade], missed[trade]
    inside = whole[states:, states:]
    passed = np.linalg.solve(np.eye(len(inside)) - inside, whole[states:, :states])
    step = whole[:states, :states] + whole[:states, states:] @ passed
    step[model.space.absorbing, model.space.absorbing] = 1.0
    return step


def ends_of(model: Model) -> tuple[np.ndarray, ...]:
    return tuple(np.array([i], np.intp) for i in model.space.absorbing)


@pytest.mark.parametrize("years", [1, 2, 5, 9])
def test_the_chance_is_that_of_the_powers_of_the_drawn_shares(years: int) -> None:
    model = make()
    began = np.concatenate([model.space.where(Kind.PUPIL), model.space.where(Kind.APPRENTICE)])
    ways = [Way(began, ends_of(model), years)]
    (found,) = chances(model, ways, WITHOUT, groups=(2, 0), draws=4, **KEY)
    assert found.shape == (1, 4, 2, len(began), len(model.space.absorbing))
    for draw in range(4):
        for place, group in enumerate((2, 0)):
            want = np.linalg.matrix_power(dense(model, draw, group), years)
            there = want[np.ix_(began, model.space.absorbing)]
            np.testing.assert_allclose(found[0, draw, place], there, atol=2e-6)


def test_as_many_as_the_need_asks_for_give_the_skilled_workers_that_are_asked_for() -> None:
    """Backwards and forwards: asked / chance begin, and so many come out of the engine."""
    model, years, asked = make(), 5, 100.0
    node = {n.code: i for i, n in enumerate(model.space.nodes)}
    area, passed = node["pupil:VA2:2"], np.array([node["certificate:T1"]])
    way = Way(np.array([area]), (passed,), years)
    (chance,) = chances(model, [way], WITHOUT, groups=(0, 1, 2), draws=12, **KEY)
    start = np.zeros(model.start.shape)
    start[:, area] = 1.0
    roomy = replace(
        model.placement,
        places=np.full(model.placement.places.shape, 1e6),
        spread=np.zeros(2),
        friction=WITHOUT,
    )
    found = np.zeros((12, 3))

    def sink(draws: range, block: np.ndarray) -> None:
        found[draws.start : draws.stop] = block[years - 1, passed[0]]

    def nobody(draws: range) -> np.ndarray:
        return np.zeros((len(draws), 3, years, len(model.entry)), np.float32)

    simulate(
        replace(model, start=start, placement=roomy),
        nobody,
        [sink],
        draws=12,
        years=years,
        **KEY,
    )
    begin = asked / chance[0, :, :, 0, 0]
    np.testing.assert_allclose(begin * found, asked, rtol=1e-4)


def test_only_edges_on_the_way_are_walked_and_nothing_is_lost_by_it() -> None:
    model = make()
    node = {n.code: i for i, n in enumerate(model.space.nodes)}
    one = np.array([node["pupil:VA2:2"]])
    passed = tuple(np.array([node[f"certificate:{t}"]]) for t in ("T1", "T2"))
    wide = Way(np.concatenate([one, model.space.where(Kind.PUPIL)]), ends_of(model), 5)
    narrow, all_of_it = chances(
        model, [Way(one, passed[:1], 5), wide], WITHOUT, groups=(1,), draws=30, **KEY
    )
    place = model.space.absorbing.tolist().index(passed[0][0])
    np.testing.assert_allclose(narrow[..., 0, 0], all_of_it[..., 0, place], atol=1e-6)
    # From VA2 nobody is through T2 within five years: that asks for another programme first.
    (never,) = chances(model, [Way(one, passed[1:], 5)], WITHOUT, groups=(1,), draws=30, **KEY)
    assert never.max() == 0.0
    (later,) = chances(model, [Way(one, passed[1:], 9)], WITHOUT, groups=(1,), draws=30, **KEY)
    assert later.min() > 0.0


def test_chunks_and_the_number_of_draws_do_not_change_a_byte() -> None:
    model = make()
    ways = [Way(model.space.where(Kind.PUPIL), ends_of(model), 4)]
    whole, again, few = (
        chances(model, ways, WITHOUT, groups=(0, 1, 2), draws=d, chunk=c, **KEY)[0]
        for d, c in ((23, 50), (23, 3), (7, 50))
    )
    assert whole.tobytes() == again.tobytes()
    assert whole[:, :7].tobytes() == few.tobytes()


@settings(max_examples=15, deadline=None)
@given(years=st.integers(1, 12), group=st.integers(0, 2), evidence=st.sampled_from([0.3, 1.0, 50]))
def test_ends_only_fill_up_and_never_beyond_everybody(
    years: int, group: int, evidence: float
) -> None:
    model = make(evidence=evidence)
    began = model.space.where(Kind.PUPIL)
    (found,) = chances(
        model,
        [Way(began, ends_of(model), years)],
        WITHOUT,
        groups=(group,),
        draws=3,
        every_year=True,
        **KEY,
    )
    assert found.min() >= 0
    assert (np.diff(found, axis=0) >= -1e-6).all()
    assert found.sum(axis=-1).max() <= 1 + 1e-5


def test_ends_may_be_named_groups_and_add_up_to_their_kind() -> None:
    model = make()
    began = model.space.where(Kind.PUPIL)
    passed = model.space.where(Kind.CERTIFICATE)
    how = {"draws": 20, "years": 6, "group": 1, **KEY}
    by_trade = outcomes.outcomes(
        model, began, WITHOUT, ends={"T1": passed[:1], "T2": passed[1:]}, **how
    )
    by_kind = outcomes.outcomes(model, began, WITHOUT, **how)
    assert by_trade.ends == ("T1", "T2")
    assert by_trade.shares.shape == (20, len(began), 2, 6)
    certificate = by_kind.shares[:, :, by_kind.ends.index(Kind.CERTIFICATE)]
    np.testing.assert_allclose(by_trade.shares.sum(axis=2), certificate, atol=1e-6)


def test_what_is_left_again_and_a_scenario_are_refused() -> None:
    model = make()
    began = model.space.where(Kind.PUPIL)
    out = (model.space.where(Kind.OUT),)
    with pytest.raises(WrongUse, match="out"):
        chances(model, [Way(began, out, 3)], WITHOUT, groups=(0,), draws=2, **KEY)
    with pytest.raises(WrongUse, match="ingen år"):
        chances(model, [Way(began, ends_of(model), 0)], WITHOUT, groups=(0,), draws=2, **KEY)
    guaranteed = make(guarantee=True)
    with pytest.raises(WrongUse, match="scenario"):
        chances(guaranteed, [Way(began, ends_of(model), 3)], WITHOUT, groups=(0,), draws=2, **KEY)
