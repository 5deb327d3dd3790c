"""What working life needs against those who come: by programme area, for the county."""

from __future__ import annotations

import polars as pl

from tasks.forecast.labour.types import CAVEAT
from tasks.publish import model, need, provenance, today
from tasks.publish.model import Column, Section, Table
from tasks.publish.parts import ROUNDING, Row
from tasks.publish.tables import Run

ID = "arbeidsliv"
TITLE = "Arbeidslivets behov mot dem som kommer"
TOLD = (
    "Stillinger er ventet nyrekruttering per år: vekst i sysselsettingen og erstatning for dem som "
    "slutter eller skifter yrke, ført fra yrke til programområde. Kandidater er de som ventes å ta "
    "fagbrev, arbeide og bli boende. Voksne som tar fagbrev, er med; høyere utdanning er ikke."
)
LOOSE = (
    "Koblingen fra yrke til programområde bygger på skjønn. Da blir ingen rad kalt mangel eller "
    "overskudd, hvor stort gapet enn er. Vurderingen er «uavklart» til dette er på plass: {file}."
)
SCENARIOS_TOLD = (
    "Et scenario sier hva som skjer hvis noe blir annerledes enn i referansen, og ikke at det blir "
    "slik. Tallene er endringer fra referansen."
)
LEAST_SHOWN = 1
MOST_SHOWN = 15
NOTES = (
    "Fra og til er grensene i 80 %-intervallet.",
    "«Sikkert grunnlag» er hvor stor del av stillingene som bygger på annet enn skjønn.",
    ROUNDING,
)


def section(run: Run) -> Section:
    """The part of the report; without figures it says why."""
    indicators = run.frames["indicators"]
    if indicators.is_empty():
        return Section(ID, TITLE, (_why_not(run),))
    begins = need.begins(run)
    lead = (
        TOLD,
        *([need.NOT_A_PLAN] if begins else []),
        *loose(run),
        *([why] if (why := today.no_survey(run)) else []),
    )
    tables = (county(run), begins, need.robust(run), today.shortage(run), today.apprentices(run))
    return Section(ID, TITLE, lead, (), tuple(t for t in tables if t is not None), CAVEAT)


def loose(run: Run) -> tuple[str, ...]:
    """What to say where the figures rest on judgement; nothing where they do not."""
    rests = run.frames["indicators"].get_column("settled_by").to_list()
    settled = next((text for text in rests if text), "")
    return (LOOSE.format(file=settled),) if settled else ()


def scenarios(run: Run) -> list[Section]:
    """What scenarios make of the gap, one table each; nothing where none was asked for."""
    rows = run.frames["scenarios"].filter(pl.col("region_code") == run.county)
    if rows.is_empty():
        return []
    tables = tuple(
        _scenario(run, str(name), part)
        for (name,), part in rows.group_by("scenario", maintain_order=True)
    )
    supposed = run.manifest["parameters"].get("scenarios", [])
    lead = tuple(f"{s['title']}: {' '.join(s['description'].split())}" for s in supposed)
    return [Section("scenarier", "Scenarier", (SCENARIOS_TOLD, *lead), (), tables, CAVEAT)]


def _scenario(run: Run, name: str, rows: pl.DataFrame) -> Table:
    """The programme areas that a scenario moves the most."""
    key = "programme_area_code"
    wide = rows.pivot("quantity", index=key, values="difference_mean")
    gap = rows.filter(pl.col("quantity") == "gap").select(
        key, "difference_p10", "difference_p90", "p_more"
    )
    most = (
        wide.join(gap, on=key)
        .filter(pl.max_horizontal(pl.col("openings", "candidates").abs()) >= LEAST_SHOWN)
        .sort(pl.col("gap").abs(), key, descending=[True, False])
        .head(MOST_SHOWN)
    )
    title = str(rows["title"][0])
    return Table(
        id=f"tabell-scenario-{name}",
        title=f"{title}: endring per år {_years(run)}, {run.county_name}",
        sheet=f"Scenario {name}"[:31],
        columns=(
            Column("Programområde", "text"),
            Column("Stillinger", "signed"),
            Column("Kandidater", "signed"),
            *(
                Column(part, "signed", group="Stillinger minus kandidater")
                for part in ("ventet", "fra", "til")
            ),
        ),
        rows=[
            [
                model.text(run.area(r[key])),
                *(
                    model.signed(r[name])
                    for name in (
                        "openings",
                        "candidates",
                        "gap",
                        "difference_p10",
                        "difference_p90",
                    )
                ),
            ]
            for r in _each(most)
        ],
        source=provenance.of("working_life", run.vintages),
        notes=(
            "Endring fra referansen, trekning for trekning: de to har samme tilfeldigheter.",
            f"Bare programområder som endrer seg med minst {LEAST_SHOWN} person i året, høyst "
            f"{MOST_SHOWN}; alle står i kjøringens tabell scenarios.",
            ROUNDING,
        ),
    )


