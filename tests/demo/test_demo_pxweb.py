"""PxWebApi v2 as the source server speaks it."""

from __future__ import annotations

import csv
import io
import json
from itertools import product
from pathlib import Path

import pytest
import requests
from handmade_sample import CONTENTS, REGIONS, SEXES, YEARS, figure, status
from hypothesis import given
from hypothesis import strategies as st

from tasks.demo.pxweb_select import split_values
from tasks.demo.server import serve

V2 = "/ssb/pxwebapi/v2"
DATA = f"{V2}/tables/T0001/data"
ALL = {"Region": "*", "Kjonn": "*", "ContentsCode": "*", "Tid": "*"}


def ask(**selection: str) -> str:
    return DATA + "?" + "&".join(f"valueCodes[{k}]={v}" for k, v in selection.items())


def selected(response, variable: str) -> list[str]:
    assert response.status_code == 200, response.text
    return list(response.json()["dimension"][variable]["category"]["index"])


def test_all_cells_stand_in_row_major_order(get):
    stat = get(ask(**ALL)).json()
    assert stat["id"] == ["Region", "Kjonn", "ContentsCode", "Tid"]
    assert stat["size"] == [5, 2, 2, 4]
    assert stat["role"] == {"geo": ["Region"], "metric": ["ContentsCode"], "time": ["Tid"]}
    keys = list(product(REGIONS, SEXES, CONTENTS, YEARS))
    # One region has no row for one measure: nothing, marked impossible.
    absent = [k[0] == "5055" and k[2] == "Andel" for k in keys]
    assert stat["value"] == [None if a else figure(*k) for k, a in zip(keys, absent, strict=True)]
    expected = {
        str(n): "." if a else status(*k)
        for n, (k, a) in enumerate(zip(keys, absent, strict=True))
        if a or status(*k)
    }
    assert stat["status"] == expected
    assert stat["updated"] == "2026-02-25T07:00:00Z"
    assert stat["note"] == ["Konstruerte tall."]
    unit = stat["dimension"]["ContentsCode"]["category"]["unit"]
    assert unit["Andel"] == {"base": "prosent", "decimals": 1}


def test_whole_numbers_have_no_decimal_point(get):
    text = get(ask(Region="5001", Kjonn="1", ContentsCode="*", Tid="2019,2020")).text
    assert '"value":[1100,1101,137.5,137.625]' in text


@pytest.mark.parametrize(
    ("variable", "expression", "codes"),
    [
        ("Region", "*", list(REGIONS)),
        ("Region", "50*", ["5001", "5006", "5004", "5055"]),
        ("Region", "500?", ["5001", "5006", "5004"]),
        ("Region", "?", ["0"]),
        ("Region", "5055,5001", ["5001", "5055"]),
        ("Region", "5001,50*", ["5001", "5006", "5004", "5055"]),
        ("Region", "top(2)", ["0", "5001"]),
        ("Region", "bottom(1)", ["5055"]),
        ("Tid", "top(2)", ["2021", "2022"]),
        ("Tid", "[top(2,1)]", ["2020", "2021"]),
        ("Tid", "bottom(1)", ["2019"]),
        ("Tid", "from(2021)", ["2021", "2022"]),
        ("Tid", "to(2020)", ["2019", "2020"]),
        ("Tid", "[range(2020,2021)]", ["2020", "2021"]),
        ("Tid", "2019,[range(2021,2022)]", ["2019", "2021", "2022"]),
    ],
)
def test_expressions(get, variable, expression, codes):
    assert selected(get(ask(**{**ALL, variable: expression})), variable) == codes


@pytest.mark.parametrize(
    ("selection", "title"),
    [
        ({**ALL, "Tid": "range(2020,2021)"}, "Illegal selection expression"),
        ({**ALL, "Tid": "top(x)"}, "Illegal selection expression"),
        ({**ALL, "Tid": "newest(1)"}, "Illegal selection expression"),
        ({**ALL, "Tid": "1999"}, "Non-existent value"),
        ({**ALL, "Tid": "from(1999)"}, "Non-existent value"),
        ({**ALL, "Region": "99*"}, "Non-existent value"),
        ({**ALL, "Sivilstand": "1"}, "Non-existent variable"),
        ({"Tid": "*"}, "Missing selection for mandantory variable"),
    ],
)
def test_refusals_carry_the_title(get, selection, title):
    response = get(ask(**selection))
    assert response.status_code == 400
    assert response.json() == {"type": "Parameter error", "title": title, "status": 400}


def test_duplicate_code_is_an_empty_500(get):
    response = get(ask(**{**ALL, "Region": "5001,5001"}))
    assert (response.status_code, response.content) == (500, b"")


