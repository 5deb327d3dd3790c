"""The landed pages and details of NAV's vacancy feed as frames, in batches: a log has no end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, NoReturn

import polars as pl

from tasks.sources.nav_feed_redaction import changed, detail, page

if TYPE_CHECKING:
    from tasks.sources import Answer, Kept

_ENTRY = {
    "uuid": pl.String(),
    "status": pl.String(),
    "municipal": pl.String(),
    "sistEndret": pl.String(),
    "konstruert": pl.Boolean(),
}
_PAGE = pl.Struct({"items": pl.List(pl.Struct({"_feed_entry": pl.Struct(_ENTRY)}))})
_KEYS = ("uuid", "status", "sistEndret")
_CATEGORIES = pl.List(
    pl.Struct({"categoryType": pl.String(), "code": pl.String(), "score": pl.Float64()})
)
_PLACES = ("country", "county", "municipal", "postalCode")
_LOCATIONS = pl.List(pl.Struct(dict.fromkeys(_PLACES, pl.String())))
_TEXTS = (
    "published",
    "expires",
    "updated",
    "positioncount",
    "applicationDue",
    "extent",
    "engagementtype",
    "sector",
)
_DETAIL = pl.Struct(
    {
        **_ENTRY,
        "ad_content": pl.Struct(
            {
                **dict.fromkeys(_TEXTS, pl.String()),
                "employer": pl.Struct({"orgnr": pl.String()}),
                "categoryList": _CATEGORIES,
                "workLocations": _LOCATIONS,
            }
        ),
    }
)
# Enough to keep both processors busy, few enough to hold as text, columns and bytes at once.
_PAGES_AT_ONCE = 4
_DETAILS_AT_ONCE = 2_000


def frames(answers: Sequence[Answer | Kept]) -> dict[str, pl.DataFrame]:
    """`rows`, `details`, `categories` and `locations`, as `nav_feed.parse` tells of them."""
    pages = [answer for answer in answers if answer.role.startswith("page/")]
    details = _details([answer for answer in answers if answer.role.startswith("detail/")])
    key = ("uuid", "sistEndret")
    return {
        "rows": events(pages),
        "details": details.drop("categoryList", "workLocations"),
        "categories": _listed(details.select(*key, "categoryList"), "categoryList"),
        "locations": _listed(details.select(*key, "workLocations"), "workLocations"),
    }


def events(pages: Sequence[Answer | Kept]) -> pl.DataFrame:
    """Every change once, at its first place in the log: pages overlap, and the tip is read again.

    Raises:
        SourceChanged: naming the page and the item that is not of the agreed form.
    """
    parts = [_ENTRY_FRAME]
    for batch in _batches(pages, _PAGES_AT_ONCE):
        items = _decoded(batch, _PAGE).get_column("items")
        lines = items.filter(items.list.len() > 0).explode()
        part = lines.struct.field("_feed_entry").struct.unnest()
        if items.null_count() or any(part[key].null_count() for key in _KEYS):
            _refuse(batch)
        parts.append(part)
    every = pl.concat(parts).unique(maintain_order=True, keep="first")
    return every.with_row_index("position").with_columns(pl.col("position").cast(pl.Int64))


def wanted(
    log: pl.DataFrame, municipalities: Iterable[str], details: Iterable[str]
) -> list[tuple[str, str]]:
    """The vacancies to ask details of: active, in these municipalities, and changed since last.

    Args:
        log: The changes of `events`.
        municipalities: Names, in any case; a name in two languages has either part of it.
        details: Roles of the details that are landed.

    Returns:
        Vacancy and instant of its last change, in the order of the log.
    """
    names = [name.upper() for name in municipalities]
    parts = pl.col("municipal").str.to_uppercase().str.split(" - ")
    ours = parts.list.eval(pl.element().is_in(names)).list.any()
    last = log.unique("uuid", keep="last", maintain_order=True)
    active = last.filter((pl.col("status") == "ACTIVE") & ours)
    known: dict[str, datetime] = {}
    for role in details:
        _, uuid, instant = role.split("/", 2)
        known[uuid] = max(known.get(uuid, _NEVER), datetime.fromisoformat(instant))
    asked = active.select("uuid", "sistEndret").rows()
    return [(u, at) for u, at in asked if datetime.fromisoformat(at) > known.get(u, _NEVER)]


_NEVER = datetime.fromisoformat("0001-01-02T00:00:00Z")
_ENTRY_FRAME = pl.DataFrame(schema=_ENTRY)


def _details(details: Sequence[Answer | Kept]) -> pl.DataFrame:
    """One row per vacancy and change, the last answer where it was asked for twice."""
    parts = [_flat(pl.DataFrame(schema={"answer": _DETAIL}))]
    for batch in _batches(details, _DETAILS_AT_ONCE):
        part = _flat(_decoded(batch, _DETAIL, "answer"))
        if any(part[key].null_count() for key in _KEYS):
            _refuse(batch)
        parts.append(part)
    return pl.concat(parts).unique(["uuid", "sistEndret"], keep="last", maintain_order=True)


def _flat(answers: pl.DataFrame) -> pl.DataFrame:
    said = answers.unnest("answer")
    advertisement = pl.col("ad_content").struct
    return said.select(
        "uuid",
        "sistEndret",
        "status",
        *(advertisement.field(name) for name in _TEXTS),
        advertisement.field("employer").struct.field("orgnr"),
        pl.col("konstruert").fill_null(value=False),
        advertisement.field("categoryList"),
        advertisement.field("workLocations"),
    )


def _listed(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """One row per element of a list, with its place in it."""
    place = pl.int_ranges(pl.col(column).list.len()).alias("position")
    full = rows.filter(pl.col(column).list.len() > 0)
    return full.with_columns(place).explode(column, "position").unnest(column)


def _decoded(
    answers: Sequence[Answer | Kept], form: pl.Struct, name: str | None = None
) -> pl.DataFrame:
    texts = pl.Series([answer.content.decode("utf-8", "replace") for answer in answers])
    try:
        found = texts.str.json_decode(form)
    except pl.exceptions.PolarsError:
        _refuse(answers)
    if len(found) != len(answers):  # an empty text is decoded to no row at all
        _refuse(answers)
    return found.alias(name).to_frame() if name else found.struct.unnest()


def _refuse(answers: Sequence[Answer | Kept]) -> NoReturn:
    """Say which answer is not of the agreed form, and where in it."""
    for answer in answers:
        (page if answer.role.startswith("page/") else detail)(answer.content, answer.role)
    raise changed("sider og detaljer som landet", answers[0].role, "ukjent sted")


def _batches(answers: Sequence[Answer | Kept], size: int) -> Iterator[list[Answer | Kept]]:
    rest = iter(answers)
    while batch := list(islice(rest, size)):
        yield batch
