"""DBH: the question as DBH takes it, and a flat table read without guessing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks import catalogue
from tasks.demo.server import SAMPLE, Server, serve
from tasks.errors import SourceChanged, TilbudsplanError
from tasks.landing import Landing
from tasks.settings import Project
from tasks.sources import Answer
from tasks.sources.body import Refused
from tasks.sources.dbh import Selection, empty, fetch, parse, question, updated
from tasks.sources.transport import Client, Rate

NIGHT = date(2026, 11, 22)
DATASETS = {d.id: d for d in catalogue.load(Project().catalogue) if d.protocol == "dbh"}
SELECTION = Selection.model_validate(
    {
        "table": 124,
        "group_by": ["Institusjonskode", "Årstall"],
        "numbers": ["Antall"],
        "optional": ["Institusjonsnavn", "konstruert"],
        "limit": 100,
        "filter": [{"variable": "Institusjonskode", "filter": "all"}],
    }
)
ROWS = [
    {"Institusjonskode": "1150", "Årstall": "2025", "Antall": "905"},
    {"Institusjonskode": "0212", "Årstall": "2025", "Antall": "0"},
]


def answer(content: bytes) -> Answer:
    return Answer("table", "POST", "x", "{}", 200, {}, content, datetime(2026, 11, 22, tzinfo=UTC))


def read(rows: Any, selection: Selection = SELECTION) -> pl.DataFrame:
    content = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
    return parse([answer(content)], selection)["rows"]


def changed(**cells: str) -> list[dict[str, str]]:
    return [ROWS[0] | cells, ROWS[1]]


# The question


def test_a_question_by_sums_and_one_by_rows():
    assert question(SELECTION) == {
        "tabell_id": 124,
        "api_versjon": 1,
        "statuslinje": "N",
        "begrensning": "100",
        "kodetekst": "J",
        "desimal_separator": ".",
        "groupBy": ["Institusjonskode", "Årstall"],
        "sortBy": [],
        "filter": [
            {
                "variabel": "Institusjonskode",
                "selection": {"filter": "all", "values": ["*"], "exclude": [""]},
            }
        ],
    }
    listed = question(Selection(table=556, variables=("*",), decimal_key="decimal_separator"))
    assert listed["variabler"] == ["*"]
    assert "groupBy" not in listed
    assert listed["decimal_separator"] == "."
    assert "desimal_separator" not in listed


@pytest.mark.parametrize(
    "wrong",
    [
        {"group_by": ["a"], "variables": ["*"], "numbers": ["n"]},
        {},
        {"group_by": ["a"]},
        {"group_by": ["a"], "numbers": ["a"]},
        {"variables": ["*"], "filter": [{"variable": "a", "filter": "item", "exclude": [""]}]},
        {"variables": ["*"], "filter": [{"variable": "a", "filter": "between", "values": ["1"]}]},
        {"variables": ["*"], "filter": [{"variable": "a", "filter": "all", "values": ["1"]}]},
        {"variables": ["*"], "filter": [{"variable": "a", "filter": "item"}]},
        {"variables": ["*"], "filter": [{"variable": "a", "filter": "some", "values": ["1"]}]},
    ],
)
def test_a_question_that_dbh_would_refuse_is_refused_in_the_catalogue(wrong):
    with pytest.raises(ValidationError):
        Selection.model_validate({"table": 1} | wrong)


# The answer, whole and damaged


def test_figures_become_numbers_and_codes_stay_text():
    frame = read(ROWS)
    assert frame["Antall"].to_list() == [905, 0]
    assert frame["Antall"].dtype == pl.Int64
    assert frame["Institusjonskode"].to_list() == ["1150", "0212"]
    assert frame["Institusjonsnavn"].to_list() == [None, None]
    assert frame["rounded"].to_list() == [True, True]
    assert updated([answer(b"")]) is None


@pytest.mark.parametrize("nothing", [b"", b"[]", b" \n"])
def test_no_rows_are_an_empty_table_of_the_same_columns(nothing):
    frame = read(nothing)
    assert frame.height == 0
    assert dict(frame.schema) == dict(empty(SELECTION)["rows"].schema)
    assert set(frame.columns) == set(read(ROWS).columns)
    assert all(frame.schema[name] == read(ROWS).schema[name] for name in ("Antall", "rounded"))


@pytest.mark.parametrize(
    ("said", "number", "mark"),
    [
        ("1 905", 1905, None),
        ("1\u00a0905", 1905, None),
        ("905.0", 905, None),
        (" 905 ", 905, None),
        ("*", None, "*"),
        ("<5", None, "<5"),
        ("-", None, "-"),
        ("-5", -5, None),
    ],
)
def test_figures_as_sources_write_them(said, number, mark):
    assert read(changed(Antall=said)).select("Antall", "Antall_mark").row(0) == (number, mark)


def test_a_column_more_another_order_and_a_byte_order_mark_are_no_change():
    turned = [dict(reversed(row.items())) | {"Ny": "x"} for row in ROWS]
    frame = read(b"\xef\xbb\xbf" + json.dumps(turned, ensure_ascii=False, indent=2).encode())
    assert frame["Antall"].to_list() == [905, 0]
    assert frame["Ny"].to_list() == ["x", "x"]


RENAMED = [{"Antall totalt" if k == "Antall" else k: v for k, v in row.items()} for row in ROWS]
WITHOUT_YEAR = [{k: v for k, v in row.items() if k != "Årstall"} for row in ROWS]
PLAIN = json.dumps(ROWS, ensure_ascii=False)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (RENAMED, "mangler Antall"),
        (WITHOUT_YEAR, "mangler Årstall"),
        (b"<html><title>Vedlikehold</title></html>", "html"),
        (PLAIN.encode()[:-20], "truncated"),
        (PLAIN.encode("latin-1"), "utf"),
        (PLAIN.encode("utf-16"), "en liste av rader"),
        (changed(Antall="mange"), "«mange» i rad 1"),
        (changed(Antall="12.5"), "«12.5» i rad 1"),
        (changed(Antall="1,5"), "«1,5» i rad 1"),
        (changed(Antall=""), "ingenting i rad 1"),
        ([ROWS[0], WITHOUT_YEAR[0] | {"Antall": "x"}], "«x» i rad 2"),
        ({"message": "Ukjent variabel"}, "Ukjent variabel"),
        (changed(Antall=905), r"\$\[0\]"),
        ([ROWS[0]] * 100, "kuttet"),
    ],
)
def test_damage_is_refused_and_the_place_named(content, named):
    with pytest.raises(SourceChanged, match=f"(?i){named}") as refused:
        read(content)
    assert "DBH-tabell 124" in str(refused.value)


@given(
    st.lists(
        st.tuples(st.text(), st.integers(-(10**9), 10**9), st.text()), min_size=1, max_size=30
    ),
    st.booleans(),
    st.sampled_from([None, 1]),
)
def test_any_texts_come_back_and_are_never_taken_for_keys(rows, ascii_only, indent):
    sent = [{"Institusjonskode": a, "Årstall": b, "Antall": str(n)} for a, n, b in rows]
    text = json.dumps(sent, ensure_ascii=ascii_only, indent=indent)
    frame = read(text.encode("utf-8", "replace"))
    assert frame["Antall"].to_list() == [n for _, n, _ in rows]
    assert frame.height == len(rows)


# Over HTTP


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(SAMPLE) as running:
        yield running


@contextmanager
def client_of(attempts: int = 1) -> Iterator[Client]:
    with Client(publisher="dbh-test", rate=Rate(1000, 1), attempts=attempts) as made:
        yield made


def fetched(server: Server, selection: Selection) -> list[Answer]:
    with client_of() as client:
        return list(fetch(client, f"{server.url}/dbh", selection, NIGHT))


@pytest.mark.parametrize("name", [n for n, d in DATASETS.items() if not d.awaited])
def test_every_entry_is_answered_by_the_bundled_server(server, name):
    selection = DATASETS[name].selection
    frame = parse(fetched(server, selection), selection)["rows"]
    assert frame.height > 5
    assert set(frame["konstruert"]) == {"true"}
    body = json.loads(server.requests[-1].body)
    assert body == question(selection)
    by = list(selection.group_by) or ["Fagskolenummer", "Utdanningstilbudets kode"]
    assert frame.select(by).is_duplicated().sum() == 0
    if "Kommunenummer campus" in by:
        assert {code[:2] for code in frame["Kommunenummer campus"]} == {"16", "17", "50"}


def test_nothing_matches_is_an_answer_that_lands(server, tmp_path):
    wish = SELECTION.model_dump() | {
        "filter": [{"variable": "Institusjonskode", "filter": "item", "values": ["9999"]}]
    }
    selection = Selection.model_validate(wish)
    answers = fetched(server, selection)
    assert [(a.status, a.content) for a in answers] == [(204, b"")]
    landing = Landing(tmp_path)
    kept = landing.answers(landing.land("dbh", NIGHT, answers))
    assert parse(kept, selection)["rows"].height == 0


def test_an_unknown_variable_is_refused_in_the_publishers_words(server):
    wish = Selection(table=124, group_by=("Skonummer",), numbers=("Antall",))
    with pytest.raises(Refused, match="ukjent variabel Skonummer"):
        fetched(server, wish)


def test_a_table_that_is_not_known_is_not_asked_for(server):
    before = len(server.requests)
    with pytest.raises(Refused, match="tabellnummer") as refused:
        fetched(server, DATASETS["dbh_vocational_completions"].selection)
    assert refused.value.status == 404
    assert len(server.requests) == before


@pytest.mark.parametrize("mode", ["html", "cut", "500-empty", "wrong-type"])
def test_a_bad_night_at_the_source_is_told(server, mode):
    server.misbehave(mode, "^/dbh/", 1)
    with pytest.raises(TilbudsplanError, match="dbh-test"):
        fetched(server, DATASETS["dbh_students"].selection)


def test_no_content_is_not_an_answer_where_it_was_not_expected(server):
    with client_of() as client, pytest.raises(SourceChanged, match="204"):
        client.post_query(
            f"{server.url}/dbh/Tabeller/hentJSONTabellData",
            role="table",
            json={"tabell_id": 124, "groupBy": ["Årstall"], "filter": [item("Årstall", "1900")]},
        )


def item(variable: str, *values: str) -> dict[str, Any]:
    return {"variabel": variable, "selection": {"filter": "item", "values": list(values)}}


def ask(server: Server, **question_: Any) -> Callable[[], Any]:
    with client_of() as client:
        return client.post_query(
            f"{server.url}/dbh/Tabeller/hentJSONTabellData", role="table", json=question_
        ).content


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"groupBy": ["Årstall"], "variabler": ["*"]}, "kan ikke brukes sammen"),
        ({"variabler": ["*"], "filter": [{"variabel": "Årstall", "selection": {
            "filter": "item", "values": ["2025"], "exclude": [""]}}]}, "exclude"),
    ],
)  # fmt: skip
def test_the_bundled_server_refuses_what_dbh_refuses(server, asked, said):
    with pytest.raises(Refused, match=said):
        ask(server, tabell_id=124, **asked)


def test_sums_of_the_bundled_server_add_up(server):
    total = json.loads(ask(server, tabell_id=124, groupBy=["Årstall"]))
    path: Path = SAMPLE / "dbh" / "124.csv"
    rows = pl.read_csv(path, infer_schema=False)
    for row in total:
        year = rows.filter(pl.col("Årstall") == row["Årstall"])
        assert int(row["Antall"]) == year["Antall"].cast(pl.Int64).sum()
