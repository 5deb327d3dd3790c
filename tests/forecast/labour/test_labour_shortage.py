from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from labour_tools import COUNTY, declared, made_up

from tasks.errors import NotFound
from tasks.forecast import labour
from tasks.forecast.labour import excess, shortage
from tasks.forecast.labour.model import fit
from tasks.settings import CHECKOUT

RULES = declared()
FRAMES = made_up(8)
MODEL = fit(FRAMES, RULES, county=COUNTY, seed=1, horizon=6)
EMPLOYED = MODEL.staffing.employed
GROUP = "Helse, pleie og omsorg"


def now(frames: dict[str, pl.DataFrame] = FRAMES) -> pl.DataFrame:
    return shortage.now_cast(frames, MODEL.data, RULES, EMPLOYED, (1, COUNTY, 4000))


def test_the_rate_is_shortage_over_all_jobs() -> None:
    assert shortage.rate(np.array([25.0]), np.array([75.0])).tolist() == [0.25]
    assert shortage.rate(np.array([0.0]), np.array([0.0])).tolist() == [0.0]


def test_the_interval_of_the_survey_is_given_back() -> None:
    row = now().filter(pl.col("occupation_group") == "*").row(0, named=True)
    total = EMPLOYED.sum()
    assert row["rate_p50"] == pytest.approx(120 / (total + 120), rel=0.03)
    sigma = np.log(150 / 90) / (2 * 1.959964)
    wide = np.log(row["rate_p90"] / row["rate_p10"])
    assert wide == pytest.approx(2 * 1.281552 * sigma, rel=0.06)


def test_a_group_is_less_certain_than_the_county() -> None:
    total, group = now().sort("shortage", descending=True).rows(named=True)
    odds = [[r[end] / (1 - r[end]) for end in ("rate_p10", "rate_p90")] for r in (total, group)]
    width = [np.log(high / low) for low, high in odds]
    assert width[1] == pytest.approx(width[0] * np.sqrt(2), rel=0.06)
    assert group["employed"] == pytest.approx(EMPLOYED[MODEL.data.occupations.index("532")].sum())
    assert group["shortage_per_unemployed"] == 2.0
    # Only the newest twelve months count.
    assert group["vacancies_per_job_seeker"] == pytest.approx(50 / 40)


def test_a_county_without_a_survey_is_told_so() -> None:
    with pytest.raises(NotFound, match="bedriftsundersøkelse"):
        now(
            {
                **FRAMES,
                "enterprise_survey_by_county": pl.DataFrame({"area_code": ["34"], "year": [2026]}),
            }
        )


def test_without_a_published_interval_none_is_made_up() -> None:
    bare = FRAMES["enterprise_survey_by_county"].with_columns(
        pl.lit(None, pl.Int64).alias("shortage_low")
    )
    rows = now({**FRAMES, "enterprise_survey_by_county": bare})
    assert rows["shortage"].to_list() == [120, 60]
    for name in ("shortage_p10", "shortage_p90", "rate_p10", "rate_p50", "rate_p90"):
        assert rows[name].null_count() == 2


def test_a_closed_group_is_not_known_and_no_zero() -> None:
    groups = FRAMES["enterprise_survey_by_occupation_group"]
    closed = groups.with_columns(
        pl.lit("Undervisning").alias("occupation_group"),
        pl.lit(None, pl.Int64).alias("shortage_persons"),
    )
    rows = now({**FRAMES, "enterprise_survey_by_occupation_group": pl.concat([groups, closed])})
    assert rows["occupation_group"].to_list() == ["*", GROUP, "Undervisning"]
    (row,) = rows.filter(pl.col("occupation_group") == "Undervisning").rows(named=True)
    told = ("shortage", "shortage_p10", "rate_p50", "shortage_per_unemployed")
    assert [row[name] for name in told] == [None] * 4
    assert row["employed"] > 0


def test_each_figure_has_the_year_of_its_own_survey() -> None:
    older = FRAMES["enterprise_survey_by_occupation_group"].with_columns(
        pl.lit(2024, pl.Int64).alias("year")
    )
    rows = now({**FRAMES, "enterprise_survey_by_occupation_group": older})
    assert rows["year"].to_list() == [2026, 2024]
    row = rows.row(0, named=True)
    assert row["shortage_p10"] < 120 < row["shortage_p90"]


def test_the_longest_prefix_names_the_group() -> None:
    assert shortage.group_of_code("2145", RULES) == "Ingeniør- og ikt-fag"
    assert shortage.group_of_code("2341", RULES) == "Undervisning"
    assert shortage.group_of_code("5311", RULES) == "Barne- og ungdomsarbeid"
    assert shortage.group_of_code("5321", RULES) == GROUP
    assert shortage.group_of_code("x", RULES) is None


