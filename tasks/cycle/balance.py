"""An offer held against applicants, pupils and the forecast's need: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.cycle.acts import Applications, Count
from tasks.cycle.offer import Key, Line, Offer
from tasks.cycle.state import State
from tasks.publish import formats


def closed(figure: int) -> bool:
    """Whether a count of persons is so small that it is not shown."""
    return 0 < figure < formats.SMALL


def tells_closed(figures: Iterable[int]) -> bool:
    """Whether a sum might tell what is closed: of one or two small counts it might."""
    return sum(map(closed, figures)) in {1, 2}


@dataclass(frozen=True)
class Held:
    """One offer held against a figure.

    Attributes:
        line: The offer.
        figure: Applicants or pupils, persons.
        spare: Places less the figure: above 0 are empty, below are too few.
    """

    line: Line
    figure: int
    spare: int


def against(offer: Offer, figures: Mapping[Key, int]) -> list[Held]:
    """Figures against the places of an offer, largest distance first."""
    found = [Held(offer[k], n, offer[k].places - n) for k, n in figures.items() if k in offer]
    return sorted(found, key=lambda one: (-abs(one.spare), one.line.key))


def applicants(state: State) -> dict[Key, int]:
    """Applicants by offer; empty before 2 March."""
    told = state.last(Applications)
    return (
        _figures(told[1].facts, {line.key: line.applicants for line in told[0].lines})
        if told
        else {}
    )


def counted(state: State, when: str) -> dict[Key, int]:
    """Pupils by offer at a count; empty where it was not told."""
    told = [(act, record) for act, record in state.all(Count) if act.when == when]
    if not told:
        return {}
    act, record = told[-1]
    return _figures(record.facts, {line.key: line.pupils for line in act.lines})


def _figures(facts: Mapping[str, Any], stated: dict[Key, int]) -> dict[Key, int]:
    """What was stated, else what was looked up when it was journalled."""
    if stated or "figures" not in facts:
        return stated
    found = facts["figures"]
    keys = zip(found["school"], found["area"], found["level"], strict=True)
    return dict(zip(keys, found["persons"], strict=True))


@dataclass(frozen=True)
class Need:
    """What a change does to the balance of a programme, level and region.

    Attributes:
        programme: Code of the utdanningsprogram.
        level: 1, 2 or 3.
        region: Code of the intake region.
        places_before: Places of the county's schools as proposed.
        places_after: As adopted.
        private: Places from outside.
        needed: Mean need by the forecast, persons.
        low: Its 10th percentile.
        high: Its 90th.
    """

    programme: str
    level: int
    region: str
    places_before: int
    places_after: int
    private: float
    needed: float
    low: float
    high: float

    @property
    def gap_before(self) -> float:
        """Need less places before, persons."""
        return self.needed - self.private - self.places_before

    @property
    def gap_after(self) -> float:
        """Need less places after, persons."""
        return self.needed - self.private - self.places_after


def evaluated(before: Offer, after: Offer, need: Mapping[str, list[Any]]) -> list[Need]:
    """What changes between two offers do to the balance, where the forecast has a need.

    Args:
        before: The offer before.
        after: The offer after.
        need: Columns `programme, level, region, private, needed, low, high` of the frozen run.

    Returns:
        One row per programme × level × region that a changed line lies in.
    """
    touched = {
        (line.programme, line.level, line.region)
        for key, line in after.items()
        if key not in before or before[key].places != line.places
    }
    names = ("programme", "level", "region", "private", "needed", "low", "high")
    rows = zip(*(need[name] for name in names), strict=True) if need else ()
    known = {(p, int(level), r): rest for p, level, r, *rest in rows}
    return [
        Need(*cell, _places(before, cell), _places(after, cell), *known[cell])
        for cell in sorted(touched)
        if cell in known
    ]


def _places(offer: Offer, cell: tuple[str, int, str]) -> int:
    return sum(
        line.places for line in offer.values() if (line.programme, line.level, line.region) == cell
    )


@dataclass(frozen=True)
class Outcome:
    """A count against decision and forecast, of a programme, level and region.

    Attributes:
        programme: Code of the utdanningsprogram.
        level: 1, 2 or 3.
        region: Code of the intake region.
        lines: The offers that were counted, as adjusted.
        pupils: Counted, persons.
        places: Of those offers.
        whole: Whether every offer of the cell was counted; only then it is held to the forecast.
        needed: Mean need by the frozen forecast, persons, less private places.
        low: Its 10th percentile.
        high: Its 90th.
    """

    programme: str
    level: int
    region: str
    lines: tuple[Line, ...]
    pupils: int
    places: int
    whole: bool
    needed: float
    low: float
    high: float

    @property
    def inside(self) -> bool | None:
        """Whether the count lies in the forecast's 80 % interval; None where it cannot be said."""
        return self.low <= self.pupils <= self.high if self.whole else None


def outcomes(
    offer: Offer, figures: Mapping[Key, int], need: Mapping[str, list[Any]]
) -> list[Outcome]:
    """A count by programme × level × region against places and the forecast's need."""
    names = ("programme", "level", "region", "private", "needed", "low", "high")
    rows = zip(*(need[name] for name in names), strict=True) if need else ()
    known = {(p, int(level), r): rest for p, level, r, *rest in rows}
    cells: dict[tuple[str, int, str], list[Line]] = {}
    for line in offer.values():
        if line.places:
            cells.setdefault((line.programme, line.level, line.region), []).append(line)
    found = []
    for cell, lines in sorted(cells.items()):
        told = [line for line in lines if line.key in figures]
        if not told or cell not in known:
            continue
        private, *interval = known[cell]
        pupils, places = sum(figures[one.key] for one in told), sum(one.places for one in told)
        needed, low, high = (max(0.0, value - private) for value in interval)
        whole = len(told) == len(lines)
        found.append(Outcome(*cell, tuple(told), pupils, places, whole, needed, low, high))
    return found
