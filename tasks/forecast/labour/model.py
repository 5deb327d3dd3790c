"""What the draws are made from, and the draws of occupations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tasks.errors import WrongUse
from tasks.forecast.firmness import CONFIDENCE
from tasks.forecast.labour import expansion, matching, openings, replacement, staffing
from tasks.forecast.labour.frames import Frames, build
from tasks.forecast.labour.levers import Levers, of_scenario, with_jobs, with_norms
from tasks.forecast.labour.types import Industries, IndustrySeries, LabourData, LabourRules
from tasks.forecast.scenario import Scenario
from tasks.forecast.types import Array, Float, Index

# What employment by occupation is forecast from: industries and the staffing shares that tie
# occupations to them, or the counted series of the occupation groups themselves.
INDUSTRY, OCCUPATION = "industry", "occupation"
# What is drawn independently of the rest: the alternative of the projection, growth of industries,
# their staffing shares, and exit rates.
POPULATION, GROWTH, STAFFING, REPLACEMENT = "population", "growth", "staffing", "replacement"


@dataclass(frozen=True)
class Parts:
    """Quantities of occupations in some draws, persons.

    Attributes:
        employed: `[draw, occupation, region, 1 + year]`, the last counted year first.
        expansion: `[draw, occupation, region, year]`, signed.
        replacement: Same shape.
        openings: Same shape, never below 0.
    """

    employed: Array
    expansion: Array
    replacement: Array
    openings: Array


@dataclass(frozen=True)
class Model:
    """Everything estimated: `parts` draws from it, the same bytes for the same draw.

    Attributes:
        data: The marts on common axes.
        rules: Declared assumptions.
        staffing: Employment in the last year, and what it follows.
        ensemble: Weights and errors of the members.
        said: What each member says (`expansion.members`).
        replacement: Exit rates.
        matching: From occupations to programme areas.
        county: County code, part of the stream's key.
        seed: Seed of the run.
        basis: `industry`, or `occupation`: the groups' own series, which no staffing shares touch.
        held: `[region, industry, 1 + year]` what drawn growth of industries is multiplied by, where
            the track record has another method than the ensemble; None: by nothing.
    """

    data: LabourData
    rules: LabourRules
    staffing: staffing.Staffing
    ensemble: expansion.Ensemble
    said: Float
    replacement: replacement.Replacement
    matching: matching.Matching
    county: str
    seed: int
    basis: str = INDUSTRY
    held: Float | None = None

    def parts(
        self,
        draws: range,
        levers: Levers | None = None,
        crossed: Mapping[str, range] | None = None,
    ) -> Parts:
        """Employment, expansion, replacement and openings by occupation in these draws.

        Args:
            draws: Which.
            levers: What a scenario does to them (`levers.of_scenario`).
            crossed: Other draws, as many, of some of `POPULATION`, `GROWTH`, `STAFFING` and
                `REPLACEMENT`: to tell them apart (`tasks.forecast.reasons`).
        """
        data, of = self.data, crossed or {}
        keys = {
            name: (self.seed, self.county, of.get(name, draws))
            for name in (POPULATION, GROWTH, STAFFING, REPLACEMENT)
        }
        lives = expansion.lived_in(self.rules, keys[POPULATION])
        if levers is not None and levers.alternative is not None:
            lives = np.full_like(lives, levers.alternative)
        of_groups = self._growth(lives, keys[GROWTH], keys[STAFFING])
        if levers is not None:
            of_groups = with_jobs(of_groups, levers, data.group[-1])
        employed = openings.of_occupations(of_groups, self.staffing.employed, data.group_of)
        if levers is not None:
            employed = with_norms(employed, levers, lives)
        signed = expansion.expansion_demand(employed)
        factor = openings.replacement_factor(self.replacement.spread, keys[REPLACEMENT])
        leavers = openings.replacement_demand(
            employed, self.replacement, factor, self.rules.replacement_cap
        )
        return Parts(employed, signed, leavers, openings.openings(signed, leavers))

    def _growth(
        self, lives: Index, key: tuple[int, str, range], staffed: tuple[int, str, range]
    ) -> Array:
        """Growth of groups `[draw, region, group, 1 + year]`."""
        if self.basis == OCCUPATION:
            return expansion.draw(self.said, self.data.group[-1], self.ensemble, lives, key)
        growth = expansion.draw(self.said, self.data.industry[-1], self.ensemble, lives, key)
        if self.held is not None:
            growth *= self.held.astype(np.float32)
        return expansion.group_growth(growth, self.staffing.drivers, self.staffing.misfit, staffed)

    def industries(self, draws: range) -> Float:
        """Mean employed per industry over these draws `[region, industry, 1 + year]`, persons."""
        key = (self.seed, self.county, draws)
        lives = expansion.lived_in(self.rules, key)
        growth = expansion.draw(self.said, self.data.industry[-1], self.ensemble, lives, key)
        mean: Float = growth.mean(axis=0, dtype=np.float64) * self.data.industry[-1].T[:, :, None]
        return mean

    @property
    def growth_confidence(self) -> str:
        """Weakest confidence that growth by occupation rests on."""
        return CONFIDENCE[0] if self.basis == OCCUPATION else self.staffing.confidence

    def levers(self, scenario: Scenario) -> Levers:
        """A planner's scenario on the axes of this model."""
        return of_scenario(scenario, self.data, self.staffing, self.years)

    @property
    def years(self) -> tuple[int, ...]:
        """Years ahead."""
        last = self.data.years[-1]
        return tuple(range(last + 1, last + 1 + self.said.shape[-1]))


def fit(
    frames: Frames,
    rules: LabourRules,
    *,
    county: str,
    seed: int,
    horizon: int,
    ensemble: expansion.Ensemble | None = None,
    basis: str = INDUSTRY,
) -> Model:
    """Estimate everything that the draws are made from.

    Args:
        frames: As `frames.build` wants them.
        rules: Declared assumptions.
        county: Code of the county.
        seed: Seed of the run.
        horizon: Years ahead.
        ensemble: Weights and errors from a track record kept elsewhere; made from the series at
            hand when it is not given.
        basis: `industry` or `occupation`.

    Raises:
        WrongUse: Another basis.
    """
    if basis not in (INDUSTRY, OCCUPATION):
        raise WrongUse(
            subject="arbeidslivets behov",
            expected=f"{INDUSTRY} eller {OCCUPATION}",
            got=basis,
            remedy="velg hva sysselsettingen skal framskrives fra",
        )
    data = build(frames, county)
    series = data if basis == INDUSTRY else group_series(data)
    said = expansion.members(series, rules, data.years[-1], horizon)
    chosen = ensemble or expansion.ensemble(expansion.backtest(series, rules), said, series)
    fitted = staffing.fit(data)
    return Model(
        data=data,
        rules=rules,
        staffing=fitted,
        ensemble=chosen,
        said=said,
        replacement=replacement.estimate(data, rules, horizon),
        matching=matching.fit(data, rules, fitted.employed),
        county=county,
        seed=seed,
        basis=basis,
    )


def group_series(data: LabourData) -> Industries:
    """The occupation groups as series of their own: counted in full, and no service's driver."""
    return IndustrySeries(
        data.groups, data.regions, data.years, data.group, data.population[..., :0], ()
    )
