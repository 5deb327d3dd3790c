"""Recorded files of NAV, the Directorate and vilbli, read by the layouts of the catalogue."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tasks import catalogue
from tasks.errors import SourceChanged
from tasks.settings import CHECKOUT, Project
from tasks.sources import Answer, delimited, protocol

DATASETS = {dataset.id: dataset for dataset in catalogue.load(Project().catalogue)}
DELIVERY = "nav/nav_ledighet_stillinger_fylker_2025-10.xlsx"


def answer(path: Path) -> Answer:
    return Answer("file", "GET", "x", None, 200, {}, path.read_bytes(), datetime.now(UTC))


def rows(dataset: str, path: Path) -> pl.DataFrame:
    declared = DATASETS[dataset]
    return protocol(declared.protocol).parse([answer(path)], declared.selection)["rows"]


def test_the_monthly_delivery(real: Path) -> None:
    unemployed = rows("nav_unemployed", real / DELIVERY)
    assert unemployed.filter(pl.col("area") != "Landet")["area"].n_unique() == 17
    both = unemployed.filter(pl.col("sex") == "Begge kjønn", pl.col("status") == "Helt ledige")
    country = both.filter(pl.col("area") == "Landet")["persons"].item()
    assert country == both.filter(pl.col("area") != "Landet")["persons"].sum() == 61_284
    trondelag = both.filter(pl.col("area").str.starts_with("50 "))
    assert trondelag.select("persons", "percent").row(0) == (4511, 1.8)
    seekers = rows("nav_job_seekers", real / DELIVERY)
    assert seekers.group_by("area").len()["len"].max() == 15
    vacancies = rows("nav_vacancies", real / DELIVERY)
    groups = vacancies.filter(pl.col("area").str.starts_with("50 "))
    assert groups.height == 15
    assert set(vacancies["block"].unique()) == {"country", "county"}


def test_the_series_by_municipality(real: Path) -> None:
    found = rows("nav_fully_unemployed", real / "nav/HL060_helt_ledige_fylke_kommune_2022-10.xlsx")
    assert found["year"].unique().to_list() == ["2022"]
    county = found.filter(pl.col("block") == "county")
    months = county.filter(pl.col("area") == "I alt")
    assert months["persons"].to_list()[:3] == [74_143, 64_439, 58_368]
    parts = county.filter(pl.col("area") != "I alt").group_by("month").agg(pl.col("persons").sum())
    assert parts.filter(pl.col("month") == "januar")["persons"].item() == 74_143
    ours = found.filter(pl.col("county").str.starts_with("Trøndelag"))
    assert ours.filter(~pl.col("area").str.starts_with("I alt"))["area"].n_unique() == 38
    assert set(ours["persons_mark"].drop_nulls()) == {"*"}
    block = ours.filter(pl.col("area").str.starts_with("I alt"), pl.col("month") == "januar")
    assert block["persons"].item() == 5044
    assert "Telemark" not in found["sheet"].unique().to_list()  # a county's own, added by hand


def test_the_enterprise_survey_of_2017(real: Path) -> None:
    name = "nav/bedriftsundersokelsen_2017_mangel_yrke_fylke"
    first = rows("nav_shortage_2017", real / f"{name}.csv")
    assert first.height == 136
    assert first.equals(rows("nav_shortage_2017", real / f"{name}.original.csv"))


def test_job_seekers_over_the_change_of_classification(real: Path) -> None:
    found = rows("nav_job_seekers_history", real / "nav/arbeidssokere_yrke_2002_2017.csv")
    said = dict(found.drop_nulls("aar").group_by("isco_versjon").len().rows())
    assert said == {"ISCO-88": 3285, "ISCO-08": 2433, "Ukjent": 16}


def test_leavers(real: Path) -> None:
    found = rows("udir_leavers", real / "udir/slutta_vgo_skoler_2011-12_2020-21.utf16le.csv")
    assert found.shape == (808, 20)
    # The index of the recordings says 1 631: it leaves out the last column, which has 132.
    assert sum(int((found[column] == "*").sum()) for column in found.columns) == 1763


def test_point_limits(real: Path) -> None:
    found = rows("vilbli_point_limits", real / "vilbli/inntakspoeng_trondelag_2025.csv")
    assert found.height == 174
    assert (found["points"].is_null() == (found["status"] == "open")).all()


def test_fully_unemployed_by_county_since_2010(real: Path) -> None:
    found = rows("nav_fully_unemployed_history", real / "nav/helt_ledige_fylke_2010_2024.csv")
    assert found.height == 3413
    months = found.group_by("Fylke").len()
    for county, count in (("Nord-Trøndelag", 94), ("Sør-Trøndelag", 94), ("Trøndelag", 84)):
        assert months.filter(Fylke=county)["len"].item() == count
    assert found.select("År", "Måned").n_unique() == 178


def test_eight_months_of_seekers_and_vacancies(real: Path) -> None:
    name = "nav/soekere_stillinger_yrkespraksis_fylker_2025-06_2026-01.csv"
    found = rows("nav_job_seekers_and_vacancies", real / name)
    assert found.height == 3744
    assert found["Dato"].n_unique() == 8
    assert found["Antall søkere"].null_count() == 346
    assert found["Antall utlyste stillinger"].null_count() == 769


# Extracts that others have made of tables that are fetched from the source itself: read as the
# plain text files that they are.
EXTRACTS = [
    ("ssb/09429_utdanningsnivaa_fylker_2020.latin1.csv", "latin-1", ";", 72, "Antall"),
    ("ssb/13563_andel_utenfor_fylke_alder_2024.csv", "utf-8", ",", 15, "15-29 år (2024)"),
    ("ssb/14746_framskrevet_telemark_2026-2050.csv", "utf-8", ",", 14_250, "Framskriving"),
    ("ssb/framskrevet_telemark_2024-2050.csv", "utf-8", ",", 15_390, "Framskriving"),
    ("klass/fylker_for_og_etter_reform.csv", "utf-8-sig", ";", 28, "Fylkestabell SSB"),
    ("klass/sn_naeringsgruppering_5nivaa.csv", "utf-8", ",", 1064, "Nace_1_nr"),
    ("nav/arbeidssokere_yrke_fields.csv", "utf-8", ",", 8, "shortname"),
]


@pytest.mark.parametrize(("name", "encoding", "separator", "height", "column"), EXTRACTS)
def test_extracts(
    real: Path, name: str, encoding: str, separator: str, height: int, column: str
) -> None:
    selection = delimited.Selection(
        path=name, columns=[column], encoding=encoding, separator=separator
    )
    assert delimited.parse([answer(real / name)], selection)["rows"].height == height


def test_stacked_headers_are_refused_with_their_names(real: Path) -> None:
    name = "ssb/imdi_utdanningsnivaa_2020_alle.latin1.csv"
    selection = delimited.Selection(path=name, columns=["Region"], encoding="latin-1")
    with pytest.raises(SourceChanged, match="mer enn én gang"):
        delimited.parse([answer(real / name)], selection)


def test_no_recorded_file_is_kept_here(real: Path) -> None:
    recorded = {file.read_bytes() for file in real.rglob("*") if file.is_file()}
    ours = [file for file in (CHECKOUT / "data").rglob("*") if file.is_file()]
    assert ours
    assert not [file for file in ours if file.read_bytes() in recorded]
