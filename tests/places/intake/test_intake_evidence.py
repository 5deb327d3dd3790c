from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from intake_frames import BIG, FAR, FAR_HOME, HOME, OTHER, ROWS, SMALL, frames
from intake_tools import COUNTY, rules

from tasks.errors import ConfigurationError, NotFound, WrongUse
from tasks.forecast.types import Axes, Forecast
from tasks.places.intake import evidence, offered, preferences, tables
from tasks.places.intake.simulate import simulate
from tasks.places.intake.types import Applications, Offers


def built(
    given: dict[str, pl.DataFrame] | None = None, **changes: object
) -> tuple[Offers, Applications]:
    given = given or frames()
    plan = offered.offers(given, 2025)
    return plan, evidence.applications(given, plan, rules(**changes), county=COUNTY)


def test_offers_are_the_countys_own_with_their_places() -> None:
    plan, _ = built()
    found = {
        (plan.schools[s], plan.areas[a]): int(p)
        for s, a, p in zip(plan.school, plan.area, plan.places, strict=True)
    }
    assert found == {(school, area): places for school, area, places, *_ in ROWS}
    assert plan.regions == ("intake-a", "intake-b")
    assert [plan.regions[r] for r in plan.school_region] == ["intake-a", "intake-a", "intake-b"]
    assert plan.general.tolist() == [a.startswith("ST") for a in plan.areas]
    assert plan.levels.tolist() == [int(a[5]) for a in plan.areas]


def test_an_offer_with_applicants_and_no_places_any_more_is_there_with_none() -> None:
    given = frames()
    given["places"] = given["places"].filter(pl.col("organisation_number") != SMALL)
    plan = offered.offers(given, 2025)
    gone = plan.school == plan.schools.index(SMALL)
    assert gone.sum() == 2
    assert not plan.places[gone].any()
    assert plan.places[~gone].all()


def test_places_count_from_the_day_they_are_valid() -> None:
    with pytest.raises(NotFound, match="2024"):
        offered.offers(frames(), 2024)


def test_first_choices_are_laid_on_homes_and_none_is_lost() -> None:
    plan, app = built()
    area = plan.areas.index("BABAT1----")
    by_home = dict(zip(app.homes, app.expected[area], strict=True))
    first = {school: f for school, a, _, f, *_ in ROWS if a == "BABAT1----"}
    # 30 pupils at BIG: 22 and 8 by home; 12 at SMALL: 6, 3 and 3 from elsewhere.
    assert by_home[HOME] == pytest.approx(first[BIG] * 22 / 30 + first[SMALL] * 3 / 12)
    assert by_home[OTHER] == pytest.approx(first[BIG] * 8 / 30 + first[SMALL] * 6 / 12)
    assert by_home["9999"] == pytest.approx(first[SMALL] * 3 / 12)
    assert app.expected.sum() == pytest.approx(sum(f for _, _, _, f, *_ in ROWS))
    assert app.home_region.tolist() == [0, 0, 1, -1]


def test_the_first_wish_follows_the_pattern_and_a_little_distance() -> None:
    plan, app = built(pattern_persons=1.0)
    area, home = plan.areas.index("BABAT1----"), app.homes.index(HOME)
    share = app.weight[area, home]
    assert share.sum() == pytest.approx(1)
    assert share[plan.schools.index(FAR)] == 0, "no offer there"
    at_big = 36 * 22 / 30
    at_small = 9 * 3 / 12
    assert share[plan.schools.index(BIG)] == pytest.approx(
        at_big / (at_big + at_small), abs=1.5 / (at_big + at_small)
    )
    # Nobody from FAR_HOME has chosen the area: distance and places say where they would.
    far = app.weight[area, app.homes.index(FAR_HOME)]
    assert far.sum() == pytest.approx(1)
    assert (far[[plan.schools.index(s) for s in (BIG, SMALL)]] > 0).all()


def test_an_offer_that_nobody_has_had_draws_from_those_who_live_near() -> None:
    given = frames()
    line = given["places"].row(0, named=True)
    new = {**line, "organisation_number": FAR, "municipality_code": FAR_HOME, "places": 15}
    given["places"] = pl.concat([given["places"], pl.DataFrame([new])], how="vertical_relaxed")
    before_plan, before = built()
    plan, app = built(given)
    area, school = plan.areas.index("BABAT1----"), plan.schools.index(FAR)
    near, away = (app.weight[area, app.homes.index(h), school] for h in (FAR_HOME, HOME))
    assert near > 0.5 > away > 0
    assert app.weight[area].sum(axis=1) == pytest.approx(1)
    assert app.expected[area] == pytest.approx(
        before.expected[before_plan.areas.index("BABAT1----")]
    ), "who applies for the area does not change"


