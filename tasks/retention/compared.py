"""Which profiles a night needs: its own, and those of the nights that it was held against.

It follows `profiles.stood_before` and `making.make`: of the dates before a night the last night
of each, and of those the newest in which a dataset stood on another snapshot; what people said is
held against the newest of all. Nothing may be left in landing to make a profile of again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tasks.retention.evidence import BuiltNight


def profiles_of(nights: Sequence[BuiltNight], kept: Iterable[BuiltNight]) -> frozenset[str]:
    """The profiles of nights that are kept, and of those that they were held against.

    Args:
        nights: Every night, in the order of the journal.
        kept: Those of them that are kept.
    """
    chosen = {id(night) for night in kept}
    needed: set[str | None] = set()
    # A table of one dataset passes over the nights that had none of it, one of several does not.
    one, several = _Past(empty=False), _Past(empty=True)
    yesterday: BuiltNight | None = None
    for night, following in zip(nights, [*nights[1:], None], strict=True):
        if id(night) in chosen:
            before = [*one.before(night), *several.before(night)]
            needed |= {night.profile, *(earlier.profile for earlier in before)}
            needed.add(yesterday.profile if yesterday else None)
        if following is not None and following.as_of != night.as_of:
            one.add(night)
            several.add(night)
            yesterday = night
    return frozenset(profile for profile in needed if profile)


class _Past:
    """By dataset: its newest vintage with the last night on it, and the last on another.

    Args:
        empty: Whether a night without a dataset counts as one on another vintage of it.
    """

    def __init__(self, *, empty: bool) -> None:
        self._empty = empty
        self._now: dict[str, tuple[str | None, BuiltNight]] = {}
        self._other: dict[str, BuiltNight] = {}
        self._last: BuiltNight | None = None

    def add(self, night: BuiltNight) -> None:
        for name in {*night.vintages, *self._now}:
            vintage = night.vintages.get(name)
            if vintage is None and not self._empty:
                continue
            # Before it was there first, all nights were without it.
            before = self._now.get(name) or (None, self._last)
            if before[0] != vintage and before[1] is not None:
                self._other[name] = before[1]
            self._now[name] = vintage, night
        self._last = night if self._empty else None

    def before(self, night: BuiltNight) -> list[BuiltNight]:
        """The nights that a night was held against, by dataset."""
        found = []
        for name, (vintage, last) in self._now.items():
            if vintage != night.vintages.get(name):
                found.append(last)
            elif name in self._other:
                found.append(self._other[name])
        return found
