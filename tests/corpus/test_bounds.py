"""Bombs: what is small on the wire and would be endless in memory is refused before it is that."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import corpus_http
import corpus_xlsx
import pytest
from bounded import ROOM
from corpus_damages import Damage
from corpus_desk import Desk
from corpus_edits import edited
from corpus_source import Case, Spot
from corpus_spots import SPOTS

from tasks.settings import CHECKOUT

Ask = Callable[[str], tuple[int, str]]


def spot(name: str) -> Spot:
    return next(s for s in SPOTS if str(s) == name)


def sized(*size: int) -> Damage:
    return Damage(
        f"sizes {size}",
        "json",
        change=edited(lambda cube: cube.update(size=list(size), value={"0": 1})),
    )


GIB = 1 << 30
BOMBS = [
    Case(spot("ssb_completion data"), Damage("1 GiB", "http", send=corpus_http.bomb(GIB))),
    Case(spot("county_capacity file"), Damage("1 GiB", "http", send=corpus_http.bomb(GIB))),
    *[
        Case(spot("county_capacity file"), d)
        for d in corpus_http.DAMAGES
        if d.name == "endless chunks"
    ],
    Case(spot("ssb_completion data"), sized(10**9, 1, 1, 1)),
    Case(spot("ssb_completion data"), sized(2**31, 2**31, 2**31, 2**31)),
    Case(
        spot("nav_unemployed file"), Damage("400 MB", "xlsx", change=corpus_xlsx.bomb(400_000_000))
    ),
    *[
        Case(spot("nav_unemployed file"), d)
        for d in corpus_xlsx.BY_HAND
        if d.name
        in {"a million laughs", "everything merged", "a cell in the last corner", "an endless cell"}
    ],
]
# As large as a workbook may be unpacked: what it is read into is the question.
LARGE = Case(
    spot("nav_unemployed file"), Damage("90 MB", "xlsx", change=corpus_xlsx.bomb(90_000_000))
)


@pytest.fixture(scope="module")
def ask(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Lands and parses a dataset in a process with a bound on its memory."""
    begun = tmp_path_factory.mktemp("bounded") / "night.pickle"
    begun.write_bytes(pickle.dumps(desk.begun))
    command = [sys.executable, str(Path(__file__).with_name("bounded.py")), str(begun)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
        env={"PYTHONPATH": str(CHECKOUT), "PATH": ""},
    ) as process:

        def told(line: str) -> tuple[int, str]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            peak, _, said = process.stdout.readline().partition(" ")
            assert peak, f"the process died of {line}"
            return int(peak), said

        for dataset in dict.fromkeys(case.spot.dataset for case in BOMBS):
            told(dataset)
        told("limit")
        yield told
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.process
@pytest.mark.parametrize("case", BOMBS, ids=str)
def test_a_bomb_takes_little_memory(desk: Desk, ask: Ask, case: Case) -> None:
    with desk.damaged([case]):
        peak, said = ask(case.spot.dataset)
    assert said.startswith(("SourceChanged", "SourceUnavailable")), said
    assert case.spot.dataset in said
    assert peak < ROOM


@pytest.mark.process
def test_a_large_workbook_takes_little_memory(desk: Desk, ask: Ask) -> None:
    """It is read or refused by name, as the room allows; the process lives on."""
    with desk.damaged([LARGE]):
        peak, said = ask(LARGE.spot.dataset)
    assert said.strip() == "lest" or LARGE.spot.dataset in said
    assert peak < ROOM
    assert ask(LARGE.spot.dataset)[1].strip() == "lest"
