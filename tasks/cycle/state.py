"""Where a cycle stands: a pure function of the journal's records.

Every sequence of records gives a state. A record that the rules do not allow where it stands (of
another version, or written by hand) is a `Stray`: it is shown and has no effect, so that a stage is
entered only from the one before it, or by a recorded way back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from tasks.cycle import acts
from tasks.cycle.acts import Act, Back, Close, Count, Decide, Input
from tasks.cycle.stages import DONE, Cycle, cycle
from tasks.errors import WrongUse
from tasks.journal import Entry
from tasks.settings import oslo_date
from tasks.strict import norwegian

STARTED, DONE_ACT, REFUSED, REMINDED = (
    "cycle.started",
    "cycle.act",
    "cycle.refused",
    "cycle.reminded",
)
FORMAT = 1
A = TypeVar("A", bound=Act)


@dataclass(frozen=True)
class Record:
    """One act as the journal has it.

    Attributes:
        number: Its place among the cycle's records, from 1.
        act: What was done.
        by: Who did it, an office or a role, as entered.
        user: The user that a proxy had authenticated; None where who acted is only stated.
        on: The date on which it happened, as entered.
        at: When it was journalled.
        token: What makes the same act the same, however often it is sent.
        stage: The stage it was done in.
        facts: What was looked up when it was journalled.
    """

    number: int
    act: Act
    by: str
    user: str | None
    on: date
    at: datetime
    token: str
    stage: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def as_stated(self) -> bool:
        """Whether nobody but the one who entered it vouches for who acted."""
        return self.user is None


@dataclass(frozen=True)
class Stray:
    """A record that has no effect.

    Attributes:
        at: When it was journalled.
        why: Why the rules do not allow it where it stands.
    """

    at: datetime
    why: str


@dataclass(frozen=True)
class Move:
    """A step from one stage to another."""

    on: date
    source: str
    target: str
    by: str
    why: str = ""

    @property
    def back(self) -> bool:
        """Whether it went back."""
        return bool(self.why)


@dataclass(frozen=True)
class State:
    """Where a cycle stands.

    Attributes:
        cycle: Which.
        stage: The stage it is in; `avsluttet` when it is over.
        started_on: When it was started.
        standing: The acts that stand, oldest first.
        set_aside: The acts that no longer stand, since the cycle went back past them.
        moves: Every step between stages.
        strays: Records without effect.
        tokens: The tokens of all records, and of inputs that were refused.
        refused: The last input that was refused since the last act, and why.
        number: How many records there are, those refused among them.
    """

    cycle: Cycle
    stage: str
    started_on: date
    standing: tuple[Record, ...] = ()
    set_aside: tuple[Record, ...] = ()
    moves: tuple[Move, ...] = ()
    strays: tuple[Stray, ...] = ()
    tokens: frozenset[str] = frozenset()
    refused: str | None = None
    number: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing is left to do."""
        return self.stage == DONE

    def all(self, kind: type[A]) -> list[tuple[A, Record]]:
        """The standing acts of a kind, oldest first."""
        return [(r.act, r) for r in self.standing if isinstance(r.act, kind)]

    def last(self, kind: type[A]) -> tuple[A, Record] | None:
        """The newest standing act of a kind."""
        found = self.all(kind)
        return found[-1] if found else None


def read(entries: Iterable[Entry], name: str, until: date | None = None) -> State | None:
    """The state of one cycle; None where it was never started.

    Args:
        entries: The journal, in order.
        name: Which cycle.
        until: Only what happened up to and with this date.
    """
    found: State | None = None
    for entry in entries:
        if not entry.kind.startswith("cycle.") or entry.payload.get("cycle") != name:
            continue
        if entry.kind == STARTED and found is None:
            found = _begun(entry, name, until)
        elif found is not None and entry.kind in {DONE_ACT, REFUSED}:
            found = _with(found, entry, until)
    return found


def cycles(entries: Iterable[Entry]) -> list[str]:
    """Names of the cycles that were started, oldest first."""
    return list(dict.fromkeys(str(e.payload.get("cycle")) for e in entries if e.kind == STARTED))


