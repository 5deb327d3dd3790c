"""The intake simulator: 20 000 applicants × 200 draws of the whole county, on two cores.

A county of about the real size: 35 schools, 75 areas on three levels, some 550 offers. The peer is
deferred acceptance told one proposal at a time, on one draw with the same lists, and counted up.
"""

from __future__ import annotations

import heapq
import time

import numpy as np

from tasks.intake_rules import read_intake_rules
from tasks.places.intake.applicants import draw
from tasks.places.intake.matching import deferred_acceptance
from tasks.places.intake.simulate import simulate
from tasks.places.intake.types import Applications, Offers
from tasks.settings import Project

APPLICANTS, DRAWS = 20_000, 200
SCHOOLS, REGIONS, HOMES = 35, 5, 38
AREAS = {1: 15, 2: 44, 3: 16}
OFFERS = {1: 11, 2: 6, 3: 6}
LIMIT = 90.0
PROGRAMMES = ("BA", "EL", "HS", "ID", "IM", "MD", "NA", "RM", "SR", "ST", "TP")


def county(seed: int = 1) -> tuple[Offers, Applications]:
    rng = np.random.default_rng(seed)
    levels = np.repeat(list(AREAS), list(AREAS.values()))
    programmes = tuple(PROGRAMMES[k % len(PROGRAMMES)] for k in range(len(levels)))
    pairs = [
        (area, school)
        for area, level in enumerate(levels)
        for school in sorted(rng.choice(SCHOOLS, OFFERS[int(level)], replace=False))
    ]
    size = rng.integers(10, 60, len(pairs)).astype(float)
    places = np.maximum(1, np.round(size * APPLICANTS / size.sum())).astype(np.int64)
    offers = Offers(
        schools=tuple(f"9{s:08}" for s in range(SCHOOLS)),
        school_region=np.arange(SCHOOLS) % REGIONS,
        regions=tuple(f"intake-{r}" for r in range(REGIONS)),
        areas=tuple(
            f"{p}A{k:02}{lv}----" for k, (p, lv) in enumerate(zip(programmes, levels, strict=True))
        ),
        programmes=programmes,
        levels=levels,
        county_wide=np.array([p in ("ID", "IM", "NA", "RM") for p in programmes]),
        general=np.array([p in ("ID", "MD", "ST") for p in programmes]),
        school=np.array([s for _, s in pairs]),
        area=np.array([a for a, _ in pairs]),
        places=places,
    )
    return offers, _applications(offers, rng)


def _applications(offers: Offers, rng: np.random.Generator) -> Applications:
    areas = len(offers.areas)
    room = np.bincount(offers.area, weights=offers.places, minlength=areas)
    weight = rng.gamma(0.7, size=(areas, HOMES + 1, SCHOOLS)) * (offers.at() >= 0)[:, None]
    same = (offers.levels[:, None] == offers.levels).astype(float)
    np.fill_diagonal(same, 0)
    return Applications(
        homes=(*(f"50{h:02}" for h in range(HOMES)), "9999"),
        home_region=np.append(np.arange(HOMES) % REGIONS, -1),
        expected=rng.dirichlet(np.ones(HOMES + 1), areas) * room[:, None],
        area_spread=np.full(areas, 0.01),
        offer_spread=np.full(areas, 0.02),
        weight=weight / weight.sum(axis=2, keepdims=True),
        next_choice=same / same.sum(axis=1, keepdims=True),
        more=np.full(areas, 0.7),
        points_mean=rng.uniform(34, 46, areas),
        minutes=rng.uniform(15, 200, (HOMES + 1, SCHOOLS)),
        estimated=np.ones((HOMES + 1, SCHOOLS), np.bool_),
    )


def matching() -> tuple[float, float]:
    """Seconds of one matching of all applicants, ours and one proposal at a time."""
    offers, applications = county()
    rules = read_intake_rules(Project().reference / "rules")
    people = draw(applications, offers, rules, seed=1, county="50", number=0)
    lists = people.choices
    priority = np.repeat(people.order[:, None], lists.shape[1], axis=1)
    room = np.bincount(offers.area, weights=offers.places).astype(np.int64) * 9 // 10
    start = time.perf_counter()
    ours = deferred_acceptance(lists, priority, room).position
    mine = time.perf_counter() - start
    start = time.perf_counter()
    other = _one_by_one(lists, priority, room)
    assert ours.tolist() == other
    return mine, time.perf_counter() - start


def _one_by_one(lists: np.ndarray, priority: np.ndarray, room: np.ndarray) -> list[int]:
    held: list[list[tuple[int, int]]] = [[] for _ in room]
    at, wish = [-1] * len(lists), [0] * len(lists)
    free = list(range(len(lists)))
    rows, ranks, most = lists.tolist(), priority.tolist(), room.tolist()
    while free:
        person = free.pop()
        place = wish[person]
        if place >= len(rows[person]) or rows[person][place] < 0:
            continue
        wish[person] += 1
        node = rows[person][place]
        at[person] = place
        heapq.heappush(held[node], (-ranks[person][place], person))
        if len(held[node]) > most[node]:
            _, out = heapq.heappop(held[node])
            at[out] = -1
            free.append(out)
    return at


def run() -> list[dict[str, object]]:
    offers, applications = county()
    rules = read_intake_rules(Project().reference / "rules")
    start = time.perf_counter()
    [result] = simulate([offers], applications, rules, seed=1, county="50", draws=DRAWS)
    seconds = time.perf_counter() - start
    people = float(
        result.admitted[:, 0].sum(axis=1).mean()
        + result.measures[:, 0, :, -1, 4].sum(axis=1).mean()
    )
    ours, peer = matching()
    return [
        {
            "case": f"intake of {people:.0f} applicants × {DRAWS} draws, {offers.count} offers, "
            f"{rules.rounds} rounds, s",
            "ours": seconds,
            "limit": f"≤ {LIMIT:g} s",
            "ok": seconds <= LIMIT,
        },
        {
            "case": "one matching of all applicants on programmes, s; peer: one proposal at a time",
            "ours": ours,
            "peer": peer,
            "ratio": ours / peer,
            "limit": "reported",
            "ok": True,
        },
    ]
