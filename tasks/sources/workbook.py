"""Workbooks (xlsx) read by a description of their layout: tables are found by words, not by cells.

A publisher's workbook is made by hand or by a reporting tool: next month it has another sheet name,
a column more, a footnote, a county less. A layout says which words stand in the header and, where
tables look alike, which stand above it; where the table lies is found anew each time. What cannot
be placed is refused with the name of the sheet and the cell.
"""

from __future__ import annotations

import html.parser
import re
import warnings
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tasks.errors import SourceChanged
from tasks.sources import xlsx
from tasks.sources.workbook_table import Sheet, Words, changed, found_in, normal, place

if TYPE_CHECKING:
    from tasks.sources import Answer
    from tasks.sources.transport import Client

XLSX = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/octet-stream",
    "binary/octet-stream",
)
MOST_CELLS = 5_000_000
MOST_UNPACKED = 100_000_000
MOST_PARTS = 1_000
LONGEST_CELL = 32_767  # what a spreadsheet program can write


class Strict(BaseModel):
    """Unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Wide(Strict):
    """Columns that are values of one dimension, as the months of a year.

    Attributes:
        header: Pattern of their headers, for the whole of a normalised header.
        name: The column that the headers become, in lower case and without raised figures.
        value: The column that the figures become.
    """

    header: str
    name: str
    value: str

    @field_validator("header")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        return compiled(pattern)


class Block(Strict):
    """One kind of table in the workbook; it may stand in several sheets, or many times in one.

    Attributes:
        above: Words that must stand in the sheet's name or above the header: they tell tables with
            the same header apart.
        capture: Column -> pattern with one group, found in the sheet's name or above the header.
        text: Column -> words of its header, alternatives in order.
        number: Column -> words of its header; the cells are numbers or marks.
        optional: Columns that may be missing.
        wide: Columns that are values of one dimension.
        group: Column that takes the text that stands alone above each header.
        label: Column that takes what stands to the left of the first `wide` column.
    """

    above: tuple[str, ...] = ()
    capture: dict[str, str] = {}
    text: dict[str, Words] = {}
    number: dict[str, Words] = {}
    optional: tuple[str, ...] = ()
    wide: Wide | None = None
    group: str | None = None
    label: str | None = None

    @field_validator("capture")
    @classmethod
    def _are_patterns(cls, patterns: dict[str, str]) -> dict[str, str]:
        return {name: compiled(pattern) for name, pattern in patterns.items()}

    @model_validator(mode="after")
    def _has_figures(self) -> Block:
        if not self.number and not self.wide:
            raise ValueError("en tabell må ha minst én kolonne med tall (number eller wide)")
        if self.wide and not (self.label or self.text):
            raise ValueError("wide trenger label eller text: hva raden gjelder")
        unknown = set(self.optional) - set(self.text) - set(self.number)
        if unknown:
            raise ValueError(f"optional nevner ukjente kolonner: {', '.join(sorted(unknown))}")
        return self


class Selection(Strict):
    """Where the workbook is, and the tables to take from it.

    Attributes:
        path: The workbook, relative to the publisher's address; or
        page: A page that links to it, and
        link: Pattern of the link's last part. Of several, the one whose name sorts last is taken
            (names begin with year and month), the first on the page where they are alike.
        marks: Cells that stand where a figure is withheld or does not exist.
        block: The tables, by name.
    """

    path: str | None = None
    page: str | None = None
    link: str | None = None
    marks: tuple[str, ...] = ("*", "-", "–", ":", ".", "..")
    block: dict[str, Block] = Field(min_length=1)

    @model_validator(mode="after")
    def _says_where(self) -> Selection:
        if (self.path is None) == (self.page is None) or (self.page is None) != (self.link is None):
            raise ValueError("oppgi enten path, eller page og link")
        if self.link is not None:
            compiled(self.link)
        return self


def compiled(pattern: str) -> str:
    """A pattern that is one, or `ValueError`."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} er ikke et gyldig mønster ({error})") from error
    return pattern


def fetch(client: Client, base_url: str, selection: Selection, as_of: date) -> Iterator[Answer]:
    """The page, where there is one, in role `page`, and the workbook in role `file`.

    Raises:
        SourceChanged: The page has no link of the agreed form.
    """
    where = f"{base_url}/{(selection.path or selection.page or '').lstrip('/')}"
    if selection.page is not None and selection.link is not None:
        page = client.get(where, role="page", accept="text/html", expect=("text/html",))
        yield page
        where = urljoin(page.url, newest_link(page.content, selection.link, selection.page))
    yield client.get(where, role="file", accept=f"{XLSX[0]}, */*;q=0.1", expect=XLSX)


