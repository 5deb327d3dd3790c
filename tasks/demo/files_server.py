"""Publishers who put out files: the county, NAV, NHO, IMDi, vilbli. Byte for byte, and by name."""

from __future__ import annotations

from pathlib import Path

from tasks.demo import wire

FOLDERS = {"trondelag": "county"}
TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What stands between is a key that is new with each release: the name alone decides.
DOWNLOAD = "_/attachment/download/"


class Mount:
    """`/trondelag` over `county/`; the others over the folder of their own name."""

    def __init__(self, sample: Path, options: wire.Options) -> None:
        self._sample = sample

    def answer(self, request: wire.Request) -> wire.Response:
        """A file by its name; nothing outside the folder."""
        folder = self._sample / FOLDERS.get(request.mount, request.mount)
        files = {path.name: path for path in folder.iterdir() if path.suffix in TYPES}
        name = request.path
        if name.startswith(DOWNLOAD):
            name = name.rsplit("/", 1)[-1]
        if request.method != "GET" or name not in files:
            return wire.not_found()
        return wire.Response(200, TYPES[files[name].suffix], files[name].read_bytes())
