"""Figures of the programmes: pupils expected, and places against need."""

from __future__ import annotations

from tasks.publish import formats, model, provenance, row_charts
from tasks.publish.model import Column, Figure, Table
from tasks.publish.parts import INTERVAL, bounds, county_rows, described, figure
from tasks.publish.tables import ALL, Run, observed


def expected(run: Run) -> Figure:
    """Pupils now and expected per programme in the county."""
    pupils = observed(run, "pupils_now")
    rows, cells = [], []
    wanted = county_rows(run, "expected")
    for programme in run.programmes:
        r = wanted[programme.code]
        now, closed = pupils.cell(programme.code, run.county)
        shown = None if closed else now
        written = model.persons(now, closed)
        rows.append(
            {
                "name": programme.name,
                "now": shown,
                "mean": r["pupils_mean"],
                "p10": r["pupils_p10"],
                "p90": r["pupils_p90"],
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
            ]
        )
    table = Table(
        id="tabell-elever-fylket",
        title=f"Elever nå og ventet i {run.school_year}, {run.county_name}",
        sheet="Elever per program",
        columns=(
            Column("Utdanningsprogram", "text"),
            Column("Elever nå"),
            Column(f"Ventet {run.school_year}"),
            Column("Fra", group=INTERVAL),
            Column("Til", group=INTERVAL),
        ),
        rows=cells,
        source=provenance.of("expected", run.vintages),
    )
    return figure(
        "figur-elever",
        f"Elever nå og ventet skoleåret {run.school_year}",
        "Ring: elever nå. Prikk: ventet. Farget felt: 80 %-intervall. Til høyre: nå → ventet "
        "(intervall).",
        described(rows),
        lambda narrow: row_charts.now_and_expected(rows, narrow),
        table,
    )


def balance(run: Run) -> Figure:
    """Places minus need per programme in the county."""
    rows, cells = [], []
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
                model.percent(100 * r["p_shortage"], 0),
                model.percent(100 * r["p_surplus"], 0),
                model.text(r["assessment"], r["assessment"]),
            ]
        )
    table = Table(
        id="tabell-plasser-fylket",
        title=f"Plasser nå mot behov i {run.school_year}, {run.county_name}",
        sheet="Plasser per program",
        columns=(
            Column("Utdanningsprogram", "text"),
            Column("Fylkets", group="Plasser nå"),
            Column("Private", group="Plasser nå"),
            Column("Behov"),
            Column("Plasser minus behov", "signed"),
            Column("Fra", "signed", INTERVAL),
            Column("Til", "signed", INTERVAL),
            Column("mangel", "percent", "Sannsynlighet for"),
            Column("overskudd", "percent", "Sannsynlighet for"),
            Column("Vurdering", "text"),
        ),
        rows=cells,
        source=provenance.of("places", run.vintages),
    )
    return figure(
        "figur-plasser",
        f"Plasser nå minus behov i {run.school_year}",
        "Alle trinn. Søyle: forventet forskjell. Strek: 80 %-intervall. Vurderingen står sist.",
        described(rows),
        lambda narrow: row_charts.balance(rows, narrow),
        table,
    )
