"""Who works where: staffing shares of industries, and occupations shrunk to the nation.

The three-way table industry × occupation × region is not published. Its margins are, and a seed by
judgement (`crosswalk_industry_occupation.csv`): the table is fitted to both margins. Occupations of
two digits are counted in full; three digits are partly closed and are shrunk to the nation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gammaln
from scipy.stats import chi2

from tasks.errors import ConfigurationError
from tasks.forecast.firmness import FIRM
from tasks.forecast.labour.types import LabourData
from tasks.forecast.types import Float, Index

TOLERANCE = 1e-9
ROUNDS = 2_000
# The weight of the nation is sought between a thousandth of a person and a billion persons.
KAPPA_RANGE = (-3.0, 9.0)


@dataclass(frozen=True)
class Kappa:
    """Weight of the nation in shrunk shares, by empirical Bayes.

    Attributes:
        value: Persons.
        low: Lower end of the 95 per cent profile-likelihood interval.
        high: Upper end.
        log_likelihood: At `value`.
        cells: Cells that had something to say.
    """

    value: float
    low: float
    high: float
    log_likelihood: float
    cells: int


@dataclass(frozen=True)
class Staffing:
    """Employment in the last year, and what it follows.

    Attributes:
        employed: `[occupation, region]` persons in the last year.
        drivers: `[region, group, industry]` share of a group's employed by industry; rows sum to 1.
        table: `[region, group, industry]` persons, fitted to both margins.
        misfit: Standard deviation of the log corrections that the margins asked of the seed.
        kappa: Weight of the nation in the split of a group into occupations.
        confidence: Weakest confidence that growth by occupation rests on.
        firm: Whether a class may rest on it.
    """

    employed: Float
    drivers: Float
    table: Float
    misfit: float
    kappa: Kappa
    confidence: str
    firm: bool

    def shares_in(self, region: int, industry: int) -> Float:
        """ŝ_g|i,r `[group]`: staffing of an industry in a region, in the county if it has none."""
        here = self.table[region, :, industry]
        people = here if here.sum() > 0 else self.table[:, :, industry].sum(axis=0)
        share: Float = people / max(float(people.sum()), 1e-300)
        return share


def fit_table(seed: Float, rows: Float, columns: Float) -> Float:
    """Iterative proportional fitting (Deming and Stephan 1940) of a table to its margins.

    Args:
        seed: `[…, row, column]`, not negative; zero stays zero.
        rows: `[…, row]` totals.
        columns: `[…, column]` totals; scaled to the sum of the rows, which are counted more fully.

    Raises:
        ConfigurationError: The seed's zeros do not let both margins be met.
    """
    total = rows.sum(axis=-1, keepdims=True)
    columns = columns * total / np.maximum(columns.sum(axis=-1, keepdims=True), 1e-300)
    table = np.broadcast_to(seed, (*rows.shape, columns.shape[-1])).astype(np.float64)
    for _ in range(ROUNDS):
        table = table * _ratio(columns, table.sum(axis=-2))[..., None, :]
        table = table * _ratio(rows, table.sum(axis=-1))[..., None]
        off = np.abs(table.sum(axis=-2) - columns).max(initial=0.0)
        if off <= TOLERANCE * max(1.0, float(total.max(initial=0.0))):
            return table
    raise ConfigurationError(
        subject="crosswalk_industry_occupation.csv",
        expected="andeler som lar seg tilpasse sysselsatte etter både næring og yrke",
        got=f"et avvik på {off:.1f} personer etter {ROUNDS} runder",
        remedy="legg til yrkesgrupper i næringer der de mangler",
    )


def open_seed(seed: Float) -> Float:
    """The seed `[group, industry]` with every cell possible.

    A row or column without judgement follows the others' mean. A zero in a judged table means
    "seldom", not "never": it gets a thousandth of what independence would give, so that real
    margins can always be met.
    """
    rows, columns = seed.sum(axis=1), seed.sum(axis=0)
    known_rows = np.where(rows > 0, rows, rows[rows > 0].mean() if (rows > 0).any() else 1.0)
    known = np.where(columns > 0, columns, columns[columns > 0].mean() if columns.any() else 1.0)
    independent = np.outer(known_rows, known) / max(known.sum(), 1e-300)
    hollow = (rows == 0)[:, None] | (columns == 0)[None, :]
    opened: Float = np.where(hollow, independent, np.maximum(seed, 1e-3 * independent))
    return opened


def shrunk_shares(count: Float, national: Float, kappa: float) -> Float:
    """ŝ_o|c = (n_oc + κ·s_o|NO) / (n_c + κ).

    Args:
        count: `[cell, occupation]` persons.
        national: `[cell or 1, occupation]` shares that sum to 1.
        kappa: Weight of the nation, persons, above 0.
    """
    shares: Float = (count + kappa * national) / (count.sum(axis=-1, keepdims=True) + kappa)
    return shares


def log_likelihood(count: Float, national: Float, kappa: float) -> float:
    """Marginal log likelihood of κ: Dirichlet-multinomial, its constant left out.

    Σ_c [ ln Γ(A_c) − ln Γ(n_c + A_c) + Σ_o ln Γ(n_oc + α_oc) − ln Γ(α_oc) ], α_oc = κ s_o,
    A_c = Σ_o α_oc, the sums over the occupations that are open in the cell (Minka 2000). A part of
    a Dirichlet is a Dirichlet: closed occupations are left out, with their share of κ.

    Args:
        count: `[cell, occupation]` persons, NaN where closed.
        national: `[cell, occupation]` shares; occupations without any say nothing.
        kappa: Persons.
    """
    open_cells = ~np.isnan(count) & (national > 0)
    alpha = np.where(open_cells, kappa * national, 0.0)
    n = np.where(open_cells, count, 0.0)
    inner = (gammaln(n[open_cells] + alpha[open_cells]) - gammaln(alpha[open_cells])).sum()
    mass, people = alpha.sum(axis=-1), n.sum(axis=-1)
    told = mass > 0
    return float(inner + (gammaln(mass[told]) - gammaln(people[told] + mass[told])).sum())


def empirical_bayes(count: Float, national: Float) -> Kappa:
    """κ at the largest marginal likelihood, with its profile-likelihood interval.

    Args:
        count: `[cell, occupation]` persons, whole or not; NaN where closed.
        national: `[cell or 1, occupation]` shares.

    Cells with fewer than two open occupations, or nobody, say nothing of κ. With none left the
    nation is all there is: κ is the upper end of the range.
    """
    national = np.broadcast_to(national, count.shape)
    told = (~np.isnan(count) & (national > 0)).sum(axis=-1) >= 2
    use = told & (np.nansum(count, axis=-1) > 0)
    count, national = count[use], national[use]
    low, high = KAPPA_RANGE
    if not len(count):
        return Kappa(10.0**high, 10.0**low, 10.0**high, 0.0, 0)

    def loss(power: float) -> float:
        return -log_likelihood(count, national, 10.0**power)

    found = minimize_scalar(loss, bounds=KAPPA_RANGE, method="bounded", options={"xatol": 1e-5})
    best = min((float(found.x), low, high), key=loss)
    drop = loss(best) + float(chi2.ppf(0.95, 1)) / 2
    ends = [
        float(brentq(lambda p: loss(p) - drop, *sorted((best, end)))) if loss(end) > drop else end
        for end in KAPPA_RANGE
    ]
    return Kappa(10.0**best, 10.0 ** ends[0], 10.0 ** ends[1], -loss(best), len(count))


def fill_closed(count: Float, total: Float, share: Float, cell: Index) -> Float:
    """Codes that are closed or not published get what the published leave of their group.

    Args:
        count: `[code, …]` persons, NaN where closed.
        total: `[group, …]` persons.
        share: `[code]` or like `count`: what the closed are split by.
        cell: Group of each code.

    What is published above the total is scaled down to it: both are rounded or partly closed.
    """
    share = np.broadcast_to(
        share.reshape(*share.shape, *[1] * (count.ndim - share.ndim)), count.shape
    )
    closed = np.isnan(count)
    published = _by_group(np.where(closed, 0.0, count), cell, total)
    base = _by_group(np.where(closed, share, 0.0), cell, total)
    rest = np.maximum(total - published, 0.0)
    given = np.where(closed, share * _ratio(rest, base)[cell], count)
    return given * _ratio(total, _by_group(given, cell, total))[cell]


def code_employed(data: LabourData) -> Float:
    """`[code]` persons in the county: published, or what the published leave of the group."""
    # An occupation that nobody in the nation has may still be one that is not published.
    wide = np.maximum(data.national[-1].sum(axis=-1), 0.5)
    return fill_closed(data.code_county, data.group[-1].sum(axis=1), wide, data.code_group)


def fit(data: LabourData) -> Staffing:
    """Employment by occupation and region in the last year, and the industries it follows.

    Regions are fitted apart. The split of a group into occupations is taken to be the same in all
    the industries of a region: nothing published says otherwise.
    """
    rows, columns = data.group[-1].T, data.industry[-1].T
    table = fit_table(open_seed(data.seed), rows, columns)
    employed, kappa = _occupations(data)
    return Staffing(
        employed=employed,
        drivers=table / np.maximum(table.sum(axis=-1, keepdims=True), 1e-300),
        table=table,
        misfit=_misfit(data.seed, table),
        kappa=kappa,
        confidence=data.seed_confidence,
        firm=data.seed_confidence in FIRM,
    )


def _occupations(data: LabourData) -> tuple[Float, Kappa]:
    """`[occupation, region]` persons: groups split by shares shrunk to the nation."""
    groups, cell = data.group[-1], data.code_group
    wide = np.maximum(data.national[-1].sum(axis=-1), 0.5)
    region = fill_closed(data.code_region, groups, np.maximum(code_employed(data), 1e-6), cell)
    kappa = _kappa(data, wide / _by_group(wide, cell, np.zeros(len(data.groups)))[cell])
    national, count = data.to_occupations(wide), data.to_occupations(region)
    of = data.group_of
    share = national / data.to_groups(national)[of]
    # Shrunk share of each occupation in its group, all groups at once: κ is the same for all.
    total = data.to_groups(count)[of]
    shares = (count + kappa.value * share[:, None]) / (total + kappa.value)
    return shares * groups[of], kappa


def _kappa(data: LabourData, share: Float) -> Kappa:
    """κ from what is published by region; a sum of a Dirichlet's parts has the same κ."""
    inside = data.code_group[None, :] == np.arange(len(data.groups))[:, None]
    cells = np.where(inside[:, None, :], data.code_region.T[None], np.nan)
    national = np.broadcast_to(np.where(inside, share, 0.0)[:, None, :], cells.shape)
    codes = cells.shape[-1]
    return empirical_bayes(cells.reshape(-1, codes), national.reshape(-1, codes))


def _misfit(seed: Float, table: Float) -> float:
    """How far off the judged shares were, in logs, weighted by persons, over all regions."""
    persons = table.sum(axis=0)
    fitted = persons / np.maximum(persons.sum(axis=0, keepdims=True), 1e-300)
    judged = seed / np.maximum(seed.sum(axis=0, keepdims=True), 1e-300)
    both = (judged > 0) & (fitted > 0)
    if not both.any():
        return 0.0
    logs = np.log(fitted[both] / judged[both])
    weight = persons[both] / persons[both].sum()
    middle = float((weight * logs).sum())
    return float(np.sqrt((weight * (logs - middle) ** 2).sum()))


def _by_group(values: Float, cell: Index, like: Float) -> Float:
    out = np.zeros_like(like, dtype=np.float64)
    np.add.at(out, cell, values)
    return out


def _ratio(over: Float, under: Float) -> Float:
    zeros = np.zeros(np.broadcast(over, under).shape)
    ratio: Float = np.divide(over, under, out=zeros, where=under > 0)
    return ratio
