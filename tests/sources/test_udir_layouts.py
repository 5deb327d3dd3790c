"""Every report page of the catalogue, damaged: the same table, or a refusal naming the place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from tasks import catalogue
from tasks.demo.server import SAMPLE, serve
from tasks.errors import SourceChanged
from tasks.settings import Project
from tasks.sources import Answer, udir_report
from tasks.sources.transport import Client, Rate

PAGES = {
    dataset.id: dataset.selection
    for dataset in catalogue.load(Project().catalogue)
    if dataset.protocol == "udir_report"
}
Document = dict[str, Any]


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, list[Answer]]]:
    """What the source server answers for every page, asked for by the client itself."""
    with serve(SAMPLE) as server, Client(publisher="udir-layouts", rate=Rate(10_000, 1)) as client:
        yield {
            name: list(
                udir_report.fetch(client, f"{server.url}/udir", selection, date(2026, 11, 24))
            )
            for name, selection in PAGES.items()
        }


def read(name: str, answers: list[Answer], content: bytes) -> pl.DataFrame:
    page, data = answers
    return udir_report.parse([page, replace(data, content=content)], PAGES[name])["rows"]


def written(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def each_cell(document: Document, change: Callable[[str], str]) -> bytes:
    for row in document["rows"]:
        row["data"] = [change(text) for text in row["data"]]
    return written(document)


def keys_not_known(document: Document) -> bytes:
    document["versjon"] = 9
    for row in document["rows"]:
        row["fotnote"] = {"tekst": "ny"}
    return written(document)


def no_break_spaces(document: Document) -> bytes:
    return each_cell(document, lambda text: text.replace(" ", "\u00a0"))


def no_thousands(document: Document) -> bytes:
    return each_cell(document, lambda text: text.replace(" ", ""))


def space_around(document: Document) -> bytes:
    return each_cell(document, lambda text: f" {text} " if text else text)


def a_decimal_comma(document: Document) -> bytes:
    return each_cell(
        document, lambda text: f"{text},0" if text and "," not in text and text != "*" else text
    )


def escaped_letters(document: Document) -> bytes:
    return json.dumps(document, indent=1).encode()


def a_key_twice(document: Document) -> bytes:
    return written(document).replace(b'"navn": ', b'"navn": "annet", "navn": ')


HARMLESS = [
    keys_not_known,
    no_break_spaces,
    no_thousands,
    space_around,
    a_decimal_comma,
    escaped_letters,
    a_key_twice,
]


@pytest.mark.parametrize("change", HARMLESS, ids=lambda change: change.__name__)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_is_written_otherwise_says_the_same(
    served: dict[str, list[Answer]], name: str, change: Callable[[Document], bytes]
) -> None:
    content = served[name][1].content
    expected = read(name, served[name], content)
    found = read(name, served[name], change(json.loads(content)))
    assert expected["value"].drop_nulls().len()
    assert found.drop("text").equals(expected.drop("text"))


def test_rows_in_another_order_are_the_same_rows(served: dict[str, list[Answer]]) -> None:
    for name, answers in served.items():
        document = json.loads(answers[1].content)
        document["rows"].reverse()
        found = read(name, answers, written(document))
        expected = read(name, answers, answers[1].content)
        columns = expected.columns
        assert found.sort(columns).equals(expected.sort(columns)), name


Damage = Callable[[Document], tuple[bytes, str]]


def last(document: Document) -> Document:
    row: Document = document["rows"][-1]
    return row


def a_key_renamed(document: Document) -> tuple[bytes, str]:
    row = last(document)
    row["verdier"] = row.pop("data")
    return written(document), "`data`"


def headers_renamed(document: Document) -> tuple[bytes, str]:
    return written(document).replace(b'"columnCount"', b'"antall"'), "columnCount"


def a_level_gone(document: Document) -> tuple[bytes, str]:
    deepest = max(row["id"].count(".") for row in document["rows"])
    gone = document["metadata"]["rowHierarchy"][deepest]
    document["metadata"]["rowHierarchy"] = document["metadata"]["rowHierarchy"][:deepest]
    return written(document), f"radnivået {gone}"


def a_web_page(document: Document) -> tuple[bytes, str]:
    return b"<!doctype html><title>Vedlikehold</title>", "malformed"


def cut_off(document: Document) -> tuple[bytes, str]:
    content = written(document)
    return content[: len(content) * 2 // 3], "avtalte form"


def another_character_set(document: Document) -> tuple[bytes, str]:
    last(document)["navn"] = "Trööndelage"
    return json.dumps(document, ensure_ascii=False).encode("latin-1", "replace"), "avtalte form"


def a_point_for_thousands(document: Document) -> tuple[bytes, str]:
    last(document)["data"][0] = "1.234"
    return written(document), f"«1.234» i raden «{last(document)['navn']}»"


def another_mark(document: Document) -> tuple[bytes, str]:
    last(document)["data"][-1] = ":"
    return written(document), f"«:» i raden «{last(document)['navn']}»"


def numbers_for_text(document: Document) -> tuple[bytes, str]:
    last(document)["data"][0] = 12
    return written(document), "Expected `str"


def a_cell_too_many(document: Document) -> tuple[bytes, str]:
    last(document)["data"].append("7")
    return written(document), f"i «{last(document)['navn']}» ({last(document)['id']})"


def a_header_too_many(document: Document) -> tuple[bytes, str]:
    document["metadata"]["columns"][-1].append({"name": "Ny", "columnCount": 1})
    return written(document), "columnCount" if len(
        document["metadata"]["columns"]
    ) > 1 else "celler"


def a_row_twice(document: Document) -> tuple[bytes, str]:
    document["rows"].append(last(document))
    return written(document), f"({last(document)['id']}) to ganger"


def no_rows(document: Document) -> tuple[bytes, str]:
    document["rows"] = []
    return written(document), "tom tabell"


def nothing(document: Document) -> tuple[bytes, str]:
    return b"", "truncated"


DAMAGE: list[Damage] = [
    a_key_renamed,
    headers_renamed,
    a_level_gone,
    a_web_page,
    cut_off,
    another_character_set,
    a_point_for_thousands,
    another_mark,
    numbers_for_text,
    a_cell_too_many,
    a_header_too_many,
    a_row_twice,
    no_rows,
    nothing,
]


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("name", PAGES)
def test_a_damaged_page_is_refused_with_its_place(
    served: dict[str, list[Answer]], name: str, damage: Damage
) -> None:
    content, place = damage(json.loads(served[name][1].content))
    with pytest.raises(SourceChanged) as refusal:
        read(name, served[name], content)
    assert place in str(refusal.value)
    assert PAGES[name].page in str(refusal.value)


@pytest.mark.parametrize("name", PAGES)
def test_a_hidden_cell_is_no_number(served: dict[str, list[Answer]], name: str) -> None:
    document = json.loads(served[name][1].content)
    last(document)["data"][-1] = "*"
    cell = read(name, served[name], written(document)).row(-1, named=True)
    assert (cell["value"], cell["status"], cell["text"]) == (None, "*", "*")
