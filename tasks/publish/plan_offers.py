"""What a plan offers: classes by programme and by school, adults, colleges, groups, set by hand."""

from __future__ import annotations

import numpy as np
import polars as pl

from tasks.publish import disclosure, formats, model, plan_reasons, row_charts
from tasks.publish.model import Cell, Column, Figure, Section, Table
from tasks.publish.parts import INTERVAL, Row, described, figure
from tasks.publish.plan_parts import (
    GOALS,
    SMALL,
    Proposal,
    cell,
    change,
    classes,
    fill,
    persons,
    spread,
    table,
)

VERDICTS = ("åpnes", "utvides", "reduseres", "legges ned", "som i år")
_SIMULATED = "Tomme plasser er snittet i inntaket etter siste runde."
_PUPILS = "Elever er de som planen venter i klassene, ikke navngitte elever."
_SUMS = (
    pl.col("classes_now").sum(),
    pl.col("classes").sum(),
    pl.col("places_now").sum(),
    pl.col("places").sum(),
    pl.col("pupils").sum(),
    # Nothing where the plan was not run through the intake.
    pl.when(pl.col("empty_mean").count() > 0).then(pl.col("empty_mean").sum()).alias("empty"),
    *((pl.col("verdict") == verdict).sum().alias(verdict) for verdict in VERDICTS),
)


def programmes(plan: Proposal) -> Section:
    """Classes by utdanningsprogram in the county."""
    return Section(
        "programmer",
        "Klassene per utdanningsprogram",
        figures=(_programmes(plan),),
        tables=(_levels(plan),),
    )


def _programmes(plan: Proposal) -> Figure:
    sums = {r["programme_code"]: r for r in _summed(plan, "programme_code")}
    shown = [p.code for p in plan.run.programmes if p.code in sums]
    shown += [code for code in sums if code not in shown]
    rows = [
        {
            "name": plan.run.named(code),
            "now": sums[code]["classes_now"],
            "then": sums[code]["classes"],
            "note": f"{model.classes(sums[code]['classes_now']).text} → "
            f"{model.classes(sums[code]['classes']).text}",
        }
        for code in shown
    ]
    cells = [[model.text(plan.run.named(code)), *_amounts(sums[code])] for code in shown]
    cells.append([model.text("Alle programmer"), *_amounts(_total(plan))])
    return figure(
        "figur-programmer",
        "Klasser i år og i planen",
        "Ring: klasser i år. Prikk: klasser i planen.",
        described(rows),
        lambda narrow: row_charts.classes(rows, narrow),
        table(
            "tabell-programmer",
            "Klasser, plasser og elever per utdanningsprogram",
            (Column("Utdanningsprogram", "text"), *_COLUMNS),
            cells,
            notes=(_PUPILS, _SIMULATED, SMALL),
            total=True,
        ),
    )


def _levels(plan: Proposal) -> Table:
    rows = [[model.text(f"Vg{r['level']}"), *_amounts(r)] for r in _summed(plan, "level")]
    return table(
        "tabell-trinn",
        "Klasser, plasser og elever per trinn",
        (Column("Trinn", "text"), *_COLUMNS),
        [*rows, [model.text("Alle trinn"), *_amounts(_total(plan))]],
        notes=(_PUPILS, _SIMULATED),
        total=True,
    )


_COLUMNS = (
    Column("i år", group="Klasser"),
    Column("i planen", group="Klasser"),
    Column("endring", group="Klasser"),
    Column("i år", group="Plasser"),
    Column("i planen", group="Plasser"),
    Column("Elever"),
    Column("Fylt", "percent"),
    Column("Tomme plasser"),
)


def _amounts(row: Row) -> list[Cell]:
    """Cells of `_COLUMNS`."""
    return [
        classes(row["classes_now"]),
        classes(row["classes"]),
        change(row["classes"] - row["classes_now"]),
        model.whole(row["places_now"]),
        model.whole(row["places"]),
        model.estimate(row["pupils"]),
        fill(row["pupils"], row["places"]),
        model.whole(row["empty"]),
    ]


def _summed(plan: Proposal, *by: str) -> list[Row]:
    return plan.offers.group_by(by, maintain_order=True).agg(_SUMS).sort(by).to_dicts()


def _total(plan: Proposal) -> Row:
    return plan.offers.select(_SUMS).row(0, named=True)


