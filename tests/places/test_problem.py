"""From frames and rules to what is to be decided: figures taken away are seen in the problem."""

from __future__ import annotations

import functools

import numpy as np
import polars as pl
import pytest

from tasks.errors import ConfigurationError
from tasks.forecast import panel as panels
from tasks.forecast.types import Axes, Forecast
from tasks.place_rules import read_place_rules
from tasks.places import need, problem, travel
from tasks.places.intake import travel as ways
from tasks.settings import Project
from tests.forecast.conftest import made_up_frames

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
            offers
            | {
                "year": [2026, 2026],
                "semester": ["autumn", "autumn"],
                "accreditation_code": ["akkreditert", "søkt"],
            }
        ),
        "college_funding": pl.DataFrame(
            offers
            | {
                "year": [2026, 2026],
                "college": ["Fagskolen", "Fagskolen"],
                "college_programme": ["Aldring", "Batteri"],
                "place_years": [60.0, 40.0],
                "rate_nok": [106_500, 74_000],
            }
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


def made(frames=None, **rules):
    return problem.build(
        made_up() if frames is None else frames,
        futures(),
        DECLARED.rules.model_copy(update=rules),
        SIZES,
        DECLARED.intake,
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
    ],
)
def test_a_rule_about_nothing_is_refused(kind, row):
    with pytest.raises(ConfigurationError, match="plasser"):
        made(**{kind: entries(kind, row)})


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
