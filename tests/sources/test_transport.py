from __future__ import annotations

import gzip
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from loopback import Reply, as_json, serving

from tasks.errors import ConfigurationError, SourceChanged, SourceUnavailable
from tasks.sources.limits import Limiter, closed_now
from tasks.sources.transport import Client, Clock, Rate, Refused, Window, same_family

START = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
FREE = Rate(1_000_000, 1)
SSB_WINDOWS = (
    Window(time(5), time(8, 15), "tall legges ut"),
    Window(time(11, 30), time(11, 45), "metadata legges ut"),
)


class Still:
    """A clock that moves only when someone sleeps."""

    def __init__(self, start: datetime = START) -> None:
        self.start = start
        self.seconds = 0.0
        self.slept: list[float] = []
        self.lock = threading.Lock()
        self.clock = Clock(now=self.now, monotonic=lambda: self.seconds, sleep=self.sleep)

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.slept.append(seconds)
            self.seconds += seconds


@pytest.fixture
def still() -> Still:
    return Still()


def client(still: Still, **terms: Any) -> Client:
    return Client(**{"publisher": "test", "rate": FREE, "clock": still.clock} | terms)


def test_an_answer_tells_request_and_time(still: Still) -> None:
    reply = as_json({"tall": 1}, headers={"ETag": '"x"', "Set-Cookie": "spor=1", "X-Other": "1"})
    with serving([reply]) as server, client(still, contact="post@fylke.example") as http:
        answer = http.get(f"{server.url}/a", role="data-001", params={"q": "ø+1"})
        http.get(f"{server.url}/a", role="data-001")
    assert (answer.role, answer.method, answer.status) == ("data-001", "GET", 200)
    assert answer.url == f"{server.url}/a?q=%C3%B8%2B1"
    assert answer.content == b'{"tall": 1}'
    assert answer.received_at == START
    assert answer.headers["etag"] == '"x"'
    assert "x-other" not in answer.headers
    headers = server.seen[0].headers
    assert headers["User-Agent"].startswith("Tilbudsplan/")
    assert headers["User-Agent"].endswith("(+post@fylke.example)")
    assert "Cookie" not in server.seen[1].headers


def test_a_posted_query_is_kept_and_repeated(still: Still) -> None:
    with serving([Reply(status=503), as_json([1])]) as server, client(still) as http:
        answer = http.post_query(f"{server.url}/q", role="data-001", json={"kode": "Ø"})
    assert answer.method == "POST"
    assert answer.body == '{"kode":"Ø"}'
    assert [seen.body.decode() for seen in server.seen] == ['{"kode":"Ø"}'] * 2


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_a_passing_fault_is_tried_again(still: Still, status: int) -> None:
    with serving([Reply(status=status), Reply(status=status), as_json({"a": 1})]) as server:
        assert client(still).get(server.url, role="x").content == b'{"a": 1}'
    assert len(server.seen) == 3
    assert still.slept


def test_attempts_are_bounded(still: Still) -> None:
    down = as_json({"title": "Nede"}, status=503)
    with serving([down]) as server, pytest.raises(SourceUnavailable, match="503 Nede") as refused:
        client(still, attempts=3).get(server.url, role="data-001")
    assert len(server.seen) == 3
    assert refused.value.subject == "test, data-001"
    assert "prøv igjen senere" in refused.value.remedy


def test_an_empty_500_is_tried_once_more_only(still: Still) -> None:
    empty = Reply(status=500, body=b"")
    with serving([empty]) as server, pytest.raises(SourceUnavailable, match="500"):
        client(still, attempts=5).get(server.url, role="x")
    assert len(server.seen) == 2


def test_retry_after_in_seconds_is_kept(still: Still) -> None:
    busy = Reply(status=429, headers={"Retry-After": "17"})
    with serving([busy, as_json({})]) as server:
        client(still).get(server.url, role="x")
    assert 17 <= still.seconds <= 18


def test_retry_after_as_a_date_is_kept(still: Still) -> None:
    date = format_datetime(START + timedelta(seconds=40), usegmt=True)
    with serving([Reply(status=503, headers={"Retry-After": date}), as_json({})]) as server:
        client(still).get(server.url, role="x")
    assert 40 <= still.seconds <= 41


