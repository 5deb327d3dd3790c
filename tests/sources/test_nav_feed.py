"""NAV's vacancy feed over real HTTP: what is asked for, what may land, what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from loopback import Reply, Seen, as_json, serving

from tasks.catalogue import load
from tasks.demo.server import SAMPLE, Server, serve
from tasks.errors import SourceChanged, SourceUnavailable
from tasks.settings import CHECKOUT
from tasks.sources import Answer, Kept, nav_feed
from tasks.sources.body import Refused
from tasks.sources.garbled import GARBLED
from tasks.sources.nav_feed_frames import wanted
from tasks.sources.nav_feed_redaction import RULE, redacted_detail, redacted_page
from tasks.sources.transport import Client, Rate

DAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
TOKEN = "aaa.bbb.ccc"
LOG = [json.loads(line) for line in (SAMPLE / "nav_feed" / "log.jsonl").open(encoding="utf-8")]
OURS = next(d for d in load(CHECKOUT / "data" / "catalogue") if d.protocol == "nav_feed").selection


def selection(**keys: Any) -> nav_feed.Selection:
    return nav_feed.Selection(**{"page_size": 10, "municipalities": ["Trondheim"]} | keys)


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(publisher="nav-feed-test", rate=Rate(10_000, 1), attempts=1) as made:
        yield made


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(SAMPLE) as running:
        yield running


def kept(answers: list[Answer]) -> list[Kept]:
    return [Kept(a.role, a.url, a.headers, a.received_at, lambda a=a: a.content) for a in answers]


def targets(server: Server, part: str) -> list[str]:
    return [r.target for r in server.requests if part in r.target and r.status == 200]


# The whole log


def test_the_whole_log_and_the_details_that_are_wanted(client, server):
    asked = selection(page_size=100, municipalities=OURS.municipalities)
    answers = list(nav_feed.fetch(client, f"{server.url}/nav_feed", asked, DAY))
    frames = nav_feed.parse(answers, asked)
    expected = [(x["uuid"], x["status"], x["sistEndret"]) for x in LOG]
    assert frames["rows"].select("uuid", "status", "sistEndret").rows() == expected
    assert frames["rows"]["position"].to_list() == list(range(len(LOG)))
    assert frames["rows"]["konstruert"].all()

    last = {x["uuid"]: x for x in LOG}
    names = {name.upper() for name in OURS.municipalities}
    ours = {uuid for uuid, x in last.items() if x["status"] == "ACTIVE" and x["municipal"] in names}
    assert len(ours) > 90
    fetched = [target.rpartition("/")[2] for target in targets(server, "feedentry")]
    assert sorted(fetched) == sorted(ours)
    assert set(frames["details"]["uuid"]) == ours
    assert set(frames["categories"]["categoryType"]) == {"STYRK08"}
    assert frames["locations"]["county"].unique().to_list() == ["TRØNDELAG"]
    assert frames["details"]["applicationDue"].str.contains(r"^\d{4}-\d\d-\d\d$").any()


def test_no_etag_is_sent_and_no_page_is_asked_for_conditionally_at_first(client, server):
    asked = selection(page_size=50)
    answers = list(nav_feed.fetch(client, f"{server.url}/nav_feed", asked, DAY))
    assert all("if-none-match" not in r.headers for r in server.requests)
    assert all("if-modified-since" not in r.headers for r in server.requests)
    (again,) = [list(s) for s in [list(_rest(client, server, asked, answers))]]
    assert again == []
    assert all("if-none-match" not in r.headers for r in server.requests)


def _rest(client, server, asked, answers) -> Iterator[Answer]:
    base = f"{server.url}/nav_feed"
    for step in nav_feed.proceed(client, base, asked, DAY, kept(answers)):
        yield from step


def test_every_landed_answer_names_its_rule_and_holds_no_token(client, server):
    asked = selection(page_size=50)
    base = f"{server.url}/nav_feed"
    answers = list(nav_feed.fetch(client, base, asked, DAY))
    assert {a.headers["redaction"] for a in answers} == {RULE}
    sent = {r.headers["authorization"].split()[1] for r in server.requests if "/v1/" in r.target}
    (token,) = sent
    for answer in answers:
        assert token not in repr(answer) + str(answer.headers)
        assert token.encode() not in answer.content
    assert not any(a.role == "token" for a in answers)


# Tokens


def test_a_token_that_rotates_is_fetched_anew_and_the_log_goes_on(client):
    with serve(SAMPLE, token_calls=5) as server:
        asked = selection(page_size=50)
        answers = list(nav_feed.fetch(client, f"{server.url}/nav_feed", asked, DAY))
        refused = [r for r in server.requests if r.status == 401]
        assert len(refused) >= 2
        # Once for each refusal and once at the start.
        assert len(targets(server, "publicToken")) == len(refused) + 1
    assert len(nav_feed.parse(answers, asked)["rows"]) == len(LOG)


def feed_of(reply: Callable[[Seen], Reply | None]) -> Callable[[Seen], Reply]:
    """A feed with a token, whose other answers the test decides."""

    def answer(seen: Seen) -> Reply:
        if seen.path == "/api/publicToken":
            return Reply(body=f"Token:\n{TOKEN}\n".encode(), content_type="text/plain")
        return reply(seen) or Reply(status=404, body=b"Not found", content_type="text/plain")

    return answer


def test_a_token_refused_twice_is_refused_and_shown_nowhere(client):
    said = f"Unauthorized: {TOKEN}".encode()
    reply = feed_of(lambda _: Reply(status=401, body=said, content_type="text/plain"))
    with serving(reply) as server, pytest.raises(Refused) as refused:
        list(nav_feed.fetch(client, server.url, selection(), DAY))
    assert refused.value.status == 401
    assert TOKEN not in str(refused.value) + repr(vars(refused.value))
    assert refused.value.__cause__ is None
    assert [s.path for s in server.seen].count("/api/publicToken") == 2


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"No token today", content_type="text/plain"),
        Reply(body=f"<p>{TOKEN}</p>".encode(), content_type="application/xml"),
        Reply(status=404, body=TOKEN.encode(), content_type="text/plain"),
    ],
)
def test_without_a_token_the_refusal_shows_nothing_of_the_answer(client, reply):
    with serving([reply]) as server, pytest.raises(SourceChanged, match="nøkkel") as refused:
        list(nav_feed.fetch(client, server.url, selection(), DAY))
    assert TOKEN not in str(refused.value)


# Going on, and 304


def vacancy(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def item(number: int, status: str = "ACTIVE", **keys: Any) -> dict[str, Any]:
    entry = {
        "uuid": vacancy(number),
        "status": status,
        "title": "Kari Oppdiktet søker folk",
        "businessName": "Kari Oppdiktet",
        "municipal": "TRONDHEIM",
        "sistEndret": f"2026-11-{1 + number:02d}T08:00:00Z",
    } | keys
    return {"id": "x", "url": "/x", "title": "x", "content_text": "x", "_feed_entry": entry}


def page(identity: str, items: list[Any], following: str | None = None, **keys: Any) -> bytes:
    address = following and f"/api/v1/feed/{following}"
    content = {"id": identity, "next_url": address, "next_id": following, "items": items} | keys
    return json.dumps(content, ensure_ascii=False).encode()


def detail(number: int, **keys: Any) -> dict[str, Any]:
    advertisement = {"categoryList": [], "workLocations": [], "title": "Ring 99 88 77 66"}
    return {
        "uuid": vacancy(number),
        "status": "ACTIVE",
        "sistEndret": f"2026-11-{1 + number:02d}T08:00:00Z",
        "ad_content": advertisement,
    } | keys


def landed_page(identity: str, items: list[Any], following: str | None, **headers: str) -> Answer:
    answer = Answer("page/x", "GET", "u", None, 200, headers, page(identity, items, following), NOW)
    return redacted_page(answer)[1]


def paths(server: Any) -> list[str]:
    return [s.path.partition("?")[0] for s in server.seen if "Token" not in s.path]


def test_a_next_page_that_is_known_is_asked_for_without_condition_and_304_loses_nothing(client):
    before = kept(
        [landed_page("p1", [item(1, "INACTIVE")], "p2", **{"last-modified": "x", "etag": "p2"})]
    )
    with serving(feed_of(lambda _: Reply(status=304, body=b""))) as server:
        assert list(nav_feed.proceed(client, server.url, selection(), DAY, before)) == []
        assert paths(server) == ["/api/v1/feed/p2"]
        headers = {name.lower() for name in server.seen[-1].headers}
        assert not headers & {"if-modified-since", "if-none-match"}
    following = page("p2", [item(2, "INACTIVE")])
    with serving(feed_of(lambda _: Reply(body=following))) as server:
        (step,) = list(nav_feed.proceed(client, server.url, selection(), DAY, before))
    assert [a.role for a in step] == ["page/p2"]


def test_304_at_the_start_of_a_log_never_read_is_no_empty_log(client):
    with (
        serving(feed_of(lambda _: Reply(status=304, body=b""))) as server,
        pytest.raises(SourceUnavailable, match="304"),
    ):
        list(nav_feed.proceed(client, server.url, selection(), DAY, []))


@pytest.mark.parametrize(
    ("modified", "as_of", "conditional"),
    [
        ("Sat, 21 Nov 2026 10:00:00 GMT", DAY, True),
        ("Sat, 21 Nov 2026 10:00:00 GMT", DAY + timedelta(days=1), True),
        # Read longer ago than a 304 is believed.
        ("Sat, 21 Nov 2026 10:00:00 GMT", DAY + timedelta(days=2), False),
        # Changed in the moment it was read: more may have come within the second.
        ("Sun, 22 Nov 2026 02:29:59 GMT", DAY, False),
        ("no date", DAY, False),
    ],
)
def test_the_tip_is_asked_for_on_a_condition_that_can_be_trusted(
    client, modified, as_of, conditional
):
    tip = landed_page("p1", [item(1, "INACTIVE")], None, **{"last-modified": modified})

    def reply(seen: Seen) -> Reply:
        if "If-Modified-Since" in seen.headers:
            return Reply(status=304, body=b"")
        return Reply(body=page("p1", [item(1, "INACTIVE")]))

    with serving(feed_of(reply)) as server:
        # Unchanged either way: nothing lands again.
        assert list(nav_feed.proceed(client, server.url, selection(), as_of, kept([tip]))) == []
        assert paths(server) == ["/api/v1/feed/p1"]
        assert server.seen[-1].headers.get("If-Modified-Since") == (
            modified if conditional else None
        )


def test_the_tip_that_has_grown_is_landed_again_and_each_change_counts_once(client):
    tip = landed_page("p1", [item(1, "INACTIVE")], None)
    pages = {
        "/api/v1/feed/p1": page("p1", [item(1, "INACTIVE"), item(2, "INACTIVE")], "p2"),
        "/api/v1/feed/p2": page("p2", [item(2, "INACTIVE"), item(3, "INACTIVE")]),
    }
    with serving(feed_of(lambda s: Reply(body=pages[s.path.partition("?")[0]]))) as server:
        steps = list(nav_feed.proceed(client, server.url, selection(), DAY, kept([tip])))
    answers = [tip, *(a for step in steps for a in step)]
    assert [a.role for a in answers] == ["page/p1", "page/p1", "page/p2"]
    rows = nav_feed.parse(answers, selection())["rows"]
    assert rows["uuid"].to_list() == [vacancy(1), vacancy(2), vacancy(3)]


def test_pages_that_lead_round_are_refused(client):
    reply = feed_of(lambda _: Reply(body=page("p1", [item(1)], "p1")))
    with serving(reply) as server, pytest.raises(SourceChanged, match="alt er lest"):
        list(nav_feed.fetch(client, server.url, selection(), DAY))


def test_a_next_page_at_another_address_is_refused_and_gets_no_token(client):
    content = page("p1", [item(1)], next_url="https://elsewhere.example/api/v1/feed/p2")
    reply = feed_of(lambda _: Reply(body=content))
    with serving(reply) as server, pytest.raises(SourceChanged, match="next_url"):
        list(nav_feed.fetch(client, server.url, selection(), DAY))


# Details


def test_details_are_asked_for_once_per_vacancy_and_change(client):
    items = [item(1), item(2), item(2, "INACTIVE", sistEndret="2026-11-09T08:00:00Z"), item(3),
             item(4, municipal="OSLO"), item(5, municipal=None), item(6, municipal="Trondheim - X"),
             item(7)]  # fmt: skip
    answers = {1: detail(1), 3: detail(3, sistEndret="2026-11-20T08:00:00+01:00"), 6: detail(6)}

    def reply(seen: Seen) -> Reply | None:
        if "/feedentry/" in seen.path:
            found = answers.get(int(seen.path[-1]))
            return found and as_json(found)
        return Reply(body=page("p1", items))

    with serving(feed_of(reply)) as server:
        first = list(nav_feed.fetch(client, server.url, selection(), DAY))
        asked = [int(path[-1]) for path in paths(server) if "entry" in path]
        assert asked == [1, 3, 6, 7]
        # A later change of 3 is covered by what was told already; one of 1 is not.
        items += [
            item(3, sistEndret="2026-11-20T07:00:00Z"),
            item(1, sistEndret="2026-11-21T07:00:00Z"),
        ]
        server.seen.clear()
        again = [
            a
            for step in nav_feed.proceed(client, server.url, selection(), DAY, kept(first))
            for a in step
        ]
        assert [int(path[-1]) for path in paths(server) if "entry" in path] == [1]
    frames = nav_feed.parse(first + again, selection())
    told = frames["details"].select("uuid", "status").rows()
    assert (vacancy(7), "NOT_FOUND") in told
    assert len(told) == 4


def test_more_municipalities_later_reach_what_was_read_before(client, server):
    base = f"{server.url}/nav_feed"
    few, many = (
        selection(page_size=200),
        selection(page_size=200, municipalities=OURS.municipalities),
    )
    first = list(nav_feed.fetch(client, base, few, DAY))
    rest = [a for step in nav_feed.proceed(client, base, many, DAY, kept(first)) for a in step]
    assert rest
    assert all(a.role.startswith("detail/") for a in rest)
    whole = nav_feed.parse(list(nav_feed.fetch(client, base, many, DAY)), many)
    together = nav_feed.parse(first + rest, many)
    assert together["details"].sort("uuid").equals(whole["details"].sort("uuid"))
    roles = [a.role for a in first + rest if a.role.startswith("detail/")]
    assert wanted(together["rows"], many.municipalities, roles) == []


def test_the_documented_key_is_taken_for_the_one_on_the_wire(client):
    wire = detail(1)
    documented = {("json" if k == "ad_content" else k): v for k, v in wire.items()}
    made = [redacted_detail(answer_of(d), vacancy(1))[1].content for d in (wire, documented)]
    assert made[0] == made[1]
    assert b'"ad_content":{' in made[0]


def answer_of(document: object) -> Answer:
    return Answer("detail/u1", "GET", "u", None, 200, {}, json.dumps(document).encode(), NOW)


# What may land


PERSONAL = ("kari.oppdiktet@example.org", "99 88 77 66", "+4799887766", "99887766")


def forms(free: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Advertisements with free text in every text that the publisher has, and in unknown keys."""
    place = st.fixed_dictionaries(
        dict.fromkeys(("country", "county", "municipal", "postalCode", "address", "city"), free)
    )
    category = st.fixed_dictionaries(
        {"categoryType": st.sampled_from(["STYRK08", "JANZZ"]), "code": free, "name": free}
    )
    texts = ("title", "description", "sourceurl", "applicationUrl", "applicationDue", "jobtitle",
             "link", "engagementtype", "extent", "starttime", "positioncount", "sector",
             "unknown")  # fmt: skip
    return st.fixed_dictionaries(
        {
            **dict.fromkeys(texts, free),
            "workLocations": st.lists(place, max_size=2),
            "categoryList": st.lists(category, max_size=2),
            "occupationCategories": st.lists(
                st.fixed_dictionaries({"level1": free, "level2": free}), max_size=2
            ),
            # Nine digits are an organisation's number, whatever eight of them may be.
            "employer": st.fixed_dictionaries(
                {"name": free, "homepage": free, "orgnr": st.sampled_from(PERSONAL)}
            ),
            "contactList": st.lists(st.fixed_dictionaries({"name": free, "phone": free})),
        }
    )


