"""From frames and rules to what is to be decided: figures taken away are seen in the problem."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from tasks.errors import ConfigurationError
from tasks.forecast import panel as panels
from tasks.forecast.types import Axes, Forecast
from tasks.place_rules import read_place_rules
from tasks.places import need, problem, travel
from tasks.places.intake import travel as ways
from tasks.places.intake.competition import Rights
from tasks.places.intake.types import Offers, Reserved
from tasks.settings import Project
from tests.forecast.conftest import made_up_frames
from tests.places.intake.intake_tools import applications

DECLARED = read_place_rules(Project().reference)
SIZES = problem.Sizes(15, 30, 0.5, 0.6)
DRAWS = 30
NOTE = {"source": "test", "confidence": "unconfirmed"}
HEALTH = "HSHEA3----"


@functools.cache
def made_up():
    frames = made_up_frames()
    schools = frames["places"].select("organisation_number").unique().height
    places = frames["places"]
    if "school" not in places.columns:
        places = places.with_columns(school=pl.format("Skole {}", "organisation_number"))
    assert schools > 3
    adults = pl.DataFrame(
        {
            "area_code": ["50", "50"],
            "year": [2025, 2025],
            "programme_code": ["HS", "RM"],
            "trade_code": [HEALTH, "RMKOK3----"],
            "trade": ["Helsearbeiderfaget", "Kokkfaget"],
            "participants": [202, 77],
        }
    )
    offers = {"offer_code": ["F:1", "F:2"]}
    return {
        **frames,
        "places": places,
        "flow.adult_modules": adults,
        "college": pl.DataFrame(
            {
                "offer_code": ["F:1", "F:2", "F:3"],
                "college": ["Fagskolen"] * 3,
                "college_programme": ["Aldring", "Batteri", "Robot"],
                "study_mode_code": ["nett", "nett", "nett"],
                "accreditation_code": ["akkreditert", "søkt", "akkreditert"],
                "valid_from": [date(2020, 1, 1)] * 3,
                "valid_to": pl.Series([None] * 3, dtype=pl.Date),
            }
        ),
        "college_funding": pl.DataFrame(
            offers
            | {
                "year": [2026, 2026],
                "college": ["Fagskolen", "Fagskolen"],
                "college_programme": ["Aldring", "Batteri"],
                "study_mode_code": ["nett", "stedbasert"],
                "place_years": [60.0, 40.0],
                "rate_nok": [106_500, 74_000],
            }
        ),
        "support": pl.DataFrame(
            {
                "area_code": ["50"],
                "school_year_start": [2024],
                "pupils": [54_438],
                "pupils_with_adapted_teaching": [4_603],
                "pupils_with_reinforced_norwegian": [3_573],
            }
        ),
        "settlement": pl.DataFrame(
            {"area_code": ["50"] * 3, "year": [2025, 2026, 2028], "settled": [1222, 1048, 1]}
        ),
        **{
            name: pl.read_csv(Project().reference / f"{name}.csv", infer_schema=False)
            for name in ("travel_minutes", "municipality_centre")
        },
    }


@functools.cache
def futures():
    counted = panels.build(made_up())
    rng = np.random.default_rng(2)
    last = counted.pupils[-1]
    drawn = rng.poisson(np.broadcast_to(last[None, ..., None], (DRAWS, *last.shape, 2)))
    axes = Axes(counted.areas, counted.homes, (2026, 2027))
    ratio = np.full((DRAWS, len(counted.areas)), 1.2, np.float32)
    return Forecast(axes, drawn.astype(np.float32), ratio)


def made(frames=None, *, forecast=None, intake=DECLARED.intake, **rules):
    return problem.build(
        made_up() if frames is None else frames,
        forecast or futures(),
        DECLARED.rules.model_copy(update=rules),
        SIZES,
        intake,
        year=2027,
        county="50",
        seed=1,
    )


def entries(kind, *rows):
    field = type(DECLARED.rules).model_fields[kind].annotation
    (item,) = [a for a in field.__args__ if a is not Ellipsis]
    return tuple(item.model_validate(row | NOTE) for row in rows)


def test_rights_are_the_expected_pupils_in_whole_persons():
    found = made()
    counted = panels.build(made_up())
    mean = need.homes(counted) @ futures().progression[..., 1].mean(axis=0).T
    assert (found.right == np.rint(found.right)).all()
    assert found.right.sum(axis=1) == pytest.approx(mean.sum(axis=1), abs=1)
    later = counted.level > 1
    assert np.abs(found.right[:, later] - mean[:, later]).max() <= 1


def test_places_are_the_countys_own_and_those_of_others_apart():
    found, places = made(), made_up()["places"]
    own = places.filter(pl.col("owner") == "county")["places"].sum()
    assert found.own.places.sum() == own
    assert found.others.places.sum() == places["places"].sum() - own
    assert (found.own.most == found.own.classes + DECLARED.rules.largest_growth.value).all()


def test_ten_adult_places_taken_away_and_a_grant_are_seen():
    found = made(
        adult_limit=entries("adult_limit", {"id": HEALTH, "places": 192}),
        college_limit=entries("college_limit", {"id": "F:1", "places": 0}),
    )
    at = found.adults.code.index(HEALTH)
    assert found.adults.demand[at] - found.adults.limit[at] == 10
    assert made().colleges.limit.tolist() == [np.inf, 0.0], "not accredited, no grant"
    assert found.colleges.limit.tolist() == [0.0, 0.0]


def test_a_grant_asked_for_waits_for_the_accreditation():
    asked = {"id": "F:3", "places": 20}
    found = made(college_demand=entries("college_demand", asked)).colleges
    at = found.code.index("F:3")
    assert (found.now[at], found.demand[at], found.limit[at]) == (0, 20, np.inf)
    assert found.rate[at] == 106_500, "as others that are taught the same way"
    assert found.budget == made().colleges.budget, "nobody has given it a grant yet"
    college = made_up()["college"]
    lost = pl.col("offer_code") == "F:3"
    later = college.with_columns(
        accreditation_code=pl.when(lost)
        .then(pl.lit("under oppbygging"))
        .otherwise("accreditation_code")
    )
    waits = made({**made_up(), "college": later}, college_demand=entries("college_demand", asked))
    assert waits.colleges.limit[at] == 0


def test_the_accreditation_is_that_of_1_october():
    row = made_up()["college"].filter(pl.col("offer_code") == "F:1")
    turned = date(2027, 11, 1)
    for state, day, limit in (("utløpt", turned, np.inf), ("utløpt", date(2027, 9, 1), 0.0)):
        history = pl.concat(
            [
                made_up()["college"].filter(pl.col("offer_code") != "F:1"),
                row.with_columns(valid_to=pl.lit(day)),
                row.with_columns(valid_from=pl.lit(day), accreditation_code=pl.lit(state)),
            ]
        )
        assert made({**made_up(), "college": history}).colleges.limit[0] == limit


def test_reserve_least_start_and_growth_are_of_the_grant():
    before = made().colleges
    grant = 60 * 106_500 + 40 * 74_000
    college = DECLARED.rules.college
    assert before.budget == pytest.approx(grant * (1 + college.budget_growth) * 0.95)
    twice = made(college=college.model_copy(update={"reserve": 0.1})).colleges
    assert twice.budget == pytest.approx(before.budget / 0.95 * 0.9)
    small = entries("college_limit", {"id": "F:1", "places": 14})
    assert made(college_limit=small).colleges.limit[0] == 0, "fourteen are too few to start"
    fewer = college.model_copy(update={"minimum_start": 14})
    assert made(college_limit=small, college=fewer).colleges.limit[0] == 14


def persons_of(problem_, name: str) -> float:
    return float(problem_.specials.persons[problem_.specials.id.index(name)])


def test_groups_with_rules_of_their_own_follow_pupils_and_settlement():
    found = made()
    pupils = found.right.sum()
    vg1 = found.right[:, found.level == 1].sum()
    assert persons_of(found, "tilrettelagt") == np.ceil(pupils * 4_603 / 54_438 * 0.25)
    assert persons_of(found, "kombinasjon") == np.ceil(vg1 * 3_573 / 54_438 * 0.2)
    assert persons_of(found, "innforing") == np.ceil(1_048 * 0.07), "what is after 2027 is not read"
    twice = replace(futures(), progression=futures().progression * 2)
    grown = made(forecast=twice)
    assert persons_of(grown, "tilrettelagt") == pytest.approx(
        2 * persons_of(found, "tilrettelagt"), abs=1
    )
    assert persons_of(grown, "innforing") == persons_of(found, "innforing")
    more = made_up()["settlement"].with_columns(settled=pl.col("settled") * 3)
    came = made({**made_up(), "settlement": more})
    assert persons_of(came, "innforing") == np.ceil(3 * 1_048 * 0.07)
    # The budget is this year's: what comes on top must be found within its growth.
    assert made(forecast=twice).budget == found.budget
    assert came.budget > found.budget, "settled last year, too"


def test_a_group_of_a_known_number_needs_no_figures_and_one_of_a_share_does():
    row = {"id": "x", "name": "Gruppe", "group_size": 8, "nok_per_place": 1.0}
    closed = made_up()["support"].with_columns(
        pupils_with_adapted_teaching=pl.lit(None, dtype=pl.Int64)
    )
    frames = {**made_up(), "support": closed}
    told = made(frames, special=entries("special", {**row, "persons": 17}))
    assert persons_of(told, "x") == 17
    of = {**row, "basis": "tilrettelagt", "share": 0.1}
    with pytest.raises(ConfigurationError, match=r"\[\[special\]\] x.*«persons»"):
        made(frames, special=entries("special", of))


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"persons": 3, "basis": "elever", "share": 0.1},
        {"basis": "elever"},
        {"persons": 3, "share": 0.1},
        {"persons": 3, "levels": [1]},
        {"basis": "bosatte", "share": 0.1, "levels": [1]},
    ],
)
def test_a_group_is_a_number_or_a_share_of_something(how):
    row = {"id": "x", "name": "Gruppe", "group_size": 8, "nok_per_place": 1.0}
    with pytest.raises(ValueError, match="x skal"):
        entries("special", row | how)


def test_what_is_held_back_is_the_same_in_the_plan_and_in_the_intake():
    places = made_up()["places"].filter(pl.col("owner") == "county")
    one = places.filter(pl.col("programme_area_code").str.slice(5, 1) == "1").row(0, named=True)
    held = Reserved(one["organisation_number"], one["programme_area_code"], 3)
    rules = replace(DECLARED.intake, exchange=0.1, reserved=(held,))
    found = made(intake=rules)
    own = found.own
    general = made_up()["programmes"].filter(pl.col("branch") == "studieforberedende")
    offered = Offers(
        schools=own.school,
        school_region=own.region,
        regions=("a", "b", "c", "d", "e"),
        areas=found.areas,
        programmes=found.programme,
        levels=found.level,
        county_wide=np.zeros(len(found.areas), bool),
        general=np.isin(found.programme, general["programme_code"].to_list()),
        school=np.arange(len(own)),
        area=own.area,
        places=own.places.astype(np.int64),
    )
    kept = offered.places - Rights.of(offered, applications(offered, 1), rules).room
    assert (own.reserved == kept).all()
    assert own.reserved.sum() > 3
    assert made(intake=replace(rules, exchange=0.0)).own.reserved.sum() == 3


def test_a_closed_workshop_leaves_no_room():
    before = made()
    pair = int(np.flatnonzero(np.array([p[:2] == "HS" for p in before.areas])[before.own.area])[0])
    school = before.own.school[pair]
    closed = {"school": school, "programme": "HS", "classes": 0.0}
    after = made(room=entries("room", closed))
    changed = np.flatnonzero(after.rooms.most != before.rooms.most)
    assert [after.rooms.most[r] for r in changed] == [0.0]
    assert after.rooms.member[changed[0], pair]


def test_placement_at_65_per_cent_leaves_more_without_and_asks_for_more_vg3():
    value = {"value": 0.65, "unit": "andel"} | NOTE
    field = type(DECLARED.rules.school_vg3)
    before, after = made(), made(placement=field.model_validate(value))
    areas = before.apprentice_area
    pupils = before.right.sum(axis=0)[areas]
    without = [need.expected(p.apprentice, pupils).sum() for p in (before, after)]
    assert without[1] > without[0] * 1.2
    assert after.specials.persons[-1] > before.specials.persons[-1]


def test_a_school_may_open_what_is_declared():
    before = made()
    school = before.own.school[0]
    mine = {before.areas[a] for s, a in zip(before.own.school, before.own.area, strict=True)
            if s == school}  # fmt: skip
    new = next(a for a in before.areas if a not in mine)
    after = made(opening=entries("opening", {"school": school, "programme_area": new}))
    assert len(after.own) == len(before.own) + 1
    added = [
        k
        for k, (s, a) in enumerate(zip(after.own.school, after.own.area, strict=True))
        if s == school and after.areas[a] == new
    ]
    assert after.own.classes[added].tolist() == [0.0]


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("opening", {"school": "000", "programme_area": "HSHSF1----"}),
        ("room", {"school": "000", "programme": "HS", "classes": 1.0}),
        ("class_size", {"programme_area": "XXXXX1----", "pupils": 12}),
        ("choice", {"programme": "XX", "then": ["HS"]}),
        ("combined", {"areas": ["XXXXX2----", "HSHEA2----"]}),
        ("adult_demand", {"id": "XXXXX3----", "places": 10}),
        ("adult_limit", {"id": "XXXXX3----", "places": 10}),
        ("college_demand", {"id": "F:9", "places": 10}),
        ("college_limit", {"id": "F:9", "places": 10}),
    ],
)
def test_a_rule_about_nothing_is_refused(kind, row):
    with pytest.raises(ConfigurationError, match="plasser"):
        made(**{kind: entries(kind, row)})


def test_places_held_back_of_nothing_are_refused():
    rules = replace(DECLARED.intake, reserved=(Reserved("999999999", "HSHSF1----", 2),))
    with pytest.raises(ConfigurationError, match=r"reserved.*intake\.toml"):
        made(intake=rules)


def test_a_trade_that_nobody_took_last_year_is_planned_when_it_is_asked_for():
    frames = made_up()
    none = pl.when(pl.col("trade_code") == "RMKOK3----").then(0).otherwise("participants")
    quiet = frames["flow.adult_modules"].with_columns(participants=none)
    quiet = {**frames, "flow.adult_modules": quiet}
    assert made(quiet).adults.code == (HEALTH,)
    asked = entries("adult_demand", {"id": "RMKOK3----", "places": 24})
    found = made(quiet, adult_demand=asked).adults
    assert dict(zip(found.code, found.demand, strict=True)) == {HEALTH: 202, "RMKOK3----": 24}


def test_second_choices_are_of_the_same_level_and_three_programmes_at_most_on_vg1():
    found = made()
    first, other = np.nonzero(found.choice)
    assert (found.level[first] == found.level[other]).all()
    for a in np.flatnonzero(found.level == 1):
        assert len({found.programme[b] for b in np.flatnonzero(found.choice[a])}) <= 3
    for a in np.flatnonzero(found.level > 1):
        assert {found.programme[b] for b in np.flatnonzero(found.choice[a])} <= {found.programme[a]}


def test_need_by_cell_is_the_need_by_region():
    found = made()
    counted = panels.build(made_up())
    offered = set(found.own.area) | set(found.others.area)
    total = futures().progression[..., 1].sum(axis=2)[:, sorted(offered)].sum(axis=1)
    assert found.need.draws.sum(axis=0) == pytest.approx(total, rel=1e-4)
    assert len(counted.regions) == 5


def test_the_share_with_a_long_way_follows_those_who_go_there():
    minutes = np.array([[10.0, 90.0], [90.0, 10.0]])
    attending = np.array([[100.0, 0.0], [0.0, 0.0]])
    living = np.array([[50.0, 50.0]])
    share = travel.share_beyond(minutes, attending, living, 60)
    assert share[0, 0] == pytest.approx(0.5 / 101)
    assert share[0, 1] == pytest.approx(0.5), "nobody goes there: as the region lives"


def test_the_table_of_minutes_goes_before_the_great_circle():
    frames = made_up()
    school = frames["places"].row(0, named=True)
    home = panels.build(frames).homes[0]
    table = pl.DataFrame(
        {
            "home_municipality_code": [home],
            "organisation_number": [school["organisation_number"]],
            "minutes": ["7"],
        }
    )
    found, fallback = ways.minutes(
        frames["municipality_centre"], table, (home,), (school["organisation_number"],),
        (school["municipality_code"],), DECLARED.intake,
    )  # fmt: skip
    assert found[0, 0] == 7
    assert not fallback[0, 0]
