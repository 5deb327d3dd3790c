"""How it stands today: shortage of labour, and places for those who apply for apprenticeship."""

from __future__ import annotations

import polars as pl

from tasks.publish import formats, model, provenance
from tasks.publish.model import Column, Table
from tasks.publish.parts import INTERVAL, Row
from tasks.publish.tables import ALL, Run

SHORTAGE = "mangel på arbeidskraft i dag"
SHORTAGE_NOTES = (
    "Mangelen er virksomhetenes egne svar i NAVs bedriftsundersøkelse: stillinger de ikke fikk "
    "besatt, eller måtte besette med noen med annen kompetanse enn de søkte etter. Den gjelder "
    "alle utdanninger og sier ikke hvor mange som bør utdannes.",
    f"Fra og til er grensene i {INTERVAL}et. NAV oppgir intervall bare for hele fylket; "
    "gruppenes er regnet ut fra det, og er bredere jo færre de er.",
    "«Av jobbene» er mangelen delt på sysselsatte og mangel. «Utlyste per arbeidssøker» er nye "
    "utlyste stillinger i måneden per arbeidssøker, snitt av de siste tolv månedene som er levert.",
)
OPEN_TRADES = (
    "Bare fag der både søkere og kontrakter er åpne tall, er med. «Utelatt» er fag i området der "
    "minst ett av tallene er skjult."
)


def shortage(run: Run) -> Table | None:
    """Shortage by occupation group, the whole county first; nothing without the survey."""
    rows = run.frames["shortage_now"].with_columns((pl.col("occupation_group") == ALL).alias("all"))
    if rows.is_empty():
        return None
    rows = rows.sort(
        "all", "shortage", "occupation_group", descending=[True, True, False], nulls_last=True
    )
    return Table(
        id="tabell-mangel",
        title=f"Mangel på arbeidskraft i dag, {run.county_name}",
        sheet="Mangel i dag",
        columns=(
            Column("Yrkesgruppe", "text"),
            Column("År", "year"),
            *(Column(part, group="Personer som mangler") for part in ("anslått", "fra", "til")),
            *(Column(part, "percent", group="Av jobbene") for part in ("midt", "fra", "til")),
            Column("Mangler per ledig", "decimal"),
            Column("Utlyste per arbeidssøker", "decimal"),
        ),
        rows=[_short(r) for r in rows.iter_rows(named=True)],
        source=provenance.of("shortage_now", run.vintages),
        notes=SHORTAGE_NOTES,
    )


def no_survey(run: Run) -> str:
    """Why there is no table of shortage; empty where there is one."""
    if not run.frames["shortage_now"].is_empty():
        return ""
    notes = run.frames["working_life_notes"].filter(pl.col("what") == SHORTAGE)
    why = notes["done"].to_list()[0] if len(notes) else "kjøringen er eldre enn tabellen"
    return f"Kjøringen har ingen tall for mangel på arbeidskraft i dag: {why}"


def _short(row: Row) -> list[model.Cell]:
    whole = row["occupation_group"] == ALL
    return [
        model.text("Hele fylket" if whole else row["occupation_group"]),
        model.year(row["year"]),
        model.whole(row["shortage"]),
        *(model.estimate(row[c]) for c in ("shortage_p10", "shortage_p90")),
        *(model.percent(_hundred(row[f"rate_{p}"])) for p in ("p50", "p10", "p90")),
        model.decimal(row["shortage_per_unemployed"]),
        model.decimal(row["vacancies_per_job_seeker"]),
    ]


def apprentices(run: Run) -> Table | None:
    """Contracts per applicant by programme area, all of them last; nothing without figures."""
    rows = run.frames["apprenticeship_coverage"]
    closed = rows.filter(pl.col("applicants").is_null())
    rows = rows.filter(pl.col("applicants").is_not_null())
    if rows.is_empty():
        return None
    whole = pl.col("programme_area_code") == ALL
    rows = rows.sort(whole, "applicants", "programme_area_code", descending=[False, True, False])
    day = formats.day(rows["counted_on"][0])
    return Table(
        id="tabell-laereplassdekning",
        title=f"Kontrakter per søker til læreplass {day}, {run.county_name}",
        sheet="Læreplassdekning",
        columns=(
            Column("Programområde", "text"),
            Column("Søkere"),
            Column("Med kontrakt"),
            *(Column(part, "percent", group="Dekning") for part in ("talt", "fra", "til")),
            Column("Fag med tall"),
            Column("Utelatt"),
        ),
        rows=[_placed(run, r) for r in rows.iter_rows(named=True)],
        source=provenance.of("apprenticeship_coverage", run.vintages),
        notes=(
            OPEN_TRADES,
            *_all_closed(run, closed),
            f"Fra og til er grensene i {INTERVAL}et: hvor mye andelen ville svinge om like mange "
            "søkte på nytt.",
        ),
        total=True,
    )


def _all_closed(run: Run, rows: pl.DataFrame) -> list[str]:
    """Areas that have no row since every trade of theirs is closed."""
    names = [run.area(code) for code in rows["programme_area_code"] if code != ALL]
    return [f"Alle fag er skjult i {formats.listing(sorted(names))}."] if names else []


def _placed(run: Run, row: Row) -> list[model.Cell]:
    code = row["programme_area_code"]
    return [
        model.text("Alle områder" if code == ALL else run.area(code)),
        model.whole(row["applicants"]),
        model.whole(row["contracts"]),
        *(model.percent(_hundred(row[c]), 0) for c in ("coverage", "coverage_p10", "coverage_p90")),
        model.whole(row["trades"]),
        model.whole(row["closed_trades"]),
    ]


def _hundred(share: float | None) -> float | None:
    return None if share is None else 100 * share
