"""NAV's and others' files in the layouts that they come in, from the published figures.

All figures are published; files hold only the country and Trøndelag, where the recorded ones hold
every county. The enterprise survey of later years and NHO's survey are constructed, in a layout
that is described and not recorded, and say so in a column of their own.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from tasks.demo.construct_common import published, stream, write_csv

Cells = dict[tuple[int, int], Any]

STATUS_HEAD = [
    "År",
    "År-måned",
    "{}",
    "Nåværende Fylke Nr Navn",
    "Arbeidsmarkedsstatus hovedgruppe",
]
STATUS_HEAD += ["Kjønn", "Beh personer i mnd", "% av arbeidsstyrken"]
HL060 = "202210_HL060_Helt_ledige_Fylke_og_kommune_Tidsserie_maaned.xlsx"
DOWNLOAD = "/nav/_/attachment/download/5f0f4a0e-2d51-4d7e-9d0a-6f2a1c9f7b11:{}/{}"
MONTHS = ("Januar", "Februar", "Mars", "April", "Mai", "Juni", "Juli", "August", "September",
          "Oktober")  # fmt: skip
# Enterprise survey by county as NAV lays it out from 2024 on; Trøndelag and country. Assumed.
SURVEY_COUNTIES = (("Hele landet", 43_250, 40_100, 46_400, 1.4, 24), ("Trøndelag", 3_950, 3_300,
                   4_600, 1.5, 25))  # fmt: skip
SURVEY_GROUPS = {
    "Helse, pleie og omsorg": 0.31, "Bygg og anlegg": 0.13, "Industriarbeid": 0.11,
    "Undervisning": 0.08, "Ingeniør- og ikt-fag": 0.10, "Reiseliv og transport": 0.11,
    "Butikk- og salgsarbeid": 0.06, "Serviceyrker og annet arbeid": 0.06, "Kontorarbeid": 0.04,
}  # fmt: skip
NHO_QUESTIONS = (
    ("Har i stor eller noen grad udekket kompetansebehov", 58.0),
    ("Behov for personer med fagbrev i stor grad", 44.0),
    ("Behov for personer med fagskoleutdanning i stor grad", 21.0),
    ("Behov for personer med bachelorgrad i stor grad", 19.0),
)

# Published tables that are served as they are; the first two as Norwegian Excel writes them.
PLAIN = {
    "nav_shortage_2017": ("ettersporsel-2017.csv", True),
    "nav_job_seekers_by_occupation": ("arbeidssokere.csv", True),
    "nav_fully_unemployed_by_county": ("helt-ledige-fylker.csv", False),
    "nav_job_seekers_and_vacancies": ("sokere-og-stillinger.csv", False),
}


def write(out: Path) -> None:
    """Write `nav/`, `nho/`, `vilbli/`, and the county's file of leavers."""
    write_workbook(out / "nav" / "fylkesleveranse.xlsx", _monthly())
    write_workbook(out / "nav" / HL060, _fully_unemployed())
    _write_page(out / "nav" / "helt-ledige.html")
    write_workbook(out / "nav" / "bedriftsundersokelsen-2026.xlsx", _survey())
    write_workbook(out / "nho" / "kompetansebarometer-2026.xlsx", _competence())
    for name, (file, excel) in PLAIN.items():
        rows = published(name).drop("source")
        write_csv(out / "nav" / file, rows.columns, rows.rows(), excel=excel)
    _write_points(out / "vilbli" / "inntakspoeng.csv")
    _write_leavers(out / "county" / "slutta.csv")


