"""VIGO's relations between codes, constructed: no answer of its base of codes is recorded.

What replaces what follows the crosswalk of programme codes, and what gives access to what follows
the structure of programme areas; every row says `konstruert`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from tasks.demo.construct_common import reference, write_csv

# The number that stands for the whole country.
NATIONAL = "99"
COUNTY = "50"
UNKNOWN = "UKJENT"


def _replacements() -> Iterator[tuple[str, ...]]:
    """New code first, as the relation has it; whole programmes are not elements of it."""
    moves = reference("crosswalk_programme_code").filter(
        pl.col("level") == "programme_area",
        pl.col("relation") != "kept",
        pl.col("new_code") != UNKNOWN,
    )
    for new, old in (
        moves.select("new_code", "old_code").unique().sort("old_code", "new_code").rows()
    ):
        yield new, old, "true"
    # The base has subjects and curricula too: they are there to be left out.
    yield "MAT1019", "MAT1011", "true"
    yield "MAT01-05", "MAT01-04", "true"


def _requirements() -> Iterator[tuple[str, ...]]:
    areas = reference("programme_area")
    pairs = [
        (below, area)
        for area, builds_on in areas.select("code", "builds_on").rows()
        for below in (builds_on or "").split()
    ]
    trades = reference("crosswalk_trade_programme_area").filter(target_kind="programme_area")
    pairs += [(below, trade) for below, trade in trades.select("target_code", "trade_code").rows()]
    for below, above in sorted(set(pairs)):
        yield NATIONAL, below, above, "true"
    # A county may open more doors than the nation does.
    yield COUNTY, "NALGA2----", "PBPBY3----", "true"


def write(out: Path) -> None:
    """Write `vigo/relation/element-replaces-element.csv` and `vigo/entry-requirements.csv`."""
    write_csv(
        out / "vigo" / "relation" / "element-replaces-element.csv",
        ["code1", "code2", "konstruert"],
        _replacements(),
    )
    write_csv(
        out / "vigo" / "entry-requirements.csv",
        ["countyNr", "programAreaCode", "providesCompetenceCode", "konstruert"],
        _requirements(),
    )
