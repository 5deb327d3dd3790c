"""Factors for intervals where outcomes of a year share its shocks, and their test on other times.

Split-conformal scaling counts outcomes. Sixty occupations in one recession are sixty outcomes and
one shock: a factor learnt on two calm years then passes as well known. Here a year has one vote,
however many outcomes it holds, and the nominal distribution stands in for the years that are
missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl
from scipy.special import ndtri

from tasks.forecast.evaluation.conformal import KEYS, scaled, score, size_class, split
from tasks.forecast.types import Float, Index

Scheme = Literal["block", "past"]
# Upper end of the 80 per cent interval, in standard deviations.
_HALF = float(ndtri(0.9))


def nominal_quantile(share: Float) -> Float:
    """Scores below which these shares lie, where intervals are as they say and errors normal.

    P(S ≤ s) = 2Φ(z.₉₀·s) − 1: 1 at 80 per cent, 0 at share 0 and below, infinite from 1 on.
    """
    found: Float = ndtri((1 + np.clip(share, 0.0, 1.0)) / 2) / _HALF
    return found


def fit(
    pairs: pl.DataFrame,
    bounds: Sequence[float],
    years: float,
    coverage: float = 0.8,
    by: Sequence[str] = (),
    horizons: Sequence[int] | None = None,
) -> pl.DataFrame:
    """Factors per horizon and size class, a year having one vote.

    The distribution of scores (`conformal.score`) of a cell is drawn towards that of all cells, and
    that towards the nominal one, as the posterior mean of a Dirichlet process is (Ferguson 1973):

        G_all  = (n·Ḡ + κ·G₀) / (n + κ)         Ḡ: mean over origins of the origin's own shares
        G_cell = (n_c·Ḡ_c + κ·G_all) / (n_c + κ)
        λ      = the least s with G_cell(s) ≥ coverage

    n is the number of origins over the shortest horizon, n_c that of the cell over its own: origins
    whose years overlap tell of the same years. It is a two-layer (hierarchical) conformal quantile
    (Dunn, Wasserman & Ramdas 2023) with a prior in the place of its finite-sample correction, which
    with fewer than four years has no finite answer.

    Args:
        pairs: `PAIRS` with intervals.
        bounds: Lower bounds of the size classes above the first.
        years: κ, what the wider distribution weighs as (years), above 0.
        coverage: Nominal coverage.
        by: Groups beside horizon and size class, such as `series`.
        horizons: Horizons that factors are wanted for; those of the pairs where none are given.

    Returns:
        Grain `by` × horizon × size class, every cell: `factor` and `n` scores of its own. The
        factor is null where no finite one would do; no rows where there is no score at all.
    """
    known = pairs.with_columns(size_class(bounds), score().alias("score")).filter(
        pl.col("score").is_not_null()
    )
    groups = known.partition_by(by, maintain_order=True) if by else [known]
    parts = [_group(g, bounds, years, coverage, by, horizons) for g in groups if g.height]
    return pl.concat(parts).sort(*by, *KEYS) if parts else _nothing(pairs, by)


def _nothing(pairs: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    numbers = {"horizon": pl.Int64, "size_class": pl.Int64, "factor": pl.Float64, "n": pl.Int64}
    return pl.DataFrame(schema={**{name: pairs.schema[name] for name in by}, **numbers})


def _group(
    group: pl.DataFrame,
    bounds: Sequence[float],
    years: float,
    coverage: float,
    by: Sequence[str],
    horizons: Sequence[int] | None,
) -> pl.DataFrame:
    ordered = group.sort("score")
    scores = ordered.get_column("score").to_numpy()
    origin, horizon, size = (
        ordered.get_column(name).to_numpy() for name in ("origin", "horizon", "size_class")
    )
    wanted = sorted(set(horizons if horizons is not None else horizon.tolist()))
    cells = [(h, s) for h in wanted for s in range(len(bounds) + 1)]
    every, own, n = _votes(origin, horizon, size, cells)
    n_all = len(np.unique(origin)) / horizon.min()
    towards_all = years / (n + years)
    # What each score adds to G_cell, and what of G₀ is in it.
    weights = (1 - towards_all)[:, None] * own + (towards_all * n_all / (n_all + years))[
        :, None
    ] * every
    prior = towards_all * years / (n_all + years)
    return pl.DataFrame(
        {
            **{name: [group.get_column(name)[0]] * len(cells) for name in by},
            "horizon": [h for h, _ in cells],
            "size_class": [s for _, s in cells],
            "factor": [
                _least(scores, w, float(p), coverage) for w, p in zip(weights, prior, strict=True)
            ],
            "n": (own > 0).sum(axis=1).astype(np.int64),
        },
        schema_overrides={"factor": pl.Float64, "horizon": pl.Int64, "size_class": pl.Int64},
    )


def _votes(
    origin: Index, horizon: Index, size: Index, cells: Sequence[tuple[int, int]]
) -> tuple[Float, Float, Float]:
    """Weight of each score among all `[score]` and in each cell `[cell, score]`, and n_c `[cell]`.

    An origin has the same vote whatever it holds, so each of its scores has an equal part of it.
    """
    _, year = np.unique(origin, return_inverse=True)
    every = 1 / np.bincount(year)[year]
    mine = np.stack([(horizon == h) & (size == s) for h, s in cells])
    held = np.zeros((int(year.max()) + 1, len(cells)))
    np.add.at(held, year, mine.T)
    own = np.divide(mine, held[year].T, out=np.zeros(mine.shape), where=mine)
    met = (held > 0).sum(axis=0)
    shared = own / np.maximum(met, 1)[:, None]
    return every / every.sum(), shared, met / np.array([h for h, _ in cells])


def _least(scores: Float, weights: Float, prior: float, coverage: float) -> float | None:
    """The least s with Σ w·1(sᵢ ≤ s) + prior·G₀(s) ≥ coverage; scores rising."""
    # Before each score and after the last, what its steps give, and where G₀ gives the rest.
    steps = np.concatenate([[0.0], np.cumsum(weights)])
    reach = nominal_quantile((coverage - steps) / prior)
    start, end = np.concatenate([[0.0], scores]), np.concatenate([scores, [np.inf]])
    # Up to the next score G rises by G₀ alone: either that gets there, or the score's step may.
    first = np.flatnonzero(reach <= end)[0]
    found = max(float(reach[first]), float(start[first]))
    return found if np.isfinite(found) else None


def leave_time_out(
    pairs: pl.DataFrame,
    bounds: Sequence[float],
    years: float | None,
    *,
    scheme: Scheme = "block",
    coverage: float = 0.8,
    by: Sequence[str] = (),
) -> pl.DataFrame:
    """Pairs scaled by factors that were fitted on other times.

    `block`: on pairs whose years from origin to outcome do not overlap those of the pair itself,
    since forecasts over the same years share their shocks. Leaving out the pair alone would leave
    its neighbours in, and flatter. `past`: on pairs whose outcome had come by the origin,
    o′ + h′ ≤ o, which is all that a planner then could have done.

    Args:
        pairs: `PAIRS`.
        bounds: Lower bounds of the size classes above the first.
        years: κ of `fit`; None for `conformal.split`, which counts outcomes.
        scheme: Which other times.
        coverage: Nominal coverage.
        by: Groups beside horizon and size class.

    Returns:
        As `conformal.scaled`. Pairs without others to learn from have null quantiles, so that
        coverage is counted on the rest alone.
    """
    parts = []
    times = pairs.select("origin", "horizon").unique(maintain_order=True)
    for origin, horizon in times.iter_rows():
        part = pairs.filter(pl.col("origin") == origin, pl.col("horizon") == horizon)
        apart = pl.col("origin") + pl.col("horizon") <= origin
        if scheme == "block":
            apart = apart | (pl.col("origin") >= origin + horizon)
        others = pairs.filter(apart)
        if years is None:
            alike = others.filter(pl.col("horizon") == horizon)
            factors = split(alike, bounds, coverage, by)
        else:
            factors = fit(others, bounds, years, coverage, by, (horizon,))
        parts.append(scaled(part, factors, bounds, by))
    return pl.concat(parts) if parts else pairs
