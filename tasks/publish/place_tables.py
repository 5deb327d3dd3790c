"""Tables of programmes by intake region and by level."""

from __future__ import annotations

import polars as pl

from tasks.publish import formats, model, provenance
from tasks.publish.model import Cell, Column, Table
from tasks.publish.parts import ASSESSED, INTERVAL, ROUNDING, Row, assessed, bounds, county_rows
from tasks.publish.tables import ALL, ELSEWHERE, Observed, Programme, Run, observed

COUNTY_WIDE = "◆"
WIDE_NOTE = (
    f"{COUNTY_WIDE} Hele fylket konkurrerer likt om plassene: programmet vurderes bare for fylket."
)
ELSEWHERE_NOTE = "«Utenfor» er elever som er bosatt utenfor fylket."
_ELSEWHERE_NAME = "Utenfor"


def named(programme: Programme) -> str:
    """The programme's name, marked where the whole county competes alike."""
    return (
        f"{programme.name}{formats.SPACE}{COUNTY_WIDE}" if programme.county_wide else programme.name
    )


def level_name(level: str) -> str:
    """`Vg1` of `1`; `alle` of the sum."""
    return "alle" if level == ALL else f"Vg{level}"


def pupils_by_region(run: Run) -> Table:
    """Pupils now and expected per programme and home region."""
    now = observed(run, "pupils_now")
    counted = run.periods.pupils
    codes = _shown_regions(now, run)
    names = {**run.regions, ELSEWHERE: _ELSEWHERE_NAME, run.county: run.county_name}
    mean = {
        (r["programme_code"], r["region_code"]): r["pupils_mean"]
        for r in run.frames["expected"].iter_rows(named=True)
    }
    rows = []
    for code, name in [*((p.code, p.name) for p in run.programmes), (ALL, "Alle program")]:
        cells = [model.text(name)]
        for region in codes:
            cells += [model.persons(*now.cell(code, region)), _mean(mean, run, code, region)]
        rows.append(cells)
    return Table(
        id="tabell-elever-regioner",
        title=f"Elever etter bosted: {counted} og ventet i {run.school_year}",
        sheet="Elever region",
        columns=(
            Column("Utdanningsprogram", "text"),
            *(Column(t, group=names[c]) for c in codes for t in (counted, "ventet")),
        ),
        rows=rows,
        source=provenance.of("expected", run.vintages),
        notes=(*((ELSEWHERE_NOTE,) if ELSEWHERE in codes else ()), ROUNDING),
        total=True,
    )


def applicants(run: Run) -> Table:
    """Applicants now and expected per programme in the county."""
    now = observed(run, "applicants_now")
    wanted = county_rows(run, "expected")
    names = [(p.code, p.name) for p in run.programmes] + [(ALL, "Alle program")]
    return Table(
        id="tabell-sokere",
        title=f"Søkere {run.periods.applicants} og ventet til {run.school_year}, {run.county_name}",
        sheet="Søkere",
        columns=(
            Column("Utdanningsprogram", "text"),
            Column(f"Søkere {run.periods.applicants}"),
            Column("Ventet"),
            Column("Fra", group=INTERVAL),
            Column("Til", group=INTERVAL),
        ),
        rows=[
            [
                model.text(name),
                model.persons(*now.cell(code, run.county)),
                model.estimate(wanted[code]["applicants_mean"]),
                *bounds(wanted[code]["applicants_p10"], wanted[code]["applicants_p90"]),
            ]
            for code, name in names
            if code in wanted
        ],
        source=provenance.of("expected", run.vintages),
        notes=(ROUNDING,),
        total=ALL in wanted,
    )


