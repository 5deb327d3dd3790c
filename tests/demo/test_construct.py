"""The sample agrees with what is published, marks what is not, and can be built again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.catalogue import load
from tasks.demo.construct import construct
from tasks.demo.construct_common import SAMPLE, share_out
from tasks.settings import CHECKOUT

YOUTH = ["016", "017", "018"]
SCHOOL_YEARS = {"2023-24": 16_109, "2024-25": 16_434, "2025-26": 16_753}


def cells(table: str) -> pl.DataFrame:
    return pl.read_parquet(SAMPLE / "pxweb" / table / "cells.parquet")


def codes(table: str) -> pl.DataFrame:
    return pl.read_csv(SAMPLE / "pxweb" / table / "codes.csv", infer_schema=False)


def page(name: str) -> pl.DataFrame:
    return pl.read_csv(SAMPLE / "udir" / f"{name}.csv", infer_schema=False)


def published(name: str) -> pl.DataFrame:
    return pl.read_csv(SAMPLE / "published" / f"{name}.csv", infer_schema=False)


def county(name: str) -> pl.DataFrame:
    frame = pl.read_csv(SAMPLE / "county" / f"{name}.csv", separator=";", infer_schema=False)
    numbers = [c for c in ("elever", "klasser", "plasser") if c in frame.columns]
    return frame.with_columns(pl.col(numbers).cast(pl.Int64))


def klass(name: str) -> pl.DataFrame:
    return pl.read_csv(SAMPLE / "klass" / name, infer_schema=False)


def number(text: str) -> float:
    return float(text.replace(" ", "").replace(",", "."))


def value(rows: pl.DataFrame, **where: str) -> float:
    return number(rows.filter(**where).row(0, named=True)["value"])


# The report pages


def test_applicants() -> None:
    rows = page("VGO_Soeker_FylkUtdprogAar")
    for year, everyone in (("202403", 17_663), ("202503", 17_969), ("202603", 18_270)):
        assert value(rows, filter=year, kode="50", measure="Søkere i alt") == everyone
    assert value(rows, filter="202503", kode="50", measure="Søkere til skole") == 15_758
    assert value(rows, filter="202503", kode="50", measure="Søkere til læreplass") == 2_211
    for year in ("202503", "202603"):
        for prefix, unit, short in (("1.44.", "50", 0), ("1.-12.", "0", 5)):
            programmes = rows.filter(
                pl.col("id").str.starts_with(prefix),
                pl.col("filter") == year,
                pl.col("measure") == "Søkere i alt",
            )
            assert len(programmes) == 16
            total = value(rows, filter=year, kode=unit, measure="Søkere i alt")
            missing = short if year == "202503" else 0
            assert total - sum(map(number, programmes["value"])) == missing
    assert set(rows["constructed"]) == {"false"}


def test_pupils_per_school() -> None:
    rows = page("VGO_Elev_FylkSkol")
    for label, everyone in SCHOOL_YEARS.items():
        schools = rows.filter(filter_label=label, level="2")
        assert len(schools) == 41
        assert sum(map(number, schools["value"])) == everyone
        assert value(rows, filter_label=label, kode="50") == everyone
    schools = rows.filter(level="2")
    assert schools["kode"].n_unique() == 44
    assert schools.select("id", "kode").unique().height == 44
    assert value(rows, filter_label="2025-26", kode="934187733") == 647


def test_placement_is_as_published() -> None:
    rows = page("FOY_SL_Fylker")
    expected = {"202312": 81.0, "202412": 80.0, "202508": 65.6, "202510": 72.6, "202512": 73.3}
    assert {tid: value(rows, filter=tid, kode="50") for tid in expected} == expected
    assert value(rows, filter="202512", kode="0") == 79.5


def test_contracts_add_up_and_their_split_is_marked() -> None:
    rows = page("FOY_LK_FylkUtdprogAar")
    for tid, total in (("202410", 4_958), ("202510", 4_770)):
        assert value(rows, filter=tid, kode="50") == total
        split = rows.filter(pl.col("id").str.starts_with("1.44."), pl.col("filter") == tid)
        assert len(split) == 10
        assert sum(map(number, split["value"])) == total
    marks = rows.group_by("level").agg(pl.col("constructed").unique())
    assert {row[0]: row[1] for row in marks.iter_rows()} == {
        "0": ["false"], "1": ["false"], "2": ["true"],
    }  # fmt: skip


def test_completion() -> None:
    rows = page("VGO_Gjennomfoering_Fylk")
    assert value(rows, filter="2018", kode="50") == 80.6
    assert value(rows, filter="2019", kode="50") == 81.0
    shares = cells("14882").filter(
        pl.col("FullforingVGO").is_in(["01", "02"]), pl.col("ContentsCode") == "Andel"
    )
    for region in ("0", "50"):
        for period in ("2018-2024", "2019-2025"):
            done = shares.filter(Region=region, Tid=period)["value"].sum()
            assert done == pytest.approx(value(rows, filter=period[:4], kode=region), abs=1e-9)


# Population


def carried() -> pl.DataFrame:
    """16–18-year-olds of 07459 on today's borders, through the changes and declared weights."""
    changes = klass("131/changes.csv").filter(pl.col("oldCode") != pl.col("newCode"))
    weights = pl.read_csv(
        CHECKOUT / "data/reference/municipality_split_weights.csv", infer_schema=False
    ).select("old_code", "new_code", pl.col("weight").cast(pl.Float64))
    step = changes.join(
        weights, left_on=["oldCode", "newCode"], right_on=["old_code", "new_code"], how="left"
    ).select(pl.col("oldCode").alias("Region"), "newCode", pl.col("weight").fill_null(1.0))
    rows = (
        cells("07459")
        .filter(pl.col("Region") != "0", pl.col("Alder").is_in(YOUTH))
        .drop_nulls("value")
        .group_by("Region", "Tid")
        .agg(pl.col("value").sum())
    )
    for _ in range(3):
        rows = rows.join(step, on="Region", how="left").select(
            pl.coalesce("newCode", "Region").alias("Region"),
            "Tid",
            pl.col("value") * pl.col("weight").fill_null(1.0),
        )
    return rows.group_by("Region", "Tid").agg(pl.col("value").sum())


