"""Population by municipality: tables 07459 (registered) and 14746 (projected), constructed.

The published series of 16–18-year-olds, for Trøndelag on today's borders and for the country, hold
exactly in every year 2016–2040. Everything else is constructed: birth cohorts are the smoothest
that fit the series, ages are cohorts carried forward, and the county is shared out over today's 38
municipalities by their published number of adults in 2020. Years before a merger are the same
figures shared out over the municipalities of that time, so nothing jumps across 2018 and 2020.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from tasks.demo.construct_common import (
    SAMPLE,
    Floats,
    Ints,
    Table,
    Variable,
    published,
    reference,
    share_out,
    stream,
    write_table,
)

FIRST, LAST_REGISTERED, LAST_PUBLISHED, LAST = 2016, 2026, 2040, 2050
AGES = np.arange(106)
YEARS = np.arange(FIRST, LAST + 1)
BIRTH_YEARS = np.arange(FIRST - 106, LAST)
AGE_CODES = [(f"{age:03d}", f"{age} år") for age in AGES[:-1]] + [("105+", "105 år eller eldre")]
SEX_CODES = [("1", "Menn"), ("2", "Kvinner")]
SOURCE = "Statistisk sentralbyrå"
NOTE = (
    "Konstruerte tall: bare summen av 16–18-åringer i landet og i Trøndelag er publisert. "
    "Kommuner, enkeltaldre og kjønn er konstruert."
)

# Norwegian births, rounded, at the corners of a line: the prior that the cohorts are pulled to.
BIRTHS = {1910: 61e3, 1934: 42e3, 1946: 71e3, 1955: 63e3, 1969: 67e3, 1983: 50e3, 1990: 61e3,
          2002: 55.5e3, 2009: 61.8e3, 2023: 52e3, 2035: 55e3, 2050: 54e3}  # fmt: skip


@dataclass(frozen=True)
class Area:
    """What the construction assumes of the country or the county.

    Attributes:
        share: Births per national birth.
        movers: Net movers by age 26, as a part of the cohort.
        students: Part of the cohort that lives in the area only while studying.
    """

    code: str
    share: float
    movers: float
    students: float


COUNTRY = Area("0", 1.0, 0.12, 0.0)
COUNTY = Area("50", 0.086, 0.125, 0.09)


def cohort_series(area: str) -> Ints:
    """Published persons aged 16–18, 2016–2040."""
    chosen = published("cohort_16_18").filter(region_code=area).sort("year")
    return np.array(chosen["persons"].cast(pl.Int64).to_list(), dtype=np.int64)


def persons(area: Area) -> Ints:
    """Persons of an area, `[year, age]`, with the published 16–18 sums kept exactly."""
    cohorts = _cohorts(area)
    born = YEARS[:, None] - 1 - AGES[None, :]
    people = cohorts[born - BIRTH_YEARS[0]] * _by_age(area)[None, :] * _growth()
    whole = np.rint(people).astype(np.int64)
    series = cohort_series(area.code)
    short = series - whole[: series.size, 16:19].sum(axis=1)
    whole[: series.size, 16:19] += share_out(short, np.ones((series.size, 3)))
    return np.asarray(whole, dtype=np.int64)


def _cohorts(area: Area) -> Floats:
    """The smoothest cohorts by birth year that fit the series of 16–18-year-olds."""
    prior = np.interp(BIRTH_YEARS, list(BIRTHS), list(BIRTHS.values())) * area.share
    series = cohort_series(area.code)
    fits = np.zeros((series.size, BIRTH_YEARS.size))
    for row, year in enumerate(range(FIRST, LAST_PUBLISHED + 1)):
        first = year - 19 - BIRTH_YEARS[0]
        fits[row, first : first + 3] = 1.0
    bend = np.diff(np.eye(BIRTH_YEARS.size), n=2, axis=0)
    pull = 0.02 * np.eye(BIRTH_YEARS.size)
    left = np.vstack([3.0 * fits, bend, pull])
    right = np.concatenate([3.0 * (series - fits @ prior), np.zeros(len(bend)), 0 * prior])
    return np.asarray(prior + np.linalg.lstsq(left, right, rcond=None)[0], dtype=np.float64)


def _by_age(area: Area) -> Floats:
    """Living in the area at each age, against the cohort at 16–18."""
    alive = np.exp(-3.9e-5 * (np.exp(0.115 * AGES) - 1.0))
    moved = 1.0 + area.movers / (1.0 + np.exp(-(AGES - 26) / 2.5))
    moved[AGES <= 18] = 1.0
    young = 0.97 + 0.03 * np.minimum(AGES, 16) / 16
    student = area.students * np.exp(-(((AGES - 22.5) / 3.0) ** 2)) * (AGES > 18)
    return np.asarray(alive / alive[17] * moved * young + student, dtype=np.float64)


def _growth() -> Floats:
    """Adults of each year against 2026, `[year, age]`: net immigration, slower after 2026."""
    away = YEARS - LAST_REGISTERED
    yearly = np.where(away < 0, 0.006, 0.0015) * away
    return np.asarray(1.0 + np.outer(yearly, np.clip((AGES - 18) / 12, 0.0, 1.0)))


def by_sex(whole: Ints) -> Ints:
    """Split persons `[…, age]` into `[…, sex, age]`: 51.3 % boys, fewer men among the old."""
    men = 0.513 - 0.22 * (AGES / 105.0) ** 4
    boys = np.rint(whole * men).astype(np.int64)
    return np.stack([boys, whole - boys], axis=-2)


def municipalities() -> tuple[list[str], list[str], Floats]:
    """Today's 38 municipalities of the county: codes, names, adults in 2020."""
    today = _register().filter(pl.col("code").str.starts_with("50"), pl.col("validTo").is_null())
    adults = published("adults_by_municipality").filter(year="2020")
    joined = today.join(adults, left_on="code", right_on="municipality_code").sort("code")
    weights = joined["persons"].cast(pl.Float64).to_numpy()
    return joined["code"].to_list(), joined["name"].to_list(), np.asarray(weights)


