"""Why a figure is what it is: from last year's to this year's, and what the gap hangs on."""

from __future__ import annotations

import polars as pl

from tasks.forecast.labour.types import CAVEAT
from tasks.publish import formats, model, provenance, row_charts, sensitivity, working_life
from tasks.publish.accuracy import fallbacks
from tasks.publish.model import Cell, Column, Figure, Section, Table
from tasks.publish.parts import Row, county_rows, described, figure
from tasks.publish.sensitivity import programme, region
from tasks.publish.tables import ALL, Run

ID = "hvorfor"
TITLE = "Hvorfor tallet er som det er"
TOLD = (
    "Fjorårets tall er det modellen sier når den bare får tallene som fantes for ett år siden. "
    "Stegene viser hva hver endring siden da gjør med tallet. De er hele personer og går opp på "
    "hver rad."
)
HANGS = (
    "Alle anslag er usikre, men ikke like mye på grunn av alt. Tabellen over det gapet henger på, "
    "viser hvilke forhold som flytter stillinger minus kandidater mest for hvert program, slik "
    "modellen selv regner med at de kan bli."
)
# Pupils are told for the plan's school year, the others as a mean of the window's years.
PUPILS, CANDIDATES, GAP = "pupils", "candidates", "gap"
QUANTITIES = {
    PUPILS: "Elever",
    CANDIDATES: "Kandidater",
    GAP: "Stillinger minus kandidater",
}
STEPS = {
    "cohort": "Kullene",
    "choice": "Søkning og valg",
    "completion": "Gjennomføring",
    "placement": "Formidling til lære",
    "migration": "Folk utenfra",
    "demand": "Stillinger",
}
STEPS_TOLD = (
    "Kullene er ungdommene på vei og dem som alt er i opplæring, talt på nytt; også flytting blant "
    "unge i fylket ligger der. Folk utenfra er elever fra andre fylker, og voksne og andre som "
    "kommer til opplæringen uten å komme fra skolen i fylket.",
    "Tallene er ventede framtider uten tilfeldigheter. De kan avvike litt fra gjennomsnittet av "
    "trekningene ellers i rapporten.",
)
# A cell of fewer expected persons is shown as «<5» elsewhere, and its steps would tell it.
FEWEST = formats.SMALL
LEVEL = (
    "Modellen slo ikke den enkle sammenlikningen for elevtallet per program. Nivået ellers i "
    "rapporten er derfor satt av sammenlikningen: {published} elever i alt. Forklaringen gjelder "
    "modellens eget tall."
)
EACH_ROW = (
    "Hver rad går opp for seg. Rader som legges sammen, kan avvike litt fra summen, siden hver er "
    "avrundet for seg."
)
PUPILS_SERIES = "Elever per utdanningsprogram"


def section(run: Run) -> Section:
    """The part of the report; where a table is empty it says why."""
    changes, hangs = run.frames["decomposition"], run.frames["sensitivity"]
    missing = tuple(_why_not(run))
    if changes.is_empty() and hangs.is_empty():
        return Section(ID, TITLE, missing)
    lead: tuple[str, ...] = (TOLD,) if not changes.is_empty() else ()
    lead += (HANGS,) if not hangs.is_empty() else ()
    figures = (waterfall(run),) if _total(run) else ()
    tables: tuple[Table, ...] = ()
    if not changes.is_empty():
        tables = (county(run, GAP), county(run, PUPILS))
    tables += () if hangs.is_empty() else (sensitivity.county(run),)
    loose = working_life.loose(run)
    return Section(ID, TITLE, (*lead, *loose, *missing), figures, tables, CAVEAT)


def only_workbook(run: Run) -> list[Table]:
    """The regions of both, and the candidates; nothing where there are no figures."""
    found = [] if run.frames["decomposition"].is_empty() else [by_region(run)]
    return found + ([] if run.frames["sensitivity"].is_empty() else [sensitivity.by_region(run)])


def waterfall(run: Run) -> Figure:
    """From last year's gap to this year's, all programmes of the county: one bar a step."""
    row = _total(run)
    bars = [_bar("I fjor", 0, row["before"], "tallet")]
    reached = row["before"]
    for name, title in STEPS.items():
        step = row[name]
        bars.append(_bar(title, reached, step, "trekker opp" if step >= 0 else "trekker ned"))
        reached += step
    bars.append(_bar("I år", 0, row["after"], "tallet"))
    table = Table(
        id="tabell-steg",
        title=f"{_when(row)}: fra fjorårets tall til årets, {run.county_name}",
        sheet="Steg samlet",
        columns=(Column("Steg", "text"), Column(QUANTITIES[GAP], "signed", "Per år")),
        rows=[[model.text(b["name"]), model.signed(b["end"] - b["start"])] for b in bars],
        source=provenance.of("explanation", run.vintages),
        notes=STEPS_TOLD,
    )
    return figure(
        "figur-steg",
        "Stillinger minus kandidater: fra fjorårets tall til årets, alle program",
        f"Personer per år, gjennomsnitt av {_when(row)}. Tall ved raden: steget, eller tallet.",
        described(bars),
        lambda narrow: row_charts.steps(bars, narrow, "Stillinger minus kandidater per år"),
        table,
    )


def _bar(name: str, start: int, step: int, what: str) -> Row:
    note = formats.signed(step)
    return {"name": name, "start": start, "end": start + step, "what": what, "note": note}


