"""What becomes of those who begin: completion by what they began on, as drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tasks.errors import NotFound
from tasks.forecast.flow.engine import simulate
from tasks.forecast.flow.model import Model
from tasks.forecast.flow.states import Kind
from tasks.forecast.flow.transitions import Posterior
from tasks.forecast.types import Array, Float, Index

# The ends that the share of completion counts; planned part of a trade is told apart.
COMPLETED = (Kind.CERTIFICATE, Kind.STUDY_COMPETENCE, Kind.VOCATIONAL_COMPETENCE)
ENDS = (*COMPLETED, Kind.PARTIAL_COMPETENCE, Kind.LEFT)


@dataclass(frozen=True)
class Outcomes:
    """Where those who began in a state are later, for one group of regions.

    Attributes:
        began: Code of each state begun in.
        ends: Kinds of end.
        shares: float32 `[draw, began, end, year]`: share who have reached the end after so many
            years; what is missing to one is still in education or out.
    """

    began: tuple[str, ...]
    ends: tuple[Kind, ...]
    shares: Array

    def completed(self, years: int) -> Array:
        """Share who have a certificate, study or vocational competence, `[draw, began]`."""
        chosen = [self.ends.index(kind) for kind in COMPLETED]
        share: Array = self.shares[:, :, chosen, years - 1].sum(axis=2)
        return share


# Outcomes of table 14882: completed with study or vocational competence, in time or later.
PUBLISHED_COMPLETED = ("01", "02")


@dataclass(frozen=True)
class CompletionCheck:
    """The model's completion beside the published one.

    Attributes:
        cohort: Year in which the published cohort began on Vg1.
        years: Years after it that it was looked at.
        published: Share completed, as published.
        model: Share completed in the model, mean over draws.
        low: Tenth percentile of the draws.
        high: Ninetieth percentile.
    """

    cohort: int
    years: int
    published: float
    model: float
    low: float
    high: float


def check_completion(
    found: Outcomes, entrants: Float, published: pl.DataFrame, county: str
) -> CompletionCheck:
    """Hold the model's completion against the newest published cohort of the county.

    The published cohort began in another time and under another rule for re-choice: a gap is a
    question to the estimates, not a correction of them.

    Args:
        found: Followed from the areas of Vg1.
        entrants: New pupils on each `[began]`, the weights.
        published: `mart.completion_by_county_cohort_outcome`.
        county: County code.

    Raises:
        NotFound: The county has no published cohort.
    """
    rows = published.filter(
        pl.col("county_code") == county, pl.col("outcome_code").is_in(PUBLISHED_COMPLETED)
    )
    newest = rows.filter(pl.col("cohort_start") == pl.col("cohort_start").max())
    if newest.get_column("percent").drop_nulls().len() < len(PUBLISHED_COMPLETED):
        raise NotFound(
            subject="gjennomføring etter kull",
            expected=f"et publisert kull for fylke {county}",
            got="ingen",
            remedy="hent ssb_completion på nytt",
        )
    cohort = int(newest.get_column("cohort_start")[0])
    years = int(newest.get_column("observed_year")[0]) - cohort
    share = found.completed(years) @ (entrants / entrants.sum())
    low, high = np.quantile(share, [0.1, 0.9])
    percent = float(newest.get_column("percent").sum())
    return CompletionCheck(
        cohort, years, percent / 100, float(share.mean()), float(low), float(high)
    )


class _Reached:
    """Sink: people in each kind of end."""

    def __init__(self, model: Model, shares: Array) -> None:
        self._places = [model.space.where(kind) for kind in ENDS]
        self._shares = shares

    def __call__(self, draws: range, block: Array) -> None:
        for end, states in enumerate(self._places):
            reached = block[:, states].sum(axis=1)
            self._shares[draws.start : draws.stop, :, end] = reached.transpose(1, 2, 0)


def outcomes(
    model: Model,
    began: Index,
    without_place: Posterior,
    *,
    seed: int,
    county: str,
    draws: int,
    years: int,
    group: int = 0,
) -> Outcomes:
    """Follow one who begins in each state, nobody else coming in.

    The same drawn shares as in the run of the county (same seed). A single person meets no queue:
    whether there is a place is drawn from the share of applicants who were left without one,
    `without_place`, for lack of places and by friction together.

    Args:
        model: The county's model.
        began: States to begin in.
        without_place: Beta per trade `[trade, 2]`: without a place, placed.
        seed: Seed of the run.
        county: County code.
        draws: Number of draws.
        years: Years followed.
        group: Group of regions whose shares hold.
    """
    count, trades = len(began), model.placement.spread.shape[0]
    start = np.zeros((count, model.space.count))
    start[np.arange(count), began] = 1.0
    placement = replace(
        model.placement,
        market=np.arange(count),
        places=np.full((count, trades, years), 2.0),
        spread=np.zeros(trades),
        friction=without_place,
    )
    followed = replace(
        model,
        group=np.full(count, group),
        regions=tuple(model.space.codes[i] for i in began),
        start=start,
        placement=placement,
    )
    shares = np.zeros((draws, count, len(ENDS), years), np.float32)
    entries = len(model.entry)

    def nobody(draws: range) -> Array:
        return np.zeros((len(draws), count, years, entries), np.float32)

    simulate(
        followed,
        nobody,
        [_Reached(followed, shares)],
        seed=seed,
        county=county,
        draws=draws,
        years=years,
    )
    return Outcomes(followed.regions, ENDS, shares)
