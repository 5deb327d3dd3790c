"""The whole chain: from the marts to drawn demand by programme area and region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.errors import WrongUse
from tasks.forecast.firmness import CONFIDENCE, is_firm
from tasks.forecast.labour import expansion, matching
from tasks.forecast.labour.frames import Frames
from tasks.forecast.labour.levers import Levers
from tasks.forecast.labour.model import INDUSTRY, Model, fit
from tasks.forecast.labour.types import LabourRules
from tasks.forecast.types import Array, Float, Index

CHUNK = 50


@dataclass(frozen=True)
class Demand:
    """Drawn demand, float32, persons a year.

    Attributes:
        model: What it was drawn from; `model.parts(draws)` gives occupations by region again.
        years: Years ahead: openings from the fourth quarter before to that of the year.
        strict: `[draw, target, region, year]` openings by where the occupation's people come from.
        flexible: The same with jobs of a two-digit group open to all of the group.
        reachable: `[target, region, year]` mean openings that the people of a target can reach;
            these do not add up over targets.
        expansion: `[draw, occupation, year]` signed, the whole county.
        replacement: The same.
        openings: The same: Σ over regions of max(0, expansion + replacement).
        coverage: `[target, region]` share of openings that rests on firm rows.
        rank: `[target]` place in `firmness.CONFIDENCE` of the weakest row behind.
    """

    model: Model
    years: tuple[int, ...]
    strict: Array
    flexible: Array
    reachable: Float
    expansion: Array
    replacement: Array
    openings: Array
    coverage: Float
    rank: Index

    @property
    def targets(self) -> tuple[str, ...]:
        """Programme areas and places outside them: the second axis of `strict`."""
        return self.model.data.targets

    @property
    def regions(self) -> tuple[str, ...]:
        """Intake regions: the third axis of `strict`."""
        return self.model.data.regions

    @property
    def robustness(self) -> Float:
        """`[target, region, year]`: mean flexible less mean strict demand, persons a year."""
        strict: Float = self.strict.mean(axis=0, dtype=np.float64)
        difference: Float = self.flexible.mean(axis=0, dtype=np.float64) - strict
        return difference

    @property
    def confidence(self) -> tuple[str, ...]:
        """Weakest of what each target rests on, the staffing shares with it."""
        seed = CONFIDENCE.index(self.model.growth_confidence)
        return tuple(CONFIDENCE[max(int(r), seed)] for r in self.rank)

    @property
    def employed(self) -> Float:
        """`[target, region]` persons at work today, by where their occupation recruits from."""
        people: Float = self.model.matching.strict.T @ self.model.staffing.employed
        return people

    def disclosed(self) -> pl.DataFrame:
        """Occupations whose exit rate was cut by the cap, or is uncertain, one row each.

        Grain: occupation. Rates are shares a year, means over regions weighted by persons.
        """
        model, data = self.model, self.model.data
        weight = model.staffing.employed / np.maximum(
            model.staffing.employed.sum(axis=1, keepdims=True), 1e-9
        )
        mean = {
            name: (getattr(model.replacement, name) * weight).sum(axis=1)
            for name in ("rate", "retirement", "switching", "uncapped", "capped")
        }
        return pl.DataFrame(
            {
                "occupation_code": list(data.occupations),
                **mean,
                "band_error": model.replacement.band_error,
                "yearly": model.replacement.yearly,
            }
        )


def demand(
    frames: Frames,
    rules: LabourRules,
    *,
    county: str,
    seed: int,
    draws: int,
    horizon: int,
    chunk: int = CHUNK,
    ensemble: expansion.Ensemble | None = None,
    basis: str = INDUSTRY,
) -> Demand:
    """Demand by programme area and region, drawn.

    Args:
        frames: The marts under their own names (`frames.REQUIRED`).
        rules: Declared assumptions.
        county: Code of the county.
        seed: Seed of the run.
        draws: Number of draws.
        horizon: Years ahead of the last year of employment.
        chunk: Draws held in work at a time; it does not change the answer.
        ensemble: Weights and errors from a track record kept elsewhere.
        basis: `industry` (industries and staffing shares) or `occupation` (the groups' own series).

    Raises:
        NotFound: A mart that the model cannot do without is empty.
        ConfigurationError: Reference data that do not hang together.
        WrongUse: No draws or no years asked for.
    """
    if draws < 1 or horizon < 1:
        raise WrongUse(
            subject="arbeidslivets behov",
            expected="minst én trekning og ett år",
            got=f"{draws} trekninger, {horizon} år",
            remedy="be om flere trekninger eller en lengre horisont",
        )
    model = fit(
        frames, rules, county=county, seed=seed, horizon=horizon, ensemble=ensemble, basis=basis
    )
    return simulate(model, draws, chunk)


def simulate(model: Model, draws: int, chunk: int = CHUNK, levers: Levers | None = None) -> Demand:
    """Draw demand from an estimated model, chunk by chunk.

    Args:
        model: As from `fit`.
        draws: Number of draws.
        chunk: Draws held in work at a time; it does not change the answer.
        levers: What a scenario does to the draws; the random numbers stay the same.
    """
    data, horizon = model.data, model.said.shape[-1]
    shape = (len(data.targets), len(data.regions), horizon)
    strict, flexible = (np.empty((draws, *shape), np.float32) for _ in range(2))
    county = [np.empty((draws, len(data.occupations), horizon), np.float32) for _ in range(3)]
    mean = np.zeros((len(data.occupations), *shape[1:]))
    for start in range(0, draws, chunk):
        part = range(start, min(start + chunk, draws))
        at = slice(part.start, part.stop)
        drawn = model.parts(part, levers)
        strict[at] = matching.demand(drawn.openings, model.matching.strict)
        flexible[at] = matching.demand(drawn.openings, model.matching.flexible)
        for out, values in zip(
            county, (drawn.expansion, drawn.replacement, drawn.openings), strict=True
        ):
            out[at] = values.sum(axis=2)
        # Along the first axis numpy adds in order: the sum does not depend on the size of a chunk.
        mean = np.add.reduce(np.concatenate([mean[None], drawn.openings]), axis=0)
    mean /= draws
    return Demand(
        model=model,
        years=model.years,
        strict=strict,
        flexible=flexible,
        reachable=matching.reachable(mean, model.matching, model.rules.reach_share),
        expansion=county[0],
        replacement=county[1],
        openings=county[2],
        coverage=matching.coverage(
            model.matching, mean.sum(axis=-1), is_firm([model.growth_confidence])
        ),
        rank=matching.weakest_rank(model.matching, mean.sum(axis=(1, 2))),
    )
