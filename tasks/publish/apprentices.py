"""Figures of apprenticeship: who is expected to get a place, and how placement has gone."""

from __future__ import annotations

import polars as pl

from tasks.publish import charts, formats, model, provenance, row_charts
from tasks.publish.model import Column, Figure, Table
from tasks.publish.parts import ROUNDING, Row, county_rows, described, figure
from tasks.publish.tables import ALL, Run, closed_column

DECEMBER = 12
ESTIMATES_NOTE = (
    "Søkere, plass og uten plass er anslag og ikke tellinger. De vises avrundet også når de er "
    "små, siden det ene ellers kunne regnes ut av de to andre."
)


def apprenticeship(run: Run) -> Figure:
    """Expected applicants to apprenticeship with and without a place, and running contracts."""
    wanted = county_rows(run, "apprenticeship")
    codes = [p.code for p in run.programmes if p.code in wanted]
    shown = [*codes, *([ALL] if ALL in wanted else [])]
    closed = closed_column([wanted[c]["contracts_now"] for c in shown])
    rows, cells = [], []
    for code, hidden in zip(shown, closed, strict=True):
        r = wanted[code]
        name = "Alle program" if code == ALL else run.named(code)
        if code != ALL:
            note = f"{formats.whole(r['unplaced_mean'])} uten plass"
            between = _between(r["unplaced_p10"], r["unplaced_p90"])
            rows.append(
                {"name": name, "placed": r["placed_mean"], "unplaced": r["unplaced_mean"]}
                | {"note": f"{note} ({between}) av {formats.whole(r['applicants_mean'])}"}
            )
        cells.append(
            [
                model.text(name),
                *(
                    model.whole(r[f"{what}_{part}"])
                    for what in ("applicants", "placed", "unplaced")
                    for part in ("mean", "p10", "p90")
                ),
                model.persons(r["contracts_now"], hidden),
            ]
        )
    groups = ("Søkere", "Ventes å få plass", "Ventes å stå uten")
    parts = [Column(t, group=g) for g in groups for t in ("ventet", "fra", "til")]
    table = Table(
        id="tabell-laereplasser",
        title=f"Læreplasser: søkere, formidlede og løpende kontrakter, {run.county_name}",
        sheet="Læreplasser",
        columns=(
            Column("Utdanningsprogram", "text"),
            *parts,
            Column(f"Løpende lærekontrakter 1. oktober {run.periods.contracts}"),
        ),
        rows=cells,
        source=provenance.of("apprenticeship", run.vintages),
        notes=("Fra og til er grensene i 80 %-intervallet.", ESTIMATES_NOTE, ROUNDING),
        total=ALL in shown,
    )
    return figure(
        "figur-laereplasser",
        f"Søkere til læreplass før skoleåret {run.school_year}",
        "Ventet antall med og uten plass. Tall ved raden: uten plass (80 %-intervall) av alle.",
        described(rows),
        lambda narrow: row_charts.apprenticeship(rows, narrow),
        table,
        (drawn_from(run), *what_if(run)),
    )


def drawn_from(run: Run) -> str:
    """Which published counts the share placed is drawn from, and what the bars do not show."""
    drawn = run.frames["placement"].filter("drawn").sort("year")
    shares = formats.listing(
        [
            f"{formats.percent(r['percent'])} ({r['year']}{', mulig brudd' if r['note'] else ''})"
            for r in drawn.iter_rows(named=True)
        ]
    )
    return (
        f"Andelen som får plass, er trukket fra de siste tellingene i desember: {shares}. Én andel "
        "og ett antall søkere per Vg2-elev brukes for alle program, siden andre ikke er "
        "publisert: søylene viser størrelse, ikke forskjeller i formidling."
    )


def what_if(run: Run) -> list[str]:
    """How many stand without a place if the share is as in the newest December."""
    row = county_rows(run, "apprenticeship").get(ALL)
    if row is None:
        return []
    newest = run.frames["placement"].filter("drawn").sort("year").row(-1, named=True)
    share = formats.percent(newest["percent"])
    return [
        f"Hvis andelen blir som i desember {newest['year']} ({share}), "
        f"står ca. {formats.whole(row['unplaced_as_newest'])} uten plass."
    ]


def _between(low: float, high: float) -> str:
    ends = formats.whole(low), formats.whole(high)
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


def placement(run: Run) -> Figure:
    """Placement in December, county and country."""
    frame = run.frames["placement"].sort("year", "month")
    areas = {True: run.county_name, False: "Landet"}
    rows: list[Row] = [
        {
            "year": str(r["year"]),
            "percent": r["percent"],
            "county": r["county_code"] == run.county,
            "flagged": bool(r["note"]),
            "label": formats.percent(r["percent"]),
        }
        for r in frame.filter(
            pl.col("month") == DECEMBER, pl.col("percent").is_not_null()
        ).iter_rows(named=True)
    ]
    for own in (True, False):
        # The first label of each line names it, so that the drawing needs no key.
        for row in [r for r in rows if r["county"] is own][:1]:
            row["label"] = f"{areas[own]} {row['label']}"
    cells = [
        [
            model.month(r["year"], r["month"]),
            model.text(run.county_name if r["county_code"] == run.county else "Landet"),
            model.percent(r["percent"]),
            model.text(r["note"] or "", "marked" if r["note"] else ""),
        ]
        for r in frame.iter_rows(named=True)
    ]
    table = Table(
        id="tabell-formidling",
        title="Søkere til læreplass som har fått plass",
        sheet="Formidling",
        columns=(
            Column("Telling", "month"),
            Column("Område", "text"),
            Column("Formidlet", "percent"),
            Column("Merknad", "text"),
        ),
        rows=cells,
        source=provenance.of("placement", run.vintages),
    )
    points = [
        f"{areas[r['county']]} desember {r['year']}: {formats.percent(r['percent'])}" for r in rows
    ]
    return figure(
        "figur-formidling",
        "Formidlet til læreplass per desember",
        f"Prosent av søkerne. Blå: {run.county_name}. Grå: landet. Stiplet oransje: mulig brudd.",
        "; ".join(points) + ". " + " ".join({r["note"] for r in notes(run)}),
        lambda narrow: charts.placement(rows, narrow),
        table,
    )


def notes(run: Run) -> list[Row]:
    """Published counts of the county that carry a note."""
    frame = run.frames["placement"].filter(
        pl.col("county_code") == run.county, pl.col("note").is_not_null()
    )
    return frame.sort("year", "month").to_dicts()
