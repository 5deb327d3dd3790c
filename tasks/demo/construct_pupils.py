"""The county's two files, constructed: pupils by school, programme area and home, and places.

The pupils of each school add up to the published number in all three school years. Programmes
follow the published applicants, Vg1 offers the published point limits; what is assumed beyond that
stands in `data/sample/assumptions`. Nobody reaches a level without having been on the one below the
year before, at the same school, in an area that it builds on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from tasks.demo.construct_common import (
    SAMPLE,
    Floats,
    Ints,
    fit,
    published,
    reference,
    share_out,
    stream,
    write_csv,
)
from tasks.demo.construct_places import places
from tasks.demo.construct_population import (
    COUNTY,
    FIRST,
    LAST_REGISTERED,
    by_municipality,
    by_sex,
    persons,
)

YEARS = ("2023-24", "2024-25", "2025-26")
# Orkland took over from Meldal and Orkdal in 2025.
TAKEN_OVER = {"934187733": ("974558122", "974557967")}
# At most this part of a level goes on to the next at the same school.
GOES_ON = {"studieforberedende": 0.995, "yrkesfaglig": 0.95}
GOES_ON_TO_VG3 = 0.99
# Where the areas that few schools can offer are: the coast, the farm schools, health service.
COAST = {"974558017", "974560739", "974557975", "974139790"}
ONLY_AT = {
    "TPMAR2----": COAST,
    "NAFFA2----": COAST,
    "NAAKV2----": COAST,
    "HSHES2----": {"996772810", "995415372", "974560704", "973638416", "974560720"},
    "HSAMB2----": {"974557991", "974560690", "934187733", "974557967"},
}
# Pupils for each further Vg2 area: about a class.
PER_AREA = {"studieforberedende": 45, "yrkesfaglig": 14}
# How far pupils travel: for each such step further away there are about a third as many.
REACH_KM = {"near": 14.0, "far": 40.0}
FAR_PROGRAMMES = {"NA"}
EARTH_KM = 6371.0

Pupils = dict[tuple[str, str, str], int]
"""Pupils by school year, school and programme area."""


def _assumed(name: str) -> pl.DataFrame:
    return pl.read_csv(SAMPLE / "assumptions" / f"{name}.csv", infer_schema=False)


def offers() -> set[tuple[str, str]]:
    """School and utdanningsprogram, published for the county's schools and assumed for others."""
    known = published("vg1_offers_2025").select("orgnr", "programme_code")
    assumed = _assumed("school_programmes").select("orgnr", "programme_code")
    return set(pl.concat([known, assumed]).iter_rows())


def to_school(programmes: pl.DataFrame) -> Floats:
    """Applicants to school of 2025 by programme: all applicants, apprenticeships left out."""
    applicants = (
        programmes.select("programme_code")
        .join(
            published("applicants_by_programme").filter(year="2025", region_code="50"),
            on="programme_code",
            maintain_order="left",
        )["applicants"]
        .cast(pl.Float64)
        .to_numpy()
    )
    to_school = published("applicants").filter(year="2025", region_code="50", kind="skole")
    vocational = (programmes["branch"] == "yrkesfaglig").to_numpy()
    apprentices = applicants.sum() - float(to_school["applicants"][0])
    left_out = vocational * apprentices * applicants / applicants[vocational].sum()
    return np.asarray(applicants - left_out, dtype=np.float64)


def by_programme(year: str) -> dict[tuple[str, str], int]:
    """Pupils by school and utdanningsprogram: the school's number exactly, programmes nearly.

    Programmes are in proportion to the published applicants of 2025, apprenticeships left out.
    """
    schools = published("pupils_by_school").filter(school_year=year).sort("orgnr")
    totals = schools["pupils"].cast(pl.Int64).to_numpy()
    programmes = reference("utdanningsprogram").sort("programme_code")
    wanted = to_school(programmes)
    offered = offers()
    start = np.array(
        [
            [float((orgnr, code) in offered) * size for code, size in _sized(programmes, wanted)]
            for orgnr in schools["orgnr"]
        ]
    )
    cells = fit(start, totals.astype(np.float64), wanted * totals.sum() / wanted.sum())
    whole = share_out(totals, cells)
    return {
        (orgnr, code): int(whole[row, column])
        for row, orgnr in enumerate(schools["orgnr"])
        for column, code in enumerate(programmes["programme_code"])
        if whole[row, column]
    }


