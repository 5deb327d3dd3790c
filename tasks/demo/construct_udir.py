"""The report pages of the Directorate for Education, from published figures.

Only the split of running contracts over utdanningsprogram is constructed: shares follow the
published applicants of the vocational programmes, and the county's total is kept exactly.

Row ids follow the one recorded response: `1` is the country, `1.44` Trøndelag; `-12` stands for all
counties, so `1.-12.-17` is a programme in the country and `1.44.-17` the same in Trøndelag.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl

from tasks.demo import construct_udir_levels
from tasks.demo.construct_common import SAMPLE, published, reference, share_out, toml, write_csv
from tasks.demo.udir_page import UNITS, Page, Row, decimal, spaced

SOURCE = "Utdanningsdirektoratet, statistikkportalen (NLOD)"

# How many running contracts a programme has per applicant, against the others: assumed.
CONTRACTS_PER_APPLICANT = {
    "BA": 1.25, "EL": 1.15, "FD": 0.7, "HS": 0.85, "DT": 0.8,
    "IM": 0.75, "NA": 0.45, "RM": 0.8, "SR": 0.65, "TP": 1.2,
}  # fmt: skip

APPLICANT_MEASURES = ("Søkere i alt", "Søkere til skole", "Søkere til læreplass")


def _applicants() -> Iterable[Row]:
    kinds = {
        "alle": "Søkere i alt",
        "skole": "Søkere til skole",
        "laereplass": "Søkere til læreplass",
    }
    totals = published("applicants")
    by_programme = published("applicants_by_programme")
    for year in ("2024", "2025", "2026"):
        for region, (level, row_id, name) in UNITS.items():
            for kind, measure in kinds.items():
                value = totals.row(
                    by_predicate=(pl.col("year") == year)
                    & (pl.col("region_code") == region)
                    & (pl.col("kind") == kind),
                    named=True,
                )["applicants"]
                yield (
                    f"{year}03",
                    year,
                    level,
                    row_id,
                    region,
                    name,
                    year,
                    measure,
                    spaced(value),
                    "false",
                )
            parent = "1.-12" if region == "0" else row_id
            chosen = by_programme.filter(year=year, region_code=region)
            for programme in chosen.iter_rows(named=True):
                row_path = f"{parent}.{programme['udir_id']}"
                names = (programme["programme_code"], programme["name"])
                head = (f"{year}03", year, "2", row_path, *names, year)
                # The portal's excerpt splits applicants by kind for the totals only.
                yield (*head, "Søkere i alt", spaced(programme["applicants"]), "false")
                yield (*head, "Søkere til skole", "", "false")
                yield (*head, "Søkere til læreplass", "", "false")


def _pupils() -> Iterable[Row]:
    totals = published("pupils")
    names = pl.read_csv(SAMPLE / "nsr" / "schools.csv", infer_schema=False)
    schools = published("pupils_by_school").join(
        names, left_on="orgnr", right_on="Organisasjonsnummer", how="left"
    )
    # One id per school over all years, as the portal has it.
    ids = {orgnr: 5001 + i for i, orgnr in enumerate(sorted(set(schools["orgnr"])))}
    for school_year in ("2023-24", "2024-25", "2025-26"):
        tid = f"{school_year[:4]}10"
        for row in totals.filter(school_year=school_year).iter_rows(named=True):
            level, row_id, name = UNITS[row["region_code"]]
            head = (tid, school_year, level, row_id, row["region_code"], name, school_year)
            yield (*head, "Antall elever", spaced(row["pupils"]), "false")
        for row in schools.filter(school_year=school_year).sort("orgnr").iter_rows(named=True):
            school = (tid, school_year, "2", f"1.44.{ids[row['orgnr']]}", row["orgnr"], row["Navn"])
            yield (*school, school_year, "Antall elever", spaced(row["pupils"]), "false")


def _placement() -> Iterable[Row]:
    months = {"8": "august", "10": "oktober", "12": "desember"}
    for row in published("placement").iter_rows(named=True):
        level, row_id, name = UNITS[row["region_code"]]
        label = f"{months[row['month']]} {row['year']}"
        tid = f"{row['year']}{int(row['month']):02d}"
        head = (tid, label, level, row_id, row["region_code"], name, label)
        yield (*head, "Andel med læreplass (prosent)", decimal(row["percent"]), "false")


def _contracts() -> Iterable[Row]:
    measure = "Løpende lærekontrakter"
    applicants = published("applicants_by_programme").filter(year="2025")
    programmes = reference("utdanningsprogram").filter(branch="yrkesfaglig").sort("udir_id")
    for row in published("apprentice_contracts").sort("year", "region_code").iter_rows(named=True):
        region, year = row["region_code"], row["year"]
        level, row_id, name = UNITS[region]
        label = f"oktober {year}"
        tid = f"{year}10"
        yield (
            tid,
            label,
            level,
            row_id,
            region,
            name,
            label,
            measure,
            spaced(row["contracts"]),
            "false",
        )
        chosen = programmes.join(
            applicants.filter(region_code=region).select("programme_code", "applicants"),
            on="programme_code",
            maintain_order="left",
        )
        weights = chosen["applicants"].cast(pl.Float64).to_numpy() * np.array(
            [CONTRACTS_PER_APPLICANT[code] for code in chosen["programme_code"]]
        )
        parts = share_out(int(row["contracts"]), weights)
        parent = "1.-12" if region == "0" else row_id
        for programme, part in zip(chosen.iter_rows(named=True), parts, strict=True):
            head = (
                tid,
                label,
                "2",
                f"{parent}.{programme['udir_id']}",
                programme["programme_code"],
            )
            yield (*head, programme["name"], label, measure, spaced(int(part)), "true")


def _completion() -> Iterable[Row]:
    for row in published("completion").sort("cohort").iter_rows(named=True):
        level, row_id, name = UNITS[row["region_code"]]
        label = f"{row['cohort']}-kullet"
        head = (row["cohort"], label, level, row_id, row["region_code"], name, label)
        yield (*head, "Fullført og bestått (prosent)", decimal(row["percent"]), "false")


def pages() -> list[Page]:
    """All report pages of the sample."""
    programme = ("Nasjonalt", "Fylke", "Utdanningsprogram")
    county = ("Nasjonalt", "Fylke")
    return [
        Page(301, "VGO_Soeker_FylkUtdprogAar", "Søkere etter fylke og utdanningsprogram", programme,
             "TidID", (202403, 202503, 202603), 1,
             APPLICANT_MEASURES, False, _applicants()),
        Page(302, "VGO_Elev_FylkSkol", "Elever etter fylke og skole",
             ("Nasjonalt", "Fylke", "Skole"), "TidID", (202310, 202410, 202510), 1,
             ("Antall elever",), False, _pupils()),
        Page(303, "FOY_SL_Fylker", "Søkere til læreplass og formidling etter fylke", county,
             "TidID", (202312, 202412, 202508, 202510, 202512), 1,
             ("Andel med læreplass (prosent)",), True, _placement()),
        Page(304, "FOY_LK_FylkUtdprogAar", "Løpende lærekontrakter etter fylke og program",
             programme, "TidID", (202410, 202510), 1, ("Løpende lærekontrakter",), True,
             _contracts()),
        Page(305, "VGO_Gjennomfoering_Fylk", "Gjennomføring etter fylke", county, "TidID",
             (2018, 2019), 1, ("Fullført og bestått (prosent)",), True, _completion()),
        *construct_udir_levels.pages(),
    ]  # fmt: skip


def write(out: Path) -> None:
    """Write `udir/<page>.toml` and `udir/<page>.csv` for every page.

    Rows are ordered by filter value, then as the portal lists them: country, its programmes,
    county, its programmes or schools.
    """
    for page in pages():
        header = ["filter", "filter_label", "level", "id", "kode", "navn"]
        header += [name for name, _ in page.filters]
        header += [f"column_{number}" for number in range(1, page.columns + 1)]
        write_csv(
            out / "udir" / f"{page.code}.csv",
            [*header, "measure", "value", "constructed"],
            page.rows,
        )
        lines = [f"id = {page.id}", f"kode = {toml(page.code)}", f"navn = {toml(page.name)}"]
        known = ("EnhetID", page.time_filter, *(name for name, _ in page.filters))
        lines.append(f"gyldigeFiltre = {toml(known)}")
        lines.append(f"rowHierarchy = {toml(page.hierarchy)}")
        lines.append(f"time_filter = {toml(page.time_filter)}")
        lines.append(f"measures = {toml(page.measures)}")
        lines.append(f"suppressed = {toml(page.suppressed)}")
        lines.append(f"source = {toml(SOURCE)}")
        lines += ["", "[filterDefaultVerdier]", "EnhetID = [-12]"]
        lines.append(f"{page.time_filter} = {toml((page.periods[-1],))}")
        lines += [f"{name} = {toml((value,))}" for name, value in page.filters]
        target = out / "udir" / f"{page.code}.toml"
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")
