"""Apprenticeship and adults' modules as the county would hand them out, constructed.

Apprentices' contracts of 1 October 2024 and 2025 add up to the published ones of each programme,
applicants and those placed to the published counts of December 2024 and autumn 2025. Which trades a
programme has, and which industries train in them, stands in `assumptions/trades.csv`. Cells of one
to four persons are closed, and those that would follow from a sum in the same file. Contracts and
certificates are told for the county and its intake regions, and all kinds together for
municipalities, so that the few who are closed in a municipality are in the sum of their region.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from tasks.demo.closed_cells import ALL, MARK, close, close_places
from tasks.demo.construct_common import (
    REFERENCE,
    SAMPLE,
    Floats,
    Ints,
    published,
    reference,
    share_out,
    stream,
    write_csv,
)

YEARS = tuple(range(2016, 2026))
COUNTY = "50"
FIRST_KNOWN = 2024
# Per cent of the applicants with a contract in December where it is not published, assumed.
PLACED = {2016: 71.0, 2017: 73.5, 2018: 75.0, 2019: 77.5, 2020: 76.0, 2021: 79.0, 2022: 80.5}
BEFORE_DECEMBER = 2.1  # percentage points fewer on 1 October
SIGNED_BY_DECEMBER = 1.035
CONTRACTS_A_YEAR = 95  # so many more running contracts each year until the first published
# Contracts of the other types for each apprentice's contract, from when there are any, and growth.
OTHER_TYPES = {
    "laerekandidat": (2016, 0.060, 0.001),
    "praksisbrev": (2016, 0.010, 0.000),
    "fagbrev_paa_jobb": (2019, 0.020, 0.012),
}
# Certificates of a year for each apprentice's contract, by route: apprentices', and the others'.
PASSED = 0.400
ROUTES = {
    "praksiskandidat": (2016, 0.200, 0.002),
    "fagbrev_paa_jobb": (2020, 0.015, 0.008),
    "elev_i_skole": (2016, 0.015, 0.000),
}
# Types and routes beside the apprentices' are gathered in trades that would have so many of them.
FEWEST = 5
# Fewer in the county than this, and intake regions are not told, or municipalities.
TOLD_BY_REGION = 20
TOLD_BY_MUNICIPALITY = 50
COAST = {"5014", "5056", "5058", "5049", "5060", "5052", "5020"}
ON_THE_COAST = ("NAAKV3----", "NAFIR3----", "TPMTS3----")
# Where adults are taught in modules.
ADULT_CENTRES = ("5001", "5006", "5007", "5035", "5037", "5057", "5059")
MODULES_FROM = 2024
# Approved to train: half of those with so many employees.
HALF_TRAIN_AT = 14.0

Numbers = dict[tuple[str, str], dict[str, Ints]]
"""By day or year and trade: of each contract type or route, persons by municipality."""


@cache
def trades() -> pl.DataFrame:
    """Trades with their part of the programme's contracts, and the industries that train."""
    path = SAMPLE / "assumptions" / "trades.csv"
    return pl.read_csv(path, infer_schema=False).with_columns(pl.col("per_cent").cast(pl.Float64))


@cache
def _adults() -> dict[str, float]:
    rows = published("adults_by_municipality").filter(
        pl.col("municipality_code").str.starts_with(COUNTY), year="2020"
    )
    return {c: float(n) for c, n in rows.select("municipality_code", "persons").iter_rows()}


@cache
def _above() -> dict[str, str]:
    """The intake region of each municipality, and the county of each region."""
    rows = reference("region_membership").filter(
        pl.col("region_code").str.starts_with("intake-"), pl.col("valid_to").is_null()
    )
    found = dict(rows.select("municipality_code", "region_code").iter_rows())
    return found | dict.fromkeys(found.values(), COUNTY)


def _page(name: str, period: str, measure: str) -> dict[str, int]:
    """Programmes of the county on one report page."""
    rows = pl.read_csv(SAMPLE / "udir" / f"{name}.csv", infer_schema=False).filter(
        pl.col("id").str.starts_with("1.44."), filter=period, measure=measure
    )
    value = pl.col("value").str.replace_all(" ", "").cast(pl.Int64)
    return dict(rows.select("kode", value).sort("kode").iter_rows())


def by_trade(of_programme: dict[str, int]) -> dict[str, int]:
    """Numbers of programmes shared out over their trades."""
    found: dict[str, int] = {}
    for programme, number in sorted(of_programme.items()):
        own = trades().filter(pl.col("trade_code").str.starts_with(programme))
        parts = share_out(number, own["per_cent"].to_numpy())
        found |= {t: int(n) for t, n in zip(own["trade_code"], parts, strict=True)}
    return found


