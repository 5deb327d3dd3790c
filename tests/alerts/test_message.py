"""Names and reasons that mean harm become words: no header, no markup, no hidden direction."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

from alert_tools import OPERATIONS, Page, html_of, parsed, policy, text_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.alerts import Desk, Finding
from tasks.alerts.book import written
from tasks.alerts.digest import compose
from tasks.alerts.findings import Look, compare
from tasks.alerts.message import Item, Letter, Section, write

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
SENDER, TO, ID = "tilbudsplan@fylket.example", "inntak@fylket.example", "<x.1@fylket.example>"
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
]
HOSTILE = st.one_of(
    st.text(max_size=300),
    st.lists(
        st.sampled_from(
            [
                "\r\nBcc: x@evil.example\r\n\r\n",
                "\n.\n",
                "\0",
                "\x1b[2J",
                "<script>alert(1)</script>",
                '"><img src=x onerror=alert(1)>',
                "{{ 7*7 }}{% raw %}",
                "&lt;b&gt;",
                "=?utf-8?q?a=0D=0ABcc:_x?=",
                "=?utf-8?b?PHNjcmlwdD4=?=",
                "\u202egnp.exe",
                "\u2028\u2029\x85\u200b\u00ad\ufeff",
                "\ud800",
                "ÆØÅ æøå 日本 🎓",
                "-- \n",
                "--=_boundary--",
                "x" * 5000,
                "\ufffe\U0010ffff",
            ]
        ),
        max_size=5,
    ).map("".join),
)


def letter(text: str, link: str = "") -> Letter:
    item = Item(text, text, (text, text), ((text, text),), f"Se {text}", link)
    section = Section(text, "new", (item,), (text,))
    return Letter(TO, f"Tilbudsplan: {text}", text, (text,), (section,), (text,))


@settings(deadline=None)
@given(HOSTILE)
def test_no_text_adds_a_header_or_markup(text: str) -> None:
    mail = write(letter(text, f"https://docs.example/{text}"), "Tilbudsplan", SENDER, ID, AT)
    message = parsed(mail.content)
    assert message.defects == []
    assert message.keys() == HEADERS
    assert [(m.display_name, m.addr_spec) for m in message["From"].addresses] == [
        ("Tilbudsplan", SENDER)
    ]
    assert (message["To"], message["Message-ID"]) == (TO, ID)
    assert message["Subject"].startswith("Tilbudsplan:")
    assert message["Subject"].defects == ()
    parts = [part.get_content_type() for part in message.walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]

    page = Page(html_of(message))
    calm = write(letter("rolig", "https://docs.example/a"), "Tilbudsplan", SENDER, ID, AT)
    plain = Page(html_of(parsed(calm.content)))
    assert page.tags == plain.tags
    assert [(tag, name) for tag, name, _ in page.attributes] == [
        (tag, name) for tag, name, _ in plain.attributes
    ]
    links = [value for _, name, value in page.attributes if name == "href"]
    assert all(re.fullmatch(r"https://docs\.example/[!-~]*", str(link)) for link in links)
    for said in (str(message["Subject"]), text_of(message), html_of(message)):
        odd = {unicodedata.category(c) for c in said if c not in "\n\r"}
        assert not odd & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@settings(deadline=None)
@given(HOSTILE)
def test_what_is_sent_is_short_lines_of_ascii_and_the_same_each_time(text: str) -> None:
    mail = write(letter(text), "Tilbudsplan", SENDER, ID, AT)
    raw = mail.content.encode("ascii")
    assert all(len(line) <= 200 for line in raw.split(b"\r\n"))
    assert b"Subject: Tilbudsplan:" in raw
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert write(letter(text), "Tilbudsplan", SENDER, ID, AT) == mail


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1))
def test_plain_words_come_through_as_they_are(text: str) -> None:
    word = text[:40]
    mail = write(letter(word), "Tilbudsplan", SENDER, ID, AT)
    message = parsed(mail.content)
    assert word in Page(html_of(message)).text
    assert word in text_of(message)
    if "=?" not in word:
        assert message["Subject"] == f"Tilbudsplan: {word}"


def test_what_looks_encoded_is_not_decoded() -> None:
    said = parsed(write(letter("=?utf-8?q?hei?="), "T", SENDER, ID, AT).content)
    assert said["Subject"] == "Tilbudsplan: = ?utf-8?q?hei?="


def test_a_link_to_anything_but_a_page_is_left_out() -> None:
    for link in ("javascript:alert(1)", "data:text/html,x", "//evil.example", "https://", "["):
        page = Page(html_of(parsed(write(letter("x", link), "T", SENDER, ID, AT).content)))
        assert "a" not in page.tags


@settings(deadline=None)
@given(
    HOSTILE, HOSTILE, HOSTILE, st.sampled_from(["fetch", "block", "warn", "space", "unheard-of"])
)
def test_a_finding_of_hostile_words_becomes_one_calm_mail_each(
    name: str, reason: str, title: str, kind: str
) -> None:
    found = Finding(name, kind, "drift", reason, AT.date(), about=name, touches=(title, reason))
    linked = policy(data_docs='"https://docs.example"')
    desk = Desk(AT.date(), "live", {name: title}, {name: f"staging.{name}"})
    change = compare([], [found], AT.date(), Look.NIGHT)
    notes = compose(change, {}, linked, desk)
    assert OPERATIONS in {note.letter.to for note in notes}
    for note in notes:
        message = parsed(written(note, linked, desk, 0, AT).content)
        assert message.defects == []
        assert message.keys() == HEADERS
        page = Page(html_of(message))
        assert not {"script", "img", "b"} & set(page.tags)
        links = [value for _, attribute, value in page.attributes if attribute == "href"]
        assert all(str(link).startswith("https://docs.example/2026-11-20/") for link in links)
