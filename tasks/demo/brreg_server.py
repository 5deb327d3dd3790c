"""The register of establishments: lists by municipality and size, and the log of changes.

Answers carry what the register's do, names and addresses too, so that it shows if any is kept.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from tasks.demo import wire

WINDOW = 10_000
HIDDEN_BELOW = 5  # smaller numbers of employees are known to the filter and not told


class Mount:
    """`/brreg`, over `brreg/establishments.csv` and `brreg/changes.csv`."""

    def __init__(self, sample: Path, options: wire.Options) -> None:
        self._folder = sample / "brreg"
        self._held: dict[str, list[dict[str, str]]] = {}

    def answer(self, request: wire.Request) -> wire.Response:
        """`underenheter` and `oppdateringer/underenheter`; pages are numbered from 0."""
        if request.method != "GET":
            return wire.not_found()
        if request.path == "underenheter":
            return self._page(request, "underenheter", self._establishments(request))
        if request.path == "oppdateringer/underenheter":
            return self._page(request, "oppdaterteUnderenheter", self._changes(request))
        return wire.not_found()

    def _page(self, request: wire.Request, name: str, rows: list[dict[str, Any]]) -> wire.Response:
        size = int(request.parameter("size", "20"))
        number = int(request.parameter("page", "0"))
        if (number + 1) * size > WINDOW and number:
            return wire.json_response({"status": 400, "error": f"page * size > {WINDOW}"}, 400)
        part = rows[number * size : (number + 1) * size]
        document: dict[str, Any] = {"_links": {"self": {"href": request.origin + request.target}}}
        if part:
            document["_embedded"] = {name: part}
        pages = -(-len(rows) // size)
        document["page"] = {"size": size, "totalElements": len(rows), "totalPages": pages}
        document["page"]["number"] = number
        return wire.json_response(document)

    def _read(self, name: str) -> list[dict[str, str]]:
        if name not in self._held:
            with (self._folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
                self._held[name] = list(csv.DictReader(file))
        return self._held[name]

    def _establishments(self, request: wire.Request) -> list[dict[str, Any]]:
        wanted = request.parameter("kommunenummer")
        least = int(request.parameter("fraAntallAnsatte", "0"))
        most = int(request.parameter("tilAntallAnsatte", "1000000"))
        return [
            _unit(row, request.origin)
            for row in self._read("establishments")
            if wanted in {row["kommunenummer"], row["postkommunenummer"]}
            and least <= int(row["ansatte"]) <= most
        ]

    def _changes(self, request: wire.Request) -> list[dict[str, Any]]:
        first = int(request.parameter("oppdateringsid", "0"))
        since = request.parameter("dato")
        return [
            {**row, "oppdateringsid": int(row["oppdateringsid"]), "_links": {}}
            for row in self._read("changes")
            if int(row["oppdateringsid"]) >= first and row["dato"] >= since
        ]


def _unit(row: dict[str, str], origin: str) -> dict[str, Any]:
    number = row["organisasjonsnummer"]
    address = {"land": "Norge", "landkode": "NO", "postnummer": "7000", "poststed": "STEDET"}
    unit: dict[str, Any] = {
        "organisasjonsnummer": number,
        "navn": row["navn"],
        "organisasjonsform": {"kode": "BEDR", "beskrivelse": "Underenhet til næringsdrivende"},
        "registreringsdatoEnhetsregisteret": row["registrert"],
        "registrertIMvaregisteret": False,
        "naeringskode1": {"kode": row["naeringskode"], "beskrivelse": row["naering"]},
        "harRegistrertAntallAnsatte": int(row["ansatte"]) > 0,
        "overordnetEnhet": row["overordnet"],
        "oppstartsdato": row["registrert"],
        "telefon": "73 00 00 00",
        "postadresse": {**address, "kommunenummer": row["postkommunenummer"]},
        "beliggenhetsadresse": {
            **address,
            "adresse": ["Konstruertveien 1"],
            "kommunenummer": row["kommunenummer"],
        },
        "konstruert": True,
        "_links": {"self": {"href": f"{origin}/brreg/underenheter/{number}"}},
    }
    if int(row["ansatte"]) >= HIDDEN_BELOW:
        unit["antallAnsatte"] = int(row["ansatte"])
    return unit
