"""From the marts' frames to what the flow is estimated from: counts on common axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from tasks.errors import NotFound
from tasks.forecast.flow import transitions
from tasks.forecast.flow.states import APPRENTICE
from tasks.forecast.flow.transitions import Estimate
from tasks.forecast.flow.types import FlowRules
from tasks.forecast.types import Float, Index

Frames = Mapping[str, pl.DataFrame]
DESTINATIONS = (
    "next_level",
    "apprenticeship",
    "paabygg",
    "re_choice",
    "same_level",
    "completed",
    "left",
)
BEFORE, AFTER = "before", "after"
ALL = "*"
# Pupils who live outside the county.
ELSEWHERE = "9999"


@dataclass(frozen=True)
class School:
    """Where pupils of each area are a year later, for the county.

    Attributes:
        areas: Programme areas that pupils were counted on, or that are offered.
        estimate: Posterior over `DESTINATIONS`, `[area, destination]`.
        counts: Persons of the last years, `[area, destination]`, closed cells filled.
        years: Years in `counts`.
    """

    areas: tuple[str, ...]
    estimate: Estimate
    counts: Float
    years: int

    def alpha(self, area: str, destination: str) -> float:
        """Effective persons on the way from an area; 0 where the area is not known."""
        if area not in self.areas:
            return 0.0
        place = self.areas.index(area), DESTINATIONS.index(destination)
        return float(self.estimate.posterior.alpha[place])

    def share(self, area: str, destination: str) -> float:
        """Expected share of an area's pupils."""
        if area not in self.areas:
            return 0.0
        place = self.areas.index(area), DESTINATIONS.index(destination)
        return float(self.estimate.posterior.mean[place])


def school(frames: Frames, rules: FlowRules) -> School:
    """Estimate the destinations of every area, the regimes before and after August 2024 apart.

    Args:
        frames: `transitions` (mart.transition_by_programme_area), `programme_areas`.
        rules: Years and bounds.

    Raises:
        NotFound: No transitions.
    """
    frame = frames["transitions"].filter(pl.col("destination_code").is_in(DESTINATIONS))
    if frame.is_empty():
        raise NotFound(
            subject="overganger etter programområde",
            expected="minst ett skoleår i mart.transition_by_programme_area",
            got="ingen rader",
            remedy="hent fylkets overgangsfil (county_transitions) på nytt",
        )
    # An area that is new has no counts yet: it gets the shares of its kind.
    known = frames["programme_areas"].get_column("programme_area_code")
    areas = tuple(sorted({*frame.get_column("programme_area_code"), *known}))
    kind = _kinds(frames["programme_areas"], areas)
    series = {regime: _series(frame, regime, areas) for regime in (BEFORE, AFTER)}
    shown = np.nansum(np.concatenate([counts for counts, _ in series.values()]), axis=0)
    wide = np.zeros((int(kind.max()) + 1, len(DESTINATIONS)))
    np.add.at(wide, kind, shown)
    shares = wide / np.maximum(wide.sum(axis=1, keepdims=True), 1.0)
    filled = {
        regime: transitions.fill_closed(counts, totals, shares[kind])
        for regime, (counts, totals) in series.items()
    }
    estimate = transitions.estimate(
        filled[BEFORE],
        filled[AFTER],
        kind,
        mean_years=rules.years,
        floor=rules.kappa_floor,
        ceiling=rules.kappa_ceiling,
    )
    newest = filled[AFTER] if len(filled[AFTER]) else filled[BEFORE]
    counted = newest[-rules.years :]
    return School(areas, estimate, counted.sum(axis=0), len(counted))


def _kinds(programme_areas: pl.DataFrame, areas: tuple[str, ...]) -> Index:
    """Cells that are alike before their own counts: the same level, leading to the same."""
    known = {
        code: (level, (leads_to or "").split()[:1])
        for code, level, leads_to in programme_areas.select(
            "programme_area_code", "level", "leads_to"
        ).iter_rows()
    }
    # Vg1 of the general programmes differs from the vocational: what it leads to is on its Vg2.
    after = {
        origin: (leads_to or "").split()[:1]
        for builds_on, leads_to in programme_areas.select("builds_on", "leads_to").iter_rows()
        for origin in (builds_on or "").split()
    }
    keys = [
        f"{known.get(a)} {after.get(a) if (known.get(a) or (0,))[0] == 1 else ''}" for a in areas
    ]
    return np.array([sorted(set(keys)).index(k) for k in keys], np.intp)


