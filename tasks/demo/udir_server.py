"""Udir's statistics portal: report pages, and the data endpoint that a page names."""

from __future__ import annotations

import csv
import re
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from tasks.demo import wire

FILTER = re.compile(r"(?P<name>[A-Za-z]+(?:_[A-Za-z]+)*ID)\((?P<values>[^()]*)\)")
STEM = "rest/v1"


class Wrong(Exception):
    """A request that the portal turns down, in its own words."""


class Page:
    """One report page and its figures, read when they are first asked for."""

    def __init__(self, path: Path, version: int) -> None:
        self._path = path
        self.head: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        self.code: str = self.head["kode"]
        subject, _, rest = self.code.partition("_")
        # The number before the last segment is the version, which changes without notice.
        self.stem = f"{STEM}/Statistikk/{subject}/{rest.upper()}/1/{version}"

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """The figures, one row per area, column and filter value."""
        with self._path.with_suffix(".csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    @property
    def levels(self) -> list[str]:
        """The headers above the measure, outermost first; the outermost is the period."""
        columns = [c for c in self.rows[0] if re.fullmatch(r"column_\d+", c)]
        return sorted(columns, key=lambda c: int(c.removeprefix("column_")))


class Mount:
    """`/udir`, over `udir/`."""

    def __init__(self, sample: Path, options: wire.Options) -> None:
        self._folder = sample / "udir"
        self._version = options.udir_version
        self._known: dict[str, Page] = {}

    def answer(self, request: wire.Request) -> wire.Response:
        """A page by its code, or the data behind an endpoint."""
        if request.method != "GET":
            return wire.text_response("Method Not Allowed", 405)
        pages = self._pages()
        prefix = f"{STEM}/Rapportside/"
        if request.path.startswith(prefix):
            page = pages.get(request.path.removeprefix(prefix))
            return describe(page) if page else _error("Rapportsiden finnes ikke!", 404)
        for page in pages.values():
            if request.path == f"{page.stem}/data":
                try:
                    return wire.json_response(_data(page, request))
                except Wrong as wrong:
                    return _error(str(wrong), 400)
        return _error("Ressursen finnes ikke!", 404)

    def _pages(self) -> dict[str, Page]:
        for path in self._folder.glob("*.toml"):
            if path.stem not in self._known:
                self._known[path.stem] = Page(path, self._version)
        return {page.code: page for page in self._known.values()}


def describe(page: Page) -> wire.Response:
    """The page's description, with the key that the live service writes twice."""
    hierarchy = page.head["rowHierarchy"]
    element = {
        "navn": page.head["navn"],
        "rapportelementnr": 1,
        "dataEndepunkt": f"{page.stem}/data",
        "defaultRadsti": ".".join("*" for _ in hierarchy),
        "rapportelementtypenavn": "Drilltabell",
    }
    content = {
        "rappside": {
            "id": page.head["id"],
            "kode": page.code,
            "navn": page.head["navn"],
            "gyldigeFiltre": page.head["gyldigeFiltre"],
            "filterSpecEndepunkt": f"{page.stem}/filterSpec",
            "filterVerdiEndepunkt": f"{page.stem}/filterVerdier",
            "filterStatusEndepunkt": f"{page.stem}/filterStatus",
            "erPrikket": True,
            "kanVises": True,
            "filterDefaultVerdier": page.head["filterDefaultVerdier"],
            "rapportElementer": [element],
        }
    }
    key = b'"rapportelementtypenavn":'
    body = msgspec.json.encode(content).replace(key, key + b'"D_TAB",' + key)
    return wire.Response(200, wire.JSON_TYPE, body)


def _error(message: str, status: int) -> wire.Response:
    kind = "Feil i forespørselen" if status == 400 else "Ikke funnet"
    return wire.json_response({"kode": status, "feiltype": kind, "melding": message}, status)


def _data(page: Page, request: wire.Request) -> dict[str, Any]:
    """Rows by area, with one text per column; columns as nested headers."""
    chosen = _chosen(page, request.parameter("filter"))
    path = request.parameter("radSti", ".".join("*" for _ in page.head["rowHierarchy"]))
    rows = [
        row
        for row in page.rows
        if all(row[column] in values for column, values in chosen.items())
        and _on_path(row, path.split("."))
    ]
    # The periods come in the order of the file, whatever the order asked for.
    levels = [*page.levels, "measure"]
    headings = _ordered([tuple(row[level] for level in levels) for row in rows])
    at = {heading: number for number, heading in enumerate(headings)}
    with_codes = request.parameter("inkluderKoder").lower() == "true"
    areas: dict[str, dict[str, Any]] = {}
    for row in rows:
        area = areas.setdefault(row["id"], _area(row, len(headings), with_codes))
        area["data"][at[tuple(row[level] for level in levels)]] = row["value"]
        if row["constructed"].lower() == "true":
            area["konstruert"] = True
    return {
        "metadata": {
            "rowHierarchy": page.head["rowHierarchy"],
            "columns": [_heading_row(headings, depth) for depth in range(1, len(levels) + 1)],
        },
        "rows": list(areas.values()),
    }


def _area(row: dict[str, str], width: int, with_codes: bool) -> dict[str, Any]:
    """A row before its figures; a combination without a figure stays an empty text."""
    code = {"kode": row["kode"]} if with_codes else {}
    return {"navn": row["navn"], **code, "id": row["id"], "data": [""] * width}


def _chosen(page: Page, text: str) -> dict[str, set[str]]:
    """The values of the time filter, and of every other filter that the figures have, by column.

    Raises:
        Wrong: without a filter, or with one that the page does not know.
    """
    if not text:
        raise Wrong("Filter må oppgis!")
    parts = {m["name"]: re.split(r"[_.,]", m["values"]) for m in FILTER.finditer(text)}
    if re.sub(r"_", "", FILTER.sub("", text)) or not parts:
        raise Wrong(f"Filteret kan ikke leses: {text}")
    if unknown := sorted(set(parts) - set(page.head["gyldigeFiltre"])):
        raise Wrong(f"Ugyldig filter: {', '.join(unknown)}")
    columns = {page.head["time_filter"]: "filter"}
    columns |= {name: name for name in page.head["gyldigeFiltre"] if name in page.rows[0]}
    default = page.head["filterDefaultVerdier"]
    return {
        column: {str(value).strip() for value in parts.get(name, default.get(name, []))}
        for name, column in columns.items()
    }


def _on_path(row: dict[str, str], path: list[str]) -> bool:
    """Whether a row lies on a path: as deep as the path, and under the ids that it names.

    `*` and the negative ids of totals, such as `-12`, stand for any id.
    """
    if int(row["level"]) >= len(path):
        return False
    return all(
        wanted == "*" or wanted.startswith("-") or wanted == given
        for wanted, given in zip(path, row["id"].split("."), strict=False)
    )


def _ordered(headings: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The distinct headings, those under one header side by side, in order of first appearance."""
    rank: dict[tuple[str, ...], int] = {}
    for heading in headings:
        for depth in range(1, len(heading) + 1):
            rank.setdefault(heading[:depth], len(rank))

    def place(heading: tuple[str, ...]) -> list[int]:
        return [rank[heading[:depth]] for depth in range(1, len(heading) + 1)]

    return sorted(dict.fromkeys(headings), key=place)


def _heading_row(headings: list[tuple[str, ...]], depth: int) -> list[dict[str, Any]]:
    """The headers of one depth, each with the number of columns under it."""
    row: list[dict[str, Any]] = []
    before: tuple[str, ...] | None = None
    for heading in headings:
        if heading[:depth] != before:
            row.append({"name": heading[depth - 1], "columnCount": 0})
            before = heading[:depth]
        row[-1]["columnCount"] += 1
    return row
