"""How well the forecasts have hit: the model against its best benchmark, as figure and tables."""

from __future__ import annotations

import polars as pl

from tasks.publish import formats, model, provenance, row_charts
from tasks.publish.model import Cell, Column, Figure, Table
from tasks.publish.parts import Row, described, figure
from tasks.publish.tables import ALL, Run

CONSTRUCTED_NOTE = "K: prøvd på konstruerte tall, og sier bare noe om konstruksjonen"
_MEANT = (
    "«Dekning» er hvor stor del av utfallene som falt innenfor 80 %-intervallet; «strukket» når "
    "intervallet er strukket etter andre år enn det prøvde. «..» der det er for få prøver."
)


def track_record(run: Run) -> Figure:
    """Mean absolute percentage error per series, shortest and longest horizon."""
    every = _models(run.frames["track_record"]).filter(pl.col("unit") == ALL).to_dicts()
    rows = [
        {
            "name": f"{r['series']}, {_ahead(r['horizon'])}",
            "mape": r["mape"],
            "benchmark": r["benchmark_mape"],
            "note": f"{formats.percent(r['mape'])} mot {formats.percent(r['benchmark_mape'])}"
            + (" (K)" if r["constructed"] else ""),
        }
        for r in _ends(every)
    ]
    table = Table(
        id="tabell-treffsikkerhet",
        title="Modellen mot den beste enkle sammenlikningen, prøvd på tidligere år",
        sheet="Treffsikkerhet",
        columns=(
            Column("Serie", "text"),
            Column("År fram"),
            Column("Modell", "text"),
            Column("Sammenlikning", "text"),
            Column("Antall prøver"),
            Column("Antall år prøvd"),
            Column("Modell", "percent", "Gjennomsnittlig feil"),
            Column("Sammenlikning", "percent", "Gjennomsnittlig feil"),
            Column("Skjevhet", "percent"),
            Column("som det er", "percent", "Dekning"),
            Column("strukket", "percent", "Dekning"),
            Column("Brukt i rapporten", "text"),
            Column("Prøvd på", "text"),
        ),
        rows=[_row(r) for r in every],
        source=provenance.of("track_record", run.vintages),
        notes=(
            _trials(run, every),
            "Skjevhet over 0: anslagene har vært for høye.",
            _MEANT,
            f"{CONSTRUCTED_NOTE}.",
            "Slår modellen ikke sammenlikningen, brukes sammenlikningen, og det står her. Lenger "
            "fram enn det er prøvd, legges modellens endring til nivået fra det siste som er "
            "prøvd.",
        ),
    )
    return figure(
        "figur-treffsikkerhet",
        "Hvor godt har anslagene truffet?",
        "Gjennomsnittlig feil, korteste og lengste horisont. Tall ved raden: modell mot beste "
        f"enkle sammenlikning. {CONSTRUCTED_NOTE}.",
        described(rows),
        lambda narrow: row_charts.track_record(rows, narrow),
        table,
    )


