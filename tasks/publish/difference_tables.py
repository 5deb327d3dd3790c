"""Tables of two runs held against each other: pupils, places, apprentices, what is under them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from tasks.decisions.causes import Change
from tasks.publish import formats, model, provenance
from tasks.publish.model import Cell, Column, Table
from tasks.publish.parts import Row
from tasks.publish.place_tables import level_name
from tasks.publish.tables import ALL, Run

THEN, NOW = "Før", "Nå"
KINDS = {
    "tallgrunnlag": "Tallgrunnlag",
    "regel": "Regler",
    "valg": "Valg i kjøringen",
    "program": "Program",
    "bibliotek": "Biblioteker",
    "maskin": "Maskin",
}
COUNTY = ("programme_code", "region_code")
PLACES = ("programme_code", "level", "region_code")
Pair = tuple[tuple[str, ...], Row, Row]
_SMALL_NOTE = "«..»: et av anslagene er under fem, så forskjellen er ikke vist."


@dataclass(frozen=True)
class Side:
    """One of the two.

    Attributes:
        name: What a reader knows it by: a case number, or the run's name.
        run: Its figures and the names of things.
        plan: The tables of its plan in classes, by name; empty where there is none.
    """

    name: str
    run: Run
    plan: Mapping[str, pl.DataFrame] = field(default_factory=dict)


def changed_assessments(then: Side, now: Side) -> Table:
    """Where shortage, balance, surplus or «uavklart» is not what it was."""
    rows = []
    for key, a, b in pairs(then, now, "places", PLACES):
        old, new = (row["assessment"] if row else None for row in (a, b))
        if old != new:
            rows.append([*_labels(now, key), _verdict(old), _verdict(new), *_gaps(a, b)])
    return Table(
        id="tabell-endret-vurdering",
        title="Vurderinger av plasser mot behov som er endret",
        sheet="Endrede vurderinger",
        columns=(
            *_heads("Utdanningsprogram", "Trinn", "Region"),
            Column(THEN, "text", "Vurdering"),
            Column(NOW, "text", "Vurdering"),
            *(Column(t, "signed", "Plasser minus behov") for t in (THEN, NOW)),
        ),
        rows=rows,
        source=_source("places", then, now),
        notes=("Minus: for få plasser. «–»: ikke noe tilbud.",),
    )


def pupils(then: Side, now: Side, *, by_region: bool = False) -> Table:
    """Expected pupils per programme, in the county or by region of home."""
    rows = [
        [
            *_labels(now, key, region=by_region),
            *estimates(a, b, "pupils_mean"),
            model.text(_within(a, b)),
        ]
        for key, a, b in pairs(then, now, "expected", COUNTY)
        if by_region or key[1] == now.run.county
    ]
    return Table(
        id="tabell-elever-forskjell",
        title=f"Ventede elever etter bosted, skoleåret {_years(then, now)}",
        sheet="Elever per region" if by_region else "Elever",
        columns=(
            *_heads("Utdanningsprogram", *(["Region"] if by_region else [])),
            *_numbers("Ventet"),
            Column("Innenfor det som var ventet (80 %)", "text"),
        ),
        rows=rows,
        source=_source("expected", then, now),
        notes=(_SMALL_NOTE,),
    )


def places(then: Side, now: Side, *, by_region: bool = False) -> Table:
    """Places and need per programme and level, in the county or by region of the school."""
    rows = []
    for key, a, b in pairs(then, now, "places", PLACES):
        if by_region or (key[2] == now.run.county and key[1] == ALL):
            old, new = (row["assessment"] if row else None for row in (a, b))
            rows.append(
                [
                    *_labels(now, key, region=by_region, level=by_region),
                    *_counts(a, b, "places_county"),
                    *estimates(a, b, "needed_mean"),
                    _verdict(old),
                    _verdict(new),
                ]
            )
    return Table(
        id="tabell-plasser-forskjell",
        title=f"Fylkets plasser og behov, skoleåret {_years(then, now)}",
        sheet="Plasser per trinn og region" if by_region else "Plasser",
        columns=(
            *_heads("Utdanningsprogram", *(["Trinn", "Region"] if by_region else [])),
            *_numbers("Plasser"),
            *_numbers("Behov"),
            Column(THEN, "text", "Vurdering"),
            Column(NOW, "text", "Vurdering"),
        ),
        rows=rows,
        source=_source("places", then, now),
        notes=(_SMALL_NOTE, "Plasser er ikke personer og blir ikke skjult."),
    )


def apprenticeship(then: Side, now: Side) -> Table:
    """Applicants to apprenticeship and those without a place, per programme in the county."""
    rows = [
        [
            *_labels(now, key, region=False),
            *estimates(a, b, "applicants_mean"),
            *estimates(a, b, "unplaced_mean"),
        ]
        for key, a, b in pairs(then, now, "apprenticeship", COUNTY)
        if key[1] == now.run.county
    ]
    return Table(
        id="tabell-laereplasser-forskjell",
        title=f"Søkere til læreplass og søkere uten, skoleåret {_years(then, now)}",
        sheet="Læreplasser",
        columns=(
            *_heads("Utdanningsprogram"),
            *_numbers("Søkere"),
            *_numbers("Uten læreplass"),
        ),
        rows=rows,
        source=_source("apprenticeship", then, now),
        notes=(_SMALL_NOTE,),
    )


def changed(changes: Iterable[Change]) -> Table:
    """What is not the same under the figures, by kind."""
    order = list(KINDS)
    rows = [
        [model.text(t) for t in (KINDS[one.kind], one.what, one.then, one.now)]
        for one in sorted(changes, key=lambda one: order.index(one.kind))
    ]
    return Table(
        id="tabell-endret-under",
        title="Hva som er endret under tallene",
        sheet="Endret under tallene",
        columns=_heads("Hva slags", "Hva", THEN, NOW),
        rows=rows,
        source="Kilde: det hver kjøring skrev ned om hva den er laget av.",
    )


def pairs(then: Side, now: Side, name: str, key: tuple[str, ...]) -> Iterator[Pair]:
    """The rows of a table in both, as a reader meets them; a row that one lacks is empty there."""
    old, new = (_keyed(side.run.frames[name], key) for side in (then, now))
    programmes = [p.code for p in now.run.programmes]
    programmes += [p.code for p in then.run.programmes if p.code not in programmes]
    places = {code: number for number, code in enumerate([*programmes, ALL])}
    regions = {code: number for number, code in enumerate([now.run.county, *now.run.regions])}
    known = [k for k in {**old, **new} if k[0] in places and k[-1] in regions]
    # The sum of the levels first, then each.
    levels = {ALL: ""}
    for found in sorted(
        known, key=lambda k: (places[k[0]], *(levels.get(x, x) for x in k[1:-1]), regions[k[-1]])
    ):
        yield found, old.get(found, {}), new.get(found, {})


def _keyed(frame: pl.DataFrame, key: tuple[str, ...]) -> dict[tuple[str, ...], Row]:
    return {tuple(str(row[c]) for c in key): row for row in frame.iter_rows(named=True)}


def _labels(
    now: Side, key: tuple[str, ...], *, region: bool = True, level: bool = True
) -> list[Cell]:
    name = "Alle program" if key[0] == ALL else now.run.named(key[0])
    cells = [model.text(name)]
    if len(key) > 2 and level:
        cells.append(model.text(level_name(key[1])))
    if region:
        whole = {**now.run.regions, now.run.county: now.run.county_name}
        cells.append(model.text(whole[key[-1]]))
    return cells


def estimates(a: Row, b: Row, column: str) -> list[Cell]:
    """Before, now, and the difference where neither is under five."""
    old, new = a.get(column), b.get(column)
    small = any(v is None or 0 < round(v) < formats.SMALL for v in (old, new))
    gap = None if small or old is None or new is None else round(new) - round(old)
    return [model.estimate(old), model.estimate(new), model.signed(gap)]


def _counts(a: Row, b: Row, column: str) -> list[Cell]:
    old, new = a.get(column), b.get(column)
    gap = None if old is None or new is None else new - old
    return [model.whole(old), model.whole(new), model.signed(gap)]


def _gaps(a: Row, b: Row) -> list[Cell]:
    return [model.signed(-row["gap_mean"] if row else None) for row in (a, b)]


def _verdict(word: str | None) -> Cell:
    return model.text(word, word) if word else model.text("–", "none")


def _within(a: Row, b: Row) -> str:
    """Whether what is expected now lies in the interval of what was expected."""
    if not (a and b):
        return ""
    return "ja" if a["pupils_p10"] <= b["pupils_mean"] <= a["pupils_p90"] else "nei"


def _heads(*titles: str) -> tuple[Column, ...]:
    return tuple(Column(title, "text") for title in titles)


def _numbers(what: str) -> tuple[Column, ...]:
    return (Column(THEN, group=what), Column(NOW, group=what), Column("Endring", "signed", what))


def _source(name: str, then: Side, now: Side) -> str:
    old, new = (provenance.of(name, side.run.vintages) for side in (then, now))
    return new if old == new else f"{NOW}: {new} {THEN}: {old}"


def _years(then: Side, now: Side) -> str:
    years = dict.fromkeys([then.run.school_year, now.run.school_year])
    return " mot ".join(reversed(years))
