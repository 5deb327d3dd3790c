"""KLASS, Statistics Norway's register of classifications: XML unless asked otherwise."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from tasks.demo import klass_codes, wire
from tasks.demo.klass_codes import Classification, NotThere, Register

XML, JSON, CSV = "application/xml", "application/json", "text/csv"
SUFFIXES = {".json": JSON, ".csv": CSV, ".xml": XML}
FOREVER = "+999999999-12-31"


class Mount:
    """`/klass`, over `klass/`."""

    def __init__(self, sample: Path, options: wire.Options) -> None:
        self._register = Register(sample / "klass")

    def answer(self, request: wire.Request) -> wire.Response:
        """Route, and write the answer in the form asked for."""
        path, form = _form(request)
        if request.method != "GET":
            return wire.text_response("Method Not Allowed", 405)
        try:
            return self._route(request, path.strip("/").split("/"), form)
        except NotThere as missing:
            return _error(str(missing), 404, form)
        except ValueError as wrong:
            return _error(str(wrong), 400, form)

    def _route(self, request: wire.Request, parts: list[str], form: str) -> wire.Response:
        register, origin = self._register, f"{request.origin}/klass"
        match parts:
            case ["classifications"]:
                return wire.json_response(_all(register, origin))
            case ["classifications", "search"]:
                return wire.json_response(_all(register, origin, request.parameter("query")))
            case ["classifications", name]:
                return wire.json_response(_one(register.classification(name), origin))
            case ["versions", number] if number.isdecimal():
                return wire.json_response(_version(register, int(number), origin))
            case ["classifications", name, operation] if operation in TABLES:
                key, columns, rows = TABLES[operation](register.classification(name), request)
                separator = request.parameter("csvSeparator", ",")
                return _table(key, columns, rows, separator, form, request.accept)
        return _error("Not Found", 404, form)


def _form(request: wire.Request) -> tuple[str, str]:
    """Path without suffix, and the form: by suffix, by Accept, else XML."""
    for suffix, form in SUFFIXES.items():
        if request.path.endswith(suffix):
            return request.path.removesuffix(suffix), form
    found = [form for form in (JSON, CSV) if form in request.accept]
    return request.path, found[0] if found else XML


TABLES: dict[str, Callable[[Classification, wire.Request], klass_codes.Rows]] = {
    "codes": klass_codes.codes,
    "codesAt": klass_codes.codes_at,
    "changes": klass_codes.changes,
    "corresponds": klass_codes.corresponds,
    "correspondsAt": klass_codes.corresponds_at,
}


def _table(
    key: str,
    columns: tuple[str, ...],
    rows: list[dict[str, Any]],
    separator: str,
    form: str,
    accept: str,
) -> wire.Response:
    if form == JSON:
        return wire.json_response({key: [{c: row[c] for c in columns} for row in rows]})
    if form == CSV:
        texts = ([row[c] if row[c] is not None else "" for c in columns] for row in rows)
        text = wire.csv_text(columns, texts, separator)
        charset = "utf-8" if "utf-8" in accept else "ISO-8859-1"
        # Sami letters that Latin-1 lacks come as question marks.
        body = text.encode(charset, errors="replace")
        return wire.Response(200, f"text/csv;charset={charset}", body)
    item = {"codes": "codeItem", "codeChanges": "codeChange"}.get(key, "correspondenceItem")
    outer = {"codes": "codeList", "codeChanges": "codeChangeList"}.get(
        key, "correspondenceItemList"
    )
    body_lines = (
        f"<{item}>" + "".join(_element(c, row[c]) for c in columns) + f"</{item}>" for row in rows
    )
    text = f"<?xml version='1.0' encoding='UTF-8'?><{outer}>{''.join(body_lines)}</{outer}>"
    return wire.text_response(text, content_type=XML)


def _element(name: str, value: str | None) -> str:
    return f"<{name}/>" if value is None else f"<{name}>{escape(value, quote=False)}</{name}>"


def _error(message: str, status: int, form: str) -> wire.Response:
    """CSV callers get the bare text."""
    if form == CSV:
        return wire.text_response(message, status)
    return wire.json_response({"status": status, "error": message}, status)


def _link(address: str) -> dict[str, Any]:
    return {"self": {"href": address}}


def _all(register: Register, origin: str, query: str = "") -> dict[str, Any]:
    found = [register.classification(name) for name in register.ids]
    found = [c for c in found if query.lower() in c.name.lower()]
    items = [
        {
            "name": c.name,
            "id": int(c.id),
            "classificationType": "Klassifikasjon",
            "lastModified": c.last_modified,
            "_links": _link(f"{origin}/classifications/{c.id}"),
        }
        for c in found
    ]
    key = "searchResults" if query else "classifications"
    page = {"size": 20, "totalElements": len(items), "totalPages": 1, "number": 0}
    return {
        "_embedded": {key: items},
        "_links": _link(f"{origin}/classifications"),
        "page": page,
    }


def _one(found: Classification, origin: str) -> dict[str, Any]:
    return {
        "name": found.name,
        "id": int(found.id),
        "classificationType": "Klassifikasjon",
        "lastModified": found.last_modified,
        "description": found.name,
        "primaryLanguage": "nb",
        "copyrighted": False,
        "includeShortName": True,
        "includeNotes": True,
        "contactPerson": {"name": "", "email": "", "phone": ""},
        "owningSection": "",
        "statisticalUnits": [],
        "versions": [
            {
                "name": f"{found.name} {first[:4]}",
                "id": number,
                "validFrom": first,
                **({"validTo": last} if last else {}),
                "lastModified": found.last_modified,
                "published": ["nb"],
                "_links": _link(f"{origin}/versions/{number}"),
            }
            for number, first, last in reversed(found.versions())
        ],
        "_links": _link(f"{origin}/classifications/{found.id}"),
    }


def _version(register: Register, number: int, origin: str) -> dict[str, Any]:
    found, first, last = register.version(number)
    rows = found.valid_at(first)
    levels = sorted({int(row["level"]) for row in rows})
    return {
        "name": f"{found.name} {first[:4]}",
        "id": number,
        "validFrom": first,
        **({"validTo": last} if last else {}),
        "lastModified": found.last_modified,
        "published": ["nb"],
        "introduction": "",
        "contactPerson": {"name": "", "email": "", "phone": ""},
        "owningSection": "",
        "correspondenceTables": [],
        "classificationVariants": [],
        "changelogs": [],
        "levels": [{"levelNumber": level, "levelName": f"Nivå {level}"} for level in levels],
        "classificationItems": [
            {
                "code": row["code"],
                "parentCode": row["parentCode"] or None,
                "level": row["level"],
                "name": row["name"],
                "shortName": row["shortName"],
                "notes": row["notes"],
                "validFrom": row["validFrom"],
                "validTo": row["validTo"] or FOREVER,
            }
            for row in rows
        ],
        "_links": _link(f"{origin}/versions/{number}"),
    }
