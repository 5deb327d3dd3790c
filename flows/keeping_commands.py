"""Commands that keep the house: prune, backup and restore."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from contextlib import nullcontext
from dataclasses import asdict
from datetime import date
from pathlib import Path

from flows import show
from tasks import catalogue, dates, disk, locks, night, persons
from tasks.alerts import outbox
from tasks.backup import making, restoring
from tasks.backup.archive import Head
from tasks.backup.restoring import Restored
from tasks.errors import NotFound
from tasks.journal import Journal
from tasks.landing import Landing
from tasks.night import Outcome
from tasks.retention import work
from tasks.retention.work import Cleared
from tasks.settings import Project, Rooms, Settings, oslo_today


def prune(dry_run: bool, as_json: bool) -> None:
    """Take away what is past its time, or say what would go."""
    settings, project = Settings(), Project()
    rooms, today = settings.rooms, oslo_today()
    declared = catalogue.load(project.catalogue)
    # Where there is no lock there has been no night, and a look leaves nothing behind.
    unheld = dry_run and not rooms.lock.exists()
    with nullcontext() if unheld else locks.night_lock(rooms.lock):
        rules, found = work.survey(rooms, declared, project, today)
        if not dry_run:
            work.apply(rooms, rules, found, today)
    if as_json:
        plan = found.plan
        show.as_json(
            {
                "done": not dry_run,
                "rule": str(rules.landing),
                "bytes": sum(plan.sizes.values()),
                "going": [asdict(one) for one in plan.going],
                "kept": [asdict(one) for one in plan.kept],
                "nights": [path.relative_to(rooms.home) for path in found.nights],
                "unused": [path.relative_to(rooms.home) for path in found.unused],
                "forms": [path.relative_to(rooms.home) for path in found.forms],
            }
        )
        return
    show.line(f"Regel: {rules.landing} (data/reference/retention.toml).")
    show.line()
    _print_landing(found)
    done = "slettet" if not dry_run else "til sletting"
    show.line(f"Kontrollsider og kontrollresultater {done}: {len(found.nights)}")
    show.line(f"Tolket og gjenoppbygd, som kan lages igjen, {done}: {len(found.unused)}")
    show.line(f"Skjemaer sendt tilbake eller ikke tatt imot, {done}: {len(found.forms)}")
    if dry_run:
        show.line("Ingenting er slettet; kjør uten --dry-run for å slette.")


def backup(target: Path, as_json: bool) -> None:
    """Write a backup and say where it is."""
    rooms = Settings().rooms
    if rooms.tied_to() is None:
        raise NotFound(
            subject=str(rooms.home),
            expected="et hjem med minst én natt",
            got="ingen",
            remedy="sett TILBUDSPLAN_HOME til mappen som skal kopieres",
        )
    with locks.night_lock(rooms.lock), show.progress() as progress:

        def told(done: int, of: int) -> None:
            progress.step("kopierer", min(done, of - 1), of)

        made = making.make(rooms, target, told)
    if as_json:
        show.as_json(asdict(made) | {"head": _plain(made.head)})
        return
    show.line(f"Sikkerhetskopi: {made.file} ({disk.megabytes(made.bytes)}, {made.files} filer)")
    show.line(f"Kontrollsum:    {made.sha256}")
    if made.missing:
        show.line(
            f"{len(made.missing)} hentede svar er ødelagt på disken og er ikke med; en eldre kopi "
            "kan ha dem. Datasettene hentes på nytt med «tilbudsplan ingest DATASETT --full»."
        )
    if made.same_disk:
        show.line("Kopien ligger på samme disk som hjemmet: flytt den til en annen.")
    _say_key(rooms)


def verify(source: Path, as_json: bool) -> None:
    """Check a backup and say what it is of."""
    read = restoring.verify(source)
    head, files = read.head, read.manifest.of_home()
    if as_json:
        missing = list(read.manifest.missing)
        facts = {"head": _plain(head), "files": len(files), "bytes": read.bytes}
        show.as_json({"whole": True, **facts, "sha256": read.sha256, "missing": missing})
        return
    show.line(f"Hel: {source} ({disk.megabytes(read.bytes)}, {len(files)} filer)")
    show.line(f"Tatt {show.local_time(head.made_at)}, {head.entries} linjer i journalen.")
    show.line(f"Siste natt i den: {_day(head.night)}")
    if lost := len(read.manifest.missing):
        show.line(f"{lost} hentede svar var ødelagt da den ble tatt, og er ikke med.")


def restore(source: Path, as_json: bool) -> None:
    """Make a home of a backup, build it, and say what is to be done after it."""
    settings = Settings()
    # What follows from an empty home is nobody's wish.
    asked = settings.profile if "TILBUDSPLAN_PROFILE" in os.environ else None
    stands = settings.rooms.home
    found = restoring.restore(source, settings.rooms, asked)
    ready = Settings(home=stands)
    built = _built(ready) if found.head.night else None
    declared = catalogue.load(Project().catalogue)
    late = persons.due(Landing(ready.rooms.landing), declared, oslo_today())
    if as_json:
        facts = asdict(found) | {"head": _plain(found.head), "home": stands}
        tables = built.tables if built else 0
        show.as_json({**facts, "tables": tables, "to_purge": [asdict(batch) for batch in late]})
        return
    _print_restored(found, built)
    if waiting := len(outbox.unsent(Journal(ready.rooms.journal).entries())):
        show.line(
            f"{waiting} e-poster venter og går ut med neste natt her. Er dette bare et sted å slå "
            "opp, la TILBUDSPLAN_SMTP_HOST være usatt."
        )
    if late:
        show.line(f"{len(late)} personfiler er over slettedatoen: kjør «tilbudsplan purge» nå.")
    if Journal(ready.rooms.journal).entries("persons.key_made"):
        show.line(f"Legg nøkkelen til personfilene tilbake i {ready.rooms.person_key}.")


def _built(settings: Settings) -> Outcome:
    """Build what was restored, without asking any source."""
    with locks.night_lock(settings.rooms.lock):
        begun = night.begin(settings)
        with night.accounted(begun):
            return night.build(begun, [])


def _print_restored(found: Restored, built: Outcome | None) -> None:
    head, home = found.head, Settings().rooms.home
    show.line(f"Gjenopprettet i {home}, slik det var {show.local_time(head.made_at)}:")
    show.line(
        f"Linjer i journalen: {head.entries}. Datasett: {found.datasets}. "
        f"Plankjøringer: {found.runs}. Siste natt: {_day(head.night)}."
    )
    if built:
        show.line(f"Bygget og publisert {built.tables} tabeller av det som er hentet og ført.")
    if found.missing:
        show.line(f"{len(found.missing)} hentede svar var ødelagt da kopien ble tatt, og mangler.")
    if found.contacts:
        show.line(
            f"{found.contacts} kontaktpersoner er tilbake. De som er slettet etter at kopien ble "
            "tatt, må slettes igjen: «tilbudsplan form contacts»."
        )
    show.line("Det som er sendt inn og bestemt etter at kopien ble tatt, er ikke med.")


def _say_key(rooms: Rooms) -> None:
    if Journal(rooms.journal).entries("persons.key_made"):
        show.line(
            f"Nøkkelen til personfilene ({rooms.person_key}) er ikke med: kopier den for seg, og "
            "legg den et annet sted. Uten den kan årene ikke kobles."
        )


def _plain(head: Head) -> dict[str, object]:
    return {name: getattr(head, name) for name in head.__struct_fields__}


def _day(text: str | None) -> str:
    return dates.day(date.fromisoformat(text)) if text else "ingen"


def _print_landing(found: Cleared) -> None:
    plan = found.plan
    going: dict[str, list[int]] = defaultdict(list)
    for one in plan.going:
        going[one.dataset].append(sum(plan.sizes[sha] for sha in one.blobs))
    kept = Counter(one.dataset for one in plan.kept)
    if going:
        rows = [
            [name, len(sizes), kept[name], f"{sum(sizes) / 1e6:.1f}"]
            for name, sizes in sorted(going.items())
        ]
        show.as_table(["datasett", "bort", "igjen", "MB"], rows)
    else:
        show.line("Av det som er hentet, er ingenting over tiden.")
    show.line()
    reasons = Counter(one.because.partition(" (")[0] for one in plan.kept)
    show.line(f"Beholdt: {len(plan.kept)} øyeblikksbilder")
    for reason, number in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        show.line(f"  {number:>6}  {reason}")
    show.line()
