"""Backs up or restores, each time in a process that is killed some steps later than the last.

After each kill a backup is there whole or not at all, and so is a home; the next try succeeds and
leaves nothing of the killed one.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from tasks.backup import making, restoring
from tasks.errors import WrongUse
from tasks.journal import Journal
from tasks.settings import Rooms

STEPS = {"open", "os.remove", "os.rename", "os.mkdir", "os.chmod", "os.utime", "shutil.rmtree"}
# Every step of the beginning and of the end, and some of the many between, which are alike.
EACH, BETWEEN = 5, 6


def killed_after(steps: int, work: Callable[[], object]) -> tuple[bool, int]:
    """Work in a process of its own; whether it was killed, and how many steps it has."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        left = [steps]

        def count(event: str, _: tuple[object, ...]) -> None:
            if event in STEPS:
                left[0] -= 1
                if left[0] == -1:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        work()
        os.write(into, str(steps - left[0]).encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as told:
        taken = told.read()
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status)
    assert killed or os.WEXITSTATUS(status) == 0, status
    return killed, int(taken or 0)


def backup(home: Path, _: Path, folder: Path) -> None:
    target = folder / "copy.tar"
    if target.exists():
        restoring.verify(target)
        target.unlink()
    Journal(Rooms(home).journal).verify()
    made = making.make(Rooms(home), target)
    restoring.verify(made.file)
    assert {path.name for path in folder.iterdir()} == {"copy.tar", "copy.tar.sha256"}


def restore(_: Path, whole: Path, folder: Path) -> None:
    for home in (folder / "missing", folder / "empty"):
        if not home.exists() and home.name == "empty":
            continue
        if (home / "journal").exists():
            # It came to its end: nothing is missing, so nothing may be restored over it.
            assert Journal(Rooms(home).journal).entries()[-1].kind == restoring.RESTORED
            shutil.rmtree(home)
        if said := refused(whole, home):
            # Killed while an empty folder was filled: it has no journal, and says what to do.
            assert home.name == "empty"
            assert "tøm mappen" in said
            shutil.rmtree(home)
            home.mkdir()
            assert refused(whole, home) is None
        assert not list(home.glob(".*"))
    assert not list(folder.glob(".*"))


def refused(whole: Path, home: Path) -> str | None:
    try:
        restoring.restore(whole, Rooms(home))
    except WrongUse as error:
        return error.remedy
    return None


def main(what: str, home: Path, whole: Path, folder: Path) -> None:
    def prepare() -> list[Callable[[], object]]:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if what == "backup":
            return [lambda: making.make(Rooms(home), folder / "copy.tar")]
        (folder / "empty").mkdir()
        return [
            lambda: restoring.restore(whole, Rooms(folder / "missing")),
            lambda: restoring.restore(whole, Rooms(folder / "empty")),
        ]

    then = backup if what == "backup" else restore
    kills = 0
    for number in range(len(prepare())):
        _, steps = killed_after(1_000_000, prepare()[number])
        between = range(EACH, steps - EACH, max(1, steps // BETWEEN))
        chosen = {*range(EACH), *between, *range(steps - EACH, steps)}
        for step in sorted(chosen):
            killed, _ = killed_after(step, prepare()[number])
            assert killed, step
            kills += 1
            then(home, whole, folder)
    print(json.dumps({"killed": kills}))


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
