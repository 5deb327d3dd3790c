"""What was adopted in a case, as the year's cycle has it: the offer with the council's amendments.

The plan that is frozen is the one that was proposed. What the council changed of it, and what was
set by hand before, stands in the journal; the decision keeps the offer that came of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from tasks.cycle import acts, offer
from tasks.cycle import state as states
from tasks.cycle.state import Record, State
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


def of_case(entries: Sequence[Entry], case: str, run: str) -> Adopted | None:
    """What was adopted in a case on a run; None where no cycle has decided it."""
    for state in filter(None, (states.read(entries, name) for name in states.cycles(entries))):
        decided, proposed = state.last(acts.Decide), state.last(acts.Propose)
        if decided is None or proposed is None:
            continue
        if (decided[0].case_number, proposed[0].run) == (case, run):
            return Adopted(state, *decided, proposed[0].plan)
    return None
