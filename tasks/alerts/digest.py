"""What to say to whom: from what a look changed to one letter per recipient.

Pure functions. A recipient hears of a finding once when it is new to them, once when nobody has
done anything for too long, and once when it is over; in between it is counted. What is new to a
recipient follows from the mails that were written to that address, so a list that is filled in
late, or an address that is changed, is told of what is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from urllib.parse import quote

from tasks import dates
from tasks.alerts import words
from tasks.alerts.findings import Change, Finding, Key
from tasks.alerts.message import Item, Letter, Section, Tone
from tasks.alerts.policy import Policy, severity
from tasks.alerts.weekly import Week

As = Literal["new", "escalated", "resolved"]

# Things told in full in one section, reasons of one thing, names of what it touches, short lines.
_ITEMS, _REASONS, _TOUCHES, _LINES = 25, 6, 8, 30


@dataclass(frozen=True)
class Said:
    """What a recipient knows of a finding.

    Attributes:
        since: The finding's first night: one that comes back later is another.
        escalated: Whether they were told that it was escalated.
    """

    since: date
    escalated: bool = False


@dataclass(frozen=True)
class Desk:
    """Who writes, and what things are called.

    Attributes:
        as_of: Oslo date of the look.
        profile: `live`, or a profile whose figures are not real.
        titles: What datasets and tables are called, by name.
        tables: The table of each dataset; its page of the Data Docs is named after it.
    """

    as_of: date
    profile: str = "live"
    titles: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    """A letter, and what its reader knows once it is written.

    Attributes:
        letter: The letter.
        tells: Findings and how they are told.
        week: The day of the weekly mail that it is, too.
    """

    letter: Letter
    tells: tuple[tuple[Finding, As], ...]
    week: date | None = None


def compose(
    change: Change,
    told: Mapping[str, Mapping[Key, Said]],
    policy: Policy,
    desk: Desk,
    weeks: Mapping[str, Week] | None = None,
) -> list[Note]:
    """The letters that a look gives rise to, at most one per recipient.

    Args:
        change: What is open now, and what was closed.
        told: What each recipient knows.
        policy: Who is told what.
        desk: Who writes.
        weeks: The week that was, for those whose weekly mail is due.

    Returns:
        In order of recipient; nobody gets a letter without news, unless it is the weekly one.
    """
    weeks = weeks or {}
    if not policy.can_send:
        return []
    notes = []
    for to in sorted({*policy.readers(), *policy.escalates_to()}):
        known = told.get(to, {})
        mine = [f for f in change.open if to in concerned(f, policy)]
        escalated = [f for f in mine if _escalated(f, policy) and not _knows(known, f, True)]
        new = [f for f in mine if not _knows(known, f) and f not in escalated]
        resolved = [f for f in change.closed if _knows(known, f)]
        if not (new or escalated or resolved or to in weeks):
            continue
        rest = [f for f in mine if f not in new and f not in escalated]
        parts = _Parts(new, escalated, resolved, rest)
        letter = _letter(to, parts, policy, desk, weeks.get(to))
        notes.append(Note(letter, parts.tells(), weeks[to].due if to in weeks else None))
    return notes


def concerned(finding: Finding, policy: Policy) -> set[str]:
    """The addresses that a finding concerns; empty where nobody would hear of it."""
    grade = severity(finding.kind)
    found = {*policy.owner(finding.owner), *policy.listed(grade)}
    return found | set(policy.escalates_to() if _escalated(finding, policy) else ())


@dataclass(frozen=True)
class _Parts:
    new: list[Finding]
    escalated: list[Finding]
    resolved: list[Finding]
    rest: list[Finding]

    def tells(self) -> tuple[tuple[Finding, As], ...]:
        lists: tuple[tuple[As, list[Finding]], ...] = (
            ("new", self.new),
            ("escalated", self.escalated),
            ("resolved", self.resolved),
        )
        return tuple((finding, how) for how, findings in lists for finding in findings)


def _knows(known: Mapping[Key, Said], finding: Finding, escalated: bool = False) -> bool:
    said = known.get(finding.key)
    return said is not None and said.since == finding.since and (said.escalated or not escalated)


def _escalated(finding: Finding, policy: Policy) -> bool:
    return finding.nights >= policy.escalates_after(severity(finding.kind))


def _letter(to: str, parts: _Parts, policy: Policy, desk: Desk, week: Week | None) -> Letter:
    headline = _headline(parts, desk, week)
    sample = "" if desk.profile == "live" else "[Eksempeldata] "
    lead = [f"Slik det står {dates.day(desk.as_of)}."]
    if sample:
        lead.append("Dette er eksempeldata. Ingen skal handle på det som står her.")
    full: tuple[tuple[str, Tone, list[Finding]], ...] = (
        ("Nytt", "new", parts.new),
        ("Eskalert: ingen har gjort noe", "escalated", parts.escalated),
        ("Løst", "resolved", parts.resolved),
    )
    sections = [
        _section(heading, tone, _grouped(findings), policy, desk)
        for heading, tone, findings in full
        if findings
    ]
    if parts.rest:
        sections.append(_short(parts.rest, desk))
    if week is not None:
        sections.append(Section("Uken som gikk", "week", lines=week.lines()))
    return Letter(
        to=to,
        # The fact first: a list of mails shows the beginning.
        subject=f"{sample}{headline} (Tilbudsplan, {dates.day(desk.as_of)})",
        heading=headline,
        lead=tuple(lead),
        sections=tuple(sections),
        footer=(
            "Sendt av Tilbudsplan. Samme feil meldes én gang, telles hver natt, meldes igjen når "
            "den har stått for lenge, og når den er løst.",
            "Hvem som får hva, står i data/reference/alerts.toml.",
        ),
    )


def _headline(parts: _Parts, desk: Desk, week: Week | None) -> str:
    lists = (
        (_grouped(parts.new), "1 ny", "{} nye"),
        (_grouped(parts.escalated), "1 eskalert", "{} eskalerte"),
        (_grouped(parts.resolved), "1 løst", "{} løst"),
    )
    counted = [
        one if len(groups) == 1 else many.format(len(groups))
        for groups, one, many in lists
        if groups
    ]
    if not counted:
        rest = len(_grouped(parts.rest))
        return f"Ukebrev: {rest} står åpent" if rest else "Alt er vel"
    if len(counted) == 1:
        for groups, how in zip((g for g, _, _ in lists), ("", ", eskalert", ", løst"), strict=True):
            if len(groups) == 1:
                first = groups[0][0]
                return f"{_title(first, desk)}: {words.label(first.kind)}{how}"
    return ", ".join(counted)


def _section(
    heading: str, tone: Tone, groups: list[list[Finding]], policy: Policy, desk: Desk
) -> Section:
    items = tuple(_item(group, tone, policy, desk) for group in groups[:_ITEMS])
    return Section(heading, tone, items, _more(len(groups) - _ITEMS))


def _short(findings: list[Finding], desk: Desk) -> Section:
    groups = _grouped(findings)
    lines = [
        f"{_title(group[0], desk)}, {words.label(group[0].kind)}, "
        f"{max(f.nights for f in group)}. natt"
        for group in groups[:_LINES]
    ]
    heading = f"Fortsatt åpent: {len(groups)}"
    return Section(heading, "open", lines=(*lines, *_more(len(groups) - _LINES)))


def _more(number: int) -> tuple[str, ...]:
    return (f"… og {number} til, se «tilbudsplan status»",) if number > 0 else ()


def _grouped(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings of one dataset and kind stand together: one thing with several reasons."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.dataset, finding.kind), []).append(finding)
    return list(groups.values())


def _item(group: list[Finding], tone: Tone, policy: Policy, desk: Desk) -> Item:
    first = group[0]
    parted = [words.parted(f.reason, f.kind, f.dataset) for f in group]
    what = [text for text, _ in parted[:_REASONS]]
    if len(parted) > _REASONS:
        what.append(f"… og {len(parted) - _REASONS} til")
    over = tone == "resolved"
    facts = [("Varte" if over else "Siden", _since(group, over))]
    touches = list(dict.fromkeys(name for f in group for name in f.touches))
    if touches and not over:
        more = len(touches) - _TOUCHES
        named = ", ".join(touches[:_TOUCHES])
        facts.append(("Berører", f"{named} og {more} til" if more > 0 else named))
    facts.append(("Ansvar", ", ".join(dict.fromkeys(words.owner(f.owner) for f in group))))
    return Item(
        title=_title(first, desk),
        label=words.label(first.kind),
        what=tuple(what),
        facts=tuple(facts),
        todo="" if over else " ".join(dict.fromkeys(todo for _, todo in parted if todo)),
        link="" if over else _page(first, policy, desk),
    )


def _since(group: list[Finding], over: bool) -> str:
    first, nights = min(f.since for f in group), max(f.nights for f in group)
    if over:
        return f"fra {dates.day(first)}, {nights} {'natt' if nights == 1 else 'netter'}"
    return f"natten {dates.day(first)}, {nights}. natt"


def _title(finding: Finding, desk: Desk) -> str:
    return words.titled(finding.dataset, desk.titles.get(finding.dataset))


def _page(finding: Finding, policy: Policy, desk: Desk) -> str:
    """Its place in the night's Data Docs; what the watchdog and failed nights find has none."""
    base = policy.links.data_docs
    if not base or finding.dataset in words.TITLES:
        return ""
    night = f"{base}/{desk.as_of.isoformat()}"
    table = desk.tables.get(finding.dataset, finding.dataset)
    if not finding.about or "." not in table:
        return f"{night}/index.html"
    # What is held back stands on the page beside what is published.
    held = "h-" if finding.kind == "block" else ""
    return f"{night}/{_quoted(table)}.html#{held}{_quoted(finding.about)}"


def _quoted(name: str) -> str:
    return quote(name, safe="", errors="replace")
