"""What a table offers, what a selection asks of it, and the requests that fetch it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode

import msgspec
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tasks.errors import ConfigurationError, SourceChanged
from tasks.sources import Answer, Kept, jsonstat
from tasks.sources.pxweb_expressions import check, expand, is_expression
from tasks.sources.pxweb_grid import chunk_counts, parts

MAX_REQUESTS = 300  # ten minutes at 30 calls a minute: more is a selection written by mistake
MAX_URL = 2_000
SHOWN = 20


class VariableSelection(BaseModel):
    """What is asked of one variable.

    Attributes:
        values: Codes and expressions (`*`, `50*`, `top(5)`, `from(2016)` …).
        codelist: The grouping or value set that the codes belong to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    values: list[str] = Field(min_length=1)
    codelist: str | None = Field(default=None, pattern=r"^(agg|vs)_\S+$")

    @field_validator("values")
    @classmethod
    def _well_formed(cls, values: list[str]) -> list[str]:
        if len(set(values)) != len(values):
            raise ValueError("samme verdi står to ganger")
        return [check(value) for value in values]


class Selection(BaseModel):
    """A table of a PxWeb statistics bank, and what is wanted of it.

    Attributes:
        table_id: The table's id.
        variables: One entry per variable; a variable that is left out is summed over by the
            source, which it must allow.
        api: Protocol version.
        language: Language of labels.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    table_id: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    variables: dict[str, VariableSelection] = Field(min_length=1)
    api: Literal["v2", "v0"] = "v2"
    language: Literal["no", "en"] = "no"

    @model_validator(mode="after")
    def _codelists_of_v0_take_codes(self) -> Selection:
        for name, variable in self.variables.items():
            if self.api == "v0" and variable.codelist and any(map(is_expression, variable.values)):
                raise ValueError(f"v0 tar bare koder, ikke uttrykk, i en kodeliste («{name}»)")
        return self


@dataclass(frozen=True)
class Offer:
    """A variable as the table offers it.

    Attributes:
        id: The variable.
        codes: Its codes, in order.
        labels: One label per code.
        required: Whether every query must select from it.
        is_time: Whether it is time.
    """

    id: str
    codes: tuple[str, ...]
    labels: tuple[str, ...]
    required: bool
    is_time: bool


@dataclass(frozen=True)
class Axis:
    """One dimension of what a selection asks for.

    Attributes:
        id: The variable.
        codes: The codes asked for, each once, in the table's order.
        short: The shortest way to ask for all of them at once.
        codelist: The code list that they belong to.
    """

    id: str
    codes: tuple[str, ...]
    short: tuple[str, ...]
    codelist: str | None

    def wire(self, part: tuple[str, ...]) -> tuple[str, ...]:
        """How a part of the codes is asked for."""
        return self.short if part == self.codes else part


class _V0Variable(msgspec.Struct):
    code: str
    values: list[str]
    labels: list[str] = msgspec.field(name="valueTexts", default_factory=list)
    elimination: bool = False
    time: bool = False


class _V0Metadata(msgspec.Struct):
    variables: list[_V0Variable]


class _Code(msgspec.Struct):
    code: str


class _Codelist(msgspec.Struct):
    values: list[_Code]


def offers(selection: Selection, metadata: Answer | Kept) -> list[Offer]:
    """The variables of the table, in its own order."""
    if selection.api == "v2":
        head = jsonstat.describe(metadata.content)
        return [
            Offer(d.id, d.codes, d.labels, required=not d.elimination, is_time=d.id in head.time)
            for d in head.dimensions
        ]
    document = _decoded(metadata, _V0Metadata)
    return [
        Offer(
            v.code,
            tuple(v.values),
            tuple(v.labels or v.values),
            required=not v.elimination,
            is_time=v.time,
        )
        for v in document.variables
    ]


def codelist_codes(answer: Answer) -> tuple[str, ...]:
    """The codes of a code list, in order."""
    return tuple(value.code for value in _decoded(answer, _Codelist).values)


def _decoded(answer: Answer | Kept, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SourceChanged(
            subject=answer.role,
            expected="metadata slik PxWebApi beskriver dem",
            got=str(error),
            remedy=f"åpne {answer.url} og se om formatet er lagt om",
        ) from error


def axes(
    selection: Selection, offered: Sequence[Offer], codelists: dict[str, tuple[str, ...]]
) -> list[Axis]:
    """What the selection asks for, checked against what the table offers.

    Args:
        selection: The catalogue entry.
        offered: The table's variables.
        codelists: Codes of each variable that is asked for through a code list.

    Returns:
        One axis per selected variable, in the table's order.

    Raises:
        SourceChanged: a variable or code does not exist, or a required variable is left out;
            names it and what exists.
    """
    known = {offer.id: offer for offer in offered}
    for name in selection.variables:
        if name not in known:
            raise _mismatch(selection, f"variabelen «{name}»", f"variablene {', '.join(known)}")
    missing = [o.id for o in offered if o.required and o.id not in selection.variables]
    if missing:
        raise _mismatch(
            selection,
            f"utvalg for {', '.join(f'«{name}»' for name in missing)}, som ikke kan utelates",
            f"utvalg for {', '.join(selection.variables)}",
        )
    return [
        _axis(selection, offer, codelists.get(offer.id))
        for offer in offered
        if offer.id in selection.variables
    ]


def _axis(selection: Selection, offer: Offer, codelist: tuple[str, ...] | None) -> Axis:
    wanted = selection.variables[offer.id]
    codes = offer.codes if codelist is None else codelist
    if wanted.codelist and codelist is None:  # v0 does not tell what a code list holds
        return Axis(offer.id, tuple(wanted.values), tuple(wanted.values), wanted.codelist)
    expanded = {value: expand(value, codes, is_time=offer.is_time) for value in wanted.values}
    for value, found in expanded.items():
        if not found:
            more = f" … ({len(codes)} i alt)" if len(codes) > SHOWN else ""
            raise _mismatch(
                selection,
                f"kode «{value}» i «{offer.id}»",
                f"kodene {', '.join(codes[:SHOWN])}{more}",
            )
    chosen = {code for found in expanded.values() for code in found}
    asked = tuple(code for code in codes if code in chosen)
    overlap = sum(map(len, expanded.values())) > len(asked)
    ways = [asked] if overlap else [asked, tuple(wanted.values)]
    if len(asked) == len(codes):
        ways.append(("*",))
    # A value that came twice would end in an empty 500, so overlapping expressions are spelt out.
    return Axis(offer.id, asked, min(ways, key=lambda way: len(",".join(way))), wanted.codelist)


def _mismatch(selection: Selection, expected: str, got: str) -> SourceChanged:
    return SourceChanged(
        subject=f"tabell {selection.table_id}",
        expected=expected,
        got=got,
        remedy="rett [dataset.selection] i katalogen etter det tabellen har nå",
    )


def requests(
    selection: Selection, asked: Sequence[Axis], limit: int
) -> Iterator[list[tuple[str, ...]]]:
    """The fewest requests that fetch the grid; each is one part of every axis.

    Args:
        selection: Names the table in a refusal.
        asked: The axes.
        limit: Cells that one request may ask for, empty ones included.

    Raises:
        ConfigurationError: the selection is far bigger than any report needs.
    """
    sizes = [len(axis.codes) for axis in asked]
    cells = math.prod(sizes)
    if cells > limit * MAX_REQUESTS:
        raise ConfigurationError(
            subject=f"tabell {selection.table_id}",
            expected=f"høyst {limit * MAX_REQUESTS} celler",
            got=f"{cells} ({' × '.join(map(str, sizes))})",
            remedy="snevre inn [dataset.selection] i katalogen",
        )
    counts = chunk_counts(sizes, limit)
    cut = [parts(axis.codes, count) for axis, count in zip(asked, counts, strict=True)]
    for combination in itertools.product(*cut):
        yield list(combination)


def v2_query(selection: Selection, asked: Sequence[Axis], chosen: Sequence[tuple[str, ...]]) -> str:
    """The query string of a GET; a value with a comma is bracketed."""
    query = [("lang", selection.language), ("outputFormat", "json-stat2")]
    for axis, part in zip(asked, chosen, strict=True):
        values = (f"[{value}]" if "," in value else value for value in axis.wire(part))
        query.append((f"valueCodes[{axis.id}]", ",".join(values)))
        if axis.codelist:
            query.append((f"codelist[{axis.id}]", axis.codelist))
    return urlencode(query, quote_via=quote, safe="*,:()")


def v2_body(asked: Sequence[Axis], chosen: Sequence[tuple[str, ...]]) -> dict[str, Any]:
    """The body of a POST that asks the same."""
    lines = []
    for axis, part in zip(asked, chosen, strict=True):
        line: dict[str, Any] = {"variableCode": axis.id, "valueCodes": list(axis.wire(part))}
        if axis.codelist:
            line["codelist"] = axis.codelist
        lines.append(line)
    return {"selection": lines}


def v0_body(asked: Sequence[Axis], chosen: Sequence[tuple[str, ...]]) -> dict[str, Any]:
    """The body of a v0 query: everything by code, or `all`."""
    query = []
    for axis, part in zip(asked, chosen, strict=True):
        kind = "item"
        values = list(part)
        if axis.codelist:
            kind = axis.codelist.replace("_", ":", 1)
        elif axis.wire(part) == ("*",):
            kind, values = "all", ["*"]
        query.append({"code": axis.id, "selection": {"filter": kind, "values": values}})
    return {"query": query, "response": {"format": "json-stat2"}}