def _series(frame: pl.DataFrame, regime: str, areas: tuple[str, ...]) -> tuple[Float, Float]:
    """Counts `[year, area, destination]` and totals `[year, area]`, NaN where closed."""
    rows = frame.filter(pl.col("regime") == regime)
    years = sorted(set(rows.get_column("school_year_start")))
    counts = np.zeros((len(years), len(areas), len(DESTINATIONS)))
    totals = np.zeros(counts.shape[:2])
    place = {a: i for i, a in enumerate(areas)}
    for year, area, destination, pupils, before in rows.select(
        "school_year_start", "programme_area_code", "destination_code", "pupils", "pupils_before"
    ).iter_rows():
        y, a = years.index(year), place[area]
        counts[y, a, DESTINATIONS.index(destination)] = np.nan if pupils is None else pupils
        totals[y, a] = np.nan if before is None else before
    return counts, totals


@dataclass(frozen=True)
class Homes:
    """Pupils by programme area and home.

    Attributes:
        regions: Home municipalities of the county, sorted, and `9999` (elsewhere) last where any
            pupil lives outside it.
        intake: Intake region of each; a region of its own for elsewhere.
        areas: Programme areas.
        years: School years, oldest first.
        pupils: `[year, area, home]` persons on 1 October.
    """

    regions: tuple[str, ...]
    intake: Index
    areas: tuple[str, ...]
    years: tuple[int, ...]
    pupils: Float

    def of(self, area: str) -> Float:
        """`[year, home]` of one area; zeros where it was never counted."""
        if area not in self.areas:
            return np.zeros((len(self.years), len(self.regions)))
        found: Float = self.pupils[:, self.areas.index(area)]
        return found


def homes(frames: Frames) -> Homes:
    """Lay pupils on their homes.

    Args:
        frames: `pupils` (`school_year_start`, `programme_area_code`, `home_municipality_code`,
            `pupils`), `regions` (`region_code`, `kind`, `municipality_code`).

    Raises:
        NotFound: No pupils.
    """
    frame = frames["pupils"].filter(pl.col("pupils").is_not_null())
    if frame.is_empty():
        raise NotFound(
            subject="elever etter hjemkommune",
            expected="minst ett skoleår",
            got="ingen rader",
            remedy="hent fylkets elevfil (county_pupils) på nytt",
        )
    intake = dict(
        frames["regions"]
        .filter(pl.col("kind") == "intake")
        .select("municipality_code", "region_code")
        .iter_rows()
    )
    home = pl.col("home_municipality_code")
    frame = frame.with_columns(
        pl.when(home.is_in(list(intake)))
        .then(home)
        .otherwise(pl.lit(ELSEWHERE))
        .alias("home_municipality_code")
    )
    regions = tuple(sorted({*intake, *frame.get_column("home_municipality_code")}))
    names = sorted({intake.get(r, "") for r in regions})
    areas = tuple(sorted(set(frame.get_column("programme_area_code"))))
    years = tuple(sorted(set(frame.get_column("school_year_start"))))
    pupils = np.zeros((len(years), len(areas), len(regions)))
    grouped = frame.group_by(
        "school_year_start", "programme_area_code", "home_municipality_code"
    ).agg(pl.col("pupils").sum())
    for year, area, home, count in grouped.iter_rows():
        pupils[years.index(year), areas.index(area), regions.index(home)] = count
    groups = np.array([names.index(intake.get(r, "")) for r in regions], np.intp)
    return Homes(regions, groups, areas, years, pupils)


@dataclass(frozen=True)
class Training:
    """Contracts and certificates of the county by trade.

    Attributes:
        trades: Trades with running contracts, sorted.
        area: Vg2 area that each builds on.
        years: Calendar years with both counts.
        running: Contract type → `[year, trade]` running on 1 October; a closed cell is
            the middle of 1-4.
        certificates: Route → `[year, trade]`.
    """

    trades: tuple[str, ...]
    area: tuple[str, ...]
    years: tuple[int, ...]
    running: dict[str, Float]
    certificates: dict[str, Float]


