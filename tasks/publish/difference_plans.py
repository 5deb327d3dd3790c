"""Two plans in classes held against each other: classes by school, goals, adults and colleges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from tasks.publish import model
from tasks.publish.difference_tables import NOW, THEN
from tasks.publish.model import Cell, Column, Section, Table
from tasks.publish.parts import Row

Plan = Mapping[str, pl.DataFrame]
_SOURCE = "Kilde: planene slik de er lagret, egne beregninger."


def section(then: Plan, now: Plan) -> Section:
    """What one plan has otherwise than another."""
    found = classes(then, now)
    number = len(found.rows)
    return Section(
        "klasser",
        "Planene i klasser",
        (f"{number} tilbud har et annet antall klasser eller plasser.",),
        tables=(found, goals(then, now), others(then, now)),
    )


def classes(then: Plan, now: Plan) -> Table:
    """School × programme area where classes or places are not the same."""
    key = ("organisation_number", "programme_area_code")
    rows = [
        [
            *(model.text(str(b.get(c) or a.get(c))) for c in ("school", "programme_area")),
            model.text(f"Vg{b.get('level') or a.get('level')}"),
            *_moved(a, b, "classes"),
            *_moved(a, b, "places"),
        ]
        for a, b in _pairs(then, now, "classes", key)
        if any(a.get(c) != b.get(c) for c in ("classes", "places"))
    ]
    return Table(
        id="tabell-klasser-forskjell",
        title="Klasser og plasser som er endret",
        sheet="Klasser endret",
        columns=(
            *(Column(title, "text") for title in ("Skole", "Programområde", "Trinn")),
            *_three("Klasser"),
            *_three("Plasser"),
        ),
        rows=rows,
        source=_SOURCE,
        notes=("«..»: tilbudet er ikke med i den ene planen.",),
    )


def goals(then: Plan, now: Plan) -> Table:
    """What each plan gives in each goal, in the order of the later one."""
    rows = [
        [model.text(str(b.get("goal_name") or a.get("goal_name"))), *_moved(a, b, "value")]
        for a, b in _pairs(then, now, "goals", ("goal",))
    ]
    return Table(
        id="tabell-maal-forskjell",
        title="Hva planene gir i hvert mål",
        sheet="Mål",
        columns=(Column("Mål", "text"), *_three("Verdi")),
        rows=rows,
        source=_SOURCE,
        notes=("Et mindre tall er bedre i alle mål.",),
    )


def others(then: Plan, now: Plan) -> Table:
    """Places for adults and at vocational colleges that are not the same."""
    rows: list[list[Cell]] = []
    for name, code, title, what in (
        ("adults", "trade_code", "trade", "Voksne"),
        ("colleges", "offer_code", "offer", "Fagskole"),
    ):
        rows += [
            [model.text(what), model.text(str(b.get(title) or a.get(title))), *moved]
            for a, b in _pairs(then, now, name, (code,))
            if (moved := _moved(a, b, "places")) and a.get("places") != b.get("places")
        ]
    return Table(
        id="tabell-voksne-forskjell",
        title="Plasser for voksne og i fagskole som er endret",
        sheet="Voksne og fagskole",
        columns=(Column("Hva", "text"), Column("Tilbud", "text"), *_three("Plasser")),
        rows=rows,
        source=_SOURCE,
    )


def _pairs(then: Plan, now: Plan, name: str, key: Sequence[str]) -> Iterator[tuple[Row, Row]]:
    """Rows of both by key, in the order of the later; a row that one lacks is empty there."""
    old, new = (
        {tuple(row[c] for c in key): row for row in plan[name].iter_rows(named=True)}
        for plan in (then, now)
    )
    for found in {**new, **old}:
        yield old.get(found, {}), new.get(found, {})


def _moved(a: Row, b: Row, column: str) -> list[Cell]:
    old, new = a.get(column), b.get(column)
    gap = None if old is None or new is None else float(new) - float(old)
    return [model.decimal(value) for value in (old, new, gap)]


def _three(what: str) -> tuple[Column, ...]:
    return tuple(Column(title, "decimal", what) for title in (THEN, NOW, "Endring"))
