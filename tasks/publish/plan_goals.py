"""What a plan gives in each goal, beside its alternatives, and what the intake finds of them."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from tasks.publish import formats, model, plan_charts
from tasks.publish.model import Cell, Column, Figure, Section, Table
from tasks.publish.parts import INTERVAL, Row, figure
from tasks.publish.plan_parts import (
    EMPTY,
    GOALS,
    INTAKE_SOURCE,
    PLAN,
    SMALL,
    Proposal,
    cell,
    persons,
    scaled,
    share,
    shown,
    spread,
    table,
)

# Measures of the intake in the order that they are shown; a share of all applicants where told.
MEASURES = {
    "applicants": "Søkere i inntaket",
    "first_programme": "Fikk førstevalget, programområdet",
    "first_school": "Fikk førstevalget, programområde og skole",
    "other_programme": "Uten førstevalget",
    "without": "Uten plass",
    "away": "Lang reise eller utenfor regionen",
    "sent_out_of_region": "Ut av regionen mot eget ønske",
    "sent_far": "Lang reise mot eget ønske",
}
BY_REGION = ("applicants", "first_programme", "without", "away", "sent_out_of_region")
NOT_RUN = (
    "Planen er ikke prøvd i inntaket. «tilbudsplan plan intake» prøver den, og «tilbudsplan plan "
    "report» skriver dokumentet på nytt."
)
ENDED = (
    "Tallene er etter siste inntaksrunde, i snitt over trekningene, med 80 %-intervall i parentes."
)


def goals(plan: Proposal) -> Table:
    """Goals in order: the plan's own reckoning, what is proven, and what the intake finds."""
    proven = {row["goal"]: row for row in plan.tables["goals"].iter_rows(named=True)}
    rows = []
    for number, goal in enumerate([*plan.order, *([EMPTY] if plan.found else [])], 1):
        found = plan.found.get((PLAN, goal), {})
        name, unit = GOALS[goal]
        named = name if goal == EMPTY else f"{number}. {name}, {unit}"
        rows.append(
            [
                model.text(named),
                cell(goal, plan.reckoned.get((PLAN, goal), found.get("own"))),
                *_proven(goal, proven.get(goal)),
                model.text(spread(found) if found else formats.MISSING),
            ]
        )
    notes = (
        "Mindre er bedre i alle mål. Hvert mål er innfridd så langt det går før det neste teller.",
        "«Kan ikke bli under»: ingen plan som holder målene over, kan komme lavere. Der planen "
        "ikke er bevist, er den den beste som er funnet.",
        "Planens egen regning fordeler grupper av elever så godt det går. Inntaket følger reglene "
        "for inntak, søker for søker, og er det som ventes å skje."
        if plan.found
        else NOT_RUN,
    )
    return table(
        "tabell-maal",
        "Hva planen gir i hvert mål, i rekkefølge",
        (
            Column("Mål", "text"),
            Column("Planens egen regning"),
            Column("Kan ikke bli under"),
            Column("Bevist best", "text"),
            Column(f"Inntaket, med {INTERVAL}"),
        ),
        rows,
        notes=notes,
    )


def _proven(goal: str, row: Row | None) -> list[Cell]:
    if row is None:
        return [model.text(formats.MISSING), model.text(formats.MISSING)]
    proven = f"ja, ±{shown(goal, row['tolerance'])}" if row["met"] else "nei"
    return [cell(goal, row["bound"]), model.text(proven)]


def beside(plan: Proposal) -> Section:
    """The plan and what could be done without it, each with all goals."""
    lead = (
        "Ved siden av planen står årets klasser videreført, plasser etter søkere og plasser etter "
        "behov. Elevene er plassert på samme måte i alle fire. Bare planen er holdt "
        "til reglene: de andre kan ha klasser under minstegrensen, sprekke på budsjettet eller la "
        "elever stå uten plass, og det står i tabellen.",
    )
    return Section("alternativer", "Planen mot alternativene", lead, (_beside(plan),))


