"""From marts, forecast and rules to a `Problem`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np
import polars as pl

from tasks.errors import ConfigurationError
from tasks.forecast import apprenticeship, balance, streams
from tasks.forecast.panel import Frames, Panel
from tasks.forecast.panel import build as build_panel
from tasks.forecast.streams import Block
from tasks.forecast.types import Float, Forecast, Index
from tasks.places import need, offers, travel
from tasks.places.intake import reserved
from tasks.places.intake import travel as ways
from tasks.places.intake.types import IntakeRules
from tasks.places.rules import PlaceRules, Whole
from tasks.places.types import Adults, Aim, Bool, Convex, Fixed, Pairs, Problem, Rooms

PAABYGGING = "PB"
VOCATIONAL = "yrkesfaglig"
GENERAL = "studieforberedende"
# What the plan reads beside the frames of a run: marts and reference tables, by its name here.
EXTRA = {
    "college": "mart.vocational_college_offer",
    "college_funding": "mart.vocational_college_funding_by_offer",
    "schools_now": "mart.school",
    "support": "mart.compulsory_school_pupils_by_area",
    "settlement": "mart.settlement_by_area_year",
}


@dataclass(frozen=True)
class Sizes:
    """Of `classes.toml`."""

    vocational: int
    general: int
    step: float
    minimum_fill: float


def build(
    frames: Frames,
    forecast: Forecast,
    rules: PlaceRules,
    sizes: Sizes,
    intake: IntakeRules,
    *,
    year: int,
    county: str,
    seed: int,
    fixed: tuple[Fixed, ...] = (),
) -> Problem:
    """Lay out what is to be decided for a school year.

    Args:
        frames: Those of a run, with `EXTRA`, `travel_minutes` and `municipality_centre`.
        forecast: Drawn futures of the run.
        rules: `places.toml`.
        sizes: Of classes.
        intake: `intake.toml`: what a long way is, and how it is reckoned without a table.
        year: Start year of the school year.
        county: County code.
        seed: Of the run: the shares placed are drawn with the run's stream.
        fixed: Classes that people have set.

    Raises:
        ConfigurationError: A rule names a school, area or programme that does not exist.
    """
    panel = build_panel(frames)
    facts = _facts(panel, frames)
    own, others = _pairs(panel, frames, rules, sizes, facts, intake, year)
    spread = need.shares(panel, frames, own, others)
    cell, where = need.cells(own, others, facts.wide, len(panel.regions))
    drawn, known = need.drawn(panel, forecast, year, spread, rules.need_basis.value)
    choice = _choices(panel, facts, rules, own, others)
    right = _rights(panel, forecast, year)
    beyond, outside = _ways(panel, frames, intake, own, others, facts)
    areas, apprentice = _apprentices(panel, forecast, frames, rules, year, county, seed)
    unplaced = need.expected(apprentice, right.sum(axis=0)[areas]).sum()
    adults = offers.adults(frames, rules, county)
    shared = partial(offers.bases, frames, panel, county=county, year=year)
    next_year = shared(right.sum(axis=0), years_before=0)
    this_year = shared(panel.pupils[-1].sum(axis=1), years_before=1)
    problem = Problem(
        year=year,
        areas=panel.areas,
        area_names=facts.names,
        programme=panel.programme,
        level=panel.level,
        regions=(*panel.regions, "9999"),
        own=own,
        others=others,
        right=right,
        has_right=np.array([True] * len(panel.regions) + [False]),
        choice=choice,
        beyond=beyond,
        outside=outside,
        cell=cell,
        need=Convex(
            tuple(f"{panel.areas[a]} {panel.regions[r] if r >= 0 else '*'}" for a, r in where),
            need.by_cell(drawn, where),
            np.ones(forecast.count),
            rising=False,
        ),
        need_known=known[[a for a, _ in where]],
        apprentice_area=areas,
        apprentice=apprentice,
        combined=_combined(panel, frames, rules, own),
        rooms=_rooms(panel, rules, own, facts),
        adults=adults,
        colleges=offers.colleges(frames, rules, year),
        specials=offers.specials(rules, next_year, float(unplaced)),
        minimum_fill=sizes.minimum_fill,
        budget=_budget(own, adults, rules, offers.special_cost(rules, this_year)),
        most_change=rules.largest_change.value * float(own.classes.sum()),
        goals=(),
        solver=rules.solver,
        fixed=fixed,
    )
    return with_goals(problem, rules)


def with_goals(problem: Problem, rules: PlaceRules) -> Problem:
    """The problem with the goals in the order of the rules, each with its scale in numbers."""
    now = wholes(problem, rules.budget_growth.value)
    aims = [
        Aim(g.id, now[g.scale] if isinstance(g.scale, str) else g.scale, g.unit) for g in rules.goal
    ]
    return replace(problem, goals=tuple(aims))


def wholes(problem: Problem, budget_growth: float) -> dict[Whole, float]:
    """What goals are counted of: persons needed, applicants, pupils, kroner and classes this year.

    Need is the mean over the draws, with the demand of adults and for colleges.
    """
    applicants = problem.right.sum(axis=0)[problem.apprentice_area].sum()
    need_of = problem.need.draws.mean(axis=1).sum()
    return {
        "behov": float(need_of + problem.adults.demand.sum() + problem.colleges.demand.sum()),
        "laerefagsokere": float(applicants * problem.apprentice.weight.mean()),
        "elever": float(problem.right.sum()),
        "kostnad": problem.budget / (1 + budget_growth),
        "klasser": float(problem.own.classes.sum()),
    }


@dataclass(frozen=True)
class _Facts:
    names: tuple[str, ...]
    vocational: Bool
    general: Bool
    wide: Bool
    below: tuple[frozenset[str], ...]


def _facts(panel: Panel, frames: Frames) -> _Facts:
    areas = frames["programme_areas"]
    names = dict(areas.select("programme_area_code", "programme_area").iter_rows())
    below = dict(areas.select("programme_area_code", "builds_on").iter_rows())
    branch = dict(frames["programmes"].select("programme_code", "branch").iter_rows())
    wide = dict(frames["programmes"].select("programme_code", "county_wide").iter_rows())
    return _Facts(
        tuple(str(names[a]) for a in panel.areas),
        np.array([branch.get(p) == VOCATIONAL for p in panel.programme]),
        np.array([branch.get(p) == GENERAL for p in panel.programme]),
        np.array([bool(wide.get(p)) for p in panel.programme]),
        tuple(frozenset((below[a] or "").split()) for a in panel.areas),
    )


def _pairs(
    panel: Panel,
    frames: Frames,
    rules: PlaceRules,
    sizes: Sizes,
    facts: _Facts,
    intake: IntakeRules,
    year: int,
) -> tuple[Pairs, Pairs]:
    """The county's pairs, open by capacity or declared so, and those of others."""
    key = ["organisation_number", "programme_area_code"]
    valid = balance.valid_places(frames["places"], date(year, 10, 1)).filter(
        pl.col("intake_region_code").is_in(list(panel.regions))
    )
    rows = (
        valid.group_by(*key, "owner", maintain_order=True)
        .agg(
            pl.col("school").first(),
            pl.col("intake_region_code").first(),
            pl.col("classes").fill_null(0).sum(),
            pl.col("places").fill_null(0).sum().cast(pl.Float64),
        )
        .sort(key)
    )
    own = rows.filter(pl.col("owner") == "county")
    own = pl.concat([own, _openings(own, rules)]).sort(key)
    there = set(own.select(key).iter_rows())
    held = {(r.school, r.programme_area) for r in intake.reserved}
    if unknown := sorted(" ".join(offer) for offer in held - there):
        raise _unknown("[[reserved]] skole og programområde", unknown, "intake.toml")
    return (
        _as_pairs(panel, own, rules, sizes, facts, intake),
        _as_pairs(panel, rows.filter(pl.col("owner") != "county"), rules, sizes, facts, intake),
    )


