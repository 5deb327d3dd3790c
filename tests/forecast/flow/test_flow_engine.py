"""Laws of the flow: people are conserved, scaled, added up, and the bytes are the run's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from flow_county import YEARS, coming, make
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.errors import ConfigurationError, WrongUse
from tasks.forecast.flow.engine import Mode, simulate
from tasks.forecast.flow.model import Lever, Model
from tasks.forecast.flow.result import FlowResult, Totals
from tasks.forecast.flow.states import Kind
from tasks.forecast.flow.transitions import Posterior

MODES: list[Mode] = ["expected", "multinomial"]


class Keep:
    """Everything, `[draw, year, state, region]`."""

    def __init__(self, model: Model, draws: int, years: int = YEARS) -> None:
        shape = (draws, years, model.space.count, len(model.regions))
        self.people = np.full(shape, np.nan, np.float32)

    def __call__(self, draws: range, block: np.ndarray) -> None:
        self.people[draws.start : draws.stop] = block.transpose(2, 0, 1, 3)


def run(model: Model, mode: Mode, draws: int = 12, **options) -> np.ndarray:
    years = options.pop("years", YEARS)
    inflow = options.pop("inflow", coming(len(model.regions), years=years))
    keep = Keep(model, draws, years)
    simulate(
        model, inflow, [keep], seed=3, county="50", draws=draws, years=years, mode=mode, **options
    )
    return keep.people


def came(model: Model, years: int = YEARS) -> np.ndarray:
    """Persons who should be there `[year]`."""
    cohort = coming(len(model.regions))(range(1))[0, :, 0, 0].sum()
    return model.start.sum() + cohort * np.arange(1, years + 1)


@given(st.integers(0, 10_000), st.booleans(), st.floats(0.0, 60.0))
@settings(max_examples=15, deadline=None)
def test_nobody_is_lost_or_invented(seed: int, together: bool, places: float) -> None:
    model = make(together=together, places=places)
    for mode in MODES:
        keep = Keep(model, 3)
        simulate(model, coming(), [keep], seed=seed, county="50", draws=3, years=YEARS, mode=mode)
        there = keep.people.sum(axis=(2, 3), dtype=np.float64)
        want = np.broadcast_to(came(model), there.shape)
        if mode == "multinomial":
            assert np.array_equal(there, want)
            assert np.array_equal(keep.people, np.round(keep.people))
        assert there == pytest.approx(want, rel=2e-6)
        assert keep.people.min() >= 0


def test_drawn_shares_sum_to_one(county: Model) -> None:
    shares = county.shares((3, "50"), range(20))
    total = np.add.reduceat(shares, county.edges.starts(), axis=2)
    assert total == pytest.approx(np.ones(total.shape), abs=1e-12)
    assert shares.min() >= 0
    mean = county.shares((3, "50"), range(3000)).mean(axis=0)
    counts = np.diff(county.edges.starts(), append=county.edges.count)
    whole = np.repeat(np.add.reduceat(county.alpha, county.edges.starts(), axis=1), counts, axis=1)
    assert mean == pytest.approx(county.alpha / whole, abs=0.006)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("together", [False, True])
def test_the_same_bytes_whatever_chunk_threads_and_number_of_draws(
    mode: Mode, together: bool
) -> None:
    model = make(together=together)
    whole = run(model, mode, 11, chunk=11, threads=1)
    for chunk, threads in ((1, 1), (3, 2), (4, 5)):
        assert run(model, mode, 11, chunk=chunk, threads=threads).tobytes() == whole.tobytes()
    assert run(model, mode, 6, chunk=4).tobytes() == whole[:6].tobytes()


@pytest.mark.parametrize("mode", MODES)
def test_a_longer_horizon_leaves_earlier_years_as_they_were(mode: Mode) -> None:
    model = make()
    short = replace(
        model, placement=replace(model.placement, places=model.placement.places[..., :5])
    )

    def inflow(years: int):
        return lambda draws: coming(years=years)(draws) + np.float32(0.37)

    five = run(short, mode, years=5, inflow=inflow(5))
    assert np.array_equal(five, run(model, mode, inflow=inflow(YEARS))[:, :5])


@given(st.integers(2, 9))
@settings(max_examples=8, deadline=None)
def test_scaling_the_population_scales_what_is_expected(scale: int) -> None:
    one = make()
    many = replace(
        one,
        start=one.start * scale,
        placement=replace(one.placement, places=one.placement.places * scale),
    )

    def more(draws: range) -> np.ndarray:
        return coming()(draws) * np.float32(scale)

    got, base = run(many, "expected", inflow=more), run(one, "expected")
    assert got == pytest.approx(base * scale, rel=1e-5, abs=1e-3)


def test_merging_regions_gives_the_sum() -> None:
    """With common shares and a common market, three regions are one region of their people."""
    three = make(together=True)
    one = replace(
        three,
        start=three.start.sum(axis=0, keepdims=True),
        group=np.zeros(1, np.intp),
        regions=("R",),
        placement=replace(three.placement, market=np.zeros(1, np.intp)),
    )

    def merged(draws: range) -> np.ndarray:
        return coming()(draws).sum(axis=1, keepdims=True)

    apart = run(three, "expected").sum(axis=3, dtype=np.float64)
    assert run(one, "expected", inflow=merged)[..., 0] == pytest.approx(apart, rel=2e-5, abs=1e-3)


def test_the_merged_county_spreads_as_its_parts_do_with_process_noise() -> None:
    three = make(together=True, evidence=1e6, places=1e6)
    sure = Posterior(three.placement.friction.alpha * 1e6)
    three = replace(three, placement=replace(three.placement, friction=sure))
    apart = run(three, "multinomial", 400).sum(axis=3)[:, 3].astype(np.float64)
    expected = run(three, "expected", 1).sum(axis=3)[0, 3]
    busy = expected > 20
    error = (apart.mean(axis=0) - expected)[busy]
    assert np.abs(error / np.sqrt(expected[busy] / 400)).max() < 4.5


def walking(draws: range) -> np.ndarray:
    """A cohort whose error is a random walk in logs, as that of the projection is."""
    steps = [np.random.default_rng([9, d]).normal(0, 0.03, YEARS) for d in draws]
    factor = np.exp(np.cumsum(steps, axis=1)).astype(np.float32)
    return coming()(draws) * factor[:, None, :, None]


@pytest.mark.parametrize("mode", MODES)
def test_intervals_widen_with_the_horizon(mode: Mode) -> None:
    model = make(evidence=0.5)
    futures = run(model, mode, 500, inflow=walking)
    pupils = futures[..., model.space.where(Kind.PUPIL), :].sum(axis=(2, 3))
    low, high = np.quantile(pupils, [0.1, 0.9], axis=0)
    width = (high - low) / pupils.mean(axis=0)
    assert (np.diff(width[[0, 3, 7]]) > 0).all()


def test_process_noise_adds_to_the_spread_and_not_to_the_mean(county: Model) -> None:
    still, noisy = (run(county, mode, 300)[:, 2] for mode in MODES)
    busy = still.mean(axis=0) > 15
    assert (noisy.std(axis=0) > still.std(axis=0))[busy].mean() > 0.9
    error = noisy.mean(axis=0)[busy] / still.mean(axis=0)[busy] - 1
    assert np.abs(np.average(error, weights=still.mean(axis=0)[busy])) < 0.01


@given(st.floats(0.0, 80.0), st.booleans(), st.integers(0, 1_000))
@settings(max_examples=12, deadline=None)
def test_a_guaranteed_place_never_lowers_certificates(
    places: float, together: bool, seed: int
) -> None:
    """Draw by draw: the scenario acts on placement and draws nothing anew.

    It holds where being in training leads to the certificate more often than the other ways do,
    and from the third year on: Vg3 in school takes one year, and training two.
    """
    model = make(together=together, places=places, evidence=20.0)
    done = model.space.where(Kind.CERTIFICATE)
    got = []
    for policy in (False, True):
        placement = replace(model.placement, guarantee_from=0 if policy else None)
        keep = Keep(model, 5)
        simulate(
            replace(model, placement=placement),
            coming(),
            [keep],
            seed=seed,
            county="50",
            draws=5,
            years=YEARS,
        )
        got.append(keep.people[:, :, done].sum(axis=(2, 3), dtype=np.float64))
    assert (got[1][:, 2:] >= got[0][:, 2:] - 1e-3).all()
    assert (got[1][:, -1] > got[0][:, -1]).all()


@pytest.mark.parametrize("mode", MODES)
def test_no_more_are_placed_than_there_are_places(mode: Mode) -> None:
    model = make(together=True, places=7.0)
    still = replace(model, placement=replace(model.placement, spread=np.zeros(2)))
    first = [i for i, n in enumerate(still.space.nodes) if n.kind == Kind.APPRENTICE and n.step < 2]
    new = run(still, mode)[:, :, first].sum(axis=3)
    assert new.max() <= 7 + 1e-4
    assert new.mean() > 5


def test_a_lever_moves_drawn_shares_and_leaves_the_others_in_proportion(county: Model) -> None:
    edges = county.edges.between(
        np.array([i for i, n in enumerate(county.space.nodes) if n.unit == "VA1"]),
        county.space.where(Kind.OUT),
    )
    before = county.shares((3, "50"), range(4))
    after = county.shares((3, "50"), range(4), (Lever(edges, 0.5),))
    assert after[..., edges] == pytest.approx(before[..., edges] / 2)
    same = county.edges.origin == county.edges.origin[edges[0]]
    same[edges] = False
    ratio = after[..., same] / before[..., same]
    assert ratio == pytest.approx(np.broadcast_to(ratio[..., :1], ratio.shape))
    other = county.edges.origin != county.edges.origin[edges[0]]
    assert np.array_equal(after[..., other], before[..., other])
    everything = county.shares((3, "50"), range(4), (Lever(edges, 1e9),))
    assert everything[..., edges] == pytest.approx(np.ones((4, 3, 1)))
    with pytest.raises(WrongUse, match="scenario"):
        county.shares((3, "50"), range(1), (Lever(edges, -1.0),))


def test_a_state_without_a_way_out_is_refused(county: Model) -> None:
    alpha = county.alpha.copy()
    alpha[:, county.edges.origin == county.space.where(Kind.PUPIL)[0]] = 0
    with pytest.raises(ConfigurationError, match="pupil:GE1:1"):
        replace(county, alpha=alpha)


def test_the_result_counts_stocks_and_those_who_reached_an_end(county: Model) -> None:
    result = FlowResult.of(county, last_count=2025, draws=4, years=YEARS)
    totals = Totals.of(county, draws=4, years=YEARS)
    keep = Keep(county, 4)
    simulate(county, coming(), [result, totals, keep], seed=3, county="50", draws=4, years=YEARS)
    assert result.years == tuple(range(2026, 2026 + YEARS))
    pupils = keep.people[:, :, county.space.where(Kind.PUPIL)].transpose(0, 2, 3, 1)
    assert result["pupils"] == pytest.approx(pupils)
    done = keep.people[:, :, county.space.where(Kind.CERTIFICATE)]
    ended = result["certificates"].cumsum(axis=3).transpose(0, 3, 1, 2)
    assert ended == pytest.approx(done, rel=1e-4, abs=1e-3)
    trades = result["apprentices"].sum(axis=(1, 2))
    assert trades == pytest.approx(
        totals.people[:, county.space.where(Kind.APPRENTICE)].sum(axis=1), rel=1e-5
    )
    assert all(a.dtype == np.float32 for a in result.arrays.values())
    with pytest.raises(WrongUse, match="størrelser"):
        FlowResult.of(county, last_count=2025, draws=1, years=1, quantities=("ukjent",))


def test_what_the_county_alone_knows_is_drawn_once_for_all_regions(county: Model) -> None:
    common = county.edges.origin == county.space.where(Kind.OUT)[0]
    shares = replace(county, common=common).shares((3, "50"), range(6))
    assert np.array_equal(shares[:, 0, common], shares[:, 1, common])
    assert not np.array_equal(shares[:, 0, ~common], shares[:, 1, ~common])
    assert not np.array_equal(shares[0, 0, common], shares[1, 0, common])


def test_a_scenario_multiplies_what_was_drawn(county: Model) -> None:
    key, draws = (3, "50"), range(30)
    factor = np.linspace(0, 2, 2 * YEARS).reshape(2, YEARS)
    for before in (county, replace(county, certain=True)):
        after = replace(before, placement=replace(before.placement, places_factor=factor))
        assert after.places(key, draws) == pytest.approx(before.places(key, draws) * factor)
        assert np.array_equal(after.frictions(key, draws), before.frictions(key, draws))


def test_completion_of_one_trade_is_changed_and_of_no_other(county: Model) -> None:
    lever = county.lever(1.1, Kind.APPRENTICE, Kind.CERTIFICATE, ("T1",))
    units = {county.space.nodes[i].unit for i in county.edges.target[lever.edges]}
    assert units == {"T1"}
    base, better = (
        run(county, "expected", 30, levers=levers)[:, -1].sum(axis=2) for levers in ((), (lever,))
    )
    one, other = county.space.where(Kind.CERTIFICATE)
    assert (better[:, one] > base[:, one]).all()
    assert np.array_equal(better[:, other], base[:, other])
    with pytest.raises(WrongUse, match="ingen for T9"):
        county.lever(1.1, Kind.APPRENTICE, Kind.CERTIFICATE, ("T9",))


@pytest.mark.parametrize(("draws", "years"), [(0, 3), (2, 0), (2, YEARS + 1)])
def test_a_run_that_cannot_be_is_refused(county: Model, draws: int, years: int) -> None:
    with pytest.raises(WrongUse, match="kortere horisont"):
        simulate(county, coming(), [], seed=1, county="50", draws=draws, years=years)
