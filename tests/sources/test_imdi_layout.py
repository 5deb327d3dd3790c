"""IMDi's layout of settlement, tried on the sample's workbook and on it damaged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import openpyxl
import polars as pl
import pytest

from tasks import catalogue
from tasks.demo.server import SAMPLE, serve
from tasks.errors import SourceChanged, TilbudsplanError
from tasks.settings import Project
from tasks.sources import Answer, workbook
from tasks.sources.transport import Client, Rate

ENTRY = catalogue.load(Project().catalogue).datasets["imdi_settlement"].selection
WHOLE = (SAMPLE / "imdi" / "bosettingstall.xlsx").read_bytes()
FIGURES = ("requested", "agreed", "settled", "settled_collective")
HEADER, FIRST = 3, 4  # rows of the sheet, from 1
SETTLED = "F"


def read(raw: bytes) -> pl.DataFrame:
    answer = Answer("file", "GET", "http://x", None, 200, {}, raw, datetime.now(UTC))
    return workbook.parse([answer], ENTRY)["rows"]


def plain(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    kept = ["year", "municipality_code", "municipality", "constructed"]
    marks = [f"{name}_mark" for name in FIGURES]
    return sorted(frame.select(*kept, *FIGURES, *marks).rows(), key=repr)


def damaged(change: Callable[[Any], None]) -> bytes:
    book = openpyxl.load_workbook(BytesIO(WHOLE))
    change(book.worksheets[0])
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def cell(place: str, value: Any) -> Callable[[Any], None]:
    def change(sheet: Any) -> None:
        sheet[place] = value

    return change


def move_the_code_last(sheet: Any) -> None:
    values = [row[0].value for row in sheet.iter_rows(min_col=2, max_col=2)]
    sheet.delete_cols(2)
    last = sheet.max_column + 1
    for row, value in enumerate(values, start=1):
        sheet.cell(row, last, value)


def add_a_column(sheet: Any) -> None:
    sheet.insert_cols(4)
    sheet.cell(HEADER, 4, "Fylke")
    for row in range(FIRST, sheet.max_row + 1):
        sheet.cell(row, 4, "Trøndelag")


def add_a_footnote(sheet: Any) -> None:
    sheet.cell(sheet.max_row + 2, 1, "Kilde: IMDi")


def drop_marking(sheet: Any) -> None:
    sheet.delete_cols(8)


def test_the_sample_holds_every_municipality_of_the_county_each_year():
    frame = read(WHOLE)
    assert frame["municipality_code"].n_unique() == 38
    assert frame.height == 38 * 8
    assert set(frame["constructed"]) == {"ja"}
    assert frame.filter(year="2022")["requested"].sum() > 2_500
    hidden = frame.filter(pl.col("settled_mark") == "*")
    assert hidden.height > 10
    assert hidden["settled"].null_count() == hidden.height
    assert not frame.filter(pl.col("settled").is_between(1, 4)).height


@pytest.mark.parametrize(
    "change",
    [move_the_code_last, add_a_column, add_a_footnote,
     lambda sheet: sheet.insert_rows(1, 4),
     lambda sheet: setattr(sheet, "title", "Tabell 1"),
     cell("B3", "Kommunenr"),
     cell("D3", "Anmodet  om bosetting¹")],
)  # fmt: skip
def test_a_table_that_moved_is_the_same_table(change):
    assert plain(read(damaged(change))) == plain(read(WHOLE))


def test_live_files_carry_no_marking():
    frame = read(damaged(drop_marking))
    assert "constructed" not in frame.columns or frame["constructed"].null_count() == frame.height


@pytest.mark.parametrize(
    ("said", "figure", "mark"),
    [("1 234", 1234, None), ("1\u00a0234", 1234, None), ("*", None, "*"), (0, 0, None)],
)
def test_figures_with_space_and_marks(said, figure, mark):
    first = read(damaged(cell(f"{SETTLED}{FIRST}", said))).filter(pl.col("line") == FIRST)
    assert first.select("settled", "settled_mark").row(0) == (figure, mark)


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        # Renamed: the words of one header stand in the other's, and must not be taken for it.
        (damaged(cell("F3", "Bosatte")), "«settled» og «settled_collective»"),
        (damaged(cell("G3", "Ukrainere")), "mangler"),
        (damaged(cell("D3", "Ønsket")), "mangler"),
        (damaged(lambda sheet: sheet.delete_cols(2)), "«Kommunenummer»"),
        (damaged(lambda sheet: sheet.delete_rows(FIRST, sheet.max_row)), "minst én rad"),
        (damaged(cell("H3", "Antall bosatte personer")), "like mange av hver overskrift"),
        (damaged(cell(f"{SETTLED}{FIRST}", "mange")), f"celle {SETTLED}{FIRST}"),
        (damaged(cell(f"B{FIRST}", None)), f"celle B{FIRST}"),
        (damaged(lambda sheet: sheet.delete_rows(1, sheet.max_row)), "mangler|ingen"),
        (b"<html><body>Siden er flyttet</body></html>", "xlsx"),
        (WHOLE[: len(WHOLE) // 2], "xlsx"),
        ("År;Kommunenummer;Kommune\n2025;5001;Trondheim".encode("latin-1"), "xlsx"),
        (b"", "xlsx"),
    ],
)
def test_damage_is_refused_and_the_place_named(raw, named):
    with pytest.raises(SourceChanged, match=named):
        read(raw)


@pytest.mark.parametrize("mode", [None, "html", "cut", "500-empty"])
def test_over_http(mode):
    with (
        serve(SAMPLE) as server,
        Client(publisher="imdi-t", rate=Rate(999, 1), attempts=1) as client,
    ):
        if mode:
            server.misbehave(mode, "^/imdi/", 1)
            with pytest.raises(TilbudsplanError, match="imdi-t"):
                list(workbook.fetch(client, f"{server.url}/imdi", ENTRY, date(2026, 11, 22)))
        answers = list(workbook.fetch(client, f"{server.url}/imdi", ENTRY, date(2026, 11, 22)))
    assert plain(workbook.parse(answers, ENTRY)["rows"]) == plain(read(WHOLE))
