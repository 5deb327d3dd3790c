"""A night in words: for Prefect's page and for whoever ran it by hand."""

from __future__ import annotations

from collections.abc import Callable

from flows import show
from tasks import catalogue, dates, warehouse
from tasks.alerts.words import label, owner, titled
from tasks.assembly import AWAITED
from tasks.errors import NotFound
from tasks.night import Outcome
from tasks.settings import Project, Settings


def night_summary(outcome: Outcome, *, markdown: bool = True) -> str:
    """What was published, what stands on older figures, and why.

    Args:
        outcome: What the night came to.
        markdown: Write Markdown, for Prefect's page; without, plain text.
    """
    known = titles(Settings())

    def bold(text: str) -> str:
        return f"**{text}**" if markdown else text

    def name(identity: str) -> str:
        return bold(titled(identity, known.get(identity)))

    day = dates.day(outcome.as_of)
    lines = [
        f"# Natten {day}" if markdown else f"Natten {day}",
        "",
        f"{len(outcome.vintages)} datasett, {outcome.tables} tabeller publisert.",
    ]
    if outcome.docs:
        page = show.relative(outcome.docs)
        link = f"[{page}]({outcome.docs.as_uri()})" if markdown else page
        lines += ["", f"Kontrollene: {link}"]
    for heading, items in _sections(outcome, name, bold):
        if items:
            lines += ["", f"## {heading}" if markdown else f"{heading}:"]
            lines += ["", *(f"- {i}" for i in items)] if markdown else [f"  {i}" for i in items]
    return "\n".join(lines)


def _sections(
    outcome: Outcome, name: Callable[[str], str], bold: Callable[[str], str]
) -> list[tuple[str, list[str]]]:
    fallen = [v for v in outcome.vintages if v.kind and v.kind != AWAITED]
    return [
        ("Personfiler tatt inn i dag", [f"{b.file}, {b.rows} rader" for b in outcome.taken]),
        (
            "Står på eldre tall",
            [f"{name(v.dataset)}, {label(v.kind or '')}: {v.reason}" for v in fallen],
        ),
        (
            "Ventes: meldt og ikke levert",
            [name(v.dataset) for v in outcome.vintages if v.kind == AWAITED],
        ),
        (
            "Ikke bygget",
            [f"{bold(table)}: {why}" for table, why in sorted(outcome.skipped.items())],
        ),
        (
            "Åpne varsler",
            [
                f"{name(f.dataset)}, {label(f.kind)}, {f.nights}. natt, {owner(f.owner)}: "
                f"{f.reason}"
                for f in outcome.findings
            ],
        ),
    ]


def titles(settings: Settings) -> dict[str, str]:
    """What datasets and published marts are called, by id and by name of the table."""
    found = {dataset.id: dataset.title for dataset in catalogue.load(Project().catalogue)}
    try:
        connection = warehouse.connect_published(settings.rooms)
    except NotFound:
        return found
    with connection:
        if "title" not in warehouse.columns(connection, "audit.table"):
            return found  # built by an earlier version; the next night tells
        marts = connection.execute(
            "select table_name, title from audit.table where title is not null"
        ).fetchall()
    return found | dict(marts)
