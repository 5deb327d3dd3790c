"""The student flow: 2 000 draws, 15 years, 15 regions, about 300 states, on two cores.

Every region draws transitions of its own. The peer is the straightforward loop: draw by draw, year
by year, region by region, one matrix of shares and one product; it is timed on a few draws and
counted up. Peak memory is that of a child process that does nothing else.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from tasks.forecast.flow.apprentices import Placement
from tasks.forecast.flow.engine import Mode, simulate
from tasks.forecast.flow.model import Model
from tasks.forecast.flow.result import FlowResult, Totals
from tasks.forecast.flow.states import APPRENTICE, Edges, Kind, Node, StateSpace
from tasks.forecast.flow.transitions import Posterior

DRAWS, YEARS, REGIONS = 2_000, 15, 15
ROUNDS = 3
AREAS, TRADES, PROGRAMMES = (15, 44, 15), 60, 15
LIMITS = {"expected": 2.0, "multinomial": 25.0}
LIMIT_MIB = 250.0
PEER_DRAWS = 4


def model(regions: int = REGIONS, seed: int = 1) -> Model:
    """A county of about the real size: 305 states, edges of a real structure, made-up shares."""
    rng = np.random.default_rng(seed)
    first = [Node(Kind.PUPIL, f"A1{i:02}", step=1) for i in range(AREAS[0])]
    second = [Node(Kind.PUPIL, f"A2{i:02}", step=2) for i in range(AREAS[1])]
    third = [Node(Kind.PUPIL, f"A3{i:02}", step=3) for i in range(AREAS[2])]
    trades = [f"T{i:02}" for i in range(TRADES)]
    training = [Node(Kind.APPRENTICE, t, APPRENTICE, y) for t in trades for y in (1, 2)]
    training += [Node(Kind.APPRENTICE, t, "laerekandidat", y) for t in trades[:15] for y in (1, 2)]
    ends = [Node(Kind.CERTIFICATE, t) for t in trades]
    others = (Kind.STUDY_COMPETENCE, Kind.PARTIAL_COMPETENCE, Kind.LEFT)
    hubs = [Node(Kind.RE_CHOICE, f"P{i:02}") for i in range(PROGRAMMES)]
    hubs += [Node(k, t) for k in (Kind.APPLY, Kind.PLACED, Kind.UNPLACED) for t in trades]
    nodes = [Node(Kind.GRADE_10), *first, *second, *third, *training, Node(Kind.OUT)]
    nodes += [*(Node(Kind.OUT, t) for t in trades), *ends]
    space = StateSpace((*nodes, *(Node(k) for k in others), *hubs))
    edges, alpha = _edges(space, first, second, third, trades, rng)
    start = np.zeros((regions, space.count))
    start[:, space.where(Kind.PUPIL)] = rng.poisson(80, (regions, len(first + second + third)))
    start[:, space.where(Kind.APPRENTICE)] = rng.poisson(20, (regions, len(training)))
    spread = alpha * rng.gamma(30, 1 / 30, (regions, len(alpha)))
    return Model(
        space=space,
        edges=edges,
        alpha=spread,
        common=np.zeros(len(alpha), bool),
        group=np.arange(regions),
        regions=tuple(f"{i:02}" for i in range(regions)),
        start=start,
        entry=space.where(Kind.GRADE_10),
        placement=Placement(
            market=np.arange(regions),
            places=np.full((regions, TRADES, YEARS), 12.0),
            spread=np.full(TRADES, 0.1),
            friction=Posterior(np.tile([8.0, 92.0], (TRADES, 1))),
        ),
    )


def _edges(
    space: StateSpace,
    first: list[Node],
    second: list[Node],
    third: list[Node],
    trades: list[str],
    rng: np.random.Generator,
) -> tuple[Edges, np.ndarray]:
    out, left, study = Node(Kind.OUT), Node(Kind.LEFT), Node(Kind.STUDY_COMPETENCE)
    partial = Node(Kind.PARTIAL_COMPETENCE)
    rows: list[tuple[Node, Node, float]] = [(Node(Kind.GRADE_10), a, 70.0) for a in first]
    for i, area in enumerate(first):
        again = Node(Kind.RE_CHOICE, f"P{i % PROGRAMMES:02}")
        rows += [(area, second[(i * 3 + k) % len(second)], 60.0) for k in range(3)]
        rows += [(area, area, 4.0), (area, again, 12.0), (area, out, 8.0)]
        rows += [(again, other, 10.0) for other in first if other is not area]
        rows += [(out, area, 2.0)]
    for i, area in enumerate(second):
        hub = [Node(Kind.APPLY, trades[(i + k * 44) % len(trades)]) for k in range(2)]
        rows += [(area, h, 40.0) for h in hub] + [(area, third[i % len(third)], 30.0)]
        rows += [(area, out, 8.0)]
    rows += [(a, b, w) for a in third for b, w in ((study, 120.0), (a, 4.0), (left, 8.0))]
    for i, trade in enumerate(trades):
        one, two = (Node(Kind.APPRENTICE, trade, APPRENTICE, y) for y in (1, 2))
        done = Node(Kind.CERTIFICATE, trade)
        rows += [(Node(Kind.PLACED, trade), one, 90.0), (one, two, 90.0), (one, left, 6.0)]
        rows += [(two, done, 70.0), (two, two, 12.0), (two, left, 8.0)]
        rows += [(Node(Kind.UNPLACED, trade), third[i % len(third)], 12.0)]
        rows += [(Node(Kind.UNPLACED, trade), out, 9.0)]
        rows += [(Node(Kind.UNPLACED, trade), Node(Kind.OUT, trade), 11.0)]
        rows += [(Node(Kind.OUT, trade), Node(Kind.APPLY, trade), 1.0)]
        if i < 15:
            c1, c2 = (Node(Kind.APPRENTICE, trade, "laerekandidat", y) for y in (1, 2))
            rows += [(Node(Kind.PLACED, trade), c1, 6.0), (c1, c2, 20.0), (c1, left, 3.0)]
            rows += [(c2, partial, 20.0), (c2, left, 3.0)]
    rows += [(out, left, 30.0), (out, out, 10.0)]
    place = space.lookup()
    ends = np.array([(place[a], place[b]) for a, b, _ in rows])
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    weight = np.array([w for *_, w in rows])[order] * rng.gamma(50, 1 / 50, len(rows))
    return Edges(ends[order, 0], ends[order, 1]), weight


def inflow(regions: int = REGIONS, years: int = YEARS):
    def coming(draws: range) -> np.ndarray:
        return np.full((len(draws), regions, years, 1), 1_100.0, np.float32)

    return coming


def once(mode: Mode, regions: int = REGIONS, draws: int = DRAWS) -> tuple[float, Totals]:
    county = model(regions)
    totals = Totals.of(county, draws=draws, years=YEARS)
    start = time.perf_counter()
    simulate(
        county,
        inflow(regions),
        [totals],
        seed=1,
        county="50",
        draws=draws,
        years=YEARS,
        mode=mode,
    )
    return time.perf_counter() - start, totals


def municipal() -> float:
    """Seconds of a county by home municipality: one market, shares of each intake region."""
    by_home = model(38)
    county = replace(
        by_home,
        alpha=by_home.alpha[:6],
        group=np.arange(38) % 6,
        placement=replace(
            by_home.placement,
            market=np.zeros(38, np.intp),
            places=by_home.placement.places.sum(axis=0, keepdims=True),
        ),
    )
    start = time.perf_counter()
    kept = FlowResult.of(county, last_count=2025, draws=DRAWS, years=6)
    simulate(county, inflow(38, 6), [kept], seed=1, county="50", draws=DRAWS, years=6)
    return time.perf_counter() - start


def peer(county: Model, draws: int, mode: Mode) -> float:
    """Seconds of the plain loop for `draws` draws."""
    rng = np.random.default_rng(1)
    size, states = len(county.space.nodes), county.space.count
    apply, placed, unplaced = (
        county.space.where(k) for k in (Kind.APPLY, Kind.PLACED, Kind.UNPLACED)
    )
    origins = np.unique(county.edges.origin)
    start = time.perf_counter()
    for _ in range(draws):
        epsilon = rng.beta(*county.placement.friction.alpha.T)
        for region in range(len(county.regions)):
            shares = np.zeros((size, size))
            for origin in origins:
                mine = county.edges.origin == origin
                shares[origin, county.edges.target[mine]] = rng.dirichlet(
                    county.alpha[region, mine]
                )
            shares[county.space.absorbing, county.space.absorbing] = 1
            now = np.zeros(size)
            now[:states] = county.start[region]
            for t in range(YEARS):
                now[states:] = 0
                new = (
                    shares[:states].T @ now[:states]
                    if mode == "expected"
                    else _lots(rng, shares, now)
                )
                seats = county.placement.places[region, :, t]
                new[placed] = np.floor(np.minimum(new[apply], seats) * (1 - epsilon))
                new[unplaced] = new[apply] - new[placed]
                hubs = np.where(np.arange(size) >= states, new, 0)
                new += (
                    shares[states:].T @ new[states:]
                    if mode == "expected"
                    else _lots(rng, shares, hubs)
                )
                now = new
                now[county.entry] += 1_100.0
    return time.perf_counter() - start


def _lots(rng: np.random.Generator, shares: np.ndarray, people: np.ndarray) -> np.ndarray:
    new = np.zeros(len(people))
    for origin in np.flatnonzero(people >= 1):
        if shares[origin].any():
            new += rng.multinomial(int(people[origin]), shares[origin])
    return new


def memory(mode: Mode, draws: int) -> float:
    """Peak resident MiB of a process that only runs the flow."""
    code = f"from bench import flow; flow.once({mode!r}, draws={draws}); print(flow.peak())"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout))


def peak() -> float:
    """Peak resident MiB of this program; getrusage would count its parent at the fork too."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmHWM in /proc/self/status")


