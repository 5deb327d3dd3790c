"""A made-up county with the real school structure and regions, and a small one for laws."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from tasks.forecast.panel import Panel, build
from tasks.forecast.simulate import Errors
from tasks.forecast.types import Rules
from tasks.settings import Project

RULES = Rules(
    certainty=0.8,
    balance_band=0.05,
    projection_weights=(0.6, 0.2, 0.2),
    cohort_ages=(16, 18),
    entry_age=16,
    vocational_class=15,
    general_class=30,
    class_step=0.5,
    mean_years=3,
    kappa=50,
)
ERRORS = Errors(cohort=0.01, pupils=0.03, applicants=0.05)


def reference(name: str) -> pl.DataFrame:
    return pl.read_csv(Project().reference / f"{name}.csv", infer_schema=False)


def made_up_frames(scale: float = 1.0, seed: int = 3) -> dict[str, pl.DataFrame]:
    """All frames of a run: real codes, made-up figures."""
    rng = np.random.default_rng(seed)
    areas = reference("programme_area").select(
        pl.col("code").alias("programme_area_code"),
        "programme_code",
        pl.col("level").cast(pl.Int16),
        pl.col("name").alias("programme_area"),
        "builds_on",
        "leads_to",
    )
    membership = reference("region_membership").filter(
        pl.col("region_code").str.starts_with("intake")
    )
    regions = membership.select(
        "region_code",
        pl.col("region_code").alias("region"),
        pl.lit("intake").alias("kind"),
        "municipality_code",
    )
    homes = regions.get_column("municipality_code").to_list()
    size = dict(zip(homes, rng.integers(15, 120, len(homes)) * scale, strict=True))
    size["5001"] = 2000 * scale
    pupils = made_up_pupils(areas, regions, size, rng)
    places = made_up_places(pupils, areas)
    return {
        "cohort": made_up_cohort(size),
        "pupils": pupils,
        "places": places,
        "regions": regions,
        "programme_areas": areas,
        "programmes": reference("utdanningsprogram").select(
            "programme_code",
            pl.col("name").alias("programme"),
            "branch",
            pl.col("county_wide") == "true",
        ),
        **made_up_totals(areas, pupils),
    }


def made_up_cohort(size: dict[str, float]) -> pl.DataFrame:
    rows = []
    for year in range(2016, 2041):
        trend = 1 + 0.01 * np.sin((year - 2016) / 3)
        for alternative, lift in (("main", 0.0), ("low", -0.01), ("high", 0.01)):
            if year <= 2026 and alternative != "main":
                continue
            grow = trend * (1 + lift * max(0, year - 2026) / 5)
            rows += [
                (home, age, year, alternative, round(people * grow * (1 + (18 - age) * 0.002)))
                for home, people in size.items()
                for age in range(8, 20)
            ]
    frame = pl.DataFrame(
        rows, ["municipality_code", "age", "year", "alternative", "persons"], orient="row"
    )
    basis = (
        pl.when(pl.col("year") <= 2026).then(pl.lit("registered")).otherwise(pl.lit("projected"))
    )
    return frame.with_columns(
        basis.alias("basis"), pl.col("persons").cast(pl.Float64), pl.lit(True).alias("constructed")
    )


def made_up_pupils(
    areas: pl.DataFrame, regions: pl.DataFrame, size: dict[str, float], rng: np.random.Generator
) -> pl.DataFrame:
    level = dict(areas.select("programme_area_code", "level").iter_rows())
    builds = dict(areas.select("programme_area_code", "builds_on").iter_rows())
    first = [a for a in level if level[a] == 1]
    targets: dict[str, int] = {}
    for origins in builds.values():
        for origin in (origins or "").split():
            targets[origin] = targets.get(origin, 0) + 1
    region_of = dict(regions.select("municipality_code", "region_code").iter_rows())
    rows = []
    for year in (2023, 2024, 2025):
        for home, people in size.items():
            expected = {a: people * 0.9 / len(first) for a in first}
            for area in sorted(level, key=lambda a: level[a]):
                if level[area] > 1:
                    expected[area] = sum(
                        0.9 * expected.get(o, 0) / targets[o] for o in builds[area].split()
                    )
            school = f"skole-{region_of[home]}"
            rows += [
                (year, school, area, level[area], home, int(rng.poisson(mean)))
                for area, mean in expected.items()
            ]
    columns = ["school_year_start", "organisation_number", "programme_area_code", "level"]
    return pl.DataFrame(
        rows, [*columns, "home_municipality_code", "pupils"], orient="row"
    ).with_columns(pl.lit(True).alias("constructed"))


def made_up_places(pupils: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    now = (
        pupils.filter(pl.col("school_year_start") == 2025)
        .group_by("organisation_number", "programme_area_code", "level")
        .agg(pl.col("pupils").sum())
        .filter(pl.col("pupils") > 0)
        .sort("organisation_number", "programme_area_code")
    )
    return now.join(
        areas.select("programme_area_code", "programme_code"), on="programme_area_code"
    ).select(
        "organisation_number",
        "programme_area_code",
        "programme_code",
        "level",
        (pl.col("pupils") / 15).ceil().alias("classes"),
        ((pl.col("pupils") / 15).ceil() * 15).cast(pl.Int64).alias("places"),
        pl.lit("skole").alias("mode"),
        pl.lit(date(2025, 8, 1)).alias("valid_from"),
        pl.lit("county").alias("owner"),
        pl.lit("5001").alias("municipality_code"),
        pl.col("organisation_number").str.strip_prefix("skole-").alias("intake_region_code"),
        pl.lit(True).alias("constructed"),
    )


def made_up_totals(areas: pl.DataFrame, pupils: pl.DataFrame) -> dict[str, pl.DataFrame]:
    now = (
        pupils.filter(pl.col("school_year_start") == 2025)
        .join(areas.select("programme_area_code", "programme_code"), on="programme_area_code")
        .group_by("programme_code")
        .agg(pl.col("pupils").sum())
        .sort("programme_code")
    )
    applicants = [
        ("50", code, "all", year, round(count * 1.1 + year - 2025))
        for code, count in now.iter_rows()
        for year in (2025, 2026)
    ] + [("50", "*", "apprenticeship", year, n) for year, n in ((2025, 2211), (2026, 2161))]
    contracts = [("50", code, 2025, count // 2, True) for code, count in now.iter_rows()]
    placement = [
        ("50", 2023, 12, 81.0, None),
        ("50", 2024, 12, 80.0, None),
        ("50", 2025, 8, 65.6, None),
        ("50", 2025, 12, 73.3, "Mulig brudd"),
    ]
    schools = pupils.group_by("school_year_start", "organisation_number").agg(
        pl.col("pupils").sum(),
        pl.lit("county").alias("owner"),
        pl.lit(True).alias("constructed"),
    )
    names = ["county_code", "programme_code", "applicant_type", "year", "applicants"]
    return {
        "applicants": pl.DataFrame(applicants, names, orient="row").with_columns(
            pl.lit(False).alias("constructed")
        ),
        "contracts": pl.DataFrame(
            contracts,
            ["county_code", "programme_code", "year", "contracts", "constructed"],
            orient="row",
        ),
        "placement": pl.DataFrame(
            placement, ["county_code", "year", "month", "percent", "note"], orient="row"
        ),
        "schools": schools.sort("school_year_start", "organisation_number"),
    }


@pytest.fixture(scope="session")
def frames() -> dict[str, pl.DataFrame]:
    return made_up_frames()


@pytest.fixture(scope="session")
def panel(frames: dict[str, pl.DataFrame]) -> Panel:
    return build(frames)


@pytest.fixture(scope="session")
def rules() -> Rules:
    return RULES


@pytest.fixture(scope="session")
def errors() -> Errors:
    return ERRORS


@pytest.fixture(scope="session")
def small_panel(panel: Panel) -> Panel:
    """Three programmes in six municipalities of three regions: quick enough for many examples."""
    areas = [i for i, p in enumerate(panel.programme) if p in {"HS", "ST", "PB"}]
    homes = [i for r in panel.regions[:3] for i in np.flatnonzero(np.array(panel.region) == r)[:2]]
    place = {a: i for i, a in enumerate(areas)}
    edges = [
        (place[o], place[t])
        for o, t in zip(panel.origins, panel.targets, strict=True)
        if o in place and t in place
    ]
    return replace(
        panel,
        areas=tuple(panel.areas[i] for i in areas),
        programme=tuple(panel.programme[i] for i in areas),
        level=panel.level[areas],
        homes=tuple(panel.homes[i] for i in homes),
        region=tuple(panel.region[i] for i in homes),
        pupils=panel.pupils[:, areas][:, :, homes],
        population=panel.population[:, homes],
        origins=np.array([o for o, _ in edges]),
        targets=np.array([t for _, t in edges]),
    )
