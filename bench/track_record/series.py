"""Real, published series as bitemporal frames, from `data/track_record` and the recorded files.

Every series but the sample's was published by somebody else. Where a source has a break, the series
is cut there or carried over it by summing parts; what was done is told with it.
"""

from __future__ import annotations

import csv
import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl

from tasks.forecast.evaluation.frames import BITEMPORAL

HERE = Path(__file__).resolve().parents[2]
FIGURES = HERE / "data" / "track_record"
RECORDED = HERE.parent / "shared" / "real"
BANDS = ((6, 12), (13, 15), (16, 19))
# When the figures were published, as far as it is told; the day matters only between editions.
REGISTERED = date(2026, 2, 25)
# Statistics Norway publishes its projections in the summer.
SUMMER = (6, 1)

# Counties as they can be followed all years: sums of those that were merged, and split again.
COUNTIES = {
    "Agder": ("Agder", "Aust-Agder", "Vest-Agder"),
    "Innlandet": ("Innlandet", "Hedmark", "Oppland"),
    "Møre og Romsdal": ("Møre og Romsdal",),
    "Nordland": ("Nordland",),
    "Oslo": ("Oslo",),
    "Rogaland": ("Rogaland",),
    "Troms og Finnmark": (
        "Troms og Finnmark", "Troms", "Finnmark", "Troms Romsa", "Finnmark Finnmárku",
    ),
    "Trøndelag": ("Trøndelag", "Nord-Trøndelag", "Sør-Trøndelag"),
    "Vestfold og Telemark": ("Vestfold og Telemark", "Vestfold", "Telemark"),
    "Vestland": ("Vestland", "Hordaland", "Sogn og Fjordane"),
    "Viken": ("Viken", "Østfold", "Akershus", "Buskerud"),
}  # fmt: skip


def _bitemporal(frame: pl.DataFrame, series: str, known: date = REGISTERED) -> pl.DataFrame:
    """Long `[unit, period, value]` as one vintage."""
    return (
        frame.with_columns(pl.lit(series).alias("series"), pl.lit(known).alias("known_from"))
        .select(pl.col(name).cast(kind) for name, kind in BITEMPORAL.items())
        .sort("series", "unit", "period")
    )


def telemark_young(*, county: bool = False) -> pl.DataFrame:
    """Persons 16–19 in Telemark by municipality, or in all; series `ages` has every band."""
    wide = pl.read_csv(FIGURES / "telemark_young_2000_2026.csv")
    long = wide.unpivot(
        index=["municipality", "ages"], variable_name="period", value_name="value"
    ).with_columns(
        pl.lit("Telemark").alias("unit") if county else pl.col("municipality").alias("unit"),
        pl.col("ages").str.split("-").list.first().alias("first"),
    )
    long = long.group_by("unit", "ages", "first", "period").agg(pl.col("value").sum())
    bands = long.with_columns((pl.col("unit") + "|" + pl.col("first")).alias("unit"))
    return pl.concat(
        [
            _bitemporal(long.filter(pl.col("ages") == "16-19"), "16-19"),
            _bitemporal(bands, "ages"),
        ]
    )


def telemark_registered() -> pl.DataFrame:
    """Registered persons by age band (the series) and municipality, and `Telemark` for all."""
    wide = pl.read_csv(FIGURES / "telemark_young_2000_2026.csv")
    long = wide.unpivot(
        index=["municipality", "ages"], variable_name="period", value_name="value"
    ).rename({"municipality": "unit"})
    whole = long.group_by("ages", "period").agg(pl.col("value").sum())
    both = pl.concat(
        [long, whole.with_columns(pl.lit("Telemark").alias("unit")).select(long.columns)]
    )
    return pl.concat(_bitemporal(part, str(ages)) for (ages,), part in both.group_by("ages"))


def telemark_editions() -> pl.DataFrame:
    """The main alternative of the editions of 2005 to 2018, the county as one unit."""
    wide = pl.read_csv(FIGURES / "telemark_projections.csv")
    long = wide.unpivot(
        index=["edition", "ages"], variable_name="ahead", value_name="value"
    ).with_columns(
        (pl.col("edition") + pl.col("ahead").cast(pl.Int64)).alias("period"),
        pl.lit("Telemark").alias("unit"),
    )
    return pl.concat(
        _bitemporal(part, str(ages), date(int(str(year)), *SUMMER))
        for (year, ages), part in long.group_by("edition", "ages")
    )


def recorded_projection(real: Path, edition: int) -> pl.DataFrame:
    """One recorded edition for Telemark, every age group a series, `Hele landet` left out."""
    name = {
        2024: "framskrevet_telemark_2024-2050.csv",
        2026: "14746_framskrevet_telemark_2026-2050.csv",
    }[edition]
    found = (
        pl.read_csv(real / "ssb" / name)
        .filter(
            pl.col("statistikkvariabel").str.contains("MMMM"), pl.col("region") != "Hele landet"
        )
        .rename({"region": "unit", "år": "period"})
        .with_columns(pl.col("alder").str.replace(" år", "").alias("ages"))
    )
    known = date(edition, *SUMMER)
    return pl.concat(_bitemporal(p, str(ages), known) for (ages,), p in found.group_by("ages"))


