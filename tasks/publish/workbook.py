"""The workbook: «Les meg», one sheet a table, the sources; the same cells as the HTML report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from tasks.publish.model import Document, Table

NUMBER = {"whole": "#,##0", "signed": "+#,##0;−#,##0;0", "decimal": "#,##0.0"}
NUMBER |= {"percent": '#,##0.0" %"', "year": "0"}
NUMBER |= {"date": "yyyy-mm-dd", "month": "[$-414]mmmm yyyy"}
_LEFT = ("year", "date", "month")
NAVY = "#0b4f8a"
TONE = {"mangel": "#fbe3d3", "overskudd": "#dcebf8", "balanse": "#dcf1ea", "marked": "#fff3c4"}

SHEETS = "Ark"
# Of the texts of «Les meg»: the column, the letters that a line of it holds, and points a line.
_TEXT_WIDTH, _LETTERS, _LINE = 95, 110, 13.5

# What comes from data is written as text: nothing that begins with `=`, `+`, `-` or `@` becomes a
# formula, and nothing becomes a link.
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
BASE: dict[str, Any] = {"valign": "top", "font_name": "Arial", "font_size": 10}

Formats = dict[str, Any]
# A heading of «Les meg», and what stands under it: name and text.
Block = tuple[str, Sequence[tuple[str, str]]]


def write(document: Document, path: Path) -> None:
    """Write the workbook of a report."""
    with xlsxwriter.Workbook(str(path), OPTIONS) as book:
        book.set_properties({"title": document.title, "subject": "Dimensjonering"})
        looks = styles(book)
        shown = tables(document)
        blocks = [
            ("Kjøring", document.run),
            ("Foreldede tall", document.stale),
            ("Hovedfunn", [("", text) for text in document.findings]),
            ("Tegn og ord", document.definitions),
            ("Forbehold", [(s.title, s.caveat) for s in document.sections if s.caveat]),
            (SHEETS, [(t.sheet, t.title) for t in shown]),
        ]
        read_me(book, looks, document.title, document.constructed, blocks)
        for table in shown:
            sheet(book, looks, table)


def tables(document: Document) -> list[Table]:
    """Every table of the workbook, in order."""
    found: list[Table] = []
    for section in document.sections:
        found += [figure.table for figure in section.figures]
        found += [table.apart or table for table in section.tables]
    return [*found, *document.only_workbook, document.sources]


def styles(book: xlsxwriter.Workbook) -> Formats:
    """Every format of a workbook, by name; of a cell in a table `kind/tone`."""
    head = {**BASE, "bold": True, "font_color": "#ffffff", "bg_color": NAVY, "text_wrap": True}
    found = {
        "title": book.add_format({**BASE, "bold": True, "font_size": 14, "font_color": NAVY}),
        "strong": book.add_format({**BASE, "bold": True}),
        "link": book.add_format({**BASE, "font_color": NAVY, "underline": 1}),
        "text": book.add_format({**BASE, "text_wrap": True}),
        "note": book.add_format({**BASE, "italic": True, "font_color": "#55616d"}),
        "warning": book.add_format(
            {**BASE, "bold": True, "bg_color": "#fff3c4", "text_wrap": True}
        ),
        "head": book.add_format({**head, "border": 1, "border_color": "#ffffff"}),
    }
    for kind in ("text", *NUMBER):
        for tone in ("", *TONE):
            look: dict[str, Any] = {**BASE}
            if kind != "text":
                look |= {"num_format": NUMBER[kind], "align": "left" if kind in _LEFT else "right"}
            if tone:
                look["bg_color"] = TONE[tone]
            found[f"{kind}/{tone}"] = book.add_format(look)
    return found


def read_me(
    book: xlsxwriter.Workbook,
    looks: Formats,
    title: str,
    constructed: Sequence[str],
    blocks: Sequence[Block],
) -> Worksheet:
    """The sheet that is read first; blocks without anything under them are left out."""
    page = book.add_worksheet("Les meg")
    page.hide_gridlines(2)
    page.fit_to_pages(1, 0)
    page.set_column(0, 0, 30)
    page.set_column(1, 1, _TEXT_WIDTH)
    page.write_string(0, 0, title, looks["title"])
    row = 2
    if constructed:
        page.write_string(row, 0, "EKSEMPELDATA", looks["warning"])
        told = f"Konstruert (K), helt eller delvis: {'; '.join(constructed)}."
        page.write_string(row, 1, told, looks["warning"])
        _heighten(page, row, told)
        row += 2
    for heading, pairs in blocks:
        if not pairs:
            continue
        page.write_string(row, 0, heading, looks["title"])
        for name, told in pairs:
            row += 1
            if heading == SHEETS:
                page.write_url(row, 0, f"internal:'{name}'!A1", looks["link"], string=name)
            else:
                page.write_string(row, 0, name, looks["strong"])
            page.write_string(row, 1, told, looks["text"])
            _heighten(page, row, told)
        row += 2
    return page


def _heighten(page: Worksheet, row: int, told: str) -> None:
    """Make a row as high as its text: not every program does so when a file is opened."""
    if lines := len(told) // _LETTERS:
        page.set_row(row, _LINE * (lines + 1))


def sheet(book: xlsxwriter.Workbook, looks: Formats, table: Table) -> Worksheet:
    """A table as a sheet: title, source, headings that stay in sight, a filter."""
    page = book.add_worksheet(table.sheet)
    page.write_string(0, 0, table.title, looks["title"])
    page.write_string(1, 0, " ".join([table.source, *table.notes]), looks["note"])
    top = 3
    for place, column in enumerate(table.columns):
        name = f"{column.group}: {column.title}" if column.group else column.title
        page.write_string(top, place, name, looks["head"])
    for number, row in enumerate(table.rows, start=top + 1):
        for place, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
            tone = cell.tone if cell.tone in TONE else ""
            kind = column.kind if column.kind in NUMBER else "text"
            style = looks[f"{kind}/{tone}"]
            if isinstance(cell.value, str) or cell.value is None:
                page.write_string(number, place, cell.value or "", style)
            elif isinstance(cell.value, datetime):
                page.write_datetime(number, place, cell.value, style)
            else:
                page.write_number(number, place, cell.value, style)
    last = top + len(table.rows) - (1 if table.total else 0)
    page.autofilter(top, 0, max(last, top + 1), len(table.columns) - 1)
    page.freeze_panes(top + 1, 1)
    page.set_row(top, 45)
    for place in range(len(table.columns)):
        page.set_column(place, place, _width(table, place))
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(top)
    return page


def _width(table: Table, place: int) -> float:
    longest = max((len(row[place].text) for row in table.rows), default=0)
    return min(max(longest + 2, 12), 60)