def schools(plan: Proposal) -> Section:
    """Every school: a line of sums, then its offers and why they are changed."""
    by_school = plan.offers.partition_by("organisation_number", maintain_order=True)
    by_school.sort(key=lambda offers: str(offers["school"][0]).casefold())
    detail = [made for offers in by_school for made in _school(plan, offers)]
    return Section(
        "skoler",
        "Skole for skole",
        (
            "Først alle skolene i sum, så hver skole med tilbudene sine og hvorfor de åpnes, "
            "endres eller legges ned. Hvorfor de andre står, ligger brettet sammen under.",
            plan_reasons.LEAD,
        ),
        tables=(_every_school(plan), *detail),
    )


def _every_school(plan: Proposal) -> Table:
    sums = _summed(plan, "school", "organisation_number")
    rows = [
        [
            Cell(row["school"], row["school"], link=_anchor(row["organisation_number"])),
            *_amounts(row),
            *(model.whole(row[verdict]) for verdict in VERDICTS),
        ]
        for row in sorted(sums, key=lambda row: str(row["school"]).casefold())
    ]
    whole = _total(plan)
    last = [model.text("Alle skoler"), *_amounts(whole)]
    rows.append([*last, *(model.whole(whole[verdict]) for verdict in VERDICTS)])
    return table(
        "tabell-skoler",
        "Skolene i sum",
        (
            Column("Skole", "text"),
            *_COLUMNS,
            *(Column(verdict, group="Tilbud") for verdict in VERDICTS),
        ),
        rows,
        notes=(_PUPILS, _SIMULATED),
        total=True,
    )


def _anchor(school: str) -> str:
    return f"skole-{school}"


def _school(plan: Proposal, offers: pl.DataFrame) -> list[Table]:
    """The school's offers, and their reasons."""
    number, name = offers.row(0, named=True)["organisation_number"], offers["school"][0]
    rows = [
        [
            model.text(r["programme_area"]),
            model.text(f"Vg{r['level']}"),
            classes(r["classes_now"]),
            classes(r["classes"]),
            model.text(r["verdict"], _TONES.get(r["verdict"], "")),
            model.whole(r["places"]),
            model.estimate(r["pupils"]),
            fill(r["pupils"], r["places"]),
            model.text(persons(r, "wished_")),
            model.text(spread(r, "empty_")),
        ]
        for r in offers.sort("level", "programme_area").iter_rows(named=True)
    ]
    found = table(
        _anchor(number),
        f"{name}: tilbudene",
        (
            Column("Programområde", "text"),
            Column("Trinn", "text"),
            Column("i år", group="Klasser"),
            Column("i planen", group="Klasser"),
            Column("Hva planen sier", "text"),
            Column("Plasser"),
            Column("Elever"),
            Column("Fylt", "percent"),
            Column("Ønsker tilbudet først"),
            Column("Tomme plasser"),
        ),
        rows,
        notes=(f"De to siste kolonnene er inntaket: snitt med {INTERVAL} i parentes. {SMALL}",),
    )
    return [found, *plan_reasons.of_school(plan, number, name)]


_TONES = {"åpnes": "overskudd", "utvides": "overskudd", "reduseres": "mangel"}
_TONES |= {"legges ned": "mangel"}


def others(plan: Proposal) -> Section:
    """Adults, vocational colleges, and groups with rules of their own."""
    return Section(
        "voksne",
        "Voksne, fagskole og egne grupper",
        tables=(_adults(plan), _colleges(plan), _groups(plan)),
    )


def _adults(plan: Proposal) -> Table:
    found = plan.tables["adults"].sort("trade")
    sums = [found.get_column(c).sum() for c in ("demand", "places", "gap", "groups", "nok")]
    demand, places = (
        np.array([*found.get_column(c), found.get_column(c).sum()]).round().astype(np.int64)
        for c in ("demand", "places")
    )
    # Demand is participants who were counted, and places tell it where all of it is met.
    hidden = disclosure.closed_list(demand)
    closed = disclosure.closed_list(places, hidden)
    lines = [*found.select("trade", "demand", "places", "gap", "groups", "nok").rows()]
    lines.append(("Alle fag", *sums))
    rows = [
        [
            model.text(name),
            model.persons(wanted, bool(shut)),
            model.persons(given, bool(shut)),
            model.persons(gap, bool(shut)),
            model.whole(groups),
            cell("kostnad", nok),
        ]
        for (name, wanted, given, gap, groups, nok), shut in zip(
            lines, hidden | closed, strict=True
        )
    ]
    return table(
        "tabell-voksne",
        "Voksne i moduler, etter fag",
        (
            Column("Fag", "text"),
            Column("Etterspørsel"),
            Column("Plasser"),
            Column("Udekket"),
            Column("Grupper"),
            Column("Mill. kroner"),
        ),
        rows,
        notes=("Etterspørselen er deltakerne i siste år, om reglene ikke sier noe annet.",),
        total=True,
    )


