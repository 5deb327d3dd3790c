"""Whatever is changed of what a decision stands on is found, and named."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from decision_tools import RUN_AT
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_examples
from hypothesis import strategies as st

from tasks import runs
from tasks.decisions import freeze, record, rerun, verify
from tasks.decisions.record import FROZEN, SEALED, Decision
from tasks.errors import (
    JournalCorrupt,
)
from tasks.journal import Journal
from tasks.landing import PROJECT, Landing
from tasks.settings import Rooms, Settings

DAY = date(2026, 11, 20)
RunNight = Callable[..., object]

pytestmark = pytest.mark.usefixtures("small")


def asked(run: str, **said: Any) -> freeze.Asked:
    given = {"case": "2026/777", "by": "fylkestinget", "decided_on": DAY} | said
    return freeze.Asked(run, **given)


def new_run(settings: Settings, seed: int = 2) -> str:
    return runs.execute(settings, "2027/28", seed, now=lambda: RUN_AT)


# Changed ------------------------------------------------------------------------------------------


def blob_of(rooms: Rooms, decision: Decision) -> Path:
    landing = Landing(rooms.landing)
    (part,) = landing.get("places", decision.vintages["places"]).parts
    return rooms.landing / "blobs" / part.sha256[:2] / f"{part.sha256}.zst"


def changed_text(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def changed_line(file: Path) -> None:
    changed_text(file, "http://127.0.0.1", "http://127.0.0.2")


# What is changed: the file (from the decision's folder), and how.
IN_FOLDER: dict[str, tuple[str, Callable[[Path], object]]] = {
    "table": ("run/expected.parquet", lambda f: pl.DataFrame({"n": [1]}).write_parquet(f)),
    "input": (
        "inputs/places.parquet",
        lambda f: pl.read_parquet(f).with_columns(pl.col("places") + 1).write_parquet(f),
    ),
    "rule": ("run/rules/thresholds.toml", lambda f: changed_text(f, "0.8", "0.7")),
    "manifest": ("run/manifest.json", lambda f: changed_text(f, '"seed": 1', '"seed": 2')),
    "seal": (SEALED, lambda f: changed_text(f, "fylkestinget", "utvalget")),
    "gone": ("inputs/coverage.parquet", Path.unlink),
    "more": ("inputs/extra.parquet", lambda f: f.write_bytes(b"x")),
}
OTHER_BYTES = zstandard.ZstdCompressor().compress(b"school;places\nA;31\nB;45\n")
IN_LANDING: dict[str, Callable[[Path], object]] = {
    "blob": lambda f: f.write_bytes(OTHER_BYTES),
    "half a blob": lambda f: f.write_bytes(f.read_bytes()[:-3]),
    "blob gone": Path.unlink,
}


def change(rooms: Rooms, decision: Decision, what: str) -> str:
    """Change something, and say which file it is, from the home."""
    if what in IN_FOLDER:
        name, way = IN_FOLDER[what]
        file = record.folder_of(rooms, decision) / name
    elif what in IN_LANDING:
        file, way = blob_of(rooms, decision), IN_LANDING[what]
    else:
        file, way = rooms.landing / "manifest" / "places.jsonl", changed_line
    way(file)
    return file.relative_to(rooms.home).as_posix()


@pytest.mark.parametrize("what", [*IN_FOLDER, *IN_LANDING, "line"])
def test_whatever_was_changed_is_found_and_nothing_is_calculated(
    settings: Settings, frozen: Decision, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = settings.rooms
    file = change(rooms, frozen, what)
    monkeypatch.setattr(runs, "compute", lambda *_: pytest.fail("nothing is to be calculated"))
    found = rerun.rerun(settings, frozen)
    (fault,) = found.faults
    assert fault.file == file
    assert fault.expected != fault.found
    assert not found.same
    if what == "half a blob":
        assert "halvskrevet" in fault.found
    elif what not in {"more", "gone", "blob gone"}:
        assert str(fault).count("SHA-256") == 2, str(fault)
    else:
        assert verify.NO_FILE in {fault.expected, fault.found}


def test_a_changed_line_of_the_journal_breaks_its_chain(
    settings: Settings, frozen: Decision
) -> None:
    file = settings.rooms.journal / "journal.jsonl"
    lines = file.read_text("utf-8").replace("fylkestinget", "utvalget")
    file.write_text(f"{lines}{lines.splitlines()[-1]}\n", "utf-8")
    with pytest.raises(JournalCorrupt):
        record.listed(settings.rooms)


def test_a_journal_that_is_written_anew_is_found_by_the_printed_seal(
    settings: Settings, frozen: Decision
) -> None:
    """Everything is made to fit: folder, seal and chain. Only the paper knows."""
    rooms = settings.rooms
    change(rooms, frozen, "rule")
    folder = record.folder_of(rooms, frozen)
    sealed = verify.sealed(rooms, frozen)
    name = "run/rules/thresholds.toml"
    sealed["files"][name] = record.sha256((folder / name).read_bytes())
    (folder / SEALED).write_text(json.dumps(sealed))
    entries = Journal(rooms.journal).entries()
    file = rooms.journal / "journal.jsonl"
    file.unlink()
    for entry in entries:
        payload = dict(entry.payload)
        if entry.kind == FROZEN:
            payload["seal"] = record.sha256((folder / SEALED).read_bytes())
        Journal(rooms.journal).append(entry.kind, payload)
    forged = record.find(rooms, frozen.id)
    assert verify.faults(rooms, forged) == []
    (fault,) = verify.faults(rooms, forged, frozen.seal)
    assert (fault.file, fault.expected) == ("journal/journal.jsonl", frozen.seal)


def damage_table(folder: Path) -> None:
    pl.DataFrame({"n": [1]}).write_parquet(folder / "expected.parquet")


def test_a_change_of_the_run_beside_is_told_and_does_no_harm(
    settings: Settings, frozen: Decision
) -> None:
    damage_table(settings.rooms.runs / frozen.run)
    found = rerun.rerun(settings, frozen)
    assert found.same
    assert [fault.file for fault in found.copy_faults] == [f"runs/{frozen.run}/expected.parquet"]


@settings_of_examples(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_byte_can_be_changed_unseen(
    settings: Settings, frozen: Decision, data: st.DataObject
) -> None:
    rooms = settings.rooms
    stood = {**frozen.vintages, PROJECT: frozen.project}
    files = [path for path in record.folder_of(rooms, frozen).rglob("*") if path.is_file()]
    files += [rooms.landing / "manifest" / f"{name}.jsonl" for name in stood]
    file = data.draw(st.sampled_from(sorted(files)))
    content = file.read_bytes()
    at = data.draw(st.integers(0, len(content) - 1))
    flipped = content[at] ^ (1 << data.draw(st.integers(0, 7)))
    file.write_bytes(content[:at] + bytes([flipped]) + content[at + 1 :])
    try:
        named = {fault.file for fault in verify.faults(rooms, frozen)}
    finally:
        file.write_bytes(content)
    assert file.relative_to(rooms.home).as_posix() in named
    assert verify.faults(rooms, frozen) == []
