from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.forecast.flow import apprentices

BOUNDS = {"floor": 1.0, "ceiling": 5_000.0}


def test_placed_is_the_smaller_side_less_friction() -> None:
    got = apprentices.placed(np.array([50.0, 20.0]), np.array([40.0, 40.0]), np.array([0.1, 0.1]))
    assert got == pytest.approx([36.0, 18.0])
    everybody = apprentices.placed(
        np.array([50.0]), np.array([1.0]), np.array([0.5]), guarantee=True
    )
    assert everybody == pytest.approx([50.0])


@given(
    st.lists(st.integers(0, 40), min_size=3, max_size=3),
    st.integers(0, 80),
    st.integers(0, 10_000),
)
@settings(max_examples=60, deadline=None)
def test_lots_never_place_more_than_apply_or_than_places(
    applicants: list[int], places: int, seed: int
) -> None:
    people = np.array(applicants)[:, None]
    rng = np.random.default_rng(seed)
    got = apprentices.place(rng, people, np.array([places]), np.array([0.0]))
    assert (got <= people).all()
    assert got.sum() == min(people.sum(), places)


def test_every_applicant_has_the_same_chance() -> None:
    rng = np.random.default_rng(3)
    people = np.array([[60], [30], [10]])
    lots = [apprentices.place(rng, people, np.array([40]), np.array([0.25])) for _ in range(3000)]
    mean = np.mean(lots, axis=0)[:, 0]
    assert mean == pytest.approx([18.0, 9.0, 3.0], rel=0.04)


def test_friction_counts_only_what_places_allowed() -> None:
    applicants = np.array([[100.0, 200.0], [100.0, 200.0]])
    places = np.array([[150.0, 100.0], [150.0, 100.0]])
    got = np.array([[90.0, 90.0], [90.0, 90.0]])
    found = apprentices.friction(applicants, got, places, **BOUNDS)
    # Half of the second trade's applicants are without a place, and its friction is still 10 %.
    assert found.posterior.mean[:, 0] == pytest.approx([0.1, 0.1], abs=0.005)


def test_closed_rows_say_nothing_and_thin_trades_follow_all() -> None:
    applicants = np.array([[400.0, 400.0, np.nan, 6.0]] * 3)
    got = np.array([[320.0, 330.0, 3.0, 6.0]] * 3)
    found = apprentices.friction(applicants, got, np.full((3, 4), np.nan), **BOUNDS)
    mean = found.posterior.mean[:, 0]
    assert mean[2] == pytest.approx(0.187, abs=0.01)
    assert 0.05 < mean[3] < 0.187
    low, high = found.posterior.interval(0.8)
    assert (high - low)[2, 0] > (high - low)[0, 0]


def test_new_contracts_close_the_books() -> None:
    running = np.array([[100.0], [110.0], [90.0]])
    certificates = np.array([[np.nan], [40.0], [45.0]])
    found = apprentices.new_contracts(running, certificates, np.array([0.05]))
    assert found == pytest.approx(np.array([[10 + 40 + 5], [-20 + 45 + 5.5]]))


def test_capacity_is_what_is_said_and_the_rest_of_the_trade() -> None:
    begun = np.array([[50.0, 20.0], [50.0, 20.0], [50.0, 20.0]])
    places, spread = apprentices.capacity(
        begun, np.array([100.0, 40.0]), np.array([30.0, 0.0]), np.array([40.0, 0.0])
    )
    assert places == pytest.approx([30 + 0.6 * 50, 20.0])
    assert spread == pytest.approx([0.0, 0.0])
    uneven = begun * np.array([[0.8], [1.2], [0.8]])
    _, spread = apprentices.capacity(uneven, np.ones(2), np.zeros(2), np.zeros(2))
    assert spread[0] == pytest.approx(np.log(1.5), abs=0.02)
