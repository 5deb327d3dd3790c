"""Placing a table in a sheet: its header rows, its columns, its rows, and the numbers in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from tasks.errors import SourceChanged

Words = tuple[str, ...]
Row = tuple[str, ...]
_RAISED = str.maketrans("", "", "¹²³⁴⁵⁶⁷⁸⁹⁰")
_SPACES = r"[\s\u00a0\u202f]"


class WideLike(Protocol):
    """The part of a layout that says which columns are values of one dimension."""

    @property
    def header(self) -> str:
        """Pattern of their headers."""

    @property
    def name(self) -> str:
        """The column that the headers become."""

    @property
    def value(self) -> str:
        """The column that the figures become."""


class Layout(Protocol):
    """The part of a layout that a table is placed by; `workbook.Block` tells more."""

    @property
    def above(self) -> tuple[str, ...]:
        """Words in the sheet's name or above the header."""

    @property
    def capture(self) -> dict[str, str]:
        """Patterns to find there, by column."""

    @property
    def text(self) -> dict[str, Words]:
        """Headers of the columns of text."""

    @property
    def number(self) -> dict[str, Words]:
        """Headers of the columns of figures."""

    @property
    def optional(self) -> tuple[str, ...]:
        """Columns that may be missing."""

    @property
    def wide(self) -> WideLike | None:
        """Columns that are values of one dimension."""

    @property
    def group(self) -> str | None:
        """The column of the text alone above a header."""

    @property
    def label(self) -> str | None:
        """The column of what stands to the left."""


@dataclass(frozen=True)
class Sheet:
    """A sheet as text, cell by cell, empty cells as empty text."""

    name: str
    rows: list[Row]

    @staticmethod
    def address(row: int, column: int) -> str:
        """`D17` of row 16 and column 3, counted from 0."""
        letters = ""
        column += 1
        while column:
            column, rest = divmod(column - 1, 26)
            letters = chr(65 + rest) + letters
        return f"{letters}{row + 1}"


@dataclass(frozen=True)
class Header:
    """One table's header: its row, and the column of each field."""

    row: int
    columns: dict[str, int]
    wide: dict[int, str]


def normal(text: str) -> str:
    """Text without raised figures and needless space, in lower case."""
    return re.sub(r"[\s\u00a0\u202f]+", " ", text.translate(_RAISED)).strip().casefold()


def found_in(row: Row, words: Words) -> list[int]:
    """The columns of a row whose header is one of the words, or, failing that, holds all of one."""
    cells = [normal(cell) for cell in row]
    for alternative in words:
        wanted = normal(alternative)
        equal = [i for i, cell in enumerate(cells) if cell == wanted]
        if equal:
            return equal
    for alternative in words:
        parts = set(re.findall(r"\w+|%", normal(alternative)))
        holding = [i for i, cell in enumerate(cells) if parts <= set(re.findall(r"\w+|%", cell))]
        if holding:
            return holding
    return []


def place(sheet: Sheet, layout: Layout, marks: Sequence[str]) -> pl.DataFrame | None:
    """The rows of a layout's table in a sheet, or None where the sheet does not have it.

    Raises:
        SourceChanged: The table is there, and a cell of it is not what the layout says.
    """
    headers = [header for row in range(len(sheet.rows)) for header in _headers(sheet, row, layout)]
    if not headers:
        return None
    top = headers[0].row
    above = [sheet.name, *(cell for row in sheet.rows[:top] for cell in row if cell)]
    said = normal(" ".join(above))
    if any(normal(word) not in said for word in layout.above):
        return None
    constants = {name: _captured(name, pattern, above, sheet) for name, pattern in
                 layout.capture.items()}  # fmt: skip
    starts = sorted({header.row for header in headers})
    ends = dict(zip(starts, [*starts[1:], len(sheet.rows)], strict=True))
    parts = [_table(sheet, header, ends[header.row], layout, marks) for header in headers]
    frame = pl.concat(parts, how="diagonal")
    return frame.with_columns(
        pl.lit(sheet.name).alias("sheet"),
        *(pl.lit(value).alias(name) for name, value in constants.items()),
    )


