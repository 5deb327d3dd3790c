"""The form of a suspended cycle as a planner meets it: a real Prefect server and a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from prefect_tools import Prefect, key_of

from tasks.cycle import acting, standing
from tasks.cycle.acting import Actor
from tasks.cycle.state import State
from tasks.journal import Journal
from tasks.settings import Settings

CHROMIUM = Path("/usr/bin/chromium")
CYCLE = "2027/28"

# A minute: a server, a worker and a browser. Run by make soak.
pytestmark = [
    pytest.mark.prefect,
    pytest.mark.soak,
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not CHROMIUM.is_file(), reason="no Chromium here"),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with a night and a cycle that has just begun."""
    made = Settings(home=tmp_path / "home", profile="demo")
    vintages = {"ssb_population": {"snapshot": "abc", "as_of": "2026-02-01"}}
    built = {"night": "n1", "as_of": "2026-02-01", "vintages": vintages}
    Journal(made.rooms.journal).append("night.built", built)
    acting.start(made, CYCLE, Actor("Seksjonen"))
    return made


@pytest.fixture
def prefect(settings: Settings, tmp_path: Path) -> Iterator[Prefect]:
    day = tmp_path / "day"
    day.write_text("2026-03-01", encoding="ascii")
    made = Prefect(settings.home, day)
    try:
        made.start("server", "runner")
        yield made
    finally:
        made.kill("runner", "server")
        made.log.close()


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        made = browser.new_page(viewport={"width": 1300, "height": 1600})
        made.set_default_timeout(30_000)
        expect.set_options(timeout=30_000)
        yield made
        browser.close()


def form(page: Page, prefect: Prefect, since: str | None = None) -> str:
    """Open the form that waits; the key it waits on."""
    run = prefect.waiting(since)
    page.goto(f"{prefect.api.removesuffix('/api')}/runs/flow-run/{run['id']}")
    page.get_by_role("button", name="Resume").first.click()
    expect(page.get_by_text("Hvem", exact=True)).to_be_visible()
    return key_of(run)


def state(settings: Settings) -> State:
    (found,) = standing.all_of(settings)
    return found.state


def test_the_form_speaks_norwegian_refuses_what_is_wrong_and_takes_what_is_right(
    settings: Settings, prefect: Prefect, page: Page
) -> None:
    first = form(page, prefect)
    for told in (
        "Årshjulet for skoleåret 2027/28: trinn 1 av 7, Kunnskapsgrunnlag.",
        "Før trinnet kan avsluttes: tallene er ikke frosset.",
        "Enheten eller rollen som handler. Den føres som oppgitt.",
        "Når det skjedde. Tomt: i dag. Ikke fram i tid.",
        "Datoen tallene er fra. Tomt: siste natt som er bygget.",
    ):
        expect(page.get_by_text(told)).to_be_visible()
    for title in ("Frys tallene", "Frigi kunnskapsgrunnlaget", "Avslutt trinnet"):
        expect(page.get_by_role("button", name=title)).to_be_visible()

    # Without who acts, the form is not sent.
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("required property")).to_be_visible()
    assert key_of(prefect.waiting()) == first
    assert state(settings).number == 0

    # A telephone number can be sent, and is refused with the reason above the next form.
    page.get_by_role("textbox").first.fill("Ring 412 34 567")
    page.get_by_role("button", name="Submit").click()
    second = form(page, prefect, first)
    expect(page.get_by_text("Siste skjema ble ikke tatt imot")).to_contain_text("telefonnummer")
    assert state(settings).standing == ()

    page.get_by_role("textbox").first.fill("Statistikk")
    page.get_by_role("button", name="Submit").click()
    prefect.waiting(second)
    (frozen,) = state(settings).standing
    assert (frozen.by, frozen.stage, frozen.facts["night"]) == (
        *("Statistikk", "kunnskapsgrunnlag", "n1"),
    )