def _openings(own: pl.DataFrame, rules: PlaceRules) -> pl.DataFrame:
    """Rows without classes for what schools may open."""
    school = own.unique("organisation_number", keep="first", maintain_order=True)
    asked = pl.DataFrame(
        [(o.school, o.programme_area) for o in rules.opening],
        {"organisation_number": pl.String, "programme_area_code": pl.String},
        orient="row",
    )
    if unknown := sorted(set(asked["organisation_number"]) - set(school["organisation_number"])):
        raise _unknown("[[opening]] school", unknown)
    there = ["organisation_number", "programme_area_code"]
    return (
        asked.join(own, on=there, how="anti")
        .join(school.drop("programme_area_code", "classes", "places"), on="organisation_number")
        .with_columns(pl.lit(0.0).alias("classes"), pl.lit(0.0).alias("places"))
        .select(own.columns)
    )


def _as_pairs(
    panel: Panel,
    rows: pl.DataFrame,
    rules: PlaceRules,
    sizes: Sizes,
    facts: _Facts,
    intake: IntakeRules,
) -> Pairs:
    area = _positions(rows.get_column("programme_area_code"), panel.areas, "programområde")
    school = tuple(rows.get_column("organisation_number").to_list())
    usual = np.where(facts.vocational, sizes.vocational, sizes.general).astype(np.float64)
    for size in rules.class_size:
        usual[_one(panel.areas, size.programme_area, "[[class_size]]")] = size.pupils
    full = usual[area]
    classes = rows.get_column("classes").to_numpy().astype(np.float64)
    places = rows.get_column("places").to_numpy().astype(np.float64)
    abroad = facts.general[area] & (panel.level[area] > 1)
    return Pairs(
        school=school,
        name=tuple(rows.get_column("school").to_list()),
        area=area,
        region=_positions(rows.get_column("intake_region_code"), panel.regions, "inntaksregion"),
        classes=classes,
        places=places,
        full=full,
        half=np.ceil(full / 2) if sizes.step < 1 else np.zeros(len(full)),
        most=classes + rules.largest_growth.value,
        rate=np.array([rules.rates.of(panel.programme[a]) for a in area], dtype=np.float64),
        reserved=reserved.held(intake, school, [panel.areas[a] for a in area], abroad, places),
    )


