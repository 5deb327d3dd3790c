"""Constructed pupils and places: they add up to each school and flow from level to level."""

from __future__ import annotations

from math import ceil

import polars as pl
from sample_files import SCHOOL_YEARS, cells, county, klass, published

from tasks.demo import construct_workforce
from tasks.demo.construct_common import SAMPLE
from tasks.settings import CHECKOUT


def test_pupils_add_up_to_each_school() -> None:
    found = county("elever").group_by("skoleaar", "orgnr").agg(pl.col("elever").sum())
    expected = published("pupils_by_school").select(
        pl.col("school_year").alias("skoleaar"), "orgnr", pl.col("pupils").cast(pl.Int64)
    )
    both = expected.join(found, on=["skoleaar", "orgnr"], how="full", coalesce=True)
    assert both["elever"].to_list() == both["pupils"].to_list()
    sums = county("elever").group_by("skoleaar").agg(pl.col("elever").sum())
    assert dict(sums.iter_rows()) == SCHOOL_YEARS


def test_programmes_follow_the_applicants() -> None:
    pupils = county("elever").filter(skoleaar="2025-26")
    by_code = pupils.group_by(pl.col("programomraade").str.head(2)).agg(pl.col("elever").sum())
    applicants = published("applicants_by_programme").filter(year="2025", region_code="50")
    both = by_code.join(applicants, left_on="programomraade", right_on="programme_code")
    assert len(both) == 16
    ratio = both["elever"] / both["applicants"].cast(pl.Float64)
    assert ratio.min() > 0.4
    assert ratio.max() < 1.6


def test_nobody_reaches_a_level_without_the_one_below() -> None:
    areas = pl.read_csv(CHECKOUT / "data/reference/programme_area.csv", infer_schema=False)
    taken_over = {"974558122": "934187733", "974557967": "934187733"}
    rows = county("elever").filter(pl.col("programomraade") != "PBPBY3----")
    count = rows.group_by("skoleaar", "orgnr", "programomraade").agg(pl.col("elever").sum())
    for before, year in (("2023-24", "2024-25"), ("2024-25", "2025-26")):
        earlier = count.filter(skoleaar=before)
        if year == "2025-26":
            earlier = earlier.with_columns(pl.col("orgnr").replace(taken_over))
        # Vg2 against Vg1 of the programme, Vg3 against the Vg2 areas that it builds on.
        for level in ("2", "3"):
            builds = areas.filter(level=level).select(
                pl.col("code").alias("programomraade"),
                pl.col("builds_on").str.split(" ").alias("below"),
            )
            now = count.filter(skoleaar=year).join(builds, on="programomraade")
            for row in now.group_by("orgnr", "below").agg(pl.col("elever").sum()).iter_rows():
                possible = earlier.filter(
                    pl.col("orgnr") == row[0], pl.col("programomraade").is_in(row[1])
                )
                assert row[2] <= possible["elever"].sum(), (year, row)


def test_codes_of_the_county_files_exist() -> None:
    areas = pl.read_csv(CHECKOUT / "data/reference/programme_area.csv", infer_schema=False)
    known = set(areas.select("code", "level").iter_rows())
    schools = pl.read_csv(SAMPLE / "nsr/schools.csv", infer_schema=False)
    names = set(schools.select("Organisasjonsnummer", "Navn").iter_rows())
    today = klass("131/codes.csv").filter(pl.col("validTo").is_null())
    for name in ("elever", "kapasitet"):
        rows = county(name)
        assert set(rows.select("programomraade", "trinn").iter_rows()) <= known
        assert set(rows.select("orgnr", "skole").iter_rows()) <= names
        assert set(rows["konstruert"]) == {"true"}
    assert set(county("elever")["bostedskommune"]) <= set(today["code"])