def expected_in_full(run: Run) -> Table:
    """Expected pupils and applicants with intervals, programme by region: the workbook only."""
    names = {p.code: p.name for p in run.programmes} | {ALL: "Alle program"}
    regions = {**run.regions, run.county: run.county_name}
    rows = [
        [
            model.text(names[r["programme_code"]]),
            model.text(regions[r["region_code"]]),
            *(model.estimate(r[f"pupils_{part}"]) for part in ("mean", "p10", "p90")),
            *(model.estimate(r[f"applicants_{part}"]) for part in ("mean", "p10", "p90")),
        ]
        for r in run.frames["expected"].iter_rows(named=True)
        if r["programme_code"] in names and r["region_code"] in regions
    ]
    parts = [
        Column(f"{what}, {part}")
        for what in ("Elever", "Søkere")
        for part in ("ventet", "fra (80 %)", "til (80 %)")
    ]
    return Table(
        id="tabell-ventet-region",
        title=f"Ventede elever og søkere etter bosted i {run.school_year}",
        sheet="Ventet per region",
        columns=(Column("Utdanningsprogram", "text"), Column("Region", "text"), *parts),
        rows=rows,
        source=provenance.of("expected", run.vintages),
    )


def heat(run: Run) -> Table:
    """Places minus need per programme and region of the school, with the assessment in the cell."""
    found = {
        (r["programme_code"], r["region_code"]): r
        for r in run.frames["places"].filter(pl.col("level") == ALL).iter_rows(named=True)
    }
    regions = {**run.regions, run.county: run.county_name}
    rows = []
    for programme in run.programmes:
        cells = [model.text(named(programme))]
        for code in regions:
            row = found.get((programme.code, code))
            cells.append(_verdict(row) if row else _no_verdict(programme))
        rows.append(cells)
    return Table(
        id="tabell-plasser-regioner",
        title=f"Plasser minus behov i {run.school_year}, etter skolens region",
        sheet="Plasser region",
        columns=(
            Column("Utdanningsprogram", "text"),
            *(Column(name, "text") for name in regions.values()),
        ),
        rows=rows,
        source=provenance.of("places", run.vintages),
        notes=(
            WIDE_NOTE,
            "Minus: for få plasser. Pluss: for mange. «–»: ikke noe tilbud i regionen.",
        ),
        apart=_heat_apart(run, found, regions),
    )


def _heat_apart(run: Run, found: dict[tuple[str, str], Row], regions: dict[str, str]) -> Table:
    """The same with number and assessment in columns of their own."""
    rows = []
    for programme in run.programmes:
        cells = [model.text(named(programme))]
        for code in regions:
            if row := found.get((programme.code, code)):
                verdict = row["assessment"]
                cells += [model.signed(-row["gap_mean"]), model.text(verdict, verdict)]
            else:
                cells += [_no_verdict(programme), model.text("")]
        rows.append(cells)
    return Table(
        id="plasser-regioner-delt",
        title=f"Plasser minus behov i {run.school_year}, etter skolens region",
        sheet="Plasser region",
        columns=(
            Column("Utdanningsprogram", "text"),
            *(
                column
                for name in regions.values()
                for column in (
                    Column("plasser minus behov", "signed", name),
                    Column("vurdering", "text", name),
                )
            ),
        ),
        rows=rows,
        source=provenance.of("places", run.vintages),
        notes=(WIDE_NOTE,),
    )


def by_level(run: Run) -> Table:
    """Places and whole classes against need per programme and level in the county."""
    frame = run.frames["places"].filter(pl.col("region_code") == run.county, pl.col("level") != ALL)
    found = {(r["programme_code"], r["level"]): r for r in frame.iter_rows(named=True)}
    rows = []
    for programme in run.programmes:
        for level in sorted(frame["level"].unique()):
            if row := found.get((programme.code, level)):
                rows.append([model.text(named(programme)), *_level_cells(run, row)])
    return Table(
        id="tabell-plasser-trinn",
        title=f"Plasser og klasser per trinn, {run.county_name} i {run.school_year}",
        sheet="Plasser per trinn",
        columns=(
            Column("Utdanningsprogram", "text"),
            Column("Trinn", "text"),
            Column("Fylkets", group=f"Plasser {run.periods.places_from}"),
            Column("Private", group=f"Plasser {run.periods.places_from}"),
            Column("Behov"),
            Column("Plasser minus behov", "signed"),
            Column(run.periods.places_from, "decimal", "Fylkets klasser"),
            Column("behov", "decimal", "Fylkets klasser"),
            *ASSESSED,
        ),
        rows=rows,
        source=provenance.of("places", run.vintages),
        notes=(
            WIDE_NOTE,
            ROUNDING,
            "Klassebehovet er hele og halve klasser per programområde og region. Plasser og "
            "klasser er ikke personer og blir ikke skjult.",
        ),
        repeats=True,
    )