def test_every_occupation_stands_where_the_publisher_has_it() -> None:
    path = CHECKOUT / "data" / "sample" / "published" / "nav_job_seekers_by_occupation.csv"
    rows = pl.read_csv(path, infer_schema=False).filter(pl.col("isco_versjon") == "ISCO-08")
    told = dict(rows.select("yrkeskode", "yrke_grovgruppe").iter_rows())
    assert len(told) > 350
    assert {c: shortage.group_of_code(c, RULES) for c in told} == told


def test_an_occupation_in_several_groups_is_shared_by_its_codes() -> None:
    split = replace(RULES, nav_groups={"A": ("7",), "B": ("7223",)})
    shares = shortage.group_shares(MODEL.data, split)
    place = MODEL.data.occupations.index("722")
    assert shares["B"][place] == 1
    joined = replace(RULES, nav_groups={"A": ("5",), "B": ("5329",)})
    shares = shortage.group_shares(MODEL.data, joined)
    care = MODEL.data.occupations.index("532")
    assert 0 < shares["B"][care] < 1
    assert shares["A"][care] + shares["B"][care] == pytest.approx(1)
    people = shortage.employed_by_group(MODEL.data, joined, EMPLOYED)
    inside = [o.startswith("5") for o in MODEL.data.occupations]
    assert sum(people.values()) == pytest.approx(EMPLOYED[inside].sum())


def test_the_old_survey_by_occupation_is_a_share_of_those_who_work_now() -> None:
    (row,) = shortage.by_occupation(FRAMES, MODEL.data, EMPLOYED, COUNTY).rows(named=True)
    people = EMPLOYED[MODEL.data.occupations.index("532")].sum()
    assert row == {
        "occupation_code": "532",
        "year": 2017,
        "shortage": 30,
        "rate": pytest.approx(30 / (30 + people)),
    }
    assert shortage.by_occupation({}, MODEL.data, EMPLOYED, COUNTY).is_empty()


def months(rates: list[float]) -> pl.DataFrame:
    start = date(2015, 1, 1)
    return pl.DataFrame(
        {
            "area_code": COUNTY,
            "month": pl.date_range(
                start,
                interval="1mo",
                eager=True,
                end=start.replace(
                    year=2015 + (len(rates) - 1) // 12, month=1 + (len(rates) - 1) % 12
                ),
            ),
            "persons": [int(1000 * r) for r in rates],
            "percent_of_labour_force": rates,
        }
    )


def test_a_year_of_crisis_does_not_move_the_normal() -> None:
    calm = [2.0] * 120
    assert excess.excess_share(months(calm), 10) == 0
    crisis = calm[:60] + [9.0] * 12 + calm[:36] + [2.5] * 12
    assert excess.excess_share(months(crisis), 10) == pytest.approx(1 - 2.0 / 2.5)
    assert excess.excess_share(months([2.0] * 11), 10) == 0


def test_excess_unemployed_are_the_seekers_with_an_occupation() -> None:
    high = {**FRAMES, "unemployed_by_area_month": months([2.0] * 108 + [2.5] * 12)}
    waiting = labour.excess_unemployed(high, MODEL)
    # One group in the table, and it has all the seekers: 2 500 × (1 − 2/2.5).
    assert waiting.sum() == pytest.approx(500)
    health = MODEL.data.targets.index("HSHEA2----")
    assert waiting[health].sum() > 0
    assert waiting[MODEL.data.targets.index("TPPIN2----")].sum() == 0
    assert labour.excess_unemployed(FRAMES, MODEL).sum() == 0
    # Half of those who seek now have another background; those of years ago do not count.
    market = pl.DataFrame(
        {
            "area_code": [COUNTY] * 3,
            "occupation_group": [GROUP, "Undervisning", "Undervisning"],
            "month": [date(2026, 1, 1), date(2026, 1, 1), date(2024, 6, 1)],
            "job_seekers": [40, 40, 4000],
            "vacancies": [1, 1, 1],
        }
    )
    flexible = labour.excess_unemployed(high, MODEL, MODEL.matching.flexible)
    assert flexible.sum() == pytest.approx(500)
    assert flexible[health].sum() != pytest.approx(waiting[health].sum())
    half = labour.excess_unemployed(
        {**high, "labour_market_by_county_occupation_month": market}, MODEL
    )
    assert half[health].sum() == pytest.approx(waiting[health].sum() / 2)
