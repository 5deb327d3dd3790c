"""KLASS, the report pages, the school register and the county's files as the server speaks them."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import requests
from handmade_sample import COUNTY_FILE

from tasks.demo.server import serve

K131 = "/klass/classifications/131"
PAGE = "/udir/rest/v1/Rapportside/VGO_Elev_Proeve"


def names(response) -> list[tuple[str, str]]:
    assert response.status_code == 200, response.text
    return [(row["code"], row["name"]) for row in response.json()["codes"]]


def test_codes_at_a_date(get):
    response = get(f"{K131}/codesAt?date=2017-12-31")
    assert response.json() == {
        "codes": [
            {
                "code": "1601",
                "parentCode": None,
                "level": "1",
                "name": "Trondheim",
                "shortName": "",
                "presentationName": "",
                "validFrom": None,
                "validTo": None,
                "notes": "",
            }
        ]
    }
    # The first day is inside, the last outside.
    assert names(get(f"{K131}/codesAt?date=2018-01-01")) == [("5001", "Trondheim")]


def test_codes_in_a_range_are_clipped_and_the_end_is_exclusive(get):
    rows = get(f"{K131}/codes?from=2017-01-01&to=2024-01-01").json()["codes"]
    spans = [
        (r["code"], r["validFromInRequestedRange"], r["validToInRequestedRange"]) for r in rows
    ]
    assert spans == [("1601", "2017-01-01", "2018-01-01"), ("5001", "2018-01-01", "2024-01-01")]
    later = get(f"{K131}/codes?from=2017-01-01&to=2024-01-02").json()["codes"]
    assert later[2]["name"] == "Tråante & co"
    still = get(f"{K131}/codes?from=2024-01-01").json()["codes"]
    assert [r["validToInRequestedRange"] for r in still] == [None, None]


def test_codes_of_the_future_only_when_asked_for(get):
    url = f"{K131}/codes?from=2024-01-01"
    assert ("9999", "Framtid") not in names(get(url))
    assert ("9999", "Framtid") in names(get(url + "&includeFuture=true"))


def test_select_codes_level_and_presentation(get):
    url = f"{K131}/codes?from=2013-01-01"
    assert {c for c, _ in names(get(url + "&selectCodes=16*"))} == {"1601"}
    assert {c for c, _ in names(get(url + "&selectCodes=1000-2000,9901"))} == {"1601", "9901"}
    assert names(get(url + "&selectLevel=2")) == []
    pattern = "&presentationNamePattern={code} {uppercase(name)}"
    assert get(url + pattern).json()["codes"][0]["presentationName"] == "1601 TRONDHEIM"


def test_form_follows_suffix_and_accept(get):
    url = f"{K131}/codesAt"
    xml = get(f"{url}?date=2025-01-01", accept="*/*")
    assert xml.headers["Content-Type"].startswith("application/xml")
    items = ElementTree.fromstring(xml.content)  # noqa: S314 - our own server
    assert items[0].findtext("name") == "Tråante & co"
    assert get(f"{url}.json?date=2025-01-01", accept="*/*").json()["codes"]
    text = get(f"{url}.csv?date=2025-01-01")
    assert text.headers["Content-Type"] == "text/csv;charset=ISO-8859-1"
    lines = text.content.decode("latin-1").splitlines()
    assert lines[0].startswith('"code","parentCode","level","name"')
    assert lines[1].startswith('"5001","","1","Tråante & co","T"')
    assert '"Nytt navn, med komma"' in lines[1]
    # Letters that Latin-1 lacks are lost.
    assert "K\xe1r\xe1?johka" in lines[2]
    separated = get(f"{url}?date=2025-01-01&csvSeparator=;", accept="text/csv;charset=UTF-8")
    assert '"9901";"";"1";"Kárášjohka"' in separated.content.decode("utf-8")


def test_changes_leave_out_what_is_missing(get):
    rows = get(f"{K131}/changes?from=2013-01-01&to=2024-01-01").json()["codeChanges"]
    assert [(r["oldCode"], r["newCode"]) for r in rows] == [("1601", "5001"), (None, "5055")]
    assert (
        get(f"{K131}/changes?from=2024-01-01").json()["codeChanges"][0]["newName"] == "Tråante & co"
    )


def test_correspondence_is_missing_when_a_part_of_the_range_is(get):
    url = f"{K131}/corresponds?targetClassificationId=104"
    rows = get(f"{url}&from=2017-01-01&to=2019-01-01").json()["correspondenceItems"]
    assert [(r["sourceCode"], r["targetCode"]) for r in rows] == [("1601", "16"), ("5001", "50")]
    assert (rows[0]["validFrom"], rows[0]["validTo"]) == ("2013-01-01", "2018-01-01")
    assert "konstruert" not in rows[0]
    assert get(f"{url}&from=2013-01-01").status_code == 200
    assert get(f"{url}&from=2012-12-31").status_code == 404
    at = get(f"{K131}/correspondsAt?targetClassificationId=104&date=2025-01-01").json()
    assert at["correspondenceItems"] == [
        {
            "sourceCode": "5001",
            "sourceName": "Tråante & co",
            "targetCode": "50",
            "targetName": "Trøndelag",
        }
    ]
    turned = "/klass/classifications/104/correspondsAt?targetClassificationId=131&date=2017-01-01"
    assert get(turned).json()["correspondenceItems"][0]["targetCode"] == "1601"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/klass/classifications/999/codesAt?date=2020-01-01", 404),
        (f"{K131}/codesAt?date=2012-01-01", 404),
        (f"{K131}/codesAt", 400),
        (f"{K131}/codesAt?date=i-dag", 400),
        (f"{K131}/codes?from=2020-01-01&to=2020-01-01", 400),
        (f"{K131}/corresponds?targetClassificationId=7&from=2020-01-01", 404),
        ("/klass/classifications/104/changes?from=2020-01-01", 404),
        ("/klass/versions/131999", 404),
        ("/klass/nothing", 404),
    ],
)
def test_klass_refusals(get, path, status):
    assert get(path).status_code == status
    text = get(path, accept="text/csv")
    assert text.status_code == status
    assert text.headers["Content-Type"].startswith("text/plain")
    assert not text.text.startswith("{")


def test_versions_have_the_open_end_no_date_parser_takes(get):
    described = get(K131).json()
    newest = max((v for v in described["versions"]), key=lambda v: v["validFrom"])
    assert newest["validFrom"] == "2999-01-01"
    current = next(v for v in described["versions"] if v["validFrom"] == "2024-01-01")
    items = get(f"/klass/versions/{current['id']}").json()["classificationItems"]
    assert {row["validTo"] for row in items} == {"+999999999-12-31"}
    assert get("/klass/classifications").json()["page"]["totalElements"] == 2


def endpoint(get) -> str:
    return "/udir/" + get(PAGE).json()["rappside"]["rapportElementer"][0]["dataEndepunkt"]


def test_report_page_writes_a_key_twice(get):
    pairs = []
    json.loads(get(PAGE).text, object_pairs_hook=lambda found: pairs.extend(found) or dict(found))
    kinds = [v for k, v in pairs if k == "rapportelementtypenavn"]
    assert kinds == ["D_TAB", "Drilltabell"]


def test_report_data_nest_their_headers(get):
    data = get(
        f"{endpoint(get)}?filter=TidID(202410.202510)_EnhetID(-12)&inkluderKoder=true"
    ).json()
    assert data["metadata"]["columns"] == [
        [{"name": "2024-25", "columnCount": 2}, {"name": "2025-26", "columnCount": 2}],
        [
            {"name": "Antall elever", "columnCount": 1},
            {"name": "Antall skoler", "columnCount": 1},
            {"name": "Antall elever", "columnCount": 1},
            {"name": "Antall skoler", "columnCount": 1},
        ],
    ]
    rows = {row["kode"]: row for row in data["rows"]}
    assert rows["50"]["data"] == ["16 434", "41", "16 753", "41"]
    assert rows["0"]["data"] == ["189 349", "410", "193 809", ""]
    assert rows["991"]["data"][0] == "*"
    assert rows["991"]["konstruert"] is True
    assert "konstruert" not in rows["50"]


def test_report_filter_and_path(get):
    url = endpoint(get)
    default = get(f"{url}?filter=EnhetID(-12)").json()
    assert default["metadata"]["columns"][0] == [{"name": "2025-26", "columnCount": 2}]
    assert "kode" not in default["rows"][0]
    filters = "filter=TidID(202410,202510)&inkluderKoder=true"
    for path, codes in {
        "*": ["0"],
        "-12.*": ["0", "50"],
        "*.44.*": ["0", "50", "991"],
        "*.*.*": ["0", "50", "991", "992"],
    }.items():
        assert [r["kode"] for r in get(f"{url}?{filters}&radSti={path}").json()["rows"]] == codes
    assert get(f"{url}?filter=TidID(190001)").json()["rows"] == []


@pytest.mark.parametrize(
    "query", ["", "?filter=", "?filter=TrinnID(1)", "?filter=TidID", "?filter=TidID(1"]
)
def test_report_refusals(get, query):
    response = get(endpoint(get) + query)
    assert response.status_code == 400
    assert response.json()["feiltype"] == "Feil i forespørselen"


def test_report_endpoint_follows_the_version(sample: Path, get):
    old = endpoint(get)
    with serve(sample, udir_version=9) as server:
        assert (
            requests.get(f"{server.url}{old}?filter=TidID(202410)", timeout=20).status_code == 404
        )
        described = requests.get(server.url + PAGE, timeout=20).json()["rappside"]
        assert described["rapportElementer"][0]["dataEndepunkt"].endswith("/1/9/data")
    assert get("/udir/rest/v1/Rapportside/Nei").status_code == 404


def test_schools_come_in_pages(get):
    first = get("/nsr/enheter?sidenummer=1&antallPerSide=2").json()
    assert (first["Sidenummer"], first["AntallSider"], first["TotaltAntallEnheter"]) == (1, 2, 3)
    assert first["EnhetListe"][0] == {
        "Organisasjonsnummer": "991",
        "Navn": "Aglo",
        "Fylkesnummer": "50",
        "Kommunenummer": "5035",
        "ErAktiv": True,
        "ErPrivatskole": True,
    }
    second = get("/nsr/enheter?sidenummer=2&antallPerSide=2").json()
    assert [s["Organisasjonsnummer"] for s in second["EnhetListe"]] == ["993"]
    assert get("/nsr/enheter?sidenummer=3&antallPerSide=2").json()["EnhetListe"] == []
    assert get("/nsr/enheter?sidenummer=0").status_code == 400
    assert get("/nsr/enheter?antallPerSide=1001").status_code == 400


def test_county_files_are_served_as_they_are(get):
    assert get("/trondelag/kapasitet.csv").content == COUNTY_FILE.encode()
    for path in ("..%2Foutside.csv", "../outside.csv", "elever.csv", ""):
        assert get(f"/trondelag/{path}").status_code == 404
