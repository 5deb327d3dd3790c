"""Layouts of the catalogue, tried on their workbooks and on those changed in many ways."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks import catalogue
from tasks.demo import server
from tasks.errors import SourceChanged
from tasks.settings import CHECKOUT, Project
from tasks.sources import Answer, workbook
from tasks.sources.transport import Client, Rate
from tasks.sources.workbook import Selection, newest_link
from tasks.sources.workbook_table import Sheet

LAYOUTS = {
    d.id: d.selection
    for d in catalogue.load(Project().catalogue)
    if d.protocol == "workbook" and d.publisher.id in {"nav", "nho"}
}
HL060 = next((CHECKOUT / "data" / "sample" / "nav").glob("*HL060*"))


def content(name: str) -> bytes:
    selection = LAYOUTS[name]
    folder = CHECKOUT / "data" / "sample" / ("nho" if name.startswith("nho") else "nav")
    return (folder / selection.path if selection.path else HL060).read_bytes()


def read(raw: bytes, selection: Selection) -> pl.DataFrame:
    answer = Answer("file", "GET", "http://x", None, 200, {}, raw, datetime.now(UTC))
    return workbook.parse([answer], selection)["rows"]


def changed(raw: bytes, change: Callable[[Any], None]) -> bytes:
    book = openpyxl.load_workbook(BytesIO(raw))
    change(book)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def figures(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    """What a table says, wherever it stood."""
    plain = frame.select(sorted(set(frame.columns) - {"line", "sheet"}))
    return sorted(plain.rows(), key=repr)


def rename_sheets(book: Any) -> None:
    for number, sheet in enumerate(book.worksheets):
        # The sheet of the country says so in its name: that word is all that is asked of it.
        kept = "Landet " if "Landet" in sheet.title else ""
        sheet.title = f"{kept}ny {number}"


def shift_right(book: Any) -> None:
    for sheet in book.worksheets:
        sheet.insert_cols(1, 2)


def shift_down(book: Any) -> None:
    for sheet in book.worksheets:
        sheet.insert_rows(1, 3)


def add_footnote(book: Any) -> None:
    for sheet in book.worksheets:
        sheet.cell(sheet.max_row + 2, 1, "³ Tallene er revidert siden sist, se nav.no.")


def add_sheet(book: Any) -> None:
    book.create_sheet("Om tallene", 0)["B2"] = "Kilde: NAV. Januar, februar og mars er reviderte."


def header_cells(book: Any) -> list[Any]:
    words = {"år", "kjønn", "januar", "februar", "fylke", "yrkesgruppe", "trøndelag", "spørsmål"}
    words |= {"konstruert", "stillinger", "yrkesbakgrunn", "mangel"}
    found = []
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            filled = [cell for cell in row if isinstance(cell.value, str)]
            said = set(re.findall(r"\w+", " ".join(c.value.casefold() for c in filled)))
            numbers = any(isinstance(cell.value, int | float) for cell in row)
            if len(filled) > 2 and not numbers and said & words:
                found += filled
    return found


def raise_figures(book: Any) -> None:
    for cell in header_cells(book):
        cell.value = f" {cell.value}¹ "


def upper_case(book: Any) -> None:
    for cell in header_cells(book):
        cell.value = cell.value.upper()


def text_for_numbers(book: Any) -> None:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, float) or (
                    isinstance(cell.value, int)
                    and not 2000 < cell.value < 2100
                    and cell.value < 2e5
                ):
                    cell.value = f"{cell.value:,}".replace(",", "\u00a0").replace(".", ",")


HARMLESS = [rename_sheets, shift_right, shift_down, add_footnote, add_sheet, raise_figures]
HARMLESS += [upper_case, text_for_numbers]


@pytest.mark.parametrize("change", HARMLESS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_workbook_that_is_arranged_otherwise_says_the_same(
    name: str, change: Callable[[Any], None]
) -> None:
    raw = content(name)
    before = figures(read(raw, LAYOUTS[name]))
    assert before
    assert figures(read(changed(raw, change), LAYOUTS[name])) == before


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_county_that_is_missing_is_missing_and_nothing_else_is(name: str) -> None:
    raw = content(name)

    def goes(value: Any) -> bool:
        return "Leka" in str(value) or value in {"Hele landet", "Undervisning"}

    def drop(book: Any) -> None:
        for sheet in book.worksheets:
            for row in range(sheet.max_row, 0, -1):
                if any(goes(cell.value) for cell in sheet[row]):
                    sheet.delete_rows(row)

    before = read(raw, LAYOUTS[name])
    kept = [row for row in figures(before) if not any(map(goes, row))]
    assert figures(read(changed(raw, drop), LAYOUTS[name])) == kept


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_header_in_other_words_is_refused_with_its_place(name: str) -> None:
    def rename(book: Any) -> None:
        for cell in header_cells(book):
            cell.value = "Annet"

    with pytest.raises(SourceChanged) as refused:
        read(changed(content(name), rename), LAYOUTS[name])
    assert "tabellen" in str(refused.value)
    assert "ark" in refused.value.got


@pytest.mark.parametrize("name", LAYOUTS)
def test_one_missing_word_is_named_with_sheet_and_cell(name: str) -> None:
    block = next(iter(LAYOUTS[name].block.values()))
    required = [w for c, w in {**block.text, **block.number}.items() if c not in block.optional]
    if len(required) < 2:
        pytest.skip("the months are all of this header: there is no nearest row to name")
    word = required[-1][0]

    def rename(book: Any) -> None:
        wanted = set(re.findall(r"\w+|%", word.casefold()))
        for cell in header_cells(book):
            if wanted <= set(re.findall(r"\w+|%", cell.value.casefold())):
                cell.value = "Annet"

    with pytest.raises(SourceChanged, match=r"arket «.+», celle [A-Z]+[0-9]+, som mangler «") as no:
        read(changed(content(name), rename), LAYOUTS[name])
    assert word in no.value.got


@pytest.mark.parametrize("said", ["ukjent", "12 34x", "nan", "1,2,3", "#REF!"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_word_among_figures_is_refused_with_its_cell(name: str, said: str) -> None:
    frame = read(content(name), LAYOUTS[name])
    sheet, line = frame.select("sheet", "line").row(-1)
    column = None

    def spoil(book: Any) -> None:
        nonlocal column
        # The last figure of the line stands in the last table, whose figures come last.
        cells = [c for c in book[sheet][line] if isinstance(c.value, int | float) or c.value == "*"]
        cells = [c for c in cells if not (isinstance(c.value, int) and c.value > 200_000)]
        cells[-1].value = said
        column = cells[-1].column_letter

    raw = changed(content(name), spoil)
    with pytest.raises(SourceChanged) as refused:
        read(raw, LAYOUTS[name])
    assert f"arket «{sheet}», celle {column}{line}" in refused.value.subject
    assert said in refused.value.got


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_figure_without_a_name_is_refused(name: str) -> None:
    block = list(LAYOUTS[name].block.values())[-1]
    frame = read(content(name), LAYOUTS[name])
    sheet, line = frame.select("sheet", "line").row(-1)
    required = [column for column in block.text if column not in block.optional]
    word = frame.row(-1, named=True)[block.label or required[-1]]

    def spoil(book: Any) -> None:
        for cell in book[sheet][line]:
            if str(cell.value) == word:
                cell.value = None

    with pytest.raises(SourceChanged, match="tom celle"):
        read(changed(content(name), spoil), LAYOUTS[name])


@pytest.mark.parametrize("raw", [b"", b"<html>", b"PK\x03\x04rest"])
def test_what_is_no_workbook_is_refused(raw: bytes) -> None:
    with pytest.raises(SourceChanged, match="xlsx"):
        read(raw, LAYOUTS["nav_unemployed"])


@given(cut=st.floats(min_value=0.01, max_value=0.999))
@settings(max_examples=30, deadline=None)
def test_a_workbook_cut_short_is_refused(cut: float) -> None:
    raw = content("nav_unemployed")
    with pytest.raises(SourceChanged):
        read(raw[: int(len(raw) * cut)], LAYOUTS["nav_unemployed"])


@given(row=st.integers(0, 10_000), column=st.integers(0, 16_000))
def test_addresses_are_those_of_the_spreadsheet(row: int, column: int) -> None:
    letters = openpyxl.utils.get_column_letter(column + 1)
    assert Sheet.address(row, column) == f"{letters}{row + 1}"


def test_the_newest_of_several_links_is_taken() -> None:
    page = b"""<a href="/a/1:x/202610_HL060.xlsx">o</a><a href='/b/2:y/202611_HL060.xlsx?x=1'>n</a>
    <a href="/c/202612_HL061.xlsx">annet</a><a name="uten">"""
    assert newest_link(page, r"HL060.*[.]xlsx$", "side") == "/b/2:y/202611_HL060.xlsx?x=1"
    with pytest.raises(SourceChanged, match="202612_HL061"):
        newest_link(page, r"HL062", "side")


def test_the_link_is_found_on_the_page_each_time() -> None:
    client = Client(publisher="nav", rate=Rate(1000, 1.0), attempts=1)
    selection = LAYOUTS["nav_fully_unemployed"]
    with server.serve() as nav:
        answers = list(workbook.fetch(client, f"{nav.url}/nav", selection, date(2026, 11, 23)))
        assert [answer.role for answer in answers] == ["page", "file"]
        assert answers[1].content == HL060.read_bytes()
        nav.misbehave("html", "download")
        with pytest.raises(SourceChanged):
            list(workbook.fetch(client, f"{nav.url}/nav", selection, date(2026, 11, 23)))


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ({"block": {}}, "block"),
        ({"path": "a", "page": "b", "link": "c", "block": {"x": {"number": {"n": ["N"]}}}}, "page"),
        ({"page": "b", "block": {"x": {"number": {"n": ["N"]}}}}, "link"),
        ({"path": "a", "block": {"x": {"text": {"t": ["T"]}}}}, "tall"),
        ({"path": "a", "block": {"x": {"number": {"n": ["N"]}, "optional": ["m"]}}}, "optional"),
        ({"path": "a", "block": {"x": {"number": {"n": ["N"]}, "capture": {"y": "("}}}}, "mønster"),
        (
            {"path": "a", "block": {"x": {"wide": {"header": "a", "name": "b", "value": "c"}}}},
            "label",
        ),
    ],
)
def test_a_layout_that_cannot_be_used_is_refused(text: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ValidationError, match=mistake):
        Selection.model_validate(text)
