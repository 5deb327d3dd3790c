"""A made-up labour market with real codes: two regions, three industries, nine occupations."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from tasks.forecast.labour.types import LabourRules
from tasks.labour_rules import read_labour_rules
from tasks.rules import read_rules
from tasks.settings import Project

COUNTY = "50"
REGIONS = ("intake-a", "intake-b")
HOMES = {"intake-a": "5001", "intake-b": "5006"}
INDUSTRIES = ("10-33", "85", "86-88")
CODES = {
    "2310": ("UH", 1.0),
    "2320": ("HSBUA2----", 0.4),
    "2341": ("UH", 0.9),
    "5311": ("HSBUA2----", 0.7),
    "5321": ("HSHEA2----", 0.95),
    "5329": ("HSHEA2----", 0.5),
    "7212": ("TPKPL2----", 0.8),
    "7223": ("TPPIN2----", 0.9),
    "7233": ("TPKJT2----", 0.6),
}
GROUPS = ("23", "53", "72")
YEARS = tuple(range(2016, 2026))
NATIONAL_AGES = ("15-24", "25-39", "40-54", "55-66", "67-74")
COUNTY_AGES = ("15-24", "25-39", "40-54", "55-59", "60-74")


def declared() -> LabourRules:
    folder = Project().reference / "rules"
    return read_labour_rules(folder, read_rules(folder))


def made_up(
    seed: int = 1, scale: float = 1.0, confidence: str = "skjønn", seed_confidence: str = "skjønn"
) -> dict[str, pl.DataFrame]:
    """Frames with the marts' columns that the model reads."""
    rng = np.random.default_rng(seed)
    size = {c: float(s) for c, s in zip(CODES, rng.integers(80, 900, len(CODES)), strict=True)}
    return {
        **_occupations(rng, size, scale),
        "employed_by_area_industry": _industries(rng, scale),
        "employed_by_occupation": _nation(rng, size),
        "occupation_programme_area": _crosswalk(confidence),
        "crosswalk_industry_occupation": _seed(seed_confidence),
        "employed_by_occupation_education_level": _levels(),
        **_population(scale),
        **_survey(),
    }


def _occupations(
    rng: np.random.Generator, size: dict[str, float], scale: float
) -> dict[str, pl.DataFrame]:
    share = {"intake-a": 0.7, "intake-b": 0.3}
    areas = [(r, "intake", s) for r, s in share.items()] + [(COUNTY, "county", 1.0)]
    codes, ages = [], []
    for year in YEARS:
        grow = 1 + 0.01 * (year - YEARS[0])
        for area, kind, part in areas:
            by_code = {c: round(n * part * grow) * scale for c, n in size.items()}
            codes += [(area, kind, c, 4, year, n) for c, n in by_code.items()]
            ages += [(area, kind, c, 4, "15-74", year, float(n)) for c, n in by_code.items()]
            for group in GROUPS:
                total = sum(n for c, n in by_code.items() if c[:2] == group) + 20 * scale * part
                codes.append((area, kind, group, 2, year, total))
                parts = rng.dirichlet([12, 30, 30, 10, 12])
                ages += [
                    (area, kind, group, 2, age, year, total * p)
                    for age, p in zip(COUNTY_AGES, parts, strict=True)
                ]
                ages.append((area, kind, group, 2, "15-74", year, total))
    columns = ["area_code", "area_kind", "occupation_code", "digits"]
    return {
        "employed_by_area_occupation": pl.DataFrame(
            codes, [*columns, "year", "employed"], orient="row", infer_schema_length=None
        ),
        "employed_by_area_occupation_age": pl.DataFrame(
            ages, [*columns, "age_group", "year", "employed"], orient="row", strict=False
        ),
    }


def _industries(rng: np.random.Generator, scale: float) -> pl.DataFrame:
    level = rng.integers(400, 2000, (len(INDUSTRIES), len(REGIONS)))
    steps = np.cumsum(rng.normal(0.01, 0.02, (len(YEARS), *level.shape)), axis=0)
    rows = [
        (
            region,
            "intake",
            industry,
            year,
            float(round(level[i, r] * np.exp(steps[t, i, r]))) * scale,
        )
        for t, year in enumerate(YEARS)
        for i, industry in enumerate(INDUSTRIES)
        for r, region in enumerate(REGIONS)
    ]
    names = ["area_code", "area_kind", "industry_code", "year", "employed"]
    return pl.DataFrame(rows, names, orient="row")


