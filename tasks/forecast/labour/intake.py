"""Intake need of drawn demand: how many must begin so that enough come out when they are needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from tasks.errors import WrongUse
from tasks.forecast.firmness import FIRM
from tasks.forecast.labour.demand import Demand
from tasks.forecast.labour.indicators import PERCENTILES, intake_need, lead_of, settles
from tasks.forecast.types import Array

COLLEGE = "FS"
_KINDS = {
    "yrkesfaglig": "vocational",
    "studieforberedende": "general",
    "paabygg": "general",
}


def kinds_of(codes: Sequence[str], programmes: pl.DataFrame) -> list[str]:
    """Kind of each programme area (`vocational`, `general`) or of `FS` (`vocational_college`).

    Args:
        codes: Programme areas, or `FS`.
        programmes: `programme_code`, `branch`.

    Raises:
        WrongUse: A code that the county offers nothing of (`UH`, `INGEN`), or does not know.
    """
    branch = dict(programmes.select("programme_code", "branch").iter_rows())
    found = {
        c: "vocational_college" if c == COLLEGE else _KINDS.get(branch.get(c[:2], ""))
        for c in codes
    }
    unknown = [c for c, kind in found.items() if kind is None]
    if unknown:
        raise WrongUse(
            subject="behov for inntak",
            expected="programområder i utdanningsprogram.csv, eller FS",
            got=", ".join(unknown),
            remedy="be om inntak bare der fylket har et tilbud",
        )
    return [str(found[c]) for c in codes]


def need_of_demand(
    needed: Demand,
    codes: Sequence[str],
    programmes: pl.DataFrame,
    *,
    completion: Array,
    participation: Array,
    stay: Array,
) -> pl.DataFrame:
    """Intake need by programme area, region and year, from the strict matrix.

    Args:
        needed: Drawn demand.
        codes: Programme areas of the shares, all of them targets of `needed`.
        programmes: `programme_code`, `branch`.
        completion: Drawn shares that broadcast to `[draw, code, region, 1]`.
        participation: Same: of those who complete, at work.
        stay: Same: of those at work, in the region.

    Returns:
        `target_code`, `region_code`, `year` (of intake), `lead_years`, `need_p10/p50/p90`
        (persons), `coverage`, `confidence`, `settled_by`. Whether the need may be called a
        shortage is told by `indicators.table`.

    Raises:
        WrongUse: A code that the demand does not have, or that the county offers nothing of.
    """
    unknown = [c for c in codes if c not in needed.targets]
    if unknown:
        raise WrongUse(
            subject="behov for inntak",
            expected="programområder som yrker rekrutterer fra",
            got=", ".join(unknown),
            remedy="ta bort områdene, eller koble yrker til dem i crosswalk_occupation_"
            "programme_area.csv",
        )
    lead = lead_of(kinds_of(codes, programmes), needed.model.rules)
    mine = np.array([needed.targets.index(c) for c in codes], np.intp)
    # A lead of L years: who begins L years before the jobs. The axis becomes years of intake.
    need = intake_need(needed.strict[:, mine], completion, participation, stay, lead)
    told = ~np.isnan(need).all(axis=0)
    ends = np.quantile(np.where(told, need, 0), PERCENTILES, axis=0)
    shape = (len(codes), len(needed.regions), len(needed.years))
    place = np.indices(shape).reshape(3, -1)[:, told.ravel()]
    texts = settles(needed.rank[mine], needed.model.growth_confidence in FIRM)
    words = [needed.confidence[i] for i in mine]
    return pl.DataFrame(
        {
            "target_code": [codes[i] for i in place[0]],
            "region_code": [needed.regions[i] for i in place[1]],
            "year": [needed.years[i] for i in place[2]],
            "lead_years": lead[place[0]],
            **{
                f"need_{name}": values[told]
                for name, values in zip(("p10", "p50", "p90"), ends, strict=True)
            },
            "coverage": needed.coverage[mine][place[0], place[1]],
            "confidence": [words[i] for i in place[0]],
            "settled_by": [texts[i] for i in place[0]],
        }
    )
