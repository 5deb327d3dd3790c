"""The report in a real Chromium, from disk, with the network shut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_up_run import Handed
from playwright.sync_api import Browser, Page, sync_playwright

from tasks.publish import report

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.is_file(), reason=f"NO CHROMIUM at {CHROMIUM}: not looked at"),
]


@pytest.fixture(scope="module")
def address(handed: Handed, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("browser")
    return report.write(handed.run, handed.warehouse, folder).html.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from chromium()


def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def opened(browser: Browser, address: str, width: int) -> tuple[Page, list[str], list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 900})
    complaints: list[str] = []
    fetched: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: fetched.append(request.url))
    page.context.set_offline(True)
    page.goto(address)
    return page, complaints, fetched


def drawings(page: Page) -> list[int]:
    """How many drawings each figure shows whole."""
    shown: list[int] = page.evaluate(
        """[...document.querySelectorAll('figure')].map(f =>
            [...f.querySelectorAll('svg')].map(s => s.getBoundingClientRect())
                .filter(r => r.width > 200 && r.height > 100 && r.right <= innerWidth).length)"""
    )
    return shown


def words_of_drawings(page: Page) -> tuple[list[str], list[str]]:
    """Words of the drawings that are cut, and those that are too small to be read."""
    found = page.evaluate(
        """[...document.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().width)
            .flatMap(s => { const box = s.getBoundingClientRect();
                return [...s.querySelectorAll('text')].filter(t => t.textContent.trim())
                    .map(t => { const r = t.getBoundingClientRect();
                        return {text: t.textContent, height: r.height,
                            out: r.left < box.left - 1 || r.right > box.right + 1
                                || r.top < box.top - 1 || r.bottom > box.bottom + 1}; }); })"""
    )
    assert len(found) > 50
    return (
        [f["text"] for f in found if f["out"]],
        [f["text"] for f in found if f["height"] < 10],
    )


def low_contrast(page: Page) -> list[list[object]]:
    """Texts with less contrast than 4.5."""
    low: list[list[object]] = page.evaluate(
        """() => { const lum = c => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3)
                .map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
                return .2126 * r + .7152 * g + .0722 * b; };
            const ground = e => { for (; e; e = e.parentElement) {
                const c = getComputedStyle(e).backgroundColor;
                if (!/, 0\\)$/.test(c)) return c; } return 'rgb(255, 255, 255)'; };
            return [...document.querySelectorAll('p, li, td, th, h1, h2, h3, a, summary, text')]
                .filter(e => e.textContent.trim()).map(e => { const s = getComputedStyle(e);
                    const a = lum(e.tagName === 'text' ? s.fill : s.color), b = lum(ground(e));
                    return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.textContent]; })
                .filter(([ratio]) => ratio < 4.5); }"""
    )
    return low


@pytest.mark.parametrize("width", [360, 768, 1280, 1600])
def test_it_opens_quietly_fits_the_width_and_shows_every_drawing(
    browser: Browser, address: str, width: int
) -> None:
    page, complaints, fetched = opened(browser, address, width)
    assert complaints == []
    assert fetched == [address]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert drawings(page) == [1] * 8
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_no_word_of_a_drawing_is_cut_or_too_small(
    browser: Browser, address: str, width: int
) -> None:
    page, _, _ = opened(browser, address, width)
    out, small = words_of_drawings(page)
    assert out == []
    assert small == []
    page.close()


def test_text_has_contrast(browser: Browser, address: str) -> None:
    page, _, _ = opened(browser, address, 1280)
    assert low_contrast(page) == []
    page.close()
