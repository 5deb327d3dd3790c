"""Truth recovery: known parameters lie in their stated intervals as often as the intervals say."""

from __future__ import annotations

import numpy as np
import pytest
from flow_truth import Register, register

from tasks.forecast.flow import transitions
from tasks.forecast.flow.transitions import Estimate

LEVEL = 0.8


def recovered(data: Register) -> Estimate:
    """What the county does with its registers: closed cells filled, regimes estimated apart."""
    shown = np.nansum(np.concatenate([data.before, data.now]), axis=0)
    wide = np.stack([shown[data.kind == k].sum(axis=0) for k in range(2)])
    shares = (wide / wide.sum(axis=1, keepdims=True))[data.kind]
    before = transitions.fill_closed(data.before, data.totals_before, shares)
    now = transitions.fill_closed(data.now, data.totals_now, shares)
    return transitions.estimate(before, now, data.kind, mean_years=5, floor=1.0, ceiling=5_000.0)


def coverage(replications: int) -> dict[str, float]:
    """Share of true shares of both regimes, of κ and of κ of the regime inside the intervals."""
    hits: dict[str, list[np.ndarray | bool]] = {"now": [], "before": [], "kappa": [], "regime": []}
    for seed in range(replications):
        data = register(seed)
        found = recovered(data)
        assert found.kappa_regime is not None
        for name, posterior, truth in (
            ("now", found.posterior, data.truth),
            ("before", found.longer, data.truth_before),
        ):
            low, high = posterior.interval(LEVEL)
            hits[name].append((low <= truth) & (truth <= high))
        hits["kappa"].append(found.kappa.low <= 60 <= found.kappa.high)
        hits["regime"].append(found.kappa_regime.low <= 150 <= found.kappa_regime.high)
    return {name: float(np.mean(values)) for name, values in hits.items()}


def test_shares_are_recovered() -> None:
    found = coverage(20)
    assert 0.76 < found["now"] < 0.84
    assert 0.76 < found["before"] < 0.84


@pytest.mark.soak
def test_shares_and_kappas_are_recovered_at_the_nominal_rate() -> None:
    found = coverage(200)
    assert 0.78 < found["now"] < 0.82
    assert 0.78 < found["before"] < 0.82
    # Intervals of κ are of 95 per cent; 200 replications tell it from 90 and from 99.
    assert 0.90 < found["kappa"] < 0.99
    assert 0.88 < found["regime"] < 0.99
