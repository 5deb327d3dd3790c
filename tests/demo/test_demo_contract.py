"""The bundled sample through the server: every entry can be asked for and gives its own figures."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import requests

from tasks.demo.server import SAMPLE, serve

TABLES = sorted(path.parent.name for path in SAMPLE.glob("pxweb/*/table.toml"))
CLASSIFICATIONS = sorted(path.parent.name for path in SAMPLE.glob("klass/*/codes.csv"))
PAGES = sorted(path.stem for path in SAMPLE.glob("udir/*.toml"))
FILES = sorted(path.name for path in SAMPLE.glob("county/*.csv"))


@pytest.fixture(scope="module")
def bundled() -> Iterator[requests.Session]:
    with serve(SAMPLE) as server, requests.Session() as session:
        session.headers["Accept"] = "application/json"
        session.base = server.url
        yield session


def ask(session: requests.Session, path: str) -> requests.Response:
    response = session.get(session.base + path, timeout=60)
    assert response.status_code == 200, (path, response.text[:200])
    return response


def test_the_sample_is_there():
    assert TABLES
    assert CLASSIFICATIONS
    assert PAGES
    assert FILES


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("table", TABLES)
def test_every_table_gives_back_its_cells(bundled, table):
    head = tomllib.loads((SAMPLE / "pxweb" / table / "table.toml").read_text(encoding="utf-8"))
    names = [variable["code"] for variable in head["variable"]]
    described = ask(bundled, f"/ssb/pxwebapi/v2/tables/{table}/metadata").json()
    assert described["id"] == names
    query = "&".join(f"valueCodes[{name}]=*" for name in names)
    stat = ask(bundled, f"/ssb/pxwebapi/v2/tables/{table}/data?{query}").json()
    axes = [list(stat["dimension"][name]["category"]["index"]) for name in names]
    assert [len(codes) for codes in axes] == stat["size"]
    served = pl.DataFrame({"value": stat["value"]}, schema={"value": pl.Float64})
    frame = pl.DataFrame({names[0]: axes[0]})
    for name, codes in zip(names[1:], axes[1:], strict=True):
        frame = frame.join(pl.DataFrame({name: codes}), how="cross", maintain_order="left_right")
    served = frame.hstack([served["value"], status_column(stat)])
    kept = pl.read_parquet(SAMPLE / "pxweb" / table / "cells.parquet")
    both = kept.join(served, on=names, how="left", suffix="_served")
    assert both.height == kept.height
    assert both.filter(pl.col("value").ne_missing(pl.col("value_served"))).is_empty()
    marked = pl.when(pl.col("status").is_null() & pl.col("constructed")).then(pl.lit("constructed"))
    expected = marked.otherwise(pl.col("status"))
    assert both.filter(expected.ne_missing(pl.col("status_served"))).is_empty()


def status_column(stat: dict) -> pl.Series:
    """The status of every cell, from any of the three forms."""
    length = len(stat["value"])
    given = stat.get("status", {})
    if isinstance(given, str):
        texts = [given] * length
    elif isinstance(given, dict):
        texts = [given.get(str(at)) for at in range(length)]
    else:
        texts = given
    return pl.Series("status", texts, dtype=pl.String)


@pytest.mark.parametrize("name", CLASSIFICATIONS)
def test_every_classification_gives_back_its_codes(bundled, name):
    rows = read_csv(SAMPLE / "klass" / name / "codes.csv")
    start = min(row["validFrom"] for row in rows)
    base = f"/klass/classifications/{name}"
    served = ask(bundled, f"{base}/codes?from={start}&includeFuture=true").json()["codes"]
    assert [(r["code"], r["name"], r["validFromInRequestedRange"]) for r in served] == [
        (r["code"], r["name"], r["validFrom"]) for r in rows
    ]
    on = max(row["validFrom"] for row in rows)
    at = ask(bundled, f"{base}/codesAt?date={on}").json()["codes"]
    codes = [row["code"] for row in at]
    assert len(set(codes)) == len(codes), "one code, one name on any one day"
    for path in (SAMPLE / "klass" / name).glob("changes.csv"):
        changes = ask(bundled, f"{base}/changes?from=1900-01-01").json()["codeChanges"]
        assert len(changes) == len(read_csv(path))


@pytest.mark.parametrize("name", PAGES)
def test_every_page_gives_back_its_figures(bundled, name):
    page = ask(bundled, f"/udir/rest/v1/Rapportside/{name}").json()["rappside"]
    head = tomllib.loads((SAMPLE / "udir" / f"{name}.toml").read_text(encoding="utf-8"))
    rows = read_csv(SAMPLE / "udir" / f"{name}.csv")
    element = page["rapportElementer"][0]
    asked = [
        f"{name}({'.'.join(dict.fromkeys(row[column] for row in rows))})"
        for name in head["gyldigeFiltre"]
        for column in ("filter" if name == head["time_filter"] else name,)
        if column in rows[0]
    ]
    query = f"filter={'_'.join(asked)}&radSti={element['defaultRadsti']}"
    url = f"/udir/{element['dataEndepunkt']}?{query}&inkluderKoder=true"
    data = ask(bundled, url).json()
    measures = [
        header["name"] for header in data["metadata"]["columns"][-1] if header["columnCount"] == 1
    ]
    assert set(measures) <= set(head["measures"])
    filled = sum(text != "" for row in data["rows"] for text in row["data"])
    assert filled == sum(row["value"] != "" for row in rows), "no figure twice, none lost"
    codes = {row["id"]: (row["kode"], row["navn"]) for row in rows}
    assert {row["id"]: (row["kode"], row["navn"]) for row in data["rows"]} == codes
    constructed = {row["id"] for row in rows if row["constructed"] == "true"}
    assert {row["id"] for row in data["rows"] if row.get("konstruert")} == constructed


def test_every_school_is_served(bundled):
    rows = read_csv(SAMPLE / "nsr" / "schools.csv")
    page = ask(bundled, "/nsr/enheter?sidenummer=1&antallPerSide=1000").json()
    assert page["TotaltAntallEnheter"] == len(rows)
    assert [s["Organisasjonsnummer"] for s in page["EnhetListe"]] == [
        row["Organisasjonsnummer"] for row in rows
    ]
    assert all("source" not in school for school in page["EnhetListe"])


@pytest.mark.parametrize("name", FILES)
def test_every_county_file_is_served(bundled, name):
    content = ask(bundled, f"/trondelag/{name}").content
    assert content == (SAMPLE / "county" / name).read_bytes()
