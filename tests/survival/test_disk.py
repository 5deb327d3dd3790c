"""A disk that is full at any stage leaves yesterday's figures whole, and says so in one sentence.

The disk is a real one, of a chosen size in memory; where no file system may be mounted, this is
skipped.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lab import Lab, state_of

from tasks.alerts import book
from tasks.journal import Journal
from tasks.settings import Rooms

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

# Room that is left, in thousands of bytes: from none to enough. Each stage meets the end once.
ROOM = (0, 4, 16, 40, 80, 140, 200, 260, 320, 400, 500, 650, 800, 1000, 1300, 1600, 2000, 2500)
ROOM += (3000, 3500, 4000, 4500, 5000, 5500, 6000, 7000, 8000)
IN_SHORT = (0, 140, 800, 3000)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"NO FULL DISK IS TRIED: no file system may be mounted here ({error})")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def resize(folder: Path, room: int) -> None:
    """Leave so many bytes free."""
    used = shutil.disk_usage(folder).used
    size = (used + room + 4095) // 4096 * 4096
    subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)


def survive_full_disk(laboratory: Lab, folder: Path, room: int, *, look: bool = False) -> bool:
    """A night with so much room, and the same night with enough; whether the first failed."""
    with small_disk(folder) as disk:
        home = disk / "home"
        shutil.copytree(laboratory.homes[0], home)
        resize(disk, room * 1000)
        with laboratory.read_meanwhile(home, *laboratory.after[:2]):
            ended = laboratory.night(home, 1, room=look)
            laboratory.check_killed(home, *laboratory.after[:2])
            failed = ended.status != 0
            if failed:
                told = ended.said.strip().splitlines()[-1]
                assert told.startswith("tasks.errors.DiskFull: "), ended.said
                assert "men fikk en full disk" in told
                assert "Gjør slik: gjør plass på disken" in told
                (entry,) = Journal(Rooms(home).journal).entries("night.failed")
                assert "en full disk" in entry.payload["reason"]
                laboratory.counts["disk full"] += 1
                laboratory.counts[f"disk full in {ended.stage}"] += 1
            resize(disk, 100_000_000)
            laboratory.whole_night(home, 1)
            found = state_of(home)
        expected = laboratory.after[1]
        for part in ("public", "internal", "findings", "landed", "files"):
            assert getattr(found, part) == getattr(expected, part), (room, part)
        # That the night failed is told as well, so mails are others; nobody is told less.
        entries = Journal(Rooms(home).journal).entries("findings")
        told_here = book.told(entries)
        for recipient, known in book.told(laboratory.entries[1]).items():
            assert known == told_here[recipient], (room, recipient)
        return failed


@pytest.mark.parametrize("room", IN_SHORT)
def test_a_full_disk(laboratory: Lab, tmp_path: Path, room: int) -> None:
    assert survive_full_disk(laboratory, tmp_path / "disk", room)


def test_a_night_that_will_not_have_room_does_not_begin(laboratory: Lab, tmp_path: Path) -> None:
    assert survive_full_disk(laboratory, tmp_path / "disk", 9000, look=True)


@pytest.mark.soak
@pytest.mark.parametrize("room", ROOM)
def test_a_disk_that_is_full_at_any_stage(laboratory: Lab, tmp_path: Path, room: int) -> None:
    survive_full_disk(laboratory, tmp_path / "disk", room)
    laboratory.counts["disk sizes"] += 1
