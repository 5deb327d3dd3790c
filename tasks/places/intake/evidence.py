"""From the marts' frames to offers, and to what applicants are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from tasks.errors import NotFound
from tasks.forecast.balance import valid_places
from tasks.forecast.panel import ELSEWHERE
from tasks.forecast.types import Float, Forecast, Index
from tasks.places.intake import preferences, travel
from tasks.places.intake.types import Applications, IntakeRules, Offers

Frames = Mapping[str, pl.DataFrame]
PAIR = ["organisation_number", "programme_area_code"]
# A closed cell holds 1-4 persons.
CLOSED = 2.5


@dataclass(frozen=True)
class Counts:
    """What was counted of the newest intake, on the axes of the offers.

    Attributes:
        first: `[offer]` first choices.
        later: `[offer]` applicants with the offer further down their list.
        pupils: `[area, home, school]` pupils at the newest count.
        by_year: `[year, offer]` first choices; NaN where the offer was not there.
    """

    first: Float
    later: Float
    pupils: Float
    by_year: Float


def offers(frames: Frames, year: int) -> Offers:
    """The county's own offers on 1 October of a school year; private schools take in themselves.

    Pairs that had applicants at the last intake and have no places any more are there with 0.

    Args:
        frames: `places`, `intake`, `programme_areas`, `programmes`, `regions` with the marts'
            columns.
        year: The year in which the school year starts.

    Raises:
        NotFound: The county has no places that year.
    """
    places = valid_places(frames["places"], date(year, 10, 1)).filter(pl.col("owner") == "county")
    if places.is_empty():
        raise NotFound(
            subject=f"inntakssimuleringen, skoleåret {year}",
            expected="minst ett tilbud ved fylkets egne skoler",
            got="ingen plasser",
            remedy="lever kapasitetsfilen, eller velg et år som den gjelder for",
        )
    past = _past(frames)
    last = past.filter(pl.col("school_year_start") == pl.col("school_year_start").max())
    pairs = (
        pl.concat(
            [
                places.select(*PAIR, pl.col("places").cast(pl.Int64)),
                last.select(*PAIR, places=pl.lit(0, pl.Int64)),
            ]
        )
        .group_by(PAIR)
        .agg(pl.col("places").sum())
        .join(frames["programme_areas"].select("programme_area_code"), on="programme_area_code")
        .sort(PAIR)
    )
    schools = pairs["organisation_number"].unique().sort().to_list()
    regions = _regions(frames)
    codes = tuple(sorted(set(regions.values())))
    municipality = school_municipality(frames)
    areas = pairs["programme_area_code"].unique().sort().to_list()
    known = frames["programme_areas"].join(frames["programmes"], on="programme_code", how="left")
    about = {row["programme_area_code"]: row for row in known.iter_rows(named=True)}
    return Offers(
        schools=tuple(schools),
        school_region=np.array([codes.index(regions[municipality[s]]) for s in schools]),
        regions=codes,
        areas=tuple(areas),
        programmes=tuple(about[a]["programme_code"] for a in areas),
        levels=np.array([int(about[a]["level"]) for a in areas]),
        county_wide=np.array([bool(about[a]["county_wide"]) for a in areas]),
        general=np.array([about[a]["branch"] == "studieforberedende" for a in areas]),
        school=_positions(pairs["organisation_number"], schools),
        area=_positions(pairs["programme_area_code"], areas),
        places=pairs["places"].to_numpy(),
    )


def applications(
    frames: Frames,
    offered: Offers,
    rules: IntakeRules,
    *,
    county: str,
    forecast: Forecast | None = None,
    year: int | None = None,
) -> Applications:
    """What applicants are drawn from: the newest intake, or a forecast of the pupils of `year`.

    Args:
        frames: As `offers`, and `pupils` (school × area × home), `points` (lower-secondary points
            of the county), `centres`; `travel` where there is a table.
        offered: The offers.
        rules: Assumptions.
        county: County code, whose points are asked for.
        forecast: Drawn pupils; first choices follow them by the newest ratio of each area.
        year: Start of the school year that is forecast.

    Raises:
        NotFound: A frame has no rows that can be used.
        ConfigurationError: A programme has no declared points.
    """
    regions = _regions(frames)
    homes = (*sorted(regions), ELSEWHERE)
    counted = counts(frames, offered, homes)
    municipality = school_municipality(frames)
    minutes, estimated = travel.minutes(
        frames["centres"],
        frames.get("travel"),
        homes,
        [municipality[s] for s in offered.schools],
        rules,
    )
    points = _county_points(frames, county)
    weight, expected = _wishes(counted, offered, minutes, rules)
    area_spread, offer_spread = preferences.spreads(counted.by_year, offered)
    return Applications(
        homes=homes,
        home_region=np.array(
            [offered.regions.index(regions[h]) if h in regions else -1 for h in homes]
        ),
        expected=expected
        if forecast is None
        else _forecast(forecast, counted, expected, offered, homes, year),
        area_spread=area_spread,
        offer_spread=offer_spread,
        weight=weight,
        next_choice=preferences.next_choice(frames, offered, counted.later, rules),
        more=preferences.more_choices(offered, counted.first, counted.later),
        points_mean=preferences.points_mean(offered, expected, points, rules),
        minutes=minutes,
        estimated=estimated,
    )


def counts(frames: Frames, offered: Offers, homes: Sequence[str]) -> Counts:
    """First and later choices of the newest intake, its pupils by home, and past first choices."""
    past = _past(frames)
    newest = past.filter(pl.col("school_year_start") == pl.col("school_year_start").max())
    pupils = frames["pupils"]
    pupils = pupils.filter(pl.col("school_year_start") == pl.col("school_year_start").max())
    at = {pair: k for k, pair in enumerate(_pairs(offered))}
    first, later = np.zeros(offered.count), np.zeros(offered.count)
    for row in newest.iter_rows(named=True):
        if (k := at.get((row[PAIR[0]], row[PAIR[1]]))) is not None:
            first[k], later[k] = row["first"], max(row["all"] - row["first"], 0)
    by_home = np.zeros((len(offered.areas), len(homes), len(offered.schools)))
    home_at = {code: place for place, code in enumerate(homes)}
    for school, area, home, persons in pupils.select(
        *PAIR, "home_municipality_code", "pupils"
    ).iter_rows():
        if (k := at.get((school, area))) is not None and persons:
            by_home[offered.area[k], home_at.get(home, len(homes) - 1), offered.school[k]] += (
                persons
            )
    years = sorted(past["school_year_start"].unique().to_list())
    by_year = np.full((len(years), offered.count), np.nan)
    for row in past.iter_rows(named=True):
        if (k := at.get((row[PAIR[0]], row[PAIR[1]]))) is not None:
            by_year[years.index(row["school_year_start"]), k] = row["first"]
    return Counts(first, later, by_home, by_year)


def school_municipality(frames: Frames) -> dict[str, str]:
    """Municipality of each school, from the rows of its places and its intake."""
    both = pl.concat(
        [
            frames[name].select("organisation_number", "municipality_code")
            for name in ("intake", "places")
        ]
    ).unique(subset="organisation_number", keep="last", maintain_order=True)
    return dict(both.iter_rows())


def _wishes(
    counted: Counts, offered: Offers, minutes: Float, rules: IntakeRules
) -> tuple[Float, Float]:
    """First choices laid on homes: how likely each school is, and how many by area and home.

    An offer's first choices come from where its pupils live. Beside them distance counts as so many
    persons of each area and home; an offer that had neither pupils nor applicants goes by distance
    and places alone, and takes its share of the others.
    """
    shape = (len(offered.areas), len(offered.schools))
    first, size, new = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    first[offered.area, offered.school] = counted.first
    # A place where none is planned yet: whoever opens it has applicants.
    size[offered.area, offered.school] = np.maximum(offered.places, 1)
    rate = travel.decay(counted.pupils, size, minutes)
    near = travel.gravity(size, minutes, rate)
    at_offer = counted.pupils.sum(axis=1, keepdims=True)
    everyone = counted.pupils.sum(axis=0, keepdims=True)
    of_school = everyone / np.maximum(everyone.sum(axis=1, keepdims=True), 1e-12)
    by_home = np.where(at_offer > 0, counted.pupils / np.maximum(at_offer, 1e-12), of_school)
    laid = first[:, None, :] * by_home
    new[offered.area, offered.school] = (counted.first == 0) & (
        at_offer[:, 0][offered.area, offered.school] == 0
    )
    drawn_off = (near * new[:, None, :]).sum(axis=2, keepdims=True)
    seen = laid + rules.pattern_persons * near * (1 - new[:, None, :])
    total = seen.sum(axis=2, keepdims=True)
    shares = np.divide(seen, total, out=np.zeros_like(seen), where=total > 0)
    weight = shares * (1 - drawn_off) + near * new[:, None, :]
    return weight, laid.sum(axis=2)


def _forecast(
    forecast: Forecast,
    counted: Counts,
    expected: Float,
    offered: Offers,
    homes: Sequence[str],
    year: int | None,
) -> Float:
    """First choices `[draw, area, home]`: drawn pupils × first choices per pupil of each area."""
    axes = forecast.axes
    if year not in axes.years:
        raise NotFound(
            subject="inntakssimuleringen, skoleåret",
            expected=f"et av årene i framskrivingen, {axes.years[0]}–{axes.years[-1]}",
            got=str(year),
            remedy="velg et av årene",
        )
    at_year = forecast.progression[..., axes.years.index(year)].astype(np.float64)
    first = expected.sum(axis=1)
    pupils = counted.pupils.sum(axis=(1, 2))
    found = np.repeat(expected[None], forecast.count, axis=0)
    columns = [axes.municipalities.index(h) for h in homes if h in axes.municipalities]
    rows = [place for place, h in enumerate(homes) if h in axes.municipalities]
    for place, area in enumerate(offered.areas):
        if area in axes.programme_areas and pupils[place] > 0:
            drawn = at_year[:, axes.programme_areas.index(area)][:, columns]
            found[:, place] = 0.0
            found[:, place, rows] = drawn * (first[place] / pupils[place])
    return found


def _past(frames: Frames) -> pl.DataFrame:
    """Young people's choices of the county's own offers by year, closed cells filled.

    A closed number of first choices is what the pupils say by the ratio of all open rows, and
    2.5, the middle of 1–4, where they are closed too.
    """
    rows = frames["intake"].filter(pl.col("intake_group") == "youth", pl.col("owner") == "county")
    if rows.is_empty():
        raise NotFound(
            subject="inntakssimuleringen, søkere",
            expected="minst ett inntak ved fylkets egne skoler",
            got="ingen rader",
            remedy="lever inntaksfilen og kjør «tilbudsplan ingest»",
        )
    known = rows.drop_nulls(["first_choices", "pupils"])
    ratio = float(known["first_choices"].sum()) / max(float(known["pupils"].sum()), 1.0)
    first = pl.coalesce("first_choices", pl.col("pupils") * ratio, pl.lit(CLOSED))
    return (
        rows.with_columns(first.cast(pl.Float64).alias("first"))
        .with_columns(pl.coalesce("applicants", pl.col("first")).cast(pl.Float64).alias("all"))
        .sort("school_year_start", *PAIR)
    )


def _county_points(frames: Frames, county: str) -> float:
    """The county's newest mean of lower-secondary points that either publisher gives."""
    rows = (
        frames["points"]
        .filter(pl.col("county_code") == county)
        .with_columns(pl.coalesce("points_udir", "points_ssb").alias("points"))
        .drop_nulls("points")
        .sort("year")
    )
    if rows.is_empty():
        raise NotFound(
            subject="inntakssimuleringen, grunnskolepoeng",
            expected="fylkets gjennomsnitt for minst ett år",
            got="ingen",
            remedy="kjør «tilbudsplan ingest»",
        )
    return float(rows["points"][-1])


def _regions(frames: Frames) -> dict[str, str]:
    """Intake region of each municipality."""
    rows = frames["regions"].filter(pl.col("kind") == "intake")
    return dict(rows.select("municipality_code", "region_code").iter_rows())


def _pairs(offered: Offers) -> list[tuple[str, str]]:
    return [
        (offered.schools[s], offered.areas[a])
        for s, a in zip(offered.school, offered.area, strict=True)
    ]


def _positions(values: pl.Series, codes: Sequence[str]) -> Index:
    at = {code: place for place, code in enumerate(codes)}
    return np.array([at[v] for v in values], np.intp)
