"""A process that has imported everything and used nothing: each night is a fork of it.

Importing Great Expectations takes seconds and is paid once. No thread of DuckDB or Polars runs
before the fork, so a child is as a process that was started for the night, and can be killed.

Reads one JSON order a line and answers with `{"status": ...}` (as `os.wait` gives it) when the
child is gone.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any


def main() -> None:
    import_all()
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            run(order)
        if order["after_seconds"] is not None:
            time.sleep(order["after_seconds"])
            # Not waited for yet, so nobody else can have got its number.
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        _say({"status": status})


def import_all() -> None:
    import duckdb  # noqa: F401
    import polars  # noqa: F401

    import tasks.night
    import tasks.quality.engine  # noqa: F401
    from tasks import sources
    from tasks.alerts import message
    from tasks.publish import data_docs
    from tasks.settings import CHECKOUT

    for name in ("delimited", "nav_feed"):
        sources.protocol(name)
    # Templates are compiled once too; what they are given is each night's own.
    for module, folder in ((data_docs, "publish"), (message, "alerts")):
        for template in (CHECKOUT / "tasks" / folder / "templates").glob("*.j2"):
            module._environment().get_template(template.name)
    _say({"ready": os.getpid()})


def run(order: dict[str, Any]) -> None:
    code = 1
    try:
        night(order)
        code = 0
    except BaseException:
        Path(order["log"]).write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(code)


def night(order: dict[str, Any]) -> None:
    """One night as the flow and the command run it: hear, carry, publish, tell."""
    import logging
    from datetime import date

    from killing import Instruments

    from tasks import disk, locks, night
    from tasks.demo import said
    from tasks.journal import Journal
    from tasks.retention import work
    from tasks.settings import Project, Settings

    logging.disable()
    settings = Settings(
        home=Path(order["home"]),
        profile="live",
        smtp_host="127.0.0.1",
        smtp_port=order["smtp"],
        smtp_security="none",
    )
    instruments = Instruments(Path(order["home"]), order["kill"], Path(order["board"]))
    instruments.fit()

    def hear(_: Settings) -> None:
        said.lay(Journal(settings.rooms.journal), Path(order["words"]))

    if order["startup"]:  # what a process of its own is to do first, and this one too
        sys.path.insert(0, order["startup"])
        os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
        importlib.import_module("sitecustomize_of_the_test").fit()
    if not order["room"]:
        disk.require_room = lambda _: None
    try:
        with locks.night_lock(settings.rooms.lock):
            as_of = date.fromisoformat(order["as_of"]) if order["as_of"] else None
            begun = night.begin(settings, as_of, Project(Path(order["project"])), hear)
            with night.accounted(begun):
                names = [dataset.id for dataset in begun.catalogue] if order["ask"] else []
                night.build(begun, [night.take_in(begun, name) for name in names])
            work.tidy(begun)
    finally:
        night.send(settings)
    if order["count"]:
        found = {"operations": instruments.operations, "calls": instruments.calls}
        Path(order["count"]).write_text(json.dumps(found), encoding="utf-8")


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
