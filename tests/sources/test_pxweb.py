from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import polars as pl
import pytest
from loopback import Loopback, Reply, Seen, as_json, serving
from pydantic import ValidationError

from tasks.errors import ConfigurationError, SourceChanged, SourceUnavailable
from tasks.sources import pxweb
from tasks.sources.pxweb_expressions import check, expand
from tasks.sources.pxweb_plan import Axis, Offer, axes
from tasks.sources.pxweb_plan import requests as planned
from tasks.sources.transport import Client, Rate

REGIONS = ["0", "1601", "1638", "5001", "5006", "5007"]
YEARS = [str(year) for year in range(2016, 2027)]
AS_OF = date(2026, 11, 23)


class Bank:
    """A statistics bank of one table, Region × ContentsCode × Tid, answering by code alone.

    A cell's value is its row number in the whole table, so a figure out of place shows.
    """

    def __init__(self, regions: list[str] = REGIONS, limit: int | None = 800_000) -> None:
        self.variables = {"Region": regions, "ContentsCode": ["Personer1"], "Tid": YEARS}
        self.limit = limit
        self.updated: Callable[[int], str] = lambda _: "2026-02-24T07:00:00Z"
        self.spoil: Callable[[dict[str, Any]], dict[str, Any]] = lambda document: document
        self.asked: list[dict[str, list[str]]] = []

    def __call__(self, seen: Seen) -> Reply:
        path = urlsplit(seen.path)
        match path.path.rsplit("/", 1)[-1]:
            case "config":
                return as_json({"maxDataCells": self.limit}) if self.limit else Reply(status=404)
            case "metadata":
                return as_json(self.document(self.variables) | {"value": None})
            case "agg_Fylker":
                return as_json({"id": "agg_Fylker", "values": [{"code": "F-50"}, {"code": "F-15"}]})
            case "07459" if seen.method == "GET":
                return as_json(self.v0_metadata())
            case "07459":
                return self.data(_v0_selection(json.loads(seen.body)))
            case _:
                return self.data(_v2_selection(seen, path.query))

    def data(self, selected: dict[str, list[str]]) -> Reply:
        self.asked.append(selected)
        chosen = {}
        for name, values in selected.items():
            own = [*self.variables[name], "F-50", "F-15"]
            chosen[name] = [
                code
                for value in values
                for code in expand(value, own if value in own else own[:-2], is_time=name == "Tid")
            ]
            assert len(set(chosen[name])) == len(chosen[name]), "an empty 500 at the real server"
        cells = math.prod(map(len, chosen.values()))
        if self.limit and cells > self.limit:
            return as_json({"title": "Too many cells selected", "status": 400}, status=400)
        value = [self.cell(place) for place in itertools.product(*chosen.values())]
        return as_json(self.spoil(self.document(chosen) | {"value": value}))

    def cell(self, place: tuple[str, ...]) -> int:
        return hash_of(place)

    def document(self, chosen: dict[str, list[str]]) -> dict[str, Any]:
        dimension = {
            name: {
                "label": name.lower(),
                "category": {
                    "index": {code: n for n, code in enumerate(codes)},
                    "label": {code: f"navn {code}" for code in codes},
                },
                "extension": {"elimination": name == "Region"},
            }
            for name, codes in chosen.items()
        }
        unit = {"Personer1": {"base": "personer", "decimals": 0}}
        dimension["ContentsCode"]["category"]["unit"] = unit
        return {
            "version": "2.0",
            "class": "dataset",
            "updated": self.updated(len(self.asked)),
            "note": ["Per 1. januar"],
            "role": {"time": ["Tid"]},
            "id": list(chosen),
            "size": [len(codes) for codes in chosen.values()],
            "dimension": dimension,
        }

    def v0_metadata(self) -> dict[str, Any]:
        variables = [
            {"code": name, "text": name, "values": codes, "valueTexts": codes}
            for name, codes in self.variables.items()
        ]
        variables[0]["elimination"] = True
        variables[2]["time"] = True
        return {"title": "07459", "variables": variables}


