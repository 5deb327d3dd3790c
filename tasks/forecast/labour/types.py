"""What the labour-market part reads: declared rules, and the marts on common axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl

from tasks.forecast.types import Float, Index

ALTERNATIVES = ("main", "low", "high")
# The source's own caveat; it travels with every gap (Statistics Norway, projection of supply and
# demand for education).
CAVEAT = (
    "Statistisk sentralbyrå om slike framskrivinger: Forskjellen mellom tilbud og etterspørsel "
    "skal ikke tolkes som framskrevet arbeidsledighet eller mangel på arbeidskraft."
)


@dataclass(frozen=True)
class Service:
    """A public service whose staff follows the population.

    Attributes:
        name: Name of the table in `age_use.toml`.
        industry: Industry code of the marts.
        weight: Staff of the service in the nation (full-time equivalents).
        first_age: First age of each group, rising from 0.
        use: Use per person in each group.
        confidence: Word of `firmness.CONFIDENCE`.
    """

    name: str
    industry: str
    weight: float
    first_age: tuple[int, ...]
    use: tuple[float, ...]
    confidence: str

    def by_age(self, ages: int) -> Float:
        """Use per person `[age 0 … ages − 1]`."""
        place = np.searchsorted(self.first_age, np.arange(ages), side="right") - 1
        return np.asarray(self.use, np.float64)[place]


@dataclass(frozen=True)
class LabourRules:
    """What a planner has declared about the labour market (`data/reference/rules/labour.toml`).

    Attributes:
        trend_years: Years in the trend of an industry.
        damping: Share of the trend left for each year ahead.
        replacement_years: Yearly transitions pooled in the exit rates.
        replacement_cap: Highest exit rate of an occupation, share a year.
        retirement_age: First age at which leaving counts as retirement.
        survey_interval: Coverage of the survey's interval (probability).
        normal_years: Years whose median is the unemployment of a normal year.
        waterfall_min: Fewest persons behind a share before a wider basis is used.
        reach_share: Least share of an occupation's people for it to be open to a programme area.
        tightness_window: Years added in the tightness.
        tightness_limits: Four rising limits of the ratio of supply to openings.
        lead_years: Years from intake to work: vocational (Vg1), vocational_vg2, general,
            vocational_college.
        completion_years: Years within which a trade certificate counts: vocational (Vg1),
            vocational_vg2.
        certainty: Least probability of a class.
        projection_weights: Weights of the population alternatives main, low, high; sum 1.
        services: Public services that follow the population.
        nav_groups: Occupation prefixes of each of the survey's occupation groups.
        nav_confidence: How sure those prefixes are.
    """

    trend_years: int
    damping: float
    replacement_years: int
    replacement_cap: float
    retirement_age: int
    survey_interval: float
    normal_years: int
    waterfall_min: float
    reach_share: float
    tightness_window: int
    tightness_limits: tuple[float, float, float, float]
    lead_years: dict[str, int]
    completion_years: dict[str, int]
    certainty: float
    projection_weights: tuple[float, float, float]
    services: tuple[Service, ...]
    nav_groups: dict[str, tuple[str, ...]]
    nav_confidence: str


class Industries(Protocol):
    """What the ensemble of industries reads: `LabourData`, or `IndustrySeries` alone."""

    @property
    def industries(self) -> tuple[str, ...]:
        """Industry groups."""
        ...

    @property
    def regions(self) -> tuple[str, ...]:
        """Regions."""
        ...

    @property
    def years(self) -> tuple[int, ...]:
        """Years of employment, consecutive."""
        ...

    @property
    def industry(self) -> Float:
        """`[year, industry, region]` employed."""
        ...

    @property
    def population(self) -> Float:
        """`[alternative, region, age, year]` persons on 1 January."""
        ...

    @property
    def population_years(self) -> tuple[int, ...]:
        """Years of the population, consecutive."""
        ...


@dataclass(frozen=True)
class IndustrySeries:
    """Employment by industry and region alone, for a track record.

    Attributes:
        industries: Industry groups.
        regions: Regions.
        years: Years of employment, consecutive.
        industry: `[year, industry, region]` employed.
        population: `[alternative, region, age, year]`; may be empty.
        population_years: Years of the population.
    """

    industries: tuple[str, ...]
    regions: tuple[str, ...]
    years: tuple[int, ...]
    industry: Float
    population: Float
    population_years: tuple[int, ...]


@dataclass(frozen=True)
class LabourData:
    """The marts on common axes. NaN is a cell that is closed or not published.

    Attributes:
        industries: Industry groups.
        groups: Occupations of two digits, STYRK-08.
        occupations: Occupations of three digits: the axis of demand.
        codes: Occupations of four digits: the axis of the crosswalk.
        regions: Intake regions.
        targets: Programme areas and places outside them (`UH`, `FS`, `INGEN`, `UKJENT`).
        programmes: Programme code of each target; the target itself outside the programme areas.
        group_of: Place in `groups` of each occupation.
        occupation_of: Place in `occupations` of each code.
        years: Years of employment, fourth quarter, consecutive.
        industry: `[year, industry, region]` employed by place of work.
        group: `[year, group, region]` employed.
        code_county: `[code]` employed in the county in the last year.
        code_region: `[code, region]` employed in the last year.
        national_years: Years of the national figures by age.
        national_edges: First age of each national age group, and one past the last age.
        national: `[year, code, age group]` employed in the nation.
        county_edges: First age of each of the county's age groups, and one past the last age.
        group_age: `[group, region, age group]` employed in the last year.
        group_age_county: `[group, age group]` the same, the whole county.
        level: `[group, education level]` employed in the nation; empty without the table.
        levels: Education levels of `level`.
        seed: `[group, industry]` share of an industry's employed by occupation, the crosswalk.
        seed_confidence: Weakest confidence of the seed.
        weight: `[code, target]` share of an occupation's people who come by the target.
        weight_confidence: `[code, target]` place in `firmness.CONFIDENCE`; −1 without a row.
        population: `[alternative, region, age, year]` persons on 1 January.
        population_years: Years of the population, consecutive.
        registered: Last registered year of the population.
        region_of: Intake region of each municipality.
        notes: What was missing or closed and what was done: `what`, `cells`, `of`, `done`.
    """

    industries: tuple[str, ...]
    groups: tuple[str, ...]
    occupations: tuple[str, ...]
    codes: tuple[str, ...]
    regions: tuple[str, ...]
    targets: tuple[str, ...]
    programmes: tuple[str, ...]
    group_of: Index
    occupation_of: Index
    years: tuple[int, ...]
    industry: Float
    group: Float
    code_county: Float
    code_region: Float
    national_years: tuple[int, ...]
    national_edges: tuple[int, ...]
    national: Float
    county_edges: tuple[int, ...]
    group_age: Float
    group_age_county: Float
    level: Float
    levels: tuple[str, ...]
    seed: Float
    seed_confidence: str
    weight: Float
    weight_confidence: Index
    population: Float
    population_years: tuple[int, ...]
    registered: int
    region_of: dict[str, str]
    notes: pl.DataFrame

    @property
    def code_group(self) -> Index:
        """Place in `groups` of each code."""
        return self.group_of[self.occupation_of]

    def to_occupations(self, by_code: Float) -> Float:
        """Sum over codes of four digits `[code, …]` to occupations `[occupation, …]`."""
        out = np.zeros((len(self.occupations), *by_code.shape[1:]))
        np.add.at(out, self.occupation_of, by_code)
        return out

    def to_groups(self, by_occupation: Float) -> Float:
        """Sum over occupations `[occupation, …]` to groups `[group, …]`."""
        out = np.zeros((len(self.groups), *by_occupation.shape[1:]))
        np.add.at(out, self.group_of, by_occupation)
        return out
