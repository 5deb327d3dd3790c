"""How the cycles of an installation stand on a day: journal and calendar read together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from tasks import names
from tasks.cycle import acts, telling, waiting
from tasks.cycle import calendar as calendars
from tasks.cycle import state as states
from tasks.cycle.calendar import Calendar, Dated
from tasks.cycle.state import State
from tasks.cycle.waiting import Awaited, Came
from tasks.decisions.record import Decision, of_case
from tasks.forms.calendar import known_regions
from tasks.journal import Entry, Journal
from tasks.settings import Project, Settings, oslo_today


@dataclass(frozen=True)
class Standing:
    """One cycle on a day.

    Attributes:
        state: Where it stands.
        came: Its inputs.
        waits: Who is awaited, and what is late.
        following: What comes next; None where nothing does.
        milestones: All its dates.
        missing: What the stage lacks before it can be closed.
        frozen: The decision as it was frozen to be made again; None before that.
        names: Of utdanningsprogram and regions, by code.
    """

    state: State
    came: tuple[Came, ...]
    waits: tuple[Awaited, ...]
    following: Dated | None
    milestones: tuple[Dated, ...]
    missing: tuple[str, ...]
    frozen: Decision | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def possible(self) -> list[str]:
        """The acts of its stage, as the command line names them."""
        stage, first = self.state.stage, self.state.cycle.place(self.state.stage) == 0
        return [] if self.state.over else [acts.name(a) for a in acts.possible(stage, first)]

    def sections(self) -> list[tuple[str, list[str]]]:
        """What every stage has come to, in words."""
        return telling.sections(self.state, self.came, self.frozen, self.names)


def all_of(
    settings: Settings, project: Project | None = None, as_of: date | None = None
) -> list[Standing]:
    """Every cycle that was started, oldest first; no server is asked.

    Args:
        settings: The installation.
        project: Where the calendar is.
        as_of: The day that is asked about; today where none is given.

    Raises:
        ConfigurationError: the calendar or the rounds of forms have mistakes.
    """
    reference = (project or Project()).reference
    entries = Journal(settings.rooms.journal).entries()
    today = as_of or oslo_today()
    calendar = calendars.read(reference, settings.county)
    regions = known_regions(reference, today).values()
    forums = sorted((r for r in regions if r.kind == "forum"), key=lambda r: r.name)
    # A region without a forum of its own answers the hearing.
    expected = {
        channel: {r.code: r.name for r in forums if r.has_forum == with_forum}
        for channel, with_forum in (("forum", True), ("hoering", False))
    }
    called = names.of_cells(reference)
    found = [states.read(entries, name, as_of) for name in states.cycles(entries)]
    return [
        replace(_of(one, entries, calendar, expected, today, as_of), names=called)
        for one in found
        if one is not None
    ]


def _of(
    state: State,
    entries: Sequence[Entry],
    calendar: Calendar,
    expected: Mapping[str, Mapping[str, str]],
    today: date,
    until: date | None,
) -> Standing:
    milestones = calendar.of(state.cycle)
    came = waiting.inputs(state, entries, until)
    return Standing(
        state=state,
        came=tuple(came),
        waits=tuple(waiting.awaited(state, milestones, came, today, expected)),
        following=waiting.following(state, milestones, today),
        milestones=tuple(milestones),
        missing=() if state.over else tuple(states.missing(state)),
        frozen=_frozen(state, entries),
    )


def _frozen(state: State, entries: Sequence[Entry]) -> Decision | None:
    """What was frozen of the case and the run that were decided on, the newest."""
    decided, proposed = state.last(acts.Decide), state.last(acts.Propose)
    if decided is None or proposed is None:
        return None
    return of_case(entries, decided[0].case_number, proposed[0].run)
