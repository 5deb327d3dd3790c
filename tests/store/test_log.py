"""A log is landed in steps: what is there stands by reference, and no step is lost or half."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_tools import answer

from tasks.errors import LandingCorrupt
from tasks.landing import Landing, Snapshot

DAY, NEXT = date(2026, 11, 20), date(2026, 11, 21)
UPDATED = datetime(2026, 11, 19, 7, tzinfo=UTC)


def blobs(root: Path) -> dict[Path, int]:
    return {p: p.stat().st_mtime_ns for p in root.glob("blobs/*/*")}


def land(landing: Landing, *steps: list[bytes]) -> Snapshot:
    last = None
    for number, step in enumerate(steps):
        answers = [answer(content, f"page/{number}-{n}") for n, content in enumerate(step)]
        last = landing.extend("log", DAY, last, answers)
    assert last is not None
    return last


@settings(deadline=None)
@given(
    steps=st.lists(st.lists(st.binary(max_size=40), min_size=1, max_size=3), min_size=1, max_size=5)
)
def test_steps_come_back_as_one_in_the_order_they_came(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[bytes]]
) -> None:
    landing = Landing(tmp_path_factory.mktemp("landing"))
    last = land(landing, *steps)
    expected = [content for step in steps for content in step]
    assert [a.content for a in landing.answers(last)] == expected
    kept = landing.kept(last)
    assert [k.content for k in kept] == expected
    assert [k.role for k in kept] == [a.role for a in landing.answers(last)]
    assert landing.get("log", last.snapshot) == last
    # Every step is a snapshot of its own, so that a past night can be built again.
    made = [line.snapshot for line in landing.snapshots("log")]
    assert len(set(made)) == len(steps)
    first = landing.get("log", made[0])
    assert [a.content for a in landing.answers(first)] == steps[0]


def test_what_is_there_is_not_written_again_and_lines_hold_only_what_is_new(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    first = land(landing, [b"a" * 100] * 40)
    before = blobs(tmp_path)
    second = landing.extend("log", NEXT, first, [answer(b"new", "page/new")])
    assert {path: then for path, then in blobs(tmp_path).items() if path in before} == before
    assert len(second.parts) == 1
    assert second.extends == first.snapshot
    assert len(landing.kept(second)) == 41


def test_a_night_without_news_is_the_same_snapshot(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.extend("log", DAY, None, [answer(b"a", "page/a")], UPDATED)
    last = landing.extend("log", DAY, landing.latest("log"), [answer(b"b", "page/b")])
    quiet = landing.extend("log", NEXT, last, [])
    assert (quiet.snapshot, quiet.unchanged, quiet.updated) == (last.snapshot, True, UPDATED)
    more = landing.extend("log", NEXT, quiet, [answer(b"c", "page/c")])
    assert [a.content for a in landing.answers(more)] == [b"a", b"b", b"c"]
    assert landing.get("log", quiet.snapshot).as_of == DAY


def test_the_same_steps_give_the_same_snapshot_and_other_steps_another(tmp_path: Path) -> None:
    one = land(Landing(tmp_path / "one"), [b"a"], [b"b"])
    same = land(Landing(tmp_path / "two"), [b"a"], [b"b"])
    other = land(Landing(tmp_path / "three"), [b"b"], [b"a"])
    assert one.snapshot == same.snapshot != other.snapshot


def test_damage_is_found_and_the_log_goes_on_from_before_it(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    last = land(landing, [b"one"], [b"two"], [b"three"])
    assert landing.latest_whole("log") == last
    first, second, _ = landing.snapshots("log")
    damaged = next(tmp_path.glob(f"blobs/*/{second.parts[0].sha256}.zst"))
    damaged.write_bytes(b"not what landed")
    with pytest.raises(LandingCorrupt, match=second.parts[0].sha256):
        landing.answers(last)
    assert landing.latest_whole("log") == first
    again = landing.extend("log", NEXT, first, [answer(b"two", "page/1-0")])
    assert again.snapshot == second.snapshot
    assert [a.content for a in landing.answers(again)] == [b"one", b"two"]


def test_a_step_whose_ground_is_gone_is_corrupt(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    last = land(landing, [b"one"], [b"two"])
    manifest = tmp_path / "manifest" / "log.jsonl"
    manifest.write_bytes(manifest.read_bytes().split(b"\n", 1)[1])
    with pytest.raises(LandingCorrupt, match="bygger på"):
        landing.answers(last)


def test_lines_of_the_first_version_are_read(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landed = landing.land("log", DAY, [answer(b"one")])
    manifest = tmp_path / "manifest" / "log.jsonl"
    old = msgspec.json.decode(manifest.read_bytes())
    del old["extends"]
    manifest.write_bytes(msgspec.json.encode(old | {"schema": 1}) + b"\n")
    found = landing.latest("log")
    assert found is not None
    assert (found.snapshot, found.extends) == (landed.snapshot, None)
    assert [a.content for a in landing.answers(found)] == [b"one"]
