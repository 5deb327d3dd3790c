"""Damage to text in columns: delimited files, and files about persons."""

from __future__ import annotations

from corpus_damages import Change, Damage
from hypothesis import strategies as st


def _lines(body: bytes) -> list[bytes]:
    return body.rstrip(b"\n").split(b"\n")


def _with_line(number: int, change: Change) -> Change:
    """The file with one of its lines changed; the header is line 0."""

    def changed(body: bytes) -> bytes:
        lines = _lines(body)
        lines[number] = change(lines[number])
        return b"\n".join(lines) + b"\n"

    return changed


def _header_again(body: bytes) -> bytes:
    lines = _lines(body)
    return b"\n".join([*lines[:5], lines[0].removeprefix(b"\xef\xbb\xbf"), *lines[5:]]) + b"\n"


def _field(number: int, value: bytes) -> Change:
    """A line with another value in one of its fields."""

    def changed(line: bytes) -> bytes:
        fields = line.split(b";")
        fields[number] = value
        return b";".join(fields)

    return changed


BY_HAND = tuple(
    Damage(name, "csv", change=change)
    for name, change in {
        "cut in a line": lambda b: b[: len(b) // 2 - 3],
        "cut in the header": lambda b: b[:20],
        "the header alone": lambda b: _lines(b)[0] + b"\n",
        "no header": lambda b: b"\n".join(_lines(b)[1:]),
        "the header twice": _header_again,
        "the same file twice": lambda b: b + b.removeprefix(b"\xef\xbb\xbf"),
        "a quote that is not closed": _with_line(3, lambda line: b'"' + line),
        "a quote in a field": _with_line(3, lambda line: line.replace(b";", b'";', 1)),
        "a quote in the header": _with_line(0, lambda line: line.replace(b";", b';"', 1)),
        "a field too many": _with_line(4, lambda line: line + b";"),
        "a field too few": _with_line(4, lambda line: line.rpartition(b";")[0]),
        "commas": lambda b: b.replace(b";", b","),
        "tabs": lambda b: b.replace(b";", b"\t"),
        "a column twice": lambda b: b"\n".join(
            line + b";" + line.rpartition(b";")[2].strip(b"\r") for line in _lines(b)
        ),
        "a column renamed": _with_line(0, lambda line: line.replace(b"trinn", b"niv\xc3\xa5")),
        "columns without names": _with_line(0, lambda line: b";" * line.count(b";")),
        "CP1252": lambda b: b.decode("utf-8-sig").replace("e", "é").encode("cp1252"),
        "UTF-16": lambda b: b.decode("utf-8-sig").encode("utf-16"),
        "UTF-8 read as CP1252": lambda b: b.decode("utf-8-sig").encode().decode("cp1252").encode(),
        "letters that could not be read": lambda b: (
            b.decode("utf-8-sig").translate(dict.fromkeys(map(ord, "æøåÆØÅ"), "\ufffd")).encode()
        ),
        "half a letter": _with_line(5, lambda line: line + b"\xc3"),
        "a NUL": _with_line(5, lambda line: line[:4] + b"\x00" + line[4:]),
        "NULs at the end": lambda b: b + b"\x00" * 4096,
        "line ends of another age": lambda b: b.replace(b"\r\n", b"\n").replace(b"\n", b"\r"),
        "an empty line in it": _with_line(5, lambda line: line + b"\n"),
        "a sum at the end": lambda b: b + b"Sum;;;;;1000;;;\n",
        "a note at the end": lambda b: b + "Kilde: Trøndelag fylkeskommune\n".encode(),
        "a title above": lambda b: b"Kapasitet i fylket\n\n" + b.lstrip(b"\xef\xbb\xbf"),
        "a field of a million signs": _with_line(3, _field(1, b"x" * 1_000_000)),
        "a line of a million fields": _with_line(3, lambda line: line + b";" * 1_000_000),
        "a formula": _with_line(3, _field(3, b"=SUM(A1:A9)")),
        "a formula that calls out": _with_line(3, _field(3, b"=cmd|'/c calc'!A1")),
        "an error of a spreadsheet": _with_line(3, _field(3, b"#REF!")),
        "a page of the web": lambda b: b"<!DOCTYPE html>\n<html><body>Stengt</body></html>\n",
        "JSON": lambda b: b'{"feil": "ikke funnet"}',
        "XML of a spreadsheet": lambda b: b'<?xml version="1.0"?><Workbook/>',
        "a workbook": lambda b: b"PK\x03\x04" + b"\x00" * 400,
    }.items()
)


def mutations(body: bytes) -> st.SearchStrategy[bytes]:
    """The file with bytes cut out, doubled or put in anywhere."""
    junk = st.sampled_from(
        [
            b"",
            b";",
            b'"',
            b"\n",
            b"\r",
            b"\x00",
            b"\xff",
            b";;;;",
            b'"\n"',
            b"\xc3",
            "æ".encode(),
            b"-",
            b"1e9",
            b"x" * 70_000,
        ]
    )
    at = st.integers(0, len(body) - 1)
    return st.builds(
        lambda start, length, put: body[:start] + put + body[start + length :],
        at,
        st.one_of(st.integers(0, 8), st.integers(0, len(body))),
        junk,
    )
