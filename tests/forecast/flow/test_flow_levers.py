"""Scenarios of the flow: they begin in their year, move what they say, and draw nothing anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from flow_county import TRADES, YEARS, coming, make
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.forecast.flow.apprentices import redrawn
from tasks.forecast.flow.engine import Mode, simulate
from tasks.forecast.flow.levers import completion, of_scenario
from tasks.forecast.flow.model import Model
from tasks.forecast.flow.states import Kind
from tasks.forecast.scenario import ChangedPlaces, ChangedRate, Scenario

MODES: list[Mode] = ["expected", "multinomial"]
AHEAD = tuple(range(2026, 2026 + YEARS))
WEIGHTS = (0.6, 0.2, 0.2)


def scenario(**words: object) -> Scenario:
    return Scenario(id="s", title="T", description="D", **words)  # type: ignore[arg-type]


def rate(**words: object) -> ChangedRate:
    return ChangedRate(**{"programme": "*", "year": AHEAD[0], **words})  # type: ignore[arg-type]


def more_places(percent: float, **words: object) -> ChangedPlaces:
    return ChangedPlaces(percent=percent, **{"year": AHEAD[0], **words})  # type: ignore[arg-type]


def people(model: Model, supposed: Scenario | None, mode: Mode, draws: int = 20) -> np.ndarray:
    """`[draw, year, state]`."""
    levers = of_scenario(supposed, model, AHEAD, WEIGHTS, {}, ("A",), (0.9, 0.8))
    found = np.zeros((draws, YEARS, model.space.count))

    def keep(part: range, block: np.ndarray) -> None:
        found[part.start : part.stop] = block.sum(axis=3).transpose(2, 0, 1)

    simulate(
        levers.model,
        coming(len(model.regions)),
        [keep],
        seed=3,
        county="50",
        draws=draws,
        years=YEARS,
        mode=mode,
        levers=levers.shares,
    )
    return found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "words",
    [
        {"guarantee_from": AHEAD[2]},
        {"rate": (rate(quantity="placement", points=-20, year=AHEAD[2]),)},
        {"rate": (rate(quantity="completion", points=10, year=AHEAD[2]),)},
        {"places": (more_places(-30, year=AHEAD[2]),)},
    ],
    ids=["guarantee", "placement", "completion", "places"],
)
def test_a_scenario_begins_in_its_year_and_loses_nobody(
    mode: Mode, words: dict[str, object]
) -> None:
    model = make(places=20.0)
    before, after = people(model, None, mode), people(model, scenario(**words), mode)
    np.testing.assert_array_equal(before[:, :2], after[:, :2])
    assert (before[:, 2:] != after[:, 2:]).any()
    np.testing.assert_allclose(before.sum(axis=2), after.sum(axis=2), rtol=1e-5)


@pytest.mark.parametrize("points", [-8.0, 15.0])
def test_both_modes_move_placement_alike(points: float) -> None:
    model = make(together=True, places=25.0, evidence=1e4, scale=20.0)
    first = [i for i, n in enumerate(model.space.nodes) if n.kind == Kind.APPRENTICE and n.step < 2]
    supposed = scenario(rate=(rate(quantity="placement", points=points),))
    still, noisy = (
        people(model, supposed, mode, 300)[:, :, first].sum(axis=2).mean(axis=0) for mode in MODES
    )
    np.testing.assert_allclose(noisy, still, rtol=0.03)
    usual = people(model, None, "expected", 300)[:, 0, first].sum(axis=1).mean()
    assert (still[0] > usual) == (points > 0)


@pytest.mark.parametrize("mode", MODES)
def test_fewer_places_place_fewer_and_none_nobody(mode: Mode) -> None:
    model = make(together=True, places=15.0)
    hub = model.space.where(Kind.APPRENTICE)
    first = [i for i in hub if model.space.nodes[i].step == 1]
    found = [
        people(model, scenario(places=(more_places(p),)), mode)[:, :, first].sum(axis=(1, 2))
        for p in (-100.0, -50.0, 0.0, 100.0)
    ]
    assert (found[0] == 0).all()
    np.testing.assert_array_equal(found[2], people(model, None, mode)[:, :, first].sum(axis=(1, 2)))
    assert (found[1] < found[2]).all()
    assert found[2].mean() < found[3].mean()
    # More places than applicants place nobody more.
    enough = make(together=True, places=1e4)
    plenty, usual = (
        people(enough, s, "expected") for s in (scenario(places=(more_places(40),)), None)
    )
    np.testing.assert_array_equal(plenty, usual)


def test_places_of_a_programme_change_in_their_years_and_by_all_that_is_said_of_them() -> None:
    model, area = make(), {TRADES[0]: "HSHEA2----"}
    said = (more_places(10), more_places(-50, programme="HSHEA2----", year=AHEAD[1]))
    levers = of_scenario(scenario(places=said), model, AHEAD, WEIGHTS, area, (), (0.9, 0.8))
    factor = levers.model.placement.places_factor
    assert factor is not None
    np.testing.assert_allclose(factor[0], [1.1, *[0.55] * (YEARS - 1)])
    np.testing.assert_allclose(factor[1], 1.1)
    late = scenario(places=(more_places(10, year=AHEAD[-1] + 1),))
    levers = of_scenario(late, model, AHEAD, WEIGHTS, area, (), (0.9, 0.8))
    np.testing.assert_array_equal(
        people(levers.model, None, "expected"), people(model, None, "expected")
    )


@given(st.floats(0.05, 0.95), st.floats(-0.9, 0.9), st.integers(0, 2_000))
@settings(max_examples=30, deadline=None)
def test_redrawn_has_the_share_asked_for(share: float, more: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    applying = np.full(4_000, 50)
    got = rng.binomial(applying, share)
    moved = redrawn(rng, applying, got, np.full(4_000, share), np.full(4_000, more))
    assert (moved >= 0).all()
    assert (moved <= applying).all()
    assert moved.mean() / 50 == pytest.approx(np.clip(share + more, 0, 1), abs=0.006)
    # Those who lose or get a place do so from what there was, and not anew.
    assert ((moved <= got) if more < 0 else (moved >= got)).all()


@pytest.mark.parametrize("points", [-25.0, -5.0, 0.0, 4.0])
def test_completion_moves_by_the_points_asked_for(points: float) -> None:
    model = make(evidence=1e6)
    done = model.space.where(Kind.CERTIFICATE)

    def share(levers: tuple) -> np.ndarray:
        """Share of a trade's beginners who get the certificate, nobody else there."""
        found = []
        for trade in TRADES:
            begin = next(
                i
                for i, n in enumerate(model.space.nodes)
                if n.kind == Kind.APPRENTICE and n.unit == trade and n.step == 1
            )
            start = np.zeros_like(model.start)
            start[0, begin] = 1000.0
            alone = replace(model, start=start)
            end = np.zeros(1)

            def keep(_: range, block: np.ndarray, end: np.ndarray = end) -> None:
                end[0] = block[-1][done].sum(axis=(0, 2)).mean()

            entry = len(model.entry)

            def nobody(draws: range, entry: int = entry) -> np.ndarray:
                return np.zeros((len(draws), len(model.regions), 12, entry), np.float32)

            long = replace(
                alone,
                placement=replace(
                    alone.placement, places=np.zeros((*alone.placement.places.shape[:2], 12))
                ),
            )
            simulate(long, nobody, [keep], seed=1, county="50", draws=1, years=12, levers=levers)
            found.append(end[0] / 1000)
        return np.array(found)

    usual = share(())
    moved = share(tuple(completion(model, rate(quantity="completion", points=points), AHEAD, {})))
    np.testing.assert_allclose(moved, np.clip(usual + points / 100, 0, 1), atol=0.02)


