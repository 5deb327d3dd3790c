"""Grep's programme areas and utdanningsprogram, from the published list of codes and names.

Codes and names of the 497 programme areas are published; everything else about them is constructed
and each element says so. Which codes are expired and what replaces them follows the crosswalk of
programme codes, what an area builds on the structure of `data/reference`, and the level stands in
the code itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from tasks.demo.construct_common import published, reference

ROOT = "https://data.udir.no/kl06/v201906"
PSI = "http://psi.udir.no/kl06"
FIRST_YEAR = 2006
REFORM_94 = "R9"
# Expired with their programme, where the crosswalk does not name the code itself.
EXPIRED_PROGRAMMES = {REFORM_94: 2006, "MK": 2016, "DH": 2020, "SS": 2020}

Element = dict[str, Any]


class Structure:
    """What the reference files say of codes: succession, foundations and names."""

    def __init__(self) -> None:
        self._moves = reference("crosswalk_programme_code").to_dicts()
        # A code that goes on, whole or in part, has neither begun nor ended that year.
        self._on = {
            (move["level"], move["old_code"], move["changed_on"])
            for move in self._moves
            if move["old_code"] == move["new_code"]
        }
        areas = reference("programme_area").to_dicts()
        trades = reference("crosswalk_trade_programme_area").filter(target_kind="programme_area")
        self.trades = set(reference("crosswalk_trade_programme_area")["trade_code"])
        self.foundations: dict[str, list[str]] = {
            area["code"]: (area["builds_on"] or "").split() for area in areas
        }
        for trade, code in (
            trades.select("trade_code", "target_code").unique().sort(pl.all()).rows()
        ):
            self.foundations.setdefault(trade, []).append(code)

    def successors(self, level: str, code: str) -> list[str]:
        """The codes that replace a code; none where it ended without."""
        new = {m["new_code"] for m in self._of(level) if m["old_code"] == code}
        return sorted(new - {"UKJENT"})

    def predecessors(self, level: str, code: str) -> list[str]:
        """The codes that a code replaces."""
        return sorted({m["old_code"] for m in self._of(level) if m["new_code"] == code})

    def began(self, level: str, code: str) -> int:
        """The year of a code's first autumn."""
        years = [int(m["changed_on"][:4]) for m in self._of(level) if m["new_code"] == code]
        if code.startswith(REFORM_94):
            return 1994
        first = min(years, default=FIRST_YEAR)
        before = any(key[:2] == (level, code) and int(key[2][:4]) <= first for key in self._on)
        return FIRST_YEAR if before else first

    def ended(self, level: str, code: str) -> int | None:
        """The year of a code's last spring."""
        years = [int(m["changed_on"][:4]) for m in self._of(level) if m["old_code"] == code]
        return max(years, default=EXPIRED_PROGRAMMES.get(code[:2]))

    def _of(self, level: str) -> list[dict[str, Any]]:
        """The changes of one level that end a code."""
        # Programmes of Reform 94 shared letters with later ones, and are not in Grep.
        first = "2007" if level == "programme" else ""
        return [
            move
            for move in self._moves
            if move["level"] == level
            and move["changed_on"] > first
            and (level, move["old_code"], move["changed_on"]) not in self._on
        ]


def _areas(structure: Structure) -> Iterator[Element]:
    for row in published("grep_programme_areas").sort("kode").iter_rows(named=True):
        code = row["kode"]
        titles = {"default": row["nob"], **{k: row[k] for k in ("nob", "nno", "eng") if row[k]}}
        kind = "bedrift" if code in structure.trades else "skole"
        yield {
            **_head("programomraader", "programomraade", code, titles),
            **_span(structure, "programme_area", "programomraader", code),
            "programomraade-type": _point("programomraadetyper", f"programomraadetype_{kind}"),
            "aarstrinn": _point("aarstrinn", f"vg{code[5]}") if code[5].isdecimal() else None,
            "utdanningsprogram-referanse": [_point("utdanningsprogram", code[:2])],
            "bygger-paa-programomraade": [
                _point("programomraader", below) for below in structure.foundations.get(code, [])
            ],
            "konstruert": True,
        }


def _programmes(structure: Structure) -> Iterator[Element]:
    names = dict(reference("utdanningsprogram").select("programme_code", "name").iter_rows())
    # Påbygging is a programme area, and no utdanningsprogram of its own.
    del names["PB"]
    names |= {
        "DH": "Design og håndverk", "MK": "Medier og kommunikasjon", "SS": "Service og samferdsel",
    }  # fmt: skip
    for code, name in sorted(names.items()):
        yield {
            **_head("utdanningsprogram", "utdanningsprogram", code, {"default": name, "nob": name}),
            **_span(structure, "programme", "utdanningsprogram", code),
            "konstruert": True,
        }


def _head(path: str, kind: str, code: str, titles: dict[str, str]) -> Element:
    return {
        "id": f"uuid:{code}",
        "kode": code,
        "uri": f"{PSI}/{code}",
        "url-data": f"{ROOT}/{path}/{code}",
        "tittel": [{"spraak": language, "verdi": text} for language, text in titles.items()],
        "grep-type": f"http://psi.udir.no/ontologi/kl06/{kind}",
    }


def _span(structure: Structure, level: str, path: str, code: str) -> Element:
    """When a code is in use, what came before it and what comes after."""
    first, last = structure.began(level, code), structure.ended(level, code)
    status = "publisert" if last is None else "utgaatt"
    return {
        "status": f"{ROOT}/status/status_{status}",
        "sist-endret": f"{last or max(first, 2020)}-06-15T08:00:00",
        "foerste-semester": _semester("Høst", first),
        "siste-semester": None if last is None else _semester("Vår", last),
        "erstatter": [_point(path, other) for other in structure.predecessors(level, code)],
        "erstattes-av": [_point(path, other) for other in structure.successors(level, code)],
    }


def _semester(season: str, year: int) -> Element:
    code = f"{season[0].lower()}{year}"
    said = [{"spraak": "default", "verdi": f"{season} {year}"}]
    return {"beskrivelse": said, "url-data": f"{ROOT}/semester/{code}"}


def _point(path: str, code: str) -> Element:
    return {"kode": code, "url-data": f"{ROOT}/{path}/{code}"}


def write(out: Path) -> None:
    """Write `grep/programomraader.jsonl` and `grep/utdanningsprogram.jsonl`."""
    structure = Structure()
    folder = out / "grep"
    folder.mkdir(parents=True, exist_ok=True)
    lists = {"programomraader": _areas(structure), "utdanningsprogram": _programmes(structure)}
    for name, elements in lists.items():
        lines = (msgspec.json.encode(element) + b"\n" for element in elements)
        (folder / f"{name}.jsonl").write_bytes(b"".join(lines))
