"""What the gap hangs on most, in words."""

from __future__ import annotations

import polars as pl

from tasks.publish import formats, model, provenance
from tasks.publish.model import Cell, Column, Table
from tasks.publish.parts import Row
from tasks.publish.tables import ALL, Run

INPUTS = {
    "cohort": "hvor mange unge det blir",
    "choice": "hva ungdommene velger",
    "school": "hvor mange som kommer gjennom skoleårene",
    "placement": "søking til lære og formidling",
    "places": "hvor mange læreplasser det blir",
    "training": "hvor mange i lære som tar fagbrev",
    "adults": "hvor mange voksne som tar fagbrev",
    "participation": "hvor mange med fagbrev som jobber",
    "stay": "hvor mange som blir boende",
    "growth": "hvor mange jobber det blir i næringene",
    "staffing": "hvilke yrker næringene bruker",
    "replacement": "hvor mange som slutter i yrkene",
}
# Declared in the rules, because no source counts them.
ASSUMED = ("participation", "stay")
MOST = 5
ORDER = ("Mest", "Nest mest", "Tredje", "Fjerde", "Femte")


def county(run: Run) -> Table:
    """The five things that each programme's gap hangs on most, in words."""
    rows = _rows(run).filter(pl.col("region_code") == run.county, pl.col("rank") <= MOST)
    cells = []
    for (_, _), mine in rows.group_by("programme_code", "region_code", maintain_order=True):
        each = mine.to_dicts()
        told = [_in_words(r) for r in each]
        told += [model.text("")] * (MOST - len(told))
        cells.append([model.text(programme(run, each[0])), *told])
    long = _long(run, rows, "tabell-folsomhet-lang", "Gapet henger på", False)
    return Table(
        id="tabell-folsomhet",
        title=f"Hva stillinger minus kandidater henger mest på, {run.county_name}",
        sheet="Gapet henger på",
        columns=(
            Column("Utdanningsprogram", "text"),
            *(Column(title, "text") for title in ORDER),
        ),
        rows=cells,
        source=provenance.of("explanation", run.vintages),
        notes=_notes(),
        total=bool(cells) and rows["programme_code"][-1] == ALL,
        apart=long,
    )


def by_region(run: Run) -> Table:
    """The same per intake region, one row a programme, region and input."""
    rows = _rows(run).filter(pl.col("region_code").is_in(list(run.regions)), pl.col("rank") <= MOST)
    return _long(run, rows, "tabell-folsomhet-regioner", "Gapet henger på region", True)


def _long(run: Run, rows: pl.DataFrame, name: str, sheet: str, regions: bool) -> Table:
    where = (Column("Region", "text"),) if regions else ()
    return Table(
        id=name,
        title="Hva stillinger minus kandidater henger mest på"
        + (" etter inntaksregion" if regions else f", {run.county_name}"),
        sheet=sheet,
        columns=(
            Column("Utdanningsprogram", "text"),
            *where,
            Column("Nummer"),
            Column("Forhold", "text"),
            Column("Flytter tallet med", "decimal"),
            Column("Andel av usikkerheten", "percent"),
            Column("Feil i andelen", "percent"),
        ),
        rows=[
            [
                model.text(programme(run, r)),
                *([model.text(region(run, r))] if regions else []),
                model.whole(r["rank"]),
                model.text(_words(r["input"])),
                Cell(formats.decimal(r["persons"]), round(r["persons"], 1)),
                model.percent(100 * r["total"]),
                model.percent(100 * r["total_error"]),
            ]
            for r in rows.iter_rows(named=True)
        ],
        source=provenance.of("explanation", run.vintages),
        notes=(
            *_notes(),
            "Andelen er den del av usikkerheten (variansen) som ville stå igjen hvis alt annet var "
            "kjent; andelene kan summere til litt mer enn 100. Feilen er standardfeilen i andelen.",
        ),
        repeats=True,
    )


def _notes() -> tuple[str, ...]:
    return (
        "± er hvor mange personer i året tallet flytter seg når bare dette varierer slik modellen "
        "regner med: omtrent to av tre trekninger holder seg innenfor.",
        "«Antatt» er andeler som ingen kilde teller. De er satt i reglene, og et tall for dem "
        "ville gjøre gapet sikrere.",
        "Koblingen fra yrke til programområde er ikke trukket, så den er ikke blant forholdene.",
    )


def _in_words(row: Row) -> Cell:
    persons = formats.whole(row["persons"]) if row["persons"] >= 1 else f"under{formats.SPACE}1"
    return model.text(f"{_words(row['input'])} (±{formats.SPACE}{persons})")


def _words(code: str) -> str:
    return INPUTS.get(code, code) + (", antatt" if code in ASSUMED else "")


def _rows(run: Run) -> pl.DataFrame:
    """Rows of the inputs, programmes in their order and all of them last, by region and rank."""
    order = {p.code: i for i, p in enumerate(run.programmes)}
    places = {c: i for i, c in enumerate((*run.regions, run.county))}
    last = len(order)
    return run.frames["sensitivity"].sort(
        pl.col("programme_code").replace_strict(order, default=last, return_dtype=pl.Int64),
        pl.col("region_code").replace_strict(places, default=len(places), return_dtype=pl.Int64),
        "rank",
    )


def programme(run: Run, row: Row) -> str:
    """Name of a row's programme, or of all together."""
    return "Alle program" if row["programme_code"] == ALL else run.named(row["programme_code"])


def region(run: Run, row: Row) -> str:
    """Name of a row's region, or of the county."""
    return run.regions.get(row["region_code"], run.county_name)