def _beside(plan: Proposal) -> Figure:
    panels: plan_charts.Panels = {
        GOALS[goal]: [
            {
                "name": name,
                "value": scaled(goal, plan.reckoned[code, goal]),
                "text": shown(goal, plan.reckoned[code, goal]),
                "mine": code == PLAN,
            }
            for code, name in plan.names.items()
        ]
        for goal in plan.order
    }
    told = "; ".join(
        f"{name} ({unit}): " + ", ".join(f"{row['name']} {row['text']}" for row in rows)
        for (name, unit), rows in panels.items()
    )
    return figure(
        "figur-alternativer",
        "Planen og alternativene i hvert mål",
        "Planens egen regning. Mindre er bedre. Hvert mål har sin egen målestokk.",
        f"{told}.",
        lambda narrow: plan_charts.bars(panels, narrow),
        _beside_table(plan),
    )


def _beside_table(plan: Proposal) -> Table:
    rows = []
    for goal in plan.order:
        name, unit = GOALS[goal]
        values = [cell(goal, plan.reckoned.get((code, goal))) for code in plan.names]
        rows.append([model.text(name), model.text(f"{unit}, egen regning"), *values])
        rows += list(_found(plan, goal))
    rows += list(_found(plan, EMPTY))
    each = {r["alternative"]: r for r in plan.tables["alternatives"].iter_rows(named=True)}
    rows += [
        [model.text(title), model.text(unit), *(show(each[code][column]) for code in plan.names)]
        for column, title, unit, show in (
            ("classes", "Klasser", "klasser", model.classes),
            ("persons_without_place", "Elever med rett uten plass", "elever", model.estimate),
            ("underfilled", "Tilbud fylt under minstegrensen", "tilbud", model.whole),
            ("nok_over_budget", "Over budsjettet", "mill. kroner", _millions),
        )
    ]
    titles = (Column(name) for name in plan.names.values())
    columns = (Column("Mål", "text"), Column("Enhet", "text"), *titles)
    return table(
        "tabell-alternativer",
        "Planen og alternativene, med alle mål",
        columns,
        rows,
        notes=(f"Inntak: snitt med {INTERVAL} i parentes.", SMALL) if plan.found else (SMALL,),
    )


def _found(plan: Proposal, goal: str) -> Iterator[list[Cell]]:
    """The line of the intake, under that of the goal."""
    if (PLAN, goal) in plan.found:
        name, unit = GOALS[goal]
        yield [
            model.text(name),
            model.text(f"{unit}, inntak"),
            *(model.text(spread(plan.found.get((code, goal)))) for code in plan.names),
        ]


def _millions(value: float) -> Cell:
    return cell("kostnad", value)


def intake(plan: Proposal) -> Section:
    """What the intake simulation says of the plan and its alternatives."""
    title = "Hva inntaket sier"
    if not plan.intake:
        return Section("inntak", title, (NOT_RUN,))
    draws = plan.intake_manifest["draws"]
    lead = (
        f"Planen og alternativene er kjørt gjennom fylkets regler for inntak med de samme trukne "
        f"søkerne, {formats.whole(draws)} ganger: karakterer på programmet i hele fylket, egen "
        "region først, fylkesdekkende programmer, opptaksprøver, takk nei og ny runde.",
        ENDED,
    )
    return Section(
        "inntak",
        title,
        lead,
        (_intervals(plan),),
        (_measures(plan), _by_region(plan), _empty(plan)),
        "Søkerne er trukket, ingen av dem er virkelige. Hvem som takker nei, hvor mange skoler en "
        "søker ønsker og karakterene i hvert program er forutsetninger som ikke er bekreftet.",
    )


