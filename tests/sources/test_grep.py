"""Grep: the list, the details, what is read again, and ten kinds of damage."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from register_replies import Request, Server, answering

from tasks.errors import SourceChanged, SourceUnavailable
from tasks.sources import Answer, Kept, grep
from tasks.sources.transport import Client, Rate

SELECTION = grep.Selection(path="programomraader")
DAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
BASE = "https://data.udir.no/kl06/v201906"


def stub(code: str, changed: str | None = "2020-06-15T08:00:00", **keys: Any) -> dict[str, Any]:
    address = f"{BASE}/programomraader/{code}"
    return {"kode": code, "url-data": address, "sist-endret": changed} | keys


def element(code: str, **keys: Any) -> dict[str, Any]:
    return {
        "kode": code,
        "tittel": [{"spraak": "default", "verdi": "Tømrer"}, {"spraak": "nno", "verdi": "Tømrar"}],
        "status": f"{BASE}/status/status_publisert",
        "sist-endret": "2020-06-15T08:00:00",
        "aarstrinn": {"kode": "vg2", "url-data": f"{BASE}/aarstrinn/vg2"},
        "utdanningsprogram-referanse": [{"kode": "BA"}],
        "bygger-paa-programomraade": [{"kode": "BABAT1----"}],
        "erstatter": [],
        "erstattes-av": [{"kode": "BANYA2----"}, {"kode": "BANYB2----"}],
        "foerste-semester": {"beskrivelse": [{"spraak": "default", "verdi": "Høst 2006"}]},
        "siste-semester": None,
    } | keys


def answer(role: str, document: Any) -> Answer:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer(role, "GET", "http://127.0.0.1/", None, 200, {}, content, NOW)


def register(*elements: dict[str, Any]) -> list[Answer]:
    details = [answer(f"detail/{e['kode']}/2020", e) for e in elements]
    return [*details, answer("list", [stub(e["kode"]) for e in elements])]


def read(*elements: dict[str, Any]) -> dict[str, pl.DataFrame]:
    return grep.parse(register(*elements), SELECTION)


def test_an_element_becomes_a_row_and_its_references() -> None:
    tables = read(element("BATMF2----"))
    row = tables["rows"].row(0, named=True)
    assert row["kode"] == "BATMF2----"
    assert (row["default"], row["nob"], row["nno"]) == ("Tømrer", None, "Tømrar")
    assert (row["aarstrinn"], row["foerste-semester"]) == ("vg2", "Høst 2006")
    assert row["siste-semester"] is None
    assert row["konstruert"] is False
    assert tables["references"].rows() == [
        ("BATMF2----", "utdanningsprogram-referanse", "BA", 0),
        ("BATMF2----", "bygger-paa-programomraade", "BABAT1----", 0),
        ("BATMF2----", "erstattes-av", "BANYA2----", 0),
        ("BATMF2----", "erstattes-av", "BANYB2----", 1),
    ]


@pytest.mark.parametrize(
    "level",
    [
        {"kode": "vg2"},
        {"url-data": f"{BASE}/aarstrinn/vg2"},
        {"uri": "http://psi.udir.no/kl06/vg2"},
        {"beskrivelse": "vg2"},
        [{"kode": "vg2"}],
        "http://psi.udir.no/kl06/vg2",
        "vg2",
    ],
)
def test_a_reference_is_read_in_each_form(level: Any) -> None:
    assert read(element("BATMF2----", aarstrinn=level))["rows"]["aarstrinn"].to_list() == ["vg2"]


def test_the_newest_details_and_the_newest_list_count() -> None:
    old, new = element("A"), element("A", tittel=[{"spraak": "nob", "verdi": "Ny"}])
    answers = [
        *register(old, element("B")),
        answer("detail/A/2021", new),
        answer("list", [stub("A")]),
    ]
    rows = grep.parse(answers, SELECTION)["rows"]
    assert rows["kode"].to_list() == ["A"]
    assert rows["nob"].to_list() == ["Ny"]


def test_a_register_read_in_part_is_read_on() -> None:
    with pytest.raises(SourceUnavailable, match="B"):
        grep.parse([*register(element("A")), answer("list", [stub("A"), stub("B")])], SELECTION)
    with pytest.raises(SourceUnavailable, match="ingen liste"):
        grep.parse(register(element("A"))[:1], SELECTION)


ONE = [stub("A")]
DAMAGE: dict[str, tuple[Any, Any, str]] = {
    "renamed code in the list": ([{"code": "A", "url-data": "x"}], element("A"), "listen.*kode"),
    "no address": ([{"kode": "A"}], element("A"), "listen.*url-data"),
    "address elsewhere": ([stub("A", **{"url-data": f"{BASE}/A"})], element("A"), "ender på"),
    "a code twice": ([stub("A"), stub("A")], element("A"), "A flere ganger"),
    "an empty list": ([], element("A"), "tom liste"),
    "an object for a list": ({"content": ONE}, element("A"), "listen"),
    "a page for a list": (b"<html>Vedlikehold</html>", element("A"), "listen"),
    "a page for details": (ONE, b"<html>Vedlikehold</html>", "detaljene om A"),
    "cut off": (ONE, json.dumps(element("A")).encode()[:-40], "detaljene om A"),
    "another charset": (
        ONE, json.dumps(element("A"), ensure_ascii=False).encode("latin-1"), "detaljene om A",
    ),
    "another code's details": (ONE, element("B"), "detaljer om «B»"),
    "a title that is text": (ONE, element("A", tittel="Tømrer"), "detaljene om A.*tittel"),
    "titles under another key": (
        ONE, element("A", tittel=[{"noekkel": "nob", "verdi": "x"}]), "detaljene om A.*spraak",
    ),
    "no title": (ONE, element("A", tittel=[]), "detaljene om A"),
    "two titles in a language": (
        ONE, element("A", tittel=[{"spraak": "nob", "verdi": v} for v in "xy"]), "nob, nob",
    ),
    "a status that is a number": (ONE, element("A", status=1), "detaljene om A.*status"),
    "a reference that is a number": (ONE, element("A", erstatter=[7]), "detaljene om A.*erstatter"),
}  # fmt: skip


@pytest.mark.parametrize(("listed", "details", "named"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_refused_by_its_place(listed: Any, details: Any, named: str) -> None:
    with pytest.raises(SourceChanged, match=f"(?s){named}"):
        grep.parse([answer("detail/A/2020", details), answer("list", listed)], SELECTION)


@pytest.mark.parametrize(
    "details",
    [
        element("A", nytt="felt"),
        {k: v for k, v in element("A").items() if k not in {"erstatter", "aarstrinn"}},
        b"\xef\xbb\xbf" + json.dumps(element("A")).encode(),
    ],
    ids=["a new key", "optional keys gone", "a byte order mark"],
)
def test_harmless_changes_are_read(details: Any) -> None:
    tables = grep.parse([answer("detail/A/2020", details), answer("list", ONE)], SELECTION)
    assert tables["rows"]["default"].to_list() == ["Tømrer"]


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(
    st.lists(st.tuples(WORDS, st.lists(WORDS, max_size=3)), min_size=1, unique_by=lambda e: e[0])
)
def test_whatever_is_told_comes_back(told: list[tuple[str, list[str]]]) -> None:
    elements = [
        element(f"K{number}", tittel=[{"spraak": "nob", "verdi": title}],
                **{"erstattes-av": [{"kode": code} for code in codes]})
        for number, (title, codes) in enumerate(told)
    ]  # fmt: skip
    tables = read(*elements)
    assert tables["rows"]["nob"].to_list() == [title for title, _ in told]
    successors = tables["references"].filter(relation="erstattes-av")
    expected = [(f"K{n}", code) for n, (_, codes) in enumerate(told) for code in codes]
    assert successors.select("kode", "target").rows() == expected


# Over HTTP


class Register:
    """A register on loopback whose elements a test may change; it counts what is asked for."""

    def __init__(self, *codes: str) -> None:
        self.stubs = {code: stub(code) for code in codes}
        self.asked: list[str] = []

    def reply(self, request: Request) -> tuple[int, str, bytes]:
        code = request.path.removeprefix("/programomraader").strip("/")
        self.asked.append(code or "list")
        if code and code not in self.stubs:
            return 404, "text/plain", b""
        document = element(code) if code else list(self.stubs.values())
        return 200, "application/json", json.dumps(document).encode()


@pytest.fixture
def serve() -> Iterator[Callable[[Register], Server]]:
    with ExitStack() as stack:
        yield lambda register: stack.enter_context(answering(register.reply))


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(publisher="grep-test", rate=Rate(10_000, 1), attempts=1) as made:
        yield made


def kept(answers: list[Answer], age: timedelta = timedelta(0)) -> list[Kept]:
    return [Kept(a.role, a.url, {}, NOW - age, lambda a=a: a.content) for a in answers]


def landed(steps: Iterator[Any]) -> list[Answer]:
    return [answer for step in steps for answer in step]


def test_the_first_night_reads_all_and_the_list_lands_last(client: Client, serve: Any) -> None:
    register = Register(*(f"K{n:02d}" for n in range(45)))
    server = serve(register)
    steps = list(grep.proceed(client, server.url, SELECTION, DAY, ()))
    assert [len(step) for step in steps] == [20, 20, 5, 1]
    assert steps[-1][0].role == "list"
    assert len(register.asked) == 46
    # A crash leaves whole steps; the next night goes on from them.
    before = kept([*steps[0], *steps[1]])
    rest = landed(grep.proceed(client, server.url, SELECTION, DAY, before))
    assert [a.role for a in rest][-1] == "list"
    assert len(rest) == 6
    whole = [*steps[0], *steps[1], *rest]
    assert grep.parse(whole, SELECTION)["rows"].height == 45
    assert grep.updated(whole) is None


def test_a_quiet_night_asks_for_the_list_alone(client: Client, serve: Any) -> None:
    register = Register("A", "B")
    server = serve(register)
    all_of_it = list(grep.fetch(client, server.url, SELECTION, DAY))
    register.asked.clear()
    assert landed(grep.proceed(client, server.url, SELECTION, DAY, kept(all_of_it))) == []
    assert register.asked == ["list"]


def test_what_changed_is_read_again_and_so_is_what_is_old(client: Client, serve: Any) -> None:
    register = Register("A", "B")
    server = serve(register)
    all_of_it = list(grep.fetch(client, server.url, SELECTION, DAY))
    register.stubs["B"] = stub("B", "2026-11-23T10:00:00")
    news = landed(grep.proceed(client, server.url, SELECTION, DAY, kept(all_of_it)))
    assert [a.role for a in news] == ["detail/B/2026-11-23T10:00:00", "list"]
    weeks = timedelta(days=29)
    again = grep.proceed(client, server.url, SELECTION, DAY, kept([*all_of_it, *news], weeks))
    assert [a.role.split("/")[1] for a in landed(again)] == ["A", "B"]


def test_without_a_stamp_everything_is_read_each_night(client: Client, serve: Any) -> None:
    register = Register("A")
    register.stubs["A"] = stub("A", None)
    server = serve(register)
    all_of_it = list(grep.fetch(client, server.url, SELECTION, DAY))
    again = landed(grep.proceed(client, server.url, SELECTION, DAY, kept(all_of_it)))
    assert [a.role for a in again] == ["detail/A/"]


def test_an_address_on_another_host_is_followed_under_the_catalogues(
    client: Client, serve: Any
) -> None:
    register = Register("A")
    register.stubs["A"]["url-data"] = "http://beta-data.udir.no/kl06/v201906/programomraader/A"
    server = serve(register)
    urls = [answer.url for answer in grep.fetch(client, server.url, SELECTION, DAY)]
    assert urls == [f"{server.url}/programomraader/A", f"{server.url}/programomraader"]


def test_a_probe_asks_twice_and_tells_what_came_and_went(client: Client, serve: Any) -> None:
    register = Register("A", "B", "C")
    server = serve(register)
    before = [answer("list", [stub("A"), stub("GONE")])]
    told = list(grep.probe(client, server.url, SELECTION, DAY, before))
    assert register.asked == ["list", "A"]
    assert [(d.refuses, d.got) for d in told] == [
        (False, "2 nye koder: B, C"),
        (False, "1 koder som ikke lenger er der: GONE"),
    ]
    register.stubs["A"]["url-data"] = "x"
    (refusal,) = grep.probe(client, server.url, SELECTION, DAY, before)
    assert refusal.refuses
