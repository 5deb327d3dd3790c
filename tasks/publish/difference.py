"""Two runs held against each other in the terms of a council's paper: text and workbook.

Only what is expected and what is offered is compared. Counts of persons are left to the report,
which closes small ones; a difference of two estimates is told only where neither is under five.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from tasks.decisions.causes import Change
from tasks.publish import difference_plans, difference_tables, formats, provenance, tables, workbook
from tasks.publish.difference_tables import COUNTY, KINDS, NOW, THEN, Side, estimates, pairs
from tasks.publish.model import Document, Section, Table
from tasks.publish.parts import Row
from tasks.publish.tables import ALL

# How many programmes are named in a sentence.
_NAMED = 3


def read(
    folder: Path, warehouse_path: Path, name: str, plan: Mapping[str, pl.DataFrame] | None = None
) -> Side:
    """Read one of the two; its name goes before that of the folder.

    Args:
        folder: The run's.
        warehouse_path: The published warehouse.
        name: What a reader knows it by.
        plan: The tables of its plan in classes, where it has one.

    Raises:
        NotFound: A table, the warehouse, a name, or a dataset's vintage is missing.
        ValidationFailed: A table lacks a column.
    """
    return Side(name, tables.read(folder, warehouse_path), plan or {})


def document(then: Side, now: Side, changes: Sequence[Change], remarks: Sequence[str]) -> Document:
    """All that is different between two runs.

    Args:
        then: The one that is held against.
        now: The one that is told of.
        changes: What is not the same of inputs, rules, choices and program.
        remarks: What a reader must know of the comparison itself.
    """
    assessments = difference_tables.changed_assessments(then, now)
    sections = [
        Section("endret", "Vurderinger som er endret", tables=(assessments,)),
        Section("elever", "Ventede elever", tables=(difference_tables.pupils(then, now),)),
        Section("plasser", "Plasser og behov", tables=(difference_tables.places(then, now),)),
        Section(
            "laereplasser", "Læreplasser", tables=(difference_tables.apprenticeship(then, now),)
        ),
        *([difference_plans.section(then.plan, now.plan)] if then.plan and now.plan else []),
        Section(
            "hvorfor",
            "Hva som er endret under tallene",
            tables=(difference_tables.changed(changes),),
        ),
    ]
    return Document(
        title=f"{now.name} mot {then.name[:1].lower()}{then.name[1:]}, {now.run.county_name}",
        county=now.run.county_name,
        school_year=now.run.school_year,
        run=[(title, _about(side)) for title, side in ((THEN, then), (NOW, now))],
        findings=[*findings(then, now, assessments, changes), *_alone(then, now), *remarks],
        constructed=[v.title for v in now.run.vintages.values() if v.constructed],
        stale=[],
        sections=sections,
        reading=[],
        definitions=_definitions(),
        method=(),
        closed="",
        sources=provenance.table(now.run.vintages, now.run.periods),
        only_workbook=[
            difference_tables.pupils(then, now, by_region=True),
            difference_tables.places(then, now, by_region=True),
        ],
    )


def write(found: Document, path: Path) -> None:
    """Write the comparison as a workbook, whole or not at all."""
    half = path.with_name(f"{path.name}.part")
    workbook.write(found, half)
    half.replace(path)


def findings(then: Side, now: Side, assessments: Table, changes: Sequence[Change]) -> list[str]:
    """What is different, in sentences: pupils, assessments, apprentices, and what lies under."""
    found = []
    expected = {key: (a, b) for key, a, b in pairs(then, now, "expected", COUNTY)}
    if total := expected.get((ALL, then.run.county)):
        found.append(_moved("Ventede elever i fylket", total, "pupils_mean", now.run.school_year))
    found.append(_largest(now, expected))
    number = len(assessments.rows)
    found.append(
        f"{number} vurderinger av plasser mot behov er endret."
        if number != 1
        else "1 vurdering av plasser mot behov er endret."
    )
    for key, a, b in pairs(then, now, "apprenticeship", COUNTY):
        if key == (ALL, then.run.county):
            found.append(_moved("Søkere uten læreplass", (a, b), "unplaced_mean", ""))
    found.append(_under(changes))
    return [text for text in found if text]


def _alone(then: Side, now: Side) -> list[str]:
    """What is said where only one of the two has a plan in classes."""
    if bool(then.plan) == bool(now.plan):
        return []
    return ["Bare den ene har en plan i klasser, så klassene er ikke sammenlignet."]


def _about(side: Side) -> str:
    manifest = side.run.manifest
    draws = formats.whole(manifest["parameters"]["draws"])
    night = manifest.get("night", {}).get("as_of")
    figures = f", tall per {night}" if night else ""
    return (
        f"{side.name}: kjøring {manifest.get('id', side.run.id)}, "
        f"skoleåret {side.run.school_year}, {draws} trekninger, frø {manifest['seed']}"
        f"{figures}"
    )


def _moved(what: str, pair: tuple[Row, Row], column: str, school_year: str) -> str:
    then, now, change = estimates(*pair, column)
    year = f" i {school_year}" if school_year else ""
    if formats.MISSING in {then.text, now.text}:
        return ""
    return f"{what}{year}: {now.text}, mot {then.text} ({change.text})."


def _largest(now: Side, expected: dict[tuple[str, ...], tuple[Row, Row]]) -> str:
    """The programmes whose pupils have changed most in the county."""
    moved = {
        key[0]: estimates(a, b, "pupils_mean")[2]
        for key, (a, b) in expected.items()
        if key[1] == now.run.county and key[0] != ALL
    }
    values = {code: cell.value for code, cell in moved.items()}
    sizes = {code: abs(int(v)) for code, v in values.items() if isinstance(v, int | float)}
    most = sorted((c for c in sizes if sizes[c]), key=lambda c: -sizes[c])[:_NAMED]
    told = [f"{now.run.named(code)} ({moved[code].text})" for code in most]
    return (
        f"Mest endret: {formats.listing(told)}."
        if told
        else "Ingen program har flere eller færre ventede elever."
    )


def _under(changes: Sequence[Change]) -> str:
    counted = {kind: sum(one.kind == kind for one in changes) for kind in KINDS}
    told = [f"{title.lower()} ({counted[k]})" for k, title in KINDS.items() if counted[k]]
    if not told:
        return "Det er ikke endret noe under tallene: samme tallgrunnlag, regler, valg og program."
    return f"Endret under tallene: {formats.listing(told)}."


def _definitions() -> list[tuple[str, str]]:
    return [
        ("Ventet", "Middeltallet av trekningene, i hele personer."),
        ("Innenfor det som var ventet", "Tallet nå ligger i 80 %-intervallet fra før."),
        ("Plasser minus behov", "Minus betyr for få plasser, pluss betyr for mange."),
        ("<5", "Anslag over 0 og under 5 personer."),
    ]
