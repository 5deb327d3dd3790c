"""PxWebApi v0: the older JSON query, asked by POST."""

from __future__ import annotations

from typing import Any

import msgspec

from tasks.demo import pxweb_stat, wire
from tasks.demo.pxweb_select import Crash, Refused, Wish, resolve
from tasks.demo.pxweb_table import Library, Table


def answer(
    library: Library, request: wire.Request, prefix: str, options: wire.Options
) -> wire.Response:
    """`GET` for the variables, `POST` for figures."""
    table = library.table(request.path.removeprefix(prefix).strip("/"))
    if table is None:
        return wire.json_response({"error": "Parameter error"}, 404)
    if request.method == "GET":
        return wire.json_response(_variables(table))
    try:
        query = msgspec.json.decode(request.body)
        wishes = _wishes(table, query.get("query", []))
        axes = resolve(library, table, wishes, options.max_cells)
        form = query.get("response", {}).get("format", "json-stat2")
    except (msgspec.DecodeError, AttributeError, KeyError, TypeError, Crash):
        return wire.json_response({"error": "Parameter error"}, 400)
    except Refused as refusal:
        return _refusal(refusal)
    if form == "csv":
        text = pxweb_stat.as_csv(table, axes, codes=False)
        return wire.text_response(text, content_type="text/csv")
    return wire.json_response(pxweb_stat.dataset(library, table, axes, sparse=options.sparse))


def _refusal(refusal: Refused) -> wire.Response:
    if refusal.title == "Too many cells selected":
        return wire.json_response({"error": "Too many values selected"}, 403)
    words = f"The request for variable '{refusal.variable}' has an error. Please check your query."
    return wire.json_response({"error": words}, 400)


def _variables(table: Table) -> dict[str, Any]:
    return {
        "title": table.label,
        "variables": [
            {
                "code": variable.code,
                "text": variable.label,
                "values": list(variable.codes),
                "valueTexts": list(variable.labels),
                **({"elimination": True} if variable.elimination is not False else {}),
                **({"time": True} if variable.role == "time" else {}),
            }
            for variable in table.variables
        ],
    }


def _wishes(table: Table, query: list[dict[str, Any]]) -> dict[str, Wish]:
    """The query as selections; a mandatory variable that is left out gives all its codes."""
    wishes = {v.code: Wish(["*"]) for v in table.variables if v.elimination is False}
    for item in query:
        name, selection = item["code"], item["selection"]
        wishes[name] = _wish(name, selection["filter"], [str(v) for v in selection["values"]])
    return wishes


def _wish(name: str, kind: str, values: list[str]) -> Wish:
    kind, _, codelist = kind.partition(":")
    patterned = any("*" in value for value in values)
    match kind:
        case "item" if not patterned:
            return Wish(values)
        case "all" if not any("?" in value for value in values):
            return Wish(values)
        case "top" if len(values) == 1 and values[0].isdecimal():
            return Wish([f"top({values[0]})"])
        case "agg" | "vs" if not patterned:
            return Wish(values, f"{kind}_{codelist}")
    raise Refused("Illegal selection expression", variable=name)
