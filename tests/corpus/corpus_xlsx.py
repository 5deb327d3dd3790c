"""Damage to workbooks: the archive, its XML, and what a sheet says."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping

from corpus_damages import Change, Damage
from hypothesis import strategies as st

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">%s]>""" % b"".join(
    b'<!ENTITY %c "%s">' % (letter + 1, b"&%c;" % letter * 10) for letter in range(97, 107)
)
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY ut SYSTEM "file:///etc/passwd">]>"""


def parts_of(body: bytes) -> dict[str, bytes]:
    """A workbook's parts."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Parts as a workbook."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def with_part(name: str, change: Change) -> Change:
    """The workbook with one of its parts changed."""

    def changed(body: bytes) -> bytes:
        parts = parts_of(body)
        parts[name] = change(parts[name])
        return packed(parts)

    return changed


def with_texts(change: Change) -> Change:
    """The workbook with the part changed that texts stand in: one for all sheets, or the sheet."""

    def changed(body: bytes) -> bytes:
        return with_part(STRINGS if STRINGS in parts_of(body) else SHEET, change)(body)

    return changed


def without_part(name: str) -> Change:
    """The workbook without one of its parts."""
    return lambda body: packed({n: c for n, c in parts_of(body).items() if n != name})


def in_book(change: Callable[[object], None]) -> Change:
    """The workbook after something was done to it in a spreadsheet program."""

    def changed(body: bytes) -> bytes:
        import openpyxl

        book = openpyxl.load_workbook(io.BytesIO(body))
        change(book)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    return changed


def bomb(size: int) -> Change:
    """A sheet of blanks that is a thousandth in the file of what it is unpacked."""
    return with_part(SHEET, lambda part: part.replace(b"<sheetData>", b"<sheetData>" + b" " * size))


def _prolog(prolog: bytes, entity: bytes) -> Change:
    """Another start of the XML, and the first text of the strings as an entity."""

    def change(part: bytes) -> bytes:
        content = part[part.index(b"?>") + 2 :] if part.startswith(b"<?xml") else part
        start = content.index(b">", content.index(b"<t")) + 1
        return prolog + content[:start] + entity + content[start:]

    return with_texts(change)


def _merged_header(book: object) -> None:
    for sheet in book.worksheets:  # type: ignore[attr-defined]
        for row in range(1, 8):
            sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=6)


def _corner(book: object) -> None:
    for sheet in book.worksheets:  # type: ignore[attr-defined]
        sheet["XFD1048576"] = "langt unna"


def _other(book: object) -> None:
    for sheet in list(book.worksheets):  # type: ignore[attr-defined]
        book.remove(sheet)  # type: ignore[attr-defined]
    book.create_sheet("Omsetning").append(["Konto", "Beløp"])  # type: ignore[attr-defined]


def _empty(book: object) -> None:
    for sheet in book.worksheets:  # type: ignore[attr-defined]
        sheet.delete_rows(1, sheet.max_row)


def cells(value: object, *, column: str | None = None, most: int = 3) -> Change:
    """The first numbers of the sheets with something else in their place."""

    def put(book: object) -> None:
        for sheet in book.worksheets:  # type: ignore[attr-defined]
            left = most
            for row in sheet.iter_rows():
                for cell in row:
                    if left and isinstance(cell.value, (int, float)):
                        cell.value = value
                        left -= 1

    return in_book(put)


