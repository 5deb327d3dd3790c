"""Small counts of persons, closed as the county closes them before a file leaves its system."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import TypeVar

from tasks.publish.disclosure import closed_arcs

Key = TypeVar("Key", bound=tuple[object, ...])
SMALL = range(1, 5)
MARK = "*"
ALL = "alle"
"""The kind that is all kinds together."""


def close(
    counts: Mapping[Key, int], known_sums: Sequence[Callable[[Key], Hashable]] = ()
) -> dict[Key, str]:
    """The counts as text, those of one to four persons as `*`.

    Args:
        counts: Persons by key.
        known_sums: What groups a key belongs to whose sums others publish. Where a closed cell
            would follow from such a sum, the smallest other cell of the group is closed with it.
    """
    closed = {key for key, number in counts.items() if number in SMALL}
    groups: dict[Hashable, list[Key]] = defaultdict(list)
    for position, group in enumerate(known_sums):
        for key in sorted(counts, key=str):
            if counts[key]:
                groups[position, group(key)].append(key)
    settled = False
    while not settled:
        settled = True
        for members in groups.values():
            hidden = [key for key in members if key in closed]
            shown = [key for key in members if key not in closed]
            told = hidden and (len(hidden) == 1 or sum(counts[k] for k in hidden) == len(hidden))
            if told and shown:
                closed.add(min(shown, key=lambda key: (counts[key], str(key))))
                settled = False
    return {key: MARK if key in closed else str(number) for key, number in counts.items()}


def close_places(
    counts: Mapping[tuple[str, str], int],
    above: Mapping[str, str],
    known: Collection[tuple[str, str]] = (),
) -> dict[tuple[str, str], str]:
    """The counts of a county, its regions and their municipalities as text, the small as `*`.

    What would follow from a sum in the table is closed too: of kinds in all kinds, municipalities
    in their region, regions in the county. Persons run from the municipality to its region, from
    there to their kind, and from the kinds together to the county: each cell is an arc on the way.

    Args:
        counts: Persons by place and kind: of the county and its regions each kind and `alle`, of
            municipalities `alle` alone. Regions may be left out, and so may municipalities.
        above: The region of each municipality, the county of each region.
        known: Cells that others publish, and so must stay open.

    Raises:
        ValueError: A closed cell follows from the known ones whatever else is closed.
    """
    told_below = {above[place] for place, _ in counts if place in above}
    numbers = {"outside": 0}

    def arc(place: str, kind: str) -> tuple[int, int]:
        divided = place in told_below
        if place not in above:
            way = (f"kind {kind}" if divided else "outside", place)
            way = (place, "outside") if kind == ALL else way
        elif above[place] in above:
            way = ("outside", f"into {above[place]}")
        elif kind == ALL:
            way = (f"into {place}" if divided else "outside", place)
        else:
            way = (place, f"kind {kind}")
        tail, head = (numbers.setdefault(node, len(numbers)) for node in way)
        return tail, head

    keys = sorted(counts)
    persons = [counts[key] for key in keys]
    small = [position for position, number in enumerate(persons) if number in SMALL]
    stay = [position for position, key in enumerate(keys) if key in known]
    closed, told = closed_arcs(persons, [arc(*key) for key in keys], small, stay)
    if told or not closed.isdisjoint(stay):
        raise ValueError(f"{[keys[position] for position in told]} follow from what is known")
    return {key: MARK if i in closed else str(counts[key]) for i, key in enumerate(keys)}
