"""NAV's vacancy feed as the source server speaks it: token, pages, conditions, details."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tasks.demo.construct_vacancies import VACANCIES
from tasks.demo.server import SAMPLE, Server, serve

FEED = "/nav_feed/api/v1/feed"
LOG = [json.loads(line) for line in (SAMPLE / "nav_feed" / "log.jsonl").open(encoding="utf-8")]
DETAILS = [json.loads(d) for d in (SAMPLE / "nav_feed" / "details.jsonl").open(encoding="utf-8")]


class Reader:
    """A client that holds the token it was given."""

    def __init__(self, server: Server) -> None:
        self.url = server.url
        self.token = self.new_token()

    def new_token(self) -> str:
        prose = requests.get(f"{self.url}/nav_feed/api/publicToken", timeout=20)
        assert prose.headers["Content-Type"].startswith("text/plain")
        return prose.text.splitlines()[-1]

    def get(self, path: str, **headers: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | headers
        return requests.get(self.url + path, headers=headers, timeout=20)


@pytest.fixture(scope="module")
def feed() -> Iterator[Reader]:
    with serve(SAMPLE) as server:
        yield Reader(server)


def pages(feed: Reader, size: int) -> list[dict[str, Any]]:
    found = [feed.get(f"{FEED}?pageSize={size}").json()]
    while address := found[-1]["next_url"]:
        found.append(feed.get(f"/nav_feed{address}?pageSize={size}").json())
    return found


@pytest.mark.parametrize("size", [2, 7, 100, 10_000])
def test_pages_lead_through_the_whole_log(feed, size):
    read = pages(feed, size)
    assert all(len(page["items"]) <= size for page in read)
    entries = [item["_feed_entry"] for page in read for item in page["items"]]
    expected = [{k: v for k, v in line.items() if k != "id"} for line in LOG]
    once = [entry for n, entry in enumerate(entries) if n == 0 or entry != entries[n - 1]]
    assert once == expected
    assert read[-1]["next_id"] is None
    assert feed.get(f"{FEED}?last").json()["items"][-1]["_feed_entry"] == expected[-1]


def test_more_than_ten_thousand_on_a_page_is_refused_in_plain_text(feed):
    refused = feed.get(f"{FEED}?pageSize=10001")
    assert refused.status_code == 400
    assert refused.headers["Content-Type"].startswith("text/plain")


def test_without_the_token_in_use_nothing_is_given(feed):
    for token in ("", "Bearer other", feed.token):
        refused = requests.get(feed.url + FEED, headers={"Authorization": token}, timeout=20)
        assert refused.status_code == 401


def test_the_token_rotates():
    with serve(SAMPLE, token_calls=2) as server:
        reader = Reader(server)
        old = reader.token
        assert [reader.get(FEED).status_code for _ in range(3)] == [200, 200, 401]
        reader.token = reader.new_token()
        assert reader.token != old
        assert reader.get(FEED).status_code == 200


def test_conditions_true_and_false(feed):
    page = feed.get(f"{FEED}?pageSize=50")
    stamp = page.headers["Last-Modified"]
    assert parsedate_to_datetime(stamp).tzinfo is not None
    assert feed.get(f"{FEED}?pageSize=50", **{"If-Modified-Since": stamp}).status_code == 304
    early = "Tue, 01 Sep 2026 00:00:00 GMT"
    assert feed.get(f"{FEED}?pageSize=50", **{"If-Modified-Since": early}).status_code == 200
    # The ETag is the id of the next page, so asking for that page with it gives a false 304.
    assert page.headers["ETag"] == page.json()["next_id"]
    following = "/nav_feed" + page.json()["next_url"]
    false = feed.get(following, **{"If-None-Match": page.headers["ETag"]})
    assert (false.status_code, false.content) == (304, b"")
    assert feed.get(following).status_code == 200


def test_details_are_those_of_now_and_unknown_ones_are_not_found(feed):
    for detail in DETAILS[:20]:
        for path in (f"{FEED}entry/{detail['uuid']}", f"{FEED}/entry/{detail['uuid']}"):
            assert feed.get(path).json() == detail
    assert feed.get(f"{FEED}entry/00000000-0000-4000-8000-000000000000").status_code == 404
    assert feed.get(f"{FEED}/00000000-0000-4000-8000-000000000000").status_code == 404


def test_a_log_that_grows_is_read_again(tmp_path: Path):
    folder = tmp_path / "nav_feed"
    folder.mkdir()
    lines = [json.dumps(line) for line in LOG]
    (folder / "log.jsonl").write_text("\n".join(lines[:3]) + "\n", encoding="utf-8")
    (folder / "details.jsonl").write_text("", encoding="utf-8")
    with serve(tmp_path) as server:
        reader = Reader(server)
        tip = reader.get(f"{FEED}?last")
        address = f"{FEED}/{tip.json()['id']}"
        since = {"If-Modified-Since": tip.headers["Last-Modified"]}
        assert reader.get(address, **since).status_code == 304
        (folder / "log.jsonl").write_text("\n".join(lines[:6]) + "\n", encoding="utf-8")
        grown = reader.get(address, **since).json()
        assert len(grown["items"]) == 3
        assert grown["next_url"] is not None


def test_every_line_is_marked_and_every_person_is_made_up():
    assert all(line["konstruert"] is True for line in LOG + DETAILS)
    assert len({line["uuid"] for line in LOG}) == len(DETAILS) == VACANCIES
    persons = [p for d in DETAILS if "ad_content" in d for p in d["ad_content"]["contactList"]]
    assert len(persons) > 50
    assert all(p["phone"].startswith("00 ") for p in persons)
    assert all(p["email"].endswith("@example.org") for p in persons)
