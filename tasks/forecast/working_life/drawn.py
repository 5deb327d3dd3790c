"""What the tables of working life are made from: drawn demand, and the student flow beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tasks.errors import NotFound
from tasks.forecast import labour, standing
from tasks.forecast.declared import Declared
from tasks.forecast.evaluation.series import Tested
from tasks.forecast.flow import assemble
from tasks.forecast.flow.assemble import County
from tasks.forecast.flow.states import Kind
from tasks.forecast.labour import Demand
from tasks.forecast.labour.forecaster import Employment
from tasks.forecast.marts import FLOW, LABOUR, Frames, of
from tasks.forecast.types import Array, Float


@dataclass(frozen=True)
class Drawn:
    """One run's demand, and what its supply is drawn from.

    Attributes:
        frames: The marts, named `flow.…` and `labour.…` after what the two call them.
        declared: Rules.
        needed: Demand, drawn; all the years that employment is forecast for.
        flow: The county's student flow.
        years: School years ahead (start year), from the last count on.
        key: Seed and county.
        draws: Number of draws.
        sigma: Log error of a cohort per √year.
        level: `[programme area, year]` what certificates are multiplied by, where the track record
            has another method than the flow (`candidates.level`); None: by nothing.
    """

    frames: Frames
    declared: Declared
    needed: Demand
    flow: County
    years: tuple[int, ...]
    key: tuple[int, str]
    draws: int
    sigma: float
    level: Float | None = None

    @property
    def regions(self) -> tuple[str, ...]:
        """Intake regions, in the order of the demand."""
        return self.needed.regions

    @property
    def both(self) -> tuple[int, ...]:
        """Years that both sides are forecast for."""
        return tuple(y for y in self.years if y in self.needed.years)

    @property
    def area_of(self) -> dict[str, str]:
        """Programme area of Vg2 that each trade builds on."""
        return dict(self.frames[f"{FLOW}trade_areas"].iter_rows())

    @property
    def codes(self) -> tuple[str, ...]:
        """Programme areas that candidates are counted by: those that the county's trades have."""
        trades, area_of = self.flow.model.space.units(Kind.CERTIFICATE), self.area_of
        return tuple(sorted({area_of[t] for t in trades if t in area_of}))


def draw(
    frames: Frames,
    declared: Declared,
    *,
    county: str,
    seed: int,
    draws: int,
    horizon: int,
    sigma: float,
    flow: County | None = None,
    employment: Tested | None = None,
) -> Drawn:
    """Draw demand, and lay the flow that supply is drawn from beside it.

    Args:
        frames: The marts, named `flow.…` and `labour.…` after what the two call them.
        declared: Rules.
        county: County code.
        seed: Seed of the run.
        draws: Number of draws.
        horizon: School years after the last count.
        sigma: Log error of a cohort per √year.
        flow: The county's flow for the horizon, where it has been built already.
        employment: The test of employment by industry, which says what it goes by (law 6); None:
            the ensemble as it is.

    Raises:
        NotFound: A mart that either side cannot do without is empty, or the two have too few years
            together.
    """
    model = labour.fit(
        of(frames, LABOUR), declared.labour, county=county, seed=seed, horizon=horizon
    )
    if employment is not None:
        model = held(model, employment, draws, declared.standards.size_bounds)
    needed = labour.simulate(model, draws)
    flow = flow or assemble.build(of(frames, FLOW), county, declared.flow, horizon)
    last = int(frames[f"{FLOW}pupils"].get_column("school_year_start").to_numpy().max())
    years = tuple(range(last + 1, last + 1 + horizon))
    drawn = Drawn(frames, declared, needed, flow, years, (seed, county), draws, sigma)
    window = declared.labour.tightness_window
    if len(drawn.both) < window:
        raise NotFound(
            subject="arbeidslivets behov mot tilbudet",
            expected=f"minst {window} år som både elever og sysselsatte er framskrevet for",
            got=str(len(drawn.both)),
            remedy="velg en lengre horisont, eller hent nyere tall for sysselsatte",
        )
    return drawn


