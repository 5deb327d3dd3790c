"""Commands that keep the house: prune."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict

from flows import show
from tasks import catalogue, locks
from tasks.retention import work
from tasks.retention.work import Cleared
from tasks.settings import Project, Settings, oslo_today


def prune(dry_run: bool, as_json: bool) -> None:
    """Take away what is past its time, or say what would go."""
    settings, project = Settings(), Project()
    rooms, today = settings.rooms, oslo_today()
    declared = catalogue.load(project.catalogue)
    with locks.night_lock(rooms.lock):
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
            }
        )
        return
    show.line(f"Regel: {rules.landing} (data/reference/retention.toml).")
    show.line()
    _print_landing(found)
    done = "slettet" if not dry_run else "til sletting"
    show.line(f"Kontrollsider og kontrollresultater {done}: {len(found.nights)}")
    show.line(f"Tolket og gjenoppbygd, som kan lages igjen, {done}: {len(found.unused)}")
    if dry_run:
        show.line("Ingenting er slettet; kjør uten --dry-run for å slette.")


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
