"""Time from contract to certificate: Kaplan-Meier, and the hazards the flow is driven by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtri

from tasks.errors import WrongUse
from tasks.forecast.flow.transitions import Posterior
from tasks.forecast.types import Float

CENSORED, CERTIFICATE, LEFT = 0, 1, 2
Codes = npt.NDArray[np.int_]


@dataclass(frozen=True)
class Curve:
    """A Kaplan-Meier curve at its event times.

    Attributes:
        time: Times with an event, ascending (years).
        at_risk: Persons not yet out just before each.
        events: Events at each.
        survival: S after each.
        hazard_sum: Σ d / (n(n - d)) up to each: Greenwood's sum, infinite once S is 0.
    """

    time: Float
    at_risk: Float
    events: Float
    survival: Float
    hazard_sum: Float

    def at(self, time: Float) -> Float:
        """S at any time: 1 before the first event, the last value after the last."""
        place = np.searchsorted(self.time, time, side="right")
        return np.concatenate([[1.0], self.survival])[place]

    @property
    def variance(self) -> Float:
        """Greenwood's variance, S²·Σ d / (n(n - d)); 0 where S is 0."""
        sums = np.where(self.survival > 0, self.hazard_sum, 0.0)
        return self.survival**2 * sums

    def interval(self, level: float = 0.95) -> tuple[Float, Float]:
        """Pointwise log-log interval (Kalbfleisch and Prentice): stays in 0-1.

        Where S is 0 or 1 the transform has no value, and the interval is S itself.
        """
        z = float(ndtri(0.5 + level / 2))
        s = self.survival
        inside = (s > 0) & (s < 1)
        log_s = np.log(np.where(inside, s, 0.5))
        step = z * np.sqrt(np.where(inside, self.hazard_sum, 0.0)) / np.abs(log_s)
        low, high = (np.exp(log_s * np.exp(sign * step)) for sign in (1, -1))
        return np.where(inside, low, s), np.where(inside, high, s)


def kaplan_meier(time: Float, event: npt.NDArray[np.bool_], weight: Float | None = None) -> Curve:
    """The product-limit estimate of right-censored times (Kaplan and Meier 1958).

    S(t) = Π_{i: tᵢ ≤ t} (1 - dᵢ/nᵢ). Who is censored at an event time was at risk there.

    Args:
        time: `[person]` years observed.
        event: Whether the event came then; otherwise the person was last seen.
        weight: Persons behind each row, for grouped counts.

    Raises:
        WrongUse: Times below 0, not numbers, or of another length than the events.
    """
    count = np.ones(len(time)) if weight is None else np.asarray(weight, np.float64)
    _checked(time, event, count)
    points, place = np.unique(time, return_inverse=True)
    leaving = np.bincount(place, count, len(points)).astype(np.float64)
    events = np.bincount(place, count * event, len(points)).astype(np.float64)
    at_risk = leaving[::-1].cumsum()[::-1]
    kept = events > 0
    n: Float = at_risk[kept]
    d: Float = events[kept]
    with np.errstate(divide="ignore"):
        sums = np.cumsum(np.where(n > d, d / (n * np.maximum(n - d, 1e-300)), np.inf))
    survival = np.cumprod(1 - d / n).astype(np.float64)
    return Curve(points[kept], n, d, survival, sums)


def _checked(time: Float, event: npt.NDArray[np.generic], count: Float) -> None:
    if len(time) != len(event) or len(time) != len(count) or not (time >= 0).all():
        raise WrongUse(
            subject="læretider",
            expected="ett tidspunkt fra 0 og oppover, og ett utfall, per person",
            got=f"{len(time)} tider og {len(event)} utfall, korteste tid {np.min(time, initial=0)}",
            remedy="se etter kontrakter med sluttdato før startdato i filen",
        )


@dataclass(frozen=True)
class Hazards:
    """Chance in each year in training of a certificate and of leaving without one.

    Attributes:
        at_risk: Person-years at risk in each year `[year]`; who was last seen within it counts for
            the part seen.
        certificate: hᴄ(τ): certificate in year τ, of those in training at its start.
        left: hʟ(τ): contract ended without one.
    """

    at_risk: Float
    certificate: Float
    left: Float

    def posterior(self) -> Posterior:
        """Dirichlet over certificate, leaving and going on `[year, 3]`, half a person each more.

        The half is Jeffreys' prior: a year in which nobody left is not a year in which nobody can.
        """
        stay = np.clip(1 - self.certificate - self.left, 0, 1)
        shares = np.stack([self.certificate, self.left, stay], axis=-1)
        return Posterior(self.at_risk[:, None] * shares + 0.5)

    def incidence(self) -> tuple[Float, Float]:
        """f(τ) of certificate and of leaving: share of those who began (Aalen-Johansen)."""
        stay = np.cumprod(1 - self.certificate - self.left)
        before = np.concatenate([[1.0], stay[:-1]])
        return before * self.certificate, before * self.left