def refusal(state: State, record: Record) -> str | None:
    """Why the rules do not allow an act where a cycle stands; None where they do."""
    act = record.act
    if state.over:
        return "årshjulet er avsluttet"
    if record.stage != state.stage:
        return f"den ble gjort i trinnet «{record.stage}», og årshjulet er i «{state.stage}»"
    if act.STAGES and state.stage not in act.STAGES:
        return f"«{acts.name(type(act))}» hører ikke til trinnet «{state.stage}»"
    if record.on > oslo_date(record.at):
        return f"{record.on} er en dag som ikke har vært"
    match act:
        case Close():
            lacking = missing(state, record)
            return f"dette mangler: {'; '.join(lacking)}" if lacking else None
        case Back():
            return _no_way_back(state, act)
        case acts.Release() if state.last(acts.Freeze) is None:
            return "tallene er ikke frosset ennå"
        case Decide():
            lacking = missing(state, record)
            return f"dette mangler: {'; '.join(lacking)}" if lacking else None
        case acts.Grant():
            return _no_grant(state, act)
        case _:
            return None


# What a stage must have before it is closed: kind of act, and what is said where it is missing.
REQUIRED: dict[str, tuple[tuple[type[Act], str], ...]] = {
    "kunnskapsgrunnlag": (
        (acts.Freeze, "tallene er ikke frosset"),
        (acts.Release, "statistikkomiteen har ikke frigitt kunnskapsgrunnlaget"),
    ),
    "innspill": ((acts.Packs, "pakkene er ikke sendt ut"),),
    "prioritering": ((acts.Prioritise, "prioriteringen er ikke satt"),),
    "forslag": (
        (acts.Propose, "prognosen er ikke lagt fram"),
        (acts.Statement, "yrkesopplæringsnemnda har ikke uttalt seg (opplæringslova § 8-2)"),
    ),
    "justering": (
        (acts.Applications, "søkertallene er ikke ført"),
        (acts.Adjust, "justeringen er ikke ført, heller ikke at ingenting endres"),
    ),
    "kriterier": ((acts.Criteria, "kriteriene er ikke vedtatt"),),
    "søknader": ((acts.CollegeApplication, "ingen søknader er ført"),),
    "tildeling": ((acts.Grant, "tilskuddene er ikke tildelt"),),
}


def missing(state: State, record: Record | None = None) -> list[str]:
    """What the present stage lacks before it can be closed, in Norwegian.

    Args:
        state: Where the cycle stands.
        record: The act that would close it, with what was looked up then.
    """
    found = [why for kind, why in REQUIRED.get(state.stage, ()) if state.last(kind) is None]
    if state.stage == "oppfølging":
        told = {count.when for count, _ in state.all(Count)}
        found += [
            f"tellingen {w} er ikke ført" for w in ("1. oktober", "31. desember") if w not in told
        ]
    if state.stage == "vedtak" and not (record and isinstance(record.act, Decide)):
        found.append("fylkestinget har ikke gjort vedtak")
    if record is not None:
        found += [f"fristen for {channel} er ikke ute" for channel in record.facts.get("open", ())]
    return found


def _begun(entry: Entry, name: str, until: date | None) -> State | None:
    try:
        on = date.fromisoformat(entry.payload["on"])
        named = cycle(name)
    except (KeyError, TypeError, ValueError, WrongUse):
        return None
    if until is not None and on > until:
        return None
    return State(named, named.stages[0], on)


def _with(state: State, entry: Entry, until: date | None) -> State:
    number = state.number + 1
    token = str(entry.payload.get("token", ""))
    if entry.kind == REFUSED:
        why = str(entry.payload.get("why", ""))
        return replace(state, number=number, tokens=state.tokens | {token}, refused=why)
    record = decoded(entry, number)
    if isinstance(record, str):
        return replace(state, number=number, strays=(*state.strays, Stray(entry.at, record)))
    if until is not None and record.on > until:
        return replace(state, number=number)
    why_not = refusal(state, record)
    if why_not is None and token in state.tokens:
        why_not = "den er ført før"
    if why_not is not None:
        return replace(state, number=number, strays=(*state.strays, Stray(entry.at, why_not)))
    taken = replace(state, number=number, tokens=state.tokens | {token}, refused=None)
    return _advanced(replace(taken, standing=(*taken.standing, record)), record)


