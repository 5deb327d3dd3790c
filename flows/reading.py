"""Commands that read: sources, report, query, status. They start fast and change nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flows import show
from tasks import alerts, catalogue, warehouse
from tasks.errors import NotFound, WrongUse
from tasks.journal import Journal
from tasks.settings import Project, Settings

MOST_ROWS_IN_A_TABLE = 200


def sources(as_json: bool) -> None:
    """Print the catalogue with the age of each dataset's figures."""
    settings = Settings()
    known = {v["dataset"]: v for v in vintages(settings)}
    records = []
    for dataset in catalogue.load(Project().catalogue):
        vintage = known.get(dataset.id, {})
        records.append(
            {
                "dataset": dataset.id,
                "title": dataset.title,
                "publisher": dataset.publisher.name,
                "source_table": dataset.source_table,
                "protocol": dataset.protocol,
                "table": dataset.table,
                "cadence": dataset.cadence,
                "owner": dataset.owner,
                "licence": dataset.licence or dataset.publisher.licence,
                "source_updated": vintage.get("source_updated"),
                "as_of": vintage.get("as_of"),
                "stale": vintage.get("stale"),
                "constructed": vintage.get("constructed"),
            }
        )
    if as_json:
        show.as_json(records)
        return
    show.as_table(
        ("datasett", "utgiver", "kildetabell", "hentet", "gammel", "tittel"),
        show.rows_of(records, ("dataset", "publisher", "source_table", "as_of", "stale", "title")),
    )


def report(run: str | None, as_json: bool) -> None:
    """Write the report of a run anew and print where it lies."""
    from tasks import runs
    from tasks.publish import report as publisher

    rooms = Settings().rooms
    chosen = run or runs.latest(rooms)
    if chosen is None:
        raise NotFound(
            subject="rapport",
            expected="minst én kjørt plan",
            got="ingen",
            remedy="kjør «tilbudsplan plan run --school-year 2027/28» først",
        )
    runs.read(rooms, chosen)
    written = publisher.write(rooms.runs / chosen, rooms.warehouse, rooms.reports / chosen)
    if as_json:
        show.as_json({"run": chosen, "html": written.html, "xlsx": written.xlsx})
        return
    show.line(f"Rapport:  {show.relative(written.html)}")
    show.line(f"Regneark: {show.relative(written.xlsx)}")


def query(sql: str, form: str, as_of: datetime | None) -> None:
    """Run one read-only query on the published warehouse, or on a rebuilt one."""
    import duckdb

    rooms = Settings().rooms
    path = rooms.asof / f"{as_of:%Y-%m-%d}.duckdb" if as_of else rooms.warehouse
    if as_of and not path.is_file():
        raise NotFound(
            subject=f"tall slik de stod {as_of:%d.%m.%Y}",
            expected=f"{show.relative(path)}",
            got="ingen fil",
            remedy=f"bygg den med «tilbudsplan ingest --as-of {as_of:%Y-%m-%d}»",
        )
    with warehouse.connect_read_only(path) as connection:
        try:
            result = connection.execute(sql)
            if result is None:  # blanks and comments only
                raise duckdb.ParserException("ingen spørring")
            columns = [column[0] for column in result.description or ()]
            limit = MOST_ROWS_IN_A_TABLE + 1 if form == "table" else -1
            rows = result.fetchall() if limit < 0 else result.fetchmany(limit)
        except duckdb.Error as error:
            raise WrongUse(
                subject="query",
                expected="en SELECT som varehuset forstår (kun lesing)",
                got=str(error).strip(),
                remedy='se tabellene med: tilbudsplan query "show all tables"',
            ) from error
    if form == "json":
        show.as_json([dict(zip(columns, row, strict=True)) for row in rows])
    elif form == "csv":
        show.as_csv(columns, rows)
    else:
        show.as_table(columns, rows[:MOST_ROWS_IN_A_TABLE])
        if len(rows) > MOST_ROWS_IN_A_TABLE:
            show.note(f"Viser de første {MOST_ROWS_IN_A_TABLE} radene; --csv og --json gir alle.")


def status(as_json: bool) -> None:
    """Print the last night, the last plan, stale datasets and open alerts."""
    from tasks import runs

    settings = Settings()
    rooms = settings.rooms
    journal = Journal(rooms.journal)
    nights = journal.entries("night.built")
    run = runs.latest(rooms)
    html = next((rooms.reports / run).glob("*.html"), None) if run else None
    facts: dict[str, Any] = {
        "home": rooms.home,
        "night": {"at": nights[-1].at, "as_of": nights[-1].payload["as_of"]} if nights else None,
        "run": run,
        "report": html,
        "stale": [v for v in vintages(settings) if v["stale"]],
        "alerts": [vars(finding) for finding in alerts.open_findings(journal)],
    }
    if as_json:
        show.as_json(facts)
        return
    _print_status(facts)


def vintages(settings: Settings) -> list[dict[str, Any]]:
    """Rows of `audit.vintage`; none before the first night."""
    try:
        connection = warehouse.connect_published(settings.rooms)
    except NotFound:
        return []
    with connection:
        found = connection.execute("FROM audit.vintage ORDER BY dataset")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _print_status(facts: dict[str, Any]) -> None:
    night, run, report = facts["night"], facts["run"], facts["report"]
    if night is None:
        show.line("Siste natt: ingen ennå. Kjør «tilbudsplan demo» eller «tilbudsplan ingest».")
    else:
        show.line(f"Siste natt: {show.local_time(night['at'])} (tall per {night['as_of']})")
    if run is None:
        show.line("Siste plan: ingen ennå. Kjør «tilbudsplan plan run --school-year 2027/28».")
    else:
        show.line(f"Siste plan: {run}")
        where = show.relative(report) if report else "mangler; skriv den med «tilbudsplan report»"
        show.line(f"Rapport:    {where}")
    show.line(f"Gamle datasett: {len(facts['stale']) or 'ingen'}")
    for vintage in facts["stale"]:
        show.line(f"  {vintage['dataset']}: {vintage['stale_reason']}")
    show.line(f"Åpne varsler: {len(facts['alerts']) or 'ingen'}")
    for alert in facts["alerts"]:
        show.line(
            f"  {alert['dataset']} ({alert['kind']}, {alert['owner']}), "
            f"{alert['nights']}. natt: {alert['reason']}"
        )
