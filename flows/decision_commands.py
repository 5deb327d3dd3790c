"""Commands about decisions: decide, decisions, rerun and diff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from flows import show
from tasks import dates, locks, names, runs
from tasks.cycle import outcomes
from tasks.cycle.outcomes import DecisionOutcome
from tasks.decisions import adopted, canonical, freeze, plan_again, record, verify
from tasks.decisions import rerun as again
from tasks.decisions.causes import Change
from tasks.decisions.figures import TableDifference
from tasks.decisions.record import Decision
from tasks.decisions.rerun import Rerun
from tasks.decisions.verify import Fault
from tasks.journal import Journal
from tasks.publish import formats
from tasks.settings import Project, Settings, oslo_today

_MOST = 15
_OUTCOMES = ["utenfor", "nivå", "region", "vedtatt", "justert", "utfall", "p10", "ventet", "p90"]
_WHY = {
    "program": "Programmet er endret",
    "bibliotek": "Andre biblioteker",
    "maskin": "En annen maskin",
}


def decide(
    run: str,
    case: str,
    by: str,
    decided: date | None,
    note: str,
    attachments: tuple[Path, ...],
    plan: Path | None,
    as_json: bool,
) -> None:
    """Freeze a decision, and say what it is known by."""
    settings = Settings()
    asked = freeze.Asked(run, case, by, decided or oslo_today(), note, attachments, plan)
    runs.read(settings.rooms, run)
    with locks.night_lock(settings.rooms.lock), show.progress():
        show.step("fryser vedtaket")
        made = freeze.freeze(settings, asked)
    folder = record.folder_of(settings.rooms, made)
    if as_json:
        show.as_json({**asdict(made), "folder": folder})
        return
    show.line(f"Vedtak:     {made.id}")
    show.line(f"Mappe:      {show.relative(folder)}")
    show.line(f"Kjennetegn: {made.seal}")
    show.line(
        "Skriv kjennetegnet i saken: da kan hvem som helst se at ingenting er endret, med "
        f"«tilbudsplan rerun {made.id} --seal {made.seal[:12]}»."
    )


def listed(as_json: bool) -> None:
    """List the decisions."""
    found = record.listed(Settings().rooms)
    if as_json:
        show.as_json([asdict(one) for one in found])
        return
    columns = ["vedtak", "sak", "vedtatt", "av", "skoleår", "kjøring", "kjennetegn"]
    rows = [[d.id, d.case, d.decided_on, d.by, d.school_year, d.run, d.seal[:12]] for d in found]
    show.as_table(columns, rows)
    if went := outcomes.summaries(outcomes.of_journal(Journal(Settings().rooms.journal).entries())):
        show.line()
        show.line("Utfall mot vedtak og prognose:")
        for one in went:
            show.wrapped(outcomes.told(one), "  ")


def shown(name: str, as_json: bool) -> bool:
    """Show a decision, and whether anything was changed since.

    Returns:
        Whether all is as it was.
    """
    rooms = Settings().rooms
    decision = record.find(rooms, name)
    faults = verify.faults(rooms, decision)
    every = outcomes.of_journal(Journal(rooms.journal).entries())
    came = [one for one in every if one.decision == decision.id]
    if as_json:
        told = {"faults": [asdict(f) for f in faults], "outcomes": [asdict(one) for one in came]}
        show.as_json({**asdict(decision), **told})
        return not faults
    for title, value in _facts(decision):
        show.line(f"{title + ':':<12} {value}")
    _print_faults(faults)
    if not faults:
        sealed = verify.sealed(rooms, decision)
        _print_adopted(sealed.get("adopted"), record.folder_of(rooms, decision))
        show.line(f"Uendret: {len(sealed['files'])} filer i vedtaket, og alt det ble hentet av.")
    _print_outcomes(came)
    return not faults


def rerun(name: str, seal: str | None, export: Path | None, as_json: bool) -> bool:
    """Make a decision again, and tell how it went.

    Returns:
        Whether it is the same.
    """
    settings = Settings()
    decision = record.find(settings.rooms, name)
    with show.progress():
        found = again.rerun(settings, decision, seal=seal, planned=plan_again.again, told=show.step)
    if export and not found.faults:
        canonical.export(found.now, export)
    if as_json:
        show.as_json(_rerun_facts(found))
    else:
        _print_rerun(found)
        if export and not found.faults:
            show.line(f"Tabellene er skrevet til {show.relative(export)}.")
    return found.same


def _facts(decision: Decision) -> list[tuple[str, str]]:
    return [
        ("Vedtak", decision.id),
        ("Sak", decision.case),
        ("Vedtatt", f"{dates.day(decision.decided_on)} av {decision.by} (slik det er oppgitt)"),
        *([("Merknad", decision.note)] if decision.note else []),
        ("Skoleår", decision.school_year),
        ("Kjøring", decision.run),
        ("Tall per", dates.day(decision.as_of)),
        ("Frosset", show.local_time(decision.frozen_at)),
        ("Kjennetegn", decision.seal),
    ]


def _print_adopted(told: dict[str, Any] | None, folder: Path) -> None:
    if told is None:
        return
    day = dates.day(date.fromisoformat(told["on"]))
    show.wrapped(
        f"Årshjulet for {told['cycle']}: {told['outcome']} {day}, {told['by']}. Tilbudet slik det "
        "ble vedtatt, ligger i adopted/offer.parquet."
    )
    for one in adopted.amendments(folder):
        before, after = formats.number(one.proposed), formats.number(one.classes)
        show.wrapped(f"{one.title}: {before} → {after} klasser. {one.reason}", "  ")


def _print_outcomes(came: Sequence[DecisionOutcome]) -> None:
    """How it went: each count in a sentence, then what fell outside the forecast."""
    called = names.of_cells(Project().reference) | {outcomes.ALL: "alle"}
    for summary in outcomes.summaries(came):
        show.line()
        show.wrapped(outcomes.told(summary))
        off = [one for one in came if one.counted == summary.counted and one.inside is False]
        off.sort(key=lambda one: -abs((one.outcome or 0) - one.forecast_mean))
        if off:
            show.as_table(_OUTCOMES, [_outcome(one, called) for one in off[:_MOST]], indent="  ")


def _outcome(one: DecisionOutcome, called: Mapping[str, str]) -> list[Any]:
    placed = one.measure == outcomes.PLACED
    cell = (one.programme_code, one.level, one.region_code)
    programme, level, region = (called.get(code, code) for code in cell)
    return [
        "formidlet (%)" if placed else programme,
        level,
        region,
        one.places_decided,
        one.places_adjusted,
        one.outcome,
        *(round(value, 1) for value in (one.forecast_p10, one.forecast_mean, one.forecast_p90)),
    ]


def _print_rerun(found: Rerun) -> None:
    decision = found.decision
    show.line(f"Vedtak {decision.id}, sak {decision.case}, skoleåret {decision.school_year}")
    _print_faults(found.faults)
    if found.faults:
        show.line("Ingenting er regnet på nytt: det som er frosset, er ikke som det var.")
        return
    _print_inputs(found)
    if found.tables:
        show.line(f"Andre tall enn vedtatt i {len(found.tables)} tabeller:")
        _print_differences(found.tables)
        _print_share(found)
    elif found.not_rebuilt:
        show.line("Samme tall som vedtatt, på det frosne tallgrunnlaget.")
    else:
        show.line(f"Samme tall som vedtatt, byte for byte, i alle {len(found.hashes)} tabeller.")
    if found.plan_kept:
        show.line("Planen er beholdt og uendret; den er ikke regnet på nytt.")
    _print_changes(found)


def _print_inputs(found: Rerun) -> None:
    if found.not_rebuilt:
        show.wrapped(f"Natten kunne ikke bygges på nytt: {found.not_rebuilt}")
    for file, on in found.deleted.items():
        show.line(f"Radene om personer fra {file} ble slettet {dates.day(on)}.")
    if found.taken:
        show.line(f"Tellingene av dem er hentet fra vedtaket: {', '.join(found.taken)}.")
    if found.inputs:
        show.line(f"Tallgrunnlaget blir annerledes enn det var, i {len(found.inputs)} tabeller:")
        _print_differences(found.inputs)
    for fault in found.copy_faults:
        show.line(f"Kjøringen ved siden av er endret; vedtaket har sin egen kopi. {fault}")


def _print_share(found: Rerun) -> None:
    if not found.inputs:
        show.line("Tallgrunnlaget er det samme; det er utregningen som er annerledes.")
    elif not found.by_model:
        show.line("Alt kommer av tallgrunnlaget: på det frosne blir tallene som vedtatt.")
    else:
        names = ", ".join(one.table for one in found.by_model)
        show.wrapped(f"Også på det frosne tallgrunnlaget blir dette annerledes: {names}.")


def _print_changes(found: Rerun) -> None:
    for kind, title in _WHY.items():
        chosen = [one for one in found.changes if one.kind == kind]
        if chosen:
            show.line(f"{title} siden vedtaket ({len(chosen)}):")
            _print_some(chosen)
    if found.commit and any(one.kind == "program" for one in found.changes):
        show.line(f"Programmet fra da: {found.commit}.")
    if not found.changes:
        show.line("Program, låsefil og maskin er de samme som da.")
        if found.tables or found.inputs:
            show.line(
                "Da skulle alt vært likt: dette er en feil i programmet, eller noe er endret uten "
                "spor. Meld det til den som drifter."
            )
    if found.rules_today:
        show.line(f"Regler som er andre i dag; de frosne er brukt ({len(found.rules_today)}):")
        _print_some(found.rules_today)


def _print_some(changes: Sequence[Change]) -> None:
    for one in changes[:_MOST]:
        show.line(f"  {one}")
    if len(changes) > _MOST:
        show.line(f"  … og {len(changes) - _MOST} til; --json gir alle")


def _print_faults(faults: Sequence[Fault]) -> None:
    if faults:
        show.line(f"Endret siden det ble frosset ({len(faults)}):")
    for fault in faults:
        show.line(f"  {fault}")


def _print_differences(tables: Sequence[TableDifference]) -> None:
    rows: list[list[Any]] = []
    for one in tables:
        lost, new = (n if n is not None else "ukjent" for n in (one.only_then, one.only_now))
        if lost or new or not one.columns:
            other = f", andre kolonner: {', '.join(one.other_columns)}" if one.other_columns else ""
            what = f"rader bort {lost}, nye {new}{other}"
            rows.append([one.table, what, max(one.rows_then, one.rows_now), None, None, ""])
        rows += [
            [one.table, c.column, c.cells, c.largest, _percent(c.relative), c.row]
            for c in one.columns
        ]
    show.as_table(
        ["tabell", "kolonne", "rader", "største", "i prosent", "i raden"], rows, indent="  "
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _rerun_facts(found: Rerun) -> dict[str, Any]:
    facts = {name: getattr(found, name) for name in found.__dataclass_fields__ if name != "now"}
    plain = {
        name: [asdict(one) for one in value] if isinstance(value, tuple) else value
        for name, value in facts.items()
        if name not in {"decision", "taken"}
    }
    return {
        "same": found.same,
        "decision": asdict(found.decision),
        "taken": list(found.taken),
        **plain,
    }
