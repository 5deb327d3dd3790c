"""Made-up pairs and bitemporal frames; figures here say that the code is right, no more."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from tasks.forecast.evaluation.frames import AS_REVISED, PAIRS, QUANTILES


def made_up_pairs(
    seed: int, units: int = 8, origins: int = 6, horizons: int = 3, spread: float = 0.1
) -> pl.DataFrame:
    """Pairs whose interval is that of the noise itself, sizes over three classes."""
    rng = np.random.default_rng(seed)
    shape = (units, origins, horizons)
    middle = np.exp(rng.uniform(3, 8, (units, 1, 1))) * np.ones(shape)
    sigma = spread * np.sqrt(np.arange(1, horizons + 1))
    actual = np.round(middle * np.exp(sigma * rng.standard_normal(shape)), 3)
    z = np.array([-1.645, -1.2816, -0.6745, 0, 0.6745, 1.2816, 1.645])
    unit, origin, horizon = (index.ravel() for index in np.indices(shape))
    last = middle * np.exp(0.05 * rng.standard_normal(shape))
    quantiles = {q: (middle * np.exp(sigma * z[i])).ravel() for i, q in enumerate(QUANTILES)}
    return (
        pl.DataFrame(
            {
                "series": "s",
                "model": "m",
                "unit": [f"u{i}" for i in unit],
                "origin": 2000 + origin,
                "known_on": None,
                "basis": AS_REVISED,
                "horizon": horizon + 1,
                "period": 2000 + origin + horizon + 1,
                "actual": actual.ravel(),
                "last": last.ravel(),
                "step": np.full(unit.size, 3.0),
                **quantiles,
            }
        )
        .cast(PAIRS)
        .select(*PAIRS)
    )


def bitemporal(
    values: np.ndarray, first: int = 2000, known: date = date(2026, 1, 1), series: str = "s"
) -> pl.DataFrame:
    """One vintage of `[unit, period]`."""
    unit, period = (index.ravel() for index in np.indices(values.shape))
    return pl.DataFrame(
        {
            "series": series,
            "unit": [f"u{i:02d}" for i in unit],
            "period": (first + period).astype(np.int64),
            "value": values.ravel().astype(np.float64),
            "known_from": known,
        }
    )