def parse(answers: Sequence[Answer], selection: Selection) -> dict[str, pl.DataFrame]:
    """Every table of the layout.

    Returns:
        `rows`: one row per figure row (per figure where the table is wide), with `block`, `sheet`
        and `line` (row number in the sheet), the layout's columns as text, and per column of
        figures `<name>` Float64 and `<name>_mark` (the mark that stands instead of a figure).

    Raises:
        SourceChanged: The file is no workbook, or a table cannot be placed; names sheet and cell.
    """
    content = b"".join(answer.content for answer in answers if answer.role == "file")
    sheets = _sheets(content)
    frames = []
    for name, block in selection.block.items():
        found = [place(sheet, block, selection.marks) for sheet in sheets]
        tables = [table for table in found if table is not None]
        if not tables:
            raise _nowhere(name, block, sheets)
        if not any(table.height for table in tables):
            raise changed(f"tabellen «{name}»", "minst én rad under overskriften", "ingen")
        frames += [table.select(pl.lit(name).alias("block"), pl.all()) for table in tables]
    return {"rows": pl.concat(frames, how="diagonal")}


def updated(answers: Sequence[Answer]) -> datetime | None:
    """A workbook's own time stamp says when somebody saved it, not when figures came."""
    return None


class _Links(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for key, value in attrs if tag == "a" and key == "href" and value]


def newest_link(page: bytes, pattern: str, name: str) -> str:
    """The link on a page whose last part has the pattern and sorts last.

    Raises:
        SourceChanged: No link has it.
    """
    links = _Links()
    links.feed(page.decode("utf-8", errors="replace"))
    last = [unquote(link.partition("?")[0].rsplit("/", 1)[-1]) for link in links.found]
    fitting = [i for i, part in enumerate(last) if re.search(pattern, part)]
    if not fitting:
        raise SourceChanged(
            subject=name,
            expected=f"en lenke som passer «{pattern}»",
            got=f"{len(last)} lenker, blant dem {', '.join(last[:5]) or 'ingen'}",
            remedy="se på siden, og rett «link» i data/catalogue",
        )
    return links.found[max(fitting, key=lambda i: (last[i], -i))]


def _sheets(content: bytes) -> list[Sheet]:
    import openpyxl

    try:
        xlsx.check(content, most_unpacked=MOST_UNPACKED, most_parts=MOST_PARTS)
        with warnings.catch_warnings():
            # It warns of styles and extensions that have no bearing on the figures.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(BytesIO(content), data_only=True, keep_links=False)
    except xlsx.NoWorkbook as error:
        raise changed("filen", "en xlsx-arbeidsbok", f"en fil som {error.reason}") from error
    except Exception as error:  # whatever a damaged part makes the library stumble over
        got = f"en fil som {xlsx.DAMAGED} ({type(error).__name__})"
        raise changed("filen", "en xlsx-arbeidsbok", got) from error
    cells = sum((sheet.max_row or 0) * (sheet.max_column or 0) for sheet in book.worksheets)
    if cells > MOST_CELLS:
        raise changed("filen", f"høyst {MOST_CELLS} celler", f"{cells}")
    return [Sheet(sheet.title, _values(sheet)) for sheet in book.worksheets]


def _values(sheet: Any) -> list[tuple[str, ...]]:
    rows = [tuple(_plain(value) for value in row) for row in sheet.iter_rows(values_only=True)]
    longest = max((len(cell) for row in rows for cell in row), default=0)
    if longest > LONGEST_CELL:
        got = f"en celle på {longest}"
        raise changed(f"arket «{sheet.title}»", f"celler på høyst {LONGEST_CELL} tegn", got)
    return rows


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).strip()


def _nowhere(name: str, block: Block, sheets: Sequence[Sheet]) -> SourceChanged:
    """Say which row came nearest, and what it lacks."""
    wanted = {**block.text, **block.number}
    required = {column: words for column, words in wanted.items() if column not in block.optional}
    best, lacking, where = -1, "", "ingen ark"
    for sheet in sheets:
        said = normal(" ".join([sheet.name, *(cell for row in sheet.rows[:15] for cell in row)]))
        missing_above = [word for word in block.above if normal(word) not in said]
        for number, row in enumerate(sheet.rows):
            hits = [column for column, words in required.items() if found_in(row, words)]
            if len(hits) - len(missing_above) > best and (hits or not required):
                best = len(hits) - len(missing_above)
                missing = [required[column][0] for column in required if column not in hits]
                lacking = ", ".join(f"«{word}»" for word in [*missing, *missing_above])
                first = next(i for i, cell in enumerate(row) if cell or not required)
                where = f"arket «{sheet.name}», celle {sheet.address(number, first)}"
    got = f"nærmest i {where}, som mangler {lacking or 'kolonnene med tall'}"
    if best < 0:
        got = "ingen rad som ligner, i arkene " + ", ".join(f"«{s.name}»" for s in sheets)
    head = ", ".join(f"«{words[0]}»" for words in required.values())
    return changed(f"tabellen «{name}»", f"en overskrift med {head or 'verdiene i wide'}", got)
