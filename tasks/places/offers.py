"""Adults, vocational colleges and groups with rules of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from tasks.errors import ConfigurationError
from tasks.forecast.panel import Frames, Panel
from tasks.forecast.types import Float
from tasks.places.rules import Limit, PlaceRules, Special, SpecialBasis
from tasks.places.types import Adults, Colleges, Specials

ACCREDITED = "akkreditert"
SCHOOL_VG3 = "vg3-i-skole"
# Of compulsory school's pupils, by what a share of them is called.
SUPPORT: Mapping[SpecialBasis, str] = {
    "tilrettelagt": "pupils_with_adapted_teaching",
    "saerskilt_norsk": "pupils_with_reinforced_norwegian",
}


def adults(frames: Frames, rules: PlaceRules, county: str) -> Adults:
    """Trades with participants in the newest year, or with a declared demand.

    Raises:
        ConfigurationError: A rule names a trade that adults do not take by modules.
    """
    rows = frames["flow.adult_modules"].filter(pl.col("area_code") == county)
    rows = rows.filter(pl.col("year") == rows.get_column("year").max()).sort("trade_code")
    taught = rows.get_column("trade_code").to_list()
    said = _declared(rules.adult_demand, "adult_demand", taught)
    most = _declared(rules.adult_limit, "adult_limit", taught)
    rows = rows.with_columns(pl.col("participants").fill_null(0).cast(pl.Float64))
    rows = rows.filter((pl.col("participants") > 0) | pl.col("trade_code").is_in(list(said)))
    code = tuple(rows.get_column("trade_code").to_list())
    counted = rows.get_column("participants").to_numpy()
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
    """Offers funded in the newest year before the school year or asked for, by full-time places.

    The demand is the places funded where none is declared. An offer gets none when it is not
    accredited on 1 October, nor when its limit is below the least start. One that was never funded
    is reckoned at the mean price of those taught the same way.

    Raises:
        ConfigurationError: A rule names an offer that the county does not have.
    """
    on = date(year, 10, 1)
    state = frames["college"].filter(
        pl.col("valid_from") <= on, pl.col("valid_to").is_null() | (pl.col("valid_to") > on)
    )
    funded = frames["college_funding"].filter(pl.col("year") <= year)
    funded = funded.filter(pl.col("year") == funded.get_column("year").max())
    known = [*state.get_column("offer_code"), *funded.get_column("offer_code")]
    said = _declared(rules.college_demand, "college_demand", known)
    limit = _declared(rules.college_limit, "college_limit", known)
    rows = _offered(funded, state.filter(pl.col("offer_code").is_in(list(said))))
    accreditation = dict(state.select("offer_code", "accreditation_code").iter_rows())
    code = tuple(rows.get_column("offer_code").to_list())
    now, rate = rows.get_column("place_years").to_numpy(), rows.get_column("rate_nok").to_numpy()
    may = np.array([limit.get(c, np.inf) for c in code])
    starts = np.array([accreditation.get(c) == ACCREDITED for c in code])
    starts &= may >= rules.college.minimum_start
    grant = float((now * rate).sum()) * (1 + rules.college.budget_growth)
    return Colleges(
        code=code,
        name=tuple(f"{c}, {p}" for c, p in rows.select("college", "college_programme").iter_rows()),
        now=now,
        demand=np.array([said.get(c, np.ceil(n)) for c, n in zip(code, now, strict=True)]),
        limit=np.where(starts, may, 0),
        rate=rate,
        minimum=float(rules.college.minimum_start),
        budget=grant * (1 - rules.college.reserve),
    )


def _offered(funded: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Offers funded, and those asked for that are not, at the mean price of their study mode."""
    price = funded.group_by("study_mode_code").agg(pl.col("rate_nok").mean())
    new = (
        asked.join(funded, on="offer_code", how="anti")
        .join(price, on="study_mode_code", how="left")
        .with_columns(
            pl.lit(0.0).alias("place_years"),
            pl.col("rate_nok").fill_null(funded.get_column("rate_nok").mean()),
        )
    )
    figures = pl.col("place_years", "rate_nok").cast(pl.Float64)
    return pl.concat(
        part.select("offer_code", "college", "college_programme", figures) for part in (funded, new)
    ).sort("offer_code")


