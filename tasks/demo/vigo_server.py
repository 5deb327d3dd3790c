"""VIGO's base of codes as the source server speaks it: a POST per page, Spring's form of a page."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import msgspec

from tasks.demo import wire

MAX_PAGE = 2_000
# Numbers on the wire, as far as is known.
NUMBERS = {"countyNr"}


class Mount:
    """`/vigo`, over `vigo/<table>.csv` and `vigo/relation/<relation>.csv`."""

    def __init__(self, sample: Path, options: wire.Options) -> None:
        self._folder = sample / "vigo"

    def answer(self, request: wire.Request) -> wire.Response:
        """`<table>?page=0&size=2000`; the body is a list of filters, and only `[]` is known."""
        known = {
            path.relative_to(self._folder).with_suffix("").as_posix(): path
            for path in self._folder.rglob("*.csv")
        }
        if request.path not in known:
            return wire.json_response({"status": 404, "error": "Not Found"}, 404)
        if request.method != "POST":
            return wire.json_response({"status": 405, "error": "Method Not Allowed"}, 405)
        page, size = request.parameter("page", "0"), request.parameter("size", "20")
        if not (page.isdecimal() and size.isdecimal() and int(size) and _is_empty(request.body)):
            return wire.json_response({"status": 400, "error": "Bad Request"}, 400)
        return wire.json_response(
            _page(_rows(known[request.path]), int(page), min(int(size), MAX_PAGE))
        )


def _is_empty(body: bytes) -> bool:
    try:
        return bool(msgspec.json.decode(body) == [])
    except msgspec.DecodeError:
        return False


def _page(rows: list[dict[str, Any]], number: int, size: int) -> dict[str, Any]:
    part = rows[number * size : (number + 1) * size]
    pages = -(-len(rows) // size)
    return {
        "content": part,
        "totalElements": len(rows),
        "totalPages": pages,
        "number": number,
        "size": size,
        "numberOfElements": len(part),
        "first": number == 0,
        "last": number + 1 >= pages,
        "empty": not part,
    }


def _rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{k: _value(k, v) for k, v in row.items()} for row in csv.DictReader(file)]


def _value(key: str, text: str) -> Any:
    if key == "konstruert":
        return text == "true"
    if key in NUMBERS:
        return int(text)
    return text or None
