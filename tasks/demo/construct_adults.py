"""Adults: qualification cohorts, career guidance and in-company training; constructed.

Guidance follows the published number of adults in each municipality; enterprises are those of the
sample's register. Counts of persons under five are closed, as the county's files have them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tasks.demo.construct_common import published, reference, share_out, stream, write_csv

SMALLEST = 5
COUNTED = "2026-10-01"
# Region of the cohort, its seat, trade, number, job guaranteed, start, years, partners.
COHORTS = (
    ("Namdalen", "5007", "HSHEA3----", 16, True, "2022-08-15", 3, "NAV|kommunene i Namdalen"),
    ("Namdalen", "5007", "HSHEA3----", 14, True, "2024-01-08", 3, "NAV|kommunene i Namdalen"),
    ("Fosen", "5058", "HSHEA3----", 12, True, "2023-08-14", 3, "NAV|kommunene på Fosen"),
    ("Innherred", "5037", "HSHEA3----", 20, True, "2022-01-10", 3, "NAV|kommunene|helseforetaket"),
    ("Innherred", "5006", "HSBUA3----", 15, False, "2023-01-09", 3, "NAV|kommunene på Innherred"),
    ("Innherred", "5038", "TPCNC3----", 10, True, "2024-08-12", 3, "NAV|industrien i Verdal"),
    ("Trondheim", "5001", "HSHEA3----", 24, True, "2022-08-15", 3, "NAV|Trondheim kommune"),
    ("Trondheim", "5001", "ELELE3----", 12, False, "2024-08-12", 4, "NAV|elektrobransjen"),
    ("Trondheim", "5001", "RMKOK3----", 14, True, "2025-01-06", 3, "NAV|hotell og servering"),
    ("Trøndelag Sør", "5021", "BATMF3----", 8, True, "2023-08-14", 4, "NAV|byggenæringen"),
    ("Trøndelag Sør", "5059", "HSHEA3----", 13, True, "2025-08-18", 3, "NAV|kommunene i Orkland"),
    ("Kysten", "5014", "NAAKV3----", 15, True, "2023-01-09", 3, "NAV|havbruksnæringen"),
    ("Kysten", "5056", "NAAKV3----", 9, True, "2025-08-18", 3, "NAV|havbruksnæringen"),
    ("Værnes", "5035", "HSBUA3----", 6, False, "2026-01-05", 3, "NAV|Stjørdal kommune"),
)  # fmt: skip
COHORT_COLUMNS = ["kull", "region", "vertskommune", "fagkode", "fag", "yrke", "jobbgaranti",
                  "oppstart", "slutt", "startet", "i_lop", "fagbrev", "i_arbeid", "partnere",
                  "talt", "konstruert"]  # fmt: skip
GUIDANCE_YEARS = tuple(range(2020, 2026))
GUIDANCE = {  # Persons in 2020, growth a year, conversations a person.
    "voksne": (1_450, 1.05, 1.6),
    "introduksjonsprogram": (280, 1.16, 2.3),
    "nav": (620, 1.03, 1.9),
    "ungdom": (190, 1.08, 1.4),
}
CENTRES = {
    "intake-trondelag-sor": "Karrieresenteret sør",
    "intake-fosen": "Karrieresenteret Fosen",
    "intake-innherred-vaernes": "Karrieresenteret Innherred-Værnes",
    "intake-namdal": "Karrieresenteret Namdal",
    "intake-trondheim": "Karrieresenteret Trondheim",
}
GUIDANCE_COLUMNS = ["aar", "senter", "kommune", "gruppe", "personer", "samtaler", "konstruert"]
# Kroner that the county may grant, by year.
FRAMES = {
    2020: 21_500_000, 2021: 18_000_000, 2022: 12_400_000, 2023: 11_800_000,
    2024: 12_600_000, 2025: 13_100_000, 2026: 13_600_000,
}  # fmt: skip
FRAME_COLUMNS = ["aar", "ramme_kr", "overfort_kr", "konstruert"]
PROJECTS = 70  # a year, refused ones too
# What enterprises train for, by the first figures of their industry.
SUBJECTS = {
    "03": "Automatisert fôring og fiskehelse", "10": "Ny produksjonslinje",
    "16": "Digital saglinje", "25": "Robotsveising", "41": "Ombruk og lavutslippsbygg",
    "43": "Styring av bygg", "47": "Netthandel", "49": "Elektriske tunge kjøretøy",
    "55": "Ny drift utenom sesong", "62": "Skytjenester og sikkerhet",
}  # fmt: skip
PROJECT_COLUMNS = ["prosjekt", "aar", "orgnr", "naering", "kommune", "tema", "deltakere", "sokt_kr",
                   "innvilget_kr", "utbetalt_kr", "tilstand", "konstruert"]  # fmt: skip


def write(out: Path) -> None:
    """Write four files under `county/`."""
    files = {
        "kvalifiseringslop": (COHORT_COLUMNS, _cohorts()),
        "karriereveiledning": (GUIDANCE_COLUMNS, _guidance()),
        "bio_ramme": (FRAME_COLUMNS, _frames()),
        "bio_prosjekter": (PROJECT_COLUMNS, _projects(out)),
    }
    for name, (columns, rows) in files.items():
        write_csv(out / "county" / f"{name}.csv", columns, rows, excel=True)


def closed(persons: int) -> str:
    """A count of persons as the county gives it: `*` for one to four."""
    return "*" if 0 < persons < SMALLEST else str(persons)


def _cohorts() -> Iterator[list[Any]]:
    rng = stream("cohorts")
    trades = {
        row["trade_code"]: (row["name"], row["occupation_code"])
        for row in reference("crosswalk_trade_programme_area").iter_rows(named=True)
    }
    for at, (region, seat, trade, started, job, start, years, partners) in enumerate(COHORTS, 1):
        end = f"{int(start[:4]) + years}{start[4:]}"
        stayed = int(rng.binomial(started, 0.86))
        finished = end <= COUNTED
        certified = int(rng.binomial(stayed, 0.82)) if finished else 0
        employed = int(rng.binomial(certified, 0.97 if job else 0.85))
        going_on = int(rng.binomial(stayed - certified, 0.4)) if finished else stayed
        yield [f"K{start[:4]}-{at:02d}", region, seat, trade, *trades[trade],
               "ja" if job else "nei", start, end, *map(closed, (started, going_on, certified,
               employed)), partners, COUNTED, "true"]  # fmt: skip


def _guidance() -> Iterator[list[Any]]:
    rng = stream("guidance")
    region: dict[str, str] = {}
    for name in CENTRES:
        members = reference("region_membership").filter(region_code=name)["municipality_code"]
        region |= dict.fromkeys(members, name)
    adults = {
        code: float(persons)
        for code, persons in published("adults_by_municipality")
        .filter(year="2020")
        .select("municipality_code", "persons")
        .iter_rows()
        if code in region
    }
    for year in GUIDANCE_YEARS:
        for group, (first, growth, talks) in GUIDANCE.items():
            drawn = np.array([n * float(rng.uniform(0.7, 1.3)) for n in adults.values()])
            found = share_out(round(first * growth ** (year - GUIDANCE_YEARS[0])), drawn)
            for code, persons in sorted(zip(adults, map(int, found), strict=True)):
                said = closed(persons)
                held = said if said == "*" else round(persons * talks)
                if persons:
                    yield [year, CENTRES[region[code]], code, group, said, held, "true"]


def _frames() -> Iterator[list[Any]]:
    for year, frame in FRAMES.items():
        yield [year, frame, 0 if year == min(FRAMES) else frame // 40_000 * 1_000, "true"]


def _projects(out: Path) -> Iterator[list[Any]]:
    """Projects of enterprises in the sample's register; a year never grants more than its frame."""
    rng = stream("in-company training")
    with (out / "brreg" / "establishments.csv").open(encoding="utf-8", newline="") as file:
        able = [
            row
            for row in csv.DictReader(file)
            if row["naeringskode"][:2] in SUBJECTS and int(row["ansatte"]) >= SMALLEST
        ]
    for year, frame in FRAMES.items():
        left = frame
        for number, at in enumerate(rng.permutation(len(able))[:PROJECTS], 1):
            row = able[int(at)]
            trained = max(2, int(rng.binomial(int(row["ansatte"]), 0.5)))
            asked = 1_000 * trained * int(rng.integers(22, 46))
            granted = min(int(asked * float(rng.uniform(0.5, 0.9))) // 1_000 * 1_000, left)
            if granted < asked // 4:
                granted = 0
            left -= granted
            state, paid = _state(rng, granted, year)
            yield [f"BIO{year}-{number:02d}", year, row["organisasjonsnummer"], row["naeringskode"],
                   row["kommunenummer"], SUBJECTS[row["naeringskode"][:2]], closed(trained), asked,
                   granted, paid, state, "true"]  # fmt: skip


def _state(rng: np.random.Generator, granted: int, year: int) -> tuple[str, int]:
    chance = float(rng.uniform())
    if not granted:
        return "avslått", 0
    if year == max(FRAMES):
        return "innvilget", granted // 2_000 * 1_000
    return ("trukket", 0) if chance < 0.06 else ("gjennomført", int(granted * min(1, 0.8 + chance)))