def _sized(programmes: pl.DataFrame, wanted: Floats) -> list[tuple[str, float]]:
    return list(zip(programmes["programme_code"], wanted, strict=True))


def vg2_areas(orgnr: str, programme: str, branch: str, pupils: int) -> dict[str, float]:
    """The Vg2 areas of a programme at a school, with the pupils' choice between them.

    About one area per class, drawn per school; a school that grows keeps its areas and adds one.
    """
    choice = _assumed("vg2_choice").filter(pl.col("programme_area").str.starts_with(programme))
    possible = choice.filter(
        [orgnr in ONLY_AT.get(code, {orgnr}) for code in choice["programme_area"]]
    )
    # A school that offers few areas fills them more evenly than the county as a whole.
    weights = np.sqrt(possible["per_cent"].cast(pl.Float64).to_numpy())
    if programme == "HS" and orgnr in ONLY_AT["HSHES2----"]:
        weights = np.where(possible["programme_area"] == "HSHES2----", weights.max(), weights)
    number = int(np.clip(pupils // PER_AREA[branch], 1, len(weights)))
    rng = stream("vg2", programme, orgnr)
    keys = np.log(rng.random(len(weights))) / weights
    chosen = sorted(int(i) for i in np.argsort(-keys, kind="stable")[:number])
    return {possible["programme_area"][i]: float(weights[i]) for i in chosen}


class Flow:
    """Pupils by school year, school and programme area, built one year after another."""

    def __init__(self) -> None:
        programmes = reference("utdanningsprogram")
        self.branch = dict(programmes.select("programme_code", "branch").iter_rows())
        self.areas = reference("programme_area")
        self.levels = {
            row["programme_code"]: (
                float(row["vg2_per_cent"]) / 100,
                float(row["vg3_per_cent"]) / 100,
            )
            for row in _assumed("level_shares").iter_rows(named=True)
        }
        self.pupils: Pupils = {}

    def build(self) -> Pupils:
        """All three years."""
        for position, year in enumerate(YEARS):
            before = YEARS[position - 1] if position else None
            for (orgnr, programme), number in by_programme(year).items():
                found = self._levels(before, orgnr, programme, number)
                self.pupils |= {(year, orgnr, area): n for area, n in found.items() if n}
        return self.pupils

    def _earlier(self, before: str, orgnr: str, area: str) -> int:
        schools = (orgnr, *TAKEN_OVER.get(orgnr, ()))
        return sum(self.pupils.get((before, school, area), 0) for school in schools)

    def _levels(
        self, before: str | None, orgnr: str, programme: str, number: int
    ) -> dict[str, int]:
        """One programme at one school in one year, by area."""
        if programme == "PB":
            return {"PBPBY3----": number}
        area = self.areas.filter(programme_code=programme)
        first = area.filter(level="1")["code"][0]
        branch = self.branch[programme]
        second, third = (round(share * number) for share in self.levels[programme])
        choice = vg2_areas(orgnr, programme, branch, second)
        if before:
            second = min(second, round(GOES_ON[branch] * self._earlier(before, orgnr, first)))
        vg2 = dict(zip(choice, share_out(second, np.array([*choice.values()])), strict=True))
        vg3 = self._third(before, orgnr, area, vg2, third)
        counts = {code: int(n) for code, n in {**vg2, **vg3}.items()}
        return {first: number - sum(counts.values()), **counts}

    def _third(
        self, before: str | None, orgnr: str, area: pl.DataFrame, vg2: dict[str, int], wanted: int
    ) -> dict[str, int]:
        """Vg3 in school, from the Vg2 areas it builds on, never more than were there."""
        left = {
            code: round(GOES_ON_TO_VG3 * (self._earlier(before, orgnr, code) if before else n))
            for code, n in vg2.items()
        }
        third = {
            row["code"]: [code for code in (row["builds_on"] or "").split() if code in left]
            for row in area.filter(level="3").iter_rows(named=True)
        }
        limits: dict[str, int] = {}
        for position, (code, below) in enumerate(third.items()):
            # Vg3 areas that build on the same Vg2 share it.
            rivals = sum(bool({*below} & {*other}) for other in list(third.values())[position:])
            limits[code] = sum(left[base] for base in below) // max(rivals, 1)
            for base in below:
                left[base] -= min(left[base], limits[code])
        total = min(wanted, sum(limits.values()))
        if not total:
            return {}
        parts = share_out(total, np.array([float(n) for n in limits.values()]))
        return {code: int(n) for code, n in zip(limits, parts, strict=True)}


def reach_of(area: str) -> str:
    """How far a programme area draws pupils: `near` or `far`."""
    return "far" if area[:2] in FAR_PROGRAMMES else "near"


def homes(pupils: Pupils) -> dict[tuple[str, str], Floats]:
    """Where the pupils of a school live, as probabilities over the 38, by school and reach.

    Nearer is likelier, and together the schools draw on each municipality in proportion to its
    young people (the last year's 16–18-year-olds of the constructed population).
    """
    centres = _assumed("municipality_centres").sort("municipality_code")
    codes = centres["municipality_code"].to_list()
    place = np.radians(centres.select(pl.col("latitude", "longitude").cast(pl.Float64)).to_numpy())
    north = (place[:, None, 0] - place[None, :, 0]) * EARTH_KM
    east = (place[:, None, 1] - place[None, :, 1]) * EARTH_KM * np.cos(place[:, None, 0])
    distance = np.hypot(north, east)
    schools = pl.read_csv(SAMPLE / "nsr" / "schools.csv", infer_schema=False)
    seat = dict(schools.select("Organisasjonsnummer", "Kommunenummer").iter_rows())
    totals: dict[tuple[str, str], float] = {}
    for (_, orgnr, area), number in sorted(pupils.items()):
        totals[orgnr, reach_of(area)] = totals.get((orgnr, reach_of(area)), 0.0) + number
    county = by_municipality(by_sex(persons(COUNTY)))[LAST_REGISTERED - FIRST]
    youth = county[:, 16:19].sum(axis=(0, 1)).astype(np.float64)
    start = np.array(
        [
            youth * np.exp(-distance[codes.index(seat[orgnr])] / REACH_KM[reach])
            for orgnr, reach in totals
        ]
    )
    start[start < 0.002 * start.max(axis=1, keepdims=True)] = 0.0
    rows = np.array(list(totals.values()))
    cells = fit(start, rows, youth * rows.sum() / youth.sum())
    return dict(zip(totals, cells / cells.sum(axis=1, keepdims=True), strict=True))


def _rows(pupils: Pupils, names: dict[str, str]) -> Iterator[tuple[str, ...]]:
    """The lines of `elever.csv`, homes drawn within each school, area and year."""
    codes = _assumed("municipality_centres").sort("municipality_code")["municipality_code"]
    lives = homes(pupils)
    for (year, orgnr, area), number in sorted(pupils.items()):
        chances = lives[orgnr, reach_of(area)]
        drawn: Ints = stream("homes", year, orgnr, area).multinomial(number, chances)
        head = (year, orgnr, names[orgnr], area, area[5])
        for position in np.flatnonzero(drawn):
            yield (*head, codes[int(position)], str(drawn[position]), "true")


def write(out: Path) -> None:
    """Write `county/elever.csv` and `county/kapasitet.csv`."""
    schools = pl.read_csv(SAMPLE / "nsr" / "schools.csv", infer_schema=False)
    names = dict(schools.select("Organisasjonsnummer", "Navn").iter_rows())
    pupils = Flow().build()
    header = ["skoleaar", "orgnr", "skole", "programomraade", "trinn"]
    header += ["bostedskommune", "elever", "konstruert"]
    write_csv(out / "county" / "elever.csv", header, _rows(pupils, names), excel=True)
    now = {(orgnr, area): n for (year, orgnr, area), n in pupils.items() if year == YEARS[-1]}
    header = ["orgnr", "skole", "programomraade", "trinn", "klasser", "plasser"]
    header += ["tilbudsform", "gyldig_fra", "konstruert"]
    write_csv(out / "county" / "kapasitet.csv", header, places(now, names), excel=True)
