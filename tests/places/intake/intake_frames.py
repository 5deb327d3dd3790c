"""Frames of a small county with the marts' columns: two regions, three schools, four areas."""

from __future__ import annotations

from datetime import date

import polars as pl

BIG, SMALL, FAR = "900000001", "900000002", "900000003"
HOME, OTHER, FAR_HOME = "5001", "5006", "5060"
AREAS = (
    # code, programme, level, builds on
    ("BABAT1----", "BA", 1, None),
    ("STUSP1----", "ST", 1, None),
    ("BATMF2----", "BA", 2, "BABAT1----"),
    ("BARLF2----", "BA", 2, "BABAT1----"),
    ("STREA2----", "ST", 2, "STUSP1----"),
)
# school, area, places, first choices, applicants, pupils
ROWS = (
    (BIG, "BABAT1----", 30, 36, 60, 30),
    (BIG, "STUSP1----", 60, 48, 80, 56),
    (BIG, "BATMF2----", 15, 12, 20, 14),
    (BIG, "BARLF2----", 15, 10, 14, 12),
    (BIG, "STREA2----", 60, 50, 60, 52),
    (SMALL, "BABAT1----", 15, 9, 20, 12),
    (SMALL, "STUSP1----", 30, 20, 40, 26),
    (FAR, "STUSP1----", 30, 12, 20, 18),
)
WHERE = {BIG: HOME, SMALL: OTHER, FAR: FAR_HOME}
# Where the pupils of each school live.
LIVE = {
    BIG: {HOME: 0.75, OTHER: 0.25},
    SMALL: {OTHER: 0.5, HOME: 0.25, "9999": 0.25},
    FAR: {FAR_HOME: 1.0},
}
REGION = {HOME: "intake-a", OTHER: "intake-a", FAR_HOME: "intake-b"}


def frames(years: tuple[int, ...] = (2023, 2024, 2025)) -> dict[str, pl.DataFrame]:
    """The frames of `evidence.offers` and `evidence.applications`."""
    intake = [
        {
            "school_year_start": year,
            "organisation_number": school,
            "owner": owner,
            "municipality_code": WHERE[school],
            "programme_area_code": area,
            "intake_group": group,
            "places": places,
            "first_choices": first,
            "applicants": applicants,
            "pupils": pupils,
        }
        for year in years
        for school, area, places, first, applicants, pupils in ROWS
        for owner, group in (("county", "youth"), ("county", "adult"))
    ]
    intake.append(intake[0] | {"owner": "private", "organisation_number": FAR})
    places = [
        {
            "organisation_number": school,
            "programme_area_code": area,
            "level": int(area[5]),
            "mode": "ordinær",
            "owner": "county",
            "municipality_code": WHERE[school],
            "places": places,
            "valid_from": date(2025, 8, 1),
        }
        for school, area, places, *_ in ROWS
    ]
    pupils = [
        {
            "school_year_start": 2025,
            "organisation_number": school,
            "programme_area_code": area,
            "home_municipality_code": home,
            "pupils": round(number * part),
        }
        for school, area, _, _, _, number in ROWS
        for home, part in LIVE[school].items()
    ]
    return {
        "intake": pl.DataFrame(intake),
        "places": pl.DataFrame(places),
        "pupils": pl.DataFrame(pupils),
        "programme_areas": pl.DataFrame(
            AREAS, ["programme_area_code", "programme_code", "level", "builds_on"], orient="row"
        ),
        "programmes": pl.DataFrame(
            {
                "programme_code": ["BA", "ST"],
                "branch": ["yrkesfaglig", "studieforberedende"],
                "county_wide": [False, False],
            }
        ),
        "regions": pl.DataFrame(
            {
                "kind": ["intake"] * 3,
                "municipality_code": list(REGION),
                "region_code": list(REGION.values()),
            }
        ),
        "travel_minutes": pl.DataFrame(
            {
                "home_municipality_code": [HOME, "0301"],
                "organisation_number": [FAR, FAR],
                "minutes": ["150", "20"],
            }
        ),
        "points": pl.DataFrame(
            {
                "county_code": ["50", "50", "31"],
                "year": [2024, 2025, 2026],
                "points_udir": [None, 41.0, 50.0],
                "points_ssb": [42.0, 41.4, None],
            }
        ),
        "municipality_centre": pl.DataFrame(
            {
                "municipality_code": list(REGION),
                "latitude": [63.42, 64.01, 64.86],
                "longitude": [10.40, 11.50, 11.24],
            }
        ),
    }
