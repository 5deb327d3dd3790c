"""Made-up marts of a county with the real codes, drawn from known shares."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from tasks.settings import Project

TRADES = {
    "BATMF3----": "BATMF2----",
    "BARLF3----": "BARLF2----",
    "ELELE3----": "ELELE2----",
    "HSHEA3----": "HSHEA2----",
    "HSBUA3----": "HSBUA2----",
}
PROGRAMMES = ("ST", "BA", "EL", "HS", "PB")
HOMES = ("5001", "5006", "5053", "9999")
REGIONS = {"5001": "intake-a", "5006": "intake-b", "5053": "intake-b"}
FIRST = {"STUSP1----": 400, "BABAT1----": 120, "ELELE1----": 110, "HSHSF1----": 150}


def frames(seed: int = 5) -> dict[str, pl.DataFrame]:
    rng = np.random.default_rng(seed)
    areas = (
        pl.read_csv(Project().reference / "programme_area.csv", infer_schema=False)
        .filter(pl.col("programme_code").is_in(PROGRAMMES))
        .rename({"code": "programme_area_code"})
        .with_columns(pl.col("level").cast(pl.Int16))
    )
    taught = [*FIRST, *TRADES.values(), "STREA2----", "STREA3----", "PBPBY3----"]
    areas = areas.filter(pl.col("programme_area_code").is_in(taught))
    return {
        "programme_areas": areas,
        "trade_areas": pl.DataFrame(
            {"trade_code": list(TRADES), "programme_area_code": list(TRADES.values())}
        ),
        "transitions": transitions(areas, rng),
        "pupils": pupils(areas, rng),
        "population": population(),
        "regions": pl.DataFrame(
            [(r, "intake", m) for m, r in REGIONS.items()],
            ["region_code", "kind", "municipality_code"],
            orient="row",
        ),
        **trades(rng),
        **adults(),
    }


SHARES = {
    # Next level, apprenticeship, påbygging, re-choice, the same again, completed, left.
    (1, True): (0.84, 0.0, 0.0, 0.08, 0.03, 0.0, 0.05),
    (2, True): (0.0, 0.45, 0.30, 0.04, 0.03, 0.0, 0.18),
    (1, False): (0.90, 0.0, 0.0, 0.05, 0.02, 0.0, 0.03),
    (2, False): (0.93, 0.0, 0.0, 0.02, 0.02, 0.0, 0.03),
    (3, False): (0.0, 0.0, 0.0, 0.01, 0.04, 0.88, 0.07),
}
DESTINATIONS = (
    "next_level",
    "apprenticeship",
    "paabygg",
    "re_choice",
    "same_level",
    "completed",
    "left",
)


def transitions(areas: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    rows = []
    for area, programme, level in areas.select(
        "programme_area_code", "programme_code", "level"
    ).iter_rows():
        shares = np.array(SHARES[level, programme not in {"ST", "PB"}])
        size = size_of(area)
        for year in range(2016, 2025):
            regime = "before" if year < 2023 else "after"
            now = shares * np.where(np.arange(7) == 3, 1.5 if regime == "after" else 1.0, 1.0)
            drawn = rng.dirichlet(300 * now[now > 0] / now.sum())
            counts = np.zeros(7, int)
            counts[now > 0] = rng.multinomial(size, drawn)
            rows += [
                (year, regime, area, level, d, None if 0 < n < 5 else int(n), size)
                for d, n, s in zip(DESTINATIONS, counts, shares, strict=True)
                if s > 0
            ]
    columns = ["school_year_start", "regime", "programme_area_code", "level"]
    columns += ["destination_code", "pupils", "pupils_before"]
    return pl.DataFrame(rows, columns, orient="row", infer_schema_length=None)


def size_of(area: str) -> int:
    later = {"STREA2----": 370, "STREA3----": 350, "PBPBY3----": 110}
    return FIRST.get(area) or later.get(area) or 75


def pupils(areas: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    split = np.array([0.7, 0.18, 0.1, 0.02])
    rows = [
        (year, area, home, int(n))
        for year in (2023, 2024, 2025)
        for area in areas.get_column("programme_area_code")
        for home, n in zip(HOMES, rng.multinomial(size_of(area), split), strict=True)
    ]
    columns = ["school_year_start", "programme_area_code", "home_municipality_code", "pupils"]
    return pl.DataFrame(rows, columns, orient="row")


def population() -> pl.DataFrame:
    rows = []
    for year in range(2020, 2041):
        for home, size in (("5001", 560.0), ("5006", 145.0), ("5053", 80.0)):
            for alternative, sign in (("main", 0), ("low", -1), ("high", 1)):
                if year <= 2026 and sign:
                    continue
                basis = "registered" if year <= 2026 else "projected"
                persons = size * (1 + 0.005 * sign * (year - 2026))
                rows += [(home, age, year, alternative, basis, persons) for age in (14, 15, 16)]
    columns = ["municipality_code", "age", "year", "alternative", "basis", "persons"]
    return pl.DataFrame(rows, columns, orient="row")


def trades(rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    contracts, certificates, placement = [], [], []
    for trade in TRADES:
        for year in range(2019, 2026):
            running = 85 + int(rng.integers(-2, 3))
            day = date(year, 10, 1)
            contracts += [("50", day, trade, "laerling", running)]
            contracts += [("50", day, trade, "laerekandidat", 6)]
            contracts += [("50", day, trade, "fagbrev_paa_jobb", 12)]
            contracts += [("50", day, trade, "*", running + 18)]
            certificates += [("50", year, trade, "laerling", 34 + int(rng.integers(-2, 3)))]
            certificates += [("50", year, trade, "praksiskandidat", 15)]
            certificates += [("50", year, trade, "fagbrev_paa_jobb", 7)]
            certificates += [("50", year, trade, "elev_i_skole", None)]
            asked = 48 + int(rng.integers(-2, 3))
            placement += [(date(year, 12, 31), trade, asked, 35 + int(rng.integers(-1, 2)))]
    said = [(2027, "50", "BATMF3----", 20, 45), (2026, "50", "BATMF3----", 99, 99)]
    return {
        "contracts": pl.DataFrame(
            contracts,
            ["area_code", "counted_on", "trade_code", "contract_type_code", "contracts"],
            orient="row",
        ),
        "certificates": pl.DataFrame(
            certificates,
            ["area_code", "year", "trade_code", "route_code", "certificates"],
            orient="row",
            infer_schema_length=None,
        ),
        "placement": pl.DataFrame(
            placement, ["counted_on", "trade_code", "applicants", "with_contract"], orient="row"
        ),
        "intention": pl.DataFrame(
            said,
            ["round", "area_code", "trade_code", "intended_intake", "current_apprentices"],
            orient="row",
        ),
    }


def adults() -> dict[str, pl.DataFrame]:
    return {
        "adult_modules": pl.DataFrame(
            [("50", y, "HSHEA3----", p, c) for y, p, c in ((2024, 20, 0), (2025, 40, 9))],
            ["area_code", "year", "trade_code", "participants", "certificates"],
            orient="row",
        ),
        "college": pl.DataFrame(
            [(y, "autumn", 200 + 5 * (y - 2020)) for y in range(2020, 2026)],
            ["year", "semester", "students"],
            orient="row",
        ),
        "completion": pl.DataFrame(
            [("50", 2020, 85.0), ("0", 2020, 99.0)],
            ["county_code", "cohort", "percent"],
            orient="row",
        ),
    }
