"""Writes `docs/data.md`: every dataset and table, from catalogue, SQL headers and suites.

`python -m tasks.publish.data_page` writes the page; a test fails when it is out of date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tasks import catalogue, quality, transform
from tasks.catalogue import Dataset, Publisher, Rate, Window
from tasks.quality import Suite
from tasks.settings import CHECKOUT, Project
from tasks.transform import Table

PAGE = CHECKOUT / "docs" / "data.md"

_INTRODUCTION = """# Datasets and tables

Written by `make docs` from `data/catalogue`, the headers in `sql/` and the suites in
`expectations/`; change those, not this page. `tilbudsplan sources` tells how old each dataset is in
an installation, and `tilbudsplan query "DESCRIBE <table>"` gives a table's columns and types.

Restricted tables stay in the internal file and are never published. "Checks" counts the
expectations that stop a table (block) and those that only tell (warn).
"""


def text(project: Project | None = None) -> str:
    """The page, one section a publisher and one for the joined tables.

    Raises:
        CatalogueError: the catalogue has mistakes.
        ConfigurationError: SQL files or suites have mistakes.
    """
    project = project or Project()
    declared = catalogue.load(project.catalogue)
    tables = {table.name: table for table in transform.read_project(project.sql)}
    suites = quality.read_suites(project.expectations)
    lines = [_INTRODUCTION, *_overview(declared.publishers.values(), list(declared))]
    for publisher in sorted(declared.publishers.values(), key=lambda p: p.name.casefold()):
        own = [dataset for dataset in declared if dataset.publisher.id == publisher.id]
        lines += _publisher(publisher, own, tables, suites)
    lines += ["", "## Joined tables", ""]
    lines += ["Built from the tables above, on today's municipal borders.", ""]
    for name in sorted(tables):
        if name.startswith("mart."):
            lines += [f"### {name}", "", *_table(tables[name], suites.get(name))]
            lines += [f"- Reads: {', '.join(tables[name].sources)}", ""]
    return "\n".join(lines).rstrip() + "\n"


def write(page: Path = PAGE) -> None:
    """Write the page anew."""
    page.write_text(text(), encoding="utf-8")


def _overview(publishers: Iterable[Publisher], datasets: list[Dataset]) -> Iterator[str]:
    yield "| publisher | datasets | licence |"
    yield "|---|---|---|"
    for publisher in sorted(publishers, key=lambda p: p.name.casefold()):
        number = sum(dataset.publisher.id == publisher.id for dataset in datasets)
        yield f"| {publisher.name} | {number} | {publisher.licence} |"


def _publisher(
    publisher: Publisher,
    datasets: list[Dataset],
    tables: Mapping[str, Table],
    suites: Mapping[str, Suite],
) -> Iterator[str]:
    yield from ("", f"## {publisher.name}", "")
    yield f"{publisher.homepage} · {publisher.licence} · {_terms(publisher)}"
    for dataset in datasets:
        yield from ("", f"### {dataset.title}", "")
        state = ", ordered and not delivered yet" if dataset.awaited else ""
        yield (
            f"- Dataset: `{dataset.id}` ({dataset.protocol}, {dataset.source_table}){state}; "
            f"{dataset.cadence}, old after {dataset.freshness_days} days; "
            f"owner {dataset.owner}; {dataset.sensitivity}"
        )
        if dataset.licence:
            yield f"- Licence: {dataset.licence}"
        yield f"- Table: `{dataset.table}`"
        yield from _table(tables[dataset.table], suites.get(dataset.table))


def _terms(publisher: Publisher) -> str:
    closed = "".join(f", never {_hours(window)}" for window in publisher.closed)
    return f"{_rate(publisher.rate)}{closed}"


def _rate(rate: Rate) -> str:
    return f"at most {rate.calls} calls in {rate.per_seconds:g} s"


def _hours(window: Window) -> str:
    return f"{window.start:%H:%M}–{window.end:%H:%M}"


def _table(table: Table, suite: Suite | None) -> Iterator[str]:
    yield f"- Grain: {table.grain}"
    yield f"- Key: {', '.join(table.key)}"
    yield f"- Unit: {table.unit}"
    if suite:
        severities = [expectation.severity for expectation in suite.expectations]
        yield f"- Checks: {severities.count('block')} block, {severities.count('warn')} warn"


if __name__ == "__main__":
    write()