def county(run: Run, quantity: str) -> Table:
    """From last year's figure to this year's for each programme of the county."""
    rows = [r for r in _changes(run, quantity) if r["region_code"] == run.county]
    steps = {n: t for n, t in STEPS.items() if n != "demand" or quantity == GAP}
    when = _when(rows[0]) if rows else run.school_year
    return Table(
        id=f"tabell-steg-{quantity}",
        title=f"{QUANTITIES[quantity]} {when}: fra fjorårets tall til årets, {run.county_name}",
        sheet=f"Steg {QUANTITIES[quantity].split()[0].lower()}",
        columns=(
            Column("Utdanningsprogram", "text"),
            Column("I fjor", "signed" if quantity == GAP else "whole"),
            *(Column(title, "signed", "Endringen kommer av") for title in steps.values()),
            Column("I år", "signed" if quantity == GAP else "whole"),
        ),
        rows=[[model.text(programme(run, r)), *_steps(r, tuple(steps))] for r in rows],
        source=provenance.of("explanation", run.vintages),
        notes=(
            _earlier(quantity),
            *(_level(run) if quantity == PUPILS else STEPS_TOLD),
            EACH_ROW,
        ),
        total=any(r["programme_code"] == ALL for r in rows),
    )


def by_region(run: Run) -> Table:
    """All figures, also per intake region, in one long table."""
    rows = [r for q in QUANTITIES for r in _changes(run, q)]
    places = {c: i for i, c in enumerate((*run.regions, run.county))}
    order = {p.code: i for i, p in enumerate(run.programmes)}
    rows.sort(key=lambda r: (order.get(r["programme_code"], len(order)), places[r["region_code"]]))
    return Table(
        id="tabell-steg-regioner",
        title="Fra fjorårets tall til årets, etter utdanningsprogram og inntaksregion",
        sheet="Steg region",
        columns=(
            Column("Utdanningsprogram", "text"),
            Column("Region", "text"),
            Column("Tall", "text"),
            Column("År", "text"),
            Column("I fjor"),
            *(Column(title, "signed", "Endringen kommer av") for title in STEPS.values()),
            Column("I år"),
        ),
        rows=[
            [
                model.text(programme(run, r)),
                model.text(region(run, r)),
                model.text(QUANTITIES[r["quantity"]]),
                model.text(_when(r)),
                *_steps(r, tuple(STEPS)),
            ]
            for r in rows
        ],
        source=provenance.of("explanation", run.vintages),
        notes=(
            *(_earlier(q) for q in (PUPILS, GAP)),
            *STEPS_TOLD,
            f"Elever og kandidater er utelatt der tallet er under {FEWEST} i fjor eller i år.",
            EACH_ROW,
        ),
        repeats=True,
    )


def _steps(row: Row, names: tuple[str, ...]) -> list[Cell]:
    ends = model.signed if row["quantity"] == GAP else model.whole
    return [ends(row["before"]), *(model.signed(row[n]) for n in names), ends(row["after"])]


def _changes(run: Run, quantity: str) -> list[Row]:
    """Rows of one figure that may be shown, programmes in their order and all of them last."""
    order = {p.code: i for i, p in enumerate(run.programmes)}
    known = {*run.regions, run.county}
    rows = [
        r
        for r in run.frames["decomposition"].iter_rows(named=True)
        if r["quantity"] == quantity and r["region_code"] in known and not _small(r)
    ]
    return sorted(rows, key=lambda r: order.get(r["programme_code"], len(order)))


def _small(row: Row) -> bool:
    ends = (row["before"], row["after"])
    return row["quantity"] != GAP and any(0 < end < FEWEST for end in ends)


def _total(run: Run) -> Row:
    """The county's gap of all programmes; empty where it is not told."""
    rows = run.frames["decomposition"].filter(
        pl.col("quantity") == GAP,
        pl.col("programme_code") == ALL,
        pl.col("region_code") == run.county,
    )
    return rows.row(0, named=True) if len(rows) else {}


def _when(row: Row) -> str:
    first, last = row["first_year"], row["last_year"]
    if row["quantity"] == PUPILS:
        return f"{first}/{(first + 1) % 100:02}"
    return f"{first}–{last}"


def _earlier(quantity: str) -> str:
    if quantity == PUPILS:
        return "Elevtallet i fjor gjelder skoleåret før, slik det kunne ventes for ett år siden."
    return (
        "Stillinger og kandidater er per år, gjennomsnitt av årene. I fjor begynte og sluttet "
        "årene ett år tidligere."
    )


def _level(run: Run) -> tuple[str, ...]:
    """What to say where the pupils of the report go by a benchmark; nothing where they do not."""
    total = county_rows(run, "expected").get(ALL)
    if PUPILS_SERIES not in fallbacks(run) or total is None:
        return ()
    return (LEVEL.format(published=formats.whole(total["pupils_mean"])),)


def _why_not(run: Run) -> list[str]:
    """A sentence for each table that is empty."""
    notes = run.frames["explanation_notes"].rows(named=True)
    if run.frames["decomposition"].is_empty() and run.frames["sensitivity"].is_empty():
        why = notes[0]["why"] if notes else "kjøringen er eldre enn denne delen av rapporten"
        return [f"Denne kjøringen har ingen forklaring av tallene: {why}."]
    return [f"Veien fra fjorårets tall kan ikke vises: {note['why']}." for note in notes]
