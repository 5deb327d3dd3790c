"""A made-up county for the laws of the intake, and the matching told one proposal at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tasks.intake_rules import read_intake_rules
from tasks.places.intake.competition import OTHER, OWN, RIGHT
from tasks.places.intake.types import Applicants, Applications, IntakeRules, Offers
from tasks.settings import Project

COUNTY = "50"
RULES = read_intake_rules(Project().reference / "rules")
# Programmes of the made-up county: code, county-wide, general; the last has a quota.
PROGRAMMES = (("BA", False, False), ("HS", False, False), ("ST", False, True), ("ID", True, True))


def rules(**changes: object) -> IntakeRules:
    return replace(RULES, **changes)


def offers(seed: int, schools: int = 7, regions: int = 3, room: float = 1.0) -> Offers:
    """Three levels of four programmes at most schools; about as many places as applicants."""
    rng = np.random.default_rng(seed)
    areas = [(f"{p}XXX{level}----", p, level) for level in (1, 2, 3) for p, _, _ in PROGRAMMES]
    wide = {p: w for p, w, _ in PROGRAMMES}
    general = {p: g for p, _, g in PROGRAMMES}
    pairs = [
        (a, s)
        for a in range(len(areas))
        for s in range(schools)
        if rng.random() < 0.6 or s == a % schools
    ]
    places = np.maximum(1, np.round(rng.integers(4, 13, len(pairs)) * room)).astype(np.int64)
    return Offers(
        schools=tuple(f"9000000{s:02}" for s in range(schools)),
        school_region=np.arange(schools) % regions,
        regions=tuple(f"intake-{r}" for r in range(regions)),
        areas=tuple(code for code, _, _ in areas),
        programmes=tuple(p for _, p, _ in areas),
        levels=np.array([level for _, _, level in areas]),
        county_wide=np.array([wide[p] for _, p, _ in areas]),
        general=np.array([general[p] for _, p, _ in areas]),
        school=np.array([s for _, s in pairs]),
        area=np.array([a for a, _ in pairs]),
        places=places,
    )


def applications(plan: Offers, seed: int, homes: int = 6, size: float = 1.0) -> Applications:
    """First choices of about the county's places, from all homes and from elsewhere."""
    rng = np.random.default_rng(seed + 1)
    areas, schools = len(plan.areas), len(plan.schools)
    there = plan.at() >= 0
    room = np.bincount(plan.area, weights=plan.places, minlength=areas)
    share = rng.dirichlet(np.ones(homes + 1), areas)
    weight = rng.gamma(1.0, size=(areas, homes + 1, schools)) * there[:, None, :]
    weight /= np.maximum(weight.sum(axis=2, keepdims=True), 1e-12)
    same = plan.levels[:, None] == plan.levels
    np.fill_diagonal(same, False)
    return Applications(
        homes=(*(f"50{h:02}" for h in range(homes)), "9999"),
        home_region=np.append(np.arange(homes) % len(plan.regions), -1),
        expected=share * room[:, None] * size,
        area_spread=np.full(areas, 0.02),
        offer_spread=np.full(areas, 0.05),
        weight=weight,
        next_choice=same / same.sum(axis=1, keepdims=True),
        more=np.full(areas, 0.7),
        points_mean=rng.uniform(35, 45, areas),
        minutes=rng.uniform(15, 120, (homes + 1, schools)),
        estimated=np.ones((homes + 1, schools), np.bool_),
    )


def county(seed: int, room: float = 1.0) -> tuple[Offers, Applications]:
    plan = offers(seed)
    return offers(seed, room=room), applications(plan, seed)


def one_by_one(lists: np.ndarray, priority: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Deferred acceptance as in the textbook: one free applicant proposes at a time."""
    held: dict[int, list[tuple[int, int]]] = {node: [] for node in range(len(room))}
    next_wish = [0] * len(lists)
    free = list(range(len(lists)))
    at = np.full(len(lists), -1)
    while free:
        person = free.pop()
        if next_wish[person] >= lists.shape[1] or lists[person, next_wish[person]] < 0:
            continue
        wish = next_wish[person]
        node = int(lists[person, wish])
        next_wish[person] += 1
        held[node].append((int(priority[person, wish]), person))
        held[node].sort()
        at[person] = wish
        if len(held[node]) > room[node]:
            _, out = held[node].pop()
            at[out] = -1
            free.append(out)
    return at


def list_of(
    person: int, choice: int, people: Applicants, plan: Offers, app: Applications, rule: IntakeRules
) -> list[int]:
    """An applicant's order of offers within a choice, told in plain words."""
    area, home = int(people.choices[person, choice]), int(people.home[person])
    here = [k for k in range(plan.count) if plan.area[k] == area and plan.places[k] > 0]
    late = {
        k: people.taste[person, plan.school[k]] / app.weight[area, home, plan.school[k]]
        for k in here
    }
    wished = sorted(here, key=late.__getitem__)[: rule.school_wishes]
    rest = [k for k in here if k not in wished]
    own = {k: right_at(person, k, people, plan, app) <= OWN for k in rest}
    minutes = app.minutes[home]
    return wished + sorted(rest, key=lambda k: (not own[k], minutes[plan.school[k]]))


def right_at(person: int, offer: int, people: Applicants, plan: Offers, app: Applications) -> int:
    """Own region or another, in plain words."""
    area, region = int(plan.area[offer]), int(app.home_region[people.home[person]])
    if plan.county_wide[area]:
        return OWN
    there = {
        int(plan.school_region[plan.school[k]])
        for k in range(plan.count)
        if plan.area[k] == area and plan.places[k] > 0
    }
    mine = int(plan.school_region[plan.school[offer]]) == region
    return OWN if mine or region not in there else OTHER


__all__ = ["OTHER", "OWN", "RIGHT", "county", "list_of", "one_by_one", "right_at", "rules"]
