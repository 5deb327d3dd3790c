"""The county's rules of intake on one draw of applicants.

Who gets the programme is settled in the whole county, by points; then who gets which school, with
the region before others. The order is that of the county's regulation (forskrift 16 October 2025
no. 2497), so no applicant loses a programme to somebody with fewer points in another region.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.forecast.types import Array, Index
from tasks.places.intake import reserved
from tasks.places.intake.matching import ANYBODY, deferred_acceptance
from tasks.places.intake.types import (
    CHOICES,
    Applicants,
    Applications,
    Bool,
    IntakeRules,
    Offers,
    Round,
    Whole,
)

# Rights at a school, the strongest first: has the place already; priority, individual intake or the
# right to go on; of the region; of another region of the county; from elsewhere.
HOLDS, RIGHT, OWN, OTHER, GUEST = range(5)


# An offer and the right there lie in one number: offer · RIGHTS + right.
RIGHTS = 8
# Elsewhere is farther away than any school of one's own region; all fits in float32.
ELSEWHERE_MINUTES = 1e4
LEAST_WEIGHT = np.float32(1e-30)


@dataclass(frozen=True)
class Rights:
    """What follows from offers and homes alone, once for all draws.

    Attributes:
        weight: float32 `[area, home, school]` weight of the open offers, 0 where there is none.
        code: int32 `[area, home, school]` offer · `RIGHTS` + right there; −1 where there is none.
        far: float32 `[area, home, school]` order in which schools are offered to those who lose
            out: own region first, then elsewhere, the nearest first; inf where there is none.
        quota: `[offer]` most places that are given by points and skill.
        room: `[offer]` places that applicants compete for.
    """

    weight: Array
    code: npt.NDArray[np.int32]
    far: Array
    quota: Whole
    room: Whole

    @classmethod
    def of(cls, offers: Offers, applications: Applications, rules: IntakeRules) -> Rights:
        """Rights under the places of `offers`; a closed offer is no offer of its region."""
        own = own_region(offers, applications)
        at = offers.at()[:, None, :]
        there = np.append(offers.places > 0, False)[at] & np.ones_like(own)
        guest = (applications.home_region < 0)[None, :, None]
        right = np.where(guest, GUEST, np.where(own, OWN, OTHER))
        minutes = applications.minutes[None] + np.where(own, 0.0, ELSEWHERE_MINUTES)
        later = (offers.levels[offers.area] > 1) & offers.general[offers.area]
        kept = reserved.held(
            rules,
            [offers.schools[s] for s in offers.school],
            [offers.areas[a] for a in offers.area],
            later,
            offers.places.astype(np.float64),
        )
        weight = np.maximum(applications.weight.astype(np.float32), LEAST_WEIGHT)
        return cls(
            weight=np.where(there, weight, np.float32(0)),
            code=np.where(there, at * RIGHTS + right, -1).astype(np.int32),
            far=np.where(there, 1 + minutes, np.inf).astype(np.float32),
            quota=quotas(offers, rules),
            room=offers.places - kept.astype(np.int64),
        )


def own_region(offers: Offers, applications: Applications) -> Bool:
    """Whether a home counts as of the region of a school `[area, home, school]`.

    An area that a region lacks makes its applicants count as of every region that has it; where
    the whole county competes alike, all are of every region. Those from elsewhere are of none.
    """
    region = applications.home_region
    has = np.zeros((len(offers.areas), len(offers.regions)), np.bool_)
    there = offers.places > 0
    has[offers.area[there], offers.school_region[offers.school[there]]] = True
    lacks = ~has[:, region] | offers.county_wide[:, None]
    same = region[:, None] == offers.school_region
    own: Bool = (same[None] | lacks[:, :, None]) & (region >= 0)[None, :, None]
    return own


def quotas(offers: Offers, rules: IntakeRules) -> Whole:
    """Most places of each offer that are given by points and skill: Vg1 of some programmes."""
    found = np.zeros(offers.count, np.int64)
    for programme, quota in rules.quotas.items():
        mine = np.array([p == programme for p in offers.programmes], np.bool_) & (
            offers.levels == 1
        )
        named = np.array([not quota.schools or s in quota.schools for s in offers.schools])
        here = mine[offers.area] & named[offers.school]
        found[here] = np.floor(offers.places[here] * quota.share + 1e-9)
    return found


def intake(
    applicants: Applicants,
    offers: Offers,
    applications: Applications,
    rights: Rights,
    rules: IntakeRules,
) -> list[Round]:
    """Offers in rounds: who turns one down leaves, and those behind move up or get a first offer.

    A later round is the same intake without those who left. Places only become free, so that with
    the right to what one holds nobody gets less than before.
    """
    people = np.arange(applicants.count)
    still = np.ones(applicants.count, np.bool_)
    held = np.full(applicants.count, -1, np.intp)
    by_skill = _by_skill(applicants, offers, applications, rights)
    done: list[Round] = []
    for number in range(rules.rounds):
        by_skill[~still] = -1
        here = people[still]
        part = _round(_Case(applicants, offers, applications, rights, rules), here, held, by_skill)
        done.append(_whole(part, here, still, applicants.count))
        held = done[-1].offer
        share = np.where(
            done[-1].choice == 0, rules.turned_down_first, rules.turned_down_other
        ).astype(np.float32)
        still = still & ~((held >= 0) & (applicants.turning_down[:, number] < share))
        held = np.where(still, held, -1)
    return done


@dataclass(frozen=True)
class _Case:
    applicants: Applicants
    offers: Offers
    applications: Applications
    rights: Rights
    rules: IntakeRules


def lateness(applicants: Applicants, who: Index, area: Index, rights: Rights) -> Array:
    """How late a school is wished for an area `[who, school]`; inf where there is no offer.

    Exponentials over weights are a race: the order in which they come in is that of drawing schools
    by weight without replacement (Plackett 1975), the first with the chances of a logit model.
    """
    with np.errstate(divide="ignore"):
        late: Array = applicants.taste[who] / rights.weight[area, applicants.home[who]]
    return late


def first_wish(applicants: Applicants, rights: Rights) -> Index:
    """The offer that each applicant wishes most `[applicant]`; −1 where the area has no offer."""
    return _wish_of(applicants, np.arange(applicants.count), rights)


def _wish_of(applicants: Applicants, who: Index, rights: Rights) -> Index:
    area = applicants.choices[who, 0]
    school = lateness(applicants, who, area, rights).argmin(axis=1)
    offer: Index = rights.code[area, applicants.home[who], school].astype(np.intp) // RIGHTS
    return offer


def _by_skill(
    applicants: Applicants, offers: Offers, applications: Applications, rights: Rights
) -> Index:
    """The offer of those let in by points and skill `[applicant]`, −1 for the others.

    Only first choices at the first wished school are tried (the county's practice), so nobody let
    in so would rather be elsewhere, and the quota comes before everything else.
    """
    found = np.full(applicants.count, -1, np.intp)
    tried = np.zeros(len(offers.areas), np.bool_)
    tried[offers.area[rights.quota > 0]] = True
    resident = applications.home_region[applicants.home] >= 0
    among = np.flatnonzero(tried[applicants.choices[:, 0]] & ~applicants.special & resident)
    wish = _wish_of(applicants, among, rights)
    score = applicants.points[among] + applicants.skill[among]
    by_offer = np.lexsort((applicants.order[among], -score, wish))
    among, at = among[by_offer], wish[by_offer]
    # A wish for a closed area is −1 and stands first; nobody is let in there.
    place = np.arange(len(among)) - np.searchsorted(at, at)
    best = (at >= 0) & (place < rights.quota[np.maximum(at, 0)])
    found[among[best]] = at[best]
    return found


def _round(case: _Case, here: Index, held: Index, by_skill: Index) -> Round:
    """One round among those who are here; arrays are by position in `here`."""
    offers, skilled = case.offers, by_skill[here]
    room = case.rights.room - np.bincount(skilled[skilled >= 0], minlength=offers.count)
    choice, shut = _programmes(case, here, np.where(skilled >= 0, 0, -1), room)
    offer = skilled.copy()
    in_question = np.flatnonzero((choice >= 0) & (skilled < 0))
    lists, priority = _schools(case, here[in_question], choice[in_question], held)
    matched = deferred_acceptance(lists, priority, room)
    position = np.maximum(matched.position, 0)
    row = np.arange(len(in_question))
    let_in = matched.position >= 0
    offer[in_question] = np.where(let_in, lists[row, position], -1)
    at_first = np.ones(len(here), np.bool_)
    at_first[in_question] = position == 0
    special, stays = case.applicants.special[here], case.applicants.stays[here]
    ordinary = (offer >= 0) & (skilled < 0) & ~special & ~(stays & (choice == 0))
    ordinary &= case.applications.home_region[case.applicants.home[here]] >= 0
    refused = (matched.cutoff != ANYBODY) | shut[offers.area]
    return Round(
        choice=np.where(offer >= 0, choice, -1),
        offer=offer,
        wish=at_first & (offer >= 0),
        still=np.ones(len(here), np.bool_),
        ordinary=ordinary,
        refused=refused & (offers.places > 0),
    )


def _programmes(case: _Case, here: Index, given: Index, room: Whole) -> tuple[Index, Bool]:
    """Which choice is met in the county, and which areas somebody was refused `[area]`."""
    areas = len(case.offers.areas)
    total = np.bincount(case.offers.area, weights=room, minlength=areas).astype(np.int64)
    open_to = np.flatnonzero(given < 0)
    who = here[open_to]
    matched = deferred_acceptance(case.applicants.choices[who], _county_order(case, who), total)
    choice = given.copy()
    choice[open_to] = matched.position
    return choice, matched.cutoff != ANYBODY


def _county_order(case: _Case, who: Index) -> Whole:
    """Place in the county for each choice: those with a right, then by points; guests last."""
    guest = case.applications.home_region[case.applicants.home[who]] < 0
    group = np.repeat(np.where(guest, 2, 1)[:, None], CHOICES, axis=1)
    group[case.applicants.special[who]] = 0
    # The right to go on is to the first choice alone.
    group[case.applicants.stays[who], 0] = 0
    order: Whole = group * case.applicants.count + case.applicants.order[who, None]
    return order


def _schools(case: _Case, who: Index, choice: Index, held: Index) -> tuple[Index, Whole]:
    """Lists of offers, and the priority there `[who, school]`; the first is the first wish.

    The wished schools by taste, then the other schools of the area: own region first, then
    elsewhere, nearest first. The list holds every school of the area, so whoever has the programme
    gets a place in it.
    """
    applicants, rights = case.applicants, case.rights
    home, area = applicants.home[who], applicants.choices[who, choice]
    late = lateness(applicants, who, area, rights)
    wishes = min(case.rules.school_wishes, late.shape[1])
    last = np.partition(late, wishes - 1, axis=1)[:, wishes - 1 : wishes]
    key = rights.far[area, home]
    wished = (late <= last) & (late < np.inf)
    # A wish comes before every school that is only offered: those keys begin at 1.
    np.divide(late, 1 + late, out=key, where=wished)
    order = np.argsort(key, axis=1, kind="stable")
    code = np.take_along_axis(rights.code[area, home], order, axis=1)
    lists, right = (code // RIGHTS).astype(np.intp), code % RIGHTS
    right[applicants.special[who]] = RIGHT
    right[applicants.stays[who] & (choice == 0), 0] = RIGHT
    right[(lists == held[who, None]) & (lists >= 0)] = HOLDS
    priority = right.astype(np.int64) * applicants.count + applicants.order[who, None]
    return lists, priority


def _whole(part: Round, here: Index, still: Bool, count: int) -> Round:
    """A round by position among all applicants."""
    choice, offer = np.full((2, count), -1, np.intp)
    wish, ordinary = np.zeros((2, count), np.bool_)
    choice[here], offer[here] = part.choice, part.offer
    wish[here], ordinary[here] = part.wish, part.ordinary
    return Round(choice, offer, wish, still.copy(), ordinary, part.refused)
