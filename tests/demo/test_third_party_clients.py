"""Clients that others wrote, from the package index, read right figures from the server."""

from __future__ import annotations

import json

import klass
import polars as pl
import pytest
import requests
from handmade_sample import SEXES, YEARS, figure
from klass import config as klass_config
from pxweb import PxApi
from pyjstat import pyjstat

from tasks.demo.server import serve

SELECTION = {"Region": ["50*"], "Kjonn": ["*"], "ContentsCode": ["Personer"], "Tid": ["*"]}


def expected(regions) -> dict[tuple[str, str, str], float | None]:
    return {(r, s, y): figure(r, s, "Personer", y) for r in regions for s in SEXES for y in YEARS}


def test_pxwebpy_reads_a_table(server):
    api = PxApi(f"{server.url}/ssb/pxwebapi/v2", disable_cache=True)
    assert api.number_of_tables == 1
    assert api.language == "no"
    assert [t["id"] for t in api.search("folk")["tables"]] == ["T0001"]
    variables = api.get_table_variables("T0001")
    assert variables["Region"]["elimination"] is True
    rows = api.get_table_data("T0001", value_codes=SELECTION, show="code")
    got = {(r["region"], r["kjønn"], r["år"]): r["value"] for r in rows}
    assert got == expected(["5001", "5006", "5004", "5055"])
    assert api.get_code_list("agg_Dagens")["type"] == "Aggregation"
    summed = api.get_table_data(
        "T0001",
        value_codes={**SELECTION, "Region": ["*"], "Tid": ["2020"]},
        code_list={"Region": "agg_Dagens"},
        show="code",
    )
    steinkjer = {r["kjønn"]: r["value"] for r in summed if r["region"] == "K-5006"}
    assert steinkjer == {
        s: figure("5004", s, "Personer", "2020") + figure("5006", s, "Personer", "2020")
        for s in SEXES
    }


def test_pxwebpy_splits_at_the_limit_and_waits_when_told(server):
    api = PxApi(f"{server.url}/ssb/pxwebapi/v2", disable_cache=True, max_workers=2)
    api._client.configuration["maxDataCells"] = 8
    server.misbehave("429", "/data", retry_after=0)
    rows = api.get_table_data("T0001", value_codes=SELECTION, show="code")
    got = {(r["region"], r["kjønn"], r["år"]): r["value"] for r in rows}
    assert got == expected(["5001", "5006", "5004", "5055"])
    sent = [logged for logged in server.requests if "/data" in logged.target]
    assert sum(logged.status == 200 for logged in sent) == 4
    assert [logged.status for logged in sent].count(429) == 1


@pytest.mark.parametrize("sparse", [False, True])
def test_pyjstat_reads_a_dataset(sample, sparse):
    query = "&".join(f"valueCodes[{k}]={','.join(v)}" for k, v in SELECTION.items())
    with serve(sample, sparse=sparse) as server:
        text = requests.get(
            f"{server.url}/ssb/pxwebapi/v2/tables/T0001/data?{query}", timeout=20
        ).text
    frame = pyjstat.Dataset.read(text).write("dataframe", naming="id")
    got = {
        (r, s, y): None if v != v or v is None else v
        for r, s, y, v in zip(frame.Region, frame.Kjonn, frame.Tid, frame.value, strict=True)
    }
    assert got == expected(["5001", "5006", "5004", "5055"])
    assert json.loads(text)["id"] == ["Region", "Kjonn", "ContentsCode", "Tid"]


@pytest.fixture
def klass_client(server, monkeypatch):
    monkeypatch.setattr(klass_config, "BASE_URL", f"{server.url}/klass/")
    return klass


def test_klass_client_reads_codes_changes_and_correspondence(klass_client):
    municipalities = klass_client.KlassClassification("131")
    assert municipalities.name == "Standard for kommuneinndeling"
    assert len(municipalities.versions) == 4
    then = municipalities.get_codes("2017-06-01").data
    assert then[["code", "name"]].values.tolist() == [["1601", "Trondheim"]]
    over = municipalities.get_codes("2017-01-01", "2019-01-01").data
    assert over["validToInRequestedRange"].tolist() == ["2018-01-01", "2019-01-01"]
    changed = municipalities.get_changes("2013-01-01", "2020-01-01")
    assert changed[["oldCode", "newCode"]].values.tolist() == [["1601", "5001"]]
    counties = municipalities.get_correspondence_to("104", "2018-01-01", "2024-01-01")
    assert counties.to_dict() == {"5001": "50"}


def test_klass_client_reads_a_version(klass_client):
    municipalities = klass_client.KlassClassification("131")
    number = {v["validFrom"]: v["version_id"] for v in municipalities.versions}["2024-01-01"]
    version = municipalities.get_version(number)
    assert dict(zip(version.data["code"], version.data["name"], strict=True)) == {
        "5001": "Tråante & co",
        "9901": "Kárášjohka",
    }
    assert set(version.data["levelName"]) == {"Nivå 1"}


def test_klass_client_search(klass_client):
    found = klass_client.KlassSearchClassifications("fylkesinndeling").classifications
    assert [(c["classification_id"], c["name"]) for c in found] == [
        (104, "Standard for fylkesinndeling")
    ]


def test_answers_make_frames(server):
    """The same figures by a plain reader of the CSV form."""
    query = "&".join(f"valueCodes[{k}]={','.join(v)}" for k, v in SELECTION.items())
    query += "&outputFormat=csv&outputFormatParams=UseCodes"
    url = f"{server.url}/ssb/pxwebapi/v2/tables/T0001/data?{query}"
    frame = pl.read_csv(
        requests.get(url, timeout=20).content,
        infer_schema_length=0,
        null_values=[".", "..", ":"],
    )
    got = {
        (r["Region"], r["Kjonn"], r["Tid"]): float(r["value"]) if r["value"] else None
        for r in frame.to_dicts()
    }
    assert got == expected(["5001", "5006", "5004", "5055"])