def places_in_full(run: Run) -> Table:
    """Every programme × level × region with places and need: the workbook only."""
    names = {p.code: p.name for p in run.programmes}
    regions = {**run.regions, run.county: run.county_name}
    frame = run.frames["places"].sort("programme_code", "level", "region_code")
    rows = []
    for r in frame.iter_rows(named=True):
        if r["programme_code"] in names and r["region_code"] in regions:
            rows.append(
                [
                    model.text(names[r["programme_code"]]),
                    model.text(level_name(r["level"])),
                    model.text(regions[r["region_code"]]),
                    model.whole(r["places_county"]),
                    model.whole(r["places_private"]),
                    *(model.estimate(r[f"needed_{part}"]) for part in ("mean", "p10", "p90")),
                    model.signed(-r["gap_mean"]),
                    model.signed(-r["gap_p90"]),
                    model.signed(-r["gap_p10"]),
                    model.classes(r["classes_county"]),
                    model.classes(r["classes_needed"]),
                    *assessed(run, r),
                ]
            )
    return Table(
        id="tabell-plasser-alt",
        title=f"Plasser og behov per program, trinn og region i {run.school_year}",
        sheet="Plasser alt",
        columns=(
            *(Column(t, "text") for t in ("Utdanningsprogram", "Trinn", "Region")),
            *(Column(t) for t in ("Fylkets plasser", "Private plasser", "Behov")),
            *(Column(t) for t in ("Behov, fra (80 %)", "Behov, til (80 %)")),
            Column("Plasser minus behov", "signed"),
            *(Column(t, "signed") for t in ("Fra (80 %)", "Til (80 %)")),
            *(
                Column(t, "decimal")
                for t in (f"Klasser {run.periods.places_from}", "Klasser, behov")
            ),
            *ASSESSED,
        ),
        rows=rows,
        source=provenance.of("places", run.vintages),
    )


def _shown_regions(now: Observed, run: Run) -> list[str]:
    place = now.columns.index(ELSEWHERE)
    some = bool((now.values[:, place] != 0).any())
    return [c for c in now.columns if c != ELSEWHERE or some]


def _mean(mean: dict[tuple[str, str], float], run: Run, programme: str, region: str) -> Cell:
    if region == ELSEWHERE:
        inside = sum(mean.get((programme, r), 0.0) for r in run.regions)
        return model.estimate(max(mean.get((programme, run.county), 0.0) - inside, 0.0))
    return model.estimate(mean.get((programme, region)))


def _verdict(row: Row) -> Cell:
    surplus = formats.signed(-row["gap_mean"])
    return model.text(f"{surplus} {row['assessment']}", row["assessment"])


def _no_verdict(programme: Programme) -> Cell:
    return model.text("hele fylket" if programme.county_wide else "–", "none")


def _level_cells(run: Run, row: Row) -> list[Cell]:
    return [
        model.text(level_name(row["level"])),
        model.whole(row["places_county"]),
        model.whole(row["places_private"]),
        model.estimate(row["needed_mean"]),
        model.signed(-row["gap_mean"]),
        model.classes(row["classes_county"]),
        model.classes(row["classes_needed"]),
        *assessed(run, row),
    ]