def test_one_programme_leaves_the_others_alone() -> None:
    model = make()
    trade = TRADES[0]
    supposed = scenario(rate=(rate(quantity="completion", programme="ZZ", points=10),))
    assert of_scenario(supposed, model, AHEAD, WEIGHTS, {}, (), (0.9, 0.8)).shares == ()
    # A trade's programme area is what a planner names.
    area = {trade: "HSHEA2----"}
    mine = rate(quantity="completion", programme="HSHEA2----", points=10)
    assert len(completion(model, mine, AHEAD, area)) == 1
    late = rate(quantity="completion", points=10, year=AHEAD[-1] + 1)
    assert completion(model, late, AHEAD, area) == []


def test_participation_staying_and_the_alternative() -> None:
    supposed = scenario(
        projection="low",
        rate=(
            rate(quantity="participation", programme="HS", points=-9, year=AHEAD[1]),
            rate(quantity="stay", points=50),
        ),
    )
    codes = ("HSHEA2----", "BATMF2----")
    levers = of_scenario(supposed, make(), AHEAD, WEIGHTS, {}, codes, (0.9, 0.8))
    assert levers.weights == (0.0, 1.0, 0.0)
    np.testing.assert_allclose(levers.participation[0], [1.0] + [0.9] * (YEARS - 1))
    np.testing.assert_allclose(levers.participation[1], 1.0)
    # No more than everybody stays.
    np.testing.assert_allclose(levers.stay, 1 / 0.8)
