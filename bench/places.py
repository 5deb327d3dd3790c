"""The plan in classes at a county's size: 31 schools, 120 areas, about 1 700 pairs, 200 draws.

Figures from a fixed seed. `one goal` is the first goal by itself, `all` every goal in order, `by
hand` a plan with three classes set, `one class` pupils placed anew with the other classes held.
Seconds are of the processor, since nothing here waits for anything: a busy machine takes longer on
the clock. All goals in order take longer than the two minutes of other benches; that is what is
measured. The peer of a goal is its bound, in the goal's own unit: no plan can be better.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from tasks.place_rules import read_place_rules
from tasks.places import explain, solve
from tasks.places.problem import with_goals
from tasks.places.search import Stage
from tasks.places.types import (
    Adults,
    Colleges,
    Convex,
    Fixed,
    Pairs,
    Problem,
    Rooms,
    Specials,
)
from tasks.settings import Project

T = TypeVar("T")
SCHOOLS, AREAS, REGIONS, DRAWS, PAIRS = 31, 120, 5, 200, 1_700
ONE_GOAL, ALL_GOALS, BY_HAND = 120.0, 600.0, 90.0


def county(seed: int = 5) -> Problem:
    """A problem of a county's size, from a fixed seed."""
    rng = np.random.default_rng(seed)
    own = _pairs(rng)
    level = np.sort(rng.choice([1, 2, 3], AREAS, p=[0.2, 0.55, 0.25]))
    programme = np.arange(AREAS) % 15
    places = np.zeros((AREAS, REGIONS))
    np.add.at(places, (own.area, own.region), own.places)
    right = np.concatenate([np.rint(places.T * rng.uniform(0.86, 0.97, (REGIONS, AREAS)))])
    right = np.concatenate([right, np.zeros((1, AREAS))])
    same = (programme[:, None] % 5 == programme[None, :] % 5) & (level[:, None] == level[None, :])
    key, cell = np.unique(own.area * REGIONS + own.region, return_inverse=True)
    centre = places.ravel()[key] * rng.uniform(0.8, 1.6, len(key))
    need = np.maximum(centre[:, None] * rng.normal(1, 0.15, (len(key), DRAWS)), 0)
    trained = np.flatnonzero((level == 2) & (programme < 10)).astype(np.intp)
    taken = right.sum(axis=0)[trained, None] * rng.uniform(0.65, 0.85, (len(trained), DRAWS))
    away = np.arange(REGIONS + 1)[:, None] != own.region[None, :]
    away[-1] = False
    rules = read_place_rules(Project().reference).rules
    problem = Problem(
        year=2027,
        areas=tuple(f"A{a:03d}" for a in range(AREAS)),
        area_names=tuple(f"område {a}" for a in range(AREAS)),
        programme=tuple(f"P{p:02d}" for p in programme),
        level=level,
        regions=(*(f"intake-{r}" for r in range(REGIONS)), "9999"),
        own=own,
        others=_others(),
        right=right,
        has_right=np.array([True] * REGIONS + [False]),
        choice=same,
        beyond=np.zeros((REGIONS + 1, len(own))) + 0.1,
        outside=away.astype(np.float64),
        cell=cell.astype(np.intp),
        need=Convex(tuple(str(k) for k in key), need, np.ones(DRAWS), rising=False),
        need_known=np.ones(len(key), dtype=np.bool_),
        apprentice_area=trained,
        apprentice=Convex(
            tuple(str(a) for a in trained), taken, rng.uniform(0.9, 1.1, DRAWS), rising=True
        ),
        combined=(),
        rooms=_rooms(own),
        adults=Adults(
            ("T",), ("faget",), np.array([200.0]), np.array([np.inf]), np.array([177_500.0]), 15, 1
        ),
        colleges=Colleges(
            ("F",), ("fagskolen",), np.array([150.0]), np.array([150.0]), np.array([np.inf]),
            np.array([95_000.0]), 15.0, 14_250_000.0,
        ),
        specials=Specials(
            ("vg3-i-skole",), ("vg3",), np.array([40.0]), np.array([15.0]), np.array([195_400.0])
        ),
        minimum_fill=0.6,
        budget=float((own.rate * own.places).sum()) * 1.02 + 15 * 18 * 195_400.0,
        most_change=rules.largest_change.value * float(own.classes.sum()),
        goals=(),
        solver=rules.solver,
    )  # fmt: skip
    return with_goals(problem, rules)


