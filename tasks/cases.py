"""Cases: what became of each need that somebody told the county of, and what they were answered.

A need is `meldt` when its form is taken. Each later state, and each answer, is an entry of the
journal; which state may follow which, and what must be told with it, stands in
`data/reference/case_state.csv`. Everything here is read from the journal and appended to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import polars as pl

from tasks import dates
from tasks.errors import NotFound, WrongUse
from tasks.forms import personal, standing, tables
from tasks.journal import Entry, Journal
from tasks.settings import oslo_date, oslo_today

STATE, UNDO, ANSWER = "case.state", "case.undo", "case.answer"
REPORTED = "meldt"
VERDICTS = ("brukt", "ikke brukt", "sendt videre")

# Grain: one row per change of state that was journalled. Key: need_id, change.
STATE_CHANGE: dict[str, type[pl.DataType]] = {
    "need_id": pl.String,
    "change": pl.Int32,
    "state": pl.String,
    "decided_on": pl.Date,
    "body": pl.String,
    "offer_code": pl.String,
    "started_on": pl.Date,
    "participants": pl.Int32,
    "reason": pl.String,
    "by": pl.String,
}
# Grain: one row per need or submission that was answered, the newest answer. Key: subject.
ANSWERED: dict[str, type[pl.DataType]] = {
    "subject": pl.String,
    "verdict": pl.String,
    "answered_on": pl.Date,
    "reason": pl.String,
    "sent_to": pl.String,
    "by": pl.String,
}


@dataclass(frozen=True)
class Change:
    """One change of state.

    Attributes:
        need_id: The need.
        state: The new state.
        by: Who decided: an office or a role.
        body: Code of the handling body (`data/reference/handling_body.csv`).
        offer_code: The offer it is coupled to (`mart.education_offer`).
        started_on: When the offer started for those who told of the need.
        participants: How many of them take part, in persons.
        reason: Why.
        decided_on: When it was decided, where that was not the day it is journalled.
    """

    need_id: str
    state: str
    by: str
    body: str | None = None
    offer_code: str | None = None
    started_on: date | None = None
    participants: int | None = None
    reason: str | None = None
    decided_on: date | None = None


@dataclass(frozen=True)
class Rules:
    """What `data/reference` says of cases.

    Attributes:
        follows: By state, the states it may follow.
        requires: By state, what must be told with it.
        bodies: Names of the handling bodies by code.
    """

    follows: Mapping[str, frozenset[str]]
    requires: Mapping[str, tuple[str, ...]]
    bodies: Mapping[str, str]


def read_rules(reference: Path) -> Rules:
    """Read states and handling bodies from `data/reference`."""
    states = pl.read_csv(reference / "case_state.csv", infer_schema=False)
    bodies = pl.read_csv(reference / "handling_body.csv", infer_schema=False)
    told = list(states.select("state", "follows", "requires").fill_null("").iter_rows())
    return Rules(
        {state: frozenset(follows.split()) for state, follows, _ in told},
        {state: tuple(requires.split()) for state, _, requires in told},
        dict(bodies.select("body_code", "body").iter_rows()),
    )


def set_state(journal: Journal, change: Change, rules: Rules, offers: Iterable[str]) -> Change:
    """Journal a new state of a need.

    What an earlier change told (body, offer, start, participants) stands where this one is silent.

    Args:
        journal: Where it is appended.
        change: What was decided.
        rules: Which states there are.
        offers: Codes of the offers there are to couple to.

    Returns:
        The change with what stands from before.

    Raises:
        NotFound: no such need, body or offer.
        WrongUse: the state may not follow the present one, or something it requires is missing.
    """
    entries = journal.entries()
    need = _need(entries, change.need_id)
    before = _changes(entries).get(change.need_id, [])
    whole = _completed(change, before[-1] if before else {})
    now = before[-1]["state"] if before else REPORTED
    if need.withdrawn:
        raise WrongUse(
            subject=change.need_id,
            expected="et behov som står",
            got="et som avsenderen har trukket",
            remedy="velg et annet; «tilbudsplan case list» viser dem som står",
        )
    if change.state not in rules.follows:
        raise _unknown("tilstand", change.state, rules.follows)
    if now not in rules.follows[change.state]:
        possible = [state for state, follows in rules.follows.items() if now in follows]
        raise WrongUse(
            subject=change.need_id,
            expected=f"en tilstand som kan følge «{now}»: {', '.join(possible) or 'ingen'}",
            got=f"«{change.state}»",
            remedy="ta tilstandene i rekkefølge; reglene står i data/reference/case_state.csv",
        )
    _require(whole, rules)
    _check_days(whole, None if before else need.received_on)
    _no_person(change.need_id, change.reason, change.by)
    if whole.body is not None and whole.body not in rules.bodies:
        raise _unknown("behandlende instans", whole.body, rules.bodies)
    if whole.offer_code is not None and whole.offer_code not in (known := set(offers)):
        raise _unknown("tilbud", whole.offer_code, known)
    journal.append(STATE, _plain(whole))
    return whole


def undo(journal: Journal, need_id: str, reason: str, by: str) -> str:
    """Journal that the last change of a need was a mistake; what stood before it stands again.

    Returns:
        The state that stands.

    Raises:
        NotFound: no such need.
        WrongUse: nothing was changed, or no reason is given.
    """
    entries = journal.entries()
    _need(entries, need_id)
    before = _changes(entries).get(need_id, [])
    if not before:
        raise WrongUse(
            subject=need_id,
            expected="et behov som har fått en tilstand",
            got="et som bare er meldt",
            remedy=f"se «tilbudsplan case show {need_id}»",
        )
    if not reason.strip():
        raise _missing(need_id, "en begrunnelse (--reason)")
    _no_person(need_id, reason, by)
    journal.append(UNDO, {"need_id": need_id, "reason": reason.strip(), "by": by})
    return str(before[-2]["state"]) if len(before) > 1 else REPORTED


def answer(
    journal: Journal, subject: str, verdict: str, reason: str, by: str, sent_to: str | None = None
) -> int:
    """Journal the answer to a need, or to all that one sender told in one form.

    Args:
        journal: Where it is appended.
        subject: `need_id`, or `submission`.
        verdict: One of `VERDICTS`.
        reason: Why; the sender reads it.
        by: Who answers: an office or a role.
        sent_to: Whom it was sent on to.

    Returns:
        How many needs the answer is for.

    Raises:
        NotFound: no such need or submission.
        WrongUse: an unknown verdict, no reason, or nobody to send to.
    """
    found = standing.submissions(journal.entries())
    rows = {row.need_id for one in found.values() for row in one.standing()}
    if subject in found:
        number = len(found[subject].standing())
    elif subject in rows:
        number = 1
    else:
        raise _unknown("innspill", subject, [*rows, *found])
    if verdict not in VERDICTS:
        raise _unknown("svar", verdict, VERDICTS)
    if not reason.strip():
        raise _missing(subject, "en begrunnelse (--reason)")
    if verdict == "sendt videre" and not sent_to:
        raise _missing(subject, "hvem det er sendt til (--sent-to)")
    _no_person(subject, reason, sent_to, by)
    journal.append(
        ANSWER,
        {
            "subject": subject,
            "verdict": verdict,
            "reason": reason,
            "sent_to": sent_to,
            "by": by,
        },
    )
    return number


def frames(entries: Iterable[Entry]) -> dict[str, pl.DataFrame]:
    """The tables `case_state_change` and `case_answer`, from the journal's entries."""
    entries = list(entries)
    changes = [row for rows in _changes(entries).values() for row in rows]
    answers: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if entry.kind == ANSWER:
            told = entry.payload
            answered = _day(told.get("answered_on")) or oslo_date(entry.at)
            answers[told["subject"]] = {**told, "answered_on": answered}
    return {
        "case_state_change": tables.frame(changes, STATE_CHANGE),
        "case_answer": tables.frame(answers.values(), ANSWERED),
    }