def test_unknown_table_codelist_and_path_are_not_found(get):
    assert get(f"{V2}/tables/T9999/metadata").json()["title"] == "Non-existent table"
    assert get(f"{V2}/tables/T9999/metadata").status_code == 404
    assert get(f"{V2}/codelists/agg_Nei").status_code == 404
    assert get(f"{V2}/navigation").status_code == 404
    assert get("/nowhere/at/all").status_code == 404
    assert get(ask(**ALL) + "&codelist[Region]=agg_Nei").json()["title"] == "Non-existent codelist"


def test_post_selects_as_get_does(server, get):
    selection = [
        {"variableCode": "Region", "valueCodes": ["50*"]},
        {"variableCode": "ContentsCode", "valueCodes": ["Personer"]},
        {"variableCode": "Tid", "valueCodes": ["[range(2020,2021)]"]},
    ]
    posted = requests.post(server.url + DATA, json={"selection": selection}, timeout=20)
    got = get(ask(Region="50*", ContentsCode="Personer", Tid="[range(2020,2021)]"))
    assert posted.json() == got.json()
    broken = requests.post(server.url + DATA, data=b"{", timeout=20)
    assert broken.json()["title"] == "Illegal selection"


def test_no_selection_is_the_default_selection(get):
    stat = get(DATA).json()
    assert stat["id"] == ["ContentsCode", "Tid"]
    assert selected(get(DATA), "Tid") == ["2022"]
    default = get(f"{V2}/tables/T0001/defaultselection").json()["selection"]
    assert default[-1] == {"variableCode": "Tid", "valueCodes": ["2022"]}


def test_left_out_variables_are_totals(get):
    # Region falls back on its total code, sex is added up.
    stat = get(ask(ContentsCode="Personer", Tid="2020")).json()
    assert stat["id"] == ["ContentsCode", "Tid"]
    assert stat["value"] == [
        figure("0", "1", "Personer", "2020") + figure("0", "2", "Personer", "2020")
    ]
    hidden = get(ask(Region="5055", ContentsCode="Personer", Tid="2019")).json()
    assert (hidden["value"], hidden["status"]) == ([None], ":")
    # An impossible cell counts for nothing in a sum.
    part = get(ask(Region="5004", ContentsCode="Personer", Tid="2021")).json()
    assert part["value"] == [figure("5004", "2", "Personer", "2021")]


def test_codelist_adds_up_its_members(get):
    url = ask(**{**ALL, "Region": "*", "Tid": "2020"}) + "&codelist[Region]=agg_Dagens"
    stat = get(url).json()
    assert list(stat["dimension"]["Region"]["category"]["index"]) == ["K-5001", "K-5006"]
    expected = [figure("5001", s, c, "2020") for s, c in product(SEXES, CONTENTS)]
    expected += [
        figure("5004", s, c, "2020") + figure("5006", s, c, "2020")
        for s, c in product(SEXES, CONTENTS)
    ]
    assert stat["value"] == expected
    listed = get(f"{V2}/codelists/agg_Dagens").json()
    assert listed["type"] == "Aggregation"
    assert listed["values"][1]["valueMap"] == ["5004", "5006", "1702"]


def test_status_takes_one_of_three_forms(get):
    assert "status" not in get(ask(**{**ALL, "Region": "5001", "Tid": "2019"})).json()
    assert get(ask(**{**ALL, "Region": "5001", "Tid": "2022"})).json()["status"] == "constructed"
    both = get(ask(Region="5055", Kjonn="1", ContentsCode="*", Tid="2021,2022")).json()
    assert both["status"] == [None, "constructed", ".", "."]


def test_sparse_values_are_an_object(sample: Path):
    with serve(sample, sparse=True) as server:
        selection = ask(Region="5055", Kjonn="1", ContentsCode="Personer", Tid="*")
        stat = requests.get(server.url + selection, timeout=20).json()
    assert stat["value"] == {"1": 4101, "2": 4102, "3": 4103}
    assert stat["status"] == {"0": "..", "3": "constructed"}


def test_limits_of_cells_and_address(sample: Path):
    with serve(sample, max_cells=79) as server:
        refused = requests.get(server.url + ask(**ALL), timeout=20)
        assert refused.json()["title"] == "Too many cells selected"
        assert requests.get(server.url + ask(**{**ALL, "Tid": "top(3)"}), timeout=20).ok
        assert requests.get(f"{server.url}{V2}/config", timeout=20).json()["maxDataCells"] == 79
        plain = server.url + ask(**{**ALL, "Tid": "2020"}) + "&x="
        fits = plain.replace("[", "%5B").replace("]", "%5D")
        assert requests.get(fits + "y" * (2100 - len(fits)), timeout=20).status_code == 200
        assert requests.get(fits + "y" * (2101 - len(fits)), timeout=20).status_code == 404


