"""Adults, vocational colleges and groups with rules of their own."""

from __future__ import annotations

import numpy as np
import polars as pl

from tasks.forecast.panel import Frames
from tasks.forecast.types import Float
from tasks.places.rules import PlaceRules
from tasks.places.types import Adults, Colleges, Specials

ACCREDITED = "akkreditert"
SCHOOL_VG3 = "vg3-i-skole"


def adults(frames: Frames, rules: PlaceRules, county: str) -> Adults:
    """Trades with participants in the newest year, or with a declared demand."""
    rows = frames["flow.adult_modules"].filter(pl.col("area_code") == county)
    rows = rows.filter(pl.col("year") == rows.get_column("year").max()).sort("trade_code")
    rows = rows.filter(pl.col("participants").fill_null(0) > 0)
    code = tuple(rows.get_column("trade_code").to_list())
    said = {d.id: float(d.places) for d in rules.adult_demand}
    most = {d.id: float(d.places) for d in rules.adult_limit}
    counted = rows.get_column("participants").to_numpy().astype(np.float64)
    demand = np.array([said.get(c, n) for c, n in zip(code, counted, strict=True)])
    return Adults(
        code=code,
        name=tuple(rows.get_column("trade").to_list()),
        demand=demand,
        limit=np.array([most.get(c, np.inf) for c in code]),
        rate=np.array([rules.rates.of(p) for p in rows.get_column("programme_code")]),
        group=rules.adults.group_size,
        right=rules.adults.right,
    )


def colleges(frames: Frames, rules: PlaceRules, year: int) -> Colleges:
    """Offers funded in the newest year before the school year, by full-time places.

    The declared demand is the places funded. An offer that is not accredited gets none.
    """
    funded = frames["college_funding"].filter(pl.col("year") <= year)
    funded = funded.filter(pl.col("year") == funded.get_column("year").max()).sort("offer_code")
    state = frames["college"].sort("year", "semester").unique("offer_code", keep="last")
    accreditation = dict(state.select("offer_code", "accreditation_code").iter_rows())
    code = tuple(funded.get_column("offer_code").to_list())
    now = funded.get_column("place_years").to_numpy().astype(np.float64)
    rate = funded.get_column("rate_nok").to_numpy().astype(np.float64)
    most = {d.id: float(d.places) for d in rules.college_limit}
    may = np.array([most.get(c, np.inf) for c in code])
    grant = float((now * rate).sum()) * (1 + rules.college.budget_growth)
    return Colleges(
        code=code,
        name=tuple(
            f"{c}, {p}" for c, p in funded.select("college", "college_programme").iter_rows()
        ),
        now=now,
        demand=np.ceil(now),
        limit=np.where([accreditation.get(c) == ACCREDITED for c in code], may, 0),
        rate=rate,
        minimum=float(rules.college.minimum_start),
        budget=grant * (1 - rules.college.reserve),
    )


def specials(rules: PlaceRules, unplaced: float) -> Specials:
    """Groups that must hold their persons: those declared, and Vg3 in school (§ 5-6).

    Args:
        rules: Gives the declared groups and the share of § 5-6.
        unplaced: Expected applicants without an apprenticeship.
    """
    declared = rules.special
    return Specials(
        id=(*(s.id for s in declared), SCHOOL_VG3),
        name=(*(s.name for s in declared), "Vg3 i skole for søkere uten læreplass"),
        persons=np.array(
            [*(float(s.persons) for s in declared), np.ceil(unplaced * rules.school_vg3.value)]
        ),
        group=np.array([*(float(s.group_size) for s in declared), float(rules.adults.group_size)]),
        rate=np.array([*(s.nok_per_place for s in declared), rules.rates.annet]),
    )


def relative_coverage(frames: Frames, areas: tuple[str, ...]) -> Float:
    """Share placed of each area over the county's, at the newest count of trades; 1 where closed.

    An area's trades are added up; a trade that stands under several areas counts in each.
    """
    counted = frames["flow.placement"]
    newest = counted.filter(
        pl.col("counted_on") == pl.col("counted_on").max(),
        pl.col("applicants").is_not_null() & pl.col("with_contract").is_not_null(),
    )
    total, placed = (float(newest.get_column(c).sum()) for c in ("applicants", "with_contract"))
    if total <= 0 or placed <= 0:
        return np.ones(len(areas))
    by_area = (
        newest.join(frames["flow.trade_areas"], on="trade_code")
        .group_by("programme_area_code")
        .agg(pl.col("applicants").sum(), pl.col("with_contract").sum())
        .filter(pl.col("applicants") > 0)
    )
    share = {a: c / n for a, n, c in by_area.iter_rows()}
    return np.array([share.get(a, placed / total) / (placed / total) for a in areas])
