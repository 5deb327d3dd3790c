"""The sample's report pages, over HTTP and through the parser, against the recorded figures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks import catalogue
from tasks.demo.server import SAMPLE, serve
from tasks.settings import Project
from tasks.sources import udir_report
from tasks.sources.transport import Client, Rate

UNITS = {"L": "0", "F50": "50"}
DECLARED = catalogue.load(Project().catalogue).datasets


@pytest.fixture(scope="module")
def pages() -> Iterator[Any]:
    """The rows of a dataset as a night reads them from the bundled server."""
    with serve(SAMPLE) as server, Client(publisher="udir-real", rate=Rate(10_000, 1)) as client:

        def rows(name: str) -> pl.DataFrame:
            entry = DECLARED[name].selection
            day = date(2026, 11, 24)
            fetched = list(udir_report.fetch(client, f"{server.url}/udir", entry, day))
            return udir_report.parse(fetched, entry)["rows"]

        yield rows


@pytest.fixture(scope="module")
def excerpt(real: Path) -> dict[str, Any]:
    path = real / "udir" / "vgo_trondelag_2023_2026_excerpt.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def figures(rows: pl.DataFrame, code: str, **where: str) -> list[float]:
    """The published figures of a country or county, oldest first."""
    chosen = rows.filter(~pl.col("constructed"), kode=code, **where)
    return chosen.sort("column_1")["value"].to_list()


@pytest.mark.parametrize(
    ("kind", "measure"),
    [
        ("alle", "Søkere i alt"),
        ("skole", "Søkere til skole"),
        ("laereplass", "Søkere til læreplass"),
    ],
)
def test_applicants(pages: Any, excerpt: dict[str, Any], kind: str, measure: str) -> None:
    rows = pages("udir_applicants")
    for unit, code in UNITS.items():
        assert figures(rows, code, column_2=measure) == excerpt["soekere"][kind][unit]


def test_applicants_by_programme(pages: Any, excerpt: dict[str, Any]) -> None:
    rows = pages("udir_applicants").filter(column_2="Søkere i alt", level="Utdanningsprogram")
    told = excerpt["soekere_utdanningsprogram"]
    for programme in told["rader"]:
        for unit, above in (("L", "1.-12"), ("F50", "1.44")):
            ours = rows.filter(pl.col("value").is_not_null(), id=f"{above}.{programme['id']}")
            assert ours.sort("column_1")["value"].to_list() == programme[unit], programme["navn"]
    assert rows["id"].n_unique() == 2 * len(told["rader"])


def test_levels_add_up_to_the_recorded_applicants(pages: Any, excerpt: dict[str, Any]) -> None:
    rows = pages("udir_applicants_by_level").filter(pl.col("level") == "Utdanningsprogram")
    sums = rows.group_by("id", "column_1").agg(pl.col("value").sum())
    for programme in excerpt["soekere_utdanningsprogram"]["rader"]:
        ours = sums.filter(id=f"1.44.{programme['id']}").sort("column_1")
        assert ours["value"].to_list() == programme["F50"], programme["navn"]
    assert rows.filter(pl.col("value").is_not_null())["constructed"].all()


def test_pupils(pages: Any, excerpt: dict[str, Any]) -> None:
    rows = pages("udir_pupils")
    for unit, code in UNITS.items():
        assert figures(rows, code) == excerpt["elever"][unit]
    for school in excerpt["elever_per_skole_F50"]["skoler"]:
        told = [float(number) for number in school["elever"] if number is not None]
        ours = rows.filter(pl.col("value").is_not_null(), kode=school["orgnr"])
        assert ours.sort("column_1")["value"].to_list() == told, school["kortnavn"]


def test_placement_by_date_of_the_count(pages: Any, excerpt: dict[str, Any]) -> None:
    rows = pages("udir_apprentice_placement")
    told = excerpt["formidling_prosent"]
    for unit, code in UNITS.items():
        by_date = dict(rows.filter(kode=code).select("column_1", "value").rows())
        december = told["desember"]
        assert [by_date[f"desember {year}"] for year in december["aar"]] == december[unit]
        autumn = told["hoesten_2025"]
        assert [by_date[f"{month} 2025"] for month in autumn["tidspunkt"]] == autumn[unit]


@pytest.mark.parametrize(
    ("dataset", "key"),
    [
        ("udir_apprentice_contracts", "loepende_laerekontrakter"),
        ("udir_completion", "gjennomfoering_prosent"),
        ("udir_apprentice_completion", "fagbrev_prosent_kull_2020"),
    ],
)
def test_totals(pages: Any, excerpt: dict[str, Any], dataset: str, key: str) -> None:
    rows = pages(dataset)
    for unit, code in UNITS.items():
        told = excerpt[key][unit]
        assert figures(rows, code) == (told if isinstance(told, list) else [told])


def test_compulsory_school_is_cell_for_cell_as_recorded(pages: Any, real: Path) -> None:
    path = real / "udir" / "uss_data_GSI_202410_trondelag.json"
    told = {
        row["kode"]: row["data"]
        for row in json.loads(path.read_text(encoding="utf-8"))["rows"]
        if row["kode"].startswith("50")
    }
    rows = pages("udir_compulsory_pupils")
    assert not rows["constructed"].any()
    ours = {
        code: texts
        for code, texts in rows.group_by("kode", maintain_order=True).agg("text").rows()
        if code.startswith("50")
    }
    assert len(told) == 39
    assert ours == told


def test_lower_secondary_pupils_are_part_of_the_recorded_total(pages: Any) -> None:
    every = pages("udir_compulsory_pupils").filter(column_6="Antall elever")
    total = dict(every.select("kode", "value").rows())
    lower = pages("udir_lower_secondary_pupils")
    sums = dict(lower.group_by("kode").agg(pl.col("value").sum()).rows())
    assert len(sums) == 39
    assert all(0 < sums[code] < total[code] for code in sums)
    assert sums["50"] == sum(number for code, number in sums.items() if code != "50")