def _intervals(plan: Proposal) -> Figure:
    panels: plan_charts.Panels = {
        GOALS[goal]: [
            {
                "name": name,
                "note": spread(plan.found[code, goal]),
                **{part: plan.found[code, goal][part] for part in ("own", "mean", "p10", "p90")},
            }
            for code, name in plan.names.items()
            if (code, goal) in plan.found
        ]
        for goal in ("forstevalg", "reise", EMPTY)
    }
    told = "; ".join(
        f"{name}: " + ", ".join(f"{row['name']} {row['note']}" for row in rows)
        for (name, _), rows in panels.items()
    )
    rows = [
        [
            model.text(name),
            model.text(row["name"]),
            cell("", row["own"]),
            *(cell("", row[part]) for part in ("mean", "p10", "p90")),
        ]
        for (name, _), panel in panels.items()
        for row in panel
    ]
    return figure(
        "figur-inntak",
        "Førstevalg, reise og tomme plasser",
        "Prikk: snitt i inntaket, med 80 %-intervall. Ring: planens egen regning. Mindre er bedre.",
        f"{told}.",
        lambda narrow: plan_charts.intervals(panels, narrow),
        table(
            "tabell-inntak-maal",
            "Inntaket ved siden av planens egen regning",
            (
                Column("Mål", "text"),
                Column("Plan", "text"),
                Column("Planens egen regning"),
                Column("Snitt", group="Inntaket"),
                Column("Fra", group="Inntaket"),
                Column("Til", group="Inntaket"),
            ),
            rows,
            source=INTAKE_SOURCE,
            notes=("«..»: planens regning har ikke tallet.",),
        ),
    )


def _ended(plan: Proposal, name: str) -> pl.DataFrame:
    return plan.intake[name].filter(pl.col("round") == pl.col("round").max())


def _measures(plan: Proposal) -> Table:
    county = _ended(plan, "intake_goals").filter(level="*", region_code="*")
    found = {(r["plan"], r["measure"]): r for r in county.iter_rows(named=True)}
    rows = []
    for measure, title in MEASURES.items():
        rows.append(
            [
                model.text(title),
                *(model.text(spread(found[code, measure])) for code in plan.names),
            ]
        )
        if measure in ("first_programme", "first_school"):
            shares = (share(found[code, measure]) for code in plan.names)
            rows.append([model.text(f"{title}, andel"), *(model.text(s) for s in shares)])
    columns = (Column("Hva", "text"), *(Column(name) for name in plan.names.values()))
    return table(
        "tabell-inntak",
        "Søkerne i planen og i alternativene",
        columns,
        rows,
        source=INTAKE_SOURCE,
        notes=(
            "«Mot eget ønske»: på en annen skole enn den søkeren helst ville ha for programmet.",
            "Snitt, med 80 %-intervall i parentes.",
        ),
    )


def _by_region(plan: Proposal) -> Table:
    mine = _ended(plan, "intake_goals").filter(plan=PLAN, level="*")
    found = {(r["region_code"], r["measure"]): r for r in mine.iter_rows(named=True)}
    regions = list(dict.fromkeys(code for code, _ in found))
    rows = [
        [
            model.text("Hele fylket" if code == "*" else plan.region(code)),
            *(model.text(persons(found[code, measure])) for measure in BY_REGION),
            model.text(share(found[code, "first_programme"])),
        ]
        for code in regions
    ]
    titles = (Column(MEASURES[measure]) for measure in BY_REGION)
    return table(
        "tabell-inntak-region",
        "Søkerne etter hvor de bor, i planen",
        (Column("Inntaksregion", "text"), *titles, Column("Andel som fikk førstevalget")),
        rows,
        source=INTAKE_SOURCE,
        notes=(SMALL,),
        total=True,
    )


def _empty(plan: Proposal) -> Table:
    found = _ended(plan, "intake_empty").filter(level="*")
    rows = []
    for code in found.get_column("region_code").unique(maintain_order=True):
        here = {r["plan"]: r for r in found.filter(region_code=code).iter_rows(named=True)}
        rows.append(
            [
                model.text("Hele fylket" if code == "*" else plan.region(code)),
                *(
                    made
                    for one in plan.names
                    for made in (
                        model.whole(here[one]["places"]),
                        model.text(spread(here[one], "empty_")),
                    )
                ),
            ]
        )
    columns = [
        Column(title, group=name) for name in plan.names.values() for title in ("Plasser", "Tomme")
    ]
    return table(
        "tabell-tomme",
        "Tomme plasser etter skolens region",
        (Column("Inntaksregion", "text"), *columns),
        rows,
        source=INTAKE_SOURCE,
        notes=("Snitt, med 80 %-intervall i parentes. Intervaller kan ikke summeres.",),
        total=True,
    )
