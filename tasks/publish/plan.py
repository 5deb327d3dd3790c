"""The document of a plan in whole classes, for planners and politicians: one HTML file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from tasks.publish import (
    disclosure,
    formats,
    plan_findings,
    plan_goals,
    plan_offers,
    plan_rules,
    plan_tradeoff,
    provenance,
    report,
    tables,
)
from tasks.publish.model import Document, Section, Table
from tasks.publish.plan_parts import INTAKE_SOURCE, SOURCE, Front, Proposal

HTML = "planforslag.html"
METHOD = (
    "Planen er et heltallsprogram: den velger hele og halve klasser for hver av fylkets skoler og "
    "hvert programområde, plasser for voksne og fagskoleplasser, slik at rettighetene, rommene, "
    "lærerne og budsjettet holder, og slik at målene innfris ett etter ett i den rekkefølgen som "
    "er satt. Udekket behov er snittet av det som mangler i hver av framtidene som er trukket, "
    "ikke det som mangler i den midterste.",
    "Begrunnelsen for en endring er regnet: med én klasse mer og én færre er elevene plassert på "
    "nytt, og forskjellen i hvert mål er det som står der.",
    "Planen plasserer ikke elever. Hvem som får plass hvor, avgjør inntaket, og det er simulert på "
    "trukne søkere etter fylkets regler.",
)


@dataclass(frozen=True, kw_only=True)
class PlanDocument(Document):
    """What the document of a plan says beyond the report.

    Attributes:
        goals: The goals in order; stands on the first page.
        unconfirmed: What nobody has confirmed, by file; stands there too.
        unconfirmed_count: How many entries that is.
    """

    goals: Table
    unconfirmed: list[tuple[str, str]]
    unconfirmed_count: int


def write(proposal: Proposal, target_folder: Path) -> Path:
    """Write the document of a plan; an earlier one is replaced whole.

    Args:
        proposal: The plan (`read`).
        target_folder: Where the file goes.
    """
    text = report.render(document(proposal), "plan.html.j2")
    target_folder.mkdir(parents=True, exist_ok=True)
    path = target_folder / HTML
    half = path.with_suffix(".html.part")
    half.write_text(text, encoding="utf-8")
    half.replace(path)
    return path


def document(plan: Proposal) -> PlanDocument:
    """Everything that the document says, in order."""
    vintages = [plan.run.vintages[d] for d in provenance.OF_PLAN if d in plan.run.vintages]
    constructed = [v.title for v in vintages if v.constructed]
    mark = f" {provenance.MARK}" if constructed else ""
    return PlanDocument(
        title=f"Planforslag for {plan.run.county_name}, skoleåret {plan.run.school_year}",
        county=plan.run.county_name,
        school_year=plan.run.school_year,
        run=[
            ("Plan", plan.id),
            ("Kjøring", plan.run.id),
            ("Tall per", plan.run.manifest.get("night", {}).get("as_of", formats.MISSING)),
        ],
        findings=plan_findings.sentences(plan),
        goals=_marked(plan_goals.goals(plan), mark),
        unconfirmed=plan_rules.unconfirmed(plan),
        unconfirmed_count=plan.tables["unconfirmed"].height,
        constructed=constructed,
        stale=[(v.title, v.stale_reason or "ukjent årsak") for v in vintages if v.stale],
        sections=[
            replace(
                section,
                figures=tuple(replace(f, table=_marked(f.table, mark)) for f in section.figures),
                tables=tuple(_marked(table, mark) for table in section.tables),
            )
            for section in _sections(plan)
        ],
        reading=[],
        definitions=_definitions(),
        method=METHOD,
        closed=disclosure.REASON,
        sources=provenance.table_of_plan(plan.run.vintages, plan.run.periods),
    )


def _sections(plan: Proposal) -> list[Section]:
    return [
        plan_goals.beside(plan),
        *plan_tradeoff.sections(plan),
        plan_goals.intake(plan),
        plan_offers.programmes(plan),
        plan_offers.others(plan),
        plan_offers.by_hand(plan),
        plan_offers.schools(plan),
        plan_rules.section(plan),
    ]


def _marked(table: Table, mark: str) -> Table:
    """The table with the mark of constructed figures, where it is one of figures."""
    of_figures = table.source in (SOURCE, INTAKE_SOURCE)
    return replace(table, source=table.source + mark) if of_figures else table


def _definitions() -> list[tuple[str, str]]:
    return [
        ("Klasse", "En hel klasse, eller en halv (0,5) der reglene tillater det."),
        ("Egen regning", "Det planen regner selv, med grupper av elever fordelt så godt det går."),
        ("Inntaket", "Simulering av fylkets regler for inntak på trukne søkere."),
        ("80 %-intervall", "Åtte av ti trekninger ligger mellom de to tallene."),
        ("Fylt", "Elever i planen som andel av plassene."),
        ("Vanlige tegn", "«..» tallet finnes ikke, «–» ingen klasser, «:» skjult."),
        ("<5", "Anslag over 0 og under 5 personer."),
        ("K, konstruert", "Laget for eksemplets skyld, slik at det stemmer med offentlige summer."),
    ]


def read(
    plan_id: str,
    manifest: Mapping[str, Any],
    plan_tables: Mapping[str, pl.DataFrame],
    run_folder: Path,
    warehouse_path: Path,
    intake: tuple[Mapping[str, Any], Mapping[str, pl.DataFrame]] | None = None,
    fronts: Iterable[Front] = (),
) -> Proposal:
    """Put a plan together with its run and its intake.

    Args:
        plan_id: Its name.
        manifest: Its manifest.
        plan_tables: Its tables.
        run_folder: The run that it is made of.
        warehouse_path: The published warehouse: names.
        intake: Manifest and tables of its intake; None where there is none.
        fronts: Pairs of its goals against each other.

    Raises:
        NotFound: A table of the run, the warehouse, or the vintage of a dataset is missing.
        ValidationFailed: A table of the run lacks a column.
    """
    made, found = intake or ({}, {})
    run = tables.read(run_folder, warehouse_path)
    return Proposal(plan_id, manifest, plan_tables, found, made, run, tuple(fronts))
