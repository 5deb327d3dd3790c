"""A night in words: for Prefect's page and for whoever ran it by hand."""

from __future__ import annotations

from flows import show
from tasks import catalogue, warehouse
from tasks.alerts.words import label, titled
from tasks.assembly import AWAITED
from tasks.errors import NotFound
from tasks.night import Outcome
from tasks.settings import Project, Settings


def night_summary(outcome: Outcome) -> str:
    """Markdown: what was published, what stands on older figures, and why."""
    known = titles(Settings())

    def name(identity: str) -> str:
        return f"**{titled(identity, known.get(identity))}**"

    fallen = [
        f"- {name(v.dataset)}, {label(v.kind)}: {v.reason}"
        for v in outcome.vintages
        if v.kind and v.kind != AWAITED
    ]
    awaited = [f"- {name(v.dataset)}" for v in outcome.vintages if v.kind == AWAITED]
    lines = [
        f"# Natten {outcome.as_of:%d.%m.%Y}",
        "",
        f"{len(outcome.vintages)} datasett, {outcome.tables} tabeller publisert.",
    ]
    if outcome.docs:
        lines += ["", f"Kontrollene: [{show.relative(outcome.docs)}]({outcome.docs.as_uri()})"]
    if outcome.taken:
        lines += ["", "## Personfiler tatt inn i dag", ""]
        lines += [f"- {batch.file}, {batch.rows} rader" for batch in outcome.taken]
    if fallen:
        lines += ["", "## Står på eldre tall", "", *fallen]
    if awaited:
        lines += ["", "## Ventes: meldt og ikke levert", "", *awaited]
    if outcome.skipped:
        lines += ["", "## Ikke bygget", ""]
        lines += [f"- **{table}**: {why}" for table, why in sorted(outcome.skipped.items())]
    if outcome.findings:
        lines += ["", "## Åpne varsler", ""]
        lines += [
            f"- {name(f.dataset)}, {label(f.kind)}, {f.nights}. natt, {f.owner}: {f.reason}"
            for f in outcome.findings
        ]
    return "\n".join(lines)


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
