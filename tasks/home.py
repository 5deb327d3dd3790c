"""A home belongs to one profile: sample figures must never stand in for live ones."""

from __future__ import annotations

from pathlib import Path

from tasks.errors import ConfigurationError
from tasks.settings import Rooms

# What to do in a home where no night has been; every command says the same.
FIRST_NIGHT = "kjør «tilbudsplan demo» (eksempeldata) eller «tilbudsplan ingest» (kildene)"


def no_night(home: Path | str) -> str:
    """What is told of a home where no night was published, whoever looks."""
    return f"Ingen natt er publisert ennå i {home}. {FIRST_NIGHT[:1].upper()}{FIRST_NIGHT[1:]}."


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
