"""Plans side by side: what each gives in the intake of a school year that is forecast."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from tasks.errors import WrongUse
from tasks.forecast.types import Forecast
from tasks.places.intake import evidence, offered, tables
from tasks.places.intake.simulate import simulate
from tasks.places.intake.types import IntakeRules


def side_by_side(
    frames: offered.Frames,
    plans: Mapping[str, pl.DataFrame],
    forecast: Forecast,
    rules: IntakeRules,
    *,
    year: int,
    seed: int,
    county: str,
    draws: int,
) -> dict[str, pl.DataFrame]:
    """Tables of the intake of every plan, with the same applicants.

    Args:
        frames: As `evidence.applications`.
        plans: By name, the first is what the others are held against: `organisation_number,
            programme_area_code, places` of the county's own schools.
        forecast: Drawn pupils; its first `draws` draws are used.
        rules: The county's rules and assumptions.
        year: Start of the school year.
        seed: Seed of the run.
        county: County code.
        draws: Number of draws.

    Returns:
        `intake_goals`, `intake_empty` and `intake_offers` (`tables.goals`, `tables.empty`,
        `tables.offers`, with `plan` first) and `intake_differences` (`tables.differences`, no rows
        where there is one plan).

    Raises:
        WrongUse: No plan, or more draws than the forecast has.
    """
    if not plans:
        raise WrongUse(
            subject="inntakssimuleringen",
            expected="minst én plan",
            got="ingen",
            remedy="gi plassene til minst én plan",
        )
    pairs = pl.concat([plan.select(offered.PAIR) for plan in plans.values()]).unique()
    offers = offered.offers(frames, year, pairs.sort(offered.PAIR))
    applications = evidence.applications(
        frames, offers, rules, county=county, forecast=forecast.draws(draws), year=year
    )
    placed = [offered.planned(offers, plan) for plan in plans.values()]
    results = dict(
        zip(
            plans,
            simulate(placed, applications, rules, seed=seed, county=county, draws=draws),
            strict=True,
        )
    )
    named = [pl.lit(name).alias("plan") for name in results]
    parts = list(zip(named, results.values(), strict=True))
    return {
        "intake_goals": pl.concat([tables.goals(r).select(n, pl.all()) for n, r in parts]),
        "intake_empty": pl.concat([tables.empty(r).select(n, pl.all()) for n, r in parts]),
        "intake_offers": pl.concat([tables.offers(r).select(n, pl.all()) for n, r in parts]),
        "intake_differences": tables.differences(results),
    }
