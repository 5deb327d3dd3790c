"""Processes beside Prefect's: heavy libraries load and work without waiting for its interpreter.

Prefect takes seconds to import and to start its server. Great Expectations and the drawing engine
take seconds too, and two threads of one process take turns at Python. So each heavy stage has a
process of its own, started as early as somebody knows that it will be needed.
"""

from __future__ import annotations

import atexit
import importlib
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, wraps
from typing import ParamSpec, TypeVar

from tasks import quality
from tasks.publish import svg

P = ParamSpec("P")
R = TypeVar("R")


def _warm_report() -> None:
    for name in ("jinja2", "xlsxwriter", "tasks.forecast.pupils", "tasks.publish.report"):
        importlib.import_module(name)
    svg.warm_up()


# What each process does first, so that the stage finds its libraries warm.
WARM_UP: dict[str, Callable[[], None]] = {"build": quality.warm_up, "report": _warm_report}


def start(*names: str) -> None:
    """Start the processes of these names (keys of `WARM_UP`), if they are not running already."""
    for name in names:
        _process(name).submit(os.getpid)


def beside(name: str, stage: Callable[P, R]) -> Callable[P, R]:
    """The stage, run in the process `name`: arguments and result are pickled, errors come back."""

    @wraps(stage)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        return _process(name).submit(stage, *args, **kwargs).result()

    return run


@cache
def _process(name: str) -> ProcessPoolExecutor:
    # A fork would copy Prefect's threads and locks in whatever state they are.
    return ProcessPoolExecutor(
        max_workers=1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(name,),
    )


def _begin(name: str) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Taking hundreds of modules down one by one keeps the caller waiting at its own end.
    atexit.register(os._exit, 0)
    WARM_UP[name]()


def _end_with_parent() -> None:
    """End when the process that gave the work is gone: its lock is free, so nobody may write."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
