"""Ctrl-C while a query runs: nothing is blamed for it, and nothing stays pending."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from store_tools import RunNight

from flows import cli, reading
from tasks import night
from tasks.errors import is_interrupt
from tasks.journal import Journal
from tasks.settings import CHECKOUT, Project, Settings

SCRIPT = """
import os, signal, threading
import duckdb
from tasks.errors import is_interrupt

# On one thread the query is the main thread's own: the one that hears of signals.
con = duckdb.connect(config={"threads": 1})
told = threading.Event()

# A signal that comes as the query starts may be lost: it is sent until it is heard.
def press():
    while not told.wait(0.7):
        os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=press, daemon=True).start()
try:
    con.execute("select i as x from range(1000000000000) as t(i) where i < 0").fetchall()
except Exception as error:
    told.set()
    print(is_interrupt(error), con.execute("select 1").fetchall())
"""


def test_a_signal_that_a_query_takes_is_known_and_nothing_is_pending() -> None:
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert said.stdout == "True [(1,)]\n", said.stderr


def test_a_suite_that_is_stopped_so_blames_no_table() -> None:
    from tasks.quality import engine

    def stopped(message: str) -> dict[str, object]:
        told = {"raised_exception": True, "exception_message": message}
        return {"success": False, "exception_info": {"a metric": told}, "result": {}}

    with pytest.raises(KeyboardInterrupt):
        engine._outcome(stopped("RuntimeError: Query interrupted"))
    assert "lot seg ikke kjøre" in engine._outcome(stopped("no such column"))["error"]


def test_a_night_that_is_stopped_so_is_cut_off_and_not_failed(
    settings: Settings, run_night: RunNight, project: Project
) -> None:
    run_night(date(2026, 11, 20))
    begun = night.begin(settings, date(2026, 11, 21), project)
    with pytest.raises(KeyboardInterrupt), night.accounted(begun):
        raise RuntimeError("Query interrupted")
    assert Journal(settings.rooms.journal).entries("night.failed") == []
    with pytest.raises(RuntimeError), night.accounted(begun):
        raise RuntimeError("Noe annet")
    assert len(Journal(settings.rooms.journal).entries("night.failed")) == 1


def test_a_command_that_is_stopped_so_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise RuntimeError("Query interrupted")

    monkeypatch.setenv("TILBUDSPLAN_HOME", str(tmp_path))
    monkeypatch.setattr(reading, "status", stopped)
    assert cli.run(["status"]) == 1
    assert capsys.readouterr().err.startswith("Avbrutt.")


def test_what_it_was_caused_by_counts_and_other_faults_do_not() -> None:
    outer = ValueError("x")
    outer.__cause__ = RuntimeError("Query interrupted")
    assert is_interrupt(outer)
    assert not is_interrupt(RuntimeError("interrupted by something"))
    assert not is_interrupt(None)
