"""VIGO's base of codes: pages to the end, rows that add up, and ten kinds of damage."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import Loopback, Reply, Seen, as_json, serving

from tasks.demo.server import SAMPLE, serve
from tasks.errors import SourceChanged, SourceUnavailable
from tasks.sources import Answer, vigo_codes
from tasks.sources.transport import Client, Rate

DAY = date(2026, 11, 24)
SELECTION = vigo_codes.Selection(
    path="relation/element-replaces-element", columns=("code1", "code2"), page_size=2
)


def row(number: int, **keys: Any) -> dict[str, Any]:
    # What hangs on a row as objects of its own is left.
    return {"code1": f"N{number}", "code2": f"G{number}", "course1": {"name": "x"}} | keys


def page(rows: list[Any], total: int | None = None, **keys: Any) -> dict[str, Any]:
    return {"content": rows, "totalElements": len(rows) if total is None else total} | keys


def answers(*pages: Any) -> list[Answer]:
    contents = [p if isinstance(p, bytes) else json.dumps(p).encode() for p in pages]
    return [
        Answer(f"page-{n:03d}", "POST", "", "[]", 200, {}, content, datetime.now(UTC))
        for n, content in enumerate(contents)
    ]


def read(*pages: Any) -> pl.DataFrame:
    return vigo_codes.parse(answers(*pages), SELECTION)["rows"]


def test_pages_make_one_table_of_texts() -> None:
    frame = read(
        page([row(1), row(2, code2=99)], 4),
        page([row(3, code1=None, konstruert=True), row(4, code1=True)], 4),
    )
    assert frame.rows() == [
        ("N1", "G1", False), ("N2", "99", False), (None, "G3", True), ("true", "G4", False),
    ]  # fmt: skip
    assert vigo_codes.updated(answers(page([row(1)]))) is None


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, unique=True))
def test_whatever_is_told_comes_back(codes: list[str]) -> None:
    halves = codes[: len(codes) // 2], codes[len(codes) // 2 :]
    pages = [page([row(0, code1=code) for code in half], len(codes)) for half in halves]
    assert read(*pages)["code1"].to_list() == codes


DAMAGE: dict[str, tuple[Any, str]] = {
    "renamed rows": ({"items": [row(1)], "totalElements": 1}, "side 0.*content"),
    "no total": ({"content": [row(1)]}, "side 0.*totalElements"),
    "a renamed key": (page([row(1), {"kode1": "N", "code2": "G"}]), r"side 0.*code1.*\[1\]"),
    "a list for a value": (page([row(1, code1=["N1"])]), r"side 0.*\[0\]\.code1"),
    "an object for a value": (page([row(1, code2={"code": "G"})]), r"side 0.*\[0\]\.code2"),
    "a row that is text": (page(["N1"]), "side 0"),
    "a list for a page": ([row(1)], "side 0"),
    "a page of the web": (b"<html>Vedlikehold</html>", "side 0"),
    "cut off": (json.dumps(page([row(1)])).encode()[:-30], "side 0"),
    "another charset": (
        json.dumps(page([row(1, code1="Å")]), ensure_ascii=False).encode("latin-1"), "side 0",
    ),
    "an empty table": (page([]), "en tom tabell"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "named"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_refused_by_its_place(content: Any, named: str) -> None:
    with pytest.raises(SourceChanged, match=f"(?s){named}"):
        read(content)


def test_damage_on_a_later_page_names_that_page() -> None:
    with pytest.raises(SourceChanged, match=r"(?s)side 1.*\[0\]"):
        read(page([row(1)], 2), page([{"code1": "N"}], 2))


@pytest.mark.parametrize(
    "content",
    [
        page([row(1, ny="nøkkel")], pageable={"sort": {}}),
        b"\xef\xbb\xbf" + json.dumps(page([row(1)])).encode(),
    ],
    ids=["new keys", "a byte order mark"],
)
def test_harmless_changes_are_read(content: Any) -> None:
    assert read(content).rows() == [("N1", "G1", False)]


@pytest.mark.parametrize(
    "pages",
    [
        [page([row(1)], 2)],
        [page([row(1), row(2)], 3), page([row(3)], 4)],
        [page([row(1), row(2)], 4), page([row(2), row(3)], 4)],
    ],
    ids=["a page is missing", "the total changed", "a row on two pages"],
)
def test_pages_that_do_not_add_up_are_to_be_read_again(pages: list[Any]) -> None:
    with pytest.raises(SourceUnavailable, match="hent den på nytt"):
        read(*pages)


def test_the_same_row_twice_on_a_page_is_the_sources_own() -> None:
    assert read(page([row(1), row(1)])).height == 2


# Over HTTP


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(publisher="vigo-test", rate=Rate(10_000, 1), attempts=1) as made:
        yield made


def paged(rows: list[dict[str, Any]]) -> Callable[[Seen], Reply]:
    def reply(seen: Seen) -> Reply:
        query = parse_qs(urlsplit(seen.path).query)
        number, size = int(query["page"][0]), int(query["size"][0])
        return as_json(page(rows[number * size : (number + 1) * size], len(rows)))

    return reply


def fetched(client: Client, server: Loopback) -> list[Answer]:
    return list(vigo_codes.fetch(client, server.url, SELECTION, DAY))


def test_every_page_is_asked_for_until_the_total(client: Client) -> None:
    with serving(paged([row(n) for n in range(5)])) as server:
        got = fetched(client, server)
    assert [a.role for a in got] == ["page-000", "page-001", "page-002"]
    assert {(s.method, s.body) for s in server.seen} == {("POST", b"[]")}
    assert server.seen[0].path == "/relation/element-replaces-element?page=0&size=2"
    assert vigo_codes.parse(got, SELECTION)["rows"].height == 5


def test_a_table_that_ends_before_its_total_is_noticed(client: Client) -> None:
    short = [as_json(page([row(1), row(2)], 9)), as_json(page([], 9))]
    with serving(short) as server, pytest.raises(SourceUnavailable, match="2 rader på 2 sider"):
        fetched(client, server)


def test_a_total_without_end_is_refused(client: Client) -> None:
    reply = as_json(page([row(1)], 10**9))
    with serving([reply]) as server, pytest.raises(SourceChanged, match="høyst 500 sider"):
        fetched(client, server)


def test_a_page_of_the_web_is_refused(client: Client) -> None:
    reply = Reply(body=b"<html>", content_type="text/html")
    with serving([reply]) as server, pytest.raises(SourceChanged, match="text/html"):
        fetched(client, server)


def test_a_probe_asks_for_one_page(client: Client) -> None:
    with serving(paged([row(n) for n in range(5)])) as server:
        assert list(vigo_codes.probe(client, server.url, SELECTION, DAY, ())) == []
        assert len(server.seen) == 1
    for wrong in (page([{"kode": 1}]), page([])):
        with serving([as_json(wrong)]) as server:
            (told,) = vigo_codes.probe(client, server.url, SELECTION, DAY, ())
            assert told.refuses


@pytest.mark.parametrize(
    ("path", "columns"),
    [
        ("relation/element-replaces-element", ("code1", "code2")),
        ("entry-requirements", ("countyNr", "programAreaCode", "providesCompetenceCode")),
    ],
)
def test_the_bundled_server_gives_its_rows_in_pages(
    client: Client, path: str, columns: tuple[str, ...]
) -> None:
    selection = vigo_codes.Selection(path=path, columns=columns, page_size=50)
    with serve(SAMPLE) as server:
        got = list(vigo_codes.fetch(client, f"{server.url}/vigo", selection, DAY))
    frame = vigo_codes.parse(got, selection)["rows"]
    kept = pl.read_csv(SAMPLE / "vigo" / f"{path}.csv", infer_schema=False)
    assert frame.select(columns).rows() == kept.select(columns).rows()
    assert frame["konstruert"].all()
    assert len(got) == -(-kept.height // 50)