def by_municipality(county: Ints) -> Ints:
    """Share the county `[year, sex, age]` out over municipalities `[year, sex, age, m]`.

    Small municipalities are older and shrink a little against the large; the drift is so slight
    that no intake region's cohort moves by more than a few tenths of a per cent against the county.
    """
    _, _, adults = municipalities()
    city = adults == adults.max()
    size = np.clip(np.log(adults / np.median(adults)), -2.0, 2.0)
    rng = stream("population", "municipalities")
    drift = 0.0005 * size + rng.normal(0, 0.0002, adults.size)
    tilt = 0.05 * size + rng.normal(0, 0.02, adults.size)
    # The county's only large city: fewer children, many students.
    young = -0.16 / (1 + np.exp((AGES - 18.5) / 0.5))
    urban = young + 0.75 * np.exp(-(((AGES - 23.5) / 4.0) ** 2)) * (AGES > 18)
    shape = np.exp(-np.outer((AGES - 40) / 40, np.where(city, 0.0, tilt)))
    shape *= 1 + np.outer(urban, city)
    trend = np.exp(np.outer(YEARS - 2020, drift))
    weights = adults * shape[None, :, :] * trend[:, None, :]
    return share_out(county, np.broadcast_to(weights[:, None], (*county.shape, adults.size)))


def _register() -> pl.DataFrame:
    """Municipality codes with their validity."""
    return pl.read_csv(SAMPLE / "klass" / "131" / "codes.csv", infer_schema=False)


def former_parts(code: str, day: str) -> dict[str, float]:
    """The municipalities of a day that are part of one of today's, with the adults each brought.

    Snillfjord, which was divided, brings its declared split weights of its adults.
    """
    changes = pl.read_csv(SAMPLE / "klass" / "131" / "changes.csv", infer_schema=False)
    merged = changes.filter(pl.col("oldCode") != pl.col("newCode"))
    adults = {
        row["municipality_code"]: float(row["persons"])
        for row in published("adults_by_municipality")
        .filter(pl.col("year") < "2020")
        .sort("year")
        .iter_rows(named=True)
    }
    split = {
        (row["old_code"], row["new_code"]): float(row["weight"])
        for row in reference("municipality_split_weights").iter_rows(named=True)
    }

    def brought(old: str) -> float:
        if old in adults:
            return adults[old]
        later = merged.filter(oldCode=old)
        return brought(later["newCode"][0]) if len(later) == 1 else 1.0

    def walk(new: str, part: float) -> dict[str, float]:
        before = merged.filter(pl.col("newCode") == new, pl.col("changeOccurred") > day)
        found = {} if before.height and not _in_use(new, day) else {new: part * brought(new)}
        for old in before["oldCode"]:
            found |= walk(old, part * split.get((old, new), 1.0))
        return found

    return walk(code, 1.0)


def _in_use(code: str, day: str) -> bool:
    """Whether a municipality code was in use on a day."""
    return (
        not _register()
        .filter(
            pl.col("code") == code,
            pl.col("validFrom") <= day,
            pl.col("validTo").is_null() | (pl.col("validTo") > day),
        )
        .is_empty()
    )


