"""Replacement demand by the net cohort method, on ages that are published in bands only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from tasks.forecast.labour.types import LabourData, LabourRules
from tasks.forecast.types import Float


@dataclass(frozen=True)
class Replacement:
    """Who leaves an occupation in a year.

    Attributes:
        rate: `[occupation, region]` share of last year's employed, after the cap.
        retirement: The part of `rate` from the retirement age on.
        switching: The part below it, net: to other occupations, or out of work.
        uncapped: The rate before the cap.
        band_error: `[occupation]` log difference between two ways to spread a band over its ages.
        yearly: `[occupation]` standard deviation of the log rate between single years.
        band_rates: `[occupation, county age group]` q of each age group, national.
        ageing: `[occupation, region, year ahead]` what the rate is multiplied by as the people of
            working age grow older; 1 in the first year.
        transitions: Yearly transitions pooled.
    """

    rate: Float
    retirement: Float
    switching: Float
    uncapped: Float
    band_error: Float
    yearly: Float
    band_rates: Float
    ageing: Float
    transitions: int

    @property
    def spread(self) -> Float:
        """`[occupation]` standard deviation of the log rate: bands and years together."""
        return np.sqrt(self.band_error**2 + self.yearly**2 / max(self.transitions, 1))

    @property
    def capped(self) -> Float:
        """`[occupation, region]`: 1 where the cap took something away."""
        return (self.uncapped > self.rate + 1e-12).astype(np.float64)


def single_years(bands: Float, edges: tuple[int, ...], *, smooth: bool = True) -> Float:
    """Spread age bands over single years.

    Smooth: the flattest curve with the bands' totals, min Σ_a (E_a+1 − E_a)², nobody below the
    first age and past the last (Boneva, Kendall and Stefanov 1971; Tobler 1979). A monotone cubic
    through the cumulated counts overshoots the peak of the ages, and net exits are the peak: it
    put them a sixth too high on smooth age profiles, this one two per cent. Otherwise evenly.

    Args:
        bands: `[…, band]` persons.
        edges: First age of each band, and one past the last age.
        smooth: Which of the two.

    Returns:
        `[…, age]` from `edges[0]` to `edges[-1] − 1`; the bands are given back.
    """
    width = np.diff(edges)
    if not smooth:
        return np.repeat(bands / width, width, axis=-1)
    single = np.maximum(bands @ _flattest(edges).T, 0.0)
    # Beside a steep step the curve may dip below nobody: cut, and the band is scaled back.
    starts = np.cumsum(width) - width
    there = np.add.reduceat(single, starts, axis=-1)
    even = np.repeat(bands / width, width, axis=-1)
    whole = np.repeat(there > 0, width, axis=-1)
    lift = np.repeat(bands / np.where(there > 0, there, 1.0), width, axis=-1)
    return np.where(whole, single * lift, even)


@lru_cache(maxsize=16)
def _flattest(edges: tuple[int, ...]) -> Float:
    """`[age, band]`: the curve for one person in each band, from the normal equations."""
    width = np.diff(edges)
    ages, bands = int(width.sum()), len(width)
    inside = np.repeat(np.eye(bands), width, axis=1)
    steps = np.diff(np.eye(ages + 2), axis=0)[:, 1:-1]
    system = np.block([[steps.T @ steps, inside.T], [inside, np.zeros((bands, bands))]])
    wanted = np.vstack([np.zeros((ages, bands)), np.eye(bands)])
    curve: Float = np.linalg.solve(system, wanted)[:ages]
    return curve


def exit_rates(single: Float) -> Float:
    """q_a = max(0, 1 − Σ_t E_{a+1,t} / Σ_t E_{a,t−1}), the transitions pooled.

    Past the last age nobody is counted: q is 1 there.

    Args:
        single: `[year, …, age]` persons.

    Returns:
        `[…, age]` shares; 0 where nobody was.
    """
    before, after = single[:-1].sum(axis=0), single[1:].sum(axis=0)
    grown = np.concatenate([after[..., 1:], np.zeros_like(after[..., :1])], axis=-1)
    stay = np.divide(grown, before, out=np.ones_like(before), where=before > 0)
    rate: Float = np.clip(1.0 - stay, 0.0, 1.0)
    return rate


def band_rates(rate: Float, single: Float, edges: tuple[int, ...], first_age: int) -> Float:
    """Exit rate of each age band: Σ_a q_a E_a / Σ_a E_a.

    Args:
        rate: `[…, age]`.
        single: `[…, age]` persons who weigh.
        edges: Edges of the bands, within the ages.
        first_age: First age of the axis.
    """
    starts = [e - first_age for e in edges[:-1]]
    stop = edges[-1] - first_age
    left = np.add.reduceat((rate * single)[..., :stop], starts, axis=-1)
    there = np.add.reduceat(single[..., :stop], starts, axis=-1)
    rate_of: Float = np.divide(left, there, out=np.zeros_like(left), where=there > 0)
    return rate_of


def rising(rates: Float, weight: Float, first: int) -> Float:
    """Rates that do not fall with age from band `first` on: pool adjacent violators.

    Leaving work for good becomes likelier with age; a fall between neighbours past the retirement
    age is noise of small bands. Pooling keeps the number of leavers.

    Args:
        rates: `[cell, band]`.
        weight: `[cell, band]` persons.
        first: First band held to the order.
    """
    out, mass = rates.copy(), np.maximum(weight, 1e-9)
    last = rates.shape[-1]
    for _ in range(max(last - first, 0)):
        for b in range(first + 1, last):
            # Everything already pooled with the band before moves together.
            pool = np.isclose(out[:, first:b], out[:, b - 1 : b], rtol=0, atol=1e-15)
            pool &= np.flip(np.cumprod(np.flip(pool, axis=1), axis=1), axis=1).astype(bool)
            fall = out[:, b] < out[:, b - 1]
            part = np.where(pool, mass[:, first:b], 0.0)
            mean = (part.sum(axis=1) * out[:, b - 1] + mass[:, b] * out[:, b]) / (
                part.sum(axis=1) + mass[:, b]
            )
            move = fall[:, None] & pool
            out[:, first:b] = np.where(move, mean[:, None], out[:, first:b])
            out[:, b] = np.where(fall, mean, out[:, b])
    return out


def age_profile(data: LabourData, national: Float) -> Float:
    """Share of an occupation's employed by the county's ages, `[occupation, region, age group]`.

    p_o,r ∝ p_o,nation · (p_g,r / p_g,nation): the nation's profile of the occupation, moved as the
    region's profile of its group differs from the nation's. Regions with a closed cell follow the
    county.

    Args:
        data: Gives the county's ages by group.
        national: `[occupation, age group]` persons in the nation, on the county's age groups.
    """
    of_group = data.to_groups(national)
    open_cells = np.asarray(~np.isnan(data.group_age).any(axis=-1))
    wide = np.broadcast_to(data.group_age_county[:, None, :], data.group_age.shape)
    here = np.where(open_cells[..., None], np.nan_to_num(data.group_age), wide)
    lift = _share(here) / np.maximum(_share(of_group)[:, None, :], 1e-9)
    lift = np.where(here.sum(axis=-1, keepdims=True) > 0, lift, 1.0)
    base = np.where(national.sum(axis=-1, keepdims=True) > 0, national, of_group[data.group_of])
    return _share(_share(base)[:, None, :] * lift[data.group_of])


def band_error(smooth: Float, even: Float, persons: Float) -> Float:
    """How far off the rates may be for want of single years, a standard deviation in logs.

    The gap between the two ways of spreading a band, drawn half-way to the mean square of all
    occupations: that both ways agree in one of them may be chance.

    Args:
        smooth: `[occupation]` rates by the flattest curve.
        even: `[occupation]` rates with even bands.
        persons: `[occupation]` weights of the mean.
    """
    low = 1e-3
    gap = np.log(np.maximum(smooth, low)) - np.log(np.maximum(even, low))
    pooled = float((gap**2 * persons).sum() / max(float(persons.sum()), 1e-9))
    error: Float = np.sqrt((gap**2 + pooled) / 2)
    return error


def ageing(data: LabourData, profile: Float, rates: Float, horizon: int) -> Float:
    """How the rate moves as the region's people of working age grow older.

    p_ob,t ∝ p_ob,0 · Pop_b,r,t / Pop_b,r,0: an age group keeps its part of the population. Main
    alternative: those of working age in the next years are born, so the alternatives hardly differ.

    Args:
        data: Gives the population.
        profile: `[occupation, region, age group]` shares in the last year.
        rates: `[occupation, age group]` q.
        horizon: Years ahead.

    Returns:
        `[occupation, region, year ahead]`; years that the population does not reach stay as the
        last that it does.
    """
    first, last = data.population_years[0], len(data.population_years) - 1
    # Those who leave from one fourth quarter to the next are counted at the first of them.
    at = np.clip(np.arange(horizon) + data.years[-1] + 1 - first, 0, last)
    edges = data.county_edges
    bands = [data.population[0, :, low:high].sum(axis=1) for low, high in pairwise(edges)]
    people = np.stack(bands, axis=-1)[:, at]
    grown = people / np.maximum(people[:, :1], 1e-9)
    moved = _share(profile[:, :, None, :] * grown[None])
    rate = np.einsum("orhb,ob->orh", moved, rates)
    ratio = np.divide(rate, rate[..., :1], out=np.ones_like(rate), where=rate[..., :1] > 0)
    return np.asarray(ratio, np.float64)


def estimate(data: LabourData, rules: LabourRules, horizon: int = 1) -> Replacement:
    """Exit rates of occupations and regions, RD_or = Σ_a q_oa E_oa,r.

    National q of the occupation, standardised to the region's ages. The rates of an occupation are
    those of all its people in the nation: a county has too few.

    Args:
        data: Ages of the nation and of the county's groups.
        rules: Transitions pooled, cap, retirement age.
        horizon: Years ahead of `ageing`.
    """
    edges, first = data.national_edges, data.national_edges[0]
    years = min(rules.replacement_years + 1, len(data.national_years))
    bands = np.stack([data.to_occupations(y) for y in data.national[-years:]])
    start = sum(e < rules.retirement_age for e in data.county_edges[:-1])
    rates = []
    for smooth in (True, False):
        single = single_years(bands, edges, smooth=smooth)
        weigh = single[-1]
        q = band_rates(exit_rates(single), weigh, data.county_edges, first)
        rates.append(rising(q, _band_sum(weigh, data.county_edges, first), start))
    single = single_years(bands, edges)
    profile = age_profile(data, _band_sum(single[-1], data.county_edges, first))
    parts = profile * rates[0][:, None, :]
    full = parts.sum(axis=-1)
    rate = np.minimum(full, rules.replacement_cap)
    keep = np.divide(rate, full, out=np.ones_like(full), where=full > 0)
    even = (profile * rates[1][:, None, :]).sum(axis=-1)
    return Replacement(
        rate=rate,
        retirement=parts[..., start:].sum(axis=-1) * keep,
        switching=parts[..., :start].sum(axis=-1) * keep,
        uncapped=full,
        band_error=band_error(full.mean(axis=1), even.mean(axis=1), single[-1].sum(axis=-1)),
        yearly=_yearly(single, data, profile, first),
        band_rates=rates[0],
        ageing=ageing(data, profile, rates[0], horizon),
        transitions=years - 1,
    )


def _yearly(single: Float, data: LabourData, profile: Float, first: int) -> Float:
    """Standard deviation of the log rate between single years, the same for all occupations' size.

    With four or five transitions an occupation's own spread is a guess; it is drawn half-way to the
    mean spread of all, weighted by persons.
    """
    if len(single) < 3:
        return np.zeros(single.shape[1])
    logs = []
    for t in range(len(single) - 1):
        q = band_rates(exit_rates(single[t : t + 2]), single[t], data.county_edges, first)
        logs.append(np.log(np.maximum((profile.mean(axis=1) * q).sum(axis=-1), 1e-3)))
    variance = np.var(np.stack(logs), axis=0, ddof=1)
    persons = single[-1].sum(axis=-1)
    pooled = float((variance * persons).sum() / max(persons.sum(), 1e-9))
    spread: Float = np.sqrt((variance + pooled) / 2)
    return spread


def _band_sum(single: Float, edges: tuple[int, ...], first: int) -> Float:
    starts = [e - first for e in edges[:-1]]
    sums: Float = np.add.reduceat(single[..., : edges[-1] - first], starts, axis=-1)
    return sums


def _share(values: Float) -> Float:
    total = values.sum(axis=-1, keepdims=True)
    zeros = np.zeros_like(values, dtype=np.float64)
    share: Float = np.divide(values, total, out=zeros, where=total > 0)
    return share