def _nation(rng: np.random.Generator, size: dict[str, float]) -> pl.DataFrame:
    rows = []
    for code, persons in size.items():
        parts = rng.dirichlet([12, 30, 30, 18, 3])
        for year in YEARS[-6:]:
            rows += [
                ("0", code, age, year, round(12 * persons * p * (1 + 0.005 * (year - 2020))))
                for age, p in zip(NATIONAL_AGES, parts, strict=True)
            ]
    names = ["area_code", "occupation_code", "age_group", "year", "employed"]
    return pl.DataFrame(rows, names, orient="row")


def _crosswalk(confidence: str) -> pl.DataFrame:
    rows = []
    for code, (target, weight) in CODES.items():
        kind = "outside" if target == "UH" else "programme_area"
        rows.append((code, kind, target, weight, confidence))
        if weight < 1:
            rows.append((code, "outside", "INGEN", 1 - weight, confidence))
    names = ["occupation_code", "target_kind", "target_code", "weight", "confidence"]
    return pl.DataFrame(rows, names, orient="row")


def _seed(confidence: str) -> pl.DataFrame:
    shares = {
        "10-33": {"72": 0.9, "23": 0.05, "53": 0.05},
        "85": {"23": 0.9, "53": 0.1},
        "86-88": {"53": 0.85, "23": 0.15},
    }
    rows = [
        (industry, group, weight, "", confidence)
        for industry, of in shares.items()
        for group, weight in of.items()
    ]
    names = ["industry_code", "occupation_code", "weight", "valid_to", "confidence"]
    return pl.DataFrame(rows, names, orient="row")


def _levels() -> pl.DataFrame:
    shares = {"1-2": 100, "3": 500, "4": 50, "5-6": 300, "7-8": 50}
    rows = [(g, level, 2025, n) for g in GROUPS for level, n in shares.items()]
    return pl.DataFrame(
        rows, ["occupation_code", "education_level_code", "year", "employed"], orient="row"
    )


def _population(scale: float) -> dict[str, pl.DataFrame]:
    rows = []
    for year in range(2016, 2042):
        for alternative, lift in (("main", 0.0), ("low", -0.004), ("high", 0.004)):
            if year <= 2026 and alternative != "main":
                continue
            basis = "registered" if year <= 2026 else "projected"
            grow = 1 + lift * max(0, year - 2026)
            for home, part in (("5001", 60.0), ("5006", 25.0)):
                rows += [
                    (home, age, year, alternative, basis, scale * part * grow * _at_age(age, year))
                    for age in range(100)
                ]
    names = ["municipality_code", "age", "year", "alternative", "basis", "persons"]
    member = [(r, "intake", HOMES[r], None) for r in REGIONS]
    return {
        "cohort_by_municipality_year": pl.DataFrame(rows, names, orient="row"),
        "region_membership": pl.DataFrame(
            member,
            {
                "region_code": pl.String,
                "kind": pl.String,
                "municipality_code": pl.String,
                "valid_to": pl.Date,
            },
            orient="row",
        ),
    }


def _at_age(age: int, year: int) -> float:
    """An ageing population: fewer young, more old each year."""
    return max(0.05, 1 - (age / 105) ** 2 + 0.01 * (year - 2016) * (age - 40) / 60)


def _survey() -> dict[str, pl.DataFrame]:
    group = "Helse, pleie og omsorg"
    return {
        "enterprise_survey_by_county": pl.DataFrame(
            {
                "area_code": [COUNTY],
                "year": [2026],
                "shortage_persons": [120],
                "shortage_low": [90],
                "shortage_high": [150],
            }
        ),
        "enterprise_survey_by_occupation_group": pl.DataFrame(
            {
                "area_code": [COUNTY],
                "occupation_group": [group],
                "year": [2026],
                "shortage_persons": [60],
                "unemployed_persons": [30],
            }
        ),
        "labour_market_by_county_occupation_month": pl.DataFrame(
            {
                "area_code": [COUNTY] * 2,
                "occupation_group": [group] * 2,
                "month": [date(2026, 1, 1), date(2024, 6, 1)],
                "job_seekers": [40, 400],
                "vacancies": [50, 4],
            }
        ),
        "labour_shortage_by_county_occupation": pl.DataFrame(
            {
                "area_code": [COUNTY],
                "occupation_code": ["5321"],
                "year": [2017],
                "shortage_persons": [30],
            }
        ),
    }
