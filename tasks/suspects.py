"""Snapshots that end the process which reads them (a fault in a library, no memory left).

No error comes of that, only a process that is gone, so what is tried is marked before it is tried.
A mark that is left when a night begins tells what was being read when a process died. Any kill
leaves marks, so a mark proves nothing: a suspect is parsed in a process of its own, and only if
that dies too the snapshot is refused. Loading cannot be set apart; it is refused after three
deaths in a row.
"""

from __future__ import annotations

import fcntl
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tasks.errors import SourceChanged, TilbudsplanError
from tasks.journal import Entry, Journal
from tasks.settings import Rooms

DEATHS = 3
# The largest dataset is parsed in well under a minute.
PATIENCE_SECONDS = 1800.0


@contextmanager
def trying(rooms: Rooms, what: str, dataset: str, snapshot: str) -> Iterator[None]:
    """Leave a mark while something is done (`parse`, `load`) that may end this process."""
    rooms.trying.mkdir(parents=True, exist_ok=True)
    mark = rooms.trying / f"{what}.{dataset}.{snapshot}"
    with mark.open("w") as file:
        # A mark that is locked is somebody's who lives.
        fcntl.flock(file, fcntl.LOCK_SH)
        try:
            yield
        finally:
            mark.unlink(missing_ok=True)


def bury(rooms: Rooms, journal: Journal, night: str) -> None:
    """Journal what dead processes were doing, and remove their marks."""
    for mark in sorted(rooms.trying.iterdir()) if rooms.trying.is_dir() else ():
        with mark.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            # A death that is not counted does less harm than one that is counted twice.
            mark.unlink()
        what, dataset, snapshot = mark.name.split(".", 2)
        told = {"night": night, "during": what, "dataset": dataset, "snapshot": snapshot}
        journal.append("night.died", told)


def deaths(journal: Journal, night: str, what: str, dataset: str, snapshot: str) -> int:
    """How often a process died while it did this, since a night last stood on the snapshot."""
    count = 0
    for entry in _told(journal.path, night):
        payload = entry.payload
        if entry.kind == "night.built":
            stood = payload["vintages"].get(dataset, {}).get("snapshot")
            count = 0 if stood == snapshot else count
        elif (payload["during"], payload["dataset"], payload["snapshot"]) == (
            what,
            dataset,
            snapshot,
        ):
            count += 1
    return count


def refuse_deadly(journal: Journal, night: str, dataset: str, snapshot: str) -> None:
    """Refuse a snapshot that processes died of while they loaded it.

    Raises:
        SourceChanged: that happened three times, and never went well in between.
    """
    count = deaths(journal, night, "load", dataset, snapshot)
    if count >= DEATHS:
        raise _deadly(f"et program som stanset {count} ganger mens det leste dem inn")


def apart(work: Callable[..., object], *arguments: object) -> None:
    """Do in a process of its own what a process may have died of.

    Raises:
        SourceChanged: that process died, or did not end in half an hour.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, work, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(PATIENCE_SECONDS):
            raise _deadly(f"et program som ikke ble ferdig på {PATIENCE_SECONDS / 60:.0f} minutter")
        error = ours.recv()
    except EOFError:
        process.join()
        raise _deadly(f"et program som stanset (kode {process.exitcode})") from None
    finally:
        process.kill()
        process.join()
    if error is not None:
        raise error


def _work(answer: Connection, work: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    error: Exception | None = None
    try:
        work(*arguments)
    except TilbudsplanError as refusal:
        error = refusal
    except Exception as fault:
        error = RuntimeError(f"{type(fault).__name__}: {fault}")
    answer.send(error)


# Deaths are journalled when a night begins, and a night asks for every dataset.
@lru_cache(maxsize=2)
def _told(path: Path, night: str) -> tuple[Entry, ...]:
    entries = Journal(path.parent).entries()
    if not any(entry.kind == "night.died" for entry in entries):
        return ()
    return tuple(entry for entry in entries if entry.kind in {"night.died", "night.built"})


def _deadly(got: str) -> SourceChanged:
    return SourceChanged(
        expected="svar som programmet kan lese",
        got=got,
        remedy="se på svaret hos kilden, og meld fra til den som drifter Tilbudsplan; kommer det "
        "nye svar, leses de som før",
    )
