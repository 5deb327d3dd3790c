"""The folder that filled forms are dropped in, and files that are given by name."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tasks import jsonlines
from tasks.errors import NightLocked, NotFound
from tasks.forms.contacts import make_private
from tasks.forms.opening import MOST_BYTES
from tasks.forms.taking import Answer, Taker
from tasks.locks import night_lock
from tasks.settings import OSLO, Project, Rooms, Settings, oslo_today

# A file that was written to so lately may still be on its way.
SETTLED_AFTER_SECONDS = 30.0


@dataclass(frozen=True)
class Taken:
    """A file and what came of it: `waiting` where it stays in the inbox until the next time."""

    file: Path
    answer: Answer

    def facts(self) -> dict[str, Any]:
        """Everything as one flat record."""
        return {"file": self.file, **asdict(self.answer)}


def take_inbox(
    settings: Settings, project: Project | None = None, today: date | None = None
) -> list[Taken]:
    """Take everything in the inbox, as the night does before it builds.

    Without a published warehouse there are no code lists yet: the files wait. So they do while
    somebody else is taking forms.

    Raises:
        ConfigurationError: definitions or reference files cannot be used.
        JournalCorrupt: the journal cannot be read.
    """
    if not waiting(settings.rooms) or not settings.rooms.warehouse.is_file():
        return []
    try:
        return take(settings, (), project, today)
    except NightLocked:
        return []


def take(
    settings: Settings,
    files: Iterable[Path] = (),
    project: Project | None = None,
    today: date | None = None,
) -> list[Taken]:
    """Take files; without any, everything in the inbox.

    A file of the inbox is removed once its content is in the journal, or moved to `refused` with
    the reason beside it. A file that lies elsewhere is left alone.

    Raises:
        NotFound: a file that is named does not exist, or no code lists are published.
        NightLocked: somebody else is taking forms.
    """
    rooms, day = settings.rooms, today or oslo_today()
    box = rooms.forms / "inbox"
    make_private(box, only_new=True)
    chosen = [_there(file) for file in files] or waiting(rooms)
    with night_lock(rooms.forms / "take.lock"):
        taker = Taker(settings, project or Project(), day)
        return [
            _one(taker, file, rooms if file.parent.resolve() == box.resolve() else None, day)
            for file in chosen
            if file.is_file()
        ]


def waiting(rooms: Rooms) -> list[Path]:
    """The files in the inbox, by name, without what programs leave beside an open file."""
    box = rooms.forms / "inbox"
    if not box.is_dir():
        return []
    return sorted(
        file
        for file in box.iterdir()
        if file.is_file() and not file.is_symlink() and file.name[:1] not in ".~"
    )


def _there(file: Path) -> Path:
    if not file.is_file():
        raise NotFound(
            subject=str(file),
            expected="et utfylt skjema (.xlsx)",
            got="ingen fil",
            remedy="rett filnavnet",
        )
    return file.resolve()


def _one(taker: Taker, file: Path, rooms: Rooms | None, today: date) -> Taken:
    try:
        state = _state(file)
        with file.open("rb") as opened:
            # One byte more than is taken is enough to refuse it.
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        return Taken(file, Answer("waiting", reason=f"filen kan ikke leses: {error.strerror}"))
    answer = taker.take(content, file.name, min(today, _arrived(file)) if rooms else today)
    if rooms is None:
        return Taken(file, answer)
    try:
        if _state(file) != state or (answer.cut_short and _is_fresh(file)):
            waits = Answer("waiting", reason="filen er kanskje ikke ferdig kopiert")
            return Taken(file, waits if answer.outcome == "refused" else answer)
        _clear(file, rooms, answer)
    except OSError as error:
        # What it says is in the journal; the next time it says the same again.
        note = f"Filen ble liggende i innboksen: {error.strerror}."
        answer = replace(answer, notes=(*answer.notes, note))
    return Taken(file, answer)


def _clear(file: Path, rooms: Rooms, answer: Answer) -> None:
    if answer.outcome == "refused":
        _set_aside(file, rooms, answer)
    else:
        file.unlink()
        jsonlines.sync_folder(file.parent)


def _set_aside(file: Path, rooms: Rooms, answer: Answer) -> None:
    """Move a refused file out of the way, with the reason beside it."""
    folder = rooms.forms / "refused"
    make_private(folder, only_new=True)
    goal, number = folder / file.name, 1
    while goal.exists():
        number += 1
        goal = folder / f"{file.stem} ({number}){file.suffix}"
    lines = [f"Ikke tatt imot: {answer.reason}.", f"Gjør slik: {answer.remedy}."]
    lines += [f"Nr. {number}: {text}" for number, text in answer.refusals]
    if answer.copy:
        lines.append(f"Kopi med merknader: {answer.copy.name} i mappen returned.")
    reason = goal.with_name(f"{goal.name}.grunn.txt")
    reason.write_text("\n".join(lines) + "\n", encoding="utf-8")
    reason.chmod(0o600)
    file.rename(goal)
    jsonlines.sync_folder(folder)
    jsonlines.sync_folder(file.parent)


def _arrived(file: Path) -> date:
    """The day a file came into the folder: copying and moving both set this time."""
    return datetime.fromtimestamp(file.stat().st_ctime, OSLO).date()


def _is_fresh(file: Path) -> bool:
    return time.time() - file.stat().st_ctime < SETTLED_AFTER_SECONDS


def _state(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_size, found.st_mtime_ns
