"""The workbook, read back with another library than the one that wrote it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from made_up_run import COUNTY, YEAR, Handed
from openpyxl.workbook import Workbook

from tasks.publish import model, report, sections, tables, workbook
from tasks.publish.model import Document, Report


@pytest.fixture(scope="module")
def document(handed: Handed) -> Document:
    return sections.document(tables.read(handed.run, handed.warehouse))


@pytest.fixture(scope="module")
def written(handed: Handed, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report.write(handed.run, handed.warehouse, tmp_path_factory.mktemp("workbook"))


@pytest.fixture(scope="module")
def book(written: Report) -> Workbook:
    return openpyxl.load_workbook(written.xlsx)


def test_read_me_comes_first_and_tells_everything(book: Workbook, document: Document) -> None:
    assert book.sheetnames[0] == "Les meg"
    told = {str(c.value) for row in book["Les meg"].iter_rows() for c in row if c.value}
    assert document.title in told
    assert "EKSEMPELDATA" in told
    assert set(document.findings) <= told
    assert {":", "<5", "..", "Uavklart"} <= told


def test_every_table_has_a_sheet_with_frozen_headings_and_filter(
    book: Workbook, document: Document
) -> None:
    names = [t.sheet for t in workbook.tables(document)]
    assert book.sheetnames == ["Les meg", *names]
    for name in names:
        sheet = book[name]
        assert sheet.freeze_panes == "B5"
        assert sheet.auto_filter.ref
        assert str(sheet["A2"].value).startswith("Kilde: ")


def test_numbers_are_numbers_with_formats(book: Workbook) -> None:
    sheet = book["Søkere"]
    total = next(r for r in sheet.iter_rows(min_row=5) if r[0].value == "Alle program")
    assert total[1].value == 18270
    assert total[1].number_format == "#,##0"
    shares = book["Formidling"]
    found = {r[2].value for r in shares.iter_rows(min_row=5) if r[1].value == "Trøndelag"}
    assert {81.0, 80.0, 73.3} <= found


def test_years_and_dates_are_years_and_dates(book: Workbook) -> None:
    assert [r[0].value for r in book["Elevgrunnlag fylket"].iter_rows(min_row=5, max_row=6)] == [
        2016,
        2017,
    ]
    counted = book["Formidling"]["A5"]
    assert (counted.value, counted.is_date) == (datetime(2023, 12, 1), True)  # noqa: DTZ001
    sources = book["Kilder"]
    column = next(c.column for c in sources[4] if c.value == "Hentet")
    assert sources.cell(5, column).value == datetime(2026, 11, 22)  # noqa: DTZ001


def test_number_and_assessment_stand_apart(book: Workbook) -> None:
    sheet = book["Plasser region"]
    row = next(r for r in sheet.iter_rows(min_row=5) if r[0].value.startswith("Idrettsfag"))
    assert isinstance(row[-2].value, int)
    assert row[-1].value in {"mangel", "overskudd", "balanse", "uavklart"}


def test_read_me_links_to_every_sheet(book: Workbook) -> None:
    links = {
        c.value: c.hyperlink.location
        for row in book["Les meg"].iter_rows()
        for c in row
        if c.hyperlink
    }
    assert links == {name: f"'{name}'!A1" for name in book.sheetnames[1:]}


def test_both_files_say_the_same(book: Workbook, document: Document) -> None:
    for table in workbook.tables(document):
        rows = book[table.sheet].iter_rows(min_row=5, max_row=4 + len(table.rows))
        for cells, found in zip(table.rows, rows, strict=True):
            assert [c.value for c in cells] == [f.value for f in found]


def test_no_small_count_of_persons_is_in_any_sheet(book: Workbook) -> None:
    sheet = book["Elever region"]
    now = [c.column for c in sheet[4] if c.value and str(c.value).endswith(": 2025/26")]
    values = [sheet.cell(r, c).value for r in range(5, sheet.max_row + 1) for c in now]
    assert ":" in values
    assert not [v for v in values if isinstance(v, int | float) and 0 < v < 5]
    headings = [
        str(c.value) for name in ("Plasser alt", "Ventet per region") for c in book[name][4]
    ]
    assert not [h for h in headings if re.search(r"elever.*nå", h, flags=re.IGNORECASE)]


def test_nothing_becomes_a_formula_or_a_link(document: Document, tmp_path: Path) -> None:
    hostile = ["=1+1", "+1", "-1", "@SUM(A1)", "https://example.org", "=HYPERLINK(1)"]
    first = document.sections[0]
    table = first.figures[0].table
    rows = [[model.text(h), *(model.text("") for _ in table.columns[1:])] for h in hostile]
    figure = replace(first.figures[0], table=replace(table, rows=rows))
    changed = replace(document, sections=[replace(first, figures=(figure,))])
    path = tmp_path / "hostile.xlsx"
    workbook.write(replace(changed, findings=hostile), path)
    sheet = openpyxl.load_workbook(path)[table.sheet]
    for row, text in zip(sheet.iter_rows(min_row=5), hostile, strict=True):
        assert (row[0].value, row[0].data_type, row[0].hyperlink) == (text, "s", None)


def test_every_estimate_of_the_run_is_there(book: Workbook) -> None:
    sheet = book["Plasser alt"]
    regions = {r[2].value for r in sheet.iter_rows(min_row=5)}
    assert {"Trøndelag", "Fosen", "Namdal"} <= regions
    assert COUNTY not in regions
    assert YEAR in str(sheet["A1"].value)
