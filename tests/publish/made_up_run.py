"""A made-up run of the real county: public totals where there are any, the rest from a seed."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from tasks import warehouse
from tasks.catalogue import load
from tasks.forecast.explanation import STEPS
from tasks.publish.provenance import ALSO, USED
from tasks.settings import Project, Rooms

YEAR = "2027/28"
COUNTY = "50"
# Statistics Norway 07459 and 14746 (CC BY 4.0), ages 16–18 on 1 January, 2016–2040.
COHORT = (17067, 17259, 17097, 16786, 16364, 16216, 16372, 16805, 17147, 17571, 17671, 18110)
COHORT += (18074, 17749, 17556, 17434, 17329, 17125, 16795, 16439, 16076, 15811, 15984, 15868)
COHORT += (15791,)
# The Directorate for Education, VGO_Soeker_FylkUtdprogAar (NLOD): applicants 2026.
PROGRAMMES = {"ST": 5000, "ID": 1262, "MD": 664, "ME": 411, "KD": 273, "TP": 2115, "HS": 2044}
PROGRAMMES |= {"EL": 1590, "BA": 1453, "NA": 749, "SR": 632, "RM": 452, "IM": 325, "FD": 286}
PROGRAMMES |= {"DT": 59, "PB": 955}
VOCATIONAL = ("TP", "HS", "EL", "BA", "NA", "SR", "RM", "IM", "FD", "DT")
REGIONS = {
    "intake-trondheim": 0.42,
    "intake-innherred-vaernes": 0.26,
    "intake-trondelag-sor": 0.2,
    "intake-namdal": 0.08,
    "intake-fosen": 0.04,
}
# Told by other periods of the run.
UNDATED = {"ssb_projection", "ssb_population", "county_pupils"}
MONTHLY = {"nav_job_seekers_and_vacancies", "nav_job_seekers", "nav_vacancies"}
NOTE = "Mulig brudd i serien: tallet er vist slik det er publisert, uten utjevning."


class Handed(NamedTuple):
    """What publication is handed."""

    run: Path
    warehouse: Path


def spread(mean: float, share: float) -> dict[str, float]:
    return {"mean": mean, "p10": mean * (1 - share), "p90": mean * (1 + share)}


def named(prefix: str, parts: dict[str, float]) -> dict[str, float]:
    return {f"{prefix}_{key}": value for key, value in parts.items()}


def cohort() -> pl.DataFrame:
    rows = []
    weights = {COUNTY: 1.0, **REGIONS}
    tilt = {code: 0.004 * (2 - place) for place, code in enumerate(REGIONS)}
    for code, weight in weights.items():
        for step, county in enumerate(COHORT):
            year = 2016 + step
            mean = float(round(county * weight * (1 + tilt.get(code, 0.0) * (step - 10))))
            ahead = max(0, step - 10)
            rows.append(
                {
                    "region_code": code,
                    "region": "Trøndelag" if code == COUNTY else code,
                    "year": year,
                    "age_group": "16-18",
                    "basis": "registered" if not ahead else "projected",
                    "persons": mean,
                    "p10": mean * (1 - 0.004 * ahead),
                    "p90": mean * (1 + 0.004 * ahead),
                }
            )
    return pl.DataFrame(rows)


def pupils() -> dict[tuple[str, str], int]:
    """Pupils now by programme and home region; small cells among them, some live elsewhere."""
    found = {}
    for code, applicants in PROGRAMMES.items():
        parts = {r: round(applicants * 0.92 * w) for r, w in REGIONS.items()}
        outside = round(applicants * 0.01)
        found |= {(code, r): n for r, n in parts.items()}
        found[code, COUNTY] = sum(parts.values()) + outside
    for region in (*REGIONS, COUNTY):
        found["*", region] = sum(found[c, region] for c in PROGRAMMES)
    return found


def expected() -> pl.DataFrame:
    rows = []
    for (code, region), now in pupils().items():
        applicants = sum(PROGRAMMES.values()) if code == "*" else PROGRAMMES[code]
        for year in ("2026/27", YEAR):
            rows.append(
                {
                    "programme_code": code,
                    "region_code": region,
                    "school_year": year,
                    "pupils_now": float(now),
                    **named("pupils", spread(now * 1.02, 0.05)),
                    "applicants_now": float(applicants) if region == COUNTY else None,
                    **named("applicants", spread(now * 1.1, 0.06)),
                }
            )
    return pl.DataFrame(rows)


def places() -> pl.DataFrame:
    rng = np.random.default_rng(50)
    names = pl.read_csv(Project().reference / "utdanningsprogram.csv", infer_schema=False)
    wide = set(names.filter(pl.col("county_wide") == "true")["programme_code"])
    rows = []
    for (code, region), now in pupils().items():
        if code == "*" or (code in wide and region != COUNTY) or now < 20:
            continue
        size = 15 if code in VOCATIONAL else 30
        drift = rng.normal(0, 0.07)
        for level, share in (("1", 0.4), ("2", 0.35), ("3", 0.25), ("*", 1.0)):
            offered = float(size * round(now * share * (1.02 + drift) / size))
            need = spread(now * share * 1.02, 0.05)
            gap = {
                "gap_mean": need["mean"] - offered,
                "gap_p10": need["p10"] - offered,
                "gap_p90": need["p90"] - offered,
            }
            p = float(np.clip(0.5 + gap["gap_mean"] / (need["p90"] - need["p10"]), 0, 1))
            verdict = "mangel" if p >= 0.8 else "overskudd" if p <= 0.2 else "uavklart"
            rows.append(
                {
                    "programme_code": code,
                    "level": level,
                    "region_code": region,
                    "places_county": offered,
                    "places_private": 0.0,
                    "classes_county": offered / size,
                    "pupils_now": float(now * share),
                    **named("needed", need),
                    **gap,
                    "classes_needed": float(np.ceil(need["mean"] / size)),
                    "p_shortage": p,
                    "p_balance": 0.0,
                    "p_surplus": 1 - p,
                    "p_no_class_to_spare": 0.0,
                    "assessment": verdict,
                    "county_wide": code in wide,
                }
            )
    return pl.DataFrame(rows)


def apprenticeship() -> pl.DataFrame:
    rows = []
    for code in (*VOCATIONAL, "*"):
        size = sum(PROGRAMMES[c] for c in VOCATIONAL) if code == "*" else PROGRAMMES[code]
        for region in (*REGIONS, COUNTY):
            share = REGIONS.get(region, 1.0)
            applicants = size * 0.22 * share
            contracts = 4770.0 if code == "*" else float(round(size * 4770 / 9705))
            rows.append(
                {
                    "programme_code": code,
                    "region_code": region,
                    **named("applicants", spread(applicants, 0.08)),
                    "contracts_now": contracts if region == COUNTY else None,
                    **named("placed", spread(applicants * 0.78, 0.09)),
                    **named("unplaced", spread(applicants * 0.22, 0.25)),
                    "unplaced_as_newest": applicants * (1 - 0.733),
                }
            )
    return pl.DataFrame(rows)


def placement() -> pl.DataFrame:
    # The Directorate for Education, FOY_SL_Fylker (NLOD).
    county = {(2023, 12): 81.0, (2024, 12): 80.0, (2025, 8): 65.6, (2025, 10): 72.6}
    county[2025, 12] = 73.3
    country = {(2023, 12): 80.5, (2024, 12): 80.3, (2025, 8): 72.7, (2025, 10): 79.0}
    country[2025, 12] = 79.5
    return pl.DataFrame(
        [
            {
                "year": year,
                "month": month,
                "county_code": code,
                "percent": value,
                "drawn": (code, month) == (COUNTY, 12),
                "note": NOTE if (code, year, month) == (COUNTY, 2025, 12) else None,
            }
            for code, series in (("0", country), (COUNTY, county))
            for (year, month), value in series.items()
        ]
    )


def track_record() -> pl.DataFrame:
    of_pupils = [
        ("Elever per utdanningsprogram", "elevstrøm", code, 1, 2, 2.0 + place / 4, 4.0, 0.1, None)
        for place, code in enumerate(PROGRAMMES)
    ]
    # A region that was never counted before has nothing to be compared with.
    of_regions = [
        (
            "Elever per utdanningsprogram og region",
            "elevstrøm",
            f"ST|{region}",
            1,
            1,
            5.0,
            other,
            0.2,
            None,
        )
        for region, other in zip(REGIONS, (4.0, 6.0, 7.0, 8.0, None), strict=True)
    ]
    rows = [
        ("16–18-åringer, fylket", "aldersframskriving", "*", 1, 40, 0.8, 2.1, 0.1, 81.0),
        ("16–18-åringer, fylket", "aldersframskriving", "*", 5, 30, 1.9, 4.4, 0.4, 78.0),
        ("Elever per utdanningsprogram", "elevstrøm", "*", 1, 32, 3.1, 4.0, -0.6, 80.0),
        ("Søkere per utdanningsprogram", "søkere per elev", "*", 1, 16, 6.2, 5.1, 1.9, None),
        *of_pupils,
        *of_regions,
    ]
    return pl.DataFrame(
        [
            {
                "series": series,
                "unit": unit,
                "model": name,
                "is_model": name == model,
                "benchmark": None if other is None else "siste verdi",
                "used": "siste verdi" if series.startswith("Søkere") else model,
                "reason": "",
                "horizon": horizon,
                "n": n,
                "n_origins": 1 if series.startswith("Søkere") else 2,
                "mape": mape if name == model else other,
                "benchmark_mape": other,
                "bias": bias,
                "coverage80": coverage if name == model else None,
                "coverage80_scaled": None,
                "constructed": series.startswith("Elever"),
            }
            for series, model, unit, horizon, n, mape, other, bias, coverage in rows
            for name in (model, "siste verdi")
        ],
        schema_overrides={"coverage80": pl.Float64, "coverage80_scaled": pl.Float64},
        infer_schema_length=None,
    )


AREAS = {"HSHEA2----": (380.0, 330.0), "BATMF2----": (160.0, 190.0), "DTDTR2----": (9.0, 4.0)}
SETTLED_BY = "den bestilte filen fra Statistisk sentralbyrå"


def openings() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "programme_area_code": area,
                "region_code": region,
                "year": year,
                **named("openings", spread(jobs * weight, 0.2)),
                "openings_flexible": 1.1 * jobs * weight,
                **named("candidates", spread(people * weight, 0.1)),
                "confidence": "skjønn",
            }
            for area, (jobs, people) in AREAS.items()
            for region, weight in {COUNTY: 1.0, **REGIONS}.items()
            for year in range(2026, 2032)
        ]
    )


def indicators() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "programme_area_code": area,
                "region_code": region,
                "gap_p10": (jobs - people) * weight - 30 * weight,
                "gap_p50": (jobs - people) * weight,
                "gap_p90": (jobs - people) * weight + 30 * weight,
                "assessment": "uavklart",
                "coverage": 0.0,
                "confidence": "skjønn",
                "settled_by": SETTLED_BY,
                "first_year": 2026,
                "last_year": 2031,
            }
            for area, (jobs, people) in AREAS.items()
            for region, weight in {COUNTY: 1.0, **REGIONS}.items()
        ]
    )


def intake_need() -> pl.DataFrame:
    begins = {"HSHEA2----": (900.0, 3), "BATMF2----": (400.0, 3), "DTDTR2----": (20.0, 3)}
    begins |= {"HSHSF1----": (1200.0, 4)}
    return pl.DataFrame(
        [
            {
                "programme_area_code": area,
                "region_code": region,
                "year": year,
                "lead_years": lead,
                "need_p10": 0.8 * need * weight,
                "need_p50": need * weight,
                "need_p90": 1.3 * need * weight,
                "through_p50": 0.25,
                "coverage": 0.0,
                "confidence": "skjønn",
                "settled_by": SETTLED_BY,
            }
            for area, (need, lead) in begins.items()
            for region, weight in {COUNTY: 1.0, **REGIONS}.items()
            for year in range(2026, 2032)
        ]
    )


def robustness() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "programme_area_code": area,
                "region_code": region,
                "strict": jobs * weight,
                "flexible": 0.9 * jobs * weight,
                "difference_mean": -0.1 * jobs * weight,
                "difference_p10": -0.2 * jobs * weight,
                "difference_p90": 0.05 * jobs * weight,
                "p_same_class": 0.7,
                "assessment_strict": "uavklart",
                "assessment_flexible": "uavklart",
                "differs": area == "BATMF2----",
                "first_year": 2026,
                "last_year": 2031,
            }
            for area, (jobs, _) in AREAS.items()
            for region, weight in {COUNTY: 1.0, **REGIONS}.items()
        ]
    )


def shortage_now() -> pl.DataFrame:
    groups = {"*": (3950, 0.016, None), "Helse, pleie og omsorg": (1225, 0.04, 603)}
    groups |= {"Kontorarbeid": (150, 0.0067, 235), "Undervisning": (None, None, 269)}
    return pl.DataFrame(
        [
            {
                "occupation_group": group,
                "year": 2026,
                "shortage": persons,
                "shortage_p10": persons and 0.8 * persons,
                "shortage_p90": persons and 1.2 * persons,
                "rate_p10": rate and 0.8 * rate,
                "rate_p50": rate,
                "rate_p90": rate and 1.2 * rate,
                "unemployed": unemployed,
                "shortage_per_unemployed": persons / unemployed if persons and unemployed else None,
                "vacancies_per_job_seeker": 0.43,
            }
            for group, (persons, rate, unemployed) in groups.items()
        ]
    )


def apprenticeship_coverage() -> pl.DataFrame:
    counted = {
        "*": (422, 310, 3, 2),
        "HSHEA2----": (222, 163, 1, 1),
        "BATMF2----": (200, 147, 2, 0),
    }
    counted |= {"DTDTR2----": (None, None, 0, 1)}
    return pl.DataFrame(
        [
            {
                "programme_area_code": area,
                "counted_on": date(2025, 12, 31),
                "trades": trades,
                "closed_trades": closed,
                "applicants": applicants,
                "contracts": contracts,
                "coverage": contracts and contracts / applicants,
                "coverage_p10": contracts and contracts / applicants - 0.03,
                "coverage_p90": contracts and contracts / applicants + 0.03,
            }
            for area, (applicants, contracts, trades, closed) in counted.items()
        ]
    )


def scenarios() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "scenario": "fabrikk",
                "title": "Ny fabrikk",
                "quantity": quantity,
                "programme_area_code": area,
                "region_code": COUNTY,
                "reference_mean": 100.0,
                "difference_mean": mean,
                "difference_p10": mean - 2,
                "difference_p50": mean,
                "difference_p90": mean + 2,
                "p_more": 0.9,
                "first_year": 2026,
                "last_year": 2031,
            }
            for area, more in (("BATMF2----", 12.0), ("HSHEA2----", 0.2))
            for quantity, mean in (("openings", more), ("candidates", 0.0), ("gap", more))
        ]
    )


def working_life_notes() -> pl.DataFrame:
    return pl.DataFrame([{"what": "næring og region", "cells": 2, "of": 850, "done": "satt til 2"}])


def decomposition() -> pl.DataFrame:
    """Whole persons that add up; a programme of few pupils among them."""
    rows = []
    for quantity, sizes in (
        ("pupils", {**PROGRAMMES, "*": sum(PROGRAMMES.values())}),
        ("candidates", {"HS": 330, "BA": 190, "DT": 4, "*": 524}),
        ("gap", {"HS": 50, "BA": -30, "DT": 5, "*": 25}),
    ):
        for code, size in sizes.items():
            for region, weight in {COUNTY: 1.0, **REGIONS}.items():
                before = round(size * weight)
                steps = dict(zip(STEPS, (9, -4, 0, 3, -12, 0), strict=True))
                steps["demand"] = 6 if quantity == "gap" else 0
                years = (2027, 2027) if quantity == "pupils" else (2026, 2031)
                rows.append(
                    {
                        "quantity": quantity,
                        "programme_code": code,
                        "region_code": region,
                        "before": before,
                        **steps,
                        "after": before + sum(steps.values()),
                        "first_year": years[0],
                        "last_year": years[1],
                    }
                )
    return pl.DataFrame(rows)


def sensitivity() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "programme_code": code,
                "region_code": region,
                "rank": place + 1,
                "input": name,
                "first": 0.5**place / 2,
                "total": 0.5**place / 2,
                "total_error": 0.04 * 0.5**place,
                "persons": 28.6 * 0.5**place,
                "first_year": 2026,
                "last_year": 2031,
            }
            for code in ("HS", "BA", "DT", "*")
            for region in (COUNTY, *REGIONS)
            for place, name in enumerate(
                ("stay", "growth", "replacement", "participation", "training", "adults")
            )
        ]
    )


def explanation_notes() -> pl.DataFrame:
    return pl.DataFrame(schema={"what": pl.String, "why": pl.String})


TABLES = {
    "cohort": cohort,
    "expected": expected,
    "places": places,
    "apprenticeship": apprenticeship,
    "placement": placement,
    "track_record": track_record,
    "openings": openings,
    "indicators": indicators,
    "intake_need": intake_need,
    "robustness": robustness,
    "shortage_now": shortage_now,
    "apprenticeship_coverage": apprenticeship_coverage,
    "working_life_notes": working_life_notes,
    "scenarios": scenarios,
    "decomposition": decomposition,
    "sensitivity": sensitivity,
    "explanation_notes": explanation_notes,
}


def period_of(dataset: str) -> str:
    if dataset in MONTHLY:
        return "2026-01"
    return "2025-10-01" if dataset.startswith("county_") else "2025"


def write_run(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, build in TABLES.items():
        build().write_parquet(folder / f"{name}.parquet")
    rules = {"balance_band": 0.05, "certainty": 0.8}
    labour_rules = {"completion_years": {"vocational": 6, "vocational_vg2": 5}}
    manifest = {
        "school_year": YEAR,
        "parameters": {
            "county": COUNTY,
            "draws": 400,
            "rules": rules,
            "labour_rules": labour_rules,
        },
        "seed": 1,
        "periods": {
            "population": "2026",
            "projection": "2050",
            "pupils": "2025/26",
            "applicants": "2026",
            "places": "2026-08-01",
            "contracts": "2025",
            "placement": "2025-12-01",
            "working_life": {
                name: period_of(name)
                for name in {n for used in ALSO.values() for n in used} - UNDATED
            },
        },
        "code": {"package": "0.1.0", "commit": None},
        "vintages": vintages(),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def vintages() -> list[dict[str, object]]:
    used = {dataset for datasets in (USED | ALSO).values() for dataset in datasets}
    return [
        {
            "dataset": dataset.id,
            "title": dataset.title,
            "source_table": dataset.source_table,
            "publisher": dataset.publisher.name,
            "licence": dataset.licence or dataset.publisher.licence,
            "snapshot": hashlib.sha256(dataset.id.encode()).hexdigest(),
            "as_of": "2026-11-22",
            "landed_at": "2026-11-22 02:31:00.000000",
            "source_updated": "2026-06-12 06:00:00.000000",
            "stale": False,
            "stale_reason": None,
            "constructed": dataset.id.startswith("county_"),
        }
        for dataset in load(Project().catalogue)
        if dataset.id in used
    ]


def write_warehouse(home: Path) -> Path:
    path = Rooms(home).warehouse
    reference = Project().reference
    con = warehouse.open_build(path)
    con.execute(
        "create table mart.programme as select programme_code, name as programme, branch, "
        "county_wide = 'true' as county_wide from read_csv(?, all_varchar = true)",
        [str(reference / "utdanningsprogram.csv")],
    )
    con.execute(
        "create table mart.programme_area as select code as programme_area_code, "
        "name as programme_area from read_csv(?, all_varchar = true)",
        [str(reference / "programme_area.csv")],
    )
    con.execute(
        "create table mart.region_membership as select region_code, name as region, kind, "
        "'5001' as municipality_code from read_csv(?, all_varchar = true)",
        [str(reference / "regions.csv")],
    )
    con.execute(
        "create table staging.county as select '50' as county_code, "
        "'Trøndelag - Trööndelage' as county"
    )
    con.close()
    return path