def hash_of(place: tuple[str, ...]) -> int:
    return sum(ord(sign) * 7**n for n, sign in enumerate("|".join(place))) % 1_000_003


def _v2_selection(seen: Seen, query: str) -> dict[str, list[str]]:
    if seen.method == "POST":
        lines = json.loads(seen.body)["selection"]
        return {line["variableCode"]: line["valueCodes"] for line in lines}
    found = {}
    for key, (values,) in parse_qs(query).items():
        if key.startswith("valueCodes["):
            found[key[11:-1]] = _split(values)
    return found


def _split(values: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for sign in values + ",":
        depth += {"[": 1, "]": -1}.get(sign, 0)
        if sign == "," and not depth:
            parts.append(current.strip("[]"))
            current = ""
        else:
            current += sign
    return parts


def _v0_selection(body: dict[str, Any]) -> dict[str, list[str]]:
    assert body["response"] == {"format": "json-stat2"}
    return {line["code"]: line["selection"]["values"] for line in body["query"]}


def selection(**parts: Any) -> pxweb.Selection:
    variables = {
        "Region": {"values": ["0", "50*"]},
        "ContentsCode": {"values": ["*"]},
        "Tid": {"values": ["from(2016)"]},
    }
    base: dict[str, Any] = {"table_id": "07459", "variables": variables}
    base["variables"] = variables | parts.pop("variables", {})
    return pxweb.Selection.model_validate(base | parts)


def night(server: Loopback, wanted: pxweb.Selection) -> list[Any]:
    with Client(publisher="pxweb-test", rate=Rate(10_000, 1), attempts=1) as client:
        return list(pxweb.fetch(client, server.url, wanted, AS_OF))


def values_of(frames: dict[str, pl.DataFrame]) -> dict[tuple[str, ...], float]:
    rows = frames["rows"].with_columns(pl.col(pl.Enum).cast(pl.String))
    return {tuple(row[:-2]): row[-2] for row in rows.rows()}


def test_one_table_from_metadata_to_frame() -> None:
    wanted = selection()
    with serving(Bank()) as server:
        answers = night(server, wanted)
    assert [answer.role for answer in answers] == ["metadata", "data-001"]
    path = urlsplit(answers[0].url)
    assert (path.path, path.query) == ("/pxwebapi/v2/tables/07459/metadata", "lang=no")
    query = parse_qs(urlsplit(answers[1].url).query)
    assert query == {
        "lang": ["no"],
        "outputFormat": ["json-stat2"],
        "valueCodes[Region]": ["0,50*"],
        "valueCodes[ContentsCode]": ["*"],
        "valueCodes[Tid]": ["*"],
    }
    frames = pxweb.parse(answers, wanted)
    assert frames["rows"].columns == ["Region", "ContentsCode", "Tid", "value", "status"]
    regions = ["0", "5001", "5006", "5007"]
    assert frames["rows"].schema["Region"] == pl.Enum(regions)
    assert values_of(frames) == {
        place: hash_of(place) for place in itertools.product(regions, ["Personer1"], YEARS)
    }
    codes = frames["codes"]
    assert codes.columns == ["dimension", "code", "label", "position", "unit", "decimals"]
    assert codes.row(2) == ("Region", "5006", "navn 5006", 2, None, None)
    assert codes.row(4) == ("ContentsCode", "Personer1", "navn Personer1", 0, "personer", 0)
    assert frames["notes"].rows() == [(None, None, "Per 1. januar")]
    assert pxweb.updated(answers) == datetime(2026, 2, 24, 7, tzinfo=UTC)


@pytest.mark.parametrize("limit", [1, 4, 7, 12, 43])
def test_a_selection_over_the_limit_comes_in_parts_and_is_put_together(limit: int) -> None:
    bank = Bank(limit=limit)
    with serving(bank) as server:
        answers = night(server, selection())
    parts = [answer for answer in answers if answer.role.startswith("data-")]
    assert len(parts) >= math.ceil(44 / limit)
    assert [answer.role for answer in parts] == [f"data-{n:03}" for n in range(1, len(parts) + 1)]
    frames = pxweb.parse(answers, selection())
    assert frames["rows"].height == 44
    assert len(frames["codes"]) == 4 + 1 + 11
    assert values_of(frames) == {
        place: hash_of(place)
        for place in itertools.product(["0", "5001", "5006", "5007"], ["Personer1"], YEARS)
    }


def test_without_a_served_limit_the_documented_one_holds() -> None:
    with serving(Bank(limit=None)) as server:
        assert len(night(server, selection())) == 2


def test_a_long_selection_is_posted() -> None:
    regions = [f"{number:04}" for number in range(0, 3000, 3)]
    wanted = selection(variables={"Region": {"values": regions[:-1]}})
    with serving(Bank(regions)) as server:
        answers = night(server, wanted)
        sent = server.seen[-1]
    assert answers[1].method == "POST"
    assert sent.path == "/pxwebapi/v2/tables/07459/data?lang=no&outputFormat=json-stat2"
    assert json.loads(sent.body)["selection"][2] == {"variableCode": "Tid", "valueCodes": ["*"]}
    assert pxweb.parse(answers, wanted)["rows"].height == 999 * 11
    whole = selection(variables={"Region": {"values": regions}})
    with serving(Bank(regions)) as server:
        assert "valueCodes[Region]=*&" in unquote(night(server, whole)[1].url)


def test_a_comma_is_bracketed_on_the_wire() -> None:
    wanted = selection(
        variables={"Region": {"values": ["*"]}, "Tid": {"values": ["range(2017,2025)"]}}
    )
    with serving(Bank()) as server:
        answers = night(server, wanted)
        assert "valueCodes[Tid]=[range(2017,2025)]" in unquote(server.seen[-1].path)
    assert pxweb.parse(answers, wanted)["rows"]["Tid"].unique().sort().to_list() == YEARS[1:10]


def test_a_plus_is_not_a_space() -> None:
    wanted = selection(variables={"Region": {"values": ["105+", "5001"]}})
    with serving(Bank(["105+", "5001", "5006"])) as server:
        answers = night(server, wanted)
    assert "105%2B" in answers[1].url
    assert "105+" in pxweb.parse(answers, wanted)["rows"]["Region"].to_list()


def test_overlapping_expressions_ask_for_each_code_once() -> None:
    wanted = selection(variables={"Region": {"values": ["50*", "500?", "5001"]}})
    with serving(bank := Bank()) as server:
        answers = night(server, wanted)
    assert bank.asked[0]["Region"] == ["5001", "5006", "5007"]
    assert pxweb.parse(answers, wanted)["rows"].height == 33


def test_a_codelist_is_fetched_and_its_codes_asked_for() -> None:
    wanted = selection(variables={"Region": {"values": ["F-50"], "codelist": "agg_Fylker"}})
    with serving(Bank()) as server:
        answers = night(server, wanted)
    assert [answer.role for answer in answers] == ["metadata", "codelist-Region", "data-001"]
    assert answers[1].url.endswith("/pxwebapi/v2/codelists/agg_Fylker?lang=no")
    assert parse_qs(urlsplit(answers[2].url).query)["codelist[Region]"] == ["agg_Fylker"]
    assert pxweb.parse(answers, wanted)["rows"]["Region"].unique().to_list() == ["F-50"]


def test_a_variable_that_may_be_left_out_is() -> None:
    wanted = selection().model_copy(
        update={"variables": {k: v for k, v in selection().variables.items() if k != "Region"}}
    )
    with serving(Bank()) as server:
        answers = night(server, wanted)
    assert pxweb.parse(answers, wanted)["rows"].columns[:2] == ["ContentsCode", "Tid"]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"Alder": {"values": ["*"]}}, "«Alder».*variablene Region, ContentsCode, Tid"),
        ({"Region": {"values": ["5004"]}}, "«5004» i «Region».*0, 1601"),
        ({"Region": {"values": ["99*"]}}, r"«99\*» i «Region»"),
        ({"Tid": {"values": ["from(2030)"]}}, r"«from\(2030\)» i «Tid»"),
        (
            {"Region": {"values": ["F-99"], "codelist": "agg_Fylker"}},
            "«F-99» i «Region».*F-50, F-15",
        ),
    ],
)
def test_a_changed_table_is_told_by_name_before_data_are_asked_for(
    variables: dict[str, Any], words: str
) -> None:
    bank = Bank()
    with serving(bank) as server, pytest.raises(SourceChanged, match=words):
        night(server, selection(variables=variables))
    assert bank.asked == []


