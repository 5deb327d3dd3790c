from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, date, datetime
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from register_replies import answering

from tasks.errors import SourceChanged
from tasks.sources import Answer
from tasks.sources.transport import Client, Rate
from tasks.sources.udir_report import (
    FILTER_VALUE_JOIN,
    Selection,
    fetch,
    filter_text,
    numbers,
    parse,
    updated,
)

SELECTION = Selection(page="VGO_Elev_FylkSkol", filters={"TidID": [202410, 202510]})
PAGE = {
    "rappside": {
        "id": 1,
        "kode": "VGO_Elev_FylkSkol",
        "gyldigeFiltre": ["EnhetID", "TidID", "TrinnID"],
        "filterDefaultVerdier": {"EnhetID": [-12], "TidID": [202510], "TrinnID": [-10]},
        "erPrikket": True,
        "rapportElementer": [
            {
                "navn": "Elever",
                "rapportelementnr": 1,
                "dataEndepunkt": "rest/v1/Statistikk/VGO/Elev/1/9/data",
                "defaultRadsti": "*.*",
                "rapportelementtypenavn": "Drilltabell",
            }
        ],
    }
}


def table(rows: list, columns: list | None = None, hierarchy: list | None = None) -> dict:
    return {
        "metadata": {
            "rowHierarchy": hierarchy or ["Nasjonalt", "Fylke", "Skole"],
            "columns": columns
            or [
                [{"name": "2024-25", "columnCount": 2}, {"name": "2025-26", "columnCount": 1}],
                [
                    {"name": "Elever", "columnCount": 1},
                    {"name": "Andel", "columnCount": 1},
                    {"name": "Elever", "columnCount": 1},
                ],
            ],
        },
        "rows": rows,
    }


def row(data: list, identity: str = "1.44", **keys) -> dict:
    return {"navn": "Trøndelag - Trööndelage", "kode": "50", "id": identity, "data": data} | keys


def answer(content: bytes, role: str = "data") -> Answer:
    return Answer(
        role=role,
        method="GET",
        url="http://127.0.0.1/",
        body=None,
        status=200,
        headers={},
        content=content,
        received_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def read(document) -> pl.DataFrame:
    answers = [
        answer(json.dumps(PAGE).encode(), "page"),
        answer(json.dumps(document, ensure_ascii=False).encode()),
    ]
    assert updated(answers) is None
    return parse(answers, SELECTION)["rows"]


def test_every_cell_is_a_row_under_its_headers():
    frame = read(
        table(
            [
                row(["16\u00a0109", "97,5 %", "*"]),
                row(["12", None, "0"], "1.44.7", navn="Byåsen", kode="974", konstruert=True),
            ]
        )
    )
    assert frame.columns == [
        "navn",
        "kode",
        "parent",
        "id",
        "level",
        "column_1",
        "column_2",
        "value",
        "status",
        "text",
        "constructed",
    ]
    assert frame.select("level", "column_1", "column_2", "value", "status").rows() == [
        ("Fylke", "2024-25", "Elever", 16109.0, None),
        ("Fylke", "2024-25", "Andel", 97.5, None),
        ("Fylke", "2025-26", "Elever", None, "*"),
        ("Skole", "2024-25", "Elever", 12.0, None),
        ("Skole", "2024-25", "Andel", None, None),
        ("Skole", "2025-26", "Elever", 0.0, None),
    ]
    assert frame["text"].to_list()[:3] == ["16\u00a0109", "97,5 %", "*"]
    assert frame["constructed"].to_list() == [False] * 3 + [True] * 3
    assert frame["navn"].to_list()[3] == "Byåsen"
    assert (frame["value"].dtype, frame["text"].dtype) == (pl.Float64, pl.String)


def test_a_repeated_key_does_not_break_the_answer():
    text = json.dumps(table([row(["1", "2", "3"])]))
    doubled = text.replace('"kode": "50"', '"kode": "99", "kode": "50"')
    frame = parse([answer(doubled.encode())], SELECTION)["rows"]
    assert frame["kode"].unique().to_list() == ["50"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("54 438", 54438),
        ("54\u00a0438", 54438),
        ("1\u202f234\u202f567", 1234567),
        ("1\u2009234", 1234),
        ("81,8", 81.8),
        ("400000e-6", 0.4),
        ("73,3 %", 73.3),
        ("73,3%", 73.3),
        ("-1,5", -1.5),
        ("\u22122", -2),
        (" 7 ", 7),
        ("0", 0),
    ],
)
def test_numbers_as_the_portal_writes_them(text, value):
    found = numbers(pl.Series("text", [text])).row(0, named=True)
    assert found == {"text": text, "value": pytest.approx(value), "status": None, "known": True}


@pytest.mark.parametrize(
    "text",
    ["1.234", "1 2", "12 34", "1,2,3", "x", "-", ":", "..", "**", "NaN", "inf", "1e", "5 7 8"],
)
def test_other_text_is_not_guessed_at(text):
    found = numbers(pl.Series("text", [text])).row(0, named=True)
    assert (found["known"], found["value"]) == (False, None)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(-(10**12), 10**12),
    st.integers(0, 99),
    st.sampled_from([" ", "\u00a0", "\u202f", "\u2009", ""]),
    st.sampled_from(["", " %", "%"]),
)
def test_any_number_is_read_back(whole, cents, space, percent):
    text = f"{whole:,}".replace(",", space) + f",{cents:02d}{percent}"
    found = numbers(pl.Series("text", [text])).row(0, named=True)
    sign = -1 if whole < 0 else 1
    assert found["known"]
    assert found["value"] == pytest.approx(whole + sign * cents / 100, rel=1e-12)