def only_workbook(run: Run) -> list[Table]:
    """The record of every programme and region by itself; nothing where none has been tested."""
    names = {p.code: p.name for p in run.programmes}
    regions = {"": run.county_name, **run.regions}
    unit = pl.col("unit").str.split_exact("|", 1).struct.rename_fields(["programme", "region"])
    rows = (
        _models(run.frames["track_record"])
        .with_columns(unit.alias("parts"))
        .unnest("parts")
        .with_columns(pl.col("region").fill_null(""))
        .filter(pl.col("programme").is_in(list(names)), pl.col("region").is_in(list(regions)))
        .to_dicts()
    )
    if not rows:
        return []
    table = Table(
        id="tabell-treffsikkerhet-program",
        title="Treffsikkerhet for hvert utdanningsprogram og hver region",
        sheet="Treffsikkerhet program",
        columns=(
            Column("Serie", "text"),
            Column("Utdanningsprogram", "text"),
            Column("Region", "text"),
            Column("År fram"),
            Column("Antall prøver"),
            Column("Modell", "percent", "Gjennomsnittlig feil"),
            Column("Sammenlikning", "percent", "Gjennomsnittlig feil"),
            Column("Sammenlikning", "text"),
            Column("Skjevhet", "percent"),
            Column("Prøvd på", "text"),
        ),
        rows=[
            [
                model.text(r["series"]),
                model.text(names[r["programme"]]),
                model.text(regions[r["region"]]),
                model.whole(r["horizon"]),
                model.whole(r["n"]),
                model.percent(r["mape"]),
                model.percent(r["benchmark_mape"]),
                model.text(r["benchmark"] or formats.MISSING),
                model.percent(r["bias"]),
                model.text(_tried_on(r)),
            ]
            for r in rows
        ],
        source=provenance.of("track_record", run.vintages),
        notes=(
            "Hva rapporten bygger på, velges for hele serien: deler etter én metode og summen "
            "etter en annen ville ikke stemt med hverandre.",
            f"{CONSTRUCTED_NOTE}.",
        ),
        repeats=True,
    )
    return [table]


def errors_of_programmes(run: Run, series: str) -> dict[str, float]:
    """Error one year ahead (per cent) of what each programme's forecast goes by."""
    rows = run.frames["track_record"].filter(
        pl.col("series") == series, pl.col("horizon") == 1, pl.col("model") == pl.col("used")
    )
    return dict(rows.select("unit", "mape").iter_rows())


def fallbacks(run: Run) -> list[str]:
    """Series where the benchmark is used because the model did not win."""
    rows = _models(run.frames["track_record"]).filter(pl.col("unit") == ALL).to_dicts()
    return list(dict.fromkeys(r["series"] for r in rows if _fell_back(r)))


def _models(record: pl.DataFrame) -> pl.DataFrame:
    """The rows of models, those of benchmarks left out: each model's best stands beside it."""
    return record.filter(pl.col("is_model")).sort("series", "unit", "horizon")


def _trials(run: Run, every: list[Row]) -> str:
    """What a trial is, with the applicants' series as the example where it has one year."""
    told = "En prøve er ett anslag for én serie, for eksempel ett utdanningsprogram, i ett år."
    single = [r["n"] for r in every if r["series"].startswith("Søkere") and r["n_origins"] == 1]
    if single:
        told += (
            f" {single[0]} prøver på søkere er {single[0]} utdanningsprogram i ett år, ikke "
            f"{single[0]} år."
        )
    return told


def _fell_back(row: Row) -> bool:
    return bool(row["used"] == row["benchmark"] and row["used"] != row["model"])


def _row(r: Row) -> list[Cell]:
    used = f"{r['used']} (sammenlikningen)" if _fell_back(r) else r["used"] or "ikke i bruk"
    return [
        model.text(r["series"]),
        model.whole(r["horizon"]),
        model.text(r["model"]),
        model.text(r["benchmark"] or formats.MISSING),
        model.whole(r["n"]),
        model.whole(r["n_origins"]),
        model.percent(r["mape"]),
        model.percent(r["benchmark_mape"]),
        model.percent(r["bias"]),
        model.percent(r["coverage80"], 0),
        model.percent(r["coverage80_scaled"], 0),
        model.text(used, "marked" if _fell_back(r) else ""),
        model.text(_tried_on(r)),
    ]


def _tried_on(row: Row) -> str:
    return "konstruerte tall (K)" if row["constructed"] else "publiserte tall"


def _ends(rows: list[Row]) -> list[Row]:
    """The shortest and the longest horizon of each series and model."""
    kept: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        kept.setdefault((row["series"], row["model"]), []).append(row)
    return [r for group in kept.values() for r in (group[:1] + group[1:][-1:])]


def _ahead(years: int) -> str:
    return f"{years} år fram".replace(" ", formats.SPACE)
