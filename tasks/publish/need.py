"""How many must begin for working life to get whom it needs, and whether the matrix decides."""

from __future__ import annotations

import polars as pl

from tasks.publish import formats, model, provenance
from tasks.publish.model import Column, Table
from tasks.publish.parts import INTERVAL, ROUNDING, Row
from tasks.publish.tables import Run

LEVELS = {"1": "Vg1", "2": "Vg2"}
# Place of the level in a programme area's code, `HSHEA2----`.
LEVEL_AT = 5
MOST_SHOWN = 15
NOT_A_PLAN = (
    "Behovet for inntak er stillingene i det året de som begynner nå, kan ta dem, delt på andelen "
    "som tar fagbrev, er i arbeid og blir boende. Det er ikke en plan for plasser: Voksne som tar "
    "fagbrev uten å ha gått på Vg1 og Vg2, er ikke trukket fra, og andelene i arbeid og andelene "
    "som blir boende, er forutsetninger som ingen kilde teller."
)
PAST_THE_HORIZON = "Er det ingen rad for et område, ligger behovet forbi det som er framskrevet."
FLEXIBLE = (
    "Streng kobling: jobben går til dem som kommer til yrket i dag. Fleksibel: alle i samme "
    "yrkesgruppe kan ta den. De to er ytterpunkter: ingen kilde sier hvor mellom dem det er."
)


def begins(run: Run) -> Table | None:
    """Intake need of the school year in question, the county; nothing where it is not known."""
    rows = _of_the_year(run).filter(pl.col("region_code") == run.county)
    if rows.is_empty():
        return None
    return Table(
        id="tabell-inntaksbehov",
        title=f"Behov for inntak høsten {_autumn(run)}, {run.county_name}",
        sheet="Inntaksbehov",
        columns=(Column("Programområde", "text"), *_need_columns()),
        rows=[
            [model.text(run.area(r["programme_area_code"])), *_need_cells(r)] for r in _each(rows)
        ],
        source=provenance.of("intake_need", run.vintages),
        notes=_need_notes(run),
    )


def begins_by_region(run: Run) -> Table | None:
    """The same per intake region."""
    rows = _of_the_year(run).filter(pl.col("region_code").is_in(list(run.regions)))
    if rows.is_empty():
        return None
    return Table(
        id="tabell-inntaksbehov-regioner",
        title=f"Behov for inntak høsten {_autumn(run)} etter inntaksregion",
        sheet="Inntaksbehov region",
        columns=(Column("Programområde", "text"), Column("Region", "text"), *_need_columns()),
        rows=[
            [
                model.text(run.area(r["programme_area_code"])),
                model.text(run.regions[r["region_code"]]),
                *_need_cells(r),
            ]
            for r in _each(rows)
        ],
        source=provenance.of("intake_need", run.vintages),
        notes=_need_notes(run),
        repeats=True,
    )


def robust(run: Run) -> Table | None:
    """Openings by the strict and the flexible matrix, the largest areas; what it means besides."""
    rows = run.frames["robustness"].filter(pl.col("region_code") == run.county)
    if rows.is_empty():
        return None
    first, last = int(rows["first_year"][0]), int(rows["last_year"][0])
    shown = rows.sort("strict", "programme_area_code", descending=[True, False]).head(MOST_SHOWN)
    gap = "Fleksibel minus streng"
    return Table(
        id="tabell-robusthet",
        title=f"{first}–{last}: stillinger per år, streng og fleksibel kobling, {run.county_name}",
        sheet="Robusthet",
        columns=(
            Column("Programområde", "text"),
            Column("Streng"),
            Column("Fleksibel"),
            *(Column(part, "signed", group=gap) for part in ("ventet", "fra", "til")),
            Column("Samme klasse", "percent"),
            Column("Endrer koblingen vurderingen?", "text"),
        ),
        rows=[
            [
                model.text(run.area(r["programme_area_code"])),
                model.estimate(r["strict"]),
                model.estimate(r["flexible"]),
                *(model.signed(r[f"difference_{p}"]) for p in ("mean", "p10", "p90")),
                model.percent(_hundred(r["p_same_class"]), 0),
                model.text("ja" if r["differs"] else "nei"),
            ]
            for r in _each(shown)
        ],
        source=provenance.of("working_life", run.vintages),
        notes=(
            FLEXIBLE,
            _means(run, rows),
            "«Samme klasse» er hvor stor del av trekningene som gir samme utsikter med begge "
            "koblingene. Siste kolonne sier om vurderingen ville blitt en annen, hvis grunnlaget "
            "var sikkert nok til å gi en.",
            f"De {MOST_SHOWN} største områdene; alle står i kjøringens tabell robustness.",
            ROUNDING,
        ),
    )


def _means(run: Run, rows: pl.DataFrame) -> str:
    """One sentence: for how many areas the matrix would decide, if the ground were firm."""
    moved = [run.area(c) for c in rows.filter("differs")["programme_area_code"]]
    same = (
        "Med sikkert grunnlag ville vurderingen blitt den samme med begge koblingene for "
        f"{len(rows) - len(moved)} av {len(rows)} programområder"
    )
    if not moved:
        return f"{same}: hvor fleksible yrkene er, avgjør den ikke."
    return f"{same}. For {formats.listing(moved)} avhenger den av hvor fleksible yrkene er."


def _of_the_year(run: Run) -> pl.DataFrame:
    """Rows of the autumn in question: Vg1 first, then the largest."""
    code = pl.col("programme_area_code")
    year = pl.col("year").cast(pl.Int64) == _autumn(run)
    size = pl.col("need_p50").filter(pl.col("region_code") == run.county).first().over(code)
    return (
        run.frames["intake_need"]
        .filter(year)
        .sort(
            code.str.slice(LEVEL_AT, 1),
            size,
            code,
            "region_code",
            descending=[False, True, False, False],
        )
    )


def _autumn(run: Run) -> int:
    return int(run.school_year[:4])


def _need_notes(run: Run) -> tuple[str, ...]:
    within = run.manifest["parameters"].get("labour_rules", {}).get("completion_years")
    years = (
        f" Fagbrev innen {within['vocational']} år etter Vg1, eller {within['vocational_vg2']} år "
        "etter Vg2, teller."
        if within
        else ""
    )
    return (
        f"Fra og til er grensene i {INTERVAL}et.",
        "«Faglærte av 100» er hvor mange av 100 som begynner, som har fagbrev fra området, er i "
        f"arbeid og bor i regionen når de trengs.{years}",
        "Et område på Vg1 har stillingene til alle områder på Vg2 som bygger på det: radene på Vg1 "
        "og Vg2 skal ikke legges sammen.",
        PAST_THE_HORIZON,
        ROUNDING,
    )


def _need_columns() -> tuple[Column, ...]:
    return (
        Column("Begynner på", "text"),
        *(Column(part, group="Må begynne") for part in ("ventet", "fra", "til")),
        Column("Trengs i", "year"),
        Column("Faglærte av 100"),
        Column("Sikkert grunnlag", "percent"),
    )


def _need_cells(row: Row) -> list[model.Cell]:
    level = row["programme_area_code"][LEVEL_AT]
    return [
        model.text(LEVELS.get(level, level)),
        *(model.estimate(row[f"need_{p}"]) for p in ("p50", "p10", "p90")),
        model.year(row["year"] + row["lead_years"]),
        model.whole(_hundred(row["through_p50"])),
        model.percent(_hundred(row["coverage"]), 0),
    ]


def _hundred(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _each(rows: pl.DataFrame) -> list[Row]:
    return list(rows.iter_rows(named=True))
