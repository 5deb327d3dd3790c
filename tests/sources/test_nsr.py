from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, date, datetime

import polars as pl
import pytest
from register_replies import answering

from tasks.errors import SourceChanged, SourceUnavailable
from tasks.sources import Answer
from tasks.sources.nsr import Selection, fetch, parse, updated
from tasks.sources.transport import Client, Rate

SELECTION = Selection(page_size=2)


def unit(number: int, **keys):
    return {
        "Organisasjonsnummer": f"9745587{number:02d}",
        "Navn": f"Skole {number}",
        "Fylkesnummer": "50",
        "Kommunenummer": "5001",
        "ErAktiv": True,
        "ErVideregaaendeSkole": True,
    } | keys


def page(number: int, units: list, *, pages: int = 1, total: int | None = None) -> bytes:
    return json.dumps(
        {
            "Sidenummer": number,
            "AntallSider": pages,
            "TotaltAntallEnheter": len(units) if total is None else total,
            "EnhetListe": units,
        }
    ).encode()


def read(*contents: bytes) -> pl.DataFrame:
    answers = [
        Answer(
            role=f"page-{number:03d}",
            method="GET",
            url="http://127.0.0.1/",
            body=None,
            status=200,
            headers={},
            content=content,
            received_at=datetime(2026, 11, 22, tzinfo=UTC),
        )
        for number, content in enumerate(contents, start=1)
    ]
    assert updated(answers) is None
    return parse(answers, SELECTION)["rows"]


def test_pages_make_one_register_and_other_keys_are_kept():
    frame = read(
        page(1, [unit(1), unit(2, ErPrivatskole=True)], pages=2, total=3),
        page(2, [unit(3, Kommunenummer="0301", Epost="post@skole.no")], pages=2, total=3),
    )
    assert frame["Kommunenummer"].to_list() == ["5001", "5001", "0301"]
    assert frame["ErPrivatskole"].to_list() == [None, True, None]
    assert frame["Epost"].to_list() == [None, None, "post@skole.no"]
    assert frame["ErAktiv"].dtype == pl.Boolean


def test_the_owner_may_be_untold():
    frame = read(page(1, [unit(1)]))
    assert frame.select("ErOffentligSkole", "ErPrivatskole").row(0) == (None, None)
    assert frame["ErOffentligSkole"].dtype == pl.Boolean


def test_a_school_abroad_has_no_municipality():
    frame = read(page(1, [unit(1, Organisasjonsnummer="U90099017", Kommunenummer=None)]))
    assert frame["Kommunenummer"].to_list() == [None]
    assert frame["Kommunenummer"].dtype == pl.String


@pytest.mark.parametrize(
    "contents",
    [
        [page(1, [unit(1)], total=2)],
        [page(1, [unit(1), unit(2)], pages=2, total=3), page(2, [unit(3)], pages=2, total=4)],
        [page(1, [unit(1), unit(2)], pages=2, total=3), page(2, [unit(2)], pages=2, total=3)],
    ],
)
def test_a_register_that_changed_midway_is_to_be_read_again(contents):
    with pytest.raises(SourceUnavailable, match="hent det på nytt"):
        read(*contents)


def without(key: str):
    return {name: value for name, value in unit(1).items() if name != key}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (page(1, [without("Navn")]), "Navn"),
        (page(1, [without("Kommunenummer")]), "Kommunenummer"),
        (page(1, [unit(1), unit(2, Kommunenummer=301)]), "Kommunenummer"),
        (page(1, [unit(1, ErAktiv="ja")]), "ErAktiv"),
        (page(1, [unit(1, ErAktiv=None)]), "ErAktiv"),
        (page(1, []), "tom liste"),
        (page(2, [unit(1)]), "side 1"),
        (b'{"Sidenummer":1}', "AntallSider"),
        (b"<html>", "malformed"),
    ],
)
def test_another_form_is_refused(content, named):
    with pytest.raises(SourceChanged, match=named):
        read(content)


@pytest.fixture
def serve():
    with ExitStack() as stack:
        yield lambda reply: stack.enter_context(answering(reply))


@pytest.fixture
def client():
    with Client(publisher="nsr-test", rate=Rate(1000, 1), attempts=1) as made:
        yield made


def test_every_page_is_fetched_in_order(client, serve):
    units = [unit(n) for n in range(5)]

    def reply(request):
        number, size = int(request.query["sidenummer"]), int(request.query["antallPerSide"])
        part = units[(number - 1) * size : number * size]
        return 200, "application/json", page(number, part, pages=3, total=5)

    server = serve(reply)
    answers = list(fetch(client, server.url, SELECTION, date(2026, 11, 22)))
    assert [answer.role for answer in answers] == ["page-001", "page-002", "page-003"]
    assert {request.path for request in server.requests} == {"/enheter"}
    assert parse(answers, SELECTION)["rows"]["Navn"].to_list() == [u["Navn"] for u in units]


def test_a_unit_closed_while_reading_is_noticed_before_landing(client, serve):
    pages = iter([page(1, [unit(1), unit(2)], pages=2, total=3), page(2, [], pages=2, total=2)])
    server = serve(lambda request: (200, "application/json", next(pages)))
    with pytest.raises(SourceUnavailable, match="endret seg"):
        list(fetch(client, server.url, SELECTION, date(2026, 11, 22)))


def test_a_runaway_number_of_pages_is_refused(client, serve):
    server = serve(lambda request: (200, "application/json", page(1, [unit(1)], pages=10**6)))
    with pytest.raises(SourceChanged, match="AntallSider"):
        list(fetch(client, server.url, SELECTION, date(2026, 11, 22)))