def test_closed_cells_are_filled_from_pupils_or_the_middle_of_one_to_four() -> None:
    given = frames()
    big = (pl.col("organisation_number") == BIG) & (pl.col("programme_area_code") == "BABAT1----")
    small = (pl.col("organisation_number") == SMALL) & (
        pl.col("programme_area_code") == "BABAT1----"
    )
    hidden = given["intake"].with_columns(
        pl.when(big | small).then(None).otherwise("first_choices").alias("first_choices"),
        pl.when(small).then(None).otherwise("pupils").alias("pupils"),
    )
    given["intake"] = hidden
    open_rows = [r for r in ROWS if r[1] != "BABAT1----"]
    ratio = sum(r[3] for r in open_rows) / sum(r[5] for r in open_rows)
    plan = offered.offers(given, 2025)
    counted = evidence.counts(given, plan, ("5001", "5006", "5060", "9999"))
    at = {
        (plan.schools[s], plan.areas[a]): k
        for k, (s, a) in enumerate(zip(plan.school, plan.area, strict=True))
    }
    assert counted.first[at[BIG, "BABAT1----"]] == pytest.approx(30 * ratio)
    assert counted.first[at[SMALL, "BABAT1----"]] == offered.CLOSED
    assert counted.later[at[BIG, "BABAT1----"]] == pytest.approx(60 - 30 * ratio)


def test_later_choices_build_on_the_same_and_keep_to_the_branch() -> None:
    plan, app = built(same_branch=3.0)
    chance = {
        (plan.areas[i], plan.areas[j]): app.next_choice[i, j]
        for i in range(len(plan.areas))
        for j in range(len(plan.areas))
    }
    assert chance["BATMF2----", "BARLF2----"] == 1
    assert chance["BATMF2----", "STREA2----"] == 0
    assert chance["BABAT1----", "STUSP1----"] == 1
    assert not [1 for (i, j), p in chance.items() if p and i[5] != j[5]]
    no_other = plan.areas.index("STREA2----")
    assert app.next_choice[no_other].sum() == 0
    # Vg1: 140 applicants behind offers beyond 125 first choices.
    later = sum(r[4] - r[3] for r in ROWS if r[1][5] == "1")
    first = sum(r[3] for r in ROWS if r[1][5] == "1")
    x = app.more[plan.areas.index("BABAT1----")]
    assert x + x**2 == pytest.approx(later / first)


def test_points_are_moved_alike_to_the_countys_mean() -> None:
    plan, app = built()
    vg1 = plan.levels == 1
    first = app.expected.sum(axis=1)
    assert np.average(app.points_mean[vg1], weights=first[vg1]) == pytest.approx(41.0)
    declared = rules().points_mean
    at = {p: app.points_mean[k] for k, p in enumerate(plan.programmes)}
    assert at["ST"] - at["BA"] == pytest.approx(declared["ST"] - declared["BA"])
    with pytest.raises(ConfigurationError, match="ST"):
        built(points_mean={"BA": 35.0})


def test_years_that_differ_beyond_chance_are_found() -> None:
    plan, _ = built()
    rng = np.random.default_rng(1)
    plan = replace(
        plan,
        schools=tuple(f"9{s:08}" for s in range(200)),
        school_region=np.zeros(200, np.intp),
        school=np.arange(200),
        area=np.zeros(200, np.intp),
        places=np.full(200, 50),
    )
    mean = rng.uniform(20, 80, 200)
    for phi in (0.0, 0.05):
        pull = rng.gamma(1 / phi, phi, (10, 200)) if phi else np.ones((10, 200))
        _, offer = preferences.spreads(rng.poisson(mean * pull).astype(float), plan)
        assert offer[0] == pytest.approx(phi, abs=0.006)
    year = rng.gamma(1 / 0.05, 0.05, (10, 1))
    counted = rng.poisson(mean * year).astype(float)
    # One area on its level: its own share of the level never changes.
    assert preferences.spreads(counted, plan)[0][0] == 0


