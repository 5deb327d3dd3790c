"""What would go, and why the rest stays: a pure function of the evidence, the rules and the day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from tasks import dates
from tasks.errors import ConfigurationError
from tasks.landing import PROJECT, Outline
from tasks.retention.compared import profiles_of
from tasks.retention.evidence import BuiltNight, Evidence, FrozenDecision, StoredRun
from tasks.retention.rules import ClockRule, LandingRule, Rules

# A snapshot of a dataset.
Key = tuple[str, str]


@dataclass(frozen=True)
class Going:
    """A snapshot that goes: its last night, and the blobs that no kept snapshot shares."""

    dataset: str
    snapshot: str
    as_of: date
    blobs: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """A snapshot that stays, and why, in Norwegian."""

    dataset: str
    snapshot: str
    as_of: date
    because: str


@dataclass(frozen=True)
class Plan:
    """What would happen.

    Attributes:
        going: Snapshots that lose bytes, oldest first.
        kept: Snapshots that stay.
        sizes: Bytes on disk of every blob that goes, by SHA-256.
        shared: The blobs of what stays.
        profiles: What tables looked like in the nights that are kept, and in those that they were
            held against: nothing may be left to make those of.
        believed: Whether the clock can be believed, so that ages can.
    """

    going: tuple[Going, ...]
    kept: tuple[Kept, ...]
    sizes: Mapping[str, int]
    shared: frozenset[str] = field(repr=False)
    profiles: frozenset[str] = field(repr=False)
    believed: bool


def make(evidence: Evidence, rules: Rules, today: date) -> Plan:
    """What would go from landing on a day, and why the rest stays.

    A snapshot stays for the first of these that holds: a decision, a stored plan or released
    figures refer to it, a night stood on it last, it is the newest, it waits for a verdict, its
    dataset is kept whole, a night or a landing of it is one that the rule keeps, or a later step of
    a log that stays builds on it.

    Raises:
        ConfigurationError: something would go, and the clock cannot be believed.
    """
    because: dict[Key, str] = {}
    days = [night.as_of for night in evidence.nights if night.trusted]
    if len(set(days)) < rules.clock.nights_in_a_row:
        # A journal this young beside old answers is not the one they were landed under.
        few = f"journalen har færre enn {rules.clock.nights_in_a_row} netter"
        because = {
            (n, line.snapshot): few for n, lines in evidence.landed.items() for line in lines
        }
    for key, why in _referred_to(evidence):
        because.setdefault(key, why)
    for key, why in _by_rule(evidence, rules.landing, today):
        because.setdefault(key, why)
    for name, lines in evidence.landed.items():
        _keep_chains(name, lines, because)
    believed = _believed(evidence.nights, today, rules.clock)
    profiles = _profiles(evidence, rules, today) if believed else _all_profiles(evidence)
    made = _plan(evidence, because, profiles, believed)
    if made.going:
        if not evidence.nights[-1].trusted:
            raise _doubted(rules.clock, "en natt der klokken var til å tvile på")
        check_clock(days, today, rules.clock)
    return made


def check_clock(nights: Sequence[date], today: date, rule: ClockRule) -> None:
    """Refuse a clock that has jumped: ages counted by it would take years away.

    The nights before today, as many as the rule says, must follow each other without a long gap,
    and so must today.

    Raises:
        ConfigurationError: saying which two days are too far apart, or in the wrong order.
    """
    # A date that is run again is one night.
    days = list(dict.fromkeys([*nights, today]))[-(rule.nights_in_a_row + 1) :]
    if days[-1] != today:  # a later night, and then this date again
        days.append(today)
    for earlier, later in pairwise(days):
        if not 0 <= (later - earlier).days <= rule.longest_gap_days:
            got = f"en natt {dates.day(earlier)} og den neste {dates.day(later)}"
            raise _doubted(rule, got)


def _doubted(rule: ClockRule, got: str) -> ConfigurationError:
    return ConfigurationError(
        subject="oppbevaring",
        expected=f"{rule.nights_in_a_row} netter på rad med høyst {rule.longest_gap_days} dager "
        "mellom hver, så klokken er til å stole på",
        got=got,
        remedy="kontroller klokken på maskinen. Er den riktig, er det ingenting å gjøre: "
        "oppryddingen går av seg selv når nok netter er kjørt",
    )


def kept_days(days: Iterable[date], rule: LandingRule, today: date) -> dict[date, str]:
    """The days that the rule keeps, each with the reason."""
    month_end: dict[tuple[int, int], date] = {}
    year_end: dict[int, date] = {}
    chosen = sorted(set(days))
    for day in chosen:
        month_end[day.year, day.month] = year_end[day.year] = day
    kept = {}
    for day in chosen:
        if (today - day).days <= rule.every_night_days:
            kept[day] = f"yngre enn {rule.every_night_days} dager"
        elif month_end[day.year, day.month] == day and _years(day, today) < rule.month_end_years:
            kept[day] = f"siste natt i måneden ({day:%m.%Y})"
        elif year_end[day.year] == day:
            kept[day] = f"siste natt i året ({day.year})"
    return kept


def _years(day: date, today: date) -> int:
    """Whole years from one day to another."""
    return today.year - day.year - ((today.month, today.day) < (day.month, day.day))


def _referred_to(evidence: Evidence) -> Iterable[tuple[Key, str]]:
    """What somebody refers to, whatever its age."""
    for decision in evidence.decisions:
        yield (PROJECT, decision.project), f"vedtak {decision.case}"
        yield from ((key, f"vedtak {decision.case}") for key in decision.vintages.items())
    for run in evidence.runs:
        why = f"plankjøring {run.id}"
        yield from ((key, why) for key in run.vintages.items())
        yield from (((PROJECT, night.project), why) for night in _nights_of(run, evidence.nights))
    for day, night in _released(evidence):
        yield from _stood_on(
            night, f"frigitt eller frosset kunnskapsgrunnlag, tall fra {dates.day(day)}"
        )
    if evidence.nights:
        newest = evidence.nights[-1]
        waiting = "holdes tilbake til noen har avgjort"
        yield from ((key, waiting) for key in newest.held.items())
        yield from _stood_on(newest, "står publisert")
    good: dict[str, str] = {}
    for night in evidence.nights:
        good.update(night.vintages)
    yield from ((key, "siste gode") for key in good.items())
    for name, lines in evidence.landed.items():
        if lines:
            yield (name, lines[-1].snapshot), "nyeste"
        if name in evidence.whole:
            yield from (((name, line.snapshot), evidence.whole[name]) for line in lines)


def _released(evidence: Evidence) -> Iterable[tuple[date, BuiltNight]]:
    """The nights whose figures were released, each with the date that was asked for."""
    for day in sorted(evidence.released):
        if before := [night for night in evidence.nights if night.as_of <= day]:
            yield day, before[-1]


def _nights_of(run: StoredRun, nights: Sequence[BuiltNight]) -> list[BuiltNight]:
    """The night that a plan read; where several gave the same vintages, the last before it."""
    before = [night for night in nights if night.at <= run.created_at]
    same = [night for night in before if night.vintages == run.vintages]
    return (same or before)[-1:]


def _decided_on(decision: FrozenDecision, nights: Sequence[BuiltNight]) -> list[BuiltNight]:
    """The nights that a decision may stand on: those of its vintages and rules."""
    stood = decision.project, decision.vintages
    return [night for night in nights if (night.project, night.vintages) == stood]


def _by_rule(evidence: Evidence, rule: LandingRule, today: date) -> Iterable[tuple[Key, str]]:
    """What the rule keeps: landings, and all of a night, so that it can be built again."""
    days = kept_days((night.as_of for night in evidence.nights), rule, today)
    last = {night.as_of: night for night in evidence.nights}
    for night in evidence.nights:
        young = (today - night.as_of).days <= rule.every_night_days
        if night.as_of in days and (young or last[night.as_of] is night):
            yield from _stood_on(night, days[night.as_of])
            yield from ((key, days[night.as_of]) for key in night.held.items())
    for name, lines in evidence.landed.items():
        days = kept_days((line.as_of for line in lines), rule, today)
        newest = {line.as_of: line for line in lines}
        for line in lines:
            young = (today - line.as_of).days <= rule.every_night_days
            if line.as_of in days and (young or newest[line.as_of] is line):
                yield (name, line.snapshot), days[line.as_of]


def _stood_on(night: BuiltNight, why: str) -> Iterable[tuple[Key, str]]:
    yield (PROJECT, night.project), why
    yield from ((key, why) for key in night.vintages.items())


def _keep_chains(name: str, lines: Sequence[Outline], because: dict[Key, str]) -> None:
    """Keep every earlier step of a log that a kept one builds on."""
    builds_on = {line.snapshot: line.extends for line in lines}
    for snapshot in [line.snapshot for line in lines if (name, line.snapshot) in because]:
        step = builds_on[snapshot]
        while step is not None and (name, step) not in because:
            because[name, step] = "et senere steg som beholdes, bygger på det"
            step = builds_on.get(step)


def _profiles(evidence: Evidence, rules: Rules, today: date) -> frozenset[str]:
    """The profiles of nights that are kept, and of those that they were held against."""
    nights = evidence.nights
    days = kept_days((night.as_of for night in nights), rules.landing, today)
    kept = [night for night in nights if night.as_of in days or night is nights[-1]]
    kept += [night for run in evidence.runs for night in _nights_of(run, nights)]
    kept += [night for decision in evidence.decisions for night in _decided_on(decision, nights)]
    return profiles_of(nights, kept + [night for _, night in _released(evidence)])


def _all_profiles(evidence: Evidence) -> frozenset[str]:
    return frozenset(night.profile for night in evidence.nights if night.profile)


def _believed(nights: Sequence[BuiltNight], today: date, rule: ClockRule) -> bool:
    """Whether ages can be counted: enough nights, and a clock that has not jumped."""
    days = [night.as_of for night in nights if night.trusted]
    if len(set(days)) < rule.nights_in_a_row or not nights[-1].trusted:
        return False
    try:
        check_clock(days, today, rule)
    except ConfigurationError:
        return False
    return True


def _plan(
    evidence: Evidence, because: Mapping[Key, str], profiles: frozenset[str], believed: bool
) -> Plan:
    newest: dict[Key, Outline] = {}
    for name, lines in evidence.landed.items():
        newest |= {(name, line.snapshot): line for line in lines}
    stays = {key: line for key, line in newest.items() if key in because}
    shared = {part.sha256 for line in stays.values() for part in line.parts}
    going = []
    for (name, snapshot), line in newest.items():
        if (name, snapshot) not in because:
            own = {part.sha256 for part in line.parts if part.sha256 in evidence.sizes} - shared
            if own:
                going.append(Going(name, snapshot, line.as_of, tuple(sorted(own))))
    going.sort(key=lambda one: (one.as_of, one.dataset))
    return Plan(
        going=tuple(going),
        kept=tuple(
            Kept(name, snapshot, line.as_of, because[name, snapshot])
            for (name, snapshot), line in stays.items()
            # What went under other rules is not kept by these.
            if not line.parts or any(part.sha256 in evidence.sizes for part in line.parts)
        ),
        sizes={sha: evidence.sizes[sha] for one in going for sha in one.blobs},
        shared=frozenset(shared),
        profiles=profiles,
        believed=believed,
    )
