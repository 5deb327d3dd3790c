"""Commands that read: sources, report, query, status. They start fast and change nothing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flows import cycle_words, norwegian, show
from flows.summary import titles
from tasks import alerts, catalogue, dates, home, sql_errors, warehouse
from tasks.alerts import outbox, words
from tasks.cycle import standing
from tasks.decisions import record
from tasks.errors import ConfigurationError, NotFound, WrongUse
from tasks.journal import Journal
from tasks.settings import Project, Settings, oslo_today

MOST_ROWS_IN_A_TABLE = 200
MOST_DECISIONS = 3
# What there is to ask of: every table within reach, and what a row is where a SQL file tells.
TABLES = """
    select
        found.schema_name || '.' || found.table_name as table_name,
        found.estimated_size as rows,
        coalesce(made.row_is, made.grain) as row_is
    from duckdb_tables() as found
    left join audit.table as made
        on made.table_name = found.schema_name || '.' || found.table_name
    where found.schema_name not in ('raw', 'restricted')
    order by found.schema_name != 'mart', found.schema_name = 'audit', 1
"""


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
                "awaited": dataset.awaited and vintage.get("as_of") is None,
            }
        )
    if as_json:
        show.as_json(records)
        return
    _print_profile(profile_of(settings))
    shown = {
        "dataset": "datasett",
        "publisher": "utgiver",
        "source_table": "kildetabell",
        "as_of": "hentet",
        "stale": "gammel",
        "constructed": "konstruert",
        "awaited": "ventes",
        "title": "tittel",
    }
    show.as_table(tuple(shown.values()), show.rows_of(records, tuple(shown)))


def report(run: str | None, as_json: bool) -> None:
    """Write the report of a run anew and print where it lies."""
    from tasks import runs
    from tasks.publish import report as publisher

    rooms = Settings().rooms
    finished = [entry["run"] for entry in runs.listed(rooms)]
    if not run and not finished:
        raise NotFound(
            subject="rapport",
            expected="minst én kjørt plan",
            got="ingen",
            remedy="kjør «tilbudsplan plan run --school-year 2027/28» først",
        )
    chosen = run or finished[0]
    runs.read(rooms, chosen)
    written = publisher.write(rooms.runs / chosen, rooms.warehouse, rooms.reports / chosen)
    if as_json:
        show.as_json({"run": chosen, "html": written.html, "xlsx": written.xlsx})
        return
    show.line(f"Rapport:  {show.relative(written.html)}")
    show.line(f"Regneark: {show.relative(written.xlsx)}")


def query(sql: str | None, form: str, as_of: datetime | None) -> None:
    """Run one read-only query on the published warehouse, or on a rebuilt one.

    Without a query: list its tables with their grain and number of rows.
    """
    import duckdb

    rooms = Settings().rooms
    if as_of and as_of.date() > oslo_today():
        raise WrongUse(
            subject="--as-of",
            expected=f"i dag ({oslo_today()}) eller en tidligere dato",
            got=f"{as_of:%Y-%m-%d}",
            remedy="velg en dato som har vært",
        )
    past = as_of if as_of and as_of.date() < oslo_today() else None
    path = rooms.asof / f"{past:%Y-%m-%d}.duckdb" if past else rooms.warehouse
    if past and not path.is_file():
        raise NotFound(
            subject=f"tall slik de stod {dates.day(past)}",
            expected=f"{show.relative(path)}",
            got="ingen fil",
            remedy=f"bygg den med «tilbudsplan ingest --as-of {past:%Y-%m-%d}»",
        )
    with warehouse.connect_read_only(path) as connection:
        try:
            statements = connection.extract_statements(TABLES if sql is None else sql)
            if len(statements) != 1:  # none: blanks and comments only
                number = "flere spørringer" if statements else "ingen spørring"
                raise duckdb.ParserException(number)
            result = connection.execute(statements[0])
            columns = [column[0] for column in result.description or ()]
            limit = MOST_ROWS_IN_A_TABLE + 1 if form == "table" else -1
            rows = result.fetchall() if limit < 0 else result.fetchmany(limit)
        except duckdb.Error as error:
            if warehouse.tells_of_damage(error):
                raise warehouse.damaged(path) from error
            wrong, remedy, engine = sql_errors.told(error)
            raise WrongUse(
                subject="query",
                expected="én SELECT som varehuset forstår (kun lesing)",
                got=wrong,
                remedy=remedy + engine,
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
    """Print the last night, plan and decisions, open cycles, stale datasets and open alerts."""
    from tasks import plan_report, runs

    settings = Settings()
    rooms = settings.rooms
    journal = Journal(rooms.journal)
    declared = catalogue.load(Project().catalogue)
    known_titles = titles(settings)
    known = vintages(settings)
    delivered = {v["dataset"] for v in known if v["as_of"]}
    finished = runs.listed(rooms)
    run = finished[0]["run"] if finished else None
    html = next((rooms.reports / run).glob("*.html"), None) if run else None
    facts: dict[str, Any] = {
        "home": rooms.home,
        "profile": profile_of(settings),
        **_nights(journal),
        "run": run,
        "runs": finished,
        "report": html,
        "plan_document": plan_report.newest(rooms, run) if run else None,
        "stale": [v for v in known if v["stale"]],
        "awaited": [
            {"dataset": d.id, "title": d.title, "owner": d.owner}
            for d in declared
            if d.awaited and d.id not in delivered
        ],
        "cycles": _cycles(settings),
        "decisions": [
            {"decision": d.id, "case": d.case, "decided_on": d.decided_on, "by": d.by}
            for d in record.listed(rooms)[: -MOST_DECISIONS - 1 : -1]
        ],
        "alerts": [
            {**vars(finding), "title": known_titles.get(finding.dataset)}
            for finding in alerts.open_findings(journal)
        ],
        "mail": [
            {
                "to": one.mail.to,
                "subject": one.mail.subject,
                "state": one.state,
                "written_at": one.written_at,
                "reason": one.reason,
            }
            for one in outbox.unsent(journal.entries())
        ],
    }
    if as_json:
        show.as_json(facts)
        return
    _print_status(facts)


def _cycles(settings: Settings) -> list[dict[str, Any]]:
    """The cycles that are open, in short; what is wrong with the calendar is told and no more."""
    try:
        found = standing.all_of(settings)
    except ConfigurationError as error:
        return [{"trouble": str(error)}]
    return [
        {
            "cycle": one.state.cycle.id,
            "stage": one.state.stage,
            "text": cycle_words.in_short(one),
            "awaited": [waiting.what.who for waiting in one.waits],
            "late": [waiting.what.title for waiting in one.waits if waiting.late_days],
        }
        for one in found
        if not one.state.over
    ]


def profile_of(settings: Settings) -> str:
    """The profile whose figures the home holds, whatever the environment says."""
    return settings.rooms.tied_to() or settings.profile


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


def _nights(journal: Journal) -> dict[str, dict[str, Any] | None]:
    """The last night that stands, and the last that failed if nothing was built after it."""
    built = failed = None
    entries = journal.entries()
    # A night can fail after it was built, while it is published.
    fallen = {entry.payload["night"] for entry in entries if entry.kind == "night.failed"}
    for entry in entries:
        if entry.kind == "night.failed":
            failed = {"at": entry.at, "reason": entry.payload["reason"]}
        elif entry.kind == "night.built" and entry.payload["night"] not in fallen:
            built, failed = {"at": entry.at, "as_of": entry.payload["as_of"]}, None
    return {"night": built, "failed": failed}


def _print_profile(profile: str) -> None:
    if profile == "demo":
        show.line(norwegian.profile(profile).capitalize())


def _print_run(facts: dict[str, Any]) -> None:
    """The newest run with its report, and its newest plan in classes as a document."""
    if facts["run"] is None:
        show.line("Siste plan: ingen ennå. Kjør «tilbudsplan plan run --school-year 2027/28».")
        return
    report, document = facts["report"], facts["plan_document"]
    show.line(f"Siste plan: {facts['run']}")
    where = show.relative(report) if report else "mangler; skriv den med «tilbudsplan report»"
    show.line(f"Rapport:    {where}")
    if document:
        show.line(f"Klasser:    {show.relative(document)}")


def _print_status(facts: dict[str, Any]) -> None:
    night = facts["night"]
    _print_profile(facts["profile"])
    if night is None:
        show.line(home.no_night(show.relative(facts["home"])))
    else:
        as_of = dates.day(date.fromisoformat(night["as_of"]))
        show.line(f"Siste natt: {show.local_time(night['at'])} (tall per {as_of})")
    if facts["failed"]:
        failed = facts["failed"]
        show.line(f"Mislykket natt: {show.local_time(failed['at'])}: {failed['reason']}")
        show.line("  Tallene som var publisert fra før, står urørt.")
    _print_run(facts)
    _print_decided(facts)
    show.line(f"Gamle datasett: {len(facts['stale']) or 'ingen'}")
    for vintage in facts["stale"]:
        name = words.titled(vintage["dataset"], vintage["title"])
        show.line(f"  {name}: {vintage['stale_reason']}")
    if rejected := [v for v in facts["stale"] if v.get("rejected")]:
        show.line(
            f"Nye tall som holdes tilbake: {len(rejected)}. Se «tilbudsplan quarantine list»."
        )
    if facts["awaited"]:
        show.line(f"Ventes, meldt og ikke levert: {len(facts['awaited'])}")
    for awaited in facts["awaited"]:
        name = words.titled(awaited["dataset"], awaited["title"])
        show.line(f"  {name}, {words.owner(awaited['owner'])}")
    show.line(f"Åpne varsler: {len(facts['alerts']) or 'ingen'}")
    for alert in facts["alerts"]:
        name, kind = words.titled(alert["dataset"], alert["title"]), alert["kind"]
        show.line(
            f"  {name}, {words.label(kind)}, {alert['nights']}. natt, "
            f"{words.owner(alert['owner'])}: {alert['reason']}"
        )
    if facts["mail"]:
        show.line(f"E-post som venter: {len(facts['mail'])}. Se «tilbudsplan mail list».")


def _print_decided(facts: dict[str, Any]) -> None:
    """Where the cycles are, and the newest decisions."""
    for cycle in facts["cycles"]:
        show.wrapped(cycle.get("text") or f"Årshjulet kan ikke leses: {cycle['trouble']}")
    if not facts["cycles"]:
        show.line("Årshjul: ingen er åpne")
    for made in facts["decisions"]:
        day = dates.day(made["decided_on"])
        show.line(f"Vedtak: {made['decision']}, sak {made['case']}, {made['by']}, {day}")
