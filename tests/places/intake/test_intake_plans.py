from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from intake_frames import BIG, FAR, FAR_HOME, HOME, OTHER, ROWS, frames
from intake_tools import COUNTY, rules

from tasks.errors import WrongUse
from tasks.forecast.types import Axes, Forecast
from tasks.places.intake.plans import side_by_side
from tasks.places.intake.tables import DIFFERENCES

DRAWS = 12
KEY = ["organisation_number", "programme_area_code", "places"]
NOW = pl.DataFrame([(s, a, n) for s, a, n, *_ in ROWS], KEY, orient="row")


def forecast() -> Forecast:
    """Pupils of the Vg1 areas who live in the county, a few more and fewer by draw."""
    axes = Axes(("BABAT1----", "STUSP1----"), (HOME, OTHER, FAR_HOME, "9999"), (2026,))
    rng = np.random.default_rng(4)
    pupils = rng.poisson((40, 30, 20, 3), (DRAWS + 3, 2, 4))[..., None].astype(np.float32)
    return Forecast(axes, pupils, np.ones((DRAWS + 3, 2), np.float32))


def played(plans: dict[str, pl.DataFrame], draws: int = DRAWS) -> dict[str, pl.DataFrame]:
    return side_by_side(
        frames(), plans, forecast(), rules(), year=2026, seed=3, county=COUNTY, draws=draws
    )


def test_plans_meet_the_same_applicants_and_are_told_apart() -> None:
    fewer = NOW.with_columns(
        pl.when(
            (pl.col("organisation_number") == BIG) & (pl.col("programme_area_code") == "BABAT1----")
        )
        .then(15)
        .otherwise("places")
        .alias("places")
    )
    opened = pl.concat([NOW, pl.DataFrame([(FAR, "BABAT1----", 15)], KEY, orient="row")])
    found = played({"nå": NOW, "færre": fewer, "åpnet": opened})
    goals = found["intake_goals"].filter(region_code="*", level="*", round=1)
    people = goals.filter(measure="applicants")
    assert people["plan"].to_list() == ["nå", "færre", "åpnet"]
    assert people["mean"].n_unique() == 1
    met = dict(goals.filter(measure="one_of_three").select("plan", "mean").iter_rows())
    assert met["færre"] < met["nå"] <= met["åpnet"]
    places = found["intake_offers"].filter(round=1).group_by("plan").agg(pl.col("places").sum())
    total = int(NOW["places"].sum())
    assert dict(places.iter_rows()) == {"nå": total, "færre": total - 15, "åpnet": total + 15}
    apart = found["intake_differences"]
    assert apart["plan"].unique(maintain_order=True).to_list() == ["færre", "åpnet"]
    lost = apart.filter(plan="færre", region_code="*", level="1", measure="first_programme")
    assert lost["difference_mean"].item() < -5
    assert lost["p_more"].item() == 0


def test_one_plan_has_nothing_to_be_told_apart_from() -> None:
    found = played({"nå": NOW}, draws=3)
    assert found["intake_differences"].is_empty()
    assert dict(found["intake_differences"].schema) == DIFFERENCES


def test_plans_and_draws_that_are_not_there_are_refused() -> None:
    with pytest.raises(WrongUse, match="minst én plan"):
        played({})
    with pytest.raises(WrongUse, match="trekninger"):
        played({"nå": NOW}, draws=DRAWS + 4)
