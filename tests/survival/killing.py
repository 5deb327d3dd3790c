"""Instruments of a night that is to be killed: where it is, and a SIGKILL at a chosen point.

Only the child process of `zygote.py` uses them. What writes to disk in Python goes through the
functions of `os`, and lines of journal and manifests through one function that can be torn; what
DuckDB writes by itself is met by kills at random moments.
"""

from __future__ import annotations

import importlib
import mmap
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The boundaries of stages, in the order in which a night comes to them.
STAGES = {
    "begin": ["tasks.night.begin"],
    "look": ["tasks.recovery.look"],
    "hear": ["tasks.demo.said.lay"],
    "land": ["tasks.intake.land_dataset"],
    "parse": ["tasks.intake.parse_snapshot", "tasks.making.parse_snapshot"],
    "load": ["tasks.warehouse.load_parquet", "tasks.warehouse.load_vintages"],
    "stage": ["tasks.transform.build"],
    "validate": ["tasks.quality.run"],
    "audit": ["tasks.audit.write", "tasks.history.keep", "tasks.profiles.write"],
    "built": ["tasks.night._journal_built"],
    "copy": ["tasks.warehouse._copy_out", "tasks.warehouse._check_copy"],
    "announce": ["tasks.recovery.announce"],
    "publish": ["tasks.warehouse.publish"],
    "findings": ["tasks.alerts.record"],
    "retention": ["tasks.retention.work.tidy"],
    "mails": ["tasks.night.send", "tasks.alerts.smtp.deliver"],
}
_OPERATIONS = ("fsync", "replace", "rename", "unlink", "rmdir", "link", "ftruncate")
_PAGE = 64


class Instruments:
    """Counts the points that a night passes, and kills it at one of them.

    Args:
        home: Only what happens in it counts.
        kill: `{"operation": k, "when": before|after|torn}` or `{"stage": name, "call": j, "when":
            before|after}`; empty: nowhere.
        board: A file that always says which stage the night is in; it outlives the process.
    """

    def __init__(self, home: Path, kill: dict[str, Any], board: Path) -> None:
        self.home = str(home)
        self.kill = kill
        self.operations: list[str] = []
        self.calls: dict[str, int] = {}
        self._lock = threading.Lock()
        self._stages: list[str] = []
        with board.open("w+b") as file:
            file.write(b" " * _PAGE)
            file.flush()
            self._board = mmap.mmap(file.fileno(), _PAGE)

    def fit(self) -> None:
        """Put the instruments in."""
        for name in _OPERATIONS:
            setattr(os, name, self._operation(name, getattr(os, name)))
        jsonlines = importlib.import_module("tasks.jsonlines")
        jsonlines._write_whole = self._append(jsonlines._write_whole)
        for stage, names in STAGES.items():
            for name in names:
                module, _, attribute = name.rpartition(".")
                room = importlib.import_module(module)
                setattr(room, attribute, self._stage(stage, getattr(room, attribute)))

    def _operation(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def done(*arguments: Any, **more: Any) -> Any:
            where = self._where(arguments[0])
            if not where.startswith(self.home):
                return real(*arguments, **more)
            number = self._count(f"{name} {where.removeprefix(self.home)}")
            self._die(number, "before")
            try:
                return real(*arguments, **more)
            finally:
                self._die(number, "after")

        return done

    def _append(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def written(file: Any, content: bytes) -> None:
            number = self._count(f"append {file.name}".replace(self.home, ""))
            self._die(number, "before")
            if self._is(number, "torn"):
                file.write(content[: len(content) // 2])
                _die()
            real(file, content)
            self._die(number, "after")

        return written

    def _stage(self, stage: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def passed(*arguments: Any, **more: Any) -> Any:
            with self._lock:
                self.calls[stage] = call = self.calls.get(stage, 0) + 1
                self._stages.append(stage)
                self._say(stage)
            wanted = (self.kill.get("stage"), self.kill.get("call")) == (stage, call)
            if wanted and self.kill["when"] == "before":
                _die()
            try:
                result = real(*arguments, **more)
            finally:
                with self._lock:
                    self._stages.remove(stage)
                    self._say(self._stages[-1] if self._stages else "between")
            if wanted:
                _die()
            return result

        return passed

    def _where(self, what: Any) -> str:
        if isinstance(what, int):
            return str(Path(f"/proc/self/fd/{what}").readlink())
        return os.fspath(what)

    def _count(self, label: str) -> int:
        with self._lock:
            self.operations.append(label)
            return len(self.operations)

    def _is(self, number: int, when: str) -> bool:
        return (self.kill.get("operation"), self.kill.get("when")) == (number, when)

    def _die(self, number: int, when: str) -> None:
        if self._is(number, when):
            _die()

    def _say(self, stage: str) -> None:
        self._board[:] = stage.encode().ljust(_PAGE)


def stage_on(board: Path) -> str:
    """Which stage a night was in when it last said so."""
    return board.read_bytes().decode().strip() or "start"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    threading.Event().wait()
