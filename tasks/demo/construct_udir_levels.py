"""Report pages of compulsory school, of applicants by level, and of who seeks an apprenticeship.

Published: pupils in compulsory school by municipality (autumn 2024), the county's mean of points,
certificates of the cohort of 2020. Constructed: grades 8-10 (from the population of that age),
applicants by level (in proportion to the pupils of each programme) and applicants to apprenticeship
by programme at both counts (in proportion to running contracts; the county's sums are published).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from tasks.demo.construct_common import SAMPLE, published, reference, share_out
from tasks.demo.construct_population import (
    COUNTY,
    FIRST,
    by_municipality,
    by_sex,
    municipalities,
    persons,
)
from tasks.demo.udir_page import UNITS, Page, Row, decimal, spaced

GSI_MEASURES = {
    "pupils": "Antall elever",
    "adapted_teaching": "Antall elever med individuelt tilrettelagt opplæring/spesialundervisning",
    "reinforced_norwegian": "Antall elever med forsterket opplæring i norsk",
    "schools": "Antall skoler",
}
ALL_GRADES = -10
GRADES = (8, 9, 10)
AUTUMN = 2024
# Counts of placement: the year, its months, and the applicants of March that they are of.
COUNTS = ((2024, 12), (2025, 10), (2025, 12))


def pages() -> list[Page]:
    """The pages of this module."""
    county = ("Nasjonalt", "Fylke")
    programme = (*county, "Utdanningsprogram")
    return [
        Page(121, "GSK_Elev_Skol", "Elever og skoler", (*county, "Kommune", "Enhet"), "TidID",
             (202410,), 5, tuple(GSI_MEASURES.values()), True, _compulsory(),
             (("TrinnID", ALL_GRADES),)),
        Page(306, "VGO_Soeker_FylkUtdprogTrinn", "Søkere etter fylke, utdanningsprogram og trinn",
             programme, "TidID", (202503, 202603), 2, ("Søkere i alt",), False, _by_level()),
        Page(307, "FOY_SL_FylkUtdprogAar", "Søkere til læreplass og formidlede etter program",
             programme, "TidID", tuple(100 * y + m for y, m in COUNTS), 1,
             ("Søkere til læreplass", "Godkjente kontrakter"), True, _to_apprenticeship()),
        Page(308, "FOY_Gjennomfoering_Fylk", "Fagbrev innen fem år etter fylke", county,
             "Aarskull_KalenderAarID", (2020,), 1,
             ("Oppnådd fag- eller svennebrev (prosent)",), True, _certificates()),
        Page(122, "GSK_Grunnskolepoeng_Fylk", "Grunnskolepoeng etter fylke", county, "TidID",
             tuple(int(f"{year}06") for year, _ in _points()), 1,
             ("Gjennomsnittlige grunnskolepoeng",), True, _points_rows()),
    ]  # fmt: skip


def _compulsory() -> Iterable[Row]:
    label = f"{AUTUMN}-{(AUTUMN + 1) % 100}"
    units = published("compulsory_school_pupils")
    headers = ("Alle kjønn", "Alle eierformer")
    for unit in units.iter_rows(named=True):
        level = "1" if unit["udir_id"].count(".") == 1 else "2"
        head = (f"{AUTUMN}10", label, level, unit["udir_id"], unit["code"], unit["name"])
        grade = (str(ALL_GRADES), label, "Alle trinn", "Alle trinn", *headers)
        for column, measure in GSI_MEASURES.items():
            yield (*head, *grade, measure, unit[column], "false")
    # Pupils of a grade in autumn are of its age on 1 January.
    county = by_municipality(by_sex(persons(COUNTY)))[AUTUMN + 1 - FIRST].sum(axis=0)
    codes, _, _ = municipalities()
    ids = {row["code"]: row["udir_id"] for row in units.iter_rows(named=True)}
    names = {row["code"]: row["name"] for row in units.iter_rows(named=True)}
    for grade_number in GRADES:
        counts = county[grade_number + 5]
        title = f"{grade_number}. årstrinn"
        grade = (str(grade_number), label, "Ungdomstrinnet", title, *headers)
        whole = [("1", "50", int(counts.sum()))]
        whole += [("2", code, int(n)) for code, n in zip(codes, counts, strict=True)]
        for level, code, number in whole:
            head = (f"{AUTUMN}10", label, level, ids[code], code, names[code])
            yield (*head, *grade, GSI_MEASURES["pupils"], spaced(number), "true")


def _by_level() -> Iterable[Row]:
    pupils = pl.read_csv(SAMPLE / "county" / "elever.csv", separator=";", infer_schema=False)
    shares = (
        pupils.filter(skoleaar="2025-26")
        .group_by(pl.col("programomraade").str.slice(0, 2).alias("code"), "trinn")
        .agg(pl.col("elever").cast(pl.Int64).sum())
    )
    by_programme = published("applicants_by_programme").filter(region_code="50")
    level, row_id, name = UNITS["50"]
    for year in ("2025", "2026"):
        inner: list[Row] = []
        sums: dict[str, int] = {}
        for programme in by_programme.filter(year=year).iter_rows(named=True):
            code = programme["programme_code"]
            of = shares.filter(code=code).sort("trinn")
            parts = share_out(
                int(programme["applicants"]), of["elever"].cast(pl.Float64).to_numpy()
            )
            head = (f"{year}03", year, "2", f"{row_id}.{programme['udir_id']}", code)
            for grade, part in zip(of["trinn"], parts, strict=True):
                sums[grade] = sums.get(grade, 0) + int(part)
                cell = (year, f"Vg{grade}", "Søkere i alt", spaced(int(part)), "true")
                inner.append((*head, programme["name"], *cell))
        for grade, total in sorted(sums.items()):
            cell = (year, f"Vg{grade}", "Søkere i alt", spaced(total), "true")
            yield (f"{year}03", year, level, row_id, "50", name, *cell)
        yield from inner


def _to_apprenticeship() -> Iterable[Row]:
    applicants = published("applicants").filter(kind="laereplass")
    placed = published("placement")
    programmes = reference("utdanningsprogram").filter(branch="yrkesfaglig").sort("udir_id")
    contracts = pl.read_csv(SAMPLE / "udir" / "FOY_LK_FylkUtdprogAar.csv", infer_schema=False)
    months = {10: "oktober", 12: "desember"}
    for year, month in COUNTS:
        label = f"{months[month]} {year}"
        for region, (level, row_id, name) in UNITS.items():
            where = {"year": str(year), "region_code": region}
            found = placed.filter(month=str(month), **where)
            if found.is_empty():
                continue
            seek = int(applicants.filter(**where)["applicants"][0])
            percent = float(found["percent"][0])
            with_contract = round(seek * percent / 100)
            head = (f"{year}{month}", label, level, row_id, region, name, label)
            yield (*head, "Søkere til læreplass", spaced(seek), "false")
            # The share is published; the number follows from it.
            yield (*head, "Godkjente kontrakter", spaced(with_contract), "true")
            parent = "1.-12" if region == "0" else row_id
            running = contracts.filter(
                pl.col("id").str.starts_with(f"{parent}."), pl.col("filter") == f"{year}10"
            ).select("kode", n=pl.col("value").str.replace_all(" ", "").cast(pl.Float64))
            weights = programmes.join(
                running, left_on="programme_code", right_on="kode", maintain_order="left"
            )
            split = share_out(np.array([seek, with_contract]), np.tile(weights["n"], (2, 1)))
            for programme, some, got in zip(weights.iter_rows(named=True), *split, strict=True):
                row_path = f"{parent}.{programme['udir_id']}"
                names = (programme["programme_code"], programme["name"], label)
                inner = (f"{year}{month}", label, "2", row_path, *names)
                yield (*inner, "Søkere til læreplass", spaced(int(some)), "true")
                yield (*inner, "Godkjente kontrakter", spaced(min(int(got), int(some))), "true")


def _certificates() -> Iterable[Row]:
    for row in published("certificates_by_cohort").iter_rows(named=True):
        level, row_id, name = UNITS[row["region_code"]]
        label = f"{row['cohort']}-kullet"
        head = (row["cohort"], label, level, row_id, row["region_code"], name, label)
        measure = "Oppnådd fag- eller svennebrev (prosent)"
        yield (*head, measure, decimal(row["percent"]), "false")


def _points() -> list[tuple[str, str]]:
    rows = published("county_series").filter(series="grunnskolepoeng", region_code="50")
    return list(rows.sort("year").select("year", "value").iter_rows())


def _points_rows() -> Iterable[Row]:
    level, row_id, name = UNITS["50"]
    for year, points in _points():
        label = f"{int(year) - 1}-{int(year) % 100:02}"
        head = (f"{year}06", label, level, row_id, "50", name, label)
        yield (*head, "Gjennomsnittlige grunnskolepoeng", decimal(points), "false")
