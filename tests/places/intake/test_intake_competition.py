from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_tools import COUNTY, county, list_of, right_at, rules

from tasks.places.intake.applicants import draw
from tasks.places.intake.competition import Rights, first_wish, intake, own_region, quotas
from tasks.places.intake.types import Applicants, Applications, IntakeRules, Offers, Round

SEEDS = st.integers(0, 10_000)
ROOM = st.sampled_from([0.5, 0.8, 1.0, 1.5])


def played(
    seed: int, room: float, rule: IntakeRules
) -> tuple[Offers, Applications, Applicants, list[Round]]:
    plan, app = county(seed, room)
    people = draw(app, plan, rule, seed=seed, county=COUNTY, number=0)
    return plan, app, people, intake(people, plan, app, Rights.of(plan, app, rule), rule)


@settings(max_examples=30, deadline=None)
@given(SEEDS, ROOM)
def test_nobody_is_let_in_above_the_places(seed: int, room: float) -> None:
    plan, _, people, rounds = played(seed, room, rules(turned_down_first=0.2, rounds=3))
    for done in rounds:
        has = done.offer >= 0
        assert (np.bincount(done.offer[has], minlength=plan.count) <= plan.places).all()
        assert (has == (done.choice >= 0)).all()
        mine = people.choices[np.arange(people.count), np.maximum(done.choice, 0)]
        assert (plan.area[done.offer[has]] == mine[has]).all()
        assert not done.offer[~done.still].max(initial=-1) >= 0


@settings(max_examples=15, deadline=None)
@given(SEEDS, ROOM)
def test_nobody_with_fewer_points_and_no_more_right_has_a_place_one_wanted_more(
    seed: int, room: float
) -> None:
    """Stability, told in plain words of the county's rules; places by skill are outside it."""
    rule = rules()
    plan, app, people, rounds = played(seed, room, rule)
    done = rounds[0]
    # Those let in by skill, or before the others, have a right that the rest do not have.
    plain = done.ordinary | (done.offer < 0)
    resident = app.home_region[people.home] >= 0
    envious = np.flatnonzero(plain & resident & ~people.special & ~people.stays)
    for person in envious[:60]:
        mine = int(done.choice[person]) if done.choice[person] >= 0 else 3
        for choice in range(min(mine + 1, 3)):
            area = int(people.choices[person, choice])
            if area < 0:
                continue
            wanted = list_of(int(person), choice, people, plan, app, rule)
            if choice == mine:
                wanted = wanted[: wanted.index(int(done.offer[person]))]
            for offer in wanted:
                there = np.flatnonzero((done.offer == offer) & done.ordinary)
                better = people.points[there] > people.points[person]
                even = people.points[there] == people.points[person]
                if choice < mine:
                    # Lost the programme: everybody who has it came before in the county.
                    assert (better | even).all()
                    continue
                right = np.array([right_at(int(t), offer, people, plan, app) for t in there])
                own = right_at(int(person), offer, people, plan, app)
                assert ((right < own) | ((right == own) & (better | even))).all()


@settings(max_examples=15, deadline=None)
@given(SEEDS, ROOM)
def test_no_place_is_empty_while_somebody_was_refused_its_programme(seed: int, room: float) -> None:
    plan, _, people, rounds = played(seed, room, rules())
    for done in rounds:
        has = done.offer >= 0
        taken = np.bincount(done.offer[has], minlength=plan.count)
        left = np.bincount(plan.area, weights=plan.places - taken, minlength=len(plan.areas))
        for person in np.flatnonzero(done.still):
            end = done.choice[person] if done.choice[person] >= 0 else 3
            refused = people.choices[person, :end]
            assert not left[refused[refused >= 0]].any()


@settings(max_examples=15, deadline=None)
@given(SEEDS, ROOM)
def test_who_stays_in_the_intake_never_gets_less_in_a_later_round(seed: int, room: float) -> None:
    rule = rules(turned_down_first=0.15, turned_down_other=0.3, rounds=3)
    plan, app, people, rounds = played(seed, room, rule)
    moved = 0
    for before, after in pairwise(rounds):
        both = before.still & after.still & (before.offer >= 0)
        assert (after.offer[both] >= 0).all()
        assert (after.choice[both] <= before.choice[both]).all()
        same = both & (after.choice == before.choice) & (after.offer != before.offer)
        for person in np.flatnonzero(same):
            order = list_of(int(person), int(after.choice[person]), people, plan, app, rule)
            assert order.index(int(after.offer[person])) < order.index(int(before.offer[person]))
        moved += int(same.sum()) + int((after.choice[both] < before.choice[both]).sum())
        assert before.still.sum() > after.still.sum()
    if room < 1:
        assert moved > 0


