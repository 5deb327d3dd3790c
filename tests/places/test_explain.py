"""Why, what if, by hand, and beside: on the small county."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from small import AREAS, small

from tasks.errors import ConfigurationError
from tasks.forecast.types import Axes, Forecast
from tasks.place_rules import read_place_rules
from tasks.places import alternatives, explain, measure, problem, solve, tables
from tasks.places.types import Fixed
from tasks.settings import Project

DECLARED = read_place_rules(Project().reference)


@functools.cache
def plan():
    return solve.plan(small())


@functools.cache
def explainer():
    return explain.Explainer(plan())


def forecast(draws=20):
    pupils = np.zeros((draws, 5, 2, 1), np.float32)
    pupils[..., 0] = np.array([[25, 13], [30, 28], [12, 14], [13, 9], [20, 9]])
    axes = Axes(AREAS, ("1", "2"), (2027,))
    return Forecast(axes, pupils, np.full((draws, 5), 1.2, np.float32))


def test_one_class_fewer_where_all_are_needed_leaves_pupils_without():
    pair = 7
    assert plan().classes[pair] == 1.0
    found = explainer().marginal(pair, -1.0)
    assert found.classes == 0
    assert found.without == pytest.approx(29, abs=0.1)
    assert found.breaks[0].startswith("29 med rett")


def test_one_class_more_costs_its_price_and_is_filled_by_those_who_want_another():
    found = explainer().marginal(0, 1.0)
    assert found.change["kostnad"] == pytest.approx(15 * 100, abs=200)
    # Nine of fifteen must be found among those who want BBBBB1, where the need for them is.
    assert found.change["forstevalg"] > 8
    assert found.change["udekket_behov"] > 1
    assert any("ikke rom" in b for b in found.breaks) == (plan().classes[0] + 1 > 3)


def test_there_is_no_fewer_than_none():
    closed = Fixed(3, 0.0, "ingen lærer")
    forced = solve.override(plan(), [closed])
    assert explain.Explainer(forced).marginal(3, -1.0) is None


def test_reasons_cite_a_principle_and_say_what_one_more_and_one_fewer_give():
    found, _ = explain.reasons(plan(), DECLARED.principles)
    assert found.height == 8
    assert found.filter(pl.col("served") != "").get_column("principles").str.len_chars().min() > 0
    kept = found.row(7, named=True)
    assert "rett" in kept["served"].split(", ")
    assert "sokernes-onsker" in kept["principles"].split(", ")
    assert "Uten tilbudet: " in kept["text"]
    assert any("Én klasse færre: " in text for text in found["text"])
    assert "29 med rett ville stå uten plass" in kept["text"]
    known = {p.id for p in DECLARED.principles.principle}
    assert {p for row in found["principles"] for p in row.split(", ") if p} <= known


@pytest.mark.parametrize(
    ("now", "then", "said"),
    [
        (1, 1, "som i år"),
        (0, 1, "åpnes"),
        (1, 0, "legges ned"),
        (1, 2, "utvides"),
        (2, 0.5, "reduseres"),
    ],
)
def test_verdicts(now, then, said):
    assert explain.verdict(now, then) == said


def test_set_by_hand_is_kept_and_the_distance_is_told():
    classes = float(plan().classes[0]) - 1
    forced = solve.override(plan(), [Fixed(0, classes, "vedtatt i skolens plan")])
    assert forced.classes[0] == classes
    far = explain.distance(forced, plan())
    assert far["klasser"] >= 1
    assert far["udekket_behov"] > 0
    text = explain.reasons(forced, DECLARED.principles, [0])[0].row(0, named=True)["text"]
    assert "Fastsatt for hånd: vedtatt i skolens plan." in text


def test_fixing_asks_for_a_reason_and_a_pair_that_exists():
    with pytest.raises(ConfigurationError, match="begrunnelse"):
        problem.fix(small(), {("1", AREAS[0]): (1.0, " ")})
    with pytest.raises(ConfigurationError, match="fastsatte klasser"):
        problem.fix(small(), {("7", AREAS[0]): (1.0, "fordi")})
    assert problem.fix(small(), {("3", AREAS[1]): (1.5, "fordi")}) == (Fixed(5, 1.5, "fordi"),)


def test_alternatives_hold_their_totals_to_the_nearest_half_class():
    made = alternatives.classes(small(), forecast())
    own = small().own
    assert made["i_aar"].tolist() == own.classes.tolist()
    for area in range(5):
        mine = own.area == area
        wanted = 1.2 * small().right[:, area].sum() - (15 if area == 1 else 0)
        got = (made["etter_sokere"] * own.full)[mine].sum()
        assert abs(got - wanted) <= 0.25 * own.full[mine].sum() + 1e-6
    assert (made["etter_behov"] * 2 % 1 == 0).all()


def test_every_table_is_made_and_adds_up():
    forced = solve.override(plan(), [Fixed(1, 1.5, "for å se")])
    found = tables.tables(forced, forecast(), DECLARED, plan())
    assert tuple(found) == tables.NAMES
    assert found["classes"]["pupils"].sum() + found["placed"].filter(
        pl.col("organisation_number") == "9"
    )["pupils"].sum() == pytest.approx(small().right.sum())
    assert found["choices"]["pupils"].sum() == pytest.approx(small().right.sum())
    goals = found["goals"]
    assert goals["goal"].to_list() == [g.id for g in small().goals]
    total = found["classes"]["nok"].sum() + found["adults"]["nok"].sum()
    total += found["colleges"]["nok"].sum() + found["groups"]["nok"].sum()
    assert goals.filter(goal="kostnad")["value"][0] == pytest.approx(total)
    beside = found["alternatives"]
    assert beside["alternative"].unique().sort().to_list() == sorted(
        ["planen", *alternatives.NAMES]
    )
    now = beside.filter(alternative="i_aar", goal="endring_fra_i_aar")
    assert now["value"].to_list() == [0.0]
    assert found["unconfirmed"].height > 10
    assert found["distance"].height == 8


def test_the_plan_is_no_worse_than_this_year_in_the_first_goal():
    placement = measure.Placement(plan())
    now = placement.place(small().own.classes)
    lacking = now.without > 1
    unmet = plan().stages[0].value
    assert lacking or unmet <= now.values["udekket_behov"] + 1


def test_placement_that_falls_changes_figures_and_text():
    before = plan()
    fewer = replace(before.problem.apprentice, draws=before.problem.apprentice.draws * 0.65 / 0.8)
    after = solve.plan(replace(before.problem, apprentice=fewer))
    value = [measure.goals(p.problem, p)["uten_laereplass"] for p in (before, after)]
    assert value[1] > value[0] + 1
    told = [explain.reasons(p, DECLARED.principles)[0]["text"].to_list()
            for p in (before, after)]  # fmt: skip
    assert told[0] != told[1]


def test_a_grant_and_adult_places_taken_away_stand_in_the_tables():
    before = plan()
    adults = replace(before.problem.adults, limit=np.array([10.0, np.inf]))
    offers = replace(before.problem.colleges, limit=np.array([0.0, np.inf]))
    after = solve.plan(replace(before.problem, adults=adults, colleges=offers))
    gaps = [
        (tables.adults(p)["gap"].to_list(), tables.colleges(p)["gap"].to_list())
        for p in (before, after)
    ]
    assert gaps[0] == ([0.0, 0.0], [0.0, 0.0])
    assert gaps[1] == ([10.0, 0.0], [30.0, 0.0])
    granted = [tables.colleges(p)["nok"].sum() for p in (before, after)]
    assert granted[0] - granted[1] == pytest.approx(30 * 100)
    seen = [tables.goals(p).filter(goal="udekket_behov")["value"][0] for p in (before, after)]
    assert seen[1] - seen[0] == pytest.approx(40, abs=2)


def test_classes_beyond_what_a_plan_may_have_are_measured_all_the_same():
    many = plan().classes + 4
    found = measure.Placement(plan()).place(many)
    assert found.without == pytest.approx(0, abs=1e-4)
    stage = plan().stages[0]
    assert found.values["udekket_behov"] <= stage.bound + (1 + solve.ROUNDING) * stage.tolerance
    assert found.over_budget > 0
    more = explainer().marginal(7, 3.0)
    assert any("lærerne" in b for b in more.breaks)
    assert more.change["kostnad"] == pytest.approx(3 * 30 * 100)


def test_the_plans_own_classes_are_filled_when_pupils_are_placed_anew():
    base = explainer().pupils.base
    assert measure.underfilled(base.plan.problem, base.plan) == 0
    assert base.short == pytest.approx(0, abs=1e-4)
    assert base.without.sum() == pytest.approx(0, abs=1e-4)


def test_movers_stand_by_way_and_home_region_and_add_up_to_the_class():
    reasons, movers = explain.reasons(plan(), DECLARED.principles, [7])
    assert reasons["fewer_without"].to_list() == [pytest.approx(29, abs=0.1)]
    fewer = movers.filter(way="fewer")
    assert fewer["pupils_here"].sum() == pytest.approx(-29, abs=0.1)
    assert fewer["persons_without_place"].sum() == pytest.approx(29, abs=0.1)
    assert set(fewer["home_region_code"]) == {"intake-a", "intake-b"}
