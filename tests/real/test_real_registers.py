"""The register parsers on recorded answers; totals as published with the recordings."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from tasks.errors import SourceChanged
from tasks.regions import carry, check_partition, membership
from tasks.sources import Answer, delimited, klass, nsr, udir_report

REFERENCE = Path(__file__).resolve().parents[2] / "data" / "reference"
AT = klass.Selection(classification=131, operation="codes_at", date=date(2023, 3, 2))
RANGE = klass.Selection(classification=104, operation="codes", from_date=date(2022, 7, 10))


def answer(path: Path, role: str = "data") -> Answer:
    return Answer(
        role=role,
        method="GET",
        url=f"file:{path.name}",
        body=None,
        status=200,
        headers={},
        content=path.read_bytes(),
        received_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def codes(path: Path, selection: klass.Selection) -> pl.DataFrame:
    frame = klass.parse([answer(path)], selection)["rows"]
    assert dict(frame.schema) == klass.CODE_COLUMNS
    return frame


def trondelag(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("code").str.starts_with("50"))


def test_municipalities_of_2023(real):
    frame = codes(real / "klass" / "codesAt_131_kommune_2023-03-02.json", AT)
    assert frame.height == 357
    assert trondelag(frame).height == 38
    assert frame["notes"].drop_nulls().len() == 144
    assert frame.filter(pl.col("code") == "9999")["name"].to_list() == ["Uoppgitt"]
    assert frame["validFrom"].null_count() == frame["validTo"].null_count() == 357


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("codesAt_7_styrk08_2023-02-11.json", [10, 43, 122, 407]),
        ("codesAt_6_sn2007_2023-02-11.json", [21, 87, 270, 613, 820]),
    ],
)
def test_code_lists_by_level(real, name, levels):
    frame = codes(real / "klass" / name, AT)
    assert frame.group_by("level").len().sort("level")["len"].to_list() == levels
    top = frame.filter(pl.col("level") == 1)
    assert top["parentCode"].null_count() == top.height
    assert frame.filter(pl.col("level") > 1)["parentCode"].is_in(frame["code"].implode()).all()


def test_counties_of_a_range(real):
    frame = codes(real / "klass" / "codes_104_fylke_from_2022-07-10.json", RANGE)
    assert frame.height == 12
    assert frame["validFromInRequestedRange"].unique().to_list() == [date(2022, 7, 10)]
    assert frame["validToInRequestedRange"].null_count() == 12
    assert "Trøndelag - Trööndelage" in frame["name"]


def test_municipalities_of_2026_in_latin_1(real):
    csv = AT.model_copy(update={"format": "csv"})
    frame = codes(real / "klass" / "kommuneinndeling_2026.latin1.csv", csv)
    assert frame.height == 358
    here = trondelag(frame)
    assert here.height == 38
    names = dict(zip(here["code"], here["name"], strict=True))
    assert names["5006"] == "Steinkjer - Stïentje"
    assert names["5061"] == "Rindal"
    # The intake regions are the partition that sums: every municipality of the county, once.
    regions = pl.read_csv(REFERENCE / "regions.csv", infer_schema=False)
    members = pl.read_csv(REFERENCE / "region_membership.csv", infer_schema=False)
    today = membership(regions, members, date(2026, 11, 22))
    check_partition(today.filter(pl.col("kind") == "intake"), here["code"])


def test_counties_of_2026(real):
    csv = AT.model_copy(update={"format": "csv"})
    frame = codes(real / "klass" / "fylkesinndeling_2026.latin1.csv", csv)
    # Fifteen counties and one code for those untold.
    assert frame.height == 16
    assert "50" in frame["code"]


def test_municipalities_of_2013_in_the_older_csv(real):
    csv = AT.model_copy(update={"format": "csv"})
    frame = codes(real / "klass" / "kommuner_2013_codes.csv", csv)
    assert frame.height == 429
    assert frame["parentCode"].null_count() == 429
    halden = frame.filter(pl.col("code") == "0101").row(0, named=True)
    assert (halden["validFrom"], halden["validTo"]) == (date(2013, 1, 1), date(2014, 1, 1))
    old = frame.filter(pl.col("code").str.contains("^1[67]"))
    assert {"1601", "1662", "1702", "1703"} <= set(old["code"])


def test_open_ends_of_a_recorded_version(real):
    version = json.loads((real / "klass" / "styrk08_version_319.json").read_text("utf-8"))
    ends = [item["validTo"] for item in [version] if item.get("validTo")]
    assert ends == ["+999999999-12-31"]
    document = {"codes": [{"code": "1", "level": "1", "name": "x", "validTo": ends[0]}]}
    made = Answer(
        "data", "GET", "", None, 200, {}, json.dumps(document).encode(), datetime.now(UTC)
    )
    assert klass.parse([made], AT)["rows"]["validTo"].to_list() == [None]


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("styrk08_version_319", [10, 43, 122, 407]),
        ("sn2007_version_501", [21, 87, 270, 613, 817]),
    ],
)
def test_items_of_a_recorded_version(real, name, levels):
    version = json.loads((real / "klass" / f"{name}.json").read_text("utf-8"))
    document = {"codes": version["classificationItems"]}
    made = Answer(
        "data", "GET", "", None, 200, {}, json.dumps(document).encode(), datetime.now(UTC)
    )
    rows = klass.parse([made], AT)["rows"]
    assert rows.height == sum(levels)
    assert rows.group_by("level").len().sort("level")["len"].to_list() == levels


PUPILS = udir_report.Selection(page="GSK_Elev_Skol", filters={"TidID": [202410]})


def test_report_page_is_resolved(real):
    page = json.loads((real / "udir" / "uss_rapportside_GSK_Elev_Skol.json").read_text("utf-8"))
    found = page["rappside"]
    text = udir_report.filter_text(found["gyldigeFiltre"], found["filterDefaultVerdier"], PUPILS)
    join = udir_report.FILTER_VALUE_JOIN
    assert text == (
        "EnhetID(-12)_KjoennID(-10)_KommunalitetID(-10)"
        f"_SpoersmaalID({join.join('1235')})_TidID(202410)_TrinnID(-10)"
    )


def test_report_data_keep_what_was_published_and_what_was_hidden(real):
    rows = udir_report.parse(
        [answer(real / "udir" / "uss_data_GSI_202410_trondelag.json")], PUPILS
    )["rows"]
    assert rows.height == 40 * 4
    assert rows["column_1"].unique().to_list() == ["2024-25"]
    assert rows["level"].unique().sort().to_list() == ["Fylke", "Kommune"]
    assert not rows["constructed"].any()
    leaf = "column_6"
    names = rows[leaf].unique(maintain_order=True).to_list()
    county = rows.filter(pl.col("level") == "Fylke")
    assert county["value"].to_list() == [54_438, 4_603, 3_573, 249]
    below = rows.filter((pl.col("level") == "Kommune") & pl.col("kode").str.starts_with("50"))
    assert below["kode"].n_unique() == 38
    sums = {name: below.filter(pl.col(leaf) == name)["value"].sum() for name in names}
    # Pupils and schools add up; of the 4 603 with special teaching the cells show 3 419.
    assert [sums[name] for name in (names[0], names[1], names[3])] == [54_438, 3_419, 249]
    hidden = rows.filter(pl.col("status") == "*")
    assert hidden.height == rows.filter(pl.col("text") == "*").height > 0
    assert hidden["value"].null_count() == hidden.height
    assert rows.filter(pl.col("status").is_null())["value"].null_count() == 0


def test_leavers_per_school_from_the_portal_export(real):
    selection = delimited.Selection(
        path="slutta.csv",
        columns=["EnhetNivaa", "Fylkekode", "Organisasjonsnummer", "EnhetNavn"],
        encoding="utf-16-le",
        separator="\t",
    )
    path = real / "udir" / "slutta_vgo_skoler_2011-12_2020-21.utf16le.csv"
    rows = delimited.parse([answer(path)], selection)["rows"]
    assert rows.shape == (808, 20)
    # The recording's index says 1 631, which leaves out the 132 of the last column.
    assert rows.select(pl.sum_horizontal((pl.all() == "*").sum())).item() == 1_763
    assert rows.columns[-1].startswith("2020-21.")
    assert (rows[rows.columns[-1]] == "*").sum() == 132
    country = rows.filter(pl.col("EnhetNivaa") == "1")
    assert country["EnhetNavn"].to_list() == ["Hele landet", "Utlandet"]
    assert set(rows["Fylkekode"].drop_nulls()) >= {"16", "17", "50"}


def test_another_extract_of_the_school_register_is_not_taken_for_it(real):
    with pytest.raises(SourceChanged, match="EnhetListe"):
        nsr.parse(
            [answer(real / "nsr" / "nsr_videregaende_skoler_569.json", "page-001")],
            nsr.Selection(),
        )


def test_the_cohort_on_the_borders_of_today_equals_the_published_series(real):
    """Municipalities of 2016–2026 in the bundled sample, carried to 2026 and added up."""
    sample = REFERENCE.parent / "sample"
    changes = pl.read_csv(sample / "klass" / "131" / "changes.csv", infer_schema=False).select(
        old_code="oldCode", new_code="newCode", changed_on="changeOccurred"
    )
    municipalities = pl.read_csv(sample / "klass" / "131" / "codes.csv", infer_schema=False).select(
        municipality_code="code", valid_from="validFrom", valid_to="validTo"
    )
    here = municipalities.filter(
        pl.col("valid_to").is_null() & pl.col("municipality_code").str.starts_with("50")
    )["municipality_code"]
    assert here.n_unique() == 38
    borders = carry(
        changes,
        pl.read_csv(REFERENCE / "municipality_split_weights.csv", infer_schema=False),
        range(2016, 2027),
        2026,
        municipalities=municipalities,
        into=here,
    )
    ages = pl.col("Alder").cast(pl.String).is_in(["016", "017", "018"])
    people = (
        pl.read_parquet(sample / "pxweb" / "07459" / "cells.parquet")
        .filter(ages)
        .select(
            from_code=pl.col("Region").cast(pl.String),
            year=pl.col("Tid").cast(pl.String).cast(pl.Int32),
            persons=pl.col("value"),
        )
    )
    cohort = (
        people.join(borders, on=["year", "from_code"])
        .filter(pl.col("to_code").is_in(here.implode()))
        .group_by("year")
        .agg((pl.col("persons") * pl.col("weight").cast(pl.Float64)).sum())
        .sort("year")["persons"]
    )
    recorded = json.loads(
        (real / "ssb" / "ssb_fylkestall_trondelag_excerpt_2026.json").read_text("utf-8")
    )["personer_16_18"]
    assert cohort.round(6).to_list() == recorded["F50"][: recorded["registrert_til_og_med"] - 2015]
    assert cohort.pct_change().abs().max() < 0.03
