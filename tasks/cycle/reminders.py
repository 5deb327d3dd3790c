"""Reminders by e-mail, through the outbox: each due date's once, whoever asks how often.

A reminder and the mails about it are one entry of the journal, as a finding and its mails are, so
that a kill loses none and sends none twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from tasks import clock, dates
from tasks.alerts import message, policy_of
from tasks.alerts.message import Item, Letter, Mail, Section
from tasks.alerts.policy import Policy
from tasks.cycle import calendar as calendars
from tasks.cycle import standing
from tasks.cycle.calendar import Dated
from tasks.cycle.standing import Standing
from tasks.cycle.state import REMINDED, STARTED
from tasks.cycle.waiting import Awaited
from tasks.journal import Entry, Journal
from tasks.settings import Project, Settings, oslo_today

# Cycle, milestone, and which of its reminders.
Mark = tuple[str, str, str]


def remind(
    settings: Settings, project: Project | None = None, as_of: date | None = None
) -> list[Mail]:
    """Write the reminders that are due and not written yet; nothing is sent.

    Args:
        settings: The installation.
        project: Where the calendar is.
        as_of: The day; today where none is given.

    Returns:
        The mails that were written.

    Raises:
        ConfigurationError: the calendar has mistakes.
    """
    project, today = project or Project(), as_of or oslo_today()
    journal = Journal(settings.rooms.journal)
    entries = journal.entries()
    if not any(entry.kind == STARTED for entry in entries):
        return []
    found = policy_of(settings.rooms, project)
    if found is None or not found.can_send:
        return []
    often = calendars.read(project.reference, settings.county).file.overdue_days
    told = _told(entries)
    news: dict[str, list[tuple[Mark, Standing, Awaited]]] = {}
    for one in standing.all_of(settings, project, today):
        for wait in one.waits:
            mark = _mark(wait, today, often)
            if mark is None:
                continue
            key = (one.state.cycle.id, wait.what.key, mark)
            for address in wait.what.addresses:
                if (*key, address) not in told:
                    news.setdefault(address, []).append((key, one, wait))
    mails = [_mail(to, items, found, today) for to, items in sorted(news.items())]
    if mails:
        marks = [[*key, to] for to, items in sorted(news.items()) for key, _, _ in items]
        written: list[dict[str, Any]] = [vars(mail) for mail in mails]
        said = {"as_of": today.isoformat(), "reminded": marks, "mails": written}
        journal.append(REMINDED, said)
    return mails


def _told(entries: Iterable[Entry]) -> set[tuple[str, ...]]:
    return {
        tuple(mark)
        for entry in entries
        if entry.kind == REMINDED
        for mark in entry.payload["reminded"]
    }


def _mark(wait: Awaited, today: date, often: int) -> str | None:
    """Which reminder of a milestone is due; a day that was missed is made up for once."""
    if wait.late_days:
        return f"over-{(wait.late_days - 1) // often}"
    before = (wait.what.due - today).days
    due = [days for days in wait.what.remind_days if before <= days]
    return f"before-{min(due)}" if due else None


def _mail(
    to: str, items: Sequence[tuple[Mark, Standing, Awaited]], policy: Policy, today: date
) -> Mail:
    late = [item for item in items if item[2].late_days]
    near = [item for item in items if not item[2].late_days]
    sections = (
        *([Section("Over fristen", "escalated", tuple(map(_item, late)))] if late else []),
        *([Section("Frist som nærmer seg", "open", tuple(map(_item, near)))] if near else []),
    )
    many = len(items)
    first = items[0]
    subject = (
        f"Årshjulet: {first[2].what.title}"
        if many == 1
        else f"Årshjulet: {many} ting det ventes på"
    )
    letter = Letter(
        to=to,
        subject=subject,
        heading="Årshjulet for tilbudsplanen",
        lead=("Dette ventes det på.",),
        sections=sections,
        footer=(
            f"Skrevet av Tilbudsplan {dates.day(today)}.",
            "Mottakere og datoer står i data/reference/counties, calendar.toml.",
        ),
    )
    sender = policy.sender
    said = ["/".join(key) for key, _, _ in items]
    identity = message.message_id(sender.address, "cycle", to, *said)
    return message.write(letter, sender.name, sender.address, identity, clock.now())


def _item(item: tuple[Mark, Standing, Awaited]) -> Item:
    _, one, wait = item
    what: Dated = wait.what
    facts = [("Frist", dates.day(what.due)), ("Ventes på", what.who)]
    if wait.lacking:
        facts.append(("Har ikke svart", ", ".join(wait.lacking)))
    return Item(
        title=what.title,
        label=f"{wait.late_days} dager over fristen" if wait.late_days else "frist nærmer seg",
        what=(f"Årshjulet for {one.state.cycle.title}, trinnet {one.state.stage}.",),
        facts=tuple(facts),
        todo=""
        if what.act == "innspill"
        else f"«tilbudsplan cycle act {what.act}» når det er gjort.",
    )
