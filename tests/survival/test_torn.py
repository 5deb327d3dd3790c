"""Lines that are torn are set aside, and lines that are damaged are named."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
import reading
from lab import Lab
from store_tools import answer

from tasks.errors import JournalCorrupt
from tasks.journal import Journal
from tasks.landing import Landing
from tasks.settings import Rooms

pytestmark = pytest.mark.process


def test_a_journal_torn_at_any_byte_goes_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number in range(3):
        journal.append("note", {"number": number, "text": "Ørland"})
    whole = journal.path.read_bytes()
    start = whole[:-1].rindex(b"\n") + 1
    aside = journal.path.with_name("journal.jsonl.torn")
    for length in range(start, len(whole)):
        journal.path.write_bytes(whole[:length])
        aside.unlink(missing_ok=True)
        assert [e.payload["number"] for e in journal.entries()] == [0, 1]
        journal.append("note", {"number": 3})
        assert [e.payload["number"] for e in journal.entries()] == [0, 1, 3]
        torn = aside.read_bytes() if aside.exists() else b""
        assert torn.removesuffix(b"\n") == whole[start:length]


def test_a_manifest_torn_at_any_byte_goes_on(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    for number in range(3):
        landing.land("places", date(2026, 11, 20 + number), [answer(b"%d" % number)])
    manifest = tmp_path / "manifest" / "places.jsonl"
    whole = manifest.read_bytes()
    start = whole[:-1].rindex(b"\n") + 1
    for length in range(start, len(whole)):
        manifest.write_bytes(whole[:length])
        assert len(landing.snapshots("places")) == 2
        again = landing.land("places", date(2026, 11, 22), [answer(b"2")])
        assert landing.answers(again)[0].content == b"2"
        assert len(landing.snapshots("places")) == 3


def test_a_journal_with_a_damaged_line_stops_the_night_and_is_named(laboratory: Lab) -> None:
    home = laboratory.home(0)
    journal = Rooms(home).journal / "journal.jsonl"
    good = journal.read_bytes()
    lines = good.splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"at":"2', b'"at":"1')
    journal.write_bytes(b"".join(lines))
    ended = laboratory.night(home, 1)
    assert ended.status
    assert "tasks.errors.JournalCorrupt" in ended.said
    assert "linje 3" in ended.said.splitlines()[-1]
    assert "sikkerhetskopi" in ended.said.splitlines()[-1]
    with pytest.raises(JournalCorrupt):
        Journal(Rooms(home).journal).verify()
    # The remedy: it comes back as it was, and the night goes on as if never.
    journal.write_bytes(good)
    laboratory.whole_night(home, 1)
    laboratory.check_same(home, 1)
    shutil.rmtree(home)


def test_a_manifest_with_a_damaged_line_costs_no_other_line(laboratory: Lab) -> None:
    """What landed later stands in later lines; a fetch that fails falls back on those."""
    home = laboratory.home(1)
    manifest = Rooms(home).landing / "manifest" / "pupils.jsonl"
    lines = manifest.read_bytes().splitlines(keepends=True)
    assert len(lines) == 3
    manifest.write_bytes(b"".join([lines[0], b"\xff" + lines[1][1:], lines[2]]))
    laboratory.world.odd = {"pupils.csv": None}
    try:
        laboratory.whole_night(home, 1)
    finally:
        laboratory.world.odd = {}
    laboratory.whole_night(home, 2)
    found = laboratory.after[2].internal["restricted.pupils"]
    inside = reading.contents(Rooms(home).warehouse.with_name("internal.duckdb"))
    assert inside["restricted.pupils"] == found
    shutil.rmtree(home)
