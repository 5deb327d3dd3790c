"""Each way in which the source server goes wrong when told to, seen over real HTTP."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

import pytest
import requests

from tasks.demo import misbehaviour
from tasks.demo.server import serve

DATA = "/ssb/pxwebapi/v2/tables/T0001/data?valueCodes[ContentsCode]=*&valueCodes[Tid]=*"
CONFIG = "/ssb/pxwebapi/v2/config"


def test_only_matching_requests_and_only_so_many(server, get):
    server.misbehave("503", r"tables/T0001/data", times=2)
    assert get(CONFIG).status_code == 200
    assert [get(DATA).status_code for _ in range(3)] == [503, 503, 200]
    assert [logged.fault for logged in server.requests] == [None, "503", "503", None]


def test_pattern_sees_the_decoded_query(server, get):
    server.misbehave("503", r"valueCodes\[Tid\]=2020")
    assert get(DATA).status_code == 200
    assert get("/ssb/pxwebapi/v2/tables/T0001/data?valueCodes%5BTid%5D=2020").status_code == 503


def test_faults_are_taken_in_the_order_told(server, get):
    server.misbehave("503")
    server.misbehave("429")
    assert [get(CONFIG).status_code for _ in range(3)] == [503, 429, 200]


@pytest.mark.parametrize("mode", ["429", "503"])
def test_retry_after_comes_only_when_told(server, get, mode):
    server.misbehave(mode)
    server.misbehave(mode, retry_after=7)
    server.misbehave(mode, retry_after="Sun, 22 Nov 2026 03:30:00 GMT")
    answers = [get(CONFIG) for _ in range(3)]
    assert [a.status_code for a in answers] == [int(mode)] * 3
    assert [a.headers.get("Retry-After") for a in answers] == [
        None,
        "7",
        "Sun, 22 Nov 2026 03:30:00 GMT",
    ]


def test_nothing_new_whatever_there_is(server, get):
    server.misbehave("304")
    nothing = get(DATA)
    assert (nothing.status_code, nothing.content) == (304, b"")
    assert get(DATA).status_code == 200


def test_empty_500_and_web_page(server, get):
    server.misbehave("500-empty")
    broken = get(CONFIG)
    assert (broken.status_code, broken.content) == (500, b"")
    server.misbehave("html")
    page = get(CONFIG)
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    with pytest.raises(json.JSONDecodeError):
        json.loads(page.text)


def test_slow_answer_arrives_whole_in_pieces(server, get):
    right = get(DATA).content
    server.misbehave("slow", seconds=0.2)
    slow = get(DATA, stream=True)
    assert b"".join(slow.iter_content(None)) == right
    server.misbehave("slow", seconds=30)
    with pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.Timeout)):
        get(DATA, timeout=0.1)


def test_cut_answer_has_less_than_it_says(server, get):
    right = get(DATA).content
    server.misbehave("cut")
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=20)
    connection.request("GET", DATA.replace("[", "%5B").replace("]", "%5D"))
    response = connection.getresponse()
    assert response.getheader("Content-Length") == str(len(right))
    with pytest.raises(http.client.IncompleteRead) as cut:
        response.read()
    assert cut.value.partial == right[: len(right) // 2]
    connection.close()


def test_cut_chunk_ends_in_the_middle(server, get):
    server.misbehave("cut-chunked")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(DATA)
    assert get(DATA).status_code == 200, "a new connection is well again"


def test_huge_answer_is_still_json(server, get):
    right = get(DATA)
    server.misbehave("huge", size=300_000)
    huge = get(DATA)
    assert len(huge.content) == 300_000
    assert huge.json() == right.json()


def test_wrong_type_has_the_right_bytes(server, get):
    right = get(DATA)
    server.misbehave("wrong-type")
    wrong = get(DATA)
    assert wrong.content == right.content
    assert wrong.headers["Content-Type"] == "application/octet-stream"


def test_false_updated_changes_nothing_else(server, get):
    right = get(DATA).json()
    server.misbehave("false-updated")
    assert get(DATA).json() == {**right, "updated": "1999-12-31T23:00:00Z"}


def test_schema_changes_one_name_in_every_protocol(server, get):
    page = "/udir/rest/v1/Rapportside/VGO_Elev_Proeve"
    endpoint = get(page).json()["rappside"]["rapportElementer"][0]["dataEndepunkt"]
    klass = "/klass/classifications/131/codesAt?date=2020-01-01"
    server.misbehave("schema", times=10)
    stat = get(DATA).json()
    assert stat["id"] == ["ContentsCode_ny", "Tid"]
    assert list(stat["dimension"]) == ["ContentsCode_ny", "Tid"]
    assert get("/ssb/v0/no/table/T0001").json()["variables"][0]["code"] == "Region_ny"
    assert set(get(klass).json()["codes"][0]) & {"code", "kode"} == {"kode"}
    assert get(klass, accept="text/csv").text.startswith('"kode","parentCode"')
    assert "<kode>5001</kode>" in get(klass, accept="*/*").text
    assert "elementer" in get(page).json()["rappside"]
    assert "rader" in get(f"/udir/{endpoint}?filter=TidID(202510)").json()
    assert "Enheter" in get("/nsr/enheter").json()
    assert get("/trondelag/kapasitet.csv").text.splitlines()[0].endswith("skole;nytt_navn")
    changes = get("/klass/classifications/131/changes?from=2013-01-01").json()["codeChanges"]
    assert "gammelKode" in changes[0]


def test_unknown_modes_and_details_are_refused(server):
    with pytest.raises(ValueError, match="429"):
        server.misbehave("tired")
    with pytest.raises(ValueError, match="seconds"):
        server.misbehave("503", seconds=3)


def test_faults_do_not_land_in_the_cache(sample: Path):
    with serve(sample) as server:
        server.misbehave("schema", "data")
        spoiled = requests.get(server.url + DATA, timeout=20).json()
        well = requests.get(server.url + DATA, timeout=20).json()
    assert spoiled["id"][0] == "ContentsCode_ny"
    assert well["id"][0] == "ContentsCode"


def test_every_mode_has_a_test():
    text = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{mode}"' in text for mode in misbehaviour.MODES)
