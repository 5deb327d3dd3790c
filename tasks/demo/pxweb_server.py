"""Statistics Norway's Statbank: PxWebApi v2, and the older v0 beside it."""

from __future__ import annotations

import fnmatch
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from tasks.demo import pxweb_stat, pxweb_v0, wire
from tasks.demo.pxweb_select import Axis, Crash, Refused, Wish, default_wishes, resolve
from tasks.demo.pxweb_select import split_values as split
from tasks.demo.pxweb_table import Library, Table

V2 = "pxwebapi/v2/"
V0 = "v0/no/table/"
LANGUAGES = ("no", "en")
PERIODS = (("*K*", "Quarterly"), ("*M*", "Monthly"), ("*U*", "Weekly"), ("*", "Annual"))
MAX_PAGE = 10_000
KEYED = re.compile(r"(?P<what>valuecodes|codelist)\[(?P<variable>[^\]]+)\]", re.IGNORECASE)


class Mount:
    """`/ssb`, over `pxweb/`."""

    def __init__(self, sample: Path, options: wire.Options) -> None:
        self.library = Library(sample)
        self.options = options

    def answer(self, request: wire.Request) -> wire.Response:
        """Route to the version asked for."""
        try:
            if request.path.startswith(V0):
                return pxweb_v0.answer(self.library, request, V0, self.options)
            if request.path.startswith(V2):
                return self._v2(request)
        except Crash:
            return wire.Response(500, "text/plain", b"")
        except Refused as refusal:
            return problem(refusal.title, refusal.status)
        return wire.not_found()

    def _v2(self, request: wire.Request) -> wire.Response:
        # The live service's front end does not take longer addresses; POST is the way.
        if len(request.origin) + len(request.target) > self.options.max_url:
            return wire.not_found()
        if request.parameter("lang", "no") not in LANGUAGES:
            raise Refused("Unsupported language")
        match request.method, request.path.removeprefix(V2).rstrip("/").split("/"):
            case "GET", ["config"]:
                return wire.json_response(self._config())
            case "GET", ["tables"]:
                return wire.json_response(self._tables(request))
            case "GET", ["tables", name]:
                return wire.json_response(_entry(self._table(name), request.origin))
            case "GET", ["tables", name, "metadata"]:
                return wire.json_response(self._metadata(self._table(name), request.origin))
            case "GET", ["tables", name, "defaultselection"]:
                return wire.json_response(_default_selection(self._table(name)))
            case (("GET" | "POST"), ["tables", name, "data"]):
                return self._data(request, self._table(name))
            case "GET", ["codelists", name]:
                return wire.json_response(self._codelist(name))
        return wire.not_found()

    def _table(self, name: str) -> Table:
        table = self.library.table(name)
        if table is None:
            raise Refused("Non-existent table", 404)
        return table

    def _config(self) -> dict[str, Any]:
        """The live service says 0 calls here and means no number, not no limit."""
        calls, seconds = self.options.rate or (0, 60)
        return {
            "apiVersion": "2.0.0",
            "appVersion": "2.0.0",
            "languages": [{"id": "no", "label": "Norsk"}, {"id": "en", "label": "English"}],
            "defaultLanguage": "no",
            "maxDataCells": self.options.max_cells,
            "maxCallsPerTimeWindow": calls,
            "timeWindow": round(seconds),
            "sourceReferences": [{"language": "no", "text": "Kilde: Statistisk sentralbyrå"}],
            "license": "https://creativecommons.org/licenses/by/4.0/",
            "defaultDataFormat": "json-stat2",
            "dataFormats": ["json-stat2", "csv"],
            "features": [],
        }

    def _tables(self, request: wire.Request) -> dict[str, Any]:
        tables = [table for name in self.library.ids if (table := self.library.table(name))]
        query = request.parameter("query").lower()
        if query:
            tables = [t for t in tables if query in f"{t.id} {t.label}".lower()]
        days = request.parameter("pastDays")
        if days:
            since = datetime.now(UTC) - timedelta(days=_number(days, "pastDays"))
            tables = [t for t in tables if t.updated >= since.strftime("%Y-%m-%dT%H:%M:%SZ")]
        size = _number(request.parameter("pageSize", "20"), "pageSize")
        number = _number(request.parameter("pageNumber", "1"), "pageNumber")
        pages = max(1, -(-len(tables) // size))
        if number > pages:
            raise Refused("Non-existent page", 404)
        chosen = tables[(number - 1) * size : number * size]
        return {
            "language": "no",
            "tables": [_entry(table, request.origin) for table in chosen],
            "page": {
                "pageNumber": number,
                "pageSize": size,
                "totalElements": len(tables),
                "totalPages": pages,
            },
        }

    def _metadata(self, table: Table, origin: str) -> dict[str, Any]:
        axes = [
            Axis(v, list(v.codes), list(v.labels), [[at] for at in range(len(v.codes))])
            for v in table.variables
        ]
        address = f"{origin}/ssb/{V2}tables/{table.id}/metadata?lang=no"
        return {**pxweb_stat.describe(self.library, table, axes), "href": address}

    def _codelist(self, name: str) -> dict[str, Any]:
        found = self.library.codelist(name)
        if found is None:
            raise Refused("Non-existent codelist", 404)
        return {
            "id": found.id,
            "label": found.label,
            "language": "no",
            "languages": list(LANGUAGES),
            "type": found.kind,
            "values": [
                {"code": code, "label": label, "valueMap": list(members)}
                for code, label, members in found.values
            ],
        }

    def _data(self, request: wire.Request, table: Table) -> wire.Response:
        wishes = _from_body(request.body) if request.method == "POST" else _from_query(request)
        wishes = wishes or default_wishes(table)
        axes = resolve(self.library, table, wishes, self.options.max_cells)
        match request.parameter("outputFormat", "json-stat2").lower():
            case "json-stat2":
                sparse = self.options.sparse
                content = pxweb_stat.dataset(self.library, table, axes, sparse=sparse)
                return wire.json_response(content)
            case "csv":
                codes = "usecodes" in request.parameter("outputFormatParams").lower()
                text = pxweb_stat.as_csv(table, axes, codes=codes)
                return wire.text_response(text, content_type="text/csv")
        raise Refused("Unsupported output format")


def problem(title: str, status: int) -> wire.Response:
    """An error as the API writes it."""
    return wire.json_response({"type": "Parameter error", "title": title, "status": status}, status)


def _number(text: str, name: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= MAX_PAGE:
        raise Refused(f"Illegal {name}")
    return int(text)


def _from_query(request: wire.Request) -> dict[str, Wish]:
    values: dict[str, list[str]] = {}
    lists: dict[str, str] = {}
    for key, value in request.query:
        match = KEYED.fullmatch(key)
        if match is None:
            continue
        if match["what"].lower() == "codelist":
            lists[match["variable"]] = value
        else:
            values.setdefault(match["variable"], []).extend(split(value))
    return {name: Wish(values.get(name, []), lists.get(name, "")) for name in {**values, **lists}}


def _from_body(body: bytes) -> dict[str, Wish]:
    """The selection of a POST; the body is the API's own form, anything else is refused."""
    try:
        selection = msgspec.json.decode(body or b"{}").get("selection", [])
        return {
            item["variableCode"]: Wish(
                [str(code) for code in item.get("valueCodes") or []], item.get("codelist") or ""
            )
            for item in selection
        }
    except (msgspec.DecodeError, AttributeError, KeyError, TypeError) as error:
        raise Refused("Illegal selection") from error


def _entry(table: Table, origin: str) -> dict[str, Any]:
    """A table as the list of tables shows it."""
    periods = table.time.codes
    unit = next(unit for pattern, unit in PERIODS if fnmatch.fnmatch(periods[-1], pattern))
    address = f"{origin}/ssb/{V2}tables/{table.id}"
    return {
        "type": "Table",
        "id": table.id,
        "label": table.label,
        "updated": table.updated,
        "firstPeriod": periods[0],
        "lastPeriod": periods[-1],
        "category": "public",
        "variableNames": [variable.label for variable in table.variables],
        "source": table.source,
        "timeUnit": unit,
        "links": [
            {"rel": "self", "hreflang": "no", "href": address},
            {"rel": "metadata", "hreflang": "no", "href": f"{address}/metadata"},
            {"rel": "data", "hreflang": "no", "href": f"{address}/data"},
        ],
    }


def _default_selection(table: Table) -> dict[str, Any]:
    wishes = default_wishes(table)
    return {
        "selection": [
            {
                "variableCode": variable.code,
                "valueCodes": wishes[variable.code].expressions if variable.code in wishes else [],
            }
            for variable in table.variables
        ]
    }
