"""The command that explains a table or a figure."""

from __future__ import annotations

from dataclasses import asdict

from flows import show
from tasks import dates, lineage
from tasks.lineage import Explanation, Source, Vintage
from tasks.settings import Settings

SHORT = 12


def explain(subject: str, where: str | None, as_json: bool) -> None:
    """Print what a mart or a column is, and what it stands on."""
    found = lineage.explain(Settings().rooms, subject, where)
    if as_json:
        show.as_json(asdict(found))
        return
    _print_facts(found)
    show.line()
    if len(found.columns) == 1:
        ((name, definition),) = found.columns.items()
        show.line(f"{name}: {definition or 'uten definisjon'}")
    else:
        show.line("Kolonner:")
        width = max(map(len, found.columns))
        for name, definition in found.columns.items():
            show.line(f"  {name.ljust(width)}  {definition or '–'}")
    if where:
        show.line()
        show.line(f"Rader der {where}:")
        show.as_table(found.header, found.rows)
        if len(found.rows) == lineage.ROWS_SHOWN:
            show.line(f"Viser de {lineage.ROWS_SHOWN} første.")
    show.line()
    show.line("Bygger på:")
    for source in found.sources:
        _print_source(source)


def _print_facts(found: Explanation) -> None:
    facts = found.facts
    show.line(f"{found.table}: {facts['title']}" if facts["title"] else found.table)
    for label, key in (
        ("Rader", "row_is"),
        ("Nøkkel", "key"),
        ("Enhet", "unit"),
        ("Brukes av", "users"),
    ):
        if facts[key]:
            show.line(f"{label}: {facts[key]}")


def _print_source(source: Source) -> None:
    indent = "  " * source.depth
    number = "én rad" if source.rows == 1 else f"{source.rows} rader"
    rows = "" if source.rows is None else f" ({number} med samme vilkår)"
    again = " (se over)" if source.again else ""
    show.line(f"{indent}{source.name}{again}{rows}")
    for vintage in source.vintages:
        _print_vintage(vintage, f"{indent}  ")


def _print_vintage(vintage: Vintage, indent: str) -> None:
    facts = vintage.facts
    show.line(f"{indent}{facts['publisher']}: {facts['source_table']}, {facts['title']}")
    if facts["snapshot"] is None:
        show.line(f"{indent}ikke levert ennå")
        return
    told = [f"hentet {dates.day(facts['as_of'])}"]
    if facts["source_updated"]:
        told.append(f"oppdatert av kilden {dates.day(facts['source_updated'])}")
    if facts["stale"]:
        told.append(f"gammel: {facts['stale_reason']}")
    if facts["constructed"]:
        told.append("konstruert, helt eller delvis")
    show.line(f"{indent}{', '.join(told)}; øyeblikksbilde {facts['snapshot'][:SHORT]}")
    for request in vintage.requests:
        show.line(f"{indent}{request}")
    if vintage.more:
        show.line(f"{indent}og {vintage.more} spørringer til")