def test_429_without_retry_after_waits_out_the_rate_window(still: Still) -> None:
    with serving([Reply(status=429), as_json({})]) as server:
        client(still, rate=Rate(30, 60)).get(server.url, role="x")
    assert 60 <= still.seconds < 61


def test_a_long_retry_after_is_left_to_a_person(still: Still) -> None:
    busy = Reply(status=429, headers={"Retry-After": "7200"})
    with serving([busy]) as server, pytest.raises(SourceUnavailable, match="7200 sekunders pause"):
        client(still).get(server.url, role="x")
    assert len(server.seen) == 1


def test_a_429_pauses_every_thread(still: Still) -> None:
    limiter = Limiter(Rate(100, 1), 4, still.clock)
    limiter.wait_turn()
    limiter.hold(25)
    limiter.wait_turn()
    assert still.seconds == 25


def test_nothing_listening_is_unavailable(still: Still) -> None:
    with serving([Reply()]) as server:
        url = server.url
    with pytest.raises(SourceUnavailable, match="et svar"):
        client(still, attempts=2).get(url, role="x")
    assert len(still.slept) == 1


def test_a_silent_server_is_unavailable(still: Still) -> None:
    released = threading.Event()

    def silent(_: object) -> Reply:
        released.wait(5)
        return Reply()

    with serving(silent) as server:
        with pytest.raises(SourceUnavailable, match="Timeout"):
            client(still, attempts=1, read_timeout_seconds=0.2).get(server.url, role="x")
        released.set()


def test_an_answer_that_dribbles_past_its_time_is_refused(still: Still) -> None:
    ticking = iter(range(0, 10**6, 400))
    clock = Clock(now=still.now, monotonic=lambda: float(next(ticking)), sleep=still.sleep)
    body = b'"' + b"x" * 500_000 + b'"'
    with serving([Reply(body=body)]) as server:
        with pytest.raises(SourceUnavailable, match="i tide"):
            client(still, clock=clock, attempts=1).get(server.url, role="x")
        assert client(still).get(server.url, role="x").content == body


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b'{"a": [1, 2, 3]}', cut=4),
        Reply(body=b'{"a": [1, 2, 3]}', framing="broken-chunk"),
        Reply(body=b'{"a": [1, 2, 3]}', framing="close", cut=4),
        Reply(body=gzip.compress(b'{"a": 1}' * 99), headers={"Content-Encoding": "gzip"}, cut=9),
        Reply(
            body=gzip.compress(b'{"a": 1}')[:-9],
            headers={"Content-Encoding": "gzip"},
            framing="close",
        ),
        Reply(body=b""),
        Reply(body=b" \n"),
    ],
    ids=["length", "chunked", "close", "gzip-length", "gzip-close", "empty", "blank"],
)
def test_what_is_not_whole_never_comes_out(still: Still, reply: Reply) -> None:
    with serving([reply]) as server:
        with pytest.raises(SourceUnavailable):
            client(still, attempts=2).get(server.url, role="x")
        assert len(server.seen) == 2
    with serving([reply, as_json({"b": 2})]) as server:
        assert client(still).get(server.url, role="x").content == b'{"b": 2}'


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_whole_answers_come_out_whatever_the_framing(still: Still, framing: str) -> None:
    body = b'{"a": "' + b"x" * 200_000 + b'"}'
    packed = Reply(body=gzip.compress(body), headers={"Content-Encoding": "gzip"}, framing=framing)
    with serving([Reply(body=body, framing=framing), packed]) as server:
        http = client(still)
        assert http.get(server.url, role="x").content == body
        assert http.get(server.url, role="x").content == body


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html>Vedlikehold</html>", content_type="text/html"),
        Reply(body=b"<html>Vedlikehold</html>", content_type="application/json"),
        Reply(content_type=None),
        Reply(headers={"Content-Encoding": "br"}),
        Reply(body='{"navn": "Øya"}'.encode("latin-1")),
    ],
    ids=["html", "html-as-json", "no-type", "unknown-coding", "another-charset"],
)
def test_another_kind_of_answer_is_a_change(still: Still, reply: Reply) -> None:
    with serving([reply]) as server, pytest.raises(SourceChanged):
        client(still).get(server.url, role="x")
    assert len(server.seen) == 1


