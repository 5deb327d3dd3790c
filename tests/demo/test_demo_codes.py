"""Grep and VIGO as the source server speaks them, over the bundled sample."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests
from sample_files import published

from tasks.demo.server import SAMPLE, serve


@pytest.fixture(scope="module")
def bundled() -> Iterator[str]:
    with serve(SAMPLE) as server:
        yield server.url


@pytest.mark.parametrize(("name", "number"), [("programomraader", 497), ("utdanningsprogram", 18)])
def test_every_code_of_a_list_can_be_followed(bundled: str, name: str, number: int) -> None:
    lines = (SAMPLE / "grep" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    elements = {line["kode"]: line for line in map(json.loads, lines)}
    with requests.Session() as session:
        stubs = session.get(f"{bundled}/grep/{name}", timeout=20).json()
        assert len(stubs) == len(elements) == number
        # A list tells no more than where the rest stands.
        assert all("erstattes-av" not in stub and "tittel" in stub for stub in stubs)
        for stub in stubs[::25]:
            told = session.get(stub["url-data"], timeout=20).json()
            assert told == elements[stub["kode"]] | {"url-data": stub["url-data"]}
            assert told["konstruert"] is True


@pytest.mark.parametrize("path", ["", "/fagkoder", "/programomraader/XXXXX1----", "/a/b/c"])
def test_what_is_not_there_is_not_found(bundled: str, path: str) -> None:
    assert requests.get(f"{bundled}/grep{path}", timeout=20).status_code == 404


def test_titles_are_the_published_ones() -> None:
    told = {}
    for line in (SAMPLE / "grep" / "programomraader.jsonl").open(encoding="utf-8"):
        document = json.loads(line)
        titles = {text["spraak"]: text["verdi"] for text in document["tittel"]}
        told[document["kode"]] = (titles["nob"], titles.get("nno"), titles.get("eng"))
    rows = published("grep_programme_areas").select("kode", "nob", "nno", "eng").rows()
    assert told == {code: titles for code, *names in rows for titles in [tuple(names)]}


ELEMENTS = "/vigo/relation/element-replaces-element"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/vigo/relation/unknown?page=0&size=10", "[]", 404),
        (f"{ELEMENTS}?page=-1&size=10", "[]", 400),
        (f"{ELEMENTS}?page=0&size=0", "[]", 400),
        (f"{ELEMENTS}?page=0&size=10", "", 400),
        (f"{ELEMENTS}?page=0&size=10", '[{"key":"code1"}]', 400),
    ],
)
def test_vigo_turns_down_what_it_does_not_know(
    bundled: str, path: str, body: str, status: int
) -> None:
    assert requests.post(bundled + path, data=body, timeout=20).status_code == status
    assert requests.get(bundled + ELEMENTS, timeout=20).status_code == 405


def test_vigo_gives_no_more_than_its_largest_page(bundled: str) -> None:
    asked = f"{bundled}{ELEMENTS}?page=0&size=100000"
    told = requests.post(asked, data="[]", timeout=20).json()
    assert told["size"] == 2000
    assert told["totalElements"] == len(told["content"]) == told["numberOfElements"]
    beyond = requests.post(f"{bundled}{ELEMENTS}?page=9&size=2000", data="[]", timeout=20).json()
    assert (beyond["content"], beyond["last"]) == ([], True)
