"""The county's own files, byte for byte."""

from __future__ import annotations

from pathlib import Path

from tasks.demo import wire


class Mount:
    """`/trondelag`, over `county/`."""

    def __init__(self, sample: Path, options: wire.Options) -> None:
        self._folder = sample / "county"

    def answer(self, request: wire.Request) -> wire.Response:
        """A file by its name; nothing outside the folder."""
        files = {path.name: path for path in self._folder.glob("*.csv")}
        if request.method != "GET" or request.path not in files:
            return wire.not_found()
        return wire.Response(200, "text/csv; charset=utf-8", files[request.path].read_bytes())
