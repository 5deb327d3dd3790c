"""What was adopted in a case, as the year's cycle has it: the offer with the council's amendments.

The plan that is frozen is the one that was proposed. What the council changed of it, and what was
set by hand before, stands in the journal; the decision keeps the offer that came of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from tasks.cycle import acts, offer
from tasks.cycle import state as states
from tasks.cycle.state import Record, State
from tasks.decisions.record import ADOPTED, SEALED
from tasks.journal import Entry

_SCHEMA = {
    "organisation_number": pl.String,
    "school": pl.String,
    "programme_area_code": pl.String,
    "programme_area": pl.String,
    "level": pl.Int64,
    "region_code": pl.String,
    "classes_now": pl.Float64,
    "classes_planned": pl.Float64,
    "classes_proposed": pl.Float64,
    "classes": pl.Float64,
    "places": pl.Int64,
    "reason": pl.String,
}


@dataclass(frozen=True)
class Adopted:
    """What a cycle adopted in a case.

    Attributes:
        state: Where the cycle stands.
        decision: What the council decided.
        record: When it was journalled, and what was looked up then.
        plan: The plan that the proposal named; None where it named none.
    """

    state: State
    decision: acts.Decide
    record: Record
    plan: str | None

    def told(self) -> dict[str, Any]:
        """What `decision.json` says of it: whose decision, its amendments, and what they cost."""
        return {
            "cycle": self.state.cycle.id,
            "outcome": self.decision.outcome,
            "by": self.record.by,
            "on": self.record.on.isoformat(),
            "amendments": [one.model_dump(mode="json") for one in self.decision.amendments],
            "offer_sha256": self.record.facts.get("offer_sha256"),
            "weighed": self.record.facts.get("weighed"),
        }

    def offer(self) -> pl.DataFrame:
        """Grain: school × programme area × level, as adopted.

        `classes_now` is this year's, `classes_planned` the plan's, `classes_proposed` with what was
        set by hand; `reason` is of the last change, empty where nobody changed it.
        """
        now, planned = offer.base(self.state), offer.planned(self.state)
        proposed = offer.proposed(self.state)
        rows = [
            (
                line.school,
                line.school_name,
                line.area,
                line.area_name,
                line.level,
                line.region,
                *(one[key].classes if key in one else 0.0 for one in (now, planned, proposed)),
                line.classes,
                line.places,
                line.changes[-1][3] if line.changes else "",
            )
            for key, line in sorted(offer.decided(self.state).items())
        ]
        return pl.DataFrame(rows, _SCHEMA, orient="row")


@dataclass(frozen=True)
class Amendment:
    """Classes of one offer that the council set.

    Attributes:
        title: What the offer is called.
        proposed: Classes as proposed.
        classes: Classes as adopted.
        reason: Why.
    """

    title: str
    proposed: float
    classes: float
    reason: str


def of_case(entries: Sequence[Entry], case: str, run: str) -> Adopted | None:
    """What was adopted in a case on a run; None where no cycle has decided it."""
    for state in filter(None, (states.read(entries, name) for name in states.cycles(entries))):
        decided, proposed = state.last(acts.Decide), state.last(acts.Propose)
        if decided is None or proposed is None:
            continue
        if (decided[0].case_number, proposed[0].run) == (case, run):
            return Adopted(state, *decided, proposed[0].plan)
    return None


def amendments(folder: Path) -> list[Amendment]:
    """What the council changed of the proposal, in its order, by the names of the frozen offer.

    Args:
        folder: The decision's; a cycle has decided it.
    """
    rows = pl.read_parquet(folder / ADOPTED / "offer.parquet").iter_rows(named=True)
    offered = {
        (row["organisation_number"], row["programme_area_code"], row["level"]): row for row in rows
    }
    told = json.loads((folder / SEALED).read_bytes())["adopted"]["amendments"]
    found = []
    for one in told:
        row = offered[one["school"], one["area"], one["level"]]
        title = offer.title(row["programme_area"], row["level"], row["school"])
        found.append(Amendment(title, row["classes_proposed"], one["classes"], one["reason"]))
    return found


def over(plan: Mapping[str, pl.DataFrame], folder: Path) -> dict[str, pl.DataFrame]:
    """The tables of a decided plan with what people changed of it, to hold it against another.

    Args:
        plan: Tables of the plan that was proposed.
        folder: The decision's.

    Returns:
        `classes` with the classes and places that were adopted, `goals` with what these give where
        that was reckoned; the others as they were.
    """
    file = folder / ADOPTED / "offer.parquet"
    if not plan or not file.is_file():
        return dict(plan)
    key = ["organisation_number", "programme_area_code"]
    offer = pl.read_parquet(file).filter(pl.col("classes") != pl.col("classes_planned"))
    set_ = offer.select(name for name in offer.columns if name in plan["classes"].columns)
    found = {"classes": plan["classes"].update(set_, on=key, how="full")}
    told = json.loads((folder / SEALED).read_bytes())["adopted"]["weighed"]
    if told:
        given = {one["goal"]: one["after"] for one in told["goals"]}
        value = pl.col("goal").replace_strict(given, default=pl.col("value"))
        found["goals"] = plan["goals"].with_columns(value=value)
    return {**plan, **found}
