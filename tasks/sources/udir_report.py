"""The Directorate for Education's statistics portal: one report page, one table.

The portal is "not for external use, changes without notice". So the address of the data is read
from the page every night, and an answer of another shape is refused.

Wire facts (https://statistikkportalen.udir.no): `GET {base}/rest/v1/Rapportside/{kode}` names the
filters and, per element, `dataEndepunkt` relative to `{base}/`. The data come as strings, with
spaces between thousands, decimal commas, and `*` where a figure is suppressed. The page repeats a
JSON key (`rapportelementtypenavn`); the last one wins. `erPrikket` says that a page may hold
suppressed cells; the cells themselves are what is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec
import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator

from tasks.errors import SourceChanged

if TYPE_CHECKING:
    from tasks.sources import Answer
    from tasks.sources.transport import Client

# [unconfirmed] How several values of one filter are written is not recorded. The one public client
# that asks for several years at once (larsarnenilssen/fuskelappen, 2026) joins them like this.
FILTER_VALUE_JOIN = "_"
FILTER_JOIN = "_"
SUPPRESSED = "*"
REPEATED = ("rapportelementtypenavn",)
# Thousands are parted by an ordinary, no-break, narrow no-break or thin space; a point is not read
# as a decimal sign, because 1.234 could then be two numbers.
SPACES = r"[ \u00a0\u202f\u2009]"
NUMBER = (
    rf"^[+-]?(?:\d{{1,3}}(?:{SPACES}\d{{3}})+|\d+)(?:,\d+)?(?:[eE][+-]?\d{{1,2}})?(?:{SPACES}?%)?$"
)


class Selection(BaseModel):
    """What a dataset asks the portal for.

    Attributes:
        page: The code of the report page, for example `VGO_Elev_FylkSkol`.
        element: `rapportelementnr` of the table on the page.
        row_path: `radSti`, which rows to open; the element's own default if left out.
        filters: Values per filter, put over the page's defaults.
        levels: Names that the row hierarchy must have: a level by another name is another level.
        measures: Patterns (regular expressions over the whole header, without regard to case) of
            the innermost headers to read. Each must be there, and other columns are left; without
            any, all columns are read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    page: str = Field(min_length=1)
    element: int = Field(default=1, ge=1)
    row_path: str | None = None
    filters: dict[str, list[int]] = Field(default_factory=dict)
    levels: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()

    @field_validator("measures")
    @classmethod
    def _patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"«{pattern}» er ikke et regulært uttrykk ({error})") from error
        return patterns


class _Element(msgspec.Struct, rename="camel"):
    rapportelementnr: int
    data_endepunkt: str
    default_radsti: str | None = None


class _Page(msgspec.Struct, rename="camel"):
    gyldige_filtre: list[str]
    filter_default_verdier: dict[str, list[int]]
    rapport_elementer: list[_Element]


class _Envelope(msgspec.Struct):
    rappside: _Page


class _Header(msgspec.Struct, rename="camel"):
    name: str
    column_count: int


class _Metadata(msgspec.Struct, rename="camel"):
    row_hierarchy: list[str]
    columns: list[list[_Header]]


class _Row(msgspec.Struct):
    navn: str
    id: str
    data: list[str | None]
    kode: str | None = None
    konstruert: bool = False


class _Data(msgspec.Struct):
    metadata: _Metadata
    rows: list[_Row]


_T = TypeVar("_T")


def fetch(client: Client, base_url: str, selection: Selection, as_of: date) -> Iterator[Answer]:
    """The page (role `page`) and the data that it points to (role `data`).

    Raises:
        SourceChanged: The page has no such element, or does not know a filter.
    """
    page_answer = client.get(
        f"{base_url}/rest/v1/Rapportside/{selection.page}", role="page", repeated=REPEATED
    )
    page = _decode(page_answer.content, _Envelope, selection).rappside
    yield page_answer
    element = _element(page, selection)
    yield client.get(
        f"{base_url}/{element.data_endepunkt.lstrip('/')}",
        role="data",
        params={
            "radSti": selection.row_path or element.default_radsti or "*",
            "filter": filter_text(page.gyldige_filtre, page.filter_default_verdier, selection),
            "inkluderKoder": "true",
        },
    )