def _choices(panel: Panel, facts: _Facts, rules: PlaceRules, own: Pairs, others: Pairs) -> Bool:
    """0/1 `[first choice, area]`: Vg1 by the three choices, later levels by what they build on.

    An area that nobody may offer meets no right; § 5-1, and see docs/method/places.md, section 3.
    """
    then = {c.programme: set(c.then) for c in rules.choice}
    unknown = sorted({*then, *(p for c in then.values() for p in c)} - set(panel.programme))
    allowed = np.eye(len(panel.areas), dtype=np.bool_)
    for first, programme in enumerate(panel.programme):
        for other in range(len(panel.areas)):
            if panel.level[first] != panel.level[other]:
                continue
            if panel.level[first] == 1:
                allowed[first, other] |= panel.programme[other] in then.get(programme, ())
                allowed[first, other] |= panel.programme[other] == programme
            else:
                same = panel.programme[other] == programme
                allowed[first, other] |= same and bool(facts.below[first] & facts.below[other])
    offered = np.zeros(len(panel.areas), dtype=np.bool_)
    offered[own.area[own.most > 0]] = True
    offered[others.area[others.places > 0]] = True
    if unknown and not set(unknown) <= {str(p) for p in rules.rates.programmes}:
        raise _unknown("[[choice]] programme", unknown)
    return allowed & offered[None, :]


def _rights(panel: Panel, forecast: Forecast, year: int) -> Float:
    """Whole persons with the right `[home region or elsewhere, area]`, by first choice.

    The expected number over the draws. On Vg1 a region's persons are shared out by first choice as
    applicants are: who is a pupil of a programme on 1 October need not have had it first.
    """
    at = forecast.axes.years.index(year)
    member = need.homes(panel)
    persons = member @ forecast.progression[..., at].mean(axis=0, dtype=np.float64).T
    ratio = forecast.applicants_per_pupil.mean(axis=0, dtype=np.float64)
    first = np.asarray(panel.level == 1)
    wished = persons[:, first] * ratio[first]
    total = persons[:, first].sum(axis=1, keepdims=True)
    persons[:, first] = wished * total / np.maximum(wished.sum(axis=1, keepdims=True), 1e-12)
    return _whole(persons)


def _whole(values: Float) -> Float:
    """Rounded by largest remainder, so that each row keeps its sum (rounded)."""
    floor = np.floor(values)
    short = np.rint(values.sum(axis=1)) - floor.sum(axis=1)
    rank = np.argsort(np.argsort(-(values - floor), axis=1, kind="stable"), axis=1, kind="stable")
    whole: Float = floor + (rank < short[:, None])
    return whole


