"""Opens a workbook from outside: nothing in it is run, and it cannot fill memory or disk."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

# A filled form of eighty rows is 30 kB packed and 600 kB unpacked.
MOST_BYTES = 4_000_000
MOST_UNPACKED = 24_000_000
MOST_PARTS = 300
# Nothing beyond is looked at.
LAST_ROW, LAST_COLUMN = 1100, 80
MOST_MERGED = 20_000
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([^"']+)["']""")
_AREA_START = re.compile(rb"<(?:[\w.-]+:)?(?:mergeCell|hyperlink)[\s/>]")
_AREA = re.compile(
    rb"<(?:[\w.-]+:)?(?:mergeCell|hyperlink)\s(?:[^<>]*\s)?"
    rb"""ref=["']\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?["']"""
)
_OLE = b"\xd0\xcf\x11\xe0"
_TYPES = "[Content_Types].xml"
_MACROS = ("macroEnabled", "vbaProject")
_XLSX = "spreadsheetml.sheet.main+xml"
_SAVE = "åpne den i Excel og lagre den på nytt som Excel-arbeidsbok (.xlsx)"


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
        raise Unreadable("filen er skadet og lar seg ikke lese", _SAVE) from error
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
    if content.startswith(_OLE):
        raise Unreadable(
            "filen er låst med passord eller lagret i et gammelt Excel-format (.xls)",
            f"fjern passordet, eller {_SAVE}",
        )
    if not content.startswith(b"PK"):
        raise Unreadable("filen er ikke en Excel-arbeidsbok (.xlsx)", _SAVE, cut_short=not content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive)
    except Unreadable:
        raise
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Unreadable(
            "filen er skadet eller ikke ferdig kopiert", _SAVE, cut_short=True
        ) from error
    except Exception as error:  # what the unpackers of damaged parts raise
        raise Unreadable("filen er skadet og lar seg ikke lese", _SAVE) from error


def _check_parts(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    # What a part claims is what is read of it: one that is longer fails its check sum.
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unreadable(
            "filen er uvanlig stor når den pakkes ut",
            "hent et nytt, tomt skjema og fyll ut det",
        )
    if _TYPES not in archive.namelist():
        raise Unreadable("filen er ikke en Excel-arbeidsbok (.xlsx)", _SAVE)
    types = archive.read(_TYPES).decode("utf-8", errors="replace")
    if any(word in types for word in _MACROS):
        raise Unreadable("filen inneholder makroer (.xlsm)", _SAVE)
    if _XLSX not in types:
        raise Unreadable("filen er ikke en Excel-arbeidsbok (.xlsx)", _SAVE)
    for part in parts:
        if part.filename.lower().endswith((".xml", ".rels", ".vml")):
            _check_xml(archive.read(part))


def _check_xml(content: bytes) -> None:
    """Refuse what no spreadsheet program writes, and areas that the library would fill with cells.

    A few bytes say «merge the whole sheet», or define an entity of a gigabyte.
    """
    encoding = _ENCODING.search(content[:200])
    if (
        content.startswith((b"\xff\xfe", b"\xfe\xff"))
        or (encoding and encoding[1].lower() not in {b"utf-8", b"us-ascii"})
        or b"<!DOCTYPE" in content
    ):
        raise Unreadable("filen er ikke laget av et regnearkprogram", _SAVE)
    areas = _AREA.findall(content)
    if len(areas) != len(_AREA_START.findall(content)) or sum(map(_size, areas)) > MOST_MERGED:
        raise Unreadable("filen har uvanlig store sammenslåtte områder", _SAVE)


def _size(area: tuple[bytes, bytes, bytes, bytes]) -> int:
    left, top, right, bottom = area
    if not right:
        return 1
    return (abs(int(bottom) - int(top)) + 1) * (abs(_column(right) - _column(left)) + 1)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
