"""Who is awaited, what is late and what comes next: a pure function of journal and calendar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tasks.cycle import acts
from tasks.cycle.acts import Close, Count, Input
from tasks.cycle.calendar import Dated
from tasks.cycle.state import State
from tasks.forms.standing import TAKEN
from tasks.journal import Entry


@dataclass(frozen=True)
class Came:
    """An input that came.

    Attributes:
        channel: Which way.
        sender: The organisation.
        on: When.
        late: Whether that was after the deadline of its channel.
        text: What it asks for; empty of a form, whose rows are needs of their own.
        form: Whether it came in a form.
        region: Code of the region it is from, where that is told.
    """

    channel: str
    sender: str
    on: date
    late: bool
    text: str
    form: bool
    region: str | None = None


@dataclass(frozen=True)
class Awaited:
    """A milestone of the present stage that is not done.

    Attributes:
        what: The milestone.
        late_days: Days since it was due; 0 where it is not late.
        lacking: Who has not answered, where that is known by name.
    """

    what: Dated
    late_days: int
    lacking: tuple[str, ...] = ()


def inputs(state: State, entries: Iterable[Entry], until: date | None = None) -> list[Came]:
    """Every input of a cycle: those that were entered, and the forms that were taken.

    A form's later versions do not make it newer: it came when it came first.

    Args:
        state: Where the cycle stands.
        entries: The journal.
        until: Only forms received up to and with this date.
    """
    found = [
        Came(a.channel, a.sender, r.on, bool(r.facts.get("late")), a.text, False, a.region)
        for a, r in state.all(Input)
    ]
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        told = entry.payload
        if entry.kind != TAKEN or told.get("round") != str(state.cycle.year):
            continue
        sender = str(told.get("organisation") or told.get("region_code") or told.get("orgnr"))
        on = date.fromisoformat(told["received_on"])
        if state.cycle.track == "videregående" and (told["form"], sender) not in seen:
            seen.add((told["form"], sender))
            if until is None or on <= until:
                region = told.get("region_code")
                found.append(Came(told["form"], sender, on, bool(told["late"]), "", True, region))
    return sorted(found, key=lambda one: (one.on, one.channel, one.sender))


def awaited(
    state: State,
    milestones: Sequence[Dated],
    came: Sequence[Came],
    today: date,
    expected: Mapping[str, Mapping[str, str]] | None = None,
) -> list[Awaited]:
    """What the present stage waits for, by day.

    Args:
        state: Where the cycle stands.
        milestones: The cycle's.
        came: Its inputs.
        today: The day that is asked about.
        expected: By channel, the regions that should answer: names by code.
    """
    found = []
    for one in milestones:
        if one.stage != state.stage or one.opens > today:
            continue
        answers = [c for c in came if c.channel == one.part]
        heard = {c.region for c in answers}
        wanted = (expected or {}).get(one.part, {})
        lacking = tuple(name for code, name in wanted.items() if code not in heard)
        if not _done(state, one, today, answered=bool(answers) and not lacking):
            found.append(Awaited(one, max(0, (today - one.due).days), lacking))
    return found


def following(state: State, milestones: Sequence[Dated], today: date) -> Dated | None:
    """The next milestone that is not open yet, in this stage or a later one."""
    place = state.cycle.place(state.stage)
    later = [
        one
        for one in milestones
        if state.cycle.place(one.stage) > place or (one.stage == state.stage and one.opens > today)
    ]
    return min(later, key=lambda one: (state.cycle.place(one.stage), one.opens), default=None)


def open_channels(milestones: Iterable[Dated], on: date) -> list[str]:
    """The channels of inputs whose deadline is not past on a day."""
    return [m.part for m in milestones if m.act == acts.name(Input) and on <= m.due]


def deadline(milestones: Iterable[Dated], channel: str) -> date | None:
    """The deadline of a channel; None where it has none."""
    return next((m.due for m in milestones if m.part == channel), None)


def unconfirmed(milestones: Iterable[Dated]) -> list[Dated]:
    """The milestones whose date nobody has confirmed."""
    return [one for one in milestones if not one.confirmed]


def _done(state: State, one: Dated, today: date, *, answered: bool) -> bool:
    kind = acts.BY_NAME[one.act]
    if kind is Input:
        # More may come until the deadline; after it a channel is late until it has answered.
        return today > one.due and answered
    if kind is Count:
        return any(act.when == one.part for act, _ in state.all(Count))
    return kind is not Close and state.last(kind) is not None
