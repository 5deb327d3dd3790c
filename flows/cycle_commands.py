"""Commands on the year's cycle: they read and write the journal, and tell the server afterwards."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from flows import cycle_server, cycle_words, mailing, show
from tasks.cycle import acting, acts, balance, offer, reminders, standing, telling
from tasks.cycle.acting import Actor
from tasks.cycle.stages import cycle
from tasks.cycle.standing import Standing
from tasks.cycle.state import Record, State
from tasks.errors import NotFound, WrongUse
from tasks.settings import Settings

# A proxy that has authenticated a user tells who it is; without it, who acts is as stated.
USER = "TILBUDSPLAN_USER"
NO_SERVER = (
    "Prefect-tjeneren svarer ikke. Det er ført i journalen; skjemaet i nettleseren følger etter "
    "når «make serve» kjører."
)


def start(name: str, by: str, on: datetime | None) -> None:
    """Open a cycle, and let a run wait for it where a server runs."""
    settings = Settings()
    _finish(settings, acting.start(settings, name, _actor(by), _day(on)))


def act(
    name: str,
    what: str,
    by: str,
    fields: list[str],
    file: Path | None,
    on: datetime | None,
    explain: bool,
) -> None:
    """Journal an act, and let the run that waits see it."""
    if explain:
        _explain(what)
        return
    settings = Settings()
    said = {"type": what, **_from_file(file), **_fields(what, fields)}
    _finish(settings, acting.act(settings, name, said, _actor(by), on=_day(on)))


def back(name: str, to: str, by: str, reason: str, on: datetime | None) -> None:
    """Go back to an earlier stage, with a reason."""
    settings = Settings()
    said = {"type": "tilbake", "to": to, "reason": reason}
    _finish(settings, acting.act(settings, name, said, _actor(by), on=_day(on)))


def status(name: str | None, as_of: datetime | None, as_json: bool) -> None:
    """Print where the cycles stand."""
    wanted = cycle(name).id if name else None
    found = standing.all_of(Settings(), as_of=_day(as_of))
    shown = [
        one
        for one in found
        if one.state.cycle.id == wanted or (wanted is None and not one.state.over)
    ]
    if wanted and not shown:
        raise NotFound(
            subject=f"årshjul {wanted}",
            expected="et årshjul som er startet",
            got="ingen i journalen",
            remedy=f"start det med «tilbudsplan cycle start {wanted} --by HVEM»",
        )
    if as_json:
        show.as_json([_plain(one) for one in shown])
        return
    if not shown:
        show.line(
            "Ingen årshjul er åpne. Start et med «tilbudsplan cycle start 2027/28 --by HVEM»."
        )
    for place, one in enumerate(shown):
        if place:
            show.line()
        _print(one)


def remind(as_json: bool) -> None:
    """Write the reminders that are due, and send what waits."""
    settings = Settings()
    mails = reminders.remind(settings)
    sent = mailing.send(settings)
    if as_json:
        told = [{"to": mail.to, "subject": mail.subject} for mail in mails]
        show.as_json({"written": told, "sent": len(sent.sent), "trouble": sent.trouble})
        return
    for mail in mails:
        show.line(f"{mail.to}: {mail.subject}")
    show.line(f"{len(mails)} påminnelser skrevet, {len(sent.sent)} e-poster sendt.")
    if sent.trouble:
        show.line(f"E-post venter: {sent.trouble}")


def _actor(by: str) -> Actor:
    return Actor(by, os.environ.get(USER) or None)


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None


def _finish(settings: Settings, state: State) -> None:
    """Say where the cycle stands, and let the server follow."""
    reached = cycle_server.told(settings, state.cycle.id, over=state.over)
    found = [one for one in standing.all_of(settings) if one.state.cycle.id == state.cycle.id]
    for one in found:
        show.line(cycle_words.heading(one))
        _listed("Det ventes på", cycle_words.waits(one))
    if not reached:
        show.note(NO_SERVER)


def _print(found: Standing) -> None:
    show.line(cycle_words.heading(found))
    _listed("Det ventes på", cycle_words.waits(found))
    if found.possible:
        _listed("Det som kan føres nå", [", ".join(found.possible)])
    _listed("Gått tilbake", cycle_words.moves(found))
    for title, lines in found.sections():
        _listed(title, lines)
    if text := cycle_words.unconfirmed(found):
        show.line()
        show.wrapped(text)


def _listed(title: str, lines: list[str]) -> None:
    if lines:
        show.line()
        show.line(title)
        for one in lines:
            show.wrapped(one, "  - ")


def _explain(what: str) -> None:
    kind = acts.BY_NAME.get(what)
    if kind is None:
        raise WrongUse(
            subject="handling",
            expected=f"en av {', '.join(acts.BY_NAME)}",
            got=repr(what),
            remedy="«tilbudsplan cycle status» sier hva som kan føres nå",
        )
    show.line(f"{kind.model_config.get('title', what)} ({what})")
    _print_fields({name: field for name, field in kind.model_fields.items() if name != "type"})
    for name, part, many in cycle_words.parts_of(kind):
        show.line()
        mark = f"[[{name}]] foran hver" if many else f"[{name}]"
        show.line(f"I {name}, i en fil som gis med --file, {mark}:")
        _print_fields(part.model_fields)


def _print_fields(fields: Mapping[str, FieldInfo]) -> None:
    rows = [[n, f.title or n, "ja" if f.is_required() else "nei"] for n, f in fields.items()]
    if rows:
        show.line()
        below = [cycle_words.field_told(field) for field in fields.values()]
        show.as_table(["felt", "navn", "kreves"], rows, below=below)


def _from_file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WrongUse(
            subject=str(path),
            expected="en TOML-fil med feltene til handlingen",
            got=f"noe som ikke kan leses ({error})",
            remedy="rett filen; docs/cycle.md har eksempler",
        ) from error


def _fields(what: str, given: list[str]) -> dict[str, Any]:
    """`field=value` by name; the values of a list are parted by semicolons."""
    found: dict[str, Any] = {}
    kind = acts.BY_NAME.get(what)
    known = kind.model_fields if kind else {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise WrongUse(
                subject="--set",
                expected="FELT=VERDI",
                got=repr(one),
                remedy=f"se feltene med «tilbudsplan cycle act ÅRSHJUL {what} --explain»",
            )
        listed = name in known and "tuple" in str(known[name].annotation)
        found[name] = [part.strip() for part in value.split(";")] if listed else value
    return found


def _plain(found: Standing) -> dict[str, Any]:
    """A cycle as JSON: everything that stands, and what it comes to."""
    state = found.state
    return {
        "cycle": state.cycle.id,
        "track": state.cycle.track,
        "stage": state.stage,
        "started_on": state.started_on,
        "late": [
            {"what": w.what.title, "who": w.what.who, "due": w.what.due, "days": w.late_days}
            for w in found.waits
            if w.late_days
        ],
        "awaited": [
            {
                "what": w.what.title,
                "act": w.what.act,
                "part": w.what.part,
                "who": w.what.who,
                "due": w.what.due,
                "confirmed": w.what.confirmed,
                "lacking": list(w.lacking),
            }
            for w in found.waits
        ],
        "missing": list(found.missing),
        "possible": found.possible,
        "following": found.following
        and {"what": found.following.title, "due": found.following.due},
        "inputs": [vars(one) for one in found.came],
        "acts": [_record(one) for one in state.standing],
        "set_aside": [_record(one) for one in state.set_aside],
        "moves": [vars(one) for one in state.moves],
        "strays": [vars(one) for one in state.strays],
        "refused": state.refused,
        "frozen": found.frozen and {"decision": found.frozen.id, "seal": found.frozen.seal},
        "decided": _offer(offer.decided(state)),
        "adjusted": _offer(offer.adjusted(state)),
        "applicants": _held(offer.decided(state), balance.applicants(state)),
        "counts": {
            act.when: _held(offer.adjusted(state), balance.counted(state, act.when))
            for act, _ in state.all(acts.Count)
        },
        "stages": dict(found.sections()),
    }


def _record(one: Record) -> dict[str, Any]:
    small = {k: v for k, v in one.facts.items() if k not in {"offer", "need", "figures"}}
    return {
        "act": _shown(one),
        "stage": one.stage,
        "by": one.by,
        "as_stated": one.as_stated,
        "user": one.user,
        "on": one.on,
        "at": one.at,
        "signed": telling.signed(one),
        "facts": small,
    }


def _shown(one: Record) -> dict[str, Any]:
    """An act as it was entered, but for counts of few persons."""
    said = one.act.model_dump(mode="json")
    for line in said.get("lines", ()):
        for name in ("pupils", "applicants"):
            if balance.closed(line.get(name) or 0):
                line[name] = None
    return said


def _held(lines: offer.Offer, figures: Mapping[offer.Key, int]) -> list[dict[str, Any]]:
    """Persons against the places of each offer; few persons are null.

    In the order of offers: by distance, a null would be told by what stands beside it.
    """
    told = []
    for one in sorted(balance.against(lines, figures), key=lambda one: one.line.key):
        line, few = one.line, balance.closed(one.figure)
        persons = {"persons": None if few else one.figure, "spare": None if few else one.spare}
        names = ("school", "school_name", "area", "area_name", "level", "classes", "places")
        told.append({name: getattr(line, name) for name in names} | persons)
    return told


def _offer(lines: offer.Offer) -> list[dict[str, Any]]:
    """The lines that somebody set; the rest are as this year's."""
    return [vars(line) for line in lines.values() if line.changes]
