"""Intake and transitions as the county would hand them out, constructed: ten school years.

Pupils of the three newest years are those of `elever.csv`, places of the newest those of
`kapasitet.csv`. Youth's first choices of 2024 and 2025 add up to the published applicants to
school; Vg1 offers with a published point limit have more first choices than places, open ones have
not. Earlier years follow the published 16–18-year-olds, on the programme areas of today. Cells of
one to four persons are closed, and those that would follow from a school's published number.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from pathlib import Path

import numpy as np
import polars as pl

from tasks.demo.closed_cells import SMALL, close
from tasks.demo.construct_common import SAMPLE, published, reference, share_out, stream, write_csv
from tasks.demo.construct_places import CLASS_SIZE, EMPTY, half_classes
from tasks.demo.construct_pupils import Flow, to_school

YEARS = tuple(range(2016, 2026))
KNOWN = (2023, 2024, 2025)
# From autumn 2024 re-choice is free until the deadline of the year one turns 19.
FREE_RE_CHOICE = 2024
# First choices for each place, by what is published of the offer: a point limit, or open to all.
WANTED = {"points": (1.02, 1.35), "open": (0.55, 0.95), "": (0.7, 1.2)}
NOBODY_WANTS = 0.12
# Adults: how often a vocational area is offered them beside the pupils, and their class.
OFFERED_ADULTS, ADULT_CLASS = 0.12, 15
ADULT_PROGRAMMES = ("BA", "EL", "HS", "RM", "SR", "TP", "PB")
FORMER_PLACES = {"974558122": "934187733", "974557967": "934187733"}
# Where pupils are a year later, in per cent, by what the area leads to; the rest have left.
NEXT = {
    "vg2": {"neste_trinn": 86.0, "omvalg": 6.0, "samme_trinn": 2.5},
    "vg3": {"neste_trinn": 93.0, "omvalg": 1.5, "samme_trinn": 2.0},
    "apprenticeship": {"laereplass": 41.0, "paabygg": 27.0, "omvalg": 6.0, "samme_trinn": 4.0},
    "apprenticeship vg3": {"laereplass": 24.0, "neste_trinn": 36.0, "paabygg": 12.0, "omvalg": 5.0,
                           "samme_trinn": 4.0},
    "study": {"fullfoert": 93.0, "omvalg": 1.0, "samme_trinn": 2.5},
    "work": {"fullfoert": 90.0, "omvalg": 1.5, "samme_trinn": 3.0},
}  # fmt: skip
MORE_RE_CHOICE = 1.45
GOES_ON_AT_MOST = 0.985

Cell = tuple[int, str, str]
"""School year (its first), school, programme area."""


def pupils() -> dict[Cell, int]:
    """Pupils on 1 October, all years; empty offers are there with nobody."""
    known = {(int(year[:4]), orgnr, area): n for (year, orgnr, area), n in Flow().build().items()}
    young = published("cohort_16_18").filter(region_code="50", basis="registered")
    cohort = {int(y): float(n) for y, n in young.select("year", "persons").iter_rows()}
    first = {(orgnr, area): n for (year, orgnr, area), n in known.items() if year == KNOWN[0]}
    for year in YEARS:
        for (orgnr, area), number in sorted(first.items()):
            if year in KNOWN:
                break
            drift = stream("earlier", str(year), orgnr, area).normal(1.0, 0.06)
            known[year, orgnr, area] = round(number * cohort[year] / cohort[KNOWN[0]] * drift)
        for orgnr, area in EMPTY:
            known.setdefault((year, orgnr, area), 0)
    return known


def places(number: int, area: str, branch: dict[str, str]) -> int:
    """Places of so many pupils, by the rule of `kapasitet.csv`."""
    size = CLASS_SIZE[branch[area[:2]]]
    return ceil(half_classes(number, size) * size / 2)


def _status() -> dict[tuple[str, str], str]:
    """What is published of Vg1 offers, by school and programme: a limit, or open to all."""
    rows = published("vg1_offers_2025").sort("status", descending=True)
    found: dict[tuple[str, str], str] = {}
    for row in rows.select("orgnr", "programme_code", "status").iter_rows():
        found.setdefault(row[:2], row[2] if row[2] in WANTED else "")
    return found


def _weight(cell: Cell, room: int, status: dict[tuple[str, str], str]) -> float:
    _, orgnr, area = cell
    if (orgnr, area) in EMPTY:
        return room * NOBODY_WANTS
    known = status.get((orgnr, area[:2]), "") if area[5] == "1" else ""
    low, high = WANTED[known]
    usual = stream("wanted", FORMER_PLACES.get(orgnr, orgnr), area).uniform(low, high)
    return float(room * usual * stream("wanted", *map(str, cell)).uniform(0.95, 1.05))


def first_choices(year: int, cells: dict[Cell, int], room: dict[Cell, int]) -> dict[Cell, int]:
    """Youth's first choices of one year, in all the published number where there is one."""
    status = _status()
    programmes = reference("utdanningsprogram").sort("programme_code")
    to_schools = published("applicants").filter(region_code="50", kind="skole")
    applied = {int(y): int(n) for y, n in to_schools.select("year", "applicants").iter_rows()}
    year_known = max(year, min(applied))
    then = sum(n for (y, _, _), n in cells.items() if y == year)
    rate = applied[year_known] / sum(n for (y, _, _), n in cells.items() if y == year_known)
    total = applied.get(year, round(rate * then))
    by_programme = share_out(total, to_school(programmes))
    chosen: dict[Cell, int] = {}
    for code, number in zip(programmes["programme_code"], by_programme, strict=True):
        here = sorted(cell for cell in room if cell[0] == year and cell[2].startswith(code))
        weights = np.array([_weight(cell, room[cell], status) for cell in here])
        opened = np.array([status.get((c[1], c[2][:2])) == "open" and c[2][5] == "1" for c in here])
        found = share_out(int(number), weights)
        # An open offer has a place for each of its first choices.
        most = np.where(opened, [room[cell] for cell in here], number)
        for _ in range(5):
            over = int((found - np.minimum(found, most)).sum())
            found = np.minimum(found, most)
            found = found + share_out(over, np.where(found < most, weights, 0.0))
        chosen |= {cell: int(n) for cell, n in zip(here, found, strict=True)}
    return chosen