def _declared(limits: Sequence[Limit], kind: str, known: Sequence[str]) -> dict[str, float]:
    """Places by id; an id that is nothing is a mistake, and not a rule that never acts."""
    if unknown := sorted({one.id for one in limits} - set(known)):
        raise ConfigurationError(
            subject=f"plasser, [[{kind}]]",
            expected=f"en av {', '.join(sorted(set(known)))}",
            got=", ".join(unknown),
            remedy="rett «id» i data/reference/rules/places.toml",
        )
    return {one.id: float(one.places) for one in limits}


Bases = Mapping[SpecialBasis, Mapping[int, float]]
"""Persons by level that a share may be taken of; under 0 those who are not pupils yet."""


def bases(
    frames: Frames, panel: Panel, pupils: Float, *, county: str, year: int, years_before: int
) -> Bases:
    """What shares of groups with rules of their own are taken of.

    A basis whose figures are closed or not there is not in it.

    Args:
        frames: `support` (compulsory school) and `settlement`.
        panel: Gives the level of each area.
        pupils: `[area]` persons.
        county: County code.
        year: Start of the school year; figures after it are not read.
        years_before: How many years before the newest one settlement is of.
    """
    levels = sorted({int(level) for level in panel.level})
    by_level = {n: float(pupils[panel.level == n].sum()) for n in levels}
    found: dict[SpecialBasis, Mapping[int, float]] = {"elever": by_level}
    told = frames["support"].filter(
        pl.col("area_code") == county, pl.col("school_year_start") <= year
    )
    for name, column in SUPPORT.items():
        share = told.sort("school_year_start").select(pl.col(column) / pl.col("pupils"))
        known = share.to_series().drop_nulls()
        if len(known):
            found[name] = {n: count * float(known[-1]) for n, count in by_level.items()}
    came = frames["settlement"].filter(pl.col("area_code") == county, pl.col("year") <= year)
    counted = came.sort("year").get_column("settled").drop_nulls()
    if len(counted):
        found["bosatte"] = {0: float(counted[max(len(counted) - 1 - years_before, 0)])}
    return found


def persons(special: Special, of: Bases) -> float:
    """Whole persons of a group with rules of its own.

    Raises:
        ConfigurationError: What its share is taken of is not known.
    """
    if special.persons is not None:
        return float(special.persons)
    if special.basis is None or special.basis not in of:
        raise ConfigurationError(
            subject=f"plasser, [[special]] {special.id}",
            expected=f"et kjent tall for fylket som «{special.basis}» kan regnes av",
            got="ingen, eller et som er skjult",
            remedy="skriv antallet i «persons» i data/reference/rules/places.toml",
        )
    counted = of[special.basis]
    levels = special.levels or counted.keys()
    total = sum(counted.get(level, 0.0) for level in levels)
    return float(np.ceil(total * (special.share or 0.0) - 1e-9))


def specials(rules: PlaceRules, of: Bases, unplaced: float) -> Specials:
    """Groups that must hold their persons: those declared, and Vg3 in school (§ 5-6).

    Args:
        rules: Gives the declared groups and the share of § 5-6.
        of: What shares are taken of.
        unplaced: Expected applicants without an apprenticeship.
    """
    declared = rules.special
    return Specials(
        id=(*(s.id for s in declared), SCHOOL_VG3),
        name=(*(s.name for s in declared), "Vg3 i skole for søkere uten læreplass"),
        persons=np.array(
            [*(persons(s, of) for s in declared), np.ceil(unplaced * rules.school_vg3.value)]
        ),
        group=np.array([*(float(s.group_size) for s in declared), float(rules.adults.group_size)]),
        rate=np.array([*(s.nok_per_place for s in declared), rules.rates.annet]),
    )


def special_cost(rules: PlaceRules, of: Bases) -> float:
    """Kroner of the declared groups, whole groups."""
    return sum(
        float(np.ceil(persons(s, of) / s.group_size)) * s.group_size * s.nok_per_place
        for s in rules.special
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
