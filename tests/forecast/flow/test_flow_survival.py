from __future__ import annotations

import warnings

import numpy as np
import pytest
from flow_truth import HAZARD, contracts
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tasks.errors import WrongUse
from tasks.forecast.flow import survival
from tasks.forecast.flow.survival import CENSORED, CERTIFICATE, LEFT


def peer(time: np.ndarray, event: np.ndarray):
    data = stats.CensoredData(uncensored=time[event], right=time[~event])
    return stats.ecdf(data).sf


@given(
    st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=2, max_size=40).filter(
        lambda rows: any(e for _, e in rows)
    )
)
@settings(max_examples=60, deadline=None)
def test_curve_and_intervals_are_those_of_an_independent_computation(
    rows: list[tuple[int, bool]],
) -> None:
    time = np.array([t / 4 for t, _ in rows])
    event = np.array([e for _, e in rows])
    curve, other = survival.kaplan_meier(time, event), peer(time, event)
    assert curve.at(other.quantiles) == pytest.approx(other.probabilities)
    inside = (curve.survival > 0) & (curve.survival < 1)
    place = np.searchsorted(other.quantiles, curve.time[inside])
    low, high = curve.interval(0.9)
    with warnings.catch_warnings():
        # Where S is 0 or 1 neither has an interval, and theirs says so.
        warnings.simplefilter("ignore", RuntimeWarning)
        theirs = other.confidence_interval(confidence_level=0.9, method="log-log")
    assert low[inside] == pytest.approx(theirs.low.probabilities[place])
    assert high[inside] == pytest.approx(theirs.high.probabilities[place])


def test_greenwood_is_the_textbook_sum() -> None:
    # Six patients of Kalbfleisch's textbook kind: events at 1, 2 and 4, censored at 2, 3 and 5.
    time = np.array([1.0, 2.0, 2.0, 3.0, 4.0, 5.0])
    event = np.array([True, True, False, False, True, False])
    curve = survival.kaplan_meier(time, event)
    assert curve.survival == pytest.approx([5 / 6, 5 / 6 * 4 / 5, 5 / 6 * 4 / 5 * 1 / 2])
    sums = np.cumsum([1 / (6 * 5), 1 / (5 * 4), 1 / (2 * 1)])
    assert curve.variance == pytest.approx(curve.survival**2 * sums)


def test_weights_stand_for_persons() -> None:
    time, event = np.array([1.0, 2.0, 2.0]), np.array([True, True, False])
    grouped = survival.kaplan_meier(time, event, np.array([3.0, 5.0, 2.0]))
    each = survival.kaplan_meier(np.repeat(time, [3, 5, 2]), np.repeat(event, [3, 5, 2]))
    assert grouped.survival == pytest.approx(each.survival)
    assert grouped.variance == pytest.approx(each.variance)


def test_hazards_without_censoring_are_shares_of_those_still_there() -> None:
    time = np.repeat([1.0, 1.0, 2.0, 2.0, 3.0], [5, 15, 50, 10, 20])
    outcome = np.repeat([CERTIFICATE, LEFT, CERTIFICATE, LEFT, CERTIFICATE], [5, 15, 50, 10, 20])
    found = survival.hazards(time, outcome, 3)
    assert found.certificate == pytest.approx([5 / 100, 50 / 80, 1.0])
    assert found.left == pytest.approx([15 / 100, 10 / 80, 0.0])
    assert found.at_risk == pytest.approx([100, 80, 20])
    certificate, left = found.incidence()
    assert certificate.sum() + left.sum() == pytest.approx(1.0)
    assert certificate.sum() == pytest.approx(0.75)


def test_hazards_of_both_causes_give_kaplan_meier_back() -> None:
    time, outcome = contracts(3)
    found = survival.hazards(time, outcome, 5)
    stay = np.cumprod(1 - found.certificate - found.left)
    curve = survival.kaplan_meier(time, outcome != CENSORED)
    assert stay == pytest.approx(curve.at(np.arange(1.0, 6.0)))


def test_certificates_follow_contracts_with_the_delay() -> None:
    starts = np.array([[100.0, 0.0, 0.0, 0.0, 0.0], [0.0, 10.0, 0.0, 0.0, 0.0]])
    got = survival.certificates(starts, np.array([0.0, 0.6, 0.2]))
    assert got == pytest.approx(np.array([[0, 0, 60, 20, 0], [0, 0, 0, 6, 2]]))


def test_times_before_the_contract_are_refused() -> None:
    with pytest.raises(WrongUse, match="startdato"):
        survival.kaplan_meier(np.array([-1.0]), np.array([True]))


def coverage(replications: int) -> float:
    """Share of true hazards inside their own 80 per cent interval."""
    inside = []
    for seed in range(replications):
        found = survival.hazards(*contracts(seed), 3)
        low, high = found.posterior().interval(0.8)
        inside.append((low[:, :2] <= HAZARD) & (high[:, :2] >= HAZARD))
    return float(np.mean(inside))


def test_hazards_are_recovered() -> None:
    assert 0.68 < coverage(20) < 0.92


@pytest.mark.soak
def test_hazards_are_recovered_at_the_nominal_rate() -> None:
    assert 0.77 < coverage(400) < 0.83


@pytest.mark.parametrize("steps", [2, 3])
def test_hazards_are_found_back_from_the_books_of_a_stationary_county(steps: int) -> None:
    left, last = 0.05, 0.7
    states, running, made, begun = np.zeros(steps), [], [], 1000.0
    for _ in range(40):
        done, gone = states[-1] * last, states * left
        moved = states - gone
        moved[-1] -= done
        states = np.concatenate([[begun], moved[:-1]])
        states[-1] += moved[-1]
        running.append(states.sum())
        made.append(done)
    share = made[-1] / begun
    found = survival.from_stocks(np.array(running[-5:]), np.array(made[-5:]), share, steps)
    assert found.left == pytest.approx(np.full(steps, left), rel=1e-3)
    assert found.certificate[-1] == pytest.approx(last, rel=1e-3)
    assert found.at_risk == pytest.approx(states, rel=1e-3)
    with pytest.raises(WrongUse, match="kontrakter og fagbrev"):
        survival.from_stocks(np.array([10.0]), np.array([5.0]), share, steps)