def apprentices(year: int) -> dict[str, int]:
    """Running contracts of apprentices on 1 October, by trade."""
    known = _page("FOY_LK_FylkUtdprogAar", f"{max(year, FIRST_KNOWN)}10", "Løpende lærekontrakter")
    if year >= FIRST_KNOWN:
        return by_trade(known)
    total = sum(known.values()) - CONTRACTS_A_YEAR * (FIRST_KNOWN - year)
    parts = share_out(total, np.array([float(n) for n in known.values()]))
    return by_trade({code: int(n) for code, n in zip(known, parts, strict=True)})


def _places(trade: str) -> Floats:
    """How a trade lies over the municipalities."""
    adults = _adults()
    drawn = stream("trade", trade).lognormal(0.0, 0.3, len(adults))
    coast = np.array([30.0 if trade in ON_THE_COAST and c in COAST else 1.0 for c in adults])
    weights = np.array([*adults.values()]) * drawn * coast
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _told(kinds: dict[str, Ints]) -> dict[tuple[str, str], int]:
    """One trade's table: places by kind, so far down as there are enough in the county."""
    kinds = kinds | {ALL: sum(kinds.values(), np.zeros(len(_adults()), dtype=np.int64))}
    whole = int(kinds[ALL].sum())
    cells: dict[tuple[str, str], int] = {}
    for kind, persons in kinds.items():
        cells[COUNTY, kind] = int(persons.sum())
        for code, number in zip(_adults(), persons.tolist(), strict=True):
            region = _above()[code]
            if whole >= TOLD_BY_REGION:
                cells[region, kind] = cells.get((region, kind), 0) + number
            if whole >= TOLD_BY_MUNICIPALITY and kind == ALL:
                cells[code, ALL] = number
    return cells