def _monthly() -> dict[str, Cells]:
    """The monthly delivery: two tables side by side, header in the second row."""
    sheets: dict[str, Cells] = {}
    unemployed = published("nav_unemployed")
    for sheet, prefix in (("Landet", "Landet"), ("Fylker", "50 ")):
        rows = unemployed.filter(pl.col("area").str.starts_with(prefix))
        by_sex = rows.filter(pl.col("sex") != "Begge kjønn")
        both = rows.filter(pl.col("sex") == "Begge kjønn")
        sheets[sheet] = {
            **_status(by_sex, 1, sheet, sheet),
            # In the sheet of counties the heading of this column is missing, as recorded.
            **_status(both, 10, sheet, sheet if sheet == "Landet" else ""),
        }
    seekers = published("nav_job_seekers")
    head = ["År", "År-måned", "{}", "Nåværende Fylke Nr Navn"]
    head += ["Sum helt ledige, delvis ledige og arbeidssøkere på tiltak"]
    head += ["Praksis yrke grovgruppe ISCO08"]
    for sheet, prefix in (("Landet", "Landet"), ("Fylker", "50 ")):
        rows = seekers.filter(pl.col("area").str.starts_with(prefix))
        body = [
            [int(p[:4]), int(p), sheet, area, int(persons), group]
            for p, area, group, persons in rows.drop("source").iter_rows()
        ]
        name = f"{sheet} yrkesbakgrunn arbeidssøk"
        sheets[name] = grid([h.format(sheet) for h in head], body, 1)
    vacancies = published("nav_vacancies")
    country = [
        [int(p), group, int(n)]
        for p, area, group, n in vacancies.drop("source").iter_rows()
        if area == "Landet"
    ]
    county = [
        [int(p), "Fylker", area, group, int(n)]
        for p, area, group, n in vacancies.drop("source").iter_rows()
        if area != "Landet"
    ]
    tail = ["Stilling yrke grovgruppe ISCO08", "Tilgang stillinger i perioden"]
    sheets["Landet stilling"] = grid(["År-måned", *tail], country, 1)
    sheets["Fylker stilling"] = grid(["År-måned", "", "Arbeidssted fylkesnavn", *tail], county, 1)
    return sheets


def _status(rows: pl.DataFrame, left: int, level: str, heading: str) -> Cells:
    head = [text.format(heading) for text in STATUS_HEAD]
    body = [
        [int(p[:4]), int(p), level, area, status, sex, int(persons), float(percent)]
        for p, area, status, sex, persons, percent in rows.drop("source").iter_rows()
    ]
    return grid(head, body, left)


def _fully_unemployed() -> dict[str, Cells]:
    """HL060: a sheet of counties and a sheet with a block for the county's municipalities."""
    rows = published("nav_fully_unemployed_2022")
    title = "Helt ledige. Fylke og kommune. Tidsserie måned"
    about = {
        (1, 1): "Kilde: NAV",
        (9, 1): "NAV har valgt å erstatte tall under 4 med spesialtegn «*».",
    }
    county: Cells = {(1, 1): "Kilde: NAV", (1, 4): title, (2, 4): "Fylke. Antall²"}
    county |= {(5, 1): "Januar - oktober 2022"}
    # An empty column stands between January and February, as recorded.
    month_at = {month: 3 if number == 0 else 4 + number for number, month in enumerate(MONTHS)}
    county |= {(7, at): month for month, at in month_at.items()}
    for line, (area, figures) in enumerate(_by_area(rows.filter(pl.col("block") == "county"))):
        code, _, name = area.partition(" ") if area[:2].isdigit() else ("", "", area)
        county |= {(8 + line, 1): code, (8 + line, 2): name}
        county |= {(8 + line, month_at[month]): value for month, value in figures.items()}
    municipality: Cells = {(1, 1): "Kilde: NAV", (1, 2): title, (2, 2): "Kommune¹. Antall²"}
    municipality |= {(5, 1): "Januar - oktober 2022", (6, 1): "Trøndelag - Trööndelage"}
    municipality |= {(7, 2 + number): month for number, month in enumerate(MONTHS)}
    areas = list(_by_area(rows.filter(pl.col("block") == "municipality")))
    for line, (area, figures) in enumerate(areas):
        municipality[8 + line, 1] = area
        municipality |= {(8 + line, 2 + MONTHS.index(m)): v for m, v in figures.items()}
    municipality[9 + len(areas), 1] = "¹ Kommuneinndelingen er den som gjaldt i 2022."
    return {"0. Om tabellene": about, "1. Fylke Antall": county, "3. Kommune Antall": municipality}


def _by_area(rows: pl.DataFrame) -> Sequence[tuple[str, dict[str, Any]]]:
    found: dict[str, dict[str, Any]] = {}
    for row in rows.iter_rows(named=True):
        value = row["mark"] or int(row["persons"])
        found.setdefault(row["area"], {})[row["month"]] = value
    return list(found.items())


