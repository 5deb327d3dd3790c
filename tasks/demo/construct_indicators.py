"""Figures behind the regional indicators, constructed: `county/rki.csv`.

What Statistics Norway publishes of young and adults outside work and education is not in the file;
municipalities are drawn around the county's published share and add up to it. All else is drawn
around assumed levels: rates in per cent that have no source but this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from tasks.demo.construct_common import SAMPLE, Floats, read_names, share_out, stream, write_csv

COUNTY = "50"
YEARS = range(2016, 2026)
# The first year on today's borders of municipalities, and of counties.
MUNICIPALITIES_FROM, COUNTIES_FROM = 2020, 2024
# Indicator: first and last age of its population, level of the county in per cent, change a year,
# whether municipalities have it, whether persons are told beside the share.
INDICATORS = {
    "rki-01": (20, 66, 79.6, 0.15, True, True),
    "rki-02": (15, 29, None, 0.0, True, True),
    "rki-03": (30, 61, None, 0.0, True, True),
    "rki-04": (18, 67, 10.9, 0.05, True, False),
    "rki-05": (0, 120, 10.4, 0.08, True, True),
    "rki-06": (20, 24, 27.5, -0.45, True, True),
    "rki-07": (20, 24, 11.8, -0.2, True, True),
    "rki-08": (22, 59, 7.4, 0.02, False, False),
    "rki-09": (22, 66, 51.0, 0.1, False, False),
}
# Of an age group, the part that the indicator is about: pupils of one branch are about half of it.
PART = {"rki-06": 0.5, "rki-07": 0.45}
# The county's published shares (Statistics Norway, 13556 and 13563), and the level held before.
PUBLISHED = {"rki-02": ("15-29", 9.9), "rki-03": ("30-61", 15.7)}
# Fewer persons than this are closed.
FEWEST = 5


def write(out: Path) -> None:
    """Write `county/rki.csv`; the population that `construct_population` wrote is read."""
    header = ["indikator", "omraade", "aar", "teller", "nevner", "verdi", "konstruert"]
    write_csv(out / "county" / "rki.csv", header, _rows(_population(out)), excel=True)


def _population(out: Path) -> pl.DataFrame:
    """Persons by municipality, year and age (single years, 105 and more together)."""
    cells = pl.scan_parquet(out / "pxweb" / "07459" / "cells.parquet")
    return (
        cells.select(
            "Region",
            pl.col("Tid").cast(pl.Int32).alias("year"),
            pl.col("Alder").str.extract(r"^(\d+)").cast(pl.Int32).alias("age"),
            "value",
        )
        .filter(pl.col("value") > 0)
        .group_by("Region", "year", "age")
        .agg(pl.col("value").sum().cast(pl.Int64).alias("persons"))
        .sort("Region", "year", "age")
        .collect()
    )


def _rows(population: pl.DataFrame) -> Iterator[tuple[str, ...]]:
    counties = [code for code, _ in read_names(SAMPLE / "klass" / "104" / "codes.csv", valid=True)]
    for indicator, (first, last, level, drift, local, told) in INDICATORS.items():
        rng = stream("rki", indicator)
        spread = 0.08 * (1 - (level or 0) / 100)
        steady = {area: rng.normal(0, spread) for area in sorted({"0", *counties})}
        for year in YEARS:
            county = _share(indicator, level, drift, year)
            if level is not None:
                for area in ["0", *counties]:
                    if area in {"0", COUNTY} or (year >= COUNTIES_FROM and area != "99"):
                        away = 0.0 if area == COUNTY else steady[area]
                        share = county * (1 + away + rng.normal(0, 0.01))
                        yield (indicator, area, str(year), "", "", _percent(share), "true")
            if local and year >= MUNICIPALITIES_FROM:
                persons = population.filter(
                    pl.col("Region").str.starts_with(COUNTY),
                    pl.col("year") == year,
                    pl.col("age").is_between(first, last),
                )
                yield from _municipalities(indicator, persons, county, rng, told=told)


def _share(indicator: str, level: float | None, drift: float, year: int) -> float:
    """The county's share in per cent."""
    if level is not None:
        return level + drift * (year - YEARS[-1])
    age, otherwise = PUBLISHED[indicator]
    file = pl.read_parquet(SAMPLE / "pxweb" / "13556" / "cells.parquet")
    found = file.filter(
        pl.col("Region") == COUNTY,
        pl.col("Alder") == age,
        pl.col("ContentsCode") == "BosatteProsent",
        pl.col("Tid") == str(year),
    )["value"]
    return float(found[0]) if len(found) else otherwise


def _municipalities(
    indicator: str, persons: pl.DataFrame, county: float, rng: np.random.Generator, *, told: bool
) -> Iterator[tuple[str, ...]]:
    """One year's municipalities, whose persons add up to the county's share of all."""
    by_area = persons.group_by("Region").agg(pl.col("persons").sum()).sort("Region")
    base = np.floor(by_area["persons"].to_numpy() * PART.get(indicator, 1.0))
    # What nearly all do differs less between municipalities than what few do.
    wanted: Floats = base * np.exp(rng.normal(0, 0.18 * (1 - county / 100), len(base)))
    counted = np.minimum(share_out(round(base.sum() * county / 100), wanted), base.astype(np.int64))
    year = str(persons["year"][0])
    for area, number, of in zip(by_area["Region"], counted, base.astype(np.int64), strict=True):
        closed = number < FEWEST
        share = "*" if closed else _percent(100 * number / of)
        people = ("*" if closed else str(number), str(of)) if told else ("", "")
        yield (indicator, area, year, *people, share, "true")


def _percent(share: float) -> str:
    return f"{share:.1f}".replace(".", ",")
