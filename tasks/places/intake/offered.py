"""The county's own offers, and a plan's places on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from tasks.errors import NotFound, WrongUse
from tasks.forecast.balance import valid_places
from tasks.forecast.types import Index
from tasks.places.intake.types import Offers

Frames = Mapping[str, pl.DataFrame]
PAIR = ["organisation_number", "programme_area_code"]
# A closed cell holds 1-4 persons.
CLOSED = 2.5


def offers(frames: Frames, year: int, opened: pl.DataFrame | None = None) -> Offers:
    """The county's own offers on 1 October of a school year; private schools take in themselves.

    Pairs that had applicants at the last intake and have no places any more are there with 0.

    Args:
        frames: `places`, `intake`, `programme_areas`, `programmes`, `regions` with the marts'
            columns.
        year: The year in which the school year starts.
        opened: Further pairs that some plan may open: `organisation_number,
            programme_area_code`; they are there with 0 places.

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
    past = past_choices(frames)
    last = past.filter(pl.col("school_year_start") == pl.col("school_year_start").max())
    pairs = (
        pl.concat(
            [
                places.select(*PAIR, pl.col("places").cast(pl.Int64)),
                last.select(*PAIR, places=pl.lit(0, pl.Int64)),
                *([] if opened is None else [opened.select(*PAIR, places=pl.lit(0, pl.Int64))]),
            ]
        )
        .group_by(PAIR)
        .agg(pl.col("places").sum())
        .join(frames["programme_areas"].select("programme_area_code"), on="programme_area_code")
        .sort(PAIR)
    )
    schools = pairs["organisation_number"].unique().sort().to_list()
    regions = intake_regions(frames)
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


def planned(offered: Offers, plan: pl.DataFrame) -> Offers:
    """The offers with the places of a plan; what the plan does not name is closed.

    Args:
        offered: The offers, with every pair that a plan may open.
        plan: `organisation_number, programme_area_code, places`, one row per pair.

    Raises:
        WrongUse: The plan opens what is no offer, or names a pair twice.
    """
    at = {pair: k for k, pair in enumerate(pairs_of(offered))}
    rows = list(plan.select(*PAIR, "places").iter_rows())
    unknown = sorted({f"{s} {a}" for s, a, n in rows if (s, a) not in at and n})
    twice = len({row[:2] for row in rows}) < len(rows)
    if unknown or twice:
        raise WrongUse(
            subject="planen i inntakssimuleringen",
            expected="ett tall for hvert tilbud som er med",
            got=", ".join(unknown) or "samme tilbud to ganger",
            remedy="ta tilbudene med når de bygges (opened), og hvert av dem én gang",
        )
    places = np.zeros(offered.count, np.int64)
    for school, area, number in rows:
        if number:
            places[at[school, area]] = number
    return offered.with_places(places)


def school_municipality(frames: Frames) -> dict[str, str]:
    """Municipality of each school, from the rows of its places and its intake."""
    both = pl.concat(
        [
            frames[name].select("organisation_number", "municipality_code")
            for name in ("intake", "places")
        ]
    ).unique(subset="organisation_number", keep="last", maintain_order=True)
    return dict(both.iter_rows())


def past_choices(frames: Frames) -> pl.DataFrame:
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


def intake_regions(frames: Frames) -> dict[str, str]:
    """Intake region of each municipality."""
    rows = frames["regions"].filter(pl.col("kind") == "intake")
    return dict(rows.select("municipality_code", "region_code").iter_rows())


def pairs_of(offered: Offers) -> list[tuple[str, str]]:
    """School and programme area of each offer."""
    return [
        (offered.schools[s], offered.areas[a])
        for s, a in zip(offered.school, offered.area, strict=True)
    ]


def _positions(values: pl.Series, codes: Sequence[str]) -> Index:
    at = {code: place for place, code in enumerate(codes)}
    return np.array([at[v] for v in values], np.intp)