def county(run: Run) -> Table:
    """Openings, candidates, gap and assessment per programme area, the largest first."""
    rows = _rows(run).filter(pl.col("region_code") == run.county)
    return Table(
        id="tabell-arbeidsliv",
        title=f"{_years(run)}: stillinger og kandidater per år, {run.county_name}",
        sheet="Arbeidsliv",
        columns=(
            Column("Programområde", "text"),
            *_columns(),
        ),
        rows=[[model.text(run.area(r["programme_area_code"])), *_cells(r)] for r in _each(rows)],
        source=provenance.of("working_life", run.vintages),
        notes=NOTES,
    )


def only_workbook(run: Run) -> list[Table]:
    """The regions, too long for a page; nothing where there are no figures."""
    if run.frames["indicators"].is_empty():
        return []
    begins = need.begins_by_region(run)
    return [by_region(run), *([begins] if begins is not None else [])]


def by_region(run: Run) -> Table:
    """The same per intake region: where people live and where the jobs are."""
    rows = _rows(run).filter(pl.col("region_code").is_in(list(run.regions)))
    return Table(
        id="tabell-arbeidsliv-regioner",
        title=f"{_years(run)}: stillinger og kandidater per år etter inntaksregion",
        sheet="Arbeidsliv region",
        columns=(
            Column("Programområde", "text"),
            Column("Region", "text"),
            *_columns(),
        ),
        rows=[
            [
                model.text(run.area(r["programme_area_code"])),
                model.text(run.regions[r["region_code"]]),
                *_cells(r),
            ]
            for r in _each(rows)
        ],
        source=provenance.of("working_life", run.vintages),
        notes=NOTES,
        repeats=True,
    )


def _columns() -> tuple[Column, ...]:
    gap = "Stillinger minus kandidater"
    return (
        Column("Stillinger"),
        Column("Kandidater"),
        *(Column(part, "signed", group=gap) for part in ("ventet", "fra", "til")),
        Column("Vurdering", "text"),
        Column("Sikkert grunnlag", "percent"),
    )


def _cells(row: Row) -> list[model.Cell]:
    verdict, coverage = row["assessment"], row["coverage"]
    return [
        model.estimate(row["openings_mean"]),
        model.estimate(row["candidates_mean"]),
        *(model.signed(row[name]) for name in ("gap_p50", "gap_p10", "gap_p90")),
        model.text(verdict, verdict if verdict == "uavklart" else ""),
        model.percent(None if coverage is None else 100 * coverage, 0),
    ]


def _rows(run: Run) -> pl.DataFrame:
    """Indicators beside the mean openings and candidates of the same years, largest first."""
    indicators = run.frames["indicators"]
    key = ["programme_area_code", "region_code"]
    first, last = _span(indicators)
    means = (
        run.frames["openings"]
        .filter(pl.col("year").is_between(first, last))
        .group_by(key)
        .agg(pl.col("openings_mean").mean(), pl.col("candidates_mean").mean())
    )
    size = pl.col("openings_mean").max().over("programme_area_code")
    return indicators.join(means, on=key).sort(
        size, "programme_area_code", "region_code", descending=[True, False, False]
    )


def _each(rows: pl.DataFrame) -> list[Row]:
    return list(rows.iter_rows(named=True))


def _span(indicators: pl.DataFrame) -> tuple[int, int]:
    return int(indicators["first_year"][0]), int(indicators["last_year"][0])


def _years(run: Run) -> str:
    first, last = _span(run.frames["indicators"])
    return f"{first}–{last}"


def _why_not(run: Run) -> str:
    notes = run.frames["working_life_notes"].get_column("done").drop_nulls().to_list()
    why = notes[0] if notes else "kjøringen er eldre enn denne delen av rapporten"
    return f"Denne kjøringen har ingen tall for arbeidslivets behov: {why}."