def intake() -> Iterator[tuple[object, ...]]:
    """The lines of `inntak.csv`."""
    branch = dict(reference("utdanningsprogram").select("programme_code", "branch").iter_rows())
    cells = pupils()
    room = {cell: places(number, cell[2], branch) for cell, number in cells.items()}
    lines: list[tuple[Cell, str, int, int, int, int, int]] = []
    for year in YEARS:
        for cell, first in first_choices(year, cells, room).items():
            rng = stream("intake", *map(str, cell))
            most = round(room[cell] * rng.uniform(0.9, 1.0))
            offered = first if first <= room[cell] else most
            applicants = first + int(rng.poisson((0.9 if cell[2][5] == "1" else 0.4) * room[cell]))
            lines.append((cell, "ungdom", room[cell], first, applicants, offered, cells[cell]))
    lines += _adults(sorted(cells))
    yield from _closed(sorted(lines))


def _adults(cells: list[Cell]) -> Iterator[tuple[Cell, str, int, int, int, int, int]]:
    for cell in cells:
        year, orgnr, area = cell
        vocational = area[:2] in ADULT_PROGRAMMES and area[5] != "1"
        if not vocational or stream("adults", orgnr, area).uniform() > OFFERED_ADULTS:
            continue
        rng = stream("adults", *map(str, cell))
        wanted = 6 + 1.3 * (year - YEARS[0]) * rng.uniform(0.6, 1.2)
        first = int(rng.poisson(wanted))
        room = ADULT_CLASS * (1 + (first > 1.7 * ADULT_CLASS))
        offered = min(first, room)
        taken = int(rng.binomial(offered, 0.85))
        yield cell, "voksen", room, first, first + int(rng.poisson(4)), offered, taken


def _closed(
    lines: list[tuple[Cell, str, int, int, int, int, int]],
) -> Iterator[tuple[object, ...]]:
    """The lines with small counts closed, and those that would follow from what is published."""
    by_school = (lambda key: (key[0][:2], key[1]),)
    by_programme = (lambda key: (key[0][0], key[0][2][:2], key[1]),)
    first = close({line[:2]: line[3] for line in lines}, by_programme)
    wish = close({line[:2]: line[4] for line in lines})
    taken = close({line[:2]: line[6] for line in lines}, (*by_school, *by_programme))
    for cell, group, room, firsts, _, offers, _ in lines:
        year, orgnr, area = cell
        key = (cell, group)
        # How many were turned away is a count of persons too.
        hidden = offers in SMALL or firsts - offers in SMALL or (first[key] == "*" and offers)
        head = (f"{year}-{(year + 1) % 100:02d}", orgnr, area, area[5], group, room)
        yield (*head, first[key], wish[key], "*" if hidden else offers, taken[key], "true")