def series(region: str, first: int, last: int) -> list[float]:
    rows = published("cohort_16_18").filter(region_code=region)
    found = dict(rows.select("year", pl.col("persons").cast(pl.Float64)).iter_rows())
    return [found[str(year)] for year in range(first, last + 1)]


def test_cohort_of_todays_county_is_the_published_series() -> None:
    sums = carried().group_by("Tid").agg(pl.col("value").sum()).sort("Tid")
    assert sums["value"].to_list() == pytest.approx(series("50", 2016, 2026), abs=1e-6)
    assert carried()["Region"].n_unique() == 38


def test_country_is_the_published_series() -> None:
    rows = cells("07459").filter(pl.col("Region") == "0", pl.col("Alder").is_in(YOUTH))
    sums = rows.group_by("Tid").agg(pl.col("value").sum()).sort("Tid")
    assert sums["value"].to_list() == series("0", 2016, 2026)


def test_no_intake_region_steps_more_than_three_per_cent() -> None:
    members = pl.read_csv(CHECKOUT / "data/reference/region_membership.csv", infer_schema=False)
    intake = members.filter(pl.col("region_code").str.starts_with("intake-"))
    steps = (
        carried()
        .join(intake, left_on="Region", right_on="municipality_code")
        .group_by("region_code", "Tid")
        .agg(pl.col("value").sum())
        .sort("region_code", "Tid")
        .with_columns(step=pl.col("value").pct_change().over("region_code"))
        .drop_nulls("step")
    )
    assert len(steps) == 50
    assert steps["step"].abs().max() < 0.03


def test_a_code_has_figures_exactly_in_the_years_it_was_in_use() -> None:
    used = cells("07459").filter(Kjonn="1", Alder="016").select("Region", "Tid", "value", "status")
    register = klass("131/codes.csv")
    for region, year, count, status in used.filter(pl.col("Region") != "0").iter_rows():
        day = f"{year}-01-01"
        in_use = register.filter(
            pl.col("code") == region,
            pl.col("validFrom") <= day,
            pl.col("validTo").is_null() | (pl.col("validTo") > day),
        )
        assert in_use.is_empty() == (count is None) == (status == "."), (region, year)


