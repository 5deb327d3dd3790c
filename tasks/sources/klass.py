"""KLASS, Statistics Norway's register of classifications: codes, changes and correspondences.

Wire facts (KLASS API guide, https://data.ssb.no/api/klass/v1/api-guide.html): the default answer is
XML, so JSON or CSV is asked for by the Accept header; CSV comes in ISO-8859-1; `to` is exclusive;
`level` is a string; an end that is open is null, empty or `+999999999-12-31`; `corresponds` answers
404 when the correspondence table is missing for a part of the range.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, Self

import msgspec
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tasks.errors import SourceChanged

if TYPE_CHECKING:
    from tasks.sources import Answer
    from tasks.sources.transport import Client

# A field of the selection is itself named `date`.
Day = date
Operation = Literal["codes", "codes_at", "changes", "corresponds"]

ENDPOINT = {
    "codes": "codes",
    "codes_at": "codesAt",
    "changes": "changes",
    "corresponds": "corresponds",
}
CODE_COLUMNS = {
    "code": pl.String(),
    "parentCode": pl.String(),
    "level": pl.Int16(),
    "name": pl.String(),
    "shortName": pl.String(),
    "presentationName": pl.String(),
    "validFrom": pl.Date(),
    "validTo": pl.Date(),
    "validFromInRequestedRange": pl.Date(),
    "validToInRequestedRange": pl.Date(),
    "notes": pl.String(),
}
CHANGE_COLUMNS = {
    "oldCode": pl.String(),
    "oldName": pl.String(),
    "newCode": pl.String(),
    "newName": pl.String(),
    "changeOccurred": pl.Date(),
}
CORRESPONDENCE_COLUMNS = {
    "sourceCode": pl.String(),
    "sourceName": pl.String(),
    "targetCode": pl.String(),
    "targetName": pl.String(),
    # A range of dates answers with the validity of each pair; "konstruert" is the bundled server's.
    "validFrom": pl.Date(),
    "validTo": pl.Date(),
    "konstruert": pl.String(),
}
# What stands for "no end" (and "no start"): the largest and smallest date of the server's language,
# which no date parser accepts.
OPEN_DATES = ["", "+999999999-12-31", "-999999999-01-01"]


class Layout(msgspec.Struct, frozen=True):
    """How one kind of answer is laid out.

    Attributes:
        member: The JSON member that holds the rows.
        columns: The frame's columns and types.
        required: Columns that must be on the wire. The others may be missing (the older form of
            the CSV has no `parentCode`) and are then null.
        filled: Columns in which no cell may be empty.
        may_be_empty: Whether no rows at all is an answer.
    """

    member: str
    columns: dict[str, Any]
    required: tuple[str, ...]
    filled: tuple[str, ...]
    may_be_empty: bool = False


_CODES = Layout("codes", CODE_COLUMNS, ("code", "level", "name"), ("code", "level", "name"))
LAYOUTS: dict[str, Layout] = {
    "codes": _CODES,
    "codes_at": _CODES,
    # A row without oldCode is a new code, one without newCode a code that ceased: JSON then leaves
    # the key out, and all rows of an answer may do so.
    "changes": Layout(
        "codeChanges", CHANGE_COLUMNS, ("changeOccurred",), ("changeOccurred",), may_be_empty=True
    ),
    "corresponds": Layout(
        "correspondenceItems",
        CORRESPONDENCE_COLUMNS,
        ("sourceCode", "targetCode"),
        ("sourceCode", "targetCode"),
    ),
}


class Selection(BaseModel):
    """What a dataset asks KLASS for.

    Attributes:
        classification: KLASS id, for example 131 (municipalities).
        operation: `codes` and `changes` and `corresponds` take a range, `codes_at` one date.
        date: For `codes_at`: a date, or `as_of` for the Oslo date of the night.
        from_date: First day of the range.
        to_date: First day after the range; left out, the range is open.
        target: For `corresponds`: KLASS id of the classification to map to.
        select_level: Only the codes of this level.
        include_future: Also what is decided but not yet valid.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    classification: int = Field(ge=1)
    operation: Operation
    date: Day | Literal["as_of"] | None = None
    from_date: Day | None = None
    to_date: Day | None = None
    target: int | None = Field(default=None, ge=1)
    language: Literal["nb", "nn", "en"] = "nb"
    format: Literal["json", "csv"] = "json"
    select_level: int | None = Field(default=None, ge=1)
    include_future: bool = False

    @model_validator(mode="after")
    def _keys_fit_the_operation(self) -> Self:
        wanted = {"codes_at": {"date"}, "corresponds": {"from_date", "target"}}.get(
            self.operation, {"from_date"}
        )
        allowed = wanted | (set() if self.operation == "codes_at" else {"to_date"})
        for key in ("date", "from_date", "to_date", "target"):
            given = getattr(self, key) is not None
            if given and key not in allowed:
                raise ValueError(f"{key} hører ikke til operation = {self.operation!r}")
            if not given and key in wanted:
                raise ValueError(f"operation = {self.operation!r} krever {key}")
        if self.to_date and self.from_date and self.to_date <= self.from_date:
            raise ValueError("to_date er første dag etter perioden og må være etter from_date")
        return self