def _ways(
    panel: Panel, frames: Frames, intake: IntakeRules, own: Pairs, others: Pairs, facts: _Facts
) -> tuple[Float, Float]:
    """`[home region or elsewhere, pair]`: share with a long way, and whether out of the region."""
    school = np.array([*own.school, *others.school])
    region = np.concatenate([own.region, others.region])
    area = np.concatenate([own.area, others.area])
    municipality = dict(
        frames["places"].select("organisation_number", "municipality_code").iter_rows()
    )
    unique, position = np.unique(school, return_inverse=True)
    inside = [i for i, r in enumerate(panel.region) if r]
    living_in = tuple(panel.homes[i] for i in inside)
    taken, _ = ways.minutes(
        frames["municipality_centre"],
        frames["travel_minutes"],
        living_in,
        tuple(unique),
        tuple(municipality[s] for s in unique),
        intake,
    )
    newest = frames["pupils"].filter(
        pl.col("school_year_start") == panel.years[-1],
        pl.col("home_municipality_code").is_in(list(living_in)),
        pl.col("organisation_number").is_in(unique.tolist()),
    )
    attending = np.zeros(taken.shape)
    np.add.at(
        attending,
        (
            _positions(newest.get_column("home_municipality_code"), living_in, "kommune"),
            _positions(newest.get_column("organisation_number"), tuple(unique), "skole"),
        ),
        newest.get_column("pupils").fill_null(0).to_numpy(),
    )
    living = panel.membership()[:, inside] * panel.pupils[-1].sum(axis=0)[inside]
    long = travel.share_beyond(taken, attending, living, intake.minutes_limit)
    away = np.arange(len(panel.regions))[:, None] != region[None, :]
    outside = (away & ~facts.wide[area][None, :]).astype(np.float64)
    nobody = np.zeros((1, len(school)))
    return np.concatenate([long[:, position], nobody]), np.concatenate([outside, nobody])


def _apprentices(
    panel: Panel,
    forecast: Forecast,
    frames: Frames,
    rules: PlaceRules,
    year: int,
    county: str,
    seed: int,
) -> tuple[Index, Convex]:
    """Applicants without a place the spring after: E[ρ (X − B)⁺] by area that leads there.

    ρ is applicants per pupil, B the pupils that enterprises take of those the area was forecast to
    have: both drawn with the run's own stream, as in `forecast.apprenticeship`. The share placed of
    an area is the county's times what it was of the county's at the newest count of trades.
    """
    _, leaving = apprenticeship.leaving_areas(panel, frames)
    areas = np.flatnonzero(leaving.any(axis=0)).astype(np.intp)
    u = streams.uniforms(seed, county, range(forecast.count), Block.PLACEMENT, (2,))
    ratio = _pick(apprenticeship.application_ratio(panel, frames, leaving, county), u[:, 0])
    placed = _pick(apprenticeship.placement_rates(frames, county), u[:, 1])
    if rules.placement is not None:
        placed = np.full_like(placed, rules.placement.value)
    relative = offers.relative_coverage(frames, tuple(panel.areas[a] for a in areas))
    pupils = forecast.progression[..., forecast.axes.years.index(year)][:, areas].sum(axis=2)
    taken = np.minimum(placed[None, :] * relative[:, None], 1) * pupils.T
    return areas, Convex(
        tuple(panel.areas[a] for a in areas), taken.astype(np.float64), ratio, rising=True
    )


def _pick(values: Float, u: Float) -> Float:
    picked: Float = values[np.minimum((u * len(values)).astype(np.intp), len(values) - 1)]
    return picked


def _combined(panel: Panel, frames: Frames, rules: PlaceRules, own: Pairs) -> tuple[Index, ...]:
    """Pairs of a school that may share a class, two or more."""
    known = set(frames["programme_areas"].get_column("programme_area_code"))
    if unknown := sorted({a for group in rules.combined for a in group.areas} - known):
        raise _unknown("[[combined]]", unknown)
    found = []
    for group in rules.combined:
        members = {_one(panel.areas, a, "[[combined]]") for a in group.areas if a in panel.areas}
        for school in dict.fromkeys(own.school):
            pairs = [
                k
                for k, (s, a) in enumerate(zip(own.school, own.area, strict=True))
                if s == school and int(a) in members
            ]
            if len(pairs) > 1:
                found.append(np.array(pairs, dtype=np.intp))
    return tuple(found)


