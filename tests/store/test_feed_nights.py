"""Nights over NAV's vacancy feed: read on from the last one, through crashes, and with no names."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from store_tools import write

from tasks import night, quarantine
from tasks.demo.server import SAMPLE, Server, serve
from tasks.errors import SourceUnavailable, TilbudsplanError
from tasks.intake import Night
from tasks.settings import CHECKOUT, Project, Settings, oslo_today

DATASET = "nav_feed_vacancies"
FIRST = date(2026, 11, 20)
PAGE = 100
LOG = (SAMPLE / "nav_feed" / "log.jsonl").read_bytes().splitlines(keepends=True)
DETAILS = (SAMPLE / "nav_feed" / "details.jsonl").read_bytes()


class Feed:
    """A feed whose log grows, and an installation that reads it on pages of a hundred."""

    def __init__(self, server: Server, folder: Path, root: Path) -> None:
        self.server = server
        self.folder = folder
        self.project = Project(root / "project")
        self.settings = Settings(home=root / "home")
        entry = (CHECKOUT / "data" / "catalogue" / "nav_feed.toml").read_text(encoding="utf-8")
        entry = entry.replace("https://pam-stilling-feed.nav.no", f"{server.url}/nav_feed")
        entry = entry.replace("page_size = 1000", f"page_size = {PAGE}")
        entry = entry.replace("calls = 120, per_seconds = 60", "calls = 10000, per_seconds = 1")
        entry = entry.replace("concurrency = 1", "concurrency = 1\nattempts = 1")
        write(self.project.catalogue / "nav_feed.toml", entry)

    def grow(self, lines: int) -> None:
        (self.folder / "log.jsonl").write_bytes(b"".join(LOG[:lines]))

    def begin(self, as_of: date = FIRST) -> Night:
        return night.begin(self.settings, as_of, self.project)

    def rows(self, begun: Night, snapshot: str | None) -> dict[str, pl.DataFrame]:
        folder = night.parse_landed(begun, DATASET, snapshot)
        assert folder is not None
        return {file.stem: pl.read_parquet(file) for file in folder.glob("*.parquet")}

    def asked(self) -> list[str]:
        """What was answered with content since this was asked last."""
        paths = [r.target for r in self.server.requests if r.status == 200 and "/v1/" in r.target]
        self.server.requests.clear()
        return paths


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    folder = tmp_path / "sample" / "nav_feed"
    folder.mkdir(parents=True)
    (folder / "details.jsonl").write_bytes(DETAILS)
    with serve(tmp_path / "sample") as server:
        made = Feed(server, folder, tmp_path)
        made.grow(len(LOG))
        yield made


def of_pages(paths: list[str]) -> list[str]:
    return [path for path in paths if "feedentry" not in path]


def test_nights_together_give_what_one_night_would(feed: Feed, tmp_path: Path) -> None:
    seen: list[str] = []
    snapshot = None
    for number, lines in enumerate((150, 151, 400, len(LOG))):
        feed.grow(lines)
        begun = feed.begin(FIRST + timedelta(days=number))
        snapshot = night.land_dataset(begun, DATASET)
        seen += feed.asked()
    together = feed.rows(begun, snapshot)
    once = Feed(feed.server, feed.folder, tmp_path / "once")
    alone = once.begin()
    whole = once.rows(alone, night.land_dataset(alone, DATASET))
    assert together["rows"].equals(whole["rows"])
    assert len(whole["rows"]) == len(LOG)
    # Full pages are read once, the tip of each night again; details once for a state of things.
    pages = of_pages(seen)
    assert len(pages) < len(of_pages(feed.asked())) + 8
    assert set(together["details"]["uuid"]) >= set(whole["details"]["uuid"])


def test_a_night_without_news_asks_for_the_tip_and_lands_nothing(feed: Feed) -> None:
    landed = night.land_dataset(feed.begin(), DATASET)
    feed.asked()
    blobs = len(list(feed.settings.rooms.landing.glob("blobs/*/*")))
    assert night.land_dataset(feed.begin(FIRST + timedelta(days=1)), DATASET) == landed
    assert len(feed.server.requests) == 2, "the token and the tip"
    assert len(list(feed.settings.rooms.landing.glob("blobs/*/*"))) == blobs


def test_a_false_304_between_pages_loses_nothing(feed: Feed) -> None:
    feed.server.misbehave("304", f"feed/[0-9a-f-]+.pageSize={PAGE}")
    begun = feed.begin()
    half = feed.rows(begun, night.land_dataset(begun, DATASET))
    assert len(half["rows"]) == PAGE
    whole = feed.rows(begun, night.land_dataset(begun, DATASET))
    assert len(whole["rows"]) == len(LOG)


def test_a_feed_that_says_304_before_it_was_read_is_unavailable(feed: Feed) -> None:
    feed.server.misbehave("304", "v1/feed")
    with pytest.raises(SourceUnavailable, match="304"):
        night.land_dataset(feed.begin(), DATASET)


def test_a_source_that_fails_midway_is_read_on_from_there(feed: Feed) -> None:
    begun = feed.begin()
    # Faults fall on the requests that match: the fourth page, and later the third step of details.
    fourth = _page_after(feed, 3)
    feed.server.misbehave("503", f"feed/{fourth}")
    with pytest.raises(SourceUnavailable):
        night.land_dataset(begun, DATASET)
    first = feed.asked()
    assert len(of_pages(first)) == 3
    feed.server.misbehave("503", _detail_number(feed, 50))
    with pytest.raises(SourceUnavailable):
        night.land_dataset(begun, DATASET)
    second = feed.asked()
    snapshot = night.land_dataset(begun, DATASET)
    third = feed.asked()
    assert not set(of_pages(first)) & set(of_pages(second))
    # The tip is asked for and has not grown; of details only those of the step that was cut off
    # (41 to 60, and the 50th failed) are asked for again.
    assert of_pages(third) == []
    details = [path for path in second + third if "feedentry" in path]
    assert (len(set(details)), len(details)) == (110, 119)
    assert len(feed.rows(begun, snapshot)["rows"]) == len(LOG)


def _page_after(feed: Feed, pages: int) -> str:
    """The id of a page: each begins with the line that ends the one before."""
    return str(json.loads(LOG[pages * (PAGE - 1)])["id"])


def _detail_number(feed: Feed, number: int) -> str:
    """The vacancy whose details are asked for as this number, from a reading of its own."""
    root = feed.settings.home.parent / "apart"
    other = Feed(feed.server, feed.folder, root)
    night.land_dataset(other.begin(), DATASET)
    details = [path for path in feed.asked() if "feedentry" in path]
    return details[number - 1].rpartition("/")[2]


KILLED = """
import sys
import time
from datetime import date
from pathlib import Path
from tasks import night, quarantine
from tasks.settings import Project, Settings
home, root = map(Path, sys.argv[1:])
begun = night.begin(Settings(home=home), date(2026, 11, 20), Project(root))
night.land_dataset(begun, "nav_feed_vacancies")
"""


@pytest.mark.process
@pytest.mark.parametrize("where", ["page", "detail"])
def test_what_was_read_before_a_kill_is_not_read_again(feed: Feed, where: str) -> None:
    # The server dribbles one answer for ever; the reader is killed while it waits for the rest.
    target = _page_after(feed, 4) if where == "page" else _detail_number(feed, 41)
    feed.asked()
    feed.server.misbehave("slow", target, seconds=600)
    command = [sys.executable, "-c", KILLED, str(feed.settings.home), str(feed.project.root)]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with subprocess.Popen(command, env=environment) as killed:
        try:
            while not any(r.fault == "slow" for r in feed.server.requests):
                assert killed.poll() is None
                time.sleep(0.01)
        finally:
            killed.send_signal(signal.SIGKILL)
    before = [path for path in feed.asked() if target not in path]
    assert len(of_pages(before)) >= 4
    begun = feed.begin()
    snapshot = night.land_dataset(begun, DATASET)
    after = feed.asked()
    again = set(before) & set(after)
    # A page that was the tip is asked for again to see whether it has grown; nothing else is.
    assert len(again) <= (0 if where == "page" else 1)
    frames = feed.rows(begun, snapshot)
    assert frames["rows"]["uuid"].n_unique() == 260
    assert len(frames["rows"]) == len(LOG)
    assert len(frames["details"]) == 110


def test_damaged_bytes_are_fetched_again_in_full(feed: Feed) -> None:
    begun = feed.begin()
    snapshot = night.land_dataset(begun, DATASET)
    whole = feed.rows(begun, snapshot)
    pages = len(of_pages(feed.asked()))
    line = begun.landing.snapshots(DATASET)[3]
    blob = next(feed.settings.rooms.landing.glob(f"blobs/*/{line.parts[0].sha256}.zst"))
    blob.write_bytes(b"damaged")
    with pytest.raises(TilbudsplanError, match="--full"):
        night.parse_snapshot(begun, DATASET, str(snapshot), full=True)
    again = night.land_dataset(begun, DATASET, full=True)
    assert len(of_pages(feed.asked())) == pages - 3
    assert feed.rows(begun, again)["rows"].equals(whole["rows"])


def test_what_a_person_dropped_of_a_log_is_read_again_from_its_source(feed: Feed) -> None:
    # So late that the source is not believed when it says that nothing is new.
    today = oslo_today()
    right = feed.begin(today)
    good = str(night.land_dataset(right, DATASET))
    rows = feed.rows(right, good)
    stood = {DATASET: {"snapshot": good, "kind": None, "reason": None}}
    told = {"night": right.id, "as_of": today.isoformat(), "profile": "live", "vintages": stood}
    right.journal.append("night.built", told)
    # A line that cannot be, and a night that lands it.
    wrong = LOG[-1].replace(b"ACTIVE", b"SOLGT").replace(b"INSOLGT", b"SOLGT")
    log = feed.folder / "log.jsonl"
    log.write_bytes(b"".join(LOG[:-1]) + wrong)
    later = feed.begin(today + timedelta(days=2))
    poisoned = str(night.land_dataset(later, DATASET))
    assert "SOLGT" in feed.rows(later, poisoned)["rows"]["status"]
    # The source is right again, and what stands on the line has it all the same ...
    feed.grow(len(LOG))
    on = str(night.land_dataset(feed.begin(today + timedelta(days=4)), DATASET))
    assert "SOLGT" in feed.rows(later, on)["rows"]["status"]
    # ... until a person drops it.
    held = [{"dataset": DATASET, "snapshot": on, "table_name": "staging.vacancy", "key": "x"}]
    quarantine.decide(later.journal, held, DATASET, "drop", "Ola", "SOLGT finnes ikke")
    mended = feed.begin(today + timedelta(days=6))
    assert feed.rows(mended, night.land_dataset(mended, DATASET))["rows"].equals(rows["rows"])


def test_only_the_newest_parsings_of_a_log_are_kept_and_older_ones_made_anew(feed: Feed) -> None:
    snapshots = []
    for lines in (200, 300, 400, 500, len(LOG)):
        feed.grow(lines)
        begun = feed.begin()
        snapshots.append(night.land_dataset(begun, DATASET))
        feed.rows(begun, snapshots[-1])
    room = feed.settings.rooms.parsed / DATASET
    assert len(list(room.iterdir())) == 3
    assert len(feed.rows(begun, snapshots[0])["rows"]) == 200
    assert len(list(room.iterdir())) == 3


def planted() -> set[str]:
    """Every name, address and number that stands in the raw answers."""
    found: set[str] = set()
    for line in DETAILS.splitlines():
        advertisement: dict[str, Any] = json.loads(line).get("ad_content", {})
        for person in advertisement.get("contactList", []):
            found |= {person["name"], person["email"], person["phone"]}
            found.add(person["phone"].replace(" ", ""))
            found.add(person["name"].split()[1])
    return found


def test_no_name_address_or_number_is_anywhere_on_disk(feed: Feed) -> None:
    begun = feed.begin()
    snapshot = night.land_dataset(begun, DATASET)
    night.parse_landed(begun, DATASET, snapshot)
    raw = b"".join(LOG) + DETAILS
    wanted = [text for text in planted() if text.encode() in raw]
    assert len(wanted) > 150
    searched = 0
    tokens = {
        r.headers["authorization"].split()[1] for r in feed.server.requests if "/v1/" in r.target
    }
    for file in feed.settings.home.rglob("*"):
        if not file.is_file():
            continue
        content = file.read_bytes()
        if file.suffix == ".zst":
            content = zstandard.ZstdDecompressor().decompress(content)
        if file.suffix == ".parquet":
            content += json.dumps(
                pl.read_parquet(file).to_dicts(), default=str, ensure_ascii=False
            ).encode()
        searched += len(content)
        text = content.decode("utf-8", "replace")
        assert not [known for known in [*wanted, *tokens] if known in text], file
        if file.suffix in {".parquet", ".zst"} and b"[publisher]" not in content:
            assert "@" not in text.split("PAR1")[-1], file
    assert searched > 200_000
    for part in (p for line in begun.landing.snapshots(DATASET) for p in line.parts):
        assert part.headers["redaction"] == "nav_feed/1"
