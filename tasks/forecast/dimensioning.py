"""The forecast of a run, from its frames: drawn by the flow, held to the track record."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tasks.forecast import panel as panels
from tasks.forecast import pupils, standing, streams
from tasks.forecast.declared import Declared
from tasks.forecast.evaluation import record, series
from tasks.forecast.evaluation.frames import Known, Wide
from tasks.forecast.evaluation.models import AGEING
from tasks.forecast.evaluation.pupils import PER_PUPIL, PUPILS, ratios
from tasks.forecast.evaluation.series import (
    APPLICANTS_PER_PROGRAMME,
    PERSONS,
    PUPILS_PER_PROGRAMME,
    Tested,
)
from tasks.forecast.flow.assemble import County
from tasks.forecast.marts import Frames
from tasks.forecast.panel import Panel
from tasks.forecast.standing import Standing
from tasks.forecast.streams import Block
from tasks.forecast.types import Array, Axes, Float, Forecast, WorkingLife
from tasks.forecast.working_life import Intake


@dataclass(frozen=True)
class Dimensioning:
    """What a run forecasts, and what it stands on.

    Attributes:
        panel: Counts on common axes.
        forecast: Drawn futures.
        sigma: Log error of a cohort per √year.
        flow: The county's student flow, built for the horizon.
        tests: The tests of what the run's figures rest on, by name of the series.
        track_record: Table `track_record`, as `record.RECORD`.
        pupils: What the pupils go by.
        applicants: What the applicants go by.
    """

    panel: Panel
    forecast: Forecast
    sigma: float
    flow: County
    tests: dict[str, Tested]
    track_record: pl.DataFrame
    pupils: Standing
    applicants: Standing


def forecast(
    frames: Frames,
    declared: Declared,
    *,
    county: str,
    seed: int,
    draws: int,
    horizon: int,
) -> Dimensioning:
    """Pupils and applicants for `horizon` school years after the last count.

    Args:
        frames: As `run_inputs.read` names them.
        declared: The planner's rules.
        county: County code, part of the streams' keys.
        seed: Seed of the run.
        draws: Number of draws.
        horizon: School years ahead.

    Raises:
        NotFound: A file that the student flow cannot do without has not been delivered.
    """
    counted = panels.build(frames)
    tests = series.in_a_run(series.Given(frames, declared, county))
    sigma = cohort_error(tests.get(PERSONS))
    key = seed, county
    flow = pupils.build(frames, county, declared.flow, horizon)
    people = pupils.drawn(
        flow,
        counted,
        weights=declared.rules.projection_weights,
        sigma=sigma,
        key=key,
        draws=draws,
        horizon=horizon,
    )
    ahead = tuple(range(1, horizon + 1))
    bounds = declared.standards.size_bounds
    by_programme = counted.programme_groups()
    going_by = standing.of(
        tests.get(PUPILS_PER_PROGRAMME),
        pupils.FLOW,
        counted=(by_programme @ counted.pupils.sum(axis=2).T),
        expected=_of_programmes(people, counted).mean(axis=0, dtype=np.float64),
        horizons=ahead,
        bounds=bounds,
    )
    people = pupils.held(
        people,
        counted,
        going_by.factor,
        going_by.stretch,
        _errors(going_by, key, draws, Block.MODEL_ERROR),
    )
    years = tuple(counted.years[-1] + h for h in ahead)
    ratio, applying = _applicants(
        frames, counted, people, tests.get(APPLICANTS_PER_PROGRAMME), declared, key
    )
    axes = Axes(counted.areas, counted.homes, years)
    rows = [test.rows for test in tests.values()]
    return Dimensioning(
        counted,
        Forecast(axes, people, ratio),
        sigma,
        flow,
        tests,
        pl.concat([pl.DataFrame(schema=record.RECORD), *rows]),
        going_by,
        applying,
    )


def with_needs(made: Dimensioning, found: Intake | None, entry_age: int) -> Forecast:
    """The forecast with what working life needs beside the pupils.

    A region's need is laid on its homes as the young people of the entry age live there, on the
    last registered 1 January.

    Args:
        made: The forecast and its panel.
        found: Demand and need of intake on the same draws; None: not known.
        entry_age: Age of those who begin on Vg1.
    """
    if found is None:
        return made.forecast
    panel = made.panel
    year, age = panel.population_years.index(panel.registered), panel.ages.index(entry_age)
    young = panel.population[0, :, age, year]
    inside = np.array([[r == code for r in panel.region] for code in found.regions], np.float64)
    living = inside * young
    share = living / np.maximum(living.sum(axis=1, keepdims=True), 1e-9)
    life = WorkingLife(found.codes, found.regions, share, found.years, found.demand, found.need)
    return replace(made.forecast, working_life=life)


def cohort_error(test: Tested | None) -> float:
    """Log error of a cohort per √year: root mean square over the test's origins and horizons.

    The run uses the official projection, of which too few editions are at hand to be tested: the
    errors of plain ageing stand in for its own. 0 without a test.
    """
    if test is None:
        return 0.0
    pairs = test.pairs.filter(pl.col("model") == AGEING, pl.col("actual") > 0, pl.col("q50") > 0)
    if pairs.is_empty():
        return 0.0
    scaled = (pl.col("q50") / pl.col("actual")).log() / pl.col("horizon").sqrt()
    return float(pairs.select((scaled**2).mean().sqrt()).item())


def _of_programmes(people: Array, counted: Panel) -> Array:
    """`[draw, programme, year]`."""
    groups = counted.programme_groups().astype(np.float32)
    sums: Array = np.einsum("pa,day->dpy", groups, people.sum(axis=2))
    return sums


def _errors(going_by: Standing, key: tuple[int, str], draws: int, block: Block) -> Float:
    """Drawn error of a benchmark `[draw, unit, year]`, mean one: one fate for all its years."""
    spread = going_by.spread
    if not spread.any():
        return np.ones((1, *spread.shape))
    z = streams.normals(*key, range(draws), block, (len(spread), 1))
    found: Float = np.exp(spread * z - spread**2 / 2)
    return found


def _applicants(
    frames: Frames,
    counted: Panel,
    people: Array,
    test: Tested | None,
    declared: Declared,
    key: tuple[int, str],
) -> tuple[Array, Standing]:
    """Applicants per pupil `[draw, area]`, and what it goes by.

    The published series is the county's, per programme: all areas and homes of a programme have
    its ratio. It is that of the first year not yet applied for, and holds in all.
    """
    known = _published(frames, counted, key[1])
    draws, years = people.shape[0], people.shape[3]
    ratio, spread = ratios(known, declared.rules.mean_years)
    # Nobody has counted applicants: one for each pupil.
    ratio = np.nan_to_num(ratio, nan=1.0)
    expected = _of_programmes(people, counted).mean(axis=0, dtype=np.float64) * ratio[:, None]
    behind = known.origin - counted.years[-1]
    going_by = standing.of(
        test,
        PER_PUPIL,
        counted=known.series.values,
        expected=expected,
        horizons=tuple(h - behind for h in range(1, years + 1)),
        bounds=declared.standards.size_bounds,
    )
    first = min(max(behind, 0), years - 1)
    sigma = np.hypot(spread * going_by.stretch[:, first], going_by.spread[:, first])
    z = streams.normals(*key, range(draws), Block.APPLICANTS, (len(ratio),))
    level = ratio * going_by.factor[:, first] * np.exp(sigma * z - sigma**2 / 2)
    programme = [counted.programmes.index(p) for p in counted.programme]
    return level[:, programme].astype(np.float32), going_by


def _published(frames: Frames, counted: Panel, county: str) -> Known:
    """Applicants of all types per programme and year, with the pupils beside them."""
    rows = frames["applicants"].filter(
        pl.col("county_code") == county,
        pl.col("applicant_type") == "all",
        pl.col("programme_code").is_in(counted.programmes),
        pl.col("applicants").is_not_null(),
    )
    sums = counted.programme_groups() @ counted.pupils.sum(axis=2).T
    beside = Wide(counted.programmes, counted.years, sums)
    if rows.is_empty():
        nobody = Wide(counted.programmes, counted.years, np.full(sums.shape, np.nan))
        return Known(nobody, {PUPILS: beside})
    found = rows.get_column("year").unique().sort().to_list()
    years = tuple(range(int(found[0]), int(found[-1]) + 1))
    values = np.full((len(counted.programmes), len(years)), np.nan)
    at = rows.get_column("programme_code").replace_strict(
        list(counted.programmes), list(range(len(counted.programmes)))
    )
    values[at.to_numpy(), rows.get_column("year").to_numpy() - years[0]] = rows.get_column(
        "applicants"
    ).to_numpy()
    return Known(Wide(counted.programmes, years, values), {PUPILS: beside})