def test_the_right_to_go_on_at_ones_school_comes_before_points() -> None:
    rule = rules(stays=0.3, special=(0.0, 0.0, 0.0))
    poor = 0
    for seed in range(6):
        plan, app, people, rounds = played(seed, 0.6, rule)
        first = first_wish(people, Rights.of(plan, app, rule))
        done = rounds[0]
        for area in np.flatnonzero(plan.general & (plan.levels > 1)):
            goes_on = people.stays & (people.choices[:, 0] == area)
            if goes_on.sum() > plan.places[plan.area == area].sum():
                continue
            for offer in np.flatnonzero(plan.area == area):
                here = goes_on & (first == offer)
                if here.sum() <= plan.places[offer]:
                    assert (done.offer[here] == offer).all()
                    lost = (first == offer) & (done.offer != offer)
                    best = people.points[lost].max(initial=0)
                    poor += int((people.points[here] < best).sum())
    assert poor > 5, "some go on with fewer points than others who lost"


def test_priority_and_individual_intake_come_before_the_others() -> None:
    rule = rules(special=(0.2, 0.2, 0.2), stays=0.0, quotas={})
    poor = 0
    for seed in range(6):
        plan, _, people, rounds = played(seed, 0.6, rule)
        total = np.bincount(plan.area, weights=plan.places, minlength=len(plan.areas))
        asked = np.bincount(people.choices[people.special, 0], minlength=len(plan.areas))
        sure = people.special & (asked <= total * 0.5)[people.choices[:, 0]]
        # Others with the right may come from a lost first choice; half the places is room enough.
        assert (rounds[0].choice[sure] == 0).mean() > 0.99
        lost = ~people.special & (rounds[0].choice != 0)
        poor += int((people.points[sure] < np.median(people.points[lost])).sum())
    assert poor > 5


def test_a_quota_is_filled_by_points_and_skill_among_first_wishes() -> None:
    rule = rules()
    filled = 0
    for seed in range(5):
        plan, app, people, rounds = played(seed, 0.7, rule)
        most, first = quotas(plan, rule), first_wish(people, Rights.of(plan, app, rule))
        done = rounds[0]
        for offer in np.flatnonzero(most):
            among = (first == offer) & ~people.special & (app.home_region[people.home] >= 0)
            score = people.points + people.skill
            best = np.flatnonzero(among)[np.argsort(-score[among], kind="stable")]
            sure = best[: most[offer]]
            sure = sure[score[sure] > score[best[most[offer]]]] if len(best) > most[offer] else sure
            assert (done.offer[sure] == offer).all()
            filled += len(sure)
    assert filled > 20
    assert most.max() <= plan.places.max() / 2


def test_an_area_that_a_region_lacks_and_county_wide_programmes_are_of_every_region() -> None:
    plan, app = county(3)
    own = own_region(plan, app)
    wide = int(np.flatnonzero(plan.county_wide)[0])
    assert own[wide, :-1].all()
    assert not own[:, -1].any(), "those from elsewhere belong to no region"
    area = int(np.flatnonzero(~plan.county_wide)[0])
    here = plan.area == area
    kept = plan.school_region[plan.school] != 0
    closed = plan.with_places(np.where(here & ~kept, 0, np.maximum(plan.places, 1)))
    lacking = np.flatnonzero(app.home_region == 0)
    assert own_region(closed, app)[area, lacking].all()
    others = np.flatnonzero(app.home_region == 1)
    of_region_1 = plan.school_region == 1
    assert (own_region(closed, app)[area, others] == of_region_1).all()


def test_those_from_elsewhere_come_last() -> None:
    _, app, people, rounds = played(11, 0.5, rules())
    guests = app.home_region[people.home] < 0
    done = rounds[0]
    lost = ~guests & (done.offer < 0)
    for area in np.unique(people.choices[lost, 0]):
        let_in = guests & (done.offer >= 0) & (people.choices[:, 0] == area) & (done.choice == 0)
        right = people.special | people.stays
        assert not (let_in & ~right).any()
    assert lost.any()
    assert guests.any()


def test_reserved_places_stay_empty() -> None:
    plan, app = county(5, 0.5)
    rule = rules(exchange=0.5)
    right = Rights.of(plan, app, rule)
    later = (plan.levels[plan.area] > 1) & plan.general[plan.area]
    assert (right.room[later] == plan.places[later] - plan.places[later] // 2).all()
    assert (right.room[~later] == plan.places[~later]).all()
    people = draw(app, plan, rule, seed=5, county=COUNTY, number=0)
    done = intake(people, plan, app, right, rule)[-1]
    taken = np.bincount(done.offer[done.offer >= 0], minlength=plan.count)
    assert (taken <= right.room).all()


@pytest.mark.parametrize("closed", [0, 3])
def test_a_closed_offer_takes_nobody(closed: int) -> None:
    plan, app = county(8)
    places = plan.places.copy()
    places[closed] = 0
    shut = plan.with_places(places)
    rule = rules()
    people = draw(app, shut, rule, seed=8, county=COUNTY, number=0)
    right = Rights.of(shut, app, rule)
    assert not (first_wish(people, right) == closed).any()
    for done in intake(people, shut, app, right, rule):
        assert not (done.offer == closed).any()
