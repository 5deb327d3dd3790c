"""A workbook from outside, looked at before it is opened: it must not fill memory, disk or time.

A few kilobytes of archive unpack to gigabytes of blanks, «merge the whole sheet» makes the library
fill seventeen billion cells, and an entity is as long as it says. Nothing here reads a cell.
"""

from __future__ import annotations

import io
import re
import zipfile

OLE = b"\xd0\xcf\x11\xe0"
TYPES = "[Content_Types].xml"
SHEETS = "spreadsheetml.sheet.main+xml"
MOST_MERGED = 20_000
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([^"']+)["']""")
_AREA_START = re.compile(rb"<(?:[\w.-]+:)?(?:mergeCell|hyperlink)[\s/>]")
_AREA = re.compile(
    rb"<(?:[\w.-]+:)?(?:mergeCell|hyperlink)\s(?:[^<>]*\s)?"
    rb"""ref=["']\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?["']"""
)


class NoWorkbook(Exception):
    """A file that is not to be opened.

    Args:
        reason: What it is instead, in Norwegian, after «filen».
        cut_short: Whether it may be a copy that is not finished.
    """

    def __init__(self, reason: str, *, cut_short: bool = False) -> None:
        self.reason = reason
        self.cut_short = cut_short
        super().__init__(reason)


LOCKED = "er låst med passord eller lagret i et gammelt Excel-format (.xls)"
ANOTHER = "er ikke en Excel-arbeidsbok (.xlsx)"
LARGE = "er uvanlig stor når den pakkes ut"
DAMAGED = "er skadet og lar seg ikke lese"


def check(content: bytes, *, most_unpacked: int, most_parts: int) -> str:
    """Look at the bytes of a file before a library opens it.

    Args:
        content: The file.
        most_unpacked: Bound on its parts together, in bytes.
        most_parts: Bound on their number.

    Returns:
        What the workbook says of the kinds of its parts.

    Raises:
        NoWorkbook: it is no workbook, or not one to be opened.
    """
    if content.startswith(OLE):
        raise NoWorkbook(LOCKED)
    if not content.startswith(b"PK"):
        raise NoWorkbook(ANOTHER, cut_short=not content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _parts(archive, most_unpacked, most_parts)
    except NoWorkbook:
        raise
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise NoWorkbook("er skadet eller ikke ferdig kopiert", cut_short=True) from error
    except Exception as error:  # what the unpackers of damaged parts raise
        raise NoWorkbook(DAMAGED) from error


def _parts(archive: zipfile.ZipFile, most_unpacked: int, most_parts: int) -> str:
    parts = archive.infolist()
    # What a part claims is what is read of it: one that is longer fails its check sum.
    if len(parts) > most_parts or sum(part.file_size for part in parts) > most_unpacked:
        raise NoWorkbook(LARGE)
    if TYPES not in archive.namelist():
        raise NoWorkbook(ANOTHER)
    types = archive.read(TYPES).decode("utf-8", errors="replace")
    if SHEETS not in types and "macroEnabled" not in types:
        raise NoWorkbook(ANOTHER)
    for part in parts:
        if part.filename.lower().endswith((".xml", ".rels", ".vml")):
            _xml(archive.read(part))
    return types


def _xml(content: bytes) -> None:
    """Refuse what no spreadsheet program writes, and areas that the library would fill with cells.

    A few bytes say «merge the whole sheet», or define an entity of a gigabyte.
    """
    encoding = _ENCODING.search(content[:200])
    if (
        content.startswith((b"\xff\xfe", b"\xfe\xff"))
        or (encoding and encoding[1].lower() not in {b"utf-8", b"us-ascii"})
        or b"<!DOCTYPE" in content
    ):
        raise NoWorkbook("er ikke laget av et regnearkprogram")
    areas = _AREA.findall(content)
    if len(areas) != len(_AREA_START.findall(content)) or sum(map(_size, areas)) > MOST_MERGED:
        raise NoWorkbook("har uvanlig store sammenslåtte områder")


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