FREE = st.builds(
    "{}{}{}".format, st.text(max_size=5), st.sampled_from(PERSONAL), st.text(max_size=5)
)


@settings(deadline=None)
@given(advertisement=forms(FREE), place=FREE)
@example(advertisement={"categoryList": [], "workLocations": []}, place=f"{PERSONAL[0]}\xc2\x80")
def test_neither_addresses_nor_numbers_land_wherever_they_stand(advertisement, place):
    wire = detail(1, ad_content=advertisement)
    contents = [redacted_detail(answer_of(wire), vacancy(1))[1].content]
    line = item(1, municipal=place, title=place, businessName=place)
    answer = Answer("p", "GET", "u", None, 200, {}, page("p1", [line]), NOW)
    try:
        contents.append(redacted_page(answer)[1].content)
    except SourceChanged as refused:
        # A garbled name refuses the page: nothing of it lands, nor is it told.
        assert re.search(GARBLED, place)
        contents.append(json.dumps(str(refused)).encode())
    for content in contents:
        text = json.dumps(json.loads(content), ensure_ascii=False)
        assert not [known for known in PERSONAL if known in text]


def test_what_is_not_on_the_list_does_not_land():
    wire = detail(1)
    wire["ad_content"] |= {
        "title": "Helsefagarbeider hos Kari Oppdiktet",
        "contactList": [{"name": "Kari Oppdiktet"}],
        "employer": {"name": "Kari Oppdiktet ENK", "orgnr": "000000001"},
        "workLocations": [{"municipal": "MØRE OG ROMSDAL", "address": "Oppdiktet vei 1"}],
        "categoryList": [
            {"categoryType": "STYRK08", "code": "5321", "name": "Helsefagarbeidere", "score": 1},
            {"categoryType": "JANZZ", "code": "1", "name": "Oppdiktet"},
        ],
        "applicationDue": "2026-12-01T00:00:00",
        "positioncount": 2,
    }
    content = redacted_detail(answer_of(wire), vacancy(1))[1].content
    assert b"Oppdiktet" not in content
    kept_of = json.loads(content)["ad_content"]
    assert kept_of["employer"] == {"orgnr": "000000001"}
    assert [c["code"] for c in kept_of["categoryList"]] == ["5321"]
    assert kept_of["applicationDue"] == "2026-12-01"
    assert kept_of["positioncount"] == "2"
    assert kept_of["workLocations"][0]["municipal"] == "MØRE OG ROMSDAL"