def registered(country: Ints, local: Ints) -> Table:
    """Table 07459: old and new municipality codes side by side, `.` where a code was not in use."""
    today, _, _ = municipalities()
    count = LAST_REGISTERED - FIRST + 1
    found: dict[str, Floats] = {}
    for position, year in enumerate(YEARS[:count]):
        for number, code in enumerate(today):
            parts = former_parts(code, f"{year}-01-01")
            cells = local[position, :, :, number]
            weights = np.broadcast_to(np.array(list(parts.values())), (*cells.shape, len(parts)))
            shared = share_out(cells, np.asarray(weights))
            for index, old in enumerate(parts):
                target = found.setdefault(old, np.full((2, AGES.size, count), np.nan))
                target[:, :, position] = np.nan_to_num(target[:, :, position]) + shared[..., index]
    codes = sorted(found)
    value = np.stack(
        [np.moveaxis(country[:count], 0, 2).astype(np.float64), *(found[code] for code in codes)]
    )[:, :, :, None, :]
    regions = [("0", "Hele landet"), *((code, _label(code)) for code in codes)]
    return Table(
        id="07459",
        label="07459: Befolkning, etter region, kjønn, alder, statistikkvariabel og år",
        updated="2026-02-25T07:00:00Z",
        source=SOURCE,
        notes=[NOTE, "Gamle og nye kommunenumre står sammen; «.» der nummeret ikke var i bruk."],
        variables=[
            Variable("Region", "region", regions, elimination=True, role="geo"),
            Variable("Kjonn", "kjønn", SEX_CODES, elimination=True),
            Variable("Alder", "alder", AGE_CODES, elimination=True),
            Variable(
                "ContentsCode", "statistikkvariabel", [("Personer1", "Personer", "personer", "0")],
                role="metric",
            ),
            Variable("Tid", "år", [(str(y), str(y)) for y in YEARS[:count]], role="time"),
        ],
        value=value,
        status=np.where(np.isnan(value), ".", ""),
    )  # fmt: skip


def _label(code: str) -> str:
    """Name of a code, with the years of one no longer in use, as the StatBank writes it."""
    last = _register().filter(code=code).sort("validFrom").row(-1, named=True)
    ended = f" (-{int(last['validTo'][:4]) - 1})" if last["validTo"] else ""
    return f"{last['name']}{ended}"


def projected(country: Ints, local: Ints) -> Table:
    """Table 14746: three alternatives 2026–2050; the main one continues the registered figures."""
    today, names, _ = municipalities()
    start = LAST_REGISTERED - FIRST
    years = YEARS[start:]
    main = np.concatenate([country[start:, :, :, None], local[start:]], axis=3)
    away = (years - LAST_REGISTERED)[:, None]
    unborn = np.clip(away - AGES[None, :], 0, None)
    spread = 0.0012 * away * (AGES[None, :] < 60) + 0.010 * unborn**0.9
    low = np.rint(main * np.exp(-spread)[:, None, :, None])
    high = np.rint(main * np.exp(spread)[:, None, :, None])
    # [alternative, year, sex, age, region] to the table's own order.
    value = np.stack([main.astype(np.float64), low, high]).transpose(4, 2, 3, 0, 1)
    contents = [
        (row["contents_code"], row["label"], "personer", "0")
        for row in reference("projection_alternative").iter_rows(named=True)
    ]
    return Table(
        id="14746",
        label="14746: Framskrevet folkemengde, etter region, kjønn, alder, alternativ og år",
        updated="2026-06-12T06:00:00Z",
        source=SOURCE,
        notes=[NOTE],
        unconfirmed=["ContentsCode"],
        variables=[
            Variable(
                "Region", "region", [("0", "Hele landet"), *zip(today, names, strict=True)],
                elimination=True, role="geo",
            ),
            Variable("Kjonn", "kjønn", SEX_CODES, elimination=True),
            Variable("Alder", "alder", AGE_CODES, elimination=True),
            Variable("ContentsCode", "statistikkvariabel", contents, role="metric"),
            Variable("Tid", "år", [(str(year), str(year)) for year in years], role="time"),
        ],
        value=np.ascontiguousarray(value),
    )  # fmt: skip


def write(out: Path) -> None:
    """Write both population tables."""
    country = by_sex(persons(COUNTRY))
    local = by_municipality(by_sex(persons(COUNTY)))
    write_table(out, registered(country, local))
    write_table(out, projected(country, local))