def filter_text(valid: list[str], defaults: dict[str, list[int]], selection: Selection) -> str:
    """The selection's filters over the page's defaults, as the portal writes them.

    Returns:
        For example `TidID(202410_202510)_TrinnID(-10)`, in the order in which the page lists its
        filters.

    Raises:
        SourceChanged: The page does not know one of the selection's filters.
    """
    unknown = [name for name in selection.filters if name not in valid]
    if unknown:
        raise _changed(
            selection, f"filtrene {', '.join(selection.filters)}", f"bare {', '.join(valid)}"
        )
    merged = defaults | selection.filters
    parts = (
        f"{name}({FILTER_VALUE_JOIN.join(map(str, merged[name]))})"
        for name in valid
        if merged.get(name)
    )
    return FILTER_JOIN.join(parts)


def parse(answers: Sequence[Answer], selection: Selection) -> dict[str, pl.DataFrame]:
    """The table in long form.

    Returns:
        `rows`: one row per row of the table × leaf column. `navn`, `kode`, `parent` (the code of
        the row that it lies under, null where that is not there), `id`, `level` (the name of the
        row's level), `column_1` … `column_n` (the headers above the cell, outermost first),
        `value` Float64 in the unit of the innermost header, `status` (`*` where suppressed),
        `text` (the cell as it came), `constructed`.

    Raises:
        SourceChanged: Another shape, or a cell that is neither a number nor a known mark.
    """
    content = next((a.content for a in answers if a.role == "data"), b"")
    data = _decode(content, _Data, selection)
    headers, width = header_paths(data.metadata.columns, selection)
    _refuse_ragged(data.rows, width, selection)
    rows = pl.DataFrame(
        {
            "navn": [row.navn for row in data.rows],
            "kode": pl.Series([row.kode for row in data.rows], dtype=pl.String),
            "id": [row.id for row in data.rows],
            "constructed": [row.konstruert for row in data.rows],
        }
    ).with_columns(_levels(data, selection))
    rows = _with_parents(rows)
    cells = [cell for row in data.rows for cell in row.data]
    read = pl.Series(_measured(headers, selection)).gather(np.tile(np.arange(width), rows.height))
    frame = pl.concat(
        [
            rows[np.repeat(np.arange(rows.height), width)],
            headers[np.tile(np.arange(width), rows.height)],
            numbers(pl.Series("text", cells, dtype=pl.String)),
        ],
        how="horizontal",
    ).filter(read)
    _refuse_unknown_text(frame, headers.columns, selection)
    names = ["navn", "kode", "parent", "id", "level", *headers.columns]
    return {"rows": frame.select([*names, "value", "status", "text", "constructed"])}


def updated(answers: Sequence[Answer]) -> datetime | None:
    """The portal's answers carry no time stamp of their own."""
    return None


def numbers(text: pl.Series) -> pl.DataFrame:
    """Read the portal's cells.

    Args:
        text: Cells as they came.

    Returns:
        `text`, `value` (Float64, percentages in per cent), `status` (`*` or null), `known`: false
        where the text is neither a number, a suppressed cell nor empty.
    """
    cell = pl.col("text").str.strip_chars().str.replace("\u2212", "-", literal=True)
    plain = cell.str.replace_all(rf"{SPACES}|%", "").str.replace(",", ".", literal=True)
    is_number = cell.str.contains(NUMBER)
    is_empty = pl.col("text").is_null() | (cell == "")
    return pl.DataFrame({"text": text}).select(
        "text",
        pl.when(is_number).then(plain).cast(pl.Float64, strict=False).alias("value"),
        pl.when(cell == SUPPRESSED).then(pl.lit(SUPPRESSED)).alias("status"),
        (is_empty | is_number | (cell == SUPPRESSED)).alias("known"),
    )


def header_paths(
    levels: Sequence[Sequence[_Header]], selection: Selection
) -> tuple[pl.DataFrame, int]:
    """The headers above every leaf column.

    Args:
        levels: Header rows, outermost first; each header spans `columnCount` leaf columns.
        selection: Names the page in errors.

    Returns:
        One row per leaf column with `column_1` … `column_n`, and the number of leaf columns.

    Raises:
        SourceChanged: The header rows do not span the same number of columns.
    """
    spans = [[header.column_count for header in level] for level in levels]
    widths = sorted({sum(level) for level in spans})
    if len(widths) != 1 or widths[0] < 1 or any(span < 1 for level in spans for span in level):
        raise _changed(
            selection,
            "overskrifter som spenner over like mange kolonner",
            f"{spans} (columnCount per overskriftsrad)",
        )
    paths = {
        f"column_{number}": np.repeat(
            np.array([header.name for header in level], dtype=object), span
        ).tolist()
        for number, (level, span) in enumerate(zip(levels, spans, strict=True), start=1)
    }
    return pl.DataFrame(paths), widths[0]