def held(model: labour.Model, test: Tested, draws: int, bounds: tuple[float, ...]) -> labour.Model:
    """The model with its industries held to the track record of employment.

    Where a benchmark has won, growth is multiplied per industry, region and year by benchmark over
    the ensemble's mean; the draws keep their spread in proportion (`standing.of`).

    Args:
        model: As from `labour.fit`.
        test: Of `series.EMPLOYED`.
        draws: Draws behind the mean.
        bounds: Lower bounds of the size classes of intervals.
    """
    data = model.data
    expected = model.industries(range(draws))[..., 1:]
    regions, industries, years = expected.shape
    going_by = standing.of(
        test,
        Employment.name,
        counted=data.industry.transpose(2, 1, 0).reshape(-1, len(data.years)),
        expected=expected.reshape(-1, years),
        horizons=tuple(range(1, years + 1)),
        bounds=bounds,
    )
    factor = going_by.factor.reshape(regions, industries, years)
    return replace(model, held=np.concatenate([np.ones((regions, industries, 1)), factor], axis=2))


def in_years(needed: Demand, years: tuple[int, ...]) -> Demand:
    """The demand of some of its years."""
    at = [needed.years.index(y) for y in years]
    return replace(
        needed,
        years=years,
        strict=needed.strict[..., at],
        flexible=needed.flexible[..., at],
        reachable=needed.reachable[..., at],
        expansion=needed.expansion[..., at],
        replacement=needed.replacement[..., at],
        openings=needed.openings[..., at],
    )


def with_county(needed: Demand) -> Demand:
    """With the whole county as a last region, summed draw by draw: intervals do not add."""
    return replace(needed, strict=and_sum(needed.strict), flexible=and_sum(needed.flexible))


def and_sum(array: Array) -> Array:
    """`[draw, area, region, …]` with the sum of the regions as a last one."""
    whole: Array = np.concatenate([array, array.sum(axis=2, keepdims=True)], axis=2)
    return whole


def membership(frames: Frames, homes: tuple[str, ...], regions: tuple[str, ...]) -> Float:
    """0/1 `[region, home]`; those who live outside the county belong to none."""
    rows = frames[f"{FLOW}regions"].filter(pl.col("kind") == "intake")
    region_of = dict(rows.select("municipality_code", "region_code").iter_rows())
    return np.array([[region_of.get(h) == r for h in homes] for r in regions], np.float64)


# The frame and column that tell which period a dataset is of.
_PERIODS = {
    "ssb_employed_by_industry": ("labour.employed_by_area_industry", "year"),
    "ssb_employed_by_occupation": ("labour.employed_by_occupation", "year"),
    "ssb_employed_by_occupation_education": (
        "labour.employed_by_occupation_education_level",
        "year",
    ),
    "county_occupation": ("labour.employed_by_area_occupation", "year"),
    "county_transitions": ("flow.transitions", "next_counted_on"),
    "county_contracts": ("flow.contracts", "counted_on"),
    "county_certificates": ("flow.certificates", "year"),
    "county_apprentice_placement": ("flow.placement", "counted_on"),
    "nav_survey_county": ("labour.enterprise_survey_by_county", "year"),
    "nav_survey_occupation": ("labour.enterprise_survey_by_occupation_group", "year"),
}
# Several deliveries make one table of months: its newest month is that of them all.
_MONTHLY = ("nav_job_seekers_and_vacancies", "nav_job_seekers", "nav_vacancies")
_MONTHS = f"{LABOUR}labour_market_by_county_occupation_month"


def periods(frames: Frames) -> dict[str, str]:
    """Newest period of each dataset that has figures: a year, a month or an ISO date."""
    newest = {
        dataset: frames[frame].get_column(column).max()
        for dataset, (frame, column) in _PERIODS.items()
        if column in frames[frame].columns
    }
    told = {dataset: str(period) for dataset, period in newest.items() if period is not None}
    months = frames[_MONTHS]
    if "month" in months.columns and len(months):
        (last,) = months.select(pl.col("month").max().dt.strftime("%Y-%m")).to_series()
        told |= dict.fromkeys(_MONTHLY, last)
    return told
