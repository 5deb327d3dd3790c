"""The processes beside Prefect: results and errors come back, none outlives its parent."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import pytest

from flows import workers
from tasks.errors import CatalogueError, NotFound, SourceChanged
from tasks.settings import CHECKOUT


def where() -> int:
    return os.getpid()


def refuse(subject: str) -> None:
    raise NotFound(expected="noe", got="ingenting", remedy="let", subject=subject).about("x")


def test_a_stage_runs_in_a_process_of_its_own_and_always_in_the_same() -> None:
    stage = workers.beside("report", where)
    first = stage()
    assert first != os.getpid()
    assert stage() == first


def test_a_refusal_comes_back_as_itself() -> None:
    with pytest.raises(NotFound) as raised:
        workers.beside("report", refuse)(subject="y")
    assert str(raised.value) == "x: y: ventet noe, men fikk ingenting. Gjør slik: let"


@pytest.mark.parametrize(
    "error",
    [
        SourceChanged(expected="a", got="b", remedy="c", subject="d"),
        CatalogueError(["en feil", "en til"]),
    ],
)
def test_every_refusal_can_travel_between_processes(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


@pytest.mark.process
def test_the_process_ends_when_its_parent_is_killed() -> None:
    script = (
        "import os, time\n"
        "from flows import workers\n"
        "if __name__ == '__main__':\n"
        "    print(workers.beside('report', os.getpid)(), flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.kill()
        # The child holds the other end of this pipe: it is read to its end once the child is gone.
        rest, _ = parent.communicate(timeout=10)
    assert rest == ""
