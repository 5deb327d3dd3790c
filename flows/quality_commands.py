"""Commands on the quality of figures: suites by hand, and verdicts on what is held back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, Literal

from flows import held_rows, show
from flows.summary import titles
from tasks import catalogue, heads, home, quality, quarantine, warehouse
from tasks.alerts import words
from tasks.errors import NotFound
from tasks.journal import Journal
from tasks.quality import WATCHES_FOR, Result, Suite
from tasks.settings import Project, Settings

AFTERWARDS = "Det gjelder fra neste natt, eller fra «tilbudsplan build»."
_TABLES_NAMED = 3
_INDENT, _WIDEST_CELL = " " * 10, 40
_STATES = {"block": "STOPPER", "warn": "ADVARSEL"}


def check(table: str | None, every: bool, as_json: bool) -> bool:
    """Run the suites of the checkout on the published night.

    Returns:
        False where an expectation that blocks does not hold, and nobody has released it.
    """
    settings = Settings()
    suites = _chosen(quality.read_suites(Project().expectations), table)
    with warehouse.connect_to_check(settings.rooms) as con:
        built = [suite for suite in suites if warehouse.has(con, suite.table)]
        if table and not built:
            raise NotFound(
                subject=suites[0].table,
                expected="en tabell i det publiserte varehuset",
                got="en som ikke er bygget",
                remedy="se hvorfor med «tilbudsplan status», og kjør natten på nytt",
            )
        results = quality.run(con, built)
        released = _released(settings, con)
    states = [_state(result, released) for result in results]
    if as_json:
        told = zip(results, states, strict=True)
        show.as_json([{**vars(result), "state": state} for result, state in told])
    else:
        _print_results(results, states, every)
        for suite in suites:
            if suite not in built:
                show.line(f"{suite.table} er ikke bygget og er ikke kontrollert.")
        _say_held(settings, [suite.table for suite in suites])
    return "STOPPER" not in states


def _released(settings: Settings, con: Any) -> set[tuple[str, str]]:
    """What the published figures were released from by a person: tables and keys."""
    verdicts = quarantine.Verdicts(Journal(settings.rooms.journal).entries())
    stood = con.execute("select dataset, snapshot from audit.vintage").fetchall()
    given = [verdicts.of(dataset, snapshot) for dataset, snapshot in stood]
    return {
        overruled
        for verdict in given
        if verdict is not None and verdict.verdict == "release"
        for overruled in verdict.overruled
    }


def _state(result: Result, released: set[tuple[str, str]]) -> str:
    if result.success:
        return "holder"
    if result.blocks and (result.table, result.key) in released:
        return "frigitt"
    return _STATES[result.severity]


def _say_held(settings: Settings, tables: list[str]) -> None:
    """What is looked at may be figures from before: newer ones are held back."""
    found = dict.fromkeys(r["dataset"] for r in _held(settings) if r["table_name"] in tables)
    for dataset in found:
        show.line(f"Nyere tall holdes tilbake; se «tilbudsplan quarantine show {dataset}».")


def _chosen(suites: dict[str, Suite], table: str | None) -> list[Suite]:
    if table is None:
        return list(suites.values())
    datasets = {d.id: d.table for d in catalogue.load(Project().catalogue)}
    wanted = datasets.get(table, table)
    found = [name for name in suites if wanted in {name, name.partition(".")[2]}]
    if found:
        return [suites[name] for name in found]
    near = get_close_matches(table, [*suites, *datasets], n=1)
    raise NotFound(
        subject=table,
        expected="en tabell med krav i expectations/",
        got="et ukjent navn",
        remedy=f"mente du «{near[0]}»?" if near else "«tilbudsplan query» viser tabellene",
    )


def _print_results(results: Sequence[Result], states: Sequence[str], every: bool) -> None:
    for result, state in zip(results, states, strict=True):
        if not result.success:
            show.line(f"{state:<9} {result.table}: {result.in_short()}")
            _print_sample(result)
        elif every:
            # The reason is what a breach would come to: said of what holds it reads as a fault.
            show.line(f"{'ok':<9} {result.table} holder. {WATCHES_FOR}: {result.reason}")
    count = Counter(states)
    tables = list(dict.fromkeys(result.table for result in results))
    named = ", ".join(tables) if len(tables) <= _TABLES_NAMED else f"{len(tables)} tabeller"
    released = f", {count['frigitt']} frigitt" if count["frigitt"] else ""
    show.line(
        f"{named}: {len(results)} krav, {count['holder']} holder, "
        f"{count['ADVARSEL']} gir advarsel, {count['STOPPER']} stopper{released}."
    )


def _print_sample(result: Result) -> None:
    """The first failing rows as a table, or the first failing values."""
    sample = result.sample()
    if sample and isinstance(sample[0], dict):
        columns = list(sample[0])
        rows = [[_short(row.get(column)) for column in columns] for row in sample]
        named = [heads.head(column) for column in columns]
        most = show.fitting(named, rows, _INDENT)
        show.as_table(named[:most], [row[:most] for row in rows], indent=_INDENT)
        if most < len(named):
            show.line(f"{_INDENT}… og {', '.join(named[most:])} (--json)")
    elif sample:
        show.line(f"{_INDENT}blant dem {', '.join(map(show.text, sample))}")


def _short(value: Any) -> Any:
    return show.shortened(value, _WIDEST_CELL) if isinstance(value, str) else value


def held(as_json: bool) -> None:
    """Print what is held back, with the verdict where one is given."""
    settings = Settings()
    night = settings.rooms.warehouse.is_file()
    rows = _held(settings) if night else []
    if as_json:
        show.as_json(rows)
        return
    if not night:
        show.line(home.no_night(show.relative(settings.rooms.home)))
        return
    if not rows:
        show.line("Ingen tall holdes tilbake.")
        return
    known = titles(settings)
    for dataset in dict.fromkeys(row["dataset"] for row in rows):
        mine = [row for row in rows if row["dataset"] == dataset]
        show.line(words.titled(dataset, known.get(dataset)))
        for row in mine:
            show.line(f"  {words.label(row['kind'])}: {_in_short(row)}")
        show.line(f"  {_verdict(mine[0])}")


def shown(dataset: str, number: int, as_json: bool) -> None:
    """Print what is wrong with the figures of a dataset that are held back, with rows."""
    settings = Settings()
    mine = _of(_held(settings), dataset)
    with warehouse.connect_internal(settings.rooms) as con:
        rows = [held_rows.stored(con, row, number) for row in mine]
        beside = [
            held_rows.published(con, row["table_name"], found)
            for row, found in zip(mine, rows, strict=True)
        ]
    looked_at = list(zip(mine, rows, beside, strict=True))
    if as_json:
        show.as_json([{**row, "rows": r, "published": b} for row, r, b in looked_at])
        return
    show.line(words.titled(dataset, titles(settings).get(dataset)))
    show.line(f"Øyeblikksbilde {mine[0]['snapshot'][:12]}. {_verdict(mine[0])}")
    for earlier in _earlier(settings, mine[0]):
        show.line(f"Før det: {earlier}.")
    for row, found, known in looked_at:
        show.line()
        show.line(f"{row['table_name'] or words.label(row['kind'])}: {_in_short(row)}")
        show.line(f"Ansvar: {words.owner(row['owner'])}")
        held_rows.printed(row, found, known)
    show.line()
    show.line(
        "Inntil noe annet er avgjort, brukes de forrige gode tallene. Er tallet skrevet feil hos"
    )
    show.line("den som sendte det, er det rettest å be om nye tall: da løser det seg av seg selv.")


def decide(dataset: str, verdict: Literal["release", "drop"], by: str, reason: str) -> None:
    """Journal a verdict on what is held back of a dataset."""
    settings = Settings()
    rows = _held(settings)
    before = _of(rows, dataset)[0]["verdict"]
    given = quarantine.decide(Journal(settings.rooms.journal), rows, dataset, verdict, by, reason)
    name = words.titled(dataset, titles(settings).get(dataset))
    show.line(f"{name}: {given}")
    if before:
        show.line(f"Dette erstatter: {before}.")
    show.line(AFTERWARDS)


def _held(settings: Settings) -> list[dict[str, Any]]:
    """Rows of `audit.quarantine`, each with the verdict as the journal has it now."""
    verdicts = quarantine.Verdicts(Journal(settings.rooms.journal).entries())
    with warehouse.connect_published(settings.rooms) as con:
        if not warehouse.has(con, "audit.quarantine"):
            return []  # published by an earlier version; the next night tells
        rows = warehouse.frame(con, "from audit.quarantine order by all").to_dicts()
    for row in rows:
        verdict = verdicts.of(row["dataset"], row["snapshot"])
        row["verdict"] = str(verdict) if verdict else None
    return rows


def _of(rows: list[dict[str, Any]], dataset: str) -> list[dict[str, Any]]:
    mine = [row for row in rows if row["dataset"] == dataset]
    if not mine:
        names = ", ".join(dict.fromkeys(row["dataset"] for row in rows))
        raise NotFound(
            subject=dataset,
            expected="et datasett som holdes tilbake",
            got="et annet navn" if rows else "ingenting som holdes tilbake",
            remedy=f"velg blant {names}" if rows else "se hva som er publisert med «status»",
        )
    return mine


def _in_short(row: dict[str, Any]) -> str:
    count = row["unexpected_count"]
    rows = f" ({'1 rad' if count == 1 else f'{count} rader'})" if count else ""
    # What an older version published does not say it.
    why = f"; {row['put_back']}" if row.get("put_back") else ""
    return f"{row['reason']}{rows}{why}"


def _verdict(row: dict[str, Any]) -> str:
    if row["verdict"]:
        told = row["verdict"]
        return f"{told[0].upper()}{told[1:]}. {AFTERWARDS}"
    name = row["dataset"]
    return (
        f"Ikke avgjort: «tilbudsplan quarantine release {name} --by … --reason …» tar dem i bruk, "
        f"«quarantine drop {name} --by … --reason …» forkaster dem."
    )


def _earlier(settings: Settings, row: dict[str, Any]) -> list[str]:
    """Verdicts on the snapshot before the one that stands, newest first."""
    entries = Journal(settings.rooms.journal).entries(quarantine.VERDICT)
    mine = [e for e in entries if e.payload["snapshot"] == row["snapshot"]]
    verdicts = [quarantine.Verdicts([e]).of(row["dataset"], row["snapshot"]) for e in mine]
    return [str(verdict) for verdict in reversed(verdicts[:-1]) if verdict]
