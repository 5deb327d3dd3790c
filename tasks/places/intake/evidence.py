"""From the marts' frames to what applicants are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.errors import NotFound
from tasks.forecast.panel import ELSEWHERE
from tasks.forecast.types import Float, Forecast
from tasks.places.intake import distance, preferences, travel
from tasks.places.intake.offered import (
    PAIR,
    Frames,
    intake_regions,
    pairs_of,
    past_choices,
    school_municipality,
)
from tasks.places.intake.types import Applications, IntakeRules, Offers


@dataclass(frozen=True)
class Counts:
    """What was counted of the newest intake, on the axes of the offers.

    Attributes:
        first: `[offer]` first choices.
        later: `[offer]` applicants with the offer further down their list.
        pupils: `[area, home, school]` pupils at the newest count.
        everybody: `[area]` the same at all schools, private ones among them.
        by_year: `[year, offer]` first choices; NaN where the offer was not there.
    """

    first: Float
    later: Float
    pupils: Float
    everybody: Float
    by_year: Float


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
        frames: As `offered.offers`, and `pupils` (school × area × home), `points` (mean of
            lower-secondary points), `municipality_centre` and `travel_minutes`.
        offered: The offers.
        rules: Assumptions.
        county: County code, whose points are asked for.
        forecast: Drawn pupils; first choices follow them by the newest ratio of each area.
        year: Start of the school year that is forecast.

    Raises:
        NotFound: A frame has no rows that can be used.
        ConfigurationError: A programme has no declared points.
    """
    regions = intake_regions(frames)
    homes = (*sorted(regions), ELSEWHERE)
    counted = counts(frames, offered, homes)
    municipality = school_municipality(frames)
    minutes, estimated = travel.minutes(
        frames["municipality_centre"],
        frames["travel_minutes"],
        homes,
        offered.schools,
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
    past = past_choices(frames)
    newest = past.filter(pl.col("school_year_start") == pl.col("school_year_start").max())
    pupils = frames["pupils"]
    pupils = pupils.filter(pl.col("school_year_start") == pl.col("school_year_start").max())
    at = {pair: k for k, pair in enumerate(pairs_of(offered))}
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
    by_area = dict(pupils.group_by("programme_area_code").agg(pl.col("pupils").sum()).iter_rows())
    everybody = np.array([float(by_area.get(area) or 0) for area in offered.areas])
    return Counts(first, later, by_home, everybody, by_year)


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
    rate = distance.decay(counted.pupils, size, minutes)
    near = distance.gravity(size, minutes, rate)
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
    """First choices `[draw, area, home]`: drawn pupils × first choices per pupil of each area.

    The forecast has the pupils of all schools, the county's intake those who ask for its own: the
    ratio is over the pupils of all.
    """
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
    pupils = counted.everybody
    found = np.repeat(expected[None], forecast.count, axis=0)
    columns = [axes.municipalities.index(h) for h in homes if h in axes.municipalities]
    rows = [place for place, h in enumerate(homes) if h in axes.municipalities]
    for place, area in enumerate(offered.areas):
        if area in axes.programme_areas and pupils[place] > 0:
            drawn = at_year[:, axes.programme_areas.index(area)][:, columns]
            found[:, place] = 0.0
            found[:, place, rows] = drawn * (first[place] / pupils[place])
    return found


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
