"""The order of goals that a year's cycle has set: the one that its plan is made by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from tasks.cycle import state as states
from tasks.cycle.acts import GOALS, Prioritise
from tasks.cycle.state import State
from tasks.journal import Journal
from tasks.settings import Rooms


@dataclass(frozen=True)
class Priority:
    """What was set, as a plan is made by it.

    Attributes:
        cycle: Which cycle.
        by: Who set it, as entered.
        on: When.
        needs: Needs in order, in words.
        goals: Goals in order, as the rules of places name them.
        reason: Why the order is as it is.
        first_choice_reason: Why first choices go above need (§ 5-3); empty where they do not.
    """

    cycle: str
    by: str
    on: date
    needs: tuple[str, ...]
    goals: tuple[str, ...]
    reason: str
    first_choice_reason: str

    def told(self) -> dict[str, Any]:
        """What a plan's manifest says of it."""
        return asdict(self) | {"on": self.on.isoformat()}

    def steers(self, manifest: Mapping[str, Any]) -> bool:
        """Whether a plan goes by this order and this reason, wherever it has them from."""
        order = [stage["goal"] for stage in manifest["goals"]]
        if [goal for goal in order if goal in self.goals] != list(self.goals):
            return False
        return not self.first_choice_reason or (
            manifest["rules"]["reason"] == self.first_choice_reason
        )


def of_year(rooms: Rooms, school_year: str) -> Priority | None:
    """The order that stands in the cycle of a school year; None where nobody has set one."""
    found = states.read(Journal(rooms.journal).entries(), school_year)
    return of_state(found) if found else None


def of_state(state: State) -> Priority | None:
    """The order that stands in a cycle; None where nobody has set one."""
    told = state.last(Prioritise)
    if told is None:
        return None
    act, record = told
    return Priority(
        cycle=state.cycle.id,
        by=record.by,
        on=record.on,
        needs=act.needs,
        goals=tuple(GOALS[goal] for goal in act.goals),
        reason=act.reason,
        first_choice_reason=act.first_choice_reason or "",
    )
