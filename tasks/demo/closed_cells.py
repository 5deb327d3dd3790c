"""Small counts of persons, closed as the county closes them before a file leaves its system."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=tuple[object, ...])
SMALL = range(1, 5)
MARK = "*"


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
