"""Every text file of the catalogue, damaged: the same table, or a refusal that names the place."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tasks import catalogue
from tasks.catalogue import Dataset
from tasks.demo.files_server import FOLDERS
from tasks.errors import SourceChanged
from tasks.settings import CHECKOUT, Project
from tasks.sources import Answer, delimited

LAYOUTS = {
    dataset.id: dataset
    for dataset in catalogue.load(Project().catalogue)
    if dataset.protocol == "delimited" and not dataset.awaited
}
Table = list[list[str]]


def sample(dataset: Dataset) -> Path:
    publisher = dataset.publisher.id
    folder = CHECKOUT / "data" / "sample" / FOLDERS.get(publisher, publisher)
    return folder / str(dataset.selection.path)


def table(dataset: Dataset) -> Table:
    text = sample(dataset).read_bytes().decode(dataset.selection.encoding).removeprefix("\ufeff")
    text = text.removeprefix("sep=\t\n").removeprefix("sep=\t\r\n")
    rows = list(csv.reader(io.StringIO(text), delimiter=dataset.selection.separator))
    return rows[:40]


def written(dataset: Dataset, rows: Table, *, quote: int = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO()
    separator = dataset.selection.separator
    writer = csv.writer(out, delimiter=separator, quoting=quote, lineterminator="\n")  # type: ignore[arg-type]
    writer.writerows(rows)
    return out.getvalue()


def read(dataset: Dataset, content: bytes) -> pl.DataFrame:
    name = str(dataset.selection.path)
    answer = Answer("file", "GET", name, None, 200, {}, content, datetime.now(UTC))
    return delimited.parse([answer], dataset.selection)["rows"]


def asked(dataset: Dataset, content: bytes) -> pl.DataFrame:
    """The columns that the entry names, as they came."""
    return read(dataset, content).select(dataset.selection.columns)


def encoded(dataset: Dataset, text: str) -> bytes:
    return text.encode(dataset.selection.encoding)


Change = Callable[[Dataset, Table], bytes]


def columns_moved(dataset: Dataset, rows: Table) -> bytes:
    return encoded(dataset, written(dataset, [row[::-1] for row in rows]))


def a_new_column(dataset: Dataset, rows: Table) -> bytes:
    head, *rest = rows
    return encoded(dataset, written(dataset, [[*head, "ny"], *([*row, "x"] for row in rest)]))


def windows_line_ends(dataset: Dataset, rows: Table) -> bytes:
    return encoded(dataset, written(dataset, rows).replace("\n", "\r\n"))


def all_in_quotes(dataset: Dataset, rows: Table) -> bytes:
    return encoded(dataset, written(dataset, rows, quote=csv.QUOTE_ALL))


def no_last_line_end(dataset: Dataset, rows: Table) -> bytes:
    return encoded(dataset, written(dataset, rows).rstrip("\n"))


def separator_told_first(dataset: Dataset, rows: Table) -> bytes:
    return encoded(dataset, f"sep={dataset.selection.separator}\n{written(dataset, rows)}")


HARMLESS: list[Change] = [
    columns_moved,
    a_new_column,
    windows_line_ends,
    all_in_quotes,
    no_last_line_end,
    separator_told_first,
]


@pytest.mark.parametrize("change", HARMLESS, ids=lambda change: change.__name__)
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_file_that_is_arranged_otherwise_says_the_same(name: str, change: Change) -> None:
    dataset = LAYOUTS[name]
    rows = table(dataset)
    expected = asked(dataset, encoded(dataset, written(dataset, rows)))
    assert expected.height == len(rows) - 1
    assert asked(dataset, change(dataset, rows)).equals(expected)


def a_column_gone(dataset: Dataset, rows: Table) -> tuple[bytes, str]:
    at = rows[0].index(dataset.selection.columns[1])
    left = [row[:at] + row[at + 1 :] for row in rows]
    return encoded(dataset, written(dataset, left)), dataset.selection.columns[1]


def a_column_renamed(dataset: Dataset, rows: Table) -> tuple[bytes, str]:
    old = dataset.selection.columns[0]
    head = [f"{cell}_2" if cell == old else cell for cell in rows[0]]
    return encoded(dataset, written(dataset, [head, *rows[1:]])), f"mangler {old}"


def a_column_twice(dataset: Dataset, rows: Table) -> tuple[bytes, str]:
    return encoded(dataset, written(dataset, [[*row, row[0]] for row in rows])), "mer enn én gang"


def a_record_cut_off(dataset: Dataset, rows: Table) -> tuple[bytes, str]:
    cut = [*rows[:5], rows[5][:2], *rows[6:]]
    return encoded(dataset, written(dataset, cut)), "på linje 6"


def a_record_too_long(dataset: Dataset, rows: Table) -> tuple[bytes, str]:
    long = [*rows[:3], [*rows[3], "x"], *rows[4:]]
    return encoded(dataset, written(dataset, long)), "på linje 4"


def an_open_quote(dataset: Dataset, rows: Table) -> tuple[bytes, str]:
    lines = written(dataset, [[cell.replace('"', "") for cell in row] for row in rows]).split("\n")
    lines[2] = '"' + lines[2]
    return encoded(dataset, "\n".join(lines)), "linje 3"


def another_separator(dataset: Dataset, rows: Table) -> tuple[bytes, str]:
    other = "|"
    text = "\n".join(other.join(row) for row in rows)
    return encoded(dataset, text), "mangler"


def a_web_page(dataset: Dataset, rows: Table) -> tuple[bytes, str]:
    return encoded(dataset, "<!doctype html><title>Vedlikehold</title>"), "mangler"


def only_the_header(dataset: Dataset, rows: Table) -> tuple[bytes, str]:
    return encoded(dataset, written(dataset, rows[:1])), "bare overskriften"


def nothing(dataset: Dataset, rows: Table) -> tuple[bytes, str]:
    return b"", "tom fil"


def another_character_set(dataset: Dataset, rows: Table) -> tuple[bytes, str]:
    other = "latin-1" if "utf-8" in dataset.selection.encoding else "utf-8"
    marked = [rows[0], ["æøå", *rows[1][1:]], *rows[2:]]
    # An odd number of bytes is no UTF-16 whatever stands in it.
    text = written(dataset, marked).encode(other, errors="replace")
    return text[: len(text) - 1 + len(text) % 2], ""


DAMAGE = [
    a_column_gone,
    a_column_renamed,
    a_column_twice,
    a_record_cut_off,
    a_record_too_long,
    an_open_quote,
    another_separator,
    a_web_page,
    only_the_header,
    nothing,
    another_character_set,
]


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_damaged_file_is_refused_with_its_place(
    name: str, damage: Callable[[Dataset, Table], tuple[bytes, str]]
) -> None:
    dataset = LAYOUTS[name]
    content, place = damage(dataset, table(dataset))
    with pytest.raises(SourceChanged) as refusal:
        read(dataset, content)
    assert place in str(refusal.value)
    assert str(dataset.selection.path) in str(refusal.value)
