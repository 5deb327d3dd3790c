"""The tables of KLASS: codes, changes and correspondences in a range of dates.

Dates are ISO texts throughout, which sort as dates do; an empty one is open. A range's `to` is
exclusive.
"""

from __future__ import annotations

import csv
import re
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from tasks.demo import wire

Rows = tuple[str, tuple[str, ...], list[dict[str, Any]]]

NAMES = {
    "6": "Standard for næringsgruppering (SN)",
    "7": "Standard for yrkesklassifisering (STYRK-08)",
    "36": "Norsk standard for utdanningsgruppering (NUS2000)",
    "104": "Standard for fylkesinndeling",
    "128": "Standard for sentralitet",
    "131": "Standard for kommuneinndeling",
}
AT = (
    "code",
    "parentCode",
    "level",
    "name",
    "shortName",
    "presentationName",
    "validFrom",
    "validTo",
)
IN_RANGE = (*AT, "validFromInRequestedRange", "validToInRequestedRange", "notes")
CHANGES = ("oldCode", "oldName", "newCode", "newName", "changeOccurred")
CORRESPONDS = ("sourceCode", "sourceName", "targetCode", "targetName")
# In a range of dates each pair says when it holds.
CORRESPONDS_IN_RANGE = (*CORRESPONDS, "validFrom", "validTo")
# Not KLASS's own: pairs that the sample constructs carry it, the others come without.
MARK = "konstruert"
OPEN = "9999-12-31"
# Versions of a classification are numbered from a base of its own.
VERSIONS_PER_CLASSIFICATION = 1_000


class NotThere(Exception):
    """What was asked for does not exist: 404 with the message."""


class Classification:
    """One classification of the sample."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = folder.name
        self.name = NAMES.get(self.id, f"Klassifikasjon {self.id}")
        self.last_modified = "2026-01-01T00:00:00.000+0000"

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """The codes in the file's order."""
        return read(self.folder / "codes.csv")

    def valid_at(self, day: str) -> list[dict[str, str]]:
        """The codes that hold on a date."""
        return [r for r in self.rows if r["validFrom"] <= day < (r["validTo"] or OPEN)]

    def versions(self) -> list[tuple[int, str, str]]:
        """Number, first day and exclusive last day of each version: a new one when codes begin."""
        starts = sorted({row["validFrom"] for row in self.rows})
        base = int(self.id) * VERSIONS_PER_CLASSIFICATION
        ends = [*starts[1:], ""]
        return [(base + n, s, e) for n, (s, e) in enumerate(zip(starts, ends, strict=True), 1)]


class Register:
    """All classifications of the sample."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Classification] = {}

    @property
    def ids(self) -> list[str]:
        """The classifications there are."""
        return sorted((p.parent.name for p in self._folder.glob("*/codes.csv")), key=int)

    def classification(self, name: str) -> Classification:
        """A classification by its number.

        Raises:
            NotThere: when there is none.
        """
        if name not in self.ids:
            raise NotThere(f"No classification found with id {name}")
        return self._known.setdefault(name, Classification(self._folder / name))

    def version(self, number: int) -> tuple[Classification, str, str]:
        """The classification, first day and exclusive last day of a version."""
        found = self.classification(str(number // VERSIONS_PER_CLASSIFICATION))
        for known, first, last in found.versions():
            if known == number:
                return found, first, last
        raise NotThere(f"No version found with id {number}")


def codes(found: Classification, request: wire.Request) -> Rows:
    """`codes?from&to`: every code that holds some time in the range, clipped to it."""
    first, last = _range(request)
    rows = [
        {
            **row,
            "validFromInRequestedRange": max(first, row["validFrom"]),
            "validToInRequestedRange": min(row["validTo"] or OPEN, last or OPEN),
        }
        for row in _present(found.rows, request)
        if row["validFrom"] < (last or OPEN) and first < (row["validTo"] or OPEN)
    ]
    for row in rows:
        if row["validToInRequestedRange"] == OPEN:
            row["validToInRequestedRange"] = ""
    if not rows:
        raise NotThere(f"No codes of classification {found.id} in the range from {first}")
    return "codes", IN_RANGE, _code_items(rows, request)


def codes_at(found: Classification, request: wire.Request) -> Rows:
    """`codesAt?date`: the codes that hold on one day."""
    rows = _present(found.valid_at(_date(request, "date")), request)
    if not rows:
        raise NotThere(f"No codes of classification {found.id} on {_date(request, 'date')}")
    return "codes", (*AT, "notes"), _code_items([dict(row) for row in rows], request)


def changes(found: Classification, request: wire.Request) -> Rows:
    """`changes?from&to`: renumberings, renamings, births and deaths of codes in the range."""
    first, last = _range(request)
    path = found.folder / "changes.csv"
    if not path.is_file():
        raise NotThere(f"Classification {found.id} has no change tables")
    rows = [
        {key: row[key] or None for key in CHANGES}
        for row in read(path)
        if first <= row["changeOccurred"] < (last or OPEN)
    ]
    return "codeChanges", CHANGES, rows


def corresponds(found: Classification, request: wire.Request) -> Rows:
    """`corresponds?targetClassificationId&from&to`: 404 where a part of the range has no table."""
    first, last = _range(request)
    target, rows = _correspondence(found, request)
    if not _covers(rows, first, last or OPEN):
        raise NotThere(f"Classification {found.id} has no correspondence to {target} all the range")
    inside = [
        row
        for row in rows
        if row["validFrom"] < (last or OPEN) and first < (row["validTo"] or OPEN)
    ]
    columns = _marked(CORRESPONDS_IN_RANGE, inside)
    return "correspondenceItems", columns, _pairs(inside, columns)


def corresponds_at(found: Classification, request: wire.Request) -> Rows:
    """`correspondsAt?targetClassificationId&date`: the table of one day."""
    day = _date(request, "date")
    target, rows = _correspondence(found, request)
    valid = [row for row in rows if row["validFrom"] <= day < (row["validTo"] or OPEN)]
    if not valid:
        raise NotThere(f"Classification {found.id} has no correspondence to {target} on {day}")
    columns = _marked(CORRESPONDS, valid)
    return "correspondenceItems", columns, _pairs(valid, columns)


def read(path: Path) -> list[dict[str, str]]:
    """A file of the sample, every cell text."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _date(request: wire.Request, name: str) -> str:
    text = request.parameter(name)
    if not text:
        raise ValueError(f"Required request parameter '{name}' is not present")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"'{name}' is not a date: {text}") from None