def _headers(sheet: Sheet, number: int, layout: Layout) -> Iterator[Header]:
    """The headers in a row: several where tables stand side by side."""
    row = sheet.rows[number]
    places = {name: found_in(row, words) for name, words in
              {**layout.text, **layout.number}.items()}  # fmt: skip
    required = [name for name in places if name not in layout.optional]
    wide = {}
    if layout.wide:
        pattern = re.compile(layout.wide.header)
        wide = {i: normal(cell) for i, cell in enumerate(row) if pattern.fullmatch(normal(cell))}
        if not wide:
            return
    if not all(places[name] for name in required):
        return
    times = {len(places[name]) for name in required} or {1}
    if len(times) > 1:
        counted = ", ".join(f"«{name}» {len(places[name])} ganger" for name in required)
        raise changed(
            f"arket «{sheet.name}», rad {number + 1}",
            "like mange av hver overskrift, én per tabell",
            counted,
        )
    for nth in range(times.pop()):
        columns = {name: at[nth] for name, at in places.items() if nth < len(at)}
        _refuse_shared(sheet, number, columns)
        yield Header(number, columns, wide)


def _refuse_shared(sheet: Sheet, number: int, columns: dict[str, int]) -> None:
    """One column for two fields: the header of one has changed, and the other's holds its words."""
    takers: dict[int, list[str]] = {}
    for name, at in columns.items():
        takers.setdefault(at, []).append(name)
    shared = [(at, names) for at, names in takers.items() if len(names) > 1]
    if shared:
        at, names = shared[0]
        raise changed(
            f"arket «{sheet.name}», celle {Sheet.address(number, at)}",
            f"en kolonne for hver av «{'» og «'.join(names)}»",
            f"bare «{sheet.rows[number][at]}» for dem begge",
        )


def _captured(name: str, pattern: str, above: Sequence[str], sheet: Sheet) -> str:
    for text in above:
        found = re.search(pattern, text)
        if found:
            return found[1] if found.groups() else found[0]
    raise changed(
        f"arket «{sheet.name}»",
        f"«{name}» over tabellen, etter mønsteret «{pattern}»",
        f"«{' | '.join(above)[:200]}»",
    )


def _table(
    sheet: Sheet, header: Header, end: int, layout: Layout, marks: Sequence[str]
) -> pl.DataFrame:
    lines = range(header.row + 1, end)
    texts: dict[str, list[str]] = {
        name: _column(sheet, lines, header.columns[name])
        for name in layout.text
        if name in header.columns
    }
    if layout.label:
        first = min(header.wide or header.columns.values())
        texts[layout.label] = [
            " ".join(cell for cell in sheet.rows[line][:first] if cell) for line in lines
        ]
    figures = {name: header.columns[name] for name in layout.number if name in header.columns}
    cells = {
        **texts,
        **{f"#{name}": _column(sheet, lines, at) for name, at in figures.items()},
        **{f"#{at}": _column(sheet, lines, at) for at in header.wide},
    }
    # Under a header without rows, the type of a column cannot be seen from its cells.
    types = {"line": pl.Int32(), **dict.fromkeys(cells, pl.String())}
    frame = pl.DataFrame({"line": [line + 1 for line in lines], **cells}, schema=types)
    raw = [column for column in frame.columns if column.startswith("#")]
    needed = [name for name in texts if name not in layout.optional]
    frame = _without_prose(frame, raw, needed, sheet, header)
    if layout.group:
        frame = frame.with_columns(pl.lit(_alone_above(sheet, header.row)).alias(layout.group))
    if layout.wide:
        kept = [column for column in frame.columns if column not in raw]
        frame = frame.unpivot(raw, index=kept, variable_name="#at", value_name="#value")
        names = {f"#{at}": text for at, text in header.wide.items()}
        frame = frame.with_columns(
            pl.col("#at").replace_strict(names, return_dtype=pl.String).alias(layout.wide.name),
            pl.col("#at").str.slice(1).cast(pl.Int32),
        )
        return _numbers(frame, "#value", layout.wide.value, marks, sheet).drop("#at")
    for name, at in figures.items():
        placed = frame.with_columns(pl.lit(at, dtype=pl.Int32).alias("#at"))
        frame = _numbers(placed, f"#{name}", name, marks, sheet).drop("#at")
    return frame