# Damage


def without(key: str) -> dict[str, Any]:
    line = item(1)
    (line if key in line else line["_feed_entry"]).pop(key)
    return line


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (page("p1", [item(0), without("uuid")]), r"uuid.*\$\.items\[\.\.\.\]\._feed_entry|uuid"),
        (page("p1", [without("_feed_entry")]), "_feed_entry"),
        (page("p1", [without("sistEndret")]), "sistEndret"),
        (page("p1", [item(1, status="Kari Oppdiktet")]), "status"),
        (page("p1", [item(1, uuid="kari@example.org")]), "uuid"),
        (page("p1", []).replace(b'"items"', b'"rows"'), "items"),
        (page("p1", []).replace(b'"next_url"', b'"next"'), "next_url"),
        (page("p1", [None]), r"items\[\d?.*\]"),
        (page("p1", [item(1)]).replace(vacancy(1).encode(), "Åse".encode("latin-1")), "UTF-8"),
    ],
)
def test_a_page_of_another_form_is_refused_by_place_and_not_landed(client, content, named):
    with (
        serving(feed_of(lambda _: Reply(body=content))) as server,
        pytest.raises(SourceChanged, match=named) as refused,
    ):
        list(nav_feed.fetch(client, server.url, selection(), DAY))
    assert "Oppdiktet" not in str(refused.value)
    assert "example.org" not in str(refused.value)


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({k: v for k, v in detail(1).items() if k != "ad_content"}, "ad_content"),
        (detail(1) | {"ad_content": {"workLocations": []}}, "categoryList"),
        (detail(1) | {"sistEndret": None}, "sistEndret"),
        (detail(2), "uuid"),
    ],
)
def test_details_of_another_form_are_refused_by_place(client, document, named):
    def reply(seen: Seen) -> Reply:
        return as_json(document) if "entry" in seen.path else Reply(body=page("p1", [item(1)]))

    with (
        serving(feed_of(reply)) as server,
        pytest.raises(SourceChanged, match=f"(?s)0001.*{named}|{named}.*0001"),
    ):
        list(nav_feed.fetch(client, server.url, selection(), DAY))


