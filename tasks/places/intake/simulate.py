"""Many draws of an intake, on one or several plans with the same applicants."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tasks.errors import WrongUse
from tasks.forecast.types import Array, Index
from tasks.places.intake.applicants import draw
from tasks.places.intake.competition import Rights, first_wish, intake
from tasks.places.intake.types import (
    MEASURES,
    Applicants,
    Applications,
    Bool,
    IntakeRules,
    Offers,
    Result,
    Round,
)

LEVELS = (1, 2, 3)
WHOLE_COUNTY = "*"
# NumPy lets go of the interpreter where it sorts, draws and adds.
THREADS = 2


def simulate(
    plans: Sequence[Offers],
    applications: Applications,
    rules: IntakeRules,
    *,
    seed: int,
    county: str,
    draws: int,
    threads: int = THREADS,
) -> list[Result]:
    """The intake of each plan over draws; every plan meets the same applicants.

    Args:
        plans: The same offers with different places (`Offers.with_places`).
        applications: What applicants are drawn from, on the axes of the offers.
        rules: The county's rules and assumptions.
        seed: Seed of the run.
        county: County code; with the seed, the draw and the block it keys the streams.
        draws: Number of draws. The first k of more draws are those of k.
        threads: Draws at a time; it does not change a byte.

    Raises:
        WrongUse: No plan or no draw, or plans whose offers are not the same.
    """
    _check(plans, draws)
    rights = [Rights.of(plan, applications, rules) for plan in plans]
    results = [_empty(plan, rules, draws) for plan in plans]

    def one(number: int) -> None:
        people = draw(applications, plans[0], rules, seed=seed, county=county, number=number)
        for plan, right, result in zip(plans, rights, results, strict=True):
            rounds = intake(people, plan, applications, right, rules)
            _write(result, number, people, applications, rules, rounds)
            wish = first_wish(people, right)
            result.wished[number] = np.bincount(wish[wish >= 0], minlength=plan.count)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(draws)))  # raises what a draw has raised
    return results


def _check(plans: Sequence[Offers], draws: int) -> None:
    same = plans and all(
        np.array_equal(plan.area, plans[0].area) and np.array_equal(plan.school, plans[0].school)
        for plan in plans
    )
    if not same or draws < 1:
        raise WrongUse(
            subject="inntakssimuleringen",
            expected="minst én trekning, og planer med de samme tilbudene",
            got=f"{draws} trekninger og {len(plans)} planer",
            remedy="lag planene med Offers.with_places av de samme tilbudene",
        )


def _empty(plan: Offers, rules: IntakeRules, draws: int) -> Result:
    regions = (*plan.regions, WHOLE_COUNTY)
    per_offer = (draws, rules.rounds, plan.count)
    return Result(
        offers=plan,
        regions=regions,
        measures=np.zeros(
            (draws, rules.rounds, len(LEVELS), len(regions), len(MEASURES)), np.float32
        ),
        wished=np.zeros((draws, plan.count), np.float32),
        admitted=np.zeros(per_offer, np.float32),
        limit=np.full(per_offer, np.nan, np.float32),
    )


def _write(
    result: Result,
    number: int,
    people: Applicants,
    applications: Applications,
    rules: IntakeRules,
    rounds: Sequence[Round],
) -> None:
    """What is reported of one draw."""
    plan = result.offers
    for place, done in enumerate(rounds):
        has = done.offer >= 0
        result.admitted[number, place] = np.bincount(done.offer[has], minlength=plan.count)
        result.limit[number, place] = limits(done, people, plan.count)
        result.measures[number, place] = measured(done, people, plan, applications, rules)


def limits(done: Round, people: Applicants, offers: int) -> Array:
    """Least points among those let in on points `[offer]`; NaN: open to all, or nobody so."""
    least = np.full(offers, np.inf)
    mine = np.flatnonzero(done.ordinary)
    np.minimum.at(least, done.offer[mine], people.points[mine])
    closed = done.refused & np.isfinite(least)
    found: Array = np.where(closed, least, np.nan).astype(np.float32)
    return found


def measured(
    done: Round,
    people: Applicants,
    plan: Offers,
    applications: Applications,
    rules: IntakeRules,
) -> Array:
    """Counts `[level, region, measure]` of those still in the intake; the county last.

    Those from elsewhere compete for places and are counted in none of the measures.
    """
    region = applications.home_region[people.home]
    counted = done.still & (region >= 0)
    has = done.offer >= 0
    school = plan.school[np.maximum(done.offer, 0)]
    out = has & (plan.school_region[school] != region)
    far = has & (applications.minutes[people.home, school] > rules.minutes_limit)
    alike = plan.county_wide[plan.area[np.maximum(done.offer, 0)]]
    values = (
        np.ones(len(has), np.bool_),
        has & (done.choice == 0),
        has & (done.choice == 0) & done.wish,
        has,
        ~has,
        out,
        far,
        out & ~done.wish,
        far & ~done.wish,
        ~(has & (done.choice == 0)),
        far | (out & ~alike),
    )
    regions = len(plan.regions)
    cell = (plan.levels[people.choices[:, 0]] - 1) * regions + region
    return _tally([v[counted] for v in values], cell[counted], regions)


def _tally(values: Sequence[Bool], cell: Index, regions: int) -> Array:
    counts = np.stack(
        [np.bincount(cell[v], minlength=len(LEVELS) * regions) for v in values], axis=-1
    ).reshape(len(LEVELS), regions, len(values))
    with_county: Array = np.concatenate([counts, counts.sum(axis=1, keepdims=True)], axis=1)
    return with_county.astype(np.float32)