def _survey() -> dict[str, Cells]:
    """The enterprise survey, with intervals; constructed."""
    county = [
        [name, shortage, low, high, tightness, serious, "ja"]
        for name, shortage, low, high, tightness, serious in SURVEY_COUNTIES
    ]
    head = ["Fylke", "Mangel på arbeidskraft", "Konfidensintervall nedre grense"]
    head += ["Konfidensintervall øvre grense", "Stramhetsindikator"]
    head += ["Andel virksomheter med alvorlige rekrutteringsproblemer", "Konstruert"]
    total = SURVEY_COUNTIES[1][1]
    rng = stream("survey")
    groups = []
    for group, part in SURVEY_GROUPS.items():
        shortage = round(total * part / 25) * 25
        groups.append([group, shortage, round(shortage * float(rng.uniform(0.3, 1.6))), "ja"])
    return {
        "Tabell V1 - 26": {
            (0, 0): "Tabell 1. Estimert mangel på arbeidskraft etter fylke. 2026",
            **grid(head, county, 0, top=2),
        },
        "Tabell V2 - 26": {
            (0, 0): "Tabell 2. Estimert mangel på arbeidskraft i Trøndelag etter yrkesgruppe. 2026",
            **grid(
                ["Yrkesgruppe", "Mangel på arbeidskraft", "Ledige og tiltak", "Konstruert"],
                groups,
                0,
                top=2,
            ),
        },
    }


def _competence() -> dict[str, Cells]:
    """NHO's survey of competence; constructed."""
    rng = stream("competence")
    body = [
        [question, round(percent + float(rng.normal(0, 1)), 1), percent, "ja"]
        for question, percent in NHO_QUESTIONS
    ]
    head = ["Spørsmål", "Trøndelag", "Landet", "Konstruert"]
    return {
        "Figurdata 2026": {
            (0, 0): "Kompetansebarometeret 2026. Andel av virksomhetene, prosent",
            **grid(head, body, 0, top=3),
        }
    }


def grid(head: Sequence[str], body: Sequence[Sequence[Any]], left: int, top: int = 1) -> Cells:
    """A header and rows as cells, from a row and a column on."""
    return {
        (top + line, left + at): value
        for line, row in enumerate([head, *body])
        for at, value in enumerate(row)
    }


def write_workbook(path: Path, sheets: dict[str, Cells]) -> None:
    """Write sheets cell by cell; the same cells give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"created": datetime(2026, 11, 1)})  # noqa: DTZ001 - no zone in xlsx
        for name, cells in sheets.items():
            sheet = book.add_worksheet(name)
            for (row, column), value in sorted(cells.items()):
                if value != "":
                    sheet.write(row, column, value)


def _write_page(path: Path) -> None:
    older = HL060.replace("202210", "202209")
    links = "".join(
        f'<li><a href="{DOWNLOAD.format(key, name)}">{name[:6]} Helt ledige (xlsx)</a></li>'
        for key, name in (("0f41d2", older), ("9c77ab", HL060))
    )
    path.write_text(
        "<!doctype html><html lang=no><meta charset=utf-8><title>Helt ledige</title>"
        f"<h1>Helt ledige</h1><ul>{links}</ul></html>\n",
        encoding="utf-8",
    )


def _write_points(path: Path) -> None:
    head = ["school", "fylke", "program", "occurrence", "category", "level", "year", "round"]
    rows = [
        [row["school"], "Trøndelag", row["offer"], 0, row["programme_code"], "Vg1", row["year"], "",
         row["points"], row["status"]]
        for row in published("vg1_offers_2025").iter_rows(named=True)
    ]  # fmt: skip
    write_csv(path, [*head, "points", "status"], rows)


def _write_leavers(path: Path) -> None:
    """UTF-16LE without byte order mark, tabs, and `sep=` in the first line, as recorded."""
    table = published("leavers").drop("source")
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\r\n", quoting=csv.QUOTE_NONE)
    writer.writerows([table.columns, *table.rows()])
    path.write_bytes(f"sep=\t\r\n{text.getvalue()}".encode("utf-16-le"))