def hazards(time: Float, outcome: Codes, years: int, weight: Float | None = None) -> Hazards:
    """Yearly hazards of two competing outcomes; the last year is open-ended and stands for later.

    The survival of both together is Kaplan-Meier's; each cause's part of it is Aalen and Johansen's
    (1978), so that h(τ) = ΔF(τ) / S(τ - 1) over the event times of the year (τ - 1, τ]. From the
    last year on, the years are pooled by persons at risk: those who need longer have the same
    chance in every year more.

    Args:
        time: `[person]` years from contract to outcome or to the last count.
        outcome: `CENSORED`, `CERTIFICATE` or `LEFT`.
        years: Years in training of the state space.
        weight: Persons behind each row.

    Raises:
        WrongUse: As `kaplan_meier`.
    """
    count = np.ones(len(time)) if weight is None else np.asarray(weight, np.float64)
    curve = kaplan_meier(time, outcome != CENSORED, count)
    longest = max(years, int(np.ceil(time.max(initial=0.0))))
    before = np.concatenate([[1.0], curve.survival[:-1]])
    start = curve.at(np.arange(longest, dtype=np.float64))
    place = np.searchsorted(curve.time, time)
    rates = np.zeros((2, longest))
    for row, cause in enumerate((CERTIFICATE, LEFT)):
        mine = outcome == cause
        d = np.bincount(place[mine], count[mine], len(curve.time))
        rise = np.bincount(_year_of(curve.time), before * d / curve.at_risk, longest)
        rates[row] = np.divide(rise, start, out=np.zeros(longest), where=start > 0)
    lost = np.where(outcome == CENSORED, np.ceil(time) - time, 0.0) * count
    there = np.bincount(_year_of(time), count, longest)[::-1].cumsum()[::-1]
    at_risk = there - np.bincount(_year_of(time), lost, longest)
    pooled = np.maximum(at_risk[years - 1 :], 0)
    last = (rates[:, years - 1 :] * pooled).sum(axis=1) / max(float(pooled.sum()), 1e-300)
    rates = np.concatenate([rates[:, : years - 1], last[:, None]], axis=1)
    return Hazards(np.append(at_risk[: years - 1], pooled.sum()), rates[0], rates[1])


def _year_of(time: Float) -> npt.NDArray[np.intp]:
    """Year in training that a time lies in, from 0; a time of 0 lies in the first."""
    return np.maximum(np.ceil(time).astype(np.intp) - 1, 0)


def from_stocks(running: Float, certificates: Float, completed_share: float, steps: int) -> Hazards:
    """Hazards where no one's times are known: from running contracts, certificates and completion.

    With a chance ℓ a year of leaving and, from the last year in training on, h of a certificate,
    x = h + ℓ, and s = (1 - ℓ)^(k-1) still there at the last year's start, the share that completes
    is c = s·h/x, and the counts on 1 October that one contract gives are

        D = Σ_{j<k-1} (1 - ℓ)^j + s/x = Σ_{j<k-1} (1 - ℓ)^j + (s - c)/ℓ.

    D is read off the books, D = ΣK / R with R = ΔK + C + Q contracts begun and Q = C(1 - c)/c ended
    without certificate; D falls as ℓ grows, so ℓ is found between 0 and where all of the last year
    go out, ℓ = 1 - c^(1/k). No certificates are given before the last year.

    Args:
        running: K `[year]` on 1 October, oldest first.
        certificates: C `[year]` passed in each calendar year.
        completed_share: c, share of contracts that end with a certificate.
        steps: k, years in training.

    Raises:
        WrongUse: Fewer than two years, no certificates, or a share outside 0-1.
    """
    made = float(certificates[1:].sum())
    if len(running) < 2 or made <= 0 or not 0 < completed_share < 1:
        raise WrongUse(
            subject="fagbrev etter løpende kontrakter",
            expected="minst to år med kontrakter og fagbrev, og en fullført andel mellom 0 og 1",
            got=f"{len(running)} år, {made:g} fagbrev, andel {completed_share:g}",
            remedy="hent kontrakter og fagbrev på nytt",
        )
    c = completed_share
    begun = max(float(running[-1] - running[0]) + made / c, 1.0)
    counts = float(running[1:].sum()) / begun

    def excess(left: float) -> float:
        stay = (1 - left) ** np.arange(steps)
        return float(stay[:-1].sum() + (stay[-1] - c) / left) - counts

    top = 1 - c ** (1 / steps)
    left = top if excess(top) >= 0 else float(brentq(excess, 1e-6, top))
    there = (1 - left) ** np.arange(steps)
    out = min(there[-1] * left / (there[-1] - c), 1.0)
    there[-1] /= out
    certificate = np.append(np.zeros(steps - 1), out - left)
    at_risk = float(running[-1]) * there / there.sum()
    return Hazards(at_risk, certificate, np.full(steps, left))


def certificates(starts: Float, incidence: Float) -> Float:
    """C_t = Σ_τ R_{t-τ}·f(τ): certificates of each year from the contracts of the years before.

    Args:
        starts: `[..., year]` new contracts.
        incidence: f(τ) for τ = 1, 2, …

    Returns:
        `[..., year]`; a contract of the year itself gives nothing before the next.
    """
    total = np.zeros(starts.shape, np.float64)
    for tau, share in enumerate(incidence, start=1):
        if tau < starts.shape[-1]:
            total[..., tau:] += starts[..., :-tau] * share
    return total
