"""`tilbudsplan doctor`: looks at settings, files and surroundings, and says what to mend."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from flows import norwegian, show, trouble
from flows.mailing import with_password
from flows.sources import source_server
from tasks import (
    alerts,
    catalogue,
    dates,
    home,
    locks,
    persons,
    probe,
    quality,
    recovery,
    transform,
    warehouse,
)
from tasks.alerts import outbox, policy
from tasks.backup import age
from tasks.catalogue import Dataset
from tasks.cycle import calendar
from tasks.decisions import record, verify
from tasks.errors import NotFound, SourceUnavailable, TilbudsplanError
from tasks.journal import Journal
from tasks.landing import Landing
from tasks.retention import rules
from tasks.settings import Project, Settings, oslo_today
from tasks.sources.person_identity import fingerprint
from tasks.watchdog import SPACE_BYTES

State = Literal["ok", "merk", "feil"]
CLOCK_SLACK = timedelta(minutes=5)


@dataclass(frozen=True)
class Check:
    """What one look found.

    Attributes:
        name: What was looked at.
        state: `ok`; `merk` where a choice or a shortage is worth knowing; `feil` must be mended.
        found: What was found, and the remedy where one is needed.
    """

    name: str
    state: State
    found: str


def doctor(as_json: bool, datasets: list[str] | None = None) -> bool:
    """Run every check and print the results.

    Args:
        as_json: Print JSON.
        datasets: Hold these against their sources of today, empty for all; None asks no source.

    Returns:
        Whether nothing must be mended.
    """
    checks = examine()
    readable = all(c.state != "feil" for c in checks if c.name in {"innstillinger", "katalog"})
    if datasets is not None and readable:
        checks += live(datasets)
    if as_json:
        show.as_json([asdict(check) for check in checks])
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            first, *rest = check.found.splitlines()
            show.line(f"{check.state:<5} {check.name:<{width}}  {first}")
            for line in rest:
                show.line(f"{'':<5} {'':<{width}}  {line}")
        wrong = sum(check.state == "feil" for check in checks)
        show.line()
        show.line(f"{wrong} må rettes." if wrong else _all_well(checks))
    return all(check.state != "feil" for check in checks)


def _all_well(checks: list[Check]) -> str:
    if any(check.name == "varehus" and check.state == "merk" for check in checks):
        return "Ingen feil, men ingen natt er kjørt ennå."
    noted = sum(check.state == "merk" for check in checks)
    if noted:
        return (
            f"Ingen feil; {noted} ting å merke seg."
            if noted > 1
            else "Ingen feil; én ting å merke seg."
        )
    return "Alt i orden."


def examine() -> list[Check]:
    """Every check; where the settings cannot be read, only that is said."""
    try:
        settings = Settings()
    except ValidationError as error:
        return [Check("innstillinger", "feil", str(trouble.setting_refused(error)))]
    project = Project()
    looks: list[tuple[str, Callable[[], tuple[State, str]]]] = [
        ("profil", lambda: _profile(settings)),
        ("katalog", lambda: _catalogue(settings, project)),
        ("SQL", lambda: ("ok", f"{len(transform.read_project(project.sql))} tabeller")),
        (
            "forventninger",
            lambda: ("ok", f"{len(quality.read_suites(project.expectations))} tabeller"),
        ),
        ("skriverett", lambda: _writable(settings)),
        ("diskplass", lambda: _space(settings)),
        ("klokke", lambda: _clock(settings)),
        ("nattlås", lambda: _lock(settings)),
        ("journal", lambda: _journal(settings)),
        ("varehus", lambda: _warehouse(settings)),
        ("personfiler", lambda: _persons(settings, project)),
        ("vedtak", lambda: _decisions(settings)),
        ("sikkerhetskopi", lambda: _backup(settings, project)),
        ("e-post", lambda: _mail(settings)),
        ("mottakere", lambda: _readers(settings, project)),
        ("årshjul", lambda: _calendar(settings, project)),
    ]
    home = Check("innstillinger", "ok", f"hjem {settings.rooms.home}")
    return [home, *(_look(name, look) for name, look in looks)]


def live(datasets: list[str]) -> list[Check]:
    """One check per dataset: its entry in the catalogue against the source of today."""
    settings = Settings()
    with source_server(settings) as reached, show.progress() as progress:
        loaded = catalogue.load(Project().catalogue, reached.profile, reached.source_server)
        chosen = loaded.select(datasets)
        landing = Landing(reached.rooms.landing)
        checks = []
        for number, dataset in enumerate(chosen, start=1):
            checks.append(_compared(dataset, landing, oslo_today()))
            progress.step("sammenligner med kildene", number, len(chosen))
    return checks


def _compared(dataset: Dataset, landing: Landing, as_of: date) -> Check:
    name = f"{dataset.id} ({dataset.source_table})"
    try:
        found = probe.compare(dataset, landing, as_of)
    except SourceUnavailable as error:
        return Check(name, "merk", f"kunne ikke spørres: {error}")
    if not found:
        return Check(name, "ok", "som katalogen sier")
    texts = [f"ventet {d.expected}, fant {d.got}. Gjør slik: {d.remedy}" for d in found]
    state: State = "feil" if any(d.refuses for d in found) else "merk"
    return Check(name, state, "\n".join(texts))


def _look(name: str, look: Callable[[], tuple[State, str]]) -> Check:
    try:
        return Check(name, *look())
    except (TilbudsplanError, OSError) as error:
        return Check(name, "feil", str(error))


def _profile(settings: Settings) -> tuple[State, str]:
    home.check_home(settings.rooms, settings.profile)
    return "ok", norwegian.profile(settings.profile)


def _catalogue(settings: Settings, project: Project) -> tuple[State, str]:
    loaded = catalogue.load(project.catalogue, settings.profile, settings.source_server)
    return "ok", f"{len(loaded)} datasett fra {len(loaded.publishers)} utgivere"


def _writable(settings: Settings) -> tuple[State, str]:
    home = settings.rooms.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            return "ok", str(home)
    except OSError as error:
        return "feil", (
            f"kan ikke skrive i {home} ({error.strerror}). Gi skriverett, "
            "eller pek TILBUDSPLAN_HOME til en annen mappe."
        )


def _space(settings: Settings) -> tuple[State, str]:
    home = settings.rooms.home
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if free < SPACE_BYTES:
        left = show.text(round(free / 1e9, 1))
        return "feil", f"{left} GB ledig; en natt trenger 2 GB. Rydd på disken."
    return "ok", f"{free / 1e9:.0f} GB ledig"


def _clock(settings: Settings) -> tuple[State, str]:
    try:
        now = datetime.now(UTC)
        text = show.local_time(now.astimezone(ZoneInfo("Europe/Oslo")))
    except ZoneInfoNotFoundError:
        return "feil", "tidssonen Europe/Oslo mangler. Installer pakken tzdata."
    entries = Journal(settings.rooms.journal).entries()
    if entries and entries[-1].at > now + CLOCK_SLACK:
        last = show.local_time(entries[-1].at)
        return "feil", f"klokken er {text}, men journalen er skrevet {last}. Still klokken."
    return "ok", text


def _lock(settings: Settings) -> tuple[State, str]:
    holder = locks.holder(settings.rooms.lock)
    if holder is None:
        return "ok", "ingen holder den"
    who = ", ".join(f"{key} {value}" for key, value in holder.items())
    return "merk", f"en natt er i gang ({who}). Vent til den er ferdig."


def _journal(settings: Settings) -> tuple[State, str]:
    return "ok", f"{Journal(settings.rooms.journal).verify()} linjer, kjeden holder"


def _warehouse(settings: Settings) -> tuple[State, str]:
    try:
        if found := recovery.damaged(settings.rooms, Journal(settings.rooms.journal)):
            return "feil", "\n".join(str(damage.error) for damage in found)
        with warehouse.connect_published(settings.rooms) as connection:
            return "ok", f"{len(warehouse.tables(connection))} tabeller publisert"
    except NotFound:
        return "merk", home.no_night(show.relative(settings.rooms.home))


def _persons(settings: Settings, project: Project) -> tuple[State, str]:
    """The key, and what should have been deleted."""
    loaded = catalogue.load(project.catalogue, settings.profile, settings.source_server)
    landing, journal = Landing(settings.rooms.landing), Journal(settings.rooms.journal)
    held = persons.batches(landing, loaded)
    if begun := persons.unfinished(journal):
        return "feil", f"sletting av {len(begun)} ble avbrutt. Kjør «tilbudsplan purge»."
    if stray := persons.strays(settings.rooms, loaded, oslo_today()):
        return "feil", "\n".join(finding.reason for finding in stray)
    if not held and not settings.rooms.person_key.exists():
        return "ok", "ingen er tatt inn"
    secret = persons.key(settings.rooms, journal)
    if not held:
        return "ok", "ingen er tatt inn"
    if late := persons.due(landing, loaded, oslo_today()):
        return "feil", f"{len(late)} er over slettedatoen. Kjør «tilbudsplan purge»."
    rows = sum(batch.rows for batch in held)
    first = min(batch.delete_after for batch in held)
    text = f"{len(held)} tatt inn med {rows} rader, neste slettes etter {dates.day(first)}"
    other = [batch.file for batch in held if batch.key != fingerprint(secret)]
    if other:
        return "merk", (
            f"{text}. {', '.join(other)} er gjort ukjennelige med en annen nøkkel og kan ikke "
            "kobles til de andre; legg den rette nøkkelen tilbake fra sikkerhetskopien."
        )
    return "ok", f"{text}. Ta sikkerhetskopi av {settings.rooms.person_key} for seg."


def _backup(settings: Settings, project: Project) -> tuple[State, str]:
    """The age of the last backup, against what the county has decided."""
    most = rules.load(project.reference).backup.value
    entries = Journal(settings.rooms.journal).entries()
    if settings.profile != "live":
        return "ok", "eksempeldata"
    if reason := age.too_old(entries, most, oslo_today()):
        return "feil", f"{reason}. Kjør «tilbudsplan backup MAPPE» til en annen disk."
    if last := age.last(entries):
        return "ok", f"siste er {show.local_time(last)}"
    if any(entry.kind == "night.built" for entry in entries):
        return "feil", "ingen er tatt ennå. Kjør «tilbudsplan backup MAPPE» til en annen disk."
    return "ok", "ingenting å miste ennå"


def _decisions(settings: Settings) -> tuple[State, str]:
    """Whether all that decisions stand on is as it was when they were frozen."""
    made = record.listed(settings.rooms)
    found = dict.fromkeys(
        str(fault) for one in made for fault in verify.faults(settings.rooms, one)
    )
    if found:
        return "feil", "\n".join(["endret siden det ble frosset; hent det fra kopien:", *found])
    return "ok", f"{len(made)} frosset, uendret" if made else "ingen er frosset ennå"


def _mail(settings: Settings) -> tuple[State, str]:
    """The server, and what waits for it."""
    answers = alerts.check_smtp(with_password(settings))
    waiting = outbox.unsent(Journal(settings.rooms.journal).entries())
    if waiting:
        return "merk", f"{len(waiting)} venter på å bli sendt. Se «tilbudsplan mail list»."
    if answers:
        return "ok", f"{settings.smtp_host} svarer"
    return "merk", "ingen e-posttjener er satt (TILBUDSPLAN_SMTP_HOST); varsler vises i «status»."


def _readers(settings: Settings, project: Project) -> tuple[State, str]:
    """Whether those who answer for the figures have addresses."""
    chosen = policy.read(project)
    loaded = catalogue.load(project.catalogue, settings.profile, settings.source_server)
    suites = quality.read_suites(project.expectations).values()
    owners = {dataset.owner for dataset in loaded} | {alerts.OPERATIONS}
    owners |= {expectation.owner for suite in suites for expectation in suite.expectations}
    if unknown := owners - chosen.owners.keys():
        return "feil", f"{', '.join(sorted(unknown))} står ikke i data/reference/alerts.toml."
    if unset := chosen.unset():
        return "merk", (
            f"{len(unset)} lister har ingen adresse i data/reference/alerts.toml og får ingen "
            f"e-post: {', '.join(unset)}."
        )
    return "ok", f"{len(chosen.readers())} mottakere"


def _calendar(settings: Settings, project: Project) -> tuple[State, str]:
    file = calendar.read(project.reference, settings.county).file
    unsure = sum(one.confidence != "confirmed" for one in file.milestone)
    unset = sum(not policy.reachable(who.addresses) for who in file.who.values())
    return "ok", (
        f"{len(file.milestone)} datoer, {unsure} ikke bekreftet; {unset} av {len(file.who)} "
        "har ingen adresse til påminnelser"
    )
