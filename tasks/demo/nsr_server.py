"""The national register of schools: `enheter`, page by page."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from tasks.demo import wire

MAX_PAGE = 1_000
FLAGS = {"true": True, "false": False}


class Mount:
    """`/nsr`, over `nsr/schools.csv`."""

    def __init__(self, sample: Path, options: wire.Options) -> None:
        self._path = sample / "nsr" / "schools.csv"

    def answer(self, request: wire.Request) -> wire.Response:
        """`enheter?sidenummer=1&antallPerSide=1000`; the first page is number 1."""
        if request.parts != ["enheter"] or request.method != "GET":
            return wire.not_found()
        page = request.parameter("sidenummer", "1")
        size = request.parameter("antallPerSide", "100")
        if not (page.isdecimal() and size.isdecimal() and int(page) and 0 < int(size) <= MAX_PAGE):
            message = f"sidenummer fra 1, antallPerSide fra 1 til {MAX_PAGE}"
            return wire.json_response({"kode": 400, "melding": message}, 400)
        schools = self._schools()
        number, length = int(page), int(size)
        return wire.json_response(
            {
                "Sidenummer": number,
                "AntallSider": max(1, -(-len(schools) // length)),
                "TotaltAntallEnheter": len(schools),
                "EnhetListe": schools[(number - 1) * length : number * length],
            }
        )

    def _schools(self) -> list[dict[str, Any]]:
        """All schools; `source` tells where the sample has a row from and is not sent."""
        with self._path.open(encoding="utf-8-sig", newline="") as file:
            return [
                {k: FLAGS.get(v, v) for k, v in row.items() if k != "source"}
                for row in csv.DictReader(file)
            ]
