"""Municipalities by centrality, constructed: the register's own classes are not in the sample.

The class follows from what the sample knows: adults who live there, and the distance to Trondheim.
Nothing is random. Every row is marked, so that it is never taken for Statistics Norway's.
"""

from __future__ import annotations

import csv
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

import polars as pl

from tasks.demo.construct_common import SAMPLE

COLUMNS = (
    "sourceCode",
    "sourceName",
    "targetCode",
    "targetName",
    "validFrom",
    "validTo",
    "konstruert",
)
CITY = "5001"
EARTH_KM = 6371.0
VALID_FROM = "2020-01-01"
# The first rule that fits gives the class: at most so many kilometres from the city, or at least so
# many adults.
RULES = (
    ("02", 1, 150_000),
    ("03", 35, 17_000),
    ("04", 60, 11_000),
    ("05", 110, 5_000),
    ("06", 20_000, 0),
)


def write(out: Path) -> None:
    """Write `klass/131/corresponds_128.csv`: one row per municipality of the county in use."""
    klass = SAMPLE / "klass"
    names = _names(klass / "128" / "codes.csv")
    municipalities = _names(klass / "131" / "codes.csv")
    places = pl.read_csv(SAMPLE / "assumptions" / "municipality_centres.csv", infer_schema=False)
    centres = {
        code: (float(north), float(east))
        for code, north, east in places.select(
            "municipality_code", "latitude", "longitude"
        ).iter_rows()
    }
    adults = _adults()
    target = out / "klass" / "131"
    target.mkdir(parents=True, exist_ok=True)
    with (target / "corresponds_128.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for code in sorted(centres):
            group = _group(_distance(centres[CITY], centres[code]), adults.get(code, 0))
            row = (code, municipalities[code], group, names[group], VALID_FROM, "", "true")
            writer.writerow(row)


def _group(kilometres: float, adults: int) -> str:
    return next(code for code, near, many in RULES if kilometres <= near or adults >= many)


def _distance(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Kilometres as the crow flies between two places in degrees."""
    north, east = radians(there[0] - here[0]), radians(there[1] - here[1])
    half = sin(north / 2) ** 2 + cos(radians(here[0])) * cos(radians(there[0])) * sin(east / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half))


def _names(path: Path) -> dict[str, str]:
    """Names of the codes in use."""
    codes = pl.read_csv(path, infer_schema=False).filter(pl.col("validTo").is_null())
    return dict(codes.select("code", "name").iter_rows())


def _adults() -> dict[str, int]:
    """Adults of the newest published year by today's municipality, where the code is today's."""
    path = SAMPLE / "published" / "adults_by_municipality.csv"
    rows = pl.read_csv(path, infer_schema=False).with_columns(pl.col("persons").cast(pl.Int64))
    newest = rows.sort("year").group_by("municipality_code", maintain_order=True).last()
    return dict(newest.select("municipality_code", "persons").iter_rows())
