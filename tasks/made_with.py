"""What a run was made with: the program, file by file, the lock file, and the machine.

Law 9 holds under the same lock file and processor architecture. So that it can be said years later
what is no longer the same, a run writes all of it into its manifest.
"""

from __future__ import annotations

import hashlib
import platform
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tasks.settings import CHECKOUT

LOCK = CHECKOUT / "deploy" / "requirements.lock"
# Rooms that no figure of a run passes through: what they hold may change without a word.
NO_FIGURES = ("alerts", "backup", "cycle", "decisions", "demo", "publish", "retention")
_PINNED = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==", re.MULTILINE)


def code_version() -> dict[str, str | None]:
    """Package version, git commit where there is one, and a hash of the forecast's sources."""
    return {
        "package": _version("tilbudsplan"),
        "commit": _commit(CHECKOUT / ".git"),
        "forecast_sha256": sources("forecast"),
    }


def sources(room: str) -> str:
    """One hash of the modules of a room, `forecast` or `places/intake`, names and all."""
    digest, folder = hashlib.sha256(), CHECKOUT / "tasks" / room
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).as_posix()
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def code_files() -> dict[str, str]:
    """SHA-256 of every module that a figure may pass through, by its path in the repository.

    SQL, suites and reference data are not here: each night lands its own.
    """
    room = CHECKOUT / "tasks"
    return {
        path.relative_to(CHECKOUT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(room.rglob("*.py"))
        if path.relative_to(room).parts[0] not in NO_FIGURES
    }


def environment() -> dict[str, Any]:
    """The lock file, the packages that it pins as they are installed, and the machine.

    Returns:
        `lock_sha256` (None where there is no lock file), `packages` (version by name; those that
        are not installed are left out), `python`, `system`, `machine` (architecture) and `vector`
        (the processor's vector instructions that NumPy found: sums of doubles hang on them).
    """
    text = LOCK.read_text(encoding="utf-8") if LOCK.is_file() else ""
    found = {name: _version(name) for name in sorted(set(_PINNED.findall(text)))}
    return {
        "lock_sha256": hashlib.sha256(text.encode()).hexdigest() if text else None,
        "packages": {name: number for name, number in found.items() if number},
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "vector": list(_vector()),
    }


@cache
def _vector() -> tuple[str, ...]:
    import numpy as np

    told: Any = np.show_config(mode="dicts")
    return tuple(told.get("SIMD Extensions", {}).get("found", ()))


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit(git: Path) -> str | None:
    """The commit that `HEAD` names, read from the files of git itself."""
    head = git / "HEAD"
    if not head.is_file():
        return None
    name = head.read_text(encoding="utf-8").strip()
    if not name.startswith("ref: "):
        return name
    ref = name.removeprefix("ref: ")
    if (git / ref).is_file():
        return (git / ref).read_text(encoding="utf-8").strip()
    packed = git / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else []
    return next((line.split()[0] for line in lines if line.endswith(f" {ref}")), None)