def _column(sheet: Sheet, lines: range, at: int) -> list[str]:
    return [sheet.rows[line][at] if at < len(sheet.rows[line]) else "" for line in lines]


def _without_prose(
    frame: pl.DataFrame, raw: Sequence[str], needed: Sequence[str], sheet: Sheet, header: Header
) -> pl.DataFrame:
    """Leave out empty lines, headings and footnotes: lines without a figure that say too little."""
    has_figure = pl.any_horizontal(pl.col(column) != "" for column in raw)
    is_named = pl.all_horizontal(pl.col(name) != "" for name in needed) if needed else pl.lit(True)
    # With one column of names, a line of text alone is a heading or a footnote.
    complete = is_named & pl.lit(len(needed) > 1)
    nameless = frame.filter(has_figure & ~is_named)
    if nameless.height:
        line = nameless.get_column("line")[0]
        empty = next(name for name in needed if nameless.get_column(name)[0] == "")
        at = header.columns.get(empty, 0)
        raise changed(
            f"arket «{sheet.name}», celle {Sheet.address(line - 1, at)}",
            f"en tekst i kolonnen «{empty}», siden raden har tall",
            "en tom celle",
        )
    return frame.filter(has_figure | complete)


def _alone_above(sheet: Sheet, row: int) -> str:
    """The text that stands alone in the nearest line with text above a header."""
    for line in range(row - 1, -1, -1):
        filled = [cell for cell in sheet.rows[line] if cell]
        if filled:
            if len(filled) == 1:
                return filled[0]
            break
    raise changed(
        f"arket «{sheet.name}», over rad {row + 1}",
        "en linje med bare et navn over overskriften",
        f"«{' | '.join(sheet.rows[row - 1])[:120]}»" if row else "ingen linje",
    )


def _numbers(
    frame: pl.DataFrame, source: str, name: str, marks: Sequence[str], sheet: Sheet
) -> pl.DataFrame:
    """Read a column of figures: spaces, decimal commas, exponents, raised figures, marks."""
    cell = pl.col(source).str.replace_all("[¹²³⁴⁵⁶⁷⁸⁹⁰]", "").str.replace_all(_SPACES, "")
    mark = pl.when(cell.is_in(list(marks))).then(cell)
    number = cell.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    # Infinity and "nan" are words to a publisher, not figures.
    number = pl.when(mark.is_null() & number.is_finite()).then(number)
    read = frame.with_columns(number.alias(name), mark.alias(f"{name}_mark"))
    wrong = read.filter((cell != "") & pl.col(name).is_null() & pl.col(f"{name}_mark").is_null())
    if wrong.height:
        line, at, said = wrong.select("line", "#at", source).row(0)
        raise changed(
            f"arket «{sheet.name}», celle {Sheet.address(line - 1, at)}",
            f"et tall i «{name}», eller et av tegnene {' '.join(marks)}",
            f"«{said}»",
        )
    return read.drop(source)


def changed(subject: str, expected: str, got: str) -> SourceChanged:
    """The refusal of a workbook that a layout does not fit."""
    return SourceChanged(
        subject=subject,
        expected=expected,
        got=got,
        remedy="se på den landede filen, og rett ordene i oppføringen i data/catalogue",
    )