def decoded(entry: Entry, number: int) -> Record | str:
    """A record of the journal, or why it cannot be read."""
    told = entry.payload
    if told.get("format") != FORMAT:
        return f"den er skrevet i format {told.get('format')}, som denne versjonen ikke kjenner"
    words = {name: told.get(name) for name in ("by", "token", "stage")}
    if wrong := [name for name, value in words.items() if not isinstance(value, str)]:
        return f"den kan ikke leses ({', '.join(wrong)} er ingen tekst)"
    try:
        return Record(
            number=number,
            act=acts.READER.validate_json(json.dumps(told["act"])),
            by=told["by"],
            user=told.get("user"),
            on=date.fromisoformat(told["on"]),
            at=entry.at,
            token=told["token"],
            stage=told["stage"],
            facts=dict(told.get("facts", {})),
        )
    except ValidationError as error:
        return "; ".join(f"{'.'.join(map(str, e['loc']))} {norwegian(e)}" for e in error.errors())
    except (KeyError, TypeError, ValueError) as error:
        return f"den kan ikke leses ({error!r})"


def _advanced(state: State, record: Record) -> State:
    """The state after an act that stands: most acts leave it in its stage."""
    match record.act:
        case Close():
            return _moved(state, record, state.cycle.place(state.stage) + 1)
        case Decide(outcome="sendt tilbake", reason=reason, case_number=case):
            why = f"fylkestinget sendte saken tilbake i sak {case}: {reason}"
            return _set_back(state, record, "forslag", why)
        case Decide():
            return _moved(state, record, state.cycle.place(state.stage) + 1)
        case Back(to=to, reason=reason):
            return _set_back(state, record, to, reason)
        case _:
            return state


def _moved(state: State, record: Record, place: int, why: str = "") -> State:
    stages = state.cycle.stages
    target = stages[place] if place < len(stages) else DONE
    move = Move(record.on, state.stage, target, record.by, why)
    return replace(state, stage=target, moves=(*state.moves, move))


def _set_back(state: State, record: Record, to: str, why: str) -> State:
    """Earlier: what was done from that stage on is set aside, and inputs stand."""
    place = state.cycle.place(to)

    def stands(one: Record) -> bool:
        return isinstance(one.act, Input) or state.cycle.place(one.stage) < place

    kept = tuple(one for one in state.standing if stands(one))
    gone = tuple(one for one in state.standing if not stands(one))
    left = replace(state, standing=kept, set_aside=(*state.set_aside, *gone))
    return _moved(left, record, place, why)


def _no_way_back(state: State, act: Back) -> str | None:
    if act.to not in state.cycle.stages:
        return f"«{act.to}» er ikke et trinn; trinnene er {', '.join(state.cycle.stages)}"
    if state.cycle.place(act.to) >= state.cycle.place(state.stage):
        return f"«{act.to}» ligger ikke før «{state.stage}»"
    return None


def _no_grant(state: State, act: acts.Grant) -> str | None:
    asked = {a.offer: a for a, _ in state.all(acts.CollegeApplication)}
    for line in act.lines:
        if line.offer not in asked:
            return f"ingen har søkt om «{line.offer}»"
        if line.places and not asked[line.offer].accredited:
            return f"«{line.offer}» er ikke akkreditert, og kan ikke starte (fagskoleloven)"
    over = granted_cost(state, act) - available(state)
    return f"tildelingen er {over:.0f} kr over rammen uten reserven" if over > 0 else None


def granted_cost(state: State, act: acts.Grant) -> float:
    """Kroner that grants come to at the rates of the criteria."""
    criteria = state.last(acts.Criteria)
    asked = {a.offer: a.mode for a, _ in state.all(acts.CollegeApplication)}
    if criteria is None:
        return 0.0
    rates = {"stedbasert": criteria[0].on_site, "nettbasert": criteria[0].online}
    return sum(line.places * rates[asked[line.offer]] for line in act.lines)


def available(state: State) -> float:
    """Kroner of the frame that are not held in reserve."""
    criteria = state.last(acts.Criteria)
    return criteria[0].frame * (1 - criteria[0].reserve_percent / 100) if criteria else 0.0


def open_cycles(entries: Sequence[Entry]) -> list[State]:
    """The cycles that are not over, oldest first."""
    found = [read(entries, name) for name in cycles(entries)]
    return [state for state in found if state is not None and not state.over]
