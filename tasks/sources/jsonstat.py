"""JSON-stat 2.0 datasets to Polars: one decode, then whole columns, never a loop over cells.

The format: https://json-stat.org/full/ (row-major `value`, the last dimension fastest; `value` and
`status` dense or keyed by position; `category.index` optional). Statistics Norway's marks `.`
(impossible), `..` (missing) and `:` (confidential) come as `status` beside a null.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import polars as pl

from tasks.errors import SourceChanged

MAX_SPARSE_CELLS = 50_000_000  # a few bytes of `size` must not ask for all the memory there is
SLICE_BYTES = 1 << 16
OWN_COLUMNS = {"value", "status"}
REMEDY = "sammenlign svaret med https://json-stat.org/full/ og se om kilden har lagt om formatet"


@dataclass(frozen=True)
class Dimension:
    """One dimension and its categories, in the order of the source.

    Attributes:
        id: The source's name of it.
        label: Name to show.
        codes: Category codes; positions in a cube refer to these.
        labels: One label per code.
        units: Unit of measure per code, where the source gives one.
        decimals: Decimals per code, where the source gives them.
        elimination: Whether a query may leave the dimension out (PxWeb's extension).
    """

    id: str
    label: str
    codes: tuple[str, ...]
    labels: tuple[str, ...]
    units: tuple[str | None, ...]
    decimals: tuple[int | None, ...]
    elimination: bool


@dataclass(frozen=True)
class Note:
    """A footnote; on a category, a dimension (no code), or the whole dataset (neither)."""

    dimension: str | None
    code: str | None
    text: str


@dataclass(frozen=True)
class Description:
    """A dataset without its cells: what PxWebApi v2 calls metadata.

    Attributes:
        label: The table's title.
        updated: The source's own time stamp, UTC.
        dimensions: In the order of the cells.
        time: Ids of the dimensions that are time.
        notes: Footnotes.
    """

    label: str
    updated: datetime | None
    dimensions: tuple[Dimension, ...]
    time: tuple[str, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Cube:
    """A dataset with its cells in row-major order, the last dimension fastest.

    Attributes:
        head: Everything but the cells.
        value: Float64, null where the source has no figure.
        status: Text, null where the cell is an ordinary figure.
    """

    head: Description
    value: pl.Series
    status: pl.Series


class _Unit(msgspec.Struct):
    base: str | None = None
    label: str | None = None
    decimals: int | None = None


class _Category(msgspec.Struct):
    index: dict[str, int] | list[str] | None = None
    label: dict[str, str] | None = None
    unit: dict[str, _Unit] | None = None
    note: dict[str, str | list[str]] | None = None


class _DimensionExtension(msgspec.Struct):
    elimination: bool = False


class _Dimension(msgspec.Struct):
    category: _Category
    label: str | None = None
    note: str | list[str] | None = None
    extension: _DimensionExtension | None = None


class _Role(msgspec.Struct):
    time: list[str] = []


class _Head(msgspec.Struct):
    version: str
    kind: str = msgspec.field(name="class")
    id: list[str]
    size: list[int]
    dimension: dict[str, _Dimension]
    label: str | None = None
    updated: str | None = None
    role: _Role | None = None
    note: str | list[str] | None = None


class _Edition(msgspec.Struct):
    updated: str | None = None


class _Dataset(_Head, kw_only=True):
    value: msgspec.Raw
    status: str | list[str | None] | dict[int, str | None] | None = None


_edition_decoder = msgspec.json.Decoder(_Edition)
_head_decoder = msgspec.json.Decoder(_Head)
_dataset_decoder = msgspec.json.Decoder(_Dataset)
_dense_decoder = msgspec.json.Decoder(list[float | None])
_sparse_decoder = msgspec.json.Decoder(dict[int, float | None])


def describe(content: bytes) -> Description:
    """Read everything but the cells.

    Raises:
        SourceChanged: not a JSON-stat 2.0 dataset; names the place.
    """
    return _description(_decoded(_head_decoder, content))


def edition(content: bytes) -> datetime | None:
    """When the source last updated the dataset, UTC; nothing else is read."""
    return instant(_decoded(_edition_decoder, content).updated)


def decode(content: bytes) -> Cube:
    """Read a dataset.

    Args:
        content: The JSON text, UTF-8.

    Raises:
        SourceChanged: not a JSON-stat 2.0 dataset, or its parts do not fit together; names the
            place.
    """
    document = _decoded(_dataset_decoder, content)
    head = _description(document)
    cells = math.prod(document.size)
    return Cube(head, _values(document, cells), _statuses(document, cells))


def frame(cube: Cube, categories: Mapping[str, Sequence[str]] | None = None) -> pl.DataFrame:
    """One row per cell: a column per dimension holding codes (Enum), `value` and `status`.

    Args:
        cube: The dataset.
        categories: Codes of each dimension's Enum, where they shall be more than the cube's own
            (parts of one table must share them to be put together).
    """
    sizes = [len(dimension.codes) for dimension in cube.head.dimensions]
    columns = []
    for position, dimension in enumerate(cube.head.dimensions):
        every = tuple(categories[dimension.id]) if categories else dimension.codes
        place = {code: number for number, code in enumerate(every)}
        codes = np.array([place[code] for code in dimension.codes], dtype=_physical(len(every)))
        inner, outer = math.prod(sizes[position + 1 :]), math.prod(sizes[:position])
        cells = np.tile(np.repeat(codes, inner), outer)
        columns.append(pl.Series(dimension.id, cells).cat.to(pl.Enum(every)))
    return pl.DataFrame([*columns, cube.value, cube.status])


def _physical(categories: int) -> type[np.unsignedinteger[Any]]:
    """The narrowest integer that Polars keeps an Enum of so many categories in."""
    if categories < 1 << 8:
        return np.uint8
    return np.uint16 if categories < 1 << 16 else np.uint32


def _decoded(decoder: Any, content: bytes, place: str = "") -> Any:
    try:
        return decoder.decode(content)
    except msgspec.ValidationError as error:
        raise _broken("et JSON-stat 2.0-datasett", f"{place}{error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _broken("gyldig JSON", f"{place}{error}") from error


def _broken(expected: str, got: str) -> SourceChanged:
    return SourceChanged(subject="JSON-stat", expected=expected, got=got, remedy=REMEDY)


def _description(document: _Head) -> Description:
    if document.kind != "dataset" or not document.version.startswith("2."):
        got = f"class «{document.kind}», version «{document.version}»"
        raise _broken("class «dataset», version «2.0»", got)
    if len(document.id) != len(document.size) or len(set(document.id)) != len(document.id):
        raise _broken(
            "én størrelse for hver dimensjon i id, uten gjentakelser",
            f"id {document.id}, size {document.size}",
        )
    dimensions = tuple(
        _dimension(document, name, size)
        for name, size in zip(document.id, document.size, strict=True)
    )
    return Description(
        label=document.label or "",
        updated=instant(document.updated),
        dimensions=dimensions,
        time=tuple(document.role.time) if document.role else (),
        notes=tuple(_notes(document)),
    )


def _dimension(document: _Head, name: str, size: int) -> Dimension:
    wire = document.dimension.get(name)
    if wire is None or name in OWN_COLUMNS:
        raise _broken(f"dimensjonen «{name}» beskrevet i dimension", "ingen eller et opptatt navn")
    codes = _codes(wire.category, name)
    if len(codes) != size or len(set(codes)) != size:
        raise _broken(
            f"{size} ulike koder i dimension.{name}.category.index",
            f"{len(codes)} koder, {len(set(codes))} ulike",
        )
    labels = wire.category.label or {}
    units = wire.category.unit or {}
    found = [units.get(code) or _Unit() for code in codes]
    return Dimension(
        id=name,
        label=wire.label or name,
        codes=tuple(codes),
        labels=tuple(labels.get(code, code) for code in codes),
        units=tuple(unit.base or unit.label for unit in found),
        decimals=tuple(unit.decimals for unit in found),
        elimination=bool(wire.extension and wire.extension.elimination),
    )


def _codes(category: _Category, name: str) -> list[str]:
    """The codes in order: by index, or as the labels stand where there is no index."""
    if isinstance(category.index, list):
        return category.index
    if category.index is None:
        if not category.label:
            raise _broken(f"index eller label i dimension.{name}.category", "ingen av dem")
        return list(category.label)
    codes = sorted(category.index, key=category.index.__getitem__)
    if sorted(category.index.values()) != list(range(len(codes))):
        raise _broken(
            f"posisjonene 0–{len(codes) - 1} i dimension.{name}.category.index",
            f"{sorted(category.index.values())[:20]}",
        )
    return codes


def _values(document: _Dataset, cells: int) -> pl.Series:
    """The cells as Float64."""
    text = bytes(document.value)
    if not text.startswith(b"{"):
        dense = _dense(text)
        if len(dense) != cells:
            raise _broken(f"{cells} verdier i value", f"{len(dense)} verdier")
        return dense
    sparse = _decoded(_sparse_decoder, text, "value: ")
    positions = _positions(list(sparse), cells, "value")
    figures = pl.Series(list(sparse.values()), dtype=pl.Float64)
    values = np.zeros(cells)
    filled = np.zeros(cells, dtype=bool)
    values[positions] = figures.fill_null(0).to_numpy()
    filled[positions] = figures.is_not_null().to_numpy()
    return pl.select(pl.when(pl.Series(filled)).then(pl.Series(values)).alias("value")).to_series()


def _dense(text: bytes) -> pl.Series:
    """The numbers of a JSON array, a slice at a time.

    One slice's Python numbers fit in the processor's cache and are let go before the next slice:
    a fifth faster than the array in one go, at half the memory. The array has been found whole by
    the decoder; a comma inside anything but an array of numbers makes a slice that is refused.
    """
    if not text.startswith(b"["):
        raise _broken("en liste eller et objekt i value", repr(text[:40]))
    series = []
    start, end = 1, len(text) - 1
    while start < end:
        cut = text.find(b",", start + SLICE_BYTES)
        stop = cut if cut > 0 else end
        try:
            numbers = _dense_decoder.decode(b"[" + text[start:stop] + b"]")
        except (msgspec.DecodeError, UnicodeDecodeError):
            # Again in one go: the message then names the place in the whole array.
            numbers = _decoded(_dense_decoder, text, "value: ")
        series.append(pl.Series("value", numbers, dtype=pl.Float64))
        start = stop + 1
    return pl.concat(series, rechunk=False) if series else pl.Series("value", [], pl.Float64)


def _statuses(document: _Dataset, cells: int) -> pl.Series:
    """The marks as text, null for an ordinary figure."""
    status = document.status
    document.status = None
    if not status:
        return pl.Series("status", [None], dtype=pl.String).new_from_index(0, cells)
    if isinstance(status, str):
        return pl.Series("status", [status], dtype=pl.String).new_from_index(0, cells)
    if isinstance(status, list):
        if len(status) != cells:
            raise _broken(f"{cells} statuser", f"{len(status)} statuser")
        marks = pl.Series("status", status, dtype=pl.String)
        return marks.set(marks == "", None)
    # The few distinct marks become categories, so that only numbers are laid out cell by cell.
    names = sorted({mark for mark in status.values() if mark})
    place = {name: number for number, name in enumerate(names, start=1)}
    dense = np.zeros(cells, dtype=np.uint32)
    dense[_positions(list(status), cells, "status")] = [
        place.get(mark or "", 0) for mark in status.values()
    ]
    return pl.Series("status", [None, *names], dtype=pl.String).gather(pl.Series(dense))


def _positions(keys: list[int], cells: int, key: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    if cells > MAX_SPARSE_CELLS:
        raise _broken(f"høyst {MAX_SPARSE_CELLS} celler", f"{cells} celler")
    if keys and not (min(keys) >= 0 and max(keys) < cells):
        raise _broken(f"posisjoner 0–{cells - 1} i {key}", f"posisjon {min(keys)}–{max(keys)}")
    return np.array(keys, dtype=np.int64)


def _notes(document: _Head) -> list[Note]:
    notes = [Note(None, None, text) for text in _texts(document.note)]
    for name in document.id:
        wire = document.dimension[name]
        notes += [Note(name, None, text) for text in _texts(wire.note)]
        for code, note in (wire.category.note or {}).items():
            notes += [Note(name, code, text) for text in _texts(note)]
    return notes


def _texts(note: str | list[str] | None) -> list[str]:
    return [note] if isinstance(note, str) else note or []


def instant(text: str | None) -> datetime | None:
    """A time stamp as UTC; one without a zone is taken to be UTC."""
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise _broken("et tidspunkt (ISO 8601) i updated", f"«{text}»") from error
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
