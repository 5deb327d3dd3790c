"""The workbook: «Les meg», one sheet a table, the sources; the same cells as the HTML report."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from tasks.publish.model import Document, Table

_NUMBER = {"whole": "#,##0", "signed": "+#,##0;−#,##0;0", "decimal": "#,##0.0"}
_NUMBER |= {"percent": '#,##0.0" %"', "year": "0"}
_NUMBER |= {"date": "yyyy-mm-dd", "month": "[$-414]mmmm yyyy"}
_LEFT = ("year", "date", "month")
_NAVY = "#0b4f8a"
_TONE = {"mangel": "#fbe3d3", "overskudd": "#dcebf8", "balanse": "#dcf1ea", "marked": "#fff3c4"}

_SHEETS = "Ark"

Formats = dict[str, Any]


def write(document: Document, path: Path) -> None:
    """Write the workbook of a report.

    Text from data is written as text: nothing that begins with `=`, `+`, `-` or `@` becomes a
    formula, and nothing becomes a link.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": document.title, "subject": "Dimensjonering"})
        styles = _styles(book)
        _read_me(book, styles, document)
        for table in tables(document):
            _sheet(book, styles, table)


def tables(document: Document) -> list[Table]:
    """Every table of the workbook, in order."""
    found: list[Table] = []
    for section in document.sections:
        found += [figure.table for figure in section.figures]
        found += [table.apart or table for table in section.tables]
    return [*found, *document.only_workbook, document.sources]


def _styles(book: xlsxwriter.Workbook) -> Formats:
    base = {"valign": "top", "font_name": "Arial", "font_size": 10}
    head = {**base, "bold": True, "font_color": "#ffffff", "bg_color": _NAVY, "text_wrap": True}
    styles = {
        "title": book.add_format({**base, "bold": True, "font_size": 14, "font_color": _NAVY}),
        "strong": book.add_format({**base, "bold": True}),
        "link": book.add_format({**base, "font_color": _NAVY, "underline": 1}),
        "text": book.add_format({**base, "text_wrap": True}),
        "note": book.add_format({**base, "italic": True, "font_color": "#55616d"}),
        "warning": book.add_format({**base, "bold": True, "bg_color": "#fff3c4"}),
        "head": book.add_format({**head, "border": 1, "border_color": "#ffffff"}),
    }
    for kind in ("text", *_NUMBER):
        for tone in ("", *_TONE):
            look: dict[str, Any] = {**base}
            if kind != "text":
                look |= {"num_format": _NUMBER[kind], "align": "left" if kind in _LEFT else "right"}
            if tone:
                look["bg_color"] = _TONE[tone]
            styles[f"{kind}/{tone}"] = book.add_format(look)
    return styles


def _read_me(book: xlsxwriter.Workbook, styles: Formats, document: Document) -> None:
    sheet = book.add_worksheet("Les meg")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 95)
    sheet.write_string(0, 0, document.title, styles["title"])
    row = 2
    if document.constructed:
        sheet.write_string(row, 0, "EKSEMPELDATA", styles["warning"])
        told = f"Konstruert (K), helt eller delvis: {'; '.join(document.constructed)}."
        sheet.write_string(row, 1, told, styles["warning"])
        row += 2
    blocks = [
        ("Kjøring", document.run),
        ("Foreldede tall", document.stale),
        ("Hovedfunn", [("", text) for text in document.findings]),
        ("Tegn og ord", document.definitions),
        ("Forbehold", [(s.title, s.caveat) for s in document.sections if s.caveat]),
        (_SHEETS, [(t.sheet, t.title) for t in tables(document)]),
    ]
    for title, pairs in blocks:
        if not pairs:
            continue
        sheet.write_string(row, 0, title, styles["title"])
        for name, told in pairs:
            row += 1
            if title == _SHEETS:
                sheet.write_url(row, 0, f"internal:'{name}'!A1", styles["link"], string=name)
            else:
                sheet.write_string(row, 0, name, styles["strong"])
            sheet.write_string(row, 1, told, styles["text"])
        row += 2


def _sheet(book: xlsxwriter.Workbook, styles: Formats, table: Table) -> None:
    sheet = book.add_worksheet(table.sheet)
    sheet.write_string(0, 0, table.title, styles["title"])
    sheet.write_string(1, 0, " ".join([table.source, *table.notes]), styles["note"])
    top = 3
    for place, column in enumerate(table.columns):
        name = f"{column.group}: {column.title}" if column.group else column.title
        sheet.write_string(top, place, name, styles["head"])
    for number, row in enumerate(table.rows, start=top + 1):
        for place, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
            tone = cell.tone if cell.tone in _TONE else ""
            kind = column.kind if column.kind in _NUMBER else "text"
            style = styles[f"{kind}/{tone}"]
            if isinstance(cell.value, str) or cell.value is None:
                sheet.write_string(number, place, cell.value or "", style)
            elif isinstance(cell.value, datetime):
                sheet.write_datetime(number, place, cell.value, style)
            else:
                sheet.write_number(number, place, cell.value, style)
    last = top + len(table.rows) - (1 if table.total else 0)
    sheet.autofilter(top, 0, max(last, top + 1), len(table.columns) - 1)
    sheet.freeze_panes(top + 1, 1)
    sheet.set_row(top, 45)
    for place in range(len(table.columns)):
        sheet.set_column(place, place, _width(table, place))
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)


def _width(table: Table, place: int) -> float:
    longest = max((len(row[place].text) for row in table.rows), default=0)
    return min(max(longest + 2, 12), 60)