def fetch(client: Client, base_url: str, selection: Selection, as_of: date) -> Iterator[Answer]:
    """The one answer that the dataset needs, in role `data`.

    Raises:
        SourceChanged: KLASS refused, for `corresponds` also because no table covers the range.
    """
    from tasks.sources.body import Refused

    url = f"{base_url}/classifications/{selection.classification}/{ENDPOINT[selection.operation]}"
    accept = "application/json" if selection.format == "json" else "text/csv"
    try:
        yield client.get(
            url, role="data", params=_parameters(selection, as_of), accept=accept, expect=(accept,)
        )
    except Refused as error:
        if selection.operation == "corresponds" and error.status == 404:
            error.expected = "en korrespondansetabell for hele perioden"
            error.remedy = (
                f"sett from_date til dagen tabellen mellom {selection.classification} og "
                f"{selection.target} begynte å gjelde"
            )
        raise


def _parameters(selection: Selection, as_of: date) -> dict[str, str]:
    day = as_of if selection.date == "as_of" else selection.date
    wanted: dict[str, Any] = {
        "date": day,
        "targetClassificationId": selection.target,
        "from": selection.from_date,
        "to": selection.to_date,
        "language": selection.language,
        "selectLevel": selection.select_level,
        "includeFuture": "true" if selection.include_future else None,
        "csvSeparator": ";" if selection.format == "csv" else None,
    }
    return {key: str(value) for key, value in wanted.items() if value is not None}


def parse(answers: Sequence[Answer], selection: Selection) -> dict[str, pl.DataFrame]:
    """The rows of an answer under the wire's own keys.

    Returns:
        `rows`: one row per code (per period in which it stood unchanged, for `codes`), change or
        pair of codes; dates as Date with open ends null, `level` Int16, empty text null.

    Raises:
        SourceChanged: The answer is not of the layout, or has no rows.
    """
    layout = LAYOUTS[selection.operation]
    content = b"".join(answer.content for answer in answers if answer.role == "data")
    if selection.format == "json":
        wire = _from_json(content, layout)
        ranged = ("validFromInRequestedRange", "validToInRequestedRange")
        required = layout.required + (ranged if selection.operation == "codes" else ())
    else:
        wire = _from_csv(content, _charset(answers))
        required = layout.required
    if wire.columns:
        _require_columns(wire, required)
    if not wire.height:
        if not layout.may_be_empty:
            raise _changed("minst én rad", "et tomt svar")
        return {"rows": pl.DataFrame(schema=layout.columns)}
    return {"rows": _typed(wire, layout)}


def updated(answers: Sequence[Answer]) -> datetime | None:
    """KLASS answers carry no time stamp of their own."""
    return None


def _from_json(content: bytes, layout: Layout) -> pl.DataFrame:
    schema = dict.fromkeys(layout.columns, pl.String())
    try:
        document = msgspec.json.decode(content, type=dict[str, Any])
        rows = msgspec.convert(document.get(layout.member), list[dict[str, str | None]])
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise _changed(f"JSON med listen «{layout.member}»", f"noe annet ({error})") from error
    present = {key for row in rows for key in row}
    names = [name for name in schema if name in present]
    return pl.DataFrame(rows, schema={name: pl.String() for name in names})


def _charset(answers: Sequence[Answer]) -> str:
    for answer in answers:
        declared = answer.headers.get("content-type", "").lower().partition("charset=")[2]
        if declared.strip("\"' ") in {"utf-8", "utf8"}:
            return "utf-8-sig"
    return "iso-8859-1"


def _from_csv(content: bytes, charset: str) -> pl.DataFrame:
    try:
        text = content.decode(charset)
    except UnicodeDecodeError as error:
        raise _changed(f"CSV i tegnsettet {charset}", str(error)) from error
    header = text.partition("\n")[0]
    try:
        return pl.read_csv(
            text.encode(), separator=";" if ";" in header else ",", infer_schema=False
        )
    except pl.exceptions.PolarsError as error:
        # Longer rows than the header, or nothing at all; shorter rows end in empty cells.
        raise _changed("CSV med like mange felt som overskriften", str(error)) from error


def _require_columns(wire: pl.DataFrame, required: tuple[str, ...]) -> None:
    missing = [name for name in required if name not in wire.columns]
    if missing:
        # A 404 in CSV form is a plain sentence, which is then the only column name.
        raise _changed(
            f"kolonnene {', '.join(required)}",
            f"«{', '.join(wire.columns)[:300]}» (mangler {', '.join(missing)})",
        )


def _typed(wire: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    blank = wire.with_columns(pl.all().replace("", None))
    columns = []
    for name, kind in layout.columns.items():
        if name not in wire.columns:
            columns.append(pl.lit(None, dtype=kind).alias(name))
        elif kind == pl.Date():
            text = pl.when(~pl.col(name).is_in(OPEN_DATES)).then(pl.col(name))
            columns.append(text.str.to_date("%Y-%m-%d", strict=False).alias(name))
        else:
            columns.append(pl.col(name).cast(kind, strict=False))
    frame = blank.select(columns)
    for name in layout.columns:
        if name in wire.columns:
            _refuse_misread(blank[name], frame[name])
    for name in layout.filled:
        if frame[name].null_count():
            row = frame[name].is_null().arg_true()[0] + 1
            raise _changed(f"en verdi i «{name}»", f"en tom celle i rad {row}")
    return frame


def _refuse_misread(before: pl.Series, after: pl.Series) -> None:
    lost = before.filter(after.is_null() & before.is_not_null() & ~before.is_in(OPEN_DATES))
    if lost.len():
        kind = "en dato som 2024-01-31" if after.dtype == pl.Date else "et helt tall"
        raise _changed(f"{kind} i «{before.name}»", f"«{lost[0]}»")


def _changed(expected: str, got: str) -> SourceChanged:
    return SourceChanged(
        subject="KLASS",
        expected=expected,
        got=got,
        remedy="se på det landede svaret og hold det mot API-guiden til KLASS",
    )
