"""What becomes of those who begin: completion by what they began on, as drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.errors import NotFound
from tasks.forecast.flow import reach
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
        ends: Kinds of end, or names of groups of them.
        shares: float32 `[draw, began, end, year]`: share who have reached the end after so many
            years; what is missing to one is still in education or out.
    """

    began: tuple[str, ...]
    ends: tuple[str, ...]
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
    found: Sequence[Outcomes], entrants: Float, published: pl.DataFrame, county: str
) -> CompletionCheck:
    """Hold the model's completion against the newest published cohort of the county.

    The published cohort began in another time and under another rule for re-choice: a gap is a
    question to the estimates, not a correction of them.

    Args:
        found: Followed from the areas of Vg1, in each group of regions that shares hold for.
        entrants: New pupils on each `[group, began]`, the weights.
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
    through = np.stack([one.completed(years) for one in found], axis=1)
    share = np.tensordot(through, entrants / entrants.sum(), axes=2)
    low, high = np.quantile(share, [0.1, 0.9])
    percent = float(newest.get_column("percent").sum())
    return CompletionCheck(
        cohort, years, percent / 100, float(share.mean()), float(low), float(high)
    )


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
    ends: Mapping[str, Index] | None = None,
) -> Outcomes:
    """Follow one who begins in each state, nobody else coming in (`reach.chances`).

    Args:
        model: The county's model.
        began: States to begin in.
        without_place: Beta per trade `[trade, 2]`: without a place, placed.
        seed: Seed of the run.
        county: County code.
        draws: Number of draws.
        years: Years followed.
        group: Group of regions whose shares hold.
        ends: Groups of states that nobody leaves, by name; the kinds of `ENDS` when left out.

    Raises:
        WrongUse: An end that is left again, or a model with a scenario's placement.
    """
    named = ends or {kind: model.space.where(kind) for kind in ENDS}
    (found,) = reach.chances(
        model,
        [reach.Way(began, tuple(named.values()), years)],
        without_place,
        groups=(group,),
        seed=seed,
        county=county,
        draws=draws,
        every_year=True,
    )
    codes = tuple(model.space.codes[i] for i in began)
    return Outcomes(codes, tuple(named), np.ascontiguousarray(found[:, :, 0].transpose(1, 2, 3, 0)))