def _changes(entries: Iterable[Entry]) -> dict[str, list[dict[str, Any]]]:
    """What was decided of each need, oldest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        if entry.kind == STATE:
            rows = found.setdefault(entry.payload["need_id"], [])
            told = entry.payload
            rows.append(
                {
                    **told,
                    "change": len(rows) + 1,
                    "decided_on": _day(told["decided_on"]) or oslo_date(entry.at),
                    "started_on": _day(told["started_on"]),
                }
            )
        elif entry.kind == UNDO:
            found[entry.payload["need_id"]].pop()
    return found


def _need(entries: Iterable[Entry], need_id: str) -> standing.Row:
    found = {
        row.need_id: row
        for one in standing.submissions(entries).values()
        if one.newest["form"] != tables.INTENTION_FORM
        for row in one.rows.values()
    }
    if need_id not in found:
        raise _unknown("behov", need_id, found)
    return found[need_id]


def _completed(change: Change, before: Mapping[str, Any]) -> Change:
    """The change, with what earlier ones told where it is silent; a reason is of its own change."""
    kept = ("body", "offer_code", "started_on", "participants")
    told = {name: getattr(change, name) for name in kept}
    return Change(
        change.need_id,
        change.state,
        change.by,
        reason=change.reason,
        decided_on=change.decided_on,
        **{name: before.get(name) if value is None else value for name, value in told.items()},
    )


_OPTIONS = {
    "body": "behandlende instans (--body)",
    "offer_code": "et tilbud (--offer)",
    "started_on": "startdato (--started)",
    "reason": "en begrunnelse (--reason)",
}


def _require(change: Change, rules: Rules) -> None:
    missing = [name for name in rules.requires[change.state] if not getattr(change, name)]
    if missing:
        wanted = ", ".join(_OPTIONS[name] for name in missing)
        raise _missing(change.need_id, f"{wanted} for «{change.state}»")
    if change.participants is not None and change.participants < 0:
        raise WrongUse(
            subject=change.need_id,
            expected="et antall deltakere, 0 eller flere",
            got=str(change.participants),
            remedy="rett --participants",
        )


def _check_days(change: Change, came_on: date | None) -> None:
    """Refuse days to come, and a first decision from before the need came."""
    today = oslo_today()
    for day, option in ((change.started_on, "--started"), (change.decided_on, "--decided")):
        if day is not None and day > today:
            raise WrongUse(
                subject=change.need_id,
                expected=f"en dag som har vært i {option}",
                got=dates.day(day),
                remedy="før tilstanden når dagen er kommet",
            )
    if came_on is not None and change.decided_on is not None and change.decided_on < came_on:
        raise WrongUse(
            subject=change.need_id,
            expected=f"en dag fra behovet kom, {dates.day(came_on)}",
            got=dates.day(change.decided_on),
            remedy="rett --decided",
        )


def _no_person(subject: str, *texts: str | None) -> None:
    """Refuse texts that others will read and that tell of a person."""
    for text in texts:
        if what := personal.found(text or ""):
            raise WrongUse(
                subject=subject,
                expected="tekst uten opplysninger om enkeltpersoner",
                got=what,
                remedy="ta det ut; andre leser teksten i tabellene",
            )


def _plain(change: Change) -> dict[str, Any]:
    days = {"started_on": change.started_on, "decided_on": change.decided_on}
    return asdict(change) | {name: day and day.isoformat() for name, day in days.items()}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _unknown(what: str, got: str, known: Iterable[str]) -> NotFound:
    near = get_close_matches(got, list(known), n=1)
    guess = f"mente du «{near[0]}»? " if near else ""
    where = {
        "behov": "«tilbudsplan case list» viser behovene",
        "innspill": "«tilbudsplan case list» viser behovene og innsendingene",
        "tilbud": "tilbudene står i tabellen mart.education_offer",
        "behandlende instans": "instansene står i data/reference/handling_body.csv",
        "tilstand": "tilstandene står i data/reference/case_state.csv",
        "svar": f"velg blant {', '.join(VERDICTS)}",
    }
    neuter = what in {"behov", "innspill", "tilbud", "svar"}
    return NotFound(
        subject=got,
        expected=f"et kjent {what}" if neuter else f"en kjent {what}",
        got="et ukjent" if neuter else "en ukjent",
        remedy=f"{guess}{where[what]}",
    )


def _missing(subject: str, what: str) -> WrongUse:
    return WrongUse(subject=subject, expected=what, got="ingenting", remedy="legg det til")