def _pairs(rng: np.random.Generator) -> Pairs:
    chosen = np.sort(rng.choice(SCHOOLS * AREAS, PAIRS, replace=False))
    school, area = chosen // AREAS, chosen % AREAS
    full = np.where(area % 15 < 10, 15.0, 30.0)
    classes = rng.choice([0.0, 0.5, 1.0, 1.5, 2.0, 3.0], PAIRS, p=[0.05, 0.2, 0.4, 0.1, 0.15, 0.1])
    half = np.ceil(full / 2)
    return Pairs(
        school=tuple(f"{s:09d}" for s in school),
        name=tuple(f"skole {s}" for s in school),
        area=area.astype(np.intp),
        region=(school % REGIONS).astype(np.intp),
        classes=classes,
        places=np.floor(classes) * full + (classes % 1 > 0) * half,
        full=full,
        half=half,
        most=classes + 2,
        rate=rng.choice([151_300.0, 177_500.0, 195_400.0, 240_300.0], AREAS)[area],
        reserved=np.zeros(PAIRS),
    )


def _others() -> Pairs:
    nothing, where = np.zeros(0), np.zeros(0, dtype=np.intp)
    return Pairs((), (), where, where, *[nothing] * 7)


def _rooms(own: Pairs) -> Rooms:
    school = np.array(own.school)
    member = np.array([school == s for s in sorted(set(own.school))])
    return Rooms(tuple(sorted(set(own.school))), member, member @ own.classes + 3.0)


def run() -> list[dict[str, object]]:
    problem = county()
    rows: list[dict[str, object]] = []
    one, seconds = _timed(lambda: solve.plan(problem, [problem.goals[0].id]))
    stage = one.stages[0]
    rows.append(_row("one goal", seconds, ONE_GOAL, stage.met))
    rows.append(_near(f"one goal: {stage.goal}", stage))
    plan, seconds = _timed(lambda: solve.plan(problem))
    rows.append(_row("all goals in order", seconds, ALL_GOALS, True))
    rows += [_near(f"all goals: {s.goal}", s) for s in plan.stages]
    fixed = [Fixed(k, float(plan.classes[k]) + 1, "for hånd") for k in (10, 700, 1_500)]
    forced, seconds = _timed(lambda: solve.override(plan, fixed))
    kept = all(forced.classes[f.pair] == f.classes for f in fixed)
    rows.append(_row("three classes by hand", seconds, BY_HAND, kept))
    explainer, _ = _timed(lambda: explain.Explainer(plan))
    found, seconds = _timed(lambda: explainer.marginal(10, 1.0))
    rows.append(_row("one class more, pupils placed anew", seconds, 5.0, found is not None))
    return rows


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    start = time.process_time()
    return work(), time.process_time() - start


def _row(case: str, seconds: float, limit: float, right: bool) -> dict[str, object]:
    return {
        "case": case,
        "ours": f"{seconds:.1f} s",
        "limit": f"≤ {limit:.0f} s",
        "ok": right and seconds <= limit,
    }


def _near(case: str, stage: Stage) -> dict[str, object]:
    """How near the bound a goal is."""
    return {
        "case": f"{case} (proven: {'yes' if stage.met else 'no'})",
        "ours": f"{stage.value:.4g}",
        "peer": f"{stage.bound:.4g}",
        "limit": f"± {stage.tolerance:.4g}",
        "ok": stage.met,
    }