def _rooms(panel: Panel, rules: PlaceRules, own: Pairs, facts: _Facts) -> Rooms:
    """Workshops by school and vocational programme, class rooms by school."""
    programme = np.array(panel.programme)[own.area]
    school = np.array(own.school)
    vocational = facts.vocational[own.area]
    set_by = {(r.school, r.programme): r.classes for r in rules.room}
    if unknown := sorted({s for s, _ in set_by} - set(own.school)):
        raise _unknown("[[room]] school", unknown)
    names: list[str] = []
    member: list[Bool] = []
    most: list[float] = []
    for s, called in sorted(set(zip(own.school, own.name, strict=True))):
        general = (school == s) & ~vocational
        if general.any():
            names.append(f"klasserom, {called}")
            member.append(general)
            most.append(float(own.classes[general].sum()) + rules.classroom.value)
        for p in sorted(set(programme[school == s])):
            rows = (school == s) & (programme == p)
            if not vocational[rows].any() and (s, p) not in set_by:
                continue
            names.append(f"verksted, {called}, {p}")
            member.append(rows)
            usual = float(own.classes[rows].sum()) + rules.workshop_room.value
            most.append(set_by.get((s, p), usual))
    return Rooms(tuple(names), np.array(member).reshape(-1, len(own)), np.array(most))


def _budget(own: Pairs, adults: Adults, rules: PlaceRules, special: float) -> float:
    """Kroner: this year's classes, adults and groups by the rates, and what it may grow by."""
    cost = float((own.rate * own.places).sum())
    groups = np.ceil(adults.demand / adults.group) * adults.group
    return (cost + float((groups * adults.rate).sum()) + special) * (1 + rules.budget_growth.value)


def _positions(column: pl.Series, codes: tuple[str, ...], what: str) -> Index:
    unknown = sorted(set(column) - set(codes))
    if unknown:
        raise _unknown(what, unknown)
    at = column.replace_strict(list(codes), list(range(len(codes))), return_dtype=pl.Int64)
    return at.to_numpy().astype(np.intp)


def _one(codes: tuple[str, ...], code: str, where: str) -> int:
    if code not in codes:
        raise _unknown(where, [code])
    return codes.index(code)


def _unknown(where: str, codes: list[str], file: str = "places.toml") -> ConfigurationError:
    return ConfigurationError(
        subject=f"plasser, {where}",
        expected="koder som finnes i kapasiteten og referansedataene",
        got=", ".join(codes[:10]),
        remedy=f"rett koden i data/reference/rules/{file}",
    )


def fix(problem: Problem, table: Mapping[tuple[str, str], tuple[float, str]]) -> tuple[Fixed, ...]:
    """What people have set, by school and programme area.

    Raises:
        ConfigurationError: A pair is not one that the plan decides, or a reason is missing.
    """
    pairs = {
        (s, problem.areas[a]): k
        for k, (s, a) in enumerate(zip(problem.own.school, problem.own.area, strict=True))
    }
    if unknown := sorted(f"{s} {a}" for s, a in set(table) - set(pairs)):
        raise ConfigurationError(
            subject="fastsatte klasser",
            expected="skoler og programområder som planen avgjør klasser for",
            got=", ".join(unknown[:10]),
            remedy="rett organisasjonsnummer og kode der tallet er skrevet (filen som leses inn, "
            "vedtaket), eller før opp et nytt tilbud under [[opening]] i "
            "data/reference/rules/places.toml",
        )
    if bare := sorted(f"{s} {a}" for (s, a), (_, reason) in table.items() if not reason.strip()):
        raise ConfigurationError(
            subject="fastsatte klasser",
            expected="en begrunnelse for hver",
            got=f"ingen for {', '.join(bare)}",
            remedy="skriv hvorfor tallet er satt for hånd",
        )
    return tuple(Fixed(pairs[k], classes, reason) for k, (classes, reason) in sorted(table.items()))