def test_projection_continues_the_series() -> None:
    main = cells("14746").filter(
        pl.col("ContentsCode") == "Personer", pl.col("Alder").is_in(YOUTH), pl.col("Tid") <= "2040"
    )
    local = main.filter(pl.col("Region") != "0").group_by("Tid").agg(pl.col("value").sum())
    country = main.filter(Region="0").group_by("Tid").agg(pl.col("value").sum())
    assert local.sort("Tid")["value"].to_list() == series("50", 2026, 2040)
    assert country.sort("Tid")["value"].to_list() == series("0", 2026, 2040)
    assert series("50", 2026, 2026) == [17_671]
    assert series("50", 2040, 2040) == [15_791]


def test_projection_alternatives_enclose_the_main_one() -> None:
    wide = cells("14746").group_by("ContentsCode", "Tid").agg(pl.col("value").sum())
    wide = wide.pivot("ContentsCode", index="Tid", values="value").sort("Tid")
    later = wide.filter(pl.col("Tid") > "2026")
    assert (later["Personer1"] < later["Personer"]).all()
    assert (later["Personer"] < later["Personer2"]).all()


def test_population_sizes_are_realistic() -> None:
    now = cells("07459").filter(Tid="2026").group_by("Region").agg(pl.col("value").sum())
    size = dict(now.drop_nulls().iter_rows())
    assert size["5001"] == pytest.approx(216_000, rel=0.04)
    local = sum(n for code, n in size.items() if code != "0")
    assert local == pytest.approx(490_000, rel=0.02)


# The county's files


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


def test_places_are_whole_classes_around_the_pupils() -> None:
    places = county("kapasitet")
    programmes = pl.read_csv(CHECKOUT / "data/reference/utdanningsprogram.csv", infer_schema=False)
    vocational = set(programmes.filter(branch="yrkesfaglig")["programme_code"])
    for row in places.iter_rows(named=True):
        size = 15 if row["programomraade"][:2] in vocational else 30
        assert row["plasser"] == row["klasser"] * size
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
    decided = places.filter(gyldig_fra="2026-08-01")
    assert 0 < len(decided) < 20
    assert decided.join(now, on=key, how="anti").is_empty()


def test_bom_and_semicolon() -> None:
    for name in ("elever", "kapasitet"):
        text = (SAMPLE / "county" / f"{name}.csv").read_bytes()
        assert text.startswith(b"\xef\xbb\xbf")
        assert b";" in text.splitlines()[0]


# Marking, sources, the catalogue


@pytest.mark.parametrize("name", [p.stem for p in sorted((SAMPLE / "published").glob("*.csv"))])
def test_every_published_row_has_a_source(name: str) -> None:
    sources = published(name)["source"]
    assert sources.null_count() == 0
    assert sources.str.len_chars().min() > 10


def test_constructed_cells_are_marked_and_published_ones_are_not() -> None:
    for table in ("07459", "14746", "13470", "14882", "11587"):
        rows = cells(table)
        assert (rows["constructed"] == rows["value"].is_not_null()).all(), table
    assert not cells("13563")["constructed"].any()
    education = cells("09429")
    assert (education["constructed"] == (education["Nivaa"] == "00")).all()


def test_published_tables_are_as_published() -> None:
    education = cells("09429").filter(pl.col("Nivaa") != "00")
    rows = published("education_level_09429")
    both = education.join(
        rows, left_on=["Region", "Nivaa"], right_on=["county_code", "level_code"], how="full"
    )
    assert len(both) == 72
    assert both["value"].to_list() == both["persons"].cast(pl.Float64).to_list()
    outside = cells("13563").join(
        published("neet_by_county_13563"),
        left_on=["Region", "Alder"],
        right_on=["county_code", "age_group"],
        how="full",
    )
    assert len(outside) == 30
    assert outside["value"].to_list() == outside["percent"].cast(pl.Float64).to_list()


def wildcard(pattern: str) -> str:
    return "^" + pattern.replace("?", ".").replace("*", ".*") + "$"


