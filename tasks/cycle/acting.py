"""Acting in a cycle: checked against the rules, looked up, and journalled before anything else."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pydantic import ValidationError

from tasks import clock, dates
from tasks.cycle import acts, evidence
from tasks.cycle import calendar as calendars
from tasks.cycle import state as states
from tasks.cycle.acts import Act
from tasks.cycle.stages import cycle
from tasks.cycle.state import FORMAT, Record, State
from tasks.errors import NightLocked, NotFound, TilbudsplanError, WrongUse
from tasks.forms import personal
from tasks.journal import Entry, Journal
from tasks.locks import night_lock
from tasks.settings import Project, Rooms, Settings, oslo_date
from tasks.strict import norwegian

MOST_OPEN = 2
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Actor:
    """Who acts, and how it came.

    Attributes:
        by: An office or a role, as entered.
        user: The user that a proxy has authenticated; None where who acts is only stated.
        via: The way it came: `cli`, `prefect`.
    """

    by: str
    user: str | None = None
    via: str = "cli"


def start(settings: Settings, name: str, actor: Actor, on: date | None = None) -> State:
    """Open a cycle; done again, it changes nothing.

    Raises:
        WrongUse: the name is none, or two cycles of the same clock are open already.
    """
    wanted = cycle(name)
    _check_actor(wanted.title, actor)
    day = _day(wanted.title, on)
    with _alone(settings.rooms):
        journal = Journal(settings.rooms.journal)
        entries = journal.entries()
        if found := states.read(entries, name):
            return found
        others = [s.cycle.id for s in states.open_cycles(entries) if s.cycle.track == wanted.track]
        if len(others) >= MOST_OPEN:
            raise WrongUse(
                subject=wanted.title,
                expected=f"høyst {MOST_OPEN} åpne årshjul samtidig",
                got=f"{' og '.join(others)} er åpne",
                remedy=f"avslutt {others[0]} først",
            )
        said = {"format": FORMAT, "cycle": name, "on": day.isoformat()}
        journal.append(
            states.STARTED, said | {"by": actor.by, "user": actor.user, "via": actor.via}
        )
        return _read(journal, name)


def act(
    settings: Settings,
    name: str,
    said: Mapping[str, Any],
    actor: Actor,
    *,
    on: date | None = None,
    token: str | None = None,
    stage: str | None = None,
    project: Project | None = None,
) -> State:
    """Do one thing in a cycle; sent again with the same token, it changes nothing.

    Args:
        settings: The installation.
        name: Which cycle.
        said: The act, as `tasks.cycle.acts` describes it: `type` and its fields.
        actor: Who acts.
        on: When it happened, where that was not today.
        token: What makes it the same act when it is sent again.
        stage: The stage that the one who acts believes it is in; whoever closes a stage must not
            close the next one.
        project: Where the calendar is.

    Returns:
        Where the cycle stands afterwards.

    Raises:
        NotFound: the cycle was not started, or something it names is not there.
        WrongUse: the rules do not allow it where the cycle stands.
    """
    journal = Journal(settings.rooms.journal)
    while True:
        entries = journal.entries()
        found = _state(states.read(entries, name), name)
        if token is not None and token in found.tokens:
            return found
        wanted = _wanted(found, said, actor, stage)
        day = _day(found.cycle.title, on)
        record = Record(
            number=found.number + 1,
            act=wanted,
            by=actor.by.strip(),
            user=actor.user,
            on=day,
            at=clock.now(),
            token=token or uuid.uuid4().hex,
            stage=found.stage,
        )
        record = _looked_up(settings, project or Project(), found, record, entries)
        # What is looked up may take a minute; if somebody else acted meanwhile, it is done anew.
        with _alone(settings.rooms):
            if _read(journal, name).number == found.number:
                journal.append(states.DONE_ACT, _plain(record, name, actor.via))
                return _read(journal, name)


def _wanted(found: State, said: Mapping[str, Any], actor: Actor, stage: str | None) -> Act:
    """The act that was entered, by somebody who may and in the stage that they believe it is in."""
    wanted = parsed(said, found.cycle.title)
    _check_actor(found.cycle.title, actor)
    _check_texts(found.cycle.title, wanted)
    if stage is not None and stage != found.stage and not isinstance(wanted, acts.Input):
        raise _refused(found, f"den ble gjort i trinnet «{stage}»")
    return wanted


def _looked_up(
    settings: Settings, project: Project, found: State, record: Record, entries: Sequence[Entry]
) -> Record:
    """A record with the facts that belong with it, if the rules allow it where the cycle stands."""
    # Before anything is looked up: what does not belong here needs no run and no warehouse.
    if why := states.refusal(found, record):
        raise _refused(found, why)
    milestones = calendars.read(project.reference, settings.county).of(found.cycle)
    told = evidence.facts(record.act, found, settings, project, entries, milestones, record.on)
    record = replace(record, facts=told)
    if why := states.refusal(found, record):
        raise _refused(found, why)
    return record


def refuse(settings: Settings, name: str, token: str, why: str, said: Any) -> State:
    """Journal an input that came in a form and could not be taken, so that it is asked for anew."""
    with _alone(settings.rooms):
        journal = Journal(settings.rooms.journal)
        found = _state(states.read(journal.entries(), name), name)
        if token in found.tokens:
            return found
        told = {"format": FORMAT, "cycle": name, "token": token, "why": why}
        # What was sent is kept, but never what tells of a person.
        kept = said if _harmless(said) else None
        journal.append(states.REFUSED, told | {"said": kept})
        return _read(journal, name)


def parsed(said: Mapping[str, Any], subject: str) -> Act:
    """An act from what was entered.

    Raises:
        WrongUse: fields are missing or wrong, all of them told at once.
    """
    kind = acts.BY_NAME.get(str(said.get("type")))
    if kind is None:
        raise WrongUse(
            subject=subject,
            expected=f"en av handlingene {', '.join(acts.BY_NAME)}",
            got=repr(said.get("type")),
            remedy="«tilbudsplan cycle status» sier hva som kan gjøres nå",
        )
    try:
        return kind.model_validate_json(json.dumps(said, default=str))
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc']))} {norwegian(e)}".lstrip() for e in error.errors()
        )
        raise WrongUse(
            subject=f"{subject}, «{acts.name(kind)}»",
            expected="gyldige opplysninger",
            got=wrong,
            remedy=f"se «tilbudsplan cycle act ÅRSHJUL {acts.name(kind)} --explain»",
        ) from error


def _plain(record: Record, name: str, via: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "cycle": name,
        "token": record.token,
        "stage": record.stage,
        "act": record.act.model_dump(mode="json"),
        "by": record.by,
        "user": record.user,
        "on": record.on.isoformat(),
        "via": via,
        "facts": record.facts,
    }


def _read(journal: Journal, name: str) -> State:
    return _state(states.read(journal.entries(), name), name)


def _state(found: State | None, name: str) -> State:
    if found is None:
        raise NotFound(
            subject=f"årshjul {name}",
            expected="et årshjul som er startet",
            got="ingen i journalen",
            remedy=f"start det med «tilbudsplan cycle start {name} --by HVEM»",
        )
    return found


@contextmanager
def _alone(rooms: Rooms) -> Iterator[None]:
    """One at a time: what the rules allow is asked and journalled as one."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with night_lock(rooms.cycle_lock):
                yield
            return
        except NightLocked:
            # Raised on the way in only: nothing within takes the lock again.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _day(subject: str, on: date | None) -> date:
    today = oslo_date(clock.now())
    if on is not None and on > today:
        raise WrongUse(
            subject=subject,
            expected="en dag som har vært (--on)",
            got=dates.day(on),
            remedy="før det når dagen er kommet",
        )
    return on or today


def _check_actor(subject: str, actor: Actor) -> None:
    if not actor.by.strip():
        raise WrongUse(
            subject=subject, expected="hvem som handler (--by)", got="ingen", remedy="legg det til"
        )
    _check_text(subject, actor.by)


def _check_texts(subject: str, wanted: Act) -> None:
    for text in acts.texts(wanted):
        _check_text(subject, text)


def _check_text(subject: str, text: str) -> None:
    if what := personal.found(text):
        raise WrongUse(
            subject=subject,
            expected="tekst uten opplysninger om enkeltpersoner",
            got=what,
            remedy="ta det ut; andre leser teksten",
        )


def _harmless(said: Any) -> bool:
    return personal.found(str(said)) is None


def _refused(found: State, why: str) -> TilbudsplanError:
    return WrongUse(
        subject=f"årshjulet for {found.cycle.title}",
        expected=f"noe som kan gjøres i trinnet «{found.stage}»",
        got=why,
        remedy="«tilbudsplan cycle status» sier hva som kan gjøres nå, og hva som mangler",
    )