def _colleges(plan: Proposal) -> Table:
    found = plan.tables["colleges"].sort("offer")
    columns = ("places_now", "demand", "places", "gap")
    lines = found.select("offer", *columns, "nok").rows()
    lines.append(("Alle tilbud", *(found.get_column(c).sum() for c in (*columns, "nok"))))
    return table(
        "tabell-fagskole",
        "Fagskoleplasser med tilskudd, etter tilbud",
        (
            Column("Tilbud", "text"),
            Column("Plasser siste tilskudd"),
            Column("Etterspørsel"),
            Column("Plasser i planen"),
            Column("Udekket"),
            Column("Tilskudd, mill. kroner"),
        ),
        [
            [model.text(name), *(model.whole(value) for value in values), cell("kostnad", nok)]
            for name, *values, nok in lines
        ],
        notes=("Uten godkjent akkreditering gis det ikke tilskudd.",),
        total=True,
    )


def _groups(plan: Proposal) -> Table:
    rows = [
        [
            model.text(r["name"]),
            model.estimate(r["persons"]),
            model.whole(r["groups"]),
            cell("kostnad", r["nok"]),
        ]
        for r in plan.tables["groups"].iter_rows(named=True)
    ]
    return table(
        "tabell-grupper",
        "Grupper med egne regler, og klasser som flere programområder deler",
        (Column("Gruppe", "text"), Column("Personer"), Column("Grupper"), Column("Mill. kroner")),
        rows,
        notes=(SMALL,),
    )


def by_hand(plan: Proposal) -> Section:
    """Classes that people have set, and what that has moved."""
    fixed = plan.tables["fixed"]
    if fixed.is_empty():
        lead = "Ingen klasser er satt for hånd: planen er den som reglene og målene gir."
        return Section("for-haand", "Satt for hånd", (lead,))
    number = fixed.height
    lead = (
        f"{number} tilbud er satt for hånd. " if number > 1 else "Ett tilbud er satt for hånd. "
    ) + "Den andre tabellen sier hva det har flyttet, mot planen slik den er uten."
    return Section("for-haand", "Satt for hånd", (lead,), tables=(_fixed(plan), _distance(plan)))


def _fixed(plan: Proposal) -> Table:
    key = ["organisation_number", "programme_area_code"]
    named = plan.offers.select(*key, "school", "programme_area", "level", "classes_now")
    rows = [
        [
            model.text(r["school"]),
            model.text(f"{r['programme_area']}, Vg{r['level']}"),
            classes(r["classes_now"]),
            classes(r["classes"]),
            model.text(r["reason"]),
        ]
        for r in plan.tables["fixed"].join(named, on=key, how="left").iter_rows(named=True)
    ]
    return table(
        "tabell-for-haand",
        "Klasser som er satt for hånd",
        (
            Column("Skole", "text"),
            Column("Programområde", "text"),
            Column("i år", group="Klasser"),
            Column("satt", group="Klasser"),
            Column("Begrunnelse", "text"),
        ),
        rows,
    )


_APART = {
    "klasser": ("Klasser som er andre", "klasser"),
    "kroner_skoler": ("Kostnad uten fagskole", "mill. kroner"),
}


def _distance(plan: Proposal) -> Table:
    rows = []
    for measure, difference in plan.tables["distance"].rows():
        title, unit = (GOALS | _APART)[measure]
        scaled = difference / 1e6 if "kroner" in unit else difference
        sign = "+" if round(scaled, 1) > 0 else ""
        rows.append(
            [model.text(title), model.text(unit), Cell(sign + formats.decimal(scaled), scaled)]
        )
    return table(
        "tabell-avstand",
        "Avstanden fra planen uten det som er satt for hånd",
        (Column("Mål", "text"), Column("Enhet", "text"), Column("Endring", "signed")),
        rows,
        notes=("Pluss er dårligere i alle mål.",),
    )