BY_HAND = tuple(
    Damage(name, "xlsx", change=change)
    for name, change in {
        "cut at half": lambda b: b[: len(b) // 2],
        "cut by one byte": lambda b: b[:-1],
        "the end alone": lambda b: b[-200:],
        "bytes before it": lambda b: b"\r\n" + b,
        "a flipped byte": lambda b: b[:300] + bytes([b[300] ^ 0xFF]) + b[301:],
        "an old workbook (xls)": lambda b: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 5000,
        "locked with a password": lambda b: (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") * 90
        ),
        "an open document": lambda b: packed(
            {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}
        ),
        "an empty archive": lambda b: packed({}),
        "CSV under its name": lambda b: b"Fylke;Antall\n50;1\n",
        "a page of the web": lambda b: b"<html><table><tr><td>50</td></tr></table></html>",
        "without content types": without_part("[Content_Types].xml"),
        "without a list of sheets": without_part("xl/workbook.xml"),
        "without relations": without_part("xl/_rels/workbook.xml.rels"),
        "without the sheet": without_part(SHEET),
        "without strings": without_part(STRINGS),
        "the sheet cut": with_part(SHEET, lambda part: part[: len(part) // 2]),
        "the sheet empty": with_part(SHEET, lambda part: b""),
        "the sheet no XML": with_part(SHEET, lambda part: b"\x00" * 100),
        "the sheet other XML": with_part(SHEET, lambda part: b"<feil/>"),
        "the list of sheets other XML": with_part("xl/workbook.xml", lambda part: b"<feil/>"),
        "texts that are not there": with_part(
            SHEET, lambda part: part.replace(b't="s"><v>', b't="s"><v>99999', 4)
        ),
        "texts numbered in words": with_part(
            SHEET, lambda part: part.replace(b't="s"><v>', b't="s"><v>x', 1)
        ),
        "cells without an address": with_part(
            SHEET, lambda part: part.replace(b'<c r="A', b'<c r="', 3)
        ),
        "cells in no column": with_part(
            SHEET, lambda part: part.replace(b'<c r="A', b'<c r="ABCDE', 3)
        ),
        "a row of no number": with_part(
            SHEET, lambda part: part.replace(b'<row r="', b'<row r="-', 1)
        ),
        "dates before all dates": with_part(
            SHEET, lambda part: part.replace(b"<v>", b"<v>-99999999999", 9)
        ),
        "a million laughs": _prolog(LAUGHS, b"&k;"),
        "a text from outside": _prolog(OUTSIDE, b"&ut;"),
        "a bomb": bomb(300_000_000),
        "an endless cell": with_texts(
            lambda part: part.replace(b"</t>", b"x" * 30_000_000 + b"</t>", 1)
        ),
        "a cell in the last corner": in_book(_corner),
        "merged headers": in_book(_merged_header),
        "everything merged": with_part(
            SHEET,
            lambda part: part.replace(
                b"</sheetData>",
                b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>',
            ),
        ),
        "other sheets": in_book(_other),
        "no rows": in_book(_empty),
        "errors for numbers": cells("#REF!"),
        "division by zero": cells("#DIV/0!"),
        "formulas for numbers": cells("=SUM(A1:A9)"),
        "links to another workbook": cells("='[annen.xlsx]Ark1'!A1"),
        "words for numbers": cells("mange"),
        "truths for numbers": cells(True),
        "numbers without end": cells(1e308),
        "dates for numbers": with_part(SHEET, lambda part: part.replace(b"<v>", b"<v>1e", 30)),
    }.items()
)


def mutations(body: bytes) -> st.SearchStrategy[bytes]:
    """The workbook with bytes of a part, or of the archive, cut out or put in anywhere."""
    parts = parts_of(body)

    def spoil(content: bytes, start: int, length: int, put: bytes) -> bytes:
        start = start % max(1, len(content))
        return content[:start] + put + content[start + length :]

    place = (
        st.integers(0, 10**6),
        st.integers(0, 40),
        st.sampled_from(
            [b"", b"<", b">", b'"', b"&", b"\x00", b"0", b"x", b"</c>", b"<row>", b"\xff"]
        ),
    )
    return st.one_of(
        st.builds(
            lambda name, *how: packed({**parts, name: spoil(parts[name], *how)}),
            st.sampled_from(sorted(parts)),
            *place,
        ),
        st.builds(lambda *how: spoil(body, *how), *place),
    )
