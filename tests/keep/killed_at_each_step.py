"""Prunes copies of a home, each in a process that is killed one step later than the one before.

A step is an open, a removal, a rename, a link: what the interpreter tells its audit hooks of. After
each kill nothing that is kept may be lost, and the next time ends where one without a kill does.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from datetime import date
from pathlib import Path

from keep_tools import going, prune, readable, survey

from tasks.errors import LandingCorrupt
from tasks.journal import Journal
from tasks.landing import Landing
from tasks.retention import work
from tasks.settings import Project, Rooms

STEPS = {"open", "os.remove", "os.rename", "os.link", "os.rmdir", "shutil.rmtree"}


def state(rooms: Rooms) -> dict[str, object]:
    """What the next reader finds."""
    landing = Landing(rooms.landing)
    return {
        "readable": {name: readable(landing, name) for name in landing.datasets()},
        "files": sorted(
            str(path.relative_to(rooms.home))
            for room in (rooms.landing, rooms.docs, rooms.audit, rooms.parsed)
            for path in room.rglob("*")
        ),
    }


def killed_after(steps: int, rooms: Rooms, project: Project, today: date) -> bool:
    """Prune in a process of its own; whether it was killed before it came to its end."""
    child = os.fork()
    if child == 0:
        left = [steps]

        def count(event: str, _: tuple[object, ...]) -> None:
            if event in STEPS:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        rules, found = work.survey(rooms, declared(project), project, today)
        sys.addaudithook(count)
        work.apply(rooms, rules, found, today)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def declared(project: Project):
    from tasks import catalogue

    return catalogue.load(project.catalogue)


def main(home: Path, project: Project, today: date) -> None:
    whole = shutil.copytree(home, home.with_name("whole"))
    stays = {(k.dataset, k.as_of) for k in survey(Rooms(home), project, today).plan.kept}
    prune(Rooms(whole), project, today)
    wanted, steps, taken_up = state(Rooms(whole)), 0, 0
    while True:
        copy = shutil.copytree(home, home.with_name("copy"))
        rooms = Rooms(copy)
        killed = killed_after(steps, rooms, project, today)
        landing = Landing(rooms.landing)
        try:
            found = {(n, day) for n in landing.datasets() for day in readable(landing, n)}
        except LandingCorrupt as error:
            raise AssertionError(f"step {steps}: half a blob: {error}") from error
        assert found >= stays, f"step {steps}: lost {stays - found}"
        Journal(rooms.journal).verify()
        taken_up += work.unfinished(Journal(rooms.journal))
        prune(rooms, project, today)
        assert state(rooms) == wanted, f"step {steps}"
        assert not work.unfinished(Journal(rooms.journal))
        assert len(Journal(rooms.journal).entries(work.BEGUN)) == 1, f"step {steps}"
        assert going(survey(rooms, project, today)) == set()
        shutil.rmtree(copy)
        if not killed:
            break
        steps += 1
    assert taken_up > steps / 2, "most kills leave something that was begun"
    print(json.dumps({"killed": steps}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Project(Path(sys.argv[2])), date.fromisoformat(sys.argv[3]))