def test_an_inactive_vacancy_has_no_advertisement(client):
    told = {"uuid": vacancy(1), "status": "INACTIVE", "sistEndret": "2026-11-02T08:00:00Z"}
    content = redacted_detail(answer_of(told), vacancy(1))[1]
    frames = nav_feed.parse([landed_page("p1", [item(1)], None), named(content)], selection())
    assert frames["details"].select("status", "published").row(0) == ("INACTIVE", None)
    assert frames["categories"].is_empty()


def named(answer: Answer) -> Answer:
    return Answer(**{**vars(answer), "role": "detail/u1/2026-11-02T08:00:00Z"})


@pytest.mark.parametrize(
    "mode", ["schema", "html", "cut", "cut-chunked", "wrong-type", "500-empty"]
)
@pytest.mark.parametrize("where", ["v1/feed", "feedentry"])
def test_a_source_that_goes_wrong_is_refused(client, server, mode, where):
    server.misbehave(mode, where)
    with pytest.raises((SourceChanged, SourceUnavailable)) as refused:
        list(nav_feed.fetch(client, f"{server.url}/nav_feed", selection(), DAY))
    assert "@" not in str(refused.value)
    if mode == "schema":
        assert ("_feed_entry" if where == "v1/feed" else "ad_content") in str(refused.value)


