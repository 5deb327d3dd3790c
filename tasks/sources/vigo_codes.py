"""VIGO's base of codes (kodeverk.vigo.no): one table or relation, page by page.

The interface is the one the base's own pages use; it is open and nowhere documented. Wire facts:
`POST {base}/{table}?page=0&size=2000` with the body `[]` (no filters) answers `content` and
`totalElements`; pages count from 0 and hold at most 2000 rows.

No order is asked for, and none is promised, so a row may come on two pages while another comes on
none. The number of rows alone would not show it: rows that are repeated across pages are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

import msgspec
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from tasks.errors import SourceChanged, SourceUnavailable
from tasks.sources import Deviation

if TYPE_CHECKING:
    from tasks.sources import Answer, Kept
    from tasks.sources.transport import Client

MOST_PAGES = 500
CONSTRUCTED = "konstruert"


class Selection(BaseModel):
    """What a dataset asks for.

    Attributes:
        path: The table or relation, for example `relation/replaced-by`.
        columns: Keys that every row must have; they become columns, others are left.
        page_size: Rows asked for at a time; the source gives no more than 2000.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(pattern=r"^[a-z-]+(/[a-z-]+)?$")
    columns: tuple[str, ...] = Field(min_length=1)
    page_size: int = Field(default=2000, ge=1, le=2000)


class _Page(msgspec.Struct, rename="camel"):
    content: list[msgspec.Raw]
    total_elements: int


def fetch(client: Client, base_url: str, selection: Selection, as_of: date) -> Iterator[Answer]:
    """Every page in order, roles `page-000` and on.

    Raises:
        SourceUnavailable: the table changed while it was read: read it again.
        SourceChanged: a page is not of the agreed form.
    """
    pages: list[_Page] = []
    received, total = 0, 1
    while received < total:
        if len(pages) == MOST_PAGES:
            raise _changed(selection, f"høyst {MOST_PAGES} sider", f"{total} rader")
        answer = _page(client, base_url, selection, len(pages))
        page = _decode(answer.content, len(pages), selection)
        pages.append(page)
        received += len(page.content)
        total = page.total_elements if page.content else 0
        yield answer
    _refuse_changed_midway(pages, selection)


def parse(answers: Sequence[Answer], selection: Selection) -> dict[str, pl.DataFrame]:
    """All rows.

    Returns:
        `rows`: one row per row of the table, the keys of `columns` as text, and `konstruert`.

    Raises:
        SourceUnavailable: the pages do not add up to one table.
        SourceChanged: a key is missing, or holds something else than one value.
    """
    pages = [_decode(a.content, number, selection) for number, a in enumerate(answers)]
    _refuse_changed_midway(pages, selection)
    form = _form(selection)
    rows = [row for n, page in enumerate(pages) for row in _rows(page, n, form, selection)]
    if not rows:
        raise _changed(selection, "minst én rad", "en tom tabell")
    columns = {
        name: pl.Series(name, [row[name] for row in rows], dtype=pl.String, strict=False)
        for name in selection.columns
    }
    marks = pl.Series(CONSTRUCTED, [row.get(CONSTRUCTED, False) for row in rows], dtype=pl.Boolean)
    return {"rows": pl.DataFrame([*columns.values(), marks])}


def updated(answers: Sequence[Answer]) -> datetime | None:
    """The tables carry no time stamp of their own."""
    return None


def probe(
    client: Client, base_url: str, selection: Selection, as_of: date, before: Iterable[Kept]
) -> Iterator[Deviation]:
    """Whether the first page is as agreed; the others are not asked for."""
    try:
        answer = _page(client, base_url, selection, 0)
        page = _decode(answer.content, 0, selection)
        _rows(page, 0, _form(selection), selection)
        if not page.content:
            raise _changed(selection, "minst én rad", "en tom tabell")
    except SourceChanged as error:
        yield Deviation(error.expected, error.got, error.remedy)


def _page(client: Client, base_url: str, selection: Selection, number: int) -> Answer:
    return client.post_query(
        f"{base_url}/{selection.path}",
        role=f"page-{number:03d}",
        json=[],
        params={"page": str(number), "size": str(selection.page_size)},
    )


def _form(selection: Selection) -> Any:
    """A row: the keys that must be there, each one value, and the mark of constructed rows."""
    value = str | int | float | bool | None
    required = dict.fromkeys(selection.columns, value)
    form: Any = TypedDict("Row", {**required, CONSTRUCTED: NotRequired[bool]})  # type: ignore[misc]
    return form


def _rows(page: _Page, number: int, form: Any, selection: Selection) -> list[dict[str, Any]]:
    """The rows of a page, the chosen keys alone."""
    joined = b"[" + b",".join(page.content) + b"]"
    try:
        rows: list[dict[str, Any]] = msgspec.json.decode(joined, type=list[form])
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise _changed(
            selection,
            f"rader med {', '.join(selection.columns)}, én verdi i hver",
            f"noe annet på side {number} ({error})",
        ) from error
    return rows


def _decode(content: bytes, number: int, selection: Selection) -> _Page:
    try:
        return msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=_Page)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise _changed(
            selection, "content og totalElements", f"noe annet på side {number} ({error})"
        ) from error


def _refuse_changed_midway(pages: Sequence[_Page], selection: Selection) -> None:
    totals = sorted({page.total_elements for page in pages})
    received = sum(len(page.content) for page in pages)
    # A page may hold the same row twice by right; two pages may not share one.
    distinct = [{bytes(row) for row in page.content} for page in pages]
    shared = sum(map(len, distinct)) - len(set().union(*distinct))
    if totals != [received] or shared:
        raise SourceUnavailable(
            subject=f"VIGO kodeverk, {selection.path}",
            expected="at sidene til sammen gir totalElements, ingen rad på to sider",
            got=f"{received} rader på {len(pages)} sider, {shared} av dem på flere sider, mens "
            f"totalElements var {', '.join(map(str, totals)) or 'ikke oppgitt'}",
            remedy="tabellen endret seg mens den ble lest: hent den på nytt",
        )


def _changed(selection: Selection, expected: str, got: str) -> SourceChanged:
    return SourceChanged(
        subject=f"VIGO kodeverk, {selection.path}",
        expected=expected,
        got=got,
        remedy="åpne kodeverk.vigo.no, se hva tabellen heter og har nå, og rett data/catalogue",
    )
