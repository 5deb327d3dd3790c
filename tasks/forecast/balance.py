"""Places now against places needed, with an assessment only where it is nearly certain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from tasks.forecast import firmness
from tasks.forecast.panel import Frames, Panel
from tasks.forecast.summary import PARTS, aggregate, describe
from tasks.forecast.types import Array, Float, Forecast, Index, Rules

PAABYGGING = "PB"
VOCATIONAL = "yrkesfaglig"
ALL_LEVELS = "*"


@dataclass(frozen=True)
class Offer:
    """Places on common axes, by the region of the school.

    Attributes:
        county: `[area, region]` places of the county's own schools.
        private: The same of others: given from outside, the county does not plan them.
        classes: `[area, region]` classes of the county's own schools.
        pupils: `[area, region]` pupils at the schools of the region at the newest count.
    """

    county: Float
    private: Float
    classes: Float
    pupils: Float


def valid_places(places: pl.DataFrame, on: date) -> pl.DataFrame:
    """The newest row of each school, area, level and mode that counts on a date."""
    key = ["organisation_number", "programme_area_code", "level", "mode"]
    return (
        places.filter(pl.col("valid_from") <= on)
        .filter(pl.col("valid_from") == pl.col("valid_from").max().over(key))
        .sort(key)
    )


def school_regions(frames: Frames) -> pl.DataFrame:
    """Intake region of each school, from the rows of its places."""
    return frames["places"].select("organisation_number", "intake_region_code").unique()


def offer(panel: Panel, frames: Frames, year: int) -> Offer:
    """Places on 1 October of the school year, and pupils at the newest count, by school region."""
    places = valid_places(frames["places"], date(year, 10, 1))
    own = places.filter(pl.col("owner") == "county")
    attended = _attendance(panel, frames).sum(axis=1)
    return Offer(
        county=_by_region(panel, own, "places"),
        private=_by_region(panel, places.filter(pl.col("owner") != "county"), "places"),
        classes=_by_region(panel, own, "classes"),
        pupils=attended,
    )


def travel(panel: Panel, frames: Frames, offered: Offer) -> Float:
    """Where those who live in a region go to school: shares `[area, home region, school region]`.

    The newest count's pattern, among regions that have the area. Where no one from a region has
    gone, its own region if it has the area, otherwise those that have it, by their places (intake
    rules: an offer that a region lacks makes its applicants count as belonging to those that have
    it). Where nobody offers the area the need stays at home. Home regions end with elsewhere.
    """
    has = (offered.county + offered.private) > 0
    went = _attendance(panel, frames) * has[:, None, :]
    regions = len(panel.regions)
    own = np.eye(regions + 1, regions)[None] * has[:, None, :]
    by_places = np.broadcast_to((offered.county + offered.private)[:, None, :], went.shape)
    stay = np.broadcast_to(np.eye(regions + 1, regions)[None], went.shape)
    shares = went.copy()
    for fallback in (own, by_places, stay, np.ones_like(went)):
        empty = shares.sum(axis=2, keepdims=True) == 0
        shares = np.where(empty, fallback, shares)
    normalised: Float = shares / shares.sum(axis=2, keepdims=True)
    return normalised


def table(
    panel: Panel,
    forecast: Forecast,
    frames: Frames,
    rules: Rules,
    year: int,
    *,
    county: str,
    rests_on: tuple[str, ...] = (),
) -> pl.DataFrame:
    """Table `places` for one school year: programme × level × school region, and the county.

    Level `*` is all levels: intervals do not add, so the sum is assessed on its own.
    Programmes that the whole county competes for alike have the county's row only.

    `rests_on` is the confidence of the crosswalks that the need was carried over. The need of
    pupils and applicants is counted by programme area and rests on none; a need of occupations
    does, and with judgement among them every assessment is `uavklart`.
    """
    offered = offer(panel, frames, year)
    needed = _needed(panel, forecast, year, travel(panel, frames, offered))
    programmes = frames["programmes"].filter(pl.col("programme_code").is_in(panel.programmes))
    county_wide = dict(programmes.select("programme_code", "county_wide").iter_rows())
    branch = dict(programmes.select("programme_code", "branch").iter_rows())
    size = np.array(
        [
            rules.vocational_class
            if branch.get(p) == VOCATIONAL and p != PAABYGGING
            else rules.general_class
            for p in panel.programme
        ]
    )
    groups, cells = _cells(panel)
    classes = _classes(needed, offered, size, rules.class_step)
    add_county = np.concatenate([np.eye(len(panel.regions)), np.ones((1, len(panel.regions)))])
    wide = np.array([bool(county_wide.get(p, False)) for p, _ in cells])
    frame = _frame(
        cells,
        (*panel.regions, county),
        _sum_draws(needed, groups, add_county),
        _sum_draws(classes, groups, add_county),
        {
            "places_county": groups @ offered.county @ add_county.T,
            "places_private": groups @ offered.private @ add_county.T,
            "classes_county": groups @ offered.classes @ add_county.T,
            "pupils_now": groups @ offered.pupils @ add_county.T,
            "classes_needed": groups
            @ _classes(needed.mean(axis=0, dtype=np.float64), offered, size, rules.class_step)
            @ add_county.T,
        },
        rules,
    )
    repeated = np.repeat(wide, len(panel.regions) + 1)
    held = firmness.held_back(frame["assessment"].to_numpy(), firmness.is_firm(rests_on))
    return (
        frame.with_columns(
            pl.Series("county_wide", repeated), pl.Series("assessment", held.tolist())
        )
        .filter(~pl.col("county_wide") | (pl.col("region_code") == county))
        .filter((pl.col("pupils_now") > 0) | (pl.col("needed_p90") > 0) | _any_places())
        .select(COLUMNS)
    )


def assess(
    gap: Float | Array, spare: Float | Array, places: Float, rules: Rules
) -> tuple[Float, Float, Float, Float]:
    """Probability of shortage, surplus and balance over the draws, and of one kind of balance.

    Shortage: the need is more than `balance_band` above the places. Surplus: it is more than
    `balance_band` below them, and at least one whole class can be spared. Otherwise balance: empty
    seats spread over classes that are all needed are no surplus. The last figure is the part of
    balance that is so for that reason alone.

    Args:
        gap: `[draw, …]` need less places.
        spare: `[draw, …]` classes there are less classes needed.
        places: Places, county's and private.
        rules: Gives the band.
    """
    band = rules.balance_band * places
    shortage = (gap > band).mean(axis=0)
    surplus = ((gap < -band) & (spare >= 1)).mean(axis=0)
    idle = ((gap < -band) & (spare < 1)).mean(axis=0)
    return shortage, surplus, 1 - shortage - surplus, idle


def _classes(needed: Float | Array, offered: Offer, size: Index, step: float) -> Float:
    """Classes of the county's own schools `[…, area, region]`, after private places.

    Whole steps of a class (a half or a whole one); none is shared by two areas or two regions.
    """
    own: Float = np.maximum(needed - offered.private, 0)
    return np.ceil(own / (size[:, None] * step) - 1e-6) * step


def _frame(
    cells: list[tuple[str, str]],
    regions: tuple[str, ...],
    needed: Array,
    classes: Array,
    counts: dict[str, Float],
    rules: Rules,
) -> pl.DataFrame:
    places = counts["places_county"] + counts["places_private"]
    gap = needed - places
    shortage, surplus, balance, idle = assess(
        gap, counts["classes_county"] - classes, places, rules
    )
    values = dict(counts)
    for name, draws in (("needed", needed), ("gap", gap)):
        values |= {f"{name}_{p}": v for p, v in zip(PARTS, describe(draws), strict=True)}
    values |= {"p_shortage": shortage, "p_balance": balance, "p_surplus": surplus}
    values |= {"p_no_class_to_spare": idle}
    verdict = np.select(
        [shortage >= rules.certainty, surplus >= rules.certainty, balance >= rules.certainty],
        ["mangel", "overskudd", "balanse"],
        "uavklart",
    )
    rows = [(p, level, r) for p, level in cells for r in regions]
    frame = pl.DataFrame(rows, ["programme_code", "level", "region_code"], orient="row")
    return frame.with_columns(
        *(pl.Series(name, np.ascontiguousarray(v).ravel()) for name, v in values.items()),
        pl.Series("assessment", verdict.ravel().tolist()),
    )


def _any_places() -> pl.Expr:
    return (pl.col("places_county") + pl.col("places_private")) > 0


def _cells(panel: Panel) -> tuple[Float, list[tuple[str, str]]]:
    """0/1 `[programme × level or all levels, area]` and its codes."""
    levels = [str(level) for level in panel.level]
    areas = list(zip(panel.programme, levels, strict=True))
    cells = sorted({*areas, *((programme, ALL_LEVELS) for programme in panel.programme)})
    groups = [[p == of and at in (level, ALL_LEVELS) for p, level in areas] for of, at in cells]
    return np.array(groups, dtype=np.float64), cells


def _needed(panel: Panel, forecast: Forecast, year: int, shares: Float) -> Array:
    """Places needed by the region of the school `[draw, area, region]`."""
    place = forecast.axes.years.index(year)
    elsewhere = np.array([[not r for r in panel.region]], dtype=np.float64)
    homes = np.concatenate([panel.membership(), elsewhere])
    need = aggregate(forecast.progression[..., place : place + 1], np.eye(len(panel.areas)), homes)[
        ..., 0
    ]
    spread: Array = np.einsum("dah,ahs->das", need, shares.astype(np.float32))
    return spread


def _sum_draws(needed: Array | Float, groups: Float, regions: Float) -> Array:
    """`[draw, programme × level, region or county]`."""
    summed: Array = np.matmul(
        np.matmul(groups.astype(np.float32), needed.astype(np.float32)),
        regions.T.astype(np.float32),
    )
    return summed


def _attendance(panel: Panel, frames: Frames) -> Float:
    """Pupils at the newest count `[area, home region or elsewhere, school region]`."""
    regions = list(panel.regions)
    lives_in = [regions.index(r) if r else len(regions) for r in panel.region]
    newest = frames["pupils"].filter(pl.col("school_year_start") == panel.years[-1])
    rows = newest.join(school_regions(frames), on="organisation_number").filter(
        pl.col("intake_region_code").is_in(regions)
    )
    count = np.zeros((len(panel.areas), len(regions) + 1, len(regions)))
    home = rows.get_column("home_municipality_code").replace_strict(
        list(panel.homes), lives_in, default=len(regions)
    )
    np.add.at(
        count,
        (
            _place(rows, "programme_area_code", panel.areas),
            home.to_numpy().astype(np.intp),
            _place(rows, "intake_region_code", panel.regions),
        ),
        rows.get_column("pupils").fill_null(0).to_numpy(),
    )
    return count


def _by_region(panel: Panel, places: pl.DataFrame, column: str) -> Float:
    rows = places.filter(pl.col("intake_region_code").is_in(list(panel.regions)))
    total = np.zeros((len(panel.areas), len(panel.regions)))
    np.add.at(
        total,
        (
            _place(rows, "programme_area_code", panel.areas),
            _place(rows, "intake_region_code", panel.regions),
        ),
        rows.get_column(column).fill_null(0).to_numpy(),
    )
    return total


def _place(rows: pl.DataFrame, column: str, codes: tuple[str, ...]) -> Index:
    position = rows.get_column(column).replace_strict(list(codes), list(range(len(codes))))
    return position.to_numpy().astype(np.intp)


COLUMNS = (
    "programme_code",
    "level",
    "region_code",
    "places_county",
    "places_private",
    "classes_county",
    "pupils_now",
    *(f"needed_{p}" for p in PARTS),
    *(f"gap_{p}" for p in PARTS),
    "classes_needed",
    "p_shortage",
    "p_balance",
    "p_surplus",
    "p_no_class_to_spare",
    "assessment",
    "county_wide",
)