def _range(request: wire.Request) -> tuple[str, str]:
    first = _date(request, "from")
    last = _date(request, "to") if request.parameter("to") else ""
    if last and last <= first:
        raise ValueError("'to' must come after 'from'")
    return first, last


def _present(rows: list[dict[str, str]], request: wire.Request) -> list[dict[str, str]]:
    """Without the codes of the future, unless they are asked for."""
    if request.parameter("includeFuture").lower() == "true":
        return rows
    today = datetime.now(UTC).date().isoformat()
    return [row for row in rows if row["validFrom"] <= today]


def _code_items(rows: list[dict[str, Any]], request: wire.Request) -> list[dict[str, Any]]:
    """Rows as they are sent.

    Validity of the single code is null, as in the recorded answers: only the requested range tells.
    """
    wanted, level = request.parameter("selectCodes"), request.parameter("selectLevel")
    pattern = request.parameter("presentationNamePattern")
    kept = []
    for row in rows:
        if (level and row["level"] != level) or (wanted and not _selected(row["code"], wanted)):
            continue
        row.update(presentationName=_presentation(pattern, row), validFrom=None, validTo=None)
        row["parentCode"] = row["parentCode"] or None
        if "validToInRequestedRange" in row:
            row["validToInRequestedRange"] = row["validToInRequestedRange"] or None
        kept.append(row)
    return kept


def _selected(code: str, wanted: str) -> bool:
    """Whether a code is in a list such as `01*,0301,50-52`."""
    for part in wanted.split(","):
        first, dash, last = part.strip().partition("-")
        if dash:
            if first <= code <= last or code.startswith(last):
                return True
        elif re.fullmatch(re.escape(first).replace(r"\*", ".*"), code):
            return True
    return False


def _presentation(pattern: str, row: dict[str, Any]) -> str:
    """Fill `{code} {name} {shortName}`, with `uppercase()` and `lowercase()` around them."""

    def fill(match: re.Match[str]) -> str:
        text = str(row.get(match["key"], ""))
        changes = {"uppercase": text.upper(), "lowercase": text.lower()}
        return changes.get(match["how"] or "", text)

    return re.sub(r"\{(?:(?P<how>\w+)\()?(?P<key>code|name|shortName)\)?\}", fill, pattern)


def _correspondence(
    found: Classification, request: wire.Request
) -> tuple[str, list[dict[str, str]]]:
    """The target and the rows to it, read from either side's file."""
    target = request.parameter("targetClassificationId")
    if not target.isdecimal():
        raise ValueError("Required request parameter 'targetClassificationId' is not present")
    straight = found.folder / f"corresponds_{target}.csv"
    if straight.is_file():
        return target, read(straight)
    turned = found.folder.parent / target / f"corresponds_{found.id}.csv"
    if not turned.is_file():
        raise NotThere(f"Classification {found.id} has no correspondence table to {target}")
    swap = {"sourceCode": "targetCode", "sourceName": "targetName"}
    swap |= {new: old for old, new in swap.items()}
    return target, [{swap.get(k, k): v for k, v in row.items()} for row in read(turned)]


def _covers(rows: list[dict[str, str]], first: str, last: str) -> bool:
    """Whether some row holds at every moment of the range."""
    reached = first
    for start, end in sorted({(row["validFrom"], row["validTo"] or OPEN) for row in rows}):
        if start > reached:
            break
        reached = max(reached, end)
    return reached >= last


def _marked(columns: tuple[str, ...], rows: list[dict[str, str]]) -> tuple[str, ...]:
    """The columns, with the mark where the file of the sample has it."""
    return (*columns, MARK) if rows and MARK in rows[0] else columns


def _pairs(rows: list[dict[str, str]], columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Each row once, in the order of the file."""
    seen = {tuple(row[key] or None for key in columns): None for row in rows}
    return [dict(zip(columns, pair, strict=True)) for pair in seen]