def test_everything_the_catalogue_asks_for_exists() -> None:
    for dataset in load(CHECKOUT / "data" / "catalogue"):
        selection = dataset.selection.model_dump()
        if dataset.protocol == "pxweb":
            _asks(dataset.source_table, selection["variables"])
        elif dataset.protocol == "udir_report":
            (wanted,) = selection["filters"].values()
            held = set(page(dataset.source_table)["filter"])
            assert {str(number) for number in wanted} == held
        elif dataset.protocol == "delimited":
            assert list(county(dataset.source_table.removesuffix(".csv")).columns) == list(
                selection["columns"]
            )
        elif dataset.protocol == "klass":
            assert not klass(f"{selection['classification']}/codes.csv").is_empty()


def _asks(table: str, variables: dict[str, dict[str, Iterable[str]]]) -> None:
    held = codes(table)
    for variable, asked in variables.items():
        values = held.filter(variable=variable)["code"]
        for pattern in asked["values"]:
            if "(" not in pattern:
                assert values.str.contains(wildcard(pattern)).any(), (table, variable, pattern)
    assert set(cells(table).columns[:-3]) == set(held["variable"])


def test_cells_are_the_whole_product_in_the_order_of_the_codes() -> None:
    for folder in sorted((SAMPLE / "pxweb").iterdir()):
        rows = cells(folder.name)
        held = codes(folder.name)
        order = held["variable"].unique(maintain_order=True).to_list()
        expected = 1
        for variable in order:
            expected *= held.filter(variable=variable).height
        assert len(rows) == expected
        positions = [
            rows[variable].replace_strict(
                held.filter(variable=variable)["code"],
                np.arange(held.filter(variable=variable).height),
            )
            for variable in order
        ]
        assert pl.DataFrame(positions).select(pl.struct(pl.all()).is_sorted()).item()


def test_correspondence_follows_the_registers() -> None:
    counties = set(klass("104/codes.csv")["code"])
    rows = klass("131/corresponds_104.csv")
    assert set(rows["targetCode"]) <= counties
    assert set(rows["sourceCode"]) == set(klass("131/codes.csv")["code"])
    assert rows.filter(sourceCode="5061")["targetCode"].to_list() == ["50"]
    assert rows.filter(sourceCode="1567")["targetCode"].to_list() == ["15"]


def test_changes_lead_every_old_code_to_todays_38() -> None:
    changes = klass("131/changes.csv")
    valid = klass("131/codes.csv")
    old = valid.filter(pl.col("code").str.contains("^(16|17|50)"), pl.col("validTo").is_not_null())
    gone = set(old["code"]) - set(valid.filter(pl.col("validTo").is_null())["code"])
    assert gone <= set(changes["oldCode"])
    final = set(changes["newCode"]) - {
        row[0] for row in changes.select("oldCode", "newCode").iter_rows() if row[0] != row[1]
    }
    today = valid.filter(pl.col("code").str.starts_with("50"), pl.col("validTo").is_null())
    assert final <= set(today["code"])


def test_private_schools_and_the_units_that_became_orkland() -> None:
    schools = pl.read_csv(SAMPLE / "nsr/schools.csv", infer_schema=False)
    with_pupils = schools.join(
        published("pupils_by_school"), left_on="Organisasjonsnummer", right_on="orgnr", how="semi"
    )
    private = with_pupils.filter(ErPrivatskole="true")
    assert len(with_pupils) == 44
    assert len(private) == 10
    closed = schools.filter(ErAktiv="false")["Organisasjonsnummer"]
    assert set(closed) == {"974558122", "974557967"}


# Building again


def test_building_again_gives_the_same_bytes(tmp_path: Path) -> None:
    construct(tmp_path)
    built = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    assert len(built) == 3 * 7 + 2 * 5 + 2
    for name in built:
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), name


def test_the_sample_is_small() -> None:
    assert sum(p.stat().st_size for p in SAMPLE.rglob("*") if p.is_file()) < 6_000_000


@given(
    total=st.integers(0, 10_000),
    weights=st.lists(st.floats(0.001, 1e6), min_size=1, max_size=40),
)
def test_sharing_out_is_exact_and_fair(total: int, weights: list[float]) -> None:
    parts = share_out(total, np.array(weights))
    assert parts.sum() == total
    ideal = total * np.array(weights) / sum(weights)
    assert (np.abs(parts - ideal) <= 1 + 1e-6).all()
