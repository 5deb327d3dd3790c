from __future__ import annotations

import numpy as np
import pytest

from tasks.places.intake import distance


@pytest.mark.parametrize("truth", [0.0, 0.03, 0.1])
def test_the_decay_that_made_the_pupils_is_found(truth: float) -> None:
    rng = np.random.default_rng(2)
    size = rng.integers(0, 4, (5, 8)) * 15.0
    size[:, 0] = 30
    minutes = rng.uniform(15, 120, (12, 8))
    shares = distance.gravity(size, minutes, truth)
    pupils = rng.multinomial(60, shares)
    assert distance.decay(pupils.astype(float), size, minutes) == pytest.approx(truth, abs=0.004)
    assert shares.sum(axis=2) == pytest.approx(1)
    assert not shares[np.broadcast_to(size[:, None] == 0, shares.shape)].any()