def _lines(numbers: Numbers, known: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The lines of a file; the county's numbers of `known` kinds are published by others."""
    for (period, trade), kinds in sorted(numbers.items()):
        cells = _told(kinds)
        closed = close_places(cells, _above(), [(COUNTY, kind) for kind in known])
        for place, kind in sorted(closed):
            if cells[place, kind]:
                yield period, trade, place, kind, closed[place, kind], "true"


def _growing(year: int, of: int, rule: tuple[int, float, float]) -> int:
    first, part, growth = rule
    many = round(of * (part + growth * (year - first))) if year >= first else 0
    return many if many >= FEWEST else 0


def contracts() -> Iterator[tuple[str, ...]]:
    """The lines of `kontrakter.csv`: both counts of each year."""
    numbers: Numbers = {}
    for year in YEARS:
        for trade, number in apprentices(year).items():
            for day, more in ((f"{year}-10-01", 1.0), (f"{year}-12-31", SIGNED_BY_DECEMBER)):
                running = round(number * more)
                kinds = {kind: _growing(year, running, rule) for kind, rule in OTHER_TYPES.items()}
                numbers[day, trade] = {
                    kind: share_out(many, _places(trade))
                    for kind, many in ({"laerling": running} | kinds).items()
                }
    yield from _lines(numbers, known=("laerling",))


def certificates() -> Iterator[tuple[str, ...]]:
    """The lines of `fagbrev.csv`; who passes where is left to chance each year."""
    numbers: Numbers = {}
    for year in YEARS:
        for trade, running in apprentices(year).items():
            rng = stream("certificates", str(year), trade)
            many = round(running * rng.normal(1.0, 0.05))
            routes = {route: _growing(year, many, rule) for route, rule in ROUTES.items()}
            numbers[str(year), trade] = {
                route: rng.multinomial(passed, _places(trade))
                for route, passed in ({"laerling": round(many * PASSED)} | routes).items()
            }
    yield from _lines(numbers)


def _placed() -> Iterator[tuple[str, dict[str, int], dict[str, int]]]:
    """Day of the count, applicants and those with a contract, by programme."""
    name, seek, got = "FOY_SL_FylkUtdprogAar", "Søkere til læreplass", "Godkjente kontrakter"
    young = published("cohort_16_18").filter(region_code=COUNTY, basis="registered")
    cohort = {int(y): float(n) for y, n in young.select("year", "persons").iter_rows()}
    december = published("placement").filter(region_code=COUNTY, month="12")
    per_cent = PLACED | {
        int(y): float(p) for y, p in december.select("year", "percent").iter_rows()
    }
    of_2024 = _page(name, "202412", seek)
    for year in YEARS:
        for month, day in ((10, f"{year}-10-01"), (12, f"{year}-12-31")):
            applicants = _page(name, f"{year}{month}", seek)
            if applicants:
                yield day, applicants, _page(name, f"{year}{month}", got)
                continue
            share = (per_cent[year] - (BEFORE_DECEMBER if month == 10 else 0.0)) / 100
            grown = {c: round(n * cohort[year] / cohort[2024]) for c, n in of_2024.items()}
            yield day, grown, {code: round(n * share) for code, n in grown.items()}


def placement() -> Iterator[tuple[str, ...]]:
    """The lines of `formidling.csv`."""
    for day, applicants, placed in _placed():
        seek = by_trade(applicants)
        got = by_trade(placed)
        known = (lambda key: key[0][:2],)
        first = close({(trade,): n for trade, n in seek.items()}, known)
        second = close({(trade,): n for trade, n in got.items()}, known)
        # How many are without a contract is a count of persons too.
        without = close({(trade,): n - got[trade] for trade, n in seek.items()}, known)
        for trade, number in seek.items():
            if not number:
                continue
            hidden = MARK in (first[trade,], second[trade,], without[trade,])
            yield day, trade, first[trade,], MARK if hidden else second[trade,], "true"


def establishments(folder: Path) -> Iterator[tuple[str, ...]]:
    """The lines of `laerebedrifter.csv`: approved establishments of the constructed register."""
    rows = pl.read_csv(folder / "brreg" / "establishments.csv", infer_schema=False)
    trains: dict[str, list[str]] = {}
    for trade, industries in trades().select("trade_code", "industries").iter_rows():
        for industry in (industries or "").split():
            trains.setdefault(industry, []).append(trade)
    for row in rows.sort("organisasjonsnummer").iter_rows(named=True):
        number, employees = row["organisasjonsnummer"], int(row["ansatte"])
        rng = stream("approved", number)
        if rng.uniform() > employees / (employees + HALF_TRAIN_AT):
            continue
        for position, trade in enumerate(sorted(trains.get(row["naeringskode"], []))):
            if rng.uniform() < (0.9 if position == 0 else 0.3):
                year = max(int(row["registrert"][:4]) + 1, int(rng.integers(1998, 2026)))
                yield number, trade, f"{year}-{int(rng.integers(1, 13)):02d}-01", "true"


def modules() -> Iterator[tuple[str, ...]]:
    """The lines of `voksenmoduler.csv`: trades in modules, by year and place of teaching."""
    modular = pl.read_csv(REFERENCE / "modular_trade.csv", infer_schema=False)["trade_code"]
    weights = np.array([_adults()[code] for code in ADULT_CENTRES]) ** 0.7
    for year in range(MODULES_FROM, YEARS[-1] + 1):
        for trade in modular:
            rng = stream("modules", str(year), trade)
            # The scheme began in August.
            begun = int(rng.poisson(26 if year == MODULES_FROM else 70))
            begun = round(begun * (2.5 if trade == "HSHEA3----" else 1.0))
            per_place = dict(zip(ADULT_CENTRES, share_out(begun, weights), strict=True))
            figures: dict[str, tuple[int, int, int, int]] = {}
            for place, persons in per_place.items():
                started = int(persons) + int(rng.poisson(1.4 * persons))
                passed = int(rng.binomial(started, 0.72))
                done = int(rng.binomial(persons, 0.02 if year == MODULES_FROM else 0.16))
                figures[place] = (int(persons), started, passed, done)
            whole = [sum(column) for column in zip(*figures.values(), strict=True)]
            figures[COUNTY] = (whole[0], whole[1], whole[2], whole[3])
            yield from _module_rows(str(year), trade, figures)


def _module_rows(
    year: str, trade: str, figures: dict[str, tuple[int, int, int, int]]
) -> Iterator[tuple[str, ...]]:
    places = [place for place in figures if place != COUNTY]
    persons = close({(COUNTY,): figures[COUNTY][0]}) | close(
        {(place,): figures[place][0] for place in places}, (lambda _: trade,)
    )
    done = close({(COUNTY,): figures[COUNTY][3]}) | close(
        {(place,): figures[place][3] for place in places}, (lambda _: trade,)
    )
    for place in sorted(figures):
        number, started, passed, _ = figures[place]
        if number:
            few = persons[place,] == MARK
            units = (MARK, MARK) if few else (str(started), str(passed))
            yield year, trade, place, persons[place,], *units, done[place,], "true"


def write(out: Path) -> None:
    """Write the county's files about apprenticeship and adults' modules."""
    folder = out / "county"
    head = ["laerefag", "sted"]
    write_csv(
        folder / "kontrakter.csv",
        ["telt", *head, "kontraktstype", "kontrakter", "konstruert"],
        contracts(),
        excel=True,
    )
    write_csv(
        folder / "fagbrev.csv",
        ["aar", *head, "vei", "fagbrev", "konstruert"],
        certificates(),
        excel=True,
    )
    write_csv(
        folder / "formidling.csv",
        ["telt", "laerefag", "soekere", "med_kontrakt", "konstruert"],
        placement(),
        excel=True,
    )
    write_csv(
        folder / "laerebedrifter.csv",
        ["orgnr", "laerefag", "godkjent_fra", "konstruert"],
        establishments(out),
        excel=True,
    )
    write_csv(
        folder / "voksenmoduler.csv",
        ["aar", "laerefag", "kommune", "deltakere", "moduler_startet", "moduler_bestaatt",
         "fagbrev", "konstruert"],
        modules(),
        excel=True,
    )  # fmt: skip
