"""Made-up pairs and bitemporal frames; figures here say that the code is right, no more."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from tasks.forecast.evaluation.frames import AS_REVISED, PAIRS, QUANTILES, Forecaster, Known


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


def assert_obeys(forecaster: Forecaster, known: Known, horizons: tuple[int, ...]) -> None:
    """The laws of `Forecaster`, for any model that is to be in the track record.

    Units and horizons in order, nothing below zero, the same bytes for the same input, no shorter
    horizon changed by asking for a longer one, and the input left as it was.
    """
    before = [known.series.values.copy(), *(o.values.copy() for o in known.others.values())]
    drawn = forecaster.forecast(known, horizons)
    assert drawn.units == known.series.units
    assert drawn.horizons == horizons
    assert drawn.values.shape[1:] == (len(drawn.units), len(horizons))
    assert np.nanmin(drawn.values) >= 0
    assert forecaster.forecast(known, horizons).values.tobytes() == drawn.values.tobytes()
    alone = forecaster.forecast(known, horizons[:1]).quantiles()[:, :, 0]
    assert np.array_equal(alone, drawn.quantiles()[:, :, 0], equal_nan=True)
    after = [known.series.values, *(o.values for o in known.others.values())]
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(before, after, strict=True))
