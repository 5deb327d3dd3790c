"""A small county: two vocational programmes with a trade each, one general, three regions."""

from __future__ import annotations

import numpy as np

from tasks.forecast.flow.apprentices import Placement
from tasks.forecast.flow.model import Model
from tasks.forecast.flow.states import APPRENTICE, Edges, Kind, Node, StateSpace
from tasks.forecast.flow.transitions import Posterior

YEARS = 8
TRADES = ("T1", "T2")


def space() -> StateSpace:
    pupils = [Node(Kind.PUPIL, a, step=int(a[-1])) for a in ("GE1", "VA1", "VB1", "GE2")]
    pupils += [Node(Kind.PUPIL, a, step=int(a[-1])) for a in ("VA2", "VB2", "GE3", "PB3", "VA3")]
    training = [Node(Kind.APPRENTICE, t, APPRENTICE, y) for t in TRADES for y in (1, 2)]
    hubs = [Node(Kind.RE_CHOICE, p) for p in ("GE", "VA", "VB")]
    hubs += [Node(k, t) for k in (Kind.APPLY, Kind.PLACED, Kind.UNPLACED) for t in TRADES]
    certificates = [Node(Kind.CERTIFICATE, t) for t in TRADES]
    return StateSpace(
        (
            Node(Kind.GRADE_10),
            *pupils,
            *training,
            Node(Kind.OUT),
            *(Node(Kind.OUT, t) for t in TRADES),
            *certificates,
            Node(Kind.STUDY_COMPETENCE),
            Node(Kind.LEFT),
            *hubs,
        )
    )


def table() -> list[tuple[Node, Node, float]]:
    """Edges with their evidence."""

    def pupil(area: str) -> Node:
        return Node(Kind.PUPIL, area, step=int(area[-1]))

    out, left, study = Node(Kind.OUT), Node(Kind.LEFT), Node(Kind.STUDY_COMPETENCE)
    rows = [(Node(Kind.GRADE_10), pupil(a), w) for a, w in (("GE1", 90), ("VA1", 50), ("VB1", 40))]
    rows += [(Node(Kind.GRADE_10), out, 5)]
    for programme, others in (("GE", "VA VB"), ("VA", "GE VB"), ("VB", "GE VA")):
        hub = Node(Kind.RE_CHOICE, programme)
        rows += [(hub, pupil(f"{o}1"), 10) for o in others.split()]
        rows += [(pupil(f"{programme}1"), pupil(f"{programme}2"), 80)]
        rows += [(pupil(f"{programme}1"), hub, 8), (pupil(f"{programme}1"), out, 6)]
    rows += [(pupil("GE2"), pupil("GE3"), 90), (pupil("GE2"), out, 5)]
    rows += [(pupil("GE3"), study, 90), (pupil("GE3"), pupil("GE3"), 3), (pupil("GE3"), left, 5)]
    rows += [(pupil("PB3"), study, 60), (pupil("PB3"), left, 20)]
    rows += [(pupil("VA3"), Node(Kind.CERTIFICATE, "T1"), 40), (pupil("VA3"), left, 30)]
    for area, trade in (("VA2", "T1"), ("VB2", "T2")):
        one, two = (Node(Kind.APPRENTICE, trade, APPRENTICE, y) for y in (1, 2))
        rows += [(pupil(area), Node(Kind.APPLY, trade), 60), (pupil(area), pupil("PB3"), 25)]
        rows += [(pupil(area), out, 8), (Node(Kind.PLACED, trade), one, 50)]
        rows += [(one, two, 90), (one, left, 5), (two, Node(Kind.CERTIFICATE, trade), 80)]
        rows += [(two, two, 8), (two, left, 6), (Node(Kind.UNPLACED, trade), pupil("PB3"), 12)]
        rows += [(Node(Kind.UNPLACED, trade), out, 9)]
        rows += [(Node(Kind.UNPLACED, trade), Node(Kind.OUT, trade), 11)]
        rows += [(Node(Kind.OUT, trade), Node(Kind.APPLY, trade), 1)]
    rows += [(Node(Kind.UNPLACED, "T1"), pupil("VA3"), 9)]
    rows += [(out, pupil("VA1"), 10), (out, out, 10), (out, left, 15)]
    return [(a, b, float(w)) for a, b, w in rows]


def make(
    regions: int = 3,
    *,
    scale: float = 1.0,
    evidence: float = 1.0,
    together: bool = False,
    guarantee: bool = False,
    places: float = 30.0,
) -> Model:
    """The model; `together`: one set of drawn shares and one market for all regions."""
    room = space()
    place = room.lookup()
    rows = table()
    ends = np.array([(place[a], place[b]) for a, b, _ in rows])
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    alpha = np.array([w for *_, w in rows])[order] * evidence
    groups = 1 if together else regions
    start = np.zeros((regions, room.count))
    sizes = np.array([200.0, 90.0, 40.0])[:regions] * scale
    start[:, room.where(Kind.PUPIL)] = np.round(sizes[:, None] * np.linspace(0.6, 1.2, 9))
    start[:, room.where(Kind.APPRENTICE)] = np.round(sizes[:, None] * 0.2)
    return Model(
        space=room,
        edges=Edges(ends[order, 0], ends[order, 1]),
        alpha=np.tile(alpha, (groups, 1)),
        common=np.zeros(len(alpha), bool),
        group=np.zeros(regions, np.intp) if together else np.arange(regions),
        regions=tuple(f"R{i}" for i in range(regions)),
        start=start,
        entry=room.where(Kind.GRADE_10),
        placement=Placement(
            market=np.zeros(regions, np.intp) if together else np.arange(regions),
            places=np.full((groups, len(TRADES), YEARS), places * scale),
            spread=np.full(len(TRADES), 0.1),
            friction=Posterior(np.tile([12.0, 88.0], (len(TRADES), 1))),
            guarantee_from=0 if guarantee else None,
        ),
    )


def coming(regions: int = 3, scale: float = 1.0, years: int = YEARS):
    """The same grade-10 cohort every year, whole persons."""
    size = np.round(np.array([210.0, 95.0, 42.0])[:regions] * scale).astype(np.float32)

    def inflow(draws: range) -> np.ndarray:
        return np.broadcast_to(size[None, :, None, None], (len(draws), regions, years, 1))

    return inflow