def test_rate_limit_and_its_header(sample: Path):
    now = [0.0]
    with serve(sample, rate=(3, 60), clock=lambda: now[0]) as server:
        url = f"{server.url}{V2}/config"
        answers = [requests.get(url, timeout=20) for _ in range(4)]
        assert [a.status_code for a in answers] == [200, 200, 200, 429]
        assert {a.headers["x-ratelimit-policy"] for a in answers} == {"3;w=60s"}
        assert answers[-1].headers["Retry-After"] == "60"
        assert requests.get(f"{server.url}/nsr/enheter", timeout=20).status_code == 200
        now[0] = 60.0
        assert requests.get(url, timeout=20).status_code == 200


def test_tables_are_paged_and_searched(get):
    listed = get(f"{V2}/tables?pageSize=1").json()
    assert listed["page"] == {"pageNumber": 1, "pageSize": 1, "totalElements": 1, "totalPages": 1}
    (entry,) = listed["tables"]
    assert (entry["firstPeriod"], entry["lastPeriod"], entry["timeUnit"]) == (
        "2019",
        "2022",
        "Annual",
    )
    assert get(f"{V2}/tables?query=FOLK").json()["page"]["totalElements"] == 1
    assert get(f"{V2}/tables?query=laks").json()["tables"] == []
    assert get(f"{V2}/tables?pageNumber=2").status_code == 404
    assert get(f"{V2}/tables?pageSize=x").status_code == 400
    assert get(f"{V2}/tables/T0001").json() == entry


def test_metadata_describes_every_code(get):
    stat = get(f"{V2}/tables/T0001/metadata").json()
    assert "value" not in stat
    assert stat["size"] == [5, 2, 2, 4]
    region = stat["dimension"]["Region"]
    assert region["category"]["label"]["5004"] == "Steinkjer (-2019)"
    assert region["extension"]["elimination"] is True
    assert region["extension"]["eliminationValueCode"] == "0"
    assert region["extension"]["codelists"][0]["id"] == "agg_Dagens"
    assert stat["dimension"]["Tid"]["extension"]["elimination"] is False


def test_csv_with_labels_and_with_codes(get):
    url = ask(Region="5055", Kjonn="1", ContentsCode="Personer", Tid="2019,2020")
    rows = list(csv.reader(io.StringIO(get(url + "&outputFormat=csv").text)))
    assert rows == [
        ["region", "kjønn", "innhold", "år", "value"],
        ["Heim", "Menn", "Personer", "2019", ".."],
        ["Heim", "Menn", "Personer", "2020", "4101"],
    ]
    coded = get(url + "&outputFormat=csv&outputFormatParams=UseCodes").text
    assert coded.splitlines()[2] == '"5055","1","Personer","2020","4101"'
    assert get(url + "&outputFormat=px").status_code == 400


def v0(server, query, **response):
    body = {"query": query, "response": response or {"format": "json-stat2"}}
    return requests.post(f"{server.url}/ssb/v0/no/table/T0001", data=json.dumps(body), timeout=20)


def item(code: str, kind: str, *values: str) -> dict:
    return {"code": code, "selection": {"filter": kind, "values": list(values)}}


def test_v0_lists_variables(get):
    listed = get("/ssb/v0/no/table/T0001").json()
    assert [v["code"] for v in listed["variables"]] == ["Region", "Kjonn", "ContentsCode", "Tid"]
    assert listed["variables"][3]["time"] is True
    assert "elimination" not in listed["variables"][3]
    assert get("/ssb/v0/no/table/T9").status_code == 404


@pytest.mark.parametrize(
    ("selection", "codes"),
    [
        (item("Region", "item", "5001", "5055"), ["5001", "5055"]),
        (item("Region", "all", "50*"), ["5001", "5006", "5004", "5055"]),
        (item("Tid", "top", "1"), ["2022"]),
        (item("Region", "agg:Dagens", "K-5006"), ["K-5006"]),
    ],
)
def test_v0_filters(server, selection, codes):
    response = v0(server, [selection])
    assert selected(response, selection["code"]) == codes
    if selection["code"] != "Tid":
        assert selected(response, "Tid") == list(YEARS), "all years where Tid is left out"


@pytest.mark.parametrize(
    "selection",
    [
        item("Region", "item", "9999"),
        item("Region", "all", "500?"),
        item("Region", "agg:Dagens", "*"),
        item("Region", "agg:Nei", "K-5006"),
        item("Region", "sum", "5001"),
    ],
)
def test_v0_refusals_name_the_variable(server, selection):
    response = v0(server, [selection])
    assert response.status_code == 400
    message = "The request for variable 'Region' has an error. Please check your query."
    assert response.json() == {"error": message}


@given(
    st.lists(
        st.one_of(st.from_regex(r"[0-9a-zA-Z*?]{1,5}", fullmatch=True), st.just("[range(1,2)]")),
        min_size=1,
    )
)
def test_splitting_values_gives_them_back(values):
    assert split_values(",".join(values)) == values
