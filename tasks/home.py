"""A home belongs to one profile: sample figures must never stand in for live ones."""

from __future__ import annotations

from tasks.errors import ConfigurationError
from tasks.settings import Rooms


def claim_home(rooms: Rooms, profile: str) -> None:
    """Tie the home to its profile: sample figures must never stand in for live ones.

    Raises:
        ConfigurationError: the home belongs to another profile.
    """
    rooms.home.mkdir(parents=True, exist_ok=True)
    check_home(rooms, profile)
    if rooms.tied_to() is None:
        rooms.stamp.write_text(profile, encoding="utf-8")


def check_home(rooms: Rooms, profile: str) -> None:
    """Refuse a home of another profile; one that is tied to nothing yet is left so.

    Raises:
        ConfigurationError: the home belongs to another profile.
    """
    found = rooms.tied_to()
    if found not in {None, profile}:
        raise ConfigurationError(
            subject=str(rooms.home),
            expected=f"en mappe for profilen «{profile}»",
            got=f"en mappe for profilen «{found}»",
            remedy="sett TILBUDSPLAN_HOME til en annen mappe, eller TILBUDSPLAN_PROFILE til "
            f"«{found}»",
        )