def transitions() -> Iterator[tuple[object, ...]]:
    """The lines of `overganger.csv`: where pupils of a programme area were a year later."""
    leads_to = dict(reference("programme_area").select("code", "leads_to").iter_rows())
    here: dict[tuple[int, str], int] = {}
    for (year, _, area), number in pupils().items():
        here[year, area] = here.get((year, area), 0) + number
    counts: dict[tuple[int, str, str], int] = {}
    for (year, area), number in sorted(here.items()):
        if year < YEARS[-1]:
            weights = _next(leads_to[area], area, year)
            parts = share_out(number, np.array(list(weights.values())))
            counts |= {(year, area, to): int(n) for to, n in zip(weights, parts, strict=True)}
    _hold_to_next_year(counts, here)
    for (year, area, where), text in close(counts, (lambda key: key[:2],)).items():
        school_year = f"{year}-{(year + 1) % 100:02d}"
        yield school_year, area, area[5], where, text, "true"


def with_contract() -> dict[str, int]:
    """Those with an approved contract on 1 October of the last year, by programme."""
    rows = pl.read_csv(SAMPLE / "udir" / "FOY_SL_FylkUtdprogAar.csv", infer_schema=False).filter(
        pl.col("id").str.starts_with("1.44."),
        filter=f"{YEARS[-1]}10",
        measure="Godkjente kontrakter",
    )
    return dict(rows.select("kode", pl.col("value").str.replace_all(" ", "").cast(int)).iter_rows())


def _hold_to_next_year(
    counts: dict[tuple[int, str, str], int], here: dict[tuple[int, str], int]
) -> None:
    """No more go on than there are pupils a year later; the others have left."""
    room: dict[tuple[int, str, str], int] = {}
    for (year, area), number in here.items():
        there = (year - 1, area[:2], area[5])
        room[there] = room.get(there, 0) + int(number * GOES_ON_AT_MOST)
    for programme, number in with_contract().items():
        room[YEARS[-1] - 1, programme, "laereplass"] = int(number * GOES_ON_AT_MOST)
    going: dict[tuple[int, str, str], list[tuple[int, str, str]]] = {}
    for year, area, where in counts:
        if where == "paabygg":
            going.setdefault((year, "PB", "3"), []).append((year, area, where))
        elif where == "neste_trinn":
            there = (year, area[:2], str(int(area[5]) + 1))
            going.setdefault(there, []).append((year, area, where))
        elif where == "laereplass":
            going.setdefault((year, area[:2], where), []).append((year, area, where))
    for there, keys in going.items():
        wanted = np.array([float(counts[key]) for key in keys])
        most = int(wanted.sum())
        if there[2] != "laereplass" or there in room:
            most = min(most, room.get(there, 0))
        for key, number in zip(keys, share_out(most, wanted), strict=True):
            counts[(*key[:2], "sluttet")] += counts[key] - int(number)
            counts[key] = int(number)


def _next(leads_to: str, area: str, year: int) -> dict[str, float]:
    rng = stream("transitions", area, str(year))
    # Every area of natural resources leads to a Vg3 in school too.
    kind = "apprenticeship vg3" if (leads_to, area[:2]) == ("apprenticeship", "NA") else leads_to
    usual = dict(NEXT[kind])
    if year + 1 >= FREE_RE_CHOICE:
        usual["omvalg"] *= MORE_RE_CHOICE
    drawn = {where: part * float(rng.normal(1.0, 0.04)) for where, part in usual.items()}
    return drawn | {"sluttet": max(1.0, 100.0 - sum(drawn.values()))}


def write(out: Path) -> None:
    """Write `county/inntak.csv` and `county/overganger.csv`."""
    header = ["skoleaar", "orgnr", "programomraade", "trinn", "gruppe", "plasser"]
    header += ["primaersoekere", "soekere", "tilbud_foerstevalg", "elever", "konstruert"]
    write_csv(out / "county" / "inntak.csv", header, intake(), excel=True)
    header = ["skoleaar", "programomraade", "trinn", "overgang", "antall", "konstruert"]
    write_csv(out / "county" / "overganger.csv", header, transitions(), excel=True)
