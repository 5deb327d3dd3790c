"""DBH: tables asked for by POST, summed by variables or listed; every value is sent as text."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tasks.demo import wire

Row = dict[str, str]
CONSTRUCTED = "konstruert"


class Wrong(Exception):
    """The question cannot be answered; carries the words that go back."""


class Mount:
    """`/dbh`, over `dbh/tables.toml` and `dbh/<table>.csv`."""

    def __init__(self, sample: Path, options: wire.Options) -> None:
        self._folder = sample / "dbh"

    def answer(self, request: wire.Request) -> wire.Response:
        """`POST Tabeller/hentJSONTabellData`; 204 where nothing matches."""
        if request.path != "Tabeller/hentJSONTabellData" or request.method != "POST":
            return wire.not_found()
        try:
            asked = msgspec.json.decode(request.body, type=dict[str, Any])
            rows = self._rows(asked)
        except (msgspec.DecodeError, msgspec.ValidationError, Wrong) as error:
            return wire.json_response({"message": str(error)}, 400)
        if rows is None:
            return wire.not_found()
        if not rows:
            return wire.Response(204, "application/json", b"")
        return wire.json_response(rows)

    def _rows(self, asked: dict[str, Any]) -> list[Row] | None:
        tables = tomllib.loads((self._folder / "tables.toml").read_text(encoding="utf-8"))
        about = tables.get(str(asked.get("tabell_id")))
        if about is None:
            return None
        with (self._folder / f"{asked['tabell_id']}.csv").open(
            encoding="utf-8", newline=""
        ) as file:
            rows = list(csv.DictReader(file))
        for chosen in asked.get("filter", []):
            rows = _filtered(rows, chosen["variabel"], chosen["selection"])
        if asked.get("groupBy") and asked.get("variabler"):
            raise Wrong("groupBy og variabler kan ikke brukes sammen")
        if asked.get("groupBy"):
            rows = _summed(rows, asked["groupBy"], about, names=asked.get("kodetekst") == "J")
        elif asked.get("variabler") != ["*"]:
            raise Wrong("variabler skal være [*]")
        for name in reversed(asked.get("sortBy", [])):
            rows = sorted(rows, key=lambda row: row[name])
        return rows if asked.get("begrensning", "*") == "*" else rows[: int(asked["begrensning"])]


def _filtered(rows: list[Row], variable: str, selection: dict[str, Any]) -> list[Row]:
    if rows and variable not in rows[0]:
        raise Wrong(f"ukjent variabel {variable}")
    kind, values = selection["filter"], selection["values"]
    left_out = selection.get("exclude", [])
    if kind == "item" and "exclude" in selection:
        raise Wrong("exclude kan ikke brukes med item")
    if kind == "top":
        newest = sorted({row[variable] for row in rows}, reverse=True)[: int(values[0])]
        kind, values = "item", newest
    keep: dict[str, Callable[[str], bool]] = {
        "all": lambda value: True,
        "item": lambda value: value in values,
        "between": lambda value: values[0] <= value <= values[1],
        "lessthan": lambda value: value < values[0],
        "greaterthan": lambda value: value > values[0],
        "like": lambda value: value.startswith(tuple(v.removesuffix("%") for v in values)),
    }
    if kind not in keep:
        raise Wrong(f"ukjent filter {kind}")
    return [row for row in rows if keep[kind](row[variable]) and row[variable] not in left_out]


def _summed(rows: list[Row], by: list[str], about: dict[str, Any], *, names: bool) -> list[Row]:
    unknown = [name for name in by if rows and name not in rows[0]]
    if unknown:
        raise Wrong(f"ukjent variabel {', '.join(unknown)}")
    texts = [text for code, text in about.get("texts", {}).items() if code in by and names]
    kept = [*by, *(text for text in texts if text not in by)]
    sums: dict[tuple[str, ...], list[int]] = {}
    for row in rows:
        cells = sums.setdefault(tuple(row[name] for name in kept), [0] * len(about["numbers"]))
        for at, number in enumerate(about["numbers"]):
            cells[at] += int(row[number])
    marked = {CONSTRUCTED: "true"}
    return [
        dict(zip(kept, key, strict=True))
        | {name: str(cell) for name, cell in zip(about["numbers"], cells, strict=True)}
        | marked
        for key, cells in sums.items()
    ]