@pytest.mark.parametrize(
    "content",
    [b"<html>", b'{"id":"p1","next_url":nu', b"", b"[]", b'{"id":"p"}', b'{"id":"\xe5"}'],
)
def test_landed_bytes_of_another_form_are_refused_by_part(content):
    for role in ("page/p1", "detail/u1/2026-11-02T08:00:00Z"):
        answer = Answer(role, "GET", "u", None, 200, {}, content, NOW)
        with pytest.raises(SourceChanged, match=role):
            nav_feed.parse([landed_page("p0", [item(1)], None), answer], selection())


def test_a_log_without_news_has_the_columns_all_the_same():
    frames = nav_feed.parse([landed_page("p1", [], None)], selection())
    assert {name: frame.height for name, frame in frames.items()} == dict.fromkeys(
        ("rows", "details", "categories", "locations"), 0
    )
    assert frames["categories"].columns == [
        "uuid",
        "sistEndret",
        "categoryType",
        "code",
        "score",
        "position",
    ]


def test_too_large_a_page_is_refused_by_the_catalogue_and_by_the_source(client, server):
    with pytest.raises(ValueError, match="10000"):
        selection(page_size=10_001)
    unchecked = selection().model_copy(update={"page_size": 10_001})
    with pytest.raises(Refused, match="pageSize must be between") as refused:
        list(nav_feed.fetch(client, f"{server.url}/nav_feed", unchecked, DAY))
    assert refused.value.status == 400


def test_doctor_asks_for_the_newest_page_alone(client, server):
    base = f"{server.url}/nav_feed"
    assert list(nav_feed.probe(client, base, OURS, DAY, iter(()))) == []
    assert len(server.requests) == 2
    server.misbehave("schema", "v1/feed")
    (found,) = nav_feed.probe(client, base, OURS, DAY, iter(()))
    assert "_feed_entry" in found.got