def run() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    county = model()
    size = f"{county.space.count} states, {county.edges.count} edges"
    for mode, limit in LIMITS.items():
        ours = statistics.median(once(mode)[0] for _ in range(ROUNDS if mode == "expected" else 1))
        loop = peer(county, PEER_DRAWS, mode) * DRAWS / PEER_DRAWS
        rows.append(
            {
                "case": f"flow, {mode}, {DRAWS} draws × {YEARS} years × {REGIONS} regions, "
                f"{size}, s; peer: loop over draws",
                "ours": ours,
                "peer": loop,
                "ratio": ours / loop,
                "limit": f"≤ {limit} s",
                "ok": ours <= limit,
            }
        )
        one = once(mode, regions=1)[0]
        rows.append(
            {
                "case": f"the same, one county, {mode}, s",
                "ours": one,
                "limit": "≤ 2 s" if mode == "expected" else "reported",
                "ok": one <= 2.0 or mode != "expected",
            }
        )
    homes = statistics.median(municipal() for _ in range(ROUNDS))
    rows.append(
        {
            "case": "38 homes in 6 groups with one market, expected, every result kept, s",
            "ours": homes,
            "limit": "reported",
            "ok": True,
        }
    )
    small, large = memory("expected", 200), memory("expected", DRAWS)
    rows.append(
        {
            "case": "the same, peak MiB of the process; peer: 200 draws",
            "ours": large,
            "peer": small,
            "ratio": large / small,
            "limit": f"≤ {LIMIT_MIB:g} MiB",
            "ok": large <= LIMIT_MIB,
        }
    )
    return rows
