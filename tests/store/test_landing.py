"""Landing keeps bytes as they came, once, and knows when they are not what they were."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from store_tools import answer

from tasks.errors import LandingCorrupt, NotFound
from tasks.landing import Landing
from tasks.settings import Project
from tasks.sources import Answer

DAY = date(2026, 11, 20)
UPDATED = datetime(2026, 11, 1, 7, tzinfo=UTC)


def blobs(root: Path) -> list[Path]:
    return sorted(root.glob("blobs/*/*"))


def files(root: Path) -> dict[Path, bytes]:
    return {p: p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@settings(deadline=None)  # a busy disk is no fault
@given(parts=st.lists(st.binary(max_size=300), min_size=1, max_size=4))
def test_answers_come_back_as_they_landed(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]
) -> None:
    landing = Landing(tmp_path_factory.mktemp("landing"))
    given_answers = [answer(content, f"data-{n}") for n, content in enumerate(parts)]
    snapshot = landing.land("x", DAY, given_answers, UPDATED)
    assert landing.answers(landing.get("x", snapshot.snapshot)) == given_answers
    assert landing.latest("x") == snapshot


def test_unchanged_answers_land_no_second_copy(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    first = landing.land("x", DAY, [answer(b"one"), answer(b"two", "b")])
    before = blobs(tmp_path)
    again = landing.land("x", date(2026, 11, 21), [answer(b"one"), answer(b"two", "b")])
    assert (first.unchanged, again.unchanged) == (False, True)
    assert again.snapshot == first.snapshot
    assert blobs(tmp_path) == before
    assert landing.get("x", again.snapshot).landed_at == first.landed_at


def test_order_role_and_content_make_the_snapshot(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    one, two = answer(b"one", "a"), answer(b"two", "b")
    made = [
        landing.land("x", DAY, parts).snapshot
        for parts in ([one, two], [two, one], [answer(b"one", "c"), two], [one])
    ]
    assert len(set(made)) == 4


def test_an_iterator_that_raises_lands_nothing(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.land("x", DAY, [answer(b"whole")])
    before = files(tmp_path)

    def broken() -> Iterator[Answer]:
        yield answer(b"first half")
        raise ConnectionError("cut off")

    with pytest.raises(ConnectionError):
        landing.land("x", DAY, broken())
    assert files(tmp_path) == before


@pytest.mark.parametrize("kept", [0, 5, -3])
def test_a_half_written_blob_is_named_and_replaced(tmp_path: Path, kept: int) -> None:
    landing = Landing(tmp_path)
    snapshot = landing.land("x", DAY, [answer(b"a,b\n" * 500)])
    (blob,) = blobs(tmp_path)
    blob.write_bytes(blob.read_bytes()[:kept])
    with pytest.raises(LandingCorrupt) as refusal:
        landing.answers(snapshot)
    assert str(blob) in str(refusal.value)
    assert "tilbudsplan ingest x --full" in str(refusal.value)
    again = landing.land("x", DAY, [answer(b"a,b\n" * 500)])
    assert landing.answers(again)[0].content == b"a,b\n" * 500


@pytest.mark.parametrize("content", [b"other bytes", b"a,c\n" * 500])
def test_a_hash_that_does_not_match_is_refused(tmp_path: Path, content: bytes) -> None:
    landing = Landing(tmp_path)
    snapshot = landing.land("x", DAY, [answer(b"a,b\n" * 500)])
    blobs(tmp_path)[0].write_bytes(zstandard.compress(content))
    with pytest.raises(LandingCorrupt, match=r"x: .*zst"):
        landing.answers(snapshot)


def test_a_missing_blob_is_refused(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    snapshot = landing.land("x", DAY, [answer(b"one")])
    blobs(tmp_path)[0].unlink()
    with pytest.raises(LandingCorrupt, match="ingen fil"):
        landing.answers(snapshot)


def test_a_torn_manifest_line_is_set_aside(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    first = landing.land("x", DAY, [answer(b"one")])
    manifest = tmp_path / "manifest" / "x.jsonl"
    with manifest.open("ab") as file:
        file.write(b'{"schema":1,"data')
    assert landing.latest("x") == first
    second = landing.land("x", DAY, [answer(b"two")])
    assert landing.snapshots("x") == [first, second]
    assert manifest.with_name("x.jsonl.torn").read_bytes() == b'{"schema":1,"data\n'


def test_as_of_finds_the_snapshot_of_that_night(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    old = landing.land("x", date(2026, 11, 1), [answer(b"one")])
    new = landing.land("x", date(2026, 11, 9), [answer(b"two")])
    assert landing.latest("x", date(2026, 10, 31)) is None
    assert landing.latest("x", date(2026, 11, 8)) == old
    assert landing.latest("x", date(2026, 11, 9)) == new
    with pytest.raises(NotFound):
        landing.get("x", "0" * 64)


def test_project_files_come_back_as_of_a_night(tmp_path: Path, project: Project) -> None:
    landing = Landing(tmp_path / "landing")
    landing.land_project(project, date(2026, 11, 1))
    then = files(project.root)
    (project.reference / "names.csv").write_text("school,name\nA,Ny\n")
    landing.land_project(project, date(2026, 11, 2))
    made = landing.materialise_project(date(2026, 11, 1), tmp_path / "then")
    found = {p.relative_to(made.root): b for p, b in files(made.root).items()}
    assert found == {p.relative_to(project.root): b for p, b in then.items()}
    with pytest.raises(NotFound):
        landing.materialise_project(date(2026, 10, 31), tmp_path / "never")


def test_two_datasets_may_land_the_same_file_at_the_same_moment(tmp_path: Path) -> None:
    content = secrets.token_bytes(2_000_000)
    answer = Answer("file", "GET", "http://x", None, 200, {}, content, datetime.now(UTC))
    landing = Landing(tmp_path)
    names = [f"dataset_{number}" for number in range(8)]
    with ThreadPoolExecutor(len(names)) as pool:
        landed = list(
            pool.map(lambda name: landing.land(name, date(2026, 11, 20), [answer]), names)
        )
    assert len({snapshot.parts[0].sha256 for snapshot in landed}) == 1
    assert [landing.answers(snapshot)[0].content for snapshot in landed] == [content] * len(names)
    assert not list(tmp_path.glob("blobs/*/*.tmp"))