def test_a_forecast_sets_the_first_choices_by_draw() -> None:
    given = frames()
    plan, app = built()
    private = given["pupils"].row(0, named=True) | {"organisation_number": "9", "pupils": 3}
    given["pupils"] = pl.concat([given["pupils"], pl.DataFrame([private])], how="vertical_relaxed")
    axes = Axes(("BABAT1----", "STUSP1----"), (HOME, OTHER, FAR_HOME, "9999"), (2026, 2027))
    pupils = np.zeros((3, *axes.shape), np.float32)
    pupils[:, 0, 0, 1] = (42, 84, 0)
    forecast = Forecast(axes, pupils, np.ones((3, 2), np.float32))
    ahead = evidence.applications(given, plan, rules(), county=COUNTY, forecast=forecast, year=2027)
    area, home = plan.areas.index("BABAT1----"), app.homes.index(HOME)
    # 45 first choices of the county's own schools by 42 pupils there and 3 at a private one.
    assert ahead.expected[:, area, home] == pytest.approx([42, 84, 0])
    assert ahead.expected[:, area].sum(axis=1) == pytest.approx([42, 84, 0])
    other = plan.areas.index("BATMF2----")
    assert ahead.expected[2, other] == pytest.approx(app.expected[other]), "not forecast: as it was"
    with pytest.raises(NotFound, match="2031"):
        evidence.applications(given, plan, rules(), county=COUNTY, forecast=forecast, year=2031)


@pytest.mark.parametrize("name", ["intake", "points"])
def test_what_is_missing_is_named(name: str) -> None:
    given = frames()
    given[name] = given[name].clear()
    with pytest.raises(NotFound, match="inntakssimuleringen"):
        built(given)


def test_minutes_are_the_tables_or_the_marked_fallback() -> None:
    plan, app = built()
    home, far = app.homes.index(HOME), plan.schools.index(FAR)
    assert app.minutes[home, far] == 150
    assert not app.estimated[home, far]
    assert app.estimated.sum() == app.estimated.size - 1
    assert (app.minutes[-1] == app.minutes[:-1].max()).all(), "those from elsewhere are far away"


def test_a_plan_sets_the_places_and_closes_what_it_does_not_name() -> None:
    opened = pl.DataFrame({"organisation_number": [FAR], "programme_area_code": ["BABAT1----"]})
    given = frames()
    plan = offered.offers(given, 2025, opened)
    assert plan.count == len(ROWS) + 1
    rows = [(BIG, "BABAT1----", 45), (FAR, "BABAT1----", 15), (SMALL, "STREA2----", 0)]
    table = pl.DataFrame(
        rows, ["organisation_number", "programme_area_code", "places"], orient="row"
    )
    found = offered.planned(plan, table)
    assert found.places.sum() == 60
    assert sorted(found.places[found.places > 0]) == [15, 45]
    with pytest.raises(WrongUse, match=f"{SMALL} STREA2----"):
        offered.planned(plan, table.with_columns(places=pl.lit(30)))
    with pytest.raises(WrongUse, match="to ganger"):
        offered.planned(plan, pl.concat([table, table]))


def test_a_class_opened_far_away_spares_long_travel() -> None:
    """The whole way, from frames to what is reported of two plans."""
    opened = pl.DataFrame({"organisation_number": [FAR], "programme_area_code": ["BABAT1----"]})
    given = frames()
    far = pl.DataFrame(
        {
            "school_year_start": [2025],
            "organisation_number": [BIG],
            "programme_area_code": ["BABAT1----"],
            "home_municipality_code": [FAR_HOME],
            "pupils": [15],
        }
    )
    given["pupils"] = pl.concat([given["pupils"], far], how="vertical_relaxed")
    now = offered.offers(given, 2025, opened)
    app = evidence.applications(given, now, rules(), county=COUNTY)
    there = (now.school == now.schools.index(FAR)) & (now.programmes[0] == "BA")
    wider = now.with_places(now.places + 15 * (there & (now.places == 0)))
    one, other = simulate([now, wider], app, rules(), seed=1, county=COUNTY, draws=30)
    rows = tables.differences({"nå": one, "med klasse": other})
    county = rows.filter(plan="med klasse", level="1", region_code="intake-b")
    by_name = {r["measure"]: r for r in county.iter_rows(named=True)}
    assert by_name["long_travel"]["difference_mean"] < -3
    assert by_name["out_of_region"]["difference_p90"] < 0
    assert by_name["long_travel"]["p_more"] < 0.1
    assert rows.filter(region_code="*", level="*", measure="first_programme")["p_more"].item() > 0.2
