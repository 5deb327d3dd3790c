"""Placement in apprenticeship: as many as applicants and places allow, less friction.

    L_f = min(A_f, V_f)·(1 - ε_f)

A are qualified applicants, V places, ε the share of matches that do not come about though there
would be room. Trades are columns; a market is the area whose places its applicants share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.forecast.flow.transitions import Kappa, Posterior, effective, fit_kappa, overdispersion
from tasks.forecast.flow.transitions import shrink as shrink_to
from tasks.forecast.types import Array, Float, Index


@dataclass(frozen=True)
class Placement:
    """The market for places.

    Attributes:
        market: Market of each region `[region]`, regions of one market standing together.
        places: V, expected places `[market, trade, year]` (persons).
        spread: Standard deviation of ln V `[trade]`.
        friction: Beta posterior of ε, `[trade, 2]`: not placed, placed.
        guarantee_from: Policy target: from this year ahead (0 is the first) every qualified
            applicant gets a place; None: never.
        points: What a scenario adds to the share placed, `[trade, year]`; None: nothing.
        places_factor: What a scenario multiplies drawn places by, `[trade, year]`; None: nothing.
    """

    market: Index
    places: Float
    spread: Float
    friction: Posterior
    guarantee_from: int | None = None
    points: Float | None = None
    places_factor: Float | None = None

    def guaranteed(self, year: int) -> bool:
        """Whether everybody gets a place in a year ahead."""
        return self.guarantee_from is not None and year >= self.guarantee_from

    def more(self, year: int) -> Float | None:
        """What is added to the share placed in a year ahead, `[trade]`; None: nothing."""
        if self.points is None or not self.points[:, year].any():
            return None
        added: Float = self.points[:, year]
        return added


def placed(applicants: Array, places: Array, friction: Array, *, guarantee: bool = False) -> Array:
    """Expected placements, min(A, V)·(1 - ε); everybody, where a place is guaranteed."""
    if guarantee:
        return applicants
    matched: Array = np.minimum(applicants, places) * (1 - friction)
    return matched


def place(
    rng: np.random.Generator,
    applicants: Index,
    places: Index,
    friction: Float,
    *,
    guarantee: bool = False,
) -> Index:
    """Whole persons placed: lots drawn among applicants where places are short, then friction.

    Args:
        rng: The draw's stream.
        applicants: `[region of one market, trade]` whole persons.
        places: `[trade]` whole places of the market.
        friction: ε `[trade]`.
        guarantee: Everybody is placed.
    """
    if guarantee:
        return applicants
    kept: Index = rng.binomial(_lots(rng, applicants, places), 1.0 - friction)
    return kept


def _lots(rng: np.random.Generator, applicants: Index, places: Index) -> Index:
    """Multivariate hypergeometric over regions: every applicant has the same chance.

    The seats are shared out by halving: between two halves of the regions, then within each. That
    is exact, and takes one call a level instead of one a region.
    """
    regions, trades = applicants.shape
    size = 1 << (regions - 1).bit_length()
    levels = [np.concatenate([applicants, np.zeros((size - regions, trades), np.int64)])]
    while len(levels[-1]) > 1:
        levels.append(levels[-1][0::2] + levels[-1][1::2])
    seats: Index = np.minimum(levels[-1], places)
    for level in reversed(levels[:-1]):
        left = rng.hypergeometric(level[0::2], level[1::2], seats)
        seats = np.stack([left, seats - left], axis=1).reshape(level.shape)
    return seats[:regions]


@dataclass(frozen=True)
class Friction:
    """Estimated friction.

    Attributes:
        posterior: `[trade, 2]`, not placed and placed.
        kappa: Weight of all trades together.
        rho: Intra-year correlation.
    """

    posterior: Posterior
    kappa: Kappa
    rho: float


def friction(
    applicants: Float, with_contract: Float, places: Float, *, floor: float, ceiling: float
) -> Friction:
    """ε per trade: of the matches that places allowed, those that did not come about.

    ε̂_f = (Σ_t m - Σ_t L + κε) / (Σ_t m + κ) with m = min(A, V), shrunk to all trades, and with the
    years' overdispersion as for transitions. Rows that are closed count for nothing.

    Args:
        applicants: A, `[year, trade]`, NaN where closed.
        with_contract: L, `[year, trade]`, NaN where closed.
        places: V, `[year, trade]`, NaN where not known: then A is the limit.
        floor: Least κ.
        ceiling: Greatest κ.
    """
    possible = np.fmin(applicants, places)
    closed = np.isnan(applicants) | np.isnan(with_contract)
    got = np.where(closed, 0.0, with_contract)
    # More contracts than the limit says only that the limit was too low.
    room = np.maximum(np.where(closed, 0.0, possible), got)
    counts = np.stack([room - got, got], axis=-1)
    rho = overdispersion(counts)
    evidence = effective(counts, rho)
    all_trades = evidence.sum(axis=0, keepdims=True) + 0.5
    mean = all_trades / all_trades.sum()
    kappa = fit_kappa(evidence, mean, floor=floor, ceiling=ceiling)
    return Friction(shrink_to(evidence, mean, kappa.value, all_trades.sum(axis=-1)), kappa, rho)


def redrawn(
    rng: np.random.Generator, applying: Index, got: Index, share: Float, more: Float
) -> Index:
    """Whole persons placed when the share placed is another: some lose their place, or get one.

    Args:
        rng: The draw's stream.
        applying: Applicants, whole persons, any shape.
        got: Placed of them.
        share: Expected share placed.
        more: What is added to it.

    Returns:
        Placed, with the expectation `applying · clip(share + more, 0, 1)` where `got` had
        `applying · share`.
    """
    target = np.clip(share + more, 0, 1)
    keep = np.divide(target, share, out=np.ones(target.shape), where=share > 0)
    gain = np.divide(target - share, 1 - share, out=np.zeros(target.shape), where=share < 1)
    kept = rng.binomial(got, np.clip(keep, 0, 1))
    moved: Index = kept + rng.binomial(applying - got, np.clip(gain, 0, 1))
    return moved


def new_contracts(running: Float, certificates: Float, ended: Float) -> Float:
    """Contracts begun between two counts: R_t = K_t - K_{t-1} + C_t + Q_t, at least 0.

    Args:
        running: K, `[year, trade]` running contracts, one count a year.
        certificates: C, `[year, trade]` through that route in the year up to the count.
        ended: Share of running contracts that end without a certificate in a year `[trade]`.

    Returns:
        `[year - 1, trade]`.
    """
    begun = np.diff(running, axis=0) + certificates[1:] + running[:-1] * ended
    return np.maximum(begun, 0.0)


def capacity(
    begun: Float, running: Float, intended: Float, senders_running: Float
) -> tuple[Float, Float]:
    """V for the coming autumn and the spread of its logarithm.

    What enterprises and opplæringskontor say covers the contracts that they have now, w = their
    contracts / all contracts; the rest of the trade is taken to begin as many as in the last years:

        V_f = intended_f + (1 - w_f)·R̄_f,    w_f = min(1, senders' contracts / running contracts)

    The spread is that of the new contracts from year to year, σ = sd(ln R_t - ln R_{t-1}) pooled
    over trades with weights R̄: what was said is not a promise, and nothing yet tells how it is
    kept.

    Args:
        begun: R, `[year, trade]` new contracts of the years that count.
        running: Running contracts now `[trade]`.
        intended: Said intake `[trade]`, 0 where nobody has said anything.
        senders_running: Running contracts of those who have said it `[trade]`.

    Returns:
        V `[trade]` and σ `[trade]`.
    """
    mean = begun.mean(axis=0)
    covered = np.divide(senders_running, running, out=np.zeros(len(mean)), where=running > 0)
    places = intended + (1 - np.clip(covered, 0, 1)) * mean
    return places, np.full(len(mean), _yearly_spread(begun, mean))


def _yearly_spread(begun: Float, mean: Float) -> float:
    if len(begun) < 2 or not (begun > 0).any():
        return 0.0
    step = np.diff(np.log(begun + 0.5), axis=0)
    weight = np.broadcast_to(mean, step.shape)
    return float(np.sqrt(np.average(step**2, weights=weight)))