def cohort_16_18(real: Path) -> pl.DataFrame:
    """Persons 16–18 on 1 January, registered years alone: Trøndelag and the nation."""
    told = _county_figures(real)["personer_16_18"]
    first, last = told["fra"], told["registrert_til_og_med"]
    names = {"F50": "Trøndelag", "L": "Hele landet"}
    return _bitemporal(
        pl.DataFrame(
            [
                {"unit": name, "period": first + i, "value": float(value)}
                for code, name in names.items()
                for i, value in enumerate(told[code][: last - first + 1])
            ]
        ),
        "16-18",
    )


def _county_figures(real: Path) -> dict[str, dict[str, Any]]:
    file = real / "ssb" / "ssb_fylkestall_trondelag_excerpt_2026.json"
    found: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return found


def pupils(real: Path) -> pl.DataFrame:
    """Pupils on 1 October: per school in Trøndelag, and in all of Trøndelag and the nation."""
    file = real / "udir" / "vgo_trondelag_2023_2026_excerpt.json"
    told = json.loads(file.read_text(encoding="utf-8"))
    years = [int(year[:4]) for year in told["elever"]["skoleaar"]]
    schools = {s["orgnr"]: s["elever"] for s in told["elever_per_skole_F50"]["skoler"]}
    areas = {"Trøndelag": told["elever"]["F50"], "Hele landet": told["elever"]["L"]}

    def long(figures: dict[str, list[float | None]]) -> pl.DataFrame:
        rows = [
            {"unit": unit, "period": year, "value": value}
            for unit, values in figures.items()
            for year, value in zip(years, values, strict=True)
            if value is not None
        ]
        return pl.DataFrame(rows, schema={"unit": pl.String, "period": int, "value": float})

    return pl.concat([_bitemporal(long(schools), "skoler"), _bitemporal(long(areas), "områder")])


def job_seekers(real: Path) -> pl.DataFrame:
    """Job seekers by NAV's groups of occupations, a series per code system: nothing joins the two.

    Until 2011 occupations are coded by ISCO-88, from 2012 by ISCO-08, and NAV's groups hold other
    occupations after the change than before. Suppressed cells (`*`) are left out of the sums.
    """
    file = real / "nav" / "arbeidssokere_yrke_2002_2017.csv"
    rows = pl.read_csv(file, separator=";", infer_schema=False, encoding="utf8")
    rows = rows.rename({name: name.lstrip("\ufeff") for name in rows.columns})
    found = (
        rows.filter(pl.col("isco_versjon").is_in(["ISCO-88", "ISCO-08"]))
        .with_columns(
            pl.col("aar").cast(pl.Int64).alias("period"),
            pl.col("antall_arbeidssokere").cast(pl.Float64, strict=False).alias("value"),
            pl.col("yrke_fingruppe").alias("unit"),
        )
        # A handful of rows carry the old code after the change; all of them are suppressed.
        .filter((pl.col("isco_versjon") == "ISCO-88") == (pl.col("period") < 2012))
        .group_by("isco_versjon", "unit", "period")
        .agg(pl.col("value").sum())
    )
    return pl.concat(_bitemporal(p, str(s)) for (s,), p in found.group_by("isco_versjon"))


def unemployed(real: Path) -> pl.DataFrame:
    """Fully unemployed, mean of the year's months, in counties that can be followed all years.

    Merged counties are sums of their parts until the merger, and those that were split again sums
    after it. In four months of 2018 the file has the count one column too far to the right.
    """
    rows = pl.read_csv(real / "nav" / "helt_ledige_fylke_2010_2024.csv")
    shifted = pl.col("Prosent av arbeidsstyrken").cast(pl.Float64)
    counted = rows.with_columns(
        # A share of the labour force is never above 100; the counts of counties are.
        pl.coalesce(pl.col("Antall").cast(pl.Float64), pl.when(shifted > 100).then(shifted)).alias(
            "value"
        )
    )
    unit = {part: unit for unit, parts in COUNTIES.items() for part in parts}
    return _bitemporal(
        counted.filter(pl.col("Fylke").is_in(list(unit)), pl.col("value").is_not_null())
        # The first whole year of all parts.
        .filter(pl.col("År") >= 2011)
        .group_by("Fylke", "År")
        .agg(pl.col("value").mean())
        .with_columns(pl.col("Fylke").replace_strict(unit).alias("unit"))
        .group_by("unit", pl.col("År").alias("period"))
        .agg(pl.col("value").sum()),
        "helt ledige",
    )