def test_a_required_variable_must_be_selected() -> None:
    wanted = selection().model_copy(
        update={"variables": {"Region": selection().variables["Region"]}}
    )
    bank = Bank()
    with serving(bank) as server:
        with pytest.raises(SourceChanged, match="«ContentsCode», «Tid», som ikke kan utelates"):
            night(server, wanted)
        assert bank.asked == []


def test_an_update_between_two_parts_is_unavailable() -> None:
    bank = Bank(limit=12)
    with serving(bank) as server:
        answers = night(server, selection())
        bank.updated = lambda calls: f"2026-02-{20 + min(calls, 6)}T07:00:00Z"
        bank.asked.clear()
        with pytest.raises(SourceUnavailable, match="samme oppdateringstid"):
            night(server, selection())
    assert len(bank.asked) == 2
    late = answers[2].content.replace(b"2026-02-24", b"2026-02-25")
    mixed = [*answers[:2], _with(answers[2], late), *answers[3:]]
    with pytest.raises(SourceUnavailable, match="samme oppdateringstid"):
        pxweb.parse(mixed, selection())


def test_a_missing_or_doubled_part_is_not_put_together() -> None:
    with serving(Bank(limit=12)) as server:
        answers = night(server, selection())
    for spoilt in (answers[:-1], [*answers, answers[-1]], [*answers[:-1], answers[1]]):
        with pytest.raises(SourceUnavailable, match="07459"):
            pxweb.parse(spoilt, selection())
    with pytest.raises(SourceUnavailable):
        pxweb.parse(answers[:1], selection())


