"""A made-up county with the real school structure and regions, and a small one for laws."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl
import pytest

from tasks.forecast.evaluation import series
from tasks.forecast.panel import Panel, build
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


# Where pupils are a year later, by level and whether trades build on their area.
DESTINATIONS = {
    (1, False): {"next_level": 0.9, "re_choice": 0.05, "same_level": 0.02, "left": 0.03},
    (2, True): {
        "apprenticeship": 0.45,
        "paabygg": 0.3,
        "re_choice": 0.04,
        "same_level": 0.03,
        "left": 0.18,
    },
    (2, False): {"next_level": 0.92, "re_choice": 0.03, "same_level": 0.02, "left": 0.03},
    (3, False): {"completed": 0.88, "same_level": 0.04, "left": 0.08},
}


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
    frames = {
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
        **{f"flow.{name}": frame for name, frame in made_up_registers(areas, pupils, rng).items()},
    }
    frames |= {
        "flow.pupils": pupils,
        "flow.population": frames["cohort"],
        "flow.regions": regions,
        "flow.programme_areas": areas,
    }
    return frames


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


def made_up_registers(
    areas: pl.DataFrame, pupils: pl.DataFrame, rng: np.random.Generator
) -> dict[str, pl.DataFrame]:
    """What the student flow reads beside pupils and population: one trade on each vocational Vg2.

    Transitions of the pupils of each autumn but the last, and of as many before the first.
    """
    vocational = areas.filter(pl.col("level") == 2, pl.col("leads_to").str.contains("apprent"))
    trades = {f"{a[:5]}3----": a for a in vocational.get_column("programme_area_code")}
    counted = {
        (year, area): n
        for year, area, n in pupils.group_by("school_year_start", "programme_area_code")
        .agg(pl.col("pupils").sum())
        .iter_rows()
    }
    moved, contracts, certificates, placed = [], [], [], []
    for area, level in areas.select("programme_area_code", "level").sort(pl.all()).iter_rows():
        goes = DESTINATIONS[level, area in trades.values()]
        for year in range(2019, 2025):
            there = counted.get((max(year, 2023), area), 0)
            found = rng.multinomial(there, list(goes.values()))
            regime = "before" if year < 2023 else "after"
            moved += [
                (year, date(year + 1, 10, 1), regime, area, level, to, int(n), there, True)
                for to, n in zip(goes, found, strict=True)
            ]
    for trade, area in trades.items():
        size = max(counted.get((2025, area), 0), 4)
        for year in range(2019, 2026):
            day = date(year, 10, 1)
            contracts.append(("50", day, trade, "laerling", round(0.9 * size), True))
            certificates.append(("50", year, trade, "laerling", round(0.38 * size), True))
            asked = round(0.6 * size)
            placed.append((date(year, 12, 31), trade, asked, round(0.75 * asked), True))
    return {
        name: pl.DataFrame(rows, [*columns.split(), "constructed"], orient="row")
        for name, rows, columns in (
            (
                "transitions",
                moved,
                "school_year_start next_counted_on regime programme_area_code "
                "level destination_code pupils pupils_before",
            ),
            (
                "contracts",
                contracts,
                "area_code counted_on trade_code contract_type_code contracts",
            ),
            ("certificates", certificates, "area_code year trade_code route_code certificates"),
            ("placement", placed, "counted_on trade_code applicants with_contract"),
            (
                "trade_areas",
                [(t, a, True) for t, a in trades.items()],
                "trade_code programme_area_code",
            ),
            (
                "intention",
                [(2026, "50", t, 5, 12, True) for t in trades],
                "round area_code trade_code intended_intake current_apprentices",
            ),
            (
                "adult_modules",
                [("50", 2025, next(iter(trades)), 8, 2, True)],
                "area_code year trade_code participants certificates",
            ),
            ("college", [(y, "autumn", 200, True) for y in (2024, 2025)], "year semester students"),
            ("completion", [("50", 2020, 85.0, True)], "county_code cohort percent"),
        )
    }


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


@pytest.fixture(scope="module")
def tested_once() -> Iterator[None]:
    """What a run goes by is tested once on the same frames: seed, draws and horizon are no part."""
    made: list[tuple[series.Given, dict[str, series.Tested]]] = []
    test = series.in_a_run

    def same(one: series.Given, other: series.Given) -> bool:
        frames = one.frames.keys() == other.frames.keys() and all(
            frame is other.frames[name] for name, frame in one.frames.items()
        )
        return frames and (one.declared, one.county) == (other.declared, other.county)

    def remembered(given: series.Given) -> dict[str, series.Tested]:
        found = next((tests for before, tests in made if same(before, given)), None)
        if found is None:
            found = test(given)
            made.append((given, found))
        return dict(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(series, "in_a_run", remembered)
        yield