def leavers(real: Path) -> pl.DataFrame:
    """Share of pupils who left during the school year, per school, per cent.

    Two series: until 2017/18, and all years with the break of 2018/19 in them (pupils of unknown
    status are treated in another way since). Suppressed shares (`*`) are missing.
    """
    file = real / "udir" / "slutta_vgo_skoler_2011-12_2020-21.utf16le.csv"
    _, text = file.read_bytes().decode("utf-16-le").split("\n", 1)
    rows = list(csv.DictReader(StringIO(text), delimiter="\t"))
    found = []
    for row in rows:
        if row["EnhetNivaa"] != "3":
            continue
        for name, cell in row.items():
            if name.endswith("Andel sluttet") and cell.replace(",", "").isdigit():
                value = float(cell.replace(",", "."))
                unit = f"{row['Organisasjonsnummer'].strip()} {row['Fylke'].strip()}"
                found.append({"unit": unit, "period": int(name[:4]), "value": value})
    frame = pl.DataFrame(found).unique(["unit", "period"], keep="none")
    return pl.concat(
        [
            _bitemporal(frame.filter(pl.col("period") < 2018), "til 2017/18"),
            _bitemporal(frame, "alle år"),
        ]
    )


def upper_secondary(real: Path) -> pl.DataFrame:
    """Residents with upper secondary school as their highest education, per municipality.

    IMDi's table of Statistics Norway's figures 2011–2020, the municipalities that have a figure in
    every year: those that were merged in 2020 have two rows, and none of the two is whole. Series
    `kommuner` has each, `områder` the sums of those in Trøndelag and of all.
    """
    file = real / "ssb" / "imdi_utdanningsnivaa_2020_alle.latin1.csv"
    lines = list(csv.reader(StringIO(file.read_bytes().decode("latin-1")), delimiter=";"))
    heads, rows = list(zip(*lines[:5], strict=True)), lines[5:]
    asked = (
        "Utdanningsnivå: Videregående skole",
        "Bakgrunn: Hele befolkningen",
        "Kjønn: Alle",
        "Enhet: Personer",
    )
    years = {int(head[4][-4:]): i for i, head in enumerate(heads) if head[:4] == asked}
    found = pl.DataFrame(
        [
            {"unit": f"{row[0]} {row[1]}", "period": year, "value": float(row[column])}
            for row in rows
            if all(row[column].isdigit() for column in years.values())
            for year, column in years.items()
        ]
    )
    here = pl.col("unit").str.starts_with("K50")
    summed = pl.concat(
        part.group_by("period")
        .agg(pl.col("value").sum())
        .select(pl.lit(unit).alias("unit"), pl.all())
        for unit, part in (("Trøndelag", found.filter(here)), ("Hele landet", found))
    )
    return pl.concat(
        [_bitemporal(found, "kommuner"), _bitemporal(summed.select(found.columns), "områder")]
    )


def of_the_county(real: Path) -> pl.DataFrame:
    """Series of the transcribed county figures that run over years, each as one series.

    Young people outside work and education (per cent of 15–29, Trøndelag and the nation) and
    points from lower secondary school (mean, Trøndelag).
    """
    told = _county_figures(real)
    names = {"F50": "Trøndelag", "L": "Hele landet"}
    parts = []
    for key in ("neet_15_29_prosent", "grunnskolepoeng"):
        figures = told[key]
        rows = [
            {"unit": names[area], "period": year, "value": float(value)}
            for area in names
            if area in figures
            for year, value in zip(figures["aar"], figures[area], strict=True)
        ]
        parts.append(_bitemporal(pl.DataFrame(rows), key))
    return pl.concat(parts)


def sample_cohort(first: int, last: int) -> pl.DataFrame:
    """The bundled sample's cohort in today's Trøndelag, with its constructed single-year ages."""
    cells = pl.read_parquet(HERE / "data" / "sample" / "pxweb" / "07459" / "cells.parquet")
    ages = pl.col("Alder").cast(pl.String).str.strip_chars_end("+").cast(pl.Int64)
    counts = (
        # Yesterday's municipalities too: each year has figures under its own codes alone.
        cells.filter(pl.col("Region").cast(pl.String) != "0")
        .with_columns(ages.alias("age"), pl.col("Tid").cast(pl.String).cast(pl.Int64))
        .filter(pl.col("age") <= last)
        .group_by("age", pl.col("Tid").alias("period"))
        .agg(pl.col("value").sum())
    )
    cohort = counts.filter(pl.col("age") >= first).group_by("period").agg(pl.col("value").sum())
    return pl.concat(
        [
            _bitemporal(cohort.with_columns(pl.lit("50").alias("unit")), "cohort"),
            _bitemporal(
                counts.with_columns(("50|" + pl.col("age").cast(pl.String)).alias("unit")), "ages"
            ),
        ]
    )
