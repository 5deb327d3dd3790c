"""The install: hashes of the lock are demanded, and a file that does not match stops it."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tasks.settings import CHECKOUT

METADATA = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A package of one empty module, made here: no index is asked."""
    path = tmp_path / "links" / "tiny-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr("tiny-1.0.dist-info/METADATA", METADATA)
        archive.writestr("tiny-1.0.dist-info/WHEEL", WHEEL)
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    return path


def install(wheel: Path, sha256: str) -> subprocess.CompletedProcess[str]:
    """Install it with the options that the Makefile gives pip."""
    options = re.search(r"pip install (.*) -r \$\(1\)", (CHECKOUT / "Makefile").read_text("utf-8"))
    assert options
    lock = wheel.parent.parent / "lock"
    lock.write_text(f"tiny==1.0 --hash=sha256:{sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", *options[1].split()]
    command += ["--no-index", "--find-links", str(wheel.parent), "-r", str(lock)]
    command += ["--target", str(wheel.parent.parent / "site")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_right_hash_installs(wheel: Path) -> None:
    done = install(wheel, hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert done.returncode == 0, done.stderr
    assert (wheel.parent.parent / "site" / "tiny.py").is_file()


def test_a_wrong_hash_stops_the_install(wheel: Path) -> None:
    done = install(wheel, "0" * 64)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (wheel.parent.parent / "site").exists()
