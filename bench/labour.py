"""Drawn demand of a county's size, beside a plain loop over draws, regions and years.

119 occupations × 5 regions × 15 years × 45 programme areas, figures from a fixed seed. The loop is
given the same draws and must give the same demand. Memory is what is allocated at most beyond the
results themselves; the peer is the same with an eighth of the draws.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc

import numpy as np
import polars as pl

from tasks.forecast.labour import expansion, matching, openings, replacement, staffing
from tasks.forecast.labour.demand import simulate
from tasks.forecast.labour.model import Model
from tasks.forecast.labour.types import LabourData
from tasks.labour_rules import read_labour_rules
from tasks.rules import read_rules
from tasks.settings import Project

INDUSTRIES, GROUPS, OCCUPATIONS, CODES, REGIONS, TARGETS = 17, 41, 119, 394, 5, 45
HORIZON, DRAWS = 15, 2_000


def county() -> Model:
    """A model of a county's size, from a fixed seed."""
    folder = Project().reference / "rules"
    rules = read_labour_rules(folder, read_rules(folder))
    data = _data(np.random.default_rng(11))
    said = expansion.members(data, rules, data.years[-1], HORIZON)
    fitted = staffing.fit(data)
    return Model(
        data=data,
        rules=rules,
        staffing=fitted,
        ensemble=expansion.ensemble(expansion.backtest(data, rules), said, data),
        said=said,
        replacement=replacement.estimate(data, rules, HORIZON),
        matching=matching.fit(data, rules, fitted.employed),
        county="50",
        seed=11,
    )


def _data(rng: np.random.Generator) -> LabourData:
    group_of = np.sort([*rng.integers(0, GROUPS, OCCUPATIONS - GROUPS).tolist(), *range(GROUPS)])
    extra = rng.integers(0, OCCUPATIONS, CODES - OCCUPATIONS).tolist()
    occupation_of = np.sort([*extra, *range(OCCUPATIONS)])
    steps = rng.normal(0.005, 0.02, (10, INDUSTRIES, REGIONS)).cumsum(axis=0)
    industry = rng.uniform(300, 6_000, (INDUSTRIES, REGIONS)) * np.exp(steps)
    group = rng.uniform(100, 3_000, (10, GROUPS, REGIONS))
    code = group[-1][group_of[occupation_of]] * rng.uniform(0.02, 0.2, (CODES, 1))
    ages = rng.uniform(0.5, 2, (GROUPS, REGIONS, 5)) * group[-1][..., None] / 5
    return LabourData(
        industries=("85", "86-88", *(f"n{i}" for i in range(INDUSTRIES - 2))),
        groups=tuple(f"{g:02d}" for g in range(GROUPS)),
        occupations=tuple(f"{o:03d}" for o in range(OCCUPATIONS)),
        codes=tuple(f"{c:04d}" for c in range(CODES)),
        regions=tuple(f"r{r}" for r in range(REGIONS)),
        targets=tuple(f"p{p:02d}" for p in range(TARGETS)),
        programmes=tuple(f"{p // 4}" for p in range(TARGETS)),
        group_of=group_of.astype(np.intp),
        occupation_of=occupation_of.astype(np.intp),
        years=tuple(range(2016, 2026)),
        industry=industry,
        group=group,
        code_county=np.where(rng.random(CODES) < 0.7, np.nan, code.sum(axis=1)),
        code_region=np.where(rng.random((CODES, REGIONS)) < 0.8, np.nan, code),
        national_years=tuple(range(2020, 2026)),
        national_edges=(15, 25, 40, 55, 67, 75),
        national=rng.uniform(50, 2_000, (6, CODES, 5)),
        county_edges=(15, 25, 40, 55, 60, 75),
        group_age=ages,
        group_age_county=ages.sum(axis=1),
        level=np.zeros((GROUPS, 0)),
        levels=(),
        seed=rng.uniform(0, 1, (GROUPS, INDUSTRIES)),
        seed_confidence="skjønn",
        weight=rng.dirichlet(np.full(TARGETS, 0.1), CODES),
        weight_confidence=np.full((CODES, TARGETS), 5),
        population=rng.uniform(100, 400, (3, REGIONS, 100, 26)),
        population_years=tuple(range(2016, 2042)),
        registered=2026,
        region_of={},
        notes=pl.DataFrame(),
    )


def plain(model: Model, draws: int) -> np.ndarray:
    """The same demand, one draw, region and year at a time: `[draw, target, region, year]`."""
    data, out = model.data, []
    for d in range(draws):
        key = (model.seed, model.county, range(d, d + 1))
        lives = expansion.lived_in(model.rules, key)
        growth = expansion.draw(model.said, data.industry[-1], model.ensemble, lives, key)
        groups = expansion.group_growth(growth, model.staffing.drivers, model.staffing.misfit, key)[
            0
        ]
        factor = openings.replacement_factor(model.replacement.spread, key)[0]
        needed = np.zeros((len(data.targets), len(data.regions), HORIZON))
        for r in range(len(data.regions)):
            for t in range(HORIZON):
                for o in range(len(data.occupations)):
                    base, g = model.staffing.employed[o, r], data.group_of[o]
                    before, after = base * groups[r, g, t], base * groups[r, g, t + 1]
                    q = model.replacement.rate[o, r] * model.replacement.ageing[o, r, t]
                    rate = min(q * factor[o], model.rules.replacement_cap)
                    jobs = max(0.0, after - before + rate * before)
                    needed[:, r, t] += model.matching.strict[o] * jobs
        out.append(needed)
    return np.stack(out)


def run() -> list[dict[str, object]]:
    """One row per comparison: {case, ours, peer, ratio, limit, ok}; seconds, and MiB for memory."""
    model = county()
    few = 6
    start = time.perf_counter()
    looped = plain(model, few)
    loop = (time.perf_counter() - start) / few * DRAWS
    assert np.allclose(simulate(model, few).strict, looped, rtol=1e-3, atol=1e-3)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        simulate(model, DRAWS)
        seconds.append(time.perf_counter() - start)
    ours = statistics.median(seconds)
    small, large = _work_mib(model, 500), _work_mib(model, 4_000)
    return [
        _row("labour, 2 000 draws of one county, seconds", ours, None, ours, "≤", 5.0),
        _row("labour, plain loop (extrapolated) / ours", ours, loop, loop / ours, "≥", 10.0),
        _row("labour, work beyond results, MiB, 4 000 draws", large, small, large, "≤", 60.0),
    ]


def _row(
    case: str, ours: float, peer: float | None, ratio: float, sign: str, limit: float
) -> dict[str, object]:
    ok = ratio <= limit if sign == "≤" else ratio >= limit
    return {
        "case": case,
        "ours": round(ours, 3),
        "peer": None if peer is None else round(peer, 3),
        "ratio": round(ratio, 2),
        "limit": f"{sign} {limit:g}",
        "ok": ok,
    }


def _work_mib(model: Model, draws: int) -> float:
    """Peak of what is allocated while drawing, less the results."""
    tracemalloc.start()
    found = simulate(model, draws)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    fields = (found.strict, found.flexible, found.expansion, found.replacement, found.openings)
    return (peak - sum(f.nbytes for f in fields)) / 2**20
