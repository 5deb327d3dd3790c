"""Opens a workbook from outside: nothing in it is run, and it cannot fill memory or disk."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from tasks.sources import xlsx

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

# A filled form of eighty rows is 30 kB packed and 600 kB unpacked.
MOST_BYTES = 4_000_000
MOST_UNPACKED = 24_000_000
MOST_PARTS = 300
# Nothing beyond is looked at.
LAST_ROW, LAST_COLUMN = 1100, 80
_MACROS = ("macroEnabled", "vbaProject")
_SAVE = "åpne den i Excel og lagre den på nytt som Excel-arbeidsbok (.xlsx)"
_REMEDIES = {
    xlsx.LOCKED: f"fjern passordet, eller {_SAVE}",
    xlsx.LARGE: "hent et nytt, tomt skjema og fyll ut det",
}


class Unreadable(Exception):
    """A file that cannot be taken at all.

    Args:
        reason: What is wrong with it, in Norwegian.
        remedy: What the sender can do.
        cut_short: Whether it may be a copy that is not finished.
    """

    def __init__(self, reason: str, remedy: str, *, cut_short: bool = False) -> None:
        self.reason = reason
        self.remedy = remedy
        self.cut_short = cut_short
        super().__init__(reason, remedy)


@dataclass(frozen=True)
class Opened:
    """A workbook: as written, with formulas as text, and as last calculated."""

    written: Workbook
    calculated: Workbook


def open_workbook(content: bytes) -> Opened:
    """Open the bytes of an xlsx file.

    Raises:
        Unreadable: it is no xlsx file, is locked with a password, holds macros, or is too large.
    """
    _check(content)
    import openpyxl

    try:
        written = openpyxl.load_workbook(io.BytesIO(content), keep_links=False)
        calculated = written
        if any(cell.data_type == "f" for cell in _cells(written)):
            calculated = openpyxl.load_workbook(
                io.BytesIO(content), keep_links=False, data_only=True
            )
    except Exception as error:  # whatever a damaged part makes the library stumble over
        raise Unreadable(f"filen {xlsx.DAMAGED}", _SAVE) from error
    return Opened(written, calculated)


def _cells(book: Workbook) -> Iterator[Any]:
    for sheet in book.worksheets:
        # One cell in the last corner would make every cell before it.
        row, column = min(sheet.max_row, LAST_ROW), min(sheet.max_column, LAST_COLUMN)
        yield from chain.from_iterable(sheet.iter_rows(max_row=row, max_col=column))


def _check(content: bytes) -> None:
    if len(content) > MOST_BYTES:
        raise Unreadable(
            f"filen er større enn {MOST_BYTES // 1_000_000} MB",
            "fjern bilder og ark som ikke hører til skjemaet, og send det på nytt",
        )
    try:
        types = xlsx.check(content, most_unpacked=MOST_UNPACKED, most_parts=MOST_PARTS)
    except xlsx.NoWorkbook as error:
        remedy = _REMEDIES.get(error.reason, _SAVE)
        raise Unreadable(f"filen {error.reason}", remedy, cut_short=error.cut_short) from error
    if any(word in types for word in _MACROS):
        raise Unreadable("filen inneholder makroer (.xlsm)", _SAVE)
