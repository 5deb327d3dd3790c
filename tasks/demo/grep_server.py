"""Grep as the source server speaks it: a list of stubs, and the details of each code."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import msgspec

from tasks.demo import wire

# What the list tells of an element; the rest stands in its details.
STUB = ("id", "kode", "uri", "url-data", "tittel", "grep-type", "status", "sist-endret")

Elements = dict[str, dict[str, Any]]


class Mount:
    """`/grep`, over `grep/<list>.jsonl`: a line per element, as its details are answered."""

    def __init__(self, sample: Path, options: wire.Options) -> None:
        self._folder = sample / "grep"
        self._lock = threading.Lock()
        self._held: dict[Path, tuple[int, Elements]] = {}

    def answer(self, request: wire.Request) -> wire.Response:
        """`<list>` and `<list>/<code>`."""
        known = {path.stem: path for path in self._folder.glob("*.jsonl")}
        name, *rest = request.parts or [""]
        if request.method != "GET" or name not in known or len(rest) > 1:
            return wire.not_found()
        address = f"{request.origin}/grep/{name}"
        elements = self._elements(known[name])
        if not rest:
            stubs = (_addressed(element, address) for element in elements.values())
            return wire.json_response([{k: s[k] for k in STUB if k in s} for s in stubs])
        if rest[0] not in elements:
            return wire.json_response({"message": "Elementet finnes ikke"}, 404)
        return wire.json_response(_addressed(elements[rest[0]], address))

    def _elements(self, path: Path) -> Elements:
        """The elements of a list by code, read again when the file has changed."""
        stamp = path.stat().st_mtime_ns
        with self._lock:
            held, elements = self._held.get(path, (-1, {}))
            if held != stamp:
                lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
                elements = {line["kode"]: line for line in lines}
                self._held[path] = (stamp, elements)
            return elements


def _addressed(element: dict[str, Any], address: str) -> dict[str, Any]:
    """An element as it is answered here, with its address on this server."""
    return {**element, "url-data": f"{address}/{element['kode']}"}
