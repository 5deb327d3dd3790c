"""The watchdog: what a night cannot tell of itself, because it never began or never ended.

Run every quarter of an hour by a timer outside Prefect. It records what it finds beside the
findings of nights, sends what waits, and where the journal cannot be read or written it mails
directly: a full disk must not silence the mail about the full disk. Nothing heavy is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tasks import alerts, dates, disk, locks
from tasks.alerts import OPERATIONS, Desk, Finding, Look, Post, direct, outbox, policy
from tasks.alerts.policy import Policy, Watch
from tasks.errors import ConfigurationError, JournalCorrupt, NightLocked
from tasks.home import no_night
from tasks.journal import Entry, Journal
from tasks.settings import OSLO, Project, Rooms, Settings, oslo_date, oslo_today

SPACE_BYTES = 2_000_000_000
NIGHT = "watchdog"


@dataclass(frozen=True)
class Seen:
    """What a look came to.

    Attributes:
        found: What is wrong with the installation now; empty where all is well.
        round: What came of sending what waited.
        directly: Whether the journal could not be used, so that the mail went past it.
    """

    found: tuple[Finding, ...]
    round: outbox.Round
    directly: bool = False


def look(
    settings: Settings,
    project: Project | None = None,
    now: datetime | None = None,
    stopped: str | None = None,
) -> Seen:
    """Look at the installation, write down what is wrong, and send what waits.

    Args:
        settings: The installation, with the password of the mail server where it is known.
        project: Whose policy is followed.
        now: The time, UTC.
        stopped: A service that has just stopped by a fault, as whoever keeps it says.
    """
    rooms, project, now = settings.rooms, project or Project(), now or datetime.now(UTC)
    told = _of("stopped", f"{stopped} stoppet med feil", oslo_today(now)) if stopped else []
    try:
        if not rooms.home.is_dir():
            return _directly(
                settings, project, now, f"mappen finnes ikke. {no_night(rooms.home)}", told
            )
        outbox.probe(rooms.journal)
        post = Post(alerts.policy_of(rooms, project), _desk(settings, now))
        if told:  # whoever else looks meanwhile does not know it
            alerts.record(Journal(rooms.journal), NIGHT, told, post, Look.STOPPED)
        with locks.night_lock(rooms.watch_lock):
            found = find(rooms, project, now)
            alerts.record(Journal(rooms.journal), NIGHT, found, post, Look.WATCHDOG)
        return Seen((*told, *found), outbox.attempt(settings))
    except NightLocked:
        return Seen(tuple(told), outbox.Round())
    except JournalCorrupt as error:
        reason = str(error)
    except OSError as error:
        reason = f"{rooms.journal} kan ikke leses og skrives ({error.strerror or error})"
    except Exception as error:
        # A fault of ours must not silence the one that tells of faults.
        reason = f"vakthunden feilet ({type(error).__name__}: {error})"
    return _directly(settings, project, now, reason, told)


def _directly(
    settings: Settings, project: Project, now: datetime, reason: str, told: list[Finding]
) -> Seen:
    as_of = oslo_today(now)
    found = [Finding("journal", "journal", OPERATIONS, reason, as_of), *told]
    found += _guarded(lambda: _space(settings.rooms, as_of), "space", as_of)
    post = Post(alerts.policy_of(settings.rooms, project), _desk(settings, now))
    return Seen(tuple(found), direct.send(settings, found, post, now), directly=True)


def find(rooms: Rooms, project: Project, now: datetime) -> list[Finding]:
    """What is wrong with an installation at a time.

    Args:
        rooms: The installation.
        project: Whose policy is followed.
        now: The time, UTC.

    Raises:
        JournalCorrupt: nothing that happened can be known.
    """
    as_of = oslo_today(now)
    chosen = alerts.policy_of(rooms, project)
    terms = chosen.watchdog if chosen else policy.USUAL_WATCH
    # Who holds the lock is asked first: a night that ends meanwhile is then seen to have ended.
    holder = locks.holder(rooms.lock)
    entries = Journal(rooms.journal).entries()
    checks: dict[str, Callable[[], list[Finding]]] = {
        "unstarted": lambda: _unstarted(entries, terms, now, rooms),
        "unfinished": lambda: _unfinished(entries, terms, now, holder is not None),
        "unreadable": lambda: _unreadable(rooms, entries, as_of, holder is not None),
        "unsent": lambda: _unsent(entries, terms, chosen, now),
        "policy": lambda: _policy(project, as_of),
        "space": lambda: _space(rooms, as_of),
        "backup": lambda: _backup(rooms, project, entries, as_of),
    }
    return [f for kind, check in checks.items() for f in _guarded(check, kind, as_of)]


def deadline(day: date, terms: Watch) -> datetime:
    """When the night of a date must be published (UTC), summer time or not."""
    return datetime.combine(day, terms.published_by, OSLO).astimezone(UTC)


def _guarded(check: Callable[[], list[Finding]], kind: str, as_of: date) -> list[Finding]:
    """A check that cannot be made is a finding, and the others are made."""
    try:
        return check()
    except Exception as error:
        reason = f"kunne ikke undersøkes ({type(error).__name__}: {error})"
        return [Finding(_ABOUT[kind], kind, OPERATIONS, reason, as_of)]


# What a kind of finding is of: a name of `words.TITLES`.
_ABOUT = {
    "unstarted": "night",
    "unfinished": "night",
    "unreadable": "warehouse",
    "unsent": "mail",
    "policy": "mail",
    "space": "disk",
    "backup": "backup",
    "stopped": "night",
}


def _of(kind: str, reason: str, as_of: date) -> list[Finding]:
    """One finding. Its reason has no figure that changes by the minute: each look compares it."""
    return [Finding(_ABOUT[kind], kind, OPERATIONS, reason, as_of)]


def _unstarted(
    entries: Sequence[Entry], terms: Watch, now: datetime, rooms: Rooms
) -> list[Finding]:
    """No night of the last date whose hour is past; a failed one has told so itself."""
    today = oslo_today(now)
    # A night that doubts its clock is built on another date than it began with.
    dated = [e for e in entries if e.kind in {"night.begun", "night.built"}]
    nights = {e.payload["night"]: date.fromisoformat(e.payload["as_of"]) for e in dated}
    begun = [as_of for as_of in nights.values() if as_of <= today]
    # One that failed before it could begin has no other date.
    failed = [
        oslo_date(e.at)
        for e in entries
        if e.kind == "night.failed" and e.payload["night"] not in nights
    ]
    wanted = today if now >= deadline(today, terms) else today - timedelta(days=1)
    if max(begun + failed, default=date.min) >= wanted:
        return []
    if wanted < today and not begun + failed:
        return []  # nothing could be expected of yesterday
    missed = f"natten {dates.day(wanted)} begynte ikke før kl. {terms.published_by:%H:%M}"
    last = f"siste natt begynte {dates.day(max(begun))}" if begun else no_night(rooms.home)
    return _of("unstarted", f"{missed}; {last}" if begun else f"{missed}. {last}", today)


def _unfinished(entries: Sequence[Entry], terms: Watch, now: datetime, held: bool) -> list[Finding]:
    """The last night began and has neither been published nor failed."""
    begun = [entry for entry in entries if entry.kind == "night.begun"]
    if not begun:
        return []
    last = begun[-1]
    ended = {e.payload["night"] for e in entries if e.kind in {"night.published", "night.failed"}}
    if last.payload["night"] in ended:
        return []
    when = dates.moment(last.at)
    if not held:
        text = f"natten som begynte {when}, ble avbrutt: prosessen er borte"
        return _of("unfinished", text, oslo_today(now))
    hour = deadline(date.fromisoformat(last.payload["as_of"]), terms)
    late = last.at < hour <= now
    if late or now - last.at > timedelta(hours=terms.hanging_hours):
        return _of("unfinished", f"natten som begynte {when}, er ikke ferdig", oslo_today(now))
    return []


def _unreadable(rooms: Rooms, entries: Sequence[Entry], as_of: date, held: bool) -> list[Finding]:
    if not any(entry.kind == "night.published" for entry in entries):
        return []
    if not rooms.warehouse.is_file():
        return _of("unreadable", f"{rooms.warehouse} mangler", as_of)
    from tasks import recovery, warehouse

    try:
        with warehouse.connect_published(rooms) as connection:
            connection.execute("select night from audit.night").fetchall()
        # While a night publishes, the files are of it or of the one before.
        damaged = [] if held else recovery.damaged(rooms, Journal(rooms.journal))
    except Exception as error:
        first = str(error).partition("\n")[0]
        return _of("unreadable", f"{rooms.warehouse} kan ikke leses ({first})", as_of)
    if damaged:
        return _of("unreadable", f"{damaged[0].file} er ikke som den ble publisert", as_of)
    return []


def _unsent(
    entries: Sequence[Entry], terms: Watch, chosen: Policy | None, now: datetime
) -> list[Finding]:
    """A mail that has waited too long for somebody who is still to have it."""
    wanted = {*chosen.readers(), *chosen.escalates_to()} if chosen else set()
    late = [
        one
        for one in outbox.unsent(entries)
        if one.mail.to in wanted and now - one.written_at > timedelta(hours=terms.unsent_hours)
    ]
    if not late:
        return []
    since = dates.moment(late[0].written_at)
    why = late[0].reason or "ikke forsøkt"
    return _of(
        "unsent", f"e-post til {late[0].mail.to} har ventet siden {since}: {why}", oslo_today(now)
    )


def _policy(project: Project, as_of: date) -> list[Finding]:
    try:
        policy.read(project)
    except ConfigurationError as error:
        return _of("policy", str(error), as_of)
    return []


def _space(rooms: Rooms, as_of: date) -> list[Finding]:
    if disk.free(rooms.home) >= SPACE_BYTES:
        return []
    return _of("space", f"mindre enn 2 GB ledig der {rooms.home} ligger", as_of)


def _backup(rooms: Rooms, project: Project, entries: Sequence[Entry], as_of: date) -> list[Finding]:
    """A home of the live sources whose last backup is older than the county has decided."""
    if rooms.tied_to() != "live":
        return []
    from tasks.backup import age
    from tasks.retention import rules

    try:
        most = rules.load(project.reference).backup.value
    except ConfigurationError:
        return []  # the night tells of that
    reason = age.too_old(entries, most, as_of)
    return _of("backup", reason, as_of) if reason else []


def _desk(settings: Settings, now: datetime) -> Desk:
    try:
        profile = settings.rooms.tied_to() or settings.profile
    except OSError:
        profile = settings.profile
    return Desk(oslo_today(now), profile)
