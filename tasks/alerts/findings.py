"""Findings: what somebody must look at, opened, repeated and closed as nights go by.

The journal holds them; what is open is read from there. A finding is known by dataset, kind and
expectation, so the same trouble on ten nights is one finding of ten nights, whatever words it is
told in. A night is an Oslo date: running it again the same day adds none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import Enum
from typing import Any

from tasks.journal import Entry, Journal
from tasks.settings import oslo_today

FAILED = "night"
# Found by the watchdog, which looks when no night does.
WATCHED = frozenset(
    {"unstarted", "unfinished", "unreadable", "journal", "unsent", "policy", "space", "backup"}
)
# Who answers for the installation itself; an owner beside those of the datasets.
OPERATIONS = "drift"

Key = tuple[str, str, str]


class Look(Enum):
    """Who looked, and so which findings are closed when they are not found again."""

    NIGHT = "night"
    FAILED_NIGHT = "failed_night"
    WATCHDOG = "watchdog"
    STOPPED = "stopped"

    def covers(self, kind: str) -> bool:
        """Whether a finding of this kind would have been found if it were still there."""
        match self:
            case Look.NIGHT:
                return kind not in WATCHED
            case Look.FAILED_NIGHT:
                # It came to nothing, so it knows nothing of the datasets.
                return kind == FAILED
            case Look.WATCHDOG:
                return kind in WATCHED
            case Look.STOPPED:
                return False  # a published night closes it: that the service runs proves little


@dataclass(frozen=True)
class Finding:
    """Something that somebody must look at.

    Attributes:
        dataset: The dataset, or the table where it is not one dataset's; `night`, `warehouse`,
            `journal`, `mail`, `disk` where it is the installation.
        kind: A key of `words.KINDS`: `fetch`, `parse`, `stage`, `block`, `freshness`, `warn` …
        owner: Who answers for it.
        reason: What is wrong, in Norwegian.
        since: Oslo date of the first night.
        nights: On how many nights it was found.
        about: Key of the expectation that failed; empty where it is about all of the dataset.
        touches: Plans, reports and tables that stand on the dataset, as they are called.
    """

    dataset: str
    kind: str
    owner: str
    reason: str
    since: date
    nights: int = 1
    about: str = ""
    touches: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """What makes two findings the same one."""
        return self.dataset, self.kind, self.about


@dataclass(frozen=True)
class Change:
    """What a look at things changed.

    Attributes:
        opened: Not open before.
        repeated: Open before and found again, with the past of the one it repeats.
        closed: Open before and well again.
        open: All that is open now, in order of dataset, kind and expectation.
        news: Whether there is anything to write down.
    """

    opened: tuple[Finding, ...]
    repeated: tuple[Finding, ...]
    closed: tuple[Finding, ...]
    open: tuple[Finding, ...]
    news: bool


def compare(
    entries: Sequence[Entry], found: Sequence[Finding], as_of: date, look: Look = Look.NIGHT
) -> Change:
    """Compare what is found with what was open.

    Args:
        entries: The journal's entries of kind `findings`.
        found: Everything that is wrong now, each with this date as its `since`.
        as_of: Oslo date of the look.
        look: Who looked; what it covers and did not find again is closed.
    """
    before = _current(entries)
    # What is found twice is one finding; the last word counts.
    tonight = {finding.key: finding for finding in found}
    opened = [f for key, f in tonight.items() if key not in before]
    repeated = [_again(f, *before[key], as_of) for key, f in tonight.items() if key in before]
    closed = [f for key, (f, _) in before.items() if key not in tonight and look.covers(f.kind)]
    now = {key: f for key, (f, _) in before.items()} | {f.key: f for f in opened + repeated}
    for finding in closed:
        del now[finding.key]
    told = any(before[f.key] != (f, as_of) for f in repeated)
    return Change(
        opened=tuple(opened),
        repeated=tuple(repeated),
        closed=tuple(closed),
        open=tuple(finding for _, finding in sorted(now.items())),
        news=bool(opened or closed or told),
    )


def open_findings(journal: Journal) -> list[Finding]:
    """What is open, in order of dataset, kind and expectation."""
    current = _current(journal.entries("findings"))
    return [finding for _, (finding, _) in sorted(current.items())]


def plain(finding: Finding) -> dict[str, Any]:
    """A finding as the journal holds it."""
    return {
        **asdict(finding),
        "since": finding.since.isoformat(),
        "reason": _storable(finding.reason),
        "touches": [_storable(name) for name in finding.touches],
    }


def read(plain: dict[str, Any]) -> Finding:
    """A finding as it was journaled; early ones did not say what they touch."""
    since = date.fromisoformat(plain["since"])
    return Finding(**{**plain, "since": since, "touches": tuple(plain.get("touches", ()))})


def _current(entries: Sequence[Entry]) -> dict[Key, tuple[Finding, date]]:
    """What is open, each with the Oslo date of the last look that found it."""
    current: dict[Key, tuple[Finding, date]] = {}
    for entry in entries:
        # The first journals did not say the date; the night was journaled on it.
        said = entry.payload.get("as_of")
        last = date.fromisoformat(said) if said else oslo_today(entry.at)
        for one in entry.payload["opened"] + entry.payload["repeated"]:
            finding = read(one)
            _, before = current.get(finding.key, (finding, last))
            current[finding.key] = finding, max(before, last)
        for one in entry.payload["closed"]:
            current.pop(read(one).key, None)
    return current


def _again(tonight: Finding, before: Finding, last: date, as_of: date) -> Finding:
    """Tonight's finding with the past of the one it repeats."""
    # A clock that was set back finds nothing on a new night.
    return replace(tonight, since=before.since, nights=before.nights + (as_of > last))


def _storable(text: str) -> str:
    """Text from data as UTF-8 can hold it: half a character pair would stop the whole record."""
    return text.encode("utf-8", "replace").decode("utf-8")
