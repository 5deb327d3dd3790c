"""Commands that do something: demo, ingest and plan run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date

from flows import show, workers
from flows.environment import configure
from flows.mailing import send
from flows.sources import hear, source_server
from tasks import catalogue, dates, disk, home, locks, night, persons, runs
from tasks.assembly import AWAITED
from tasks.errors import WrongUse
from tasks.journal import Journal
from tasks.retention import work as retention
from tasks.scenarios import chosen
from tasks.settings import Project, Settings, oslo_today

DEMO_SCHOOL_YEAR = "2027/28"
# The sample is to be on the screen within a minute; a county's plan has the draws of its settings.
DEMO_DRAWS = 400


def demo() -> None:
    """One night and one yearly run on the bundled sample."""
    settings = Settings(profile="demo")
    _refuse_at_once(settings)
    configure(settings.rooms, quietly=True)
    show.line("Tilbudsplan på eksempeldata: henter, kontrollerer, regner og skriver rapporten …")
    # What is slow to start does so while Prefect is imported and starts its own server.
    workers.start("build", "report")
    with source_server(settings) as ready, _environment(ready), show.progress():
        from flows.nightly import nightly
        from flows.yearly import yearly

        nightly()
        run = yearly(school_year=DEMO_SCHOOL_YEAR, draws=min(settings.draws, DEMO_DRAWS))
    _say_where(settings, run)


def ingest(datasets: tuple[str, ...], as_of: date | None, full: bool, ignore_windows: bool) -> bool:
    """A night, or a past night built again from landing.

    Returns:
        False where a dataset that was asked for by name stands on older figures, or on none.
    """
    settings = Settings()
    today = oslo_today()
    if as_of and as_of > today:
        raise WrongUse(
            subject="--as-of",
            expected=f"i dag ({today}) eller en tidligere dato",
            got=str(as_of),
            remedy="velg en dato som har vært",
        )
    if as_of and as_of < today:
        path = night.rebuild(settings, as_of)
        show.line(f"Tallene slik de stod {dates.day(as_of)}: {show.relative(path)}")
        for file, on in night.deleted_since(settings, as_of).items():
            show.line(
                f"Radene om personer fra {file} ble slettet {dates.day(on)} og er ikke med; "
                "tallene som ble talt av dem, står."
            )
        show.line(f"Se tabellene med: tilbudsplan query --as-of {as_of}")
        return True
    catalogue.load(Project().catalogue).select(datasets)
    _refuse_at_once(settings)
    configure(settings.rooms, quietly=True)
    workers.start("build")
    with show.progress():
        from flows.nightly import nightly
        from flows.summary import night_summary

        outcome = nightly(datasets=list(datasets), full=full, ignore_windows=ignore_windows)
    show.line(night_summary(outcome, markdown=False))
    fallen = {v.dataset for v in outcome.vintages if v.kind not in {None, AWAITED}}
    return not fallen.intersection(datasets)


def build() -> None:
    """Build the warehouse anew from what is landed and sent in, without asking any source."""
    settings = Settings()
    with source_server(settings) as ready, locks.night_lock(ready.rooms.lock):
        begun = night.begin(ready, hear=hear)
        with night.accounted(begun):
            outcome = night.build(begun, [])
        retention.tidy(begun)
    send(settings)
    show.line(f"Bygget og publisert {outcome.tables} tabeller, per {dates.day(outcome.as_of)}.")


def plan_run(school_year: str, seed: int, draws: int | None, scenarios: tuple[str, ...]) -> None:
    """The yearly run for one school year, with scenarios beside it."""
    settings = Settings()
    chosen(Project().reference, scenarios)
    runs.check_ahead(settings.rooms, school_year)
    configure(settings.rooms, quietly=True)
    workers.start("report")
    with show.progress():
        from flows.yearly import yearly

        run = yearly(
            school_year=school_year,
            seed=seed,
            draws=draws or settings.draws,
            scenarios=list(scenarios),
        )
    _say_where(settings, run)


@contextmanager
def _environment(settings: Settings) -> Iterator[None]:
    """Let the flows, which read their settings themselves, find the sample's profile and server."""
    values = {
        "TILBUDSPLAN_PROFILE": settings.profile,
        "TILBUDSPLAN_SOURCE_SERVER": str(settings.source_server),
    }
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _refuse_at_once(settings: Settings) -> None:
    """Refuse what a night would refuse, before Prefect starts, which takes seconds."""
    home.claim_home(settings.rooms, settings.profile)
    with locks.night_lock(settings.rooms.lock):
        disk.require_room(settings.rooms)


def _say_where(settings: Settings, run: str) -> None:
    folder = settings.rooms.reports / run
    show.line(f"Kjøring:  {run}")
    for kind, pattern in (("Rapport:", "*.html"), ("Regneark:", "*.xlsx")):
        for path in sorted(folder.glob(pattern)):
            show.line(f"{kind:<9} {show.relative(path)}")
    pages = settings.rooms.docs / "index.html"
    if pages.is_file():
        show.line(f"Kontroll: {show.relative(pages)}")
    show.line("Se hvordan det står til med «tilbudsplan status».")


def purge(dry_run: bool, as_json: bool) -> None:
    """Delete persons whose last day is past."""
    settings = Settings()
    with source_server(settings) as ready, locks.night_lock(ready.rooms.lock):
        begun = persons.unfinished(Journal(ready.rooms.journal))
        deleted = night.purge(ready, dry_run=dry_run)
    if as_json:
        show.as_json([asdict(batch) for batch in deleted])
        return
    if begun:
        show.line(
            f"En sletting av {len(begun)} filer ble avbrutt"
            + (" og må kjøres ferdig." if dry_run else ", og er nå ferdig.")
        )
    if not deleted:
        show.line("Ingen personfiler er over slettedatoen.")
        return
    columns = ["datasett", "fil", "rader", "tatt inn", "slettes senest"]
    show.as_table(
        columns, [[b.dataset, b.file, b.rows, b.taken_on, b.delete_after] for b in deleted]
    )
    show.line()
    show.line(
        "Ingenting er slettet; kjør uten --dry-run for å slette."
        if dry_run
        else "Slettet, og varehuset er bygget på nytt uten dem. Tallene som ble talt, er beholdt."
    )
