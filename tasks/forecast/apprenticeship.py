"""Apprenticeship: who is expected to apply, who gets a place, and who is left without."""

from __future__ import annotations

import numpy as np
import polars as pl

from tasks.errors import NotFound
from tasks.forecast import streams
from tasks.forecast.panel import Frames, Panel
from tasks.forecast.streams import Block
from tasks.forecast.summary import (
    ALL,
    PARTS,
    aggregate,
    describe,
    grid,
    region_groups,
)
from tasks.forecast.types import Array, Float, Forecast

DECEMBER = 12


def application_ratio(panel: Panel, frames: Frames, leaving: Float, county: str) -> Float:
    """Apprenticeship applicants in spring per Vg2 pupil of the autumn before, one per year.

    Only the county's total is published: every programme has the same ratio, and the sum over
    programmes is held to the published total of the year.

    Raises:
        NotFound: No year has both applicants and pupils.
    """
    rows = frames["applicants"].filter(
        pl.col("county_code") == county,
        pl.col("applicant_type") == "apprenticeship",
        pl.col("programme_code") == ALL,
    )
    counted = dict(rows.select("year", "applicants").iter_rows())
    pupils = (leaving @ panel.pupils.sum(axis=2).T).sum(axis=0)
    ratios = [
        counted[year + 1] / total
        for year, total in zip(panel.years, pupils, strict=True)
        if counted.get(year + 1) and total > 0
    ]
    if not ratios:
        raise NotFound(
            subject="søkere til læreplass",
            expected="publisert tall for fylket året etter en elevtelling",
            got=", ".join(str(y) for y in sorted(counted)) or "ingen år",
            remedy="hent udir_applicants på nytt",
        )
    return np.array(ratios)


def placement_rates(frames: Frames, county: str) -> Float:
    """Placement in the last three Decembers (shares), as published: a break is not smoothed."""
    rows = _decembers(frames, county)
    if rows.is_empty():
        raise NotFound(
            subject="formidling til læreplass",
            expected="minst én desembertelling for fylket",
            got="ingen",
            remedy="hent udir_apprentice_placement på nytt",
        )
    return rows.get_column("percent").to_numpy() / 100


def _decembers(frames: Frames, county: str) -> pl.DataFrame:
    """The last three published December counts of the county, oldest first."""
    counted = frames["placement"].filter(
        pl.col("county_code") == county,
        pl.col("month") == DECEMBER,
        pl.col("percent").is_not_null(),
    )
    return counted.sort("year").tail(3)


def leaving_areas(panel: Panel, frames: Frames) -> tuple[tuple[str, ...], Float]:
    """Programmes that lead to apprenticeship, and 0/1 `[programme, area]` of their last level."""
    leads = frames["programme_areas"].filter(pl.col("leads_to") == "apprenticeship")
    codes = set(leads.get_column("programme_area_code"))
    chosen = np.array([a in codes for a in panel.areas])
    groups = panel.programme_groups() * chosen
    kept = groups.any(axis=1)
    return tuple(p for p, k in zip(panel.programmes, kept, strict=True) if k), groups[kept]


def table(
    panel: Panel, forecast: Forecast, frames: Frames, year: int, *, county: str, seed: int
) -> pl.DataFrame:
    """Table `apprenticeship` for those who apply in the spring of `year`, by home region.

    Args:
        panel: Counts and structure.
        forecast: Drawn pupils.
        frames: `applicants`, `placement`, `contracts`, `programme_areas`.
        year: Start year of the school year in question; pupils of the year before apply.
        county: County code.
        seed: Seed of the run.
    """
    programmes, leaving = leaving_areas(panel, frames)
    regions, homes = region_groups(panel, county)
    leaving = np.concatenate([leaving, leaving.sum(axis=0, keepdims=True)])
    pupils = _pupils_before(panel, forecast, year, leaving, homes)
    ratios = application_ratio(panel, frames, leaving[:-1], county)
    rates = placement_rates(frames, county)
    u = streams.uniforms(seed, county, range(forecast.count), Block.PLACEMENT, (2,))
    applicants = pupils * _pick(ratios, u[:, 0])
    placed = applicants * _pick(rates, u[:, 1])
    values: dict[str, Float] = {}
    for name, draws in (
        ("applicants", applicants),
        ("placed", placed),
        ("unplaced", applicants - placed),
    ):
        values |= {f"{name}_{p}": v for p, v in zip(PARTS, describe(draws), strict=True)}
    # What if the next December is as the newest, and not one of three.
    values["unplaced_as_newest"] = values["applicants_mean"] * (1 - rates[-1])
    result = grid({"programme_code": (*programmes, ALL), "region_code": regions}, values)
    return result.join(
        contracts_now(frames["contracts"], county),
        on=["programme_code", "region_code"],
        how="left",
        maintain_order="left",
    ).select(
        "programme_code",
        "region_code",
        *(f"applicants_{p}" for p in PARTS),
        "contracts_now",
        *(f"placed_{p}" for p in PARTS),
        *(f"unplaced_{p}" for p in PARTS),
        "unplaced_as_newest",
    )


def contracts_now(frame: pl.DataFrame, county: str) -> pl.DataFrame:
    """Running contracts of the newest year; published for the county only, null in the regions."""
    rows = frame.filter(pl.col("county_code") == county)
    rows = rows.filter(pl.col("year") == rows.get_column("year").max())
    parts = rows.filter(pl.col("programme_code") != ALL)
    total = rows.filter(pl.col("programme_code") == ALL)
    if total.is_empty():
        total = parts.select(pl.lit(ALL).alias("programme_code"), pl.col("contracts").sum())
    columns = ["programme_code", "contracts"]
    return pl.concat([parts.select(columns), total.select(columns)]).select(
        "programme_code",
        pl.lit(county).alias("region_code"),
        pl.col("contracts").cast(pl.Float64).alias("contracts_now"),
    )


def placement(frames: Frames, county: str) -> pl.DataFrame:
    """Table `placement`: every published count of the county and the country, with its note.

    `drawn` marks the counts that the share placed is drawn from.
    """
    years = _decembers(frames, county).get_column("year").to_list()
    drawn = (
        (pl.col("county_code") == county)
        & (pl.col("month") == DECEMBER)
        & pl.col("year").is_in(years)
    )
    return (
        frames["placement"]
        .filter(pl.col("county_code").is_in([county, "0"]))
        .select("year", "month", "county_code", "percent", "note", drawn.alias("drawn"))
        .sort("county_code", "year", "month")
    )


def _pupils_before(
    panel: Panel, forecast: Forecast, year: int, leaving: Float, homes: Float
) -> Float | Array:
    """Pupils who may apply: on the last level, the autumn before `[draw, group, region]`."""
    if year - 1 in forecast.axes.years:
        place = forecast.axes.years.index(year - 1)
        return aggregate(forecast.progression[..., place : place + 1], leaving, homes)[..., 0]
    counted = panel.pupils[panel.years.index(year - 1)]
    return np.broadcast_to(
        leaving @ counted @ homes.T, (forecast.count, len(leaving), len(homes))
    ).astype(np.float64)


def _pick(values: Float, u: Float) -> Float:
    picked: Float = values[np.minimum((u * len(values)).astype(np.intp), len(values) - 1)]
    return picked[:, None, None]