def _element(page: _Page, selection: Selection) -> _Element:
    for element in page.rapport_elementer:
        if element.rapportelementnr == selection.element:
            return element
    found = ", ".join(str(e.rapportelementnr) for e in page.rapport_elementer) or "ingen"
    raise _changed(selection, f"tabell nr. {selection.element}", f"tabellene {found}")


def _refuse_ragged(rows: Sequence[_Row], width: int, selection: Selection) -> None:
    if not rows:
        raise _changed(selection, "minst én rad", "en tom tabell")
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise _changed(selection, "hver rad én gang", f"«{row.navn}» ({row.id}) to ganger")
        seen.add(row.id)
        if len(row.data) != width:
            raise _changed(
                selection,
                f"{width} celler i hver rad",
                f"{len(row.data)} i «{row.navn}» ({row.id})",
            )


def _measured(headers: pl.DataFrame, selection: Selection) -> list[bool]:
    """Which leaf columns hold one of the measures; all of them where none is named."""
    names = headers[headers.columns[-1]].to_list()
    found = [[bool(re.fullmatch(p, n.strip(), re.IGNORECASE)) for n in names]
             for p in selection.measures]  # fmt: skip
    absent = [p for p, hits in zip(selection.measures, found, strict=True) if not any(hits)]
    if absent:
        raise _changed(
            selection,
            f"kolonner som heter {' og '.join(f'«{pattern}»' for pattern in absent)}",
            f"kolonnene {', '.join(dict.fromkeys(names))}",
        )
    return [any(hits) for hits in zip(*found, strict=True)] if found else [True] * len(names)


def _levels(data: _Data, selection: Selection) -> pl.Series:
    """The name of every row's level: `1.44` is the second level of the hierarchy."""
    hierarchy = data.metadata.row_hierarchy
    absent = [name for name in selection.levels if name not in hierarchy]
    if absent:
        raise _changed(
            selection, f"radnivået {', '.join(absent)}", f"nivåene {', '.join(hierarchy)}"
        )
    depth = np.array([row.id.count(".") for row in data.rows])
    deepest = int(depth.max())
    if deepest >= len(hierarchy):
        raise _changed(
            selection,
            f"rader på nivåene {', '.join(hierarchy)}",
            f"en rad på nivå {deepest + 1}",
        )
    return pl.Series("level", hierarchy)[depth]


def _with_parents(rows: pl.DataFrame) -> pl.DataFrame:
    """Each row with the code of the one above it: `1.44.7` lies under `1.44`."""
    above = rows.select(pl.col("id").alias("above"), pl.col("kode").alias("parent")).unique("above")
    under = rows.with_columns(above=pl.col("id").str.replace(r"[.][^.]+$", ""))
    # The outermost row has no dot in its id and would be found above itself.
    joined = under.join(above, on="above", how="left", maintain_order="left")
    is_outermost = ~pl.col("id").str.contains(".", literal=True)
    return joined.with_columns(parent=pl.when(~is_outermost).then("parent")).drop("above")


def _refuse_unknown_text(frame: pl.DataFrame, headers: list[str], selection: Selection) -> None:
    unknown = frame.filter(~pl.col("known"))
    if not unknown.height:
        return
    first = unknown.row(0, named=True)
    column = " / ".join(first[name] for name in headers)
    raise _changed(
        selection,
        "et tall, «*» eller en tom celle",
        f"«{first['text']}» i raden «{first['navn']}», kolonnen «{column}» "
        f"({unknown.height} slike celler)",
    )


def _decode(content: bytes, shape: type[_T], selection: Selection) -> _T:
    try:
        return msgspec.json.decode(content, type=shape)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise _changed(selection, "rapportsidens avtalte form", f"noe annet ({error})") from error


def _changed(selection: Selection, expected: str, got: str) -> SourceChanged:
    return SourceChanged(
        subject=f"rapportsiden {selection.page}",
        expected=expected,
        got=got,
        remedy="åpne siden i statistikkportalen, se hva som er nytt, og rett data/catalogue",
    )
