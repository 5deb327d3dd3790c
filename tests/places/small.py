"""A county of two regions, four schools and five programme areas, small enough to check by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tasks.places.rules import Solver
from tasks.places.types import Adults, Aim, Colleges, Convex, Pairs, Problem, Rooms, Specials

AREAS = ("AAAAA1----", "BBBBB1----", "AAAXX2----", "AAAYY2----", "BBBBB2----")
ORDER = (
    "udekket_behov",
    "uten_laereplass",
    "forstevalg",
    "reise",
    "kostnad",
    "endring_fra_i_aar",
)
SCALES = dict(zip(ORDER, (200.0, 100.0, 200.0, 200.0, 1e6, 20.0), strict=True))
UNIT = "enheter"


def goals(order: tuple[str, ...] = ORDER) -> tuple[Aim, ...]:
    return tuple(Aim(g, SCALES[g], UNIT) for g in order)


def pairs(rows: list[tuple[str, int, int, float, float]], growth: float = 2.0) -> Pairs:
    """Rows: school, area, region, classes, full."""
    school, area, region, classes, full = zip(*rows, strict=True)
    full_ = np.array(full)
    half = np.ceil(full_ / 2)
    counted = np.array(classes)
    return Pairs(
        school=school,
        name=tuple(f"Skole {s}" for s in school),
        area=np.array(area, dtype=np.intp),
        region=np.array(region, dtype=np.intp),
        classes=counted,
        places=np.floor(counted) * full_ + (counted % 1 > 0) * half,
        full=full_,
        half=half,
        most=counted + growth,
        rate=np.full(len(rows), 100.0),
        reserved=np.zeros(len(rows)),
    )


def small(draws: int = 40, seed: int = 1, **changed: object) -> Problem:
    rng = np.random.default_rng(seed)
    own = pairs(
        [
            ("1", 0, 0, 2.0, 15.0),
            ("1", 1, 0, 1.0, 30.0),
            ("2", 2, 0, 1.0, 15.0),
            ("2", 3, 0, 1.0, 15.0),
            ("3", 0, 1, 1.0, 15.0),
            ("3", 1, 1, 1.0, 30.0),
            ("3", 2, 1, 1.0, 15.0),
            ("4", 4, 1, 1.0, 30.0),
        ]
    )
    others = pairs([("9", 1, 0, 0.5, 30.0)], growth=0)
    right = np.array([[25, 30, 12, 13, 20], [13, 28, 14, 9, 9], [0, 0, 0, 0, 0]], dtype=np.float64)
    choice = np.eye(5, dtype=bool)
    choice[0, 1] = choice[1, 0] = choice[2, 3] = choice[3, 2] = True
    cell = np.array([0, 1, 2, 3, 4, 5, 6, 7, 1], dtype=np.intp)
    centre = np.array([30, 40, 14, 16, 12, 27, 13, 30.0])
    need = np.round(centre[:, None] + rng.normal(0, 4, (8, draws)), 2)
    taken = np.maximum(np.array([15.0, 14.0])[:, None] + rng.normal(0, 3, (2, draws)), 0)
    names = tuple(str(c) for c in range(8))
    outside = np.zeros((3, 9))
    outside[0, own.region.tolist().index(1) :] = 1
    outside[0, 8] = 0
    outside[1, [0, 1, 2, 3, 8]] = 1
    problem = Problem(
        year=2027,
        areas=AREAS,
        area_names=AREAS,
        programme=("AA", "BB", "AA", "AA", "BB"),
        level=np.array([1, 1, 2, 2, 2]),
        regions=("intake-a", "intake-b", "9999"),
        own=own,
        others=others,
        right=right,
        has_right=np.array([True, True, False]),
        choice=choice,
        beyond=np.zeros((3, 9)),
        outside=outside,
        cell=cell,
        need=Convex(names, need, np.ones(draws), rising=False),
        need_known=np.ones(8, dtype=bool),
        apprentice_area=np.array([2, 3], dtype=np.intp),
        apprentice=Convex(AREAS[2:4], taken, rng.uniform(0.8, 1.2, draws), rising=True),
        combined=(np.array([2, 3], dtype=np.intp),),
        rooms=Rooms(("verksted, 1",), np.array([[True] + [False] * 7]), np.array([3.0])),
        adults=Adults(
            ("T1", "T2"),
            ("Faget 1", "Faget 2"),
            np.array([20.0, 12.0]),
            np.array([np.inf, np.inf]),
            np.array([100.0, 100.0]),
            15,
            1.0,
        ),
        colleges=Colleges(
            ("F1", "F2"),
            ("Fagskole 1", "Fagskole 2"),
            np.array([30.0, 20.0]),
            np.array([30.0, 20.0]),
            np.array([np.inf, np.inf]),
            np.array([100.0, 60.0]),
            15.0,
            4500.0,
        ),
        specials=Specials(
            ("vg3-i-skole",), ("Vg3 i skole",), np.array([4.0]), np.array([15.0]), np.array([100.0])
        ),
        minimum_fill=0.6,
        budget=40_000.0,
        most_change=np.inf,
        goals=goals(),
        solver=Solver.model_validate(
            {
                "tolerance": 0.005,
                "nodes": 2000,
                "unit": "u",
                "source": "s",
                "confidence": "unconfirmed",
            }
        ),
    )
    return replace(problem, **changed)  # type: ignore[arg-type]
