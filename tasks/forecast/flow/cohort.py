"""Who comes in: the grade-10 cohort of the projection, and what becomes of those educated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.errors import NotFound
from tasks.forecast import streams
from tasks.forecast.flow.transitions import Posterior, fit_kappa
from tasks.forecast.flow.types import Assumption
from tasks.forecast.population import alternatives, cohort_factors
from tasks.forecast.streams import Block
from tasks.forecast.types import Array, Float

ALTERNATIVES = ("main", "low", "high")
# Who turns 16 in the year is 15 on 1 January of it and leaves grade 10 that summer.
GRADE_10_AGE = 15


@dataclass(frozen=True)
class Cohort:
    """Residents in grade 10.

    Attributes:
        regions: Home of each row.
        years: Calendar year in which they leave grade 10, registered years first.
        registered: Last year that is counted and not projected.
        persons: `[alternative, region, year]`, main, low, high; alike in registered years.
    """

    regions: tuple[str, ...]
    years: tuple[int, ...]
    registered: int
    persons: Float

    def of(self, years: tuple[int, ...]) -> Float:
        """`[alternative, region, year]` of these years.

        Raises:
            NotFound: The projection does not reach so far.
        """
        missing = [y for y in years if y not in self.years]
        if missing:
            raise NotFound(
                subject="kullet i tiende trinn",
                expected=f"{GRADE_10_AGE}-åringer per 1. januar {years[0]}-{years[-1]}",
                got=f"{self.years[0]}-{self.years[-1]}",
                remedy="velg en kortere horisont, eller hent framskrivingen på nytt",
            )
        picked: Float = self.persons[:, :, [self.years.index(y) for y in years]]
        return picked


def cohort(population: pl.DataFrame, regions: tuple[str, ...]) -> Cohort:
    """Grade-10 cohorts of the newest projection, registered years before it.

    Args:
        population: `municipality_code`, `age`, `year`, `alternative`, `basis`, `persons`, persons
            on 1 January; registered years are given as `main` only.
        regions: Home municipalities; one that the frame does not know (elsewhere) gets no cohort.

    Raises:
        NotFound: No persons of the age.
    """
    rows = population.filter(pl.col("age") == GRADE_10_AGE)
    if rows.is_empty():
        raise NotFound(
            subject="kullet i tiende trinn",
            expected=f"personer på {GRADE_10_AGE} år i befolkningstabellen",
            got="ingen",
            remedy="hent befolkning og framskriving på nytt",
        )
    registered = rows.filter(pl.col("basis") == "registered")
    last = int(registered.get_column("year").to_numpy().max(initial=0))
    # A projected year that has been counted since is the counted one.
    projected = rows.filter(pl.col("basis") != "registered", pl.col("year") > last)
    counted = rows.get_column("year").to_numpy()
    years = tuple(range(int(counted.min()), int(counted.max()) + 1))
    persons = np.zeros((len(ALTERNATIVES), len(regions), len(years)))
    for place, alternative in enumerate(ALTERNATIVES):
        grid = pl.concat(
            [registered, projected.filter(pl.col("alternative") == alternative)]
        ).filter(pl.col("municipality_code").is_in(regions), pl.col("persons").is_not_null())
        home = [regions.index(m) for m in grid.get_column("municipality_code")]
        year = grid.get_column("year").to_numpy() - years[0]
        persons[place, home, year] = grid.get_column("persons").to_numpy()
    return Cohort(regions, years, last, persons)


@dataclass(frozen=True)
class External:
    """People who come in from outside the cohort: adults, and pupils who live elsewhere.

    Attributes:
        expected: `[region, entry state]` persons a year.
        shape: Gamma shape of each: effective persons of the evidence.
    """

    expected: Float
    shape: Float


def inflow(
    cohort: Cohort,
    external: External,
    years: tuple[int, ...],
    *,
    key: tuple[int, str],
    sigma: float,
    weights: tuple[float, float, float],
) -> Callable[[range], Array]:
    """What the engine asks for: persons `[draw, region, year, entry state]`.

    The first entry state is grade 10. Each draw lives in one alternative of the projection, and its
    cohorts stray from it by a random walk in logs that starts after the last registered year (the
    same walk as in the other tables of a run). In the year before the first, grade 10 holds those
    who go on at the first count; they are the model's start, not its inflow.

    Args:
        cohort: Residents in grade 10.
        external: Those who come from outside it.
        years: School years drawn (start year).
        key: Seed and county.
        sigma: Standard deviation of a cohort's log error per √year.
        weights: Weight of main, low and high.

    Raises:
        NotFound: The projection does not reach the horizon.
    """
    # Those who are in grade 10 on 1 October of a year leave it the summer after.
    leaving = tuple(y + 1 for y in years)
    persons = cohort.of(leaving)

    def coming(draws: range) -> Array:
        score, factor = cohort_factors(leaving, cohort.registered, sigma, *key, draws)
        pupils = persons[alternatives(score, weights)] * factor[:, None, :]
        drawn = streams.gammas(*key, draws, Block.FLOW_ENTRY, external.shape)
        scale = np.divide(
            external.expected,
            external.shape,
            out=np.zeros(external.shape.shape),
            where=external.shape > 0,
        )
        others = np.repeat((drawn * scale)[:, :, None, :], len(years), axis=2)
        return np.concatenate([pupils[..., None], others], axis=3).astype(np.float32)

    return coming


def carry_over(population: pl.DataFrame, ages: tuple[int, int], years: int) -> pl.DataFrame:
    """Migration: how a cohort grows or shrinks from one year to the next where it lives.

    r_a = Σ_t N[a+1, t+1] / Σ_t N[a, t] over the last `years` registered pairs; above 1 where more
    move in than out. Deaths in these ages are some per ten thousand and lie in it.

    Args:
        population: As for `cohort`.
        ages: First and last age to leave.
        years: Pairs of years.

    Returns:
        `municipality_code`, `age`, `persons` (the denominator), `ratio`.
    """
    registered = population.filter(pl.col("basis") == "registered")
    last = int(registered.get_column("year").to_numpy().max(initial=0))
    before = registered.filter(
        pl.col("age").is_between(*ages), pl.col("year").is_between(last - years, last - 1)
    )
    after = registered.select(
        "municipality_code",
        (pl.col("age") - 1).alias("age"),
        (pl.col("year") - 1).alias("year"),
        pl.col("persons").alias("after"),
    )
    joined = before.join(after, on=["municipality_code", "age", "year"], how="inner")
    return (
        joined.group_by("municipality_code", "age")
        .agg(pl.col("persons").sum(), pl.col("after").sum())
        .with_columns((pl.col("after") / pl.col("persons")).alias("ratio"))
        .select("municipality_code", "age", "persons", "ratio")
        .sort("municipality_code", "age")
    )


def shares(successes: Float, trials: Float, *, floor: float, ceiling: float) -> Posterior:
    """Beta posteriors of a share per row, shrunk to all rows: participation, stay-in-region.

    Args:
        successes: Persons with the property `[row]`.
        trials: Persons asked for `[row]`.
        floor: Least κ.
        ceiling: Greatest κ.

    Returns:
        `[row, 2]`: with and without.
    """
    counts = np.stack([successes, trials - successes], axis=-1)
    mean = (counts.sum(axis=0) + 0.5) / (counts.sum() + 1)
    kappa = fit_kappa(counts, mean[None], floor=floor, ceiling=ceiling)
    return Posterior(counts + kappa.value * mean)


def declared(assumption: Assumption, rows: int) -> Posterior:
    """Beta posteriors of a declared share, `[row, 2]`: where no source counts it.

    Args:
        assumption: Has `share`.
        rows: Trades or regions it holds for.
    """
    with_it = assumption.evidence("share")
    return Posterior(np.tile([with_it, assumption.persons - with_it], (rows, 1)))


def labour_supply(
    certificates: Array,
    participation: Posterior,
    stays: Posterior,
    *,
    key: tuple[int, str],
    draws: range,
) -> Array:
    """S = C · P(in the labour force) · P(stays in the region), with drawn shares.

    Args:
        certificates: `[draw, trade, region, year]` persons.
        participation: Beta per trade `[trade, 2]`.
        stays: Beta per region `[region, 2]`.
        key: Seed and county.
        draws: The draws that `certificates` holds.

    Returns:
        float32 `[draw, trade, region, year]`.
    """
    works, stay = supply_shares(participation, stays, key=key, draws=draws)
    supply: Array = (certificates * works[:, :, None, None] * stay[:, None, :, None]).astype(
        np.float32
    )
    return supply


def supply_shares(
    participation: Posterior, stays: Posterior, *, key: tuple[int, str], draws: range
) -> tuple[Array, Array]:
    """Drawn shares in the labour force `[draw, trade]` and of those who stay `[draw, region]`.

    Args:
        participation: Beta per trade `[trade, 2]`.
        stays: Beta per region `[region, 2]`.
        key: Seed and county.
        draws: Which.
    """
    trades = len(participation.alpha)
    shape = np.concatenate([participation.alpha, stays.alpha])
    gamma = streams.gammas(*key, draws, Block.FLOW_SUPPLY, shape)
    share: Array = gamma[..., 0] / np.maximum(gamma.sum(axis=2), np.float32(1e-30))
    return share[:, :trades], share[:, trades:]
