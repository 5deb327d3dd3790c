"""Builds the model of a county from the marts' frames: every edge with its evidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.errors import ConfigurationError
from tasks.forecast.flow import apprentices, cohort, states
from tasks.forecast.flow.apprentices import Friction, Placement
from tasks.forecast.flow.calibration import Calibration, calibrate
from tasks.forecast.flow.cohort import Cohort, External
from tasks.forecast.flow.evidence import (
    Frames,
    Homes,
    School,
    Training,
    homes,
    placements,
    said,
    school,
    training,
)
from tasks.forecast.flow.model import Model
from tasks.forecast.flow.returns import again
from tasks.forecast.flow.rows import Areas, Rows
from tasks.forecast.flow.school_edges import choices, entry, found_in_training, leaving_school
from tasks.forecast.flow.start import entry_states, external, start, with_elsewhere
from tasks.forecast.flow.states import (
    APPRENTICE,
    CANDIDATE,
    EXTERNAL,
    ON_THE_JOB,
    PRACTICE_LETTER,
    Kind,
    StateSpace,
)
from tasks.forecast.flow.training_edges import adults, begun, in_training, none_of
from tasks.forecast.flow.transitions import Kappa, Posterior
from tasks.forecast.flow.types import FlowRules
from tasks.forecast.types import Float


@dataclass(frozen=True)
class County:
    """A model and what it was built from, for tables and for the page of the method.

    Attributes:
        model: What the engine draws from.
        residents: Cohorts in grade 10, for `cohort.inflow`.
        outside: Adults who come in, for `cohort.inflow`.
        school: Destinations of pupils, with both κ and ρ.
        homes: Pupils by home.
        training: Contracts and certificates.
        friction: ε with its κ and ρ.
        without_place: Share of applicants without a place, for lack of places and by friction
            together, for `outcomes.outcomes`.
        kappas: κ of the shares that differ between intake regions, by what they are of.
        hazards: In training, by trade `[trade]` → `[year, (certificate, left, stay)]`.
        calibration: How far the shares were from the counts of pupils.
    """

    model: Model
    residents: Cohort
    outside: External
    school: School
    homes: Homes
    training: Training
    friction: Friction
    without_place: Posterior
    kappas: dict[str, Kappa]
    hazards: dict[str, Posterior]
    calibration: Calibration


def build(frames: Frames, county: str, rules: FlowRules, years: int) -> County:
    """The county's model.

    Args:
        frames: `programme_areas`, `trade_areas`, `transitions`, `contracts`, `certificates`,
            `placement`, `intention`, `adult_modules`, `college`, `completion`, `pupils`,
            `population`, `regions`: the marts, see `evidence` and `start`.
        county: County code.
        rules: Declared assumptions.
        years: School years ahead.

    Raises:
        NotFound: A frame that the model cannot do without is empty.
        ConfigurationError: An area whose pupils go nowhere, or no published completion.
    """
    at_school, at_home = school(frames, rules), homes(frames)
    trained = training(frames, county, rules)
    space = _space(frames, at_home, trained, rules)
    areas = Areas.of(space, frames["programme_areas"])
    rows = Rows(int(at_home.intake.max()) + 1)
    residents = with_elsewhere(
        cohort.cohort(frames["population"], at_home.regions), at_home, at_school
    )
    counted = residents.of((*at_home.years, at_home.years[-1] + 1))[0]
    completed = _completed(frames, county)
    ended = trained.certificates[APPRENTICE].sum(axis=1).mean() * (1 - completed) / completed
    placed = placements(frames, trained.trades, rules)
    found = found_in_training(at_school, trained, placed)
    without = _without_place(*placed, rules)
    repeated = again(found, without.mean[:, 0], rules)
    new_pupils = entry(areas, at_home, at_school, counted, float(ended), repeated.not_out, rules)
    kappas = choices(rows, areas, at_school, at_home, rules, new_pupils)
    leaving_school(rows, areas, at_school, trained, placed, rules)
    hazards = in_training(rows, space, trained, completed, rules)
    adults(rows, space, frames, county, trained, completed, rules)
    edges, alpha, common = rows.arrays(space)
    begun_by_trade = begun(trained, completed)
    mean = np.maximum(begun_by_trade.mean(axis=0), 1.0)
    # What the market offers is what school leavers and those who apply again have got of all
    # contracts begun; where the register shows more school leavers than the books have contracts,
    # the register holds.
    youth = np.maximum(found / mean, np.minimum((found + repeated.placed) / mean, 1.0))
    places, spread = apprentices.capacity(
        begun_by_trade, trained.running[APPRENTICE][-1], *said(frames, county, trained.trades)
    )
    friction = _friction(*placed, begun_by_trade, rules)
    model = Model(
        space=space,
        edges=edges,
        alpha=alpha,
        common=common,
        group=at_home.intake,
        regions=at_home.regions,
        start=start(
            space,
            frames,
            county,
            at_home,
            trained,
            new_pupils.out,
            repeated.persons,
            hazards,
            rules,
            counted[:, -1],
        ),
        entry=entry_states(space),
        placement=Placement(
            market=np.zeros(len(at_home.regions), np.intp),
            places=np.repeat((places * youth)[None, :, None], years, axis=2),
            spread=spread,
            friction=friction.posterior,
        ),
    )
    others = mean * np.maximum(1 - youth, 0.0)
    model, calibration = calibrate(
        model,
        *_steps(model, at_home, counted, rules.years),
        rules.calibration,
    )
    return County(
        model=model,
        calibration=calibration,
        residents=residents,
        outside=external(space, frames, county, at_home, trained, completed, others, rules),
        school=at_school,
        homes=at_home,
        training=trained,
        friction=friction,
        without_place=without,
        kappas=kappas,
        hazards=hazards,
    )


def _space(frames: Frames, at_home: Homes, trained: Training, rules: FlowRules) -> StateSpace:
    """Areas that are taught or counted, and trades with contracts."""
    trades = pl.DataFrame(
        {
            "trade_code": trained.trades,
            "training_years": [rules.years_in_training(t) for t in trained.trades],
        }
    )
    pairs = [
        (trade, contract)
        for contract in (CANDIDATE, PRACTICE_LETTER, ON_THE_JOB)
        for trade, count in zip(
            trained.trades, trained.running.get(contract, none_of(trained))[-1], strict=True
        )
        if count > 0
    ]
    passed = trained.certificates.get(EXTERNAL, none_of(trained)).sum(axis=0)
    pairs += [(t, EXTERNAL) for t, n in zip(trained.trades, passed, strict=True) if n > 0]
    areas = frames["programme_areas"].filter(pl.col("programme_area_code").is_in(at_home.areas))
    modular = set(frames["adult_modules"].get_column("trade_code"))
    return states.build(areas, trades, pairs, modular)


def _steps(model: Model, at_home: Homes, leaving: Float, years: int) -> tuple[Float, Float]:
    """The last counts that another one follows, and the pupils that it found.

    Those who are not pupils are nearly as many from count to count: they stand as at the last one.

    Args:
        model: Gives the last count.
        at_home: Pupils by home.
        leaving: Residents who leave grade 10 `[home, year]`, of the years counted and the next.
        years: At most so many steps.
    """
    steps = range(max(len(at_home.years) - 1 - years, 0), len(at_home.years) - 1)
    starts = np.repeat(model.start[None], len(steps), axis=0)
    counts = np.zeros_like(starts)
    for row, year in enumerate(steps):
        for i in model.space.where(Kind.PUPIL):
            pupils = at_home.of(model.space.nodes[i].unit)
            starts[row, :, i], counts[row, :, i] = pupils[year], pupils[year + 1]
        starts[row, :, model.space.where(Kind.GRADE_10)[0]] = np.round(leaving[:, year + 1])
    return starts, counts


def _completed(frames: Frames, county: str) -> float:
    """Share of contracts that end with a certificate: the newest published cohort's."""
    rows = (
        frames["completion"]
        .filter(pl.col("county_code").is_in([county, "0"]), pl.col("percent").is_not_null())
        .with_columns((pl.col("county_code") == county).alias("own"))
        .sort("own", "cohort")
    )
    if rows.is_empty():
        raise ConfigurationError(
            subject="elevstrømmen, gjennomføring i lære",
            expected="andel fullført, for fylket eller landet",
            got="ingen",
            remedy="hent udir_apprentice_completion på nytt",
        )
    return float(rows.get_column("percent")[-1]) / 100


def _friction(asked: Float, got: Float, new: Float, rules: FlowRules) -> Friction:
    """ε against the places of the market: contracts begun, times the part placement fills."""
    years = min(len(asked), len(new))
    filled = np.nansum(got[-years:], axis=0) / np.maximum(new[-years:].sum(axis=0), 1e-9)
    return apprentices.friction(
        asked[-years:],
        got[-years:],
        new[-years:] * filled,
        floor=rules.kappa_floor,
        ceiling=rules.kappa_ceiling,
    )


def _without_place(asked: Float, got: Float, rules: FlowRules) -> Posterior:
    """Applicants without a place, whatever the reason: as if only friction held them back."""
    return apprentices.friction(
        asked,
        got,
        np.full(asked.shape, np.nan),
        floor=rules.kappa_floor,
        ceiling=rules.kappa_ceiling,
    ).posterior