def test_the_expected_type_is_the_callers(still: Still) -> None:
    reply = Reply(body="kode;navn\n50;Trøndelag".encode("latin-1"), content_type="Text/CSV;x=y")
    with serving([reply]) as server:
        answer = client(still).get(server.url, role="x", accept="text/csv", expect=["text/csv"])
    assert answer.content == reply.body
    assert server.seen[0].headers["Accept"] == "text/csv"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(headers={"Content-Length": "5000"}, body=b"x"),
        Reply(body=b'"' + b"x" * 2000 + b'"'),
        Reply(body=b'"' + b"x" * 2000 + b'"', framing="chunked"),
        Reply(body=gzip.compress(b'"' + b"x" * 2000 + b'"'), headers={"Content-Encoding": "gzip"}),
    ],
    ids=["declared", "length", "chunked", "packed"],
)
def test_an_answer_over_its_bound_is_refused(still: Still, reply: Reply) -> None:
    with serving([reply]) as server, pytest.raises(SourceChanged, match="høyst 1000 byte"):
        client(still, max_answer_bytes=1000).get(server.url, role="x")
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            as_json({"title": "Non-existent value", "status": 400, "detail": "Tid"}, status=400),
            "Non-existent value: Tid",
        ),
        (as_json({"error": "The request for variable 'Region'"}, status=400), "The request for"),
        (as_json({"kode": 400, "melding": "Filter må oppgis!"}, status=400), "Filter må oppgis!"),
        (Reply(status=404, body=b"Not found", content_type="text/plain"), "Not found"),
    ],
    ids=["v2", "v0", "udir", "klass"],
)
def test_a_refusal_carries_the_publishers_words(still: Still, reply: Reply, words: str) -> None:
    with serving([reply]) as server, pytest.raises(Refused, match=words) as refused:
        client(still).get(server.url, role="x")
    assert refused.value.status == reply.status
    assert refused.value.said.startswith(words)
    assert isinstance(refused.value, SourceChanged)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"antall": 1, "by": {"a": 2}, "antall": 3}', "«antall» to ganger"),
        (b'\xef\xbb\xbf[{"x": {"\\u00e5r": 1, "\xc3\xa5r" : 2}}]', "«år» to ganger"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "noen få nivåer"),
    ],
    ids=["outermost", "within, one of them escaped", "deep"],
)
def test_json_that_says_two_things_at_once_or_has_no_end_is_refused(
    still: Still, body: bytes, named: str
) -> None:
    with serving([Reply(body=body)]) as server, pytest.raises(SourceChanged, match=named):
        client(still).get(server.url, role="x", repeated=("navn",))
    assert len(server.seen) == 1


def test_a_key_that_a_source_is_known_to_repeat_is_let_through(still: Still) -> None:
    reply = Reply(body=b'{"navn": "D_TAB", "navn": "Tabell", "nr": 1}')
    with serving([reply]) as server:
        assert client(still).get(server.url, role="x", repeated=("navn",)).content == reply.body


@pytest.mark.parametrize("status", [204, 206, 304])
def test_other_statuses_than_200_are_refused(still: Still, status: int) -> None:
    with serving([Reply(status=status, body=b"")]) as server, pytest.raises(SourceChanged):
        client(still).get(server.url, role="x")


def test_redirects_stay_with_the_publisher(still: Still) -> None:
    moved = Reply(status=301, headers={"Location": "/b"}, body=b"")
    with serving([moved, as_json({"b": 1})]) as server:
        answer = client(still).get(f"{server.url}/a", role="x")
        assert answer.url == f"{server.url}/a"
        assert [seen.path for seen in server.seen] == ["/a", "/b"]
    for target in ("http://example.org/", "file:///etc/passwd"):
        away = Reply(status=302, headers={"Location": target}, body=b"")
        with serving([away]) as server, pytest.raises(SourceChanged, match="viderekobling"):
            client(still).get(server.url, role="x")
    with serving([moved]) as server, pytest.raises(SourceChanged, match="301"):
        client(still).get(server.url, role="x")
    with serving([moved]) as server, pytest.raises(SourceChanged, match="viderekobling"):
        client(still).post_query(server.url, role="x", json={})


@pytest.mark.parametrize(
    ("origin", "target", "same"),
    [
        ("https://data.ssb.no/a", "https://www.ssb.no/b", True),
        ("https://data.ssb.no/a", "http://data.ssb.no/a", False),
        ("http://data.ssb.no/a", "https://data.ssb.no/a", True),
        ("https://data.ssb.no/a", "https://data.ssb.no.example/a", False),
        ("http://127.0.0.1:1/", "http://127.0.0.1:2/", True),
        ("http://127.0.0.1/", "http://9.9.0.1/", False),
        ("http://localhost/", "http://otherhost/", False),
    ],
)
def test_host_family(origin: str, target: str, same: bool) -> None:
    assert same_family(origin, target) is same


