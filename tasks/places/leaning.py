"""Which forecast a class leans on, and how that forecast has hit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from tasks.forecast.evaluation.series import (
    APPLICANTS_PER_PROGRAMME,
    CERTIFICATES,
    EMPLOYED,
    PUPILS_PER_PROGRAMME,
    PUPILS_PER_REGION,
    THE_PROGRAMMES,
)
from tasks.forecast.types import Float
from tasks.places import measure, words
from tasks.places.solve import Plan
from tasks.places.types import Problem

EVERY = "*"
# The plan stands on the next count; certificates and employment lie some years on.
NEXT = 1
LATER = 3


COLUMNS = {
    "working_life": "need_of_working_life",
    "region": "region_code",
    "mean": "need_mean",
    "low": "need_p10",
    "high": "need_p90",
    "places": "places",
    "covered": "p_covered",
    "wished": "first_choices_region",
    "wished_in_all": "first_choices_county",
}


@dataclass(frozen=True)
class Leaning:
    """The forecast behind a pair: its need cell, and who has the right; persons.

    Attributes:
        working_life: Whether need is working life's; otherwise it is the pupils' own.
        region: Code of the cell's region; `*` where the whole county competes alike.
        mean: Expected need over the draws.
        low: 10 % of the draws are under.
        high: 10 % are over.
        places: Places that the plan has in the cell, others' with them.
        covered: Share of the draws where they are enough.
        wished: Persons with the right who live in the school's region and want the area first.
        wished_in_all: The same of the county.
    """

    working_life: bool
    region: str
    mean: float
    low: float
    high: float
    places: float
    covered: float
    wished: float
    wished_in_all: float


def of(plan: Plan, pair: int) -> Leaning:
    """The forecast that a pair leans on, as the plan read it."""
    problem, own = plan.problem, plan.problem.own
    cell, area = int(problem.cell[pair]), int(own.area[pair])
    draws, places = problem.need.draws[cell], float(_supply(plan)[cell])
    low, high = np.quantile(draws, (0.1, 0.9))
    return Leaning(
        working_life=bool(problem.need_known[cell]),
        region=problem.need.name[cell].rpartition(" ")[2],
        mean=float(draws.mean()),
        low=float(low),
        high=float(high),
        places=places,
        covered=float((draws <= places).mean()),
        wished=float(problem.right[own.region[pair], area]),
        wished_in_all=float(problem.right[:, area].sum()),
    )


def table(plan: Plan) -> pl.DataFrame:
    """Table `leaning`, grain: school × programme area; columns as `Leaning`, persons."""
    own, problem = plan.problem.own, plan.problem
    found = [asdict(of(plan, pair)) for pair in range(len(own))]
    areas = [problem.areas[a] for a in own.area]
    named = pl.DataFrame({"organisation_number": own.school, "programme_area_code": areas})
    return named.hstack(pl.DataFrame(found).rename(COLUMNS))


def _supply(plan: Plan) -> Float:
    """`[cell]` places."""
    problem = plan.problem
    supply = np.zeros(len(problem.need.name))
    every = np.concatenate([measure.places(problem, plan), problem.others.places])
    np.add.at(supply, problem.cell, every)
    return supply


def record(problem: Problem, pair: int, track_record: pl.DataFrame) -> pl.DataFrame:
    """How the forecasts behind a pair have hit: rows of a run's `track_record`, those in use.

    A series is told of by the finest unit that was tested. Where need is working life's, its record
    is that of employment and of certificates: the need itself is seen by nobody.

    Args:
        problem: The pair's.
        pair: Its position.
        track_record: The run's table.
    """
    own = problem.own
    area = problem.areas[own.area[pair]]
    programme, region = problem.programme[own.area[pair]], problem.regions[own.region[pair]]
    looked_up = [
        (PUPILS_PER_REGION, (f"{programme}|{region}",), NEXT),
        (PUPILS_PER_PROGRAMME, (programme, EVERY), NEXT),
    ]
    if problem.level[own.area[pair]] == 1:
        looked_up.append((APPLICANTS_PER_PROGRAMME, (programme, EVERY), NEXT))
    if problem.need_known[problem.cell[pair]]:
        looked_up += [(CERTIFICATES, (area, EVERY), LATER), (EMPLOYED, (EVERY,), LATER)]
    found = [_in_use(track_record, *one) for one in looked_up]
    return pl.concat([one for one in found if one is not None] or [track_record.clear()])


def _in_use(
    track_record: pl.DataFrame, series: str, units: Iterable[str], horizon: int
) -> pl.DataFrame | None:
    """The row of what a series goes by, of the first unit tested, as far ahead as was tested."""
    used = pl.col("used")
    if series == PUPILS_PER_REGION:
        chosen = track_record.filter(pl.col("series") == PUPILS_PER_PROGRAMME)["used"]
        used = used.replace(THE_PROGRAMMES, chosen[0]) if len(chosen) else used
    rows = track_record.filter(
        pl.col("series") == series, pl.col("model") == used, pl.col("horizon") <= horizon
    ).sort("horizon", descending=True)
    for unit in units:
        mine = rows.filter(pl.col("unit") == unit)
        if mine.height:
            return mine.head(1)
    return None


def said(problem: Problem, pair: int, found: Leaning, regions: Mapping[str, str]) -> list[str]:
    """The forecast in words: need with its interval and how far the plan covers it, and wishes."""
    own = problem.own
    area = problem.area_names[own.area[pair]]
    cell = "hele fylket" if found.region == EVERY else words.named(regions, found.region)
    home = words.named(regions, problem.regions[own.region[pair]])
    whose = "arbeidslivets" if found.working_life else "elevenes eget"
    return [
        f"Behovet er {whose}: {words.whole(found.mean)} som begynner på {area}, {cell} "
        f"(80\N{NO-BREAK SPACE}%-intervall {words.whole(found.low)}–{words.whole(found.high)}). "
        f"Planen har {words.whole(found.places)} plasser der, og det er nok i "
        f"{words.whole(100 * found.covered)} % av de trukne framtidene.",
        f"Det er ventet {words.whole(found.wished)} elever med dette som førstevalg fra {home}, og "
        f"{words.whole(found.wished_in_all)} fra hele fylket.",
    ]


def hits(rows: pl.DataFrame, regions: Mapping[str, str]) -> list[str]:
    """The track record in words, a sentence a series.

    Args:
        rows: Of `record`.
        regions: What regions are called, by code.
    """
    if rows.is_empty():
        return ["Ingen av anslagene er prøvd mot fasit i kjøringen."]
    return [_hit(row, regions) for row in rows.iter_rows(named=True)]


def _hit(row: Mapping[str, object], regions: Mapping[str, str]) -> str:
    programme, _, region = str(row["unit"]).partition("|")
    unit = "i alt" if programme == EVERY else programme.rstrip("-")
    unit += f" i {words.named(regions, region)}" if region else ""
    trials = f"{row['n']} {'prøve' if row['n'] == 1 else 'prøver'}"
    told = (
        f"{row['series']}, {unit}: «{row['used' if region == '' else 'model']}» har bommet med "
        f"{_percent(row['mape'])} {row['horizon']} år fram ({trials}, {row['n_origins']} år), "
    )
    bias = row["bias"]
    if isinstance(bias, float) and abs(bias) >= 0.05:
        told += f"{_percent(abs(bias))} for {'høyt' if bias > 0 else 'lavt'}, "
    told += f"beste enkle metode med {_percent(row['benchmark_mape'])}"
    if row["coverage80"] is not None:
        told += f"; 80\N{NO-BREAK SPACE}%-intervallet holdt i {_percent(row['coverage80'], 0)}"
    return f"{told}{'; prøvd på konstruerte tall' if row['constructed'] else ''}."


def _percent(value: object, digits: int = 1) -> str:
    return f"{value:.{digits}f} %".replace(".", ",") if isinstance(value, float) else "ukjent"
