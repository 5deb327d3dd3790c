"""A past night whose figures the rules of retention have taken away cannot be built again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from tasks import dates
from tasks.blobs import Pruned
from tasks.errors import NotFound
from tasks.landing import PROJECT, Landing, Outline


def refuse_pruned(
    landing: Landing, record: Mapping[str, Any], nights: Iterable[Mapping[str, Any]]
) -> None:
    """Refuse a night that something is gone of.

    Args:
        landing: Where it stood.
        record: What the journal says of the night (`night.built`).
        nights: The same of every night.

    Raises:
        NotFound: naming the dataset, the day it went and the rule, and the nearest nights that can
            be built.
    """
    gone = _gone(landing)
    lost = [key for key in _stood_on(record) if key in gone]
    if not lost:
        return
    line, pruned = gone[lost[0]]
    dataset = lost[0][0]
    others = {name for name, _ in lost} - {dataset}
    more = f" og {len(others)} til" if others else ""
    whole = {
        date.fromisoformat(night["as_of"])
        for night in nights
        if not any(key in gone for key in _stood_on(night))
    }
    name = "katalog, SQL og forventninger" if dataset == PROJECT else dataset
    raise NotFound(
        subject=f"natten {dates.day(date.fromisoformat(record['as_of']))}",
        expected="at alt den stod på er beholdt",
        got=f"at {name} (hentet {dates.day(line.as_of)}){more} er tatt bort etter "
        f"oppbevaringsreglene {dates.day(pruned.on)} ({pruned.rule})",
        remedy=_nearest(date.fromisoformat(record["as_of"]), whole),
    )


def _gone(landing: Landing) -> dict[tuple[str, str], tuple[Outline, Pruned]]:
    """Every snapshot that something is taken away of."""
    blobs = landing.blobs()
    marked = {sha: gone for sha in blobs.marked() if (gone := blobs.pruned(sha))}
    if not marked:
        return {}
    return {
        (name, line.snapshot): (line, marked[part.sha256])
        for name in landing.datasets()
        for line in landing.outlines(name)
        for part in line.parts
        if part.sha256 in marked
    }


def _stood_on(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    chosen = [(name, vintage["snapshot"]) for name, vintage in record["vintages"].items()]
    return [(PROJECT, record["project"]), *(key for key in chosen if key[1])]


def _nearest(day: date, whole: set[date]) -> str:
    around = [
        min((d for d in whole if d > day), default=None),
        max((d for d in whole if d < day), default=None),
    ]
    found = sorted((d for d in around if d), key=lambda d: abs(d - day))
    near = " eller ".join(map(dates.day, found))
    return (
        f"velg en natt som er beholdt, nærmest er {near}; "
        if near
        else "ingen netter er hele lenger; "
    ) + "en eldre sikkerhetskopi kan hentes til en egen mappe med «tilbudsplan restore»"