def test_verification_cannot_be_switched_off(still: Still, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([as_json({})]) as server:
        http = client(still)
        http._session.verify = False
        with pytest.raises(ConfigurationError, match="sertifikater"):
            http.get(server.url, role="x")
        for bundle in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(bundle, "")
        client(still).get(server.url, role="x")
    assert len(server.seen) == 1


def test_plain_text_on_a_tls_address_is_refused(still: Still) -> None:
    with serving([as_json({})]) as server, pytest.raises((SourceChanged, SourceUnavailable)):
        client(still, attempts=1).get(server.url.replace("http:", "https:"), role="x")


def test_closed_hours_refuse_before_any_call_and_say_when_it_opens() -> None:
    still = Still(datetime(2026, 11, 23, 4, 30, tzinfo=UTC))  # 05:30 in Oslo
    with serving([as_json({})]) as server:
        with pytest.raises(SourceUnavailable, match=r"kl\. 08:15 den 23\.11\.2026") as refused:
            client(still, closed=SSB_WINDOWS).get(server.url, role="x")
        assert "tall legges ut" in refused.value.got
        assert server.seen == []
        client(still, closed=SSB_WINDOWS, ignore_windows=True).get(server.url, role="x")
        still.seconds = 2.75 * 3600
        client(still, closed=SSB_WINDOWS).get(server.url, role="x")
    assert len(server.seen) == 2


def test_a_retry_does_not_run_into_closed_hours() -> None:
    still = Still(datetime(2026, 11, 23, 3, 59, 50, tzinfo=UTC))
    busy = Reply(status=503, headers={"Retry-After": "30"})
    with serving([busy]) as server, pytest.raises(SourceUnavailable, match="05:00–08:15"):
        client(still, closed=SSB_WINDOWS).get(server.url, role="x")
    assert len(server.seen) == 1


def test_windows_over_midnight_and_side_by_side_are_one() -> None:
    zone = ZoneInfo("Europe/Oslo")
    windows = (Window(time(23), time(1), "natt"), Window(time(1), time(2), "sikring"))
    shut = closed_now(windows, zone, datetime(2026, 11, 23, 23, 30, tzinfo=zone))
    assert shut is not None
    assert shut[1] == datetime(2026, 11, 24, 2, 0, tzinfo=zone)
    assert closed_now(windows, zone, datetime(2026, 11, 24, 2, 0, tzinfo=zone)) is None


def test_the_rate_holds_in_every_window(still: Still) -> None:
    limiter = Limiter(Rate(30, 60), 1, still.clock)
    times = []
    for number in range(200):
        limiter.wait_turn()
        times.append(still.seconds)
        still.seconds += 0.37 * (number % 5)
    recent: deque[float] = deque(maxlen=31)
    for moment in times:
        recent.append(moment)
        if len(recent) == 31:
            assert recent[-1] - recent[0] >= 60 - 1e-9


def test_threads_and_clients_of_a_publisher_share_the_rate(still: Still) -> None:
    with serving([as_json({})]) as server:
        clients = [client(still, publisher="shared", rate=Rate(5, 60)) for _ in range(3)]
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda n: clients[n % 3].get(server.url, role="x"), range(12)))
    assert len(server.seen) == 12
    assert still.seconds >= 120  # twelve calls at five a minute


def test_no_more_calls_are_under_way_than_there_are_places(still: Still) -> None:
    limiter = Limiter(FREE, 2, still.clock)
    full, let_go = threading.Barrier(3), threading.Event()
    counts: list[int] = []
    inside: list[int] = []

    def call(number: int) -> None:
        with limiter.place():
            inside.append(number)
            counts.append(len(inside))
            if not let_go.is_set():
                full.wait(10)
                let_go.wait(10)
            inside.remove(number)

    with ThreadPoolExecutor(4) as pool:
        done = pool.map(call, range(4))
        full.wait(10)
        assert len(inside) == 2
        let_go.set()
        list(done)
    assert max(counts) == 2
    assert len(counts) == 4