def test_places_are_half_or_whole_classes_around_the_pupils() -> None:
    places = county("kapasitet")
    programmes = pl.read_csv(CHECKOUT / "data/reference/utdanningsprogram.csv", infer_schema=False)
    vocational = set(programmes.filter(branch="yrkesfaglig")["programme_code"])
    for row in places.iter_rows(named=True):
        size = 15 if row["programomraade"][:2] in vocational else 30
        classes = float(str(row["klasser"]).replace(",", "."))
        assert classes * 2 == int(classes * 2)
        assert int(row["plasser"]) == ceil(classes * size)
    key = ["orgnr", "programomraade", "trinn"]
    now = places.filter(gyldig_fra="2025-08-01")
    assert now.select(key).is_unique().all()
    assert now["orgnr"].n_unique() == 41
    pupils = county("elever").filter(skoleaar="2025-26").group_by(key).agg(pl.col("elever").sum())
    assert pupils.join(now, on=key, how="anti").is_empty()
    both = now.join(pupils, on=key, how="left").with_columns(pl.col("elever").fill_null(0))
    assert both.filter(pl.col("elever") == 0).height >= 4
    assert both.filter(pl.col("elever") >= pl.col("plasser")).height >= 10
    assert both.filter(pl.col("elever") > pl.col("plasser") + 4).is_empty()
    # As full as a county's schools are: neither empty nor bursting.
    assert 0.9 < both["elever"].sum() / both["plasser"].sum() < 0.97
    decided = places.filter(gyldig_fra="2026-08-01")
    assert 0 < len(decided) < 20
    assert decided.join(now, on=key, how="anti").is_empty()


def test_bom_and_semicolon() -> None:
    for name in ("elever", "kapasitet", "yrke_kommune", "praksisplasser"):
        text = (SAMPLE / "county" / f"{name}.csv").read_bytes()
        assert text.startswith(b"\xef\xbb\xbf")
        assert b";" in text.splitlines()[0]


def test_the_employed_of_each_municipality_are_those_of_the_industries() -> None:
    workforce = construct_workforce.workforce()
    by_industry = cells("13470").group_by("Region", "Tid").agg(pl.col("value").sum())
    expected = {(row[0], row[1]): int(row[2]) for row in by_industry.iter_rows()}
    found = {
        (code, str(2016 + year)): int(persons)
        for code, years in zip(
            workforce.municipalities, workforce.ages.sum(axis=(2, 3)), strict=True
        )
        for year, persons in enumerate(years)
    }
    assert found == expected


def test_the_untrained_of_health_and_care_are_those_of_the_minutes() -> None:
    workforce = construct_workforce.workforce()
    sector = pl.read_csv(CHECKOUT / "data/reference/sector.csv", infer_schema=False).filter(
        sector_code="helse-omsorg", kind="occupation"
    )
    members = [workforce.occupations.index(code) for code in sector["code"]]
    assert workforce.terms[:, -1, members, 2].sum() == 8_254


def test_no_count_of_one_to_four_persons_is_open_or_can_be_worked_out() -> None:
    rows = county("yrke_kommune")
    ages = [column for column in rows.columns if column.startswith("alder_")]
    terms = ["deltid", "midlertidig", "uten_fagutdanning"]
    number = [pl.col(c).cast(pl.Int64, strict=False) for c in ["sysselsatte", *ages, *terms]]
    assert (
        rows.select(number)
        .unpivot()
        .drop_nulls()
        .filter(pl.col("value").is_between(1, 4))
        .is_empty()
    )
    for parts in (["alder_15_24", "alder_25_39", "alder_40_54", "alder_55_74"], ages[-2:]):
        # With the sum open, one closed part is what is left of it.
        whole = "sysselsatte" if len(parts) == 4 else "alder_55_74"
        closed = pl.sum_horizontal(pl.col(parts) == "*")
        assert rows.filter(pl.col(whole) != "*", closed == 1).is_empty()
    for term in terms:
        others = pl.col("sysselsatte").cast(pl.Int64, strict=False) - pl.col(term).cast(
            pl.Int64, strict=False
        )
        assert rows.filter(others.is_between(1, 4)).is_empty()
    # Most people are in cells that are open, or the file would be of no use.
    newest = rows.filter(pl.col("aar") == "2025", pl.col("yrke").str.len_chars() == 2)
    seen = newest.select(pl.col("alder_55_74").cast(pl.Int64, strict=False)).sum().item()
    assert seen > 50_000
