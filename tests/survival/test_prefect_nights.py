"""Three nights as they are run: by the command, through Prefect, with its processes beside it.

The second is killed with all its processes at a moment that is drawn anew from the date, so that
over the weeks the moments are many.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tasks import recovery, warehouse
from tasks.alerts import open_findings, outbox
from tasks.demo import server
from tasks.journal import Journal
from tasks.settings import CHECKOUT, Rooms, oslo_today

pytestmark = [pytest.mark.prefect, pytest.mark.process, pytest.mark.timeout(900)]


def ingest(home: Path, source: str) -> subprocess.Popen[str]:
    """`tilbudsplan ingest` on the bundled sample, as the first of a group of processes."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("TILBUDSPLAN_", "PREFECT_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "ingest"],
        cwd=CHECKOUT,
        env={
            **kept,
            "TILBUDSPLAN_HOME": str(home),
            "TILBUDSPLAN_PROFILE": "demo",
            # The sample's answers name their server, and must be the same every night.
            "TILBUDSPLAN_SOURCE_SERVER": source,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def whole(home: Path, source: str) -> float:
    begun = time.monotonic()
    with ingest(home, source) as night:
        said, _ = night.communicate()
    assert night.returncode == 0, said
    return time.monotonic() - begun


def figures(home: Path, folder: Path) -> dict[str, str]:
    """The published tables; also that the files are as the journal says they were published."""
    rooms = Rooms(home)
    assert recovery.damaged(rooms, Journal(rooms.journal)) == []
    return warehouse.canonical_export(rooms.warehouse, folder)


def told(home: Path) -> tuple[list[tuple[str, str, str]], set[str]]:
    """What is open, and every mail by its Message-ID."""
    journal = Journal(Rooms(home).journal)
    mails = {one.mail.id for one in outbox.posted(journal.entries())}
    return [finding.key for finding in open_findings(journal)], mails


@pytest.fixture(scope="module")
def source() -> Iterator[str]:
    with server.start_process() as address:
        yield address


def test_a_night_of_prefect_that_is_killed_costs_nothing(
    tmp_path: Path, with_prefect: Callable[[Path], Path], source: str
) -> None:
    home = with_prefect(tmp_path / "home")
    seconds = whole(home, source)
    first, first_told = figures(home, tmp_path / "first"), told(home)

    moment = random.Random(oslo_today().toordinal()).uniform(0.1, 0.7) * seconds
    with ingest(home, source) as night:
        time.sleep(moment)
        # Not waited for yet, so nobody else can have got its number.
        os.killpg(night.pid, signal.SIGKILL)
        night.communicate()
    assert night.returncode in {0, -signal.SIGKILL}
    assert figures(home, tmp_path / "killed") == first, f"killed after {moment:.1f} s"

    whole(home, source)
    assert figures(home, tmp_path / "again") == first, f"killed after {moment:.1f} s"
    assert told(home) == first_told
    rooms = Rooms(home)
    assert list(rooms.build.iterdir()) == []
    assert list(rooms.parsed.glob("*/.parsing-*")) == []