def training(frames: Frames, county: str, rules: FlowRules) -> Training:
    """Lay contracts and certificates on trade and year.

    Args:
        frames: `contracts`, `certificates` (the marts), `trade_areas` (`trade_code`,
            `programme_area_code`), `programme_areas`.
        county: County code.
        rules: Years that count.

    Raises:
        NotFound: No contracts of the county.
    """
    known = set(frames["programme_areas"].get_column("programme_area_code"))
    area = {
        trade: code
        for trade, code in frames["trade_areas"]
        .select("trade_code", "programme_area_code")
        .iter_rows()
        if code in known
    }
    contracts = frames["contracts"].filter(
        pl.col("area_code") == county,
        pl.col("counted_on").dt.month() == 10,
        pl.col("trade_code").is_in(list(area)),
        pl.col("contract_type_code") != ALL,
    )
    certificates = frames["certificates"].filter(
        pl.col("area_code") == county, pl.col("route_code") != ALL
    )
    contracts = contracts.with_columns(pl.col("counted_on").dt.year().alias("year"))
    both = set(contracts.get_column("year")) & set(certificates.get_column("year"))
    years = tuple(sorted(both)[-rules.years - 1 :])
    trades = tuple(
        sorted(
            set(
                contracts.filter(
                    pl.col("year").is_in(years), pl.col("contract_type_code") == APPRENTICE
                ).get_column("trade_code")
            )
        )
    )
    if len(years) < 2 or not trades:
        raise NotFound(
            subject="læretid",
            expected=f"løpende kontrakter og fagbrev i fylke {county} i minst to år",
            got=f"{len(years)} år, {len(trades)} fag",
            remedy="hent county_contracts og county_certificates på nytt",
        )
    return Training(
        trades,
        tuple(area[t] for t in trades),
        years,
        _by_type(contracts, "contract_type_code", "contracts", years, trades),
        _by_type(certificates, "route_code", "certificates", years, trades),
    )


def _by_type(
    frame: pl.DataFrame, kind: str, value: str, years: tuple[int, ...], trades: tuple[str, ...]
) -> dict[str, Float]:
    rows = frame.filter(pl.col("year").is_in(years), pl.col("trade_code").is_in(trades))
    found = {k: np.zeros((len(years), len(trades))) for k in sorted(set(rows.get_column(kind)))}
    for code, year, trade, count in rows.select(kind, "year", "trade_code", value).iter_rows():
        place = years.index(year), trades.index(trade)
        found[code][place] = sum(transitions.CLOSED) / 2 if count is None else count
    return found


def placements(frames: Frames, trades: tuple[str, ...], rules: FlowRules) -> tuple[Float, Float]:
    """Applicants and placed of the last Decembers, `[year, trade]`, NaN where closed.

    Args:
        frames: `placement` (mart.apprentice_placement_by_trade).
        trades: The trades wanted.
        rules: Years that count.

    Raises:
        NotFound: No count of any of the trades.
    """
    rows = frames["placement"].filter(
        pl.col("counted_on").dt.month() == 12, pl.col("trade_code").is_in(trades)
    )
    days = sorted(set(rows.get_column("counted_on")))[-rules.years :]
    if not days:
        raise NotFound(
            subject="formidling til læreplass",
            expected="minst én telling 31. desember etter lærefag",
            got="ingen rader",
            remedy="hent county_apprentice_placement på nytt",
        )
    applicants = np.full((len(days), len(trades)), np.nan)
    placed = applicants.copy()
    for day, trade, asked, got in rows.select(
        "counted_on", "trade_code", "applicants", "with_contract"
    ).iter_rows():
        if day in days and asked is not None and got is not None:
            place = days.index(day), trades.index(trade)
            applicants[place], placed[place] = asked, got
    return applicants, placed


def said(frames: Frames, county: str, trades: tuple[str, ...]) -> tuple[Float, Float]:
    """What enterprises and opplæringskontor of the newest round say: intake and contracts now.

    Args:
        frames: `intention` (mart.apprentice_intention_by_area_trade).
        county: County code.
        trades: The trades wanted.
    """
    rows = frames["intention"].filter(
        pl.col("area_code") == county, pl.col("trade_code").is_in(trades)
    )
    rows = rows.filter(pl.col("round") == pl.col("round").max())
    intake, running = np.zeros(len(trades)), np.zeros(len(trades))
    for trade, intended, now in rows.select(
        "trade_code", "intended_intake", "current_apprentices"
    ).iter_rows():
        intake[trades.index(trade)] += intended or 0
        running[trades.index(trade)] += now or 0
    return intake, running
