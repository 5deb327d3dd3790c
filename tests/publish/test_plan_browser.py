"""A plan's document in a real Chromium: it fits every width, and its first page is one sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import test_publish_browser as looking
from made_up_run import Handed
from playwright.sync_api import Browser
from small_documents import proposal, solved

from tasks.publish import plan as documents

pytestmark = looking.pytestmark


@pytest.fixture(scope="module")
def address(handed: Handed, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("plan")
    return documents.write(proposal(handed, solved()), folder).as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from looking.chromium()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_it_opens_quietly_and_fits_the_width(browser: Browser, address: str, width: int) -> None:
    page, complaints, fetched = looking.opened(browser, address, width)
    assert complaints == []
    assert fetched == [address]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert looking.drawings(page) == [1] * 3
    out, small = looking.words_of_drawings(page)
    assert out == []
    assert small == []
    assert looking.low_contrast(page) == []
    page.close()


def test_the_first_sheet_of_paper_has_goals_and_what_is_unconfirmed(
    browser: Browser, address: str
) -> None:
    page, _, _ = looking.opened(browser, address, 1280)
    page.emulate_media(media="print")
    # A4 less its margins, in CSS pixels.
    page.set_viewport_size({"width": 688, "height": 1000})
    ends = page.evaluate(
        "['#tabell-maal', '#ubekreftet'].map("
        "s => document.querySelector(s).getBoundingClientRect().bottom + scrollY)"
    )
    assert max(ends) < (297 - 32) * 96 / 25.4
    assert re.match(rb"%PDF", page.pdf(prefer_css_page_size=True))
    page.close()


def test_a_school_is_found_from_the_table_of_schools(browser: Browser, address: str) -> None:
    page, _, _ = looking.opened(browser, address, 1280)
    page.click("#tabell-skoler a:has-text('Skole 3')")
    assert page.url.endswith("#skole-3")
    assert page.locator("#skole-3").bounding_box() is not None
    page.close()


def test_the_file_is_written_whole(handed: Handed, tmp_path: Path) -> None:
    made = proposal(handed, solved(), intake=False)
    path = documents.write(made, tmp_path / "out")
    assert [p.name for p in path.parent.iterdir()] == ["planforslag.html"]
    before = path.read_bytes()
    assert documents.write(made, tmp_path / "out").read_bytes() == before
