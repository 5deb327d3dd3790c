"""Transition shares as Dirichlet posteriors: shrunk to the wider area, the regimes apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import betaincinv, gammaln
from scipy.stats import chi2

from tasks.errors import ConfigurationError
from tasks.forecast.types import Float, Index

# Counts of 1-4 are closed (design law 8).
CLOSED = (1.0, 4.0)


@dataclass(frozen=True)
class Kappa:
    """Weight of the wider area, with how well it is known.

    Attributes:
        value: The estimate (persons).
        low: Lower end of the 95 per cent profile-likelihood interval.
        high: Upper end.
        at_bound: The likelihood pushes against the declared floor or ceiling.
        cells: Cells with people in them that the estimate rests on.
    """

    value: float
    low: float
    high: float
    at_bound: bool
    cells: int


@dataclass(frozen=True)
class Posterior:
    """Dirichlet posteriors over the last axis.

    Attributes:
        alpha: Concentrations `[..., target]`, effective persons; 0 where a target cannot be.
    """

    alpha: Float

    @property
    def strength(self) -> Float:
        """Total concentration `[...]`."""
        total: Float = self.alpha.sum(axis=-1)
        return total

    @property
    def mean(self) -> Float:
        """Expected shares; where nothing is known, zero."""
        return _share(self.alpha)

    def interval(self, level: float = 0.8) -> tuple[Float, Float]:
        """Equal-tailed intervals of each share: its margin is Beta(αk, α0 - αk)."""
        a, b = self.alpha, self.strength[..., None] - self.alpha
        tail = (1 - level) / 2
        inside = (a > 0) & (b > 0)
        safe_a, safe_b = np.where(inside, a, 1.0), np.where(inside, b, 1.0)
        low, high = (betaincinv(safe_a, safe_b, q) for q in (tail, 1 - tail))
        return np.where(inside, low, self.mean), np.where(inside, high, self.mean)


def fit_kappa(
    counts: Float,
    prior: Float,
    *,
    floor: float,
    ceiling: float,
    prior_strength: Float | float = np.inf,
) -> Kappa:
    """Empirical Bayes: the κ under which cells drawn from the wider area look as these do.

    Maximises the Dirichlet-multinomial likelihood (Mosimann 1962; Minka 2000)

        Σ_c [ lnΓ(κ) - lnΓ(n_c + κ) + Σ_k lnΓ(c_ck + κπ_ck) - lnΓ(κπ_ck) ]

    over ln κ between `floor` and `ceiling`.

    Args:
        counts: `[cell, target]` persons; fractions are allowed.
        prior: `[cell or 1, target]` shares of the wider area, above 0 where counts are.
        floor: Least κ.
        ceiling: Greatest κ.
        prior_strength: Concentration behind `prior`, broadcast to the cells: what cells differ
            because the wider area is not known for certain is not laid to κ (see `shrink`).

    Raises:
        ConfigurationError: The bounds are not in order.
    """
    if not 0 < floor < ceiling:
        raise ConfigurationError(
            subject="kappa",
            expected="en nedre grense over 0 og en øvre grense over den",
            got=f"{floor:g} og {ceiling:g}",
            remedy="rett kappa_floor og kappa_ceiling i rules/flow.toml",
        )
    filled = counts.sum(axis=-1) > 0
    c, pi = counts[filled], np.broadcast_to(prior, counts.shape)[filled]
    n, possible = c.sum(axis=-1), pi > 0
    known = np.broadcast_to(prior_strength, filled.shape)[filled]
    if not len(c):
        return Kappa(ceiling, floor, ceiling, True, 0)

    def loss(log_kappa: float) -> float:
        kappa = _harmonic(float(np.exp(log_kappa)), known)
        a = np.where(possible, kappa[:, None] * pi, 1.0)
        per_target = np.where(possible, gammaln(np.where(possible, c, 0.0) + a) - gammaln(a), 0.0)
        return float((gammaln(n + kappa) - gammaln(kappa)).sum() - per_target.sum())

    bounds = float(np.log(floor)), float(np.log(ceiling))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-4})
    best = min((float(found.x), *bounds), key=loss)
    drop = loss(best) + float(chi2.ppf(0.95, 1)) / 2
    low, high = (
        float(brentq(lambda x: loss(x) - drop, *sorted((best, end)))) if loss(end) > drop else end
        for end in bounds
    )
    at_bound = min(abs(best - end) for end in bounds) < 1e-2
    return Kappa(float(np.exp(best)), float(np.exp(low)), float(np.exp(high)), at_bound, len(c))


def shrink(
    counts: Float, prior: Float, kappa: float, prior_strength: Float | float = np.inf
) -> Posterior:
    """Posterior after the counts: α = c + κ*·π, with mean (c + κ*π) / (n + κ*).

    The wider area's shares are themselves estimates from so many persons. Their variance adds to
    that between areas, so that their weight is the harmonic κ* = 1 / (1/κ + 1/strength); with the
    wider area known for certain, κ* = κ.

    Args:
        counts: `[..., target]` persons, effective (`effective`).
        prior: Shares of the wider area, broadcast to the counts.
        kappa: Weight of the wider area (persons).
        prior_strength: Total concentration behind `prior`, broadcast to the counts' cells.
    """
    weight = _harmonic(kappa, np.asarray(prior_strength, np.float64))
    return Posterior(counts + weight[..., None] * prior)


def _harmonic(kappa: float, strength: Float) -> Float:
    with np.errstate(divide="ignore"):
        weight: Float = np.asarray(1.0 / (1.0 / kappa + 1.0 / strength))
    return weight


def overdispersion(counts: Float) -> float:
    """How much years differ beyond chance: the intra-year correlation ρ, 0 for a multinomial.

    Shares that are drawn anew each year from a Dirichlet with concentration 1/ρ - 1 give counts
    with 1 + (n - 1)ρ times the multinomial variance (Mosimann 1962). Pearson's statistic of a cell
    over Y years has the expectation (Y - 1)(K - 1)(1 + (n₀ - 1)ρ), also where little is expected,
    with n₀ the years' size allowing for their being unequal; ρ solves its sum over cells (moment
    estimate, McCullagh and Nelder 1989, 4.5).

    Args:
        counts: `[year, cell, target]` persons.
    """
    years = counts.sum(axis=-1)
    total = years.sum(axis=0)
    shares = _share(counts.sum(axis=0))
    expected = years[..., None] * shares
    pearson = np.divide(
        (counts - expected) ** 2, expected, out=np.zeros(counts.shape), where=expected > 0
    ).sum(axis=(0, 2))
    counted = (years > 0).sum(axis=0)
    degrees = np.maximum(counted - 1, 0) * np.maximum((shares > 0).sum(axis=-1) - 1, 0)
    size = (total - (years**2).sum(axis=0) / np.maximum(total, 1)) / np.maximum(counted - 1, 1)
    # Under a multinomial the expectation is exact with this factor of a finite sample.
    null = degrees * total / np.maximum(total - 1, 1)
    room = float((degrees * np.maximum(size - 1, 0)).sum())
    return 0.0 if room <= 0 else float(np.clip((pearson - null).sum() / room, 0.0, 1.0))


def effective(counts: Float, rho: float) -> Float:
    """Persons that say as much as the counted ones: each year over 1 + (n - 1)ρ, years added up.

    Args:
        counts: `[year, ..., target]` persons.
        rho: Intra-year correlation.
    """
    n = counts.sum(axis=-1, keepdims=True)
    added: Float = (counts / (1 + np.maximum(n - 1, 0) * rho)).sum(axis=0)
    return added


@dataclass(frozen=True)
class Estimate:
    """Posterior of the regime in force and what it rests on.

    Attributes:
        posterior: `[cell, target]`.
        longer: Posterior of the longer series.
        kappa: Weight of the kind (all cells of a level) in the longer series.
        kappa_regime: Weight of the longer series in the shorter; None where there is one series.
        rho: Intra-year correlation.
    """

    posterior: Posterior
    longer: Posterior
    kappa: Kappa
    kappa_regime: Kappa | None
    rho: float


def estimate(
    before: Float, now: Float, kind: Index, *, mean_years: int, floor: float, ceiling: float
) -> Estimate:
    """Shares of the regime in force (free re-choice, § 5-5, from August 2024).

    The longer of the two series is shrunk to all cells of its kind, the shorter to the longer; κ of
    each step is estimated. Where the regime in force has the longer series, the older one says
    nothing more.

    Args:
        before: `[year, cell, target]` persons under the older rule, oldest first; may be no year.
        now: The same under the rule in force.
        kind: Kind of each cell `[cell]`: cells of one kind are alike before their own counts.
        mean_years: The last years of each series that count.
        floor: Least κ.
        ceiling: Greatest κ.
    """
    before, now = before[-mean_years:], now[-mean_years:]
    long, short = (now, now[:0]) if len(now) >= len(before) else (before, now)
    rho = _rho_of(before, now)
    evidence = effective(long, rho)
    wide = _by_kind(evidence, kind)
    kappa = fit_kappa(evidence, _share(wide), floor=floor, ceiling=ceiling)
    longer = shrink(evidence, _share(wide), kappa.value, wide.sum(axis=-1))
    if not len(short):
        return Estimate(longer, longer, kappa, None, rho)
    newest = effective(short, rho)
    # A target that nobody reached under the older rule is possible all the same.
    prior = _share(longer.mean + 1e-6 * (newest > 0))
    regime = fit_kappa(newest, prior, floor=floor, ceiling=ceiling, prior_strength=longer.strength)
    return Estimate(
        shrink(newest, prior, regime.value, longer.strength), longer, kappa, regime, rho
    )


def _rho_of(before: Float, now: Float) -> float:
    """One ρ of both series, each weighted by the years it can compare."""
    weights = [max(len(series) - 1, 0) for series in (before, now)]
    if not sum(weights):
        return 0.0
    values = [overdispersion(series) if len(series) else 0.0 for series in (before, now)]
    return float(np.average(values, weights=weights))


def cascade(
    counts: Float, wider: Posterior, parents: list[Index], *, floor: float, ceiling: float
) -> tuple[list[Posterior], list[Kappa]]:
    """From the county to the intake regions to the municipalities, each drawn towards the last.

    Args:
        counts: `[area, cell, target]` persons of the smallest areas, effective (`effective`).
        wider: Posterior of the widest area, `[cell, target]`.
        parents: Group of each smallest area on every level, widest level first; the last is
            usually the areas themselves.
        floor: Least κ.
        ceiling: Greatest κ.

    Returns:
        One posterior `[group, cell, target]` and one κ per level.
    """
    posteriors: list[Posterior] = []
    kappas: list[Kappa] = []
    above = Posterior(np.broadcast_to(wider.alpha, counts.shape))
    for groups in parents:
        members = np.zeros((int(groups.max()) + 1, len(counts)))
        members[groups, np.arange(len(counts))] = 1.0
        level = np.tensordot(members, counts, axes=1)
        first = np.array([int(np.flatnonzero(m)[0]) for m in members])
        prior, strength = above.mean[first], above.strength[first]
        flat = level.reshape(-1, level.shape[-1]), prior.reshape(-1, level.shape[-1])
        kappa = fit_kappa(*flat, floor=floor, ceiling=ceiling, prior_strength=strength.ravel())
        posterior = shrink(level, prior, kappa.value, strength)
        posteriors.append(posterior)
        kappas.append(kappa)
        above = Posterior(posterior.alpha[groups])
    return posteriors, kappas


def fill_closed(counts: Float, totals: Float, shares: Float) -> Float:
    """Persons where cells are closed: what the total leaves, else what is expected of 1-4.

    A closed cell holds 1-4 persons, or was closed so that another cannot be found by subtraction.
    Where the origin's total is open, the closed cells share what is left of it, each at least 1
    and, where that can be, at most 4. Where it is not, each gets the mean of a Poisson number of
    persons given that it lies in 1-4.

    Args:
        counts: `[..., target]` persons, NaN where closed.
        totals: `[...]` persons on the origin, NaN where closed.
        shares: Expected shares, broadcast to the counts.
    """
    closed = np.isnan(counts)
    shown = np.where(closed, 0.0, counts)
    share = np.broadcast_to(shares, counts.shape)
    open_share = np.where(closed, 0.0, share).sum(axis=-1)
    # The origin's size, where its total is closed too, is read off the cells that are shown.
    size = shown.sum(axis=-1) / np.maximum(open_share, 0.05)
    guess = np.where(closed, _truncated(size[..., None] * share), 0.0)
    rest = np.where(np.isnan(totals), guess.sum(axis=-1), totals - shown.sum(axis=-1))
    number = closed.sum(axis=-1)
    rest = np.maximum(rest, number * CLOSED[0])
    top = np.maximum(CLOSED[1], rest / np.maximum(number, 1))[..., None]
    spread = guess
    # Cells that meet a bound leave the rest to the others, round by round.
    for _ in range(200):
        total = spread.sum(axis=-1, keepdims=True)
        spread = spread * (rest[..., None] / np.where(total > 0, total, 1.0))
        spread = np.where(closed, np.clip(spread, CLOSED[0], top), 0.0)
        if np.abs(spread.sum(axis=-1) - np.where(number > 0, rest, 0.0)).max(initial=0.0) < 1e-9:
            break
    filled: Float = shown + spread
    return filled


def _truncated(rate: Float) -> Float:
    """Mean of a Poisson number given that it is closed (1-4)."""
    k = np.arange(CLOSED[0], CLOSED[1] + 1)
    weight = np.exp(k * np.log(np.maximum(rate, 1e-9))[..., None] - gammaln(k + 1))
    mean: Float = (weight * k).sum(axis=-1) / weight.sum(axis=-1)
    return mean


def _by_kind(counts: Float, kind: Index) -> Float:
    total = np.zeros((int(kind.max()) + 1, counts.shape[-1]))
    np.add.at(total, kind, counts)
    return total[kind]


def _share(counts: Float) -> Float:
    total = counts.sum(axis=-1, keepdims=True)
    share: Float = np.divide(counts, total, out=np.zeros(counts.shape), where=total > 0)
    return share
