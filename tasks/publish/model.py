"""What a report is made of: tables whose cells carry both text and value, figures, sections.

A `Table` is written to HTML and to the workbook from the same cells, so the two cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Literal

from tasks.publish import formats

Kind = Literal["text", "whole", "year", "signed", "decimal", "percent", "date", "month"]


@dataclass(frozen=True)
class Column:
    """A column: its title, what kind of number it holds, and the heading it shares with others."""

    title: str
    kind: Kind = "whole"
    group: str = ""


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: As it is read, in Norwegian format.
        value: What the workbook holds: a number that can be summed, a date, or text such as `:`.
        tone: Class name of the assessment or mark that colours the cell; never the only sign.
        link: Anchor of the page that a row heading leads to.
    """

    text: str
    value: float | str | datetime | None = None
    tone: str = ""
    link: str = ""


@dataclass(frozen=True)
class Table:
    """A table with its source.

    Attributes:
        id: Anchor in the report, unique.
        title: Caption.
        sheet: Name of the workbook's sheet, at most 31 characters; empty: there is no workbook.
        columns: In order; the first holds the row headings.
        rows: Cells, one list a row.
        source: The source line.
        notes: What a reader must know about signs and marks.
        total: Whether the last row is a total.
        repeats: Whether rows that share a heading stand together and show it once.
        apart: What the workbook holds instead, where a cell of the page says two things.
        folded: What stands on the page until the reader opens the table; not printed. Empty: the
            table is open.
    """

    id: str
    title: str
    sheet: str
    columns: tuple[Column, ...]
    rows: list[list[Cell]]
    source: str
    notes: tuple[str, ...] = ()
    total: bool = False
    repeats: bool = False
    apart: Table | None = None
    folded: str = ""

    @property
    def groups(self) -> list[tuple[str, int]]:
        """Shared headings and how many columns each spans; empty where there are none."""
        spans: list[tuple[str, int]] = []
        for column in self.columns:
            if spans and spans[-1][0] == column.group and column.group:
                spans[-1] = (column.group, spans[-1][1] + 1)
            else:
                spans.append((column.group, 1))
        return spans if any(name for name, _ in spans) else []


@dataclass(frozen=True)
class Figure:
    """A chart drawn for a wide and a narrow page, with the words and the figures behind it."""

    id: str
    title: str
    subtitle: str
    description: str
    wide: str
    narrow: str
    table: Table
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A part of the report: what it says first, then figures and tables."""

    id: str
    title: str
    lead: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    caveat: str = ""


@dataclass(frozen=True)
class Report:
    """Where the two files were written."""

    html: Path
    xlsx: Path


@dataclass(frozen=True)
class Document:
    """Everything that both files say."""

    title: str
    county: str
    school_year: str
    run: list[tuple[str, str]]
    findings: list[str]
    constructed: list[str]
    stale: list[tuple[str, str]]
    sections: list[Section]
    reading: list[tuple[str, str]]
    definitions: list[tuple[str, str]]
    method: tuple[str, ...]
    closed: str
    sources: Table
    only_workbook: list[Table] = field(default_factory=list)


def text(value: str, tone: str = "") -> Cell:
    """A cell of words."""
    return Cell(value, value, tone)


def year(value: int) -> Cell:
    """A calendar year: no space in it."""
    return Cell(str(value), value)


def day(value: date | datetime | None) -> Cell:
    """A date in Oslo, ISO 8601 as in every table; a date in the workbook too."""
    if value is None:
        return Cell(formats.MISSING, formats.MISSING)
    if isinstance(value, datetime):
        value = formats.oslo(value)
    return Cell(f"{value:%Y-%m-%d}", datetime.combine(value, time()))


def month(year: int, number: int) -> Cell:
    """A month, `desember 2025`; in the workbook the first day of it, shown as a month."""
    return Cell(f"{formats.month(number)} {year}", datetime.combine(date(year, number, 1), time()))


def whole(value: float | None, tone: str = "") -> Cell:
    """A count that may be shown as it is: places, classes, observations."""
    written = formats.whole(value)
    return Cell(written, written if written == formats.MISSING else round(value or 0), tone)


def persons(value: float | None, closed: bool) -> Cell:
    """An observed count of persons, or `:` where disclosure control closed it."""
    if value is None or value != value:
        return Cell(formats.MISSING, formats.MISSING, "closed")
    return Cell(formats.CLOSED, formats.CLOSED, "closed") if closed else whole(value)


def estimate(value: float | None) -> Cell:
    """Expected persons, whole; small ones as `<5` in both files."""
    written = formats.estimate(value)
    if written == formats.MISSING or written.startswith("<"):
        return Cell(written, written)
    return Cell(written, round(value or 0))


def signed(value: float | None, tone: str = "") -> Cell:
    """A difference with its sign."""
    written = formats.signed(value)
    return Cell(written, written if written == formats.MISSING else round(value or 0), tone)


def percent(value: float | None, digits: int = 1) -> Cell:
    """A percentage given in per cent; the workbook holds it in per cent too."""
    written = formats.percent(value, digits)
    missing = written == formats.MISSING
    return Cell(written, written if missing else round(value or 0.0, digits))


def decimal(value: float | None, digits: int = 1) -> Cell:
    """A ratio."""
    written = formats.decimal(value, digits)
    return Cell(written, written if written == formats.MISSING else round(value or 0.0, digits))


def classes(value: float | None) -> Cell:
    """Classes: whole, or with one decimal where half a class is offered."""
    if value is None or value == round(value):
        return whole(value)
    return Cell(formats.decimal(value), round(value, 1))
