"""Figures of the young people: the county's cohort and each intake region's."""

from __future__ import annotations

import polars as pl

from tasks.publish import charts, formats, model, provenance
from tasks.publish.model import Cell, Column, Figure, Table
from tasks.publish.parts import INTERVAL, Row, bounds, figure
from tasks.publish.tables import Run

AGES = "16-18"
# Children who will be 16–18 after this year are not born yet: the projection goes on, we do not.
LAST_YEAR = 2040
_BASIS = {"registered": "registrert", "projected": "framskrevet"}


def cohort(run: Run) -> Figure:
    """The county's 16–18 cohort, registered and projected."""
    rows = cohort_rows(run, run.county)
    first, now, peak, last = cohort_marks(rows)
    for mark, row in (("first", first), ("last", last), ("now", now), ("peak", peak)):
        row["mark"] = mark
        row["label"] = f"{formats.whole(row['persons'])} ({row['year']})"
    table = Table(
        id="tabell-kull",
        title=f"16–18-åringer i {run.county_name} per 1. januar",
        sheet="Elevgrunnlag fylket",
        columns=(
            Column("År", "year"),
            Column("Grunnlag", "text"),
            Column("Personer"),
            Column("Fra", group=INTERVAL),
            Column("Til", group=INTERVAL),
        ),
        rows=[
            [
                model.year(r["year"]),
                model.text(_BASIS[r["basis"]]),
                model.whole(r["persons"]),
                *(bounds(r["p10"], r["p90"]) if r["basis"] == "projected" else _no_bounds()),
            ]
            for r in rows
        ],
        source=provenance.of("cohort", run.vintages),
    )
    description = (
        f"Linjediagram. {formats.whole(first['persons'])} i {first['year']}, "
        f"{formats.whole(now['persons'])} i {now['year']} (siste registrerte), høyest med "
        f"{formats.whole(peak['persons'])} i {peak['year']}, {formats.whole(last['persons'])} i "
        f"{last['year']} (intervall {formats.interval(last['p10'], last['p90'])})."
    )
    return figure(
        "figur-kull",
        f"16–18-åringer i {run.county_name} {first['year']}–{last['year']}",
        "Personer per 1. januar. Stiplet: SSBs hovedalternativ. Farget felt: 80 %-intervall. "
        "Loddrett akse starter ikke på 0.",
        description,
        lambda narrow: charts.cohort(rows, narrow),
        table,
    )


def cohort_by_region(run: Run) -> Figure:
    """The same per intake region, on a common scale."""
    series = {code: cohort_rows(run, code) for code in run.regions}
    panels = {run.regions[c]: _indexed(rows) for c, rows in series.items() if rows}
    base = cohort_marks(next(iter(series.values())))[1]["year"]
    parts = []
    for name, rows in panels.items():
        first, now, peak, last = cohort_marks(rows)
        parts.append(
            f"{name}: {formats.whole(first['persons'])} i {first['year']}, "
            f"{formats.whole(now['persons'])} i {now['year']}, høyest "
            f"{formats.whole(peak['persons'])} i {peak['year']}, "
            f"{formats.whole(last['persons'])} i {last['year']}."
        )
    return figure(
        "figur-kull-regioner",
        "16–18-åringer i inntaksregionene",
        f"Felles akse: {base} = 100. Tallene på linjene er personer i første år, toppåret og siste "
        "år. Stiplet: framskrevet, med 80 %-intervall.",
        " ".join(parts),
        lambda narrow: charts.cohort_by_region(panels, narrow),
        _region_table(run, series),
    )


def cohort_rows(run: Run, region: str) -> list[Row]:
    """The 16–18 cohort of a region, a row a year."""
    frame = run.frames["cohort"].filter(
        pl.col("region_code") == region,
        pl.col("age_group") == AGES,
        pl.col("year") <= LAST_YEAR,
    )
    columns = ["year", "basis", "persons", "p10", "p90"]
    return frame.sort("year").select(columns).to_dicts()


def cohort_marks(rows: list[Row]) -> tuple[Row, Row, Row, Row]:
    """First, newest registered, highest from then on, and last."""
    now = [r for r in rows if r["basis"] == "registered"][-1]
    ahead = rows[rows.index(now) :]
    return rows[0], now, max(ahead, key=lambda r: r["persons"]), rows[-1]


def _indexed(rows: list[Row]) -> list[Row]:
    """Persons per hundred of the newest count, with the marks that are labelled."""
    first, now, peak, last = cohort_marks(rows)
    base = now["persons"] or 1.0
    for mark, row in (("peak", peak), ("first", first), ("last", last)):
        row["mark"] = mark
        row["label"] = formats.whole(row["persons"])
    return [
        row
        | {
            "index": 100 * row["persons"] / base,
            "low": 100 * row["p10"] / base,
            "high": 100 * row["p90"] / base,
        }
        for row in rows
    ]


def _region_table(run: Run, series: dict[str, list[Row]]) -> Table:
    years = [r["year"] for r in next(iter(series.values()))]
    basis = {r["year"]: _BASIS[r["basis"]] for r in next(iter(series.values()))}
    return Table(
        id="tabell-kull-regioner",
        title="16–18-åringer i inntaksregionene per 1. januar",
        sheet="Elevgrunnlag regioner",
        columns=(
            Column("År", "year"),
            Column("Grunnlag", "text"),
            *(Column(run.regions[code]) for code in series),
        ),
        rows=[
            [
                model.year(year),
                model.text(basis[year]),
                *(model.estimate(rows[place]["persons"]) for rows in series.values()),
            ]
            for place, year in enumerate(years)
        ],
        source=provenance.of("cohort", run.vintages),
    )


def _no_bounds() -> list[Cell]:
    return [model.text("") for _ in range(2)]
