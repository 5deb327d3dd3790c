"""How well the forecasts have hit: the model against its benchmark, as figure and table."""

from __future__ import annotations

from tasks.publish import formats, model, provenance, row_charts
from tasks.publish.model import Cell, Column, Figure, Table
from tasks.publish.parts import Row, described, figure
from tasks.publish.tables import Run

CONSTRUCTED_NOTE = "K: prøvd på konstruerte tall, og sier bare noe om konstruksjonen"


def track_record(run: Run) -> Figure:
    """Mean absolute percentage error per series, shortest and longest horizon."""
    every = run.frames["track_record"].sort("series", "horizon").to_dicts()
    rows = [
        {
            "name": f"{_named(r, every)}, {_ahead(r['horizon'])}",
            "mape": r["mape"],
            "benchmark": r["benchmark_mape"],
            "note": f"{formats.percent(r['mape'])} mot {formats.percent(r['benchmark_mape'])}"
            + (" (K)" if r["constructed"] else ""),
        }
        for r in _ends(every)
    ]
    table = Table(
        id="tabell-treffsikkerhet",
        title="Modellen mot en enkel sammenlikning, prøvd på tidligere år",
        sheet="Treffsikkerhet",
        columns=(
            Column("Serie", "text"),
            Column("År fram"),
            Column("Modell", "text"),
            Column("Sammenlikning", "text"),
            Column("Antall prøver"),
            Column("Modell", "percent", "Gjennomsnittlig feil"),
            Column("Sammenlikning", "percent", "Gjennomsnittlig feil"),
            Column("Skjevhet", "percent"),
            Column("Innenfor 80 %-intervallet", "percent"),
            Column("Brukt i rapporten", "text"),
            Column("Prøvd på", "text"),
        ),
        rows=[_row(r) for r in every],
        source=provenance.of("track_record", run.vintages),
        notes=(
            _trials(run, every),
            "Skjevhet over 0: anslagene har vært for høye. «..» der det er for få prøver.",
            f"{CONSTRUCTED_NOTE}.",
            "Faller modellen gjennom mot sammenlikningen, brukes sammenlikningen, og det står her.",
        ),
    )
    return figure(
        "figur-treffsikkerhet",
        "Hvor godt har anslagene truffet?",
        "Gjennomsnittlig feil, korteste og lengste horisont. Tall ved raden: modell mot "
        f"sammenlikning. {CONSTRUCTED_NOTE}.",
        described(rows),
        lambda narrow: row_charts.track_record(rows, narrow),
        table,
    )


def _trials(run: Run, every: list[Row]) -> str:
    """What a trial is, with the applicants' series as the example where it has one year."""
    told = "En prøve er ett anslag for én serie, for eksempel ett utdanningsprogram, i ett år."
    programmes = len(run.programmes)
    single = [r["n"] for r in every if r["series"].startswith("Søkere") and r["n"]]
    if single and single[0] <= programmes:
        told += (
            f" {single[0]} prøver på søkere er {single[0]} utdanningsprogram i ett år, ikke "
            f"{single[0]} år."
        )
    return told


def fallbacks(run: Run) -> list[str]:
    """Series where the benchmark is used because the model did not win."""
    rows = run.frames["track_record"].sort("series", "horizon").to_dicts()
    return list(dict.fromkeys(r["series"] for r in rows if _fell_back(r)))


def _fell_back(row: Row) -> bool:
    return bool(row["used"] == row["benchmark"] and row["used"] != row["model"])


def _row(r: Row) -> list[Cell]:
    used = f"{r['used']} (sammenlikningen)" if _fell_back(r) else r["used"] or "ikke i bruk"
    return [
        model.text(r["series"]),
        model.whole(r["horizon"]),
        model.text(r["model"]),
        model.text(r["benchmark"]),
        model.whole(r["n"]),
        model.percent(r["mape"]),
        model.percent(r["benchmark_mape"]),
        model.percent(r["bias"]),
        model.percent(r["coverage80"], 0),
        model.text(used, "marked" if _fell_back(r) else ""),
        model.text("konstruerte tall (K)" if r["constructed"] else "publiserte tall"),
    ]


def _ends(rows: list[Row]) -> list[Row]:
    """The shortest and the longest horizon of each series and model."""
    kept: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        kept.setdefault((row["series"], row["model"]), []).append(row)
    return [r for group in kept.values() for r in (group[:1] + group[1:][-1:])]


def _named(row: Row, every: list[Row]) -> str:
    """The series, with the model where several models were tried on it."""
    models = {r["model"] for r in every if r["series"] == row["series"]}
    return f"{row['series']} ({row['model']})" if len(models) > 1 else str(row["series"])


def _ahead(years: int) -> str:
    return f"{years} år fram".replace(" ", formats.SPACE)