def test_codes_that_were_not_asked_for_are_not_taken() -> None:
    with serving(Bank()) as server:
        answers = night(server, selection())
    swapped = answers[1].content.replace(b"5007", b"5999")
    with pytest.raises(SourceUnavailable, match="5999"):
        pxweb.parse([answers[0], _with(answers[1], swapped)], selection())
    renamed = answers[1].content.replace(b"Region", b"Kommune")
    with pytest.raises(SourceChanged, match="Kommune"):
        pxweb.parse([answers[0], _with(answers[1], renamed)], selection())


def _with(answer: Any, content: bytes) -> Any:
    return type(answer)(**{**vars(answer), "content": content})


def test_the_apis_own_words_come_through() -> None:
    bank = Bank(limit=1000)
    refused = as_json({"title": "Non-existent value", "detail": "Tid", "status": 400}, status=400)
    with (
        serving(lambda seen: refused if "/data" in seen.path else bank(seen)) as server,
        pytest.raises(SourceChanged, match="400 Non-existent value: Tid"),
    ):
        night(server, selection())


def test_a_selection_far_too_big_is_refused_before_data_are_asked_for() -> None:
    asked = [Axis("A", tuple(map(str, range(1000))), ("*",), None)]
    with pytest.raises(ConfigurationError, match="1000"):
        list(planned(selection(), asked, 3))


