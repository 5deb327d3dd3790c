"""A source that misbehaves: the night goes on, the last good figures stand, and it is said why.

Three nights of one dataset of every protocol. Between the first and the second every publisher
puts out new figures, and some of them misbehave; on the third they are well again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flow_tools import (
    ONE_OF_EACH,
    landed,
    newer_sample,
    one_night,
    published,
    settings_of,
    small_project,
)
from polars.testing import assert_frame_equal

from tasks import catalogue
from tasks.demo import misbehaviour
from tasks.demo.server import Server, serve
from tasks.night import Outcome
from tasks.settings import Project, Settings

ALWAYS = 1000
SIZE = {"size": 6_000_000}
SLOW = {"seconds": 40}
# A mode of misbehaving, and its details.
Fault = tuple[str, dict[str, Any]]
OF_ALL: list[Fault] = [("500-empty", {}), ("cut", {}), ("schema", {}), ("html", {})]
OF_SSB: list[Fault] = [
    ("429", {}), ("503", {}), ("slow", SLOW), ("cut-chunked", {}), ("huge", SIZE),
    ("wrong-type", {}),
]  # fmt: skip


def together(*publishers: str) -> list[dict[str, Fault]]:
    """Nights in which each of these publishers misbehaves in a way of its own; all in every way."""
    return [
        {name: OF_ALL[(night + place) % len(OF_ALL)] for place, name in enumerate(publishers)}
        for night in range(len(OF_ALL))
    ]


# Half of the publishers misbehave while the others put out new figures, or one does alone.
LASTING = [
    *together("ssb", "udir", "trondelag"),
    *together("klass", "nsr", "nav"),
    *[{"ssb": fault} for fault in OF_SSB],
]


def named(faults: dict[str, Fault]) -> str:
    return "-".join(f"{publisher}-{mode}" for publisher, (mode, _) in faults.items())


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("hasty") / "project"
    return small_project(folder, attempts=1, read_timeout_seconds=1)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """The publishers yesterday and today."""
    newer = newer_sample(tmp_path_factory.mktemp("newer") / "sample")
    with serve() as yesterday, serve(newer) as today:
        yield yesterday, today


@pytest.fixture(scope="module")
def tables(hasty: Project) -> dict[str, str]:
    return {dataset.id: dataset.table for dataset in catalogue.load(hasty.catalogue)}


@pytest.fixture(scope="module")
def first_night(
    tmp_path_factory: pytest.TempPathFactory, hasty: Project, servers: tuple[Server, Server]
) -> Path:
    home = tmp_path_factory.mktemp("first") / "home"
    assert not reasons(one_night(settings_of(home, servers[0]), hasty))
    return home


@contextmanager
def misbehaving(server: Server, faults: dict[str, Fault]) -> Iterator[None]:
    for publisher, (mode, details) in faults.items():
        whole = mode not in {"slow", "huge"}
        pattern = f"^/{publisher}/" if whole else "/14882/data"
        server.misbehave(mode, pattern, ALWAYS, **details)
    try:
        yield
    finally:
        server.faults = misbehaviour.Faults()


def reasons(outcome: Outcome) -> dict[str, str]:
    return {v.dataset: v.reason for v in outcome.vintages if v.reason}


@pytest.mark.parametrize("faults", LASTING, ids=named)
def test_the_last_good_figures_stand_and_say_why(
    faults: dict[str, Fault],
    tmp_path: Path,
    hasty: Project,
    servers: tuple[Server, Server],
    first_night: Path,
    tables: dict[str, str],
) -> None:
    _, today = servers
    bad = {ONE_OF_EACH[publisher] for publisher in faults}
    settings = settings_of(shutil.copytree(first_night, tmp_path / "home"), today)
    before, bytes_before = published(settings.rooms, tables.values()), landed(settings.rooms)

    with misbehaving(today, faults):
        second = one_night(settings, hasty)

    stale = reasons(second)
    assert stale.keys() == bad
    for dataset, reason in stale.items():
        assert_is_explained(dataset, reason)
    assert not second.skipped.keys() & set(tables.values())
    assert sorted(finding.dataset for finding in fetch_findings(second)) == sorted(bad)
    after = published(settings.rooms, tables.values())
    for dataset, table in tables.items():
        if dataset in bad:
            assert_frame_equal(after[table], before[table])
        else:
            assert not after[table].equals(before[table]), f"{table} has no new figures"
    assert_are_stale(settings, stale)
    for dataset in bad:
        assert_nothing_refused_landed(settings, dataset, bytes_before, second)

    third = one_night(settings, hasty)
    assert not reasons(third)
    assert not fetch_findings(third)
    mended = published(settings.rooms, [tables[dataset] for dataset in bad])
    assert not [table for table, now in mended.items() if now.equals(before[table])]


def fetch_findings(outcome: Outcome) -> list[Any]:
    return [finding for finding in outcome.findings if finding.kind in {"fetch", "parse"}]


def assert_is_explained(dataset: str, reason: str) -> None:
    assert reason.startswith(dataset)
    for part in ("ventet ", ", men fikk ", ". Gjør slik: "):
        assert part in reason
    expected, _, rest = reason.partition(", men fikk ")
    got, _, remedy = rest.partition(". Gjør slik: ")
    assert len(expected) > len(dataset) + 10
    assert got
    assert len(remedy) > 10


def assert_are_stale(settings: Settings, stale: dict[str, str]) -> None:
    vintage = published(settings.rooms, ["audit.vintage"])["audit.vintage"]
    found = {row["dataset"]: row for row in vintage.iter_rows(named=True)}
    assert {d: row["stale_reason"] for d, row in found.items() if row["stale"]} == stale


def assert_nothing_refused_landed(
    settings: Settings, bad: str, before: dict[str, bytes], night: Outcome
) -> None:
    after = landed(settings.rooms)
    assert all(after[name].startswith(content) for name, content in before.items())
    manifest = f"manifest/{bad}.jsonl"
    (kind,) = (v.kind for v in night.vintages if v.dataset == bad)
    if kind == "fetch":
        assert after[manifest] == before[manifest]
        named = b"".join(lines for name, lines in after.items() if name.startswith("manifest/"))
        blobs = [Path(name).name.partition(".")[0] for name in after if name.startswith("blobs/")]
        assert all(blob.encode() in named for blob in blobs), "a blob that no night names"
    else:
        # A whole answer that has another shape is kept as it came, and not used.
        assert kind == "parse"
        assert after[manifest].count(b"\n") == before[manifest].count(b"\n") + 1


@pytest.mark.parametrize(("mode", "details"), [("429", {"retry_after": 1}), ("503", {})])
def test_a_source_that_stumbles_once_is_asked_again(
    mode: str, details: dict[str, Any], tmp_path: Path, servers: tuple[Server, Server]
) -> None:
    patient = small_project(tmp_path / "project", attempts=3, read_timeout_seconds=30)
    _, today = servers
    for publisher in ONE_OF_EACH:
        today.misbehave(mode, f"^/{publisher}/", times=1, **details)
    asked = len(today.requests)
    assert not reasons(one_night(settings_of(tmp_path / "home", today), patient))
    faults = [logged.fault for logged in today.requests[asked:] if logged.fault]
    assert faults == [mode] * len(ONE_OF_EACH)


def test_figures_that_change_while_they_are_fetched_do_not_land(
    tmp_path: Path, hasty: Project
) -> None:
    bad = ONE_OF_EACH["ssb"]
    with serve(max_cells=77) as server:
        settings = settings_of(tmp_path / "home", server)
        assert not reasons(one_night(settings, hasty))
        before = landed(settings.rooms)
        server.misbehave("false-updated", "/14882/data", times=1)
        second = one_night(settings, hasty)
        assert list(reasons(second)) == [bad]
        assert_is_explained(bad, reasons(second)[bad])
        assert_nothing_refused_landed(settings, bad, before, second)
        assert not reasons(one_night(settings, hasty))
