"""What a workbook of ours says it is: on a hidden sheet and in its properties; one may be lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from tasks.forms.cells import plain

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook


def put(book: xlsxwriter.Workbook, sheet: Worksheet, kind: str, told: Mapping[str, str]) -> None:
    """Say in the first row of a sheet, which is hidden, and in the properties what a book is.

    Args:
        book: The workbook.
        sheet: The sheet; it is locked and hidden.
        kind: What sort of workbook it is.
        told: What it says, by name.
    """
    for place, text in enumerate((kind, *told.values())):
        sheet.write_string(0, place, text)
    for name, text in told.items():
        book.set_custom_property(f"{kind}-{name}", text, "text")
    sheet.protect()
    sheet.hide()


def read(book: Workbook, kind: str, names: Sequence[str]) -> Iterator[dict[str, str]]:
    """What a workbook says it is, by name, from wherever it says so; the sheet goes first."""
    for sheet in book.worksheets:
        first = [plain(sheet.cell(1, column + 1).value) for column in range(len(names) + 1)]
        if first[0] == kind:
            yield dict(zip(names, first[1:], strict=True))
    told = {one.name: plain(one.value) for one in book.custom_doc_props.props}
    yield {name: told.get(f"{kind}-{name}", "") for name in names}