@settings(max_examples=200, deadline=None)
# Python alone takes these four separators for white space; the reader calls them unknown.
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x1c\x1d\x1e\x1f"), max_size=12))
def test_any_text_is_a_number_a_mark_empty_or_unknown(text):
    found = numbers(pl.Series("text", [text], dtype=pl.String)).row(0, named=True)
    kinds = [found["value"] is not None, found["status"] == "*", not text.strip()]
    assert sum(kinds) == (1 if found["known"] else 0)


@st.composite
def headers(draw):
    width = draw(st.integers(1, 9))
    levels = []
    for number in range(draw(st.integers(1, 4))):
        cuts = draw(st.sets(st.integers(1, width - 1))) if width > 1 else set()
        edges = [0, *sorted(cuts), width]
        levels.append(
            [
                {"name": f"{number}:{first}-{last}", "columnCount": last - first}
                for first, last in pairwise(edges)
            ]
        )
    return width, levels


@settings(max_examples=100, deadline=None)
@given(headers(), st.integers(1, 4))
def test_every_leaf_lies_under_its_own_headers(made, height):
    width, levels = made
    rows = [row([str(r * width + c) for c in range(width)], f"1.{r}") for r in range(height)]
    frame = read(table(rows, levels))
    assert frame["value"].to_list() == [float(n) for n in range(height * width)]
    for number in range(1, len(levels) + 1):
        names = frame[f"column_{number}"].to_list()
        for at, name in enumerate(names):
            first, last = map(int, name.partition(":")[2].split("-"))
            assert first <= at % width < last


@pytest.mark.parametrize(
    ("document", "named"),
    [
        (table([row(["1", "2", "3"]), row(["1", "2"], "1.44.1", navn="Frøya")]), "2 i «Frøya»"),
        (table([row(["1", "2", "3"]), row(["4", "5", "6"])]), r"«Trøndelag.* \(1.44\) to ganger"),
        (table([row(["1", "2", "3"])], [[{"name": "a", "columnCount": 2}]]), "2 celler"),
        (
            table(
                [row(["1", "2"])],
                [[{"name": "a", "columnCount": 2}], [{"name": "b", "columnCount": 1}]],
            ),
            "columnCount",
        ),
        (table([row(["1"])], [[{"name": "a", "columnCount": 0}]]), "columnCount"),
        (table([row(["1", "ukjent", "3"])]), "«ukjent» i raden «Trøndelag.*2024-25 / Andel"),
        (table([row(["1", "2", "3"], "1.44.1.1.1")]), "nivå 5"),
        (table([row([1, 2, 3])]), "data"),
        (table([]), "tom tabell"),
        ({"rows": []}, "metadata"),
        ({"feil": "Ugyldig filter"}, "metadata"),
    ],
)
def test_another_shape_is_refused(document, named):
    with pytest.raises(SourceChanged, match=named) as refused:
        read(document)
    assert "VGO_Elev_FylkSkol" in str(refused.value)


def test_filters_go_over_the_defaults_in_the_order_of_the_page():
    page = PAGE["rappside"]
    text = filter_text(page["gyldigeFiltre"], page["filterDefaultVerdier"], SELECTION)
    assert text == f"EnhetID(-12)_TidID(202410{FILTER_VALUE_JOIN}202510)_TrinnID(-10)"


@pytest.fixture
def serve():
    with ExitStack() as stack:
        yield lambda reply: stack.enter_context(answering(reply))


@pytest.fixture
def client():
    with Client(publisher="udir-test", rate=Rate(1000, 1), attempts=1) as made:
        yield made


def portal(page: dict):
    def reply(request):
        if request.path == "/api/rest/v1/Rapportside/VGO_Elev_FylkSkol":
            # The live page carries one key twice.
            text = json.dumps(page).replace(
                '"rapportelementtypenavn"',
                '"rapportelementtypenavn": "D_TAB", "rapportelementtypenavn"',
            )
            return 200, "application/json", text.encode()
        if request.path == "/api/rest/v1/Statistikk/VGO/Elev/1/9/data":
            return 200, "application/json", json.dumps(table([row(["1", "2", "3"])])).encode()
        return 404, "text/plain", b"ukjent"

    return reply


def test_the_data_are_where_the_page_says(client, serve):
    server = serve(portal(PAGE))
    answers = list(fetch(client, f"{server.url}/api", SELECTION, date(2026, 11, 22)))
    assert [a.role for a in answers] == ["page", "data"]
    assert server.requests[1].query == {
        "radSti": "*.*",
        "filter": f"EnhetID(-12)_TidID(202410{FILTER_VALUE_JOIN}202510)_TrinnID(-10)",
        "inkluderKoder": "true",
    }
    assert parse(answers, SELECTION)["rows"].height == 3


def test_the_rows_to_open_may_be_chosen(client, serve):
    server = serve(portal(PAGE))
    chosen = SELECTION.model_copy(update={"row_path": "-12.*.*"})
    list(fetch(client, f"{server.url}/api", chosen, date(2026, 11, 22)))
    assert server.requests[1].query["radSti"] == "-12.*.*"


@pytest.mark.parametrize(
    ("selection", "named"),
    [
        (SELECTION.model_copy(update={"element": 3}), "tabell nr. 3"),
        (SELECTION.model_copy(update={"filters": {"KullID": [2019]}}), "KullID"),
    ],
)
def test_a_page_that_has_changed_is_refused(client, serve, selection, named):
    server = serve(portal(PAGE))
    with pytest.raises(SourceChanged, match=named):
        list(fetch(client, f"{server.url}/api", selection, date(2026, 11, 22)))
    assert len(server.requests) == 1
