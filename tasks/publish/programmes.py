"""Figures of the programmes: pupils expected, and places against need."""

from __future__ import annotations

from tasks.publish import accuracy, formats, model, provenance, row_charts
from tasks.publish.model import Cell, Column, Figure, Table
from tasks.publish.parts import (
    ASSESSED,
    INTERVAL,
    ROUNDING,
    assessed,
    bounds,
    county_rows,
    described,
    figure,
)
from tasks.publish.tables import ALL, Run, observed

# The series of the track record that the pupils of a programme are one unit of.
PUPILS = "Elever per utdanningsprogram"


def expected(run: Run) -> Figure:
    """Pupils now and expected per programme in the county."""
    pupils = observed(run, "pupils_now")
    counted = run.periods.pupils
    rows, cells = [], []
    wanted = county_rows(run, "expected")
    missed = accuracy.errors_of_programmes(run, PUPILS)
    for programme in run.programmes:
        r = wanted[programme.code]
        now, closed = pupils.cell(programme.code, run.county)
        ends = (r["pupils_mean"], r["pupils_p10"], r["pupils_p90"])
        change = [None if closed or not now else 100 * (end / now - 1) for end in ends]
        written = model.persons(now, closed)
        rows.append(
            {
                "name": programme.name,
                **dict(zip(("mean", "p10", "p90"), change, strict=True)),
                "note": f"{written.text} → {formats.estimate(r['pupils_mean'])} "
                f"({formats.interval(r['pupils_p10'], r['pupils_p90'])})",
            }
        )
        cells.append(
            [
                model.text(programme.name),
                written,
                model.estimate(r["pupils_mean"]),
                *bounds(r["pupils_p10"], r["pupils_p90"]),
                *(_change(end, closed) for end in change),
                model.percent(missed.get(programme.code)),
            ]
        )
    table = Table(
        id="tabell-elever-fylket",
        title=f"Elever {counted} og ventet i {run.school_year}, {run.county_name}",
        sheet="Elever per program",
        columns=(
            Column("Utdanningsprogram", "text"),
            Column(f"Elever {counted}"),
            Column(f"Ventet {run.school_year}"),
            Column("Fra", group=INTERVAL),
            Column("Til", group=INTERVAL),
            Column("ventet", "percent", "Endring i prosent"),
            Column("fra", "percent", "Endring i prosent"),
            Column("til", "percent", "Endring i prosent"),
            Column("Feil ett år fram, prøvd på tidligere år", "percent"),
        ),
        rows=cells,
        source=provenance.of("expected", run.vintages),
        notes=(
            "Siste kolonne: hvor langt unna det rapporten går etter, har vært for dette "
            "programmet; «..» der det ikke er prøvd.",
        ),
    )
    return figure(
        "figur-elever",
        f"Ventet endring i elevtall fra {counted} til {run.school_year}",
        f"Prikk: ventet endring i prosent. Farget felt: 80 %-intervall. Tall ved raden: elever "
        f"{counted} → ventet {run.school_year} (80 %-intervall).",
        described(rows),
        lambda narrow: row_charts.change(rows, narrow),
        table,
    )


def _change(value: float | None, closed: bool) -> Cell:
    if closed:
        return model.text(formats.CLOSED, "closed")
    return model.percent(value)


def balance(run: Run) -> Figure:
    """Places minus need per programme in the county."""
    rows, cells = [], []
    places = run.periods.places_from
    wanted = county_rows(run, "places", level=ALL)
    for programme in run.programmes:
        r = wanted.get(programme.code)
        if r is None:
            continue
        surplus = -r["gap_mean"]
        rows.append(
            {
                "name": programme.name,
                "mean": round(surplus),
                "low": -r["gap_p90"],
                "high": -r["gap_p10"],
                "what": r["assessment"],
                "note": f"{formats.signed(surplus)} ({formats.signed(-r['gap_p90'])} til "
                f"{formats.signed(-r['gap_p10'])}), {r['assessment']}",
            }
        )
        cells.append(
            [
                model.text(programme.name),
                model.whole(r["places_county"]),
                model.whole(r["places_private"]),
                model.estimate(r["needed_mean"]),
                model.signed(surplus),
                model.signed(-r["gap_p90"]),
                model.signed(-r["gap_p10"]),
                *assessed(run, r),
            ]
        )
    table = Table(
        id="tabell-plasser-fylket",
        title=f"Plasser {places} mot behov i {run.school_year}, {run.county_name}",
        sheet="Plasser per program",
        columns=(
            Column("Utdanningsprogram", "text"),
            Column("Fylkets", group=f"Plasser {places}"),
            Column("Private", group=f"Plasser {places}"),
            Column("Behov"),
            Column("Plasser minus behov", "signed"),
            Column("Fra", "signed", INTERVAL),
            Column("Til", "signed", INTERVAL),
            *ASSESSED,
        ),
        rows=cells,
        source=provenance.of("places", run.vintages),
        notes=(ROUNDING,),
    )
    return figure(
        "figur-plasser",
        f"Plasser {places} minus behov i {run.school_year}",
        "Alle trinn. Søyle: forventet forskjell. Strek: 80 %-intervall. Vurderingen står sist.",
        described(rows),
        lambda narrow: row_charts.balance(rows, narrow),
        table,
    )