def test_v0_posts_codes() -> None:
    wanted = selection(api="v0", variables={"Region": {"values": ["50*"]}})
    bank = Bank()
    with serving(bank) as server:
        answers = night(server, wanted)
    assert [a.url.removeprefix(server.url) for a in answers] == ["/v0/no/table/07459"] * 2
    sent = json.loads(server.seen[-1].body)["query"]
    assert sent[0]["selection"] == {"filter": "item", "values": ["5001", "5006", "5007"]}
    assert sent[2]["selection"] == {"filter": "all", "values": ["*"]}
    assert pxweb.parse(answers, wanted)["rows"].height == 33


def test_v0_asks_through_a_codelist_by_its_own_name() -> None:
    wanted = selection(
        api="v0", variables={"Region": {"values": ["F-50"], "codelist": "agg_Fylker"}}
    )
    with serving(Bank()) as server:
        answers = night(server, wanted)
        sent = json.loads(server.seen[-1].body)["query"]
    assert sent[0]["selection"] == {"filter": "agg:Fylker", "values": ["F-50"]}
    assert pxweb.parse(answers, wanted)["rows"].height == 11


@pytest.mark.parametrize(
    "mistake",
    [
        {"table": "07459"},
        {"table_id": "../07459"},
        {"api": "v1"},
        {"variables": {"Tid": {"values": []}}},
        {"variables": {"Tid": {"values": [2016]}}},
        {"variables": {"Tid": {"values": ["2016", "2016"]}}},
        {"variables": {"Tid": {"values": ["top(0)"]}}},
        {"variables": {"Tid": {"values": ["range(2016)"]}}},
        {"variables": {"Tid": {"values": ["2*16"]}}},
        {"variables": {"Region": {"values": ["*"], "codelist": "KommFylker"}}},
        {"api": "v0", "variables": {"Region": {"values": ["*"], "codelist": "agg_Fylker"}}},
    ],
)
def test_a_mistaken_entry_is_refused_when_the_catalogue_is_read(mistake: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        selection(**mistake)


@pytest.mark.parametrize(
    ("value", "time", "wanted"),
    [
        ("*", False, "0 1601 1638 5001 5006 5007"),
        ("16*", False, "1601 1638"),
        ("*6", False, "5006"),
        ("*00*", False, "5001 5006 5007"),
        ("500?", False, "5001 5006 5007"),
        ("??01", False, "1601 5001"),
        ("top(2)", False, "0 1601"),
        ("top(2)", True, "5006 5007"),
        ("top(2,1)", False, "1601 1638"),
        ("top(2,1)", True, "5001 5006"),
        ("TOP(99,4)", True, "0 1601"),
        ("top(1,9)", True, ""),
        ("bottom(2)", False, "5006 5007"),
        ("bottom(2)", True, "0 1601"),
        ("from(5001)", True, "5001 5006 5007"),
        ("to(1601)", True, "0 1601"),
        ("range(1601,5001)", True, "1601 1638 5001"),
        ("range(5001,1601)", True, "1601 1638 5001"),
        ("range(1601,9)", True, ""),
        ("from(9)", True, ""),
        ("5006", False, "5006"),
        ("5", False, ""),
        (".*", False, ""),
    ],
)
def test_expressions_mean_what_they_mean_at_the_server(value: str, time: bool, wanted: str) -> None:
    assert expand(check(value), REGIONS, is_time=time) == wanted.split()


def test_wildcards_ignore_case() -> None:
    assert expand("k-5*", ["K-5001", "F-50"], is_time=False) == ["K-5001"]


def test_the_shortest_way_to_ask_is_taken() -> None:
    codes = tuple(REGIONS)

    def short(*values: str) -> tuple[str, ...]:
        wanted = selection(variables={"Region": {"values": list(values)}})
        offered = [Offer("Region", codes, codes, required=False, is_time=False)]
        only = wanted.model_copy(update={"variables": {"Region": wanted.variables["Region"]}})
        return axes(only, offered, {})[0].short

    assert short("50*") == ("50*",)
    assert short("range(5006,5007)") == ("5006", "5007")
    assert short(*codes) == ("*",)
    assert short("50*", "*1") == ("1601", "5001", "5006", "5007")
